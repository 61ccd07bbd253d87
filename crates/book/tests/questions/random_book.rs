//! A book made by chance, and the same contacts as plain values.
//!
//! The plain values are what the oracle and PostgreSQL are given. The book comes from them by one of two
//! ways: through the writer, with detours (contacts in any order, put twice, dropped again; names that change),
//! or through the loader, in several runs.

use fastrand::Rng;
use ringbook_book::Book;
use ringbook_book::book::load::{IndexedTables, LoadBatch, LoadedBatch, SmallTables, StoredContact, assemble};
use ringbook_book::book::writer::BookWriter;
use ringbook_book::change::{Change, Effect};
use ringbook_book::contact::{Contact, ContactDraft};
use ringbook_book::employee::Employee;
use ringbook_book::group::{Group, GroupOwner};
use ringbook_book::id::{ContactId, EmployeeId, GroupId, OrganizationId, Revision};
use ringbook_book::organization::Organization;
use ringbook_book::text::{Email, Emails, Name, Phone, Phones};
use ringbook_testbed::random::Choices;

use crate::vocabulary;

/// A contact as a plain value.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub id: u64,
    pub last: String,
    pub first: Option<String>,
    pub patronymic: Option<String>,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub manager: Option<(u64, String)>,
    pub organization: Option<(u64, String)>,
    pub groups: Vec<(u64, String)>,
}

impl Person {
    pub fn full(&self) -> String {
        let parts = [Some(&self.last), self.first.as_ref(), self.patronymic.as_ref()];
        parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
    }
}

/// A book and what is in it.
pub struct Sample {
    pub people: Vec<Person>,
    pub book: Book,
    surroundings: Surroundings,
}

impl Sample {
    /// A book of `count` contacts.
    pub fn new(rng: &mut Rng, count: usize) -> Self {
        let surroundings = Surroundings::new(rng);
        let people = surroundings.people(rng, count);
        let book =
            if rng.percent(50) { by_desk(rng, &surroundings, &people) } else { by_loader(rng, &surroundings, &people) };
        Self { people, book, surroundings }
    }

    /// Changes, deletes and adds a few contacts, changes memberships, and renames organizations and managers.
    pub fn change(&mut self, rng: &mut Rng) {
        let mut writer = BookWriter::of(self.book.clone());
        for _ in 0..rng.between(1, 4) {
            let effects: Vec<Effect> = (0..rng.between(1, 5))
                .map(|_| match rng.below(20) {
                    0 => self.rename(rng),
                    1..4 => self.change_membership(rng),
                    _ => self.one_change(rng),
                })
                .collect();
            let revision = writer.book().revision();
            if rng.percent(20) {
                // As another server has changed it.
                let next = Revision(revision.0 + 1);
                let steps: Vec<_> = effects.into_iter().map(|effect| (next, effect)).collect();
                writer.catch_up(&steps, next);
            } else {
                writer.apply(&Change { decided_on: revision, contacts: 0, effects });
            }
        }
        self.book = writer.snapshot().as_ref().clone();
    }

    /// Gives an organization or a manager a name that no other has.
    fn rename(&mut self, rng: &mut Rng) -> Effect {
        let new = format!("{} {}", vocabulary::name(rng), rng.u32(..));
        let new = name(&new).as_str().to_owned();
        if rng.percent(50) {
            let at = rng.below(self.surroundings.organizations.len());
            self.surroundings.organizations[at].1.clone_from(&new);
            let id = self.surroundings.organizations[at].0;
            let all = self.people.iter_mut().filter_map(|person| person.organization.as_mut());
            all.filter(|(of, _)| *of == id).for_each(|(_, name)| name.clone_from(&new));
            Effect::PutOrganization(Organization { id: organization_id(id), name: name(&new) })
        } else {
            let at = rng.below(self.surroundings.managers.len());
            self.surroundings.managers[at].1.clone_from(&new);
            let id = self.surroundings.managers[at].0;
            let all = self.people.iter_mut().filter_map(|person| person.manager.as_mut());
            all.filter(|(of, _)| *of == id).for_each(|(_, name)| name.clone_from(&new));
            Effect::PutEmployee(employee(id, &new))
        }
    }

