//! Where a book is changed: the present state, and what only a writer needs to know about it.
//!
//! There is one desk per book, and one change at a time. [`BookWriter::apply`] cannot fail: whatever could be
//! wrong was judged before. Readers get [`BookWriter::snapshot`]s. How contacts are laid into chunks stands in
//! [`super::contacts`].

use std::collections::HashMap;
use std::sync::Arc;

use super::chunk::{Chunk, Link, Links};
use super::contacts::Membership;
use super::places::Places;
use super::{Book, EmployeeRow, GroupSet};
use crate::blacklist::BlacklistNumber;
use crate::change::{Change, Effect};
use crate::contact::ContactDraft;
use crate::employee::Employee;
use crate::group::Group;
use crate::id::{BlacklistId, EmployeeId, GroupId, OrganizationId, Revision};
use crate::organization::Organization;
use crate::text::{Name, Phone};

/// How many deletions a book remembers unless it is told otherwise.
pub const DELETIONS_KEPT: usize = 100_000;

/// A book and the look-ups of its writer.
#[derive(Debug, Clone)]
pub struct BookWriter {
    pub(super) book: Book,
    pub(super) organizations: Places<OrganizationId>,
    organization_names: HashMap<Name, OrganizationId>,
    pub(super) groups: Places<GroupId>,
    group_names: HashMap<Name, GroupId>,
    pub(super) employees: Places<EmployeeId>,
    pub(super) blacklist: Places<BlacklistId>,
    blacklisted: HashMap<Phone, BlacklistId>,
    sets: HashMap<GroupSet, u32>,
    /// How many contacts have each set; a set that nobody has gives its place back.
    set_users: Vec<u32>,
    free_sets: Vec<u32>,
    /// How many contacts each organization has, by place.
    organization_users: Vec<u32>,
    /// How many contacts each employee looks after, by place.
    manager_users: Vec<u32>,
    /// Beyond so many deletions the oldest are forgotten.
    deletions_kept: usize,
}

impl Default for BookWriter {
    fn default() -> Self {
        Self::of(Book::default())
    }
}

impl BookWriter {
    /// The desk of a book.
    pub fn of(book: Book) -> Self {
        let mut desk = Self {
            organizations: Places::of(&book.organizations, |organization| organization.id),
            organization_names: book.organizations().map(|have| (have.name.clone(), have.id)).collect(),
            groups: Places::of(&book.groups, |group| group.id),
            group_names: book.groups().map(|have| (have.name.clone(), have.id)).collect(),
            employees: Places::of(&book.employees, |known| known.employee.id),
            blacklist: Places::of(&book.blacklist, |number| number.id),
            blacklisted: book.blacklist().map(|have| (have.entry.phone, have.id)).collect(),
            sets: book.group_sets.iter().map(|(place, set)| (set.clone(), place as u32)).collect(),
            set_users: vec![0; book.group_sets.places()],
            free_sets: (0..book.group_sets.places() as u32)
                .filter(|place| book.group_sets.at(*place as usize).is_none())
                .collect(),
            organization_users: Vec::new(),
            manager_users: Vec::new(),
            deletions_kept: DELETIONS_KEPT,
            book: Book::default(),
        };
        for chunk in &book.contacts.chunks {
            chunk.groups.iter().filter_map(|link| link.place()).for_each(|place| desk.set_users[place] += 1);
            chunk.organizations.iter().for_each(|link| count(&mut desk.organization_users, *link));
            chunk.managers.iter().for_each(|link| count(&mut desk.manager_users, *link));
        }
        desk.book = book;
        desk
    }

    /// The same desk, which remembers so many deletions.
    #[must_use]
    pub fn keeping_deletions(mut self, kept: usize) -> Self {
        self.deletions_kept = kept;
        self
    }

    /// How many deletions it remembers.
    pub fn deletions_kept(&self) -> usize {
        self.deletions_kept
    }

    /// The present state.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The present state, to be kept by readers.
    pub fn snapshot(&self) -> Arc<Book> {
        Arc::new(self.book.clone())
    }

    /// The organization of this name.
    pub fn organization_named(&self, name: &Name) -> Option<OrganizationId> {
        self.organization_names.get(name).copied()
    }

    /// The group of this name.
    pub fn group_named(&self, name: &Name) -> Option<GroupId> {
        self.group_names.get(name).copied()
    }

