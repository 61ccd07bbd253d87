//! Runs a plan on the contacts of a book.
//!
//! The access path is chosen once, by [`Book::search`]: the index of phone numbers, the members of a few organizations,
//! a list of ids, or a scan of a range of ids. The rest of the filter is evaluated on these candidates. Totals are exact
//! in every case.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::access_path::{AccessPath, Candidates};
use super::ask::Direction;
use super::bitmap::Bitmap;
use super::budget::Budget;
use super::contact_page::{ContactPage, Hit};
use super::estimate;
use super::field::contact as field;
use super::plan::{Plan, SortBy};
use super::query_error::QueryError;
use super::scan::{CompiledFilter, compile};
use super::top_k::{TieBreak, TopK};
use crate::book::Book;
use crate::book::chunk::Chunk;
use crate::book::view::ContactView;
use crate::collation::{self, SortKey};
use crate::runner::Runner;

/// Minimum number of chunks per thread: starting a thread for fewer takes longer than scanning them.
const CHUNKS_PER_WORKER_MIN: usize = 32;

/// Minimum number of matches in a chunk for which the sort keys of the whole chunk are computed.
const KEYS_WORTH_MATCHES: usize = 32;

/// A physical plan: a snapshot, a plan for the field table of contacts, and the access path chosen for them.
pub struct Search {
    book: Arc<Book>,
    plan: Arc<Plan>,
    path: AccessPath,
}

impl Book {
    /// Chooses the access path for `plan`, which must have been made for the field table of contacts.
    pub fn search(self: &Arc<Self>, plan: &Arc<Plan>) -> Search {
        let path = AccessPath::choose(plan.filter(), self);
        Search { book: Arc::clone(self), plan: Arc::clone(plan), path }
    }
}

impl Search {
    /// The estimated time of [`Search::run`].
    pub fn estimate(&self) -> Duration {
        let candidates = match &self.path.candidates {
            Candidates::Contacts(keys) | Candidates::Phones(keys) => keys.len(),
            Candidates::Range if self.plan.sort().is_empty() && self.path.rest.is_empty() => 0,
            Candidates::Range => self.book.contacts_len(),
        };
        estimate::comparisons(candidates, &self.plan)
    }

    /// Runs the query; the runner is asked frequently whether to continue, and may run a long scan on several threads.
    ///
    /// # Errors
    ///
    /// The query exhausted its budget, or the runner stopped it.
    pub fn run(self, runner: &dyn Runner) -> Result<ContactPage, QueryError> {
        let Self { book, plan, mut path } = self;
        let mut budget = Budget::for_contacts(book.contacts_len(), runner);
        let conjuncts = plan.filter().conjuncts();
        let mut rest = Vec::with_capacity(path.rest.len());
        for index in std::mem::take(&mut path.rest) {
            let compiled = compile(conjuncts[index], &book, &mut budget)?;
            if !path.use_compiled(&compiled, &book) {
                rest.push(compiled);
            }
        }
        let rest = if rest.is_empty() { CompiledFilter::Everything } else { CompiledFilter::All(rest) };
        let mut scan = Scan { book: &book, rest: &rest, budget };
        let (total, hits) = match &path.candidates {
            Candidates::Contacts(ids) => scan.contacts(path.keep_in_range(ids.iter().copied()), &plan)?,
            Candidates::Phones(phones) => {
                let ids = phones.iter().flat_map(|phone| book.phones.find(*phone));
                scan.contacts(path.keep_in_range(ids), &plan)?
            }
            Candidates::Range => {
                let (from, to) = (rank(&book, path.from), rank(&book, path.to.saturating_add(1)));
                scan.range(from, to, &plan, runner)?
            }
        };
        let page = ContactPage { total, hits, book: Arc::clone(&book) };
        if !matches!(path.candidates, Candidates::Range) {
            // They are scattered over the book.
            page.contacts().for_each(ContactView::fetch);
        }
        Ok(page)
    }
}

