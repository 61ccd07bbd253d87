//! SIGKILL under concurrent writers: after the restart every acknowledged change is there, and no change is there in part.
//!
//! Each writer has its own contacts and records what was acknowledged. A call without a reply may have been done or not,
//! but only as a whole. After a restart all contacts are read and compared, and old ones deleted, so that the book stays
//! small. Kills come after a random number of changes that depends on the seed. `RINGBOOK_CRASH_ROUNDS` is the number of
//! kills, `RINGBOOK_CRASH_SEED` the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, PoisonError};

use ringbook_testbed::http_client::{HttpClient, WAIT_MAX};
use ringbook_testbed::random::{Choices, Rng};
use serde_json::{Value, json};

use super::harness::{Server, added, key, outcome, place, told, try_call};

/// Default number of kills.
const ROUNDS: u64 = 4;
/// Number of writers, each with a connection.
const WRITERS: usize = 64;
/// Maximum number of acknowledged changes before a kill.
const CHANGES_PER_ROUND_MAX: u64 = 1_500;
/// Contacts that a writer keeps from one kill to the next.
const CONTACTS_KEPT: usize = 40;
/// Kills between two regular stops, after which `ringbook check` is run.
const KILLS_PER_CHECK: u64 = 50;
/// Contacts that are read or deleted by one call.
const PAGE: usize = 10_000;
/// Contacts in an upload.
const UPLOADED: u64 = 20;

/// The written members of a contact: first name and phone number.
type Written = (String, String);

/// The effect of a call without a reply.
#[derive(Debug, Clone)]
enum Pending {
    Create(Written),
    Update(u64, Written),
    Delete(Vec<u64>),
    Upload(Vec<Written>),
}

/// A number that one thread waits for and others increase.
#[derive(Debug, Default)]
struct Counter {
    value: Mutex<u64>,
    changed: Condvar,
}

impl Counter {
    fn value(&self) -> u64 {
        *self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_one(&self) {
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_one();
    }

    /// Waits until the value is at least `least`.
    ///
    /// # Panics
    /// It is not within [`WAIT_MAX`].
    fn wait_for(&self, least: u64) {
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(value, WAIT_MAX, |value| *value < least);
        let (value, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "only {} changes were acknowledged", *value);
    }
}

/// A writer and the known state of its contacts.
#[derive(Debug, Default)]
struct Writer {
    name: String,
    contacts: BTreeMap<u64, Written>,
    pending: Option<Pending>,
    steps: u64,
}

impl Writer {
    fn known(&mut self) -> Written {
        self.steps += 1;
        (format!("step {}", self.steps), format!("7{}", 1_000_000_000 + self.steps))
    }

    fn record(&self, (first, phone): &Written) -> Value {
        json!({"last_name": self.name, "first_name": first, "phone_numbers": [phone]})
    }

    /// The next change, and the call that makes it.
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
                let known: Vec<Written> = (0..UPLOADED).map(|_| self.known()).collect();
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

    /// Applies an acknowledged change.
    fn acknowledged(&mut self, pending: Pending, data: &Value) {
        match pending {
            Pending::Create(known) => drop(self.contacts.insert(data["id"].as_u64().expect("an id"), known)),
            Pending::Update(id, known) => drop(self.contacts.insert(id, known)),
            Pending::Delete(ids) => ids.iter().for_each(|id| drop(self.contacts.remove(id))),
            Pending::Upload(known) => {
                let ids =
                    data["ids"].as_array().expect("ids").iter().map(|id| id.as_u64().expect("all contacts are valid"));
                self.contacts.extend(ids.zip(known));
            }
        }
    }

    /// Makes changes until the connection breaks; counts those that were acknowledged.
    fn write(&mut self, address: SocketAddr, token: &str, mut rng: Rng, count: &Counter) {
        let Ok(mut client) = HttpClient::try_connect(address) else { return };
        loop {
            let (pending, method, mut params) = self.next(&mut rng);
            params["access_token"] = json!(token);
            self.pending = Some(pending.clone());
            let Some(answer) = try_call(&mut client, method, &params) else { return };
            assert!(answer["error"].is_null(), "{method}: {answer}");
            self.acknowledged(pending, &answer["result"]["data"]);
            self.pending = None;
            count.add_one();
        }
    }

