//! What a caller cannot do to the others: no answer exhausts memory, and no question outlives its client or the server.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener};

use ringbook_testbed::http_client::{WAIT_MAX, connect, get, post};
use serde_json::{Value, json};

use super::harness::{Place, Server, eventually, outcome, place};

const KIBIBYTE: u64 = 1 << 10;
const MEBIBYTE: u64 = 1 << 20;
/// So many contacts make a book of which a stopping server leaves an image.
const IMAGE_CONTACTS: u64 = 50_000;

/// A server on the data of a demo, with its metrics page.
struct Neighbourhood {
    server: Server,
    metrics: SocketAddr,
    json: Value,
    root: Place,
}

impl Neighbourhood {
    fn start(contacts: u64, arguments: &[&str]) -> Neighbourhood {
        let root = place();
        let data = root.path().join("data");
        Server::demo(&data, contacts).stop();
        let json = std::fs::read(data.join("demo.json")).expect("a file");
        let json = serde_json::from_slice(&json).expect("JSON");
        let metrics = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("an address");
        let at = metrics.to_string();
        let server = Server::serve(&data, &[&["--metrics", &at], arguments].concat());
        Neighbourhood { server, metrics, json, root }
    }

    /// The key of the customer at this place of `demo.json`.
    fn token(&self, customer: usize) -> &str {
        self.json["customers"][customer]["access_token"].as_str().expect("a token")
    }

    fn body(&self, customer: usize, method: &str, mut params: Value) -> Vec<u8> {
        params["access_token"] = json!(self.token(customer));
        post(json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string())
    }

    fn call(&self, customer: usize, method: &str, params: Value) -> Value {
        connect(self.server.address).request(self.body(customer, method, params)).json()
    }

    /// A value on the metrics page; 0 when it is not there.
    fn metric(&self, sample: &str) -> f64 {
        let page = connect(self.metrics).request(get("/metrics"));
        let values = page.text().lines().filter_map(|line| line.strip_prefix(sample)?.trim().parse().ok());
        values.into_iter().next().unwrap_or(0.0)
    }

    fn questions_running(&self) -> f64 {
        self.metric("ringbook_workers_running{kind=\"question\"}")
    }

    fn questions_interrupted(&self) -> f64 {
        self.metric("ringbook_workers_interrupted_total{kind=\"question\"}")
    }

    /// The most memory that the server has had, in bytes.
    fn memory_peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().strip_suffix(" kB").and_then(|peak| peak.parse::<u64>().ok()).expect("a number") * KIBIBYTE
    }
}

/// A question that takes as long as questions may: patterns that cannot be matched in one pass, on every contact.
fn long_question() -> Value {
    let pattern =
        |n: usize| json!({"field": "full_name", "operator": "regexp", "value": format!(r"(.+)(.+)x\1{n}\2$")});
    let filters: Vec<Value> = (0..100).map(pattern).collect();
    json!({"limit": 1, "filter": {"filters": filters, "condition": "or"}})
}

/// One customer fills its book with texts, and asks for all of it at once.
#[test]
fn an_answer_has_a_bound_in_memory() {
    let world = Neighbourhood::start(10, &["--answer-max", "8MiB", "--reply-memory", "16MiB"]);
    let names: Vec<String> = (0..200).map(|n| format!("{n}{}", "😀".repeat(250))).collect();
    for (at, part) in names.chunks(50).enumerate() {
        let contact = json!({"last_name": format!("Maker {at}"), "phone_numbers": ["100"], "group_names": part});
        assert_eq!(outcome(&world.call(0, "upload.contacts", json!({"contacts": [contact]}))), "ok");
    }
    let groups = world.call(0, "get.group_contacts", json!({"fields": ["id"], "limit": 1000}));
    let groups: Vec<&Value> =
        groups["result"]["data"].as_array().expect("groups").iter().map(|group| &group["id"]).collect();
    for part in 0..2 {
        let contact = |n: u64| json!({"last_name": format!("{part} {n}"), "phone_numbers": ["100"], "groups": groups});
        let contacts: Vec<Value> = (0..500).map(contact).collect();
        assert_eq!(outcome(&world.call(0, "upload.contacts", json!({"contacts": contacts}))), "ok");
    }
    // What follows would be answered with 200 MB each.
    let before = world.memory_peak();
    let refused = |answer: &Value| {
        let data = &answer["error"]["data"];
        json!([data["mnemonic"], data["field"], data["params"]["max_bytes"]])
    };
    let mut clients: Vec<_> = (0..8).map(|_| connect(world.server.address)).collect();
    for (method, params) in [
        ("get.contacts", json!({"limit": 10_000})),
        ("get.contacts", json!({"limit": 10_000, "sort": [{"field": "last_name"}]})),
    ] {
        clients.iter_mut().for_each(|client| client.send(world.body(0, method, params.clone())));
        for client in &mut clients {
            let answer = client.read_response().json();
            assert_eq!(refused(&answer), json!(["invalid_parameter_value", "limit", 8 * MEBIBYTE]), "{answer}");
        }
    }
    let changes = world.call(0, "get.contact_changes", json!({"since": "", "limit": 10_000}));
    assert_eq!(changes["result"]["metadata"]["has_more"], true);
    assert_eq!(outcome(&world.call(0, "get.contacts", json!({"limit": 20}))), "ok");
    assert_eq!(outcome(&world.call(0, "get.contacts", json!({"limit": 10_000, "fields": ["id"]}))), "ok");
    let grown = world.memory_peak() - before;
    assert!(grown < 100 * MEBIBYTE, "{} MiB", grown / MEBIBYTE);
    eventually(WAIT_MAX, "memory of answers", || world.metric("ringbook_in_flight_bytes{budget=\"responses\"}") == 0.0);
    world.server.stop();
}

