//! Runs a plan on the contacts of a book.
//!
//! The quickest way in is chosen from what every match must satisfy: the index of phone numbers, the members of a few
//! organizations, a list of ids, or a range of ids; whatever else the filter asks is judged on the contacts found that way. Without
//! such a way in, the book is scanned chunk by chunk. Totals are exact in every case.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::ask::Direction;
use super::bits::Bits;
use super::budget::Budget;
use super::estimate;
use super::fault::QueryError;
use super::field::contact as at;
use super::order::{self, SortKey};
use super::plan::{Leaf, Node, Plan, SortBy};
use super::reading::{NumberTest, Quantifier, Test};
use super::runner::{INLINE, Runner};
use super::scan::{Bound, Column, bind};
use super::top::{Tie, Top};
use crate::book::Book;
use crate::book::chunk::Chunk;
use crate::book::view::ContactView;
use crate::text::Phone;

/// Above so many keys a scan beats the look-ups.
const LOOK_UPS_MAX: usize = 2_000;
/// A scan of a column beats looking at its members one by one if they are more than this part of the book.
const MEMBERS_SHARE: usize = 64;
/// So few are always looked at one by one.
const MEMBERS_MIN: usize = 256;

/// A contact of a snapshot: chunk and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    chunk: u32,
    place: u16,
}

/// What a question finds among the contacts.
#[derive(Debug, Default)]
pub struct Page {
    /// How many contacts match.
    pub total: u64,
    hits: Vec<Hit>,
}

impl Page {
    /// How many contacts are answered.
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    /// The contacts to be answered, in order, as runs of neighbours: chunk, and places in it.
    pub fn runs(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let neighbours = |left: &Hit, right: &Hit| left.chunk == right.chunk && left.place + 1 == right.place;
        self.hits.chunk_by(neighbours).map(|run| {
            let start = usize::from(run[0].place);
            (run[0].chunk as usize, start..start + run.len())
        })
    }

    /// The contacts to be answered, in order; `book` is the snapshot that the plan was run on.
    pub fn contacts<'a>(&'a self, book: &'a Book) -> impl Iterator<Item = ContactView<'a>> {
        self.hits.iter().map(|hit| book.view(*hit))
    }
}

/// A thread is worth its start for so many chunks.
const CHUNKS_PER_WORKER_MIN: usize = 32;

impl Book {
    /// About how long running the plan takes.
    pub fn estimate(&self, plan: &Plan) -> Duration {
        let way = AccessPath::of(plan.filter(), self);
        let scan = match &way.start {
            Start::Contacts(keys) | Start::Phones(keys) => keys.len(),
            Start::Range if plan.sort().is_empty() && way.rest.is_empty() => 0,
            Start::Range => self.contacts_len(),
        };
        estimate::comparisons(scan, plan)
    }

    /// Runs `plan`, made for the field table of contacts.
    ///
    /// # Errors
    ///
    /// Only that the question used up its budget.
    pub fn contacts(&self, plan: &Plan) -> Result<Page, QueryError> {
        self.contacts_by(plan, &INLINE)
    }

    /// Like [`Book::contacts`]; the runner is asked often whether to go on, and may divide a long scan.
    ///
    /// # Errors
    ///
    /// Only that the question used up its budget, or that the runner did not go on.
    pub fn contacts_by(&self, plan: &Plan, runner: &dyn Runner) -> Result<Page, QueryError> {
        let mut way = AccessPath::of(plan.filter(), self);
        let mut budget = Budget::for_contacts(self.contacts_len(), runner);
        let mut rest = Vec::with_capacity(way.rest.len());
        for node in std::mem::take(&mut way.rest) {
            let bound = bind(node, self, &mut budget)?;
            if !way.use_bound(&bound, self) {
                rest.push(bound);
            }
        }
        let rest = if rest.is_empty() { Bound::Everything } else { Bound::All(rest) };
        let mut search = Search { book: self, rest: &rest, budget };
        match &way.start {
            Start::Contacts(ids) => search.among(way.keep_in_range(ids.iter().copied()), plan),
            Start::Phones(phones) => {
                let ids = phones.iter().flat_map(|phone| self.phones.find(*phone));
                search.among(way.keep_in_range(ids), plan)
            }
            Start::Range => {
                let (from, to) = (self.rank(way.from), self.rank(way.to.saturating_add(1)));
                search.range(from, to, plan, runner)
            }
        }
    }

