//! Groups and their members against a plain list, and what employees and the blacklist hold.

use super::*;
use crate::blacklist::{BlacklistEntry, BlacklistNumber};
use crate::book::writer::BookWriter;
use crate::change::{Change, Effect};
use crate::contact::{Contact, ContactDraft};
use crate::employee::{Employee, EmployeePhone, PhoneStatus};
use crate::group::{Group, GroupOwner};
use crate::id::{BlacklistId, ContactId, EmployeeId, GroupId, OrganizationId};
use crate::organization::Organization;
use crate::query::ask::{Ask, AskFilter, Condition, Literal};
use crate::query::field::FieldType;
use crate::query::plan::plan;
use crate::query::value::Value;
use crate::runner::INLINE;
use crate::text::{Emails, Name, Phone, Phones};

/// Enough for several chunks.
const CONTACTS: u64 = 3_000;
const GROUPS: u64 = 6;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// Whether a contact is in a group: group 1 is empty, group 6 has everybody.
fn belongs(contact: u64, group: u64) -> bool {
    group > 1 && (group == GROUPS || contact.is_multiple_of(group + 5))
}

fn contact(id: u64) -> Contact {
    let groups = (1..=GROUPS).filter(|group| belongs(id, *group)).map(|group| GroupId::new(group).expect("an id"));
    let phone = Phone::parse(&format!("7495{id:07}")).expect("a phone");
    let draft = ContactDraft {
        last_name: name(&format!("Имя {id}")),
        first_name: None,
        patronymic: None,
        phones: Phones::new(vec![phone], |phone| *phone).expect("one"),
        emails: Emails::default(),
        manager: None,
        organization: None,
        groups: groups.collect(),
    };
    Contact { id: ContactId::new(id).expect("an id"), draft }
}

fn group(id: u64) -> Group {
    let owner = if id == 1 { GroupOwner::System } else { GroupOwner::User };
    Group { id: GroupId::new(id).expect("an id"), name: name(&format!("group {id}")), owner }
}

fn employee(id: u64, phones: Vec<EmployeePhone>) -> Employee {
    let last_name = name(&format!("Employee {id}"));
    let id = EmployeeId::new(id).expect("an id");
    Employee { id, last_name, first_name: None, patronymic: None, email: None, phones }
}

fn book() -> Book {
    let mut effects: Vec<Effect> = (1..=GROUPS).map(|id| Effect::PutGroup(group(id))).collect();
    effects.extend((1..=CONTACTS).map(|id| Effect::PutContact(contact(id))));
    let phone = EmployeePhone {
        id: 9,
        number: "74955140578...2345".into(),
        channels: 2,
        dial_seconds: 60,
        status: PhoneStatus::Active,
    };
    effects.push(Effect::PutEmployee(employee(1, vec![phone])));
    effects.push(Effect::PutEmployee(employee(2, Vec::new())));
    let organization =
        |id| Organization { id: OrganizationId::new(id).expect("an id"), name: name(&format!("Ltd {id}")) };
    effects.extend((1..=20).map(|id| Effect::PutOrganization(organization(id))));
    for (id, comment) in [(1, Some("spam")), (2, None)] {
        let phone = Phone::parse(&format!("0{id}12345")).expect("a phone");
        let entry = BlacklistEntry { phone, added_by: "Ada".into(), comment: comment.map(Box::from), added_at: 86_400 };
        effects.push(Effect::PutBlacklistNumber(BlacklistNumber { id: BlacklistId::new(id).expect("an id"), entry }));
    }
    let mut writer = BookWriter::default();
    writer.apply(&Change { decided_on: writer.book().revision(), contacts: CONTACTS, effects });
    writer.book().clone()
}

fn simple(field: &str, operator: &str, value: Literal) -> Ask {
    let filter = AskFilter::Simple { field: field.into(), operator: operator.into(), value };
    Ask { filter, ..Ask::default() }
}

fn planned<L: Listing>(ask: &Ask) -> Plan {
    plan(L::fields(), ask).expect("a good question")
}

