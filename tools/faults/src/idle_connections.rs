//! Ten thousand idle and two hundred slow connections besides ordinary calls.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ringbook_testbed::quietly;
use ringbook_testbed::server::RunningServer;
use ringbook_testbed::wait::wait_until;

use crate::fixture::{Fixture, client, panics};
use crate::latency::{Times, look_ups, phones};
use crate::scenario_report::{ScenarioReport, grouped, megabytes};
use crate::slow_clients::{SlowClient, idle, run_until};

const CONTACTS: u64 = 100_000;
const IDLE: usize = 10_000;
const SENDERS: usize = 100;
const READERS: usize = 100;
/// Files that each side has open at once.
const FILES: u64 = 11_000;
/// Connections of the measured calls.
const CONNECTIONS: usize = 16;
/// How long they are measured; no time-out expires meanwhile.
const TIME: Duration = Duration::from_secs(8);
/// The default time-outs but one: a request head sent byte by byte must last as long as the measurement.
const OPTIONS: [&str; 4] = ["--header-timeout", "30", "--connections-per-address", "15000"];
/// Longer than the longest time-out here, 75 seconds for idle connections.
const CLOSED_WITHIN: Duration = Duration::from_secs(100);
/// Files that the server may open meanwhile, such as connections to its store.
const FILES_OTHER_MAX: usize = 8;

/// Runs the scenario.
///
/// # Errors
/// The limit of open files is too low, or the server does not start.
pub fn run(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    allow_files()?;
    let log = fixture.scratch.join("idle.log");
    let _ = fs::remove_file(&log);
    let (instance, token) = fixture.demo(CONTACTS, "idle")?;
    let server = instance.serve(&OPTIONS, &log)?;
    let phones = phones(&mut client(&server, &token)?)?;
    let measure = || look_ups(&server.address, &token, &phones, CONNECTIONS, TIME);
    let before = measure();
    let (files, memory) = (server.open_files(), server.memory("VmRSS"));
    let clients = idle(&server.address, &token, &phones, IDLE)?;
    let each = (server.memory("VmRSS") - memory) / IDLE as f64;
    report.note(format!("10 000 connections idle after one call: {:.1} KB of memory each", each / 1e3));
    let senders: Result<Vec<_>, _> = (0..SENDERS).map(|at| SlowClient::sender(&server.address, &token, at)).collect();
    let readers: Result<Vec<_>, _> = (0..READERS).map(|_| SlowClient::reader(&server.address, &token)).collect();
    let (senders, readers, over) = (senders?, readers?, AtomicBool::new(false));
    let closed = std::thread::scope(|scope| {
        scope.spawn(|| run_until(senders, &over));
        scope.spawn(|| run_until(readers, &over));
        let beside = measure();
        let there = server.open_files().saturating_sub(files);
        report.check(beside.failed == 0, compared(&beside, &before, there));
        let more = megabytes(server.memory("VmRSS") - memory);
        report.note(format!("{more} more memory with all of them, including the replies of the slow readers"));
        let closed = wait_until(CLOSED_WITHIN, || server.open_files() <= files + FILES_OTHER_MAX);
        over.store(true, Ordering::Relaxed);
        closed
    });
    let left = server.open_files().saturating_sub(files);
    report.check(closed, format!("time-outs closed them all; {left} more files open than before"));
    drop(clients);
    after(&server, &measure(), &before, memory, report);
    let kept = server.memory("VmRSS");
    drop(idle(&server.address, &token, &phones, IDLE)?);
    let left = wait_until(CLOSED_WITHIN, || server.open_files() <= files + FILES_OTHER_MAX);
    let more = megabytes(server.memory("VmRSS") - kept);
    report.check(
        left,
        format!("10 000 connections once more, closed by the clients: {more} more memory than before them"),
    );
    report.check(server.stop()?.success() && panics(&log) == 0, "clean stop");
    Ok(())
}

fn compared(beside: &Times, before: &Times, there: usize) -> String {
    let ratio = |percent| beside.percentile(percent) / before.percentile(percent);
    format!(
        "10 000 idle connections, {SENDERS} slow senders and {READERS} slow readers ({there} still there at the end): \
         {} calls beside them, {} failed; p50 {:.2} ms against {:.2} ms without (× {:.2}), p99 {:.2} ms against {:.2} ms \
         (× {:.2}), slowest {:.0} ms against {:.0} ms",
        grouped(beside.count()),
        beside.failed,
        beside.percentile(50),
        before.percentile(50),
        ratio(50),
        beside.percentile(99),
        before.percentile(99),
        ratio(99),
        beside.percentile(100),
        before.percentile(100),
    )
}

fn after(server: &RunningServer, times: &Times, before: &Times, memory: f64, report: &mut ScenarioReport) {
    let (p50, p99) = (times.percentile(50) / before.percentile(50), times.percentile(99) / before.percentile(99));
    report.check(
        times.failed == 0,
        format!(
            "after they were closed: {} calls, {} failed; p50 × {p50:.2}, p99 × {p99:.2} of what it was before; {} more memory",
            grouped(times.count()),
            times.failed,
            megabytes(server.memory("VmRSS") - memory),
        ),
    );
}

/// Raises the limit of open files of this program and the servers that it starts.
fn allow_files() -> Result<(), String> {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    let allowed = line.split_whitespace().next().and_then(|soft| soft.parse::<u64>().ok());
    if allowed.is_some_and(|soft| soft >= FILES) || line.trim_start().starts_with("unlimited") {
        return Ok(());
    }
    let own = std::process::id().to_string();
    quietly(Command::new("prlimit").args(["--pid", &own, &format!("--nofile={FILES}:")]))
        .map_err(|why| format!("the hard limit of open files (ulimit -Hn) is below {FILES}: {why}"))
}
