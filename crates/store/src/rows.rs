//! How ids and accounts stand in a row, for every table of the directory.

use crate::ids::AgentId;
use ringbook_book::id::{CustomerId, IdError};

use super::sql::{Row, Session, values};
use super::{EntityKind, StoreError, statements};

/// Whose limits, list and users: an agent or a customer. Their ids are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountId {
    /// A reseller.
    Agent(AgentId),
    /// An owner of an address book.
    Customer(CustomerId),
}

impl AccountId {
    /// The id's number, without its kind.
    pub const fn number(self) -> u64 {
        match self {
            Self::Agent(id) => id.number(),
            Self::Customer(id) => id.number(),
        }
    }

    /// The kind, as the tables and messages spell it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Agent(_) => "agent",
            Self::Customer(_) => "customer",
        }
    }

    /// The two columns of an account.
    pub(super) const fn columns(self) -> (&'static str, i64) {
        (self.kind(), column(self.number()))
    }

    /// The account with this kind and number.
    pub(super) fn from_columns(kind: &str, number: i64) -> Result<Self, String> {
        match kind {
            "agent" => id(number, AgentId::new).map(Self::Agent),
            "customer" => id(number, CustomerId::new).map(Self::Customer),
            other => Err(format!("account kind {other:?}")),
        }
    }
}

/// An id as a column: ids never exceed what a column holds.
pub(crate) const fn column(number: u64) -> i64 {
    number.cast_signed()
}

/// A column as an id.
pub(crate) fn id<I>(number: i64, new: impl FnOnce(u64) -> Result<I, IdError>) -> Result<I, String> {
    u64::try_from(number).ok().and_then(|number| new(number).ok()).ok_or_else(|| format!("{number} is not an id"))
}

/// A column that may hold an id.
pub(super) fn optional_id<I>(
    number: Option<i64>,
    new: impl FnOnce(u64) -> Result<I, IdError>,
) -> Result<Option<I>, String> {
    number.map(|number| id(number, new)).transpose()
}

/// A limit as a column, and back.
pub(super) fn limit_column(limit: Option<u64>) -> Option<i64> {
    limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX))
}

/// A column that may hold a limit.
pub(super) fn limit(number: Option<i64>) -> Result<Option<u64>, String> {
    number.map(|number| u64::try_from(number).map_err(|_| format!("{number} is not a limit"))).transpose()
}

/// The key of a row, for a fault: its first column, whatever it holds.
pub(super) fn key(row: &dyn Row) -> String {
    let column = row.name(0);
    match (row.optional_number(0), row.optional_text(0)) {
        (Ok(Some(number)), _) => format!("{column} {number}"),
        (_, Ok(Some(text))) => format!("{column} {text:?}"),
        _ => format!("{column} ?"),
    }
}

/// Fails unless the id fits: the store's own question "is it there?".
pub(super) fn must_exist(
    session: &dyn Session,
    sql: &'static str,
    number: u64,
    what: super::EntityKind,
) -> Result<(), StoreError> {
    if session.finds(sql, &values![column(number)])? { Ok(()) } else { Err(StoreError::NotFound { what }) }
}

/// Fails unless the account is there.
pub(super) fn account_must_exist(session: &dyn Session, account: AccountId) -> Result<(), StoreError> {
    match account {
        AccountId::Agent(id) => must_exist(session, statements::AGENT_EXISTS, id.number(), EntityKind::Agent),
        AccountId::Customer(id) => must_exist(session, statements::CUSTOMER_EXISTS, id.number(), EntityKind::Customer),
    }
}
