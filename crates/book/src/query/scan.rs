//! Evaluates a filter over the contacts of one chunk at once, column by column.
//!
//! A plan is first *bound* to a snapshot: whatever asks about an organization, a manager or the groups is
//! answered once for every organization, manager and set of groups, and becomes a look-up by place. What is
//! left looks at the columns of a chunk, the cheap tests first, and only at the contacts that the tests
//! before have left over.

use jsquery::JsQuery;
use pg_regex::{Like, StepBudget, StepLimitError};

use super::bits::Bits;
use super::budget::Budget;
use super::fault::QueryError;
use super::field::contact as at;
use super::json::{Json, Phones};
use super::matching::{any_text, passes, quantified, too_slow};
use super::plan::{Leaf, Node};
use super::reading::{Test, TextTest};
use super::value::{Objects, Value};
use crate::book::chunk::{Chunk, Link};
use crate::book::{Book, GroupSet};
use crate::text::{PHONE_DIGITS_MAX, unpacked};

/// A filter bound to a snapshot.
pub enum Bound<'p> {
    /// Every contact.
    Everything,
    /// Those that pass all.
    All(Vec<Bound<'p>>),
    /// Those that pass one.
    Any(Vec<Bound<'p>>),
    /// Those whose link passes; the first entry is for contacts that have none.
    ByLink(Column, Vec<bool>),
    /// Those whose own columns pass.
    Own(&'p Leaf),
}

/// A column of links.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// Personal managers.
    Manager,
    /// Organizations.
    Organization,
    /// Sets of groups.
    Groups,
}

impl Column {
    fn of(self, chunk: &Chunk) -> &[Link] {
        match self {
            Self::Manager => &chunk.managers,
            Self::Organization => &chunk.organizations,
            Self::Groups => &chunk.groups,
        }
    }
}

/// Binds a filter to a snapshot.
pub fn bind<'p>(node: &'p Node, book: &Book, budget: &mut Budget<'_>) -> Result<Bound<'p>, QueryError> {
    Ok(match node {
        Node::Everything => Bound::Everything,
        Node::All(nodes) => {
            let mut bound = bind_all(nodes, book, budget)?;
            bound.sort_by_key(cost);
            Bound::All(bound)
        }
        Node::Any(nodes) => Bound::Any(bind_all(nodes, book, budget)?),
        Node::Leaf(leaf) => bind_leaf(leaf, book, budget)?,
    })
}

fn bind_all<'p>(nodes: &'p [Node], book: &Book, budget: &mut Budget<'_>) -> Result<Vec<Bound<'p>>, QueryError> {
    nodes.iter().map(|node| bind(node, book, budget)).collect()
}

fn bind_leaf<'p>(leaf: &'p Leaf, book: &Book, budget: &mut Budget<'_>) -> Result<Bound<'p>, QueryError> {
    let (column, places) = match leaf.field {
        at::MANAGER_ID | at::MANAGER_FULL_NAME => (Column::Manager, book.employees.places()),
        at::ORGANIZATION_ID | at::ORGANIZATION_NAME => (Column::Organization, book.organizations.places()),
        at::GROUPS => (Column::Groups, book.group_sets.places()),
        _ => return Ok(Bound::Own(leaf)),
    };
    budget.pay(leaf, places + 1)?;
    let spent = |_| too_slow(leaf);
    let absent = if leaf.field == at::GROUPS { Value::Objects(&NO_GROUPS) } else { Value::Null };
    let mut passing = Vec::with_capacity(places + 1);
    passing.push(passes(&leaf.test, absent, &mut budget.steps).map_err(spent)?);
    for place in 0..places {
        let set;
        let value = match leaf.field {
            at::MANAGER_ID => book.employees.at(place).map(|known| number(known.employee.id.number())),
            at::MANAGER_FULL_NAME => book.employees.at(place).map(|known| Value::Text(&known.full_name)),
            at::ORGANIZATION_ID => book.organizations.at(place).map(|have| number(have.id.number())),
            at::ORGANIZATION_NAME => book.organizations.at(place).map(|have| Value::Text(have.name.as_str())),
            _ => match book.group_sets.at(place) {
                None => None,
                Some(places) => {
                    set = SetOfGroups { book, places };
                    Some(Value::Objects(&set))
                }
            },
        };
        passing.push(match value {
            Some(value) => passes(&leaf.test, value, &mut budget.steps).map_err(spent)?,
            None => false,
        });
    }
    Ok(Bound::ByLink(column, passing))
}

fn number<'a>(id: u64) -> Value<'a> {
    Value::Number(id.cast_signed())
}

/// Cheap tests go first.
fn cost(bound: &Bound<'_>) -> u8 {
    match bound {
        Bound::Everything => 0,
        Bound::ByLink(..) => 1,
        Bound::Own(leaf) => match &leaf.test {
            Test::Never | Test::IsNull | Test::IsNotNull | Test::Number(_) | Test::Boolean(_) | Test::Ids(..) => 2,
            Test::Phones(..) => 3,
            Test::Text(test) | Test::Texts(_, test) => match test {
                TextTest::Equal(_) | TextTest::NotEqual(_) | TextTest::OneOf(_) | TextTest::NoneOf(_) => 4,
                TextTest::Like(_) | TextTest::NotLike(_) => 5,
                TextTest::Regexp(_) => 9,
            },
            Test::JsQuery(_) => 6,
        },
        Bound::All(_) | Bound::Any(_) => 8,
    }
}

impl Bound<'_> {
    /// The contacts of `among` that pass.
    pub fn select(&self, chunk: &Chunk, among: &Bits, budget: &mut Budget<'_>) -> Result<Bits, QueryError> {
        match self {
            Self::Everything => Ok(*among),
            Self::All(parts) => {
                let mut left = *among;
                for part in parts {
                    if left.is_empty() {
                        break;
                    }
                    left = part.select(chunk, &left, budget)?;
                }
                Ok(left)
            }
            Self::Any(parts) => {
                let mut found = Bits::NONE;
                for part in parts {
                    let open = among.without(&found);
                    if open.is_empty() {
                        break;
                    }
                    found = found.or(&part.select(chunk, &open, budget)?);
                }
                Ok(found)
            }
            Self::ByLink(column, passing) => {
                let links = column.of(chunk);
                Ok(among.filter(|place| passing[links[place].index()]))
            }
            Self::Own(leaf) => {
                budget.pay(leaf, among.count())?;
                own(leaf, chunk, among, &mut budget.steps).map_err(|_| too_slow(leaf))
            }
        }
    }
}