/// Ids of what is found.
fn ids<L: Listing>(book: &Book, ask: &Ask) -> Vec<u64> {
    let found = L::find(book, &planned::<L>(ask), &INLINE).expect("few steps");
    assert_eq!(found.total, found.len() as u64, "all of it fits on the page");
    found.records().map(Record::id).collect()
}

/// The members that a record of a group shows, by id and name.
fn members(record: &GroupRecord<'_>) -> Vec<(u64, String)> {
    let Value::Objects(list) = record.value(3) else { panic!("no list") };
    let member = |at| match (list.value(at, 0), list.value(at, 1)) {
        (Value::Number(id), Value::Text(name)) if list.id(at) == id.cast_unsigned() => (list.id(at), name.to_owned()),
        _ => panic!("an id and a name"),
    };
    (0..list.len()).map(member).collect()
}

#[test]
fn groups_show_their_members_by_id() {
    let book = book();
    let found = Groups::find(&book, &planned::<Groups>(&Ask::default()), &INLINE).expect("no patterns");
    assert_eq!(found.total, GROUPS);
    for record in found.records() {
        let expected: Vec<_> = (1..=CONTACTS).filter(|id| belongs(*id, record.id())).collect();
        let expected: Vec<_> = expected.into_iter().map(|id| (id, format!("Имя {id}"))).collect();
        assert_eq!(members(record), expected, "group {}", record.id());
    }
}

#[test]
fn groups_are_found_by_their_members() {
    let book = book();
    let number = |number: u64| Literal::Number(number.to_string());
    let holding = |holds: &dyn Fn(u64) -> bool| (1..=GROUPS).filter(|group| holds(*group)).collect::<Vec<_>>();
    let cases: [(&str, Literal, Vec<u64>); 7] = [
        ("=", number(56), holding(&|group| belongs(56, group))),
        ("!=", number(56), holding(&|group| !belongs(56, group))),
        ("in", Literal::List(vec![number(7), number(8)]), holding(&|group| belongs(7, group) || belongs(8, group))),
        ("is_null", Literal::Null, vec![1]),
        ("is_not_null", Literal::Null, (2..=GROUPS).collect()),
        ("jsquery", Literal::Text("#.contact_full_name = \"Имя 56\"".into()), holding(&|group| belongs(56, group))),
        ("jsquery", Literal::Text("@# > 400".into()), vec![2, GROUPS]),
    ];
    for (operator, value, expected) in cases {
        let ask = simple("members", operator, value);
        assert_eq!(ids::<Groups>(&book, &ask), expected, "{ask:?}");
        let without = Ask { fields: vec!["id".into()], ..ask };
        assert_eq!(ids::<Groups>(&book, &without), expected, "without showing members");
    }
    assert_eq!(ids::<Groups>(&book, &simple("is_system", "=", Literal::Boolean(true))), [1]);
    assert_eq!(ids::<Groups>(&book, &simple("is_system", "!=", Literal::Boolean(true))), [2, 3, 4, 5, 6]);
}

#[test]
fn a_question_that_does_not_need_members_does_not_look_for_them() {
    let book = book();
    let names_only = Ask { fields: vec!["id".into(), "name".into()], ..Ask::default() };
    let found = Groups::find(&book, &planned::<Groups>(&names_only), &INLINE).expect("no patterns");
    assert!(found.records().all(|record| members(record).is_empty()));
    assert_eq!(Groups::rows_read(&book, &planned::<Groups>(&names_only)), 6);
    assert!(Groups::rows_read(&book, &planned::<Groups>(&Ask::default())) > CONTACTS as usize);
    let one = Ask { limit: Some(1), ..simple("name", "like", Literal::Text("group%".into())) };
    let found = Groups::find(&book, &planned::<Groups>(&one), &INLINE).expect("few steps");
    let looked_for: usize = found.all.iter().filter(|record| !members(record).is_empty()).count();
    assert_eq!((found.total, found.len(), looked_for), (GROUPS, 1, 0), "group 1 is shown, and has none");
}

