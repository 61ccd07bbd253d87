//! Licences, duplicate versions, sources and advisories of the dependencies, checked by cargo-deny with `deny.toml`.

use std::process::Command;

use ringbook_testbed::workspace::root;

use crate::cargo_tools;
use crate::steps::Steps;

/// Checks the dependencies, as a step.
pub fn check(steps: &mut Steps) {
    let mut deny = Command::new(cargo_tools::deny());
    deny.args(["--workspace", "--all-features", "check", "licenses", "bans", "sources"]).current_dir(root());
    steps.run("dependencies", &mut deny);
}
