//! Random faults while clients work: killed servers, a stopped database, cut and silent connections. Each is repaired.

use std::ops::AddAssign;
use std::time::Duration;

use ringbook_testbed::Stop;
use ringbook_testbed::random::{Choices, Rng};

use super::super::proxy::{CommitCut, Link};
use super::clients::Recorder;

/// Maximum wait for clients to begin calls: they may all be waiting for the repair.
const CALLS_TIME_MAX: Duration = Duration::from_millis(400);
/// Longer than a server or the database waits for the other.
const LONG_SILENCE: Duration = Duration::from_secs(3);

/// Number of faults of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct FaultCounts {
    pub nodes_killed: u64,
    pub databases_ended: u64,
    pub cuts: u64,
    pub silences: u64,
    pub delays: u64,
}

impl AddAssign for FaultCounts {
    fn add_assign(&mut self, more: FaultCounts) {
        self.nodes_killed += more.nodes_killed;
        self.databases_ended += more.databases_ended;
        self.cuts += more.cuts;
        self.silences += more.silences;
        self.delays += more.delays;
    }
}

/// Waits until clients have begun some more calls.
fn let_calls_begin(recorder: &Recorder, rng: &mut Rng) {
    recorder.wait_for_calls(rng.u64(1..=20), CALLS_TIME_MAX);
}

/// Injects one fault and repairs it: afterwards every server runs and reaches a running database.
pub fn inject(recorder: &Recorder, rng: &mut Rng, round: u64) -> FaultCounts {
    let (mut counts, fleet) = (FaultCounts::default(), recorder.fleet);
    let mut usual = Link::Open;
    if rng.one_in(4) {
        usual = Link::Slow(Duration::from_millis(rng.u64(1..=8)));
        counts.delays += 1;
    }
    fleet.proxies.iter().for_each(|proxy| proxy.set(usual));
    let_calls_begin(recorder, rng);
    let faults: [fn(&Recorder, &mut Rng, &mut FaultCounts); 5] =
        [kill_nodes, end_database, cut, silence, kill_in_silence];
    // The first rounds have one fault of each kind, so that a short run covers all of them.
    let fault = usize::try_from(round).ok().filter(|round| *round < faults.len());
    faults[fault.unwrap_or_else(|| rng.below(faults.len()))](recorder, rng, &mut counts);
    fleet.proxies.iter().for_each(|proxy| proxy.set(usual));
    let_calls_begin(recorder, rng);
    fleet.proxies.iter().for_each(|proxy| proxy.set(Link::Open));
    counts
}

fn random_node(recorder: &Recorder, rng: &mut Rng) -> usize {
    rng.below(recorder.fleet.len())
}

/// Kills and restarts one server, or all.
fn kill_nodes(recorder: &Recorder, rng: &mut Rng, counts: &mut FaultCounts) {
    let nodes: Vec<usize> =
        if rng.one_in(4) { (0..recorder.fleet.len()).collect() } else { vec![random_node(recorder, rng)] };
    nodes.iter().for_each(|node| recorder.fleet.kill(*node));
    nodes.iter().for_each(|node| recorder.fleet.launch(*node));
    counts.nodes_killed += nodes.len() as u64;
}

/// Stops or kills the database and restarts it.
fn end_database(recorder: &Recorder, rng: &mut Rng, counts: &mut FaultCounts) {
    let cluster = &recorder.fleet.cluster;
    match rng.below(4) {
        0 => cluster.stop(Stop::Fast),
        1 => cluster.stop(Stop::Immediate),
        _ => cluster.kill(),
    }
    .expect("the database runs");
    let_calls_begin(recorder, rng);
    cluster.start_again().expect("the database starts");
    counts.databases_ended += 1;
}

/// Cuts the connections of a server to the database, at once or at a commit.
fn cut(recorder: &Recorder, rng: &mut Rng, counts: &mut FaultCounts) {
    let proxy = &recorder.fleet.proxies[random_node(recorder, rng)];
    match rng.below(4) {
        0 => proxy.cut(),
        1 => proxy.cut_at_commit(CommitCut::Before),
        2 => proxy.cut_at_commit(CommitCut::After),
        _ => {
            proxy.set(Link::Closed);
            proxy.cut();
        }
    }
    let_calls_begin(recorder, rng);
    counts.cuts += 1;
}

/// Holds back what a server and the database send; it arrives late, or never.
fn silence(recorder: &Recorder, rng: &mut Rng, counts: &mut FaultCounts) {
    let proxy = &recorder.fleet.proxies[random_node(recorder, rng)];
    proxy.set(Link::Silent);
    if rng.one_in(4) {
        recorder.wait_for_calls(u64::MAX, LONG_SILENCE);
    } else {
        let_calls_begin(recorder, rng);
    }
    if rng.one_in(2) {
        proxy.cut();
    }
    counts.silences += 1;
}

/// Kills a server whose data is held back; the database receives it after the server's end.
fn kill_in_silence(recorder: &Recorder, rng: &mut Rng, counts: &mut FaultCounts) {
    let node = random_node(recorder, rng);
    recorder.fleet.proxies[node].set(Link::Silent);
    let_calls_begin(recorder, rng);
    recorder.fleet.kill(node);
    recorder.fleet.proxies[node].set(Link::Open);
    recorder.fleet.launch(node);
    counts.silences += 1;
    counts.nodes_killed += 1;
}
