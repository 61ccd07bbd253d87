//! The plain runner: feeds cases to targets on all processors and counts the outcomes.

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
       cargo xtask fuzz --coverage TARGET [--seconds S]

  TARGET        envelope, file, filter, jsquery, ldap, pattern; all of them, one after another, if none is named
  --runs N      number of inputs for each target, 100000 if neither this nor --seconds is given
  --seconds S   time for each target
  --seed X      selects other inputs, 1 if absent
  --from N      number of the first input, 0 if absent
  --file PATH   runs the bytes of this file instead
  --coverage    builds the target for libFuzzer, which selects inputs by the code that they reach; needs a C++ compiler";

/// The folder for inputs that failed.
const ARTIFACTS: &str = "artifacts";
const RUNS: u64 = 100_000;
/// Number of failures after which the run of a target ends.
const FAILURES_MAX: u64 = 20;

/// The command line.
#[derive(Default)]
struct Options {
    targets: Vec<&'static Target>,
    runs: Option<u64>,
    seconds: Option<u64>,
    seed: u64,
    from: u64,
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let outcome = options(std::env::args().skip(1)).and_then(|options| match &options.file {
        Some(file) => run_file(&options, file),
        None => Ok(options.targets.iter().filter(|target| !run_cases(target, &options)).count() == 0),
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

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { seed: 1, ..Options::default() };
    while let Some(argument) = arguments.next() {
        if let Some(target) = Target::named(&argument) {
            options.targets.push(target);
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{argument} takes a number\n\n{USAGE}"));
        match argument.as_str() {
            "--runs" => options.runs = Some(number()?),
            "--seconds" => options.seconds = Some(number()?),
            "--seed" => options.seed = number()?,
            "--from" => options.from = number()?,
            "--file" => options.file = Some(PathBuf::from(value)),
            _ => return Err(USAGE.to_owned()),
        }
    }
    if options.targets.is_empty() {
        options.targets.extend(&TARGETS);
    }
    Ok(options)
}

/// Runs a target on one file.
fn run_file(options: &Options, file: &Path) -> Result<bool, String> {
    let input = std::fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?;
    let [target] = options.targets[..] else {
        return Err("--file needs one target".to_owned());
    };
    let start = Instant::now();
    let outcome = (target.run)(&input);
    println!("{outcome:?} in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    Ok(true)
}

/// Outcomes so far.
#[derive(Default)]
struct Tally {
    accepted: u64,
    refused: u64,
    slowest: (Duration, u64),
}

/// A run of a target on many cases.
struct CaseRun<'a> {
    target: &'static Target,
    options: &'a Options,
    next: AtomicU64,
    failures: AtomicU64,
    is_over: AtomicBool,
}

/// Runs a target on many cases; returns whether none failed.
fn run_cases(target: &'static Target, options: &Options) -> bool {
    let (next, failures, is_over) = (AtomicU64::new(options.from), AtomicU64::new(0), AtomicBool::new(false));
    let run = CaseRun { target, options, next, failures, is_over };
    // What a target creates at its first input is not timed.
    (target.run)(b"");
    let start = Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let tally = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn({
                    let run = &run;
                    move || run.work(worker, start)
                })
            })
            .collect();
        let tallies = workers.into_iter().map(|worker| worker.join().expect("a worker catches the panics of targets"));
        tallies.fold(Tally::default(), Tally::with)
    });
    run.report(&tally, start.elapsed());
    run.failures.into_inner() == 0
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

impl CaseRun<'_> {
    /// The number after that of the last input.
    fn end(&self) -> u64 {
        let runs = self.options.runs.or(if self.options.seconds.is_some() { None } else { Some(RUNS) });
        runs.map_or(u64::MAX, |runs| self.options.from.saturating_add(runs))
    }

    fn work(&self, worker: usize, start: Instant) -> Tally {
        let mut tally = Tally::default();
        let path = artifacts().join(format!("{}-worker-{worker}.number", self.target.name));
        let journal = File::create(&path).ok();
        let end = self.end();
        while !self.is_over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= end || self.options.seconds.is_some_and(|seconds| start.elapsed().as_secs() >= seconds) {
                break;
            }
            // If the whole process dies, this file holds the number of the input.
            let _ = journal.as_ref().map(|journal| journal.write_all_at(format!("{number:020}\n").as_bytes(), 0));
            self.run_case(number, &mut tally);
        }
        let _ = std::fs::remove_file(&path);
        tally
    }

    fn run_case(&self, number: u64, tally: &mut Tally) {
        let input = case(self.target, self.options.seed, number);
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.target.run)(&input)));
        tally.slowest = tally.slowest.max((begin.elapsed(), number));
        match outcome {
            Ok(Outcome::Accepted) => tally.accepted += 1,
            Ok(Outcome::Refused) => tally.refused += 1,
            Err(_) => self.save(number, &input),
        }
    }

    /// Writes an input that failed, and prints the command that repeats it.
    fn save(&self, number: u64, input: &[u8]) {
        let (name, seed) = (self.target.name, self.options.seed);
        let file = artifacts().join(format!("{name}-{seed}-{number}"));
        if let Err(why) = std::fs::write(&file, input) {
            eprintln!("{}: {why}", file.display());
        }
        eprintln!("FAILED; to repeat it: cargo xtask fuzz {name} --file {}\n", file.display());
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_MAX {
            self.is_over.store(true, Ordering::Relaxed);
        }
    }

    fn report(&self, tally: &Tally, took: Duration) {
        let (name, seed) = (self.target.name, self.options.seed);
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

/// The folder for inputs that failed, which is created.
fn artifacts() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(ARTIFACTS);
    let _ = std::fs::create_dir_all(&folder);
    folder
}

/// The maximum resident memory of this process; unknown on systems without `/proc`.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown", str::trim).to_owned()
}
