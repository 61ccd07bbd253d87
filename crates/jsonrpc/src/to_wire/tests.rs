//! The bytes of answers, letter by letter.

use std::sync::Arc;

use ringbook_book::Book;
use ringbook_book::book::writer::BookWriter;
use ringbook_book::change::{Change, Effect};
use ringbook_book::contact::{Contact, ContactDraft};
use ringbook_book::employee::Employee;
use ringbook_book::group::{Group, GroupOwner};
use ringbook_book::id::{ContactId, EmployeeId, GroupId, OrganizationId};
use ringbook_book::organization::Organization;
use ringbook_book::query::ask::Ask;
use ringbook_book::query::contact_page::ContactPage;
use ringbook_book::query::field::{CONTACT, EmptyValue};
use ringbook_book::query::plan::{FieldSet, plan};
use ringbook_book::query::value::{Objects, Record, Value};
use ringbook_book::runner::{INLINE, Partition};
use ringbook_book::text::{Email, Emails, Name, Phone, Phones};
use ringbook_http::ReplyBudget;

use super::*;

const PROOF: &str = "good in a test";

fn name(text: &str) -> Name {
    Name::parse(text).expect(PROOF)
}

fn contact(id: u64, last: &str) -> Contact {
    let draft = ContactDraft {
        last_name: name(last),
        first_name: None,
        patronymic: None,
        phones: Phones::new(vec![Phone::parse("00749").expect(PROOF)], |phone| *phone).expect(PROOF),
        emails: Emails::default(),
        manager: None,
        organization: None,
        groups: Vec::new(),
    };
    Contact { id: ContactId::new(id).expect(PROOF), draft }
}

/// A contact that has everything.
fn full() -> Contact {
    let mut full = contact(7, "О'Нил \"Лис\"");
    let phones = ["74950000000", "123"].map(|phone| Phone::parse(phone).expect(PROOF));
    let emails = ["a@b.example", "c@d.example"].map(|email| Email::parse(email).expect(PROOF));
    full.draft.first_name = Some(name("Анна\\"));
    full.draft.patronymic = Some(name("П/"));
    full.draft.phones = Phones::new(phones.into(), |phone| *phone).expect(PROOF);
    full.draft.emails = Emails::new(emails.into(), Email::folded).expect(PROOF);
    full.draft.manager = EmployeeId::new(3).ok();
    full.draft.organization = OrganizationId::new(4).ok();
    full.draft.groups = vec![GroupId::new(1).expect(PROOF), GroupId::new(12).expect(PROOF)];
    full
}

fn book(contacts: Vec<Contact>) -> Book {
    let group = |id, text| {
        Effect::PutGroup(Group { id: GroupId::new(id).expect(PROOF), name: name(text), owner: GroupOwner::User })
    };
    let employee = Employee {
        id: EmployeeId::new(3).expect(PROOF),
        last_name: name("Шеф"),
        first_name: Some(name("Б")),
        patronymic: None,
        email: None,
        phones: Vec::new(),
    };
    let organization = Organization { id: OrganizationId::new(4).expect(PROOF), name: name("ООО") };
    let mut effects = vec![group(1, "VIP"), group(12, "x")];
    effects.extend([Effect::PutEmployee(employee), Effect::PutOrganization(organization)]);
    effects.extend(contacts.into_iter().map(Effect::PutContact));
    let mut writer = BookWriter::default();
    writer.apply(&Change { decided_on: writer.book().revision(), contacts: 0, effects });
    writer.book().clone()
}

fn written(book: &Book, fields: &[&str]) -> String {
    let fields = fields.iter().map(|name| (*name).to_owned()).collect();
    page(book, &Ask { fields, ..Ask::default() }, &ChunkCache::default())
}

/// The members to return and the page of a query.
fn search(book: &Book, ask: &Ask) -> (FieldSet, ContactPage) {
    let plan = Arc::new(plan(&CONTACT, ask).expect(PROOF));
    let page = Arc::new(book.clone()).search(&plan).run(&INLINE).expect(PROOF);
    (plan.fields(), page)
}

