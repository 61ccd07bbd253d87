//! Parallel and hostile clients: limits under parallel calls, clients that disconnect, random bodies; and a store that
//! fails for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use ringbook_testbed::http_client::{WAIT_MAX, connect, get, post};
use ringbook_testbed::random::{Choices, Rng};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::harness::{Demo, Server, added, eventually, key, outcome, place, program, told};
use super::stores::{change, named};

#[test]
fn parallel_calls_never_overshoot_a_limit() {
    let root = place();
    let data = root.path().join("data");
    let customer = added(&data, "customer add Acme --day-limit 100");
    let user = added(&data, &format!("user add acme --customer {customer}"));
    let (_, token) = key(&data, user);
    told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
    let server = Server::serve(&data, &[]);
    let good = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for at in 0..8 {
            let (server, token, good) = (&server, &token, &good);
            scope.spawn(move || {
                let mut client = connect(server.address);
                for round in 0..30 {
                    // Every third call fails and returns its point.
                    let limit = if (at + round) % 3 == 0 { -1 } else { 0 };
                    let params = json!({"access_token": token, "limit": limit});
                    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "get.contacts", "params": params});
                    let answer = client.request(post(call.to_string())).json();
                    match &*outcome(&answer) {
                        "ok" => good.fetch_add(1, Ordering::Relaxed),
                        "limit_exceeded" | "invalid_parameter_value" => 0,
                        other => panic!("{other}: {answer}"),
                    };
                }
            });
        }
    });
    // A failing call holds its point while it runs, so the last valid call may have been refused.
    while server.verdict(&token) == "ok" {
        good.fetch_add(1, Ordering::Relaxed);
    }
    assert_eq!(good.into_inner(), 100);
    server.stop();
}

#[test]
fn clients_that_disconnect_do_not_affect_others() {
    let demo = Demo::start(1000);
    let params = json!({"access_token": demo.token("demo"), "sort": [{"field": "full_name"}]});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "get.contacts", "params": params}).to_string();
    for at in 0..100 {
        let mut client = connect(demo.server.address);
        let request = post(&call);
        client.send(&request[..request.len() - at % 50]);
    }
    assert_eq!(demo.server.verdict(demo.token("demo")), "ok");
    assert!(!demo.server.log().contains("ERROR"), "{}", demo.server.log());
    demo.server.stop();
}

#[test]
fn a_connection_above_the_limit_is_closed() {
    let root = place();
    let data = root.path().join("data");
    added(&data, "customer add Acme");
    let server = Server::serve(&data, &["--connections-max", "2"]);
    let body = "{}";
    let mut clients = [connect(server.address), connect(server.address)];
    for client in &mut clients {
        assert_eq!(client.request(post(body)).status, 200);
    }
    connect(server.address).expect_closed();
    let [mut one, other] = clients;
    drop(other);
    assert_eq!(one.request(post(body)).status, 200);
    // The slot of the closed connection becomes free.
    eventually(WAIT_MAX, "a free slot", || {
        let mut client = connect(server.address);
        use std::io::{Read, Write};
        let mut first = [0];
        client.io.write_all(&post(body)).is_ok() && client.io.read(&mut first).is_ok_and(|bytes| bytes == 1)
    });
    server.stop();
}

#[test]
fn any_number_of_long_questions_at_once_is_answered() {
    let demo = Demo::start(300);
    let filter = json!({"field": "full_name", "operator": "regexp", "value": "[аa].*[нn]"});
    let params =
        json!({"access_token": demo.token("demo"), "limit": 1, "sort": [{"field": "last_name"}], "filter": filter});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "get.contacts", "params": params}).to_string();
    // As many as there are processors: questions that begin while others are idle could wait for each other.
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8) {
            scope.spawn(|| {
                let mut client = connect(demo.server.address);
                for _ in 0..1_500 {
                    assert_eq!(client.request(post(&call)).json()["error"], Value::Null);
                }
            });
        }
    });
    demo.server.stop();
}

/// A reply without its id, which is echoed as it was written and may be a number that `Value` cannot hold.
fn without_id(reply: &str) -> Value {
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(reply).expect("replies are JSON");
    members.remove("id");
    let parsed = |(name, value): (String, Box<RawValue>)| -> (String, Value) {
        (name, serde_json::from_str(value.get()).expect("members are JSON"))
    };
    members.into_iter().map(parsed).collect()
}

