//! Scenarios that are tests of the suite or fuzzing, run with their counts shown.

use std::process::{Command, Stdio};

use ringbook_testbed::Cluster;
use ringbook_testbed::workspace::cargo;

use crate::fixture::Fixture;
use crate::scenario_report::ScenarioReport;

/// Names the database that tests may use.
const DATABASE_ENV: &str = "RINGBOOK_TEST_POSTGRES";
/// Number of fuzz targets.
const TARGETS: u64 = 4;
/// Longest time of one input, in milliseconds.
const INPUT_MILLIS_MAX: f64 = 1_000.0;

/// Every store operation fails once.
///
/// # Errors
/// There is no PostgreSQL, or cargo cannot be run.
pub fn operations(_fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let cluster = Cluster::start()?;
    let filter = "the_nth_operation_fails";
    let mut test = cargo(&["test", "--quiet", "-p", "ringbook-app", "--lib", "--", filter, "--nocapture"]);
    passes(test.env(DATABASE_ENV, cluster.connection()), "operations failed", 2, report)
}

/// Every method with the ids, tokens and users of other customers.
///
/// # Errors
/// Cargo cannot be run.
pub fn isolation(_fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let mut test = cargo(&["test", "--quiet", "-p", "ringbook", "--test", "it", "--", "sweep::", "--nocapture"]);
    passes(&mut test, "calls", 1, report)
}

/// Runs tests that print their counts in lines with these words, at least `lines_min` of them.
fn passes(test: &mut Command, words: &str, lines_min: usize, report: &mut ScenarioReport) -> Result<(), String> {
    let done = test.stdin(Stdio::null()).output().map_err(|why| format!("cargo cannot be run: {why}"))?;
    let printed = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    let counts: Vec<&str> = printed.lines().filter(|line| line.contains(words)).collect();
    let passed = done.status.success();
    for line in &counts {
        report.check(passed, line.trim_start_matches('.').trim());
    }
    if !passed {
        eprintln!("{printed}");
    }
    report.check(passed && counts.len() >= lines_min, format!("{} counts by the tests: {}", counts.len(), done.status));
    Ok(())
}

/// Fuzzing, with the time of the slowest input.
///
/// # Errors
/// Cargo cannot be run.
pub fn input(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let runs = fixture.runs.div_ceil(TARGETS).to_string();
    let mut fuzz = cargo(&["run", "--release", "--quiet", "-p", "ringbook-fuzz", "--", "--runs", &runs]);
    let done = fuzz.stderr(Stdio::inherit()).output().map_err(|why| format!("cargo cannot be run: {why}"))?;
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let mut targets = 0;
    for line in printed.lines().filter(|line| line.contains(" runs in ")) {
        targets += 1;
        let millis = line.split("slowest ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
        let is_quick = millis.is_some_and(|millis: f64| millis <= INPUT_MILLIS_MAX);
        report.check(is_quick && line.contains(" 0 failed"), line);
    }
    report.check(done.status.success() && targets == TARGETS, format!("{targets} fuzz targets: {}", done.status));
    Ok(())
}
