//! `ringbook migrate-store`: the target has all data of the source, and a server on it gives the same replies.

use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use ringbook_clock::Clock;
use ringbook_testbed::http_client::WAIT_MAX;
use serde_json::{Value, json};

use super::harness::{Demo, Server, added, eventually, outcome, place, program, told};
use super::stores::{Engine, psql, server, try_psql};

/// A PostgreSQL database besides the directory, whatever store other tests use.
struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    fn make(root: &Path) -> Database {
        let server = server();
        let place: String = root.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("move_{}_{}", std::process::id(), place.to_lowercase());
        psql(&server, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"));
        let pairs: Vec<&str> = server.split_whitespace().filter(|pair| !pair.starts_with("dbname=")).collect();
        let url = format!("postgres:///{name}?password=hidden&{}", pairs.join("&"));
        Database { server, name, url }
    }

    fn contacts(&self) -> i64 {
        let told = try_psql(&self.url, "SELECT COUNT(*) FROM ringbook.contacts");
        told.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        psql(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn migrate(from: &str, to: &str) -> Output {
    program(["migrate-store", from, to, "--json"]).output().expect("it runs")
}

/// The output of a move that must succeed.
fn migrated(from: &str, to: &str) -> Value {
    let output = migrate(from, to);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty() && !String::from_utf8_lossy(&output.stdout).contains("hidden"), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("one JSON value")
}

/// The error of a move that must be refused.
fn refused(from: &str, to: &str, code: i32) -> String {
    let output = migrate(from, to);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(code) && output.stdout.is_empty(), "{output:?}");
    assert!(told.starts_with("error: ") && !told.contains("hidden"), "{told}");
    told
}

/// Every row of every table as text.
fn rows(data: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(data.join("ringbook.db")).expect("the database");
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut names = database.prepare(names).expect("a question");
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).expect("names").collect::<Result<_, _>>().expect("names");
    let mut found = Vec::new();
    for name in names {
        let mut rows = database
            .prepare(&format!("SELECT * FROM {name} ORDER BY 1, 2, 3"))
            .or_else(|_| database.prepare(&format!("SELECT * FROM {name} ORDER BY 1, 2")));
        let rows = rows.as_mut().expect("a table");
        let count = rows.column_count();
        let cells = |row: &rusqlite::Row<'_>| (0..count).map(|at| row.get(at)).collect::<Result<Vec<_>, _>>();
        let read =
            rows.query_map([], |row| cells(row).map(|cells: Vec<rusqlite::types::Value>| format!("{name} {cells:?}")));
        found.extend(read.expect("rows").map(|row| row.expect("a row")));
    }
    found
}

fn serve(arguments: [&str; 2], log: &Path) -> Server {
    Server::run(program(["serve", "--listen", "127.0.0.1:0", arguments[0], arguments[1]]), log)
}

/// Replies of a server to all methods that read, without the remaining limits. The first two tokens belong to one
/// account, the third to another.
fn answers(server: &Server, tokens: [&str; 3], cursor: &str) -> Vec<String> {
    let now = Clock::System.now().unix();
    let [from, till] = [now - 3600, now + 3600].map(ringbook_book::moment::write);
    let mut questions = Vec::new();
    for offset in [0, 100, 200] {
        questions.push(("get.contacts", json!({"offset": offset, "limit": 100, "sort": [{"field": "full_name"}]})));
    }
    questions.push(("get.contact_changes", json!({"since": cursor})));
    questions.push(("get.contact_changes", json!({"since": ""})));
    for method in ["get.group_contacts", "get.contact_organizations", "get.employees", "get.blacklist_phone_numbers"] {
        questions.push((method, json!({})));
    }
    questions.push(("get.account", json!({})));
    let ask = |token: &str, (method, params): &(&str, Value)| {
        let mut params = params.clone();
        params["access_token"] = json!(token);
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = server.post(body.to_string());
        let text = answer.text();
        format!("{method} {}", text.split("\"limits\":").next().unwrap_or(text))
    };
    // The request report first, once for each account, because these calls are reported as well.
    let report = ("get.api_requests", json!({"date_from": from, "date_till": till}));
    let reports = [tokens[0], tokens[2]].map(|token| ask(token, &report));
    let answers = questions.iter().flat_map(|question| tokens.map(|token| ask(token, question)));
    reports.into_iter().chain(answers).collect()
}

#[test]
fn a_store_moves_into_a_database_and_back_and_answers_the_same() {
    let root = place();
    let _engine = Engine::Sqlite.select();
    let database = Database::make(root.path());
    let demo = Demo::start(300);
    let token = demo.token("demo").to_owned();
    let call = |method: &str, mut params: Value| {
        params["access_token"] = json!(token);
        let answer = demo.server.call(method, params);
        assert_eq!(outcome(&answer), "ok", "{answer}");
        answer
    };
    let login = json!({"login": "demo", "password": demo.text("demo", "password")});
    let session =
        demo.server.call("login.user", login)["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    let cursor = call("get.contact_changes", json!({"since": ""}))["result"]["metadata"]["cursor"].clone();
    call("create.contacts", json!({"last_name": "Жук \"o'", "phone_numbers": ["100"]}));
    call("delete.contacts", json!({"id": 7}));
    call("create.phone_number_to_blacklist", json!({"phone_number": "74950000001"}));
    told(&demo.data(), &format!("customer set {} --minute-limit 9000", demo.entry("second")["id"]));
    let other = demo.token("second").to_owned();
    let (_demo_root, data, _) = demo.into_data();

    let there = migrated(text(&data), &database.url);
    assert_eq!(there["tables"]["contacts"], 320, "{there}");
    let back = root.path().join("back");
    let returned = migrated(&database.url, text(&back));
    assert_eq!((&returned["rows"], &returned["tables"]), (&there["rows"], &there["tables"]));
    assert_eq!(rows(&back), rows(&data));

    let tokens = [&*token, &*session, &*other];
    let cursor = cursor.as_str().expect("a cursor");
    let on = |arguments: [&str; 2]| {
        let server = serve(arguments, &root.path().join("server"));
        let answers = answers(&server, tokens, cursor);
        server.stop();
        answers
    };
    let wanted = on(["--data", text(&data)]);
    let failed: Vec<&String> = wanted.iter().filter(|answer| answer.contains("\"error\"")).collect();
    assert!(failed.len() == 1 && failed[0].contains("another account"), "the cursor is one account's: {failed:?}");
    assert_eq!(on(["--database", &database.url]), wanted);
    assert_eq!(on(["--data", text(&back)]), wanted);
    assert_eq!(told(&back, "check")["ok"], true);
}

/// Starts a move and kills it while it copies contacts.
fn kill_while_copying(from: &str, to: &str, contacts: impl Fn() -> i64) {
    let mut command = program(["migrate-store", from, to]);
    let mut child: Child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    eventually(WAIT_MAX, "contacts in the target", || contacts() > 0);
    child.kill().expect("it is there");
    assert_eq!(child.wait().expect("it ends").code(), None, "it was killed");
}

/// Checks that an incomplete copy cannot be used.
fn is_refused(arguments: [&str; 2]) {
    for line in
        [&["serve", "--listen", "127.0.0.1:0"][..], &["check"], &["customer", "list"], &["customer", "add", "A"]]
    {
        let output = program(line).args(arguments).output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{line:?}: {told}");
        assert!(told.contains("run `ringbook migrate-store` with the same FROM and TO"), "{told}");
    }
}

#[test]
fn a_move_that_is_killed_goes_on_where_it_stopped() {
    const CONTACTS: u64 = 60_000;
    let root = place();
    let _engine = Engine::Sqlite.select();
    let database = Database::make(root.path());
    let (_demo_root, data, _) = Demo::start(CONTACTS).into_data();
    kill_while_copying(text(&data), &database.url, || database.contacts());
    is_refused(["--database", &database.url]);
    let rest = migrated(text(&data), &database.url);
    assert!(rest["copied"].as_u64() < Some(CONTACTS), "what was there is not copied again: {rest}");

    let back = root.path().join("back");
    let in_files = || {
        let opened =
            rusqlite::Connection::open_with_flags(back.join("ringbook.db"), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY);
        let counted = |opened: rusqlite::Connection| {
            opened.query_row("SELECT COUNT(*) FROM contacts", [], |row| row.get::<_, i64>(0))
        };
        opened.and_then(counted).unwrap_or(0)
    };
    kill_while_copying(&database.url, text(&back), in_files);
    is_refused(["--data", text(&back)]);
    migrated(&database.url, text(&back));
    assert_eq!(rows(&back), rows(&data));
}

#[test]
fn invalid_moves_are_refused_with_the_next_step() {
    let root = place();
    let _engine = Engine::Sqlite.select();
    let directory = |name: &str| -> PathBuf { root.path().join(name) };
    let (data, to, full) = (directory("data"), directory("to"), directory("full"));
    added(&data, "customer add Acme");
    added(&full, "customer add Other");
    let before = rows(&full);
    let server = Server::serve(&data, &[]);
    assert!(refused(text(&data), text(&to), 1).contains("a ringbook server runs on FROM"));
    server.stop();
    let server = Server::serve(&to, &[]);
    assert!(refused(text(&data), text(&to), 1).contains("is at work on TO"));
    server.stop();
    assert!(refused(text(&data), text(&full), 1).contains("TO already holds 1 customer(s)"));
    assert_eq!(rows(&full), before);
    let nowhere = directory("nowhere");
    assert!(refused(text(&nowhere), text(&to), 1).contains("there are no data in FROM"));
    assert!(!nowhere.exists());
    let around = format!("{}/../data", text(&data));
    assert!(refused(text(&data), &around, 2).contains("the same"));
    let unreachable = "postgres://ann:hidden@127.0.0.1:1/book";
    assert!(refused(unreachable, unreachable, 2).contains("the same"));
    assert!(refused(text(&data), unreachable, 1).contains("TO: the store is unavailable"));
    assert!(refused(text(&data), "mysql://ann:hidden@h/d", 2).contains("TO is not a URL"));
    assert!(refused(text(&data), "postgres://ann:hidden@h/d?sslmode=hidden", 2).contains("TO has an sslmode"));
    // A target with tables but without rows is accepted.
    let moved = migrated(text(&data), text(&to));
    assert_eq!(moved["tables"]["customers"], 1);
    assert_eq!(rows(&to), rows(&data));
}
