//! `cargo xtask fuzz`: hostile input for as long as wanted, as fast as this machine can.

use crate::steps::cargo;

/// Runs the chore; the arguments are those of the driver in `fuzz/`.
///
/// # Errors
/// An input failed, or an argument is unknown; the driver has said so by then.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let mut command = cargo(&["run", "--release", "--quiet", "-p", "ringbook-fuzz", "--"]);
    let status = command.args(arguments).status().map_err(|why| format!("cargo cannot be run: {why}"))?;
    if status.success() { Ok(()) } else { Err("the fuzzing ended with a failure".to_owned()) }
}
