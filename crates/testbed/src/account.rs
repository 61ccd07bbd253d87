//! The account that PostgreSQL runs under, because it refuses to run as root.

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
    /// Another account and its group; `None` for that of this program.
    other: Option<(&'static str, String)>,
}

impl Account {
    pub(crate) fn choose() -> Result<Self, String> {
        if !is_root() {
            return Ok(Self { other: None });
        }
        let group = |name: &'static str| Some((name, output(Command::new("id").args(["-g", name]))?));
        let other = ["postgres", "nobody"].into_iter().find_map(group);
        let other = other
            .ok_or("PostgreSQL does not run as root, and there is no other account: run the tests as another user")?;
        Ok(Self { other: Some(other) })
    }

    /// The name of another account, to which files must be given.
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