    /// Adds some contacts to a group, or removes them from it.
    fn change_membership(&mut self, rng: &mut Rng) -> Effect {
        let group = rng.pick(&self.surroundings.groups);
        let joins = rng.percent(50);
        let share = rng.pick(&[3, 10, 60]);
        let mut ids = Vec::new();
        for person in self.people.iter_mut().filter(|_| rng.percent(share)) {
            ids.push(ContactId::new(person.id).expect(VALID));
            person.groups.retain(|(id, _)| *id != group.0);
            if joins {
                person.groups.push(group.clone());
                person.groups.sort();
            }
        }
        if joins {
            Effect::JoinGroup(group_id(group.0), ids.into())
        } else {
            Effect::LeaveGroup(group_id(group.0), ids.into())
        }
    }

    fn one_change(&mut self, rng: &mut Rng) -> Effect {
        let highest = self.people.last().map_or(0, |person| person.id);
        let id = match rng.below(10) {
            // Behind all others, between them, or where one was deleted.
            0..3 => highest + rng.between(1, 2) as u64,
            3 => rng.between(1, highest as usize + 1) as u64,
            _ if self.people.is_empty() => 1,
            _ => rng.pick(&self.people).id,
        };
        let known = self.people.binary_search_by_key(&id, |person| person.id);
        if let (Ok(at), true) = (known, rng.percent(30)) {
            self.people.remove(at);
            return Effect::DropContact(ContactId::new(id).expect(VALID));
        }
        let mut person = self.surroundings.person(rng, id);
        match known {
            Ok(at) => {
                if rng.percent(30) {
                    let old = &self.people[at];
                    (person.last, person.first) = (old.last.clone(), old.first.clone());
                    person.patronymic.clone_from(&old.patronymic);
                }
                self.people[at] = person.clone();
            }
            Err(at) => self.people.insert(at, person.clone()),
        }
        Effect::PutContact(contact(&person))
    }
}

/// What contacts point to, and the vocabulary that they are made of.
struct Surroundings {
    organizations: Vec<(u64, String)>,
    groups: Vec<(u64, String)>,
    managers: Vec<(u64, String)>,
    names: Vec<String>,
    phones: Vec<String>,
    emails: Vec<String>,
}

impl Surroundings {
    fn new(rng: &mut Rng) -> Self {
        Self {
            organizations: several_organizations(rng),
            groups: named(rng, 8),
            managers: named(rng, 4),
            names: (0..14).map(|_| vocabulary::name(rng)).collect(),
            phones: (0..24).map(|_| vocabulary::phone(rng)).collect(),
            emails: (0..20).map(|_| vocabulary::email(rng)).collect(),
        }
    }

    fn people(&self, rng: &mut Rng, count: usize) -> Vec<Person> {
        let mut id = 0;
        let step = if rng.percent(10) { 1 << 45 } else { 3 };
        let mut people = Vec::with_capacity(count);
        for _ in 0..count {
            id += rng.between(1, step) as u64;
            people.push(self.person(rng, id));
        }
        people
    }

    fn person(&self, rng: &mut Rng, id: u64) -> Person {
        let manager = rng.percent(50).then(|| rng.pick(&self.managers));
        let organization = rng.percent(60).then(|| rng.pick(&self.organizations));
        let mut groups = several(rng, &self.groups, &[0, 0, 1, 1, 2, 3, 5]);
        groups.sort();
        groups.dedup();
        let mut emails = several(rng, &self.emails, &[0, 0, 1, 1, 2, 10]);
        let mut seen = Vec::new();
        emails.retain(|email| {
            let folded = email.to_lowercase();
            let fresh = !seen.contains(&folded);
            seen.push(folded);
            fresh
        });
        let mut phones = several(rng, &self.phones, &[1, 1, 1, 2, 3, 10]);
        if rng.percent(25) {
            phones[0] = vocabulary::phone(rng);
        }
        let mut seen = Vec::new();
        phones.retain(|phone| {
            let fresh = !seen.contains(phone);
            seen.push(phone.clone());
            fresh
        });
        Person {
            id,
            last: self.name(rng),
            first: rng.percent(70).then(|| self.name(rng)),
            patronymic: rng.percent(40).then(|| self.name(rng)),
            emails,
            phones,
            manager,
            organization,
            groups,
        }
    }

