//! Several servers on one database are one server: what one has answered, all know.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use super::harness::{Server, added, eventually, key, operate_with, outcome, told};
use super::stores::{Place, is_shared, place};
use super::wire::PATIENCE;

/// A customer with a key, and two servers on its data.
struct Pair {
    nodes: Vec<Server>,
    token: String,
    data: std::path::PathBuf,
    _root: Place,
}

impl Pair {
    /// Servers with these arguments, started at the same moment on a database that nobody has opened yet.
    fn start(arguments: &[&str]) -> Pair {
        let root = place();
        let data = root.path().join("data");
        // The name of the database is made by whoever comes first.
        super::stores::named(&data);
        let start = || Server::serve(&data, arguments);
        let nodes = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..2).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().expect("it starts")).collect()
        });
        let customer = added(&data, "customer add Acme");
        let user = added(&data, &format!("user add acme --customer {customer}"));
        let (_, token) = key(&data, user);
        told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
        let pair = Pair { nodes, token, data, _root: root };
        pair.nodes.iter().for_each(|node| node.becomes(&pair.token, "ok"));
        pair
    }

    fn call(&self, node: usize, method: &str, mut params: Value) -> Value {
        params["access_token"] = json!(self.token);
        self.nodes[node].call(method, params)
    }

    fn contact(&self, node: usize, id: u64) -> Value {
        let filter = json!({"field": "id", "operator": "=", "value": id});
        let answer = self.call(node, "get.contacts", json!({"filter": filter}));
        assert_eq!(outcome(&answer), "ok", "{answer}");
        answer["result"]["data"][0].clone()
    }

    fn create(&self, node: usize, name: &str) -> u64 {
        let made = self.call(node, "create.contacts", json!({"last_name": name, "phone_numbers": ["100"]}));
        made["result"]["id"].as_u64().unwrap_or_else(|| panic!("{made}"))
    }

    fn stop(self) {
        self.nodes.into_iter().for_each(Server::stop);
    }
}

#[test]
fn what_one_node_has_answered_the_other_knows() {
    if !is_shared("nodes share a database") {
        return;
    }
    let pair = Pair::start(&[]);
    for at in 0..20 {
        let (here, there) = (at % 2, (at + 1) % 2);
        let id = pair.create(here, "New");
        assert_eq!(pair.contact(there, id)["last_name"], "New");
        let group = pair.call(there, "create.group_contacts", json!({"name": format!("g {at}"), "members": [id]}));
        assert_eq!(outcome(&group), "ok");
        assert_eq!(pair.contact(here, id)["groups"][0]["group_name"], format!("g {at}"));
        let again = pair.call(here, "create.group_contacts", json!({"name": format!("g {at}")}));
        assert_eq!(outcome(&again), "duplicate_entity", "a refusal knows it, too");
        assert_eq!(outcome(&pair.call(here, "delete.contacts", json!({"id": id}))), "ok");
        assert_eq!(pair.contact(there, id), Value::Null);
        let gone = pair.call(there, "update.contacts", json!({"id": id, "first_name": "x"}));
        assert_eq!(outcome(&gone), "entity_not_found");
    }
    let changes = pair.call(0, "get.contact_changes", json!({"since": ""}));
    assert_eq!(changes["result"]["data"], pair.call(1, "get.contact_changes", json!({"since": ""}))["result"]["data"]);
    pair.stop();
}

