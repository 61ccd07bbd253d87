//! Changes over a real store: what is answered is on disk, what failed never was, and memory equals the rows.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use ringbook_book::blacklist::BlacklistEntry;
use ringbook_book::command::{
    Command, ContactEdit, Edit, EmployeeDraft, EmployeeEdit, OnError, Outcome, PhoneDraft, Upload,
};
use ringbook_book::contact::ContactDraft;
use ringbook_book::employee::PhoneStatus;
use ringbook_book::id::{BlacklistId, ContactId, EmployeeId, GroupId, OrganizationId};
use ringbook_book::query::ask::{Ask, AskFilter, Literal};
use ringbook_book::query::contact_page::AccessPathKind;
use ringbook_book::query::field::CONTACT;
use ringbook_book::query::plan;
use ringbook_book::text::{Email, Emails, Name, NumberRule, Phone, Phones};

use super::*;

mod bulk;
pub(super) mod contention;

use ringbook_store::testing::{TestData, on_both_engines};
use ringbook_store::{FaultInjector, NewCustomer, Role};

on_both_engines! {
    a_story_is_read_back_from_the_rows_and_after_a_restart;
    the_nth_operation_fails_and_memory_equals_the_store;
    changes_that_wait_share_a_commit_and_each_is_answered_for_itself;
    a_change_that_the_store_refuses_hurts_no_other;
    who_leaves_undoes_nothing_and_doubles_nothing;
    a_change_by_another_hand_is_seen_before_the_next_one;
    a_book_whose_rows_are_too_few_is_refused;
    numbers_are_written_beside_those_who_change_the_book;
}

/// A books over a fresh store with one customer.
struct World {
    data: TestData,
    store: Store,
    faults: FaultInjector,
    books: Books,
    /// Another node that must see at once what this one does.
    watcher: Option<Books>,
    customer: CustomerId,
}

async fn world(data: TestData) -> World {
    let faults = FaultInjector::none();
    let store = Store::open_with(data.location(), Role::Server, faults.clone()).expect("the store opens");
    let customer = another_customer(&store).await;
    let books = books(&store);
    World { data, store, faults, books, watcher: None, customer }
}

async fn another_customer(store: &Store) -> CustomerId {
    let new = NewCustomer { agent: None, name: "C".into(), timezone: "UTC".into(), ..NewCustomer::default() };
    store.add_customer(new).await.expect("a customer")
}

impl World {
    /// The same store with a fresh book and a books that knows nothing.
    async fn with_another_customer(self) -> World {
        let customer = another_customer(&self.store).await;
        World { books: books(&self.store), customer, ..self }
    }
}

