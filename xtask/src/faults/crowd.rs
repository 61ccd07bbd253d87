//! Ten thousand connections that rest and two hundred that are slow, beside calls that are neither.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ringbook_testbed::quietly;

use super::findings::{Findings, grouped, megabytes};
use super::ground::{Ground, client, eventually, panics};
use super::peers::{Slow, go_on, resting};
use super::timing::{Times, look_ups, phones};
use crate::server::process::Running;

const CONTACTS: u64 = 100_000;
const RESTING: usize = 10_000;
const SENDERS: usize = 100;
const READERS: usize = 100;
/// Files that either side has open at once.
const FILES: u64 = 11_000;
/// Connections of the calls that are measured.
const CONNECTIONS: usize = 16;
/// How long they are measured; no time-out strikes meanwhile.
const TIME: Duration = Duration::from_secs(8);
/// The time-outs are the server's own, but for this one: a head that comes byte by byte is to last as long as we measure.
const OPTIONS: [&str; 2] = ["--header-timeout", "30"];
/// The longest time-out that strikes here is the one for resting connections, 75 seconds.
const CLOSED_WITHIN: Duration = Duration::from_secs(100);
/// Files that a server opens by itself as it goes, such as connections to its own store.
const FILES_OF_ITS_OWN: usize = 8;

/// Runs the trial.
///
/// # Errors
/// Too few files may be open, or the server does not start.
pub fn run(ground: &Ground, findings: &mut Findings) -> Result<(), String> {
    allow_files()?;
    let log = ground.scratch.join("idle.log");
    let _ = fs::remove_file(&log);
    let (home, token) = ground.demo(CONTACTS, "idle")?;
    let server = home.serve(&OPTIONS, &log)?;
    let phones = phones(&mut client(&server, &token)?)?;
    let measure = || look_ups(&server.address, &token, &phones, CONNECTIONS, TIME);
    let before = measure();
    let (files, memory) = (server.files(), server.memory("VmRSS"));
    let clients = resting(&server.address, &token, &phones, RESTING)?;
    let each = (server.memory("VmRSS") - memory) / RESTING as f64;
    findings.tell(format!("10 000 connections that rest after a call: {:.1} KB of memory each", each / 1e3));
    let senders: Result<Vec<_>, _> = (0..SENDERS).map(|at| Slow::sender(&server.address, &token, at)).collect();
    let readers: Result<Vec<_>, _> = (0..READERS).map(|_| Slow::reader(&server.address, &token)).collect();
    let (senders, readers, over) = (senders?, readers?, AtomicBool::new(false));
    let closed = std::thread::scope(|scope| {
        scope.spawn(|| go_on(senders, &over));
        scope.spawn(|| go_on(readers, &over));
        let beside = measure();
        let there = server.files().saturating_sub(files);
        findings.judge(beside.failed == 0, compared(&beside, &before, there));
        let more = megabytes(server.memory("VmRSS") - memory);
        findings.tell(format!("{more} more memory with all of them, large pages for the slow readers included"));
        let closed = eventually(CLOSED_WITHIN, || server.files() <= files + FILES_OF_ITS_OWN);
        over.store(true, Ordering::Relaxed);
        closed
    });
    let left = server.files().saturating_sub(files);
    findings.judge(closed, format!("the server closed them all by its time-outs; {left} more files open than before"));
    drop(clients);
    after(&server, &measure(), &before, memory, findings);
    let kept = server.memory("VmRSS");
    drop(resting(&server.address, &token, &phones, RESTING)?);
    let left = eventually(CLOSED_WITHIN, || server.files() <= files + FILES_OF_ITS_OWN);
    let more = megabytes(server.memory("VmRSS") - kept);
    findings.judge(
        left,
        format!("10 000 connections once more, closed by the clients: {more} more memory than before them"),
    );
    findings.judge(server.stop()?.success() && panics(&log) == 0, "stopped in good order");
    Ok(())
}

fn compared(beside: &Times, before: &Times, there: usize) -> String {
    let ratio = |percent| beside.percentile(percent) / before.percentile(percent);
    format!(
        "10 000 resting connections, {SENDERS} slow senders and {READERS} slow readers ({there} still there at the end): \
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

fn after(server: &Running, times: &Times, before: &Times, memory: f64, findings: &mut Findings) {
    let (p50, p99) = (times.percentile(50) / before.percentile(50), times.percentile(99) / before.percentile(99));
    findings.judge(
        times.failed == 0,
        format!(
            "after they have gone: {} calls, {} failed; p50 × {p50:.2}, p99 × {p99:.2} of what it was before; {} more memory",
            grouped(times.count()),
            times.failed,
            megabytes(server.memory("VmRSS") - memory),
        ),
    );
}

/// Lets this program, and the server that it starts, have enough files open.
fn allow_files() -> Result<(), String> {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    let allowed = line.split_whitespace().next().and_then(|soft| soft.parse::<u64>().ok());
    if allowed.is_some_and(|soft| soft >= FILES) || line.trim_start().starts_with("unlimited") {
        return Ok(());
    }
    let own = std::process::id().to_string();
    quietly(Command::new("prlimit").args(["--pid", &own, &format!("--nofile={FILES}:")])).map_err(|why| {
        format!("{FILES} files must be open at once, which the hard limit does not allow (ulimit -Hn says it): {why}")
    })
}
