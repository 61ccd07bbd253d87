//! The steps of a chore: each is announced, timed, and listed with its outcome at the end.

use std::process::Command;
use std::time::{Duration, Instant};

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    /// The step could not run, and may be left out.
    NotChecked,
}

/// The steps so far.
#[derive(Default)]
pub struct Steps(Vec<Step>);

struct Step {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

impl Steps {
    /// Runs a program as a step; its output is shown.
    pub fn run(&mut self, name: &'static str, command: &mut Command) {
        eprintln!("── {name}");
        self.take(name, || command.status().is_ok_and(|status| status.success()));
    }

    /// Runs a step that returns a value.
    ///
    /// # Errors
    /// Those of the step.
    pub fn prepare<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        eprintln!("── {name}");
        let mut outcome = Err(String::new());
        self.take(name, || {
            outcome = step();
            outcome.is_ok()
        });
        outcome
    }

    /// Lists a step that could not run; it counts as failed if it is required.
    pub fn not_checked(&mut self, name: &'static str, reason: &str, cause: &str, is_required: bool) {
        eprintln!("── {name}\nNOT CHECKED: {reason}: {}", cause.trim());
        let outcome = if is_required { Outcome::Failed } else { Outcome::NotChecked };
        self.0.push(Step { name, outcome, took: Duration::ZERO });
    }

    fn take(&mut self, name: &'static str, step: impl FnOnce() -> bool) {
        let start = Instant::now();
        let outcome = if step() { Outcome::Passed } else { Outcome::Failed };
        self.0.push(Step { name, outcome, took: start.elapsed() });
    }

    /// Prints the outcome of every step.
    ///
    /// # Errors
    /// Names the steps that failed.
    pub fn summary(self) -> Result<(), String> {
        eprintln!();
        for step in &self.0 {
            let outcome = match step.outcome {
                Outcome::Passed => "ok         ",
                Outcome::Failed => "FAILED     ",
                Outcome::NotChecked => "NOT CHECKED",
            };
            eprintln!("{outcome}  {:>4} s  {}", step.took.as_secs(), step.name);
        }
        let failed = self.0.iter().filter(|step| step.outcome == Outcome::Failed);
        let failed: Vec<&str> = failed.map(|step| step.name).collect();
        if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
    }
}
