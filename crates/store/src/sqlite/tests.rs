//! What is true of the files alone: gathered commits, a full disk, locks, modes, damage, earlier schemas.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc;

use ringbook_book::id::CustomerId;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::tests::{agents, customer};
use crate::{Dialing, Role, Store, StoreError, statements};

mod turns;

fn place() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn server(place: &TempDir) -> Store {
    Store::open(place.path(), Role::Server).expect("the store opens")
}

fn add_agent(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection.execute(statements::ADD_AGENT, (id, "an agent"))?;
    Ok(())
}

/// Holds the writer in a job until the returned sender is used or dropped.
async fn held(store: &Store) -> mpsc::Sender<()> {
    let (free, wait) = mpsc::channel::<()>();
    let (begun, holding) = tokio::sync::oneshot::channel();
    let holder = store.clone();
    tokio::spawn(async move {
        let job = move |_: &Connection| {
            let _ = begun.send(());
            let _ = wait.recv();
            Ok(())
        };
        holder.sqlite().write(job).await
    });
    holding.await.expect("the job begins");
    free
}

/// Sends jobs that all wait at one moment; answers what each was told.
async fn together<F>(store: &Store, jobs: Vec<F>) -> Vec<Result<(), StoreError>>
where
    F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
{
    let free = held(store).await;
    let mut answers = Vec::new();
    for job in jobs {
        let mut answer = Box::pin({
            let store = store.clone();
            async move { store.sqlite().write(job).await }
        });
        // One poll sends the job; the answer comes after the commit.
        std::future::poll_fn(|context| {
            assert!(answer.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        answers.push(answer);
    }
    drop(free);
    let mut told = Vec::new();
    for answer in answers {
        told.push(answer.await);
    }
    told
}

#[tokio::test]
async fn jobs_that_wait_share_one_commit() {
    let (place, jobs) = (place(), 50);
    let store = server(&place);
    let told = together(&store, (1..=jobs).map(|id| move |c: &Connection| add_agent(c, id)).collect()).await;
    assert!(told.iter().all(Result::is_ok));
    assert_eq!(store.commits().count.load(Ordering::Relaxed), 2);
    assert_eq!(store.commits().batch_jobs_max.load(Ordering::Relaxed), 50);
    assert_eq!(agents(&store).await.len(), 50);
}

#[tokio::test]
async fn a_failing_or_panicking_job_is_taken_out_alone() {
    let place = place();
    let store = server(&place);
    let job = |id: i64| {
        move |connection: &Connection| {
            add_agent(connection, id)?;
            match id {
                2 => Err(StoreError::RevisionMoved),
                3 => panic!("a bug in job three"),
                _ => Ok(()),
            }
        }
    };
    let told = together(&store, (1..=4).map(job).collect()).await;
    assert_eq!((&told[0], &told[1], &told[3]), (&Ok(()), &Err(StoreError::RevisionMoved), &Ok(())));
    assert!(told[2].as_ref().is_err_and(|fault| fault.to_string().contains("job three")));
    assert_eq!(agents(&store).await, [1, 4]);
}

#[tokio::test]
async fn a_full_disk_undoes_what_it_undid_and_passes() {
    let place = place();
    let store = server(&place);
    let shrink = |connection: &Connection, pages: i64| -> Result<(), StoreError> {
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        Ok(())
    };
    store.sqlite().write(move |connection| shrink(connection, 1)).await.expect("a small disk");
    let big = |id: i64| {
        move |connection: &Connection| {
            connection.execute(statements::ADD_AGENT, (id, "x".repeat(1 << 20)))?;
            Ok(())
        }
    };
    let told = together(&store, vec![big(1), big(2)]).await;
    assert!(
        told.iter().all(|told| { told.as_ref().is_err_and(|fault| fault.to_string().contains("free some space")) })
    );
    assert_eq!(agents(&store).await, [0u64; 0]);
    store.sqlite().write(move |connection| shrink(connection, 1 << 20)).await.expect("space again");
    store.sqlite().write(big(3)).await.expect("the next call works");
    assert_eq!(agents(&store).await, [3]);
}

#[tokio::test]
async fn a_lost_transaction_is_told_to_all_its_jobs_and_to_no_other() {
    let place = place();
    let store = server(&place);
    let job = |id: i64| {
        move |connection: &Connection| {
            add_agent(connection, id)?;
            if id == 2 {
                connection.execute_batch("ROLLBACK")?;
                return Err(StoreError::unavailable("the transaction is gone"));
            }
            Ok(())
        }
    };
    let told = together(&store, (1..=3).map(job).collect()).await;
    assert!(told[0].is_err() && told[1].is_err());
    assert_eq!(told[2], Ok(()));
    assert_eq!(agents(&store).await, [3]);
}

#[tokio::test]
async fn one_server_and_any_operators() {
    let place = place();
    let store = server(&place);
    assert!(matches!(Store::open(place.path(), Role::Server), Err(StoreError::Locked { .. })));
    let operator = Store::open(place.path(), Role::Operator).expect("an operator may");
    let before = store.revisions().await.expect("revisions");
    let agent = operator.add_agent("Other hand".into()).await.expect("added");
    assert_eq!(store.revisions().await.expect("revisions").directory, before.directory + 1);
    assert_eq!(agents(&store).await, [agent.number()]);
    drop(store);
    server(&place);
}

#[tokio::test]
async fn files_are_for_their_owner_alone() {
    let place = place();
    let inner = place.path().join("data");
    let store = Store::open(&inner, Role::Server).expect("it opens");
    store.add_agent("A".into()).await.expect("added");
    let mode = |path: &Path| std::fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    for name in ["ringbook.db", "ringbook.db-wal", "ringbook.db-shm", "ringbook.lock"] {
        assert_eq!(mode(&inner.join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_left_alone() {
    let place = place();
    let path = place.path().join("ringbook.db");
    let opened = || Store::open(place.path(), Role::Operator).map(|_| ());
    std::fs::write(&path, "a letter to a friend, long enough to be taken for pages".repeat(100)).expect("written");
    assert!(matches!(opened(), Err(StoreError::NotADatabase { .. })), "{:?}", opened());
    std::fs::remove_file(&path).expect("removed");
    Connection::open(&path).and_then(|c| c.execute_batch("CREATE TABLE theirs (a)")).expect("somebody else's");
    assert!(matches!(opened(), Err(StoreError::NotADatabase { .. })), "{:?}", opened());
    std::fs::remove_file(&path).expect("removed");
    opened().expect("a fresh one");
    Connection::open(&path).and_then(|c| c.pragma_update(None, "user_version", 999)).expect("the future");
    assert!(matches!(opened(), Err(StoreError::SchemaTooNew { found: 999, .. })), "{:?}", opened());
    let file = place.path().join("ringbook.db").join("below");
    let fault = Store::open(&file, Role::Operator).map(|_| ()).expect_err("a file is no directory");
    assert!(fault.to_string().contains("is not a directory"), "{fault}");
}

/// A database that the first schema made, as the program of that time left it.
fn of_schema_one(path: &Path) {
    let connection = Connection::open(path).expect("a file");
    connection.execute_batch(include_str!("../schema/sqlite/0001.sql")).expect("the first schema");
    let rows = "INSERT INTO customers VALUES (1, NULL, 'C', 'UTC', 1, NULL, NULL); INSERT INTO books VALUES (1, 3);
        INSERT INTO groups VALUES (1, 1, 0, 'Blacklist', 1); INSERT INTO organizations VALUES (1, 1, 2, 'O');
        INSERT INTO employees VALUES (1, 1, 1, 'M', NULL, NULL, NULL, '[]');
        INSERT INTO contacts VALUES (1, 7, 3, 'L', NULL, NULL, '[\"123\"]', '[]', 1, 1, '[1]');
        INSERT INTO customers VALUES (2, NULL, 'D', 'UTC', 1, NULL, NULL); INSERT INTO books VALUES (2, 0);";
    connection.execute_batch(rows).expect("rows");
    connection.pragma_update(None, "application_id", 0x5267_426b).expect("ours");
    connection.pragma_update(None, "user_version", 1).expect("schema one");
}

#[tokio::test]
async fn a_database_of_an_earlier_schema_is_brought_forward_with_its_books() {
    let place = place();
    of_schema_one(&place.path().join("ringbook.db"));
    let store = server(&place);
    let customer = |id| CustomerId::new(id).expect("an id");
    let book = store.load_rows(customer(1)).expect("the book reads back");
    assert_eq!((book.contacts_len(), book.revision().0), (1, 3));
    assert_eq!(book.changes(None, 10).map(|changes| changes.changed.len()).ok(), Some(1));
    assert_eq!(store.load_rows(customer(2)).expect("an empty book").contacts_len(), 0);
    assert_eq!(store.verify().await.expect("it reads").0, Vec::<String>::new());
    let directory = store.directory().await.expect("the directory");
    assert!(directory.customers.iter().all(|row| row.dialing == Dialing::default()) && directory.customers.len() == 2);
}

#[tokio::test]
async fn a_row_that_does_not_read_back_is_named_and_the_rest_is_served() {
    let place = place();
    let store = server(&place);
    let good = store.add_customer(customer("good")).await.expect("added");
    let spoil = |connection: &Connection| {
        connection.execute_batch(
            "PRAGMA ignore_check_constraints = 1; \
             INSERT INTO customers (id, name, timezone, active) VALUES (77, CAST(x'ff' AS TEXT), 'UTC', 1)",
        )?;
        Ok(())
    };
    store.sqlite().write(spoil).await.expect("spoiled");
    let (findings, directory) = store.verify().await.expect("it reads");
    assert_eq!(directory.customers.iter().map(|row| row.id).collect::<Vec<_>>(), [good]);
    assert!(findings.iter().any(|text| text.contains("table customers, row id 77")), "{findings:?}");
}

/// Report scans overlap all the time: if the log were never restarted, it would have every page that was written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_restarted_while_long_reads_overlap() {
    /// Changes, each of some pages.
    const CHANGES: u64 = 3_000;
    /// Changes that are made during a read.
    const CHANGES_OF_READ: u64 = 5;
    let place = place();
    let store = server(&place);
    let committed = || store.commits().count.load(Ordering::Relaxed);
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let snapshot = store.snapshot().expect("a read");
                    snapshot.finds(statements::UNFINISHED_MOVE, &[]).expect("it reads");
                    let until = committed() + CHANGES_OF_READ;
                    while committed() < until && !is_over.load(Ordering::Relaxed) {
                        std::thread::yield_now();
                    }
                }
            });
        }
        tokio::task::block_in_place(|| {
            for id in 1..=i64::try_from(CHANGES).expect("few") {
                let add = store.sqlite().write(move |c: &Connection| add_agent(c, id));
                tokio::runtime::Handle::current().block_on(add).expect("added");
            }
        });
        is_over.store(true, Ordering::Relaxed);
    });
    let log = place.path().join("ringbook.db-wal").metadata().expect("a log").len();
    assert!(log < CHANGES * 4_096 / 4, "the log has {log} bytes after {CHANGES} changes");
}
