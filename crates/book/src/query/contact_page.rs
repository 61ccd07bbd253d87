//! The result of a query over contacts: a page of a snapshot.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::book::Book;
use crate::book::view::ContactView;

/// A contact of a snapshot: the index of its chunk, and its row there. Ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) chunk: u32,
    pub(super) row: u16,
}

impl Hit {
    pub(super) fn new(chunk: usize, row: usize) -> Self {
        Self { chunk: chunk as u32, row: row as u16 }
    }
}

/// The number of matches, and those of the window.
pub(super) type Matches = (u64, Vec<Hit>);

/// The contacts that a query returns, with the snapshot that contains them.
pub struct ContactPage {
    pub(super) book: Arc<Book>,
    /// The number of contacts that match.
    pub total: u64,
    pub(super) hits: Vec<Hit>,
}

impl fmt::Debug for ContactPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactPage").field("total", &self.total).field("len", &self.len()).finish_non_exhaustive()
    }
}

impl ContactPage {
    /// The snapshot that was searched.
    pub const fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// The number of contacts on the page.
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    /// Whether the page is empty.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    /// The contacts of the page in order, grouped into ranges of adjacent rows: index of the chunk, and rows in it.
    pub fn row_ranges(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let adjacent = |left: &Hit, right: &Hit| left.chunk == right.chunk && left.row + 1 == right.row;
        self.hits.chunk_by(adjacent).map(|hits| {
            let start = usize::from(hits[0].row);
            (hits[0].chunk as usize, start..start + hits.len())
        })
    }

    /// The contacts of the page in order.
    pub fn contacts(&self) -> impl Iterator<Item = ContactView<'_>> {
        self.hits.iter().map(|hit| {
            let chunk = self.book.chunk(hit.chunk as usize);
            ContactView::new(&self.book, chunk, usize::from(hit.row))
        })
    }
}
