//! The result types of deciding a command, the ids that it needs and the size limits of a book.

use crate::change::{Change, Effect};
use crate::command::{CommandError, CommandErrorKind, CommandSubject, Outcome};
use crate::id::ID_MAX;

/// Maximum number of contacts in a book.
pub const CONTACTS_MAX: u64 = 50_000_000;
/// Maximum number of organizations, of groups, of employees and of blacklist entries in a book.
pub const TABLE_ROWS_MAX: u64 = 1_000_000;

/// The kinds of ids that a command allocates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// Ids of contacts.
    Contact,
    /// Ids of organizations.
    Organization,
    /// Ids of groups.
    Group,
    /// Ids of employees.
    Employee,
    /// Ids of phones of employees.
    EmployeePhone,
    /// Ids of blacklist entries.
    BlacklistNumber,
}

/// Allocates ids that were never used on this server.
pub trait IdSource {
    /// A new id of this kind.
    fn next(&mut self, kind: IdKind) -> u64;
}

/// An accepted command.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The change to commit; if it has no effects, nothing has to be committed.
    pub change: Change,
    /// The result for the caller.
    pub outcome: Outcome,
}

/// Effects and outcome, or the reason why the command is rejected.
pub(super) type Decided = Result<(Vec<Effect>, Outcome), CommandError>;

/// Why a number from an [`IdSource`] is a valid id.
pub(super) const ID_PROOF: &str = "an id source counts up from one and would need centuries to pass the largest id";
const _: () = assert!(ID_MAX > 1 << 62);

/// An error of the only element, or of the whole command.
pub(super) fn reject<T>(subject: CommandSubject, kind: CommandErrorKind) -> Result<T, CommandError> {
    Err(CommandError { index: 0, subject, kind })
}
