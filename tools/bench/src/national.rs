//! Row 24: a look-up by a national number against one by the same number in international form, and the number rule by itself.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use phone_number::NumberRule;
use ringbook_testbed::api_client::{self, ApiClient, by_phone, contacts};

use crate::Options;
use crate::figures::{self, Comparison, Goal, Line};
use crate::load::{Load, Measured};
use crate::setup::Setup;
use crate::writes::BookCopy;

/// The row measured here.
pub const ROW: u32 = 24;

/// Contacts of the book.
const CONTACTS: u64 = 100_000;
/// Numbers that are asked for in turn.
const NUMBERS: usize = 2_000;
const CONNECTIONS: usize = 64;
/// The country of the customer.
const COUNTRY: &str = "RU";
/// How often all numbers are read by the rule in a round.
const READ_TIMES: usize = 200;
/// The most that the rule may take for a number, in seconds.
const RULE_TIME: f64 = 1e-6;

/// Measures the row if it is requested.
///
/// # Errors
/// A program is missing, or a server returns an unexpected reply.
pub fn measure(options: &Options) -> Result<Vec<Line>, String> {
    if !options.asks_for(&[ROW]) {
        return Ok(Vec::new());
    }
    let setup = &Setup::prepare(CONTACTS)?;
    let place = BookCopy::demo(setup, "national", CONTACTS)?;
    let mut set = Command::new(&setup.ringbook);
    set.args(["customer", "set", "1", "--country", COUNTRY, "--yes", "--data"]);
    ringbook_testbed::quietly(set.arg(setup.scratch.join("national")))?;
    let server = place.serve(setup)?;
    let numbers = mobile_numbers(&mut ApiClient::connect(&server.address, &place.token)?)?;
    let bodies = |form: fn(&str) -> String| -> Vec<String> {
        numbers.iter().map(|number| contacts(&place.token, &by_phone(&form(number)))).collect()
    };
    let (dialled, stored) = (bodies(national), bodies(str::to_owned));
    let run = |bodies: &[String]| -> Result<Measured, String> {
        let url = format!("http://{}{}", server.address, api_client::PATH);
        Load { url, bodies, connections: CONNECTIONS, time: options.time }.run(&setup.scratch)
    };
    let (mut rates, mut latencies) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let (ours, floor) = (run(&dialled)?, run(&stored)?);
        rates.push((ours.calls, floor.calls));
        latencies.push((ours.p99, floor.p99));
    }
    let line = |subject: String, floor: &str, pairs, shown, goal| {
        Comparison { row: ROW, subject, floor: floor.to_owned(), pairs, shown, goal }.line()
    };
    let subject = format!("one contact by phone in national form, `8 (916) …`, {CONNECTIONS} connections");
    let same = "`7916…`, the same numbers";
    let mut lines = vec![
        line(format!("{subject}: calls"), same, rates, figures::calls as fn(f64) -> String, Goal::AtLeast(0.95)),
        line(format!("{subject}: 99th percentile"), same, latencies, figures::time, Goal::Unset),
    ];
    let in_national_form = numbers.iter().map(|number| national(number)).collect();
    let forms: [(&str, Vec<String>); 2] = [("national", in_national_form), ("international", numbers.clone())];
    for (form, texts) in forms {
        let pairs = (0..options.rounds).map(|_| Ok((rule_time(&texts)?, RULE_TIME))).collect::<Result<_, String>>()?;
        let subject = format!("number rule of {COUNTRY}, a number in {form} form, on one processor");
        lines.push(line(subject, "a microsecond", pairs, figures::short_time, Goal::AtMost(1.0)));
    }
    Ok(lines)
}

/// `8 (916) 123-45-67` for `79161234567`.
fn national(number: &str) -> String {
    let part = |from: usize, to: usize| number.get(from..to).unwrap_or_default();
    format!("8 ({}) {}-{}-{}", part(1, 4), part(4, 7), part(7, 9), part(9, 11))
}

/// The first mobile numbers of the country in the book.
fn mobile_numbers(client: &mut ApiClient) -> Result<Vec<String>, String> {
    let filter = r#"{"field":"phone_numbers","operator":"like","value":"79%"}"#;
    let answer = client.contacts(&format!(r#","filter":{filter},"fields":["phone_numbers"],"limit":10000"#))?;
    let texts = answer.split('"').filter(|text| text.len() == 11 && text.starts_with("79"));
    let numbers: Vec<String> =
        texts.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit())).take(NUMBERS).map(str::to_owned).collect();
    match numbers.len() {
        NUMBERS => Ok(numbers),
        few => Err(format!("the book has only {few} mobile numbers of {COUNTRY}")),
    }
}

/// Seconds that the rule takes for a number.
fn rule_time(texts: &[String]) -> Result<f64, String> {
    let rule = NumberRule::new(Some(COUNTRY), None, None).map_err(|why| why.to_string())?;
    let begin = Instant::now();
    for _ in 0..READ_TIMES {
        for text in texts {
            black_box(rule.read(black_box(text))).map_err(|why| format!("{text}: {why}"))?;
        }
    }
    Ok(begin.elapsed().as_secs_f64() / (READ_TIMES * texts.len()) as f64)
}
