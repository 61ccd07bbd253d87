//! The steps of a chore: each is announced, timed, and listed with its outcome at the end.

use std::process::Command;
use std::time::{Duration, Instant};

/// The steps so far.
#[derive(Default)]
pub struct Steps(Vec<Step>);

struct Step {
    name: &'static str,
    passed: bool,
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

    fn take(&mut self, name: &'static str, step: impl FnOnce() -> bool) {
        let start = Instant::now();
        let passed = step();
        self.0.push(Step { name, passed, took: start.elapsed() });
    }

    /// Prints the outcome of every step.
    ///
    /// # Errors
    /// Names the steps that failed.
    pub fn summary(self) -> Result<(), String> {
        eprintln!();
        for step in &self.0 {
            let outcome = if step.passed { "ok    " } else { "FAILED" };
            eprintln!("{outcome}  {:>4} s  {}", step.took.as_secs(), step.name);
        }
        let failed: Vec<&str> = self.0.iter().filter(|step| !step.passed).map(|step| step.name).collect();
        if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
    }
}
