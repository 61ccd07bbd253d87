//! The whole state of one account's address book, as a value.
//!
//! A [`Book`] is never changed under a reader: whoever answers a question holds a snapshot, which costs a
//! reference count. [`writer::BookWriter`] keeps what only a writer needs and makes the next book out of the present
//! one, sharing everything that a change does not touch.
//!
//! What it does not do: read or write anything outside memory.

pub(crate) mod bulk;
pub mod chunk;
mod contacts;
pub mod decide;
pub mod history;
pub mod image;
pub mod load;
pub mod pairs;
mod places;
pub mod table;
pub mod view;
pub mod writer;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use self::chunk::Chunk;
use self::pairs::PairIndex;
use self::table::Table;
use crate::blacklist::BlacklistNumber;
use crate::employee::Employee;
use crate::group::Group;
use crate::id::{ContactId, Revision};
use crate::organization::Organization;
use crate::query::runner::Runner;
use view::ContactView;

/// An employee with the full name that contacts show as their manager's.
#[derive(Debug, Clone)]
pub struct EmployeeRow {
    /// The employee.
    pub employee: Employee,
    /// The joined name.
    pub full_name: Box<str>,
}

impl EmployeeRow {
    /// Joins the name.
    pub(crate) fn of(employee: Employee) -> Self {
        let full_name = employee.full_name().into();
        Self { employee, full_name }
    }
}

/// Places of groups, ascending by group id.
pub type GroupSet = Arc<[u32]>;

/// One account's address book at one revision.
#[derive(Debug, Clone, Default)]
pub struct Book {
    pub(crate) revision: Revision,
    pub(crate) contacts: Contacts,
    pub(crate) organizations: Table<Organization>,
    pub(crate) groups: Table<Group>,
    pub(crate) employees: Table<Arc<EmployeeRow>>,
    pub(crate) blacklist: Table<BlacklistNumber>,
    /// Deleted contacts: the revision that deleted them, and their ids.
    pub(crate) deleted: PairIndex,
    /// Deletions up to this revision are forgotten.
    pub(crate) forgotten: Revision,
    pub(crate) group_sets: Table<GroupSet>,
    pub(crate) phones: PairIndex,
    /// Organizations and their contacts, by id.
    pub(crate) members: PairIndex,
    /// Moves with every change of the three tables whose names contacts show.
    pub(crate) names_version: u64,
}

impl Book {
    /// Deletions up to this revision are remembered no more.
    pub fn forgotten(&self) -> Revision {
        self.forgotten
    }

    /// How often the book has been changed.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Moves with every change of an organization, an employee or a group: as long as it stands still, contacts of an
    /// unchanged chunk show unchanged names. Comparable only between snapshots that share the chunk.
    pub fn names_version(&self) -> u64 {
        self.names_version
    }

    /// The chunk at a place that a page has named; equal pointers mean equal contacts.
    pub fn chunk(&self, at: usize) -> &Arc<Chunk> {
        &self.contacts.chunks[at]
    }

    /// Contacts of a chunk.
    pub fn views(&self, chunk: usize, places: Range<usize>) -> impl Iterator<Item = ContactView<'_>> {
        let chunk = &self.contacts.chunks[chunk];
        places.map(move |place| ContactView::new(self, chunk, place))
    }

    /// How many contacts there are.
    pub fn contacts_len(&self) -> usize {
        self.contacts.len()
    }

    /// The contact with this id.
    pub fn contact(&self, id: ContactId) -> Option<ContactView<'_>> {
        let (chunk, place) = self.contacts.find(id.number())?;
        Some(ContactView::new(self, &self.contacts.chunks[chunk], place))
    }

    /// All contacts, ascending by id.
    pub fn iter(&self) -> impl Iterator<Item = ContactView<'_>> {
        self.contacts
            .chunks
            .iter()
            .flat_map(move |chunk| (0..chunk.len()).map(move |place| ContactView::new(self, chunk, place)))
    }

    /// The organizations.
    pub fn organizations(&self) -> impl Iterator<Item = &Organization> {
        self.organizations.iter().map(|(_, organization)| organization)
    }

    /// The groups.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().map(|(_, group)| group)
    }

    /// The employees.
    pub fn employees(&self) -> impl Iterator<Item = &Employee> {
        self.employees.iter().map(|(_, known)| &known.employee)
    }

    /// The numbers on the blacklist.
    pub fn blacklist(&self) -> impl Iterator<Item = &BlacklistNumber> {
        self.blacklist.iter().map(|(_, number)| number)
    }

    /// Makes the sort keys of every contact; until then the first sorted question makes them.
    pub fn warm_sort_keys(&self, runner: &dyn Runner) {
        for chunk in self.contacts.chunks.iter().take_while(|_| runner.goes_on()) {
            chunk.keys();
        }
    }

    /// Bytes of memory that the book takes, to within a few per cent.
    pub fn bytes(&self) -> usize {
        let chunks: usize = self.contacts.chunks.iter().map(|chunk| chunk.bytes()).sum();
        let names = (self.organizations.places() + self.groups.places()) * 96;
        chunks
            + names
            + self.employees.places() * 512
            + self.group_sets.places() * 48
            + self.blacklist.places() * 128
            + self.phones.bytes()
            + self.members.bytes()
            + self.deleted.bytes()
    }
}

