//! Clients that do random operations on random servers, and a record of their calls.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ringbook_testbed::http_client::{HttpClient, WAIT_MAX};
use ringbook_testbed::random::{Choices, Rng};
use serde_json::{Value, json};

use super::super::fleet::Fleet;
use super::super::harness::{eventually, outcome, try_call, try_send};
use super::checker::Call;
use super::model::{BATCH, Members, Operation, Page};

/// Number of batches that are kept; when there are more, they are deleted.
const BATCHES_KEPT: usize = 2;
/// One call in this many is sent without waiting for its reply.
const CALLS_PER_ABANDONED: usize = 40;
/// No group has this id.
const UNKNOWN_GROUP: u64 = 900_000_000;

/// A batch: its value and the ids of its contacts.
type Batch = (u64, Vec<u64>);

/// What all clients share: the account, and the record of calls.
pub struct Recorder<'f> {
    pub fleet: &'f Fleet,
    clock: Instant,
    /// Ids of the contacts that are registers.
    registers: Vec<u64>,
    /// Id of the organization whose name they show.
    organization: u64,
    /// The last value that was written.
    value: AtomicU64,
    /// Batches that exist, as far as is known, and that no client is deleting.
    batches: Mutex<Vec<Batch>>,
    calls: Mutex<Vec<Call>>,
    /// Number of calls that were begun, of all clients.
    begun: Mutex<u64>,
    begun_changed: Condvar,
}

