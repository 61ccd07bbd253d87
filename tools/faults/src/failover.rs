//! The primary PostgreSQL is killed under readers and writers of two servers, and its synchronous standby is promoted.
//!
//! The servers name both hosts and are not restarted. The killed host then becomes the standby of the other one, so that
//! each fail-over goes the other way.

use std::time::{Duration, Instant};

use ringbook_testbed::Cluster;
use ringbook_testbed::api_client::ApiClient;
use ringbook_testbed::wait::wait_until;

use crate::expected::{ExpectedState, Outcome, Refusal};
use crate::fixture::{Fixture, client, panics};
use crate::scenario_report::{ScenarioReport, grouped};
use crate::workload::Workload;

/// Number of fail-overs.
const TIMES: usize = 20;
/// Acknowledged changes before each.
const CHANGES: u64 = 200;
const WAIT_TIME_MAX: Duration = Duration::from_secs(120);
/// Names of the two hosts as standbys.
const STANDBY_NAMES: [&str; 2] = ["alpha", "beta"];

/// The times of all fail-overs.
#[derive(Default)]
struct FailOverTimes {
    /// From the kill of the primary until the standby accepts changes.
    promotions: Vec<Duration>,
    /// From then until both servers have acknowledged a change.
    recoveries: Vec<Duration>,
}

/// Runs the scenario.
///
/// # Errors
/// PostgreSQL is not installed, or a server does not start.
pub fn run(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let log = fixture.scratch.join("failover.log");
    let _ = std::fs::remove_file(&log);
    let primary = Cluster::start()?;
    let standby = primary.standby(STANDBY_NAMES[1])?;
    let hosts = [primary, standby];
    let [first, second] = hosts.each_ref().map(|host| format!("127.0.0.1:{}", host.port()));
    let url = format!("postgres://postgres@{first},{second}/postgres?target_session_attrs=read-write");
    let instance = fixture.database(url);
    let token = instance.account()?;
    let servers = [instance.serve(&[], &log)?, instance.serve(&[], &log)?];
    let expected = ExpectedState::new(Refusal::InDoubt);
    let works =
        servers.each_ref().map(|server| Workload { address: &server.address, token: &token, expected: &expected });
    let mut times = FailOverTimes::default();
    let outcome = works[0].run_while(|| works[1].run_while(|| fail_over_repeatedly(&hosts, &works, &mut times)));
    report.check(outcome.is_ok(), recovery_text(&times, outcome.err()));
    report.note(format!("slowest answer {:.2} s", expected.slowest().as_secs_f64()));
    for (server, name) in servers.iter().zip(["the first server", "the second server"]) {
        let comparison = expected.compare(&mut client(server, &token)?)?;
        expected.check(&comparison, name, report);
    }
    report.note("a refused change may be there: the primary was killed after the commit and before its reply");
    expected.check_reads("throughout", report);
    for server in servers {
        let status = server.stop()?;
        report.check(status.success(), format!("clean stop: {status}"));
    }
    let checked = instance.check();
    report.check(checked.is_ok(), format!("ringbook check: {}", checked.err().unwrap_or("ok".to_owned())));
    report.check(panics(&log) == 0, format!("{} panics in the log", panics(&log)));
    report.note(format!("{} changes tried in all", grouped(expected.acknowledged() + expected.refused())));
    Ok(())
}

fn fail_over_repeatedly(hosts: &[Cluster; 2], works: &[Workload; 2], times: &mut FailOverTimes) -> Result<(), String> {
    for time in 0..TIMES {
        let (old, new) = (time % 2, (time + 1) % 2);
        hosts[old].commit_on(STANDBY_NAMES[new])?;
        let expected = works[0].expected;
        let before = expected.acknowledged();
        if !wait_until(WAIT_TIME_MAX, || expected.acknowledged() >= before + CHANGES) {
            return Err(format!("too few changes were acknowledged before fail-over {time}"));
        }
        let killed = Instant::now();
        hosts[old].kill()?;
        hosts[new].promote()?;
        let promoted = Instant::now();
        for work in works {
            if !wait_until(WAIT_TIME_MAX, || acknowledges(work)) {
                return Err(format!("a server acknowledges no change after fail-over {time}"));
            }
        }
        times.promotions.push(promoted - killed);
        times.recoveries.push(promoted.elapsed());
        hosts[old].rejoin(&hosts[new], STANDBY_NAMES[old])?;
    }
    Ok(())
}

/// Whether the server acknowledges a change on a new connection.
fn acknowledges(work: &Workload) -> bool {
    let client = ApiClient::connect(work.address, work.token);
    client.is_ok_and(|mut client| work.change(&mut client, 1) == Outcome::Acknowledged)
}

fn recovery_text(times: &FailOverTimes, error: Option<String>) -> String {
    let summary = |times: &[Duration]| {
        let mut seconds: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
        seconds.sort_by(f64::total_cmp);
        let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
        format!("{median:.2} s (at most {:.2} s)", seconds.last().copied().unwrap_or_default())
    };
    let error = error.map_or(String::new(), |error| format!("; {error}"));
    format!(
        "{} of {TIMES} fail-overs under readers and writers of two servers: the standby accepts changes {} after the kill, \
         both servers acknowledge one {} after that{error}",
        times.recoveries.len(),
        summary(&times.promotions),
        summary(&times.recoveries),
    )
}
