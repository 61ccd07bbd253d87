//! Hostile questions, one at a time and eight at once: how long each takes, and how much memory.
//!
//! What is asked alone must be answered within the bound; a machine that does something else as well gets a second
//! and a third chance. Eight at once share the processors: their time is told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::findings::{Findings, grouped, megabytes};
use super::ground::{Ground, client, panics};
use super::questions::{Question, corpus};
use super::timing::{Times, look_ups, phones};
use crate::server::client::{Client, call, mnemonic};
use crate::server::process::Running;

const CONTACTS: u64 = 100_000;
/// The longest that an answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(1);
/// How often a question that took too long is asked.
const CHANCES: usize = 3;
/// Askers of the same question at once, and of anything beside ordinary look-ups.
const AT_ONCE: usize = 8;
/// The most that the server's memory may be above what it was, whatever is asked eight times at once.
const GROWTH_BYTES_MAX: f64 = 1e9;
/// What the questions that take the most memory may add when all have been asked: memory that the allocator keeps is used again.
const SECOND_GROWTH_MAX: f64 = 0.25;
/// Questions in the table.
const SHOWN: usize = 10;
/// Something is said every so many questions.
const QUESTIONS_PER_LINE: usize = 50;
/// How long look-ups are measured beside hostile questions, and without.
const TIME: Duration = Duration::from_secs(10);

/// What came of a question.
struct Asked {
    question: Question,
    alone: Duration,
    at_once: Duration,
    /// Bytes that the server had at most above what it had before.
    growth: f64,
    growth_at_once: f64,
    /// Bytes that it had at most.
    peak: f64,
    answer: String,
}

/// Runs the trial.
///
/// # Errors
/// The server does not start.
pub fn run(ground: &Ground, findings: &mut Findings) -> Result<(), String> {
    let log = ground.scratch.join("patterns.log");
    let _ = std::fs::remove_file(&log);
    let (home, token) = ground.demo(CONTACTS, "patterns")?;
    let server = home.serve(&[], &log)?;
    client(&server, &token)?.contacts(r#","limit":10,"sort":[{"field":"full_name"}]"#)?;
    let memory = server.memory("VmRSS");
    let (questions, mut asked) = (corpus(), Vec::new());
    let count = questions.len();
    for question in questions {
        asked.push(ask(&server, &token, question)?);
        if asked.len().is_multiple_of(QUESTIONS_PER_LINE) {
            eprintln!("{} of {count} questions", asked.len());
        }
    }
    judge(&asked, findings);
    table(&mut asked, findings);
    remember(&server, &token, &asked, memory, findings)?;
    beside(&server, &token, &asked, findings)?;
    findings.judge(server.stop()?.success() && panics(&log) == 0, "stopped in good order");
    Ok(())
}

/// Asks alone, then at once.
fn ask(server: &Running, token: &str, question: Question) -> Result<Asked, String> {
    let body = call(token, "get.contacts", &question.members);
    let once = || -> Result<(Duration, String), String> {
        let mut client = client(server, token)?;
        let begin = Instant::now();
        let answer = client.post(&body).map_err(|why| format!("{}: {why}", question.name))?;
        Ok((begin.elapsed(), mnemonic(&answer).unwrap_or("ok").to_owned()))
    };
    let before = server.memory("VmRSS");
    server.forget_peak();
    let (mut alone, answer) = once()?;
    let growth = server.memory("VmHWM") - before;
    for _ in 1..CHANCES {
        if alone > ANSWER_TIME_MAX {
            alone = alone.min(once()?.0);
        }
    }
    let before = server.memory("VmRSS");
    server.forget_peak();
    let all: Result<Vec<_>, _> = std::thread::scope(|scope| {
        let askers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(once)).collect();
        askers.into_iter().map(|asker| asker.join().expect("an asker does not panic")).collect()
    });
    let all = all?;
    let at_once = all.iter().map(|(took, _)| *took).max().unwrap_or_default();
    let peak = server.memory("VmHWM");
    let growth_at_once = peak - before;
    let different = all.iter().find(|(_, other)| *other != answer);
    let answer = different.map_or_else(|| answer.clone(), |(_, other)| format!("{answer}, and {other} of eight"));
    Ok(Asked { question, alone, at_once, growth, growth_at_once, peak, answer })
}

