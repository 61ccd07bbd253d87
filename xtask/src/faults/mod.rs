//! `cargo xtask faults`: what goes wrong around a server is made to go wrong, and what came of it is counted.
//!
//! Each trial starts the real program, built for release, and prints a line for each finding. A line is either a promise
//! that was kept or broken, or a figure that is told without being judged: times are compared with the same thing
//! without the trouble in the same run, and only what is promised as a bound is judged.
//!
//! Kills, and several servers on one database, are the business of `cargo xtask crash`.

mod crowd;
mod disk;
mod disk_full;
mod disk_read_only;
mod findings;
mod ground;
mod ledger;
mod patterns;
mod peers;
mod questions;
mod store_gone;
mod suites;
mod timing;
mod work;

use findings::Findings;
use ground::Ground;

/// Hostile inputs in all when only `input` is asked for.
const RUNS: u64 = 10_000_000;
/// The same when every trial is run.
const RUNS_AMONG_ALL: u64 = 400_000;

/// A trial: how it is asked for, what stands in the help, and what it does.
struct Trial {
    name: &'static str,
    does: &'static str,
    takes: &'static str,
    needs: &'static str,
    run: fn(&Ground, &mut Findings) -> Result<(), String>,
}

const TRIALS: [Trial; 8] = [
    Trial {
        name: "disk-full",
        does: "writers fill a disk of 24 MiB; changes are refused, reads go on, room is made; with a kill in between",
        takes: "10 s",
        needs: "unshare and nsenter, as root or with user namespaces",
        run: disk_full::run,
    },
    Trial {
        name: "disk-read-only",
        does: "the disk refuses every write for a while; and a start on a read-only directory",
        takes: "10 s",
        needs: "the same, and prlimit",
        run: disk_read_only::run,
    },
    Trial {
        name: "store-gone",
        does: "PostgreSQL is stopped and started again under readers and writers",
        takes: "1 min",
        needs: "PostgreSQL 15, installed where the system has apt-get",
        run: store_gone::run,
    },
    Trial {
        name: "idle",
        does: "10 000 idle connections, 100 slow senders and 100 slow readers beside ordinary calls",
        takes: "3 min",
        needs: "prlimit, and a hard limit of 11 000 open files",
        run: crowd::run,
    },
    Trial {
        name: "patterns",
        does: "hostile questions to a book of 100 000 contacts, alone and 8 at once: time and memory of each",
        takes: "5 min",
        needs: "1.5 GB of memory",
        run: patterns::run,
    },
    Trial {
        name: "operations",
        does: "the n-th operation of the store fails, for every n; memory equals the store after each",
        takes: "1 min and a build",
        needs: "PostgreSQL, as above",
        run: suites::operations,
    },
    Trial {
        name: "isolation",
        does: "every method with every foreign id, token and user",
        takes: "1 min and a build",
        needs: "nothing",
        run: suites::isolation,
    },
    Trial {
        name: "input",
        does: "hostile bodies, filters and patterns by fuzzing; --runs says how many in all",
        takes: "20 min for 10 000 000",
        needs: "nothing",
        run: suites::input,
    },
];

/// Runs the chore.
///
/// # Errors
/// An argument is unknown, something is missing that a trial needs, or a promise is broken.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if arguments.iter().any(|word| ["help", "--help", "-h"].contains(&word.as_str())) {
        println!("{}", usage());
        return Ok(());
    }
    let (trials, runs) = wish(arguments)?;
    let ground = Ground::prepare(runs)?;
    let mut failed = Vec::new();
    for trial in trials {
        eprintln!("── {}: {}", trial.name, trial.does);
        let mut findings = Findings::of(trial.name);
        if let Err(why) = (trial.run)(&ground, &mut findings) {
            findings.judge(false, format!("the trial could not be finished: {why}"));
        }
        if findings.are_broken() {
            failed.push(trial.name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn wish(arguments: &[String]) -> Result<(Vec<&'static Trial>, u64), String> {
    let (mut trials, mut runs) = (Vec::new(), None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--runs" {
            let number = words.next().and_then(|text| text.parse().ok());
            runs = Some(number.ok_or("--runs takes a number")?);
            continue;
        }
        let known = TRIALS.iter().find(|trial| trial.name == word);
        trials.push(known.ok_or_else(|| format!("faults does not know {word}\n\n{}", usage()))?);
    }
    if trials.is_empty() {
        return Ok((TRIALS.iter().collect(), runs.unwrap_or(RUNS_AMONG_ALL)));
    }
    Ok((trials, runs.unwrap_or(RUNS)))
}

fn usage() -> String {
    let mut text = "usage: cargo xtask faults [TRIAL…] [--runs N]\n".to_owned();
    for Trial { name, does, takes, needs, .. } in &TRIALS {
        text += &format!("\n  {name:15} {does}\n{:18}takes {takes}; needs {needs}\n", "");
    }
    text += "\nAll of them are run if none is named, `input` then with fewer inputs. Kills of one server, and of several on one \
             database: cargo xtask crash [--nodes N].";
    text
}
