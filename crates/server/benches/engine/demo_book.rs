//! The address book that is measured: contacts of the demo, loaded without a store.

use std::collections::BTreeSet;
use std::sync::Arc;

use ringbook::demo::people::{self, ContactDraft};
use ringbook_book::Book;
use ringbook_book::book::load::{IndexedTables, LoadBatch, SmallTables, StoredContact, assemble};
use ringbook_book::book::view::ContactView;
use ringbook_book::employee::Employee;
use ringbook_book::group::{Group, GroupOwner};
use ringbook_book::id::{EmployeeId, GroupId, OrganizationId, Revision};
use ringbook_book::organization::Organization;
use ringbook_book::text::{Name, Phone};
use serde_json::{Value, json};

const SEED: u64 = 1;

/// Syllables of invented last names.
const SYLLABLES: [&str; 24] = [
    "ва", "но", "ри", "се", "ан", "ков", "ми", "ле", "то", "ди", "ир", "ол", "mar", "smi", "th", "jo", "ha", "li",
    "ве", "пе", "тр", "ова", "ний", "ич",
];

/// A book with this number of contacts, always the same.
pub fn book(contacts: u64) -> Arc<Book> {
    of_people(contacts, |_, _| {})
}

/// The same, but seven of ten contacts have invented last names, which are mostly distinct.
pub fn diverse_book(contacts: u64) -> Arc<Book> {
    of_people(contacts, |at, person| {
        let mut state = mixed(at);
        if state % 10 < 7 {
            let count = 4 + state / 16 % 4;
            let mut name = String::new();
            for _ in 0..count {
                state = mixed(state);
                name.push_str(SYLLABLES[(state % SYLLABLES.len() as u64) as usize]);
            }
            let initial = name.remove(0);
            person.last_name = initial.to_uppercase().collect::<String>() + &name;
        }
    })
}

/// A number that looks random, made from another (SplitMix64).
fn mixed(number: u64) -> u64 {
    let step = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let step = (step ^ (step >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let step = (step ^ (step >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    step ^ (step >> 31)
}

/// A book of the people of the demo, each changed by `change`, which gets the position.
fn of_people(contacts: u64, change: impl Fn(u64, &mut ContactDraft)) -> Arc<Book> {
    let people_tables = people::tables(SEED, contacts);
    let tables = index(&people_tables);
    let mut batch = LoadBatch::new(&tables);
    for (at, mut person) in people::people(SEED, contacts, &people_tables).enumerate() {
        change(at as u64, &mut person);
        push(&mut batch, at as u64 + 1, &person);
    }
    let loaded = batch.finish();
    Arc::new(assemble(tables, vec![loaded], Revision(1)).expect("the demo people are valid"))
}

fn index(tables: &people::Tables) -> IndexedTables {
    let name = |text: &str| Name::parse(text).expect("the demo names are valid");
    let organization = |(at, text): (usize, &String)| Organization {
        id: OrganizationId::new(at as u64 + 1).expect("above 0"),
        name: name(text),
    };
    let group = |(at, text): (usize, &String)| Group {
        id: GroupId::new(at as u64 + 1).expect("above 0"),
        name: name(text),
        owner: GroupOwner::User,
    };
    let employee = |(at, draft): (usize, &people::EmployeeDraft)| Employee {
        id: EmployeeId::new(at as u64 + 1).expect("above 0"),
        last_name: name(&draft.last_name),
        first_name: draft.first_name.as_deref().map(name),
        patronymic: draft.patronymic.as_deref().map(name),
        email: None,
        phones: Vec::new(),
    };
    let born = Revision(0);
    IndexedTables::new(SmallTables {
        organizations: tables.organizations.iter().enumerate().map(|named| (organization(named), born)).collect(),
        groups: tables.groups.iter().enumerate().map(|named| (group(named), born)).collect(),
        employees: tables.employees.iter().enumerate().map(|draft| (employee(draft), born)).collect(),
        ..SmallTables::default()
    })
}

fn push(batch: &mut LoadBatch<'_>, id: u64, person: &ContactDraft) {
    let phones = person.phone_numbers.iter().map(|text| Phone::parse(text).expect("the demo phones are valid"));
    let emails: Vec<&str> = person.emails.iter().map(String::as_str).collect();
    let groups: BTreeSet<u64> = person.groups.iter().map(|at| *at as u64 + 1).collect();
    let contact = StoredContact {
        id,
        last_name: &person.last_name,
        first_name: person.first_name.as_deref(),
        patronymic: person.patronymic.as_deref(),
        phones: &phones.collect::<Vec<_>>(),
        emails: &emails,
        manager: person.manager.map(|at| at as u64 + 1),
        organization: person.organization.map(|at| at as u64 + 1),
        groups: &groups.into_iter().collect::<Vec<_>>(),
        revision: Revision(1),
    };
    batch.push(&contact).expect("the demo people are valid");
}

/// A line of the table: the memory of a book, compared with its JSON text.
pub fn memory(book: &Book) -> String {
    let text: usize = book.iter().map(|contact| json_bytes(contact) + ",".len()).sum();
    let per_contact = |bytes: usize| bytes as f64 / book.contacts_len() as f64;
    let (held, written) = (per_contact(book.bytes()), per_contact(text));
    let ratio = held / written;
    let verdict = if ratio <= 0.6 { "met" } else { "**missed**" };
    format!(
        "| 11 | memory of the book, by its own count | {held:.0} B each | its JSON text | {written:.0} B each | {ratio:.2} | | ≤ 0.6 | {verdict} |"
    )
}

fn json_bytes(contact: ContactView<'_>) -> usize {
    let (manager, organization) = (contact.manager(), contact.organization());
    let groups: Vec<Value> =
        contact.groups().map(|(id, name)| json!({"group_id": id.number(), "group_name": name})).collect();
    let record = json!({
        "id": contact.id().number(),
        "last_name": contact.last_name(),
        "first_name": contact.first_name(),
        "patronymic": contact.patronymic(),
        "full_name": contact.full_name(),
        "emails": contact.emails().collect::<Vec<_>>(),
        "phone_numbers": contact.phone_numbers().map(|phone| phone.to_string()).collect::<Vec<_>>(),
        "personal_manager_id": manager.map(|(id, _)| id.number()),
        "personal_manager_full_name": manager.map(|(_, name)| name),
        "organization_id": organization.map(|(id, _)| id.number()),
        "organization_name": organization.map(|(_, name)| name),
        "groups": groups,
    });
    record.to_string().len()
}
