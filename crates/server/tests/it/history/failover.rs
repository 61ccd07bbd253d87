//! Fail-over under writers: the primary is killed, its synchronous standby promoted, and the servers, which name both,
//! go on without a restart. Judged like the other histories: every answer fits one order of the changes, so that no
//! acknowledged change is lost.
//!
//! Afterwards the killed server becomes the standby of the other one, and the next round begins.
//! `RINGBOOK_FAILOVER_ROUNDS` says how many; the times of recovery are printed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ringbook_testbed::Cluster;
use serde_json::json;

use super::super::crashing::{Dice, Line, setting};
use super::super::fleet::Fleet;
use super::super::harness::{eventually, outcome};
use super::super::stores::Engine;
use super::super::wire::PATIENCE;
use super::checker::Judge;
use super::clients::{BookWriter, Client};
use super::model::State;
use super::{CLIENTS, REGISTERS};

/// Fail-overs unless the environment says otherwise.
const ROUNDS: u64 = 2;
const NODES: usize = 2;
/// Calls between the begin of a round and its fail-over, and between recovery and the end of the round.
const CALLS: u64 = 40;
/// The names of the two database servers as standbys.
const NAMES: [&str; 2] = ["alpha", "beta"];

/// The times of one fail-over.
struct FailOver {
    /// From the kill of the primary until the standby accepts changes.
    promotion: Duration,
    /// From then until the last server acknowledges a change.
    recovery: Duration,
}

/// Ends the work of the clients, whatever happens.
struct Ending<'o>(&'o AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Clients work until the fail-over is survived.
fn window(desk: &BookWriter, dice: &mut Dice, primary: &Cluster, standby: &Cluster) -> FailOver {
    let over = AtomicBool::new(false);
    let calls = |count| {
        let until = desk.begun.load(Ordering::Relaxed) + count;
        eventually(PATIENCE, "calls", || desk.begun.load(Ordering::Relaxed) >= until);
    };
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let mut client = Client::new(desk, Dice::new(dice.below(u64::from(u32::MAX))));
            let over = &over;
            scope.spawn(move || {
                while !over.load(Ordering::SeqCst) {
                    client.act();
                }
            });
        }
        let ending = Ending(&over);
        calls(CALLS);
        let killed = Instant::now();
        primary.kill().expect("it runs");
        standby.promote().expect("it is a standby");
        let promoted = Instant::now();
        (0..desk.fleet.len()).for_each(|node| accepts_changes(desk.fleet, node));
        let recovery = promoted.elapsed();
        calls(CALLS);
        drop(ending);
        FailOver { promotion: promoted - killed, recovery }
    })
}

/// Tries changes that the history knows nothing of, until one is acknowledged.
fn accepts_changes(fleet: &Fleet, node: usize) {
    static TRIED: AtomicU64 = AtomicU64::new(0);
    eventually(PATIENCE, "a server that accepts changes after the promotion", || {
        let name = format!("probe {}", TRIED.fetch_add(1, Ordering::Relaxed));
        let line = Line::connect(fleet.address(node));
        let answer =
            line.and_then(|mut line| line.call("create.group_contacts", &fleet.with_token(json!({"name": name}))));
        match answer.as_ref().map(outcome).as_deref() {
            Some("ok") => true,
            Some("internal_error") => false,
            _ => panic!("{answer:?}"),
        }
    });
}

fn longest(times: impl Iterator<Item = Duration>) -> f64 {
    times.max().unwrap_or_default().as_secs_f64()
}

#[test]
fn a_promoted_standby_takes_over_and_nothing_acknowledged_is_lost() {
    let _engine = Engine::Postgres.select();
    let (rounds, seed) = (setting("RINGBOOK_FAILOVER_ROUNDS", ROUNDS), setting("RINGBOOK_CRASH_SEED", 1));
    let primary = Cluster::start().unwrap_or_else(|why| panic!("a PostgreSQL of its own: {why}"));
    let standby = primary.standby(NAMES[1]).expect("a standby");
    let fleet = Fleet::start_with_standby(NODES, primary, &standby);
    let databases = [&fleet.cluster, &standby];
    let desk = BookWriter::new(&fleet, REGISTERS);
    let mut judge = Judge::new(State::new(REGISTERS));
    let (mut dice, mut calls, mut unknown) = (Dice::new(seed), 0, 0);
    let mut fail_overs = Vec::new();
    for round in 0..rounds {
        let (old, new) = (round as usize % 2, (round as usize + 1) % 2);
        databases[old].commit_on(NAMES[new]).expect("the standby streams");
        fail_overs.push(window(&desk, &mut dice, databases[old], databases[new]));
        let page = (0..NODES).map(|node| desk.read_at_rest(node)).next_back().expect("there are servers");
        let history = desk.take_calls();
        calls += history.len();
        unknown += history.iter().filter(|call| call.answered.is_none()).count();
        judge.take(history).unwrap_or_else(|why| panic!("fail-over {round} of seed {seed}: {why}"));
        desk.adopt(&page);
        databases[old].rejoin(databases[new], NAMES[old]).expect("a new standby");
    }
    eprintln!(
        "{rounds} fail-overs, {NODES} servers: {calls} calls, {unknown} of them unknown; {rounds} histories fit one order, \
         0 acknowledged changes lost; promotion took up to {:.2} s, recovery after it up to {:.2} s",
        longest(fail_overs.iter().map(|times| times.promotion)),
        longest(fail_overs.iter().map(|times| times.recovery)),
    );
    fleet.stop();
}
