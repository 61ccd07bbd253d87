//! Installing Debian packages with apt-get, as root or through sudo.

use std::io::IsTerminal;
use std::process::Command;

use ringbook_testbed::{is_root, output, quietly};

/// The permission to install packages.
#[derive(Debug, Clone, Copy)]
pub enum Apt {
    /// This program runs as root.
    Root,
    /// Through sudo, which needs no password or may ask for it on the terminal.
    Sudo,
}

impl Apt {
    /// `None` where there is no apt-get, or it cannot be used without a password and there is no terminal to ask on.
    pub fn find() -> Option<Self> {
        output(Command::new("apt-get").arg("--version"))?;
        if is_root() {
            return Some(Self::Root);
        }
        let needs_no_password = output(Command::new("sudo").args(["-n", "true"])).is_some();
        let can_ask = std::io::stdin().is_terminal() && output(Command::new("sudo").arg("--version")).is_some();
        (needs_no_password || can_ask).then_some(Self::Sudo)
    }

    /// Runs `apt-get update`.
    ///
    /// # Errors
    /// The package sources cannot be reached.
    pub fn update(self) -> Result<(), String> {
        eprintln!("   apt-get update");
        self.run(&["update"])
    }

    /// Installs packages without those that they only recommend.
    ///
    /// # Errors
    /// A package does not exist or cannot be installed.
    pub fn install(self, packages: &[String]) -> Result<(), String> {
        eprintln!("   apt-get install {}", packages.join(" "));
        let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
        self.run(&[&["install", "--no-install-recommends"], packages.as_slice()].concat())
    }

    fn run(self, arguments: &[&str]) -> Result<(), String> {
        let mut command = match self {
            Self::Root => Command::new("env"),
            Self::Sudo => {
                let mut sudo = Command::new("sudo");
                sudo.arg("env");
                sudo
            }
        };
        quietly(command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]).args(arguments))
    }
}