    fn view(&self, hit: Hit) -> ContactView<'_> {
        ContactView::new(self, &self.contacts.chunks[hit.chunk as usize], usize::from(hit.place))
    }

    /// The contacts of these organizations, ascending within each, unless they are so many that a scan beats them.
    fn few_members(&self, organizations: impl Iterator<Item = u64>) -> Option<Vec<u64>> {
        let most = (self.contacts_len() / MEMBERS_SHARE).max(MEMBERS_MIN);
        let mut members = Vec::new();
        for organization in organizations {
            members.extend(self.members.find(organization).take(most + 1 - members.len()));
            if members.len() > most {
                return None;
            }
        }
        Some(members)
    }

    /// How many contacts have a smaller id.
    fn rank(&self, id: u64) -> usize {
        let Some(chunk) = self.contacts.chunk_of(id) else {
            return 0;
        };
        let place = self.contacts.chunks[chunk].find(id).unwrap_or_else(|place| place);
        self.contacts.starts[chunk] + place
    }
}

/// Where to look for matches, and what is still to be judged there.
struct AccessPath<'p> {
    start: Start,
    /// The smallest and the largest id that can match.
    from: u64,
    to: u64,
    rest: Vec<&'p Node>,
}

enum Start {
    /// Contacts with these ids.
    Contacts(Vec<u64>),
    /// Contacts with one of these packed phone numbers.
    Phones(Vec<u64>),
    /// Contacts in the range of ids.
    Range,
}

impl<'p> AccessPath<'p> {
    fn of(filter: &'p Node, book: &Book) -> Self {
        let mut way = Self { start: Start::Range, from: 0, to: u64::MAX, rest: Vec::new() };
        way.add(filter, book);
        way
    }

    fn add(&mut self, node: &'p Node, book: &Book) {
        match node {
            Node::Everything => {}
            Node::All(nodes) => nodes.iter().for_each(|node| self.add(node, book)),
            Node::Any(_) => self.rest.push(node),
            Node::Leaf(leaf) => {
                if !self.use_leaf(leaf, book) {
                    self.rest.push(node);
                }
            }
        }
    }

    /// Uses what the leaf says; whether nothing of it is left to judge.
    fn use_leaf(&mut self, leaf: &Leaf, book: &Book) -> bool {
        match (leaf.field, &leaf.test) {
            (at::ID, Test::Number(test)) => self.use_id(test),
            (at::ORGANIZATION_ID, Test::Number(test)) => self.use_organization(test, book),
            (at::PHONE_NUMBERS, Test::Phones(Quantifier::Any, phones)) => self.use_phones(phones.clone()),
            (at::PHONE_NUMBERS, Test::JsQuery(query)) => {
                let digits =
                    query.required_strings().map(|texts| texts.iter().filter_map(|text| stored(text)).collect());
                digits.is_some_and(|digits| self.use_phones(digits)) && query.is_membership()
            }
            _ => false,
        }
    }

    fn use_phones(&mut self, phones: Vec<u64>) -> bool {
        let usable = phones.len() <= LOOK_UPS_MAX && matches!(self.start, Start::Range);
        if usable {
            self.start = Start::Phones(phones);
        }
        usable
    }

    fn use_organization(&mut self, test: &NumberTest, book: &Book) -> bool {
        match test {
            // A number with a fraction is nobody's id.
            NumberTest::Equal(id) => self.use_members((id.least_from()..=id.most_to()).take(1), book),
            NumberTest::OneOf(ids) => self.use_members(ids.iter().map(|id| id.cast_unsigned()), book),
            NumberTest::NotEqual(_) | NumberTest::NoneOf(_) => false,
            NumberTest::Less(_) | NumberTest::Greater(_) | NumberTest::AtMost(_) | NumberTest::AtLeast(_) => false,
        }
    }

    /// Uses what a bound part says; whether nothing of it is left to judge.
    fn use_bound(&mut self, bound: &Bound<'_>, book: &Book) -> bool {
        let Bound::ByLink(Column::Organization, passing) = bound else { return false };
        let [false, passing @ ..] = passing.as_slice() else { return false };
        let places = passing.iter().enumerate().filter(|(_, passes)| **passes);
        self.use_members(places.filter_map(|(place, _)| Some(book.organizations.at(place)?.id.number())), book)
    }

    fn use_members(&mut self, organizations: impl Iterator<Item = u64>, book: &Book) -> bool {
        if !matches!(self.start, Start::Range) {
            return false;
        }
        let members = book.few_members(organizations);
        let usable = members.is_some();
        self.start = members.map_or(Start::Range, Start::Contacts);
        usable
    }

