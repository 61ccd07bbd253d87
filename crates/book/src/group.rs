//! A group of contacts. Who belongs to it stands with the contacts.

use crate::id::GroupId;
use crate::text::Name;

/// The name of the group that every book is born with.
pub const BLACKLIST: &str = "Blacklist";

/// Whether a group belongs to the users or to the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Born with the book; can be neither renamed nor deleted.
    System,
    /// Made by a user.
    User,
}

/// A group; its name is unique in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Unique on the server.
    pub id: GroupId,
    /// Its name.
    pub name: Name,
    /// Whose it is.
    pub origin: Origin,
}
