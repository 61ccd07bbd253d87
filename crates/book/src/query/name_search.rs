//! Answers comparisons of names by the index of names ([`crate::book::name_index`]).
//!
//! - The last and the first name are compared part by part.
//! - What a pattern without spaces finds in the full name lies within one part, so it is compared with the parts.
//! - Every other comparison of the full name has *candidates*, the contacts whose parts have the literals that a match
//!   requires. If they are few, their names are read; otherwise an automaton reads the parts of the names one after another
//!   ([`super::name_pieces`]).
//!
//! Of the parts only those are read that contain the literals of the pattern, found by their sequences of three characters,
//! if these are few; otherwise all, as one text. Contacts whose names the index does not know are *open*: they are judged
//! by their names as they are. What is faster, the index or a scan, is in [`super::estimate`].

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use pg_regex::{PieceMatcher, StepLimitError};

use super::budget::Budget;
use super::estimate::names as cost;
use super::filter::{Comparison, Filter};
use super::name_answer::{Answer, answer, is_answerable, is_negated, piece_matcher, required};
use super::name_cost::{cost_with, cost_without, piece_cost, scan_cost};
use super::name_literals::{LiteralPlace, candidates, lines};
use super::name_matches::{MatchesById, NameMatches};
use super::name_pieces::PieceSearch;
use super::predicate::TextPredicate;
use super::query_error::QueryError;
use super::scan::CompiledFilter;
use crate::book::name_index::rank_set::RankSet;
use crate::book::name_index::{NameColumn, NameIndex};
use crate::book::{Book, NameIndexUse};

/// Maximum number of bytes of the text that are scanned before the runner is asked whether to continue.
const SCANNED_BYTES_MAX: usize = 64 << 10;
/// Candidates are read if they are at most one contact in this number.
const CANDIDATES_DIVISOR: usize = 32;
/// Entries of lists of lines are read for candidates if there is at most one for this number of bytes of the text: it takes a
/// tenth of the time of reading all names.
const BYTES_PER_CANDIDATE_ENTRY_MIN: usize = 32;
/// Entries of lists of lines are read if there is at most one for this number of bytes of the text.
const BYTES_PER_ENTRY_MIN: usize = 64;
/// This number of entries is always read.
const ENTRIES_MIN: usize = 512;

/// Lines that are compared together.
const LINES_AT_ONCE: usize = 32;
/// Minimum number of lines for which an automaton of their own is made.
const MATCHER_LINES_MIN: usize = 512;

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
                let part = |line: usize| index.part(line);
                self.compare(comparison, predicate, &few, part, |line| index.add_ranks(line, &mut ranks))?;
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
                        let part = |line: usize| index.line(line);
                        self.compare(comparison, predicate, &few, part, |line| index.add_ranks(line, &mut ranks))?;
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
            Some(Answer::Candidates(predicate)) => self.candidates(comparison, predicate),
        }
    }

    /// Calls `found` with those of the lines whose text matches the pattern or equals a text of the predicate, also for a
    /// negation.
    fn compare<'t>(
        &mut self,
        comparison: &Comparison,
        predicate: &TextPredicate,
        lines: &[u32],
        text: impl Fn(usize) -> &'t str,
        mut found: impl FnMut(usize),
    ) -> Result<(), QueryError> {
        let is_many = lines.len() >= MATCHER_LINES_MIN;
        let mut matcher = if is_many { piece_matcher(predicate).filter(PieceMatcher::is_exact) } else { None };
        for lines in lines.chunks(LINES_AT_ONCE) {
            let mut texts = [""; LINES_AT_ONCE];
            texts.iter_mut().zip(lines).for_each(|(place, line)| *place = text(*line as usize));
            // The first bytes are read together, because each may have to come from memory.
            let firsts = texts.iter().filter_map(|text| text.as_bytes().first());
            black_box(firsts.fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
            let bytes = texts.iter().map(|text| text.len()).sum();
            if matcher.is_some() {
                self.budget.charge_lines(comparison, predicate, lines.len(), bytes)?;
            }
            for (text, line) in texts.iter().zip(lines) {
                let matches = matcher.as_mut().and_then(|matcher| matcher.accepts(text));
                let matches = match matches {
                    Some(matches) => matches,
                    None => {
                        matcher = None;
                        self.budget.holds(comparison, predicate, text)? != is_negated(predicate)
                    }
                };
                if matches {
                    found(*line as usize);
                }
            }
        }
        Ok(())
    }

    /// The ranks of those for whom a comparison holds that is not about parts alone; `None` if this would take longer than
    /// a scan.
    fn candidates(
        &mut self,
        comparison: &Comparison,
        predicate: &TextPredicate,
    ) -> Result<Option<RankSet>, QueryError> {
        let index = self.index;
        let entries_max = ENTRIES_MIN.max(index.text().len() / BYTES_PER_CANDIDATE_ENTRY_MIN);
        let found = candidates(index, &required(predicate), &mut index.len(), entries_max);
        let count = found.as_ref().map_or(index.len(), RankSet::count);
        let is_few = |count: usize| {
            index.usage == NameIndexUse::Always || count <= ENTRIES_MIN.max(index.len() / CANDIDATES_DIVISOR)
        };
        let by_others = match (index.usage, is_few(count)) {
            (NameIndexUse::Always, _) => u64::MAX,
            (NameIndexUse::WhereFaster, true) => count as u64 * cost::CANDIDATE,
            (NameIndexUse::WhereFaster, false) => cost::text(index.name_bytes, predicate),
        };
        if piece_cost(index, predicate, count).is_some_and(|by_pieces| by_pieces < by_others)
            && let Some((ranks, is_exact)) = self.by_pieces(comparison, predicate, found.as_ref())?
        {
            return match (is_exact, is_negated(predicate)) {
                (false, _) if !is_few(ranks.count()) => Ok(None),
                (false, _) => self.verified(comparison, predicate, ranks).map(Some),
                (true, is_negated) => {
                    let mut ranks = ranks;
                    if is_negated {
                        ranks.invert();
                    }
                    Ok(Some(ranks))
                }
            };
        }
        match found.filter(|_| is_few(count)) {
            Some(ranks) => self.verified(comparison, predicate, ranks).map(Some),
            None => Ok(None),
        }
    }

    /// The ranks of those whose names match a pattern, or for a negation do not match it, by the automaton of the pattern,
    /// and whether they are certain to. `among` has all of them. `None` if reading the parts would take longer than a scan.
    fn by_pieces(
        &mut self,
        comparison: &Comparison,
        predicate: &TextPredicate,
        among: Option<&RankSet>,
    ) -> Result<Option<(RankSet, bool)>, QueryError> {
        let index = self.index;
        // What an inexact automaton accepts of all names is mostly too much to be verified.
        let is_wanted =
            |matcher: &PieceMatcher| matcher.is_exact() || among.is_some() || index.usage == NameIndexUse::Always;
        let Some(matcher) = piece_matcher(predicate).filter(is_wanted) else { return Ok(None) };
        let bytes_left = match index.usage {
            NameIndexUse::Always => usize::MAX,
            NameIndexUse::WhereFaster => {
                usize::try_from(cost::text(index.name_bytes, predicate) * 10 / cost::PIECE_BYTE_TENTHS).unwrap_or(0)
            }
        };
        let is_exact = matcher.is_exact();
        let budget = &mut *self.budget;
        let mut search = PieceSearch { index, matcher, budget, comparison, predicate, bytes_left, parts: 0 };
        let found = search.run(among)?;
        self.parts += search.parts;
        Ok(found.map(|found| (found, is_exact)))
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
