//! Clients that do by chance what a judge can make sense of, on whichever server, and write down what came of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ringbook_testbed::random::{Choices, Rng};
use serde_json::{Value, json};

use super::super::crashing::Line;
use super::super::fleet::Fleet;
use super::super::harness::{eventually, outcome};
use super::super::wire::PATIENCE;
use super::checker::Call;
use super::model::{BATCH, Deed, Members, Page};

/// Batches that are left alone; more are deleted.
const BATCHES_KEPT: u64 = 2;
/// One call in so many is left without waiting for its answer.
const CALLS_PER_LEAVE: usize = 40;
/// No group has this id.
const NO_GROUP: u64 = 900_000_000;

/// What all clients share.
pub struct BookWriter<'f> {
    pub fleet: &'f Fleet,
    clock: Instant,
    /// The contacts that are registers, and the organization whose name they show.
    registers: Vec<u64>,
    organization: u64,
    /// The last value that anybody wrote.
    value: AtomicU64,
    /// Batches that are there, as far as is known, and that nobody is deleting.
    batches: Mutex<Vec<(u64, Vec<u64>)>>,
    calls: Mutex<Vec<Call>>,
    /// Calls that were begun, of all clients.
    pub begun: AtomicU64,
}

/// What an attempt came to.
enum Came {
    Answer(Value),
    /// The call was not answered, or with `internal_error`.
    Nothing,
    /// It could not even be sent.
    NoServer,
}

