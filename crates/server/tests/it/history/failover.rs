//! Fail-over: the primary is killed under writers and its synchronous standby promoted. The servers name both and go on
//! without a restart; the history must be linearizable, so that no acknowledged change is lost.
//!
//! Then the killed server becomes the standby of the other one, and the next round begins. `RINGBOOK_FAILOVER_ROUNDS`
//! selects longer runs. The times of recovery are printed, not judged.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ringbook_testbed::Cluster;
use ringbook_testbed::http_client::{WAIT_MAX, connect};
use ringbook_testbed::random::Rng;
use serde_json::json;

use super::super::crashes::setting;
use super::super::fleet::Fleet;
use super::super::harness::{eventually, outcome, try_call};
use super::super::stores::Engine;
use super::checker::Checker;
use super::clients::{Client, Recorder};
use super::model::State;
use super::{CLIENTS, REGISTERS};

/// Default number of fail-overs.
const ROUNDS: u64 = 2;
const NODES: usize = 2;
/// Calls between the begin of a round and its fail-over, and between recovery and the end of the round.
const CALLS: u64 = 40;
/// Names of the two database servers as standbys.
const STANDBY_NAMES: [&str; 2] = ["alpha", "beta"];

/// The times of one fail-over.
struct FailOverTimes {
    /// From the kill of the primary until the standby is promoted.
    promotion: Duration,
    /// From then until every server has acknowledged a change.
    recovery: Duration,
}

/// Stops the clients when it is dropped, so that a failure ends the test.
struct StopClients<'o>(&'o AtomicBool);

impl Drop for StopClients<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// One round: clients work from before the fail-over until every server has recovered.
fn run_round(recorder: &Recorder, rng: &mut Rng, primary: &Cluster, standby: &Cluster) -> FailOverTimes {
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let (mut client, stopped) = (Client::new(recorder, Rng::with_seed(rng.u64(..))), &stopped);
            scope.spawn(move || {
                while !stopped.load(Ordering::SeqCst) {
                    client.act();
                }
            });
        }
        let stop = StopClients(&stopped);
        recorder.wait_for_calls(CALLS, WAIT_MAX);
        let killed = Instant::now();
        primary.kill().expect("it runs");
        standby.promote().expect("it is a standby");
        let promoted = Instant::now();
        (0..recorder.fleet.len()).for_each(|node| wait_for_change(recorder.fleet, node));
        let recovery = promoted.elapsed();
        recorder.wait_for_calls(CALLS, WAIT_MAX);
        drop(stop);
        FailOverTimes { promotion: promoted - killed, recovery }
    })
}

/// Tries changes that are not part of the history, until one is acknowledged.
fn wait_for_change(fleet: &Fleet, node: usize) {
    static TRIED: AtomicU64 = AtomicU64::new(0);
    eventually(WAIT_MAX, "a server that accepts changes after the promotion", || {
        let name = format!("probe {}", TRIED.fetch_add(1, Ordering::Relaxed));
        let params = fleet.with_token(json!({"name": name}));
        let reply = try_call(&mut connect(fleet.address(node)), "create.group_contacts", &params);
        match reply.as_ref().map(outcome).as_deref() {
            Some("ok") => true,
            Some("internal_error") => false,
            _ => panic!("{reply:?}"),
        }
    });
}

fn longest(times: impl Iterator<Item = Duration>) -> f64 {
    times.max().unwrap_or_default().as_secs_f64()
}

#[test]
fn a_promoted_standby_takes_over_and_no_acknowledged_change_is_lost() {
    let _engine = Engine::Postgres.select();
    let (rounds, seed) = (setting("RINGBOOK_FAILOVER_ROUNDS", ROUNDS), setting("RINGBOOK_CRASH_SEED", 1));
    let primary = Cluster::start().unwrap_or_else(|why| panic!("a private PostgreSQL: {why}"));
    let standby = primary.standby(STANDBY_NAMES[1]).expect("a standby");
    let fleet = Fleet::start_with_standby(NODES, primary, &standby);
    let databases = [&fleet.cluster, &standby];
    let recorder = Recorder::new(&fleet, REGISTERS);
    let mut checker = Checker::new(State::new(REGISTERS));
    let (mut rng, mut calls, mut unknown) = (Rng::with_seed(seed), 0, 0);
    let mut times = Vec::new();
    for round in 0..rounds {
        let (old, new) = (round as usize % 2, (round as usize + 1) % 2);
        databases[old].commit_on(STANDBY_NAMES[new]).expect("the standby streams");
        times.push(run_round(&recorder, &mut rng, databases[old], databases[new]));
        let page = (0..NODES).map(|node| recorder.read_at_rest(node)).next_back().expect("there are servers");
        let history = recorder.take_calls();
        calls += history.len();
        unknown += history.iter().filter(|call| call.answered.is_none()).count();
        checker.check(history).unwrap_or_else(|why| panic!("fail-over {round} of seed {seed}: {why}"));
        recorder.adopt_batches(&page);
        databases[old].rejoin(databases[new], STANDBY_NAMES[old]).expect("a new standby");
    }
    eprintln!(
        "{rounds} fail-overs, {NODES} servers: {calls} calls, {unknown} of them without a reply; {rounds} linearizable \
         histories, 0 acknowledged changes lost; promotion within {:.2} s of the kill, recovery within {:.2} s of the promotion",
        longest(times.iter().map(|times| times.promotion)),
        longest(times.iter().map(|times| times.recovery)),
    );
    fleet.stop();
}
