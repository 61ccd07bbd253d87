//! The JSON-RPC front end on a small demo address book, with fixed tokens; no sockets.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};

use ringbook::demo::{DemoSpec, prepare};
use ringbook_app::access::{Access, TokenHash};
use ringbook_app::application::Application;
use ringbook_app::audit::{AuditLog, ReportBounds};
use ringbook_app::books::{Books, Bounds};
use ringbook_book::id::CustomerId;
use ringbook_clock::{Clock, Moment};
use ringbook_jsonrpc::Rpc;
use ringbook_store::UserId;
use ringbook_store::{CustomerEdit, NewKey, Role, Store};
use serde_json::Value;
use tempfile::TempDir;

/// The token of the customer with the larger address book.
pub const CUSTOMER_TOKEN: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";
/// The token of the agent.
pub const AGENT_TOKEN: &str = "a9e47000a9e47000a9e47000a9e47000";
/// The token of a customer without an agent.
pub const OTHER_TOKEN: &str = "07be2000b07be200b07be200b07be200";

/// Enough for contacts of all kinds, and few enough for fast queries.
const CONTACTS: u64 = 300;
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

struct TestServer {
    runtime: tokio::runtime::Runtime,
    rpc: Rpc,
    _directory: TempDir,
}

/// Whether the token is valid.
pub fn is_known(token: &str) -> bool {
    [CUSTOMER_TOKEN, AGENT_TOKEN, OTHER_TOKEN].contains(&token)
}

/// The reply to this body.
pub fn answer(body: &[u8]) -> Vec<u8> {
    static SERVER: OnceLock<TestServer> = OnceLock::new();
    let server = SERVER.get_or_init(start);
    server.runtime.block_on(server.rpc.answer(body, PEER)).concat()
}

fn start() -> TestServer {
    let runtime = ringbook::serve::runtime().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let rpc = runtime.block_on(rpc_on(&directory));
    TestServer { runtime, rpc, _directory: directory }
}

async fn rpc_on(directory: &TempDir) -> Rpc {
    let store = Store::open(directory.path(), Role::Server).expect("a store");
    let metrics = ringbook::serve::metrics();
    let books = Books::new(store.clone(), Arc::clone(&metrics), Bounds::WIDE);
    let spec = DemoSpec { contacts: CONTACTS, seed: 1 };
    let made = prepare(&store, &books, directory.path(), spec, "").await.expect("a demo");
    let customers = &made["customers"];
    add_key(&store, &customers[0], CUSTOMER_TOKEN).await;
    add_key(&store, &made["agent"], AGENT_TOKEN).await;
    add_key(&store, &customers[2], OTHER_TOKEN).await;
    let customer = CustomerId::new(customers[0]["id"].as_u64().expect("an id")).expect("an id");
    // The clock stands still, so an exhausted quota would refuse all further calls.
    let edit = CustomerEdit { day_limit: Some(None), minute_limit: Some(None), ..CustomerEdit::default() };
    store.set_customer(customer, edit).await.expect("no quotas");
    let clock = Clock::manual(Moment::from_unix(1_700_000_000));
    let report = AuditLog::new(store.clone(), clock.clone(), Arc::clone(&metrics), ReportBounds::default());
    let access = Access::open(store, clock.clone()).await.expect("access");
    Rpc::new(Application::new(Arc::new(access), books, report, clock, metrics))
}

async fn add_key(store: &Store, party: &Value, token: &str) {
    let user = UserId::new(party["user_id"].as_u64().expect("a user")).expect("a user");
    let token_hash = TokenHash::of(token).to_hex();
    store.add_key(NewKey { user, name: "fuzz".to_owned(), token_hash, expires_at: None }).await.expect("a key");
}
