//! Every write of a running server to its disk fails for a while; and a start on a read-only disk.
//!
//! Linux refuses to remount a disk read-only while a file on it is open for writing; only after a hardware failure does
//! it do so itself. Here a file size limit of 0 bytes makes every write of the server fail until the limit is raised. The
//! start uses a disk that is mounted read-only.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ringbook_testbed::quietly;
use ringbook_testbed::wait::wait_until;

use crate::disk::Disk;
use crate::expected::{ExpectedState, Refusal};
use crate::fixture::{Fixture, Instance, client, panics};
use crate::scenario_report::ScenarioReport;
use crate::workload::Workload;

const DISK_MEBIBYTES: u32 = 256;
/// Number of failures of the disk.
const TIMES: u64 = 10;
/// Acknowledged changes between two failures, and refused changes during one.
const CHANGES: u64 = 200;
const WAIT_TIME_MAX: Duration = Duration::from_secs(120);

/// Runs the scenario.
///
/// # Errors
/// No disk can be mounted, or the server does not start.
pub fn run(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let place = fixture.fresh("disk-read-only")?;
    let log = fixture.scratch.join("disk-read-only.log");
    let _ = std::fs::remove_file(&log);
    let disk = Disk::mount(&place, DISK_MEBIBYTES)?;
    let instance = fixture.directory(&disk.place.join("data")).with_prefix(disk.entry());
    let token = instance.account("acme")?;
    under_writers(&instance, &token, &log, report)?;
    let checked = instance.check();
    report.check(checked.is_ok(), format!("ringbook check: {}", checked.err().unwrap_or("ok".to_owned())));
    disk.run("mount -o remount,bind,ro .")?;
    start(&instance, report)?;
    disk.run("mount -o remount,bind,rw .")?;
    let server = instance.serve(&[], &log)?;
    client(&server, &token)?.contacts(r#","limit":1"#)?;
    report.check(server.stop()?.success(), "starts on the disk mounted read-write again");
    Ok(())
}

fn under_writers(instance: &Instance, token: &str, log: &Path, report: &mut ScenarioReport) -> Result<(), String> {
    let expected = ExpectedState::new(Refusal::Undone);
    // The kernel reports the limit with SIGXFSZ, which would end the server.
    let server = instance.with_inner_prefix(&["sh", "-c", r#"trap "" XFSZ; exec "$@""#, "sh"]).serve(&[], log)?;
    let work = Workload { address: &server.address, token, expected: &expected };
    let (mut outcome, mut longest) = (Ok(true), Duration::ZERO);
    work.run_while(|| {
        for _ in 0..TIMES {
            outcome = once(&expected, server.id(), &mut longest);
            if outcome != Ok(true) {
                return;
            }
        }
    });
    let recovered = outcome?;
    let message = format!(
        "writes fail {TIMES} times under writers: the first change is acknowledged {:.2} s at most after the disk recovers",
        longest.as_secs_f64()
    );
    report.check(recovered, message);
    let comparison = expected.compare(&mut client(&server, token)?)?;
    expected.check(&comparison, "the same server", report);
    expected.check_reads("throughout", report);
    report.note(format!("slowest answer {:.2} s", expected.slowest().as_secs_f64()));
    let status = server.stop()?;
    report.check(status.success(), format!("clean stop: {status}"));
    let server = instance.serve(&[], log)?;
    let comparison = expected.compare(&mut client(&server, token)?)?;
    expected.check(&comparison, "after a restart", report);
    report.check(panics(log) == 0, format!("{} panics in the log", panics(log)));
    Ok(())
}

/// Lets writes fail, then succeed; returns whether the server followed.
fn once(expected: &ExpectedState, process: u32, longest: &mut Duration) -> Result<bool, String> {
    let refused = expected.refused();
    limit(process, "0")?;
    let mut follows = wait_until(WAIT_TIME_MAX, || expected.refused() > refused + CHANGES);
    limit(process, "unlimited")?;
    let (begin, acknowledged) = (Instant::now(), expected.acknowledged());
    follows &= wait_until(WAIT_TIME_MAX, || expected.acknowledged() > acknowledged);
    *longest = begin.elapsed().max(*longest);
    Ok(follows && wait_until(WAIT_TIME_MAX, || expected.acknowledged() > acknowledged + CHANGES))
}

/// Sets the file size limit of the server.
fn limit(process: u32, size: &str) -> Result<(), String> {
    quietly(Command::new("prlimit").args(["--pid", &process.to_string(), &format!("--fsize={size}:unlimited")]))
}

/// A start on a read-only disk exits with 1 and says why.
fn start(instance: &Instance, report: &mut ScenarioReport) -> Result<(), String> {
    let done = instance.command(&["serve", "--listen", "127.0.0.1:0"]).output();
    let done = done.map_err(|why| format!("the program cannot be run: {why}"))?;
    let stderr = String::from_utf8_lossy(&done.stderr);
    let (code, words) = (done.status.code(), stderr.trim().replace('\n', " / "));
    let holds = code == Some(1) && words.contains("read-only") && !words.contains("panicked");
    report.check(holds, format!("a start on a read-only directory exits with {}: {words}", code.unwrap_or(-1)));
    Ok(())
}