impl<'f> BookWriter<'f> {
    /// Makes the registers, with the organization's first name being 0.
    pub fn new(fleet: &'f Fleet, registers: usize) -> BookWriter<'f> {
        let id = |answer: Value| answer["result"]["data"]["id"].as_u64().unwrap_or_else(|| panic!("{answer}"));
        let organization = id(fleet.call(0, "create.contact_organizations", json!({"name": "o0"})));
        let register = |at| {
            let name = format!("register {at}");
            let record = json!({"last_name": name, "phone_numbers": ["100"], "organization_id": organization});
            id(fleet.call(0, "create.contacts", record))
        };
        let registers = (0..registers).map(register).collect();
        let (value, begun, clock) = (AtomicU64::new(0), AtomicU64::new(0), Instant::now());
        BookWriter {
            fleet,
            clock,
            registers,
            organization,
            value,
            batches: Mutex::default(),
            calls: Mutex::default(),
            begun,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_nanos()).expect("tests end within centuries")
    }

    fn value(&self) -> u64 {
        self.value.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn write_down(&self, call: Call) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// What was written down since the last time.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn with_batches<T>(&self, work: impl FnOnce(&mut Vec<(u64, Vec<u64>)>) -> T) -> T {
        work(&mut self.batches.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks for batches whose upload was never answered, so that they are deleted some time.
    pub fn adopt(&self, page: &Value) {
        let mut found: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for record in records(page).iter().filter(|record| record["last_name"] == "batch") {
            found.entry(told(&record["first_name"])).or_default().push(record["id"].as_u64().expect("an id"));
        }
        self.with_batches(|batches| *batches = found.into_iter().collect());
    }

    /// Reads everything from a server that runs, until it answers, and writes that down.
    pub fn read_at_rest(&self, node: usize) -> Value {
        let mut client = Client::new(self, Rng::with_seed(0));
        let mut page = Value::Null;
        eventually(PATIENCE, "a server that answers", || {
            let begun = self.now();
            let Came::Answer(answer) = client.ask(node, "get.contacts", json!({"limit": 10_000})) else { return false };
            let deed = Deed::Read(self.page(&answer));
            self.write_down(Call { deed, begun, answered: Some(self.now()) });
            page = answer;
            true
        });
        page
    }

    fn page(&self, answer: &Value) -> Page {
        let mut page = Page::default();
        for record in records(answer) {
            if record["last_name"] == "batch" {
                *page.batches.entry(told(&record["first_name"])).or_default() += 1;
            } else {
                page.registers.push(register(record));
            }
        }
        page
    }
}

/// The records of an answer.
fn records(answer: &Value) -> &Vec<Value> {
    answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}"))
}

/// A value as it was written; 0 where there is none yet.
fn told(member: &Value) -> u64 {
    member.as_str().map_or(0, |text| text.trim_start_matches('o').parse().expect("a value"))
}

fn register(record: &Value) -> (Members, u64) {
    ([told(&record["first_name"]), told(&record["patronymic"])], told(&record["organization_name"]))
}

/// One client: it does one thing after the other, with a connection to each server.
pub struct Client<'d, 'f> {
    desk: &'d BookWriter<'f>,
    rng: Rng,
    lines: Vec<Option<Line>>,
}

impl<'d, 'f> Client<'d, 'f> {
    pub fn new(desk: &'d BookWriter<'f>, rng: Rng) -> Self {
        let lines = (0..desk.fleet.len()).map(|_| None).collect();
        Client { desk, rng, lines }
    }

    fn ask(&mut self, node: usize, method: &str, params: Value) -> Came {
        if self.lines[node].is_none() {
            self.lines[node] = Line::connect(self.desk.fleet.address(node));
        }
        let Some(line) = &mut self.lines[node] else {
            // Somebody starts it again just now.
            std::thread::sleep(std::time::Duration::from_millis(1));
            return Came::NoServer;
        };
        let params = self.desk.fleet.with_token(params);
        if self.rng.one_in(CALLS_PER_LEAVE) {
            line.send(method, &params);
            self.lines[node] = None;
            return Came::Nothing;
        }
        match line.call(method, &params) {
            Some(answer) if outcome(&answer) == "internal_error" => Came::Nothing,
            Some(answer) => Came::Answer(answer),
            None => {
                self.lines[node] = None;
                Came::Nothing
            }
        }
    }

    /// Does one thing on one server.
    pub fn act(&mut self) {
        let node = self.rng.below(self.desk.fleet.len());
        self.desk.begun.fetch_add(1, Ordering::Relaxed);
        match self.rng.below(20) {
            0..=5 => self.read(node),
            6..=8 => self.look(node),
            9..=14 => self.write(node),
            15 => self.rename(node),
            16 => self.upload(node),
            17..=18 => self.delete(node),
            _ => self.be_refused(node),
        }
    }

    fn read(&mut self, node: usize) {
        let begun = self.desk.now();
        if let Came::Answer(answer) = self.ask(node, "get.contacts", json!({"limit": 10_000})) {
            let answered = Some(self.desk.now());
            self.desk.write_down(Call { deed: Deed::Read(self.desk.page(&answer)), begun, answered });
        }
    }

    fn look(&mut self, node: usize) {
        let at = self.register();
        let filter = json!({"field": "id", "operator": "=", "value": self.desk.registers[at]});
        let begun = self.desk.now();
        if let Came::Answer(answer) = self.ask(node, "get.contacts", json!({"filter": filter})) {
            let answered = Some(self.desk.now());
            let (seen, name) = register(&records(&answer)[0]);
            self.desk.write_down(Call { deed: Deed::Look { register: at, seen, name }, begun, answered });
        }
    }

    fn register(&mut self) -> usize {
        self.rng.below(self.desk.registers.len())
    }

    fn write(&mut self, node: usize) {
        let register = self.register();
        let members = self.rng.below(3);
        let values = [0, 1].map(|member| (members == 2 || members == member).then(|| self.desk.value()));
        let mut update = json!({"id": self.desk.registers[register]});
        for (name, value) in ["first_name", "patronymic"].into_iter().zip(values) {
            if let Some(value) = value {
                update[name] = json!(value.to_string());
            }
        }
        self.change(node, "update.contacts", update, Deed::Write { register, values });
    }

    fn rename(&mut self, node: usize) {
        let value = self.desk.value();
        let update = json!({"id": self.desk.organization, "name": format!("o{value}")});
        self.change(node, "update.contact_organizations", update, Deed::Rename(value));
    }

    fn upload(&mut self, node: usize) {
        let value = self.desk.value();
        let record = json!({"last_name": "batch", "first_name": value.to_string(), "phone_numbers": ["100"]});
        let records = vec![record; BATCH];
        if let Some(answer) = self.change(node, "upload.contacts", json!({"contacts": records}), Deed::Upload(value)) {
            let ids = answer["result"]["data"]["ids"].as_array().unwrap_or_else(|| panic!("{answer}"));
            let ids = ids.iter().map(|id| id.as_u64().expect("an id")).collect();
            self.desk.with_batches(|batches| batches.push((value, ids)));
        }
    }

    fn delete(&mut self, node: usize) {
        let take = |batches: &mut Vec<_>| (batches.len() as u64 > BATCHES_KEPT).then(|| batches.remove(0));
        let Some((batch, ids)) = self.desk.with_batches(take) else { return self.read(node) };
        let deed = Deed::Delete(batch);
        // Who is not answered asks again some time, and may then find nothing.
        if self.change(node, "delete.contacts", json!({"ids": ids}), deed).is_none() {
            self.desk.with_batches(|batches| batches.push((batch, ids)));
        }
    }

    /// A change that must leave nothing behind: its value is nobody's, and whoever sees it finds no order.
    fn be_refused(&mut self, node: usize) {
        let register = self.desk.registers[self.register()];
        let update = json!({"id": register, "first_name": self.desk.value().to_string(), "groups": [NO_GROUP]});
        if let Came::Answer(answer) = self.ask(node, "update.contacts", update) {
            assert_eq!(outcome(&answer), "entity_not_found", "{answer}");
        }
    }

    /// Makes a change and writes down what is known of it; its answer if there is one.
    fn change(&mut self, node: usize, method: &str, params: Value, deed: Deed) -> Option<Value> {
        let begun = self.desk.now();
        let came = self.ask(node, method, params);
        let answered = Some(self.desk.now());
        match came {
            Came::NoServer => None,
            Came::Nothing => {
                self.desk.write_down(Call { deed, begun, answered: None });
                None
            }
            Came::Answer(answer) => {
                let deed = match (outcome(&answer).as_str(), deed) {
                    ("ok", deed) => deed,
                    ("entity_not_found", Deed::Delete(batch)) => Deed::FindGone(batch),
                    (_, deed) => panic!("{deed:?}: {answer}"),
                };
                self.desk.write_down(Call { deed, begun, answered });
                Some(answer)
            }
        }
    }
}
