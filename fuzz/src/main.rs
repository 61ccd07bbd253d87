//! The driver: many inputs on all processors, counted.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ringbook_fuzz::targets::{TARGETS, Target};
use ringbook_fuzz::{Outcome, case};

const USAGE: &str = "\
usage: cargo xtask fuzz [TARGET…] [--runs N] [--seconds S] [--seed X] [--from N] [--file PATH]

  TARGET        envelope, filter, jsquery, pattern; all of them, one after another, if none is named
  --runs N      inputs for each target, 100000 if neither this nor --seconds is given
  --seconds S   time for each target
  --seed X      other inputs, 1 if absent
  --from N      number of the first input, 0 if absent
  --file PATH   tries the bytes of this file instead";

/// Where inputs that failed are written.
const ARTIFACTS: &str = "artifacts";
const RUNS: u64 = 100_000;
/// Failures after which a target is given up.
const FAILURES_MAX: u64 = 20;

#[derive(Default)]
struct Orders {
    targets: Vec<&'static Target>,
    runs: Option<u64>,
    seconds: Option<u64>,
    seed: u64,
    from: u64,
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let outcome = orders(std::env::args().skip(1)).and_then(|orders| match &orders.file {
        Some(file) => one(&orders, file),
        None => Ok(orders.targets.iter().filter(|target| !many(target, &orders)).count() == 0),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn orders(mut arguments: impl Iterator<Item = String>) -> Result<Orders, String> {
    let mut orders = Orders { seed: 1, ..Orders::default() };
    while let Some(argument) = arguments.next() {
        if let Some(target) = Target::named(&argument) {
            orders.targets.push(target);
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{argument} takes a number\n\n{USAGE}"));
        match argument.as_str() {
            "--runs" => orders.runs = Some(number()?),
            "--seconds" => orders.seconds = Some(number()?),
            "--seed" => orders.seed = number()?,
            "--from" => orders.from = number()?,
            "--file" => orders.file = Some(PathBuf::from(value)),
            _ => return Err(USAGE.to_owned()),
        }
    }
    if orders.targets.is_empty() {
        orders.targets.extend(&TARGETS);
    }
    Ok(orders)
}

/// Tries one file.
fn one(orders: &Orders, file: &Path) -> Result<bool, String> {
    let input = std::fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?;
    let [target] = orders.targets[..] else {
        return Err("--file goes with one target".to_owned());
    };
    let start = Instant::now();
    let outcome = (target.attempt)(&input);
    println!("{outcome:?} in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    Ok(true)
}

/// What is known of the inputs tried so far.
#[derive(Default)]
struct Tally {
    accepted: u64,
    refused: u64,
    slowest: (Duration, u64),
}

/// A target under attack.
struct Attack<'a> {
    target: &'static Target,
    orders: &'a Orders,
    next: AtomicU64,
    failures: AtomicU64,
    over: AtomicBool,
}

/// Tries many inputs; whether all went well.
fn many(target: &'static Target, orders: &Orders) -> bool {
    let (next, failures, over) = (AtomicU64::new(orders.from), AtomicU64::new(0), AtomicBool::new(false));
    let attack = Attack { target, orders, next, failures, over };
    // Whatever is made once is made before anything is timed.
    (target.attempt)(b"");
    let start = Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let tally = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn({
                    let attack = &attack;
                    move || attack.work(worker, start)
                })
            })
            .collect();
        let tallies = workers.into_iter().map(|worker| worker.join().expect("a worker catches what it tries"));
        tallies.fold(Tally::default(), Tally::with)
    });
    attack.report(&tally, start.elapsed());
    attack.failures.into_inner() == 0
}

impl Tally {
    fn with(self, other: Tally) -> Tally {
        Tally {
            accepted: self.accepted + other.accepted,
            refused: self.refused + other.refused,
            slowest: self.slowest.max(other.slowest),
        }
    }
}

impl Attack<'_> {
    /// The number past the last input.
    fn end(&self) -> u64 {
        let runs = self.orders.runs.or(if self.orders.seconds.is_some() { None } else { Some(RUNS) });
        runs.map_or(u64::MAX, |runs| self.orders.from.saturating_add(runs))
    }

    fn work(&self, worker: usize, start: Instant) -> Tally {
        let mut tally = Tally::default();
        let path = artifacts().join(format!("{}-worker-{worker}.number", self.target.name));
        let journal = File::create(&path).ok();
        let end = self.end();
        while !self.over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= end || self.orders.seconds.is_some_and(|seconds| start.elapsed().as_secs() >= seconds) {
                break;
            }
            // Should the whole process die, the number of the input is here.
            let _ = journal.as_ref().map(|journal| journal.write_all_at(format!("{number:020}\n").as_bytes(), 0));
            self.attempt(number, &mut tally);
        }
        let _ = std::fs::remove_file(&path);
        tally
    }

    fn attempt(&self, number: u64, tally: &mut Tally) {
        let input = case(self.target, self.orders.seed, number);
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.target.attempt)(&input)));
        tally.slowest = tally.slowest.max((begin.elapsed(), number));
        match outcome {
            Ok(Outcome::Accepted) => tally.accepted += 1,
            Ok(Outcome::Refused) => tally.refused += 1,
            Err(_) => self.keep(number, &input),
        }
    }

    /// Writes an input that failed, with the command that repeats it.
    fn keep(&self, number: u64, input: &[u8]) {
        let (name, seed) = (self.target.name, self.orders.seed);
        let file = artifacts().join(format!("{name}-{seed}-{number}"));
        if let Err(why) = std::fs::write(&file, input) {
            eprintln!("{}: {why}", file.display());
        }
        eprintln!("FAILED; to repeat it: cargo xtask fuzz {name} --file {}\n", file.display());
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_MAX {
            self.over.store(true, Ordering::Relaxed);
        }
    }

    fn report(&self, tally: &Tally, took: Duration) {
        let (name, seed) = (self.target.name, self.orders.seed);
        let failures = self.failures.load(Ordering::Relaxed);
        let runs = tally.accepted + tally.refused + failures;
        let (slowest, number) = tally.slowest;
        println!(
            "{name:9} {runs:>10} runs in {:.0} s: {} accepted, {} refused, {failures} failed; slowest {:.1} ms \
             (--seed {seed} --from {number} --runs 1); peak memory {}",
            took.as_secs_f64(),
            tally.accepted,
            tally.refused,
            slowest.as_secs_f64() * 1e3,
            peak_memory(),
        );
    }
}

/// The folder of what failed.
fn artifacts() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(ARTIFACTS);
    let _ = std::fs::create_dir_all(&folder);
    folder
}

/// The most memory this process had, as the system says it; unknown on systems without `/proc`.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown", str::trim).to_owned()
}
