//! What goes wrong while clients are at work, by chance, and is mended again.

use std::ops::AddAssign;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ringbook_testbed::Stop;
use ringbook_testbed::random::{Choices, Rng};

use super::super::proxy::{Trap, Way};
use super::clients::BookWriter;

/// How long clients may take for so many calls before it goes on without them: they may all be waiting for the end.
const MOMENT_MAX: Duration = Duration::from_millis(400);

/// Longer than a server or the database waits for the other.
const LONG: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What was done so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Harm {
    pub nodes_killed: u64,
    pub databases_ended: u64,
    pub cuts: u64,
    pub silences: u64,
    pub delays: u64,
}

impl AddAssign for Harm {
    fn add_assign(&mut self, more: Harm) {
        self.nodes_killed += more.nodes_killed;
        self.databases_ended += more.databases_ended;
        self.cuts += more.cuts;
        self.silences += more.silences;
        self.delays += more.delays;
    }
}

/// Lets some calls begin.
fn moment(desk: &BookWriter, rng: &mut Rng) {
    wait_for_calls(desk, rng.u64(1..=20), MOMENT_MAX);
}

fn wait_for_calls(desk: &BookWriter, calls: u64, time_max: Duration) {
    let (until, begin) = (desk.begun.load(Ordering::Relaxed) + calls, Instant::now());
    while desk.begun.load(Ordering::Relaxed) < until && begin.elapsed() < time_max {
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Does one harm and mends it: afterwards every server runs and has an open way to a database that runs.
pub fn strike(desk: &BookWriter, rng: &mut Rng, round: u64) -> Harm {
    let (mut harm, fleet) = (Harm::default(), desk.fleet);
    let mut usual = Way::Open;
    if rng.one_in(4) {
        usual = Way::Slow(Duration::from_millis(rng.u64(1..=8)));
        harm.delays += 1;
    }
    fleet.proxies.iter().for_each(|way| way.set(usual));
    moment(desk, rng);
    let kinds: [fn(&BookWriter, &mut Rng, &mut Harm); 5] = [kill_nodes, end_database, cut, silence, kill_in_silence];
    // Each of them comes early once, so that a short run has seen them all.
    let kind = usize::try_from(round).ok().filter(|round| *round < kinds.len());
    kinds[kind.unwrap_or_else(|| rng.below(kinds.len()))](desk, rng, &mut harm);
    fleet.proxies.iter().for_each(|way| way.set(usual));
    moment(desk, rng);
    fleet.proxies.iter().for_each(|way| way.set(Way::Open));
    harm
}

fn one_of(desk: &BookWriter, rng: &mut Rng) -> usize {
    rng.below(desk.fleet.len())
}

/// One, or all at once.
fn kill_nodes(desk: &BookWriter, rng: &mut Rng, harm: &mut Harm) {
    let doomed: Vec<usize> = if rng.one_in(4) { (0..desk.fleet.len()).collect() } else { vec![one_of(desk, rng)] };
    doomed.iter().for_each(|node| desk.fleet.kill(*node));
    doomed.iter().for_each(|node| desk.fleet.launch(*node));
    harm.nodes_killed += doomed.len() as u64;
}

fn end_database(desk: &BookWriter, rng: &mut Rng, harm: &mut Harm) {
    let cluster = &desk.fleet.cluster;
    match rng.below(4) {
        0 => cluster.stop(Stop::Fast),
        1 => cluster.stop(Stop::Immediate),
        _ => cluster.kill(),
    }
    .expect("it runs");
    moment(desk, rng);
    cluster.start_again().expect("it starts");
    harm.databases_ended += 1;
}

fn cut(desk: &BookWriter, rng: &mut Rng, harm: &mut Harm) {
    let way = &desk.fleet.proxies[one_of(desk, rng)];
    match rng.below(4) {
        0 => way.cut(),
        1 => way.lay(Trap::BeforeCommit),
        2 => way.lay(Trap::AfterCommit),
        _ => {
            way.set(Way::Closed);
            way.cut();
        }
    }
    moment(desk, rng);
    harm.cuts += 1;
}

/// What was on its way arrives late, or never.
fn silence(desk: &BookWriter, rng: &mut Rng, harm: &mut Harm) {
    let way = &desk.fleet.proxies[one_of(desk, rng)];
    way.set(Way::Silent);
    if rng.one_in(4) {
        wait_for_calls(desk, u64::from(u32::MAX), LONG);
    } else {
        moment(desk, rng);
    }
    if rng.one_in(2) {
        way.cut();
    }
    harm.silences += 1;
}

/// What a server had on its way arrives after its death.
fn kill_in_silence(desk: &BookWriter, rng: &mut Rng, harm: &mut Harm) {
    let node = one_of(desk, rng);
    desk.fleet.proxies[node].set(Way::Silent);
    moment(desk, rng);
    desk.fleet.kill(node);
    desk.fleet.proxies[node].set(Way::Open);
    desk.fleet.launch(node);
    harm.silences += 1;
    harm.nodes_killed += 1;
}
