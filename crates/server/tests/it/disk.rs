//! The data directory and its disk: removed customers, planted links, operator commands beside large changes, and the disk
//! space of the request report.

use std::os::unix::fs::{DirBuilderExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};

use ringbook_testbed::http_client::{WAIT_MAX, connect, get};
use serde_json::{Value, json};

use super::harness::{Demo, Server, call_body, eventually, operate, outcome, place, try_call};
use super::stores::number;

/// Contacts of one upload.
const UPLOAD: u64 = 2_000;

fn uploads(from: u64) -> Value {
    let upload = |at: u64| {
        json!({"last_name": format!("Name {at}"), "phone_numbers": [format!("7495{at:07}")],
            "organization_name": format!("Organization {at}"), "group_names": [format!("Group {}", at % 11)]})
    };
    (from..from + UPLOAD).map(upload).collect()
}

#[test]
fn a_customer_is_removed_under_writers_without_an_internal_error() {
    let demo = Demo::start(10);
    let (token, agent) = (demo.token("second"), demo.token("agent"));
    let (id, user) = (demo.entry("second")["id"].as_u64().expect("an id"), demo.user("second"));
    let address = demo.server.address;
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 0..6_u64 {
            let ended = &ended;
            scope.spawn(move || {
                let mut client = connect(address);
                let mut round = 0;
                let begin = std::time::Instant::now();
                loop {
                    round += 1;
                    let at = writer * 100_000 + round;
                    let mut params =
                        json!({"access_token": token, "last_name": "X", "phone_numbers": [format!("8495{at:07}")]});
                    let mut gone = "access_token_invalid";
                    if writer == 0 {
                        params["access_token"] = json!(agent);
                        params["user_id"] = json!(user);
                        gone = "forbidden";
                    }
                    let answer = try_call(&mut client, "create.contacts", &params).expect("an answer");
                    match outcome(&answer).as_str() {
                        "ok" => {}
                        other if other == gone => break,
                        other => panic!("{other}: {answer}"),
                    }
                    assert!(begin.elapsed() < WAIT_MAX || !ended.load(Ordering::Relaxed), "the removal is not seen");
                }
            });
        }
        let removed = operate(&demo.data(), &format!("customer remove {id}"));
        ended.store(true, Ordering::Relaxed);
        assert!(removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
    });
    for table in ["contacts", "organizations", "groups", "deleted_contacts", "bulk_changes"] {
        let rows = || number(&demo.data(), &format!("SELECT COUNT(*) FROM {table} WHERE customer_id = {id}"));
        eventually(WAIT_MAX, table, || rows() == Some(0));
    }
}

#[test]
fn operator_commands_work_beside_large_changes() {
    let demo = Demo::start(10);
    let token = demo.token("demo").to_owned();
    let address = demo.server.address;
    let uploading = std::thread::spawn(move || {
        let mut client = connect(address);
        for at in 0..6 {
            let params = json!({"access_token": token, "contacts": uploads(at * UPLOAD)});
            let answer = try_call(&mut client, "upload.contacts", &params).expect("an answer");
            assert_eq!(outcome(&answer), "ok", "{answer}");
        }
        let groups = json!({"access_token": token, "fields": ["id"], "limit": 5});
        let answer = try_call(&mut client, "get.contacts", &groups).expect("an answer");
        assert_eq!(answer["result"]["metadata"]["total_items"], json!(6 * UPLOAD + 10));
    });
    let mut done = 0;
    while !uploading.is_finished() || done == 0 {
        let added = operate(&demo.data(), "agent add Busy");
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        done += 1;
    }
    uploading.join().expect("the uploads");
    let (_root, data, json) = demo.into_data();
    let server = Server::serve(&data, &[]);
    let params = json!({"access_token": json["customers"][0]["access_token"], "limit": 1});
    let answer = server.call("get.contacts", params);
    assert_eq!(answer["result"]["metadata"]["total_items"], json!(6 * UPLOAD + 10));
}

#[test]
fn a_demo_follows_no_planted_link() {
    let root = place();
    let data = root.path().join("data");
    std::fs::DirBuilder::new().mode(0o700).create(&data).expect("a directory");
    let outside = root.path().join("outside");
    std::fs::write(&outside, "theirs").expect("a file");
    for name in ["demo.json", "demo.json.new"] {
        symlink(&outside, data.join(name)).expect("a link");
    }
    let server = Server::demo(&data, 1);
    assert_eq!(std::fs::read_to_string(&outside).expect("the file"), "theirs");
    assert!(std::fs::symlink_metadata(data.join("demo.json")).expect("a file").is_file());
    let health = connect(server.address).request(get("/healthz"));
    assert_eq!((health.status, health.text()), (200, "ok\n"));
}

#[test]
fn calls_from_elsewhere_with_a_stolen_key_are_counted_and_take_no_disk_space() {
    let demo = Demo::start(10);
    let customer = demo.entry("other")["id"].as_u64().expect("an id");
    for block in ["127.0.0.0/8", "::1/128"] {
        assert!(operate(&demo.data(), &format!("allow remove {block} --customer {customer}")).status.success());
    }
    assert!(operate(&demo.data(), &format!("allow add 10.0.0.0/8 --customer {customer}")).status.success());
    demo.server.becomes(demo.token("other"), "ip_not_whitelisted");
    let mut client = connect(demo.server.address);
    let padding = "x".repeat(4_000);
    for _ in 0..300 {
        let params = json!({"access_token": demo.token("other"), "filter": padding});
        let answer = try_call(&mut client, "get.contacts", &params).expect("an answer");
        assert_eq!(outcome(&answer), "ip_not_whitelisted");
    }
    let (_root, data, _) = demo.into_data();
    let sql = format!(
        "SELECT COALESCE(SUM(bytes), 0) FROM api_request_totals WHERE account_kind = 'customer' AND account_id = {customer}"
    );
    let bytes = number(&data, &sql).expect("a sum");
    assert!(bytes > 0 && bytes < 4_000, "{bytes} bytes for 300 calls");
    assert!(call_body("get.contacts", &json!({"filter": padding})).len() > 4_000);
}
