//! A customer, and a stranger without a token, that send whatever the protocol allows as fast as they can.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use ringbook_testbed::api_client::{ApiClient, call, mnemonic};
use ringbook_testbed::http_client::post;
use ringbook_testbed::random::{Choices, Rng};
use ringbook_testbed::worst_cases::WorstCase;

use crate::corpus::Query;

/// Connections of the hostile customer.
const CLIENTS: usize = 16;
/// Connections of the stranger.
const STRANGERS: usize = 4;
/// Contacts in an upload.
const UPLOADED: usize = 1_000;
/// Ids in a list of members.
const MEMBERS: usize = 20_000;
/// Characters of the longest name.
const NAME_CHARS: usize = 255;

/// What the hostile clients have sent, by outcome.
#[derive(Default)]
pub struct Tally {
    pub answered: AtomicU64,
    pub refused: AtomicU64,
    /// Connections that broke, most of them because the client left on purpose.
    pub broken: AtomicU64,
    /// Answers of `internal_error`.
    pub internal_errors: AtomicU64,
}

impl Tally {
    fn note(&self, answer: &std::io::Result<String>) {
        let counter = match answer {
            Err(_) => &self.broken,
            Ok(answer) => match mnemonic(answer) {
                None => &self.answered,
                Some("internal_error") => &self.internal_errors,
                Some(_) => &self.refused,
            },
        };
        counter.fetch_add(1, Relaxed);
    }
}

/// The hostile customer and the stranger.
pub struct Hostile<'a> {
    pub addresses: &'a [String],
    pub token: &'a str,
    /// The token of the agent that the customer belongs to.
    pub agent: &'a str,
    pub queries: &'a [Query],
    /// The interval of the reports, as members of `params`.
    pub interval: &'a str,
    /// The largest calls of every method.
    pub worst: &'a [WorstCase],
    pub tally: &'a Tally,
}

impl Hostile<'_> {
    /// Runs them until `meanwhile` returns.
    pub fn run_while<T>(&self, meanwhile: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for at in 0..CLIENTS + STRANGERS {
                let over = &over;
                scope.spawn(move || self.run(at, over));
            }
            let result = meanwhile();
            over.store(true, Relaxed);
            result
        })
    }

    fn run(&self, at: usize, over: &AtomicBool) {
        let mut random = Rng::with_seed(at as u64);
        let address = &self.addresses[at % self.addresses.len()];
        while !over.load(Relaxed) {
            let Ok(mut client) = ApiClient::connect(address, self.token) else { return };
            while !over.load(Relaxed) {
                let body = if at < CLIENTS { self.of_customer(&mut random) } else { of_stranger(&mut random) };
                if random.one_in(20) {
                    leave(address, &body, &mut random);
                    self.tally.broken.fetch_add(1, Relaxed);
                    continue;
                }
                let answer = client.post(&body);
                self.tally.note(&answer);
                if answer.is_err() {
                    break;
                }
            }
        }
    }

    fn of_customer(&self, random: &mut Rng) -> String {
        let id = random.between(1, 20_000);
        let ask = |method: &str, members: String| call(self.token, method, &members);
        match random.below(20) {
            0..5 => ask("get.contacts", self.queries[random.below(self.queries.len())].members.clone()),
            5 => ask("get.contacts", r#","limit":10000"#.to_owned()),
            6 => ask("get.contact_changes", r#","since":"","limit":10000"#.to_owned()),
            7 => ask("upload.contacts", upload(random)),
            8 => ask("create.contacts", format!(r#","last_name":"{}","phone_numbers":["{id:08}"]"#, name(random))),
            9 => ask("create.group_contacts", format!(r#","name":"{}","members":[{}]"#, name(random), ids())),
            10 => ask("update.group_contacts", format!(r#","id":{},"members":[{}]"#, id % 50 + 1, ids())),
            11 => ask("delete.group_contacts", format!(r#","id":{}"#, id % 50 + 1)),
            12 => ask("delete.contacts", format!(r#","id":{id}"#)),
            13 => ask("get.api_requests", report(self.interval, random)),
            14 => ask("get.group_contacts", r#","limit":10000"#.to_owned()),
            15..19 => {
                let WorstCase { method, params, is_for_agents, .. } = &self.worst[random.below(self.worst.len())];
                let members = params.to_string();
                let members = members.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
                let caller = if *is_for_agents { self.agent } else { self.token };
                call(caller, method, &if members.is_empty() { String::new() } else { format!(",{members}") })
            }
            _ => of_stranger(random),
        }
    }
}

/// Sends a body, or a part of it, and closes the connection without reading.
fn leave(address: &str, body: &str, random: &mut Rng) {
    let bytes = post(body);
    let sent = if random.percent(50) { bytes.len() } else { random.below(bytes.len()) };
    if let Ok(mut stream) = TcpStream::connect(address) {
        // The client leaves in any case; what the server has received by then does not matter.
        let _ = stream.write_all(&bytes[..sent]);
        let _ = stream.set_nonblocking(true);
        let _ = stream.read(&mut [0; 64]);
    }
}

fn of_stranger(random: &mut Rng) -> String {
    let number = random.below(1_000_000);
    match random.below(6) {
        0 => r#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"#.to_owned(),
        1 => format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"login.user","params":{{"login":"user{number}","password":"x"}}}}"#
        ),
        2 => "[".repeat(random.between(1, 100_000)),
        3 => call(&format!("{number:032}"), "get.contacts", ""),
        4 => call("x", &"m".repeat(random.between(1, 50_000)), ""),
        _ => call("x", "get.contacts", &r#","a":{"b":[]}"#.repeat(random.between(1, 20_000))),
    }
}

fn report(interval: &str, random: &mut Rng) -> String {
    let regexp = r#","filter":{"field":"request","operator":"regexp","value":"(a+)+$"}"#;
    let filter = if random.percent(50) { regexp } else { "" };
    format!(r#"{interval},"limit":10000{filter}"#)
}

fn name(random: &mut Rng) -> String {
    match random.below(3) {
        0 => "😀".repeat(NAME_CHARS),
        1 => format!("Name {}", random.below(1_000_000)),
        _ => (0..random.between(1, NAME_CHARS)).map(|_| random.letter("abcxyz ваняйё")).collect(),
    }
}

fn ids() -> String {
    let ids: Vec<String> = (1..=MEMBERS).map(|id| id.to_string()).collect();
    ids.join(",")
}

fn upload(random: &mut Rng) -> String {
    let name = name(random);
    let first = random.below(1_000_000);
    let record = |at: usize| format!(r#"{{"last_name":"{name}","phone_numbers":["{:08}"]}}"#, first + at);
    let records: Vec<String> = (0..UPLOADED).map(record).collect();
    format!(r#","on_error":"skip","contacts":[{}]"#, records.join(","))
}
