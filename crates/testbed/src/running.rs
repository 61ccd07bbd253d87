//! Running programs whose output is a value, or is shown only if they fail.

use std::process::Command;

/// The standard output of a program, trimmed; `None` if it cannot be run or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let done = command.output().ok().filter(|done| done.status.success())?;
    Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// Runs a program whose output is shown only if it fails.
///
/// # Errors
/// It cannot be run or fails; the error holds what it printed.
pub fn quietly(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|why| format!("cannot run {program}: {why}"))?;
    if done.status.success() {
        return Ok(());
    }
    let printed = [done.stdout, done.stderr].concat();
    Err(format!("{program} failed with {}:\n{}", done.status, String::from_utf8_lossy(&printed)))
}
