//! Runs a plan on the contacts of a book.
//!
//! The access path is chosen once, by [`Book::search`]: the index of phone numbers, the members of a few organizations,
//! a list of ids, or a scan of a range of ids. The rest of the filter is evaluated on these candidates. Totals are exact
//! in every case.

use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::access_path::{AccessPath, Candidates, members_of};
use super::bitmap::Bitmap;
use super::budget::Budget;
use super::contact_page::{AccessPathKind, ContactPage, Explanation, Hit};
use super::estimate;
use super::field::contact as field;
use super::matches::Matches;
use super::member_search::MemberAccess;
use super::name_matches::{MatchesById, NameMatches};
use super::name_search::NameAccess;
use super::plan::{Plan, SortBy};
use super::query_error::QueryError;
use super::scan::{CompiledFilter, compile};
use super::sort_order::{SortOrder, sort_key_of};
use super::top_k::TopK;
use crate::book::Book;
use crate::book::chunk::Chunk;
use crate::book::view::ContactView;
use crate::runner::Runner;

/// Minimum number of chunks per thread: starting a thread for fewer takes longer than scanning them.
const CHUNKS_PER_WORKER_MIN: usize = 32;

/// Minimum number of matches in a chunk for which the sort keys of the whole chunk are computed.
const KEYS_WORTH_MATCHES: usize = 32;

/// Namesakes are read one by one, to be sorted by their other names, if they are at most one contact in this number;
/// otherwise chunk by chunk.
const NAMESAKES_DIVISOR: usize = 16;

/// To find the first contacts by first name, this many contacts with the first ones of these names are looked at for each one
/// that matches: sorting a match takes a hundred times as long, because its sort key is mostly in no cache.
const FIRST_NAMES_READ_PER_MATCH: usize = 32;
/// So many contacts are always looked at.
const FIRST_NAMES_READ_MIN: usize = 8_192;

/// A physical plan: a snapshot, a plan for the field table of contacts, and the access path chosen for them.
pub struct Search {
    book: Arc<Book>,
    plan: Arc<Plan>,
    path: AccessPath,
    names: Option<NameAccess>,
    members: Option<MemberAccess>,
}

impl Book {
    /// Chooses the access path for `plan`, which must have been made for the field table of contacts.
    pub fn search(self: &Arc<Self>, plan: &Arc<Plan>) -> Search {
        let conjuncts = plan.filter().conjuncts();
        let members = members_of(&conjuncts, self).map(|of| MemberAccess::choose(self, of, plan));
        let path = if members.as_ref().is_some_and(MemberAccess::is_kept) {
            AccessPath::scan(&conjuncts)
        } else {
            AccessPath::choose(&conjuncts, self)
        };
        let names = match path.candidates {
            Candidates::Range => {
                let contacts = rank(self, path.to.saturating_add(1)).saturating_sub(rank(self, path.from));
                NameAccess::choose(self, &conjuncts, &path.rest, contacts)
            }
            Candidates::Contacts(_) | Candidates::Phones(_) | Candidates::PhonesBySuffix(_) => None,
        };
        Search { book: Arc::clone(self), plan: Arc::clone(plan), path, names, members }
    }
}

impl Search {
    /// Whether the index of names answers a part of the filter.
    pub fn uses_name_index(&self) -> bool {
        self.names.is_some()
    }

    /// Whether a list of members answers the query.
    pub fn uses_member_list(&self) -> bool {
        self.members.as_ref().is_some_and(MemberAccess::is_kept)
    }

    /// The estimated time of [`Search::run`].
    pub fn estimate(&self) -> Duration {
        if let Some(members) = self.members.as_ref().filter(|members| members.is_kept()) {
            return estimate::comparisons(members.candidates(), &self.plan);
        }
        if let Some(names) = self.names.as_ref().filter(|names| names.conjuncts.len() == self.path.rest.len()) {
            return Duration::from_nanos(names.cost);
        }
        let (candidates, look_ups) = match &self.path.candidates {
            Candidates::Contacts(ids) => (ids.len(), 0),
            Candidates::Phones(numbers) | Candidates::PhonesBySuffix(numbers) => (numbers.len(), numbers.len()),
            Candidates::Range if self.plan.sort().is_empty() && self.path.rest.is_empty() => (0, 0),
            Candidates::Range => (self.book.contacts_len(), 0),
        };
        estimate::comparisons(candidates, &self.plan).saturating_add(estimate::look_ups(look_ups))
    }

