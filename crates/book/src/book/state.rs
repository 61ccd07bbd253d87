//! The state of one address book at one revision, and its list of chunks.

use std::sync::Arc;

use super::chunk::Chunk;
use super::mail_index::MailIndex;
use super::member_lists::MemberLists;
use super::name_index::NameIndexes;
use super::number_index::NumberIndexes;
use super::organization_text::OrganizationTexts;
use super::pairs::PairIndex;
use super::table::{Table, TableRow};
use crate::blacklist::BlacklistNumber;
use crate::employee::{Employee, EmployeePhone};
use crate::group::Group;
use crate::id::Revision;
use crate::organization::Organization;
use crate::runner::Runner;

/// An employee and the full name that contacts show for their personal manager.
#[derive(Debug, Clone)]
pub struct EmployeeRow {
    /// The employee.
    pub employee: Employee,
    /// The full name.
    pub full_name: Box<str>,
}

impl EmployeeRow {
    /// The row of an employee.
    pub(crate) fn new(employee: Employee) -> Self {
        let full_name = employee.full_name().into();
        Self { employee, full_name }
    }
}

/// Slots of groups in the table of groups, ascending by group id.
pub type GroupSet = Arc<[u32]>;

impl TableRow for Organization {
    fn heap_bytes(&self) -> usize {
        self.name.as_str().len()
    }
}

impl TableRow for Group {
    fn heap_bytes(&self) -> usize {
        self.name.as_str().len()
    }
}

impl TableRow for Arc<EmployeeRow> {
    fn heap_bytes(&self) -> usize {
        let Employee { id: _, last_name, first_name, patronymic, email, phones } = &self.employee;
        let names = [Some(last_name), first_name.as_ref(), patronymic.as_ref()].into_iter().flatten();
        let numbers = phones.iter().map(|phone| phone.number.len());
        size_of::<EmployeeRow>()
            + self.full_name.len()
            + names.map(|name| name.as_str().len()).sum::<usize>()
            + email.as_ref().map_or(0, |email| email.as_str().len())
            + phones.capacity() * size_of::<EmployeePhone>()
            + numbers.sum::<usize>()
    }
}

impl TableRow for BlacklistNumber {
    fn heap_bytes(&self) -> usize {
        self.entry.added_by.len() + self.entry.comment.as_ref().map_or(0, |comment| comment.len())
    }
}

impl TableRow for GroupSet {
    fn heap_bytes(&self) -> usize {
        size_of_val(&**self)
    }
}

/// One account's address book at one revision.
#[derive(Debug, Clone, Default)]
pub struct Book {
    pub(crate) revision: Revision,
    pub(crate) contacts: ChunkList,
    pub(crate) organizations: Table<Organization>,
    pub(crate) groups: Table<Group>,
    pub(crate) employees: Table<Arc<EmployeeRow>>,
    pub(crate) blacklist: Table<BlacklistNumber>,
    /// Remembered deletions: the revision that deleted a contact, and the id of the contact.
    pub(crate) deleted: PairIndex,
    /// Deletions up to and including this revision are not remembered.
    pub(crate) forgotten: Revision,
    /// The distinct sets of groups that contacts belong to.
    pub(crate) group_sets: Table<GroupSet>,
    /// Packed phone numbers and ids of the contacts that have them.
    pub(crate) phones: PairIndex,
    /// E-mail addresses and ids of the contacts that have them.
    pub(crate) mails: MailIndex,
    /// Ids of organizations and ids of their contacts.
    pub(crate) members: PairIndex,
    /// Hashes of names of organizations and their slots; empty if there are few organizations.
    pub(crate) organization_names: PairIndex,
    /// The names of organizations for searches, if there was one.
    pub(crate) organization_texts: OrganizationTexts,
    /// Incremented by every change of an organization, an employee or a group.
    pub(crate) names_version: u64,
    /// The index of names, if there is one.
    pub(crate) name_indexes: NameIndexes,
    /// The index of the last digits of numbers, if there is one.
    pub(crate) number_indexes: NumberIndexes,
    /// Sorted lists of members, as far as they have been asked for.
    pub(crate) member_lists: MemberLists,
}

impl Book {
    /// Deletions up to and including this revision are not remembered.
    pub fn forgotten(&self) -> Revision {
        self.forgotten
    }

    /// The number of changes committed to the book.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Incremented by every change of an organization, an employee or a group: while it is the same, the contacts of an
    /// unchanged chunk show unchanged names. Comparable only between snapshots that share the chunk.
    pub fn names_version(&self) -> u64 {
        self.names_version
    }

    /// The chunk with this index, as named by a page; equal pointers mean equal contacts.
    pub fn chunk(&self, index: usize) -> &Arc<Chunk> {
        &self.contacts.chunks[index]
    }

