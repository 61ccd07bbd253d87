//! A group of contacts. Membership is stored with the contacts, not with the group.

use crate::id::GroupId;
use crate::text::Name;

/// Name of the group that every book contains from the start.
pub const SYSTEM_GROUP_NAME: &str = "Blacklist";

/// Whether users may rename and delete a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupOwner {
    /// Part of every book; can be neither renamed nor deleted.
    System,
    /// Created by a user.
    User,
}

/// A group; its name is unique in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Unique on the server.
    pub id: GroupId,
    /// Its name.
    pub name: Name,
    /// Whether users may rename and delete it.
    pub owner: GroupOwner,
}
