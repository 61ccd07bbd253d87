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

use super::ask::Direction;
use super::bitmap::Bitmap;
use super::budget::Budget;
use super::estimate::names as cost;
use super::field::contact as field;
use super::filter::{Comparison, Filter};
use super::predicate::{Predicate, TextPredicate};
use super::query_error::QueryError;
use super::scan::CompiledFilter;
use crate::book::chunk::Chunk;
use crate::book::name_index::rank_set::RankSet;
use crate::book::name_index::{NameColumn, NameIndex};
use crate::book::{Book, ChunkList, NameIndexUse};

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
            let few = |predicate: &TextPredicate, place: Place| {
                let lines = lines(index, &required(predicate), place, ENTRIES_BEFOREHAND_MAX)?;
                Some(cost::SELECT + lines.len() as u64 * cost::PART)
            };
            Some(match answer(comparison)? {
                Answer::Parts(predicate) => {
                    let scan = scan_cost(index, predicate);
                    few(predicate, Place::Anywhere).map_or(scan, |few| few.min(scan))
                }
                Answer::Column(column, predicate) => {
                    let all = cost::SELECT + index.lines_of(column).len() as u64 * cost::column_part(predicate);
                    few(predicate, Place::In(column)).map_or(all, |few| few.min(all))
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
/// Candidates of one literal are collected if they are at most one contact in this number.
const COLLECTED_DIVISOR: usize = 3;
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

/// Where literals are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In any part; the start and the end of a literal are those of the full name.
    Anywhere,
    /// In the names of a column; the start and the end of a literal are those of such a name.
    In(NameColumn),
}

/// The lines that fulfil a condition and perhaps some that do not, ascending; `None` if there may be too many.
fn lines(index: &NameIndex, required: &Required, place: Place, entries_max: usize) -> Option<Vec<u32>> {
    match required {
        Required::Nothing => None,
        Required::Literal(literal) => {
            let grams = index.grams()?;
            let Place::In(column) = place else { return grams.lines_with(literal, entries_max) };
            let mut found = Vec::new();
            for literal in literals_of_column(literal, column) {
                found.append(&mut grams.lines_with(&literal, entries_max)?);
            }
            let range = index.lines_of(column);
            found.retain(|line| range.contains(&(*line as usize)));
            found.sort_unstable();
            found.dedup();
            Some(found)
        }
        Required::All(conditions) => {
            let mut all: Option<Vec<u32>> = None;
            for condition in conditions {
                let Some(found) = lines(index, condition, place, entries_max) else { continue };
                match &mut all {
                    Some(all) => all.retain(|line| found.binary_search(line).is_ok()),
                    None => all = Some(found),
                }
            }
            all
        }
        Required::Any(conditions) => {
            let mut any = Vec::new();
            for condition in conditions {
                any.append(&mut lines(index, condition, place, entries_max)?);
                if any.len() > entries_max {
                    return None;
                }
            }
            any.sort_unstable();
            any.dedup();
            Some(any)
        }
    }
}

/// The literals to look for in the lines of a column, which have the spaces beside the names.
fn literals_of_column(literal: &str, column: NameColumn) -> Vec<String> {
    let begun = match (literal.strip_prefix('\n'), column) {
        (Some(rest), NameColumn::First) => format!(" {rest}"),
        _ => literal.to_owned(),
    };
    match begun.strip_suffix('\n') {
        Some(rest) if !rest.is_empty() => vec![format!("{rest} "), format!("{rest}\n")],
        _ => vec![begun],
    }
}

/// The contacts whose parts fulfil a condition on the full name and perhaps some others; `None` if there may be too
/// many. `left` is the number of ranks that may still be collected.
fn candidates(index: &NameIndex, required: &Required, left: &mut usize, entries_max: usize) -> Option<RankSet> {
    match required {
        Required::Nothing => None,
        Required::Literal(literal) => {
            let mut all: Option<RankSet> = None;
            for word in words(literal) {
                let Some(lines) = index.grams()?.lines_with(&word, entries_max) else { continue };
                let count: usize = lines.iter().map(|line| index.rank_count(*line as usize)).sum();
                let Some(rest) = left.checked_sub(count) else { continue };
                *left = rest;
                let mut found = RankSet::new(index.len());
                lines.iter().for_each(|line| index.add_ranks(*line as usize, &mut found));
                match &mut all {
                    Some(all) => all.keep(&found),
                    None => all = Some(found),
                }
            }
            all
        }
        Required::All(conditions) => {
            let mut all: Option<RankSet> = None;
            for condition in conditions {
                let Some(found) = candidates(index, condition, left, entries_max) else { continue };
                match &mut all {
                    Some(all) => all.keep(&found),
                    None => all = Some(found),
                }
            }
            all
        }
        Required::Any(conditions) => {
            let mut any = RankSet::new(index.len());
            for condition in conditions {
                any.add(&candidates(index, condition, left, entries_max)?);
            }
            Some(any)
        }
    }
}

/// The words of a literal, each with the spaces beside it: each lies within one part.
fn words(literal: &str) -> impl Iterator<Item = String> + '_ {
    let spaces: Vec<usize> = literal.match_indices(' ').map(|(at, _)| at).collect();
    let mut edges = vec![0];
    edges.extend(spaces);
    edges.push(literal.len());
    let words: Vec<String> = edges
        .windows(2)
        .map(|edge| &literal[edge[0]..literal.len().min(edge[1] + 1)])
        .filter(|word| word.contains(|character| character != ' ' && character != '\n'))
        .map(str::to_owned)
        .collect();
    words.into_iter()
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
                let few = lines(index, &required(predicate), Place::In(column), entries_max);
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
                let few = lines(index, &required(predicate), Place::Anywhere, entries_max);
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
                let mut left = index.len() / COLLECTED_DIVISOR;
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

/// The contacts whose names match, as far as the index knows them.
#[derive(Debug)]
pub(super) struct NameMatches {
    index: Arc<NameIndex>,
    /// The contacts that match, without those whose names have changed.
    ranks: RankSet,
    changed: Vec<u64>,
    /// The number of parts that were compared.
    pub(super) parts: u64,
    /// The number of contacts that were read.
    pub(super) contacts: u64,
}

impl NameMatches {
    /// The number of contacts that match.
    pub(super) fn count(&self) -> usize {
        self.ranks.count()
    }

    /// The ids of the first contacts that match by last name, or of the last ones if descending: at least `count` of
    /// them, in no order. With `has_more_keys` all that have the same last name as one of them; otherwise at least
    /// those with the smallest ids. `None` if they are more than `ids_max`.
    pub(super) fn first_ids(
        &self,
        direction: Direction,
        count: usize,
        has_more_keys: bool,
        ids_max: usize,
    ) -> Option<Vec<u64>> {
        let mut ids = Vec::new();
        let next = |at: usize| match direction {
            Direction::Ascending => self.ranks.at_or_above(at),
            Direction::Descending => self.ranks.below(at),
        };
        let mut at = if direction == Direction::Ascending { 0 } else { self.index.len() };
        while let (Some(rank), true) = (next(at), ids.len() < count) {
            let wanted = if has_more_keys { usize::MAX } else { count - ids.len() };
            let lines = self.index.lines_of_namesakes(rank);
            for line in lines.clone() {
                let ranks = self.index.ranks_of_last(line);
                let matching = self.ranks.iter_in(ranks).take(wanted);
                ids.extend(matching.map(|rank| self.index.id_of(rank)));
                if ids.len() > ids_max {
                    return None;
                }
            }
            at = match direction {
                Direction::Ascending => self.index.ranks_of_last(lines.end - 1).end,
                Direction::Descending => self.index.ranks_of_last(lines.start).start,
            };
        }
        Some(ids)
    }

    /// The contacts that match by id.
    pub(super) fn by_id(&self) -> MatchesById {
        MatchesById::of(&self.index, &self.ranks)
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
    fn of(index: &NameIndex, ranks: &RankSet) -> Self {
        let (first_id, ids) = index.ids();
        let mut offsets = RankSet::new(ids);
        for rank in ranks.iter() {
            offsets.set((index.id_of(rank) - first_id) as usize);
        }
        Self { first_id, last_id: index.last_id, offsets }
    }

    /// Whether a contact with one of these ids matches.
    pub(super) fn is_any_in(&self, ids: Range<u64>) -> bool {
        let offset = |id: u64| usize::try_from(id.saturating_sub(self.first_id)).unwrap_or(usize::MAX);
        self.offsets.has_any_in(offset(ids.start)..offset(ids.end))
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
