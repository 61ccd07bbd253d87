//! Groups, and the contacts that belong to them.
//!
//! Who belongs to a group stands with the contacts, as a set of groups that many contacts share. So finding the
//! members is one pass over one column of the book, for all groups at once, and each contact costs a look at its set.
//! Members are places in the snapshot; their names are read when they are shown. A question that neither shows nor
//! filters members does not look for them, and one that only shows them looks for those of the groups it shows.

use super::{Found, Listing};
use crate::book::Book;
use crate::book::view::ContactView;
use crate::group::{Group, Origin};
use crate::query::fault::QueryError;
use crate::query::field::{Field, GROUP, position};
use crate::query::plan::{Node, Plan};
use crate::query::runner::Runner;
use crate::query::value::{Objects, Record, Value};

const MEMBERS: &str = "members";

/// The groups of a book.
#[derive(Debug)]
pub struct Groups;

/// A group, by the field table.
#[derive(Debug, Clone)]
pub struct GroupRecord<'b> {
    /// Its place in the book's table.
    place: usize,
    group: &'b Group,
    members: Members<'b>,
}

/// The contacts that belong to a group, by id; none until they were looked for.
#[derive(Debug, Clone)]
pub struct Members<'b> {
    book: &'b Book,
    /// Chunk, and place in it.
    places: Vec<(u32, u16)>,
}

impl Members<'_> {
    fn contact(&self, member: usize) -> ContactView<'_> {
        let (chunk, place) = self.places[member];
        ContactView::new(self.book, &self.book.contacts.chunks[chunk as usize], usize::from(place))
    }
}

impl Listing for Groups {
    type Record<'b> = GroupRecord<'b>;

    fn fields() -> &'static [Field] {
        &GROUP
    }

    fn looks(book: &Book, plan: &Plan) -> usize {
        let contacts = if shows_members(plan) || filters_members(plan.filter()) { book.contacts_len() } else { 0 };
        book.groups.len() + contacts
    }

    fn records(book: &Book) -> Vec<GroupRecord<'_>> {
        let record = |(place, group)| GroupRecord { place, group, members: Members { book, places: Vec::new() } };
        book.groups.iter().map(record).collect()
    }

    fn find<'b>(book: &'b Book, plan: &Plan, runner: &dyn Runner) -> Result<Found<GroupRecord<'b>>, QueryError> {
        let mut records = Self::records(book);
        if filters_members(plan.filter()) {
            let all: Vec<usize> = (0..records.len()).collect();
            gather(book, &mut records, &all);
            return Found::among(records, plan, runner);
        }
        let mut found = Found::among(records, plan, runner)?;
        if shows_members(plan) {
            gather(book, &mut found.all, &found.rows);
        }
        Ok(found)
    }
}

fn shows_members(plan: &Plan) -> bool {
    position(&GROUP, MEMBERS).is_some_and(|place| plan.fields().has(place)) && plan.window().limit() > 0
}

fn filters_members(node: &Node) -> bool {
    match node {
        Node::Everything => false,
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(filters_members),
        Node::Leaf(leaf) => GROUP[leaf.field].name == MEMBERS,
    }
}

/// Finds the members of the records at these places, in one pass over the contacts.
fn gather(book: &Book, records: &mut [GroupRecord<'_>], wanted: &[usize]) {
    if wanted.is_empty() {
        return;
    }
    let sets = wanted_by_set(book, records, wanted);
    for (at, chunk) in book.contacts.chunks.iter().enumerate() {
        for (place, link) in chunk.groups.iter().enumerate() {
            for record in &sets[link.index()] {
                records[*record as usize].members.places.push((at as u32, place as u16));
            }
        }
    }
}

/// For every set of groups, by the index of the links to it, the wanted records whose groups are in it.
fn wanted_by_set(book: &Book, records: &[GroupRecord<'_>], wanted: &[usize]) -> Vec<Box<[u32]>> {
    let mut record_of = vec![None; book.groups.places()];
    for record in wanted {
        record_of[records[*record].place] = Some(*record as u32);
    }
    let in_set = |set: usize| {
        let groups = book.group_sets.at(set).map_or(&[][..], |groups| groups);
        groups.iter().filter_map(|group| record_of[*group as usize]).collect()
    };
    std::iter::once(Box::default()).chain((0..book.group_sets.places()).map(in_set)).collect()
}

impl Record for GroupRecord<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        match GROUP[field].name {
            "id" => Value::Number(self.group.id.number().cast_signed()),
            "name" => Value::Text(self.group.name.as_str()),
            "is_system" => Value::Boolean(self.group.origin == Origin::System),
            MEMBERS => Value::Objects(&self.members),
            _ => Value::Null,
        }
    }

    fn id(&self) -> u64 {
        self.group.id.number()
    }
}

impl Objects for Members<'_> {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn members(&self) -> &'static [&'static str] {
        &["contact_id", "contact_full_name"]
    }

    fn value(&self, object: usize, member: usize) -> Value<'_> {
        let contact = self.contact(object);
        match member {
            0 => Value::Number(contact.id().number().cast_signed()),
            _ => Value::Text(contact.full_name()),
        }
    }

    fn id(&self, object: usize) -> u64 {
        self.contact(object).id().number()
    }
}
