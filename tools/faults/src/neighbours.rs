//! One hostile customer and a stranger beside an ordinary customer, on one server with SQLite or on two with PostgreSQL.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ringbook_testbed::Cluster;
use ringbook_testbed::api_client::ApiClient;
use ringbook_testbed::server::RunningServer;
use ringbook_testbed::wait::wait_for;

use crate::corpus::corpus;
use crate::fixture::{Fixture, Instance, last_month, panics};
use crate::hostile::{Hostile, Tally};
use crate::latency::{Times, phones};
use crate::scenario_report::{ScenarioReport, grouped, megabytes};
use crate::sweep;
use crate::transactions::{self, Transactions};
use crate::victim::{Use, Victim};

/// The id of the hostile customer, the second of the data.
const HOSTILE_CUSTOMER: u64 = 2;
/// Contacts of each customer at first.
const CONTACTS: usize = 20_000;
/// Contacts in an upload.
const UPLOADED: usize = 1_000;
/// The time alone is this part of the time beside the hostile ones.
const ALONE_PART: u32 = 5;
/// `--memory` of each server.
const BOOK_MEMORY: &str = "512MiB";
/// The memory of a server beside its books: bodies, replies, the report, what the processors work on, the program.
const MEMORY_MAX: f64 = 512.0 * 1024.0 * 1024.0 + OTHER_MEMORY_MAX;
const OTHER_MEMORY_MAX: f64 = 1_024.0 * 1024.0 * 1024.0;
/// Bounds of what an account may have on disk: the requests of the report, and its book. A book on disk takes at most
/// [`ROWS_PER_BOOK_BYTE`] times what it takes in memory, half of [`BOOK_MEMORY`].
const REPORT_DISK_MAX: &str = "64MiB";
const ROWS_PER_BOOK_BYTE: f64 = 4.0;
/// Two books and reports, the log of the database, and the reserve.
const DISK_MAX: f64 = 2.0 * (256.0 * ROWS_PER_BOOK_BYTE + 64.0) * 1024.0 * 1024.0 + 256.0 * 1024.0 * 1024.0;
/// A server that has used so much processor time for each second of [`IDLE_TIME`] is idle.
const IDLE_PROCESSORS: f64 = 0.1;
const IDLE_TIME: Duration = Duration::from_secs(1);
/// The servers are idle so long after the hostile ones have left.
const SETTLING_MAX: Duration = Duration::from_secs(60);
/// Between two lines of progress.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
/// Largest 99th percentile of a kind of call, as a multiple of that without the hostile ones.
const P99_RATIO_MAX: f64 = 3.0;

/// One server, SQLite.
///
/// # Errors
/// The server does not start.
pub fn on_sqlite(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let data = fixture.fresh("neighbours")?.join("data");
    run(fixture, &fixture.directory(&data), 1, report)?;
    let bytes = size(&data)?;
    let figures = format!("the data directory has {}; bound {}", megabytes(bytes), megabytes(DISK_MAX));
    report.check(bytes <= DISK_MAX, figures);
    Ok(())
}

/// Bytes of the files in a directory.
fn size(directory: &Path) -> Result<f64, String> {
    let entries = std::fs::read_dir(directory).map_err(|why| format!("{}: {why}", directory.display()))?;
    Ok(entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len() as f64)).sum())
}

/// Two servers, PostgreSQL.
///
/// # Errors
/// PostgreSQL is not installed, or a server does not start.
pub fn on_postgres(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let cluster = Cluster::start()?;
    let instance = fixture.database(format!("postgres://postgres@127.0.0.1:{}/postgres", cluster.port()));
    run(fixture, &instance, 2, report)
}

fn run(fixture: &Fixture, instance: &Instance, count: usize, report: &mut ScenarioReport) -> Result<(), String> {
    let log = fixture.scratch.join("neighbours.log");
    let _ = std::fs::remove_file(&log);
    let (ordinary, hostile) = (instance.account("ordinary")?, instance.account("hostile")?);
    let agent = instance.agent(HOSTILE_CUSTOMER)?;
    let metrics: Vec<String> = (0..count).map(|_| transactions::free_address()).collect::<Result<_, _>>()?;
    let serve = |metrics: &String| {
        let options = ["--memory", BOOK_MEMORY, "--report-max-per-account", REPORT_DISK_MAX, "--metrics", metrics];
        instance.serve(&options, &log)
    };
    let servers: Vec<RunningServer> = metrics.iter().map(serve).collect::<Result<_, _>>()?;
    let addresses: Vec<String> = servers.iter().map(|server| server.address.clone()).collect();
    for token in [&ordinary, &hostile] {
        upload(&addresses[0], token)?;
    }
    let phones = phones(&mut ApiClient::connect(&addresses[0], &ordinary)?)?;
    let (next, interval) = (AtomicUsize::new(CONTACTS), last_month()?);
    let victim = Victim { addresses: &addresses, token: &ordinary, phones: &phones, interval: &interval, next };
    let (_, failure) = victim.run(fixture.time / ALONE_PART);
    report.check(failure.is_none(), format!("alone before: {}", failure.as_deref().unwrap_or("nothing failed")));
    servers.iter().for_each(RunningServer::reset_peak_memory);
    let (queries, tally, worst) = (corpus(), Tally::default(), sweep::cases(&addresses[0])?);
    let hostile = Hostile {
        addresses: &addresses,
        token: &hostile,
        agent: &agent,
        queries: &queries,
        interval: &interval,
        worst: &worst,
        tally: &tally,
    };
    let progress = || {
        let memory: Vec<String> = servers.iter().map(|server| megabytes(server.memory("VmRSS"))).collect();
        let hostile = grouped(tally.answered.load(Relaxed) + tally.refused.load(Relaxed));
        eprintln!("{hostile} hostile calls; memory {}", memory.join(" and "));
    };
    let (beside, failure) = hostile.run_while(|| every(PROGRESS_INTERVAL, progress, || victim.run(fixture.time)));
    // Book and report of the customer grow meanwhile, so that it is compared with itself afterwards, when what the hostile
    // ones have left behind is done.
    let settled = settle(&servers);
    let seconds =
        settled.map_or("not idle within the bound".to_owned(), |time| format!("idle after {} s", time.as_secs()));
    report
        .check(settled.is_some(), format!("the hostile ones have left: {seconds}; bound {} s", SETTLING_MAX.as_secs()));
    let (alone, failed_alone) = victim.run(fixture.time / ALONE_PART);
    report
        .check(failed_alone.is_none(), format!("alone after: {}", failed_alone.as_deref().unwrap_or("nothing failed")));
    compare(&alone, &beside, report);
    if let Some(failure) = failure {
        report.note(format!("the first failure: {failure}"));
    }
    tell(&tally, fixture.time, report);
    for page in &metrics {
        // SQLite has one thread that writes, which all accounts share; in PostgreSQL transactions run beside each other.
        let transactions = Transactions::read(page)?;
        if count == 1 {
            report.check(transactions.long == 0, transactions);
        } else {
            report.note(transactions);
        }
    }
    for server in &servers {
        let peak = server.memory("VmHWM");
        let bound = format!("{BOOK_MEMORY} for books and {} for all else", megabytes(OTHER_MEMORY_MAX));
        report.check(peak <= MEMORY_MAX, format!("memory at most {}; bound {bound}", megabytes(peak)));
    }
    end(servers, instance, &log, report)
}