#[test]
fn sessions_are_known_to_all_nodes() {
    if !is_shared("nodes share a database") {
        return;
    }
    let pair = Pair::start(&[]);
    let user = added(&pair.data, "user add ann --customer 1");
    operate_with(&pair.data, &format!("user set {user} --password-stdin"), "a long password\n");
    let login = json!({"login": "ann", "password": "a long password"});
    let session = || pair.nodes[0].call("login.user", login.clone());
    eventually(PATIENCE, "the password is known", || outcome(&session()) == "ok");
    let token = session()["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    assert_eq!(pair.nodes[1].verdict(&token), "ok");
    assert_eq!(outcome(&pair.nodes[0].call("logout.user", json!({"access_token": token}))), "ok");
    pair.nodes[1].becomes(&token, "access_token_invalid");
    pair.stop();
}

/// One number that one client writes and many read.
#[derive(Default)]
struct Register {
    contact: u64,
    /// The last value whose writing began.
    begun: AtomicU64,
    /// No read that begins now may see less.
    least: AtomicU64,
}

impl Register {
    fn read(&self, pair: &Pair, node: usize) {
        let least = self.least.load(Ordering::SeqCst);
        let contact = pair.contact(node, self.contact);
        let seen: u64 = contact["first_name"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        let most = self.begun.load(Ordering::SeqCst);
        assert!((least..=most).contains(&seen), "node {node} answers {seen}, which is not from {least} to {most}");
        self.least.fetch_max(seen, Ordering::SeqCst);
    }
}

#[test]
fn no_read_goes_back_in_time_on_any_node() {
    if !is_shared("nodes share a database") {
        return;
    }
    const WRITES: u64 = 120;
    let pair = Pair::start(&[]);
    let registers: Vec<Register> =
        (0..3).map(|at| Register { contact: pair.create(0, &format!("r {at}")), ..Register::default() }).collect();
    let writing = AtomicU64::new(registers.len() as u64);
    std::thread::scope(|scope| {
        for (at, register) in registers.iter().enumerate() {
            let (pair, writing) = (&pair, &writing);
            scope.spawn(move || {
                for value in 1..=WRITES {
                    register.begun.store(value, Ordering::SeqCst);
                    let update = json!({"id": register.contact, "first_name": value.to_string()});
                    let answer = pair.call((at + value as usize) % 2, "update.contacts", update);
                    assert_eq!(outcome(&answer), "ok", "{answer}");
                    register.least.fetch_max(value, Ordering::SeqCst);
                }
                writing.fetch_sub(1, Ordering::SeqCst);
            });
            for node in 0..2 {
                scope.spawn(move || {
                    while writing.load(Ordering::SeqCst) > 0 {
                        register.read(pair, node);
                    }
                });
            }
        }
    });
    for register in &registers {
        (0..2).for_each(|node| register.read(&pair, node));
    }
    pair.stop();
}

#[test]
fn a_node_that_is_killed_takes_nothing_along() {
    if !is_shared("nodes share a database") {
        return;
    }
    let mut pair = Pair::start(&[]);
    let doomed = pair.nodes.pop().expect("two nodes");
    let (address, token, stop) = (doomed.address, pair.token.clone(), AtomicBool::new(false));
    let acknowledged = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (token, stop, acknowledged) = (&token, &stop, &acknowledged);
            scope.spawn(move || {
                let Some(mut line) = super::crashing::Line::connect(address) else { return };
                while !stop.load(Ordering::SeqCst) {
                    let name = format!("writer {writer}");
                    let params = json!({"access_token": token, "last_name": name, "phone_numbers": ["700"]});
                    let Some(answer) = line.call("create.contacts", &params) else { return };
                    assert_eq!(outcome(&answer), "ok", "{answer}");
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        eventually(PATIENCE, "some changes", || acknowledged.load(Ordering::SeqCst) > 50);
        doomed.kill();
        stop.store(true, Ordering::SeqCst);
    });
    let all = pair.call(0, "get.contacts", json!({"limit": 0}));
    let total = all["result"]["metadata"]["total_items"].as_u64().expect("a total");
    let acknowledged = acknowledged.into_inner();
    assert!((acknowledged..=acknowledged + 8).contains(&total), "{total} of {acknowledged}");
    pair.create(0, "life goes on");
    pair.stop();
}

#[test]
fn local_reads_catch_up_by_themselves() {
    if !is_shared("nodes share a database") {
        return;
    }
    let pair = Pair::start(&["--reads", "local"]);
    // Both books are in memory.
    (0..2).for_each(|node| drop(pair.call(node, "get.contacts", json!({}))));
    let listening = || listeners(&pair, "COUNT(*)") == 2;
    eventually(PATIENCE, "both listen", listening);
    let id = pair.create(0, "New");
    assert_eq!(pair.contact(0, id)["last_name"], "New", "a node knows its own writes");
    eventually(PATIENCE, "the other node", || pair.contact(1, id)["last_name"] == "New");
    // Nobody can listen for longer than a moment: what is changed is found out all the same.
    let unheard = pair.create(1, "Unheard");
    let (_, key) = key(&pair.data, 1);
    eventually(PATIENCE, "a node that hears nothing", || {
        listeners(&pair, "COUNT(pg_terminate_backend(pid))");
        pair.contact(0, unheard)["last_name"] == "Unheard" && pair.nodes[0].verdict(&key) == "ok"
    });
    eventually(PATIENCE, "both listen again", listening);
    let heard = pair.create(0, "Heard");
    eventually(PATIENCE, "the other node", || pair.contact(1, heard)["last_name"] == "Heard");
    pair.stop();
}

/// Counts the connections on which servers hear of each other.
fn listeners(pair: &Pair, count: &str) -> i64 {
    let whose = "datname = current_database() AND application_name LIKE '% news'";
    super::stores::number(&pair.data, &format!("SELECT {count} FROM pg_stat_activity WHERE {whose}")).expect("a number")
}
