//! Random commands, decided by the writer and by a naive model that keeps whole records in maps. After each command both
//! must hold the same records, and so must a copy that follows the order of change.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::name;
use crate::book::Book;
use crate::book::decision::{IdKind, IdSource};
use crate::book::history::{Changed, Cursor, CursorError};
use crate::book::writer::BookWriter;
use crate::change::{Change, Effect};
use crate::command::{
    Command, CommandError, CommandErrorKind, CommandSubject, ContactEdit, Edit, EmployeeDraft, OnError, Outcome, Upload,
};
use crate::contact::{ContactDraft, full_name};
use crate::group::{Group, GroupOwner, SYSTEM_GROUP_NAME};
use crate::id::{ContactId, EmployeeId, GroupId, OrganizationId};
use crate::text::{Name, Phone};

mod random_commands;

use random_commands::{command, draft};

/// The id of the system group in these tests.
const SYSTEM: u64 = 1;

#[derive(Default)]
struct Counting(BTreeMap<u8, u64>);

impl IdSource for Counting {
    fn next(&mut self, kind: IdKind) -> u64 {
        let count = self.0.entry(kind as u8).or_insert(SYSTEM);
        *count += 1;
        *count
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    full_name: String,
    phones: Vec<String>,
    emails: Vec<String>,
    manager: Option<(u64, String)>,
    organization: Option<(u64, String)>,
    groups: Vec<(u64, String)>,
}

/// The contacts of a book as a client sees them.
fn seen(book: &Book) -> BTreeMap<u64, Person> {
    book.iter().map(|view| (view.id().number(), person(view))).collect()
}

fn person(view: crate::book::view::ContactView<'_>) -> Person {
    Person {
        full_name: view.full_name().to_owned(),
        phones: view.phone_numbers().map(|phone| phone.to_string()).collect(),
        emails: view.emails().map(str::to_owned).collect(),
        manager: view.manager().map(|(id, name)| (id.number(), name.to_owned())),
        organization: view.organization().map(|(id, name)| (id.number(), name.to_owned())),
        groups: view.groups().map(|(id, name)| (id.number(), name.to_owned())).collect(),
    }
}

/// Whole records by id; every rule is checked by reading all of them.
#[derive(Default, Clone)]
struct Model {
    contacts: BTreeMap<u64, ContactDraft>,
    organizations: BTreeMap<u64, String>,
    groups: BTreeMap<u64, String>,
    employees: BTreeMap<u64, EmployeeDraft>,
    blacklist: BTreeMap<u64, String>,
}

fn joined(last: &Name, first: &Option<Name>, patronymic: &Option<Name>) -> String {
    full_name(last.as_str(), first.as_ref().map(Name::as_str), patronymic.as_ref().map(Name::as_str))
}

impl Model {
    fn seen(&self) -> BTreeMap<u64, Person> {
        let manager = |id: EmployeeId| {
            let employee = &self.employees[&id.number()];
            (id.number(), joined(&employee.last_name, &employee.first_name, &employee.patronymic))
        };
        let person = |draft: &ContactDraft| Person {
            full_name: joined(&draft.last_name, &draft.first_name, &draft.patronymic),
            phones: draft.phones.as_slice().iter().map(Phone::to_string).collect(),
            emails: draft.emails.as_slice().iter().map(|email| email.as_str().to_owned()).collect(),
            manager: draft.manager.map(manager),
            organization: draft.organization.map(|id| (id.number(), self.organizations[&id.number()].clone())),
            groups: draft.groups.iter().map(|id| (id.number(), self.groups[&id.number()].clone())).collect(),
        };
        self.contacts.iter().map(|(id, draft)| (*id, person(draft))).collect()
    }

    fn missing(&self, draft: &ContactDraft) -> Option<CommandSubject> {
        if let Some(id) = draft.manager.filter(|id| !self.employees.contains_key(&id.number())) {
            return Some(CommandSubject::Manager(id));
        }
        if let Some(id) = draft.organization.filter(|id| !self.organizations.contains_key(&id.number())) {
            return Some(CommandSubject::Organization(id));
        }
        draft.groups.iter().find(|id| !self.groups.contains_key(&id.number())).map(|id| CommandSubject::Group(*id))
    }

