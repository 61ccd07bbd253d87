//! What a search over contacts yields before it becomes a page.

use super::contact_page::Hit;

/// What a search found.
pub(super) struct Matches {
    /// The number of matches.
    pub(super) total: u64,
    /// Those of the window.
    pub(super) hits: Vec<Hit>,
    /// The number of contacts that were compared with a part of the filter.
    pub(super) examined: u64,
}
