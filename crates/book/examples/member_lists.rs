//! Measures questions for members of organizations, groups, managers and mail domains, for e-mail addresses and for the last
//! digits of numbers: with the lists of members that are kept, without them, and after a change; beside a look-up by phone:
//! `cargo run --release -p ringbook-book --example member_lists [CONTACTS]`. One thread, shortest of several runs.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use ringbook_book::Book;
use ringbook_book::book::load::{IndexedTables, LoadBatch, SmallTables, StoredContact, assemble};
use ringbook_book::book::writer::BookWriter;
use ringbook_book::change::{Change, Effect};
use ringbook_book::contact::{Contact, ContactDraft};
use ringbook_book::employee::Employee;
use ringbook_book::group::{Group, GroupOwner};
use ringbook_book::id::{ContactId, EmployeeId, GroupId, OrganizationId, Revision};
use ringbook_book::organization::Organization;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Direction, Literal};
use ringbook_book::query::field::CONTACT;
use ringbook_book::query::plan::{Plan, plan};
use ringbook_book::runner::INLINE;
use ringbook_book::text::{Emails, Name, Phone, Phones};

const CONTACTS: u64 = 1_000_000;
const ROUNDS: usize = 15;
/// One contact in so many belongs to the largest organization; the others to one of many.
const LARGEST_DIVISOR: u64 = 180;
/// Mean number of members of the other organizations.
const MEMBERS: u64 = 12;
const GROUPS: u64 = 20;
const MANAGERS: u64 = 200;
const DOMAINS: u64 = 20_000;

fn word(rng: &mut Rng, syllables: usize) -> String {
    const SYLLABLES: [&str; 12] = ["ва", "но", "ри", "се", "ан", "ков", "ми", "ле", "mar", "smi", "ол", "ha"];
    (0..syllables).map(|_| SYLLABLES[rng.usize(..SYLLABLES.len())]).collect()
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a valid name")
}

fn book(contacts: u64) -> Book {
    let mut rng = Rng::with_seed(7);
    let born = Revision(0);
    let organizations = (1..=(contacts / MEMBERS).max(2)).map(|id| {
        let id = OrganizationId::new(id).expect("above 0");
        (Organization { id, name: name(&format!("{} {id}", word(&mut rng, 4))) }, born)
    });
    let organizations: Vec<_> = organizations.collect();
    let many = organizations.len() as u64;
    let groups = (1..=GROUPS).map(|id| {
        let owner = GroupOwner::User;
        (Group { id: GroupId::new(id).expect("above 0"), name: name(&format!("group {id}")), owner }, born)
    });
    let employees = (1..=MANAGERS).map(|id| {
        let id = EmployeeId::new(id).expect("above 0");
        let last_name = name(&format!("manager {id}"));
        (Employee { id, last_name, first_name: None, patronymic: None, email: None, phones: Vec::new() }, born)
    });
    let tables = IndexedTables::new(SmallTables {
        organizations,
        groups: groups.collect(),
        employees: employees.collect(),
        ..SmallTables::default()
    });
    let mut batch = LoadBatch::new(&tables);
    for id in 1..=contacts {
        let (last, first) = (word(&mut rng, 3), word(&mut rng, 2));
        let phone = Phone::parse(&format!("7{:010}", id * 7_919 % 10_000_000_000)).expect("eleven digits");
        let email = format!("a{id}@d{}.example", rng.u64(..DOMAINS));
        let group = [rng.u64(1..=GROUPS)];
        let stored = StoredContact {
            id,
            last_name: &last,
            first_name: Some(&first),
            patronymic: None,
            phones: &[phone],
            emails: if rng.usize(..10) < 8 { &[&email] } else { &[] },
            manager: Some(rng.u64(1..=MANAGERS)),
            organization: Some(if id % LARGEST_DIVISOR == 0 { 1 } else { rng.u64(2..=many) }),
            groups: if rng.usize(..10) < 3 { &group } else { &[] },
            revision: Revision(1),
        };
        batch.push(&stored).expect("a valid contact");
    }
    let batch = batch.finish();
    assemble(tables, vec![batch], Revision(1)).expect("contacts in order")
}

