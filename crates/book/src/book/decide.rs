//! Decides commands: validates a command against the current state of a book and computes its effects.
//!
//! All rules that depend on the state of the book are here: references must exist, names must be unique, records that
//! contacts refer to cannot be deleted, the system group cannot be renamed or deleted. Deciding changes nothing.
//! Uploads are decided in [`super::bulk`].

use std::collections::{BTreeSet, HashSet};

use super::bulk;
use super::decision::{CONTACTS_MAX, Decided, Decision, ID_PROOF, IdKind, IdSource, TABLE_ROWS_MAX, reject};
use super::writer::BookWriter;
use crate::blacklist::{BlacklistEntry, BlacklistNumber};
use crate::change::{Change, Effect};
use crate::command::{
    Command, CommandError, CommandErrorKind, CommandSubject, ContactEdit, Edit, EmployeeDraft, EmployeeEdit,
    GROUPS_PER_CONTACT_MAX, Outcome, PhoneDraft,
};
use crate::contact::{Contact, ContactDraft};
use crate::employee::{Employee, EmployeePhone};
use crate::group::{Group, GroupOwner};
use crate::id::{BlacklistId, ContactId, EmployeeId, GroupId, OrganizationId, Revision};
use crate::organization::Organization;
use crate::query::field::{CONTACT, contact};
use crate::text::Name;

impl Command {
    /// Maximum number of ids of each kind that the command allocates.
    pub fn ids_needed(&self) -> Vec<(IdKind, u64)> {
        let count = |length: usize| length as u64;
        match self {
            Self::AddContacts(drafts) => vec![(IdKind::Contact, count(drafts.len()))],
            Self::Upload(uploads, _) => bulk::ids_needed(uploads),
            Self::AddOrganizations(names) => vec![(IdKind::Organization, count(names.len()))],
            Self::AddGroups(names) => vec![(IdKind::Group, count(names.len()))],
            Self::AddGroup(..) => vec![(IdKind::Group, 1)],
            Self::AddEmployees(drafts) => {
                let phones = drafts.iter().map(|draft| count(draft.phones.len())).sum();
                vec![(IdKind::Employee, count(drafts.len())), (IdKind::EmployeePhone, phones)]
            }
            Self::EditEmployee(_, EmployeeEdit { phones: Edit::Set(phones), .. }) => {
                vec![(IdKind::EmployeePhone, count(phones.len()))]
            }
            Self::AddBlacklistNumber(_) => vec![(IdKind::BlacklistNumber, 1)],
            Self::EditContact(..)
            | Self::DropContacts(_)
            | Self::RenameOrganization(..)
            | Self::DropOrganization(_)
            | Self::EditGroup(..)
            | Self::DropGroup(_)
            | Self::EditEmployee(..)
            | Self::DropEmployee(_)
            | Self::DropBlacklistNumber(_) => Vec::new(),
        }
    }
}

impl BookWriter {
    /// The change that the command makes to the book.
    ///
    /// # Errors
    ///
    /// The first rule that is violated, in the order of the command's elements.
    pub fn decide(&self, command: Command, ids: &mut impl IdSource) -> Result<Decision, CommandError> {
        let (mut effects, outcome) = match command {
            Command::AddContacts(drafts) => self.add_contacts(drafts, ids)?,
            Command::Upload(uploads, on_error) => self.upload(uploads, on_error, ids)?,
            Command::EditContact(id, edit) => without_ids(self.edit_contact(id, edit)?),
            Command::DropContacts(contacts) => without_ids(self.drop_contacts(&contacts)?),
            Command::AddOrganizations(names) => self.add_organizations(names, ids)?,
            Command::RenameOrganization(id, name) => without_ids(self.rename_organization(id, name)?),
            Command::DropOrganization(id) => without_ids(self.drop_unreferenced_organization(id)?),
            Command::AddGroups(names) => self.add_groups(names, ids)?,
            Command::AddGroup(name, members) => self.add_group(name, &members, ids)?,
            Command::EditGroup(id, name, members) => without_ids(self.edit_group(id, name, members)?),
            Command::DropGroup(id) => without_ids(self.drop_user_group(id)?),
            Command::AddEmployees(drafts) => self.add_employees(drafts, ids)?,
            Command::EditEmployee(id, edit) => without_ids(self.edit_employee(id, edit, ids)?),
            Command::DropEmployee(id) => without_ids(self.drop_unreferenced_employee(id)?),
            Command::AddBlacklistNumber(entry) => self.add_blacklist_number(entry, ids)?,
            Command::DropBlacklistNumber(id) => without_ids(self.drop_blacklist_entry(id)?),
        };
        let contacts = self.contacts_after(&effects);
        self.bound_deletions(&mut effects);
        Ok(Decision { change: Change { decided_on: self.book().revision(), contacts, effects }, outcome })
    }

