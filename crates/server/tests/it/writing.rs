//! Concurrent writers: on one contact, and beside a client that replicates the changes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringbook_testbed::http_client::{connect, post};
use serde_json::{Value, json};

use super::harness::{Demo, Server, outcome};

/// Calls on a persistent connection.
fn caller<'a>(server: &Server, token: &'a str) -> impl FnMut(&str, Value) -> Value + use<'a> {
    let mut client = connect(server.address);
    move |method, mut params| {
        params["access_token"] = json!(token);
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        client.request(post(call.to_string())).json()
    }
}

#[test]
fn concurrent_updates_of_one_contact_are_all_kept() {
    const UPDATES: usize = 150;
    let demo = Demo::start(10);
    let token = &demo.token("demo").to_owned();
    let mut call = caller(&demo.server, token);
    let made = call("create.contacts", json!({"last_name": "Both", "phone_numbers": ["100"]}));
    let id = made["result"]["id"].as_u64().expect("an id");
    // One writes the first name, the other the phone number; neither may overwrite the other's.
    std::thread::scope(|scope| {
        for member in ["first_name", "phone_numbers"] {
            let mut call = caller(&demo.server, token);
            scope.spawn(move || {
                for at in 0..UPDATES {
                    let mut update = json!({"id": id});
                    update[member] = match member {
                        "first_name" => json!(format!("step {at}")),
                        _ => json!([format!("{}", 1_000 + at)]),
                    };
                    let written = update[member].clone();
                    assert_eq!(outcome(&call("update.contacts", update)), "ok");
                    let filter = json!({"field": "id", "operator": "=", "value": id});
                    let read = call("get.contacts", json!({"filter": filter}));
                    assert_eq!(read["result"]["data"][0][member], written, "one reads what one wrote");
                }
            });
        }
    });
    let filter = json!({"field": "id", "operator": "=", "value": id});
    let read = call("get.contacts", json!({"filter": filter}));
    let contact = &read["result"]["data"][0];
    assert_eq!(contact["first_name"], format!("step {}", UPDATES - 1));
    assert_eq!(contact["phone_numbers"], json!([format!("{}", 1_000 + UPDATES - 1)]));
    drop(call);
    demo.server.stop();
}

/// Applies a page of changes; returns whether there are more.
fn follow(call: &mut impl FnMut(&str, Value) -> Value, cursor: &mut String, copy: &mut BTreeMap<u64, Value>) -> bool {
    let page = call("get.contact_changes", json!({"since": cursor, "limit": 40}));
    for change in page["result"]["data"].as_array().unwrap_or_else(|| panic!("{page}")) {
        let id = change["id"].as_u64().expect("an id");
        if change["deleted"] == true {
            copy.remove(&id)
        } else {
            copy.insert(id, change["contact"].clone())
        };
    }
    let metadata = &page["result"]["metadata"];
    *cursor = metadata["cursor"].as_str().expect("a cursor").to_owned();
    metadata["has_more"] == true
}

#[test]
fn a_replica_follows_concurrent_writers() {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 40;
    let demo = Demo::start(400);
    let token = &demo.token("demo").to_owned();
    let (mut copy, mut cursor) = (BTreeMap::new(), String::new());
    let working = AtomicUsize::new(WRITERS);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (mut call, working) = (caller(&demo.server, token), &working);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let phones = json!([format!("7{writer}{round:04}")]);
                    let made = call("create.contacts", json!({"last_name": "New", "phone_numbers": phones}));
                    let id = made["result"]["id"].as_u64().expect("an id");
                    let old = 1 + (writer * ROUNDS + round) as u64;
                    call("update.contacts", json!({"id": old, "first_name": format!("{writer} {round}")}));
                    call("update.group_contacts", json!({"id": 2 + writer, "name": format!("group {writer} {round}")}));
                    call(
                        "update.contact_organizations",
                        json!({"id": 1 + writer, "name": format!("o {writer} {round}")}),
                    );
                    if round % 3 == 0 {
                        assert_eq!(outcome(&call("delete.contacts", json!({"ids": [id]}))), "ok");
                        call("delete.contacts", json!({"id": old}));
                    }
                }
                working.fetch_sub(1, Ordering::Relaxed);
            });
        }
        let mut call = caller(&demo.server, token);
        while working.load(Ordering::Relaxed) > 0 {
            follow(&mut call, &mut cursor, &mut copy);
        }
    });
    let mut call = caller(&demo.server, token);
    while follow(&mut call, &mut cursor, &mut copy) {}
    let book = call("get.contacts", json!({"limit": 10_000}));
    let book = book["result"]["data"].as_array().expect("contacts").clone();
    assert!(copy.into_values().eq(book), "the replica is the book");
    drop(call);
    demo.server.stop();
}
