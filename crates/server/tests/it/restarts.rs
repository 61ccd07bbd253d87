//! Restarts, kills and damaged files: a restart keeps everything, a kill during a bulk write leaves whole transactions.

use std::path::Path;
use std::process::Stdio;

use ringbook_clock::Clock;
use ringbook_testbed::http_client::WAIT_MAX;
use serde_json::{Value, json};

use super::harness::{Demo, Server, eventually, key, operate, outcome, place, program, told};
use super::stores::{Engine, number};

/// Contacts in one transaction of the demo.
const BATCH: i64 = 10_000;

#[test]
fn a_restart_keeps_everything() {
    let demo = Demo::start(300);
    let token = demo.token("demo").to_owned();
    let login = json!({"login": "demo", "password": demo.text("demo", "password")});
    let session = demo.server.call("login.user", login.clone());
    let session = session["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    let ended = demo.server.call("login.user", login.clone());
    let ended = ended["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    demo.server.call("logout.user", json!({"access_token": ended}));
    let (id, blocked) = key(&demo.data(), demo.user("demo"));
    told(&demo.data(), &format!("key block {id}"));
    let book = json!({"access_token": token, "limit": 10_000, "sort": [{"field": "full_name"}]});
    let before = demo.server.call("get.contacts", book.clone());
    let left = |answer: &Value| answer["result"]["metadata"]["limits"]["day_remaining"].as_u64().expect("points");
    let today = || Clock::System.now().day();
    let day = today();
    let demo_json = demo.json.clone();
    let (_root, data, _) = demo.into_data();
    for round in 1..=2 {
        let server = if round == 1 { Server::serve(&data, &[]) } else { Server::demo(&data, 7) };
        let after = server.call("get.contacts", book.clone());
        assert_eq!(after["result"]["data"], before["result"]["data"]);
        if today() == day {
            assert_eq!(left(&after), left(&before) - if round == 1 { 1 } else { 4 }, "points are counted on");
        }
        assert_eq!(server.verdict(&session), "ok");
        assert_eq!(server.verdict(&ended), "access_token_invalid");
        assert_eq!(server.verdict(&blocked), "access_token_blocked");
        assert_eq!(outcome(&server.call("get.account", json!({"access_token": token}))), "ok");
        assert_eq!(told(&data, "check")["ok"], true);
        server.stop();
    }
    // The demo serves the existing data at a new address.
    let mut now: Value = serde_json::from_slice(&std::fs::read(data.join("demo.json")).expect("a file")).expect("JSON");
    now["url"] = demo_json["url"].clone();
    assert_eq!(now, demo_json);
}

#[test]
fn the_documented_sql_queries_work() {
    let _engine = Engine::Sqlite.select();
    let demo = Demo::start(300);
    let book = demo.server.call("get.contacts", json!({"access_token": demo.token("demo")}));
    let records = book["result"]["data"].as_array().expect("contacts").clone();
    let database = rusqlite::Connection::open(demo.data().join("ringbook.db")).expect("the database");
    for (view, column, member, inner) in [
        ("contact_phones", "phone_number", "phone_numbers", None),
        ("contact_emails", "email", "emails", None),
        ("contact_groups", "group_id", "groups", Some("group_id")),
    ] {
        let order = if inner.is_some() { column } else { "position" };
        let sql = format!(
            "SELECT contact_id, CAST({column} AS TEXT) FROM {view} WHERE customer_id = 1 ORDER BY contact_id, {order}"
        );
        let mut statement = database.prepare(&sql).expect("the view");
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))).expect("rows");
        let found: Vec<(u64, String)> = rows.collect::<Result<_, _>>().expect("rows");
        let wanted = records.iter().flat_map(|record| {
            let values = record[member].as_array().expect("a list");
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let value = move |value: &Value| text(inner.map_or(value, |inner| &value[inner]));
            values.iter().map(move |one| (record["id"].as_u64().expect("an id"), value(one)))
        });
        assert_eq!(found, wanted.collect::<Vec<_>>(), "{view}");
    }
    // The commands in docs/data.md.
    let description = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/data.md");
    let description = std::fs::read_to_string(description).expect("the description");
    let examples: Vec<&str> =
        description.split("```sql\n").skip(1).filter_map(|text| text.split("```").next()).collect();
    assert!(!examples.is_empty());
    for example in examples {
        let rows = database.prepare(example).and_then(|mut statement| statement.query([])?.next().map(drop));
        assert_eq!(rows, Ok(()), "{example}");
    }
    demo.server.stop();
}

