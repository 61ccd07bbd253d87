//! The book against a plain list of contacts after random changes; what the loader rejects; images.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fastrand::Rng;

use super::Book;
use super::chunk::{CHUNK_CONTACTS_MAX, Chunk};
use super::load::{IndexedTables, LoadBatch, LoadError, SmallTables, StoredContact, assemble};
use super::writer::BookWriter;
use crate::change::{Change, Effect};
use crate::collation::sort_key;
use crate::contact::{Contact, ContactDraft};
use crate::employee::Employee;
use crate::group::{Group, GroupOwner};
use crate::id::{ContactId, EmployeeId, GroupId, OrganizationId, Revision};
use crate::organization::Organization;
use crate::text::{Email, Emails, Name, Phone, Phones};

mod commands;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn organization(id: u64, text: &str) -> Organization {
    Organization { id: OrganizationId::new(id).expect("an id"), name: name(text) }
}

fn group(id: u64, text: &str) -> Group {
    Group { id: GroupId::new(id).expect("an id"), name: name(text), owner: GroupOwner::User }
}

fn employee(id: u64, text: &str) -> Employee {
    Employee {
        id: EmployeeId::new(id).expect("an id"),
        last_name: name(text),
        first_name: Some(name("Анна")),
        patronymic: None,
        email: None,
        phones: Vec::new(),
    }
}

/// A contact with references to some of five organizations, five groups and five employees.
fn contact(rng: &mut Rng, id: u64) -> Contact {
    let number = |rng: &mut Rng| format!("7495{:03}", rng.u64(..400));
    let phones: BTreeSet<String> = (0..=rng.u64(..3)).map(|_| number(rng)).collect();
    let phones = phones.iter().map(|text| Phone::parse(text).expect("a phone")).collect();
    let emails = (0..rng.u64(..3)).map(|at| Email::parse(&format!("a{at}@b.example")).expect("an address")).collect();
    let groups: BTreeSet<u64> = (0..rng.u64(..4)).map(|_| 1 + rng.u64(..5)).collect();
    let draft = ContactDraft {
        last_name: name(&format!("Имя {}", rng.u64(..50))),
        first_name: (rng.u64(..3) > 0).then(|| name(&"я".repeat(1 + rng.u64(..20) as usize))),
        patronymic: (rng.u64(..3) > 0).then(|| name("Петровна")),
        phones: Phones::new(phones, |phone| *phone).expect("few, none twice"),
        emails: Emails::new(emails, Email::folded).expect("few, none twice"),
        manager: EmployeeId::new(rng.u64(..6)).ok(),
        organization: OrganizationId::new(rng.u64(..6)).ok(),
        groups: groups.into_iter().map(|id| GroupId::new(id).expect("an id")).collect(),
    };
    Contact { id: ContactId::new(id).expect("an id"), draft }
}

/// A writer with the organizations, groups and employees that contacts refer to.
fn writer_with_tables() -> BookWriter {
    let mut writer = BookWriter::default();
    let mut effects = Vec::new();
    for id in 1..=5 {
        effects.push(Effect::PutOrganization(organization(id, &format!("organization {id}"))));
        effects.push(Effect::PutGroup(group(id, &format!("group {id}"))));
        effects.push(Effect::PutEmployee(employee(id, &format!("Employee {id}"))));
    }
    apply(&mut writer, effects);
    writer
}

fn apply(writer: &mut BookWriter, effects: Vec<Effect>) {
    writer.apply(&Change { decided_on: writer.book().revision(), contacts: 0, effects });
}

type Model = BTreeMap<u64, Contact>;

/// A few puts and drops of mostly adjacent ids, so that chunks fill up, split and become empty.
fn random_effects(rng: &mut Rng, model: &mut Model, ids: u64) -> Vec<Effect> {
    let near = rng.u64(..ids);
    let mut effects = Vec::new();
    for _ in 0..20 {
        let id = 1 + (near + rng.u64(..60)) % ids;
        if rng.u64(..3) == 0 {
            model.remove(&id);
            effects.push(Effect::DropContact(ContactId::new(id).expect("an id")));
        } else {
            let contact = contact(rng, id);
            model.insert(id, contact.clone());
            effects.push(Effect::PutContact(contact));
        }
    }
    effects
}

