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

/// What yields the candidates of a query over contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessPathKind {
    /// Contacts with given ids, the members of a few organizations, or the owners of e-mail addresses.
    ContactList,
    /// The index of phone numbers.
    PhoneIndex,
    /// The same, for numbers that the index of last digits finds.
    PhoneSuffixIndex,
    /// A kept list of members in the order of the question.
    MemberList,
    /// The index of names, for at least a part of the filter.
    NameIndex,
    /// A range of ids in which every contact matches.
    IdRange,
    /// All contacts, or those in a range of ids.
    Scan,
}

impl AccessPathKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ContactList,
        Self::PhoneIndex,
        Self::PhoneSuffixIndex,
        Self::MemberList,
        Self::NameIndex,
        Self::IdRange,
        Self::Scan,
    ];

    /// Whether the contacts of a page are scattered over the book.
    pub(super) const fn is_scattered(self) -> bool {
        matches!(self, Self::ContactList | Self::PhoneIndex | Self::PhoneSuffixIndex | Self::MemberList)
    }

    /// Its name in explanations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ContactList => "contact_list",
            Self::PhoneIndex => "phone_index",
            Self::PhoneSuffixIndex => "phone_suffix_index",
            Self::MemberList => "member_list",
            Self::NameIndex => "name_index",
            Self::IdRange => "id_range",
            Self::Scan => "scan",
        }
    }
}

/// How a query was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// What yielded the candidates.
    pub access_path: AccessPathKind,
    /// The number of contacts whose fields were compared with a part of the filter.
    pub contacts: u64,
    /// The number of parts of names that were compared.
    pub name_parts: u64,
}

/// The contacts that a query returns, with the snapshot that contains them.
pub struct ContactPage {
    pub(super) book: Arc<Book>,
    /// The number of contacts that match.
    pub total: u64,
    pub(super) hits: Vec<Hit>,
    /// How they were found.
    pub explanation: Explanation,
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
