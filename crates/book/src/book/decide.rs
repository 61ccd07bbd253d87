//! Judges a command against a book and says what it would do. Pure: nothing is changed here.
//!
//! Every rule of an address book that needs to know the present state stands here: what a name may point to, which
//! names are taken, what is still needed by others, what belongs to the system. Additions of contacts in bulk have
//! a module of their own, [`super::bulk`].

use std::collections::{BTreeSet, HashSet};

use super::writer::BookWriter;
use crate::blacklist::{BlacklistEntry, BlacklistNumber};
use crate::change::{Change, Effect};
use crate::command::{
    Blame, Command, ContactEdit, Edit, EmployeeDraft, EmployeeEdit, Outcome, PhoneDraft, Refusal, Why,
};
use crate::contact::{Contact, ContactDraft};
use crate::employee::{Employee, EmployeePhone};
use crate::group::{Group, Origin};
use crate::id::{BlacklistId, ContactId, EmployeeId, GroupId, ID_MAX, OrganizationId};
use crate::organization::Organization;
use crate::text::Name;

/// Most contacts of a book.
pub const CONTACTS_MAX: u64 = 50_000_000;
/// Most organizations, most groups, most employees and most blacklist numbers of a book.
pub const THINGS_MAX: u64 = 1_000_000;

/// The kinds of ids that a command can use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// Of contacts.
    Contact,
    /// Of organizations.
    Organization,
    /// Of groups.
    Group,
    /// Of employees.
    Employee,
    /// Of the phones of employees.
    EmployeePhone,
    /// Of numbers on the blacklist.
    BlacklistNumber,
}

/// Gives out ids that were never given out before on this server.
pub trait IdSource {
    /// A fresh number.
    fn next(&mut self, kind: IdKind) -> u64;
}

/// A command that is accepted.
#[derive(Debug, Clone)]
pub struct Decision {
    /// What is different; without effects there is nothing to be made durable.
    pub change: Change,
    /// What the one who asked is told.
    pub outcome: Outcome,
}

