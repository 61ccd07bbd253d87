//! Every method with its largest and most expensive parameters, on a large book and on one of long texts.
//!
//! Each call must be answered or refused by name within the bound of answers, and take at most a second of processor time. The
//! processor time is that of the server while nobody else calls, so that work in its background counts as well; a call that
//! takes too long is repeated twice.

use std::collections::BTreeMap;

use ringbook_testbed::api_client::{ApiClient, call, mnemonic};
use ringbook_testbed::server::RunningServer;
use ringbook_testbed::worst_cases::{Scale, WorstCase, worst_cases};
use serde_json::{Value, json};

use crate::fixture::{Fixture, client, panics};
use crate::scenario_report::{ScenarioReport, grouped, megabytes};
use crate::transactions::{self, Transactions};

const CONTACTS: u64 = 100_000;
/// Contacts with [`EMAILS`] addresses of the greatest length.
const LONG_EMAIL_CONTACTS: usize = 30_000;
const EMAILS: usize = 9;
/// Contacts with names of the greatest length.
const LONG_NAME_CONTACTS: usize = 1_010;
/// Users of the customer, whom its agent asks for.
const USERS: usize = 200;
/// Records in a call that makes them.
const UPLOADED: usize = 300;
/// The default of `--answer-max`.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Processor time of a call, in seconds.
const PROCESSOR_SECONDS_MAX: f64 = 1.0;
/// Attempts of a call that took too long.
const CHANCES: usize = 3;
/// Calls in the table.
const SHOWN: usize = 15;
/// The memory of the server, whatever is called.
const MEMORY_MAX: f64 = 1.5e9;
/// Calls between two lines of progress.
const CALLS_PER_LINE: usize = 50;