/// Clients that ask for much and read nothing hold what answers may take of one account, and no other account's.
#[test]
fn whoever_reads_nothing_holds_up_no_other_account() {
    let arguments =
        ["--reply-memory", "16MiB", "--reply-memory-per-address", "8MiB", "--trusted-proxy", "127.0.0.1/32"];
    let world = Neighbourhood::start(5_000, &arguments);
    // Each asks from an address of its own.
    let from = |address: usize, customer: usize, limit: u64| {
        let body = world.body(customer, "get.contacts", json!({"limit": limit}));
        let (head, rest) = body.split_at("POST /v2.0 HTTP/1.1\r\n".len());
        [head, format!("X-Forwarded-For: 127.0.1.{address}\r\n").as_bytes(), rest].concat()
    };
    let mut idle: Vec<_> = (1..20)
        .map(|address| {
            let mut client = connect(world.server.address);
            client.send(from(address, 0, 5_000));
            client
        })
        .collect();
    eventually(WAIT_MAX, "waiting answers", || world.metric("ringbook_budget_waiting{budget=\"responses\"}") > 0.0);
    assert!(world.metric("ringbook_in_flight_bytes{budget=\"responses\"}") <= 8.0 * MEBIBYTE as f64);
    // The other customer gets its answers, also large ones.
    let contacts: Vec<Value> =
        (0..2_000).map(|n| json!({"last_name": format!("Name {n}"), "phone_numbers": ["100"]})).collect();
    assert_eq!(outcome(&world.call(1, "upload.contacts", json!({"contacts": contacts}))), "ok");
    let answer = connect(world.server.address).request(from(99, 1, 2_000));
    assert_eq!(answer.json()["result"]["data"].as_array().map(Vec::len), Some(2_000));
    // A client that reads late receives the whole answer.
    assert_eq!(idle[0].read_response().json()["result"]["data"].as_array().map(Vec::len), Some(5_000));
    drop(idle);
    eventually(WAIT_MAX, "memory of answers", || world.metric("ringbook_in_flight_bytes{budget=\"responses\"}") == 0.0);
    world.server.stop();
}

#[test]
fn a_question_ends_when_its_client_leaves() {
    let world = Neighbourhood::start(20_000, &[]);
    for half_closed_first in [false, true] {
        let before = world.questions_interrupted();
        let mut client = connect(world.server.address);
        client.send(world.body(0, "get.contacts", long_question()));
        eventually(WAIT_MAX, "the question", || world.questions_running() == 1.0);
        if half_closed_first {
            client.io.shutdown(Shutdown::Write).expect("half closed");
            assert_eq!(client.read_head().status, 100);
        }
        drop(client);
        eventually(WAIT_MAX, "the question's end", || world.questions_running() == 0.0);
        assert_eq!(world.questions_interrupted() - before, 1.0, "it did not end by itself");
    }
    // Nobody is charged or told: the report has it as what it is.
    let interval = json!({"date_from": "2000-01-01", "date_till": "2000-01-02"});
    assert_eq!(outcome(&world.call(0, "get.api_requests", interval)), "ok");
    world.server.stop();
}

/// A change is finished, whatever its client does.
#[test]
fn a_change_is_finished_when_its_client_leaves() {
    let world = Neighbourhood::start(10, &[]);
    let contacts: Vec<Value> =
        (0..10_000).map(|n| json!({"last_name": format!("N{n}"), "phone_numbers": ["100"]})).collect();
    let mut client = connect(world.server.address);
    client.send(world.body(0, "upload.contacts", json!({"contacts": contacts})));
    drop(client);
    let total = || world.call(0, "get.contacts", json!({"limit": 0}))["result"]["metadata"]["total_items"].clone();
    eventually(WAIT_MAX, "the upload", || total() == json!(10_010));
    world.server.stop();
}

#[test]
fn a_long_question_does_not_keep_a_server_from_stopping() {
    let world = Neighbourhood::start(IMAGE_CONTACTS, &[]);
    let images = world.root.path().join("data/images");
    let _ = std::fs::remove_dir_all(&images);
    let mut clients: Vec<_> = (0..4)
        .map(|_| {
            let mut client = connect(world.server.address);
            client.send(world.body(0, "get.contacts", long_question()));
            client
        })
        .collect();
    eventually(WAIT_MAX, "the questions", || world.questions_running() >= 1.0);
    let Neighbourhood { mut server, root, .. } = world;
    server.signal("TERM");
    for client in &mut clients {
        let answer = client.read_response().json();
        let told = answer["error"]["data"]["params"]["error_message"].as_str().unwrap_or_default();
        assert!(told.contains("the server is stopping"), "{answer}");
        client.expect_closed();
    }
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    assert!(server.log().contains("INFO") && !server.log().contains("calls still running"), "{}", server.log());
    if root.path().join("data/ringbook.db").exists() {
        assert_eq!(std::fs::read_dir(&images).expect("images").count(), 1, "the large book has an image");
    }
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let world = Neighbourhood::start(10, &[]);
    // A call whose body never comes keeps the server waiting.
    let mut client = connect(world.server.address);
    client.io.write_all(b"POST /v2.0 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{").expect("the server reads");
    eventually(WAIT_MAX, "the connection", || world.metric("ringbook_received_bytes_total") > 50.0);
    let Neighbourhood { mut server, root, .. } = world;
    server.signal("TERM");
    server.wait_for_log("stopping");
    server.signal("INT");
    assert_eq!(server.ended().code(), Some(1), "{}", server.log());
    drop(root);
}