    /// Number of contacts after these effects.
    fn contacts_after(&self, effects: &[Effect]) -> u64 {
        let more = |effect: &Effect| match effect {
            Effect::PutContact(contact) => i64::from(self.book().contact(contact.id).is_none()),
            Effect::DropContact(_) => -1,
            _ => 0,
        };
        let before = self.book().contacts_len() as i64;
        (before + effects.iter().map(more).sum::<i64>()).unsigned_abs()
    }

    /// Forgets the older half of the remembered deletions if their number would exceed the bound.
    fn bound_deletions(&self, effects: &mut Vec<Effect>) {
        let drops = effects.iter().filter(|effect| matches!(effect, Effect::DropContact(_))).count();
        let deleted = &self.book().deleted;
        if drops == 0 || deleted.len() + drops <= self.deletions_kept() {
            return;
        }
        let spare = (self.deletions_kept() / 2).saturating_sub(drops);
        let forgotten = deleted.len().saturating_sub(spare);
        if let Some((revision, _)) = deleted.from((0, 0)).take(forgotten).last() {
            effects.insert(0, Effect::ForgetDeletions(Revision(revision)));
        }
    }

    fn add_contacts(&self, drafts: Vec<ContactDraft>, ids: &mut impl IdSource) -> Decided {
        self.check_capacity(self.book().contacts_len(), drafts.len(), CONTACTS_MAX)?;
        for (index, draft) in drafts.iter().enumerate() {
            self.check_references(draft).map_err(|error| CommandError { index, ..error })?;
        }
        created(drafts, |draft| {
            let number = ids.next(IdKind::Contact);
            let id = ContactId::new(number).expect(ID_PROOF);
            (Effect::PutContact(Contact { id, draft }), number)
        })
    }

    pub(super) fn check_capacity(&self, present: usize, added: usize, max: u64) -> Result<(), CommandError> {
        if (present + added) as u64 > max {
            reject(CommandSubject::Count, CommandErrorKind::LimitReached(max))
        } else {
            Ok(())
        }
    }

    /// Checks that everything that a contact refers to exists.
    pub(super) fn check_references(&self, draft: &ContactDraft) -> Result<(), CommandError> {
        if let Some(id) = draft.manager.filter(|id| self.employees.find(id).is_none()) {
            return reject(CommandSubject::Manager(id), CommandErrorKind::NotFound);
        }
        if let Some(id) = draft.organization.filter(|id| self.organizations.find(id).is_none()) {
            return reject(CommandSubject::Organization(id), CommandErrorKind::NotFound);
        }
        match draft.groups.iter().find(|id| self.groups.find(id).is_none()) {
            Some(id) => reject(CommandSubject::Group(*id), CommandErrorKind::NotFound),
            None => Ok(()),
        }
    }

    fn edit_contact(&self, id: ContactId, edit: ContactEdit) -> Result<Vec<Effect>, CommandError> {
        let Some(view) = self.book().contact(id) else {
            return reject(CommandSubject::Target(id.number()), CommandErrorKind::NotFound);
        };
        let before = view.to_contact();
        if let Some(expected) = &edit.expected
            && let Some(member) = differing(&before.draft, &edited(before.draft.clone(), expected))
        {
            return reject(CommandSubject::Expected(member), CommandErrorKind::Changed);
        }
        let draft = edited(before.draft.clone(), &edit);
        self.check_references(&draft)?;
        let after = Contact { id, draft };
        Ok(if after == before { Vec::new() } else { vec![Effect::PutContact(after)] })
    }

