//! Makes a book out of the rows of a store: the small tables first, then runs of contacts, then the whole.
//!
//! Runs are independent of each other, so that several threads can read a large book at once. Everything is
//! judged again on its way in: a row that could not have been written by a change is named, not repaired.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::chunk::{Chunk, Link, Links, Row};
use super::pairs::PairIndex;
use super::table::Table;
use super::{Book, Contacts, EmployeeRow, GroupSet};
use crate::blacklist::BlacklistNumber;
use crate::employee::Employee;
use crate::group::Group;
use crate::id::{ContactId, Revision};
use crate::organization::Organization;
use crate::text::{NAME_CHARS_MAX, PER_CONTACT_MAX, Phone};

/// Why a stored row cannot be part of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// What is wrong with it, in plain English.
    pub reason: &'static str,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

/// Everything of a book but its contacts, each thing with the revision that it was put at.
#[derive(Debug, Default)]
pub struct SmallTables {
    /// The organizations.
    pub organizations: Vec<(Organization, Revision)>,
    /// The groups.
    pub groups: Vec<(Group, Revision)>,
    /// The employees.
    pub employees: Vec<(Employee, Revision)>,
    /// The numbers on the blacklist.
    pub blacklist: Vec<(BlacklistNumber, Revision)>,
    /// The contacts that were deleted, and when; ascending.
    pub deleted: Vec<(Revision, ContactId)>,
    /// Deletions up to this revision are forgotten.
    pub forgotten: Revision,
}

/// The small tables of a book, and where in them things stand.
#[derive(Debug, Default)]
pub struct Frame {
    organizations: Table<Organization>,
    groups: Table<Group>,
    employees: Table<Arc<EmployeeRow>>,
    blacklist: Table<BlacklistNumber>,
    deleted: PairIndex,
    forgotten: Revision,
    organization_places: HashMap<u64, u32>,
    group_places: HashMap<u64, u32>,
    employee_places: HashMap<u64, u32>,
}

impl Frame {
    /// The tables of these things.
    pub fn new(furniture: SmallTables) -> Self {
        let mut frame = Self::default();
        for (place, (organization, revision)) in furniture.organizations.into_iter().enumerate() {
            frame.organization_places.insert(organization.id.number(), place as u32);
            frame.organizations.put(place, organization, revision.0);
        }
        for (place, (group, revision)) in furniture.groups.into_iter().enumerate() {
            frame.group_places.insert(group.id.number(), place as u32);
            frame.groups.put(place, group, revision.0);
        }
        for (place, (employee, revision)) in furniture.employees.into_iter().enumerate() {
            frame.employee_places.insert(employee.id.number(), place as u32);
            frame.employees.put(place, Arc::new(EmployeeRow::of(employee)), revision.0);
        }
        for (place, (number, revision)) in furniture.blacklist.into_iter().enumerate() {
            frame.blacklist.put(place, number, revision.0);
        }
        let deleted: Vec<_> = furniture.deleted.iter().map(|(revision, id)| (revision.0, id.number())).collect();
        frame.deleted = PairIndex::from_sorted(&deleted);
        frame.forgotten = furniture.forgotten;
        frame
    }
}

/// A contact as a store holds it.
#[derive(Debug, Clone, Copy)]
pub struct StoredContact<'a> {
    /// Id.
    pub id: u64,
    /// Last name.
    pub last_name: &'a str,
    /// First name.
    pub first_name: Option<&'a str>,
    /// Patronymic.
    pub patronymic: Option<&'a str>,
    /// Phone numbers.
    pub phones: &'a [Phone],
    /// E-mail addresses.
    pub emails: &'a [&'a str],
    /// Id of the personal manager.
    pub manager: Option<u64>,
    /// Id of the organization.
    pub organization: Option<u64>,
    /// Ids of the groups, ascending.
    pub groups: &'a [u64],
    /// The revision that made it what it is.
    pub revision: Revision,
}

/// A run of contacts in the making, ascending by id.
pub struct Run<'f> {
    frame: &'f Frame,
    full: Vec<Arc<Chunk>>,
    chunk: Chunk,
    last_id: u64,
    sets: HashMap<GroupSet, u32>,
    pairs: Vec<(u64, u64)>,
    places: Vec<u32>,
}

/// A finished run.
pub struct Ran {
    chunks: Vec<Arc<Chunk>>,
    sets: Vec<GroupSet>,
    pairs: Vec<(u64, u64)>,
}