fn judge(asked: &[Asked], findings: &mut Findings) {
    let mut answers: BTreeMap<&str, usize> = BTreeMap::new();
    asked.iter().for_each(|asked| *answers.entry(&asked.answer).or_default() += 1);
    let told: Vec<String> = answers.iter().map(|(answer, times)| format!("{times} {answer}")).collect();
    let known = ["ok", "invalid_parameter_value", "unexpected_parameters", "filter_prohibited", "sort_prohibited"];
    let is_known = answers.keys().all(|answer| known.contains(answer));
    for odd in asked.iter().filter(|asked| !known.contains(&&*asked.answer)) {
        findings.tell(format!("{}: {}", odd.answer, odd.question.name));
    }
    findings.judge(is_known, format!("{} hostile questions: {}", asked.len(), told.join(", ")));
    let late: Vec<&Asked> = asked.iter().filter(|asked| asked.alone > ANSWER_TIME_MAX).collect();
    let slowest = asked.iter().map(|asked| asked.alone).max().unwrap_or_default();
    let told =
        format!("{} of them took more than a second alone; the slowest {:.2} s", late.len(), slowest.as_secs_f64());
    findings.judge(late.is_empty(), told);
}

/// What the server had at most, and whether that is all that it ever takes.
fn remember(
    server: &Running,
    token: &str,
    asked: &[Asked],
    memory: f64,
    findings: &mut Findings,
) -> Result<(), String> {
    let peak = asked.iter().map(|asked| asked.peak).fold(memory, f64::max);
    let one = asked.iter().map(|asked| asked.growth_at_once).fold(0.0, f64::max);
    findings.judge(
        peak - memory <= GROWTH_BYTES_MAX,
        format!(
            "memory: {} before, at most {} more in all; one question, {AT_ONCE} times at once, took {} at most",
            megabytes(memory),
            megabytes(peak - memory),
            megabytes(one)
        ),
    );
    let mut largest: Vec<&Asked> = asked.iter().collect();
    largest.sort_by(|one, other| other.growth_at_once.total_cmp(&one.growth_at_once));
    let mut second = 0.0;
    for Asked { question, .. } in largest.into_iter().take(SHOWN) {
        let again = Question { name: question.name.clone(), members: question.members.clone() };
        second = ask(server, token, again)?.peak.max(second);
    }
    findings.judge(
        second <= peak * (1.0 + SECOND_GROWTH_MAX),
        format!("the {SHOWN} largest once more: {} at most, after {} before", megabytes(second), megabytes(peak)),
    );
    Ok(())
}

/// The slowest first.
fn table(asked: &mut [Asked], findings: &Findings) {
    asked.sort_by_key(|asked| std::cmp::Reverse(asked.alone));
    findings.tell(format!("  alone  memory  {AT_ONCE} at once  memory  answer"));
    for Asked { question, alone, at_once, growth, growth_at_once, answer, .. } in asked.iter().take(SHOWN) {
        findings.tell(format!(
            "{:>5.0} ms {:>7} {:>8.0} ms {:>7}  {answer}: {}",
            alone.as_secs_f64() * 1e3,
            megabytes(*growth),
            at_once.as_secs_f64() * 1e3,
            megabytes(*growth_at_once),
            question.name
        ));
    }
    let slowest = asked.iter().map(|asked| asked.at_once).max().unwrap_or_default().as_secs_f64();
    findings.tell(format!("slowest of {AT_ONCE} at once: {slowest:.2} s"));
}

/// Ordinary look-ups while the slowest questions are asked without a pause.
fn beside(server: &Running, token: &str, asked: &[Asked], findings: &mut Findings) -> Result<(), String> {
    let phones = phones(&mut client(server, token)?)?;
    let measure = || look_ups(&server.address, token, &phones, 1, TIME);
    let before = measure();
    let (over, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let hostile = || -> std::io::Result<()> {
        let mut client = Client::connect(&server.address, token).map_err(std::io::Error::other)?;
        while !over.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed) % asked.len();
            client.call("get.contacts", &asked[at].question.members)?;
        }
        Ok(())
    };
    let (beside, failed) = std::thread::scope(|scope| {
        let askers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(hostile)).collect();
        let beside = measure();
        over.store(true, Ordering::Relaxed);
        let failed =
            askers.into_iter().filter_map(|asker| asker.join().expect("an asker does not panic").err()).count();
        (beside, failed)
    });
    let count = next.into_inner();
    findings.judge(beside.failed == 0 && failed == 0, compared(&beside, &before, count));
    Ok(())
}

fn compared(beside: &Times, before: &Times, hostile: usize) -> String {
    format!(
        "{} look-ups beside {hostile} hostile questions by {AT_ONCE} askers, {} failed; p50 {:.2} ms against {:.2} ms without, \
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
