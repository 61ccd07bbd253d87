//! Where a book is changed: the present state, and what only a writer needs to know about it.
//!
//! There is one desk per book, and one change at a time. [`Desk::apply`] cannot fail: whatever could be
//! wrong was judged before the change was made durable. Readers get [`Desk::snapshot`]s.

use std::collections::HashMap;
use std::sync::Arc;

use super::chunk::{Chunk, Link, Links};
use super::{Book, GroupSet, KnownEmployee};
use crate::change::{Change, Effect};
use crate::contact::{Contact, ContactDraft};
use crate::employee::Employee;
use crate::group::Group;
use crate::id::{ContactId, EmployeeId, GroupId, OrganizationId};
use crate::organization::Organization;
use crate::text::Name;

/// A book and the look-ups of its writer.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    book: Book,
    organization_places: HashMap<OrganizationId, u32>,
    organization_names: HashMap<Name, OrganizationId>,
    group_places: HashMap<GroupId, u32>,
    group_names: HashMap<Name, GroupId>,
    employee_places: HashMap<EmployeeId, u32>,
    sets: HashMap<GroupSet, u32>,
    /// How many contacts have each set; a set that nobody has gives its place back.
    set_users: Vec<u32>,
    free_sets: Vec<u32>,
}

impl Desk {
    /// The desk of a book.
    pub fn of(book: Book) -> Self {
        let mut desk = Self {
            organization_places: places(&book.organizations, |organization| organization.id),
            organization_names: book.organizations().map(|have| (have.name.clone(), have.id)).collect(),
            group_places: places(&book.groups, |group| group.id),
            group_names: book.groups().map(|have| (have.name.clone(), have.id)).collect(),
            employee_places: places(&book.employees, |known| known.employee.id),
            sets: book.group_sets.iter().map(|(place, set)| (set.clone(), place as u32)).collect(),
            set_users: vec![0; book.group_sets.places()],
            free_sets: Vec::new(),
            book: Book::default(),
        };
        for link in book.contacts.chunks.iter().flat_map(|chunk| &chunk.groups) {
            if let Some(place) = link.place() {
                desk.set_users[place] += 1;
            }
        }
        desk.book = book;
        desk
    }

    /// The present state.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The present state, to be kept by readers.
    pub fn snapshot(&self) -> Arc<Book> {
        Arc::new(self.book.clone())
    }

    /// Whether the book has this organization.
    pub fn has_organization(&self, id: OrganizationId) -> bool {
        self.organization_places.contains_key(&id)
    }

    /// Whether the book has this employee.
    pub fn has_employee(&self, id: EmployeeId) -> bool {
        self.employee_places.contains_key(&id)
    }

    /// Whether the book has this group.
    pub fn has_group(&self, id: GroupId) -> bool {
        self.group_places.contains_key(&id)
    }

    /// The organization of this name.
    pub fn organization_named(&self, name: &Name) -> Option<OrganizationId> {
        self.organization_names.get(name).copied()
    }

    /// The group of this name.
    pub fn group_named(&self, name: &Name) -> Option<GroupId> {
        self.group_names.get(name).copied()
    }

    /// Follows a change that was decided on this very state.
    pub fn apply(&mut self, change: &Change) {
        assert_eq!(change.decided_on, self.book.revision, "a change is applied to the state that it was decided on");
        for effect in &change.effects {
            if !matches!(effect, Effect::PutContact(_) | Effect::DropContact(_)) {
                self.book.names_version += 1;
            }
            match effect {
                Effect::PutContact(contact) => self.put_contact(contact),
                Effect::DropContact(id) => self.drop_contact(*id),
                Effect::PutOrganization(organization) => self.put_organization(organization),
                Effect::DropOrganization(id) => self.drop_organization(*id),
                Effect::PutGroup(group) => self.put_group(group),
                Effect::DropGroup(id) => self.drop_group(*id),
                Effect::PutEmployee(employee) => self.put_employee(employee),
                Effect::DropEmployee(id) => self.drop_employee(*id),
            }
        }
        self.book.revision = change.revision();
    }