    /// The number of contacts.
    pub fn contacts_len(&self) -> usize {
        self.contacts.len()
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

    /// The entries of the blacklist.
    pub fn blacklist(&self) -> impl Iterator<Item = &BlacklistNumber> {
        self.blacklist.iter().map(|(_, number)| number)
    }

    /// The number of entries of the blacklist.
    pub fn blacklist_len(&self) -> usize {
        self.blacklist.len()
    }

    /// Computes the sort keys of every contact, which the first sorted query would compute otherwise; ends early if the
    /// runner stops. A book of one chunk is left to that query: it takes no time there, and no memory if none comes.
    pub fn warm_sort_keys(&self, runner: &dyn Runner) {
        if self.contacts.chunks.len() <= 1 {
            return;
        }
        for chunk in self.contacts.chunks.iter().take_while(|_| runner.should_continue()) {
            chunk.keys();
        }
    }

    /// Bytes of memory that the book takes, within a few per cent. What a writer keeps beside it is not included.
    pub fn bytes(&self) -> usize {
        let chunks: usize = self.contacts.chunks.iter().map(|chunk| chunk.bytes()).sum();
        chunks
            + self.organizations.bytes()
            + self.groups.bytes()
            + self.employees.bytes()
            + self.group_sets.bytes()
            + self.blacklist.bytes()
            + self.phones.bytes()
            + self.mails.bytes()
            + self.members.bytes()
            + self.deleted.bytes()
            + self.organization_names.bytes()
            + self.name_indexes.bytes()
            + self.number_indexes.bytes()
            + self.organization_texts.bytes()
            + self.member_lists.bytes()
    }
}

/// The contacts of a book: chunks in ascending order of ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChunkList {
    pub(crate) chunks: Vec<Arc<Chunk>>,
    /// The smallest id of each chunk.
    pub(crate) firsts: Vec<u64>,
    /// The number of contacts before each chunk, then the number of all contacts.
    pub(crate) starts: Vec<usize>,
}

impl ChunkList {
    pub(crate) fn from_chunks(chunks: Vec<Arc<Chunk>>) -> Self {
        let mut contacts = Self { chunks, ..Self::default() };
        contacts.recount();
        contacts
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Pairs of organization id and contact id for all contacts with an organization.
    pub(crate) fn members(&self, organizations: &Table<Organization>) -> PairIndex {
        let mut contacts_of_slot = vec![Vec::new(); organizations.slots()];
        for chunk in &self.chunks {
            for (id, link) in chunk.ids.iter().zip(&chunk.organizations) {
                link.slot().into_iter().for_each(|slot| contacts_of_slot[slot].push(*id));
            }
        }
        let mut by_id: Vec<_> = organizations.iter().map(|(slot, row)| (row.id.number(), slot)).collect();
        by_id.sort_unstable();
        let members = |(id, slot): (u64, usize)| contacts_of_slot[slot].iter().map(move |contact| (id, *contact));
        PairIndex::from_sorted(&by_id.into_iter().flat_map(members).collect::<Vec<_>>())
    }

    /// Chunk and row of the contact with this id.
    pub(crate) fn find(&self, id: u64) -> Option<(usize, usize)> {
        let chunk = self.chunk_of(id)?;
        self.chunks[chunk].find_from(self.firsts[chunk], id).ok().map(|row| (chunk, row))
    }

    /// The same, faster if the contact is in the chunk `near`.
    pub(crate) fn find_near(&self, near: usize, id: u64) -> Option<(usize, usize)> {
        let is_near = self.firsts.get(near).is_some_and(|first| *first <= id)
            && self.firsts.get(near + 1).is_none_or(|next| id < *next);
        if !is_near {
            return self.find(id);
        }
        self.chunks[near].find_from(self.firsts[near], id).ok().map(|row| (near, row))
    }

    /// The chunk that contains the id, or would contain it.
    pub(crate) fn chunk_of(&self, id: u64) -> Option<usize> {
        (!self.chunks.is_empty()).then(|| self.firsts.partition_point(|first| *first <= id).saturating_sub(1))
    }

    /// Chunk and row of the contact with `rank` contacts before it.
    pub(crate) fn at_rank(&self, rank: usize) -> Option<(usize, usize)> {
        (rank < self.len()).then(|| {
            let chunk = self.starts.partition_point(|start| *start <= rank) - 1;
            (chunk, rank - self.starts[chunk])
        })
    }

    /// The highest id; 0 if there is no contact.
    pub(crate) fn highest_id(&self) -> u64 {
        self.chunks.last().and_then(|chunk| chunk.ids.last().copied()).unwrap_or(0)
    }

    /// Derives `firsts` and `starts` from the chunks.
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
