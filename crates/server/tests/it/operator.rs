//! Operator commands beside a running server: their output, and that the server applies changes within a second.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ringbook_clock::Clock;
use ringbook_testbed::http_client::WAIT_MAX;
use serde_json::{Value, json};

use super::harness::{Server, added, eventually, key, operate, operate_with, outcome, place, program, told, told_with};
use super::stores::{Engine, change};

/// All rights, in the documented order.
const RIGHTS: [&str; 10] = [
    "address_book:select",
    "address_book:insert",
    "address_book:update",
    "address_book:delete",
    "employees:select",
    "employees:insert",
    "employees:update",
    "employees:delete",
    "client_user:select",
    "account:manage",
];

/// The standard error of a command that must fail with this exit code.
fn refused(data: &Path, line: &str, code: i32) -> String {
    let output = operate(data, line);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{line}: {said}");
    assert!(!said.is_empty(), "{line}");
    said
}

#[test]
fn each_command_prints_one_json_value_with_the_documented_members() {
    let root = place();
    let data = root.path().join("data");
    assert_eq!(told(&data, "agent add North+Telecom"), json!({"id": 1}));
    let customer = "customer add Acme --agent 1 --timezone Europe/Berlin --day-limit 100 --minute-limit none";
    assert_eq!(told(&data, customer), json!({"id": 1}));
    assert_eq!(told(&data, "customer add Plain"), json!({"id": 2}));
    assert_eq!(told(&data, "user add ag --agent 1 --name An+agent --description Who+calls"), json!({"id": 1}));
    let user = "user add acme --customer 1 --rights address_book:select,client_user:select --password-stdin";
    assert_eq!(told_with(&data, user, "secret\n"), json!({"id": 2}));
    let key = told(&data, "key add --user 2 --name Sync --expires 2030-12-31+23:59:59");
    assert!(key["id"] == 1 && key["token"].as_str().is_some_and(|token| token.len() >= 22), "{key}");
    assert_eq!(key.as_object().map(serde_json::Map::len), Some(2));
    told(&data, "allow add 10.1.2.3/8 --customer 1");
    told(&data, "allow add 2001:db8::1 --agent 1");
    assert_eq!(told(&data, "agent list"), json!([{"id": 1, "name": "North Telecom"}]));
    let customers = json!([
        {"id": 1, "name": "Acme", "agent_id": 1, "timezone": "Europe/Berlin", "active": true, "day_limit": 100, "minute_limit": null},
        {"id": 2, "name": "Plain", "agent_id": null, "timezone": "UTC", "active": true, "day_limit": null, "minute_limit": null}]);
    assert_eq!(told(&data, "customer list"), customers);
    let users = json!([
        {"id": 1, "login": "ag", "name": "An agent", "description": "Who calls", "customer_id": null, "agent_id": 1, "rights": RIGHTS},
        {"id": 2, "login": "acme", "name": "acme", "description": "", "customer_id": 1, "agent_id": null,
         "rights": ["address_book:select", "client_user:select"]}]);
    assert_eq!(told(&data, "user list"), users);
    let keys = json!([{"id": 1, "user_id": 2, "name": "Sync", "expires_at": "2030-12-31 23:59:59", "blocked": false}]);
    assert_eq!(told(&data, "key list"), keys);
    let blocks = json!([
        {"block": "2001:db8::1/128", "customer_id": null, "agent_id": 1},
        {"block": "10.0.0.0/8", "customer_id": 1, "agent_id": null}]);
    assert_eq!(told(&data, "allow list"), blocks);
    assert_eq!(
        told(&data, "check"),
        json!({"ok": true, "findings": [], "books": [
        {"customer_id": 1, "ok": true, "contacts": 0}, {"customer_id": 2, "ok": true, "contacts": 0}]})
    );
    for line in ["agent list", "customer list", "user list", "key list", "allow list", "check"] {
        let output = operate(&data, line);
        assert!(output.status.code() == Some(0) && output.stdout.len() > 20 && output.stderr.is_empty(), "{line}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("secret"), "{line}");
    }
}

#[test]
fn exit_codes_distinguish_failure_from_wrong_usage() {
    let root = place();
    let data = root.path().join("data");
    refused(&data, "customer list", 1);
    assert!(!data.exists(), "a question makes no directory");
    added(&data, "agent add North");
    added(&data, "customer add Acme --agent 1");
    added(&data, "user add acme --customer 1");
    for line in [
        "agent remove 1",
        "agent remove 9",
        "customer set 9 --active true",
        "user add acme --customer 1",
        "user add other --customer 9",
        "key add --user 9",
        "key block 9",
        "allow add ::/0 --agent 9",
        "allow remove ::/0 --customer 1",
    ] {
        refused(&data, line, 1);
    }
    for line in [
        "customer add",
        "customer set 1",
        "customer set 1 --active perhaps",
        "user add x --customer 1 --agent 1",
        "user add x",
        "user add x --customer 1 --rights fly",
        "key add --user 1 --expires soon",
        "allow add 10.0.0.0/40 --customer 1",
        "agent remove one",
        "frobnicate",
        "key",
    ] {
        refused(&data, line, 2);
    }
    assert_eq!(told(&data, "user list").as_array().map(Vec::len), Some(1));
}

#[test]
fn a_running_server_applies_changes_within_a_second() {
    let root = place();
    let data = root.path().join("data");
    let agent = added(&data, "agent add North");
    let server = Server::serve(&data, &[]);
    let customer = added(&data, &format!("customer add Acme --agent {agent}"));
    let user = added(&data, &format!("user add acme --customer {customer}"));
    let (id, token) = key(&data, user);
    server.becomes(&token, "ip_not_whitelisted");
    told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
    server.becomes(&token, "ok");
    // Keys.
    told(&data, &format!("key block {id}"));
    server.becomes(&token, "access_token_blocked");
    told(&data, &format!("key unblock {id}"));
    server.becomes(&token, "ok");
    let expired = told(&data, &format!("key add --user {user} --expires 2020-01-01+00:00:00"));
    server.becomes(expired["token"].as_str().expect("a token"), "access_token_expired");
    // Rights.
    told(&data, &format!("user set {user} --rights employees:select"));
    server.becomes(&token, "forbidden");
    told(&data, &format!("user set {user} --rights address_book:select"));
    server.becomes(&token, "ok");
    // The account.
    told(&data, &format!("customer set {customer} --active false"));
    server.becomes(&token, "account_inactive");
    told(&data, &format!("customer set {customer} --active true --day-limit 0"));
    server.becomes(&token, "limit_exceeded");
    told(&data, &format!("customer set {customer} --day-limit none --timezone Asia/Tokyo --name Acme+2"));
    server.becomes(&token, "ok");
    let account = server.call("get.account", json!({"access_token": token}));
    let shown = json!([{"app_id": customer, "name": "Acme 2", "timezone": "Asia/Tokyo"}]);
    assert_eq!(account["result"]["data"], shown);
    told(&data, &format!("allow remove 127.0.0.1/32 --customer {customer}"));
    server.becomes(&token, "ip_not_whitelisted");
    // For a customer, the agent's address must be on the customer's list; for its own calls, on its own list.
    let agent_user = added(&data, &format!("user add agent --agent {agent}"));
    let (_, agent_token) = key(&data, agent_user);
    told(&data, &format!("allow add 127.0.0.0/8 --customer {customer}"));
    server.becomes(&token, "ok");
    let for_user = || server.call("get.contacts", json!({"access_token": agent_token, "user_id": user, "limit": 0}));
    assert_eq!(outcome(&for_user()), "ok");
    let users = || server.call("get.customer_users", json!({"access_token": agent_token}));
    assert_eq!(outcome(&users()), "ip_not_whitelisted");
    told(&data, &format!("allow add ::ffff:127.0.0.1 --agent {agent}"));
    eventually(WAIT_MAX, "the agent's list", || outcome(&users()) == "ok");
    told(&data, &format!("customer set {customer} --agent none"));
    eventually(WAIT_MAX, "no agent", || outcome(&for_user()) == "forbidden");
    assert_eq!(users()["result"]["data"], json!([]));
    // Removals.
    told(&data, &format!("key remove {id}"));
    server.becomes(&token, "access_token_invalid");
    let (_, token) = key(&data, user);
    server.becomes(&token, "ok");
    told(&data, &format!("user remove {user}"));
    server.becomes(&token, "access_token_invalid");
    told(&data, &format!("customer remove {customer}"));
    told(&data, &format!("agent remove {agent}"));
    server.becomes(&agent_token, "access_token_invalid");
    assert_eq!(told(&data, "customer list"), json!([]));
    server.stop();
}

#[test]
fn keys_and_sessions_expire() {
    let root = place();
    let data = root.path().join("data");
    let customer = added(&data, "customer add Acme");
    told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
    let user = told_with(&data, &format!("user add acme --customer {customer} --password-stdin"), "good\n");
    let user = user["id"].as_u64().expect("an id");
    let server = Server::serve(&data, &[]);
    let soon = Clock::System.now().plus(3).to_string().replace(' ', "+");
    let brief = told(&data, &format!("key add --user {user} --expires {soon}"));
    let brief = brief["token"].as_str().expect("a token");
    server.becomes(brief, "ok");
    let session = server.call("login.user", json!({"login": "acme", "password": "good"}));
    let session = session["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    eventually(WAIT_MAX, "the key's end", || server.verdict(brief) == "access_token_expired");
    assert_eq!(server.verdict(&session), "ok");
    server.stop();
    assert_eq!(change(&data, "UPDATE sessions SET expires_at = expires_at - 3600"), 1);
    let server = Server::serve(&data, &[]);
    assert_eq!(server.verdict(&session), "access_token_invalid");
    server.stop();
}

#[test]
fn a_new_password_ends_existing_sessions() {
    let root = place();
    let data = root.path().join("data");
    let customer = added(&data, "customer add Acme");
    told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
    let server = Server::serve(&data, &[]);
    let added = told_with(&data, &format!("user add acme --customer {customer} --password-stdin"), "old one\n");
    let user = added["id"].as_u64().expect("an id");
    let (_, key) = key(&data, user);
    server.becomes(&key, "ok");
    let login = |password: &str| server.call("login.user", json!({"login": "acme", "password": password}));
    let session = login("old one")["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    server.becomes(&session, "ok");
    told_with(&data, &format!("user set {user} --password-stdin"), "new one\r\n");
    server.becomes(&session, "access_token_invalid");
    server.becomes(&key, "ok");
    eventually(WAIT_MAX, "the new password", || outcome(&login("new one")) == "ok");
    assert_eq!(outcome(&login("old one")), "auth_error");
    let empty = operate_with(&data, &format!("user set {user} --password-stdin"), "\n");
    assert_ne!(empty.status.code(), Some(0));
    server.stop();
}

#[test]
fn password_guessing_is_throttled_per_address_and_login() {
    let root = place();
    let data = root.path().join("data");
    let customer = added(&data, "customer add Acme");
    told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
    for login in ["one", "two"] {
        let line = format!("user add {login} --customer {customer} --password-stdin");
        told_with(&data, &line, "good\n");
    }
    let server = Server::serve(&data, &[]);
    let login = |login: &str, password: &str| {
        outcome(&server.call("login.user", json!({"login": login, "password": password})))
    };
    // Repeating the same wrong password does not lock out a client.
    for _ in 0..9 {
        assert_eq!(login("one", "bad"), "auth_error");
    }
    assert_eq!(login("one", "good"), "ok");
    // A new minute may begin once meanwhile.
    let guesses = (0..32).map(|_| login("two", "bad")).filter(|outcome| outcome == "auth_error").count();
    assert_eq!(guesses, 32);
    assert_eq!(login("two", "good"), "auth_error");
    assert_eq!(login("one", "good"), "ok");
    server.stop();
}

/// Checks that only the owner may read the files.
fn are_private(data: &Path) {
    for file in std::fs::read_dir(data).expect("the directory") {
        let file = file.expect("a file");
        let mode = file.metadata().expect("a file").permissions().mode() & 0o777;
        assert!([0o600, 0o700].contains(&mode), "{}: {mode:o}", file.path().display());
    }
}

#[test]
fn a_directory_has_one_server_and_is_private() {
    let _engine = Engine::Sqlite.select();
    let root = place();
    let data = root.path().join("data");
    let server = Server::demo(&data, 10);
    for verb in ["serve", "demo"] {
        let mut second = program([verb, "--listen", "127.0.0.1:0", "--data"]);
        let output = second.arg(&data).output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{verb}: {said}");
        assert!(said.contains("another") && said.contains("--data"), "{verb}: {said}");
    }
    told(&data, "customer list");
    are_private(&data);
    let free = server.address.to_string();
    let mut third = program(["serve", "--listen", &free, "--data"]);
    let other = root.path().join("other");
    added(&other, "customer add A");
    let output = third.arg(&other).output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains(&free) && said.contains("--listen"), "{said}");
    server.stop();
    are_private(&data);
}

#[test]
fn settings_come_from_flags_then_environment_then_file() {
    let _engine = Engine::Sqlite.select();
    let root = place();
    let data = root.path().join("data");
    added(&data, "customer add Acme");
    let file = root.path().join("ringbook.toml");
    let nowhere = root.path().join("nowhere");
    std::fs::write(&file, format!("data = {:?}\njson = true\n", data.display().to_string())).expect("written");
    let run = |environment: &[(&str, &Path)], arguments: &[&str]| {
        let mut command = program(arguments.iter().copied());
        command.current_dir(root.path()).envs(environment.iter().copied());
        let output = command.output().expect("it runs");
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).ok())
    };
    let path = file.display().to_string();
    let (code, list) = run(&[], &["customer", "list", "--config", &path]);
    assert_eq!(
        (code, list.and_then(|list| list[0]["name"].as_str().map(str::to_owned))),
        (Some(0), Some("Acme".into()))
    );
    assert_eq!(run(&[("RINGBOOK_DATA", &nowhere)], &["customer", "list", "--config", &path]).0, Some(1));
    let data = data.display().to_string();
    let flags = ["customer", "list", "--config", &path, "--data", &data];
    assert_eq!(run(&[("RINGBOOK_DATA", &nowhere)], &flags).0, Some(0));
    std::fs::write(&file, "daat = 'x'\n").expect("written");
    assert_eq!(run(&[], &["customer", "list", "--config", &path]).0, Some(2));
}
