//! The command line as a person or a script meets it: what goes in, what comes out, which code it ends with.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use ringbook_app::access::{Access, LoginAttempt, Secret};
use ringbook_clock::Clock;
use ringbook_store::{Role, Store};
use ringbook_telemetry::Metrics;
use ringbook_workers::{Bounds, Client, Workers};

mod serving;

/// What a command said.
struct Said {
    exit: Exit,
    out: String,
    err: String,
}

fn place() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

/// Runs with these words, variables and stdin.
fn told(words: &[&str], variables: &[(&str, &str)], stdin: &str) -> Said {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let environment =
        |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    let mut console = Console {
        stdin: &mut stdin.as_bytes(),
        stdout: &mut out,
        stderr: &mut err,
        environment: &environment,
        progress: Progress::Hidden,
    };
    let arguments = std::iter::once("ringbook").chain(words.iter().copied()).map(OsString::from);
    let exit = run_with(arguments, &mut console);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { exit, out: text(out), err: text(err) }
}

/// Runs an operator's command, one word per blank, on the data in a directory.
fn on(place: &Path, line: &str) -> Said {
    let words: Vec<&str> = line.split(' ').collect();
    told(&words, &[("RINGBOOK_DATA", place.to_str().expect("UTF-8"))], "")
}

/// Like [`on`], expecting one JSON value alone on stdout.
fn asked(place: &Path, line: &str) -> Value {
    let said = on(place, &format!("{line} --json"));
    assert_eq!(said.exit, Exit::Done, "{line}: {}", said.err);
    assert_eq!(said.out.matches('\n').count(), 1, "{line}: {}", said.out);
    serde_json::from_str(&said.out).expect("one JSON value")
}

#[test]
fn an_operator_sets_up_an_account() {
    let place = place();
    let at = place.path();
    assert_eq!(asked(at, "agent add North"), json!({"id": 1}));
    assert_eq!(asked(at, "customer add Acme --agent 1 --timezone europe/berlin --minute-limit 60"), json!({"id": 1}));
    assert_eq!(asked(at, "user add acme --customer 1 --rights employees:select,address_book:select"), json!({"id": 1}));
    assert_eq!(asked(at, "user add north --agent 1 --name N --description D"), json!({"id": 2}));
    let key = asked(at, "key add --user 1 --name sync");
    let token = key["token"].as_str().expect("a token");
    assert_eq!((key.as_object().map(|key| key.len()), &key["id"], token.len()), (Some(2), &json!(1), 64));
    assert_eq!(asked(at, "allow add 10.1.2.3/8 --customer 1")["block"], "10.0.0.0/8");
    asked(at, "allow add ::1 --agent 1");

    assert_eq!(asked(at, "agent list"), json!([{"id": 1, "name": "North"}]));
    let acme = json!({"id": 1, "name": "Acme", "agent_id": 1, "timezone": "Europe/Berlin", "active": true,
        "day_limit": null, "minute_limit": 60});
    assert_eq!(asked(at, "customer list"), json!([acme]));
    let users = asked(at, "user list");
    let first = json!({"id": 1, "login": "acme", "name": "acme", "description": "", "customer_id": 1, "agent_id": null,
        "rights": ["address_book:select", "employees:select"]});
    assert_eq!((&users[0], users[1]["rights"].as_array().map(Vec::len)), (&first, Some(9)));
    assert_eq!(
        asked(at, "key list"),
        json!([{"id": 1, "user_id": 1, "name": "sync", "expires_at": null, "blocked": false}])
    );
    let blocks = json!([{"block": "::1/128", "customer_id": null, "agent_id": 1},
        {"block": "10.0.0.0/8", "customer_id": 1, "agent_id": null}]);
    assert_eq!(asked(at, "allow list"), blocks);
}

#[test]
fn an_operator_changes_and_removes() {
    let place = place();
    let at = place.path();
    for line in [
        "customer add Acme --day-limit 5",
        "user add acme --customer 1",
        "key add --user 1",
        "allow add 10.0.0.1 --customer 1",
    ] {
        asked(at, line);
    }
    assert_eq!(asked(at, "customer set 1 --day-limit none --active false --name Acme2 --agent none"), json!({"id": 1}));
    let customer = &asked(at, "customer list")[0];
    assert_eq!(
        (&customer["day_limit"], &customer["active"], &customer["name"]),
        (&json!(null), &json!(false), &json!("Acme2"))
    );
    asked(at, "user set 1 --login other --description x --rights client_user:select");
    let user = &asked(at, "user list")[0];
    assert_eq!((&user["login"], &user["rights"]), (&json!("other"), &json!(["client_user:select"])));
    asked(at, "key block 1");
    assert_eq!(asked(at, "key list")[0]["blocked"], true);
    asked(at, "key unblock 1");
    assert_eq!(asked(at, "key list")[0]["blocked"], false);
    for line in ["key remove 1", "allow remove 10.0.0.1 --customer 1", "user remove 1", "customer remove 1"] {
        assert!(asked(at, line).is_object(), "{line}");
    }
    for noun in ["key", "allow", "user", "customer"] {
        assert_eq!(asked(at, &format!("{noun} list")), json!([]));
    }
}

