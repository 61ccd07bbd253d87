//! Expensive queries, alone and eight at once: time and memory of each.
//!
//! A query alone must be answered within the bound; it is repeated twice if it was not, because the machine may be busy.
//! Eight at once share the processors: their time is reported without a verdict.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ringbook_testbed::api_client::{ApiClient, call, mnemonic};
use ringbook_testbed::server::RunningServer;

use crate::corpus::{Query, corpus};
use crate::fixture::{Fixture, client, panics};
use crate::latency::{Times, look_ups, phones};
use crate::scenario_report::{ScenarioReport, grouped, megabytes};

const CONTACTS: u64 = 100_000;
/// Longest time of a query alone.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(1);
/// Attempts of a query that took too long.
const CHANCES: usize = 3;
/// Clients that send the same query at once, or any query besides ordinary look-ups.
const AT_ONCE: usize = 8;
/// Largest growth of the server's memory, in bytes, whatever query eight clients send at once.
const GROWTH_BYTES_MAX: f64 = 1e9;
/// Largest relative growth when the queries of the most memory are repeated: memory kept by the allocator is reused.
const SECOND_GROWTH_MAX: f64 = 0.25;
/// Queries in the table.
const SHOWN: usize = 10;
/// Queries between two progress lines.
const QUERIES_PER_LINE: usize = 50;
/// How long look-ups are measured, with and without expensive queries.
const TIME: Duration = Duration::from_secs(10);

/// The measurements of a query.
struct Asked {
    question: Query,
    alone: Duration,
    at_once: Duration,
    /// Growth of the server's memory to its peak, in bytes.
    growth: f64,
    growth_at_once: f64,
    /// Peak of the server's memory, in bytes.
    peak: f64,
    answer: String,
}

/// Runs the scenario.
///
/// # Errors
/// The server does not start.
pub fn run(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let log = fixture.scratch.join("patterns.log");
    let _ = std::fs::remove_file(&log);
    let (instance, token) = fixture.demo(CONTACTS, "patterns")?;
    let server = instance.serve(&[], &log)?;
    client(&server, &token)?.contacts(r#","limit":10,"sort":[{"field":"full_name"}]"#)?;
    let memory = server.memory("VmRSS");
    let (questions, mut asked) = (corpus(), Vec::new());
    let count = questions.len();
    for question in questions {
        asked.push(ask(&server, &token, question)?);
        if asked.len().is_multiple_of(QUERIES_PER_LINE) {
            eprintln!("{} of {count} queries", asked.len());
        }
    }
    check_times(&asked, report);
    table(&mut asked, report);
    remember(&server, &token, &asked, memory, report)?;
    beside(&server, &token, &asked, report)?;
    report.check(server.stop()?.success() && panics(&log) == 0, "clean stop");
    Ok(())
}

/// Sends the query alone, then from several clients at once.
fn ask(server: &RunningServer, token: &str, question: Query) -> Result<Asked, String> {
    let body = call(token, "get.contacts", &question.members);
    let once = || -> Result<(Duration, String), String> {
        let mut client = client(server, token)?;
        let begin = Instant::now();
        let answer = client.post(&body).map_err(|why| format!("{}: {why}", question.name))?;
        Ok((begin.elapsed(), mnemonic(&answer).unwrap_or("ok").to_owned()))
    };
    let before = server.memory("VmRSS");
    server.reset_peak_memory();
    let (mut alone, answer) = once()?;
    let growth = server.memory("VmHWM") - before;
    for _ in 1..CHANCES {
        if alone > ANSWER_TIME_MAX {
            alone = alone.min(once()?.0);
        }
    }
    let before = server.memory("VmRSS");
    server.reset_peak_memory();
    let all: Result<Vec<_>, _> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(once)).collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect()
    });
    let all = all?;
    let at_once = all.iter().map(|(took, _)| *took).max().unwrap_or_default();
    let peak = server.memory("VmHWM");
    let growth_at_once = peak - before;
    let different = all.iter().find(|(_, other)| *other != answer);
    let answer = different.map_or_else(|| answer.clone(), |(_, other)| format!("{answer}, and {other} of eight"));
    Ok(Asked { question, alone, at_once, growth, growth_at_once, peak, answer })
}

