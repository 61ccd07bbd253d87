//! Answers comparisons of names by the index of names ([`crate::book::name_index`]).
//!
//! - The last and the first name are compared part by part.
//! - What a pattern without spaces finds in the full name lies within one part, so it is compared with the parts.
//! - Every other comparison of the full name has *candidates*, the contacts whose parts have the literals that a match
//!   requires; these are read.
//!
//! Of the parts only those are read that contain the literals of the pattern, found by their sequences of three characters,
//! if these are few; otherwise all, as one text. Contacts whose names the index does not know are *open*: they are judged
//! by their names as they are. What is faster, the index or a scan, is in [`super::estimate`].

use std::ops::Range;
use std::sync::Arc;

use pg_regex::{Required, StepLimitError};

use super::budget::Budget;
use super::estimate::names as cost;
use super::field::contact as field;
use super::filter::{Comparison, Filter};
use super::name_literals::{LiteralPlace, candidates, lines};
use super::name_matches::{MatchesById, NameMatches};
use super::predicate::{Predicate, TextPredicate};
use super::query_error::QueryError;
use super::scan::CompiledFilter;
use crate::book::name_index::rank_set::RankSet;
use crate::book::name_index::{NameColumn, NameIndex};
use crate::book::{Book, NameIndexUse};

/// Maximum number of bytes of the text that are scanned before the runner is asked whether to continue.
const SCANNED_BYTES_MAX: usize = 64 << 10;
/// Maximum number of values of a list that are looked up; longer lists are compared with all parts.
const LIST_LOOK_UPS_MAX: usize = 256;
/// Entries of lists of lines that are read to choose the access path, before the query runs.
const ENTRIES_BEFOREHAND_MAX: usize = 2_048;

/// The use of the index for a query: chosen before it runs.
#[derive(Debug)]
pub(super) struct NameAccess {
    index: Arc<NameIndex>,
    /// Ids of contacts whose names have changed since the index was made, ascending.
    changed: Vec<u64>,
    /// Indexes in [`Filter::conjuncts`] of the filters that the index is to answer.
    pub(super) conjuncts: Vec<usize>,
    /// The estimated time, in nanoseconds.
    pub(super) cost: u64,
}

impl NameAccess {
    /// The use of the index for those of the conjuncts that it can answer, if there are any and scanning this number of
    /// contacts would take longer.
    pub(super) fn choose(book: &Book, conjuncts: &[&Filter], rest: &[usize], contacts: usize) -> Option<Self> {
        if !rest.iter().any(|at| is_answerable(conjuncts[*at])) {
            return None;
        }
        let mut chosen = Vec::new();
        let mut cost = 0;
        let (index, changed) = book.name_indexes.at(book.revision, |index| {
            let mut saved = 0;
            for at in rest {
                let Some(with) = cost_with(index, conjuncts[*at]) else { continue };
                let without = cost_without(index, conjuncts[*at], contacts);
                if index.usage == NameIndexUse::Always || with < without {
                    chosen.push(*at);
                    cost += with;
                    saved += without.saturating_sub(with);
                }
            }
            let changes = usize::try_from(saved / cost::CHANGED_CONTACT).unwrap_or(usize::MAX);
            let is_always = index.usage == NameIndexUse::Always;
            (!chosen.is_empty()).then_some(if is_always { usize::MAX } else { changes })
        })?;
        cost += changed.len() as u64 * cost::CHANGED_CONTACT;
        Some(Self { index, changed, conjuncts: chosen, cost })
    }

    /// Answers the filters. The matches, and the conjuncts that they answer: others have turned out to have too many
    /// candidates. `None` if no conjunct is answered.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub(super) fn run(
        self,
        book: &Book,
        conjuncts: &[&Filter],
        budget: &mut Budget<'_>,
    ) -> Result<Option<(NameMatches, Vec<usize>)>, QueryError> {
        let Self { index, changed, conjuncts: chosen, .. } = self;
        let mut selection = Selection { index: &index, book, budget, parts: 0, contacts: 0 };
        let mut answered = Vec::new();
        let mut ranks: Option<RankSet> = None;
        for at in chosen {
            let Some(found) = selection.filter(conjuncts[at])? else { continue };
            answered.push(at);
            match &mut ranks {
                Some(ranks) => ranks.keep(&found),
                None => ranks = Some(found),
            }
        }
        let Selection { parts, contacts, .. } = selection;
        let Some(mut ranks) = ranks else { return Ok(None) };
        changed.iter().filter_map(|id| index.rank_of(*id)).for_each(|rank| ranks.remove(rank));
        Ok(Some((NameMatches { index, ranks, changed, parts, contacts }, answered)))
    }
}