#[test]
fn a_group_that_took_the_place_of_another_has_its_own_members() {
    let mut writer = BookWriter::of(book());
    let gone = GroupId::new(2).expect("an id");
    let mut effects: Vec<Effect> = (1..=CONTACTS)
        .filter(|id| belongs(*id, 2))
        .map(|id| {
            let mut contact = contact(id);
            contact.draft.groups.retain(|group| *group != gone);
            Effect::PutContact(contact)
        })
        .collect();
    effects.push(Effect::DropGroup(gone));
    effects.push(Effect::PutGroup(group(7)));
    writer.apply(&Change { decided_on: writer.book().revision(), contacts: CONTACTS, effects });
    let book = writer.book();
    assert_eq!(ids::<Groups>(book, &Ask::default()), [1, 3, 4, 5, 6, 7]);
    assert_eq!(ids::<Groups>(book, &simple("members", "is_null", Literal::Null)), [1, 7]);
}

#[test]
fn employees_have_every_documented_member() {
    let book = book();
    let found = Employees::find(&book, &planned::<Employees>(&Ask::default()), &INLINE).expect("no patterns");
    let is_valid =
        |record: &EmployeeRecord<'_>, (place, field): (usize, &Field)| match (field.kind, record.value(place)) {
            (FieldType::Empty(wanted), Value::Empty(is_valid)) => wanted == is_valid,
            (FieldType::Empty(_), _) | (_, Value::Empty(_)) => false,
            (_, Value::Null) => field.nullable,
            _ => true,
        };
    for record in found.records() {
        assert!(Employees::fields().iter().enumerate().all(|field| is_valid(record, field)));
    }
    assert_eq!(ids::<Employees>(&book, &simple("login", "is_null", Literal::Null)), [1, 2]);
    assert_eq!(ids::<Employees>(&book, &simple("login", "!=", Literal::Text("x".into()))), [0u64; 0]);
    assert_eq!(ids::<Employees>(&book, &simple("groups", "is_null", Literal::Null)), [1, 2]);
    assert_eq!(ids::<Employees>(&book, &simple("groups", "jsquery", Literal::Text("@# = 0".into()))), [1, 2]);
    let phones = |text: &str| ids::<Employees>(&book, &simple("phone_numbers", "jsquery", Literal::Text(text.into())));
    assert_eq!(phones("#(phone_number = \"74955140578...2345\" AND channels_count = 2)"), [1]);
    assert_eq!(phones("#.status = \"active\" AND #.dial_time = 60 AND #.phone_id = 9"), [1]);
    assert_eq!(phones("@# = 0"), [2]);
    assert_eq!(ids::<Employees>(&book, &simple("phone_numbers", "=", Literal::Number("9".into()))), [1]);
}

#[test]
fn the_blacklist_keeps_leading_zeros_and_its_nulls() {
    let book = book();
    let list = |field: &str, operator: &str, value: &str| {
        ids::<BlacklistNumbers>(&book, &simple(field, operator, Literal::Text(value.into())))
    };
    assert_eq!(list("phone_number", "=", "0112345"), [1]);
    assert_eq!(list("phone_number", "like", "0%"), [1, 2]);
    assert_eq!(list("add_comment", "!=", "other"), [1]);
    assert_eq!(list("add_date_time", ">=", "1970-01-02"), [1, 2]);
    assert_eq!(list("add_date_time", ">", "1970-01-02 00:00:00"), [0u64; 0]);
}

#[test]
fn what_would_hold_others_up_is_estimated_to_take_longer_than_a_look_up() {
    let book = book();
    let is_short = |ask: &Ask| {
        Organizations::estimate(&book, &planned::<Organizations>(ask)) <= std::time::Duration::from_micros(100)
    };
    let regexp = |pattern: &str| simple("name", "regexp", Literal::Text(pattern.into()));
    assert!(is_short(&Ask::default()) && is_short(&regexp("^Ltd")));
    let many = AskFilter::Tree {
        filters: (0..10).map(|at| regexp(&format!("{at}$")).filter).collect(),
        condition: Some(Condition::Or),
    };
    assert!(!is_short(&Ask { filter: many, ..Ask::default() }));
}
