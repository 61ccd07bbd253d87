//! Identifiers, one type per kind of record, so that the id of a group cannot be passed for the id of a contact.
//!
//! Every id is a whole number from 1 to 2^63 − 1: it fits a signed 64-bit SQL column and a JSON number that typed
//! clients read as a long. The store hands out ids and never reuses them; this module only carries them.

/// The number is no id: it is 0 or above [`ID_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdError;

/// The largest id: 2^63 − 1, the largest value of a signed 64-bit column.
pub const ID_MAX: u64 = i64::MAX as u64;

/// Defines id types: `id_types! { /// Documentation. NameId … }`.
#[macro_export]
macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// The id with this number, or [`IdError`]($crate::id::IdError) outside 1…2^63 − 1.
            pub const fn new(number: u64) -> Result<Self, $crate::id::IdError> {
                if number == 0 || number > $crate::id::ID_MAX { Err($crate::id::IdError) } else { Ok(Self(number)) }
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

id_types! {
    /// The customer that owns an address book.
    CustomerId
    /// A contact in an address book.
    ContactId
    /// An organization that contacts belong to.
    OrganizationId
    /// A group of contacts.
    GroupId
    /// An employee, who may be the personal manager of contacts.
    EmployeeId
    /// An entry of the blacklist.
    BlacklistId
}

/// The number of changes committed to a book: 0 for an empty new book, incremented by every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision after the next change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
