//! Builds a book from the rows of a store: the small tables first, then batches of contacts, then the whole book.
//!
//! Batches are independent of each other, so that several threads can load a large book. Every row is validated: a row
//! that no change could have written is reported, not repaired.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::chunk::{Chunk, Link, Links, Row};
use super::mail_index::{self, MailIndex};
use super::member_lists::MemberLists;
use super::name_index::NameIndexes;
use super::number_index::NumberIndexes;
use super::organization_text::OrganizationTexts;
use super::pairs::PairIndex;
use super::table::Table;
use super::{Book, ChunkList, EmployeeRow, GroupSet};
use crate::blacklist::BlacklistNumber;
use crate::employee::Employee;
use crate::group::Group;
use crate::id::{ContactId, Revision};
use crate::organization::Organization;
use crate::text::{NAME_CHARS_MAX, PER_CONTACT_MAX, Phone, stored_name};

/// The reason why a stored row cannot be part of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// A clause that follows the name of the row, such as "has an id that is out of order".
    pub reason: &'static str,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

/// The rows of a book except its contacts, each with the revision of its last change.
#[derive(Debug, Default)]
pub struct SmallTables {
    /// The organizations.
    pub organizations: Vec<(Organization, Revision)>,
    /// The groups.
    pub groups: Vec<(Group, Revision)>,
    /// The employees.
    pub employees: Vec<(Employee, Revision)>,
    /// The entries of the blacklist.
    pub blacklist: Vec<(BlacklistNumber, Revision)>,
    /// Remembered deletions, ascending.
    pub deleted: Vec<(Revision, ContactId)>,
    /// Deletions up to and including this revision are not remembered.
    pub forgotten: Revision,
}

/// The small tables of a book with the slots of their rows by id.
#[derive(Debug, Default)]
pub struct IndexedTables {
    organizations: Table<Organization>,
    groups: Table<Group>,
    employees: Table<Arc<EmployeeRow>>,
    blacklist: Table<BlacklistNumber>,
    deleted: PairIndex,
    forgotten: Revision,
    organization_slots: HashMap<u64, u32>,
    group_slots: HashMap<u64, u32>,
    employee_slots: HashMap<u64, u32>,
}

impl IndexedTables {
    /// The tables of these rows.
    pub fn new(rows: SmallTables) -> Self {
        let mut tables = Self::default();
        for (slot, (organization, revision)) in rows.organizations.into_iter().enumerate() {
            tables.organization_slots.insert(organization.id.number(), slot as u32);
            tables.organizations.put(slot, organization, revision.0);
        }
        for (slot, (group, revision)) in rows.groups.into_iter().enumerate() {
            tables.group_slots.insert(group.id.number(), slot as u32);
            tables.groups.put(slot, group, revision.0);
        }
        for (slot, (employee, revision)) in rows.employees.into_iter().enumerate() {
            tables.employee_slots.insert(employee.id.number(), slot as u32);
            tables.employees.put(slot, Arc::new(EmployeeRow::new(employee)), revision.0);
        }
        for (slot, (number, revision)) in rows.blacklist.into_iter().enumerate() {
            tables.blacklist.put(slot, number, revision.0);
        }
        let deleted: Vec<_> = rows.deleted.iter().map(|(revision, id)| (revision.0, id.number())).collect();
        tables.deleted = PairIndex::from_sorted(&deleted);
        tables.forgotten = rows.forgotten;
        tables
    }
}

/// A contact as the store holds it.
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
    /// The revision of its last change.
    pub revision: Revision,
}

/// Builds the chunks of a batch of contacts, ascending by id.
pub struct LoadBatch<'f> {
    tables: &'f IndexedTables,
    full: Vec<Arc<Chunk>>,
    chunk: Chunk,
    last_id: u64,
    sets: HashMap<GroupSet, u32>,
    pairs: Vec<(u64, u64)>,
    mails: Vec<(u64, u64)>,
    slots: Vec<u32>,
}