#[test]
fn people_get_tables_and_sentences() {
    let place = place();
    let at = place.path();
    let added = told(&["customer", "add", "Жук и Ко", "--data", at.to_str().expect("UTF-8")], &[], "");
    assert_eq!((added.exit, added.out.as_str()), (Exit::Done, "customer Жук и Ко added: id 1\n"));
    assert!(added.err.contains("allow add CIDR --customer 1"));
    on(at, "user add acme --customer 1");
    let list = on(at, "customer list").out;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines[0], "ID  NAME      AGENT ID  TIMEZONE  ACTIVE  DAY LIMIT  MINUTE LIMIT");
    assert_eq!(lines[1], "1   Жук и Ко  -         UTC       yes     -          -");
    assert!(on(at, "user list").out.ends_with("  all\n"));
    let key = on(at, "key add --user 1 --expires 2001-01-01_00:00:00".replace('_', "\u{a0}").as_str());
    assert_eq!(key.exit, Exit::WrongUsage, "a moment has one form");
    let words = ["key", "add", "--user", "1", "--expires", "2001-01-01 00:00:00"];
    let key = told(&words, &[("RINGBOOK_DATA", at.to_str().expect("UTF-8"))], "");
    assert!(
        key.out.contains("access token: ") && key.err.contains("in the past") && key.err.contains("not shown again")
    );
    assert_eq!(asked(at, "key list")[0]["expires_at"], "2001-01-01 00:00:00");
    let none = on(at, "agent list");
    assert!(none.out.is_empty() && none.err.contains("agent add NAME"), "{}", none.err);
}

#[test]
fn a_password_comes_from_stdin_or_nobody_knows_it() {
    let place = place();
    let data = [("RINGBOOK_DATA", place.path().to_str().expect("UTF-8"))];
    on(place.path(), "customer add A");
    let without = told(&["user", "add", "a", "--customer", "1", "--json"], &data, "not read\n");
    assert_eq!(without.out, "{\"id\":1}\n");
    assert!(without.err.contains("user set 1 --password-stdin"), "{}", without.err);
    let with = told(&["user", "add", "b", "--customer", "1", "--password-stdin"], &data, "secret\r\nmore\n");
    assert_eq!((with.exit, with.err.as_str()), (Exit::Done, ""));
    let set = told(&["user", "set", "1", "--password-stdin"], &data, "fresh");
    assert!(set.exit == Exit::Done && set.err.contains("sessions have ended"));
    for (stdin, cause) in [("", "empty"), ("\n", "empty"), (&"x".repeat(2_000), "longer")] {
        let refused = told(&["user", "set", "1", "--password-stdin"], &data, stdin);
        assert!(refused.exit == Exit::Failed && refused.err.contains(cause), "{}", refused.err);
    }
    on(place.path(), "allow add 127.0.0.1 --customer 1");
    assert!(logs_in(place.path(), "a", "fresh") && logs_in(place.path(), "b", "secret"));
    assert!(!logs_in(place.path(), "a", "not read"));
}

/// Whether the gate takes the password.
fn logs_in(place: &Path, login: &str, password: &str) -> bool {
    let store = Store::open(place, Role::Operator).expect("the store");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let access = Access::open(store, Clock::System).await.expect("the gate");
        let peer = "127.0.0.1".parse().expect("an address");
        let attempt =
            LoginAttempt { login, password: Secret::new(password.to_owned()), peer, now: Clock::System.now() };
        let workers = Workers::new(Bounds::default(), &Metrics::new(&[], &[], &[]));
        access.login(attempt, &workers, &Client::server()).await.is_ok()
    })
}

#[test]
fn what_cannot_be_done_ends_with_1_and_says_what_next() {
    let place = place();
    let at = place.path();
    asked(at, "agent add A");
    asked(at, "customer add C --agent 1");
    asked(at, "user add u --customer 1");
    for (line, part) in [
        ("agent remove 1", "still has 1 customer"),
        ("agent remove 9", "no such agent"),
        ("customer set 9 --active true", "no such customer"),
        ("customer add D --agent 9", "no such agent"),
        ("user add u --customer 1", "another user"),
        ("user set 9 --name N", "no such user"),
        ("key add --user 9", "no such user"),
        ("key block 9", "no such key"),
        ("allow add ::/0 --customer 9", "no such customer"),
        ("allow remove ::/0 --customer 1", "no such address block"),
        ("agent list --database postgres://u:pw@127.0.0.1:1/db", "check whether it runs"),
        ("customer add E --database postgres://u:pw@127.0.0.1:1/db?sslmode=require", "check whether it runs"),
    ] {
        let said = on(at, &format!("{line} --json"));
        assert_eq!((said.exit, said.out.as_str()), (Exit::Failed, ""), "{line}: {}", said.err);
        assert!(said.err.starts_with("error: ") && said.err.contains(part), "{line}: {}", said.err);
        assert!(said.err.trim_end().lines().count() == 1 && !said.err.contains("pw"), "{line}: {}", said.err);
    }
}