    fn drop_contacts(&self, contacts: &[ContactId]) -> Result<Vec<Effect>, CommandError> {
        let missing = contacts.iter().position(|id| self.book().contact(*id).is_none());
        if let Some(index) = missing {
            let subject = CommandSubject::Target(contacts[index].number());
            return Err(CommandError { index, subject, kind: CommandErrorKind::NotFound });
        }
        let once: BTreeSet<ContactId> = contacts.iter().copied().collect();
        Ok(once.into_iter().map(Effect::DropContact).collect())
    }

    fn add_organizations(&self, names: Vec<Name>, ids: &mut impl IdSource) -> Decided {
        self.check_capacity(self.organizations.len(), names.len(), TABLE_ROWS_MAX)?;
        check_names(&names, |name| self.organization_named(name).is_some())?;
        created(names, |name| {
            let number = ids.next(IdKind::Organization);
            let id = OrganizationId::new(number).expect(ID_PROOF);
            (Effect::PutOrganization(Organization { id, name }), number)
        })
    }

    fn rename_organization(&self, id: OrganizationId, name: Name) -> Result<Vec<Effect>, CommandError> {
        let Some(old) = self.organization(id) else {
            return reject(CommandSubject::Target(id.number()), CommandErrorKind::NotFound);
        };
        match self.organization_named(&name) {
            Some(owner) if owner != id => return reject(CommandSubject::Name, CommandErrorKind::AlreadyExists),
            Some(_) | None => {}
        }
        let renamed = Organization { id, name };
        Ok(if renamed == *old { Vec::new() } else { vec![Effect::PutOrganization(renamed)] })
    }

    fn drop_unreferenced_organization(&self, id: OrganizationId) -> Result<Vec<Effect>, CommandError> {
        let target = CommandSubject::Target(id.number());
        if self.organization(id).is_none() {
            return reject(target, CommandErrorKind::NotFound);
        }
        if self.contacts_of_organization(id) > 0 {
            return reject(target, CommandErrorKind::Referenced);
        }
        Ok(vec![Effect::DropOrganization(id)])
    }

    fn add_groups(&self, names: Vec<Name>, ids: &mut impl IdSource) -> Decided {
        self.check_capacity(self.groups.len(), names.len(), TABLE_ROWS_MAX)?;
        check_names(&names, |name| self.group_named(name).is_some())?;
        created(names, |name| {
            let number = ids.next(IdKind::Group);
            let id = GroupId::new(number).expect(ID_PROOF);
            (Effect::PutGroup(Group { id, name, owner: GroupOwner::User }), number)
        })
    }

    fn add_group(&self, name: Name, members: &[ContactId], ids: &mut impl IdSource) -> Decided {
        self.check_members(None, members)?;
        let (mut effects, outcome) = self.add_groups(vec![name], ids)?;
        if let Some(Effect::PutGroup(group)) = effects.first() {
            let id = group.id;
            effects.extend(self.set_members(id, members));
        }
        Ok((effects, outcome))
    }

    fn edit_group(
        &self,
        id: GroupId,
        name: Edit<Name>,
        members: Edit<Vec<ContactId>>,
    ) -> Result<Vec<Effect>, CommandError> {
        let Some(old) = self.group(id) else {
            return reject(CommandSubject::Target(id.number()), CommandErrorKind::NotFound);
        };
        let mut effects = Vec::new();
        if let Edit::Set(name) = name
            && name != old.name
        {
            if old.owner == GroupOwner::System {
                return reject(CommandSubject::Target(id.number()), CommandErrorKind::SystemOwned);
            }
            if self.group_named(&name).is_some() {
                return reject(CommandSubject::Name, CommandErrorKind::AlreadyExists);
            }
            effects.push(Effect::PutGroup(Group { name, ..old.clone() }));
        }
        if let Edit::Set(members) = members {
            self.check_members(Some(id), &members)?;
            effects.extend(self.set_members(id, &members));
        }
        Ok(effects)
    }