    fn put_organization(&mut self, organization: &Organization) {
        let place = place_for(&mut self.organization_places, organization.id, self.book.organizations.places());
        if let Some(old) = self.book.organizations.at(place) {
            self.organization_names.remove(&old.name);
        }
        self.organization_names.insert(organization.name.clone(), organization.id);
        self.book.organizations.put(place, organization.clone());
    }

    fn drop_organization(&mut self, id: OrganizationId) {
        let Some(place) = self.organization_places.remove(&id) else {
            return;
        };
        if let Some(old) = self.book.organizations.at(place as usize) {
            self.organization_names.remove(&old.name);
        }
        self.book.organizations.clear(place as usize);
    }

    fn put_group(&mut self, group: &Group) {
        let place = place_for(&mut self.group_places, group.id, self.book.groups.places());
        if let Some(old) = self.book.groups.at(place) {
            self.group_names.remove(&old.name);
        }
        self.group_names.insert(group.name.clone(), group.id);
        self.book.groups.put(place, group.clone());
    }

    fn drop_group(&mut self, id: GroupId) {
        let Some(place) = self.group_places.remove(&id) else {
            return;
        };
        if let Some(old) = self.book.groups.at(place as usize) {
            self.group_names.remove(&old.name);
        }
        self.book.groups.clear(place as usize);
    }

    fn put_employee(&mut self, employee: &Employee) {
        let place = place_for(&mut self.employee_places, employee.id, self.book.employees.places());
        let known = KnownEmployee { employee: employee.clone(), full_name: employee.full_name().into() };
        self.book.employees.put(place, Arc::new(known));
    }

    fn drop_employee(&mut self, id: EmployeeId) {
        if let Some(place) = self.employee_places.remove(&id) {
            self.book.employees.clear(place as usize);
        }
    }

    fn put_contact(&mut self, contact: &Contact) {
        let links = self.links(&contact.draft);
        match self.book.contacts.find(contact.id.number()) {
            Some((chunk, place)) => self.replace_contact(chunk, place, contact, links),
            None => self.insert_contact(contact, links),
        }
        for phone in contact.draft.phones.as_slice() {
            self.book.phones.insert((phone.packed(), contact.id.number()));
        }
    }

    fn insert_contact(&mut self, contact: &Contact, links: Links) {
        let id = contact.id.number();
        let contacts = &mut self.book.contacts;
        let newest = contacts.chunks.last().and_then(|chunk| chunk.ids.last()).is_none_or(|last| *last < id);
        if newest {
            if !contacts.chunks.last().is_some_and(|chunk| chunk.has_room()) {
                let before = contacts.len();
                if let Some(full) = contacts.chunks.last_mut() {
                    Arc::make_mut(full).shrink();
                }
                contacts.chunks.push(Arc::new(Chunk::default()));
                contacts.firsts.push(id);
                contacts.starts.insert(contacts.starts.len().saturating_sub(1), before);
                if contacts.starts.len() == 1 {
                    contacts.starts.push(0);
                }
            }
            let last = contacts.chunks.last_mut().expect("one was pushed above if there was none");
            Arc::make_mut(last).push_draft(id, &contact.draft, links);
            *contacts.starts.last_mut().expect("as many as chunks, and one more") += 1;
            return;
        }
        let chunk = contacts.chunk_of(id).expect("there is a newer contact");
        let place = contacts.chunks[chunk].find(id).expect_err("whoever is there is replaced, not inserted");
        self.rebuild(chunk, place, place, Some((id, &contact.draft, links)));
    }

    fn replace_contact(&mut self, chunk: usize, place: usize, contact: &Contact, links: Links) {
        self.forget(chunk, place);
        self.rebuild(chunk, place, place + 1, Some((contact.id.number(), &contact.draft, links)));
    }

