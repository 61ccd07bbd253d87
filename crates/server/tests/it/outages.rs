//! Outages of the database: a server reports them, returns no stale data, and recovers without a restart.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ringbook_testbed::http_client::{HttpClient, WAIT_MAX};
use ringbook_testbed::{Cluster, Stop};
use serde_json::{Value, json};

use super::fleet::Fleet;
use super::harness::{eventually, outcome, try_call};
use super::proxy::{CommitCut, Link};
use super::stores::{Engine, number};

/// Number of changes that are acknowledged before and after an outage.
const CHANGES: u64 = 10;

/// A number that one client writes repeatedly and others read.
struct Register {
    contact: u64,
    /// The last value whose write was begun.
    begun: AtomicU64,
    /// The minimum that a read begun now may return.
    least: AtomicU64,
    acknowledged: AtomicU64,
}

impl Register {
    fn new(fleet: &Fleet, name: &str) -> Register {
        let contact = fleet.create(0, name);
        Register { contact, begun: AtomicU64::new(0), least: AtomicU64::new(0), acknowledged: AtomicU64::new(0) }
    }

    /// Writes the next value. Without a reply, or after `internal_error`, it may have been written or not.
    fn write(&self, fleet: &Fleet, node: usize) {
        let value = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let update = json!({"id": self.contact, "first_name": value.to_string()});
        let Some(answer) = try_call_node(fleet, node, "update.contacts", update) else { return };
        match outcome(&answer).as_str() {
            "ok" => {
                self.least.fetch_max(value, Ordering::SeqCst);
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            "internal_error" => {}
            _ => panic!("{answer}"),
        }
    }

    /// Reads the value, which must not be stale; returns whether there was a reply.
    fn read(&self, fleet: &Fleet, node: usize) -> bool {
        let least = self.least.load(Ordering::SeqCst);
        let filter = json!({"field": "id", "operator": "=", "value": self.contact});
        let Some(answer) = try_call_node(fleet, node, "get.contacts", json!({"filter": filter})) else { return false };
        if outcome(&answer) == "internal_error" {
            return false;
        }
        assert_eq!(outcome(&answer), "ok", "{answer}");
        let name = answer["result"]["data"][0]["first_name"].as_str();
        let seen = name.map_or(0, |text| text.parse().expect("a number"));
        let most = self.begun.load(Ordering::SeqCst);
        assert!((least..=most).contains(&seen), "node {node} answers {seen}, which is not from {least} to {most}");
        self.least.fetch_max(seen, Ordering::SeqCst);
        true
    }
}

/// A call to a server that may be stopped.
fn try_call_node(fleet: &Fleet, node: usize, method: &str, params: Value) -> Option<Value> {
    try_call(&mut HttpClient::try_connect(fleet.address(node)).ok()?, method, &fleet.with_token(params))
}

/// Runs `outage` while a writer and a reader work on each of four registers, with changes before and after it.
fn under_load(fleet: &Fleet, outage: impl FnOnce()) {
    let registers: Vec<Register> = (0..4).map(|at| Register::new(fleet, &format!("r {at}"))).collect();
    let stop = AtomicBool::new(false);
    let more = || {
        for register in &registers {
            let goal = register.acknowledged.load(Ordering::SeqCst) + CHANGES;
            eventually(WAIT_MAX, "changes", || register.acknowledged.load(Ordering::SeqCst) >= goal);
        }
    };
    std::thread::scope(|scope| {
        for (at, register) in registers.iter().enumerate() {
            let stop = &stop;
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    register.write(fleet, at % fleet.len());
                }
            });
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    (0..fleet.len()).for_each(|node| {
                        register.read(fleet, node);
                    });
                }
            });
        }
        let ending = Ending(&stop);
        more();
        outage();
        more();
        drop(ending);
    });
    for register in &registers {
        (0..fleet.len()).for_each(|node| assert!(register.read(fleet, node)));
    }
}

/// Ends the load also if the test panics, so that it fails instead of hanging.
struct Ending<'s>(&'s AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Checks that every node refuses calls.
fn all_refuse(fleet: &Fleet, contact: u64) {
    for node in 0..fleet.len() {
        assert_eq!(outcome(&fleet.page(node)), "internal_error");
        let update = json!({"id": contact, "first_name": "x"});
        assert_eq!(outcome(&fleet.call(node, "update.contacts", update)), "internal_error");
        assert_eq!(fleet.health(node), 503);
    }
}

/// Ends PostgreSQL while two servers are read and written, and starts it again.
fn survives(end: impl Fn(&Cluster) -> Result<(), String>) {
    let fleet = Fleet::start(2);
    let probe = fleet.create(1, "probe");
    under_load(&fleet, || {
        end(&fleet.cluster).expect("it ends");
        all_refuse(&fleet, probe);
        fleet.cluster.start_again().expect("it starts");
        for node in 0..fleet.len() {
            eventually(WAIT_MAX, "health", || fleet.health(node) == 200);
            eventually(WAIT_MAX, "an answer", || outcome(&fleet.page(node)) == "ok");
        }
    });
    fleet.stop();
}

