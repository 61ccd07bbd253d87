//! Programs from crates.io that the chores run: built once into `target/cargo-tools`, in pinned versions.

use std::path::PathBuf;
use std::process::Command;

use ringbook_testbed::output;
use ringbook_testbed::workspace::{cargo, target};

/// The version that `deny.toml` is written for.
const DENY_VERSION: &str = "0.20.2";

/// The program cargo-deny of the pinned version, if it is built.
pub fn deny() -> PathBuf {
    directory().join("bin/cargo-deny")
}

/// Whether cargo-deny is there in the pinned version.
pub fn has_deny() -> bool {
    let version = output(Command::new(deny()).arg("--version"));
    version.is_some_and(|version| version.ends_with(DENY_VERSION))
}

/// Builds cargo-deny; some minutes.
///
/// # Errors
/// It cannot be fetched or built.
pub fn install_deny() -> Result<(), String> {
    let version = format!("cargo-deny@{DENY_VERSION}");
    let mut install = cargo(&["install", "--quiet", "--locked", "--root"]);
    install.arg(directory()).arg("--target-dir").arg(target().join("cargo-tools/build")).arg(&version);
    let status = install.status().map_err(|error| format!("cannot run cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cannot install {version} from crates.io")) }
}

fn directory() -> PathBuf {
    target().join("cargo-tools")
}
