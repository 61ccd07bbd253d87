//! `ringbook backup` beside a running server: the restored copy has every change acknowledged before it began.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ringbook_testbed::http_client::WAIT_MAX;
use serde_json::{Value, json};

use super::harness::{Demo, Server, eventually, place, program, told};
use super::stores::Engine;

const WRITERS: u64 = 4;
/// Number of changes before the copy, and the minimum during and after it.
const CHANGES: u64 = 40;

/// Contacts with the last name `Backup`, by the numbers in their first names.
fn numbers(server: &Server, token: &str) -> Vec<u64> {
    let filter = json!({"field": "last_name", "operator": "=", "value": "Backup"});
    let answer = server.call("get.contacts", json!({"access_token": token, "filter": filter, "limit": 10_000}));
    let contacts = answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let number = |contact: &Value| contact["first_name"].as_str().and_then(|name| name.parse().ok());
    contacts.iter().map(|contact| number(contact).expect("a number")).collect()
}

#[test]
fn a_backup_under_writers_has_every_change_acknowledged_before_it() {
    let _engine = Engine::Sqlite.select();
    let demo = Demo::start(3_000);
    let token = demo.token("demo").to_owned();
    let (next, acknowledged, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let write = || {
        while !over.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let phone = format!("7495{number:07}");
            let contact = json!({"access_token": token, "last_name": "Backup", "first_name": number.to_string(),
                "phone_numbers": [phone]});
            let answer = demo.server.call("create.contacts", contact);
            assert!(answer["result"]["id"].is_u64(), "{answer}");
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    };
    let wait_for = |changes| eventually(WAIT_MAX, "changes", || acknowledged.load(Ordering::Relaxed) >= changes);
    let root = place();
    let copy = root.path().join("copy.db");
    let before = std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(write);
        }
        wait_for(CHANGES);
        let before = numbers(&demo.server, &token);
        let mut backup = program(["backup", copy.to_str().expect("UTF-8"), "--json"]);
        let made = backup.arg("--data").arg(demo.data()).output().expect("it runs");
        assert!(made.status.success() && made.stderr.is_empty(), "{made:?}");
        let made: Value = serde_json::from_slice(&made.stdout).expect("one JSON value");
        assert_eq!(made["bytes"].as_u64(), copy.metadata().ok().map(|file| file.len()));
        wait_for(acknowledged.load(Ordering::Relaxed) + CHANGES);
        over.store(true, Ordering::Relaxed);
        before
    });
    assert!(before.len() as u64 >= CHANGES);

    let restored = root.path().join("restored");
    std::fs::create_dir(&restored).expect("a directory");
    std::fs::copy(&copy, restored.join("ringbook.db")).expect("copied");
    assert_eq!(told(&restored, "check")["ok"], true);
    let server = Server::serve(&restored, &[]);
    let after = numbers(&server, &token);
    let lost: Vec<&u64> = before.iter().filter(|number| !after.contains(number)).collect();
    assert!(lost.is_empty(), "{lost:?} of {} are missing", before.len());
    assert!(after.len() < numbers(&demo.server, &token).len(), "the writers went on");
}
