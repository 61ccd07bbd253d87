//! `cargo xtask faults`: fault injection for the released program.
//!
//! Each scenario starts the server in a release build, makes something around it fail and prints one line per result. A
//! line is either a promise with its verdict, or a figure without one: times are compared with the same measurement
//! without the fault in the same run, and only promised bounds have a verdict.
//!
//! Killed servers, and several servers on one database, are tested by `cargo xtask crash`.

mod corpus;
mod database_outage;
mod disk;
mod disk_full;
mod disk_read_only;
mod expected;
mod failover;
mod fixture;
mod hostile;
mod idle_connections;
mod latency;
mod neighbours;
mod patterns;
mod scenario_report;
mod slow_clients;
mod sweep;
mod test_suites;
mod transactions;
mod victim;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use fixture::Fixture;
use scenario_report::{Format, ScenarioReport, print};

/// Default number of inputs when `input` is named.
const RUNS: u64 = 10_000_000;
/// Default number of inputs when all scenarios run.
const RUNS_AMONG_ALL: u64 = 400_000;
/// Default time beside hostile customers when the scenario is named.
const TIME: Duration = Duration::from_secs(600);
/// The same when all scenarios run.
const TIME_AMONG_ALL: Duration = Duration::from_secs(60);

/// A scenario: its name on the command line, its help text, and its function.
struct Scenario {
    name: &'static str,
    summary: &'static str,
    duration: &'static str,
    needs: &'static str,
    run: fn(&Fixture, &mut ScenarioReport) -> Result<(), String>,
}

const SCENARIOS: [Scenario; 12] = [
    Scenario {
        name: "disk-full",
        summary: "writers fill a disk of 24 MiB; the server is killed on it and restarted; space is freed",
        duration: "10 s",
        needs: "unshare and nsenter, as root or with user namespaces",
        run: disk_full::run,
    },
    Scenario {
        name: "disk-read-only",
        summary: "every write fails for a while under writers; then a start on a read-only directory",
        duration: "10 s",
        needs: "the same, and prlimit",
        run: disk_read_only::run,
    },
    Scenario {
        name: "store-gone",
        summary: "PostgreSQL is stopped and started again under readers and writers",
        duration: "1 min",
        needs: "PostgreSQL 15 (cargo xtask setup)",
        run: database_outage::run,
    },
    Scenario {
        name: "failover",
        summary: "the primary PostgreSQL is killed under two servers and its synchronous standby promoted, twenty times",
        duration: "3 min",
        needs: "PostgreSQL, as above",
        run: failover::run,
    },
    Scenario {
        name: "idle",
        summary: "10 000 idle connections, 100 slow senders and 100 slow readers besides ordinary calls",
        duration: "3 min",
        needs: "prlimit, and a hard limit of 11 000 open files",
        run: idle_connections::run,
    },
    Scenario {
        name: "patterns",
        summary: "expensive queries on 100 000 contacts, alone and 8 at once: time and memory of each",
        duration: "5 min",
        needs: "1.5 GB of memory",
        run: patterns::run,
    },
    Scenario {
        name: "sweep",
        summary: "every method with its largest and most expensive parameters, on 100 000 contacts and on long texts",
        duration: "10 min",
        needs: "2 GB of memory",
        run: sweep::run,
    },
    Scenario {
        name: "neighbours",
        summary: "a hostile customer and a stranger beside an ordinary customer; --seconds sets the time",
        duration: "13 min",
        needs: "2 GB of memory",
        run: neighbours::on_sqlite,
    },
    Scenario {
        name: "neighbours-two-servers",
        summary: "the same on PostgreSQL with two servers",
        duration: "13 min",
        needs: "PostgreSQL, as above, and 4 GB of memory",
        run: neighbours::on_postgres,
    },
    Scenario {
        name: "operations",
        summary: "the n-th store operation fails, for every n; memory is compared with the store after each",
        duration: "1 min and a build",
        needs: "PostgreSQL, as above",
        run: test_suites::operations,
    },
    Scenario {
        name: "isolation",
        summary: "every method with the ids, tokens and users of other customers",
        duration: "1 min and a build",
        needs: "nothing",
        run: test_suites::isolation,
    },
    Scenario {
        name: "input",
        summary: "random bodies, filters and patterns (fuzzing); --runs sets the total number",
        duration: "20 min for 10 000 000",
        needs: "nothing",
        run: test_suites::input,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("faults: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the scenarios that the arguments name.
fn run(arguments: &[String]) -> Result<(), String> {
    if arguments.iter().any(|word| ["help", "--help", "-h"].contains(&word.as_str())) {
        print(&usage());
        return Ok(());
    }
    let Arguments { scenarios, runs, time, format, program } = parse_arguments(arguments)?;
    let fixture = Fixture::prepare(program, runs, time)?;
    let (mut failed, mut reports) = (Vec::new(), Vec::new());
    for scenario in scenarios {
        eprintln!("── {}: {}", scenario.name, scenario.summary);
        let mut report = ScenarioReport::of(scenario.name, format);
        if let Err(error) = (scenario.run)(&fixture, &mut report) {
            report.check(false, format!("the scenario did not finish: {error}"));
        }
        if report.has_failures() {
            failed.push(scenario.name);
        }
        reports.push(report.to_json());
    }
    if format == Format::Json {
        print(&format!("{:#}", serde_json::Value::Array(reports)));
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// What the command line asks for.
struct Arguments {
    scenarios: Vec<&'static Scenario>,
    runs: u64,
    time: Duration,
    format: Format,
    /// `None`: it is built.
    program: Option<PathBuf>,
}

fn parse_arguments(arguments: &[String]) -> Result<Arguments, String> {
    let (mut scenarios, mut runs, mut seconds, mut format, mut program) = (Vec::new(), None, None, Format::Text, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let known = SCENARIOS.iter().find(|scenario| scenario.name == word);
        let mut number =
            || words.next().and_then(|text| text.parse::<u64>().ok()).ok_or(format!("{word} takes a number"));
        match (word.as_str(), known) {
            ("--runs", _) => runs = Some(number()?),
            ("--seconds", _) => seconds = Some(number()?),
            ("--json", _) => format = Format::Json,
            ("--program", _) => program = Some(words.next().ok_or("--program takes a file")?.into()),
            (_, Some(known)) => scenarios.push(known),
            (_, None) => return Err(format!("unknown scenario {word}\n\n{}", usage())),
        }
    }
    let are_all = scenarios.is_empty();
    if are_all {
        scenarios = SCENARIOS.iter().collect();
    }
    Ok(Arguments {
        scenarios,
        runs: runs.unwrap_or(if are_all { RUNS_AMONG_ALL } else { RUNS }),
        time: seconds.map_or(if are_all { TIME_AMONG_ALL } else { TIME }, Duration::from_secs),
        format,
        program,
    })
}

fn usage() -> String {
    let mut text =
        "usage: cargo xtask faults [SCENARIO…] [--runs N] [--seconds N] [--json] [--program FILE]\n".to_owned();
    for Scenario { name, summary, duration, needs, .. } in &SCENARIOS {
        text += &format!("\n  {name:22} {summary}\n{:25}takes {duration}; needs {needs}\n", "");
    }
    text += "\nWithout a name all scenarios run, `input` with fewer inputs. --json prints one JSON value at the end; \
             --program tests this program instead of building one. `cargo xtask crash [--nodes N]` kills one server, or \
             several on one database.";
    text
}