    /// Checks that the contacts exist, and that each has room for a group that it may not be in yet.
    fn check_members(&self, group: Option<GroupId>, members: &[ContactId]) -> Result<(), CommandError> {
        for id in members {
            let Some(contact) = self.book().contact(*id) else {
                return reject(CommandSubject::Member(*id), CommandErrorKind::NotFound);
            };
            let is_full = contact.groups().count() >= GROUPS_PER_CONTACT_MAX;
            if is_full && !contact.groups().any(|(id, _)| Some(id) == group) {
                return reject(
                    CommandSubject::Member(*id),
                    CommandErrorKind::LimitReached(GROUPS_PER_CONTACT_MAX as u64),
                );
            }
        }
        Ok(())
    }

    /// The effects that replace the members of a group.
    fn set_members(&self, group: GroupId, members: &[ContactId]) -> Vec<Effect> {
        let wanted: BTreeSet<ContactId> = members.iter().copied().collect();
        let present: HashSet<ContactId> = self.members(group).map(|view| view.id()).collect();
        let mut leaving: Vec<ContactId> = present.iter().copied().filter(|id| !wanted.contains(id)).collect();
        leaving.sort_unstable();
        let joining: Vec<ContactId> = wanted.into_iter().filter(|id| !present.contains(id)).collect();
        let mut effects = Vec::new();
        if !leaving.is_empty() {
            effects.push(Effect::LeaveGroup(group, leaving.into()));
        }
        if !joining.is_empty() {
            effects.push(Effect::JoinGroup(group, joining.into()));
        }
        effects
    }

    fn drop_user_group(&self, id: GroupId) -> Result<Vec<Effect>, CommandError> {
        let target = CommandSubject::Target(id.number());
        match self.group(id).map(|group| group.owner) {
            None => reject(target, CommandErrorKind::NotFound),
            Some(GroupOwner::System) => reject(target, CommandErrorKind::SystemOwned),
            Some(GroupOwner::User) => {
                let mut effects = self.set_members(id, &[]);
                effects.push(Effect::DropGroup(id));
                Ok(effects)
            }
        }
    }

    fn add_employees(&self, drafts: Vec<EmployeeDraft>, ids: &mut impl IdSource) -> Decided {
        self.check_capacity(self.employees.len(), drafts.len(), TABLE_ROWS_MAX)?;
        created(drafts, |draft| {
            let number = ids.next(IdKind::Employee);
            let id = EmployeeId::new(number).expect(ID_PROOF);
            let EmployeeDraft { last_name, first_name, patronymic, email, phones } = draft;
            let phones = numbered(phones, &[], ids);
            (Effect::PutEmployee(Employee { id, last_name, first_name, patronymic, email, phones }), number)
        })
    }

    fn edit_employee(
        &self,
        id: EmployeeId,
        edit: EmployeeEdit,
        ids: &mut impl IdSource,
    ) -> Result<Vec<Effect>, CommandError> {
        let Some(before) = self.employee(id) else {
            return reject(CommandSubject::Target(id.number()), CommandErrorKind::NotFound);
        };
        let old = before.clone();
        let after = Employee {
            id,
            last_name: edit.last_name.or(old.last_name),
            first_name: edit.first_name.or(old.first_name),
            patronymic: edit.patronymic.or(old.patronymic),
            email: edit.email.or(old.email),
            phones: match edit.phones {
                Edit::Keep => old.phones,
                Edit::Set(phones) => numbered(phones, &old.phones, ids),
            },
        };
        Ok(if after == *before { Vec::new() } else { vec![Effect::PutEmployee(after)] })
    }

    fn drop_unreferenced_employee(&self, id: EmployeeId) -> Result<Vec<Effect>, CommandError> {
        let target = CommandSubject::Target(id.number());
        if self.employee(id).is_none() {
            return reject(target, CommandErrorKind::NotFound);
        }
        if self.contacts_of_manager(id) > 0 {
            return reject(target, CommandErrorKind::Referenced);
        }
        Ok(vec![Effect::DropEmployee(id)])
    }