    fn use_id(&mut self, test: &NumberTest) -> bool {
        if let NumberTest::OneOf(ids) = test {
            let usable = ids.len() <= LOOK_UPS_MAX && matches!(self.start, Start::Range);
            if usable {
                self.start = Start::Contacts(ids.iter().filter_map(|id| u64::try_from(*id).ok()).collect());
            }
            return usable;
        }
        let (from, to) = match test {
            NumberTest::Equal(id) => (id.least_from(), id.most_to()),
            NumberTest::Greater(id) => (id.least_above(), u64::MAX),
            NumberTest::AtLeast(id) => (id.least_from(), u64::MAX),
            NumberTest::Less(id) => (0, id.most_below()),
            NumberTest::AtMost(id) => (0, id.most_to()),
            NumberTest::NotEqual(_) | NumberTest::OneOf(_) | NumberTest::NoneOf(_) => return false,
        };
        self.from = self.from.max(from);
        self.to = self.to.min(to);
        true
    }

    fn keep_in_range(&self, ids: impl Iterator<Item = u64>) -> Vec<u64> {
        let mut ids: Vec<u64> = ids.filter(|id| (self.from..=self.to).contains(id)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// The packed form of a text that is exactly a stored phone number.
fn stored(text: &str) -> Option<u64> {
    let phone = Phone::parse(text).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| phone.packed())
}

struct Search<'a, 'r> {
    book: &'a Book,
    rest: &'a Bound<'a>,
    budget: Budget<'r>,
}

impl<'a> Search<'a, '_> {
    /// Looks at the contacts with these ids, ascending.
    fn among(&mut self, ids: Vec<u64>, plan: &'a Plan) -> Result<Page, QueryError> {
        let contacts = &self.book.contacts;
        let mut matches: Vec<(usize, Bits)> = Vec::new();
        for id in ids {
            let near = matches.last().map_or(0, |(chunk, _)| *chunk);
            let Some((chunk, place)) = contacts.find_near(near, id) else { continue };
            match matches.last_mut() {
                Some((last, bits)) if *last == chunk => bits.set(place),
                _ => matches.push((chunk, Bits::range(place, place + 1))),
            }
        }
        let mut found = Found::new(self.book, plan);
        for (chunk, bits) in matches {
            self.select(chunk, bits, &mut found)?;
        }
        let page = found.finish();
        // They are scattered over the book.
        page.contacts(self.book).for_each(ContactView::fetch);
        Ok(page)
    }

    /// Looks at the contacts with these ranks.
    fn range(&mut self, from: usize, to: usize, plan: &'a Plan, runner: &dyn Runner) -> Result<Page, QueryError> {
        if matches!(self.rest, Bound::Everything) && plan.sort().is_empty() {
            return Ok(self.slice(from, to, plan));
        }
        let contacts = &self.book.contacts;
        let first = contacts.at_rank(from).map_or(contacts.chunks.len(), |(chunk, _)| chunk);
        let last = contacts.starts.partition_point(|start| *start < to).min(contacts.chunks.len());
        let chunks = last.saturating_sub(first);
        let most = (chunks / CHUNKS_PER_WORKER_MIN).max(1);
        let (book, rest, allowance) = (self.book, self.rest, self.budget.left());
        let parts: Mutex<Vec<(usize, Result<Found<'a>, QueryError>)>> = Mutex::default();
        runner.divide(most, &|share| {
            let length = chunks.div_ceil(share.of);
            let begin = (first + share.number * length).min(last);
            let mut search = Search { book, rest, budget: Budget::new(allowance.among(share.of), share.runner) };
            let found = search.scan(begin..last.min(begin + length), (from, to), plan);
            parts.lock().unwrap_or_else(PoisonError::into_inner).push((share.number, found));
        });
        let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        parts.sort_unstable_by_key(|(number, _)| *number);
        let mut found = Found::new(book, plan);
        for (_, part) in parts {
            found.absorb(part?);
        }
        Ok(found.finish())
    }

    /// One share of a range: these chunks.
    fn scan(
        &mut self,
        chunks: Range<usize>,
        (from, to): (usize, usize),
        plan: &'a Plan,
    ) -> Result<Found<'a>, QueryError> {
        let contacts = &self.book.contacts;
        let mut found = Found::new(self.book, plan);
        for chunk in chunks {
            if !self.budget.goes_on() {
                break;
            }
            let start = contacts.starts[chunk];
            let end = contacts.chunks[chunk].len().min(to - start);
            self.select(chunk, Bits::range(from.saturating_sub(start), end), &mut found)?;
        }
        Ok(found)
    }

    /// A window on a range in which everything matches: nothing has to be looked at.
    fn slice(&self, from: usize, to: usize, plan: &Plan) -> Page {
        let window = plan.window();
        let start = from.saturating_add(window.offset()).min(to);
        let end = start.saturating_add(window.limit()).min(to);
        let mut hits = Vec::with_capacity(end.saturating_sub(start));
        let Some((mut chunk, mut place)) = self.book.contacts.at_rank(start) else {
            return Page { total: to.saturating_sub(from) as u64, hits };
        };
        while hits.len() < end - start {
            let take = (self.book.contacts.chunks[chunk].len() - place).min(end - start - hits.len());
            hits.extend((place..place + take).map(|place| hit(chunk, place)));
            (chunk, place) = (chunk + 1, 0);
        }
        Page { total: to.saturating_sub(from) as u64, hits }
    }

    fn select(&mut self, chunk: usize, among: Bits, found: &mut Found<'_>) -> Result<(), QueryError> {
        let bits = self.rest.select(&self.book.contacts.chunks[chunk], &among, &mut self.budget)?;
        found.add(chunk, &bits);
        Ok(())
    }
}

fn hit(chunk: usize, place: usize) -> Hit {
    Hit { chunk: chunk as u32, place: place as u16 }
}

/// The matches of a search: counted, and kept as far as the window may need them.
struct Found<'a> {
    book: &'a Book,
    plan: &'a Plan,
    total: u64,
    /// The first matches by id, for questions without a sort.
    hits: Vec<Hit>,
    top: Top<Hit, WholeOrder<'a>>,
}

