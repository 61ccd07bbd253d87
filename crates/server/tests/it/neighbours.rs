//! What a caller cannot do to the others: no answer exhausts memory, and no question outlives its client or the server.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ringbook_testbed::http_client::{HttpClient, WAIT_MAX, connect, get, post, post_with};
use serde_json::{Value, json};

use super::harness::{Place, Server, eventually, outcome, place};

const KIBIBYTE: u64 = 1 << 10;
const MEBIBYTE: u64 = 1 << 20;

/// A server on the data of a demo, with its metrics page.
pub(super) struct Neighbourhood {
    pub server: Server,
    metrics: SocketAddr,
    pub json: Value,
    pub root: Place,
}

impl Neighbourhood {
    pub fn start(contacts: u64, arguments: &[&str]) -> Neighbourhood {
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

    pub fn body(&self, customer: usize, method: &str, mut params: Value) -> Vec<u8> {
        params["access_token"] = json!(self.token(customer));
        post(json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string())
    }

    fn call(&self, customer: usize, method: &str, params: Value) -> Value {
        connect(self.server.address).request(self.body(customer, method, params)).json()
    }

    /// A value on the metrics page; 0 when it is not there.
    pub fn metric(&self, sample: &str) -> f64 {
        let page = connect(self.metrics).request(get("/metrics"));
        let values = page.text().lines().filter_map(|line| line.strip_prefix(sample)?.trim().parse().ok());
        values.into_iter().next().unwrap_or(0.0)
    }

    pub fn questions_running(&self) -> f64 {
        self.metric("ringbook_workers_running{kind=\"question\"}")
    }

    fn questions_interrupted(&self) -> f64 {
        self.metric("ringbook_workers_interrupted_total{kind=\"question\"}")
    }

    /// The most memory that the server has had, in bytes.
    fn memory_peak(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// The memory that the server has, in bytes.
    fn memory_now(&self) -> u64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.trim().strip_suffix(" kB").and_then(|peak| peak.parse::<u64>().ok()).expect("a number") * KIBIBYTE
    }
}

/// A question that takes as long as questions may: patterns that cannot be matched in one pass, on every contact.
pub(super) fn long_question() -> Value {
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
    // The allocator gives memory back about a second after it was freed, so that the peak holds some of it twice.
    let grown = world.memory_peak() - before;
    assert!(grown < 160 * MEBIBYTE, "{} MiB", grown / MEBIBYTE);
    eventually(WAIT_MAX, "memory of answers", || world.metric("ringbook_in_flight_bytes{budget=\"responses\"}") == 0.0);
    world.server.stop();
}

/// A book grows up to its share of the memory, and can be made smaller again.
#[test]
fn a_book_that_takes_all_its_memory_accepts_deletions_only() {
    let world = Neighbourhood::start(10, &["--memory", "64MiB", "--memory-per-book", "4MiB"]);
    let long = "😀".repeat(255);
    let upload = || {
        let contact = json!({"last_name": long, "first_name": long, "phone_numbers": ["100"]});
        world.call(0, "upload.contacts", json!({"contacts": vec![contact; 200]}))
    };
    let refused = (0..50).map(|_| upload()).find(|answer| outcome(answer) != "ok").expect("the book is bounded");
    let data = &refused["error"]["data"];
    assert_eq!(json!([data["mnemonic"], data["params"]["max_bytes"]]), json!(["data_limit_exceeded", 4 * MEBIBYTE]));
    let ids = world.call(0, "get.contacts", json!({"limit": 10_000, "fields": ["id"]}));
    let ids: Vec<&Value> = ids["result"]["data"].as_array().expect("a page").iter().map(|row| &row["id"]).collect();
    let renamed = world.call(0, "update.contacts", json!({"id": ids[0], "last_name": "N", "phone_numbers": ["100"]}));
    assert_eq!(outcome(&renamed), "data_limit_exceeded");
    let group = world.call(0, "create.group_contacts", json!({"name": "G"}));
    assert_eq!(outcome(&group), "data_limit_exceeded");
    // Another customer is not concerned.
    assert_eq!(outcome(&world.call(1, "create.group_contacts", json!({"name": "G"}))), "ok");
    assert_eq!(outcome(&world.call(0, "delete.contacts", json!({"ids": ids[ids.len() / 2..]}))), "ok");
    assert_eq!(outcome(&upload()), "ok");
    world.server.stop();
}

/// Texts of groups, organizations, employees and the blacklist count as those of contacts.
#[test]
fn every_kind_of_record_counts_as_memory_of_its_book() {
    let long = |n: usize| format!("{n}{}", "😀".repeat(250));
    let kinds: [(&str, &dyn Fn(usize) -> Value); 4] = [
        ("create.group_contacts", &|n| json!({"name": long(n)})),
        ("create.contact_organizations", &|n| json!({"name": long(n)})),
        ("create.employees", &|n| json!({"last_name": long(n)})),
        (
            "create.phone_number_to_blacklist",
            &|n| json!({"phone_number": format!("7000{n:06}"), "add_comment": long(n)}),
        ),
    ];
    for (method, params) in kinds {
        let world = Neighbourhood::start(10, &["--memory", "64MiB", "--memory-per-book", "1MiB"]);
        let outcomes = (0..1_500).map(|n| outcome(&world.call(0, method, params(n))));
        assert_eq!(
            outcomes.filter(|outcome| outcome != "ok").last().as_deref(),
            Some("data_limit_exceeded"),
            "{method}"
        );
        world.server.stop();
    }
}

/// Clients that ask for much and read nothing hold what answers may take of one account, and no other account's.
#[test]
fn a_client_that_reads_nothing_holds_up_no_other_account() {
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
        // The count follows the end of the work.
        eventually(WAIT_MAX, "the count of the interruption: it did not end by itself", || {
            world.questions_interrupted() - before == 1.0
        });
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

/// Many connections of one address try logins with varied names; logins from elsewhere are checked meanwhile.
#[test]
fn a_flood_of_logins_keeps_nobody_else_out() {
    let world = Neighbourhood::start(10, &["--trusted-proxy", "127.0.0.1/32"]);
    let log_in = |address: &str, login: &Value, password: &Value| {
        let params = json!({"login": login, "password": password});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "login.user", "params": params});
        post_with(&format!("X-Forwarded-For: {address}\r\n"), body.to_string())
    };
    let mut flood: Vec<_> = (0..300)
        .map(|n| {
            let mut client = connect(world.server.address);
            client.send(log_in("203.0.113.7", &json!(format!("guess {n}")), &json!("wrong")));
            client
        })
        .collect();
    let honest = &world.json["customers"][0];
    for _ in 0..5 {
        let answer = connect(world.server.address).request(log_in("127.0.0.9", &honest["login"], &honest["password"]));
        assert_eq!(outcome(&answer.json()), "ok");
    }
    let told = |client: &mut HttpClient<TcpStream>| {
        let answer = client.read_response().json();
        (outcome(&answer), answer["error"]["data"]["params"]["error_message"].as_str().unwrap_or_default().to_owned())
    };
    let told: Vec<_> = flood.iter_mut().map(told).collect();
    let count = |text: &str| told.iter().filter(|(mnemonic, message)| mnemonic == text || message == text).count();
    let (wrong, failed) =
        (count("auth_error"), count("Too many logins from this address have failed, try again in a minute"));
    let waiting = count("Too many logins wait, try again in a moment");
    assert!(failed > 0 && wrong + failed + waiting == 300, "{wrong} {failed} {waiting}");
    for (reason, refused) in [("address", failed), ("queue", waiting), ("network", 0), ("login", 0)] {
        let sample = format!("ringbook_login_refusals_total{{reason=\"{reason}\"}}");
        assert_eq!(world.metric(&sample), refused as f64, "{reason}");
    }
    world.server.stop();
}

