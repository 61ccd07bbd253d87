//! The client area without a browser: what a browser could be made to send is refused, and changes nothing.

use std::time::Duration;

use ringbook_testbed::http_client::{Response, connect, get};
use serde_json::{Value, json};

use super::harness::{Demo, Server, eventually, outcome, told, told_with};

/// Time within which a running server applies operator commands, with a reserve for busy machines.
const APPLIED_WITHIN: Duration = Duration::from_secs(5);
const OURS: &str = "X-Ringbook: 1\r\nContent-Type: application/json\r\nSec-Fetch-Site: same-origin\r\n";
const FILE: &str = "X-Ringbook: 1\r\nContent-Type: application/octet-stream\r\nSec-Fetch-Site: same-origin\r\n";

fn send(server: &Server, verb: &str, path: &str, headers: &str, body: &str) -> Response {
    let length = body.len();
    let head = format!("{verb} {path} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {length}\r\n\r\n");
    connect(server.address).request([head.as_bytes(), body.as_bytes()].concat())
}

/// Signs in; the response of the server.
fn sign_in(server: &Server, headers: &str, login: &str, password: &str) -> Response {
    let body = json!({"login": login, "password": password}).to_string();
    send(server, "POST", "/client/session", &format!("{OURS}{headers}"), &body)
}

/// The cookie of a response, as a header of a request.
fn cookie(response: &Response) -> String {
    let set = response.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {}", response.text()));
    format!("Cookie: {}\r\n", set.split(';').next().expect("a cookie"))
}

fn mnemonic(response: &Response) -> String {
    response.json()["error"]["mnemonic"].as_str().unwrap_or("ok").to_owned()
}

/// A call of the API with a cookie.
fn call(server: &Server, headers: &str, method: &str, params: &Value) -> Response {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    send(server, "POST", "/client/rpc", headers, &body)
}