/// The result of an attempted call.
enum CallResult {
    Reply(Value),
    /// There was no reply, or `internal_error`: the operation may have been done.
    Unknown,
    /// There was no connection: the operation was not done.
    NotSent,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'f> Recorder<'f> {
    /// Creates the registers; the first name of their organization is 0.
    pub fn new(fleet: &'f Fleet, registers: usize) -> Recorder<'f> {
        let id = |reply: Value| reply["result"]["data"]["id"].as_u64().unwrap_or_else(|| panic!("{reply}"));
        let organization = id(fleet.call(0, "create.contact_organizations", json!({"name": "o0"})));
        let register = |at| {
            let name = format!("register {at}");
            let record = json!({"last_name": name, "phone_numbers": ["100"], "organization_id": organization});
            id(fleet.call(0, "create.contacts", record))
        };
        Recorder {
            fleet,
            clock: Instant::now(),
            registers: (0..registers).map(register).collect(),
            organization,
            value: AtomicU64::new(0),
            batches: Mutex::default(),
            calls: Mutex::default(),
            begun: Mutex::new(0),
            begun_changed: Condvar::new(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_nanos()).expect("tests take less than centuries")
    }

    fn next_value(&self) -> u64 {
        self.value.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn record(&self, call: Call) {
        lock(&self.calls).push(call);
    }

    /// The calls that were recorded since the last time.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut lock(&self.calls))
    }

    fn count_begun_call(&self) {
        *lock(&self.begun) += 1;
        self.begun_changed.notify_all();
    }

    /// Waits until clients have begun this number of further calls, for at most `time_max`.
    pub fn wait_for_calls(&self, calls: u64, time_max: Duration) {
        let begun = lock(&self.begun);
        let until = begun.saturating_add(calls);
        // Whether the time is over does not matter.
        let _ = self.begun_changed.wait_timeout_while(begun, time_max, |begun| *begun < until);
    }

    /// Finds batches whose upload was not answered, so that they are deleted eventually.
    pub fn adopt_batches(&self, page: &Value) {
        let mut found: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for record in records(page).iter().filter(|record| record["last_name"] == "batch") {
            let id = record["id"].as_u64().expect("an id");
            found.entry(value_of(&record["first_name"])).or_default().push(id);
        }
        *lock(&self.batches) = found.into_iter().collect();
    }

    /// Reads everything from a running server, until it replies, and records that.
    pub fn read_at_rest(&self, node: usize) -> Value {
        let mut client = Client::new(self, Rng::with_seed(0));
        let mut page = Value::Null;
        eventually(WAIT_MAX, "a server that replies", || {
            let begun = self.now();
            let result = client.call(node, "get.contacts", json!({"limit": 10_000}));
            let CallResult::Reply(reply) = result else { return false };
            let operation = Operation::ReadAll(self.page(&reply));
            self.record(Call { operation, begun, answered: Some(self.now()) });
            page = reply;
            true
        });
        page
    }

    fn page(&self, reply: &Value) -> Page {
        let mut page = Page::default();
        for record in records(reply) {
            if record["last_name"] == "batch" {
                *page.batches.entry(value_of(&record["first_name"])).or_default() += 1;
            } else {
                page.registers.push(register(record));
            }
        }
        page
    }
}

/// The records of a reply.
fn records(reply: &Value) -> &Vec<Value> {
    reply["result"]["data"].as_array().unwrap_or_else(|| panic!("{reply}"))
}

/// A value as it was written; 0 if there is none.
fn value_of(member: &Value) -> u64 {
    member.as_str().map_or(0, |text| text.trim_start_matches('o').parse().expect("a value"))
}

fn register(record: &Value) -> (Members, u64) {
    ([value_of(&record["first_name"]), value_of(&record["patronymic"])], value_of(&record["organization_name"]))
}

/// A client that does one operation after the other, with a connection to each server.
pub struct Client<'d, 'f> {
    recorder: &'d Recorder<'f>,
    rng: Rng,
    connections: Vec<Option<HttpClient<TcpStream>>>,
}

impl<'d, 'f> Client<'d, 'f> {
    pub fn new(recorder: &'d Recorder<'f>, rng: Rng) -> Self {
        let connections = (0..recorder.fleet.len()).map(|_| None).collect();
        Client { recorder, rng, connections }
    }

    fn call(&mut self, node: usize, method: &str, params: Value) -> CallResult {
        let fleet = self.recorder.fleet;
        let connection = match self.connections[node].take() {
            Some(connection) => Some(connection),
            None => connect(fleet, node),
        };
        let Some(mut connection) = connection else { return CallResult::NotSent };
        let params = fleet.with_token(params);
        if self.rng.one_in(CALLS_PER_ABANDONED) {
            // The connection is closed without reading the reply.
            try_send(&mut connection, method, &params);
            return CallResult::Unknown;
        }
        let Some(reply) = try_call(&mut connection, method, &params) else { return CallResult::Unknown };
        self.connections[node] = Some(connection);
        if outcome(&reply) == "internal_error" { CallResult::Unknown } else { CallResult::Reply(reply) }
    }

    /// Does a random operation on a random server.
    pub fn act(&mut self) {
        let node = self.rng.below(self.recorder.fleet.len());
        self.recorder.count_begun_call();
        match self.rng.below(20) {
            0..=5 => self.read_all(node),
            6..=8 => self.read_one(node),
            9..=14 => self.write(node),
            15 => self.rename(node),
            16 => self.upload(node),
            17..=18 => self.delete(node),
            _ => self.write_invalid(node),
        }
    }

    fn read_all(&mut self, node: usize) {
        let begun = self.recorder.now();
        if let CallResult::Reply(reply) = self.call(node, "get.contacts", json!({"limit": 10_000})) {
            let answered = Some(self.recorder.now());
            let operation = Operation::ReadAll(self.recorder.page(&reply));
            self.recorder.record(Call { operation, begun, answered });
        }
    }

    fn read_one(&mut self, node: usize) {
        let at = self.register();
        let filter = json!({"field": "id", "operator": "=", "value": self.recorder.registers[at]});
        let begun = self.recorder.now();
        if let CallResult::Reply(reply) = self.call(node, "get.contacts", json!({"filter": filter})) {
            let answered = Some(self.recorder.now());
            let (seen, name) = register(&records(&reply)[0]);
            let operation = Operation::ReadOne { register: at, seen, name };
            self.recorder.record(Call { operation, begun, answered });
        }
    }

    fn register(&mut self) -> usize {
        self.rng.below(self.recorder.registers.len())
    }

    fn write(&mut self, node: usize) {
        let register = self.register();
        let members = self.rng.below(3);
        let values = [0, 1].map(|member| (members == 2 || members == member).then(|| self.recorder.next_value()));
        let mut update = json!({"id": self.recorder.registers[register]});
        for (name, value) in ["first_name", "patronymic"].into_iter().zip(values) {
            if let Some(value) = value {
                update[name] = json!(value.to_string());
            }
        }
        self.change(node, "update.contacts", update, Operation::Write { register, values });
    }

    fn rename(&mut self, node: usize) {
        let value = self.recorder.next_value();
        let update = json!({"id": self.recorder.organization, "name": format!("o{value}")});
        self.change(node, "update.contact_organizations", update, Operation::Rename(value));
    }

    fn upload(&mut self, node: usize) {
        let value = self.recorder.next_value();
        let record = json!({"last_name": "batch", "first_name": value.to_string(), "phone_numbers": ["100"]});
        let params = json!({"contacts": vec![record; BATCH]});
        if let Some(reply) = self.change(node, "upload.contacts", params, Operation::Upload(value)) {
            let ids = reply["result"]["data"]["ids"].as_array().unwrap_or_else(|| panic!("{reply}"));
            let ids = ids.iter().map(|id| id.as_u64().expect("an id")).collect();
            lock(&self.recorder.batches).push((value, ids));
        }
    }

    fn delete(&mut self, node: usize) {
        let oldest = {
            let mut batches = lock(&self.recorder.batches);
            (batches.len() > BATCHES_KEPT).then(|| batches.remove(0))
        };
        let Some((batch, ids)) = oldest else { return self.read_all(node) };
        let operation = Operation::Delete(batch);
        // Without a reply the deletion is repeated later, and may then find nothing.
        if self.change(node, "delete.contacts", json!({"ids": ids}), operation).is_none() {
            lock(&self.recorder.batches).push((batch, ids));
        }
    }

    /// A change that is refused and must have no effect. If its value is read, no order explains that.
    fn write_invalid(&mut self, node: usize) {
        let register = self.recorder.registers[self.register()];
        let value = self.recorder.next_value().to_string();
        let update = json!({"id": register, "first_name": value, "groups": [UNKNOWN_GROUP]});
        if let CallResult::Reply(reply) = self.call(node, "update.contacts", update) {
            assert_eq!(outcome(&reply), "entity_not_found", "{reply}");
        }
    }

    /// Makes a change and records the call; returns the reply if there is one.
    fn change(&mut self, node: usize, method: &str, params: Value, operation: Operation) -> Option<Value> {
        let begun = self.recorder.now();
        let result = self.call(node, method, params);
        let answered = Some(self.recorder.now());
        match result {
            CallResult::NotSent => None,
            CallResult::Unknown => {
                self.recorder.record(Call { operation, begun, answered: None });
                None
            }
            CallResult::Reply(reply) => {
                let operation = match (outcome(&reply).as_str(), operation) {
                    ("ok", operation) => operation,
                    ("entity_not_found", Operation::Delete(batch)) => Operation::DeleteMissing(batch),
                    (_, operation) => panic!("{operation:?}: {reply}"),
                };
                self.recorder.record(Call { operation, begun, answered });
                Some(reply)
            }
        }
    }
}

/// Connects to a server; if it was killed, waits until it is started again.
fn connect(fleet: &Fleet, node: usize) -> Option<HttpClient<TcpStream>> {
    let address: SocketAddr = fleet.address(node);
    match HttpClient::try_connect(address) {
        Ok(connection) => Some(connection),
        Err(_) => {
            fleet.wait_for_launch(node, WAIT_MAX);
            None
        }
    }
}