fn page(book: &Book, ask: &Ask, rendered: &ChunkCache) -> String {
    let (fields, found) = search(book, ask);
    let mut output = Output::new(AnswerRoom::unbounded());
    contacts(&mut output, fields, &found, rendered, &INLINE);
    String::from_utf8(output.finish().concat()).expect("UTF-8")
}

#[test]
fn a_contact_has_its_members_in_the_documented_order() {
    assert_eq!(
        written(&book(vec![full(), contact(8, "Б")]), &[]),
        concat!(
            r#"[{"id":7,"last_name":"О'Нил \"Лис\"","first_name":"Анна\\","patronymic":"П/","#,
            r#""full_name":"О'Нил \"Лис\" Анна\\ П/","emails":["a@b.example","c@d.example"],"#,
            r#""phone_numbers":["74950000000","123"],"personal_manager_id":3,"personal_manager_full_name":"Шеф Б","#,
            r#""organization_id":4,"organization_name":"ООО","#,
            r#""groups":[{"group_id":1,"group_name":"VIP"},{"group_id":12,"group_name":"x"}]},"#,
            r#"{"id":8,"last_name":"Б","first_name":null,"patronymic":null,"full_name":"Б","emails":[],"#,
            r#""phone_numbers":["00749"],"personal_manager_id":null,"personal_manager_full_name":null,"#,
            r#""organization_id":null,"organization_name":null,"groups":[]}]"#
        )
    );
}

#[test]
fn members_follow_the_field_table_one_by_one() {
    let book = book(vec![full()]);
    let whole: serde_json::Value = serde_json::from_str(&written(&book, &[])).expect("JSON");
    for field in &CONTACT {
        let one: serde_json::Value = serde_json::from_str(&written(&book, &[field.name])).expect("JSON");
        assert_eq!(one[0].as_object().map(|members| members.len()), Some(1), "{}", field.name);
        assert_eq!(one[0][field.name], whole[0][field.name]);
    }
    assert_eq!(written(&book, &["groups", "id"]).find("\"id\""), Some(2));
    assert_eq!(written(&Book::default(), &[]), "[]");
}

#[test]
fn a_long_page_goes_out_in_pieces() {
    let book = book((1..=4_000).map(|id| contact(id, &"я".repeat(60))).collect());
    let mut reply = Reply::open("1");
    // One member less: pages of all members go out by chunks.
    let fields = CONTACT.iter().map(|field| field.name.to_owned()).filter(|name| name != "patronymic").collect();
    let (fields, found) = search(&book, &Ask { fields, limit: Some(4_000), ..Ask::default() });
    contacts(reply.data(), fields, &found, &ChunkCache::default(), &INLINE);
    let pieces = reply.close(Some(4_000), None);
    assert!(pieces.len() > 3 && pieces[1].len() >= SEGMENT_BYTES && pieces[1].len() < SEGMENT_BYTES + SLACK_BYTES);
    let answer: serde_json::Value = serde_json::from_slice(&pieces.concat()).expect("JSON");
    assert_eq!(answer["result"]["data"].as_array().map(Vec::len), Some(4_000));
    assert_eq!(answer["result"]["data"][3_999]["id"], 4_000);
}

