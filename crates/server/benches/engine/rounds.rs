//! Alternating measurements, so that other load of the machine affects both sides equally.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use super::setting;

/// Default number of rounds of each comparison.
const ROUNDS: u64 = 9;
/// Minimum duration of a round of one side.
const ROUND_MIN: Duration = Duration::from_millis(30);
/// Growth by no more than this factor beside what is expected counts as none.
const GROWTH_SLACK: f64 = 1.5;

/// The goal for a ratio.
#[derive(Clone, Copy)]
pub enum Goal {
    /// At most this multiple of the floor.
    AtMost(f64),
    /// The same for the larger book.
    Flat,
    /// This many times as much for the larger book.
    Linear(f64),
}

impl Goal {
    fn met(self, ratio: f64) -> bool {
        match self {
            Goal::AtMost(most) => ratio <= most,
            Goal::Flat => ratio <= GROWTH_SLACK,
            Goal::Linear(growth) => ratio <= growth * GROWTH_SLACK,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::AtMost(most) => write!(f, "≤ {most}"),
            Goal::Flat => write!(f, "flat: ≤ {GROWTH_SLACK}"),
            Goal::Linear(growth) => write!(f, "linear: ≤ {}", growth * GROWTH_SLACK),
        }
    }
}

/// The results of a comparison: medians of both sides, and the ratios of the rounds, ascending.
pub struct Outcome {
    ours: Duration,
    floor: Duration,
    ratios: Vec<f64>,
}

/// Times both sides in turn.
pub fn versus(mut ours: impl FnMut() -> u64, mut floor: impl FnMut() -> u64) -> Outcome {
    let (ours_times, floor_times) = (repeats(&mut ours), repeats(&mut floor));
    let rounds = setting("RINGBOOK_BENCH_ROUNDS", ROUNDS).max(1);
    let mut pairs: Vec<(Duration, Duration)> = Vec::new();
    for _ in 0..rounds {
        pairs.push((time(&mut ours, ours_times), time(&mut floor, floor_times)));
    }
    let mut ratios: Vec<f64> = pairs.iter().map(|(ours, floor)| ours.as_secs_f64() / floor.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let median = |of: fn(&(Duration, Duration)) -> Duration| {
        let mut all: Vec<Duration> = pairs.iter().map(of).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    Outcome { ours: median(|pair| pair.0), floor: median(|pair| pair.1), ratios }
}

/// The number of runs of a side in one round; determining it also warms up the caches.
fn repeats(side: &mut impl FnMut() -> u64) -> u32 {
    black_box(side());
    let once = time(side, 1).max(Duration::from_nanos(100));
    u32::try_from(ROUND_MIN.as_nanos() / once.as_nanos()).unwrap_or(u32::MAX).max(1)
}

/// The mean time of this number of runs.
fn time(side: &mut impl FnMut() -> u64, times: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        black_box(side());
    }
    start.elapsed() / times
}

/// A row of the table.
pub struct Row {
    number: String,
    subject: String,
    floor: String,
    outcome: Outcome,
    goal: Goal,
}

impl Row {
    /// The head of the table.
    pub const HEAD: &str = "\
| row | question | took | against | took | ratio | spread | goal | |
|---|---|---|---|---|---|---|---|---|";

    /// A row.
    pub fn new(number: &str, subject: &str, floor: &str, outcome: Outcome, goal: Goal) -> Self {
        Row { number: number.to_owned(), subject: subject.to_owned(), floor: floor.to_owned(), outcome, goal }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { number, subject, floor, outcome, goal } = self;
        let ratios = &outcome.ratios;
        let (least, ratio, most) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
        let verdict = if goal.met(ratio) { "met" } else { "**missed**" };
        let (ours, bare) = (shown(outcome.ours), shown(outcome.floor));
        write!(
            f,
            "| {number} | {subject} | {ours} | {floor} | {bare} | {ratio:.2} | {least:.2} – {most:.2} | {goal} | {verdict} |"
        )
    }
}

/// A duration in a suitable unit.
fn shown(took: Duration) -> String {
    match took.as_nanos() {
        0..10_000 => format!("{} ns", took.as_nanos()),
        10_000..10_000_000 => format!("{:.1} µs", took.as_secs_f64() * 1e6),
        _ => format!("{:.1} ms", took.as_secs_f64() * 1e3),
    }
}