fn own(leaf: &Leaf, chunk: &Chunk, among: &Bits, steps: &mut StepBudget) -> Result<Bits, StepLimitError> {
    match leaf.field {
        at::ID => Ok(among.filter(|place| {
            let id = Value::Number(chunk.id(place).cast_signed());
            passes(&leaf.test, id, &mut StepBudget::new(0)).unwrap_or(false)
        })),
        at::LAST_NAME | at::FIRST_NAME | at::FULL_NAME => names(leaf, chunk, among, steps),
        at::PHONE_NUMBERS => phones(&leaf.test, chunk, among, steps),
        at::EMAILS => emails(&leaf.test, chunk, among, steps),
        // The other fields were bound by their links; a patronymic cannot be filtered by.
        _ => Ok(Bits::NONE),
    }
}

fn name_of(field: usize, chunk: &Chunk, place: usize) -> Option<&str> {
    match field {
        at::LAST_NAME => Some(chunk.last_name(place)),
        at::FIRST_NAME => chunk.first_name(place),
        _ => Some(chunk.full_name(place)),
    }
}

fn names(leaf: &Leaf, chunk: &Chunk, among: &Bits, steps: &mut StepBudget) -> Result<Bits, StepLimitError> {
    let whole = leaf.field == at::FULL_NAME;
    match &leaf.test {
        Test::IsNull => Ok(among.filter(|place| name_of(leaf.field, chunk, place).is_none())),
        Test::IsNotNull => Ok(among.filter(|place| name_of(leaf.field, chunk, place).is_some())),
        Test::Text(TextTest::Like(pattern)) => like(pattern, leaf.field, chunk, among),
        Test::Text(TextTest::NotLike(pattern)) => {
            let there = among.filter(|place| name_of(leaf.field, chunk, place).is_some());
            Ok(there.without(&like(pattern, leaf.field, chunk, &there)?))
        }
        Test::Text(TextTest::Regexp(pattern)) if whole && is_dense(chunk, among) => {
            scan_names(chunk, among, |from| pattern.find_in_lines(&chunk.names, from, steps))
        }
        Test::Text(test) => each(among, |place| match name_of(leaf.field, chunk, place) {
            Some(name) => test.holds(name, steps),
            None => Ok(false),
        }),
        _ => Ok(Bits::NONE),
    }
}

/// Whether so many contacts are left that going through the whole column beats looking at each.
fn is_dense(chunk: &Chunk, among: &Bits) -> bool {
    among.count() * 8 >= chunk.len()
}

