//! A contact in its owned form, as commands carry it and the store writes it.
//!
//! A book does not hold this form: it stores contacts column by column, see [`crate::book`].

use crate::id::{ContactId, EmployeeId, GroupId, OrganizationId};
use crate::text::{Emails, Name, Phones};

/// The separator between the parts of a full name.
const PART_SEPARATOR: char = ' ';

/// A contact without its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactDraft {
    /// Last name.
    pub last_name: Name,
    /// First name.
    pub first_name: Option<Name>,
    /// Patronymic.
    pub patronymic: Option<Name>,
    /// Phone numbers; never empty.
    pub phones: Phones,
    /// E-mail addresses.
    pub emails: Emails,
    /// The employee who is the personal manager.
    pub manager: Option<EmployeeId>,
    /// The organization that the contact belongs to.
    pub organization: Option<OrganizationId>,
    /// The groups that it belongs to, ascending, without duplicates.
    pub groups: Vec<GroupId>,
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Unique on the server.
    pub id: ContactId,
    /// Its other members.
    pub draft: ContactDraft,
}

/// Last name, first name and patronymic joined by one space; absent parts are skipped.
pub fn full_name(last: &str, first: Option<&str>, patronymic: Option<&str>) -> String {
    let mut full = last.to_owned();
    for part in [first, patronymic].into_iter().flatten() {
        full.push(PART_SEPARATOR);
        full.push_str(part);
    }
    full
}