/// Asserts that the book holds these contacts and that its indexes agree with them.
fn check(book: &Book, model: &Model) {
    assert!(book.iter().map(super::view::ContactView::to_contact).eq(model.values().cloned()), "the contacts");
    assert_eq!(book.contacts_len(), model.len());
    let mut before = 0;
    for (at, chunk) in book.contacts.chunks.iter().enumerate() {
        assert!((1..=CHUNK_CONTACTS_MAX).contains(&chunk.len()), "a chunk of {}", chunk.len());
        assert_eq!((book.contacts.firsts[at], book.contacts.starts[at]), (chunk.first_id(), before));
        before += chunk.len();
        let keys = chunk.keys();
        for row in 0..chunk.len() {
            assert_eq!(keys.last[row], sort_key(Some(chunk.last_name(row))));
            assert_eq!(keys.first[row], sort_key(chunk.first_name(row)));
            assert_eq!(keys.full[row], sort_key(Some(chunk.full_name(row))));
        }
    }
    check_phones(book, model);
    assert!(book.members.pairs().eq(book.contacts.members(&book.organizations).pairs()), "index of members");
    let sets: BTreeSet<Vec<u64>> = model.values().map(|contact| numbers(&contact.draft.groups)).collect();
    let sets = sets.iter().filter(|set| !set.is_empty()).count();
    assert_eq!(book.group_sets.len(), sets, "an unused set is freed, a shared set is stored once");
}

fn numbers(groups: &[GroupId]) -> Vec<u64> {
    groups.iter().map(|group| group.number()).collect()
}

fn check_phones(book: &Book, model: &Model) {
    let mut owners: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (id, contact) in model {
        for phone in contact.draft.phones.as_slice() {
            owners.entry(phone.packed()).or_default().push(*id);
        }
    }
    for (phone, ids) in owners {
        assert_eq!(book.phones.find(phone).collect::<Vec<_>>(), ids, "who has {phone}");
    }
}

#[test]
fn a_book_equals_a_plain_list_and_snapshots_do_not_change() {
    let mut rng = Rng::with_seed(3);
    let mut writer = writer_with_tables();
    let mut model = Model::new();
    let mut snapshots: Vec<(Arc<Book>, Model)> = Vec::new();
    for step in 0..240 {
        if step % 40 == 39 {
            writer = BookWriter::of(writer.book().clone());
        }
        let effects = random_effects(&mut rng, &mut model, 500);
        apply(&mut writer, effects);
        if step % 30 == 0 {
            check(writer.book(), &model);
            snapshots.push((writer.snapshot(), model.clone()));
        }
    }
    for (book, model) in &snapshots {
        check(book, model);
    }
}

#[test]
fn a_book_that_became_empty_can_be_filled_again() {
    let mut rng = Rng::with_seed(4);
    let mut writer = writer_with_tables();
    for _ in 0..2 {
        let mut model = Model::new();
        for id in 1..=1_030 {
            model.insert(id, contact(&mut rng, id));
        }
        apply(&mut writer, model.values().cloned().map(Effect::PutContact).collect());
        check(writer.book(), &model);
        apply(&mut writer, model.values().map(|contact| Effect::DropContact(contact.id)).collect());
        check(writer.book(), &Model::new());
    }
}

#[test]
fn chunks_that_grow_in_the_middle_are_split() {
    let mut rng = Rng::with_seed(5);
    let mut model: Model = (1..=2_500).map(|id| (id * 3, contact(&mut rng, id * 3))).collect();
    let mut writer = BookWriter::of(load(&model, &[700, 1, 1_799]));
    let chunks = writer.book().contacts.chunks.len();
    for id in (1_000..3_500).filter(|id| id % 3 != 0) {
        let contact = contact(&mut rng, id);
        model.insert(id, contact.clone());
        apply(&mut writer, vec![Effect::PutContact(contact)]);
    }
    check(writer.book(), &model);
    assert!(writer.book().contacts.chunks.len() > chunks);
}

