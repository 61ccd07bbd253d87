//! Answers comparisons of names by the index of names ([`crate::book::name_index`]).
//!
//! Comparisons of the full name with a pattern whose matches hold no space are answered by a scan of the parts;
//! comparisons of the last and the first name by comparing each distinct one. Contacts whose names the index does not
//! know are *open*: they are judged by their names as they are.

use std::ops::Range;
use std::sync::Arc;

use pg_regex::StepLimitError;

use super::bitmap::Bitmap;
use super::budget::Budget;
use super::field::contact as field;
use super::filter::{Comparison, Filter};
use super::predicate::{Predicate, TextPredicate};
use super::query_error::QueryError;
use crate::book::chunk::Chunk;
use crate::book::name_index::rank_set::RankSet;
use crate::book::name_index::{NameColumn, NameIndex};
use crate::book::{Book, ChunkList, NameIndexUse};

/// Maximum number of bytes of the text that are scanned before the runner is asked whether to continue.
const SCANNED_BYTES_MAX: usize = 64 << 10;

/// The use of the index for a query: chosen before it runs.
#[derive(Debug)]
pub(super) struct NameAccess {
    index: Arc<NameIndex>,
    /// Ids of contacts whose names have changed since the index was made, ascending.
    changed: Vec<u64>,
    /// Indexes in [`Filter::conjuncts`] of the comparisons that the index answers.
    pub(super) conjuncts: Vec<usize>,
}

impl NameAccess {
    /// The use of the index for those of the conjuncts that it can answer, if there are any and scanning this number of
    /// contacts would take longer.
    pub(super) fn choose(book: &Book, conjuncts: &[&Filter], rest: &[usize], contacts: usize) -> Option<Self> {
        let is_answered = |at: &usize| matches!(conjuncts[*at], Filter::Comparison(it) if answer(it).is_some());
        let answered: Vec<usize> = rest.iter().copied().filter(is_answered).collect();
        if answered.is_empty() {
            return None;
        }
        let (index, changed) = book.name_indexes.at(book.revision, |index| {
            // Both are read at about the same speed; changed contacts one by one.
            let scanned = contacts as u64 * index.name_bytes as u64 / index.len().max(1) as u64;
            let bytes_max = usize::try_from(scanned / 4 * 3).unwrap_or(usize::MAX);
            match index.usage {
                NameIndexUse::Always => Some(usize::MAX),
                NameIndexUse::WhereFaster => Some(bytes_max.checked_sub(index.text().len())? / CHANGED_CONTACT_BYTES),
            }
        })?;
        Some(Self { index, changed, conjuncts: answered })
    }

    /// Bytes of text that it reads.
    pub(super) fn bytes(&self) -> usize {
        self.index.text().len() + self.changed.len() * CHANGED_CONTACT_BYTES
    }

    /// Answers the comparisons.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub(super) fn run(self, conjuncts: &[&Filter], budget: &mut Budget<'_>) -> Result<NameMatches, QueryError> {
        let Self { index, changed, conjuncts: answered } = self;
        let mut ranks: Option<RankSet> = None;
        for comparison in answered.iter().filter_map(|at| match conjuncts[*at] {
            Filter::Comparison(comparison) => Some(comparison),
            Filter::Everything | Filter::All(_) | Filter::Any(_) => None,
        }) {
            let found = select(&index, comparison, budget)?;
            match &mut ranks {
                Some(ranks) => ranks.keep(&found),
                None => ranks = Some(found),
            }
        }
        let mut ranks = ranks.unwrap_or_else(|| RankSet::new(index.len()));
        changed.iter().filter_map(|id| index.rank_of(*id)).for_each(|rank| ranks.remove(rank));
        Ok(NameMatches { index, ranks, changed })
    }
}

/// Estimate: judging a contact whose name has changed takes as long as reading this number of bytes.
const CHANGED_CONTACT_BYTES: usize = 600;