fn books(store: &Store) -> Books {
    Books::new(store.clone(), Arc::new(Metrics::new(&[], &[], &[])), Bounds { deletions_kept: 6, ..Bounds::WIDE })
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn draft(at: u64) -> ContactDraft {
    let phone = Phone::parse(&format!("7495{at:07}")).expect("a phone");
    let email = Email::parse(&format!("a{at}@b.example")).expect("an address");
    ContactDraft {
        last_name: name(&format!("Имя {at} \"x\"")),
        first_name: at.is_multiple_of(2).then(|| name("O'Brien")),
        patronymic: None,
        phones: Phones::new(vec![phone], |phone| *phone).expect("one"),
        emails: Emails::new(vec![email], Email::folded).expect("one"),
        manager: None,
        organization: None,
        groups: Vec::new(),
    }
}

/// A number that was made, as an id.
fn made<Id: fmt::Debug>(outcome: &Outcome, new: impl Fn(u64) -> Result<Id, ringbook_book::id::IdError>) -> Id {
    new(outcome.created[0].expect("it was made")).expect("an id")
}

/// What the other node shows is what is stored, deletions and the order of change included.
async fn watched(world: &World) {
    let Some(watcher) = &world.watcher else { return };
    let shown = watcher.book(world.customer).await.expect("the book");
    let (store, customer) = (world.store.clone(), world.customer);
    let read = tokio::task::spawn_blocking(move || store.load_rows(customer)).await.expect("no panic");
    assert_eq!(picture(&shown), picture(&read.expect("the rows are a book")));
}

#[tokio::test]
async fn a_node_sees_at_once_what_another_has_done() {
    let mut world = world(TestData::postgres()).await;
    let other = books(&Store::open(world.data.location(), Role::Server).expect("another node's store"));
    other.book(world.customer).await.expect("the book");
    world.watcher = Some(other);
    for _ in 0..3 {
        assert_eq!(story(&world).await, 0);
        change(&world, Command::AddContacts(vec![draft(77)])).await.expect("it is new");
        // The nodes change places.
        let watcher = world.watcher.take().expect("it was put there");
        world.watcher = Some(std::mem::replace(&mut world.books, watcher));
        watched(&world).await;
    }
}

#[tokio::test]
async fn nodes_that_change_one_book_at_the_same_time_lose_nothing() {
    let world = world(TestData::postgres()).await;
    let nodes: Vec<Books> =
        (0..3).map(|_| books(&Store::open(world.data.location(), Role::Server).expect("a node's store"))).collect();
    let mut asked = Vec::new();
    for at in 0..120 {
        let (node, customer) = (nodes[at as usize % 3].clone(), world.customer);
        let command = match at % 4 {
            // Each name is wanted by three nodes, and one gets it.
            0 => Command::AddOrganizations(vec![name(&format!("organization {}", at / 12))]),
            _ => Command::AddContacts(vec![draft(at)]),
        };
        asked.push(tokio::spawn(async move { node.change(customer, command).await }));
    }
    let mut refused = 0;
    for asked in asked {
        match asked.await.expect("no panic") {
            Ok(_) => {}
            Err(BookError::Rejected(_)) => refused += 1,
            Err(fault) => panic!("{fault}"),
        }
    }
    assert_eq!(refused, 20);
    for node in &nodes {
        let book = node.book(world.customer).await.expect("the book");
        assert_eq!((book.contacts_len(), book.organizations().count()), (90, 10));
    }
    store_equals_memory(&world).await;
}

/// The last numbers are those of contacts that come while the others are written.
async fn numbers_are_written_beside_those_who_change_the_book(data: TestData) {
    let world = world(data).await;
    let national = |at: u64| {
        let phone = Phone::parse(&format!("8916{at:07}")).expect("a phone");
        ContactDraft { phones: Phones::new(vec![phone], |phone| *phone).expect("one"), ..draft(at) }
    };
    let made = change(&world, Command::AddContacts((0..700).map(national).collect())).await.expect("they are new");
    let phone = Phone::parse("89160000001").expect("a phone");
    let blocked = BlacklistEntry { phone, added_by: "Ann".into(), comment: None, added_at: 1_700_000_000 };
    change(&world, Command::AddBlacklistNumber(blocked)).await.expect("it is new");
    let others: Vec<_> = (700..760).map(|at| asked(&world, Command::AddContacts(vec![national(at)]))).collect();
    let rule = NumberRule::new(Some("RU"), None, None).expect("a rule");
    assert!(!world.books.renumber(world.customer, rule).await.expect("they are written"));
    for other in others {
        other.await.expect("no panic").expect("it is new");
    }
    let rename = ContactEdit { last_name: Edit::Set(name("Renamed")), ..ContactEdit::default() };
    let first = ContactId::new(made.created[0].expect("it was made")).expect("an id");
    change(&world, Command::EditContact(first, rename)).await.expect("it is there");
    assert!(!world.books.renumber(world.customer, rule).await.expect("they are written"));
    let book = world.books.book(world.customer).await.expect("the book");
    assert_eq!(book.contacts_len(), 760);
    let is_international = |phone: Phone| phone.to_string().starts_with("7916");
    assert!(book.iter().flat_map(|view| view.phone_numbers()).all(is_international));
    assert!(book.blacklist().all(|entry| is_international(entry.entry.phone)));
    store_equals_memory(&world).await;
}

/// Everything that can be seen of a book, revisions and remembered deletions included.
fn picture(book: &Book) -> Vec<String> {
    let mut lines: Vec<String> = book.iter().map(|view| format!("{:?}", view.to_contact())).collect();
    lines.extend(book.organizations().map(|thing| format!("{thing:?}")).collect::<BTreeSet<_>>());
    lines.extend(book.groups().map(|thing| format!("{thing:?}")).collect::<BTreeSet<_>>());
    lines.extend(book.employees().map(|thing| format!("{thing:?}")).collect::<BTreeSet<_>>());
    lines.extend(book.blacklist().map(|thing| format!("{thing:?}")).collect::<BTreeSet<_>>());
    let changes = book.changes(None, 10_000).unwrap_or_else(|stale| panic!("a beginning is never stale: {stale:?}"));
    lines.push(format!("{:?} {:?}", book.revision(), changes.cursor));
    let began = ringbook_book::book::history::Cursor { began: 0, revision: 0, id: 0 };
    lines.push(match book.changes(Some(began), 10_000) {
        Ok(changes) => format!("{} in the order of change", changes.changed.len()),
        Err(stale) => format!("{stale:?}"),
    });
    lines
}

async fn change(world: &World, command: Command) -> Result<Outcome, BookError> {
    world.books.change(world.customer, command).await
}

/// The same by somebody else, at the same time as others.
fn asked(world: &World, command: Command) -> tokio::task::JoinHandle<Result<Outcome, BookError>> {
    let (books, customer) = (world.books.clone(), world.customer);
    tokio::spawn(async move { books.change(customer, command).await })
}

/// The rows, read by a books that knows nothing, equal what this one shows.
async fn store_equals_memory(world: &World) {
    let shown = world.books.book(world.customer).await.expect("the book");
    let (store, customer) = (world.store.clone(), world.customer);
    let read = tokio::task::spawn_blocking(move || store.load_rows(customer)).await.expect("no panic");
    assert_eq!(picture(&read.expect("the rows are a book")), picture(&shown));
}

/// A story that touches every kind of command and effect. Failed steps are passed over.
async fn story(world: &World) -> usize {
    let mut failed = 0;
    let mut tell = async |command: Command| match change(world, command).await {
        Ok(outcome) => {
            watched(world).await;
            Some(outcome)
        }
        Err(BookError::Rejected(_)) => None,
        Err(_) => {
            failed += 1;
            None
        }
    };
    let organization = tell(Command::AddOrganizations(vec![name("One")])).await;
    let organization = organization.map(|outcome| made(&outcome, OrganizationId::new));
    let manager = tell(Command::AddEmployees(vec![employee()])).await.map(|outcome| made(&outcome, EmployeeId::new));
    let group = tell(Command::AddGroups(vec![name("VIP")])).await.map(|outcome| made(&outcome, GroupId::new));
    let drafts = (0..12).map(|at| ContactDraft {
        organization,
        manager: manager.filter(|_| at % 3 == 0),
        groups: group.into_iter().filter(|_| at % 2 == 0).collect(),
        ..draft(at)
    });
    let contacts =
        tell(Command::AddContacts(drafts.collect())).await.map(|outcome| outcome.created).unwrap_or_default();
    let contacts: Vec<ContactId> = contacts.into_iter().flatten().filter_map(|id| ContactId::new(id).ok()).collect();
    if let [first, second, .., last] = contacts[..] {
        let edit = ContactEdit { first_name: Edit::Set(Some(name("Renamed"))), ..ContactEdit::default() };
        tell(Command::EditContact(first, edit)).await;
        tell(Command::AddGroup(name("Second"), vec![first, last])).await;
        tell(Command::DropContacts(vec![second, last])).await;
        tell(Command::DropContacts(contacts[3..9].to_vec())).await;
    }
    if let Some(group) = group {
        tell(Command::EditGroup(group, Edit::Set(name("VIPs")), Edit::Set(contacts.iter().copied().take(1).collect())))
            .await;
        tell(Command::DropGroup(group)).await;
    }
    let upload = Upload {
        draft: draft(99),
        organization_name: Some(name("Two")),
        group_names: vec![name("Second"), name("Third")],
    };
    tell(Command::Upload(vec![upload], OnError::Reject)).await;
    if let (Some(organization), Some(manager)) = (organization, manager) {
        tell(Command::RenameOrganization(organization, name("Uno"))).await;
        let edit = EmployeeEdit { phones: Edit::Set(employee().phones), ..EmployeeEdit::default() };
        tell(Command::EditEmployee(manager, edit)).await;
        tell(Command::DropContacts(contacts.clone())).await;
        tell(Command::DropOrganization(organization)).await;
        tell(Command::DropEmployee(manager)).await;
    }
    let entry = |phone: &str| BlacklistEntry {
        phone: Phone::parse(phone).expect("a phone"),
        added_by: "Ann".into(),
        comment: Some("спам".into()),
        added_at: 1_700_000_000,
    };
    let number = tell(Command::AddBlacklistNumber(entry("74950000001"))).await;
    tell(Command::AddBlacklistNumber(entry("74950000002"))).await;
    if let Some(number) = number {
        tell(Command::DropBlacklistNumber(made(&number, BlacklistId::new))).await;
    }
    failed
}

fn employee() -> EmployeeDraft {
    let phone = PhoneDraft { number: "7495...12".into(), channels: 2, dial_seconds: 30, status: PhoneStatus::Inactive };
    EmployeeDraft { last_name: name("Manager"), first_name: None, patronymic: None, email: None, phones: vec![phone] }
}

async fn a_story_is_read_back_from_the_rows_and_after_a_restart(data: TestData) {
    let world = world(data).await;
    assert_eq!(story(&world).await, 0);
    store_equals_memory(&world).await;
    let before = picture(&world.books.book(world.customer).await.expect("the book"));
    let World { data, store, books: first, customer, .. } = world;
    drop((first, store));
    let store = Store::open(data.location(), Role::Server).expect("it opens again");
    let after = books(&store).book(customer).await.expect("the book");
    assert_eq!(picture(&after), before);
}

/// Whichever operation of the store fails, memory equals the store after it, and the next change goes through.
async fn the_nth_operation_fails_and_memory_equals_the_store(data: TestData) {
    let mut world = world(data).await;
    for n in 1.. {
        world = world.with_another_customer().await;
        world.books.book(world.customer).await.expect("the book");
        world.faults.fail_nth(n);
        let failed = story(&world).await;
        let is_over = world.faults.is_pending();
        world.faults.fail_nth(0);
        store_equals_memory(&world).await;
        change(&world, Command::AddContacts(vec![draft(500)])).await.expect("the next change works");
        store_equals_memory(&world).await;
        // A failed query for the revisions of several books is repeated for each, so that no command need fail.
        if is_over {
            assert_eq!(failed, 0);
            assert!(n > 40, "a story of {n} operations");
            let engine = world.data.engine();
            eprintln!("{engine}: {} operations failed in turn, memory equalled the store after each", n - 1);
            break;
        }
    }
}

async fn changes_that_wait_share_a_commit_and_each_is_answered_for_itself(data: TestData) {
    let world = world(data).await;
    change(&world, Command::AddOrganizations(vec![name("one")])).await.expect("it is new");
    change(&world, Command::AddContacts((0..500).map(draft).collect())).await.expect("they are new");
    let commits = || world.store.commits().count.load(Ordering::Relaxed);
    let before = commits();
    let asked: Vec<_> = (0..300)
        .map(|at| {
            let command = match at % 3 {
                0 => Command::AddOrganizations(vec![name("one")]),
                1 => Command::AddContacts(vec![draft(1_000 + at)]),
                _ => Command::AddOrganizations(vec![name(&format!("organization {at}"))]),
            };
            asked(&world, command)
        })
        .collect();
    for (at, asked) in asked.into_iter().enumerate() {
        let answer = asked.await.expect("no panic");
        assert_eq!(matches!(answer, Err(BookError::Rejected(_))), at % 3 == 0, "{at}: {answer:?}");
    }
    assert!(commits() - before < 100, "{} commits for 200 changes", commits() - before);
    store_equals_memory(&world).await;
}

async fn a_change_that_the_store_refuses_hurts_no_other(data: TestData) {
    let world = world(data).await;
    world.books.book(world.customer).await.expect("the book");
    // A row that no server has written stands in the way of one change.
    let customer = world.customer;
    world.data.execute(&format!("INSERT INTO organizations VALUES ({customer}, 1000000, 0, 'in the way')"));
    let asked: Vec<_> = (0..30)
        .map(|at| {
            let name = name(&if at == 11 { "in the way".to_owned() } else { format!("organization {at}") });
            asked(&world, Command::AddOrganizations(vec![name]))
        })
        .collect();
    for (at, asked) in asked.into_iter().enumerate() {
        assert_eq!(asked.await.expect("no panic").is_err(), at == 11, "{at}");
    }
    world.data.execute("DELETE FROM organizations WHERE id = 1000000");
    store_equals_memory(&world).await;
}

async fn who_leaves_undoes_nothing_and_doubles_nothing(data: TestData) {
    let world = world(data).await;
    for at in 0..20 {
        let mut left = Box::pin(world.books.change(world.customer, Command::AddContacts(vec![draft(at)])));
        poll_fn(|context| {
            let _ = left.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    // Later commands are behind those whose clients have left.
    change(&world, Command::AddContacts(vec![draft(100)])).await.expect("it is new");
    let book = world.books.book(world.customer).await.expect("the book");
    assert_eq!(book.contacts_len(), 21);
    store_equals_memory(&world).await;
}

async fn a_change_by_another_hand_is_seen_before_the_next_one(data: TestData) {
    let world = world(data).await;
    change(&world, Command::AddOrganizations(vec![name("one")])).await.expect("it is new");
    // Another node, as far as this one can tell.
    let other = books(&world.store);
    other.change(world.customer, Command::AddOrganizations(vec![name("two")])).await.expect("it is new");
    let asked = change(&world, Command::AddOrganizations(vec![name("three")])).await;
    asked.expect("it is decided again on the present state");
    let taken = change(&world, Command::AddOrganizations(vec![name("two")])).await;
    assert!(matches!(taken, Err(BookError::Rejected(_))), "{taken:?}");
    store_equals_memory(&world).await;
}

async fn a_book_whose_rows_are_too_few_is_refused(data: TestData) {
    let world = world(data).await;
    change(&world, Command::AddContacts((0..3).map(draft).collect())).await.expect("they are new");
    // A page is lost.
    world.data.execute("DELETE FROM contacts WHERE last_name LIKE 'Имя 1%'");
    let refused = books(&world.store).book(world.customer).await;
    assert!(matches!(refused, Err(BookError::Unreadable)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn long_questions_that_begin_at_once_do_not_wait_for_each_other() {
    let world = world(TestData::sqlite()).await;
    let drafts = (0..200).map(draft).collect();
    world.books.change(world.customer, Command::AddContacts(drafts)).await.expect("contacts");
    let book = world.books.book(world.customer).await.expect("the book");
    let filter = AskFilter::Simple {
        field: "full_name".to_owned(),
        operator: "regexp".to_owned(),
        value: Literal::Text("a.*b|c".to_owned()),
    };
    let question = || plan::plan(&CONTACT, &Ask { filter: filter.clone(), ..Ask::default() }).expect("a plan");
    assert!(book.search(&Arc::new(question())).estimate() > ringbook_workers::INLINE_MAX);
    for _ in 0..300 {
        let ask = || {
            let (books, book, plan) = (world.books.clone(), Arc::clone(&book), question());
            tokio::spawn(async move {
                books.search(&ringbook_workers::Client::server(), &book, plan).await.map(|answer| answer.map(drop))
            })
        };
        let asked: Vec<_> = (0..4).map(|_| ask()).collect();
        for answer in asked {
            let answer = tokio::time::timeout(Duration::from_secs(60), answer).await;
            let answer = answer.expect("nobody waits for ever").expect("no panic").expect("room in the queue");
            answer.expect("an answer");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn last_digits_of_numbers_are_indexed_in_the_background_and_found_after_every_change() {
    let world = world(TestData::sqlite()).await;
    for first in [0, 600] {
        let drafts = (first..first + 600).map(draft).collect();
        change(&world, Command::AddContacts(drafts)).await.expect("they are new");
    }
    let ask = async |ending: &str| {
        let (field, operator) = ("phone_numbers".to_owned(), "like".to_owned());
        let filter = AskFilter::Simple { field, operator, value: Literal::Text(format!("%{ending}")) };
        let plan = plan::plan(&CONTACT, &Ask { filter, ..Ask::default() }).expect("a plan");
        let book = world.books.book(world.customer).await.expect("the book");
        let page = world.books.search(&ringbook_workers::Client::server(), &book, plan).await;
        let page = page.expect("room in the queue").expect("an answer");
        (page.total, page.explanation.access_path)
    };
    let indexed = async {
        // Each question asks for the index.
        while ask("50000123").await.1 != AccessPathKind::PhoneSuffixIndex {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), indexed).await.expect("the index is made");
    let by_index = |total: u64| (total, AccessPathKind::PhoneSuffixIndex);
    assert_eq!((ask("50000123").await, ask("9999123").await), (by_index(1), by_index(0)));
    let added = change(&world, Command::AddContacts(vec![draft(9_999_123)])).await.expect("it is new");
    assert_eq!(ask("9999123").await, by_index(1));
    let phones = Phones::new(vec![Phone::parse("74958888123").expect("a phone")], |phone| *phone).expect("one");
    let edit = ContactEdit { phones: Edit::Set(phones), ..ContactEdit::default() };
    change(&world, Command::EditContact(made(&added, ContactId::new), edit)).await.expect("it exists");
    assert_eq!((ask("9999123").await, ask("8888123").await), (by_index(0), by_index(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compiled_patterns_are_dropped_when_books_and_they_exceed_their_memory() {
    let world = world(TestData::sqlite()).await;
    change(&world, Command::AddContacts(vec![draft(1)])).await.expect("it is new");
    let book_bytes = world.books.book(world.customer).await.expect("the book").bytes() as u64;
    let keep = |books: &Books| {
        let filter = AskFilter::Simple {
            field: "full_name".to_owned(),
            operator: "regexp".to_owned(),
            value: Literal::Text("[[:alpha:]]+ов".to_owned()),
        };
        let kept = books.patterns().of_customer(world.customer.number());
        plan::plan_with(&CONTACT, &Ask { filter, ..Ask::default() }, Some(kept)).expect("a plan").patterns()
    };
    for (room, is_kept) in [(1 << 20, true), (64, false)] {
        let bounds = Bounds { books_bytes: book_bytes + room, ..Bounds::WIDE };
        let books = Books::new(world.store.clone(), Arc::new(Metrics::new(&[], &[], &[])), bounds);
        books.book(world.customer).await.expect("the book");
        assert_eq!((keep(&books).compiled, keep(&books).kept), (1, 1));
        books.evict_idle();
        assert_eq!(keep(&books).kept == 1, is_kept);
    }
}