    fn drop_contact(&mut self, id: ContactId) {
        let Some((chunk, place)) = self.book.contacts.find(id.number()) else {
            return;
        };
        self.forget(chunk, place);
        self.rebuild(chunk, place, place + 1, None);
    }

    /// Takes a contact's phones out of the index and its set of groups out of the count.
    fn forget(&mut self, chunk: usize, place: usize) {
        let chunk = self.book.contacts.chunks[chunk].clone();
        for phone in chunk.phones_of(place) {
            self.book.phones.remove((*phone, chunk.id(place)));
        }
        self.release_set(chunk.links(place).groups);
    }

    /// Makes a chunk anew: what stands before `from`, the new contact, what stands from `to` on.
    fn rebuild(&mut self, at: usize, from: usize, to: usize, new: Option<(u64, &ContactDraft, Links)>) {
        let old = self.book.contacts.chunks[at].clone();
        let mut fresh = Chunk::default();
        fresh.extend(&old, 0..from);
        if let Some((id, draft, links)) = new {
            fresh.push_draft(id, draft, links);
        }
        fresh.extend(&old, to..old.len());
        fresh.shrink();
        let contacts = &mut self.book.contacts;
        if fresh.len() > super::chunk::CHUNK_CONTACTS_MAX {
            let middle = fresh.len() / 2;
            let (mut lower, mut upper) = (Chunk::default(), Chunk::default());
            lower.extend(&fresh, 0..middle);
            upper.extend(&fresh, middle..fresh.len());
            contacts.chunks.splice(at..=at, [Arc::new(lower), Arc::new(upper)]);
        } else if fresh.is_empty() {
            contacts.chunks.remove(at);
        } else {
            contacts.chunks[at] = Arc::new(fresh);
            if old.len() == contacts.chunks[at].len() {
                return;
            }
        }
        contacts.recount();
    }

    fn links(&mut self, draft: &ContactDraft) -> Links {
        let organization = draft.organization.map(|id| self.organization_places[&id]);
        let manager = draft.manager.map(|id| self.employee_places[&id]);
        Links {
            organization: organization.map_or(Link::NONE, Link::to),
            manager: manager.map_or(Link::NONE, Link::to),
            groups: self.take_set(&draft.groups),
        }
    }

    fn take_set(&mut self, groups: &[GroupId]) -> Link {
        if groups.is_empty() {
            return Link::NONE;
        }
        let set: GroupSet = groups.iter().map(|id| self.group_places[id]).collect();
        if let Some(place) = self.sets.get(&set) {
            self.set_users[*place as usize] += 1;
            return Link::to(*place);
        }
        let place = self.free_sets.pop().unwrap_or(self.book.group_sets.places() as u32);
        self.book.group_sets.put(place as usize, set.clone());
        self.sets.insert(set, place);
        if place as usize == self.set_users.len() {
            self.set_users.push(0);
        }
        self.set_users[place as usize] = 1;
        Link::to(place)
    }

    fn release_set(&mut self, link: Link) {
        let Some(place) = link.place() else { return };
        self.set_users[place] -= 1;
        if self.set_users[place] == 0 {
            if let Some(set) = self.book.group_sets.at(place) {
                self.sets.remove(set);
            }
            self.book.group_sets.clear(place);
            self.free_sets.push(place as u32);
        }
    }
}

fn places<T: Clone, Id: std::hash::Hash + Eq>(
    table: &super::table::Table<T>,
    id: impl Fn(&T) -> Id,
) -> HashMap<Id, u32> {
    table.iter().map(|(place, thing)| (id(thing), place as u32)).collect()
}

fn place_for<Id: std::hash::Hash + Eq>(places: &mut HashMap<Id, u32>, id: Id, next: usize) -> usize {
    *places.entry(id).or_insert(next as u32) as usize
}
