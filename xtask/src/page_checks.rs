//! Checks of the client area with programs from npm: types of its modules (TypeScript), accessibility (axe-core, which the
//! tests in the browser run), and its speed (Lighthouse, and the Puppeteer that comes with it, for
//! `tools/bench/client-area.mjs`). They are installed under `target/page-checks` and never become part of the program.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use ringbook_testbed::workspace::{root, target};
use ringbook_testbed::{output, quietly};

use crate::steps::Steps;

/// The packages with their versions.
const PACKAGES: [&str; 3] = ["typescript@5.9.3", "axe-core@4.14.1", "lighthouse@12.8.2"];

/// Where they are installed.
fn directory() -> PathBuf {
    target().join("page-checks")
}

/// A copy of the package list, written last: with it the installation is complete.
fn installed_list() -> PathBuf {
    directory().join("installed.txt")
}

/// Whether npm can be run.
pub fn has_npm() -> bool {
    output(Command::new("npm").arg("--version")).is_some()
}

/// Whether the packages are installed in their versions.
pub fn are_installed() -> bool {
    fs::read_to_string(installed_list()).is_ok_and(|list| list == PACKAGES.join("\n"))
}

/// Installs the packages.
///
/// # Errors
/// npm fails, or its registry cannot be reached.
pub fn install() -> Result<(), String> {
    let directory = directory();
    fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&directory);
    quietly(npm.args(PACKAGES)).map_err(|error| format!("cannot install {}: {error}", PACKAGES.join(", ")))?;
    let list = installed_list();
    fs::write(&list, PACKAGES.join("\n")).map_err(|error| format!("{}: {error}", list.display()))
}

/// Checks the types of the modules, as a step.
pub fn run(steps: &mut Steps) {
    let mut check = Command::new("node");
    check.arg(directory().join("node_modules/typescript/bin/tsc")).arg("--project");
    steps.run("types of the client area", check.arg(root().join("crates/client-area/assets/jsconfig.json")));
}
