//! Packages of the system, where it has apt-get and whoever runs this may use it.

use std::process::Command;

use crate::account::is_root;
use crate::running::{output, quietly};

/// The right to install packages.
#[derive(Debug, Clone, Copy)]
pub struct Packages {
    through_sudo: bool,
}

impl Packages {
    /// `None` where there is no apt-get, or the account may not install anything without being asked for a password.
    #[must_use]
    pub fn find() -> Option<Self> {
        let root = is_root();
        let sudo = !root && output(Command::new("sudo").args(["-n", "true"])).is_some();
        let apt = output(Command::new("apt-get").arg("--version")).is_some();
        (apt && (root || sudo)).then_some(Self { through_sudo: sudo })
    }

    /// Asks the system's sources what there is.
    ///
    /// # Errors
    /// They cannot be reached.
    pub fn update(self) -> Result<(), String> {
        self.apt_get(&["update"])
    }

    /// Installs packages, without what they only recommend.
    ///
    /// # Errors
    /// One is not to be had.
    pub fn install(self, names: &[&str]) -> Result<(), String> {
        eprintln!("installing {}", names.join(" and "));
        self.apt_get(&[&["install", "--no-install-recommends"], names].concat())
    }

    fn apt_get(self, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new(if self.through_sudo { "sudo" } else { "env" });
        command.args(if self.through_sudo { &["-n", "env"][..] } else { &[] });
        quietly(command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]).args(arguments))
    }
}
