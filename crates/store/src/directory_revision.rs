//! The revision of the directory, which every change of it moves.

use super::sql::{Session, values};
use super::{StoreError, statements};

/// Moves the directory's revision; the first thing in every transaction that changes the directory, so that several
/// of them, of several programs, wait for each other.
pub(super) fn moved(session: &dyn Session) -> Result<(), StoreError> {
    session.one(statements::BUMP_REVISION, &values!["directory_revision"], |_| Ok(()))?;
    session.tell_directory()
}

/// Makes others that change the directory wait until this transaction ends, without telling anybody that it moves. Who
/// removes rows of many accounts at once does this first, so that no two of them wait for each other's rows.
pub(super) fn hold(session: &dyn Session) -> Result<(), StoreError> {
    session.execute(statements::HOLD_REVISION, &values!["directory_revision"]).map(drop)
}
