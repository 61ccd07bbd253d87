//! What is true of a shared database alone: several programs on it, its refusals, connections that break.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ringbook_book::change::Change;
use ringbook_book::id::Revision;

use super::Address;
use crate::sql::{BoundStatement, Session, values};
use crate::statements as sql;
use crate::testing::TestData;
use crate::tests::{agents, customer, user};
use crate::{AccountId, IdKind};
use crate::{ChangedBooks, Location, PointsUse, Role, SessionRow, Store, StoreError};

/// How long a test waits for what should come at once.
const PATIENCE: Duration = Duration::from_secs(30);

fn server(data: &TestData) -> Store {
    Store::open(data.location(), Role::Server).expect("the store opens")
}

#[tokio::test]
async fn programs_that_start_together_make_the_tables_once() {
    let data = TestData::postgres();
    let data = Arc::new(data);
    assert_eq!(Store::exists(data.location()), Ok(false));
    let open = |data: Arc<TestData>| std::thread::spawn(move || server(&data));
    let opened: Vec<_> = (0..4).map(|_| open(Arc::clone(&data))).collect();
    let stores: Vec<Store> = opened.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    for store in &stores {
        store.add_agent("an agent".into()).await.expect("any server may write");
    }
    assert_eq!(agents(&stores[0]).await, [1, 2, 3, 4]);
    assert_eq!(Store::exists(data.location()), Ok(true));
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_left_alone() {
    let data = TestData::postgres();
    let opened = || Store::open(data.location(), Role::Operator).map(drop);
    data.execute("CREATE SCHEMA ringbook; CREATE TABLE ringbook.theirs (a int)");
    assert!(matches!(opened(), Err(StoreError::NotADatabase { .. })), "{:?}", opened());
    data.execute("DROP SCHEMA ringbook CASCADE");
    opened().expect("a fresh one");
    data.execute("INSERT INTO migrations (number) VALUES (999)");
    assert!(matches!(opened(), Err(StoreError::SchemaTooNew { found: 999, .. })), "{:?}", opened());
}

#[tokio::test]
async fn a_database_that_cannot_be_had_is_told_without_the_password() {
    let data = TestData::postgres();
    let Location::Database(good) = data.location() else { unreachable!("it is a database") };
    let host = format!("host=127.0.0.1 port={}", good.host_config(0).get_ports()[0]);
    for (address, told) in [
        ("postgres://u:s3cret@127.0.0.1:1/d".to_owned(), "check whether it runs"),
        (format!("{host} user=nobody password=s3cret dbname=postgres"), "refuses the login"),
        (format!("{host} user=postgres password=s3cret dbname=no_such_book"), "CREATE DATABASE"),
        (format!("{host} user=postgres password=s3cret sslmode=verify-full sslrootcert=/none"), "PEM"),
    ] {
        let address = Address::parse(&address).expect("an address");
        let fault = Store::open(Location::Database(address), Role::Server).map(drop).expect_err(told);
        let text = format!("{fault} {fault:?}");
        assert!(text.contains(told) && !text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn who_may_not_make_the_schema_is_told_what_to_grant() {
    let data = TestData::postgres();
    let Location::Database(good) = data.location() else { unreachable!("it is a database") };
    let role = format!("{}_guest", good.config.get_dbname().expect("a name"));
    data.execute(&format!("CREATE ROLE {role} LOGIN"));
    let mut guest = good.clone();
    guest.config.user(&role);
    let fault = Store::open(Location::Database(guest), Role::Server).map(drop).expect_err("it may not");
    data.execute(&format!("DROP ROLE {role}"));
    assert!(fault.to_string().contains("GRANT CREATE ON DATABASE"), "{fault}");
}

/// Connections end whenever the database says so: nobody notices who had not begun anything.
#[tokio::test]
async fn connections_that_broke_while_idle_cost_nobody_anything() {
    let data = TestData::postgres();
    let store = server(&data);
    let end_all = || {
        data.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    };
    for round in 1..=3 {
        end_all();
        store.add_agent("an agent".into()).await.expect("a write works");
        end_all();
        store.ping().await.expect("a read works");
        end_all();
        assert_eq!(agents(&store).await.len(), round);
    }
}

/// What was done in a transaction is gone with its connection: nobody may go on with the rest of it on another one.
#[tokio::test]
async fn a_transaction_whose_connection_breaks_fails_as_a_whole() {
    let data = TestData::postgres();
    let store = server(&data);
    store.ping().await.expect("a connection is idle now");
    let told = store
        .write(|session| {
            session.execute("INSERT INTO agents (id, name) VALUES (1, 'half')", &[])?;
            let _ = session.execute("SELECT pg_terminate_backend(pg_backend_pid())", &[]);
            let _ = session.execute("INSERT INTO agents (id, name) VALUES (2, 'half')", &[]);
            Ok(())
        })
        .await;
    assert!(told.is_err(), "{told:?}");
    assert_eq!(agents(&store).await, [0u64; 0]);
}

#[tokio::test]
async fn a_job_that_fails_or_panics_leaves_nothing_and_its_connection_is_good() {
    let data = TestData::postgres();
    let store = server(&data);
    for round in 0..40 {
        let told = store
            .write(move |session| {
                session.execute("INSERT INTO agents (id, name) VALUES (1, 'half')", &[])?;
                match round % 3 {
                    0 => Err(StoreError::RevisionMoved),
                    1 => session.execute("INSERT INTO agents (id, name) VALUES (1, 'twice')", &[]).map(drop),
                    _ => panic!("a bug"),
                }
            })
            .await;
        assert!(told.is_err(), "{told:?}");
    }
    let swallowed = store
        .write(|session| {
            session.execute("INSERT INTO agents (id, name) VALUES (1, 'half')", &[])?;
            let _ = session.execute("INSERT INTO agents (id, name) VALUES (1, 'twice')", &[]);
            Ok(())
        })
        .await;
    assert!(swallowed.is_err(), "the database undid it all");
    assert_eq!(agents(&store).await, [0u64; 0]);
    assert_eq!(store.commits().count.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn nodes_that_count_and_take_at_once_never_lose_or_repeat() {
    let data = TestData::postgres();
    let nodes = [server(&data), server(&data)];
    let first = AccountId::Customer(nodes[0].add_customer(customer("A")).await.expect("added"));
    let second = AccountId::Customer(nodes[0].add_customer(customer("B")).await.expect("added"));
    let mut tasks = tokio::task::JoinSet::new();
    for at in 0..60 {
        let store = nodes[at % 2].clone();
        let accounts = if at % 3 == 0 { [first, second] } else { [second, first] };
        tasks.spawn(async move {
            let one = |account| PointsUse { account, day: 1, day_used: 1, minute: 1, minute_used: 1 };
            store.add_points(accounts.map(one).to_vec()).await.expect("counted");
            store.reserve_ids(IdKind::Contact, 10).await.expect("taken")
        });
    }
    let mut taken: Vec<u64> = tasks.join_all().await;
    taken.sort_unstable();
    assert!(taken.iter().copied().eq((0..60).map(|at| at * 10 + 1)), "{taken:?}");
    let points = nodes[1].points().await.expect("points");
    assert!(points.iter().all(|row| row.day_used == 60) && points.len() == 2, "{points:?}");
}

/// Rows that go together in one statement are those that would have gone one by one, in that order.
#[tokio::test]
async fn many_rows_at_once_are_the_same_rows() {
    let data = TestData::postgres();
    let store = server(&data);
    let put = |id: i64, name: String| BoundStatement::new(sql::PUT_ORGANIZATION, values![1, id, 1, name]);
    let first = (1..=1_000).map(move |id| put(id, format!("first {id}")));
    // A name goes to another row after the one that had it got another name.
    let again = (1..=20).map(move |id| put(id, format!("again {id}")));
    let given = (1..=20).map(move |id| put(id + 20, format!("first {id}")));
    let gone = (901..=910).map(|id| BoundStatement::new(sql::DROP_ORGANIZATION, values![1, id]));
    let orders = first.chain(again).chain(given).chain(gone);
    store.write(move |session| session.execute_all(&mut orders.into_iter())).await.expect("they go");
    let names = async || {
        let read = |session: &dyn Session| {
            let mut names = std::collections::BTreeMap::new();
            session.each(sql::ORGANIZATIONS, &values![1, 1], &mut |row| {
                let read = || Ok::<_, String>((row.number(0)?, row.text(2)?.to_owned()));
                names.extend([read().map_err(StoreError::unavailable)?]);
                Ok(std::ops::ControlFlow::Continue(()))
            })?;
            Ok(names)
        };
        store.read(read).await.expect("they read back")
    };
    let found = names().await;
    assert_eq!(found.len(), 990);
    for (id, name) in [(1, "again 1"), (20, "again 20"), (21, "first 1"), (40, "first 20"), (41, "first 41")] {
        assert_eq!(found[&id], name);
    }
    let taken = (2_000..2_100).map(move |id| put(id, format!("first {}", id - 1_950)));
    let refused = store.write(move |session| session.execute_all(&mut taken.into_iter())).await;
    assert!(refused.is_err(), "names are taken");
    assert_eq!(names().await, found);
}

/// Sessions are removed in several ways at once, on several servers: nobody waits in a circle.
#[tokio::test]
async fn sessions_that_go_in_several_ways_at_once_go_once() {
    const SESSIONS: usize = 300;
    let data = TestData::postgres();
    let nodes = [server(&data), server(&data)];
    let account = AccountId::Customer(nodes[0].add_customer(customer("A")).await.expect("added"));
    let mut users = Vec::new();
    for name in ["ann", "bob", "cid"] {
        users.push(nodes[0].add_user(user(account, name)).await.expect("added"));
    }
    for at in 0..SESSIONS {
        let session = SessionRow { user: users[at % 3], expires_at: (at % 2) as i64 };
        nodes[at % 2].add_session(format!("session {at}"), session, 1_000).await.expect("added");
    }
    let mut tasks = tokio::task::JoinSet::new();
    for at in 0..SESSIONS {
        let (store, doomed) = (nodes[at % 2].clone(), users[at / 100]);
        tasks.spawn(async move {
            match at % 100 {
                50 => store.remove_user(doomed).await,
                20 | 21 | 70 | 71 => store.purge_sessions(0).await.map(drop),
                _ => store.remove_session(format!("session {}", SESSIONS - 1 - at)).await.map(drop),
            }
        });
    }
    for told in tasks.join_all().await {
        told.expect("nobody is in the way");
    }
    assert_eq!(nodes[0].session("session 1".into()).await, Ok(None));
}

#[tokio::test]
async fn tables_that_another_program_has_changed_are_told_at_the_start() {
    let data = TestData::postgres();
    drop(server(&data));
    let told = |change: &str| {
        data.execute(change);
        Store::open(data.location(), Role::Server).map(drop).map_err(|fault| fault.to_string())
    };
    for (change, undo, named) in [
        ("contacts RENAME COLUMN emails TO mails", "contacts RENAME COLUMN mails TO emails", "emails"),
        ("points RENAME TO others", "others RENAME TO points", "points"),
    ] {
        let fault = told(&format!("ALTER TABLE {change}")).expect_err(named);
        assert!(fault.contains("restore a copy") && fault.contains(named), "{fault}");
        assert_eq!(told(&format!("ALTER TABLE {undo}")), Ok(()));
    }
}

#[tokio::test]
async fn rows_without_what_they_refer_to_are_found() {
    let data = TestData::postgres();
    let store = server(&data);
    store.add_customer(customer("A")).await.expect("added");
    assert_eq!(store.verify().await.expect("it reads").0, Vec::<String>::new());
    data.execute("INSERT INTO deleted_contacts VALUES (77, 1, 1)");
    let found = store.verify().await.expect("it reads").0;
    assert_eq!(found, ["table deleted_contacts: 1 row(s) refer to books that are not there"]);
}

/// The database notifies of another server's changes as soon as they are committed, and not of a server's own.
#[tokio::test]
async fn servers_hear_what_others_have_changed() {
    let data = TestData::postgres();
    let nodes = [server(&data), server(&data)];
    let (here, there) = (nodes[0].notifications(), &nodes[1]);
    let mut books = Vec::new();
    for name in ["mine", "theirs"] {
        books.push(there.add_customer(customer(name)).await.expect("added"));
    }
    let story = async {
        // Who has just begun to listen knows nothing, and so does everybody of a server that was not heard.
        here.directory_changed().await;
        assert_eq!(here.changed_books().await, ChangedBooks::All);
        let mut at = Revision(0);
        loop {
            for (node, book) in nodes.iter().zip(&books) {
                let change = Change { decided_on: at, effects: Vec::new(), contacts: 0 };
                node.commit(*book, vec![Arc::new(change)], Vec::new()).await.expect("committed");
            }
            at = at.next();
            if let ChangedBooks::Books(heard) = here.changed_books().await {
                assert!(heard.keys().eq([&books[1]]), "{heard:?}");
                break;
            }
        }
        let operator = Store::open(data.location(), Role::Operator).expect("an operator");
        operator.add_agent("an agent".into()).await.expect("added");
        here.directory_changed().await;
    };
    tokio::time::timeout(PATIENCE, story).await.expect("it is told");
}
