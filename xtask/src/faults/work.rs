//! Writers and readers that go on through whatever happens, and write into the ledger what they were told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::ledger::{Ledger, Outcome, members, phone};
use crate::server::client::{Client, by_phone, mnemonic};

const WRITERS: u64 = 8;
const READERS: u64 = 2;
/// Every so many calls of a writer are uploads.
const CALLS_PER_UPLOAD: u64 = 4;
/// Contacts in an upload.
const UPLOADED: u64 = 20;
/// Odd, and without small factors: it leads everywhere.
const STRIDE: u64 = 2_654_435_761;

/// A server that is worked on.
pub struct Work<'a> {
    pub address: &'a str,
    pub token: &'a str,
    pub ledger: &'a Ledger,
}

impl Work<'_> {
    /// Lets writers and readers work until this returns.
    pub fn go_on<T>(&self, meanwhile: impl FnOnce() -> T) -> T {
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

    /// Until it is over, or the connection breaks.
    fn write(&self, over: &AtomicBool) {
        let Ok(mut client) = Client::connect(self.address, self.token) else { return };
        let mut calls = 0;
        while !over.load(Ordering::Relaxed) {
            calls += 1;
            let count = if calls % CALLS_PER_UPLOAD == 0 { UPLOADED } else { 1 };
            let first = self.ledger.take(count);
            let begin = Instant::now();
            let answer = match count {
                1 => client.call("create.contacts", &format!(",{}", members(first))),
                _ => client.call("upload.contacts", &uploaded(first, count)),
            };
            let Ok(answer) = answer else {
                return self.ledger.note(first, count, Outcome::Unanswered);
            };
            self.ledger.note_time(begin.elapsed());
            self.ledger.note(first, count, self.judged(&answer));
        }
    }

    /// What came of a change; a refusal that nobody should get is noted.
    fn judged(&self, answer: &str) -> Outcome {
        let refused = mnemonic(answer);
        if refused.is_none() && answer.contains(r#""result":{"#) {
            return Outcome::Acknowledged;
        }
        if refused != Some("internal_error") {
            self.ledger.note_strange(answer);
        }
        Outcome::Refused
    }

    fn read(&self, over: &AtomicBool, reader: u64) {
        let Ok(mut client) = Client::connect(self.address, self.token) else { return };
        let (mut chance, reads) = (reader, &self.ledger.reads);
        while !over.load(Ordering::Relaxed) {
            chance = chance.wrapping_add(STRIDE) % u64::from(u32::MAX);
            let Some((number, is_there)) = self.ledger.known(chance) else {
                std::thread::yield_now();
                continue;
            };
            let begin = Instant::now();
            let question = format!(r#","fields":["first_name"]{}"#, by_phone(&phone(number).to_string()));
            let Ok(answer) = client.call("get.contacts", &question) else { return };
            self.ledger.note_time(begin.elapsed());
            let wanted = if is_there { format!(r#"[{{"first_name":"number {number}"}}]"#) } else { "[]".to_owned() };
            let seen = match mnemonic(&answer) {
                None if answer.contains(&format!(r#""data":{wanted},"#)) => &reads.right,
                None => &reads.wrong,
                Some("internal_error") => &reads.refused,
                Some(_) => {
                    self.ledger.note_strange(&answer);
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