    /// The group with this id.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.book.groups.at(self.groups.find(&id)? as usize)
    }

    /// The organization with this id.
    pub fn organization(&self, id: OrganizationId) -> Option<&Organization> {
        self.book.organizations.at(self.organizations.find(&id)? as usize)
    }

    /// The employee with this id.
    pub fn employee(&self, id: EmployeeId) -> Option<&Employee> {
        self.book.employees.at(self.employees.find(&id)? as usize).map(|known| &known.employee)
    }

    /// The number on the blacklist with this id.
    pub fn blacklist_number(&self, id: BlacklistId) -> Option<&BlacklistNumber> {
        self.book.blacklist.at(self.blacklist.find(&id)? as usize)
    }

    /// Whether this number is on the blacklist.
    pub fn is_blacklisted(&self, phone: Phone) -> bool {
        self.blacklisted.contains_key(&phone)
    }

    /// How many contacts have the organization.
    pub fn contacts_of_organization(&self, id: OrganizationId) -> u32 {
        users(&self.organization_users, self.organizations.find(&id))
    }

    /// How many contacts the employee looks after.
    pub fn contacts_of_manager(&self, id: EmployeeId) -> u32 {
        users(&self.manager_users, self.employees.find(&id))
    }

    /// Follows a change that was decided on this very state.
    pub fn apply(&mut self, change: &Change) {
        assert_eq!(change.decided_on, self.book.revision, "a change is applied to the state that it was decided on");
        let revision = change.revision();
        for effects in change.effects.chunk_by(|before, after| before.is_of_contact() && after.is_of_contact()) {
            match &effects[0] {
                Effect::PutContact(_) | Effect::DropContact(_) => self.follow_contacts(effects, revision),
                effect => self.follow(effect, revision),
            }
        }
        self.book.revision = revision;
    }

    /// Follows what others have made of the book since its present revision: what is different now, each with the
    /// revision that made it so, and the revision that the book has come to.
    ///
    /// The steps may come in any order in which nothing points to what is not there yet or no more.
    pub fn catch_up(&mut self, steps: &[(Revision, Effect)], to: Revision) {
        for run in
            steps.chunk_by(|before, after| before.0 == after.0 && before.1.is_of_contact() && after.1.is_of_contact())
        {
            let (revision, effect) = &run[0];
            if run.len() == 1 {
                self.follow(effect, *revision);
            } else {
                let effects: Vec<Effect> = run.iter().map(|(_, effect)| effect.clone()).collect();
                self.follow_contacts(&effects, *revision);
            }
        }
        self.book.revision = to;
    }

    fn follow(&mut self, effect: &Effect, revision: Revision) {
        match effect {
            Effect::PutOrganization(organization) => self.put_organization(organization, revision),
            Effect::DropOrganization(id) => self.drop_organization(*id),
            Effect::PutGroup(group) => self.put_group(group, revision),
            Effect::DropGroup(id) => self.drop_group(*id),
            Effect::PutEmployee(employee) => self.put_employee(employee, revision),
            Effect::DropEmployee(id) => self.drop_employee(*id),
            Effect::PutBlacklistNumber(number) => self.put_blacklist_number(number, revision),
            Effect::DropBlacklistNumber(id) => self.drop_blacklist_number(*id),
            Effect::JoinGroup(group, contacts) => self.regroup(contacts, *group, Membership::Joined, revision),
            Effect::LeaveGroup(group, contacts) => self.regroup(contacts, *group, Membership::Left, revision),
            Effect::ForgetDeletions(until) => self.forget_deletions(*until),
            Effect::PutContact(_) | Effect::DropContact(_) => {
                self.follow_contacts(std::slice::from_ref(effect), revision);
            }
        }
    }

    fn put_organization(&mut self, organization: &Organization, revision: Revision) {
        let place = self.organizations.take(organization.id);
        if let Some(old) = self.book.organizations.at(place) {
            release(&mut self.organization_names, &old.name, organization.id);
        }
        self.organization_names.insert(organization.name.clone(), organization.id);
        self.book.organizations.put(place, organization.clone(), revision.0);
        self.book.names_version += 1;
    }

    fn drop_organization(&mut self, id: OrganizationId) {
        let Some(place) = self.organizations.release(&id) else {
            return;
        };
        if let Some(old) = self.book.organizations.at(place) {
            release(&mut self.organization_names, &old.name, id);
        }
        self.book.organizations.clear(place);
        self.book.names_version += 1;
    }

    fn put_group(&mut self, group: &Group, revision: Revision) {
        let place = self.groups.take(group.id);
        if let Some(old) = self.book.groups.at(place) {
            release(&mut self.group_names, &old.name, group.id);
        }
        self.group_names.insert(group.name.clone(), group.id);
        self.book.groups.put(place, group.clone(), revision.0);
        self.book.names_version += 1;
    }

    fn drop_group(&mut self, id: GroupId) {
        let Some(place) = self.groups.release(&id) else {
            return;
        };
        if let Some(old) = self.book.groups.at(place) {
            release(&mut self.group_names, &old.name, id);
        }
        self.book.groups.clear(place);
        self.book.names_version += 1;
    }

    fn put_employee(&mut self, employee: &Employee, revision: Revision) {
        let place = self.employees.take(employee.id);
        self.book.employees.put(place, Arc::new(EmployeeRow::of(employee.clone())), revision.0);
        self.book.names_version += 1;
    }

    fn drop_employee(&mut self, id: EmployeeId) {
        if let Some(place) = self.employees.release(&id) {
            self.book.employees.clear(place);
            self.book.names_version += 1;
        }
    }

    fn put_blacklist_number(&mut self, number: &BlacklistNumber, revision: Revision) {
        let place = self.blacklist.take(number.id);
        if let Some(old) = self.book.blacklist.at(place) {
            release(&mut self.blacklisted, &old.entry.phone, number.id);
        }
        self.blacklisted.insert(number.entry.phone, number.id);
        self.book.blacklist.put(place, number.clone(), revision.0);
    }

    fn drop_blacklist_number(&mut self, id: BlacklistId) {
        let Some(place) = self.blacklist.release(&id) else {
            return;
        };
        if let Some(old) = self.book.blacklist.at(place) {
            release(&mut self.blacklisted, &old.entry.phone, id);
        }
        self.book.blacklist.clear(place);
    }

    fn forget_deletions(&mut self, until: Revision) {
        let forgotten: Vec<_> = self.book.deleted.from((0, 0)).take_while(|pair| pair.0 <= until.0).collect();
        forgotten.into_iter().for_each(|pair| self.book.deleted.remove(pair));
        self.book.forgotten = self.book.forgotten.max(until);
    }

    /// Takes a contact out of the indexes and out of all counts.
    pub(super) fn forget(&mut self, chunk: &Chunk, place: usize) {
        for phone in chunk.phones_of(place) {
            self.book.phones.remove((*phone, chunk.id(place)));
        }
        let links = chunk.links(place);
        if let Some(organization) = links.organization.place().and_then(|at| self.book.organizations.at(at)) {
            self.book.members.remove((organization.id.number(), chunk.id(place)));
        }
        self.release_set(links.groups);
        discount(&mut self.organization_users, links.organization);
        discount(&mut self.manager_users, links.manager);
    }

    /// Where a contact points to; it counts from now on.
    pub(super) fn links(&mut self, draft: &ContactDraft) -> Links {
        const PROOF: &str = "a change that names something is decided on a book that has it";
        let link = |place: Option<u32>| Link::to(place.expect(PROOF));
        let organization = draft.organization.map(|id| link(self.organizations.find(&id)));
        let manager = draft.manager.map(|id| link(self.employees.find(&id)));
        let links = Links {
            organization: organization.unwrap_or_default(),
            manager: manager.unwrap_or_default(),
            groups: self.take_set(&draft.groups),
        };
        count(&mut self.organization_users, links.organization);
        count(&mut self.manager_users, links.manager);
        links
    }

    pub(super) fn take_set(&mut self, groups: &[GroupId]) -> Link {
        if groups.is_empty() {
            return Link::NONE;
        }
        let set: GroupSet = groups.iter().filter_map(|id| self.groups.find(id)).collect();
        if let Some(place) = self.sets.get(&set) {
            self.set_users[*place as usize] += 1;
            return Link::to(*place);
        }
        let place = self.free_sets.pop().unwrap_or(self.book.group_sets.places() as u32);
        self.book.group_sets.put(place as usize, set.clone(), 0);
        self.sets.insert(set, place);
        if place as usize == self.set_users.len() {
            self.set_users.push(0);
        }
        self.set_users[place as usize] = 1;
        Link::to(place)
    }

    /// One contact more has this set.
    pub(super) fn share_set(&mut self, link: Link) -> Link {
        if let Some(place) = link.place() {
            self.set_users[place] += 1;
        }
        link
    }

    pub(super) fn release_set(&mut self, link: Link) {
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

/// Frees a key that stands for this thing; it may stand for another one already.
fn release<K: std::hash::Hash + Eq, Id: PartialEq>(owners: &mut HashMap<K, Id>, key: &K, id: Id) {
    if owners.get(key) == Some(&id) {
        owners.remove(key);
    }
}

fn count(users: &mut Vec<u32>, link: Link) {
    if let Some(place) = link.place() {
        if place >= users.len() {
            users.resize(place + 1, 0);
        }
        users[place] += 1;
    }
}

fn discount(users: &mut [u32], link: Link) {
    if let Some(place) = link.place() {
        users[place] -= 1;
    }
}

fn users(users: &[u32], place: Option<u32>) -> u32 {
    place.and_then(|place| users.get(place as usize)).copied().unwrap_or(0)
}