fn check_times(asked: &[Asked], report: &mut ScenarioReport) {
    let mut answers: BTreeMap<&str, usize> = BTreeMap::new();
    asked.iter().for_each(|asked| *answers.entry(&asked.answer).or_default() += 1);
    let message: Vec<String> = answers.iter().map(|(answer, times)| format!("{times} {answer}")).collect();
    let known = ["ok", "invalid_parameter_value", "unexpected_parameters", "filter_prohibited", "sort_prohibited"];
    let is_known = answers.keys().all(|answer| known.contains(answer));
    for odd in asked.iter().filter(|asked| !known.contains(&&*asked.answer)) {
        report.note(format!("{}: {}", odd.answer, odd.question.name));
    }
    report.check(is_known, format!("{} expensive queries: {}", asked.len(), message.join(", ")));
    let late: Vec<&Asked> = asked.iter().filter(|asked| asked.alone > ANSWER_TIME_MAX).collect();
    let slowest = asked.iter().map(|asked| asked.alone).max().unwrap_or_default();
    let message = format!("{} took more than a second alone; the slowest {:.2} s", late.len(), slowest.as_secs_f64());
    report.check(late.is_empty(), message);
}

/// Checks the peak of the memory, and whether repeating the queries raises it.
fn remember(
    server: &RunningServer,
    token: &str,
    asked: &[Asked],
    memory: f64,
    report: &mut ScenarioReport,
) -> Result<(), String> {
    let peak = asked.iter().map(|asked| asked.peak).fold(memory, f64::max);
    let one = asked.iter().map(|asked| asked.growth_at_once).fold(0.0, f64::max);
    report.check(
        peak - memory <= GROWTH_BYTES_MAX,
        format!(
            "memory: {} before, at most {} more in all; one query, {AT_ONCE} times at once, at most {}",
            megabytes(memory),
            megabytes(peak - memory),
            megabytes(one)
        ),
    );
    let mut largest: Vec<&Asked> = asked.iter().collect();
    largest.sort_by(|one, other| other.growth_at_once.total_cmp(&one.growth_at_once));
    let mut second = 0.0;
    for Asked { question, .. } in largest.into_iter().take(SHOWN) {
        let again = Query { name: question.name.clone(), members: question.members.clone() };
        second = ask(server, token, again)?.peak.max(second);
    }
    report.check(
        second <= peak * (1.0 + SECOND_GROWTH_MAX),
        format!("the {SHOWN} largest once more: {} at most, after {} before", megabytes(second), megabytes(peak)),
    );
    Ok(())
}

/// The slowest first.
fn table(asked: &mut [Asked], report: &mut ScenarioReport) {
    asked.sort_by_key(|asked| std::cmp::Reverse(asked.alone));
    report.note(format!("  alone  memory  {AT_ONCE} at once  memory  answer"));
    for Asked { question, alone, at_once, growth, growth_at_once, answer, .. } in asked.iter().take(SHOWN) {
        report.note(format!(
            "{:>5.0} ms {:>7} {:>8.0} ms {:>7}  {answer}: {}",
            alone.as_secs_f64() * 1e3,
            megabytes(*growth),
            at_once.as_secs_f64() * 1e3,
            megabytes(*growth_at_once),
            question.name
        ));
    }
    let slowest = asked.iter().map(|asked| asked.at_once).max().unwrap_or_default().as_secs_f64();
    report.note(format!("slowest of {AT_ONCE} at once: {slowest:.2} s"));
}

/// Ordinary look-ups while the slowest queries are sent without a pause.
fn beside(server: &RunningServer, token: &str, asked: &[Asked], report: &mut ScenarioReport) -> Result<(), String> {
    let phones = phones(&mut client(server, token)?)?;
    let measure = || look_ups(&server.address, token, &phones, 1, TIME);
    let before = measure();
    let (over, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let hostile = || -> std::io::Result<()> {
        let mut client = ApiClient::connect(&server.address, token).map_err(std::io::Error::other)?;
        while !over.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed) % asked.len();
            client.call("get.contacts", &asked[at].question.members)?;
        }
        Ok(())
    };
    let (beside, failed) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(hostile)).collect();
        let beside = measure();
        over.store(true, Ordering::Relaxed);
        let failed =
            clients.into_iter().filter_map(|client| client.join().expect("a client does not panic").err()).count();
        (beside, failed)
    });
    let count = next.into_inner();
    report.check(beside.failed == 0 && failed == 0, compared(&beside, &before, count));
    Ok(())
}

fn compared(beside: &Times, before: &Times, hostile: usize) -> String {
    format!(
        "{} look-ups beside {hostile} expensive queries by {AT_ONCE} clients, {} failed; p50 {:.2} ms against {:.2} ms without, \
         p99 {:.1} ms against {:.1} ms (× {:.1}), slowest {:.0} ms",
        grouped(beside.count()),
        beside.failed,
        beside.percentile(50),
        before.percentile(50),
        beside.percentile(99),
        before.percentile(99),
        beside.percentile(99) / before.percentile(99),
        beside.percentile(100),
    )
}