/// Long work runs on the pool, charged to its account or address; short work runs where it is.
#[test]
fn large_requests_and_answers_are_work_of_the_pool() {
    let world = Neighbourhood::start(1_000, &[]);
    let jobs = |kind: &str| world.metric(&format!("ringbook_workers_wait_seconds_count{{kind=\"{kind}\"}}"));
    let kinds = ["parse", "decompress", "compress", "question", "compile", "render"];
    let taken_by = |request: &[u8]| {
        let before = kinds.map(jobs);
        let answer = connect(world.server.address).request(request);
        let taken: Vec<&str> =
            kinds.iter().zip(before).filter(|(kind, before)| jobs(kind) > *before).map(|(kind, _)| *kind).collect();
        (taken, answer)
    };
    let gzip = |plain: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(plain).expect("memory");
        post_with("Content-Encoding: gzip\r\n", encoder.finish().expect("memory"))
    };
    let padded = |bytes: usize| format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\"{}}}", " ".repeat(bytes));
    assert_eq!(taken_by(&post(padded(10))).0, [""; 0]);
    assert_eq!(taken_by(&gzip(padded(10).as_bytes())).0, [""; 0]);
    assert_eq!(taken_by(&post(padded(1_000_000))).0, ["parse"]);
    assert_eq!(taken_by(&gzip(padded(1_000_000).as_bytes())).0, ["parse", "decompress"]);
    let (taken, answer) = taken_by(&world.body(0, "upload.contacts", json!({"contacts": vec![json!({}); 10_000]})));
    assert_eq!((taken, outcome(&answer.json())), (vec!["parse"], "required_parameter_missed".to_owned()));

    let page = world.body(0, "get.contacts", json!({"limit": 1_000}));
    let packed =
        [b"POST /v2.0 HTTP/1.1\r\nAccept-Encoding: gzip\r\n", &page[b"POST /v2.0 HTTP/1.1\r\n".len()..]].concat();
    assert!(taken_by(&packed).0.contains(&"compress"));

    // The description is compressed beforehand, once.
    let discover = |id: &str| json!({"jsonrpc": "2.0", "id": id, "method": "rpc.discover"}).to_string();
    for id in ["1", "another", &"long".repeat(10_000)] {
        let plain = connect(world.server.address).request(post(discover(id)));
        let (taken, packed) = taken_by(&post_with("Accept-Encoding: gzip\r\n", discover(id)));
        let is_long = id.len() > 20_000;
        assert_eq!(taken.contains(&"compress"), is_long, "{taken:?}");
        assert_eq!((packed.header("content-encoding"), packed.header("vary")), (Some("gzip"), Some("Accept-Encoding")));
        assert!(packed.body.len() < plain.body.len() / 4);
        let mut unpacked = Vec::new();
        GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).expect("gzip");
        assert!(unpacked == plain.body, "{id}");
    }

    let agent = world.json["agent"]["access_token"].clone();
    let pattern = |n: usize| json!({"field": "name", "operator": "regexp", "value": format!("(a|b)*{n}$")});
    let filters: Vec<Value> = (0..1_000).map(pattern).collect();
    let params = json!({"access_token": agent, "filter": {"filters": filters, "condition": "or"}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "get.customer_users", "params": params}).to_string();
    let (taken, answer) = taken_by(&post(body));
    assert!(taken.contains(&"compile") && taken.contains(&"question"), "{taken:?} {}", answer.text());
    world.server.stop();
}

