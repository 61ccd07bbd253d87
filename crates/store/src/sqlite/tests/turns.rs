//! Who may write when: steps of long work, operator commands, a second server, and what a crash leaves of staged rows.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use ringbook_book::change::{Change, Effect};
use ringbook_book::id::{OrganizationId, Revision};
use ringbook_book::organization::Organization;
use ringbook_book::text::Name;

use super::*;
use crate::sqlite::reserve::{RESERVE_BYTES, Reserve};
use crate::sqlite::turn::Turns;

#[tokio::test]
async fn a_change_waits_for_one_step_of_others_at_most() {
    let place = place();
    let store = server(&place);
    let free = held(&store).await;
    let steps = Arc::new(AtomicUsize::new(0));
    let mut waiting = Vec::new();
    for id in 1..=20 {
        let (done, step) = (Arc::clone(&steps), store.clone());
        let work = move |connection: &Connection| {
            add_agent(connection, id)?;
            done.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        waiting.push(tokio::spawn(async move { step.sqlite().write_step(work).await }));
    }
    // The change comes after the steps, and all wait before the writer is free.
    let (seen, changing) = (Arc::clone(&steps), store.clone());
    let work = move |connection: &Connection| {
        add_agent(connection, 100)?;
        Ok(seen.load(Ordering::Relaxed))
    };
    let change = tokio::spawn(async move { changing.sqlite().write(work).await });
    tokio::task::yield_now().await;
    drop(free);
    let before_it = change.await.expect("no panic").expect("the change");
    assert!(before_it <= 1, "{before_it} steps");
    for step in waiting {
        step.await.expect("no panic").expect("the step");
    }
    assert_eq!((steps.load(Ordering::Relaxed), agents(&store).await.len()), (20, 21));
}

#[test]
fn a_server_waits_for_the_turn_of_a_command_once() {
    let place = place();
    let [server, command] = [Role::Server, Role::Operator].map(|role| Turns::of(place.path(), role));
    drop(server.next());
    assert!(!server.has_given_up());
    let turn = command.next();
    drop(server.next());
    assert!(server.has_given_up(), "a command that does not end does not stop a server");
    drop(turn);
    drop(server.next());
    assert!(!server.has_given_up());
}

#[tokio::test]
async fn neither_a_removed_lock_file_nor_a_link_admits_a_second_server() {
    let place = place();
    let store = server(&place);
    std::fs::remove_file(place.path().join("ringbook.lock")).expect("removed");
    let second = |directory: &Path| Store::open(directory, Role::Server).map(|_| ()).expect_err("it is refused");
    assert!(matches!(second(place.path()), StoreError::Locked { .. }));
    let database = place.path().join("ringbook.db");
    for is_hard in [true, false] {
        let elsewhere = tempfile::tempdir().expect("a directory");
        let link = elsewhere.path().join("ringbook.db");
        let linked =
            if is_hard { std::fs::hard_link(&database, link) } else { std::os::unix::fs::symlink(&database, link) };
        linked.expect("a link");
        assert!(matches!(second(elsewhere.path()), StoreError::Locked { .. }));
    }
    drop(store);
    server(&place);
}

#[tokio::test]
async fn staged_rows_of_a_crash_are_deleted_at_the_next_start() {
    let place = place();
    let store = server(&place);
    let owner = store.add_customer(customer("C")).await.expect("added");
    let organization = |number: u64| {
        let id = OrganizationId::new(number).expect("an id");
        Effect::PutOrganization(Organization { id, name: Name::parse(&format!("O {number}")).expect("a name") })
    };
    let change =
        Arc::new(Change { decided_on: Revision(0), contacts: 0, effects: (1..=700).map(organization).collect() });
    store.stage(owner, &change).await.expect("staged");
    assert_eq!(store.load_rows(owner).expect("the book").organizations().count(), 0, "they are not visible");
    drop(store);
    let store = server(&place);
    let rows = |sql: &'static str| store.read(move |session| session.one(sql, &[], |row| row.number(0)));
    assert_eq!(rows("SELECT COUNT(*) FROM organizations").await, Ok(0));
    assert_eq!(rows("SELECT COUNT(*) FROM staged_rows").await, Ok(0));
    store.commit(owner, vec![change], Vec::new()).await.expect("committed");
    assert_eq!(store.load_rows(owner).expect("the book").organizations().count(), 700);
    assert_eq!(rows("SELECT COUNT(*) FROM staged_rows").await, Ok(0));
}

#[tokio::test]
async fn the_reserve_is_for_operator_commands_until_there_is_space_again() {
    let place = place();
    let file = place.path().join("ringbook.reserve");
    let store = server(&place);
    let blocked = store.add_agent("A".into()).await.expect("there is space");
    assert_eq!(std::fs::metadata(&file).expect("a reserve").len(), RESERVE_BYTES);
    assert!(store.has_room());
    // A command that finds a full disk releases the reserve; the server restores it when there is space.
    std::fs::remove_file(&file).expect("released");
    store.add_agent("B".into()).await.expect("there is space");
    assert_eq!(std::fs::metadata(&file).expect("a reserve").len(), RESERVE_BYTES);
    drop(store);
    // While there is no space for it, a server makes no change and a command does.
    std::fs::remove_file(&file).expect("released");
    let reserve = |role| Reserve::of(place.path(), role).restored_from(u64::MAX);
    assert!(matches!(reserve(Role::Server).prepare(), Err(StoreError::DiskFull { .. })));
    assert!(!reserve(Role::Server).has_room());
    assert_eq!(reserve(Role::Operator).prepare(), Ok(()));
    let operator = Store::open(place.path(), Role::Operator).expect("it opens");
    operator.remove_agent(blocked).await.expect("removed");
    assert!(!file.exists(), "a command makes no reserve");
}
