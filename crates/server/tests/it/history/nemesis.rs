//! What goes wrong while clients are at work, by chance, and is mended again.

use std::ops::AddAssign;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ringbook_testbed::Stop;

use super::super::crashing::Dice;
use super::super::proxy::{Trap, Way};
use super::clients::Desk;

/// How long clients may take for so many calls before it goes on without them: they may all be waiting for the end.
const MOMENT_MAX: Duration = Duration::from_millis(400);

const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What was done so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Harm {
    pub nodes_killed: u64,
    pub databases_killed: u64,
    pub databases_stopped: u64,
    pub cuts: u64,
    pub silences: u64,
    pub delays: u64,
}

impl AddAssign for Harm {
    fn add_assign(&mut self, more: Harm) {
        self.nodes_killed += more.nodes_killed;
        self.databases_killed += more.databases_killed;
        self.databases_stopped += more.databases_stopped;
        self.cuts += more.cuts;
        self.silences += more.silences;
        self.delays += more.delays;
    }
}

/// Lets some calls begin.
fn moment(desk: &Desk, dice: &mut Dice) {
    let (until, begin) = (desk.begun.load(Ordering::Relaxed) + 1 + dice.below(20), Instant::now());
    while desk.begun.load(Ordering::Relaxed) < until && begin.elapsed() < MOMENT_MAX {
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Does one harm and mends it: afterwards every server runs and has an open way to a database that runs.
pub fn strike(desk: &Desk, dice: &mut Dice) -> Harm {
    let mut harm = Harm::default();
    let fleet = desk.fleet;
    let node = dice.below(fleet.len() as u64) as usize;
    let way = &fleet.proxies[node];
    let is_slow = dice.below(4) == 0;
    let usual = if is_slow { Way::Slow(Duration::from_millis(1 + dice.below(8))) } else { Way::Open };
    if is_slow {
        fleet.proxies.iter().for_each(|way| way.set(usual));
        harm.delays += 1;
    }
    moment(desk, dice);
    match dice.below(12) {
        0..=3 => {
            fleet.kill(node);
            fleet.launch(node);
            harm.nodes_killed += 1;
        }
        4 => {
            fleet.cluster.kill().expect("it runs");
            moment(desk, dice);
            fleet.cluster.start_again().expect("it starts");
            harm.databases_killed += 1;
        }
        5 => {
            let how = if dice.below(2) == 0 { Stop::Fast } else { Stop::Immediate };
            fleet.cluster.stop(how).expect("it runs");
            moment(desk, dice);
            fleet.cluster.start_again().expect("it starts");
            harm.databases_stopped += 1;
        }
        6 => {
            way.cut();
            harm.cuts += 1;
        }
        7..=8 => {
            way.lay(if dice.below(2) == 0 { Trap::BeforeCommit } else { Trap::AfterCommit });
            moment(desk, dice);
            harm.cuts += 1;
        }
        9 => {
            way.set(Way::Closed);
            way.cut();
            moment(desk, dice);
            harm.cuts += 1;
        }
        10 => {
            way.set(Way::Silent);
            moment(desk, dice);
            if dice.below(2) == 0 {
                way.cut();
            }
            harm.silences += 1;
        }
        _ => {
            // What it had on its way arrives after its death.
            way.set(Way::Silent);
            moment(desk, dice);
            fleet.kill(node);
            way.set(usual);
            fleet.launch(node);
            harm.silences += 1;
            harm.nodes_killed += 1;
        }
    }
    way.set(usual);
    moment(desk, dice);
    fleet.proxies.iter().for_each(|way| way.set(Way::Open));
    harm
}
