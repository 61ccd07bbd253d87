//! Single values as people and their programs write them, brought into the form that the server takes.
//!
//! What can be meant in one way only is repaired; what cannot is left out with a reason. Nothing here fails a whole
//! contact: that is decided in [`crate::draft`].

mod calling_codes;
mod email;
mod name;
mod name_parts;
mod name_words;
mod phone;
mod phone_cell;

pub use calling_codes::with_plus;
pub use email::emails;
pub use name::{Cut, name, nfc};
pub(crate) use name_parts::missing_parts;
pub use name_words::NameWords;
pub use phone::PhoneNumber;
pub use phone_cell::phones;

/// What was left out of a value, or changed in it, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueNote {
    /// The value as it is in the file.
    pub value: String,
    /// The reason in English, without the value.
    pub reason: String,
    /// The reason without details that differ from value to value, for counting.
    pub kind: &'static str,
}

impl ValueNote {
    /// A note whose reason has no details.
    fn plain(value: &str, kind: &'static str) -> Self {
        Self { value: value.to_owned(), reason: kind.to_owned(), kind }
    }
}

/// The values of a cell, in their order, and what was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The values that can be used.
    pub values: Vec<T>,
    /// What was left out.
    pub notes: Vec<ValueNote>,
}

impl<T> Default for Parsed<T> {
    fn default() -> Self {
        Self { values: Vec::new(), notes: Vec::new() }
    }
}
