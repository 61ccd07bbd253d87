//! What is true of every engine: faults, restarts, and what removing takes along.

use super::*;

mod directory;

use crate::testing::{TestData, on_both_engines};

on_both_engines! {
    everything_is_there_after_a_restart_and_ids_go_on;
    every_operation_may_fail_and_nothing_is_half_done;
}

impl Store {
    /// The engine, for what is true of files alone.
    pub(super) fn sqlite(&self) -> &Sqlite {
        match &self.0 {
            Engine::Sqlite(engine) => engine,
            Engine::Postgres(_) => panic!("this store is no directory"),
        }
    }
}

fn server(data: &TestData) -> Store {
    Store::open(data.location(), Role::Server).expect("the store opens")
}

pub(super) fn customer(name: &str) -> NewCustomer {
    NewCustomer { agent: None, name: name.into(), timezone: "UTC".into(), day_limit: Some(5), ..NewCustomer::default() }
}

pub(super) fn user(account: AccountId, login: &str) -> NewUser {
    let text = |text: &str| text.to_owned();
    NewUser {
        account,
        login: text(login),
        password_hash: text("h"),
        name: text("N"),
        description: text(""),
        rights: text(""),
    }
}

pub(super) async fn agents(store: &Store) -> Vec<u64> {
    store.directory().await.expect("the directory").agents.iter().map(|agent| agent.id.number()).collect()
}

async fn everything_is_there_after_a_restart_and_ids_go_on(data: TestData) {
    let store = server(&data);
    let agent = store.add_agent("Agent".into()).await.expect("added");
    let first = store.add_customer(NewCustomer { agent: Some(agent), ..customer("First") }).await.expect("added");
    let id = store.add_user(user(AccountId::Customer(first), "ann")).await.expect("added");
    let key = NewKey { user: id, name: "k".into(), token_hash: "t".into(), expires_at: Some(7) };
    store.add_key(key).await.expect("added");
    store.add_block(AccountId::Customer(first), "10.0.0.0/8".into()).await.expect("added");
    let session = SessionRow { user: id, expires_at: 99 };
    store.add_session("s".into(), session, 10).await.expect("added");
    assert_eq!(store.reserve_ids(IdKind::Contact, 1000).await, Ok(1));
    let before = store.directory().await.expect("the directory");
    drop(store);
    let store = server(&data);
    let after = store.directory().await.expect("the directory");
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    assert_eq!((after.keys.len(), after.blocks.len(), after.revision), (1, 1, 5));
    assert_eq!(store.session("s".into()).await, Ok(Some(session)));
    assert_eq!(store.reserve_ids(IdKind::Contact, 1).await, Ok(1001));
    assert_eq!(store.verify().await.expect("it reads").0, Vec::<String>::new());
}

/// Whichever operation fails, the store afterwards is as if the failed call had never been made.
async fn every_operation_may_fail_and_nothing_is_half_done(data: TestData) {
    let faults = FaultInjector::none();
    let store = Store::open_with(data.location(), Role::Server, faults.clone()).expect("it opens");
    for n in 1.. {
        let id = store.add_customer(customer("C")).await.expect("added");
        faults.fail_nth(n);
        let added = store.add_user(user(AccountId::Customer(id), &format!("ann {n}"))).await;
        let removed = store.remove_customer(id).await;
        faults.fail_nth(0);
        let directory = store.directory().await.expect("the next call works");
        assert_eq!(directory.customers.is_empty(), removed.is_ok(), "operation {n}");
        assert_eq!(directory.users.len(), usize::from(added.is_ok() && removed.is_err()), "operation {n}");
        if added.is_ok() && removed.is_ok() {
            assert!(n > 6, "begin, job and commit of two calls");
            break;
        }
        if removed.is_err() {
            store.remove_customer(id).await.expect("the next call works");
        }
    }
}
