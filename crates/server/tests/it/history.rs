//! Linearizability under faults: several servers, a database and the connections between them fail while clients read and
//! change one account. Calls may be refused, but there must be one order of the changes that explains every reply.
//!
//! In a round, clients work while a fault is injected and repaired; then nothing runs, every server is read, and the
//! calls of the round are checked. The seed determines the random choices, but not the times at which they take effect.
//! `RINGBOOK_CRASH_NODES`, `RINGBOOK_CRASH_ROUNDS` and `RINGBOOK_CRASH_SEED` select longer runs.

use std::collections::BTreeMap;

use ringbook_testbed::http_client::WAIT_MAX;
use ringbook_testbed::random::Rng;
use serde_json::{Value, json};

use super::crashes::setting;
use super::fleet::Fleet;
use super::harness::eventually;
use super::stores::Engine;

mod checker;
mod clients;
mod failover;
mod fault_schedule;
mod model;

use checker::Checker;
use clients::{Client, Recorder};
use fault_schedule::FaultCounts;
use model::State;

/// Default number of rounds.
const ROUNDS: u64 = 6;
/// Number of clients, each with a connection to every server.
const CLIENTS: u64 = 6;
/// Operations of each client in a round.
const CALLS: u64 = 16;
const REGISTERS: usize = 4;
/// Changes in a reply to a replica: few, so that it needs several calls.
const PAGE: u64 = 5;

/// Totals for the output of a run.
#[derive(Debug, Default)]
struct Totals {
    faults: FaultCounts,
    calls: u64,
    unknown: u64,
}

/// A copy of the book that follows its changes, on a different server each time.
#[derive(Default)]
struct Replica {
    cursor: String,
    contacts: BTreeMap<u64, Value>,
}

impl Replica {
    /// Applies the changes that one server returns, up to now.
    fn follow(&mut self, fleet: &Fleet, node: usize) {
        loop {
            let answer = fleet.call(node, "get.contact_changes", json!({"since": self.cursor, "limit": PAGE}));
            for change in answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}")) {
                let id = change["id"].as_u64().expect("an id");
                if change["deleted"] == true {
                    self.contacts.remove(&id);
                } else {
                    self.contacts.insert(id, change["contact"].clone());
                }
            }
            let metadata = &answer["result"]["metadata"];
            self.cursor = metadata["cursor"].as_str().expect("a cursor").to_owned();
            if metadata["has_more"] == false {
                return;
            }
        }
    }

    /// Compares it with the pages of all servers, once they have applied all changes.
    fn compare(&mut self, recorder: &Recorder, nodes: usize) {
        for node in 0..nodes {
            eventually(WAIT_MAX, "a replica that equals the page", || {
                let page = recorder.read_at_rest(node);
                self.follow(recorder.fleet, (node + 1) % nodes);
                let shown = page["result"]["data"].as_array().expect("a page");
                self.contacts.values().eq(shown)
            });
        }
    }
}

/// One round: clients work while a fault is injected.
fn run_round(recorder: &Recorder, rng: &mut Rng, round: u64) -> FaultCounts {
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let mut client = Client::new(recorder, Rng::with_seed(rng.u64(..)));
            scope.spawn(move || (0..CALLS).for_each(|_| client.act()));
        }
        fault_schedule::inject(recorder, rng, round)
    })
}

/// Rounds on this number of servers.
fn run(nodes: usize, rounds: u64, seed: u64) {
    let fleet = Fleet::start(nodes);
    let recorder = Recorder::new(&fleet, REGISTERS);
    let mut checker = Checker::new(State::new(REGISTERS));
    let (mut rng, mut replica, mut totals) =
        (Rng::with_seed(seed * 16 + nodes as u64), Replica::default(), Totals::default());
    for round in 0..rounds {
        totals.faults += run_round(&recorder, &mut rng, round);
        replica.compare(&recorder, nodes);
        let page = recorder.read_at_rest(0);
        let calls = recorder.take_calls();
        totals.calls += calls.len() as u64;
        totals.unknown += calls.iter().filter(|call| call.answered.is_none()).count() as u64;
        checker.check(calls).unwrap_or_else(|why| panic!("round {round} of seed {seed} on {nodes} nodes: {why}"));
        recorder.adopt_batches(&page);
        if round % 50 == 49 || round + 1 == rounds {
            print_totals(nodes, round + 1, &totals);
        }
    }
    restart_and_compare(&recorder, nodes);
    checker.check(recorder.take_calls()).unwrap_or_else(|why| panic!("after seed {seed} on {nodes} nodes: {why}"));
    fleet.stop();
}

/// Restarts every server: what it reads from the rows must be what it had in memory.
fn restart_and_compare(recorder: &Recorder, nodes: usize) {
    let pages: Vec<Value> = (0..nodes).map(|node| recorder.read_at_rest(node)).collect();
    for (node, page) in pages.iter().enumerate() {
        recorder.fleet.kill(node);
        recorder.fleet.launch(node);
        assert_eq!(recorder.read_at_rest(node)["result"]["data"], page["result"]["data"]);
    }
}

fn print_totals(nodes: usize, rounds: u64, Totals { faults, calls, unknown }: &Totals) {
    let FaultCounts { nodes_killed, databases_ended, cuts, silences, delays } = faults;
    eprintln!(
        "{nodes} nodes, {rounds} rounds: {nodes_killed} kills of a node, {databases_ended} of PostgreSQL, {cuts} cuts, \
         {silences} silences, {delays} delays; {calls} calls, {unknown} of them without a reply; {rounds} linearizable histories"
    );
}

#[test]
fn histories_under_faults_are_linearizable() {
    let _engine = Engine::Postgres.select();
    let (rounds, seed) = (setting("RINGBOOK_CRASH_ROUNDS", ROUNDS), setting("RINGBOOK_CRASH_SEED", 1));
    match setting("RINGBOOK_CRASH_NODES", 0) {
        0 => (2..=3).for_each(|nodes| run(nodes, ROUNDS, seed)),
        nodes => run(nodes as usize, rounds, seed),
    }
}
