//! Packages of npm that tests run. They are installed under `target` and never become part of the program.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use ringbook_testbed::workspace::target;
use ringbook_testbed::{output, quietly};

/// Packages that are installed together.
pub struct NpmPackages {
    /// Where, below `target`.
    pub directory: &'static str,
    /// Each with its version.
    pub packages: &'static [&'static str],
}

/// The client of LDAP whose searches the tests of the program judge; of the last version that Node.js 18 of Debian 12 runs.
pub const LDAP_CLIENTS: NpmPackages = NpmPackages { directory: "ldap-clients", packages: &["ldapts@7.4.0"] };

/// Whether npm can be run.
pub fn has_npm() -> bool {
    output(Command::new("npm").arg("--version")).is_some()
}

impl NpmPackages {
    /// Where they are installed.
    pub fn path(&self) -> PathBuf {
        target().join(self.directory)
    }

    /// A copy of the package list, written last: with it the installation is complete.
    fn installed_list(&self) -> PathBuf {
        self.path().join("installed.txt")
    }

    /// Whether they are installed in their versions.
    pub fn are_installed(&self) -> bool {
        fs::read_to_string(self.installed_list()).is_ok_and(|list| list == self.packages.join("\n"))
    }

    /// Installs them.
    ///
    /// # Errors
    /// npm fails, or its registry cannot be reached.
    pub fn install(&self) -> Result<(), String> {
        let directory = self.path();
        fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&directory);
        let names = self.packages.join(", ");
        quietly(npm.args(self.packages)).map_err(|error| format!("cannot install {names}: {error}"))?;
        let list = self.installed_list();
        fs::write(&list, self.packages.join("\n")).map_err(|error| format!("{}: {error}", list.display()))
    }
}