/// Waits until the servers have nothing left to do: for how long, unless it took too long.
fn settle(servers: &[RunningServer]) -> Option<Duration> {
    let used = || servers.iter().map(RunningServer::processor_seconds).sum::<f64>();
    let begun = Instant::now();
    let (mut since, mut before) = (begun, used());
    wait_for(SETTLING_MAX, || {
        if since.elapsed() < IDLE_TIME {
            return None;
        }
        let (time, now) = (since.elapsed().as_secs_f64(), used());
        let is_idle = now - before <= time * IDLE_PROCESSORS;
        (since, before) = (Instant::now(), now);
        is_idle.then(|| begun.elapsed())
    })
}

/// Runs `work`, and `tell` beside it from time to time.
fn every<T>(interval: Duration, tell: impl Fn() + Sync, work: impl FnOnce() -> T) -> T {
    let (done, is_over) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let tell = &tell;
        scope.spawn(move || {
            while is_over.recv_timeout(interval) == Err(mpsc::RecvTimeoutError::Timeout) {
                tell();
            }
        });
        let result = work();
        drop(done);
        result
    })
}

fn compare(alone: &[Times], beside: &[Times], report: &mut ScenarioReport) {
    for ((kind, alone), beside) in Use::ALL.iter().zip(alone).zip(beside) {
        let ratio = beside.percentile(99) / alone.percentile(99);
        let figures = format!(
            "{} {} beside the hostile customer, {} failed; p50 {:.2} ms against {:.2} ms alone, p99 {:.1} ms against {:.1} ms \
             (× {ratio:.1}), slowest {:.0} ms",
            grouped(beside.count()),
            kind.name(),
            beside.failed,
            beside.percentile(50),
            alone.percentile(50),
            beside.percentile(99),
            alone.percentile(99),
            beside.percentile(100),
        );
        report.check(beside.failed == 0 && ratio <= P99_RATIO_MAX, figures);
    }
}

fn tell(tally: &Tally, time: Duration, report: &mut ScenarioReport) {
    let [answered, refused, broken, internal] =
        [&tally.answered, &tally.refused, &tally.broken, &tally.internal_errors].map(|count| count.load(Relaxed));
    let line = format!(
        "hostile calls in {} s: {} answered, {} refused, {} left by the client, {internal} internal_error",
        time.as_secs(),
        grouped(answered),
        grouped(refused),
        grouped(broken),
    );
    report.check(internal == 0, line);
}

fn end(
    servers: Vec<RunningServer>,
    instance: &Instance,
    log: &Path,
    report: &mut ScenarioReport,
) -> Result<(), String> {
    for server in servers {
        let status = server.stop()?;
        report.check(status.success(), format!("clean stop: {status}"));
    }
    let checked = instance.check();
    report.check(checked.is_ok(), format!("ringbook check: {}", checked.err().unwrap_or("ok".to_owned())));
    report.check(panics(log) == 0, format!("{} panics in the log", panics(log)));
    Ok(())
}

/// Fills a book.
fn upload(address: &str, token: &str) -> Result<(), String> {
    let mut client = ApiClient::connect(address, token)?;
    for first in (0..CONTACTS).step_by(UPLOADED) {
        let record = |number: usize| {
            let (last, name) = (["Ivanova", "Müller", "Иванова", "Sanchez", "Okafor"][number % 5], number / 7);
            format!(r#"{{"last_name":"{last}","first_name":"Jan {name}","phone_numbers":["79{number:08}"]}}"#)
        };
        let records: Vec<String> = (first..first + UPLOADED).map(record).collect();
        let answer = client.call("upload.contacts", &format!(r#","contacts":[{}]"#, records.join(",")));
        let answer = answer.map_err(|why| format!("the upload failed: {why}"))?;
        if !answer.contains(r#""result":{"#) {
            return Err(format!("the upload was refused: {answer:.400}"));
        }
    }
    Ok(())
}
