//! PostgreSQL stops and starts under readers and writers.

use std::time::{Duration, Instant};

use ringbook_testbed::wait::wait_until;
use ringbook_testbed::{Cluster, Stop};

use crate::expected::{ExpectedState, Refusal};
use crate::fixture::{Fixture, client, panics};
use crate::scenario_report::{ScenarioReport, grouped};
use crate::workload::Workload;

/// Number of outages: a fast shutdown, an immediate shutdown and a kill in turn.
const TIMES: u64 = 9;
/// Acknowledged changes between two outages.
const CHANGES: u64 = 200;
/// Refused changes during one; a server that cannot reach its database waits before it refuses.
const REFUSALS: u64 = 32;
const WAIT_TIME_MAX: Duration = Duration::from_secs(120);

/// Runs the scenario.
///
/// # Errors
/// PostgreSQL is not installed, or the server does not start.
pub fn run(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let log = fixture.scratch.join("store-gone.log");
    let _ = std::fs::remove_file(&log);
    let cluster = Cluster::start()?;
    let instance = fixture.database(format!("postgres://postgres@127.0.0.1:{}/postgres", cluster.port()));
    let token = instance.account("acme")?;
    let server = instance.serve(&[], &log)?;
    let expected = ExpectedState::new(Refusal::InDoubt);
    let work = Workload { address: &server.address, token: &token, expected: &expected };
    let (mut outcome, mut longest) = (Ok(true), Duration::ZERO);
    work.run_while(|| {
        for time in 0..TIMES {
            outcome = once(&cluster, &expected, time, &mut longest);
            if outcome != Ok(true) {
                return;
            }
        }
    });
    let recovered = outcome?;
    let message = format!(
        "{TIMES} outages of PostgreSQL under readers and writers: the first change is acknowledged {:.2} s at most after its start",
        longest.as_secs_f64()
    );
    report.check(recovered, message);
    let slowest = expected.slowest().as_secs_f64();
    report.note(format!("slowest answer {slowest:.2} s"));
    let comparison = expected.compare(&mut client(&server, &token)?)?;
    expected.check(&comparison, "the same server", report);
    report.note("a refused change may be there: PostgreSQL stopped after the commit and before its reply");
    expected.check_reads("throughout", report);
    let status = server.stop()?;
    report.check(status.success(), format!("clean stop: {status}"));
    let checked = instance.check();
    report.check(checked.is_ok(), format!("ringbook check: {}", checked.err().unwrap_or("ok".to_owned())));
    report.check(panics(&log) == 0, format!("{} panics in the log", panics(&log)));
    report.note(format!("{} changes tried in all", grouped(expected.acknowledged() + expected.refused())));
    Ok(())
}

/// One outage; returns whether the server recovered.
fn once(cluster: &Cluster, expected: &ExpectedState, time: u64, longest: &mut Duration) -> Result<bool, String> {
    let taken = |changes| {
        let before = expected.acknowledged();
        wait_until(WAIT_TIME_MAX, || expected.acknowledged() >= before + changes)
    };
    let mut recovers = taken(CHANGES);
    let refused = expected.refused();
    match time % 3 {
        0 => cluster.stop(Stop::Fast)?,
        1 => cluster.stop(Stop::Immediate)?,
        _ => cluster.kill()?,
    }
    recovers &= wait_until(WAIT_TIME_MAX, || expected.refused() >= refused + REFUSALS);
    cluster.start_again()?;
    let begin = Instant::now();
    recovers &= taken(1);
    *longest = begin.elapsed().max(*longest);
    Ok(recovers)
}
