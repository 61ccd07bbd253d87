//! The writer of a book: applies changes and maintains the indexes that only changes need.
//!
//! A book has one writer, which applies one change at a time. [`BookWriter::apply`] cannot fail: all rules are checked
//! when a command is decided. Readers get a [`BookWriter::snapshot`]. Changes of contacts are applied in
//! [`super::contacts`].

use std::collections::HashMap;
use std::sync::Arc;

use super::chunk::{Chunk, Link, Links};
use super::slots::SlotMap;
use super::{Book, EmployeeRow, GroupSet};
use crate::blacklist::BlacklistNumber;
use crate::change::{Change, Effect, MembershipChange};
use crate::contact::ContactDraft;
use crate::employee::Employee;
use crate::group::Group;
use crate::id::{BlacklistId, EmployeeId, GroupId, OrganizationId, Revision};
use crate::organization::Organization;
use crate::text::{Name, Phone};

/// Default number of deletions that a book remembers.
pub const DELETIONS_KEPT: usize = 100_000;

/// A book and the indexes of its writer.
#[derive(Debug, Clone)]
pub struct BookWriter {
    pub(super) book: Book,
    pub(super) organizations: SlotMap<OrganizationId>,
    organization_names: HashMap<Name, OrganizationId>,
    pub(super) groups: SlotMap<GroupId>,
    group_names: HashMap<Name, GroupId>,
    pub(super) employees: SlotMap<EmployeeId>,
    pub(super) blacklist: SlotMap<BlacklistId>,
    blacklisted: HashMap<Phone, BlacklistId>,
    sets: HashMap<GroupSet, u32>,
    /// The number of contacts with each set of groups, by slot; the slot of an unused set is freed.
    set_users: Vec<u32>,
    free_sets: Vec<u32>,
    /// The number of contacts of each organization, by slot.
    organization_users: Vec<u32>,
    /// The number of contacts of each personal manager, by slot.
    manager_users: Vec<u32>,
    /// Maximum number of remembered deletions.
    deletions_kept: usize,
}

impl Default for BookWriter {
    fn default() -> Self {
        Self::of(Book::default())
    }
}

impl BookWriter {
    /// A writer of this book; builds the indexes.
    pub fn of(book: Book) -> Self {
        let mut writer = Self {
            organizations: SlotMap::of(&book.organizations, |organization| organization.id),
            organization_names: book.organizations().map(|row| (row.name.clone(), row.id)).collect(),
            groups: SlotMap::of(&book.groups, |group| group.id),
            group_names: book.groups().map(|row| (row.name.clone(), row.id)).collect(),
            employees: SlotMap::of(&book.employees, |row| row.employee.id),
            blacklist: SlotMap::of(&book.blacklist, |number| number.id),
            blacklisted: book.blacklist().map(|row| (row.entry.phone, row.id)).collect(),
            sets: book.group_sets.iter().map(|(slot, set)| (set.clone(), slot as u32)).collect(),
            set_users: vec![0; book.group_sets.slots()],
            free_sets: (0..book.group_sets.slots() as u32)
                .filter(|slot| book.group_sets.at(*slot as usize).is_none())
                .collect(),
            organization_users: Vec::new(),
            manager_users: Vec::new(),
            deletions_kept: DELETIONS_KEPT,
            book: Book::default(),
        };
        for chunk in &book.contacts.chunks {
            chunk.groups.iter().filter_map(|link| link.slot()).for_each(|slot| writer.set_users[slot] += 1);
            chunk.organizations.iter().for_each(|link| increment(&mut writer.organization_users, *link));
            chunk.managers.iter().for_each(|link| increment(&mut writer.manager_users, *link));
        }
        writer.book = book;
        writer
    }

    /// Sets the maximum number of remembered deletions.
    #[must_use]
    pub fn keeping_deletions(mut self, kept: usize) -> Self {
        self.deletions_kept = kept;
        self
    }

    /// Maximum number of remembered deletions.
    pub fn deletions_kept(&self) -> usize {
        self.deletions_kept
    }

