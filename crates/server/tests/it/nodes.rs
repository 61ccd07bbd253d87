//! Several servers on one database: a change acknowledged by one is visible on all.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ringbook_testbed::http_client::{HttpClient, WAIT_MAX};
use serde_json::{Value, json};

use super::harness::{Server, added, eventually, key, operate_with, outcome, told, try_call};
use super::stores::{Engine, Place, place};

/// A customer with a key, and two servers on its data.
struct Pair {
    nodes: Vec<Server>,
    token: String,
    data: std::path::PathBuf,
    _root: Place,
}

impl Pair {
    /// Servers with these arguments, started at the same time on a new database.
    fn start(arguments: &[&str]) -> Pair {
        let root = place();
        let data = root.path().join("data");
        // The first use of the path creates the database; both servers must find it.
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
fn a_change_on_one_node_is_visible_on_the_other() {
    let _engine = Engine::Postgres.select();
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
fn sessions_are_valid_on_all_nodes() {
    let _engine = Engine::Postgres.select();
    let pair = Pair::start(&[]);
    let user = added(&pair.data, "user add ann --customer 1");
    operate_with(&pair.data, &format!("user set {user} --password-stdin"), "a long password\n");
    let login = json!({"login": "ann", "password": "a long password"});
    let session = || pair.nodes[0].call("login.user", login.clone());
    eventually(WAIT_MAX, "the password is known", || outcome(&session()) == "ok");
    let token = session()["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    assert_eq!(pair.nodes[1].verdict(&token), "ok");
    assert_eq!(outcome(&pair.nodes[0].call("logout.user", json!({"access_token": token}))), "ok");
    pair.nodes[1].becomes(&token, "access_token_invalid");
    pair.stop();
}

/// A number that one client writes and many read.
#[derive(Default)]
struct Register {
    contact: u64,
    /// The last value whose write was begun.
    begun: AtomicU64,
    /// The minimum that a read begun now may return.
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
fn reads_are_never_stale_on_any_node() {
    let _engine = Engine::Postgres.select();
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
fn a_killed_node_loses_no_acknowledged_change() {
    let _engine = Engine::Postgres.select();
    let mut pair = Pair::start(&[]);
    let killed = pair.nodes.pop().expect("two nodes");
    let (address, token, stop) = (killed.address, pair.token.clone(), AtomicBool::new(false));
    let acknowledged = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (token, stop, acknowledged) = (&token, &stop, &acknowledged);
            scope.spawn(move || {
                let Ok(mut client) = HttpClient::try_connect(address) else { return };
                while !stop.load(Ordering::SeqCst) {
                    let name = format!("writer {writer}");
                    let params = json!({"access_token": token, "last_name": name, "phone_numbers": ["700"]});
                    let Some(answer) = try_call(&mut client, "create.contacts", &params) else { return };
                    assert_eq!(outcome(&answer), "ok", "{answer}");
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        eventually(WAIT_MAX, "some changes", || acknowledged.load(Ordering::SeqCst) > 50);
        killed.kill();
        stop.store(true, Ordering::SeqCst);
    });
    let all = pair.call(0, "get.contacts", json!({"limit": 0}));
    let total = all["result"]["metadata"]["total_items"].as_u64().expect("a total");
    let acknowledged = acknowledged.into_inner();
    assert!((acknowledged..=acknowledged + 8).contains(&total), "{total} of {acknowledged}");
    pair.create(0, "after the kill");
    pair.stop();
}

#[test]
fn local_reads_catch_up() {
    let _engine = Engine::Postgres.select();
    let pair = Pair::start(&["--reads", "local"]);
    // Both books are loaded.
    (0..2).for_each(|node| drop(pair.call(node, "get.contacts", json!({}))));
    let listening = || listeners(&pair, "COUNT(*)") == 2;
    eventually(WAIT_MAX, "both listen", listening);
    let id = pair.create(0, "New");
    assert_eq!(pair.contact(0, id)["last_name"], "New", "a node knows its own writes");
    eventually(WAIT_MAX, "the other node", || pair.contact(1, id)["last_name"] == "New");
    // Without notifications, changes are found by polling.
    let unheard = pair.create(1, "Unheard");
    let (_, key) = key(&pair.data, 1);
    eventually(WAIT_MAX, "a node that hears nothing", || {
        listeners(&pair, "COUNT(pg_terminate_backend(pid))");
        pair.contact(0, unheard)["last_name"] == "Unheard" && pair.nodes[0].verdict(&key) == "ok"
    });
    eventually(WAIT_MAX, "both listen again", listening);
    let heard = pair.create(0, "Heard");
    eventually(WAIT_MAX, "the other node", || pair.contact(1, heard)["last_name"] == "Heard");
    pair.stop();
}

/// The number of connections that listen for notifications.
fn listeners(pair: &Pair, count: &str) -> i64 {
    let whose = "datname = current_database() AND application_name LIKE '% news'";
    super::stores::number(&pair.data, &format!("SELECT {count} FROM pg_stat_activity WHERE {whose}")).expect("a number")
}

/// The value that a member of a contact is set to, as it is returned.
fn member(name: &str, step: u64) -> Value {
    match name {
        "emails" => json!([format!("step{step}@example.com")]),
        "phone_numbers" => json!([(7_000_000 + step).to_string()]),
        _ => json!(format!("step {step}")),
    }
}

#[test]
fn concurrent_updates_of_one_contact_on_two_nodes_are_all_kept() {
    let _engine = Engine::Postgres.select();
    const STEPS: u64 = 30;
    let pair = Pair::start(&[]);
    let id = pair.create(0, "Shared");
    let members = ["first_name", "patronymic", "emails", "phone_numbers"];
    std::thread::scope(|scope| {
        for (at, name) in members.into_iter().enumerate() {
            let pair = &pair;
            scope.spawn(move || {
                for step in 1..=STEPS {
                    let (here, there) = ((at + step as usize) % 2, (at + step as usize + 1) % 2);
                    let mut update = json!({"id": id});
                    update[name] = member(name, step);
                    let answer = pair.call(here, "update.contacts", update);
                    assert_eq!(outcome(&answer), "ok", "{answer}");
                    // Only this writer changes this member.
                    assert_eq!(pair.contact(there, id)[name], member(name, step));
                }
            });
        }
    });
    for node in 0..2 {
        let contact = pair.contact(node, id);
        members.iter().for_each(|name| assert_eq!(contact[*name], member(name, STEPS), "{contact}"));
        let changes = pair.call(node, "get.contact_changes", json!({"since": ""}));
        assert_eq!(changes["result"]["data"], json!([{"id": id, "deleted": false, "contact": contact}]));
    }
    let revision = super::stores::number(&pair.data, "SELECT revision FROM contacts").expect("a revision");
    assert!(revision > 4 * STEPS as i64, "one for each change, and that of the creation: {revision}");
    pair.stop();
}

#[test]
fn nodes_that_start_together_migrate_an_old_schema() {
    let _engine = Engine::Postgres.select();
    let pair = Pair::start(&[]);
    let id = pair.create(0, "Old");
    let (token, data) = (pair.token.clone(), pair.data.clone());
    pair.nodes.into_iter().for_each(Server::stop);
    super::stores::change(
        &data,
        &format!("{FIRST_SCHEMA}; {}", include_str!("../../../store/src/schema/postgres/0001.sql")),
    );
    super::stores::change(&data, FIRST_SCHEMA_ROWS);
    let nodes: Vec<Server> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| Server::serve(&data, &[]))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it starts")).collect()
    });
    for node in &nodes {
        let page = node.call("get.contacts", json!({"access_token": token}));
        assert_eq!(page["result"]["data"][0]["id"], id, "{page}");
    }
    let one = "SELECT COUNT(*) FROM migrations GROUP BY number ORDER BY 1 DESC LIMIT 1";
    assert_eq!(super::stores::number(&data, one), Some(1), "each step was taken once");
    nodes.into_iter().for_each(Server::stop);
    assert_eq!(told(&data, "check")["ok"], true);
}

/// Renames the tables, so that the first schema can be created.
const FIRST_SCHEMA: &str = "ALTER SCHEMA ringbook RENAME TO newer; CREATE SCHEMA ringbook";

/// Copies the renamed tables into the first schema, as far as it has the columns and counters.
const FIRST_SCHEMA_ROWS: &str = "\
INSERT INTO migrations (number) VALUES (1);
SET session_replication_role = replica;
DO $$
DECLARE place record;
BEGIN
  FOR place IN
    SELECT table_name AS name, string_agg(quote_ident(column_name), ', ') AS columns
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'ringbook' AND table_type = 'BASE TABLE' AND table_name <> 'migrations'
    GROUP BY table_name
  LOOP
    EXECUTE format('DELETE FROM ringbook.%I', place.name);
    EXECUTE format('INSERT INTO ringbook.%1$I (%2$s) SELECT %2$s FROM newer.%1$I', place.name, place.columns);
  END LOOP;
END $$;
DELETE FROM meta WHERE name NOT IN ('directory_revision', 'sessions_revision');
DROP SCHEMA newer CASCADE";

#[test]
fn concurrent_writers_on_two_nodes_are_not_refused() {
    let _engine = Engine::Postgres.select();
    const WRITERS: usize = 32;
    const STEPS: u64 = 20;
    let pair = Pair::start(&[]);
    let ids: Vec<u64> = (0..WRITERS).map(|_| pair.create(0, "Mine")).collect();
    let refused = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for (at, id) in ids.iter().enumerate() {
            let (pair, refused) = (&pair, &refused);
            scope.spawn(move || {
                for step in 1..=STEPS {
                    let update = json!({"id": id, "first_name": step.to_string()});
                    let answer = pair.call(at % 2, "update.contacts", update);
                    refused.fetch_add(u64::from(outcome(&answer) != "ok"), Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(refused.into_inner(), 0, "of {} changes; nothing is wrong with either node", WRITERS as u64 * STEPS);
    pair.stop();
}

#[test]
fn a_large_change_succeeds_beside_small_ones_on_another_node() {
    let _engine = Engine::Postgres.select();
    let pair = Pair::start(&[]);
    let ids: Vec<u64> = (0..4).map(|_| pair.create(1, "Small")).collect();
    let record = |at| json!({"last_name": format!("Large {at}"), "phone_numbers": ["100"]});
    let records: Vec<Value> = (0..5_000).map(record).collect();
    let stop = AtomicBool::new(false);
    let uploaded = std::thread::scope(|scope| {
        for id in &ids {
            let (pair, stop) = (&pair, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let update = json!({"id": id, "first_name": "x"});
                    assert_eq!(outcome(&pair.call(1, "update.contacts", update)), "ok");
                }
            });
        }
        let uploaded = pair.call(0, "upload.contacts", json!({"contacts": records}));
        stop.store(true, Ordering::SeqCst);
        uploaded
    });
    assert_eq!(outcome(&uploaded), "ok");
    pair.stop();
}
