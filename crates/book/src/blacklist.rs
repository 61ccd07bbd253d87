//! A number that nobody of the account wants to hear from.

use crate::id::BlacklistId;
use crate::text::Phone;

/// Most characters of the comment.
pub const COMMENT_CHARS_MAX: usize = 1_000;

/// An entry of the blacklist; its number is unique in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlacklistNumber {
    /// Unique on the server.
    pub id: BlacklistId,
    /// What it says.
    pub entry: BlacklistEntry,
}

/// Everything about an entry but its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlacklistEntry {
    /// The number.
    pub phone: Phone,
    /// Name of the user who added it, as it was then.
    pub added_by: Box<str>,
    /// Why; at most [`COMMENT_CHARS_MAX`] characters.
    pub comment: Option<Box<str>>,
    /// When, in seconds since 1970 in UTC.
    pub added_at: i64,
}
