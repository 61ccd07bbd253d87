//! Groups, and the contacts that belong to them.
//!
//! Membership is stored with the contacts, as links to sets of groups that many contacts share. The members of all groups
//! are therefore found by one scan of one column. A query that neither returns nor filters members does not scan; a query
//! that only returns them scans for the members of the groups on its page.

use super::{Listing, RecordPage};
use crate::book::Book;
use crate::book::view::ContactView;
use crate::group::{Group, GroupOwner};
use crate::query::field::{Field, GROUP, position};
use crate::query::filter::Filter;
use crate::query::plan::Plan;
use crate::query::query_error::QueryError;
use crate::query::value::{Objects, Record, Value};
use crate::runner::Runner;

const MEMBERS: &str = "members";

/// The groups of a book.
#[derive(Debug)]
pub struct Groups;

/// A group, by the field table.
#[derive(Debug, Clone)]
pub struct GroupRecord<'b> {
    /// Its slot in the table of groups.
    slot: usize,
    group: &'b Group,
    members: Members<'b>,
}

/// The contacts that belong to a group, by id; empty until [`find_members`] has run.
#[derive(Debug, Clone)]
pub struct Members<'b> {
    book: &'b Book,
    /// Chunk and row of each contact.
    rows: Vec<(u32, u16)>,
}

impl Members<'_> {
    fn contact(&self, member: usize) -> ContactView<'_> {
        let (chunk, row) = self.rows[member];
        ContactView::new(self.book, &self.book.contacts.chunks[chunk as usize], usize::from(row))
    }
}

impl Listing for Groups {
    type Record<'b> = GroupRecord<'b>;

    fn fields() -> &'static [Field] {
        &GROUP
    }

    fn rows_read(book: &Book, plan: &Plan) -> usize {
        let contacts = if shows_members(plan) || filters_members(plan.filter()) { book.contacts_len() } else { 0 };
        book.groups.len() + contacts
    }

    fn records(book: &Book) -> Vec<GroupRecord<'_>> {
        let record = |(slot, group)| GroupRecord { slot, group, members: Members { book, rows: Vec::new() } };
        book.groups.iter().map(record).collect()
    }

    fn find<'b>(book: &'b Book, plan: &Plan, runner: &dyn Runner) -> Result<RecordPage<GroupRecord<'b>>, QueryError> {
        let mut records = Self::records(book);
        if filters_members(plan.filter()) {
            let all: Vec<usize> = (0..records.len()).collect();
            find_members(book, &mut records, &all);
            return RecordPage::among(records, plan, runner);
        }
        let mut page = RecordPage::among(records, plan, runner)?;
        if shows_members(plan) {
            find_members(book, &mut page.all, &page.rows);
        }
        Ok(page)
    }
}

fn shows_members(plan: &Plan) -> bool {
    position(&GROUP, MEMBERS).is_some_and(|index| plan.fields().has(index)) && plan.window().limit() > 0
}

fn filters_members(filter: &Filter) -> bool {
    match filter {
        Filter::Everything => false,
        Filter::All(filters) | Filter::Any(filters) => filters.iter().any(filters_members),
        Filter::Comparison(comparison) => GROUP[comparison.field].name == MEMBERS,
    }
}

/// Finds the members of the records with these indexes, in one scan of the contacts.
fn find_members(book: &Book, records: &mut [GroupRecord<'_>], wanted: &[usize]) {
    if wanted.is_empty() {
        return;
    }
    let sets = wanted_by_set(book, records, wanted);
    for (at, chunk) in book.contacts.chunks.iter().enumerate() {
        for (row, link) in chunk.groups.iter().enumerate() {
            for record in &sets[link.index()] {
                records[*record as usize].members.rows.push((at as u32, row as u16));
            }
        }
    }
}

/// For every set of groups, by the index of the links to it, the wanted records whose groups it contains.
fn wanted_by_set(book: &Book, records: &[GroupRecord<'_>], wanted: &[usize]) -> Vec<Box<[u32]>> {
    let mut record_of = vec![None; book.groups.slots()];
    for record in wanted {
        record_of[records[*record].slot] = Some(*record as u32);
    }
    let in_set = |set: usize| {
        let groups = book.group_sets.at(set).map_or(&[][..], |groups| groups);
        groups.iter().filter_map(|group| record_of[*group as usize]).collect()
    };
    std::iter::once(Box::default()).chain((0..book.group_sets.slots()).map(in_set)).collect()
}

impl Record for GroupRecord<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        match GROUP[field].name {
            "id" => Value::Number(self.group.id.number().cast_signed()),
            "name" => Value::Text(self.group.name.as_str()),
            "is_system" => Value::Boolean(self.group.owner == GroupOwner::System),
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
        self.rows.len()
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
