//! A book made by chance, and the same contacts as plain values.
//!
//! The plain values are what the oracle and PostgreSQL are given. The book comes from them by one of two
//! ways: through the desk, with detours (contacts in any order, put twice, dropped again; names that change),
//! or through the loader, in several runs.

use ringbook_book::Book;
use ringbook_book::book::desk::Desk;
use ringbook_book::book::load::{Frame, Furniture, Ran, Run, StoredContact, assemble};
use ringbook_book::change::{Change, Effect};
use ringbook_book::contact::{Contact, ContactDraft};
use ringbook_book::employee::Employee;
use ringbook_book::group::{Group, Origin};
use ringbook_book::id::{ContactId, EmployeeId, GroupId, OrganizationId, Revision};
use ringbook_book::organization::Organization;
use ringbook_book::text::{Email, Emails, Name, Phone, Phones};

use crate::dice::Dice;
use crate::words;

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
}

impl Sample {
    /// A book of `count` contacts.
    pub fn new(dice: &mut Dice, count: usize) -> Self {
        let surroundings = Surroundings::new(dice);
        let people = surroundings.people(dice, count);
        let book = if dice.chance(50) {
            by_desk(dice, &surroundings, &people)
        } else {
            by_loader(dice, &surroundings, &people)
        };
        Self { people, book }
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
    fn new(dice: &mut Dice) -> Self {
        Self {
            organizations: named(dice, 5),
            groups: named(dice, 8),
            managers: named(dice, 4),
            names: (0..14).map(|_| words::name(dice)).collect(),
            phones: (0..24).map(|_| words::phone(dice)).collect(),
            emails: (0..20).map(|_| words::email(dice)).collect(),
        }
    }

    fn people(&self, dice: &mut Dice, count: usize) -> Vec<Person> {
        let mut id = 0;
        let step = if dice.chance(10) { 1 << 45 } else { 3 };
        let mut people = Vec::with_capacity(count);
        for _ in 0..count {
            id += dice.between(1, step) as u64;
            people.push(self.person(dice, id));
        }
        people
    }

    fn person(&self, dice: &mut Dice, id: u64) -> Person {
        let manager = dice.chance(50).then(|| dice.pick(&self.managers));
        let organization = dice.chance(60).then(|| dice.pick(&self.organizations));
        let mut groups = several(dice, &self.groups, &[0, 0, 1, 1, 2, 3, 5]);
        groups.sort();
        groups.dedup();
        let mut emails = several(dice, &self.emails, &[0, 0, 1, 1, 2, 10]);
        let mut seen = Vec::new();
        emails.retain(|email| {
            let folded = email.to_lowercase();
            let fresh = !seen.contains(&folded);
            seen.push(folded);
            fresh
        });
        let mut phones = several(dice, &self.phones, &[1, 1, 1, 2, 3, 10]);
        let mut seen = Vec::new();
        phones.retain(|phone| {
            let fresh = !seen.contains(phone);
            seen.push(phone.clone());
            fresh
        });
        Person {
            id,
            last: self.name(dice),
            first: dice.chance(70).then(|| self.name(dice)),
            patronymic: dice.chance(40).then(|| self.name(dice)),
            emails,
            phones,
            manager,
            organization,
            groups,
        }
    }

    fn name(&self, dice: &mut Dice) -> String {
        if dice.chance(75) { dice.pick(&self.names) } else { words::name(dice) }
    }

    fn organizations(&self) -> Vec<Organization> {
        let made = |(id, text): &(u64, String)| Organization { id: organization_id(*id), name: name(text) };
        self.organizations.iter().map(made).collect()
    }

    fn groups(&self) -> Vec<Group> {
        let made = |(id, text): &(u64, String)| Group { id: group_id(*id), name: name(text), origin: Origin::User };
        self.groups.iter().map(made).collect()
    }

    fn employees(&self) -> Vec<Employee> {
        self.managers.iter().map(|(id, text)| employee(*id, text)).collect()
    }
}

/// So many things with ids and different names.
fn named(dice: &mut Dice, count: usize) -> Vec<(u64, String)> {
    let mut things: Vec<(u64, String)> = Vec::new();
    let mut id = 0;
    while things.len() < count {
        id += dice.between(1, 9) as u64;
        let name = words::name(dice);
        if things.iter().all(|(_, other)| *other != name) {
            things.push((id, name));
        }
    }
    things
}

fn several<T: Clone>(dice: &mut Dice, among: &[T], counts: &[usize]) -> Vec<T> {
    let count = dice.pick(counts);
    (0..count).map(|_| dice.pick(among)).collect()
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

/// Below so many contacts the desk takes detours with every contact.
const DETOURS_BELOW: usize = 200;

fn by_desk(dice: &mut Dice, surroundings: &Surroundings, people: &[Person]) -> Book {
    let mut desk = Desk::default();
    let mut effects: Vec<Effect> = former_names(dice, surroundings);
    effects.extend(contact_effects(dice, surroundings, people));
    effects.extend(surroundings.organizations().into_iter().map(Effect::PutOrganization));
    effects.extend(surroundings.groups().into_iter().map(Effect::PutGroup));
    effects.extend(surroundings.employees().into_iter().map(Effect::PutEmployee));
    for few in effects.chunks(7) {
        if dice.chance(3) {
            // Keys that exist already must follow every later change.
            desk.book().warm_sort_keys();
        }
        if dice.chance(2) {
            desk = Desk::of(desk.book().clone());
        }
        desk.apply(&Change { decided_on: desk.book().revision(), contacts: 0, effects: few.to_vec() });
    }
    desk.snapshot().as_ref().clone()
}

/// The surroundings as they were before they got their present names.
fn former_names(dice: &mut Dice, surroundings: &Surroundings) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut former = |id: &u64| format!("former {id} {}", dice.below(100));
    for (id, _) in &surroundings.organizations {
        effects.push(Effect::PutOrganization(Organization { id: organization_id(*id), name: name(&former(id)) }));
    }
    for (id, _) in &surroundings.groups {
        let group = Group { id: group_id(*id), name: name(&former(id)), origin: Origin::User };
        effects.push(Effect::PutGroup(group));
    }
    for (id, _) in &surroundings.managers {
        effects.push(Effect::PutEmployee(employee(*id, &former(id))));
    }
    dice.shuffle(&mut effects);
    effects
}

/// Effects that end in these contacts and no other.
fn contact_effects(dice: &mut Dice, surroundings: &Surroundings, people: &[Person]) -> Vec<Effect> {
    let detours = people.len() < DETOURS_BELOW;
    let mut effects = Vec::new();
    let mut late = Vec::new();
    for person in people {
        if dice.chance(if detours { 50 } else { 3 }) {
            let other = surroundings.person(dice, person.id);
            effects.push(Effect::PutContact(contact(&other)));
            late.push(Effect::PutContact(contact(person)));
        } else if dice.chance(if detours { 40 } else { 2 }) {
            late.push(Effect::PutContact(contact(person)));
        } else {
            effects.push(Effect::PutContact(contact(person)));
        }
        if dice.chance(if detours { 20 } else { 1 }) && person.id > 1 {
            passer_by(dice, surroundings, people, person.id - 1, &mut effects, &mut late);
        }
    }
    if dice.chance(60) {
        dice.shuffle(&mut late);
    }
    effects.append(&mut late);
    effects
}

/// A contact that is put and dropped again.
fn passer_by(
    dice: &mut Dice,
    surroundings: &Surroundings,
    people: &[Person],
    id: u64,
    early: &mut Vec<Effect>,
    late: &mut Vec<Effect>,
) {
    if people.binary_search_by_key(&id, |person| person.id).is_err() {
        let guest = contact(&surroundings.person(dice, id));
        late.push(Effect::DropContact(guest.id));
        early.push(Effect::PutContact(guest));
    }
}

fn by_loader(dice: &mut Dice, surroundings: &Surroundings, people: &[Person]) -> Book {
    let frame = Frame::new(Furniture {
        organizations: surroundings.organizations().into_iter().map(|thing| (thing, Revision(1))).collect(),
        groups: surroundings.groups().into_iter().map(|thing| (thing, Revision(1))).collect(),
        employees: surroundings.employees().into_iter().map(|thing| (thing, Revision(1))).collect(),
        ..Furniture::default()
    });
    let mut runs: Vec<Ran> = Vec::new();
    let mut rest = people;
    while !rest.is_empty() {
        let (some, others) = rest.split_at(dice.between(1, rest.len()));
        runs.push(run(&frame, some));
        rest = others;
    }
    assemble(frame, runs, Revision(7)).expect("rows of valid contacts in order")
}

fn run(frame: &Frame, people: &[Person]) -> Ran {
    let mut run = Run::new(frame);
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