    /// The current state.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// A snapshot of the current state for readers.
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
        self.book.employees.at(self.employees.find(&id)? as usize).map(|row| &row.employee)
    }

    /// The entry of the blacklist with this id.
    pub fn blacklist_number(&self, id: BlacklistId) -> Option<&BlacklistNumber> {
        self.book.blacklist.at(self.blacklist.find(&id)? as usize)
    }

    /// Whether this number is on the blacklist.
    pub fn is_blacklisted(&self, phone: Phone) -> bool {
        self.blacklisted.contains_key(&phone)
    }

    /// The number of contacts of the organization.
    pub fn contacts_of_organization(&self, id: OrganizationId) -> u32 {
        count(&self.organization_users, self.organizations.find(&id))
    }

    /// The number of contacts whose personal manager is the employee.
    pub fn contacts_of_manager(&self, id: EmployeeId) -> u32 {
        count(&self.manager_users, self.employees.find(&id))
    }

    /// Applies a change that was decided on the current state.
    ///
    /// # Panics
    ///
    /// The change was decided on another revision.
    pub fn apply(&mut self, change: &Change) {
        assert_eq!(change.decided_on, self.book.revision, "a change is applied to the state that it was decided on");
        let revision = change.revision();
        for effects in change.effects.chunk_by(|before, after| before.is_of_contact() && after.is_of_contact()) {
            match &effects[0] {
                Effect::PutContact(_) | Effect::DropContact(_) => self.apply_to_contacts(effects, revision),
                effect => self.apply_effect(effect, revision),
            }
        }
        self.end_change(revision);
    }

    /// Applies the changes that other servers have committed since the current revision: new states of records, each
    /// with the revision of its change, and the revision of the book after them.
    ///
    /// The steps may come in any order in which no record refers to one that does not exist.
    pub fn catch_up(&mut self, steps: &[(Revision, Effect)], to: Revision) {
        for group in
            steps.chunk_by(|before, after| before.0 == after.0 && before.1.is_of_contact() && after.1.is_of_contact())
        {
            let (revision, effect) = &group[0];
            if group.len() == 1 {
                self.apply_effect(effect, *revision);
            } else {
                let effects: Vec<Effect> = group.iter().map(|(_, effect)| effect.clone()).collect();
                self.apply_to_contacts(&effects, *revision);
            }
        }
        self.end_change(to);
    }

    /// Ends a change that leads to this revision.
    fn end_change(&mut self, revision: Revision) {
        let contacts = self.book.contacts_len();
        self.book.name_indexes.forget_known(revision, contacts);
        self.book.number_indexes.forget_known(revision, contacts);
        self.book.member_lists.end_change(revision);
        self.book.index_mails_when_due();
        self.book.revision = revision;
    }

    fn apply_effect(&mut self, effect: &Effect, revision: Revision) {
        match effect {
            Effect::PutOrganization(organization) => self.put_organization(organization, revision),
            Effect::DropOrganization(id) => self.drop_organization(*id),
            Effect::PutGroup(group) => self.put_group(group, revision),
            Effect::DropGroup(id) => self.drop_group(*id),
            Effect::PutEmployee(employee) => self.put_employee(employee, revision),
            Effect::DropEmployee(id) => self.drop_employee(*id),
            Effect::PutBlacklistNumber(number) => self.put_blacklist_number(number, revision),
            Effect::DropBlacklistNumber(id) => self.drop_blacklist_number(*id),
            Effect::JoinGroup(group, contacts) => {
                self.change_membership(contacts, *group, MembershipChange::Join, revision);
            }
            Effect::LeaveGroup(group, contacts) => {
                self.change_membership(contacts, *group, MembershipChange::Leave, revision);
            }
            Effect::ForgetDeletions(until) => self.forget_deletions(*until),
            Effect::PutContact(_) | Effect::DropContact(_) => {
                self.apply_to_contacts(std::slice::from_ref(effect), revision);
            }
        }
    }

    fn put_organization(&mut self, organization: &Organization, revision: Revision) {
        let slot = self.organizations.find_or_allocate(organization.id);
        let old = self.book.organizations.at(slot).map(|old| old.name.clone());
        if let Some(old) = &old {
            remove_key(&mut self.organization_names, old, organization.id);
        }
        self.organization_names.insert(organization.name.clone(), organization.id);
        self.book.organizations.put(slot, organization.clone(), revision.0);
        self.book.change_organization_name(slot, old.as_ref().map(Name::as_str), Some(organization.name.as_str()));
        self.book.names_version += 1;
    }

    fn drop_organization(&mut self, id: OrganizationId) {
        let Some(slot) = self.organizations.free(&id) else {
            return;
        };
        let old = self.book.organizations.at(slot).map(|old| old.name.clone());
        if let Some(old) = &old {
            remove_key(&mut self.organization_names, old, id);
        }
        self.book.organizations.clear(slot);
        self.book.change_organization_name(slot, old.as_ref().map(Name::as_str), None);
        self.book.names_version += 1;
    }

    fn put_group(&mut self, group: &Group, revision: Revision) {
        let slot = self.groups.find_or_allocate(group.id);
        if let Some(old) = self.book.groups.at(slot) {
            remove_key(&mut self.group_names, &old.name, group.id);
        }
        self.group_names.insert(group.name.clone(), group.id);
        self.book.groups.put(slot, group.clone(), revision.0);
        self.book.names_version += 1;
    }

    fn drop_group(&mut self, id: GroupId) {
        let Some(slot) = self.groups.free(&id) else {
            return;
        };
        if let Some(old) = self.book.groups.at(slot) {
            remove_key(&mut self.group_names, &old.name, id);
        }
        self.book.groups.clear(slot);
        self.book.names_version += 1;
    }

    fn put_employee(&mut self, employee: &Employee, revision: Revision) {
        let slot = self.employees.find_or_allocate(employee.id);
        self.book.employees.put(slot, Arc::new(EmployeeRow::new(employee.clone())), revision.0);
        self.book.names_version += 1;
    }

    fn drop_employee(&mut self, id: EmployeeId) {
        if let Some(slot) = self.employees.free(&id) {
            self.book.employees.clear(slot);
            self.book.names_version += 1;
        }
    }

    fn put_blacklist_number(&mut self, number: &BlacklistNumber, revision: Revision) {
        let slot = self.blacklist.find_or_allocate(number.id);
        if let Some(old) = self.book.blacklist.at(slot) {
            remove_key(&mut self.blacklisted, &old.entry.phone, number.id);
        }
        self.blacklisted.insert(number.entry.phone, number.id);
        self.book.blacklist.put(slot, number.clone(), revision.0);
    }

    fn drop_blacklist_number(&mut self, id: BlacklistId) {
        let Some(slot) = self.blacklist.free(&id) else {
            return;
        };
        if let Some(old) = self.book.blacklist.at(slot) {
            remove_key(&mut self.blacklisted, &old.entry.phone, id);
        }
        self.book.blacklist.clear(slot);
    }

    fn forget_deletions(&mut self, until: Revision) {
        let forgotten: Vec<_> = self.book.deleted.from((0, 0)).take_while(|pair| pair.0 <= until.0).collect();
        forgotten.into_iter().for_each(|pair| self.book.deleted.remove(pair));
        self.book.forgotten = self.book.forgotten.max(until);
    }

    /// Removes a contact from the indexes and the counts.
    pub(super) fn remove_from_indexes(&mut self, chunk: &Chunk, slot: usize) {
        for phone in chunk.phones_of(slot) {
            self.book.phones.remove((*phone, chunk.id(slot)));
        }
        for email in chunk.emails_of(slot) {
            self.book.mails.remove(email, chunk.id(slot));
        }
        let links = chunk.links(slot);
        if let Some(organization) = links.organization.slot().and_then(|at| self.book.organizations.at(at)) {
            self.book.members.remove((organization.id.number(), chunk.id(slot)));
        }
        self.release_set(links.groups);
        decrement(&mut self.organization_users, links.organization);
        decrement(&mut self.manager_users, links.manager);
    }

    /// The links of a contact, which is added to the counts.
    pub(super) fn links(&mut self, draft: &ContactDraft) -> Links {
        const PROOF: &str = "a change refers only to records of the book that it was decided on";
        let link = |slot: Option<u32>| Link::to(slot.expect(PROOF));
        let organization = draft.organization.map(|id| link(self.organizations.find(&id)));
        let manager = draft.manager.map(|id| link(self.employees.find(&id)));
        let links = Links {
            organization: organization.unwrap_or_default(),
            manager: manager.unwrap_or_default(),
            groups: self.acquire_set(&draft.groups),
        };
        increment(&mut self.organization_users, links.organization);
        increment(&mut self.manager_users, links.manager);
        links
    }

    /// The link to a set of groups, allocated if no contact has it yet; adds one contact to its count.
    pub(super) fn acquire_set(&mut self, groups: &[GroupId]) -> Link {
        if groups.is_empty() {
            return Link::NONE;
        }
        let set: GroupSet = groups.iter().filter_map(|id| self.groups.find(id)).collect();
        if let Some(slot) = self.sets.get(&set) {
            self.set_users[*slot as usize] += 1;
            return Link::to(*slot);
        }
        let slot = self.free_sets.pop().unwrap_or(self.book.group_sets.slots() as u32);
        self.book.group_sets.put(slot as usize, set.clone(), 0);
        self.sets.insert(set, slot);
        if slot as usize == self.set_users.len() {
            self.set_users.push(0);
        }
        self.set_users[slot as usize] = 1;
        Link::to(slot)
    }

    /// Adds one contact to the count of a set of groups.
    pub(super) fn share_set(&mut self, link: Link) -> Link {
        if let Some(slot) = link.slot() {
            self.set_users[slot] += 1;
        }
        link
    }

    /// Subtracts one contact from the count of a set of groups; frees a set that no contact has.
    pub(super) fn release_set(&mut self, link: Link) {
        let Some(slot) = link.slot() else { return };
        self.set_users[slot] -= 1;
        if self.set_users[slot] == 0 {
            if let Some(set) = self.book.group_sets.at(slot) {
                self.sets.remove(set);
            }
            self.book.group_sets.clear(slot);
            self.free_sets.push(slot as u32);
        }
    }
}

/// Removes the key of a record, unless it belongs to another record by now.
fn remove_key<K: std::hash::Hash + Eq, Id: PartialEq>(owners: &mut HashMap<K, Id>, key: &K, id: Id) {
    if owners.get(key) == Some(&id) {
        owners.remove(key);
    }
}

fn increment(users: &mut Vec<u32>, link: Link) {
    if let Some(slot) = link.slot() {
        if slot >= users.len() {
            users.resize(slot + 1, 0);
        }
        users[slot] += 1;
    }
}

fn decrement(users: &mut [u32], link: Link) {
    if let Some(slot) = link.slot() {
        users[slot] -= 1;
    }
}

fn count(users: &[u32], slot: Option<u32>) -> u32 {
    slot.and_then(|slot| users.get(slot as usize)).copied().unwrap_or(0)
}