/// The number of contacts with smaller ids.
fn rank(book: &Book, id: u64) -> usize {
    let Some(chunk) = book.contacts.chunk_of(id) else {
        return 0;
    };
    let row = book.contacts.chunks[chunk].find(id).unwrap_or_else(|row| row);
    book.contacts.starts[chunk] + row
}

/// The number of matches, and those of the window.
type Matches = (u64, Vec<Hit>);

/// The evaluation of the rest of a filter on candidates.
struct Scan<'a, 'r> {
    book: &'a Book,
    rest: &'a CompiledFilter<'a>,
    budget: Budget<'r>,
}

impl<'a> Scan<'a, '_> {
    /// Evaluates the contacts with these ids, which are ascending.
    fn contacts(&mut self, ids: Vec<u64>, plan: &'a Plan) -> Result<Matches, QueryError> {
        let contacts = &self.book.contacts;
        let mut candidates: Vec<(usize, Bitmap)> = Vec::new();
        for id in ids {
            let near = candidates.last().map_or(0, |(chunk, _)| *chunk);
            let Some((chunk, row)) = contacts.find_near(near, id) else { continue };
            match candidates.last_mut() {
                Some((last, rows)) if *last == chunk => rows.set(row),
                _ => candidates.push((chunk, Bitmap::range(row, row + 1))),
            }
        }
        let mut collector = MatchCollector::new(self.book, plan);
        for (chunk, rows) in candidates {
            self.chunk(chunk, rows, &mut collector)?;
        }
        Ok(collector.finish())
    }

    /// Evaluates the contacts with ranks from `from` to below `to`.
    fn range(&mut self, from: usize, to: usize, plan: &'a Plan, runner: &dyn Runner) -> Result<Matches, QueryError> {
        if matches!(self.rest, CompiledFilter::Everything) && plan.sort().is_empty() {
            return Ok(self.window(from, to, plan));
        }
        let contacts = &self.book.contacts;
        let first = contacts.at_rank(from).map_or(contacts.chunks.len(), |(chunk, _)| chunk);
        let last = contacts.starts.partition_point(|start| *start < to).min(contacts.chunks.len());
        let chunks = last.saturating_sub(first);
        let workers_max = (chunks / CHUNKS_PER_WORKER_MIN).max(1);
        let (book, rest, left) = (self.book, self.rest, self.budget.left());
        let parts: Mutex<Vec<(usize, Result<MatchCollector<'a>, QueryError>)>> = Mutex::default();
        runner.run_partitioned(workers_max, &|partition| {
            let length = chunks.div_ceil(partition.count);
            let begin = (first + partition.index * length).min(last);
            let budget = Budget::new(left.divided_by(partition.count), partition.runner);
            let mut scan = Scan { book, rest, budget };
            let found = scan.chunks(begin..last.min(begin + length), (from, to), plan);
            parts.lock().unwrap_or_else(PoisonError::into_inner).push((partition.index, found));
        });
        let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        parts.sort_unstable_by_key(|(index, _)| *index);
        let mut collector = MatchCollector::new(book, plan);
        for (_, part) in parts {
            collector.append(part?);
        }
        Ok(collector.finish())
    }

    /// Evaluates one partition of a range: these chunks.
    fn chunks(
        &mut self,
        chunks: Range<usize>,
        (from, to): (usize, usize),
        plan: &'a Plan,
    ) -> Result<MatchCollector<'a>, QueryError> {
        let contacts = &self.book.contacts;
        let mut collector = MatchCollector::new(self.book, plan);
        for chunk in chunks {
            if !self.budget.should_continue() {
                break;
            }
            let start = contacts.starts[chunk];
            let end = contacts.chunks[chunk].len().min(to - start);
            self.chunk(chunk, Bitmap::range(from.saturating_sub(start), end), &mut collector)?;
        }
        Ok(collector)
    }

    /// The window of a range in which everything matches: no contact has to be read.
    fn window(&self, from: usize, to: usize, plan: &Plan) -> Matches {
        let total = to.saturating_sub(from) as u64;
        let window = plan.window();
        let start = from.saturating_add(window.offset()).min(to);
        let end = start.saturating_add(window.limit()).min(to);
        let mut hits = Vec::with_capacity(end.saturating_sub(start));
        let Some((mut chunk, mut row)) = self.book.contacts.at_rank(start) else {
            return (total, hits);
        };
        while hits.len() < end - start {
            let take = (self.book.contacts.chunks[chunk].len() - row).min(end - start - hits.len());
            hits.extend((row..row + take).map(|row| Hit::new(chunk, row)));
            (chunk, row) = (chunk + 1, 0);
        }
        (total, hits)
    }

    fn chunk(&mut self, chunk: usize, rows: Bitmap, collector: &mut MatchCollector<'_>) -> Result<(), QueryError> {
        let matches = self.rest.select(&self.book.contacts.chunks[chunk], &rows, &mut self.budget)?;
        collector.add(chunk, &matches);
        Ok(())
    }
}

