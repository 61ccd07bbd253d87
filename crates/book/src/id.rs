//! Identifiers, one type per kind of thing, so that a group's number can never be taken for a contact's.
//!
//! Every id is a whole number from 1 to 2^63 − 1: it fits a signed 64-bit SQL column and a JSON number
//! that typed clients read as a long. Ids are handed out by the store, per server and kind, and are never
//! used again; this module only carries them.

/// Why a number is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdError;

/// The largest id: 2^63 − 1, the largest value of a signed 64-bit column.
pub const ID_MAX: u64 = i64::MAX as u64;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// The id with this number, or [`IdError`] outside 1…2^63 − 1.
            pub const fn new(number: u64) -> Result<Self, IdError> {
                if number == 0 || number > ID_MAX { Err(IdError) } else { Ok(Self(number)) }
            }

            /// The number.
            pub const fn number(self) -> u64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// An agent: a reseller that acts for its customers.
    AgentId
    /// A customer: the owner of one address book. On the wire: `app_id`.
    CustomerId
    /// A user of a customer or of an agent.
    UserId
    /// An access key made by the operator.
    KeyId
    /// A contact in an address book.
    ContactId
    /// An organization that contacts belong to.
    OrganizationId
    /// A group of contacts.
    GroupId
    /// An employee, who may be the personal manager of contacts.
    EmployeeId
    /// A number on the blacklist.
    BlacklistId
}

/// How often a book has been changed: 0 for a book just born, one more with every committed change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision that the next change makes.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
