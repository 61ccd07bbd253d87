//! Writers and readers that need the same things at the same time: none of them waits for one that waits for it, and a
//! long decision of one book delays no other book.

use std::sync::mpsc;

use super::*;

on_both_engines! {
    a_long_decision_stops_neither_another_book_nor_what_was_decided_before_it;
    a_panic_in_a_decision_fails_that_command_only;
}

/// Called before each decision, with its command.
pub(in crate::books) type BeforeDecision = Arc<dyn Fn(&Command) + Send + Sync>;

impl Books {
    pub(in crate::books) fn set_hook(&self, job: &mut crate::books::uncommitted::DecisionJob) {
        job.hook = self.0.before_decision.lock().unwrap_or_else(PoisonError::into_inner).clone();
    }

    fn set_before_decision(&self, hook: BeforeDecision) {
        *self.0.before_decision.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }
}

/// No test waits longer for what must come.
const PATIENCE: Duration = Duration::from_secs(120);

async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} does not come"))
}

async fn a_long_decision_stops_neither_another_book_nor_what_was_decided_before_it(data: TestData) {
    let world = world(data).await;
    let made = change(&world, Command::AddContacts((0..600).map(draft).collect())).await.expect("they are new");
    let contacts: Vec<ContactId> =
        made.created.into_iter().flatten().filter_map(|id| ContactId::new(id).ok()).collect();
    let other = another_customer(&world.store).await;
    world.books.change(other, Command::AddContacts(vec![draft(1)])).await.expect("it is new");

    let (began, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, should_continue) = mpsc::channel::<()>();
    let should_continue = Mutex::new(should_continue);
    world.books.set_before_decision(Arc::new(move |command| {
        if let Command::DropContacts(_) = command {
            let _ = began.send(());
            let _ = should_continue.lock().map(|should_continue| should_continue.recv());
        }
    }));
    // A short command that needs no id, so that its commit begins at once, and a long one behind it.
    let edit = ContactEdit { first_name: Edit::Set(Some(name("Renamed"))), ..ContactEdit::default() };
    let short = asked(&world, Command::EditContact(contacts[0], edit));
    let long = asked(&world, Command::DropContacts(contacts));
    in_time("the long decision", has_begun.recv()).await.expect("it begins");

    // While it is still being decided:
    let others = world.books.change(other, Command::AddContacts(vec![draft(2)]));
    in_time("another book's change", others).await.expect("it is new");
    in_time("the change before it", short).await.expect("no panic").expect("the contact is there");
    assert!(!long.is_finished(), "the long decision goes on only now");
    let _ = go_on.send(());
    in_time("the long change", long).await.expect("no panic").expect("the contacts are there");
    store_equals_memory(&world).await;
}

async fn a_panic_in_a_decision_fails_that_command_only(data: TestData) {
    let world = world(data).await;
    change(&world, Command::AddContacts(vec![draft(0)])).await.expect("it is new");
    world.books.set_before_decision(Arc::new(|command| {
        if let Command::AddOrganizations(names) = command
            && names.iter().any(|name| name.as_str() == "panic")
        {
            panic!("a test asked for it");
        }
    }));
    let asked: Vec<_> = (0..60)
        .map(|at| match at % 6 {
            // One that is decided at once, and one that is decided off the async threads.
            1 => asked(&world, Command::AddOrganizations(vec![name("panic")])),
            4 => asked(&world, Command::AddOrganizations((0..600).map(|_| name("panic")).collect())),
            _ => asked(&world, Command::AddContacts(vec![draft(at)])),
        })
        .collect();
    for (at, asked) in asked.into_iter().enumerate() {
        let answer = in_time("an answer", asked).await.expect("no panic reaches the caller");
        match answer {
            Err(BookError::Store(fault)) if at % 3 == 1 => {
                assert!(fault.to_string().contains("the change was interrupted; its outcome is unknown"), "{fault}");
            }
            Ok(_) if at % 3 != 1 => {}
            answer => panic!("{at}: {answer:?}"),
        }
    }
    assert_eq!(world.books.book(world.customer).await.expect("the book").contacts_len(), 41);
    store_equals_memory(&world).await;
}

