//! The dependencies, checked by cargo-deny with `deny.toml`: licences, duplicate versions, sources, advisories.

use std::process::Command;

use ringbook_testbed::quietly;

use crate::cargo_tools::deny;
use crate::steps::Steps;

/// Longest time of fetching the advisory database, in seconds.
const FETCH_SECONDS_MAX: &str = "60";

/// Checks the dependencies, each check as a step.
///
/// Advisories come from a database on the Internet. Where it can neither be fetched nor was fetched before, the step is
/// listed as not checked: that is an error only if `advisories_required`.
pub fn check(steps: &mut Steps, advisories_required: bool) {
    steps.run("dependencies", &mut deny(&["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]));
    let mut fetch = Command::new("timeout");
    let deny_fetch = deny(&["fetch", "db"]);
    fetch.arg(FETCH_SECONDS_MAX).arg(deny_fetch.get_program()).args(deny_fetch.get_args());
    if let Some(directory) = deny_fetch.get_current_dir() {
        fetch.current_dir(directory);
    }
    let fetched = quietly(&mut fetch);
    // A copy fetched before is used as long as it is younger than `maximum-db-staleness`.
    match fetched.or_else(|error| if is_database_there() { Ok(()) } else { Err(error) }) {
        Ok(()) => steps.run("advisories", &mut deny(&["check", "--disable-fetch", "advisories"])),
        Err(error) => {
            let reason = "the RustSec advisory database (github.com) cannot be fetched";
            steps.not_checked("advisories", reason, &error, advisories_required);
        }
    }
}

/// Whether a copy of the database exists.
fn is_database_there() -> bool {
    let home = std::env::var_os("CARGO_HOME").map(std::path::PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let databases = home.and_then(|home| std::fs::read_dir(home.join("advisory-dbs")).ok());
    databases.is_some_and(|databases| databases.flatten().any(|entry| entry.path().join("crates").is_dir()))
}