#[test]
fn pages_of_kept_chunks_are_the_pages_that_are_written_anew() {
    let mut writer = BookWriter::default();
    let mut change = |effects| {
        writer.apply(&Change { decided_on: writer.book().revision(), contacts: 0, effects });
        writer.book().clone()
    };
    let organization = |text| Organization { id: OrganizationId::new(4).expect(PROOF), name: name(text) };
    let employed = |id: u64, last: &str| {
        let mut contact = contact(id, last);
        contact.draft.organization = id.is_multiple_of(3).then(|| OrganizationId::new(4).expect(PROOF));
        Effect::PutContact(contact)
    };
    let mut first = vec![Effect::PutOrganization(organization("ООО"))];
    first.extend((1..=5_000).map(|id| employed(id, &format!("Имя {id}"))));
    let states = [
        change(first),
        change(vec![employed(1_500, "Новый"), Effect::DropContact(ContactId::new(3).expect(PROOF))]),
        change(vec![Effect::PutOrganization(organization("Ромашка"))]),
        change((5_001..5_100).map(|id| employed(id, "Ещё")).collect()),
    ];
    let rendered = ChunkCache::default();
    for round in 0..2 {
        for book in &states {
            for (limit, offset) in [(10_000, 0), (1_000, 0), (1_000, 1_000), (700, 1_333), (300, 4_990), (257, 1)] {
                let ask = Ask { limit: Some(limit), offset: Some(offset), ..Ask::default() };
                let fresh = page(book, &ask, &ChunkCache::default());
                assert_eq!(page(book, &ask, &rendered), fresh, "round {round}: {limit} from {offset}");
                let data: Vec<serde_json::Value> = serde_json::from_str(&fresh).expect("JSON");
                let expected = (book.contacts_len() as i128 - offset).clamp(0, limit);
                assert_eq!(data.len() as i128, expected);
            }
        }
    }
}

/// A book whose every contact has this many groups with the longest names.
fn heavy(contacts: u64, groups: u64) -> Book {
    let ids: Vec<GroupId> = (1..=groups).map(|id| GroupId::new(id).expect(PROOF)).collect();
    let group = |id: &GroupId| {
        let name = name(&format!("{id:?}{}", "😀".repeat(200)));
        Effect::PutGroup(Group { id: *id, name, owner: GroupOwner::User })
    };
    let mut effects: Vec<Effect> = ids.iter().map(group).collect();
    effects.extend((1..=contacts).map(|id| {
        let mut contact = contact(id, "Б");
        contact.draft.groups = ids.clone();
        Effect::PutContact(contact)
    }));
    let mut writer = BookWriter::default();
    writer.apply(&Change { decided_on: writer.book().revision(), contacts: 0, effects });
    writer.book().clone()
}

/// What is written of a page within this many bytes.
fn within(bytes_max: usize, book: &Book, ask: &Ask, rendered: &ChunkCache, runner: &dyn Runner) -> Output {
    let (fields, found) = search(book, ask);
    let mut output = Output::new(AnswerRoom::new(bytes_max, 0, ReplyBudget::default()));
    contacts(&mut output, fields, &found, rendered, runner);
    output
}

#[test]
fn a_page_is_written_no_further_than_an_answer_may_be() {
    let (groups, bytes_max) = (100, 2 << 20);
    let book = heavy(1_000, groups);
    let everything = Ask { limit: Some(10_000), ..Ask::default() };
    let by_member = Ask { fields: vec!["groups".to_owned()], ..everything.clone() };
    let a_record = page(&book, &Ask { limit: Some(1), ..Ask::default() }, &ChunkCache::default()).len();
    for ask in [&everything, &by_member] {
        let rendered = ChunkCache::default();
        for _ in 0..2 {
            let output = within(bytes_max, &book, ask, &rendered, &INLINE);
            assert_eq!(output.stopped, Some(RenderError::TooLarge));
            let passed = output.bytes().checked_sub(bytes_max - 1024).expect("the bound was reached");
            assert!(passed <= a_record, "{passed} bytes beyond");
        }
    }
    let half = Ask { limit: Some(bytes_max as i128 / a_record as i128 / 2), ..Ask::default() };
    assert_eq!(within(bytes_max, &book, &half, &ChunkCache::default(), &INLINE).stopped, None);
}

/// A chunk whose text is too large to be kept is written record by record, also the next time.
#[test]
fn large_chunks_are_not_kept() {
    let book = heavy(1_000, 20);
    let ask = Ask { limit: Some(1_000), ..Ask::default() };
    let rendered = ChunkCache::default();
    let first = page(&book, &ask, &rendered);
    assert!(first.len() > super::contacts::CHUNK_BYTES_MAX);
    assert!(matches!(rendered.find(&book, 0), Some(super::chunk_cache::Rendered::TooLarge)));
    assert!(page(&book, &ask, &rendered) == first);
}