#[test]
fn a_loaded_book_equals_the_written_one() {
    let mut rng = Rng::with_seed(6);
    let model: Model = (1..=2_100).map(|id| (id * 2, contact(&mut rng, id * 2))).collect();
    let mut writer = writer_with_tables();
    apply(&mut writer, model.values().cloned().map(Effect::PutContact).collect());
    for batches in [&[2_100][..], &[1_024, 1_076], &[1, 2_098, 1], &[0, 2_100]] {
        let loaded = load(&model, batches);
        check(&loaded, &model);
        assert!(loaded.iter().map(|view| view.to_contact()).eq(writer.book().iter().map(|view| view.to_contact())));
        let names = |book: &Book| -> Vec<_> {
            book.iter().map(|view| view.groups().map(|(_, name)| name.to_owned()).collect::<Vec<_>>()).collect()
        };
        assert_eq!(names(&loaded), names(writer.book()));
    }
}

#[test]
fn a_contact_shows_the_current_names_of_its_references() {
    let mut writer = writer_with_tables();
    let mut contact = contact(&mut Rng::with_seed(7), 9);
    contact.draft.organization = OrganizationId::new(2).ok();
    contact.draft.manager = EmployeeId::new(3).ok();
    contact.draft.groups = vec![GroupId::new(4).expect("an id")];
    let id = contact.id;
    apply(&mut writer, vec![Effect::PutContact(contact)]);
    let before = writer.snapshot();
    let renamed = vec![
        Effect::PutOrganization(organization(2, "ООО «Новое»")),
        Effect::PutEmployee(employee(3, "Новая")),
        Effect::PutGroup(group(4, "new group")),
    ];
    apply(&mut writer, renamed);
    let names = |book: &Book| {
        let view = book.contact(id).expect("the contact exists");
        let group = view.groups().next().expect("one group").1.to_owned();
        (view.organization().expect("one").1.to_owned(), view.manager().expect("one").1.to_owned(), group)
    };
    assert_eq!(names(writer.book()), ("ООО «Новое»".to_owned(), "Новая Анна".to_owned(), "new group".to_owned()));
    assert_eq!(names(&before).0, "organization 2");
    assert_eq!(writer.organization_named(&name("organization 2")), None, "the former name is free");
    assert_eq!(writer.group_named(&name("new group")), GroupId::new(4).ok());
}

#[test]
#[should_panic(expected = "the state that it was decided on")]
fn a_change_of_another_revision_is_not_applied() {
    writer_with_tables().apply(&Change { decided_on: Revision(0), contacts: 0, effects: Vec::new() });
}

fn tables() -> IndexedTables {
    let ids = 1..=5;
    let revision = Revision(0);
    IndexedTables::new(SmallTables {
        organizations: ids.clone().map(|id| (organization(id, &format!("organization {id}")), revision)).collect(),
        groups: ids.clone().map(|id| (group(id, &format!("group {id}")), revision)).collect(),
        employees: ids.map(|id| (employee(id, &format!("Employee {id}")), revision)).collect(),
        ..SmallTables::default()
    })
}

/// A book of these contacts, loaded in batches of these lengths.
fn load(model: &Model, batches: &[usize]) -> Book {
    let tables = tables();
    let mut rest: Vec<&Contact> = model.values().collect();
    let mut loaded = Vec::new();
    for length in batches {
        let others = rest.split_off(*length);
        let mut batch = LoadBatch::new(&tables);
        for contact in rest {
            let draft = &contact.draft;
            let emails: Vec<&str> = draft.emails.as_slice().iter().map(Email::as_str).collect();
            let stored = StoredContact {
                id: contact.id.number(),
                last_name: draft.last_name.as_str(),
                first_name: draft.first_name.as_ref().map(Name::as_str),
                patronymic: draft.patronymic.as_ref().map(Name::as_str),
                phones: draft.phones.as_slice(),
                emails: &emails,
                manager: draft.manager.map(EmployeeId::number),
                organization: draft.organization.map(OrganizationId::number),
                groups: &numbers(&draft.groups),
                revision: Revision(1),
            };
            batch.push(&stored).expect("a valid contact");
        }
        loaded.push(batch.finish());
        rest = others;
    }
    assemble(tables, loaded, Revision(1)).expect("batches in order")
}

