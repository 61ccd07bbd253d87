//! The orders of an index of names beside that of last names: of first names, and how far the order of full names is that of
//! last names.

use super::rank_set::RankSet;
use crate::book::state::Book;
use crate::collation::{self, SortKey};
use crate::runner::Runner;

/// Sort keys that are made before the runner is asked whether to continue.
const KEYS_AT_ONCE: usize = 256;

/// The numbers of names in the order of the collation, the spaces beside them left out; of equal ones the shorter text
/// first. `None` if the runner stops.
pub(super) fn by_collation(texts: &[&str], runner: &dyn Runner) -> Option<Vec<u32>> {
    let mut keyed: Vec<(SortKey, u32)> = Vec::with_capacity(texts.len());
    let name = |number: u32| {
        let text = texts[number as usize];
        let text = text.strip_prefix(' ').unwrap_or(text);
        text.strip_suffix(' ').unwrap_or(text)
    };
    for number in 0..texts.len() as u32 {
        if (number as usize).is_multiple_of(KEYS_AT_ONCE) && !runner.should_continue() {
            return None;
        }
        keyed.push((collation::sort_key(Some(name(number))), number));
    }
    keyed.sort_unstable_by(|(left, left_number), (right, right_number)| {
        let by_name = || collation::compare(Some(name(*left_number)), Some(name(*right_number)));
        let length = |number: &u32| texts[*number as usize].len();
        left.cmp(right).then_with(by_name).then_with(|| length(left_number).cmp(&length(right_number)))
    });
    Some(keyed.into_iter().map(|(_, number)| number).collect())
}

/// The least and the greatest sort key of the full names with one last name.
#[derive(Clone, Copy)]
struct KeyRange {
    least: SortKey,
    greatest: SortKey,
}

/// The lines of last names that end a run, given the line of each contact in the order of the book; `None` if the book lacks
/// sort keys.
///
/// A line ends a run if the sort keys of all full names up to it are below those of all full names after it. Sort keys are
/// prefixes, so that lines whose names differ late share a run.
pub(super) fn run_ends(book: &Book, lines: usize, line_of: impl Fn(usize) -> usize) -> Option<RankSet> {
    let mut ranges: Vec<Option<KeyRange>> = vec![None; lines];
    let mut contact = 0;
    for chunk in &book.contacts.chunks {
        if !chunk.has_keys() {
            return None;
        }
        for key in &chunk.keys().full {
            let range = ranges[line_of(contact)].get_or_insert(KeyRange { least: *key, greatest: *key });
            range.least = range.least.min(*key);
            range.greatest = range.greatest.max(*key);
            contact += 1;
        }
    }
    // The greatest keys up to each line, then the least keys behind it.
    let mut before: Vec<Option<SortKey>> = Vec::with_capacity(lines);
    for range in &ranges {
        let greatest = range.map(|range| range.greatest);
        before.push(greatest.max(before.last().copied().flatten()));
    }
    let mut ends = RankSet::new(lines);
    let mut behind: Option<SortKey> = None;
    for (line, range) in ranges.iter().enumerate().rev() {
        if behind.is_none_or(|behind| before[line].is_none_or(|before| before < behind)) {
            ends.set(line);
        }
        let least = range.map(|range| range.least);
        behind = match (least, behind) {
            (Some(least), Some(behind)) => Some(least.min(behind)),
            (least, behind) => least.or(behind),
        };
    }
    Some(ends)
}
