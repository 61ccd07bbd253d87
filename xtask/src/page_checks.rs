//! Checks of the client area with programs from npm: types of its modules (TypeScript), accessibility (axe-core, which the
//! tests in the browser run), and its speed (Lighthouse, and the Puppeteer that comes with it, for
//! `tools/bench/client-area.mjs`).

use std::process::Command;

use ringbook_testbed::workspace::root;

use crate::npm_packages::NpmPackages;
use crate::steps::Steps;

/// The packages with their versions.
pub const PACKAGES: NpmPackages =
    NpmPackages { directory: "page-checks", packages: &["typescript@5.9.3", "axe-core@4.14.1"] };
/// The packages for measuring speed.
pub const SPEED_PACKAGES: NpmPackages = NpmPackages { directory: "page-speed", packages: &["lighthouse@12.8.2"] };

/// Checks the types of the modules, as a step.
pub fn run(steps: &mut Steps) {
    let mut check = Command::new("node");
    check.arg(PACKAGES.path().join("node_modules/typescript/bin/tsc")).arg("--project");
    steps.run("types of the client area", check.arg(root().join("crates/client-area/assets/jsconfig.json")));
}