    /// Compares the contacts with what was acknowledged, with or without the effect of the pending call.
    fn compare(&mut self, found: BTreeMap<u64, Written>) {
        let Some(pending) = self.pending.take().filter(|_| found != self.contacts) else {
            assert_eq!(found, self.contacts, "{}: not what was acknowledged", self.name);
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
        assert_eq!(found, with, "{}: neither without nor with all of {pending:?}", self.name);
        self.contacts = with;
    }
}

impl Writer {
    /// Removes its oldest contacts from the known state, except [`CONTACTS_KEPT`]; returns their ids.
    fn forget_oldest(&mut self) -> Vec<u64> {
        let old = self.contacts.len().saturating_sub(CONTACTS_KEPT);
        let ids: Vec<u64> = self.contacts.keys().take(old).copied().collect();
        ids.iter().for_each(|id| drop(self.contacts.remove(id)));
        ids
    }
}

/// Compares all contacts with what the writers know, then deletes old ones.
fn compare_all(server: &Server, token: &str, writers: &mut [Writer]) {
    let mut found = read_all(server, token);
    for writer in writers.iter_mut() {
        writer.compare(found.remove(&writer.name).unwrap_or_default());
    }
    assert!(found.is_empty(), "contacts of no writer: {found:?}");
    let old: Vec<u64> = writers.iter_mut().flat_map(Writer::forget_oldest).collect();
    for some in old.chunks(PAGE) {
        let answer = server.call("delete.contacts", json!({"access_token": token, "ids": some}));
        assert_eq!(outcome(&answer), "ok", "{answer}");
    }
}

/// All contacts of the book by last name, which is the name of their writer.
fn read_all(server: &Server, token: &str) -> BTreeMap<String, BTreeMap<u64, Written>> {
    let mut found: BTreeMap<String, BTreeMap<u64, Written>> = BTreeMap::new();
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
fn a_kill_under_writers_loses_no_acknowledged_change() {
    let (rounds, seed) = (setting("RINGBOOK_CRASH_ROUNDS", ROUNDS), setting("RINGBOOK_CRASH_SEED", 1));
    let root = place();
    let data = root.path().join("data");
    let customer = added(&data, "customer add Acme");
    let user = added(&data, &format!("user add acme --customer {customer}"));
    let (_, token) = key(&data, user);
    told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
    let mut writers: Vec<Writer> =
        (0..WRITERS).map(|at| Writer { name: format!("writer {at}"), ..Writer::default() }).collect();
    let (mut acknowledged, mut pending) = (0, 0);
    let mut rng = Rng::with_seed(seed);
    let mut server = Server::serve(&data, &[]);
    for round in 0..rounds {
        let (count, until) = (Counter::default(), rng.u64(1..=CHANGES_PER_ROUND_MAX));
        std::thread::scope(|scope| {
            for (at, writer) in writers.iter_mut().enumerate() {
                let (token, count, address) = (&token, &count, server.address);
                let rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(round * 1_009 + at as u64));
                scope.spawn(move || writer.write(address, token, rng, count));
            }
            count.wait_for(until);
            server.kill();
        });
        acknowledged += count.value();
        pending += writers.iter().filter(|writer| writer.pending.is_some()).count();
        server = Server::serve(&data, &[]);
        compare_all(&server, &token, &mut writers);
        if (round + 1) % KILLS_PER_CHECK == 0 || round + 1 == rounds {
            server.stop();
            assert_eq!(told(&data, "check")["ok"], true);
            server = Server::serve(&data, &[]);
            eprintln!("{} kills, {acknowledged} acknowledged changes, {pending} without a reply, none lost", round + 1);
        }
    }
    server.stop();
}