    /// Runs the query; the runner is asked frequently whether to continue, and may run a long scan on several threads.
    ///
    /// # Errors
    ///
    /// The query exhausted its budget, or the runner stopped it.
    pub fn run(self, runner: &dyn Runner) -> Result<ContactPage, QueryError> {
        let Self { book, plan, mut path, names, members } = self;
        let listed = members.as_ref().and_then(|members| members.answer(&book, &plan));
        let found = match listed {
            Some(matches) => Found { matches, access_path: AccessPathKind::MemberList, name_parts: 0 },
            None => {
                let found = Self::search(&book, &plan, &mut path, names, runner)?;
                if let Some(members) = &members {
                    members.note_total(found.matches.total, &book, &plan, runner);
                }
                found
            }
        };
        let Found { matches: Matches { total, hits, examined }, access_path, name_parts } = found;
        let explanation = Explanation { access_path, contacts: examined, name_parts };
        let page = ContactPage { total, hits, book, explanation };
        if access_path.is_scattered() {
            page.contacts().for_each(ContactView::fetch);
        }
        Ok(page)
    }

    /// Runs the query by its access path.
    fn search(
        book: &Arc<Book>,
        plan: &Plan,
        path: &mut AccessPath,
        names: Option<NameAccess>,
        runner: &dyn Runner,
    ) -> Result<Found, QueryError> {
        let mut budget = Budget::for_contacts(book.contacts_len(), runner);
        let conjuncts = plan.filter().conjuncts();
        let mut rest = Vec::with_capacity(path.rest.len());
        let mut of_names = Vec::new();
        for index in std::mem::take(&mut path.rest) {
            let compiled = compile(conjuncts[index], book, &mut budget)?;
            if names.as_ref().is_some_and(|names| names.conjuncts.contains(&index)) {
                of_names.push((index, compiled));
            } else if !path.use_compiled(&compiled, book) {
                rest.push(compiled);
            }
        }
        // Members of a few organizations may have become the candidates meanwhile.
        let names = names.filter(|_| matches!(path.candidates, Candidates::Range));
        let found = match names {
            Some(names) => names.run(book, &conjuncts, &mut budget)?,
            None => None,
        };
        let answered = found.as_ref().map_or(&[][..], |(_, answered)| answered);
        let (of_names, others): (Vec<_>, Vec<_>) =
            of_names.into_iter().partition(|(index, _)| answered.contains(index));
        rest.extend(others.into_iter().map(|(_, compiled)| compiled));
        let of_names = of_names.into_iter().map(|(_, compiled)| compiled).collect();
        let names = found.map(|(matches, _)| NameFilter::new(matches, of_names));
        let rest = if rest.is_empty() { CompiledFilter::Everything } else { CompiledFilter::All(rest) };
        let mut scan = Scan { book, rest: &rest, names: names.as_ref(), budget };
        let mut matches = match &path.candidates {
            Candidates::Contacts(ids) => scan.contacts(path.keep_in_range(ids.iter().copied()), plan)?,
            Candidates::Phones(phones) | Candidates::PhonesBySuffix(phones) => {
                let ids = phones.iter().flat_map(|phone| book.phones.find(*phone));
                scan.contacts(path.keep_in_range(ids), plan)?
            }
            Candidates::Range => {
                let (from, to) = (rank(book, path.from), rank(book, path.to.saturating_add(1)));
                scan.range(from, to, plan, runner)?
            }
        };
        let access_path = match (&path.candidates, &names, &rest) {
            (Candidates::Contacts(_), ..) => AccessPathKind::ContactList,
            (Candidates::Phones(_), ..) => AccessPathKind::PhoneIndex,
            (Candidates::PhonesBySuffix(_), ..) => AccessPathKind::PhoneSuffixIndex,
            (Candidates::Range, Some(_), _) => AccessPathKind::NameIndex,
            (Candidates::Range, None, CompiledFilter::Everything) => AccessPathKind::IdRange,
            (Candidates::Range, None, _) => AccessPathKind::Scan,
        };
        let (of_names, name_parts) = names.as_ref().map_or((0, 0), |it| (it.matches.contacts, it.matches.parts));
        matches.examined += of_names;
        Ok(Found { matches, access_path, name_parts })
    }
}

