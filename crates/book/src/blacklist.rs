//! An entry of the blacklist: a phone number whose calls are rejected.

use crate::id::BlacklistId;
use crate::text::Phone;

/// Maximum number of characters in the comment of an entry.
pub const COMMENT_CHARS_MAX: usize = 1_000;

/// An entry of the blacklist with its id; its phone number is unique in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlacklistNumber {
    /// Unique on the server.
    pub id: BlacklistId,
    /// The entry.
    pub entry: BlacklistEntry,
}

/// An entry of the blacklist without its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlacklistEntry {
    /// The number.
    pub phone: Phone,
    /// Name of the user who added the entry, as of that time.
    pub added_by: Box<str>,
    /// Reason; at most [`COMMENT_CHARS_MAX`] characters.
    pub comment: Option<Box<str>>,
    /// Time of the addition, in seconds since 1970-01-01 00:00:00 UTC.
    pub added_at: i64,
}
