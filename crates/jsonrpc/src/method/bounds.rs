//! The bounds and defaults of parameters: stated here, from the limits of the address book, and read by the readers of
//! parameters, the method table and the published documents.

use ringbook_book::command::{
    CONTACTS_AT_ONCE_MAX, EMPLOYEE_PHONES_MAX, GROUPS_PER_CONTACT_MAX, MEMBERS_PER_COMMAND_MAX,
};
use ringbook_book::query::window::{LIMIT_DEFAULT, LIMIT_MAX, OFFSET_MAX};
use ringbook_book::text::PER_CONTACT_MAX;

/// How many elements a list may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Fewest.
    pub min: usize,
    /// Most.
    pub max: usize,
    /// What they are, in the plural.
    pub what: &'static str,
}

/// The values that a whole number may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Least.
    pub min: usize,
    /// Greatest.
    pub max: usize,
    /// What an absent one stands for.
    pub default: usize,
}

/// A closed list of strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The strings.
    pub values: &'static [&'static str],
    /// What an absent one stands for.
    pub default: &'static str,
}

impl Choice {
    /// What is wrong with another string.
    pub fn reason(self) -> String {
        format!("one of: {}", self.values.join(", "))
    }
}

pub const LIMIT: Range = Range { min: 0, max: LIMIT_MAX, default: LIMIT_DEFAULT };
pub const OFFSET: Range = Range { min: 0, max: OFFSET_MAX, default: 0 };
pub const CHANGES_LIMIT: Range = Range { min: 1, ..LIMIT };

pub const PHONES: Bounds = Bounds { min: 1, max: PER_CONTACT_MAX, what: "phone numbers" };
pub const EMAILS: Bounds = Bounds { min: 0, max: PER_CONTACT_MAX, what: "e-mail addresses" };
pub const GROUPS_OF_CONTACT: Bounds = Bounds { min: 0, max: GROUPS_PER_CONTACT_MAX, what: "groups" };
pub const CONTACTS_TO_DELETE: Bounds = Bounds { min: 1, max: CONTACTS_AT_ONCE_MAX, what: "contacts" };
pub const CONTACTS_TO_UPLOAD: Bounds = Bounds { min: 1, max: CONTACTS_AT_ONCE_MAX, what: "contacts" };
pub const MEMBERS_OF_GROUP: Bounds = Bounds { min: 0, max: MEMBERS_PER_COMMAND_MAX, what: "members" };

pub const EMPLOYEE_PHONES: Bounds = Bounds { min: 0, max: EMPLOYEE_PHONES_MAX, what: "phones" };
/// Calls at once on a phone of an employee.
pub const CHANNELS: Range = Range { min: 1, max: 150, default: 1 };
/// How many seconds it rings.
pub const DIAL_SECONDS: Range = Range { min: 1, max: 100, default: 60 };
pub const PHONE_STATUS: Choice = Choice { values: &["active", "inactive"], default: "active" };

pub const ON_ERROR: Choice = Choice { values: &["reject", "skip"], default: "reject" };
