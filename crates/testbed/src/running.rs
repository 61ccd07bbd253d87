//! Running other programs whose output matters only as a value, or only when they fail.

use std::process::Command;

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