/// From so many matches in a chunk on, the keys of the whole chunk are worth making if they are not there yet.
const KEYS_WORTH_MATCHES: usize = 32;

impl<'a> Found<'a> {
    fn new(book: &'a Book, plan: &'a Plan) -> Self {
        let order = WholeOrder { book, sort: plan.sort() };
        Self { book, plan, total: 0, hits: Vec::new(), top: Top::new(plan.window().end(), order) }
    }

    fn add(&mut self, chunk: usize, bits: &Bits) {
        let count = bits.count();
        match self.plan.sort().first() {
            Some(by) => self.add_sorted(*by, chunk, bits, count),
            None => {
                let room = self.plan.window().end() - self.hits.len();
                self.hits.extend(bits.iter().take(room).map(|place| hit(chunk, place)));
            }
        }
        self.total += count as u64;
    }

    /// Takes over what was found behind.
    fn absorb(&mut self, behind: Self) {
        self.total += behind.total;
        let room = self.plan.window().end() - self.hits.len();
        self.hits.extend(behind.hits.into_iter().take(room));
        self.top.absorb(behind.top);
    }

    fn add_sorted(&mut self, by: SortBy, at: usize, bits: &Bits, count: usize) {
        let chunk = &self.book.contacts.chunks[at];
        let ready = chunk.has_keys() || count >= KEYS_WORTH_MATCHES;
        let keys = ready.then(|| column(chunk, by.field));
        for place in bits.iter() {
            let key = keys.map_or_else(|| order::sort_key(text(chunk, by.field, place)), |keys| keys[place]);
            let key = if by.direction == Direction::Ascending { key } else { key.reversed() };
            self.top.push(key, hit(at, place));
        }
    }

    fn finish(mut self) -> Page {
        let offset = self.plan.window().offset();
        if !self.plan.sort().is_empty() {
            self.hits = self.top.finish(offset);
        } else {
            self.hits.drain(..offset.min(self.hits.len()));
        }
        Page { total: self.total, hits: self.hits }
    }
}

fn column(chunk: &Chunk, field: usize) -> &[SortKey] {
    let keys = chunk.keys();
    match field {
        at::LAST_NAME => &keys.last,
        at::FIRST_NAME => &keys.first,
        _ => &keys.full,
    }
}

fn text(chunk: &Chunk, field: usize, place: usize) -> Option<&str> {
    match field {
        at::LAST_NAME => Some(chunk.last_name(place)),
        at::FIRST_NAME => chunk.first_name(place),
        _ => Some(chunk.full_name(place)),
    }
}

/// The whole order of a sort: every key, then the id.
struct WholeOrder<'a> {
    book: &'a Book,
    sort: &'a [SortBy],
}

impl Tie<Hit> for WholeOrder<'_> {
    fn compare(&self, left: Hit, right: Hit) -> Ordering {
        let of = |hit: Hit, field| text(&self.book.contacts.chunks[hit.chunk as usize], field, usize::from(hit.place));
        for by in self.sort {
            let order = order::compare(of(left, by.field), of(right, by.field));
            if order.is_ne() {
                return if by.direction == Direction::Ascending { order } else { order.reverse() };
            }
        }
        left.cmp(&right)
    }
}