    /// Whether the command must be rejected, and the expected error.
    fn check(&self, command: &Command) -> Result<(), (CommandSubject, CommandErrorKind)> {
        let require = |holds: bool, subject, kind| if holds { Ok(()) } else { Err((subject, kind)) };
        let target = |known: bool, id: u64| require(known, CommandSubject::Target(id), CommandErrorKind::NotFound);
        let free = |taken: Option<u64>, but: u64| {
            require(taken.is_none_or(|id| id == but), CommandSubject::Name, CommandErrorKind::AlreadyExists)
        };
        let of_name = |names: &BTreeMap<u64, String>, name: &Name| {
            names.iter().find(|(_, known)| *known == name.as_str()).map(|(id, _)| *id)
        };
        let members = |members: &[ContactId]| match members.iter().find(|id| !self.contacts.contains_key(&id.number()))
        {
            Some(id) => Err((CommandSubject::Member(*id), CommandErrorKind::NotFound)),
            None => Ok(()),
        };
        match command {
            Command::AddContacts(drafts) => match drafts.iter().find_map(|draft| self.missing(draft)) {
                Some(subject) => Err((subject, CommandErrorKind::NotFound)),
                None => Ok(()),
            },
            Command::Upload(..) => Ok(()),
            Command::EditContact(id, edit) => {
                let known = self.contacts.get(&id.number());
                target(known.is_some(), id.number())?;
                if let (Some(known), Some(expected)) = (known, &edit.expected) {
                    let is_same = expected.last_name == Edit::Set(known.last_name.clone());
                    require(is_same, CommandSubject::Expected("last_name"), CommandErrorKind::Changed)?;
                }
                match known.and_then(|known| self.missing(&edited(known.clone(), edit.clone()))) {
                    Some(subject) => Err((subject, CommandErrorKind::NotFound)),
                    None => Ok(()),
                }
            }
            Command::DropContacts(ids) => {
                ids.iter().try_for_each(|id| target(self.contacts.contains_key(&id.number()), id.number()))
            }
            Command::AddOrganizations(names) => {
                names.iter().try_for_each(|name| free(of_name(&self.organizations, name), 0))
            }
            Command::RenameOrganization(id, name) => {
                target(self.organizations.contains_key(&id.number()), id.number())?;
                free(of_name(&self.organizations, name), id.number())
            }
            Command::DropOrganization(id) => {
                target(self.organizations.contains_key(&id.number()), id.number())?;
                let needed = self.contacts.values().any(|draft| draft.organization == Some(*id));
                require(!needed, CommandSubject::Target(id.number()), CommandErrorKind::Referenced)
            }
            Command::AddGroups(names) => names.iter().try_for_each(|name| free(of_name(&self.groups, name), 0)),
            Command::AddGroup(name, wanted) => {
                members(wanted)?;
                free(of_name(&self.groups, name), 0)
            }
            Command::EditGroup(id, name, wanted) => {
                target(self.groups.contains_key(&id.number()), id.number())?;
                if let Edit::Set(name) = name {
                    let same = self.groups[&id.number()] == name.as_str();
                    require(
                        same || id.number() != SYSTEM,
                        CommandSubject::Target(id.number()),
                        CommandErrorKind::SystemOwned,
                    )?;
                    free(of_name(&self.groups, name), id.number())?;
                }
                if let Edit::Set(wanted) = wanted { members(wanted) } else { Ok(()) }
            }
            Command::DropGroup(id) => {
                target(self.groups.contains_key(&id.number()), id.number())?;
                require(id.number() != SYSTEM, CommandSubject::Target(id.number()), CommandErrorKind::SystemOwned)
            }
            Command::AddEmployees(_) => Ok(()),
            Command::EditEmployee(id, _) => target(self.employees.contains_key(&id.number()), id.number()),
            Command::DropEmployee(id) => {
                target(self.employees.contains_key(&id.number()), id.number())?;
                let needed = self.contacts.values().any(|draft| draft.manager == Some(*id));
                require(!needed, CommandSubject::Target(id.number()), CommandErrorKind::Referenced)
            }
            Command::AddBlacklistNumber(entry) => {
                let taken = self.blacklist.values().any(|phone| *phone == entry.phone.to_string());
                require(!taken, CommandSubject::PhoneNumber, CommandErrorKind::AlreadyExists)
            }
            Command::DropBlacklistNumber(id) => target(self.blacklist.contains_key(&id.number()), id.number()),
        }
    }

