//! SIGKILL under writers: every acknowledged change is there after the restart, and nothing is half-written.
//!
//! Each writer has contacts and a group of its own, and knows what was acknowledged. The call that was under way when
//! the server died may have happened or not, but as a whole. The server that is started after a kill is read once, and
//! then written to until it is killed itself; what is old is deleted between, so that the book stays small. The moments
//! of the kills are chance, the same in every run of a seed. `RINGBOOK_CRASH_ROUNDS` says how many kills,
//! `RINGBOOK_CRASH_SEED` where chance begins.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};

use ringbook_testbed::random::{Choices, Rng};
use serde_json::{Value, json};

use super::harness::{Server, added, key, outcome, place, told};
use super::wire::{PATIENCE, post};

/// Kills if nothing is said.
const ROUNDS: u64 = 4;
/// Writers, each with a connection.
const WRITERS: usize = 64;
/// A kill comes after up to so many acknowledged changes.
const CHANGES_PER_ROUND_MAX: u64 = 1_500;
/// Contacts that a writer keeps from one kill to the next.
const CONTACTS_KEPT: usize = 40;
/// Kills between two orderly stops, at which the data are looked through.
const KILLS_PER_CHECK: u64 = 50;
/// Contacts that are read or deleted at once.
const PAGE: usize = 10_000;
/// Contacts in an upload.
const UPLOADED: u64 = 20;

/// A contact as its writer knows it: first name and phone number.
type Known = (String, String);

/// What a call that was not answered would have done.
#[derive(Debug, Clone)]
enum Pending {
    Create(Known),
    Update(u64, Known),
    Delete(Vec<u64>),
    Upload(Vec<Known>),
}

/// What one writer knows of its own contacts.
#[derive(Debug, Default)]
struct Writer {
    name: String,
    contacts: BTreeMap<u64, Known>,
    pending: Option<Pending>,
    steps: u64,
}

/// A connection that may break at any moment.
pub struct Line(TcpStream);

impl Line {
    pub fn connect(address: SocketAddr) -> Option<Line> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Line(stream))
    }

    /// Asks, and reads no answer.
    pub fn send(&mut self, method: &str, params: &Value) -> Option<()> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.0.write_all(&post(body.to_string())).ok()
    }

    /// The answer, if one came.
    pub fn call(&mut self, method: &str, params: &Value) -> Option<Value> {
        self.send(method, params)?;
        let mut seen = Vec::new();
        let mut room = [0; 16 << 10];
        loop {
            let bytes = self.0.read(&mut room).ok().filter(|bytes| *bytes > 0)?;
            seen.extend_from_slice(&room[..bytes]);
            let Some(end) = seen.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&seen[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())?;
            if seen.len() >= end + 4 + length {
                return serde_json::from_slice(&seen[end + 4..end + 4 + length]).ok();
            }
        }
    }
}

impl Writer {
    fn known(&mut self) -> Known {
        self.steps += 1;
        (format!("step {}", self.steps), format!("7{}", 1_000_000_000 + self.steps))
    }

    fn record(&self, (first, phone): &Known) -> Value {
        json!({"last_name": self.name, "first_name": first, "phone_numbers": [phone]})
    }

    /// What to do next, and the call that does it.
    fn next(&mut self, rng: &mut Rng) -> (Pending, &'static str, Value) {
        let some = |writer: &Writer, rng: &mut Rng| {
            let at = rng.below(writer.contacts.len());
            writer.contacts.keys().nth(at).copied()
        };
        match (rng.below(10), some(self, rng)) {
            (0..=2, Some(id)) => {
                let known = self.known();
                let params = json!({"id": id, "first_name": known.0, "phone_numbers": [known.1]});
                (Pending::Update(id, known), "update.contacts", params)
            }
            (3, Some(id)) => {
                let ids: BTreeSet<u64> = [Some(id), some(self, rng)].into_iter().flatten().collect();
                let ids: Vec<u64> = ids.into_iter().collect();
                let params = json!({"ids": ids});
                (Pending::Delete(ids), "delete.contacts", params)
            }
            (4, _) => {
                let known: Vec<Known> = (0..UPLOADED).map(|_| self.known()).collect();
                let records: Vec<Value> = known.iter().map(|known| self.record(known)).collect();
                (Pending::Upload(known), "upload.contacts", json!({"contacts": records}))
            }
            _ => {
                let known = self.known();
                let params = self.record(&known);
                (Pending::Create(known), "create.contacts", params)
            }
        }
    }

    /// Notes what was acknowledged.
    fn acknowledged(&mut self, pending: Pending, data: &Value) {
        match pending {
            Pending::Create(known) => drop(self.contacts.insert(data["id"].as_u64().expect("an id"), known)),
            Pending::Update(id, known) => drop(self.contacts.insert(id, known)),
            Pending::Delete(ids) => ids.iter().for_each(|id| drop(self.contacts.remove(id))),
            Pending::Upload(known) => {
                let ids = data["ids"].as_array().expect("ids").iter().map(|id| id.as_u64().expect("all were good"));
                self.contacts.extend(ids.zip(known));
            }
        }
    }