fn asked(field: &str, operator: &str, value: Literal) -> Arc<Plan> {
    let filter = AskFilter::Simple { field: field.to_owned(), operator: operator.to_owned(), value };
    let by = |field: &str| AskSort { field: field.to_owned(), direction: Direction::Ascending };
    let ask = Ask { filter, sort: vec![by("last_name"), by("first_name")], limit: Some(50), ..Ask::default() };
    Arc::new(plan(&CONTACT, &ask).expect("a valid question"))
}

/// The shortest of several runs, each after a preparation that is not measured.
fn shortest<P, T>(mut prepare: impl FnMut() -> P, mut run: impl FnMut(P) -> T) -> Duration {
    let mut time = || {
        let prepared = prepare();
        let began = Instant::now();
        std::hint::black_box(run(prepared));
        began.elapsed()
    };
    (0..ROUNDS).map(|_| time()).min().expect("there are rounds")
}

fn main() {
    let contacts = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(CONTACTS);
    let book = Arc::new(book(contacts));
    book.warm_sort_keys(&INLINE);
    let without = Arc::new(book.without_member_lists());
    let nth = book.iter().nth(book.contacts_len() / 2 + 1).expect("a contact");
    let (_, small) = nth.organization().expect("everybody has one");
    let large = book.organizations().next().expect("there are some").name.as_str().to_owned();
    let text = |text: String| Literal::Text(text);
    let number = |number: u64| Literal::Number(number.to_string());
    let digits = nth.phone_numbers().next().expect("everybody has one").to_string();
    let email = book.iter().find_map(|contact| contact.emails().next()).expect("somebody has one").to_owned();
    let domain = email.split('@').nth(1).expect("an address").to_owned();
    let questions: [(&str, &str, Literal); 10] = [
        ("phone_numbers", "=", text(digits.clone())),
        ("organization_name", "=", text(small.to_owned())),
        ("organization_name", "=", text(large)),
        ("organization_id", "=", number(1)),
        ("organization_name", "like", text(format!("%{}%", &small[..small.len() / 2]))),
        ("personal_manager_id", "=", number(7)),
        ("groups", "=", number(3)),
        ("emails", "=", text(email)),
        ("emails", "like", text(format!("%@{domain}"))),
        ("phone_numbers", "like", text(format!("%{}", &digits[digits.len() - 4..]))),
    ];
    println!("{contacts} contacts, {} bytes each", book.bytes() / book.contacts_len());
    println!("| question | total | lists | after a change | without lists |\n|---|---|---|---|---|");
    for (field, operator, value) in questions {
        let plan = asked(field, operator, value.clone());
        let run = |book: &Arc<Book>| book.search(&plan).run(&INLINE).expect("within the budget");
        let total = run(&without).total;
        for _ in 0..(2 + total / 1_000) {
            assert_eq!(run(&book).total, total);
        }
        let with = shortest(|| (), |()| run(&book).contacts().map(|contact| contact.full_name().len()).sum::<usize>());
        let plain =
            shortest(|| (), |()| run(&without).contacts().map(|contact| contact.full_name().len()).sum::<usize>());
        let mut writer = BookWriter::of(book.as_ref().clone());
        let mut changed = 0;
        let changed = shortest(
            || {
                changed += 1;
                writer.apply(&change(writer.book(), changed));
                writer.snapshot()
            },
            |book| run(&book).total,
        );
        // The lists belong to the later states now.
        book.drop_member_lists();
        let shown = match value {
            Literal::Text(text) | Literal::Number(text) => text,
            _ => String::new(),
        };
        println!("| `{field} {operator} {shown}` | {total} | {with:.1?} | {changed:.1?} | {plain:.1?} |");
    }
}

/// Gives a contact another phone number.
fn change(book: &Book, at: u64) -> Change {
    let id = ContactId::new(at * 180).expect("above 0");
    let old = book.contact(id).expect("a contact");
    let draft = ContactDraft {
        last_name: name(old.last_name()),
        first_name: old.first_name().map(name),
        patronymic: None,
        phones: Phones::new(vec![Phone::parse(&format!("8{at:010}")).expect("eleven digits")], |phone| *phone)
            .expect("one number"),
        organization: old.organization().map(|(id, _)| id),
        manager: old.manager().map(|(id, _)| id),
        groups: old.groups().map(|(id, _)| id).collect(),
        emails: Emails::default(),
    };
    Change { decided_on: book.revision(), contacts: 0, effects: vec![Effect::PutContact(Contact { id, draft })] }
}