    /// Applies an accepted command.
    fn follow(&mut self, command: Command, outcome: &Outcome) {
        let created: Vec<u64> = outcome.created.iter().flatten().copied().collect();
        let text = |name: Name| name.as_str().to_owned();
        match command {
            Command::AddContacts(drafts) => self.contacts.extend(created.into_iter().zip(drafts)),
            Command::Upload(uploads, _) => self.upload(uploads, outcome),
            Command::EditContact(id, edit) => {
                let known = self.contacts.get_mut(&id.number()).expect("accepted");
                *known = edited(known.clone(), edit);
            }
            Command::DropContacts(ids) => ids.iter().for_each(|id| drop(self.contacts.remove(&id.number()))),
            Command::AddOrganizations(names) => {
                self.organizations.extend(created.into_iter().zip(names.into_iter().map(text)))
            }
            Command::RenameOrganization(id, name) => drop(self.organizations.insert(id.number(), text(name))),
            Command::DropOrganization(id) => drop(self.organizations.remove(&id.number())),
            Command::AddGroups(names) => self.groups.extend(created.into_iter().zip(names.into_iter().map(text))),
            Command::AddGroup(name, members) => {
                self.groups.insert(created[0], text(name));
                self.set_members(created[0], &members);
            }
            Command::EditGroup(id, name, members) => {
                if let Edit::Set(name) = name {
                    self.groups.insert(id.number(), text(name));
                }
                if let Edit::Set(members) = members {
                    self.set_members(id.number(), &members);
                }
            }
            Command::DropGroup(id) => {
                self.set_members(id.number(), &[]);
                self.groups.remove(&id.number());
            }
            Command::AddEmployees(drafts) => self.employees.extend(created.into_iter().zip(drafts)),
            Command::EditEmployee(id, edit) => {
                let known = self.employees.get_mut(&id.number()).expect("accepted");
                let old = known.clone();
                *known = EmployeeDraft {
                    last_name: edit.last_name.or(old.last_name),
                    first_name: edit.first_name.or(old.first_name),
                    patronymic: edit.patronymic.or(old.patronymic),
                    email: edit.email.or(old.email),
                    phones: edit.phones.or(old.phones),
                };
            }
            Command::DropEmployee(id) => drop(self.employees.remove(&id.number())),
            Command::AddBlacklistNumber(entry) => drop(self.blacklist.insert(created[0], entry.phone.to_string())),
            Command::DropBlacklistNumber(id) => drop(self.blacklist.remove(&id.number())),
        }
    }

    fn set_members(&mut self, group: u64, members: &[ContactId]) {
        let group = GroupId::new(group).expect("an id");
        for (id, draft) in &mut self.contacts {
            let mut groups: BTreeSet<GroupId> = draft.groups.iter().copied().collect();
            if members.iter().any(|member| member.number() == *id) {
                groups.insert(group);
            } else {
                groups.remove(&group);
            }
            draft.groups = groups.into_iter().collect();
        }
    }

