//! A database whose rows are divided between machines by customer: while the machine of one customer is away, the calls
//! of others are answered.
//!
//! The machines are two PostgreSQL servers. The table `books`, which every call needs, and the request report are
//! partitioned, and the partitions of one customer are foreign tables on the second server, behind a proxy.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use ringbook_testbed::http_client::{HttpClient, WAIT_MAX, connect};
use ringbook_testbed::{Cluster, Stop};
use serde_json::{Value, json};

use super::harness::{Server, added, eventually, key, outcome, place, told, try_call};
use super::proxy::{Link, Proxy};
use super::stores::{map_to_database, psql};

/// Calls of the customer that must be answered, each a look-up and a change.
const CALLS: usize = 40;
/// Connections on which the other customer calls meanwhile.
const CALLERS_AWAY: usize = 4;

/// The requests of an account in the report.
fn reported(caller: &Caller) -> u64 {
    let now = ringbook_clock::Clock::System.now();
    let (from, till) = (now.plus(-3600).to_string(), now.plus(3600).to_string());
    let params = json!({"access_token": caller.token, "date_from": from, "date_till": till, "limit": 1});
    let found = caller.server.call("get.api_requests", params);
    found["result"]["metadata"]["total_items"].as_u64().unwrap_or_else(|| panic!("{found}"))
}

/// Puts the report of a customer on another server, after the row of its book.
fn divide_report(here: &Cluster, there: &Cluster, customer: u64) {
    let columns = "first_id BIGINT NOT NULL, account_kind TEXT NOT NULL, account_id BIGINT NOT NULL, from_moment BIGINT NOT NULL, \
        till_moment BIGINT NOT NULL, requests TEXT NOT NULL";
    psql(&there.connection(), &format!("CREATE TABLE api_request_segments ({columns})"));
    psql(
        &here.connection(),
        &format!(
            "SET search_path = ringbook, public; \
             ALTER TABLE api_request_segments RENAME TO segments_here; \
             CREATE TABLE api_request_segments (LIKE segments_here) PARTITION BY LIST (account_id); \
             ALTER TABLE api_request_segments ATTACH PARTITION segments_here DEFAULT; \
             CREATE FOREIGN TABLE segments_there PARTITION OF api_request_segments FOR VALUES IN ({customer}) SERVER there \
             OPTIONS (schema_name 'public', table_name 'api_request_segments')"
        ),
    );
}

/// Puts the row of a customer's book on another server.
fn divide(here: &Cluster, there: &Cluster, through: SocketAddr, customer: u64) {
    let columns =
        "customer_id BIGINT NOT NULL, revision BIGINT NOT NULL, contacts BIGINT NOT NULL, forgotten BIGINT NOT NULL";
    psql(&there.connection(), &format!("CREATE TABLE books ({columns})"));
    psql(
        &here.connection(),
        &format!(
            "CREATE EXTENSION postgres_fdw; \
             CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw \
             OPTIONS (host '127.0.0.1', port '{port}', dbname 'postgres'); \
             CREATE USER MAPPING FOR postgres SERVER there OPTIONS (user 'postgres'); \
             SET search_path = ringbook, public; \
             CREATE TEMPORARY TABLE moved AS SELECT * FROM books WHERE customer_id = {customer}; \
             DELETE FROM books WHERE customer_id = {customer}; \
             ALTER TABLE books RENAME TO books_here; \
             CREATE TABLE books (LIKE books_here INCLUDING DEFAULTS) PARTITION BY LIST (customer_id); \
             ALTER TABLE books ATTACH PARTITION books_here DEFAULT; \
             CREATE FOREIGN TABLE books_there PARTITION OF books FOR VALUES IN ({customer}) SERVER there \
             OPTIONS (schema_name 'public', table_name 'books'); \
             INSERT INTO books SELECT * FROM moved",
            port = through.port()
        ),
    );
}

/// A caller with a key.
struct Caller<'s> {
    server: &'s Server,
    token: String,
}

