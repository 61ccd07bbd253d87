//! Ordinary use of the API by one customer: look-ups, questions, changes, and its report. Every reply must be a success.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use ringbook_testbed::api_client::{ApiClient, by_phone, mnemonic};

use crate::latency::Times;

/// Connections of each kind of call.
const CONNECTIONS: usize = 2;
/// The last failure is kept for the report, cut to so many bytes.
const FAILURE_BYTES: usize = 300;

/// Kinds of calls that are timed apart.
#[derive(Clone, Copy)]
pub enum Use {
    LookUps,
    Questions,
    Changes,
    Reports,
}

impl Use {
    /// Every kind.
    pub const ALL: [Use; 4] = [Use::LookUps, Use::Questions, Use::Changes, Use::Reports];

    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Use::LookUps => "look-ups",
            Use::Questions => "questions",
            Use::Changes => "changes",
            Use::Reports => "reports",
        }
    }
}

/// A customer and its book.
pub struct Victim<'a> {
    pub addresses: &'a [String],
    pub token: &'a str,
    pub phones: &'a [String],
    /// The interval of the reports, as members of `params`.
    pub interval: &'a str,
    pub next: AtomicUsize,
}

impl Victim<'_> {
    /// Uses the API for some time; the latencies of each kind of [`Use::ALL`], and a failure if there was one.
    pub fn run(&self, time: Duration) -> (Vec<Times>, Option<String>) {
        std::thread::scope(|scope| {
            let workers: Vec<Vec<_>> = Use::ALL
                .iter()
                .map(|kind| (0..CONNECTIONS).map(|at| scope.spawn(move || self.of_one(*kind, at, time))).collect())
                .collect();
            let (mut all, mut failure) = (Vec::new(), None);
            for kind in workers {
                let mut times = Times::default();
                for worker in kind {
                    let (more, why) = worker.join().expect("a worker does not panic");
                    times.add(more);
                    failure = failure.or(why);
                }
                all.push(times);
            }
            (all, failure)
        })
    }

    fn of_one(&self, kind: Use, at: usize, time: Duration) -> (Times, Option<String>) {
        let (mut times, mut failure, begin) = (Times::default(), None, Instant::now());
        let address = &self.addresses[at % self.addresses.len()];
        let mut client = None;
        while begin.elapsed() < time {
            let connected = client.take().map_or_else(|| ApiClient::connect(address, self.token), Ok);
            let Ok(mut connection) = connected else {
                times.failed += 1;
                continue;
            };
            let (method, members) = self.call(kind);
            let asked = Instant::now();
            match connection.call(method, &members) {
                Ok(answer) if mnemonic(&answer).is_none() => {
                    times.note(asked.elapsed());
                    client = Some(connection);
                }
                Ok(answer) => {
                    times.failed += 1;
                    failure = failure.or_else(|| Some(format!("{method}: {}", cut(&answer))));
                    client = Some(connection);
                }
                Err(error) => {
                    times.failed += 1;
                    failure = failure.or_else(|| Some(format!("{method}: {error}")));
                }
            }
        }
        (times, failure)
    }

    fn call(&self, kind: Use) -> (&'static str, String) {
        let number = self.next.fetch_add(1, Relaxed);
        match kind {
            Use::LookUps => ("get.contacts", by_phone(&self.phones[number * 997 % self.phones.len()])),
            Use::Questions => {
                let filter = r#"{"field":"full_name","operator":"ilike","value":"%an%"}"#;
                let sort = r#"[{"field":"last_name"},{"field":"first_name"}]"#;
                ("get.contacts", format!(r#","limit":50,"filter":{filter},"sort":{sort}"#))
            }
            Use::Changes => {
                let members = format!(r#","last_name":"Number {number}","phone_numbers":["44{number:09}"]"#);
                ("create.contacts", members)
            }
            Use::Reports => ("get.api_requests", format!(r#"{},"limit":20"#, self.interval)),
        }
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(FAILURE_BYTES)]
}
