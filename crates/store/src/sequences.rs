//! Where ids come from: one counter per kind, over the whole server, that only goes forward.
//!
//! An id is taken before it is used, in a transaction of its own or in the one that uses it; an id that was taken
//! and not used stays unused for ever.

use super::rows::column;
use super::sql::{Session, values};
use super::{Store, StoreError, statements};

/// How many ids one call may take.
const IDS_AT_ONCE_MAX: u64 = 1 << 32;

/// What an id is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// Agents.
    Agent,
    /// Customers.
    Customer,
    /// Users.
    User,
    /// Keys.
    Key,
    /// Device keys.
    Device,
    /// Contacts.
    Contact,
    /// Organizations.
    Organization,
    /// Groups.
    Group,
    /// Employees.
    Employee,
    /// Numbers on a blacklist.
    BlacklistNumber,
    /// The phone numbers of employees.
    EmployeePhone,
    /// RequestReader in the report.
    Request,
}

impl IdKind {
    /// The kind's name in the table.
    const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Customer => "customer",
            Self::User => "user",
            Self::Key => "key",
            Self::Device => "device",
            Self::Contact => "contact",
            Self::Organization => "organization",
            Self::Group => "group",
            Self::Employee => "employee",
            Self::BlacklistNumber => "blacklist_number",
            Self::EmployeePhone => "employee_phone",
            Self::Request => "request",
        }
    }
}

/// Takes `count` ids inside a transaction; answers the first. They follow each other.
pub(crate) fn take_ids(session: &dyn Session, kind: IdKind, count: u64) -> Result<u64, StoreError> {
    if count == 0 || count > IDS_AT_ONCE_MAX {
        return Err(StoreError::IdsSpent);
    }
    let values = values![kind.name(), column(count + 1)];
    let next = session.one(statements::RESERVE_IDS, &values, |row| row.number(0))?;
    u64::try_from(next).ok().and_then(|next| next.checked_sub(count)).ok_or(StoreError::IdsSpent)
}

impl Store {
    /// Takes `count` ids, on disk before they are answered, and never again; answers the first. They follow each
    /// other. At most 2^32 at once.
    pub async fn reserve_ids(&self, kind: IdKind, count: u64) -> Result<u64, StoreError> {
        self.write(move |session| take_ids(session, kind, count)).await
    }
}