/// The chunks of a batch.
pub struct LoadedBatch {
    chunks: Vec<Arc<Chunk>>,
    sets: Vec<GroupSet>,
    pairs: Vec<(u64, u64)>,
    mails: Vec<(u64, u64)>,
}

impl<'f> LoadBatch<'f> {
    /// An empty batch.
    pub fn new(tables: &'f IndexedTables) -> Self {
        Self {
            tables,
            full: Vec::new(),
            // Most books are small.
            chunk: Chunk::default(),
            last_id: 0,
            sets: HashMap::new(),
            pairs: Vec::new(),
            mails: Vec::new(),
            slots: Vec::new(),
        }
    }

    /// Appends a contact.
    ///
    /// # Errors
    ///
    /// The contact is invalid, its id is not above all ids before it, or it refers to a row that does not exist.
    pub fn push(&mut self, contact: &StoredContact<'_>) -> Result<(), LoadError> {
        self.validate(contact)?;
        let links = Links {
            manager: link(&self.tables.employee_slots, contact.manager, "names a manager who is not there")?,
            organization: link(
                &self.tables.organization_slots,
                contact.organization,
                "names an organization that is not there",
            )?,
            groups: self.set_of(contact.groups)?,
        };
        if !self.chunk.has_room() {
            self.close_chunk();
            self.chunk = Chunk::with_capacity();
        }
        // Versions that did not compose names have stored them as they were sent.
        let (last_name, first_name) = (stored_name(contact.last_name), contact.first_name.map(stored_name));
        let patronymic = contact.patronymic.map(stored_name);
        let row = Row {
            id: contact.id,
            last_name: &last_name,
            first_name: first_name.as_deref(),
            patronymic: patronymic.as_deref(),
            links,
            revision: contact.revision.0,
        };
        self.chunk.push(row, contact.phones.iter().copied(), contact.emails.iter().copied());
        self.pairs.extend(contact.phones.iter().map(|phone| (phone.packed(), contact.id)));
        self.mails.extend(contact.emails.iter().map(|email| (mail_index::key(email), contact.id)));
        self.last_id = contact.id;
        Ok(())
    }

    /// Completes the batch.
    pub fn finish(mut self) -> LoadedBatch {
        if !self.chunk.is_empty() {
            self.close_chunk();
        }
        let mut sets: Vec<(GroupSet, u32)> = self.sets.into_iter().collect();
        sets.sort_unstable_by_key(|(_, slot)| *slot);
        self.pairs.sort_unstable();
        self.mails.sort_unstable();
        let sets = sets.into_iter().map(|(set, _)| set).collect();
        LoadedBatch { chunks: self.full, sets, pairs: self.pairs, mails: self.mails }
    }