#[test]
fn a_page_is_written_only_as_long_as_somebody_waits_for_it() {
    /// Says no from the beginning.
    struct Nobody;

    impl Runner for Nobody {
        fn should_continue(&self) -> bool {
            false
        }

        fn run_partitioned(&self, _most: usize, _part: &(dyn Fn(Partition<'_>) + Sync)) {}
    }

    let book = heavy(1_000, 20);
    for fields in [Vec::new(), vec!["groups".to_owned()]] {
        let ask = Ask { limit: Some(1_000), fields, ..Ask::default() };
        let output = within(ANSWER_BYTES_MAX, &book, &ask, &ChunkCache::default(), &Nobody);
        assert!(output.bytes() < 2 * SEGMENT_BYTES, "{}", output.bytes());
    }
}

#[test]
fn strings_are_escaped_wherever_the_sign_stands() {
    for length in 0..40 {
        for sign in ['"', '\\', '\0', '\u{1f}', '\n', '\u{8}', '\u{7f}', 'é', '/'] {
            for place in 0..=length {
                let mut content = "я".repeat(place / 2) + &"a".repeat(length - place / 2);
                content.insert(place - place % 2, sign);
                let mut open = Vec::new();
                text(&mut open, &content);
                let back: String = serde_json::from_slice(&open).expect("JSON");
                assert_eq!(back, content);
                assert_eq!(open.len() == content.len() + 2, !matches!(sign, '"' | '\\' | '\0'..='\u{1f}'));
            }
        }
    }
}

#[test]
fn numbers_are_written_in_full() {
    for value in [0, 9, 10, 99, 100, 101, 1_000, 12_345, u64::from(u32::MAX), u64::MAX] {
        let mut open = Vec::new();
        number(&mut open, value);
        assert_eq!(open, value.to_string().into_bytes());
    }
}

/// A record with one value of every kind.
struct Sample;

struct Pair;

impl Objects for Pair {
    fn len(&self) -> usize {
        2
    }

    fn members(&self) -> &'static [&'static str] {
        &["a", "b"]
    }

    fn value(&self, object: usize, member: usize) -> Value<'_> {
        Value::Number((object * 10 + member) as i64)
    }

    fn id(&self, object: usize) -> u64 {
        object as u64
    }
}

impl Record for Sample {
    fn value(&self, field: usize) -> Value<'_> {
        match field {
            0 => Value::Number(-5),
            1 => Value::Boolean(true),
            2 => Value::DateTime(1_700_000_000),
            3 => Value::Objects(&Pair),
            4 => Value::Empty(EmptyValue::Object),
            5 => Value::Empty(EmptyValue::List),
            _ => Value::Null,
        }
    }

    fn id(&self) -> u64 {
        1
    }
}

#[test]
fn records_go_by_their_field_table() {
    let mut output = Output::new(AnswerRoom::unbounded());
    let chosen = ["id", "last_name", "first_name", "patronymic", "full_name", "emails", "groups"];
    let fields = chosen.iter().map(|name| (*name).to_owned()).collect();
    let plan = plan(&CONTACT, &Ask { fields, ..Ask::default() }).expect(PROOF);
    records(&mut output, &CONTACT, plan.fields(), [Sample, Sample].iter(), &INLINE);
    let one = concat!(
        r#"{"id":-5,"last_name":true,"first_name":"2023-11-14 22:13:20","#,
        r#""patronymic":[{"a":0,"b":1},{"a":10,"b":11}],"full_name":{},"emails":[],"groups":null}"#
    );
    let written = String::from_utf8(output.finish().concat()).expect("UTF-8");
    assert_eq!(written, format!("[{one},{one}]"));
}