    /// Writes until the connection breaks; counts what was acknowledged.
    fn write(&mut self, address: SocketAddr, token: &str, mut rng: Rng, count: &AtomicU64) {
        let Some(mut line) = Line::connect(address) else { return };
        loop {
            let (pending, method, mut params) = self.next(&mut rng);
            params["access_token"] = json!(token);
            self.pending = Some(pending.clone());
            let Some(answer) = line.call(method, &params) else { return };
            assert!(answer["error"].is_null(), "{method}: {answer}");
            self.acknowledged(pending, &answer["result"]["data"]);
            self.pending = None;
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What is there must be what was acknowledged, with or without the call that was under way.
    fn judge(&mut self, found: BTreeMap<u64, Known>) {
        let Some(pending) = self.pending.take().filter(|_| found != self.contacts) else {
            assert_eq!(found, self.contacts, "{}: what was acknowledged, and nothing else", self.name);
            return;
        };
        let mut with = std::mem::take(&mut self.contacts);
        let fresh: Vec<u64> = found.keys().filter(|id| !with.contains_key(id)).copied().collect();
        match pending.clone() {
            Pending::Create(known) => with.extend(fresh.into_iter().take(1).map(|id| (id, known.clone()))),
            Pending::Update(id, known) => drop(with.insert(id, known)),
            Pending::Delete(ids) => ids.iter().for_each(|id| drop(with.remove(id))),
            Pending::Upload(known) => with.extend(fresh.into_iter().zip(known)),
        }
        assert_eq!(found, with, "{}: what was acknowledged, and the whole of {pending:?}", self.name);
        self.contacts = with;
    }
}

impl Writer {
    /// Its oldest contacts, but for those that it keeps; they are no more its own.
    fn give_up(&mut self) -> Vec<u64> {
        let old = self.contacts.len().saturating_sub(CONTACTS_KEPT);
        let ids: Vec<u64> = self.contacts.keys().take(old).copied().collect();
        ids.iter().for_each(|id| drop(self.contacts.remove(id)));
        ids
    }
}

/// Whether everything is there that was acknowledged, and nothing else; then deletes what is old.
fn look_through(server: &Server, token: &str, writers: &mut [Writer]) {
    let mut found = survey(server, token);
    for writer in writers.iter_mut() {
        writer.judge(found.remove(&writer.name).unwrap_or_default());
    }
    assert!(found.is_empty(), "nobody has written these: {found:?}");
    let old: Vec<u64> = writers.iter_mut().flat_map(Writer::give_up).collect();
    for some in old.chunks(PAGE) {
        let answer = server.call("delete.contacts", json!({"access_token": token, "ids": some}));
        assert_eq!(outcome(&answer), "ok", "{answer}");
    }
}

/// All contacts of the book by the last name that tells whose they are.
fn survey(server: &Server, token: &str) -> BTreeMap<String, BTreeMap<u64, Known>> {
    let mut found: BTreeMap<String, BTreeMap<u64, Known>> = BTreeMap::new();
    let mut last = 0;
    loop {
        let filter = json!({"field": "id", "operator": ">", "value": last});
        let params = json!({"access_token": token, "limit": PAGE, "filter": filter});
        let answer = server.call("get.contacts", params);
        let page = answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}"));
        for record in page {
            let text = |member: &Value| member.as_str().expect("a text").to_owned();
            let known = (text(&record["first_name"]), text(&record["phone_numbers"][0]));
            let of_writer = found.entry(text(&record["last_name"])).or_default();
            last = record["id"].as_u64().expect("an id");
            of_writer.insert(last, known);
        }
        if page.len() < PAGE {
            return found;
        }
    }
}

pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn a_kill_under_writers_loses_nothing_that_was_acknowledged() {
    let (rounds, seed) = (setting("RINGBOOK_CRASH_ROUNDS", ROUNDS), setting("RINGBOOK_CRASH_SEED", 1));
    let root = place();
    let data = root.path().join("data");
    let customer = added(&data, "customer add Acme");
    let user = added(&data, &format!("user add acme --customer {customer}"));
    let (_, token) = key(&data, user);
    told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
    let mut writers: Vec<Writer> =
        (0..WRITERS).map(|at| Writer { name: format!("writer {at}"), ..Writer::default() }).collect();
    let (mut acknowledged, mut under_way) = (0, 0);
    let mut rng = Rng::with_seed(seed);
    let mut server = Server::serve(&data, &[]);
    for round in 0..rounds {
        let (count, until) = (AtomicU64::new(0), rng.u64(1..=CHANGES_PER_ROUND_MAX));
        std::thread::scope(|scope| {
            for (at, writer) in writers.iter_mut().enumerate() {
                let (token, count, address) = (&token, &count, server.address);
                let rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(round * 1_009 + at as u64));
                scope.spawn(move || writer.write(address, token, rng, count));
            }
            while count.load(Ordering::Relaxed) < until {
                std::hint::spin_loop();
                std::thread::yield_now();
            }
            server.kill();
        });
        acknowledged += count.into_inner();
        under_way += writers.iter().filter(|writer| writer.pending.is_some()).count();
        server = Server::serve(&data, &[]);
        look_through(&server, &token, &mut writers);
        if (round + 1) % KILLS_PER_CHECK == 0 || round + 1 == rounds {
            server.stop();
            assert_eq!(told(&data, "check")["ok"], true);
            server = Server::serve(&data, &[]);
            eprintln!("{} kills, {acknowledged} changes acknowledged, {under_way} under way, none lost", round + 1);
        }
    }
    server.stop();
}
