//! `cargo xtask bench`, `faults` and `fuzz`: tools with a crate of their own, built and run by cargo on demand, so that
//! the other chores do not compile them.

use ringbook_testbed::workspace::cargo;

/// Runs the program of a package with the arguments as given.
///
/// # Errors
/// The build or the program fails; either has printed why.
pub fn run(package: &str, profile: &[&str], arguments: &[String]) -> Result<(), String> {
    let mut command = cargo(&["run", "--quiet", "--package", package]);
    command.args(profile).arg("--").args(arguments);
    let status = command.status().map_err(|error| format!("cannot run cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{package} failed")) }
}