    /// Organizations and groups that the writer created are already in the model, see [`step`].
    fn upload(&mut self, uploads: Vec<Upload>, outcome: &Outcome) {
        for (upload, id) in uploads.into_iter().zip(&outcome.created) {
            let Some(id) = id else { continue };
            let mut draft = upload.draft;
            if let Some(name) = upload.organization_name {
                draft.organization =
                    Some(OrganizationId::new(id_of(&self.organizations, name.as_str())).expect("an id"));
            }
            let mut groups: BTreeSet<GroupId> = draft.groups.into_iter().collect();
            groups.extend(
                upload.group_names.iter().map(|name| GroupId::new(id_of(&self.groups, name.as_str())).expect("an id")),
            );
            draft.groups = groups.into_iter().collect();
            self.contacts.insert(*id, draft);
        }
    }
}

/// The id of the record with this name.
fn id_of(names: &BTreeMap<u64, String>, name: &str) -> u64 {
    if let Some((id, _)) = names.iter().find(|(_, known)| *known == name) {
        return *id;
    }
    panic!("the model lacks the name {name}");
}

fn edited(old: ContactDraft, edit: ContactEdit) -> ContactDraft {
    ContactDraft {
        last_name: edit.last_name.or(old.last_name),
        first_name: edit.first_name.or(old.first_name),
        patronymic: edit.patronymic.or(old.patronymic),
        phones: edit.phones.or(old.phones),
        emails: edit.emails.or(old.emails),
        manager: edit.manager.or(old.manager),
        organization: edit.organization.or(old.organization),
        groups: edit.groups.or(old.groups),
    }
}

/// A copy of a book that follows the order of change in pages.
#[derive(Default)]
struct Mirror {
    copy: BTreeMap<u64, Person>,
    cursor: Option<Cursor>,
}

impl Mirror {
    /// Reads at most this number of pages; true if it has caught up.
    fn follow(&mut self, book: &Book, pages: usize, limit: usize) -> Result<bool, CursorError> {
        for _ in 0..pages {
            let page = book.changes(self.cursor, limit)?;
            assert!(page.changed.len() <= limit);
            let mut ids = BTreeSet::new();
            for changed in &page.changed {
                let id = match changed {
                    Changed::Present(view) => {
                        self.copy.insert(view.id().number(), person(*view));
                        view.id()
                    }
                    Changed::Deleted(id) => {
                        self.copy.remove(&id.number());
                        *id
                    }
                };
                assert!(ids.insert(id), "each contact once");
            }
            self.cursor = Some(page.cursor);
            if !page.has_more {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The writer of a new customer's book.
fn new_writer(deletions_kept: usize) -> BookWriter {
    let mut writer = BookWriter::default().keeping_deletions(deletions_kept);
    let id = GroupId::new(SYSTEM).expect("an id");
    let effects = vec![Effect::PutGroup(Group { id, name: name(SYSTEM_GROUP_NAME), owner: GroupOwner::System })];
    writer.apply(&Change { decided_on: writer.book().revision(), contacts: 0, effects });
    writer
}

/// Executes one command on the writer and the model, which must agree.
fn step(writer: &mut BookWriter, model: &mut Model, ids: &mut Counting, command: Command) {
    let expected = model.check(&command);
    match (writer.decide(command.clone(), ids), expected) {
        (Ok(decision), Ok(())) => {
            if !decision.change.effects.is_empty() {
                writer.apply(&decision.change);
            }
            assert_eq!(decision.change.contacts, writer.book().contacts_len() as u64);
            if let Command::Upload(uploads, _) = &command {
                let good = uploads.iter().map(|upload| model.missing(&upload.draft).is_none());
                assert!(
                    good.eq(decision.outcome.created.iter().map(Option::is_some)),
                    "invalid contacts are skipped, and no others"
                );
            }
            for effect in &decision.change.effects {
                match effect {
                    Effect::PutOrganization(put) if matches!(command, Command::Upload(..)) => {
                        let before = model.organizations.insert(put.id.number(), put.name.as_str().to_owned());
                        assert_eq!(before, None, "an upload creates organizations and renames none");
                    }
                    Effect::PutGroup(put) if matches!(command, Command::Upload(..)) => {
                        assert_eq!(model.groups.insert(put.id.number(), put.name.as_str().to_owned()), None);
                    }
                    _ => {}
                }
            }
            model.follow(command, &decision.outcome);
        }
        (Err(error), Err((subject, kind))) => assert_eq!((error.subject, error.kind), (subject, kind), "{command:?}"),
        (decided, expected) => panic!("{command:?}: {decided:?}, but expected {expected:?}"),
    }
}

fn check(book: &Book, model: &Model) {
    assert_eq!(seen(book), model.seen());
    let names = |names: &BTreeMap<u64, String>| names.iter().map(|(id, name)| (*id, name.clone())).collect::<Vec<_>>();
    let mut organizations: Vec<_> =
        book.organizations().map(|have| (have.id.number(), have.name.as_str().to_owned())).collect();
    organizations.sort();
    assert_eq!(organizations, names(&model.organizations));
    let mut groups: Vec<_> = book.groups().map(|have| (have.id.number(), have.name.as_str().to_owned())).collect();
    groups.sort();
    assert_eq!(groups, names(&model.groups));
    let mut numbers: Vec<_> = book.blacklist().map(|have| (have.id.number(), have.entry.phone.to_string())).collect();
    numbers.sort();
    assert_eq!(numbers, names(&model.blacklist));
    assert_eq!(book.employees().count(), model.employees.len());
    assert!(book.members.pairs().eq(book.contacts.members(&book.organizations).pairs()), "index of members");
}

#[test]
fn random_commands_give_the_same_records_as_a_naive_model() {
    for seed in 1..=12 {
        let (mut rng, mut ids) = (Rng::with_seed(seed), Counting::default());
        let mut writer = new_writer(100_000);
        let mut model = Model::default();
        model.groups.insert(SYSTEM, SYSTEM_GROUP_NAME.to_owned());
        let mut mirror = Mirror::default();
        for round in 0..400 {
            let latest = ids.0.get(&(IdKind::Contact as u8)).copied().unwrap_or(2);
            let command = command(&mut rng, latest);
            step(&mut writer, &mut model, &mut ids, command);
            let caught_up =
                mirror.follow(writer.book(), 1, 1 + rng.u64(..200) as usize).expect("no deletion is forgotten");
            if round % 20 == 0 {
                check(writer.book(), &model);
                assert!(!caught_up || mirror.copy == model.seen(), "a copy that has caught up");
            }
            if round % 97 == 96 {
                writer = BookWriter::of(writer.book().clone());
            }
        }
        assert!(mirror.follow(writer.book(), usize::MAX, 50).expect("no deletion is forgotten"));
        assert_eq!(mirror.copy, model.seen());
        check(writer.book(), &model);
    }
}

#[test]
fn a_cursor_that_needs_a_forgotten_deletion_is_rejected() {
    let (mut rng, mut ids) = (Rng::with_seed(5), Counting::default());
    let mut writer = new_writer(10);
    let add = Command::AddContacts(
        (0..100)
            .map(|_| ContactDraft { manager: None, organization: None, groups: Vec::new(), ..draft(&mut rng) })
            .collect(),
    );
    let mut model = Model::default();
    step(&mut writer, &mut model, &mut ids, add);
    let mut early = Mirror::default();
    early.follow(writer.book(), 1, 30).expect("a page");
    let mut late = Mirror::default();
    late.follow(writer.book(), 9, 100).expect("all");
    for id in 2..=12 {
        let drop = Command::DropContacts(vec![ContactId::new(id).expect("an id")]);
        step(&mut writer, &mut model, &mut ids, drop);
        late.follow(writer.book(), 9, 100).expect("it is never far behind");
    }
    assert_eq!(late.copy, model.seen());
    assert!(writer.book().deleted.len() <= 10);
    assert_eq!(early.follow(writer.book(), 1, 30), Err(CursorError::Forgotten));
    let mut fresh = Mirror::default();
    fresh.follow(writer.book(), 9, 10).expect("reading from the start needs no deletion");
    assert_eq!(fresh.copy, model.seen());
    let ahead = Cursor { began: 1, revision: 10_000, id: 1 };
    assert_eq!(writer.book().changes(Some(ahead), 1).err(), Some(CursorError::Ahead));
}

#[test]
fn a_rejected_upload_reports_the_first_invalid_record_and_adds_none() {
    let (mut rng, mut ids) = (Rng::with_seed(8), Counting::default());
    let writer = new_writer(10);
    let plain = |rng: &mut Rng| ContactDraft { manager: None, organization: None, groups: Vec::new(), ..draft(rng) };
    let mut uploads: Vec<Upload> = (0..50)
        .map(|_| Upload {
            draft: plain(&mut rng),
            organization_name: Some(name("one")),
            group_names: vec![name("two")],
        })
        .collect();
    uploads[41].draft.manager = EmployeeId::new(77).ok();
    let decided = writer.decide(Command::Upload(uploads.clone(), OnError::Reject), &mut ids);
    let subject = CommandSubject::Manager(EmployeeId::new(77).expect("an id"));
    assert_eq!(decided.err(), Some(CommandError { index: 41, subject, kind: CommandErrorKind::NotFound }));
    let decided = writer.decide(Command::Upload(uploads, OnError::Skip), &mut ids).expect("the others are good");
    let is_created = |effect: &&Effect| matches!(effect, Effect::PutOrganization(_) | Effect::PutGroup(_));
    assert_eq!(decided.change.effects.iter().filter(is_created).count(), 2, "each name is created once");
    assert_eq!(decided.outcome.created.iter().filter(|id| id.is_none()).count(), 1);
    assert_eq!(decided.outcome.skipped, [CommandError { index: 41, subject, kind: CommandErrorKind::NotFound }]);
}
