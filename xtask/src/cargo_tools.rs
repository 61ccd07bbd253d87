//! cargo-deny, installed from crates.io.

use std::process::Command;

use ringbook_testbed::output;
use ringbook_testbed::workspace::cargo;

/// The oldest release that reads `deny.toml`, and the one that is installed where there is none.
const DENY_VERSION: [u32; 3] = [0, 20, 2];

/// Whether cargo-deny is installed in this version or a later one.
pub fn has_deny() -> bool {
    let printed = output(&mut cargo(&["deny", "--version"])).unwrap_or_default();
    let version = printed.rsplit(' ').next().unwrap_or_default().split('.').map(str::parse::<u32>);
    version.collect::<Result<Vec<u32>, _>>().is_ok_and(|version| version.as_slice() >= DENY_VERSION.as_slice())
}

/// Builds and installs cargo-deny.
///
/// # Errors
/// It cannot be fetched or built.
pub fn install_deny() -> Result<(), String> {
    let version = format!("cargo-deny@{}", DENY_VERSION.map(|number| number.to_string()).join("."));
    let status = cargo(&["install", "--quiet", "--locked", &version]).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("cannot install {version} from crates.io; cargo has printed why")),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}

/// `cargo deny` with these arguments.
pub fn deny(arguments: &[&str]) -> Command {
    let mut command = cargo(&["deny", "--workspace", "--all-features"]);
    command.args(arguments);
    command
}