    fn name(&self, rng: &mut Rng) -> String {
        if rng.percent(75) { rng.pick(&self.names) } else { vocabulary::name(rng) }
    }

    fn organizations(&self) -> Vec<Organization> {
        let made = |(id, text): &(u64, String)| Organization { id: organization_id(*id), name: name(text) };
        self.organizations.iter().map(made).collect()
    }

    fn groups(&self) -> Vec<Group> {
        let made = |(id, text): &(u64, String)| Group { id: group_id(*id), name: name(text), owner: GroupOwner::User };
        self.groups.iter().map(made).collect()
    }

    fn employees(&self) -> Vec<Employee> {
        self.managers.iter().map(|(id, text)| employee(*id, text)).collect()
    }
}

/// A few organizations, or so many that their names are indexed.
fn several_organizations(rng: &mut Rng) -> Vec<(u64, String)> {
    let count = rng.pick(&[5, 5, 5, 90]);
    named(rng, count)
}

/// So many things with ids and different names.
fn named(rng: &mut Rng, count: usize) -> Vec<(u64, String)> {
    let mut things: Vec<(u64, String)> = Vec::new();
    let mut id = 0;
    while things.len() < count {
        id += rng.between(1, 9) as u64;
        let name = vocabulary::name(rng);
        if things.iter().all(|(_, other)| *other != name) {
            things.push((id, name));
        }
    }
    things
}

fn several<T: Clone>(rng: &mut Rng, among: &[T], counts: &[usize]) -> Vec<T> {
    let count = rng.pick(counts);
    (0..count).map(|_| rng.pick(among)).collect()
}

const VALID: &str = "the generator makes valid values only";

fn name(text: &str) -> Name {
    Name::parse(text).expect(VALID)
}

fn organization_id(id: u64) -> OrganizationId {
    OrganizationId::new(id).expect(VALID)
}

fn group_id(id: u64) -> GroupId {
    GroupId::new(id).expect(VALID)
}

fn employee_id(id: u64) -> EmployeeId {
    EmployeeId::new(id).expect(VALID)
}

/// An employee whose full name is this text, cut into parts at one of its spaces.
fn employee(id: u64, text: &str) -> Employee {
    let (last, first) = match text.split_once(' ') {
        Some((last, first)) if first.trim() == first && last.trim() == last => (last, Some(first)),
        _ => (text, None),
    };
    Employee {
        id: employee_id(id),
        last_name: name(last),
        first_name: first.map(name),
        patronymic: None,
        email: None,
        phones: Vec::new(),
    }
}

fn contact(person: &Person) -> Contact {
    let phones = person.phones.iter().map(|text| Phone::parse(text).expect(VALID)).collect();
    let emails = person.emails.iter().map(|text| Email::parse(text).expect(VALID)).collect();
    let draft = ContactDraft {
        last_name: name(&person.last),
        first_name: person.first.as_deref().map(name),
        patronymic: person.patronymic.as_deref().map(name),
        phones: Phones::new(phones, |phone| *phone).expect(VALID),
        emails: Emails::new(emails, Email::folded).expect(VALID),
        manager: person.manager.as_ref().map(|(id, _)| employee_id(*id)),
        organization: person.organization.as_ref().map(|(id, _)| organization_id(*id)),
        groups: person.groups.iter().map(|(id, _)| group_id(*id)).collect(),
    };
    Contact { id: ContactId::new(person.id).expect(VALID), draft }
}

/// Below so many contacts the writer takes detours with every contact.
const DETOURS_BELOW: usize = 200;

fn by_desk(rng: &mut Rng, surroundings: &Surroundings, people: &[Person]) -> Book {
    let mut writer = BookWriter::default();
    let mut effects: Vec<Effect> = former_names(rng, surroundings);
    effects.extend(contact_effects(rng, surroundings, people));
    effects.extend(surroundings.organizations().into_iter().map(Effect::PutOrganization));
    effects.extend(surroundings.groups().into_iter().map(Effect::PutGroup));
    effects.extend(surroundings.employees().into_iter().map(Effect::PutEmployee));
    for few in effects.chunks(7) {
        if rng.percent(3) {
            // Keys that exist already must follow every later change.
            writer.book().warm_sort_keys(&ringbook_book::runner::INLINE);
        }
        if rng.percent(2) {
            writer = BookWriter::of(writer.book().clone());
        }
        writer.apply(&Change { decided_on: writer.book().revision(), contacts: 0, effects: few.to_vec() });
    }
    writer.snapshot().as_ref().clone()
}