impl Command {
    /// How many ids of which kind the command uses up at most.
    pub fn ids_needed(&self) -> Vec<(IdKind, u64)> {
        let count = |length: usize| length as u64;
        match self {
            Self::AddContacts(drafts) => vec![(IdKind::Contact, count(drafts.len()))],
            Self::Upload(uploads, _) => super::bulk::ids_needed(uploads),
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

/// A refusal of the only element, or of the whole.
pub(super) fn refuse<T>(blame: Blame, why: Why) -> Result<T, Refusal> {
    Err(Refusal { at: 0, blame, why })
}

pub(super) const FRESH: &str = "an id source counts up from one and would need centuries to pass the largest id";
const _: () = assert!(ID_MAX > 1 << 62);

/// Effects, and the ids of what they make.
pub(super) type Decided = Result<(Vec<Effect>, Outcome), Refusal>;

impl BookWriter {
    /// What the command would do to the book, or why it must not.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, in the order of the command.
    pub fn decide(&self, command: Command, ids: &mut impl IdSource) -> Result<Decision, Refusal> {
        let (mut effects, outcome) = match command {
            Command::AddContacts(drafts) => self.add_contacts(drafts, ids)?,
            Command::Upload(uploads, on_error) => self.upload(uploads, on_error, ids)?,
            Command::EditContact(id, edit) => quietly(self.edit_contact(id, edit)?),
            Command::DropContacts(contacts) => quietly(self.drop_contacts(&contacts)?),
            Command::AddOrganizations(names) => self.add_organizations(names, ids)?,
            Command::RenameOrganization(id, name) => quietly(self.rename_organization(id, name)?),
            Command::DropOrganization(id) => quietly(self.drop_organization_unneeded(id)?),
            Command::AddGroups(names) => self.add_groups(names, ids)?,
            Command::AddGroup(name, members) => self.add_group(name, &members, ids)?,
            Command::EditGroup(id, name, members) => quietly(self.edit_group(id, name, members)?),
            Command::DropGroup(id) => quietly(self.drop_group_of_user(id)?),
            Command::AddEmployees(drafts) => self.add_employees(drafts, ids)?,
            Command::EditEmployee(id, edit) => quietly(self.edit_employee(id, edit, ids)?),
            Command::DropEmployee(id) => quietly(self.drop_employee_unneeded(id)?),
            Command::AddBlacklistNumber(entry) => self.add_blacklist_number(entry, ids)?,
            Command::DropBlacklistNumber(id) => quietly(self.drop_blacklisted(id)?),
        };
        let contacts = self.contacts_after(&effects);
        self.make_room_for_deletions(&mut effects);
        Ok(Decision { change: Change { decided_on: self.book().revision(), contacts, effects }, outcome })
    }

    /// How many contacts there are after effects that were decided here.
    fn contacts_after(&self, effects: &[Effect]) -> u64 {
        let more = |effect: &Effect| match effect {
            Effect::PutContact(contact) => i64::from(self.book().contact(contact.id).is_none()),
            Effect::DropContact(_) => -1,
            _ => 0,
        };
        let before = self.book().contacts_len() as i64;
        (before + effects.iter().map(more).sum::<i64>()).unsigned_abs()
    }

    /// Forgets the older half of the deletions when there would be too many.
    fn make_room_for_deletions(&self, effects: &mut Vec<Effect>) {
        let drops = effects.iter().filter(|effect| matches!(effect, Effect::DropContact(_))).count();
        let deleted = &self.book().deleted;
        if drops == 0 || deleted.len() + drops <= self.deletions_kept() {
            return;
        }
        let spare = (self.deletions_kept() / 2).saturating_sub(drops);
        let forgotten = deleted.len().saturating_sub(spare);
        if let Some((revision, _)) = deleted.from((0, 0)).take(forgotten).last() {
            effects.insert(0, Effect::ForgetDeletions(crate::id::Revision(revision)));
        }
    }

    fn add_contacts(&self, drafts: Vec<ContactDraft>, ids: &mut impl IdSource) -> Decided {
        self.judge_room(self.book().contacts_len(), drafts.len(), CONTACTS_MAX)?;
        for (at, draft) in drafts.iter().enumerate() {
            self.judge_links(draft).map_err(|refusal| Refusal { at, ..refusal })?;
        }
        made(drafts, |draft| {
            let number = ids.next(IdKind::Contact);
            let id = ContactId::new(number).expect(FRESH);
            (Effect::PutContact(Contact { id, draft }), number)
        })
    }

    pub(super) fn judge_room(&self, have: usize, more: usize, max: u64) -> Result<(), Refusal> {
        if (have + more) as u64 > max { refuse(Blame::Kind, Why::Full(max)) } else { Ok(()) }
    }

    /// Whether everything that a contact names is there.
    pub(super) fn judge_links(&self, draft: &ContactDraft) -> Result<(), Refusal> {
        if let Some(id) = draft.manager.filter(|id| self.employees.find(id).is_none()) {
            return refuse(Blame::Manager(id), Why::Missing);
        }
        if let Some(id) = draft.organization.filter(|id| self.organizations.find(id).is_none()) {
            return refuse(Blame::Organization(id), Why::Missing);
        }
        match draft.groups.iter().find(|id| self.groups.find(id).is_none()) {
            Some(id) => refuse(Blame::Group(*id), Why::Missing),
            None => Ok(()),
        }
    }

    fn edit_contact(&self, id: ContactId, edit: ContactEdit) -> Result<Vec<Effect>, Refusal> {
        let Some(view) = self.book().contact(id) else {
            return refuse(Blame::Target(id.number()), Why::Missing);
        };
        let before = view.to_contact();
        let old = before.draft.clone();
        let draft = ContactDraft {
            last_name: edit.last_name.or(old.last_name),
            first_name: edit.first_name.or(old.first_name),
            patronymic: edit.patronymic.or(old.patronymic),
            phones: edit.phones.or(old.phones),
            emails: edit.emails.or(old.emails),
            manager: edit.manager.or(old.manager),
            organization: edit.organization.or(old.organization),
            groups: edit.groups.or(old.groups),
        };
        self.judge_links(&draft)?;
        let after = Contact { id, draft };
        Ok(if after == before { Vec::new() } else { vec![Effect::PutContact(after)] })
    }

    fn drop_contacts(&self, contacts: &[ContactId]) -> Result<Vec<Effect>, Refusal> {
        let missing = contacts.iter().position(|id| self.book().contact(*id).is_none());
        if let Some(at) = missing {
            return Err(Refusal { at, blame: Blame::Target(contacts[at].number()), why: Why::Missing });
        }
        let once: BTreeSet<ContactId> = contacts.iter().copied().collect();
        Ok(once.into_iter().map(Effect::DropContact).collect())
    }

    fn add_organizations(&self, names: Vec<Name>, ids: &mut impl IdSource) -> Decided {
        self.judge_room(self.organizations.len(), names.len(), THINGS_MAX)?;
        judge_names(&names, |name| self.organization_named(name).is_some())?;
        made(names, |name| {
            let number = ids.next(IdKind::Organization);
            let id = OrganizationId::new(number).expect(FRESH);
            (Effect::PutOrganization(Organization { id, name }), number)
        })
    }

    fn rename_organization(&self, id: OrganizationId, name: Name) -> Result<Vec<Effect>, Refusal> {
        let Some(old) = self.organization(id) else {
            return refuse(Blame::Target(id.number()), Why::Missing);
        };
        match self.organization_named(&name) {
            Some(owner) if owner != id => return refuse(Blame::Name, Why::Taken),
            Some(_) | None => {}
        }
        let renamed = Organization { id, name };
        Ok(if renamed == *old { Vec::new() } else { vec![Effect::PutOrganization(renamed)] })
    }

    fn drop_organization_unneeded(&self, id: OrganizationId) -> Result<Vec<Effect>, Refusal> {
        let target = Blame::Target(id.number());
        if self.organization(id).is_none() {
            return refuse(target, Why::Missing);
        }
        if self.contacts_of_organization(id) > 0 {
            return refuse(target, Why::StillNeeded);
        }
        Ok(vec![Effect::DropOrganization(id)])
    }

    fn add_groups(&self, names: Vec<Name>, ids: &mut impl IdSource) -> Decided {
        self.judge_room(self.groups.len(), names.len(), THINGS_MAX)?;
        judge_names(&names, |name| self.group_named(name).is_some())?;
        made(names, |name| {
            let number = ids.next(IdKind::Group);
            let id = GroupId::new(number).expect(FRESH);
            (Effect::PutGroup(Group { id, name, origin: Origin::User }), number)
        })
    }

    fn add_group(&self, name: Name, members: &[ContactId], ids: &mut impl IdSource) -> Decided {
        self.judge_members(members)?;
        let (mut effects, outcome) = self.add_groups(vec![name], ids)?;
        if let Some(Effect::PutGroup(group)) = effects.first() {
            let id = group.id;
            effects.extend(self.set_members(id, members));
        }
        Ok((effects, outcome))
    }

    fn edit_group(&self, id: GroupId, name: Edit<Name>, members: Edit<Vec<ContactId>>) -> Result<Vec<Effect>, Refusal> {
        let Some(old) = self.group(id) else {
            return refuse(Blame::Target(id.number()), Why::Missing);
        };
        let mut effects = Vec::new();
        if let Edit::Set(name) = name
            && name != old.name
        {
            if old.origin == Origin::System {
                return refuse(Blame::Target(id.number()), Why::System);
            }
            if self.group_named(&name).is_some() {
                return refuse(Blame::Name, Why::Taken);
            }
            effects.push(Effect::PutGroup(Group { name, ..old.clone() }));
        }
        if let Edit::Set(members) = members {
            self.judge_members(&members)?;
            effects.extend(self.set_members(id, &members));
        }
        Ok(effects)
    }

    fn judge_members(&self, members: &[ContactId]) -> Result<(), Refusal> {
        match members.iter().find(|id| self.book().contact(**id).is_none()) {
            Some(id) => refuse(Blame::Member(*id), Why::Missing),
            None => Ok(()),
        }
    }

    /// What gives a group these members and no others.
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

    fn drop_group_of_user(&self, id: GroupId) -> Result<Vec<Effect>, Refusal> {
        let target = Blame::Target(id.number());
        match self.group(id).map(|group| group.origin) {
            None => refuse(target, Why::Missing),
            Some(Origin::System) => refuse(target, Why::System),
            Some(Origin::User) => {
                let mut effects = self.set_members(id, &[]);
                effects.push(Effect::DropGroup(id));
                Ok(effects)
            }
        }
    }

    fn add_employees(&self, drafts: Vec<EmployeeDraft>, ids: &mut impl IdSource) -> Decided {
        self.judge_room(self.employees.len(), drafts.len(), THINGS_MAX)?;
        made(drafts, |draft| {
            let number = ids.next(IdKind::Employee);
            let id = EmployeeId::new(number).expect(FRESH);
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
    ) -> Result<Vec<Effect>, Refusal> {
        let Some(before) = self.employee(id) else {
            return refuse(Blame::Target(id.number()), Why::Missing);
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

    fn drop_employee_unneeded(&self, id: EmployeeId) -> Result<Vec<Effect>, Refusal> {
        let target = Blame::Target(id.number());
        if self.employee(id).is_none() {
            return refuse(target, Why::Missing);
        }
        if self.contacts_of_manager(id) > 0 {
            return refuse(target, Why::StillNeeded);
        }
        Ok(vec![Effect::DropEmployee(id)])
    }

    fn add_blacklist_number(&self, entry: BlacklistEntry, ids: &mut impl IdSource) -> Decided {
        self.judge_room(self.blacklist.len(), 1, THINGS_MAX)?;
        if self.is_blacklisted(entry.phone) {
            return refuse(Blame::PhoneNumber, Why::Taken);
        }
        made(vec![entry], |entry| {
            let number = ids.next(IdKind::BlacklistNumber);
            let id = BlacklistId::new(number).expect(FRESH);
            (Effect::PutBlacklistNumber(BlacklistNumber { id, entry }), number)
        })
    }

    fn drop_blacklisted(&self, id: BlacklistId) -> Result<Vec<Effect>, Refusal> {
        match self.blacklist_number(id) {
            Some(_) => Ok(vec![Effect::DropBlacklistNumber(id)]),
            None => refuse(Blame::Target(id.number()), Why::Missing),
        }
    }
}

/// A decision that makes nothing new.
fn quietly(effects: Vec<Effect>) -> (Vec<Effect>, Outcome) {
    (effects, Outcome::default())
}

/// Makes one thing out of each element.
fn made<T>(elements: Vec<T>, mut make: impl FnMut(T) -> (Effect, u64)) -> Decided {
    let (effects, ids): (Vec<Effect>, Vec<u64>) = elements.into_iter().map(&mut make).unzip();
    Ok((effects, Outcome { made: ids.into_iter().map(Some).collect(), left_out: Vec::new() }))
}

/// Gives phones their ids: the one that the same number had before, or a fresh one.
fn numbered(phones: Vec<PhoneDraft>, before: &[EmployeePhone], ids: &mut impl IdSource) -> Vec<EmployeePhone> {
    let mut number = |phone: PhoneDraft| {
        let known = before.iter().find(|known| known.number == phone.number);
        let id = known.map_or_else(|| ids.next(IdKind::EmployeePhone), |known| known.id);
        let PhoneDraft { number, channels, dial_seconds, status } = phone;
        EmployeePhone { id, number, channels, dial_seconds, status }
    };
    phones.into_iter().map(&mut number).collect()
}

/// Refuses a name that is taken already, in the book or earlier in the list.
fn judge_names(names: &[Name], taken: impl Fn(&Name) -> bool) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    match names.iter().position(|name| !seen.insert(name) || taken(name)) {
        Some(at) => Err(Refusal { at, blame: Blame::Name, why: Why::Taken }),
        None => Ok(()),
    }
}