/// The matches of a search, and how they were found.
struct Found {
    matches: Matches,
    access_path: AccessPathKind,
    name_parts: u64,
}

/// The number of contacts with smaller ids.
fn rank(book: &Book, id: u64) -> usize {
    let Some(chunk) = book.contacts.chunk_of(id) else {
        return 0;
    };
    let row = book.contacts.chunks[chunk].find(id).unwrap_or_else(|row| row);
    book.contacts.starts[chunk] + row
}

/// The evaluation of the rest of a filter on candidates.
struct Scan<'a, 'r> {
    book: &'a Book,
    rest: &'a CompiledFilter<'a>,
    /// The part of the filter that the index of names answers.
    names: Option<&'a NameFilter<'a>>,
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
        match (self.rest, self.names, plan.sort().first()) {
            (CompiledFilter::Everything, None, None) => return Ok(self.window(from, to, plan)),
            (CompiledFilter::Everything, Some(names), Some(by)) if (from, to) == (0, self.book.contacts_len()) => {
                if let Some(ids) = self.first_ids(&names.matches, *by, plan) {
                    return self.by_first_ids(names, ids, plan);
                }
            }
            _ => {}
        }
        let contacts = &self.book.contacts;
        let first = contacts.at_rank(from).map_or(contacts.chunks.len(), |(chunk, _)| chunk);
        let last = contacts.starts.partition_point(|start| *start < to).min(contacts.chunks.len());
        let chunks = last.saturating_sub(first);
        let workers_max = (chunks / CHUNKS_PER_WORKER_MIN).max(1);
        let (book, rest, names, left) = (self.book, self.rest, self.names, self.budget.left());
        let parts: Mutex<Vec<(usize, Result<MatchCollector<'a>, QueryError>)>> = Mutex::default();
        runner.run_partitioned(workers_max, &|partition| {
            let length = chunks.div_ceil(partition.count);
            let begin = (first + partition.index * length).min(last);
            let budget = Budget::new(left.divided_by(partition.count), partition.runner);
            let mut scan = Scan { book, rest, names, budget };
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
            let ids = contacts.firsts[chunk]..contacts.firsts.get(chunk + 1).copied().unwrap_or(u64::MAX);
            if self.names.is_some_and(|names| names.is_nothing_in(ids)) {
                continue;
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
            return Matches { total, hits, examined: 0 };
        };
        while hits.len() < end - start {
            let take = (self.book.contacts.chunks[chunk].len() - row).min(end - start - hits.len());
            hits.extend((row..row + take).map(|row| Hit::new(chunk, row)));
            (chunk, row) = (chunk + 1, 0);
        }
        Matches { total, hits, examined: 0 }
    }

    fn chunk(&mut self, chunk: usize, rows: Bitmap, collector: &mut MatchCollector<'_>) -> Result<(), QueryError> {
        let columns = &self.book.contacts.chunks[chunk];
        let rows = match self.names {
            Some(names) => {
                collector.examined += names.matches.open_rows(columns).and(&rows).count() as u64;
                names.select(columns, &rows, &mut self.budget)?
            }
            None => rows,
        };
        if !matches!(self.rest, CompiledFilter::Everything) {
            collector.examined += rows.count() as u64;
        }
        let matches = self.rest.select(columns, &rows, &mut self.budget)?;
        collector.add(chunk, &matches);
        Ok(())
    }

    /// The ids of the contacts that may be the first ones in the order of the plan, of those that match as far as the index
    /// knows them; `None` if sorting all of them is faster.
    fn first_ids(&self, matches: &NameMatches, by: SortBy, plan: &Plan) -> Option<Vec<u64>> {
        let count = plan.window().end();
        let ids_max = (self.book.contacts_len() / NAMESAKES_DIVISOR).max(count);
        match by.field {
            field::LAST_NAME => matches.first_ids(by.direction, count, plan.sort().len() > 1, ids_max),
            field::FULL_NAME => matches.first_ids_by_full_name(by.direction, count, ids_max),
            field::FIRST_NAME => {
                let reads_max = FIRST_NAMES_READ_MIN + FIRST_NAMES_READ_PER_MATCH * matches.count();
                matches.first_ids_by_first_name(by.direction, count, ids_max, reads_max)
            }
            _ => None,
        }
    }

    /// Evaluates all contacts, if the index of names answers the whole filter: only the first contacts in the order of the
    /// plan are read, which these ids contain, and those that the index does not know.
    fn by_first_ids(
        &mut self,
        names: &NameFilter<'_>,
        mut ids: Vec<u64>,
        plan: &'a Plan,
    ) -> Result<Matches, QueryError> {
        let contacts = &self.book.contacts;
        let mut collector = MatchCollector::new(self.book, plan);
        for at in names.matches.open_chunks(contacts) {
            let chunk = &contacts.chunks[at];
            let open = names.matches.open_rows(chunk);
            if !open.is_empty() {
                collector.examined += open.count() as u64;
                collector.add(at, &names.filter.select(chunk, &open, &mut self.budget)?);
            }
        }
        ids.sort_unstable();
        let known = collector.total + names.matches.count() as u64;
        let mut near = 0;
        for id in ids {
            if let Some((chunk, row)) = contacts.find_near(near, id) {
                near = chunk;
                collector.add(chunk, &Bitmap::range(row, row + 1));
            }
        }
        collector.total = known;
        Ok(collector.finish())
    }
}

/// The comparisons that the index of names answers.
struct NameFilter<'a> {
    matches: NameMatches,
    by_id: OnceLock<MatchesById>,
    /// The same comparisons, for contacts that the index does not know.
    filter: CompiledFilter<'a>,
}

impl<'a> NameFilter<'a> {
    fn new(matches: NameMatches, filters: Vec<CompiledFilter<'a>>) -> Self {
        Self { matches, by_id: OnceLock::new(), filter: CompiledFilter::All(filters) }
    }

