//! An employee, who may be the personal manager of contacts.

use crate::contact::full_name;
use crate::id::EmployeeId;
use crate::text::{Email, Name};

/// Maximum number of characters in an employee's phone number, extension included.
pub const EMPLOYEE_PHONE_CHARS_MAX: usize = 64;

/// A phone of an employee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployeePhone {
    /// Unique on the server.
    pub id: u64,
    /// The number, optionally with an extension; at most [`EMPLOYEE_PHONE_CHARS_MAX`] characters.
    pub number: Box<str>,
    /// Maximum number of simultaneous calls, 1 to 150.
    pub channels: u8,
    /// Ringing time in seconds, 1 to 100.
    pub dial_seconds: u8,
    /// Whether calls are sent to it.
    pub status: PhoneStatus,
}

/// Whether calls are sent to a phone of an employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneStatus {
    /// Calls are sent to it.
    Active,
    /// Calls are not sent to it.
    Inactive,
}

/// An employee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// Unique on the server.
    pub id: EmployeeId,
    /// Last name.
    pub last_name: Name,
    /// First name.
    pub first_name: Option<Name>,
    /// Patronymic.
    pub patronymic: Option<Name>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Phones, in the order given.
    pub phones: Vec<EmployeePhone>,
}

impl Employee {
    /// Last name, first name and patronymic joined by one space; absent parts are skipped.
    pub fn full_name(&self) -> String {
        full_name(
            self.last_name.as_str(),
            self.first_name.as_ref().map(Name::as_str),
            self.patronymic.as_ref().map(Name::as_str),
        )
    }
}
