//! What can be asked to be changed in a book.

use crate::contact::ContactDraft;
use crate::employee::EmployeePhone;
use crate::text::{Email, Name};

/// Everything about an employee but the id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployeeDraft {
    /// Last name.
    pub last_name: Name,
    /// First name.
    pub first_name: Option<Name>,
    /// Patronymic.
    pub patronymic: Option<Name>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Phones.
    pub phones: Vec<EmployeePhone>,
}

/// A change that somebody wants.
#[derive(Debug, Clone)]
pub enum Command {
    /// Add these contacts.
    AddContacts(Vec<ContactDraft>),
    /// Add organizations of these names.
    AddOrganizations(Vec<Name>),
    /// Add groups of these names.
    AddGroups(Vec<Name>),
    /// Add these employees.
    AddEmployees(Vec<EmployeeDraft>),
}