/// The memory of many large bodies goes back to the system when they are answered.
#[test]
fn memory_of_bodies_goes_back() {
    const BODIES: usize = 200;
    let world = Neighbourhood::start(10, &["--trusted-proxy", "127.0.0.1/32"]);
    let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\"{}}}", " ".repeat(1_000_000));
    let before = world.memory_now();
    for _ in 0..3 {
        let clients: Vec<_> = (0..BODIES)
            .map(|n| {
                let request = post_with(&format!("X-Forwarded-For: 203.0.113.{}\r\n", n % 20), &body);
                let mut client = connect(world.server.address);
                client.send(&request[..request.len() - 1]);
                (client, request)
            })
            .collect();
        eventually(WAIT_MAX, "the bodies", || {
            world.metric("ringbook_in_flight_bytes{budget=\"request_bodies\"}") >= (BODIES << 20) as f64 * 0.9
        });
        for (mut client, request) in clients {
            client.send(&request[request.len() - 1..]);
            assert_eq!(outcome(&client.read_response().json()), "method_not_found");
        }
    }
    // The allocator gives memory back about a second after it was freed, while calls are made.
    eventually(WAIT_MAX, "memory of bodies", || {
        world.metric("ringbook_in_flight_bytes{budget=\"request_bodies\"}") == 0.0
            && world.memory_now().saturating_sub(before) < 100 * MEBIBYTE
    });
    world.server.stop();
}

/// A list of digits takes ten times as much memory as its text: that is charged, too.
#[test]
fn memory_of_values_is_charged() {
    let arguments = ["--request-memory", "20MiB", "--request-memory-per-address", "16MiB"];
    let world = Neighbourhood::start(10, &arguments);
    let list = |values: usize| {
        let list = vec!["1"; values].join(",");
        post(format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","list":[{list}]}}"#))
    };
    let answer = connect(world.server.address).request(list(200_000)).json();
    assert_eq!(outcome(&answer), "method_not_found");
    // This many at a time do not fit; none of them is an internal error, and each can be sent again.
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let mut client = connect(world.server.address);
            client.send(list(500_000));
            client
        })
        .collect();
    for mut client in clients {
        let answer = client.read_response().json();
        assert!(["method_not_found", "error"].contains(&outcome(&answer).as_str()), "{answer}");
    }
    assert_eq!(world.metric("ringbook_in_flight_bytes{budget=\"request_bodies\"}"), 0.0);
    world.server.stop();
}
