//! Calls as a client sends them, answers as it reads them, over a real store.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ringbook_store::UserId;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use ringbook_app::access::{Access, Right, Rights, Secret, TokenHash, fresh_token, hash_password};
use ringbook_app::books::Books;
use ringbook_clock::{Clock, Moment};
use ringbook_store::{AccountId, CustomerEdit, FaultInjector, NewCustomer, NewKey, NewUser, Role, Store};
use ringbook_telemetry::Metrics;

mod answers;
mod callers;
mod changes;
mod envelopes;
mod questions;
mod table;

const NOW: Moment = Moment::from_unix(1_700_000_000);
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ABROAD: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
const PASSWORD: &str = "correct \"horse\"";

/// A server with an agent and its customer, and a customer on its own.
struct World {
    _place: TempDir,
    store: Store,
    faults: FaultInjector,
    access: Arc<Access>,
    rpc: Rpc,
    agent: Party,
    client: Party,
    other: Party,
}

/// An account with one user that has all rights, and a key.
struct Party {
    account: AccountId,
    user: UserId,
    token: String,
}

async fn party(store: &Store, account: AccountId, login: &str) -> Party {
    let password_hash = hash_password(&Secret::new(PASSWORD.to_owned())).expect("a hash");
    let (name, description) = (format!("{login} \"the\" user"), String::new());
    let rights = Rights::all().to_string();
    let user = NewUser { account, login: login.into(), password_hash, name, description, rights };
    let user = store.add_user(user).await.expect("a user");
    store.add_block(account, "127.0.0.0/8".into()).await.expect("a block");
    let token = key(store, user).await;
    Party { account, user, token }
}

async fn key(store: &Store, user: UserId) -> String {
    let token = fresh_token().expect("chance").expose().clone();
    let token_hash = TokenHash::of(&token).to_hex();
    let key = NewKey { user, name: "key".into(), token_hash, expires_at: None };
    store.add_key(key).await.expect("a key");
    token
}

async fn customer(store: &Store, agent: Option<ringbook_store::AgentId>) -> AccountId {
    let (name, timezone) = ("Ромашка".to_owned(), "Europe/Moscow".to_owned());
    let customer = NewCustomer { agent, name, timezone, ..NewCustomer::default() };
    AccountId::Customer(store.add_customer(customer).await.expect("a customer"))
}

async fn world() -> World {
    let place = tempfile::tempdir().expect("a directory");
    let faults = FaultInjector::none();
    let store = Store::open_with(place.path(), Role::Server, faults.clone()).expect("a store");
    let agent = store.add_agent("agent".into()).await.expect("an agent");
    let (client, other) = (customer(&store, Some(agent)).await, customer(&store, None).await);
    let agent = party(&store, AccountId::Agent(agent), "agent").await;
    let client = party(&store, client, "client").await;
    let other = party(&store, other, "other").await;
    let clock = Clock::manual(NOW);
    let access = Arc::new(Access::open(store.clone(), clock.clone()).await.expect("access"));
    let metrics = Arc::new(Metrics::new(&methods(), &outcomes(), &stages()));
    let books = Books::new(store.clone(), Arc::clone(&metrics), ringbook_app::books::Bounds::WIDE);
    let report =
        ringbook_app::audit::AuditLog::new(store.clone(), clock.clone(), Arc::clone(&metrics), Default::default());
    let rpc = Rpc::new(Application::new(Arc::clone(&access), books, report, clock, metrics));
    World { _place: place, store, faults, access, rpc, agent, client, other }
}

impl World {
    async fn raw(&self, body: &[u8]) -> String {
        let pieces = self.rpc.answer(body, HOME).await.concat();
        String::from_utf8(pieces).expect("UTF-8")
    }

    async fn say(&self, body: &str) -> Value {
        serde_json::from_str(&self.raw(body.as_bytes()).await).expect("JSON")
    }

    /// Calls with this token and these parameters.
    async fn call(&self, token: &str, method: &str, mut params: Value) -> Value {
        params["access_token"] = token.into();
        self.say(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()).await
    }

    /// A question of the client's, refused: mnemonic, field, value, params.
    async fn refused(&self, params: Value) -> (String, Value, Value, Value) {
        let answer = self.call(&self.client.token, "get.contacts", params).await;
        let data = &answer["error"]["data"];
        let mnemonic = data["mnemonic"].as_str().unwrap_or("none").to_owned();
        (mnemonic, data["field"].clone(), data["value"].clone(), data["params"].clone())
    }

    async fn edit(&self, who: &Party, edit: CustomerEdit) {
        let AccountId::Customer(customer) = who.account else { panic!("not a customer") };
        self.store.set_customer(customer, edit).await.expect("set");
        self.access.catch_up().await.expect("seen");
    }
}

/// The mnemonic of an answer, or `ok`.
fn outcome(answer: &Value) -> &str {
    match answer.get("error") {
        Some(error) => error["data"]["mnemonic"].as_str().expect("a mnemonic"),
        None => "ok",
    }
}