/// Counts the matches of a search and keeps those that the window may show.
struct MatchCollector<'a> {
    book: &'a Book,
    plan: &'a Plan,
    total: u64,
    /// The first matches by id, for queries without a sort.
    hits: Vec<Hit>,
    top: TopK<Hit, SortOrder<'a>>,
}

impl<'a> MatchCollector<'a> {
    fn new(book: &'a Book, plan: &'a Plan) -> Self {
        let order = SortOrder { book, sort: plan.sort() };
        Self { book, plan, total: 0, hits: Vec::new(), top: TopK::new(plan.window().end(), order) }
    }

    fn add(&mut self, chunk: usize, rows: &Bitmap) {
        let count = rows.count();
        match self.plan.sort().first() {
            Some(by) => self.add_sorted(*by, chunk, rows, count),
            None => {
                let room = self.plan.window().end() - self.hits.len();
                self.hits.extend(rows.iter().take(room).map(|row| Hit::new(chunk, row)));
            }
        }
        self.total += count as u64;
    }

    /// Adds the matches of the next partition.
    fn append(&mut self, next: Self) {
        self.total += next.total;
        let room = self.plan.window().end() - self.hits.len();
        self.hits.extend(next.hits.into_iter().take(room));
        self.top.append(next.top);
    }

    fn add_sorted(&mut self, by: SortBy, at: usize, rows: &Bitmap, count: usize) {
        let chunk = &self.book.contacts.chunks[at];
        let has_keys = chunk.has_keys() || count >= KEYS_WORTH_MATCHES;
        let keys = has_keys.then(|| keys(chunk, by.field));
        for row in rows.iter() {
            let key = keys.map_or_else(|| collation::sort_key(text(chunk, by.field, row)), |keys| keys[row]);
            let key = if by.direction == Direction::Ascending { key } else { key.reversed() };
            self.top.push(key, Hit::new(at, row));
        }
    }

    fn finish(mut self) -> Matches {
        let offset = self.plan.window().offset();
        if !self.plan.sort().is_empty() {
            self.hits = self.top.finish(offset);
        } else {
            self.hits.drain(..offset.min(self.hits.len()));
        }
        (self.total, self.hits)
    }
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
struct SortOrder<'a> {
    book: &'a Book,
    sort: &'a [SortBy],
}

impl TieBreak<Hit> for SortOrder<'_> {
    fn compare(&self, left: Hit, right: Hit) -> Ordering {
        let of = |hit: Hit, field| text(&self.book.contacts.chunks[hit.chunk as usize], field, usize::from(hit.row));
        for by in self.sort {
            let order = collation::compare(of(left, by.field), of(right, by.field));
            if order.is_ne() {
                return if by.direction == Direction::Ascending { order } else { order.reverse() };
            }
        }
        left.cmp(&right)
    }
}