    fn by_id(&self) -> &MatchesById {
        self.by_id.get_or_init(|| self.matches.by_id())
    }

    /// Whether no contact with one of these ids matches.
    fn is_nothing_in(&self, ids: Range<u64>) -> bool {
        !self.by_id().is_any_in(ids.clone()) && !self.matches.is_open_in(ids)
    }

    /// The contacts in `rows` that match.
    fn select(&self, chunk: &Chunk, rows: &Bitmap, budget: &mut Budget<'_>) -> Result<Bitmap, QueryError> {
        let known = self.by_id().rows(chunk).and(rows);
        let open = self.matches.open_rows(chunk).and(rows);
        Ok(if open.is_empty() { known } else { known.or(&self.filter.select(chunk, &open, budget)?) })
    }
}

/// Counts the matches of a search and keeps those that the window may show.
struct MatchCollector<'a> {
    book: &'a Book,
    plan: &'a Plan,
    total: u64,
    examined: u64,
    /// The first matches by id, for queries without a sort.
    hits: Vec<Hit>,
    top: TopK<Hit, SortOrder<'a>>,
}

impl<'a> MatchCollector<'a> {
    fn new(book: &'a Book, plan: &'a Plan) -> Self {
        let order = SortOrder { book, sort: plan.sort() };
        Self { book, plan, total: 0, examined: 0, hits: Vec::new(), top: TopK::new(plan.window().end(), order) }
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
        self.examined += next.examined;
        let room = self.plan.window().end() - self.hits.len();
        self.hits.extend(next.hits.into_iter().take(room));
        self.top.append(next.top);
    }

    fn add_sorted(&mut self, by: SortBy, at: usize, rows: &Bitmap, count: usize) {
        let chunk = &self.book.contacts.chunks[at];
        if count >= KEYS_WORTH_MATCHES {
            chunk.keys();
        }
        for row in rows.iter() {
            self.top.push(sort_key_of(chunk, &by, row), Hit::new(at, row));
        }
    }

    fn finish(mut self) -> Matches {
        let offset = self.plan.window().offset();
        if !self.plan.sort().is_empty() {
            self.hits = self.top.finish(offset);
        } else {
            self.hits.drain(..offset.min(self.hits.len()));
        }
        Matches { total: self.total, hits: self.hits, examined: self.examined }
    }
}