#[test]
fn a_stopped_database_is_an_outage_without_loss() {
    let _engine = Engine::Postgres.select();
    survives(|cluster| cluster.stop(Stop::Fast));
}

#[test]
fn a_killed_database_is_an_outage_without_loss() {
    let _engine = Engine::Postgres.select();
    survives(Cluster::kill);
}

#[test]
fn a_killed_node_has_all_changes_after_its_restart() {
    let _engine = Engine::Postgres.select();
    let fleet = Fleet::start(2);
    under_load(&fleet, || {
        for node in [0, 1] {
            fleet.kill(node);
            fleet.launch(node);
        }
    });
    fleet.stop();
}

/// Checks a node that cannot reach the database, and that the other works meanwhile.
fn is_isolated(fleet: &Fleet, sever: impl Fn(), heal: impl Fn()) {
    let contact = fleet.create(0, "known to both");
    (0..2).for_each(|node| assert_eq!(outcome(&fleet.page(node)), "ok"));
    sever();
    let update = json!({"id": contact, "first_name": "newer"});
    assert_eq!(outcome(&fleet.call(1, "update.contacts", update)), "ok", "the other goes on");
    // In parallel, because each call may take its maximum time.
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(outcome(&fleet.page(0)), "internal_error", "it would be old"));
        scope.spawn(|| assert_eq!(fleet.health(0), 503));
        let update = json!({"id": contact, "last_name": "never"});
        scope.spawn(|| assert_eq!(outcome(&fleet.call(0, "update.contacts", update)), "internal_error"));
    });
    assert_eq!(outcome(&fleet.page(1)), "ok");
    heal();
    eventually(WAIT_MAX, "an answer", || outcome(&fleet.page(0)) == "ok");
    let (here, there) = (fleet.page(0), fleet.page(1));
    assert_eq!(here["result"]["data"], there["result"]["data"]);
    assert_eq!(here["result"]["data"][0]["first_name"], "newer");
    eventually(WAIT_MAX, "health", || fleet.health(0) == 200);
    assert_eq!(outcome(&fleet.call(0, "delete.contacts", json!({"id": contact}))), "ok");
}

#[test]
fn a_node_without_database_refuses_calls_and_recovers() {
    let _engine = Engine::Postgres.select();
    let fleet = Fleet::start(2);
    let way = &fleet.proxies[0];
    let closed = || {
        way.set(Link::Closed);
        way.cut();
    };
    is_isolated(&fleet, closed, || way.set(Link::Open));
    is_isolated(&fleet, || way.set(Link::Silent), || way.set(Link::Open));
    fleet.stop();
}

#[test]
fn a_silent_node_delays_the_other_only_briefly() {
    let _engine = Engine::Postgres.select();
    let fleet = Fleet::start(2);
    under_load(&fleet, || {
        let way = &fleet.proxies[0];
        way.set(Link::Silent);
        let probe = || fleet.call(1, "create.contacts", json!({"last_name": "probe", "phone_numbers": ["100"]}));
        // The database rolls back the open transaction of the silent node after a configured time.
        eventually(WAIT_MAX, "the other goes on", || outcome(&probe()) == "ok");
        way.set(Link::Slow(std::time::Duration::from_millis(20)));
        eventually(WAIT_MAX, "an answer", || outcome(&fleet.page(0)) == "ok");
        way.set(Link::Open);
    });
    fleet.stop();
}

#[test]
fn after_a_commit_without_a_reply_all_nodes_equal_the_rows() {
    let _engine = Engine::Postgres.select();
    const CUTS: u64 = 6;
    let fleet = Fleet::start(2);
    for (cut, may_be_there) in [(CommitCut::Before, false), (CommitCut::After, true)] {
        let mut cuts = 0;
        while cuts < CUTS {
            let rows = || number(&fleet.data, "SELECT COUNT(*) FROM contacts").expect("a count");
            let before = rows();
            fleet.proxies[0].cut_at_commit(cut);
            let new = json!({"last_name": "new", "phone_numbers": ["100"]});
            let told = outcome(&fleet.call(0, "create.contacts", new));
            let there = rows() - before;
            // The cut may have hit another commit of the server.
            if told == "ok" {
                assert_eq!(there, 1);
            } else {
                assert_eq!(told, "internal_error");
                assert!(there == 0 || there == 1 && may_be_there, "{there}");
                cuts += 1;
            }
            let total = |node| fleet.page(node)["result"]["metadata"]["total_items"].clone();
            for node in 0..2 {
                eventually(WAIT_MAX, "the total of the rows", || total(node) == json!(rows()));
            }
            assert_eq!(fleet.page(0)["result"]["data"], fleet.page(1)["result"]["data"]);
        }
    }
    fleet.stop();
}