/// How the index answers a comparison.
enum Answer<'p> {
    /// By the parts of the full name that match.
    Parts(&'p TextPredicate),
    /// By the distinct names of a column that match.
    Column(NameColumn, &'p TextPredicate),
}

fn answer(comparison: &Comparison) -> Option<Answer<'_>> {
    let Predicate::Text(predicate) = &comparison.predicate else { return None };
    match comparison.field {
        field::LAST_NAME => Some(Answer::Column(NameColumn::Last, predicate)),
        field::FIRST_NAME => Some(Answer::Column(NameColumn::First, predicate)),
        field::FULL_NAME => {
            let is_within_words = match predicate {
                TextPredicate::Like(pattern) | TextPredicate::NotLike(pattern) => pattern.matches_within_words(),
                TextPredicate::Regexp(pattern) => pattern.matches_within_words(),
                _ => false,
            };
            is_within_words.then_some(Answer::Parts(predicate))
        }
        _ => None,
    }
}

/// The ranks of the contacts that match, by their names when the index was made.
fn select(index: &NameIndex, comparison: &Comparison, budget: &mut Budget<'_>) -> Result<RankSet, QueryError> {
    let mut ranks = RankSet::new(index.len());
    match answer(comparison) {
        Some(Answer::Column(column, predicate)) => {
            for line in index.lines_of(column) {
                if budget.holds(comparison, predicate, index.part(line))? {
                    index.add_ranks(line, &mut ranks);
                }
            }
        }
        Some(Answer::Parts(predicate)) => {
            let mut lines = 0..0;
            while lines.end < index.lines() {
                let begin = index.line_start(lines.end);
                lines =
                    lines.end..index.line_at(begin + SCANNED_BYTES_MAX, lines.end).clamp(lines.end + 1, index.lines());
                scan(index, lines.clone(), comparison, predicate, budget, &mut ranks)?;
            }
            if matches!(predicate, TextPredicate::NotLike(_)) {
                ranks.invert();
            }
        }
        None => {}
    }
    Ok(ranks)
}