#[test]
fn nonsense_ends_with_2_and_leaves_no_trace() {
    let place = place();
    let data = place.path().join("none");
    for line in [
        "",
        "nonsense",
        "agent",
        "agent add",
        "agent frobnicate",
        "agent add A B",
        "agent remove x",
        "agent remove 0",
        "agent list --nope",
        "customer add",
        "customer add C --timezone Mars/Olympus",
        "customer add C --day-limit many",
        "customer add C --agent x",
        "customer set 1",
        "customer set 1 --active perhaps",
        "customer add C --minute-limit -1",
        "user add u",
        "user add u --customer 1 --agent 1",
        "user add u --customer x",
        "user add u --customer 1 --rights all",
        "user set 1",
        "key add",
        "key add --user x",
        "key add --user 1 --expires tomorrow",
        "allow add 10.0.0.0/8",
        "allow add 10.0.0.0/33 --customer 1",
        "allow add example.org --customer 1",
        "allow list extra",
        "check extra",
        "health --url https://h",
        "health --url nonsense",
        "completions",
        "completions csh",
        "customer add C --data x --database y",
        "customer add C --database y",
        "customer add C --database postgres://u:pw@h/d?sslmode=often",
        "customer add C --data x --data y",
        "serve --tls-cert c",
        "serve --tls-key k",
        "serve --listen here",
        "serve --trusted-proxy proxy",
        "serve --log-format xml",
        "serve --log a=b=c",
        "serve --memory lots",
        "serve --body-max 0",
        "serve --idle-timeout never",
        "demo --contacts many",
        "demo --seed -1",
        "serve --config /none/c.toml",
    ] {
        let said = on(&data, line.trim());
        assert_eq!((said.exit, said.out.as_str()), (Exit::WrongUsage, ""), "{line}: {}", said.err);
        assert!(!said.err.is_empty(), "{line}");
    }
    let nothing = told(&[], &[], "");
    assert!(nothing.exit == Exit::WrongUsage && nothing.err.contains("Usage: ringbook") && nothing.out.is_empty());
    assert!(!data.exists());
}

#[test]
fn only_what_begins_data_makes_a_directory() {
    let place = place();
    let data = place.path().join("deep/new");
    for line in ["agent list", "check", "user add u --customer 1", "key add --user 1", "customer set 1 --active true"] {
        let said = on(&data, line);
        assert!(said.exit == Exit::Failed && said.err.contains("--data") && !data.exists(), "{line}: {}", said.err);
    }
    asked(&data, "customer add C");
    assert!(data.join("ringbook.db").exists());
}

#[test]
fn a_check_names_table_and_key() {
    let place = place();
    let at = place.path();
    for line in ["customer add A", "customer add B", "user add u --customer 1"] {
        asked(at, line);
    }
    let well = on(at, "check");
    assert_eq!((well.exit, well.out.lines().count(), well.err.as_str()), (Exit::Done, 3, ""));
    assert_eq!(
        asked(at, "check"),
        json!({"ok": true, "findings": [], "books": [
        {"customer_id": 1, "ok": true, "contacts": 0}, {"customer_id": 2, "ok": true, "contacts": 0}]})
    );
    let database = rusqlite::Connection::open(at.join("ringbook.db")).expect("the database");
    database.execute("UPDATE users SET rights = 'fly'", []).expect("changed");
    let damage = "INSERT INTO contacts (customer_id, id, revision, last_name, phone_numbers, emails, group_ids)
        VALUES (2, 77, 1, 'X', 'nonsense', '[]', '')";
    database.execute(damage, []).expect("changed");
    let ill = on(at, "check");
    assert_eq!(ill.exit, Exit::Failed);
    for part in ["table users, row id 1:", "customer 2: table contacts", "77"] {
        assert!(ill.out.contains(part), "{part}: {}", ill.out);
    }
    assert!(
        ill.err.starts_with("error: 2 finding(s), the first: table users") && !ill.out.contains("run `ringbook check`")
    );
    let report: Value = serde_json::from_str(&on(at, "check --json").out).expect("JSON");
    assert_eq!((&report["ok"], &report["books"][1]["ok"]), (&json!(false), &json!(false)));
    let list = on(at, "user list --json");
    assert!(
        list.exit == Exit::Done && list.err.contains("warning: table users") && list.out.contains("\"rights\":null")
    );
}