/// How the index answers a comparison.
enum Answer<'p> {
    /// By the parts of the full name that match.
    Parts(&'p TextPredicate),
    /// By the distinct names of a column that match.
    Column(NameColumn, &'p TextPredicate),
    /// By reading the names of candidates.
    Candidates(&'p TextPredicate),
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
            if is_within_words {
                return Some(Answer::Parts(predicate));
            }
            (required(predicate) != Required::Nothing).then_some(Answer::Candidates(predicate))
        }
        _ => None,
    }
}

fn is_answerable(filter: &Filter) -> bool {
    match filter {
        Filter::Everything => false,
        Filter::All(filters) | Filter::Any(filters) => filters.iter().all(is_answerable),
        Filter::Comparison(comparison) => answer(comparison).is_some(),
    }
}

/// What every text contains for which the predicate holds, or for a negation does not hold.
fn required(predicate: &TextPredicate) -> Required {
    match predicate {
        TextPredicate::Equal(text) | TextPredicate::NotEqual(text) => Required::equal_to(text),
        TextPredicate::OneOf(texts) | TextPredicate::NoneOf(texts) if texts.len() > LIST_LOOK_UPS_MAX => {
            Required::Nothing
        }
        TextPredicate::OneOf(texts) | TextPredicate::NoneOf(texts) => {
            Required::any_of(texts.iter().map(|text| Required::equal_to(text)).collect())
        }
        TextPredicate::Like(pattern) | TextPredicate::NotLike(pattern) => pattern.required().clone(),
        TextPredicate::Regexp(pattern) => pattern.required().clone(),
        TextPredicate::Ordered(..) => Required::Nothing,
    }
}

/// Whether the predicate is a negation.
fn is_negated(predicate: &TextPredicate) -> bool {
    matches!(predicate, TextPredicate::NotEqual(_) | TextPredicate::NoneOf(_) | TextPredicate::NotLike(_))
}

/// The estimated time of answering a filter by the index, in nanoseconds; `None` if it cannot.
fn cost_with(index: &NameIndex, filter: &Filter) -> Option<u64> {
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
                    let mut left = ENTRIES_BEFOREHAND_MAX;
                    match candidates(index, &required(predicate), &mut left, ENTRIES_BEFOREHAND_MAX) {
                        Some(few) => cost::SELECT + few.count() as u64 * cost::CANDIDATE,
                        None => {
                            let few = (index.len() / UNKNOWN_CANDIDATES_DIVISOR) as u64 * cost::CANDIDATE;
                            few.max(cost::UNKNOWN_MIN)
                        }
                    }
                }
            })
        }
    }
}

/// If candidates have not been counted, they are taken to be one contact in this number.
const UNKNOWN_CANDIDATES_DIVISOR: usize = 64;
/// Candidates are read if they are at most one contact in this number.
const CANDIDATES_DIVISOR: usize = 32;
/// Entries of lists of lines are read for candidates if there is at most one for this number of bytes of the text: it takes a
/// tenth of the time of reading all names.
const BYTES_PER_CANDIDATE_ENTRY_MIN: usize = 16;
/// Entries of lists of lines are read if there is at most one for this number of bytes of the text.
const BYTES_PER_ENTRY_MIN: usize = 64;
/// This number of entries is always read.
const ENTRIES_MIN: usize = 512;

/// The estimated time of a scan of all parts.
fn scan_cost(index: &NameIndex, predicate: &TextPredicate) -> u64 {
    cost::SELECT + cost::text(index.text().len(), predicate)
}

