//! Running other programs, and a list of what was done and how it ended.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies in the repository").to_owned()
}

/// `cargo` with these arguments, in the root of the repository.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// What a program printed, trimmed; `None` if it cannot be run or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let done = command.output().ok().filter(|done| done.status.success())?;
    Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// Runs a program that says nothing unless it fails.
///
/// # Errors
/// It cannot be run or fails; the error holds what it printed.
pub fn quietly(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|why| format!("{program} cannot be run: {why}"))?;
    if done.status.success() {
        return Ok(());
    }
    let told = [done.stdout, done.stderr].concat();
    Err(format!("{program} failed with {}:\n{}", done.status, String::from_utf8_lossy(&told)))
}

/// Steps that were taken.
#[derive(Default)]
pub struct Steps(Vec<Step>);

struct Step {
    name: &'static str,
    passed: bool,
    took: Duration,
}

impl Steps {
    /// Runs a program as a step of this name; what it prints is shown.
    pub fn run(&mut self, name: &'static str, command: &mut Command) {
        eprintln!("── {name}");
        self.take(name, || command.status().is_ok_and(|status| status.success()));
    }

    /// Takes a step that yields something.
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

    /// Prints what was done.
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