/// A server of one answer; yields its URL and, at the end, the request.
fn answering(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let url = format!("http://{}/v2.0", listener.local_addr().expect("an address"));
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = [0; 1000];
        let bytes = stream.read(&mut request).expect("a request");
        stream.write_all(answer.as_bytes()).expect("written");
        String::from_utf8_lossy(&request[..bytes]).into_owned()
    });
    (url, served)
}

#[test]
fn health_is_what_the_server_says() {
    for (answer, exit, part) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Exit::Done, ""),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", Exit::Failed, "its store does not"),
        ("HTTP/1.1 404 Not Found\r\n\r\n", Exit::Failed, "404"),
        ("SSH-2.0-x\r\n", Exit::Failed, "HTTP"),
        ("", Exit::Failed, "HTTP"),
    ] {
        let (url, served) = answering(answer);
        let said = told(&["health", "--url", &url], &[], "");
        assert_eq!(said.exit, exit, "{answer}");
        assert!(said.err.contains(part), "{answer}: {}", said.err);
        let request = served.join().expect("served");
        assert!(request.starts_with("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:"), "{request}");
    }
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("an address");
    let url = format!("http://{free}");
    let said = told(&["health"], &[("RINGBOOK_URL", &url)], "");
    assert!(said.exit == Exit::Failed && said.err.contains("check that the server runs"), "{}", said.err);
}

#[test]
fn help_version_and_completions_go_to_stdout() {
    for words in [&["--help"][..], &["serve", "--help"], &["customer", "add", "-h"], &["help", "key"], &["--version"]] {
        let said = told(words, &[], "");
        assert!(said.exit == Exit::Done && !said.out.is_empty() && said.err.is_empty(), "{words:?}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = told(&["completions", shell], &[], "");
        assert!(said.exit == Exit::Done && said.out.contains("password-stdin"), "{shell}");
    }
    program().debug_assert();
}

#[test]
fn every_command_has_a_manual_page() {
    let place = place();
    let directory = place.path().to_str().expect("UTF-8");
    let said = told(&["man", directory], &[], "");
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
    let mut expected = vec!["ringbook.1".to_owned()];
    let mut program = program().disable_help_subcommand(true);
    program.build();
    let mut open = vec![("ringbook".to_owned(), &program)];
    while let Some((name, command)) = open.pop() {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let name = format!("{name}-{}", inner.get_name());
            expected.push(format!("{name}.1"));
            open.push((name, inner));
        }
    }
    assert!(expected.len() > 20);
    for name in expected {
        let page = std::fs::read_to_string(place.path().join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(page.contains(".TH ringbook") && page.contains(".SH SYNOPSIS"), "{name}: {page}");
    }
    let page = std::fs::read_to_string(place.path().join("ringbook-customer-add.1")).expect("a page");
    assert!(page.contains("timezone"), "{page}");
    let missing = told(&["man", "/none/here"], &[], "");
    assert!(missing.exit == Exit::Failed && missing.err.contains("/none/here"), "{}", missing.err);
}

#[test]
fn the_templates_of_progress_bars_are_valid() {
    for template in [backup::PROGRESS, check::PROGRESS, import::PROGRESS, export::PROGRESS, migrate::PROGRESS] {
        assert!(indicatif::ProgressStyle::with_template(template).is_ok(), "{template}");
    }
}

#[test]
fn a_backup_is_a_private_file_that_is_not_replaced_by_accident() {
    let place = place();
    let data = place.path().join("data");
    let copy = place.path().join("copy.db");
    let copy = copy.to_str().expect("UTF-8");
    let missing = on(&data, &format!("backup {copy}"));
    assert!(missing.exit == Exit::Failed && missing.err.contains("no data in") && !data.exists(), "{}", missing.err);
    asked(&data, "customer add A");
    let made = asked(&data, &format!("backup {copy}"));
    assert_eq!(
        (&made["file"], made["bytes"].as_u64()),
        (&json!(copy), std::fs::metadata(copy).ok().map(|file| file.len()))
    );
    let again = on(&data, &format!("backup {copy}"));
    assert!(again.exit == Exit::Failed && again.err.contains("--force"), "{}", again.err);
    assert_eq!(on(&data, &format!("backup {copy} --force")).exit, Exit::Done);
    let database = on(&data, &format!("backup {copy} --force --database postgres://u:pw@127.0.0.1:1/db"));
    assert!(database.exit == Exit::Failed && database.err.contains("pg_dump") && !database.err.contains("pw"));
}