/// The estimated time of evaluating a filter of names without the index on this number of contacts.
fn cost_without(index: &NameIndex, filter: &Filter, contacts: usize) -> u64 {
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

/// Evaluates filters by the index.
struct Selection<'s, 'r> {
    index: &'s NameIndex,
    book: &'s Book,
    budget: &'s mut Budget<'r>,
    /// The number of parts that were compared.
    parts: u64,
    /// The number of contacts that were read.
    contacts: u64,
}

impl Selection<'_, '_> {
    /// The ranks of the contacts that match, by their names when the index was made; `None` if there are too many
    /// candidates.
    fn filter(&mut self, filter: &Filter) -> Result<Option<RankSet>, QueryError> {
        match filter {
            Filter::Everything => Ok(None),
            Filter::Comparison(comparison) => self.comparison(comparison),
            Filter::All(filters) | Filter::Any(filters) => {
                let mut joined: Option<RankSet> = None;
                for each in filters {
                    let Some(found) = self.filter(each)? else { return Ok(None) };
                    match (&mut joined, filter) {
                        (Some(joined), Filter::Any(_)) => joined.add(&found),
                        (Some(joined), _) => joined.keep(&found),
                        (None, _) => joined = Some(found),
                    }
                }
                Ok(joined)
            }
        }
    }

    fn comparison(&mut self, comparison: &Comparison) -> Result<Option<RankSet>, QueryError> {
        let index = self.index;
        let entries_max = ENTRIES_MIN.max(index.text().len() / BYTES_PER_ENTRY_MIN);
        match answer(comparison) {
            None => Ok(None),
            Some(Answer::Column(column, predicate)) => {
                let range = index.lines_of(column);
                let few = lines(index, &required(predicate), LiteralPlace::In(column), entries_max);
                let mut ranks = RankSet::new(index.len());
                let Some(few) = few.filter(|few| few.len() < range.len() / 2) else {
                    self.parts += range.len() as u64;
                    for line in range {
                        if self.budget.holds(comparison, predicate, index.part(line))? {
                            index.add_ranks(line, &mut ranks);
                        }
                    }
                    return Ok(Some(ranks));
                };
                self.parts += few.len() as u64;
                for line in few {
                    let holds = self.budget.holds(comparison, predicate, index.part(line as usize))?;
                    if holds != is_negated(predicate) {
                        index.add_ranks(line as usize, &mut ranks);
                    }
                }
                if is_negated(predicate) {
                    ranks.invert();
                    if column == NameColumn::First {
                        // A missing name fulfils no comparison.
                        let mut present = RankSet::new(index.len());
                        range.for_each(|line| index.add_ranks(line, &mut present));
                        ranks.keep(&present);
                    }
                }
                Ok(Some(ranks))
            }
            Some(Answer::Parts(predicate)) => {
                let of_all = scan_cost(index, predicate);
                let few = lines(index, &required(predicate), LiteralPlace::Anywhere, entries_max);
                let mut ranks = RankSet::new(index.len());
                match few.filter(|few| cost::SELECT + few.len() as u64 * cost::PART < of_all) {
                    Some(few) => {
                        self.parts += few.len() as u64;
                        for line in few {
                            let line = line as usize;
                            let part = &index.text()[index.line_start(line)..index.line_end(line)];
                            if self.budget.holds(comparison, predicate, part)? != is_negated(predicate) {
                                index.add_ranks(line, &mut ranks);
                            }
                        }
                    }
                    None => {
                        self.parts += index.lines() as u64;
                        let mut lines = 0..0;
                        while lines.end < index.lines() {
                            let begin = index.line_start(lines.end);
                            let end = index.line_at(begin + SCANNED_BYTES_MAX, lines.end);
                            lines = lines.end..end.clamp(lines.end + 1, index.lines());
                            scan(index, lines.clone(), comparison, predicate, self.budget, &mut ranks)?;
                        }
                    }
                }
                if is_negated(predicate) {
                    ranks.invert();
                }
                Ok(Some(ranks))
            }
            Some(Answer::Candidates(predicate)) => {
                let entries_max = ENTRIES_MIN.max(index.text().len() / BYTES_PER_CANDIDATE_ENTRY_MIN);
                let mut left = index.len();
                let found = candidates(index, &required(predicate), &mut left, entries_max);
                let is_few = |count: usize| {
                    index.usage == NameIndexUse::Always || count <= ENTRIES_MIN.max(index.len() / CANDIDATES_DIVISOR)
                };
                let Some(ranks) = found.filter(|found| is_few(found.count())) else { return Ok(None) };
                self.verified(comparison, predicate, ranks).map(Some)
            }
        }
    }

    /// Those of the candidates for whom the comparison holds, by their names as they are.
    fn verified(
        &mut self,
        comparison: &Comparison,
        predicate: &TextPredicate,
        mut ranks: RankSet,
    ) -> Result<RankSet, QueryError> {
        let by_id = MatchesById::of(self.index, &ranks);
        let filter = CompiledFilter::Column(comparison);
        self.contacts += ranks.count() as u64;
        let chunks = &self.book.contacts.chunks;
        for (at, chunk) in chunks.iter().enumerate() {
            let next = self.book.contacts.firsts.get(at + 1).copied().unwrap_or(u64::MAX);
            if !by_id.is_any_in(self.book.contacts.firsts[at]..next) {
                continue;
            }
            let rows = by_id.rows(chunk);
            if rows.is_empty() {
                continue;
            }
            let held = filter.select(chunk, &rows, self.budget)?;
            // Of a negation the others are collected.
            let wrong = if is_negated(predicate) { held } else { rows.without(&held) };
            wrong.iter().filter_map(|row| self.index.rank_of(chunk.id(row))).for_each(|rank| ranks.remove(rank));
        }
        if is_negated(predicate) {
            ranks.invert();
        }
        Ok(ranks)
    }
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