/// A server whose commit another one was faster than takes the lock of the book, so that no change has to be decided many
/// times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_was_overtaken_is_not_overtaken_again() {
    const CHANGES: u64 = 50;
    let world = world(TestData::postgres()).await;
    change(&world, Command::AddContacts(vec![draft(0)])).await.expect("it is new");
    let other = books(&Store::open(world.data.location(), Role::Server).expect("another node's store"));
    other.book(world.customer).await.expect("the book");
    let is_over = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..16)
        .map(|client| {
            let (node, customer, is_over) = (world.books.clone(), world.customer, Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut at = 1_000 + client * 100_000;
                while !is_over.load(Ordering::Relaxed) {
                    node.change(customer, Command::AddContacts(vec![draft(at)])).await?;
                    at += 1;
                }
                Ok::<(), BookError>(())
            })
        })
        .collect();
    let decided = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&decided);
    other.set_before_decision(Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    for at in 0..CHANGES {
        let asked = other.change(world.customer, Command::AddContacts(vec![draft(1 + at)]));
        in_time("a change beside those of a busy server", asked).await.expect("it is new");
    }
    is_over.store(true, Ordering::Relaxed);
    for client in busy {
        client.await.expect("no panic").expect("each is new");
    }
    let decided = decided.load(Ordering::Relaxed);
    assert!(decided <= 2 * CHANGES, "{CHANGES} changes were decided {decided} times");
}

/// Two servers on one database, the first with one connection, under clients that change and read these many books.
async fn clients_of_a_server_with_one_connection(reads: Reads, books_count: usize) {
    const CLIENTS: usize = 32;
    const ROUNDS: usize = 24;
    let data = TestData::postgres();
    let narrow = data.location_with("connections=1").expect("a database");
    let node = |location: &ringbook_store::Location| {
        let store = Store::open(location, Role::Server).expect("a node's store");
        let metrics = Arc::new(Metrics::new(&[], &[], &[]));
        let books = Books::new(store.clone(), metrics, Bounds { reads, ..Bounds::WIDE });
        books.follow_others();
        (store, books)
    };
    let nodes = [node(&narrow), node(data.location())];
    let mut customers = Vec::new();
    for _ in 0..books_count {
        customers.push(another_customer(&nodes[1].0).await);
    }
    let client = |client: usize| {
        let (customers, books) = (customers.clone(), [nodes[0].1.clone(), nodes[1].1.clone()]);
        async move {
            for round in 0..ROUNDS {
                let (customer, node) = (customers[(client + round) % customers.len()], &books[(client + round) % 2]);
                let draft = draft((client * ROUNDS + round) as u64);
                node.change(customer, Command::AddContacts(vec![draft])).await?;
                books[round % 2].book(customer).await?;
            }
            Ok::<(), BookError>(())
        }
    };
    let clients: Vec<_> = (0..CLIENTS).map(|at| tokio::spawn(client(at))).collect();
    for client in clients {
        in_time("an answer", client).await.expect("no panic").expect("every call is answered");
    }
    let stored = nodes[1].0.book_revisions(customers.clone()).await.expect("the revisions");
    for (customer, revision) in stored {
        for (_, books) in &nodes {
            let reached = async {
                while books.book(customer).await.expect("the book").revision() < revision {
                    tokio::task::yield_now().await;
                }
            };
            in_time("the last revision", reached).await;
        }
    }
    let mut contacts = 0;
    for customer in customers {
        contacts += nodes[0].1.book(customer).await.expect("the book").contacts_len();
    }
    assert_eq!(contacts, CLIENTS * ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_connection_serves_writers_of_one_book() {
    clients_of_a_server_with_one_connection(Reads::Linearizable, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_connection_serves_writers_of_many_books() {
    clients_of_a_server_with_one_connection(Reads::Linearizable, 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_connection_serves_writers_of_one_book_with_local_reads() {
    clients_of_a_server_with_one_connection(Reads::Local, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_connection_serves_writers_of_many_books_with_local_reads() {
    clients_of_a_server_with_one_connection(Reads::Local, 6).await;
}