#[test]
fn random_bodies_are_always_answered() {
    let demo = Demo::start(20);
    let params = json!({"access_token": demo.token("demo"), "limit": 2, "offset": 1, "fields": ["id", "groups"],
        "sort": [{"field": "last_name", "order": "desc"}, {"field": "first_name"}],
        "filter": {"filters": [
            {"field": "groups", "operator": "jsquery", "value": "#.group_id IN (1, 2) OR NOT @# > 0"},
            {"field": "full_name", "operator": "regexp", "value": "^(?:[[:alpha:]]+ )*(.)\\1?$"},
            {"field": "phone_numbers", "operator": "overlap", "value": ["+7 916"]},
            {"field": "last_name", "operator": "not_ilike", "value": "%\\_ж_%"}], "condition": "or"}});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "get.contacts", "params": params}).to_string();
    let bits =
        ["\"", "{", "}", "[", "]", ",", ":", "\\", "null", "1e999", "-", "\u{0}", "ж", "true", "\\ud800", "(", "*"];
    let mut rng = Rng::with_seed(1);
    let mut client = connect(demo.server.address);
    let mut outcomes = BTreeSet::new();
    for _ in 0..3_000 {
        let mut body = call.clone().into_bytes();
        for _ in 0..=rng.below(3) {
            let at = rng.below(body.len());
            let bit = bits[rng.below(bits.len())].bytes();
            match rng.below(4) {
                0 => drop(body.splice(at..at, bit)),
                1 => drop(body.splice(at..=at, bit)),
                2 => drop(body.drain(at..(at + 1 + rng.below(9)).min(body.len()))),
                _ => body[at] = rng.below(256) as u8,
            }
        }
        let answer = client.request(post(&body));
        assert_eq!(answer.status, 200);
        let json = without_id(answer.text());
        let found = outcome(&json);
        assert_ne!(found, "internal_error", "{}", String::from_utf8_lossy(&body));
        assert!(json["result"]["data"].is_array() || json["error"]["code"].is_i64(), "{json}");
        assert!(!answer.text().contains(demo.token("demo")), "{json}");
        outcomes.insert(found);
    }
    for wanted in ["ok", "parse_error", "invalid_parameter_value", "unexpected_parameters", "access_token_invalid"] {
        assert!(outcomes.contains(wanted), "{outcomes:?}");
    }
    assert!(!demo.server.log().contains("ERROR"), "{}", demo.server.log());
    demo.server.stop();
}

#[test]
fn a_failing_store_is_an_internal_error_until_it_recovers() {
    let demo = Demo::start(20);
    change(&demo.data(), "ALTER TABLE sessions RENAME TO gone");
    let login = || {
        let params = json!({"login": "demo", "password": demo.text("demo", "password")});
        demo.server.call("login.user", params)
    };
    let refused = login();
    assert_eq!(outcome(&refused), "internal_error", "{refused}");
    let request = &refused["error"]["data"]["params"]["request"];
    assert!(refused["error"]["message"].as_str().is_some_and(|text| !text.contains("sessions")), "{refused}");
    // Calls that need only memory succeed meanwhile.
    assert_eq!(demo.server.verdict(demo.token("demo")), "ok");
    assert!(demo.server.log().contains(&format!("request={request}")), "{}", demo.server.log());
    change(&demo.data(), "ALTER TABLE gone RENAME TO sessions");
    let session = login();
    assert_eq!(outcome(&session), "ok", "{session}");
    demo.server.stop();
}

#[test]
fn sighup_reloads_the_log_filter() {
    let root = place();
    let data = root.path().join("data");
    added(&data, "customer add Acme");
    let file = root.path().join("ringbook.toml");
    std::fs::write(&file, "log = 'error'\n").expect("written");
    let mut command = program(["serve", "--listen", "127.0.0.1:0", "--config"]);
    command.arg(&file).args(named(&data));
    let server = Server::run(command, &data);
    let wrong = || connect(server.address).request(get("/x")).status;
    assert_eq!((wrong(), server.log()), (404, String::new()));
    std::fs::write(&file, "log = 'debug'\n").expect("written");
    server.signal("HUP");
    eventually(WAIT_MAX, "the new filter", || {
        assert_eq!(wrong(), 404);
        server.log().contains("request refused")
    });
    std::fs::write(&file, "log = '=='\n").expect("written");
    server.signal("HUP");
    server.wait_for_log("keeping the old log filter");
    let before: Value = server.call("get.nothing", json!({}));
    assert_eq!(outcome(&before), "method_not_found");
    server.stop();
}