/// Adds the ranks of those who have one of these parts if it matches the pattern.
fn scan(
    index: &NameIndex,
    lines: Range<usize>,
    comparison: &Comparison,
    predicate: &TextPredicate,
    budget: &mut Budget<'_>,
    ranks: &mut RankSet,
) -> Result<(), QueryError> {
    let (begin, end) = (index.line_start(lines.start), index.line_end(lines.end - 1));
    let text = &index.text()[..end];
    budget.charge_lines(comparison, predicate, lines.len(), end - begin)?;
    let mut each = |next: &mut dyn FnMut(usize) -> Result<Option<usize>, StepLimitError>| {
        let (mut from, mut line) = (begin, lines.start);
        while let Some(place) = next(from)? {
            line = index.line_at(place, line);
            if line >= lines.end {
                break;
            }
            index.add_ranks(line, ranks);
            from = index.line_end(line) + 1;
            line += 1;
            if line >= lines.end {
                break;
            }
        }
        Ok(())
    };
    match predicate {
        TextPredicate::Like(pattern) | TextPredicate::NotLike(pattern) => {
            each(&mut |from| Ok(pattern.find_in_lines(text, from))).map_err(|_| comparison.too_slow())
        }
        TextPredicate::Regexp(pattern) => {
            let scanned =
                budget.try_lines(comparison, |steps| each(&mut |from| pattern.find_in_lines(text, from, steps)))?;
            if scanned.is_some() {
                return Ok(());
            }
            for line in lines {
                if budget.holds(comparison, predicate, &index.text()[index.line_start(line)..index.line_end(line)])? {
                    index.add_ranks(line, ranks);
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The contacts whose names match, as far as the index knows them.
#[derive(Debug)]
pub(super) struct NameMatches {
    index: Arc<NameIndex>,
    /// The contacts that match, without those whose names have changed.
    ranks: RankSet,
    changed: Vec<u64>,
}

impl NameMatches {
    /// The number of contacts that match.
    pub(super) fn count(&self) -> usize {
        self.ranks.count()
    }

    /// The ids of the first contacts that match by last name, at least `count` of them and all that have the same last
    /// name as one of them; in no order.
    pub(super) fn first_ids(&self, count: usize) -> Vec<u64> {
        let mut ids = Vec::new();
        let mut next = self.ranks.at_or_above(0);
        while let (Some(rank), true) = (next, ids.len() < count) {
            let namesakes = self.index.namesakes(rank);
            self.add_ids(rank..namesakes.end, &mut ids);
            next = self.ranks.at_or_above(namesakes.end);
        }
        ids
    }

    /// The same for the last contacts by last name.
    pub(super) fn last_ids(&self, count: usize) -> Vec<u64> {
        let mut ids = Vec::new();
        let mut next = self.ranks.below(self.index.len());
        while let (Some(rank), true) = (next, ids.len() < count) {
            let namesakes = self.index.namesakes(rank);
            self.add_ids(namesakes.clone(), &mut ids);
            next = self.ranks.below(namesakes.start);
        }
        ids
    }

    fn add_ids(&self, ranks: Range<usize>, ids: &mut Vec<u64>) {
        let mut next = self.ranks.at_or_above(ranks.start);
        while let Some(rank) = next.filter(|rank| *rank < ranks.end) {
            ids.push(self.index.id_of(rank));
            next = self.ranks.at_or_above(rank + 1);
        }
    }

    /// The contacts that match by id.
    pub(super) fn by_id(&self) -> MatchesById {
        let (first_id, ids) = self.index.ids();
        let mut offsets = RankSet::new(ids);
        for rank in self.ranks.iter() {
            offsets.set((self.index.id_of(rank) - first_id) as usize);
        }
        MatchesById { first_id, last_id: self.index.last_id, offsets }
    }

    /// The chunks that have open rows, and perhaps some more.
    pub(super) fn open_chunks(&self, contacts: &ChunkList) -> Vec<usize> {
        let behind = contacts.chunk_of(self.index.last_id).unwrap_or(0);
        let mut chunks: Vec<usize> = self.changed.iter().filter_map(|id| contacts.chunk_of(*id)).collect();
        chunks.retain(|chunk| *chunk < behind);
        chunks.dedup();
        chunks.extend(behind..contacts.chunks.len());
        chunks
    }

    /// Whether a contact with one of these ids is open.
    pub(super) fn is_open_in(&self, ids: Range<u64>) -> bool {
        let next = self.changed.partition_point(|id| *id < ids.start);
        ids.end > self.index.last_id + 1 || self.changed.get(next).is_some_and(|id| *id < ids.end)
    }

    /// The rows of a chunk that are open.
    pub(super) fn open_rows(&self, chunk: &Chunk) -> Bitmap {
        let (Some(first), Some(last)) = (chunk.ids.first(), chunk.ids.last()) else { return Bitmap::NONE };
        let new = chunk.ids.partition_point(|id| *id <= self.index.last_id);
        let mut rows = Bitmap::range(new, chunk.len());
        let changed = self.changed.partition_point(|id| id < first)..self.changed.partition_point(|id| id <= last);
        self.changed[changed].iter().filter_map(|id| chunk.find(*id).ok()).for_each(|row| rows.set(row));
        rows
    }
}

/// Matching contacts by id.
#[derive(Debug)]
pub(super) struct MatchesById {
    first_id: u64,
    last_id: u64,
    offsets: RankSet,
}

impl MatchesById {
    /// Whether a contact with one of these ids matches.
    pub(super) fn is_any_in(&self, ids: Range<u64>) -> bool {
        let offset = |id: u64| usize::try_from(id.saturating_sub(self.first_id)).unwrap_or(usize::MAX);
        self.offsets.at_or_above(offset(ids.start)).is_some_and(|next| next < offset(ids.end))
    }

    /// The rows of a chunk that match; of those that are open, none.
    pub(super) fn rows(&self, chunk: &Chunk) -> Bitmap {
        let (Some(first), Some(last)) = (chunk.ids.first(), chunk.ids.last()) else { return Bitmap::NONE };
        if *first > self.last_id || *last < self.first_id {
            return Bitmap::NONE;
        }
        let is_gapless = (last - first) as usize + 1 == chunk.len();
        match first.checked_sub(self.first_id) {
            Some(offset) if is_gapless => Bitmap::from_words(|word| self.offsets.word_at(offset as usize + word * 64))
                .and(&Bitmap::range(0, chunk.len())),
            _ => Bitmap::range(0, chunk.len()).filter(|row| {
                let offset = chunk.id(row).checked_sub(self.first_id);
                offset.is_some_and(|offset| self.offsets.word_at(offset as usize) & 1 == 1)
            }),
        }
    }
}