#[test]
fn a_crash_loses_at_most_recent_points() {
    let demo = Demo::start(10);
    let token = demo.token("demo").to_owned();
    let spent = 40;
    let limits = |server: &Server| {
        let answer = server.call("get.contacts", json!({"access_token": token, "bogus": 1}));
        answer["error"]["data"]["metadata"]["limits"]["day_remaining"].as_u64().expect("points")
    };
    let before = limits(&demo.server);
    for _ in 0..spent {
        assert_eq!(demo.server.verdict(&token), "ok");
    }
    assert_eq!(limits(&demo.server), before - spent);
    // Counters are written within five seconds.
    let saved = "SELECT day_used FROM points WHERE account_kind = 'customer' AND account_id = 1";
    eventually(WAIT_MAX, "the counters", || number(&demo.data(), saved).is_some_and(|used| used >= spent as i64));
    let data = demo.data();
    let Demo { server, .. } = &demo;
    server.signal("KILL");
    let mut demo = demo;
    demo.server.ended();
    let server = Server::serve(&data, &[]);
    assert!(limits(&server) <= before - spent, "the day is new only at midnight");
    server.stop();
}

/// The number of contacts of the first customer in a closed database, without staged rows, which the revision of the book
/// has not reached; 0 if there is no table yet.
fn contacts(data: &Path) -> i64 {
    let Ok(database) = rusqlite::Connection::open(data.join("ringbook.db")) else { return 0 };
    let count = "SELECT COUNT(*) FROM contacts JOIN books USING (customer_id) \
        WHERE customer_id = 1 AND contacts.revision <= books.revision";
    database.query_row(count, [], |row| row.get(0)).unwrap_or(0)
}

#[test]
fn a_kill_during_a_bulk_write_leaves_whole_transactions() {
    let _engine = Engine::Sqlite.select();
    // At the first bytes of the file, then after this number of batches.
    for batches in [0, 1, 2, 4] {
        let root = place();
        let data = root.path().join("data");
        let mut command = program(["demo", "--listen", "127.0.0.1:0", "--contacts", "200000", "--data"]);
        let mut child = command.arg(&data).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        eventually(WAIT_MAX, "some batches", || {
            assert!(child.try_wait().expect("a child").is_none(), "it ended by itself");
            if batches == 0 { data.join("ringbook.db").exists() } else { contacts(&data) >= batches * BATCH }
        });
        child.kill().expect("killed");
        child.wait().expect("gone");
        let found = contacts(&data);
        assert!(found % BATCH == 0 && found >= batches * BATCH && found < 200_000, "{found} contacts");
        if batches == 0 {
            continue;
        }
        let report = told(&data, "check");
        assert_eq!((&report["ok"], &report["books"][0]["contacts"]), (&json!(true), &json!(found)), "{report}");
        assert!(!data.join("demo.json").exists());
        let again = program(["demo", "--listen", "127.0.0.1:0", "--data"]).arg(&data).output().expect("it ends");
        let said = String::from_utf8_lossy(&again.stderr);
        assert_eq!((again.status.code(), again.stdout.len()), (Some(1), 0), "{said}");
        assert!(said.contains("demo.json") && said.contains("remove") && said.contains("ringbook serve"), "{said}");
        let server = Server::serve(&data, &[]);
        server.stop();
        assert_eq!(operate(&data, "check").status.code(), Some(0));
    }
}

#[test]
fn equal_seed_and_count_give_equal_contacts() {
    let shown = |arguments: &[&str]| {
        let root = place();
        let data = root.path().join("data");
        let mut server = Server::demo(&data, 40);
        let curl = server.line();
        server.stop();
        let json: Value =
            serde_json::from_slice(&std::fs::read(data.join("demo.json")).expect("a file")).expect("JSON");
        assert!(curl.starts_with(&format!("curl -s {}", json["url"].as_str().expect("a URL"))), "{curl}");
        let server = Server::serve(&data, arguments);
        let token = &json["customers"][0]["access_token"];
        let answer = server.call("get.contacts", json!({"access_token": token}));
        answer["result"]["data"].clone()
    };
    let (one, two) = (shown(&[]), shown(&[]));
    assert_eq!(one, two);
    assert_eq!(one.as_array().map(Vec::len), Some(40));
}