    fn validate(&self, contact: &StoredContact<'_>) -> Result<(), LoadError> {
        let reject = |reason| Err(LoadError { reason });
        let names = [Some(contact.last_name), contact.first_name, contact.patronymic];
        if contact.id <= self.last_id || contact.id > crate::id::ID_MAX {
            return reject("has an id that is out of order");
        }
        if names.into_iter().flatten().any(|name| !is_name(name)) {
            return reject("has a name that is empty, too long, not trimmed or holds control characters");
        }
        if contact.phones.is_empty() || contact.phones.len() > PER_CONTACT_MAX || repeats(contact.phones) {
            return reject("has no phone number, too many, or one twice");
        }
        if contact.emails.len() > PER_CONTACT_MAX || contact.emails.iter().any(|email| !is_plain(email)) {
            return reject("has too many e-mail addresses, or one that is empty or holds control characters");
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
        self.slots.clear();
        for id in groups {
            let slot = self.tables.group_slots.get(id);
            self.slots.push(*slot.ok_or(LoadError { reason: "names a group that is not there" })?);
        }
        if let Some(slot) = self.sets.get(self.slots.as_slice()) {
            return Ok(Link::to(*slot));
        }
        let slot = self.sets.len() as u32;
        self.sets.insert(self.slots.as_slice().into(), slot);
        Ok(Link::to(slot))
    }

    fn close_chunk(&mut self) {
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.shrink();
        self.full.push(Arc::new(chunk));
    }
}

/// Builds a book from batches in the order of their ids.
///
/// # Errors
///
/// The ids of two batches overlap.
pub fn assemble(tables: IndexedTables, batches: Vec<LoadedBatch>, revision: Revision) -> Result<Book, LoadError> {
    let mut group_sets = Table::default();
    let mut known: HashMap<GroupSet, u32> = HashMap::new();
    let mut chunks: Vec<Arc<Chunk>> = Vec::new();
    let mut pairs: Vec<(u64, u64)> = Vec::new();
    let mut mails: Vec<(u64, u64)> = Vec::new();
    for batch in batches {
        let translated: Vec<u32> = batch.sets.into_iter().map(|set| adopt(set, &mut known, &mut group_sets)).collect();
        for mut chunk in batch.chunks {
            if chunks.last().is_some_and(|before| before.ids.last() >= chunk.ids.first()) {
                return Err(LoadError { reason: "has an id that is out of order" });
            }
            for link in &mut Arc::make_mut(&mut chunk).groups {
                *link = link.slot().map_or(Link::NONE, |slot| Link::to(translated[slot]));
            }
            chunks.push(chunk);
        }
        pairs.extend(batch.pairs);
        mails.extend(batch.mails);
    }
    // The pairs of each batch are sorted, and a stable sort merges sorted runs quickly.
    pairs.sort();
    mails.sort();
    mails.dedup();
    let contacts = ChunkList::from_chunks(chunks);
    let contacts_len = contacts.len();
    let name_indexes = NameIndexes::of_loaded(revision, contacts.highest_id());
    let mut book = Book {
        revision,
        members: contacts.members(&tables.organizations),
        contacts,
        organizations: tables.organizations,
        groups: tables.groups,
        employees: tables.employees,
        blacklist: tables.blacklist,
        deleted: tables.deleted,
        forgotten: tables.forgotten,
        group_sets,
        phones: PairIndex::from_sorted(&pairs),
        mails: MailIndex::from_sorted(&mails, contacts_len),
        names_version: 0,
        name_indexes,
        number_indexes: NumberIndexes::of_loaded(revision),
        organization_names: PairIndex::default(),
        organization_texts: OrganizationTexts::default(),
        member_lists: MemberLists::default(),
    };
    book.index_organization_names();
    Ok(book)
}

fn adopt(set: GroupSet, known: &mut HashMap<GroupSet, u32>, table: &mut Table<GroupSet>) -> u32 {
    let next = table.slots() as u32;
    let slot = *known.entry(set.clone()).or_insert(next);
    if slot == next {
        table.put(slot as usize, set, 0);
    }
    slot
}

fn link(slots: &HashMap<u64, u32>, id: Option<u64>, reason: &'static str) -> Result<Link, LoadError> {
    match id {
        None => Ok(Link::NONE),
        Some(id) => slots.get(&id).map(|slot| Link::to(*slot)).ok_or(LoadError { reason }),
    }
}

fn repeats(phones: &[Phone]) -> bool {
    (1..phones.len()).any(|at| phones[..at].contains(&phones[at]))
}

/// The rules of [`crate::text::Name`], without allocating one.
fn is_name(text: &str) -> bool {
    is_plain(text)
        && text.trim().len() == text.len()
        && (text.len() <= NAME_CHARS_MAX || text.chars().count() <= NAME_CHARS_MAX)
}

fn is_plain(text: &str) -> bool {
    // Without an early return the loop is vectorized. In UTF-8 the control characters beyond ASCII begin with 0xc2.
    let (mut control, mut suspect) = (false, false);
    for byte in text.bytes() {
        control |= byte < 0x20 || byte == 0x7f;
        suspect |= byte == 0xc2;
    }
    !(text.is_empty() || control || suspect && text.chars().any(char::is_control))
}