#[test]
fn the_loader_rejects_invalid_rows() {
    let phone = Phone::parse("74951234567").expect("a phone");
    let tables = tables();
    let plain = StoredContact {
        id: 7,
        last_name: "Иванова",
        first_name: None,
        patronymic: None,
        phones: &[phone],
        emails: &[],
        manager: None,
        organization: None,
        groups: &[],
        revision: Revision(1),
    };
    let rejected = |stored: StoredContact<'_>| {
        let mut batch = LoadBatch::new(&tables);
        batch.push(&plain).expect("a valid contact");
        batch.push(&stored).expect_err("must be rejected").reason
    };
    let next = StoredContact { id: 8, ..plain };
    assert!(rejected(plain).contains("out of order"));
    assert!(rejected(StoredContact { id: u64::MAX, ..next }).contains("out of order"));
    assert!(rejected(StoredContact { last_name: " x", ..next }).contains("name"));
    assert!(rejected(StoredContact { last_name: "", ..next }).contains("name"));
    assert!(rejected(StoredContact { first_name: Some("a\u{85}b"), ..next }).contains("name"));
    assert!(rejected(StoredContact { patronymic: Some(&"ё".repeat(256)), ..next }).contains("name"));
    assert!(rejected(StoredContact { phones: &[], ..next }).contains("phone"));
    assert!(rejected(StoredContact { phones: &[phone, phone], ..next }).contains("phone"));
    assert!(rejected(StoredContact { emails: &["a\nb"], ..next }).contains("e-mail"));
    assert!(rejected(StoredContact { emails: &["a@b.example"; 11], ..next }).contains("e-mail"));
    assert!(rejected(StoredContact { manager: Some(6), ..next }).contains("manager"));
    assert!(rejected(StoredContact { organization: Some(6), ..next }).contains("organization"));
    assert!(rejected(StoredContact { groups: &[1, 6], ..next }).contains("group"));
    assert!(rejected(StoredContact { groups: &[2, 1], ..next }).contains("order"));
}

#[test]
fn overlapping_batches_are_rejected() {
    let tables = tables();
    let phone = Phone::parse("123").expect("a phone");
    let batch = |id| {
        let mut batch = LoadBatch::new(&tables);
        let stored = StoredContact {
            id,
            last_name: "a",
            first_name: None,
            patronymic: None,
            phones: &[phone],
            emails: &[],
            manager: None,
            organization: None,
            groups: &[],
            revision: Revision(1),
        };
        batch.push(&stored).expect("a valid contact");
        batch.finish()
    };
    let batches = vec![batch(5), batch(5)];
    let rejected = assemble(self::tables(), batches, Revision(1));
    assert_eq!(rejected.err(), Some(LoadError { reason: "has an id that is out of order" }));
}

#[test]
fn an_image_round_trips() {
    let mut rng = Rng::with_seed(11);
    let (mut writer, mut model) = (writer_with_tables(), Model::new());
    for _ in 0..60 {
        let effects = random_effects(&mut rng, &mut model, 4_000);
        apply(&mut writer, effects);
    }
    let book = writer.book();
    let chunks = book.image_chunks().map(|part| Chunk::from_image(&part).expect("just written")).collect();
    let read = Book::from_image(&book.image_head(), &book.image_phones(), chunks).expect("just written");
    check(&read, &model);
    assert_eq!(read.revision(), book.revision());
    assert!(read.organizations().eq(book.organizations()) && read.groups().eq(book.groups()));
    assert!(read.employees().eq(book.employees()));
    apply(&mut BookWriter::of(read), vec![Effect::PutContact(contact(&mut rng, 9_999))]);
}

#[test]
fn a_truncated_image_is_rejected() {
    let mut rng = Rng::with_seed(12);
    let (mut writer, mut model) = (writer_with_tables(), Model::new());
    let effects = random_effects(&mut rng, &mut model, 40);
    apply(&mut writer, effects);
    let head = writer.book().image_head();
    for end in 0..head.len() {
        assert!(Book::from_image(&head[..end], &[], Vec::new()).is_err(), "{end} bytes of the head");
    }
    for part in writer.book().image_chunks() {
        for end in 0..part.len() {
            assert!(Chunk::from_image(&part[..end]).is_err(), "{end} bytes of a chunk");
        }
    }
}