#[test]
fn an_empty_demo_works_and_an_incomplete_one_is_refused() {
    let _engine = Engine::Sqlite.select();
    let demo = Demo::start(0);
    assert_eq!(demo.server.verdict(demo.token("demo")), "ok");
    assert_eq!(
        demo.server.call("get.contacts", json!({"access_token": demo.token("demo")}))["result"]["data"],
        json!([])
    );
    let root = place();
    let file = root.path().join("data");
    std::fs::write(&file, "not a directory").expect("written");
    for verb in ["serve", "demo"] {
        let output = program([verb, "--listen", "127.0.0.1:0", "--data"]).arg(&file).output().expect("it ends");
        assert!(output.status.code() == Some(1) && !output.stderr.is_empty(), "{verb}");
    }
    let data = root.path().join("foreign");
    std::fs::create_dir(&data).expect("made");
    std::fs::write(data.join("ringbook.db"), "this is no database, but long enough to be looked at".repeat(100))
        .expect("written");
    let output = program(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("database"), "{said}");
}

/// Overwrites the first leaf page of the table of contacts.
fn damage(data: &Path) {
    let file = data.join("ringbook.db");
    let database = rusqlite::Connection::open(&file).expect("the database");
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("all in one file");
    let root = "SELECT rootpage FROM sqlite_master WHERE name = 'contacts'";
    let root: u64 = database.query_row(root, [], |row| row.get(0).map(i64::cast_unsigned)).expect("a table");
    let size = "PRAGMA page_size";
    let size: u64 = database.query_row(size, [], |row| row.get(0).map(i64::cast_unsigned)).expect("a size");
    drop(database);
    let mut bytes = std::fs::read(&file).expect("the file");
    let begin = ((root - 1) * size) as usize;
    // The first cell of an interior page begins with the number of a child page.
    let cell = begin + usize::from(u16::from_be_bytes([bytes[begin + 12], bytes[begin + 13]]));
    let leaf = u32::from_be_bytes(bytes[cell..cell + 4].try_into().expect("four bytes")) as usize;
    let leaf = (leaf - 1) * size as usize;
    bytes[leaf..leaf + size as usize].fill(0xff);
    std::fs::write(&file, bytes).expect("written");
}

#[test]
fn a_damaged_page_is_reported_and_affects_only_its_book() {
    let _engine = Engine::Sqlite.select();
    let demo = Demo::start(1000);
    let (_root, data, json) = demo.into_data();
    damage(&data);
    let check = operate(&data, "check --json");
    let report: Value = serde_json::from_slice(&check.stdout).unwrap_or_else(|_| panic!("{check:?}"));
    assert_eq!((check.status.code(), &report["ok"]), (Some(1), &json!(false)));
    let oks: Vec<&Value> = report["books"].as_array().expect("books").iter().map(|book| &book["ok"]).collect();
    assert_eq!(oks, [false, true, true], "{report}");
    let findings: Vec<&str> = report["findings"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(findings.iter().any(|text| text.contains("table contacts, row customer_id 1")), "{findings:?}");
    assert!(findings.iter().all(|text| !text.contains('\n') && !text.contains("ringbook check")), "{findings:?}");
    let server = Server::serve(&data, &[]);
    let token = |at: usize| json["customers"][at]["access_token"].as_str().expect("a token").to_owned();
    for _ in 0..3 {
        let verdicts = [0, 1, 2].map(|at| server.verdict(&token(at)));
        assert_eq!(verdicts, ["internal_error", "ok", "ok"]);
    }
    assert_eq!(server.log().matches("ERROR").count(), 1, "{}", server.log());
    server.stop();
}

#[test]
fn a_truncated_file_is_reported() {
    let _engine = Engine::Sqlite.select();
    let demo = Demo::start(300);
    let (_root, data, _) = demo.into_data();
    let file = std::fs::File::options().write(true).open(data.join("ringbook.db")).expect("the file");
    let bytes = file.metadata().expect("a file").len();
    file.set_len(bytes / 2).expect("cut");
    let output = operate(&data, "check");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("restore a copy"), "{said}");
}