/// The surroundings as they were before they got their present names.
fn former_names(rng: &mut Rng, surroundings: &Surroundings) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut former = |id: &u64| format!("former {id} {}", rng.below(100));
    for (id, _) in &surroundings.organizations {
        effects.push(Effect::PutOrganization(Organization { id: organization_id(*id), name: name(&former(id)) }));
    }
    for (id, _) in &surroundings.groups {
        let group = Group { id: group_id(*id), name: name(&former(id)), owner: GroupOwner::User };
        effects.push(Effect::PutGroup(group));
    }
    for (id, _) in &surroundings.managers {
        effects.push(Effect::PutEmployee(employee(*id, &former(id))));
    }
    rng.shuffle(&mut effects);
    effects
}

/// Effects that end in these contacts and no other.
fn contact_effects(rng: &mut Rng, surroundings: &Surroundings, people: &[Person]) -> Vec<Effect> {
    let detours = people.len() < DETOURS_BELOW;
    let mut effects = Vec::new();
    let mut late = Vec::new();
    for person in people {
        if rng.percent(if detours { 50 } else { 3 }) {
            let other = surroundings.person(rng, person.id);
            effects.push(Effect::PutContact(contact(&other)));
            late.push(Effect::PutContact(contact(person)));
        } else if rng.percent(if detours { 40 } else { 2 }) {
            late.push(Effect::PutContact(contact(person)));
        } else {
            effects.push(Effect::PutContact(contact(person)));
        }
        if rng.percent(if detours { 20 } else { 1 }) && person.id > 1 {
            passer_by(rng, surroundings, people, person.id - 1, &mut effects, &mut late);
        }
    }
    if rng.percent(60) {
        rng.shuffle(&mut late);
    }
    effects.append(&mut late);
    effects
}

/// A contact that is put and dropped again.
fn passer_by(
    rng: &mut Rng,
    surroundings: &Surroundings,
    people: &[Person],
    id: u64,
    early: &mut Vec<Effect>,
    late: &mut Vec<Effect>,
) {
    if people.binary_search_by_key(&id, |person| person.id).is_err() {
        let guest = contact(&surroundings.person(rng, id));
        late.push(Effect::DropContact(guest.id));
        early.push(Effect::PutContact(guest));
    }
}

fn by_loader(rng: &mut Rng, surroundings: &Surroundings, people: &[Person]) -> Book {
    let tables = IndexedTables::new(SmallTables {
        organizations: surroundings.organizations().into_iter().map(|thing| (thing, Revision(1))).collect(),
        groups: surroundings.groups().into_iter().map(|thing| (thing, Revision(1))).collect(),
        employees: surroundings.employees().into_iter().map(|thing| (thing, Revision(1))).collect(),
        ..SmallTables::default()
    });
    let mut runs: Vec<LoadedBatch> = Vec::new();
    let mut rest = people;
    while !rest.is_empty() {
        let (some, others) = rest.split_at(rng.between(1, rest.len()));
        runs.push(run(&tables, some));
        rest = others;
    }
    assemble(tables, runs, Revision(7)).expect("rows of valid contacts in order")
}

fn run(tables: &IndexedTables, people: &[Person]) -> LoadedBatch {
    let mut run = LoadBatch::new(tables);
    for person in people {
        let phones: Vec<Phone> = person.phones.iter().map(|text| Phone::parse(text).expect(VALID)).collect();
        let emails: Vec<&str> = person.emails.iter().map(String::as_str).collect();
        let groups: Vec<u64> = person.groups.iter().map(|(id, _)| *id).collect();
        let stored = StoredContact {
            id: person.id,
            last_name: &person.last,
            first_name: person.first.as_deref(),
            patronymic: person.patronymic.as_deref(),
            phones: &phones,
            emails: &emails,
            manager: person.manager.as_ref().map(|(id, _)| *id),
            organization: person.organization.as_ref().map(|(id, _)| *id),
            groups: &groups,
            revision: Revision(7),
        };
        run.push(&stored).expect(VALID);
    }
    run.finish()
}
