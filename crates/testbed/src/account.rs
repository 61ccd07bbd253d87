//! Under whose account a program runs: PostgreSQL refuses to run as root.

use std::path::Path;
use std::process::Command;

use crate::running::output;

/// Whether this program runs as root.
#[must_use]
pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).as_deref() == Some("0")
}

/// The account of a server.
pub(crate) struct Account {
    /// The account and its group, where it is not the one that we have.
    other: Option<(&'static str, String)>,
}

impl Account {
    pub(crate) fn choose() -> Result<Self, String> {
        if !is_root() {
            return Ok(Self { other: None });
        }
        let group = |name: &'static str| Some((name, output(Command::new("id").args(["-g", name]))?));
        let other = ["postgres", "nobody"].into_iter().find_map(group);
        let other = other.ok_or("PostgreSQL does not run as root: log in as somebody else")?;
        Ok(Self { other: Some(other) })
    }

    /// The account's name, where files have to be given to it.
    pub(crate) fn name(&self) -> Option<&'static str> {
        self.other.as_ref().map(|(name, _)| *name)
    }

    /// A program under this account, in a directory that the account may enter.
    pub(crate) fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = match &self.other {
            None => Command::new(program),
            Some((name, group)) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", name, "--regid", group, "--clear-groups"]).arg(program);
                command
            }
        };
        command.current_dir(directory).env_remove("PGDATA");
        command
    }
}
