//! Estimates how long the index of names takes to answer a filter, and how long a scan takes; the constants are in
//! [`super::estimate`].

use pg_regex::Required;

use super::estimate::names as cost;
use super::field::contact as field;
use super::filter::{Comparison, Filter};
use super::name_answer::{Answer, answer, has_pieces, required};
use super::name_literals::{LiteralPlace, candidates, lines};
use super::predicate::{Predicate, TextPredicate};
use crate::book::name_index::{NameColumn, NameIndex};

/// Entries of lists of lines that are read to choose the access path, before the query runs.
const ENTRIES_BEFOREHAND_MAX: usize = 2_048;
/// If candidates have not been counted, they are taken to be one contact in this number.
const UNKNOWN_CANDIDATES_DIVISOR: usize = 64;

/// The estimated time of answering a filter by the index, in nanoseconds; `None` if it cannot.
pub(super) fn cost_with(index: &NameIndex, filter: &Filter) -> Option<u64> {
    match filter {
        Filter::Everything => None,
        Filter::All(filters) | Filter::Any(filters) => {
            filters.iter().map(|filter| cost_with(index, filter)).sum::<Option<u64>>()
        }
        Filter::Comparison(comparison) => {
            let few = |predicate: &TextPredicate, place: LiteralPlace| {
                let lines = lines(index, &required(predicate), place, ENTRIES_BEFOREHAND_MAX)?;
                Some(cost::SELECT + lines.len() as u64 * cost::PART)
            };
            Some(match answer(comparison)? {
                Answer::Parts(predicate) => {
                    let scan = scan_cost(index, predicate);
                    few(predicate, LiteralPlace::Anywhere).map_or(scan, |few| few.min(scan))
                }
                Answer::Column(column, predicate) => {
                    let all = cost::SELECT + index.lines_of(column).len() as u64 * cost::column_part(predicate);
                    few(predicate, LiteralPlace::In(column)).map_or(all, |few| few.min(all))
                }
                Answer::Candidates(predicate) => {
                    let (mut left, required) = (ENTRIES_BEFOREHAND_MAX, required(predicate));
                    let by_pieces = piece_cost(index, predicate, index.len());
                    let by_names = match candidates(index, &required, &mut left, ENTRIES_BEFOREHAND_MAX) {
                        Some(few) => Some(cost::SELECT + few.count() as u64 * cost::CANDIDATE),
                        None if required == Required::Nothing => None,
                        None => {
                            let few = (index.len() / UNKNOWN_CANDIDATES_DIVISOR) as u64 * cost::CANDIDATE;
                            Some(few.max(cost::UNKNOWN_MIN))
                        }
                    };
                    [by_pieces, by_names].into_iter().flatten().min()?
                }
            })
        }
    }
}

/// The estimated time of a scan of all parts.
pub(super) fn scan_cost(index: &NameIndex, predicate: &TextPredicate) -> u64 {
    cost::SELECT + cost::text(index.text().len(), predicate)
}

/// The estimated time of reading the parts of the names of this number of contacts one after another; `None` for a predicate
/// that has to be compared with whole names.
pub(super) fn piece_cost(index: &NameIndex, predicate: &TextPredicate, contacts: usize) -> Option<u64> {
    let lasts = (index.lines_of(NameColumn::Last).len().max(1), index.last_bytes());
    let read = (lasts.1 as u64).min(contacts as u64 * (lasts.1 / lasts.0) as u64);
    let others = (index.text().len() - lasts.1) as u64 * cost::STATES_EXPECTED;
    let bytes = (read + others) * cost::PIECE_BYTE_TENTHS / 10;
    has_pieces(predicate).then_some(cost::PIECES + bytes + index.len() as u64 / cost::CONTACTS_SETTLED)
}

/// The estimated time of evaluating a filter of names without the index on this number of contacts.
pub(super) fn cost_without(index: &NameIndex, filter: &Filter, contacts: usize) -> u64 {
    match filter {
        Filter::Everything => 0,
        Filter::All(filters) | Filter::Any(filters) => {
            filters.iter().map(|filter| cost_without(index, filter, contacts)).sum()
        }
        Filter::Comparison(Comparison { field, predicate: Predicate::Text(predicate), .. }) => {
            let bytes = (contacts as u64 * index.name_bytes as u64 / index.len().max(1) as u64) as usize;
            match (*field, predicate) {
                (field::FULL_NAME, TextPredicate::Like(_) | TextPredicate::NotLike(_) | TextPredicate::Regexp(_)) => {
                    cost::text(bytes, predicate)
                }
                _ => contacts as u64 * cost::name(predicate),
            }
        }
        Filter::Comparison(_) => 0,
    }
}