fn like(pattern: &Like, field: usize, chunk: &Chunk, among: &Bits) -> Result<Bits, StepLimitError> {
    if field == at::FULL_NAME && is_dense(chunk, among) {
        return scan_names(chunk, among, |from| Ok(pattern.find_in_lines(&chunk.names, from)));
    }
    Ok(among.filter(|place| name_of(field, chunk, place).is_some_and(|name| pattern.is_match(name))))
}

/// Goes through the joined names, from one match to the name behind it.
fn scan_names(
    chunk: &Chunk,
    among: &Bits,
    mut next: impl FnMut(usize) -> Result<Option<usize>, StepLimitError>,
) -> Result<Bits, StepLimitError> {
    let mut found = Bits::NONE;
    let (mut from, mut place) = (0, 0);
    while place < chunk.len() {
        let Some(end) = next(from)? else { break };
        place = chunk.place_of_name_byte(end, place);
        if place >= chunk.len() {
            break;
        }
        found.set(place);
        from = chunk.name_ends[place] as usize;
        place += 1;
    }
    Ok(found.and(among))
}

fn phones(test: &Test, chunk: &Chunk, among: &Bits, steps: &mut StepBudget) -> Result<Bits, StepLimitError> {
    match test {
        Test::Phones(quantifier, wanted) => Ok(among.filter(|place| {
            let has = chunk.phones_of(place).iter().any(|phone| wanted.binary_search(phone).is_ok());
            quantified(*quantifier, has)
        })),
        Test::JsQuery(query) => Ok(among.filter(|place| query.matches(Phones::List(chunk.phones_of(place))))),
        Test::Texts(quantifier, test) => {
            each(among, |place| any_phone(test, chunk.phones_of(place), steps).map(|any| quantified(*quantifier, any)))
        }
        Test::IsNotNull => Ok(*among),
        _ => Ok(Bits::NONE),
    }
}

fn any_phone(test: &TextTest, phones: &[u64], steps: &mut StepBudget) -> Result<bool, StepLimitError> {
    let mut room = [0; PHONE_DIGITS_MAX + 1];
    for packed in phones {
        if test.holds(unpacked(*packed, &mut room), steps)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn emails(test: &Test, chunk: &Chunk, among: &Bits, steps: &mut StepBudget) -> Result<Bits, StepLimitError> {
    match test {
        Test::IsNull => Ok(among.filter(|place| chunk.has_no_email(place))),
        Test::IsNotNull => Ok(among.filter(|place| !chunk.has_no_email(place))),
        Test::Texts(quantifier, test) => {
            each(among, |place| Ok(quantified(*quantifier, any_text(test, chunk.emails_of(place), steps)?)))
        }
        Test::JsQuery(query) => Ok(emails_asked(query, chunk, among)),
        _ => Ok(Bits::NONE),
    }
}

fn emails_asked(query: &JsQuery, chunk: &Chunk, among: &Bits) -> Bits {
    among.filter(|place| query.matches(Json::Lines(chunk.email_lines(place))))
}

fn each(among: &Bits, mut passes: impl FnMut(usize) -> Result<bool, StepLimitError>) -> Result<Bits, StepLimitError> {
    let mut kept = Bits::NONE;
    for place in among.iter() {
        if passes(place)? {
            kept.set(place);
        }
    }
    Ok(kept)
}

/// The groups of a contact as a list of objects.
struct SetOfGroups<'a> {
    book: &'a Book,
    places: &'a GroupSet,
}

impl Objects for SetOfGroups<'_> {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn members(&self) -> &'static [&'static str] {
        &["group_id", "group_name"]
    }

    fn value(&self, object: usize, member: usize) -> Value<'_> {
        let Some(group) = self.book.groups.at(self.places[object] as usize) else {
            return Value::Null;
        };
        match member {
            0 => Value::Number(group.id.number().cast_signed()),
            _ => Value::Text(group.name.as_str()),
        }
    }

    fn id(&self, object: usize) -> u64 {
        self.book.groups.at(self.places[object] as usize).map_or(0, |group| group.id.number())
    }
}

/// The groups of a contact that has none.
static NO_GROUPS: NoGroups = NoGroups;

struct NoGroups;

impl Objects for NoGroups {
    fn len(&self) -> usize {
        0
    }

    fn members(&self) -> &'static [&'static str] {
        &[]
    }

    fn value(&self, _object: usize, _member: usize) -> Value<'_> {
        Value::Null
    }

    fn id(&self, _object: usize) -> u64 {
        0
    }
}