/// The worst cases of a server's methods, but for those that end what they are called with.
///
/// # Errors
/// The server does not describe itself, or a method has no case.
pub fn cases(address: &str) -> Result<Vec<WorstCase>, String> {
    let mut client = ApiClient::connect(address, "")?;
    let answer = client.success(r#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"#)?;
    let description: Value = serde_json::from_str(&answer).map_err(|why| format!("no description: {why}"))?;
    worst_cases(&description["result"], 1, Scale::FULL)
}

/// Runs the scenario.
///
/// # Errors
/// The server does not start, or a connection breaks.
pub fn run(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let log = fixture.scratch.join("sweep.log");
    let _ = std::fs::remove_file(&log);
    let (instance, token) = fixture.demo(CONTACTS, "sweep")?;
    let long = instance.account("long")?;
    let agent = instance.agent(1)?;
    instance.users(1, USERS)?;
    let page = transactions::free_address()?;
    let server = instance.serve(&["--metrics", &page], &log)?;
    let (mut measured, mut long_before) = (Vec::new(), 0);
    let all = cases(&server.address)?;
    let count = all.len();
    for WorstCase { method, what, params, is_for_agents } in all {
        let caller = if is_for_agents { &agent } else { &token };
        measured.push(measure(&server, caller, &method, &what, &params)?);
        let Transactions { long, longest, .. } = Transactions::read(&page)?;
        if long > long_before {
            report.note(format!("a transaction of at most {:.0} ms: {method}: {what}", longest * 1e3));
            long_before = long;
        }
        if measured.len().is_multiple_of(CALLS_PER_LINE) {
            eprintln!("{} of {count} calls", measured.len());
        }
    }
    fill_with_long_texts(&server, &long)?;
    for (what, filter) in long_text_filters() {
        let params = json!({"limit": 10, "filter": filter});
        measured.push(measure(&server, &long, "get.contacts", &what, &params)?);
    }
    tell(&mut measured, report);
    let transactions = Transactions::read(&page)?;
    report.check(transactions.long == 0, transactions);
    let peak = server.memory("VmHWM");
    report.check(peak <= MEMORY_MAX, format!("memory at most {}; bound {}", megabytes(peak), megabytes(MEMORY_MAX)));
    let status = server.stop()?;
    report.check(status.success() && panics(&log) == 0, format!("clean stop: {status}, {} panics", panics(&log)));
    Ok(())
}

/// A call and what it took.
struct Measured {
    name: String,
    outcome: String,
    /// Processor time of the server.
    seconds: f64,
    bytes: usize,
}

fn measure(server: &RunningServer, token: &str, method: &str, what: &str, params: &Value) -> Result<Measured, String> {
    let members = params.to_string();
    let members = members.strip_prefix('{').and_then(|members| members.strip_suffix('}')).unwrap_or_default();
    let body = call(token, method, &if members.is_empty() { String::new() } else { format!(",{members}") });
    let once = || -> Result<Measured, String> {
        let before = server.processor_seconds();
        let answer = client(server, token)?.post(&body).map_err(|why| format!("{method}, {what}: {why}"))?;
        let seconds = server.processor_seconds() - before;
        let outcome = mnemonic(&answer).unwrap_or("ok").to_owned();
        Ok(Measured { name: format!("{method}: {what}"), outcome, seconds, bytes: answer.len() })
    };
    let mut measured = once()?;
    for _ in 1..CHANCES {
        if measured.seconds > PROCESSOR_SECONDS_MAX {
            let again = once()?;
            measured.seconds = measured.seconds.min(again.seconds);
        }
    }
    Ok(measured)
}

fn fill_with_long_texts(server: &RunningServer, token: &str) -> Result<(), String> {
    let email =
        |n: usize| format!("{n:064}@{}.example", "xy".repeat(30) + "." + &"y".repeat(60) + "." + &"x".repeat(58));
    let emails: Vec<String> = (0..EMAILS).map(email).collect();
    let name = "a".repeat(255);
    let mut client = client(server, token)?;
    let mut upload = |record: Value, count: usize| -> Result<(), String> {
        for first in (0..count).step_by(UPLOADED) {
            let records = vec![&record; UPLOADED.min(count - first)];
            let answer = client.call("upload.contacts", &format!(r#","contacts":{}"#, json!(records)));
            let answer = answer.map_err(|why| format!("the upload failed: {why}"))?;
            if let Some(refused) = mnemonic(&answer) {
                return Err(format!("the upload was refused: {refused}: {answer:.400}"));
            }
        }
        Ok(())
    };
    upload(json!({"last_name": "E", "phone_numbers": ["100"], "emails": emails}), LONG_EMAIL_CONTACTS)?;
    upload(
        json!({"last_name": name, "first_name": name, "patronymic": name, "phone_numbers": ["100"]}),
        LONG_NAME_CONTACTS,
    )
}

fn long_text_filters() -> Vec<(String, Value)> {
    let simple =
        |field: &str, operator: &str, value: &str| json!({"field": field, "operator": operator, "value": value});
    let like = format!("%{}z%", "_y".repeat(498));
    let many = |operator: &str, count: usize| {
        let filters: Vec<Value> = (0..count).map(|_| simple("emails", operator, &like)).collect();
        json!({"filters": filters, "condition": "or"})
    };
    let mut all: Vec<(String, Value)> = ["a.{200}c", "(a|b)*a(a|b){60}c"]
        .iter()
        .map(|pattern| {
            (format!("{pattern} on {LONG_NAME_CONTACTS} long names"), simple("full_name", "regexp", pattern))
        })
        .collect();
    for operator in ["like", "ilike"] {
        for count in [1, 10, 100] {
            all.push((format!("{count} × %_y…z% ({operator}) on {EMAILS} e-mails each"), many(operator, count)));
        }
    }
    all
}

fn tell(measured: &mut [Measured], report: &mut ScenarioReport) {
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    measured.iter().for_each(|one| *outcomes.entry(&one.outcome).or_default() += 1);
    let list: Vec<String> = outcomes.iter().map(|(outcome, times)| format!("{times} {outcome}")).collect();
    let is_known = !outcomes.contains_key("internal_error");
    report.check(is_known, format!("{} calls: {}", grouped(measured.len() as u64), list.join(", ")));
    let largest = measured.iter().map(|one| one.bytes).max().unwrap_or_default();
    report.check(largest <= ANSWER_BYTES_MAX, format!("the largest answer has {}", megabytes(largest as f64)));
    let late = measured.iter().filter(|one| one.seconds > PROCESSOR_SECONDS_MAX).count();
    measured.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    let slowest = measured.first().map_or(0.0, |one| one.seconds);
    report.check(late == 0, format!("{late} took more than a second of processor time; the longest {slowest:.2} s"));
    for Measured { name, outcome, seconds, bytes } in measured.iter().take(SHOWN) {
        report.note(format!("{:>6.0} ms, {}, {outcome}: {name}", seconds * 1e3, megabytes(*bytes as f64)));
    }
    for Measured { name, outcome, .. } in measured.iter().filter(|one| one.name.contains("long names")) {
        report.check(outcome == "ok", format!("{name}: {outcome}"));
    }
}