    fn add_blacklist_number(&self, entry: BlacklistEntry, ids: &mut impl IdSource) -> Decided {
        self.check_capacity(self.blacklist.len(), 1, TABLE_ROWS_MAX)?;
        if self.is_blacklisted(entry.phone) {
            return reject(CommandSubject::PhoneNumber, CommandErrorKind::AlreadyExists);
        }
        created(vec![entry], |entry| {
            let number = ids.next(IdKind::BlacklistNumber);
            let id = BlacklistId::new(number).expect(ID_PROOF);
            (Effect::PutBlacklistNumber(BlacklistNumber { id, entry }), number)
        })
    }

    fn drop_blacklist_entry(&self, id: BlacklistId) -> Result<Vec<Effect>, CommandError> {
        match self.blacklist_number(id) {
            Some(_) => Ok(vec![Effect::DropBlacklistNumber(id)]),
            None => reject(CommandSubject::Target(id.number()), CommandErrorKind::NotFound),
        }
    }
}

/// The result of a command that creates no records.
fn without_ids(effects: Vec<Effect>) -> (Vec<Effect>, Outcome) {
    (effects, Outcome::default())
}

/// Creates one record for each element.
fn created<T>(elements: Vec<T>, mut create: impl FnMut(T) -> (Effect, u64)) -> Decided {
    let (effects, ids): (Vec<Effect>, Vec<u64>) = elements.into_iter().map(&mut create).unzip();
    Ok((effects, Outcome { created: ids.into_iter().map(Some).collect(), skipped: Vec::new() }))
}

/// Assigns ids to phones: the id that the same number had before, or a new one.
fn numbered(phones: Vec<PhoneDraft>, before: &[EmployeePhone], ids: &mut impl IdSource) -> Vec<EmployeePhone> {
    let mut number = |phone: PhoneDraft| {
        let known = before.iter().find(|known| known.number == phone.number);
        let id = known.map_or_else(|| ids.next(IdKind::EmployeePhone), |known| known.id);
        let PhoneDraft { number, channels, dial_seconds, status } = phone;
        EmployeePhone { id, number, channels, dial_seconds, status }
    };
    phones.into_iter().map(&mut number).collect()
}

/// Rejects a name that exists in the book or earlier in the list.
fn check_names(names: &[Name], taken: impl Fn(&Name) -> bool) -> Result<(), CommandError> {
    let mut seen = HashSet::new();
    match names.iter().position(|name| !seen.insert(name) || taken(name)) {
        Some(index) => {
            Err(CommandError { index, subject: CommandSubject::Name, kind: CommandErrorKind::AlreadyExists })
        }
        None => Ok(()),
    }
}

/// The contact after the edit, whatever it refers to.
fn edited(old: ContactDraft, edit: &ContactEdit) -> ContactDraft {
    let edit = edit.clone();
    ContactDraft {
        last_name: edit.last_name.or(old.last_name),
        first_name: edit.first_name.or(old.first_name),
        patronymic: edit.patronymic.or(old.patronymic),
        phones: match edit.phones {
            Edit::Set(new) => old.phones.kept_in(new, &edit.phones_as_written),
            Edit::Keep => old.phones,
        },
        emails: edit.emails.or(old.emails),
        manager: edit.manager.or(old.manager),
        organization: edit.organization.or(old.organization),
        groups: edit.groups.or(old.groups),
    }
}

/// The first member, in the documented order, in which two states of a contact differ.
fn differing(present: &ContactDraft, expected: &ContactDraft) -> Option<&'static str> {
    let members = [
        (contact::LAST_NAME, present.last_name == expected.last_name),
        (contact::FIRST_NAME, present.first_name == expected.first_name),
        (contact::PATRONYMIC, present.patronymic == expected.patronymic),
        (contact::EMAILS, present.emails == expected.emails),
        (contact::PHONE_NUMBERS, present.phones == expected.phones),
        (contact::MANAGER_ID, present.manager == expected.manager),
        (contact::ORGANIZATION_ID, present.organization == expected.organization),
        (contact::GROUPS, present.groups == expected.groups),
    ];
    members.into_iter().find(|(_, is_same)| !is_same).map(|(member, _)| CONTACT[member].name)
}
