//! The order that a question over contacts asks for: sort keys of rows, and the comparison of two contacts.

use std::cmp::Ordering;

use super::ask::Direction;
use super::contact_page::Hit;
use super::field::contact as field;
use super::plan::SortBy;
use super::top_k::TieBreak;
use crate::book::Book;
use crate::book::chunk::Chunk;
use crate::collation::{self, SortKey};

/// The sort key of the contact in this row.
pub(super) fn sort_key_of(chunk: &Chunk, by: &SortBy, row: usize) -> SortKey {
    let key =
        if chunk.has_keys() { keys(chunk, by.field)[row] } else { collation::sort_key(text(chunk, by.field, row)) };
    if by.direction == Direction::Ascending { key } else { key.reversed() }
}

fn keys(chunk: &Chunk, field: usize) -> &[SortKey] {
    let keys = chunk.keys();
    match field {
        field::LAST_NAME => &keys.last,
        field::FIRST_NAME => &keys.first,
        _ => &keys.full,
    }
}

fn text(chunk: &Chunk, field: usize, row: usize) -> Option<&str> {
    match field {
        field::LAST_NAME => Some(chunk.last_name(row)),
        field::FIRST_NAME => chunk.first_name(row),
        _ => Some(chunk.full_name(row)),
    }
}

/// The total order of a sort: every sort key, then the id.
pub(super) struct SortOrder<'a> {
    pub(super) book: &'a Book,
    pub(super) sort: &'a [SortBy],
}

impl SortOrder<'_> {
    /// Compares two contacts by one sort key.
    pub(super) fn compare_by(&self, by: &SortBy, left: Hit, right: Hit) -> Ordering {
        let place = |hit: Hit| (&*self.book.contacts.chunks[hit.chunk as usize], usize::from(hit.row));
        let ((left, left_row), (right, right_row)) = (place(left), place(right));
        let mut order = Ordering::Equal;
        // Keys that are there decide nearly all comparisons, at a tenth of the time.
        if left.has_keys() && right.has_keys() {
            order = keys(left, by.field)[left_row].cmp(&keys(right, by.field)[right_row]);
        }
        if order.is_eq() {
            order = collation::compare(text(left, by.field, left_row), text(right, by.field, right_row));
        }
        if by.direction == Direction::Ascending { order } else { order.reverse() }
    }
}

impl TieBreak<Hit> for SortOrder<'_> {
    fn compare(&self, left: Hit, right: Hit) -> Ordering {
        let mut by_keys = self.sort.iter().map(|by| self.compare_by(by, left, right));
        by_keys.find(|order| order.is_ne()).unwrap_or_else(|| left.cmp(&right))
    }
}