impl Caller<'_> {
    fn try_call(&self, client: &mut HttpClient<std::net::TcpStream>, method: &str, mut params: Value) -> String {
        params["access_token"] = json!(self.token);
        try_call(client, method, &params).as_ref().map_or_else(|| "no reply".to_owned(), outcome)
    }

    /// Looks up a number and creates a contact; returns both outcomes.
    fn look_up_and_change(&self) -> [String; 2] {
        let mut client = connect(self.server.address);
        let filter = json!({"field": "phone_numbers", "operator": "=", "value": "100"});
        let found = self.try_call(&mut client, "get.contacts", json!({"filter": filter, "limit": 1}));
        let record = json!({"last_name": "New", "phone_numbers": ["100"]});
        [found, self.try_call(&mut client, "create.contacts", record)]
    }

    fn is_served(&self) -> bool {
        self.look_up_and_change() == ["ok", "ok"]
    }
}

/// Runs `calls` while the other customer calls on some connections.
fn beside(other: &Caller, calls: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..CALLERS_AWAY {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let outcomes = other.look_up_and_change();
                    assert!(
                        outcomes.iter().all(|outcome| ["ok", "internal_error"].contains(&outcome.as_str())),
                        "{outcomes:?}"
                    );
                }
            });
        }
        // Ends the callers also if `calls` panics.
        let stop = StopOnDrop(&is_over);
        calls();
        drop(stop);
    });
}

struct StopOnDrop<'o>(&'o AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_machine_that_is_away_stops_only_its_own_customers() {
    let start = || Cluster::start().unwrap_or_else(|why| panic!("a private PostgreSQL: {why}"));
    let (here, there) = (start(), start());
    let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], there.port())));
    let root = place();
    let data = root.path().join("data");
    map_to_database(&data, here.connection());
    let tokens = ["Acme", "Beta"].map(|name| {
        let customer = added(&data, &format!("customer add {name}"));
        told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
        let user = added(&data, &format!("user add {} --customer {customer}", name.to_lowercase()));
        (customer, key(&data, user).1)
    });
    let [(_, token_here), (away, token_there)] = tokens;
    divide(&here, &there, proxy.address, away);
    divide_report(&here, &there, away);
    let server = Server::serve(&data, &[]);
    let (acme, beta) = (Caller { server: &server, token: token_here }, Caller { server: &server, token: token_there });
    for caller in [&acme, &beta] {
        server.becomes(&caller.token, "ok");
        assert!(caller.is_served());
    }
    let goes_on = || (0..CALLS).for_each(|_| assert_eq!(acme.look_up_and_change(), ["ok", "ok"]));
    for stop in [Stop::Fast, Stop::Immediate] {
        beside(&beta, || {
            there.stop(stop).expect("it runs");
            goes_on();
            assert!(!beta.is_served());
            // Its calls are reported meanwhile.
            let before = reported(&acme);
            goes_on();
            assert!(reported(&acme) >= before + CALLS as u64);
        });
        there.start_again().expect("it starts");
        eventually(WAIT_MAX, "the customer whose machine is back", || beta.is_served());
    }
    // It does not even refuse: nobody knows before seconds are over.
    beside(&beta, || {
        proxy.set(Link::Silent);
        goes_on();
        for _ in 0..3 {
            let (before, begin) = (reported(&acme), Instant::now());
            goes_on();
            assert!(reported(&acme) >= before + 2 * CALLS as u64);
            eprintln!("calls and their report took {:?} beside a machine that is silent", begin.elapsed());
        }
    });
    proxy.set(Link::Open);
    proxy.cut();
    eventually(WAIT_MAX, "the customer whose machine is back", || beta.is_served());
    assert_eq!(told(&data, "check")["ok"], true);
    let token = beta.token;
    server.stop();
    // What waited for the machine was written at the end.
    let server = Server::serve(&data, &[]);
    let beta = Caller { server: &server, token };
    server.becomes(&beta.token, "ok");
    assert!(reported(&beta) > 2 * CALLS as u64);
    server.stop();
}