/// The contacts of a book: chunks in order of id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contacts {
    pub(crate) chunks: Vec<Arc<Chunk>>,
    /// The smallest id of each chunk.
    pub(crate) firsts: Vec<u64>,
    /// How many contacts stand before each chunk, and, last, how many there are.
    pub(crate) starts: Vec<usize>,
}

impl Contacts {
    pub(crate) fn from_chunks(chunks: Vec<Arc<Chunk>>) -> Self {
        let mut contacts = Self { chunks, ..Self::default() };
        contacts.recount();
        contacts
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Who belongs to which organization, by id.
    pub(crate) fn members(&self, organizations: &Table<Organization>) -> PairIndex {
        let mut of_place = vec![Vec::new(); organizations.places()];
        for chunk in &self.chunks {
            for (id, link) in chunk.ids.iter().zip(&chunk.organizations) {
                link.place().into_iter().for_each(|place| of_place[place].push(*id));
            }
        }
        let mut by_id: Vec<_> = organizations.iter().map(|(place, have)| (have.id.number(), place)).collect();
        by_id.sort_unstable();
        let members = |(id, place): (u64, usize)| of_place[place].iter().map(move |contact| (id, *contact));
        PairIndex::from_sorted(&by_id.into_iter().flat_map(members).collect::<Vec<_>>())
    }

    /// The chunk and place of the contact with this id.
    pub(crate) fn find(&self, id: u64) -> Option<(usize, usize)> {
        let chunk = self.chunk_of(id)?;
        self.chunks[chunk].find_from(self.firsts[chunk], id).ok().map(|place| (chunk, place))
    }

    /// The same for ids one after the other, most of which stand in the chunk of the one before.
    pub(crate) fn find_near(&self, chunk: usize, id: u64) -> Option<(usize, usize)> {
        let is_near = self.firsts.get(chunk).is_some_and(|first| *first <= id)
            && self.firsts.get(chunk + 1).is_none_or(|next| id < *next);
        if !is_near {
            return self.find(id);
        }
        self.chunks[chunk].find_from(self.firsts[chunk], id).ok().map(|place| (chunk, place))
    }

    /// The chunk in which the id stands or would stand.
    pub(crate) fn chunk_of(&self, id: u64) -> Option<usize> {
        (!self.chunks.is_empty()).then(|| self.firsts.partition_point(|first| *first <= id).saturating_sub(1))
    }

    /// The chunk and place of the contact with `rank` contacts before it.
    pub(crate) fn at_rank(&self, rank: usize) -> Option<(usize, usize)> {
        (rank < self.len()).then(|| {
            let chunk = self.starts.partition_point(|start| *start <= rank) - 1;
            (chunk, rank - self.starts[chunk])
        })
    }

    pub(crate) fn recount(&mut self) {
        self.firsts = self.chunks.iter().map(|chunk| chunk.first_id()).collect();
        let mut before = 0;
        self.starts = Vec::with_capacity(self.chunks.len() + 1);
        for chunk in &self.chunks {
            self.starts.push(before);
            before += chunk.len();
        }
        self.starts.push(before);
    }
}
