//! Writers and readers that continue through faults and record every reply in the expected state.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use ringbook_testbed::api_client::{ApiClient, by_phone, mnemonic};

use crate::expected::{ExpectedState, Outcome, members, phone};

const WRITERS: u64 = 8;
const READERS: u64 = 2;
/// Every n-th call of a writer is an upload.
const CALLS_PER_UPLOAD: u64 = 4;
/// Contacts in an upload.
const UPLOADED: u64 = 20;
/// Odd and without small factors, so that multiples of it cover the numbers evenly.
const STRIDE: u64 = 2_654_435_761;

/// A server under load.
pub struct Workload<'a> {
    pub address: &'a str,
    pub token: &'a str,
    pub expected: &'a ExpectedState,
}

impl Workload<'_> {
    /// Runs writers and readers until `meanwhile` returns.
    pub fn run_while<T>(&self, meanwhile: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| self.write(&over));
            }
            for reader in 0..READERS {
                let over = &over;
                scope.spawn(move || self.read(over, reader));
            }
            let result = meanwhile();
            over.store(true, Ordering::Relaxed);
            result
        })
    }

    /// Writes until `over` is set or the connection breaks.
    fn write(&self, over: &AtomicBool) {
        let Ok(mut client) = ApiClient::connect(self.address, self.token) else { return };
        let mut calls = 0;
        while !over.load(Ordering::Relaxed) {
            calls += 1;
            let count = if calls % CALLS_PER_UPLOAD == 0 { UPLOADED } else { 1 };
            if self.change(&mut client, count) == Outcome::Unanswered {
                return;
            }
        }
    }

    /// Makes one change of `count` new contacts and records its outcome.
    pub fn change(&self, client: &mut ApiClient, count: u64) -> Outcome {
        let first = self.expected.take(count);
        let begin = Instant::now();
        let answer = match count {
            1 => client.call("create.contacts", &format!(",{}", members(first))),
            _ => client.call("upload.contacts", &uploaded(first, count)),
        };
        let outcome = match answer {
            Ok(answer) => {
                self.expected.note_time(begin.elapsed());
                self.outcome(&answer)
            }
            Err(_) => Outcome::Unanswered,
        };
        self.expected.note(first, count, outcome);
        outcome
    }

    /// The outcome of a change; errors other than `internal_error` are recorded.
    fn outcome(&self, answer: &str) -> Outcome {
        let refused = mnemonic(answer);
        if refused.is_none() && answer.contains(r#""result":{"#) {
            return Outcome::Acknowledged;
        }
        if refused != Some("internal_error") {
            self.expected.note_unexpected_reply(answer);
        }
        Outcome::Refused
    }

    fn read(&self, over: &AtomicBool, reader: u64) {
        let Ok(mut client) = ApiClient::connect(self.address, self.token) else { return };
        let (mut chance, reads) = (reader, &self.expected.reads);
        while !over.load(Ordering::Relaxed) {
            chance = chance.wrapping_add(STRIDE) % u64::from(u32::MAX);
            let Some((number, is_there)) = self.expected.known(chance) else {
                std::thread::yield_now();
                continue;
            };
            let begin = Instant::now();
            let question = format!(r#","fields":["first_name"]{}"#, by_phone(&phone(number).to_string()));
            let Ok(answer) = client.call("get.contacts", &question) else { return };
            self.expected.note_time(begin.elapsed());
            let wanted = if is_there { format!(r#"[{{"first_name":"number {number}"}}]"#) } else { "[]".to_owned() };
            let seen = match mnemonic(&answer) {
                None if answer.contains(&format!(r#""data":{wanted},"#)) => &reads.right,
                None => &reads.wrong,
                Some("internal_error") => &reads.refused,
                Some(_) => {
                    self.expected.note_unexpected_reply(&answer);
                    &reads.refused
                }
            };
            seen.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn uploaded(first: u64, count: u64) -> String {
    let records: Vec<String> = (first..first + count).map(|number| format!("{{{}}}", members(number))).collect();
    format!(r#","contacts":[{}]"#, records.join(","))
}