impl<'f> Run<'f> {
    /// An empty run.
    pub fn new(frame: &'f Frame) -> Self {
        Self {
            frame,
            full: Vec::new(),
            chunk: Chunk::with_room(),
            last_id: 0,
            sets: HashMap::new(),
            pairs: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Appends a contact, whose id must be above all before it.
    pub fn push(&mut self, contact: &StoredContact<'_>) -> Result<(), LoadError> {
        self.judge(contact)?;
        let links = Links {
            manager: link(&self.frame.employee_places, contact.manager, "names a manager who is not there")?,
            organization: link(
                &self.frame.organization_places,
                contact.organization,
                "names an organization that is not there",
            )?,
            groups: self.set_of(contact.groups)?,
        };
        if !self.chunk.has_room() {
            self.close_chunk();
        }
        let row = Row {
            id: contact.id,
            last_name: contact.last_name,
            first_name: contact.first_name,
            patronymic: contact.patronymic,
            links,
            revision: contact.revision.0,
        };
        self.chunk.push(row, contact.phones.iter().copied(), contact.emails.iter().copied());
        self.pairs.extend(contact.phones.iter().map(|phone| (phone.packed(), contact.id)));
        self.last_id = contact.id;
        Ok(())
    }

    /// Ends the run.
    pub fn finish(mut self) -> Ran {
        if !self.chunk.is_empty() {
            self.close_chunk();
        }
        let mut sets: Vec<(GroupSet, u32)> = self.sets.into_iter().collect();
        sets.sort_unstable_by_key(|(_, place)| *place);
        self.pairs.sort_unstable();
        Ran { chunks: self.full, sets: sets.into_iter().map(|(set, _)| set).collect(), pairs: self.pairs }
    }

    fn judge(&self, contact: &StoredContact<'_>) -> Result<(), LoadError> {
        let refuse = |reason| Err(LoadError { reason });
        let names = [Some(contact.last_name), contact.first_name, contact.patronymic];
        if contact.id <= self.last_id || contact.id > crate::id::ID_MAX {
            return refuse("has an id that is out of order");
        }
        if names.into_iter().flatten().any(|name| !is_name(name)) {
            return refuse("has a name that is empty, too long, not trimmed or holds control characters");
        }
        if contact.phones.is_empty() || contact.phones.len() > PER_CONTACT_MAX || repeats(contact.phones) {
            return refuse("has no phone number, too many, or one twice");
        }
        if contact.emails.len() > PER_CONTACT_MAX || contact.emails.iter().any(|email| !is_plain(email)) {
            return refuse("has too many e-mail addresses, or one that is empty or holds control characters");
        }
        Ok(())
    }

    fn set_of(&mut self, groups: &[u64]) -> Result<Link, LoadError> {
        if groups.is_empty() {
            return Ok(Link::NONE);
        }
        if !groups.is_sorted_by(|left, right| left < right) {
            return Err(LoadError { reason: "has groups that are not in order" });
        }
        self.places.clear();
        for id in groups {
            let place = self.frame.group_places.get(id);
            self.places.push(*place.ok_or(LoadError { reason: "names a group that is not there" })?);
        }
        if let Some(place) = self.sets.get(self.places.as_slice()) {
            return Ok(Link::to(*place));
        }
        let place = self.sets.len() as u32;
        self.sets.insert(self.places.as_slice().into(), place);
        Ok(Link::to(place))
    }

    fn close_chunk(&mut self) {
        let mut chunk = std::mem::replace(&mut self.chunk, Chunk::with_room());
        chunk.shrink();
        self.full.push(Arc::new(chunk));
    }
}

/// Joins runs, given in the order of their ids, to a book.
pub fn assemble(frame: Frame, runs: Vec<Ran>, revision: Revision) -> Result<Book, LoadError> {
    let mut group_sets = Table::default();
    let mut known: HashMap<GroupSet, u32> = HashMap::new();
    let mut chunks: Vec<Arc<Chunk>> = Vec::new();
    let mut pairs: Vec<(u64, u64)> = Vec::new();
    for run in runs {
        let translated: Vec<u32> = run.sets.into_iter().map(|set| adopt(set, &mut known, &mut group_sets)).collect();
        for mut chunk in run.chunks {
            if chunks.last().is_some_and(|before| before.ids.last() >= chunk.ids.first()) {
                return Err(LoadError { reason: "has an id that is out of order" });
            }
            for link in &mut Arc::make_mut(&mut chunk).groups {
                *link = link.place().map_or(Link::NONE, |place| Link::to(translated[place]));
            }
            chunks.push(chunk);
        }
        pairs.extend(run.pairs);
    }
    // Runs are sorted each: joining sorted runs is what a stable sort is quick at.
    pairs.sort();
    let contacts = Contacts::from_chunks(chunks);
    Ok(Book {
        revision,
        members: contacts.members(&frame.organizations),
        contacts,
        organizations: frame.organizations,
        groups: frame.groups,
        employees: frame.employees,
        blacklist: frame.blacklist,
        deleted: frame.deleted,
        forgotten: frame.forgotten,
        group_sets,
        phones: PairIndex::from_sorted(&pairs),
        names_version: 0,
    })
}

fn adopt(set: GroupSet, known: &mut HashMap<GroupSet, u32>, table: &mut Table<GroupSet>) -> u32 {
    let next = table.places() as u32;
    let place = *known.entry(set.clone()).or_insert(next);
    if place == next {
        table.put(place as usize, set, 0);
    }
    place
}

fn link(places: &HashMap<u64, u32>, id: Option<u64>, reason: &'static str) -> Result<Link, LoadError> {
    match id {
        None => Ok(Link::NONE),
        Some(id) => places.get(&id).map(|place| Link::to(*place)).ok_or(LoadError { reason }),
    }
}

fn repeats(phones: &[Phone]) -> bool {
    (1..phones.len()).any(|place| phones[..place].contains(&phones[place]))
}

/// The rules of [`crate::text::Name`], without making one.
fn is_name(text: &str) -> bool {
    is_plain(text)
        && text.trim().len() == text.len()
        && (text.len() <= NAME_CHARS_MAX || text.chars().count() <= NAME_CHARS_MAX)
}

fn is_plain(text: &str) -> bool {
    // Without leaving early the whole text is judged a vector at a time. The control characters beyond ASCII
    // begin with 0xc2 in UTF-8.
    let (mut control, mut suspect) = (false, false);
    for byte in text.bytes() {
        control |= byte < 0x20 || byte == 0x7f;
        suspect |= byte == 0xc2;
    }
    !(text.is_empty() || control || suspect && text.chars().any(char::is_control))
}
