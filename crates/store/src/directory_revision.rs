//! The revision of the directory, which every change of it moves, and the accounts that it was moved for.

use super::rows::column;
use super::sql::{Session, values};
use super::{AccountId, StoreError, statements};

/// What a change of the directory belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Touched {
    /// An account, or its list of addresses.
    Account(AccountId),
    /// An account that has no id yet: [`touch`] must follow.
    NewAccount,
    /// The account of this user.
    UserOf(u64),
    /// The account of this key.
    KeyOf(u64),
    /// The customer of this device key.
    DeviceOf(u64),
}

/// Moves the directory's revision; the first thing in every transaction that changes the directory, so that several
/// of them, of several programs, wait for each other. What is removed must still be there.
pub(super) fn moved(session: &dyn Session, by: Touched) -> Result<(), StoreError> {
    moved_for_all(session)?;
    // A move that does not count here makes servers read the whole directory again.
    session.one(statements::BUMP_REVISION, &values!["directory_told"], |_| Ok(()))?;
    match by {
        Touched::Account(account) => touch(session, account),
        Touched::NewAccount => Ok(()),
        Touched::UserOf(id) => session.execute(statements::TOUCH_ACCOUNT_OF_USER, &values![column(id)]).map(drop),
        Touched::KeyOf(id) => session.execute(statements::TOUCH_ACCOUNT_OF_KEY, &values![column(id)]).map(drop),
        Touched::DeviceOf(id) => session.execute(statements::TOUCH_ACCOUNT_OF_DEVICE, &values![column(id)]).map(drop),
    }
}

/// Moves the directory's revision so that everything of the directory is read again.
pub(super) fn moved_for_all(session: &dyn Session) -> Result<(), StoreError> {
    session.one(statements::BUMP_REVISION, &values!["directory_revision"], |_| Ok(()))?;
    session.tell_directory()
}

/// Notes that the present revision of the directory belongs to this account.
pub(super) fn touch(session: &dyn Session, account: AccountId) -> Result<(), StoreError> {
    let (kind, number) = account.columns();
    session.execute(statements::TOUCH_ACCOUNT, &values![kind, number]).map(drop)
}

/// Makes others that change the directory wait until this transaction ends, without telling anybody that it moves. Who
/// removes rows of many accounts at once does this first, so that no two of them wait for each other's rows.
pub(super) fn hold(session: &dyn Session) -> Result<(), StoreError> {
    session.execute(statements::HOLD_REVISION, &values!["directory_revision"]).map(drop)
}
