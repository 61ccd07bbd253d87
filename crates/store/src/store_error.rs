//! Why the store did not do what it was asked.
//!
//! A fault is cheap to copy, because one failed commit is the answer to every job that was gathered into it.
//! Its text is for the operator: it names the next step and never holds a token, a password or a contact.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The disk, the file or the transaction failed; nothing was half-done, and a later call may succeed.
    Unavailable {
        /// What failed, and what to look at.
        cause: Arc<str>,
    },
    /// The disk is full; nothing was half-done, and a later call succeeds when there is space.
    DiskFull {
        /// What the engine or the system says about it.
        cause: Arc<str>,
    },
    /// Part of what is stored cannot be read from the disk.
    Damaged {
        /// What the engine says about it.
        cause: Arc<str>,
    },
    /// Another server runs on the same data directory.
    Locked {
        /// The lock file that the other server holds.
        lock: Arc<str>,
    },
    /// The data were written by a newer program.
    SchemaTooNew {
        /// The schema number found.
        found: u32,
        /// The newest schema number that this program knows.
        known: u32,
    },
    /// The file is not a ringbook database.
    NotADatabase {
        /// The file.
        path: Arc<str>,
    },
    /// The data are a copy of another store that was not finished.
    Unfinished,
    /// The book has been changed since the revision that the change was decided on: catch up and decide again.
    RevisionMoved,
    /// A stored row cannot be read back.
    Unreadable {
        /// The table.
        table: &'static str,
        /// The row's key, as `column value` pairs.
        key: Arc<str>,
        /// What is wrong with it.
        cause: Arc<str>,
    },
    /// There is no such thing.
    NotFound {
        /// Which kind of thing.
        what: EntityKind,
    },
    /// The login belongs to another user.
    LoginTaken,
    /// An agent that still has customers is not removed.
    StillHasCustomers {
        /// How many.
        count: u64,
    },
    /// No ids are left for this kind.
    IdsSpent,
}

/// What a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind {
    /// An agent.
    Agent,
    /// A customer.
    Customer,
    /// A user.
    User,
    /// A key.
    Key,
    /// A device key.
    Device,
    /// A group of contacts.
    Group,
    /// An allowed address block.
    Block,
}

impl StoreError {
    /// A passing failure with this cause.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        Self::Unavailable { cause: cause.to_string().into() }
    }

    /// A full disk, with what was said about it.
    pub fn disk_full(cause: impl fmt::Display) -> Self {
        Self::DiskFull { cause: cause.to_string().into() }
    }

    /// A row of `table` that cannot be read back.
    pub fn unreadable(table: &'static str, key: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self::Unreadable { table, key: key.to_string().into(), cause: cause.to_string().into() }
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agent => "agent",
            Self::Customer => "customer",
            Self::User => "user",
            Self::Key => "key",
            Self::Device => "device key",
            Self::Group => "group of this customer",
            Self::Block => "address block",
        })
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { cause } => write!(f, "the store is unavailable: {cause}"),
            Self::DiskFull { cause } => {
                write!(f, "the store is unavailable: the disk is full: free some space ({cause})")
            }
            Self::Damaged { cause } => write!(
                f,
                "the store is unavailable: the database is damaged: run `ringbook check`, restore a copy ({cause})"
            ),
            Self::Locked { lock } => {
                write!(f, "another ringbook server holds {lock}: stop it first, or name another directory with --data")
            }
            Self::SchemaTooNew { found, known } => write!(
                f,
                "the data have schema {found}, this program knows only up to {known}: \
                 use the program that wrote them, or a newer one"
            ),
            Self::NotADatabase { path } => {
                write!(f, "{path} is not ringbook's: name the right one with --data or --database, or restore a copy")
            }
            Self::Unfinished => f.write_str(
                "the data are an unfinished copy of another store: run `ringbook migrate-store` with the same FROM and TO \
                 again, it goes on where it stopped",
            ),
            Self::RevisionMoved => f.write_str("the book has changed meanwhile: catch up and decide again"),
            Self::Unreadable { table, key, cause } => {
                write!(f, "table {table}, row {key}, cannot be read back: {cause}; run `ringbook check`")
            }
            Self::NotFound { what } => write!(f, "there is no such {what}: see `list` for those that exist"),
            Self::LoginTaken => f.write_str("this login belongs to another user: choose another one"),
            Self::StillHasCustomers { count } => {
                write!(f, "the agent still has {count} customer(s): remove them or move them to another agent first")
            }
            Self::IdsSpent => {
                f.write_str("no ids are left for this kind: the sequences table is damaged, run `ringbook check`")
            }
        }
    }
}

impl std::error::Error for StoreError {}

/// What became of a job that panicked.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    StoreError::unavailable(format_args!("a store job panicked: {}", text.unwrap_or("no message")))
}

#[cfg(test)]
mod tests {
    use super::StoreError;

    #[test]
    fn a_fault_of_the_disk_names_the_next_step() {
        let damaged = StoreError::Damaged { cause: "page 7".into() };
        assert!(damaged.to_string().contains("restore a copy (page 7)"));
        let locked = StoreError::Locked { lock: "d/ringbook.lock".into() };
        assert!(locked.to_string().contains("stop it first"));
    }
}