fn total(server: &Server, token: &str) -> u64 {
    let answer = server.call("get.contacts", json!({"access_token": token, "limit": 0}));
    answer["result"]["metadata"]["total_items"].as_u64().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn the_page_and_its_files_are_served_with_a_policy_and_kept() {
    let demo = Demo::start(3);
    let page = connect(demo.server.address).request(get("/"));
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-cache")));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("require-trusted-types-for 'script'"), "{policy}");
    let script = page.text().split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a script");
    let file = connect(demo.server.address).request(get(script));
    assert_eq!(file.header("content-type"), Some("text/javascript; charset=UTF-8"));
    assert!(file.header("cache-control").is_some_and(|caching| caching.contains("immutable")));
    for path in ["/client/../../etc/passwd", "/client/0000000000000000/js/main.js", "/nothing"] {
        assert_eq!(connect(demo.server.address).request(get(path)).status, 404, "{path}");
    }
    // The API is where it was.
    assert_eq!(demo.server.verdict(demo.token("demo")), "ok");
}

#[test]
fn without_the_client_area_there_are_no_pages() {
    let demo = Demo::start(3);
    let (_root, data, _) = demo.into_data();
    let server = Server::serve(&data, &["--client-area", "off"]);
    for path in ["/", "/client/session"] {
        assert_eq!(connect(server.address).request(get(path)).status, 404, "{path}");
    }
}

#[test]
fn a_session_is_a_cookie_that_scripts_cannot_read_and_no_token_of_the_api() {
    let demo = Demo::start(3);
    let (login, password) = (demo.text("demo", "login"), demo.text("demo", "password"));
    let begun = sign_in(&demo.server, "", login, password);
    let set = begun.header("set-cookie").expect("a cookie");
    assert!(set.contains("; HttpOnly; SameSite=Strict") && !set.contains("Secure"), "{set}");
    let cookie = cookie(&begun);
    let headers = format!("{OURS}{cookie}");
    assert_eq!(outcome(&call(&demo.server, &headers, "get.contacts", &json!({"limit": 1})).json()), "ok");
    // The page came over TLS through a proxy.
    let tls = sign_in(&demo.server, "Origin: https://a\r\n", login, password);
    let set = tls.header("set-cookie").expect("a cookie");
    assert!(set.starts_with("__Host-ringbook=") && set.contains("; Secure"), "{set}");
    // Neither stands for the other.
    let token = cookie.trim_start_matches("Cookie: ringbook-session=").trim_end();
    assert_eq!(demo.server.verdict(token), "access_token_invalid");
    let as_cookie = format!("{OURS}Cookie: ringbook-session={}\r\n", demo.token("demo"));
    assert_eq!(call(&demo.server, &as_cookie, "get.contacts", &json!({})).status, 401);
    let both = json!({"access_token": demo.token("second"), "limit": 1});
    assert_eq!(outcome(&call(&demo.server, &headers, "get.contacts", &both).json()), "unexpected_parameters");
    // A cookie whose parts were changed, and one that was signed out.
    for forged in [token.replacen("b1.", "b1.f", 1), token.replace('.', ""), "x".repeat(5000)] {
        let headers = format!("{OURS}Cookie: ringbook-session={forged}\r\n");
        assert_eq!(call(&demo.server, &headers, "get.contacts", &json!({})).status, 401, "{forged}");
    }
    let out = send(&demo.server, "DELETE", "/client/session", &headers, "{}");
    assert!(out.header("set-cookie").is_some_and(|set| set.contains("Max-Age=0")));
    assert_eq!(call(&demo.server, &headers, "get.contacts", &json!({})).status, 401);
    assert!(!demo.server.log().contains(token), "the token is in the log");
}

#[test]
fn what_another_site_sends_changes_nothing() {
    let demo = Demo::start(3);
    let (login, password) = (demo.text("demo", "login"), demo.text("demo", "password"));
    let cookie = cookie(&sign_in(&demo.server, "", login, password));
    let json = "Content-Type: application/json\r\n";
    let create = json!({"last_name": "Forged", "phone_numbers": ["112"]});
    for forged in [
        format!("{json}Sec-Fetch-Site: same-origin\r\n"),
        format!("{json}X-Ringbook: 1\r\n"),
        format!("{json}X-Ringbook: 1\r\nSec-Fetch-Site: cross-site\r\n"),
        format!("{json}X-Ringbook: 1\r\nSec-Fetch-Site: same-site\r\n"),
        format!("{json}X-Ringbook: 1\r\nOrigin: https://evil.example\r\n"),
        format!("{json}X-Ringbook: 1\r\nOrigin: null\r\n"),
        "Content-Type: text/plain\r\nX-Ringbook: 1\r\nSec-Fetch-Site: same-origin\r\n".to_owned(),
        FILE.to_owned(),
    ] {
        let headers = format!("{forged}{cookie}");
        let response = call(&demo.server, &headers, "create.contacts", &create);
        assert_eq!((response.status, mnemonic(&response).as_str()), (403, "cross_site"), "{forged}");
        for path in ["/client/account", "/client/session"] {
            assert_eq!(send(&demo.server, "POST", path, &headers, "{}").status, 403, "{path} {forged}");
        }
    }
    assert_eq!(total(&demo.server, demo.token("demo")), 3);
    let log = demo.server.log();
    assert_eq!(log.matches("refused as forged").count(), 1, "{log}");
}

#[test]
fn a_session_is_of_the_network_that_it_was_begun_from() {
    let demo = Demo::start(3);
    let (login, password) = (demo.text("demo", "login").to_owned(), demo.text("demo", "password").to_owned());
    let (_root, data, _) = demo.into_data();
    told(&data, "allow add 192.0.2.0/24 --customer 1");
    let server = Server::serve(&data, &["--trusted-proxy", "127.0.0.1"]);
    let from = |address: &str| format!("X-Forwarded-For: {address}\r\n");
    let cookie = cookie(&sign_in(&server, &from("192.0.2.7"), &login, &password));
    let asked = |address: &str| {
        let headers = format!("{OURS}{cookie}{}", from(address));
        call(&server, &headers, "get.contacts", &json!({"limit": 0})).status
    };
    assert_eq!((asked("192.0.2.7"), asked("192.0.2.8")), (200, 401));
    // An address that is not on the list is told what to add.
    let refused = sign_in(&server, &from("198.51.100.1"), &login, &password).json();
    assert_eq!(refused["error"]["mnemonic"], "ip_not_whitelisted");
    assert_eq!(refused["error"]["params"], json!({"ip": "198.51.100.1", "account": "--customer 1"}));
}

#[test]
fn a_session_ends_with_its_user_and_with_a_new_password() {
    let demo = Demo::start(3);
    let data = demo.data();
    let (login, password) = (demo.text("demo", "login"), demo.text("demo", "password"));
    let status =
        |cookie: &str| call(&demo.server, &format!("{OURS}{cookie}"), "get.contacts", &json!({"limit": 0})).status;
    let first = cookie(&sign_in(&demo.server, "", login, password));
    assert_eq!(status(&first), 200);
    told_with(&data, &format!("user set {} --password-stdin", demo.user("demo")), "another password\n");
    eventually(APPLIED_WITHIN, "the end of the session", || status(&first) == 401);
    // The end of sessions may be seen before the new password.
    let mut begun = None;
    eventually(APPLIED_WITHIN, "the new password", || {
        begun = Some(sign_in(&demo.server, "", login, "another password"));
        begun.as_ref().is_some_and(|response| response.status == 200)
    });
    let second = cookie(&begun.expect("a session"));
    told(&data, &format!("user remove {}", demo.user("demo")));
    eventually(APPLIED_WITHIN, "the end of the session", || status(&second) == 401);
}

#[test]
fn an_account_is_administered_by_people_with_the_right_only() {
    let demo = Demo::start(3);
    let (login, password) = (demo.text("demo", "login"), demo.text("demo", "password"));
    let headers = format!("{OURS}{}", cookie(&sign_in(&demo.server, "", login, password)));
    let operate = |headers: &str, operation: Value| {
        let response = send(&demo.server, "POST", "/client/account", headers, &operation.to_string());
        (mnemonic(&response), response.json()["result"].clone())
    };
    let (user, foreign) = (demo.user("demo"), demo.user("other"));
    // What belongs to another account is not found, with the right password, too.
    for operation in [
        json!({"operation": "add_key", "user": foreign, "name": "x", "confirm": password}),
        json!({"operation": "set_user", "user": foreign, "password": "new password", "confirm": password}),
        json!({"operation": "remove_user", "user": foreign}),
        json!({"operation": "remove_key", "key": told(&demo.data(), "key list")[3]["id"]}),
    ] {
        assert_eq!(operate(&headers, operation.clone()).0, "entity_not_found", "{operation}");
    }
    for (operation, refusal) in [
        (json!({"operation": "add_key", "user": user, "name": "x"}), "invalid_parameter_value"),
        (json!({"operation": "add_key", "user": user, "name": "x", "confirm": "wrong"}), "auth_error"),
        (
            json!({"operation": "add_key", "user": user, "name": "x", "admin": true, "confirm": password}),
            "invalid_parameter_value",
        ),
        (json!({"operation": "remove_user", "user": user}), "own_access"),
        (json!({"operation": "set_user", "user": user, "rights": [], "confirm": password}), "own_access"),
        (json!({"operation": "remove_block", "block": "127.0.0.0/8"}), "own_access"),
        (
            json!({"operation": "add_user", "login": "other", "password": "long enough", "confirm": password}),
            "login_taken",
        ),
        (json!({"operation": "drop_tables"}), "invalid_request"),
        (json!([]), "invalid_request"),
    ] {
        assert_eq!(operate(&headers, operation.clone()).0, refusal, "{operation}");
    }
    // A session of the API and a key are none of a browser.
    let token = demo.server.call("login.user", json!({"login": login, "password": password}));
    let token = token["result"]["data"]["access_token"].as_str().expect("a token").to_owned();
    for token in [token.as_str(), demo.token("demo")] {
        let headers = format!("{OURS}Cookie: ringbook-session={token}\r\n");
        assert_eq!(operate(&headers, json!({"operation": "view"})).0, "access_token_invalid");
    }
    let made = operate(&headers, json!({"operation": "add_key", "user": user, "name": "x", "confirm": password})).1;
    assert_eq!(demo.server.verdict(made["token"].as_str().expect("a token")), "ok");
    // Without the right there is nothing to see.
    told(&demo.data(), &format!("user set {user} --rights address_book:select"));
    let view = || operate(&headers, json!({"operation": "view"})).0;
    eventually(APPLIED_WITHIN, "the right's end", || view() == "forbidden");
    assert!(!demo.server.log().contains(password), "a password is in the log");
}

#[test]
fn a_country_changes_the_numbers_of_the_own_book_only() {
    let demo = Demo::start(0);
    let call = |who: &str, method: &str, mut params: Value| {
        params["access_token"] = json!(demo.token(who));
        let answer = demo.server.call(method, params);
        assert_eq!(outcome(&answer), "ok", "{method}: {answer}");
        answer["result"].clone()
    };
    // More than one request rewrites.
    let contact = |at: u64| json!({"last_name": format!("N {at}"), "phone_numbers": [format!("8916{at:07}")]});
    for first in [0, 6_000] {
        let contacts: Vec<Value> = (first..first + 6_000).map(contact).collect();
        call("demo", "upload.contacts", json!({"contacts": contacts}));
    }
    call("second", "create.contacts", contact(1));
    let with_prefix = |who: &str, prefix: &str| {
        let filter = json!({"field": "phone_numbers", "operator": "like", "value": format!("{prefix}%")});
        let found = call(who, "get.contacts", json!({"filter": filter, "limit": 0}));
        found["metadata"]["total_items"].as_u64().expect("a total")
    };
    let (login, password) = (demo.text("demo", "login"), demo.text("demo", "password"));
    let headers = format!("{OURS}{}", cookie(&sign_in(&demo.server, "", login, password)));
    let operate = |operation: &Value| {
        let response = send(&demo.server, "POST", "/client/account", &headers, &operation.to_string());
        (mnemonic(&response), response.json())
    };
    for (wrong, field) in [
        (json!({"operation": "set_country", "country": "XX"}), "country"),
        (json!({"operation": "set_country", "area_code": "495"}), "country"),
        (json!({"operation": "preview_country", "country": "RU", "area_code": "1234567"}), "area_code"),
        (json!({"operation": "preview_country", "country": "RU", "outside_prefix": "x"}), "outside_prefix"),
        (json!({"operation": "set_country", "country": 7}), "country"),
    ] {
        let (refused, answer) = operate(&wrong);
        assert_eq!((refused.as_str(), &answer["error"]["params"]["field"]), ("invalid_parameter_value", &json!(field)));
    }
    let preview = operate(&json!({"operation": "preview_country", "country": "ru"})).1["result"].clone();
    assert_eq!((&preview["changed_contacts"], &preview["changed_numbers"]), (&json!(12_000), &json!(12_000)));
    assert_eq!(preview["changes"].as_array().map(Vec::len), Some(20));
    assert_eq!(with_prefix("demo", "8916"), 12_000, "a preview changes nothing");
    let set = json!({"operation": "set_country", "country": "RU"});
    let has_more = |answer: &Value| answer["result"]["has_more"].clone();
    assert_eq!(has_more(&operate(&set).1), true);
    assert_eq!(with_prefix("demo", "7916"), 10_000);
    assert_eq!(has_more(&operate(&set).1), false);
    assert_eq!((with_prefix("demo", "7916"), with_prefix("second", "8916")), (12_000, 1));
    let view = operate(&json!({"operation": "view"})).1["result"].clone();
    assert_eq!((&view["country"], &view["area_code"]), (&json!("RU"), &Value::Null));
    assert_eq!(told(&demo.data(), "check")["ok"], true);
    // Each request costs a call, as each batch of an import does.
    told(&demo.data(), "customer set 1 --minute-limit 1");
    eventually(APPLIED_WITHIN, "the limit", || operate(&set).0 == "limit_exceeded");
    told(&demo.data(), "customer set 1 --minute-limit none");
    let user = demo.user("demo");
    told(&demo.data(), &format!("user set {user} --rights address_book:select,address_book:update"));
    eventually(APPLIED_WITHIN, "the right's end", || operate(&json!({"operation": "view"})).0 == "forbidden");
    for operation in ["preview_country", "set_country"] {
        assert_eq!(operate(&json!({"operation": operation, "country": "DE"})).0, "forbidden");
    }
}

#[test]
fn a_file_is_read_for_whom_may_add_contacts_and_changes_nothing() {
    let demo = Demo::start(3);
    let (login, password) = (demo.text("demo", "login"), demo.text("demo", "password"));
    let cookie = cookie(&sign_in(&demo.server, "", login, password));
    let read = |options: &str, file: &str| {
        send(&demo.server, "POST", "/client/import", &format!("{FILE}{cookie}"), &format!("{options}\n{file}"))
    };
    let list = read(r#"{"name":"../../list.csv"}"#, "Name,Phone\nAnn,112\n").json();
    assert_eq!(list["contacts"][0]["contact"], json!({"last_name": "Ann", "phone_numbers": ["112"]}));
    assert_eq!(read("{}", "x").status, 400);
    assert_eq!(mnemonic(&read(r#"{"name":"list.csv"}"#, "")), "file_refused");
    assert_eq!(total(&demo.server, demo.token("demo")), 3);
    told(&demo.data(), &format!("user set {} --rights address_book:select", demo.user("demo")));
    let refused = || mnemonic(&read(r#"{"name":"list.csv"}"#, "Name,Phone\nAnn,112\n")) == "forbidden";
    eventually(APPLIED_WITHIN, "the right's end", refused);
}

#[test]
fn what_is_too_large_or_sent_again_changes_nothing() {
    let demo = Demo::start(3);
    let (login, password) = (demo.text("demo", "login"), demo.text("demo", "password"));
    let cookie = cookie(&sign_in(&demo.server, "", login, password));
    let headers = format!("{OURS}{cookie}");
    for (path, headers, bytes) in [
        ("/client/session", OURS.to_owned(), 9 << 10),
        ("/client/account", headers.clone(), 33 << 10),
        ("/client/import", format!("{FILE}{cookie}"), (16 << 20) + 1),
    ] {
        let length = format!("POST {path} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {bytes}\r\n\r\n");
        let response = connect(demo.server.address).request(length);
        assert_eq!(response.status, 413, "{path}");
    }
    // An edit that is sent again meets the value that the first one has set.
    let contact = call(&demo.server, &headers, "get.contacts", &json!({"limit": 1})).json();
    let contact = &contact["result"]["data"][0];
    let edit = json!({"id": contact["id"], "last_name": "Once", "expected": {"last_name": contact["last_name"]}});
    let update = || outcome(&call(&demo.server, &headers, "update.contacts", &edit).json()).to_owned();
    assert_eq!((update().as_str(), update().as_str()), ("ok", "invalid_parameter_value"));
    // After signing out, nothing that was sent before is taken again.
    let key = json!({"operation": "add_key", "user": demo.user("demo"), "name": "x", "confirm": password}).to_string();
    assert_eq!(send(&demo.server, "DELETE", "/client/session", &headers, "{}").status, 200);
    let keys = told(&demo.data(), "key list").as_array().map(Vec::len);
    assert_eq!(send(&demo.server, "POST", "/client/account", &headers, &key).status, 401);
    assert_eq!(call(&demo.server, &headers, "delete.contacts", &json!({"id": contact["id"]})).status, 401);
    assert_eq!(told(&demo.data(), "key list").as_array().map(Vec::len), keys);
    assert_eq!(total(&demo.server, demo.token("demo")), 3);
}
