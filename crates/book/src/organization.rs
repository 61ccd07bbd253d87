//! An organization that contacts belong to.

use crate::id::OrganizationId;
use crate::text::Name;

/// An organization; its name is unique in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Unique on the server.
    pub id: OrganizationId,
    /// Its name.
    pub name: Name,
}
