//! Every mnemonic that a call can cause is received at least once over a socket, with its code and its exact message.

use std::collections::BTreeMap;

use ringbook_jsonrpc::Mnemonic;
use ringbook_testbed::http_client::{WAIT_MAX, connect, post};
use serde_json::{Value, json};

use super::harness::{Demo, Server, added, eventually, key, operate, place, told};
use super::stores::change;

/// The documented codes and messages.
const RECEIVED: [(&str, i32, &str); 31] = [
    ("parse_error", -32700, "Invalid JSON was received by the server."),
    ("invalid_request", -32600, "Invalid Request The JSON sent is not a valid Request object"),
    ("method_not_found", -32601, "The method does not exist / is not available"),
    ("batch_operations_not_supported", -32099, "Batch operations not supported"),
    ("notifications_not_supported", -32099, "Notifications not supported"),
    ("access_token_invalid", -32001, "Access token is invalid"),
    ("access_token_expired", -32001, "Access token has been expired"),
    ("access_token_blocked", -32001, "Access token has been blocked"),
    ("auth_error", -32001, "Login or password is wrong"),
    ("ip_not_whitelisted", -32003, "Your IP 127.0.0.1 is not whitelisted"),
    ("forbidden", -32003, "Permission denied"),
    ("account_inactive", -32009, "Your account has been disabled, contact the support service"),
    ("limit_exceeded", -32029, "Limit per day has been exceeded. Value of current limit per day is 2"),
    ("limit_exceeded", -32029, "Limit per minute has been exceeded. Value of current limit per minute is 1"),
    ("limit_exceeded", -32029, "Limit per day has been exceeded. Value of current limit per day is 0"),
    ("internal_error", -32603, "Internal error, contact the support service"),
    ("data_type_error", -32602, "Data supplied is of wrong type"),
    ("required_parameter_missed", -32602, "The required parameter has been missed"),
    ("invalid_parameter_value", -32602, "Invalid parameter value"),
    ("unexpected_parameters", -32602, "Unexpected method parameter(s)"),
    ("sort_prohibited", -32602, "Sort by parameter is prohibited"),
    ("filter_prohibited", -32602, "Filter by parameter is prohibited"),
    (
        "parameter_component_disabled",
        -32008,
        "You need at least one of the following components to access this parameter: telephony",
    ),
    ("invalid_parameters_combination", -32602, "The combination of parameters is not permitted"),
    ("entity_not_found", -32602, "Entity not found"),
    ("duplicate_entity", -32602, "Duplicate entity"),
    ("dependency_error", -32602, "You have interdependent entities"),
    ("forbidden", -32602, "Permission denied"),
    ("date_interval_limit_reached", -32602, "Max value of requested date interval is 3 months"),
    ("error", -32602, "Too many logins wait, try again in a moment"),
    // A fast machine has compared as many wrong passwords as an address may send before the last logins arrive.
    ("error", -32602, "Too many logins from this address have failed, try again in a minute"),
];

/// Mnemonics that no method returns yet, with the reason.
const NOT_RETURNED: [(Mnemonic, &str); 3] = [
    (Mnemonic::MethodComponentDisabled, "no method belongs to a component"),
    (Mnemonic::DataLimitExceeded, "a book has room for more than a test can put into it"),
    (Mnemonic::AlreadyInUse, "a name or a number that is taken is a duplicate"),
];

/// More logins than may wait.
const LOGINS_AT_ONCE: usize = 600;

/// The refusals that were received, by mnemonic and code.
#[derive(Default)]
struct Received(BTreeMap<(String, i64), usize>);

impl Received {
    /// Checks and records a refusal; returns its `error.data`.
    fn refusal(&mut self, mnemonic: &str, answer: &Value) -> Value {
        let (error, data) = (&answer["error"], &answer["error"]["data"]);
        assert_eq!(data["mnemonic"], mnemonic, "{answer}");
        let (code, message) = (&error["code"], error["message"].as_str().expect("a message"));
        // The message of a request that is not a call continues after the literal text.
        let is_literal = |text: &str| message == text || message.starts_with(&format!("{text}. "));
        let known = RECEIVED.iter().any(|row| row.0 == mnemonic && *code == row.1 && is_literal(row.2));
        assert!(known, "{answer}");
        let members: Vec<&String> = data.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["mnemonic", "field", "value", "params", "extended_helper", "metadata"]);
        let code = code.as_i64().expect("a number");
        *self.0.entry((mnemonic.to_owned(), code)).or_default() += 1;
        data.clone()
    }
}

#[test]
fn every_mnemonic_is_received() {
    let mut received = Received::default();
    let demo = Demo::start(10);
    bodies(&demo, &mut received);
    parameters(&demo, &mut received);
    changes(&demo, &mut received);
    tokens(&demo, &mut received);
    permissions(&demo, &mut received);
    limits(&demo, &mut received);
    too_many_logins(&mut received);
    damage(demo, &mut received);
    for mnemonic in Mnemonic::ALL {
        let silent = NOT_RETURNED.iter().find(|(silent, _)| silent == mnemonic);
        let was_heard = received.0.contains_key(&(mnemonic.text().to_owned(), mnemonic.code().into()));
        assert_eq!(silent.is_none(), was_heard, "{mnemonic:?}: {silent:?}");
    }
}

fn bodies(demo: &Demo, received: &mut Received) {
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"get.nothing"}"#;
    let mut say = |mnemonic, body: &[u8]| received.refusal(mnemonic, &demo.server.post(body).json());
    say("parse_error", b"{");
    say("parse_error", b"{\"id\":\"\xff\"}");
    say("parse_error", b"{\"id\":\"\xed\xa0\x80\"}");
    say("invalid_request", b"{}");
    say("method_not_found", call.as_bytes());
    say("batch_operations_not_supported", format!("[{call}]").as_bytes());
    say("notifications_not_supported", call.replace("\"id\":1,", "").as_bytes());
    let refused = connect(demo.server.address).request("POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    received.refusal("invalid_request", &refused.json());
}

fn parameters(demo: &Demo, received: &mut Received) {
    let mut ask = |mnemonic, member: &str, value: Value| {
        let params = json!({"access_token": demo.token("demo"), member: value});
        received.refusal(mnemonic, &demo.server.call("get.contacts", params))
    };
    ask("unexpected_parameters", "nothing", json!(1));
    ask("data_type_error", "limit", json!([]));
    ask("required_parameter_missed", "filter", json!({"field": "id"}));
    ask("sort_prohibited", "sort", json!([{"field": "id"}]));
    ask("filter_prohibited", "filter", json!({"field": "patronymic", "operator": "=", "value": "x"}));
    let simple = json!({"field": "id", "operator": "=", "value": 1});
    let nested = |depth: usize| (0..depth).fold(simple.clone(), |inner, _| json!({"filters": [inner]}));
    let broad = |width: usize| json!({"filters": vec![simple.clone(); width], "condition": "or"});
    let many = |values: usize| json!({"field": "id", "operator": "in", "value": vec![1; values]});
    let long = |chars: usize| json!({"field": "last_name", "operator": "like", "value": "ж".repeat(chars)});
    let bounds: [(&dyn Fn(usize) -> Value, usize); 4] =
        [(&nested, 16), (&broad, 1_000), (&many, 10_000), (&long, 1_000)];
    for (question, max) in bounds {
        let told = ask("invalid_parameter_value", "filter", question(max + 1));
        assert_eq!(told["params"]["max"], max, "{told}");
        assert!(told["value"].as_str().is_none_or(|value| value.chars().count() <= 1_000), "{told}");
        let params = json!({"access_token": demo.token("demo"), "filter": question(max)});
        let answer = demo.server.call("get.contacts", params);
        assert!(answer["result"]["metadata"]["total_items"].is_u64(), "{answer}");
    }
}

fn changes(demo: &Demo, received: &mut Received) {
    let call = |method: &str, mut params: Value| {
        params["access_token"] = json!(demo.token("demo"));
        demo.server.call(method, params)
    };
    let mut say = |mnemonic, method, params| received.refusal(mnemonic, &call(method, params));
    say("parameter_component_disabled", "create.employees", json!({"coach": {}}));
    say("invalid_parameters_combination", "delete.contacts", json!({"id": 1, "ids": [1]}));
    say("entity_not_found", "delete.contacts", json!({"id": 0}));
    say("duplicate_entity", "create.group_contacts", json!({"name": "Blacklist"}));
    say("forbidden", "delete.group_contacts", json!({"id": 1}));
    let made = call("create.contact_organizations", json!({"name": "Needed"}));
    let organization = &made["result"]["id"];
    let contact = json!({"last_name": "a", "phone_numbers": ["123"], "organization_id": organization});
    assert!(call("create.contacts", contact)["result"]["id"].is_u64());
    say("dependency_error", "delete.contact_organizations", json!({"id": organization}));
    let year = json!({"date_from": "2024-01-01", "date_till": "2024-12-31"});
    say("date_interval_limit_reached", "get.api_requests", year);
}

fn tokens(demo: &Demo, received: &mut Received) {
    let (data, user) = (demo.data(), demo.user("demo"));
    let mut say = |mnemonic, token: &str| {
        let data = received.refusal(mnemonic, &demo.server.call("get.contacts", json!({"access_token": token})));
        assert_eq!((&data["metadata"], &data["value"]), (&json!({}), &Value::Null));
    };
    say("access_token_invalid", "nobody's");
    let expired = told(&data, &format!("key add --user {user} --expires 2020-01-01+00:00:00"));
    let expired = expired["token"].as_str().expect("a token");
    let (id, blocked) = key(&data, user);
    told(&data, &format!("key block {id}"));
    demo.server.becomes(&blocked, "access_token_blocked");
    say("access_token_blocked", &blocked);
    say("access_token_expired", expired);
    let login = |login: &str| demo.server.call("login.user", json!({"login": login, "password": "wrong"}));
    assert_eq!(received.refusal("auth_error", &login("demo")), received.refusal("auth_error", &login("nobody")));
}

fn permissions(demo: &Demo, received: &mut Received) {
    let (data, server) = (demo.data(), &demo.server);
    let customer = added(&data, "customer add Strict");
    let user = added(&data, &format!("user add strict --customer {customer} --rights employees:select"));
    let (_, token) = key(&data, user);
    server.becomes(&token, "ip_not_whitelisted");
    let contacts = |token: &str| server.call("get.contacts", json!({"access_token": token}));
    assert_eq!(received.refusal("ip_not_whitelisted", &contacts(&token))["params"], json!({"ip": "127.0.0.1"}));
    told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
    server.becomes(&token, "forbidden");
    // A missing right, a method for the other kind of account, a user of another account.
    received.refusal("forbidden", &contacts(&token));
    received.refusal("forbidden", &server.call("get.account", json!({"access_token": demo.token("agent")})));
    received.refusal("forbidden", &server.call("get.customer_users", json!({"access_token": demo.token("demo")})));
    let foreign = json!({"access_token": demo.token("agent"), "user_id": user});
    assert_eq!(received.refusal("forbidden", &server.call("get.contacts", foreign))["field"], "user_id");
    told(&data, &format!("customer set {customer} --active false"));
    server.becomes(&token, "account_inactive");
    let data = received.refusal("account_inactive", &contacts(&token));
    assert_eq!(data["metadata"], json!({"version": null, "limits": {}}));
}

fn limits(demo: &Demo, received: &mut Received) {
    let (data, server) = (demo.data(), &demo.server);
    for (at, (limit, calls)) in [("--day-limit 2", 2), ("--minute-limit 1", 1), ("--day-limit 0", 0)].iter().enumerate()
    {
        let customer = added(&data, &format!("customer add Limited {limit}"));
        let user = added(&data, &format!("user add limited{at} --customer {customer}"));
        let (_, token) = key(&data, user);
        told(&data, &format!("allow add 127.0.0.0/8 --customer {customer}"));
        let call = |params: Value| {
            let mut params = params;
            params["access_token"] = json!(token);
            server.call("get.contacts", params)
        };
        let seen = || call(json!({"bogus": 1}))["error"]["data"]["mnemonic"] == "unexpected_parameters";
        let spent = || call(json!({"bogus": 1}))["error"]["data"]["mnemonic"] == "limit_exceeded";
        eventually(WAIT_MAX, limit, || seen() || (*calls == 0 && spent()));
        // Failed calls cost nothing, successful ones a point; a new minute may begin meanwhile, but not two.
        let answers: Vec<Value> = (0..=2 * calls).map(|_| call(json!({"limit": 0}))).collect();
        let good = answers.iter().filter(|answer| answer["result"].is_object()).count();
        assert!(good == *calls || (limit.contains("minute") && good == 2 * calls), "{limit}: {good}");
        let refused = answers.last().expect("an answer").clone();
        if refused["error"].is_null() {
            continue;
        }
        let told = received.refusal("limit_exceeded", &refused);
        let kind = if limit.contains("day") { "day" } else { "minute" };
        let max: u64 = limit.split(' ').next_back().and_then(|max| max.parse().ok()).expect("a number");
        assert_eq!(told["params"], json!({"limit_type": kind, "limit_max_value": max}));
        let limits = &told["metadata"]["limits"];
        assert_eq!((&limits[format!("{kind}_limit")], &limits[format!("{kind}_remaining")]), (&json!(max), &json!(0)));
        assert!(limits[format!("{kind}_reset")].as_u64().is_some_and(|seconds| seconds <= 86_400), "{limits}");
    }
}

/// More logins at once than may wait, and more than may fail: the excess is refused, for the one or the other.
fn too_many_logins(received: &mut Received) {
    let root = place();
    let data = root.path().join("data");
    added(&data, "customer add Crowded");
    let server = Server::serve(&data, &[]);
    let mut clients: Vec<_> = (0..LOGINS_AT_ONCE)
        .map(|at| {
            let mut client = connect(server.address);
            let params = json!({"login": format!("too_many_logins{at}"), "password": "wrong"});
            let call = json!({"jsonrpc": "2.0", "id": at, "method": "login.user", "params": params});
            client.send(post(call.to_string()));
            client
        })
        .collect();
    // Which of them are refused depends on timing; that some are is certain.
    let mut answers = clients.iter_mut().rev().map(|client| client.read_response().json());
    let refused = answers.find(|answer| answer["error"]["data"]["mnemonic"] == "error");
    received.refusal("error", &refused.expect("more logins came than may wait or fail"));
    server.kill();
}

/// An unreadable row: its account is refused and logged once, the others are served.
fn damage(demo: Demo, received: &mut Received) {
    let (root, data, json) = demo.into_data();
    let token = |at: usize| json["customers"][at]["access_token"].as_str().expect("a token").to_owned();
    let damage = "UPDATE contacts SET phone_numbers = '[\"damaged-7\"]' WHERE customer_id = 2 AND id = 12";
    assert_eq!(change(&data, damage), 1, "contact 12 is the second one of customer 2");
    let server = Server::serve(&data, &[]);
    let before = server.log().len();
    for _ in 0..3 {
        let answer = server.call("get.contacts", json!({"access_token": token(1)}));
        let told = received.refusal("internal_error", &answer);
        assert!(told["field"].is_null() && told["value"].is_null(), "{told}");
        assert_eq!((server.verdict(&token(0)), server.verdict(&token(2))), ("ok".to_owned(), "ok".to_owned()));
    }
    assert_eq!(server.call("get.account", json!({"access_token": token(1)}))["result"]["data"][0]["name"], "Second");
    let log = server.log();
    let lines: Vec<&str> = log[before..].lines().filter(|line| line.contains("ERROR")).collect();
    assert!(lines.len() == 1 && lines[0].contains("contacts") && lines[0].contains("12"), "{lines:?}");
    assert!(!log.contains("damaged-7"), "contact data in the log: {log}");
    let check = operate(&data, "check --json");
    let report: Value = serde_json::from_slice(&check.stdout).expect("JSON");
    assert_eq!((check.status.code(), &report["ok"]), (Some(1), &json!(false)));
    assert_eq!(report["books"][1], json!({"customer_id": 2, "ok": false, "contacts": null}));
    let finding = report["findings"][0].as_str().expect("a finding");
    assert!(finding.contains("contacts") && finding.contains("customer_id 2") && finding.contains("12"), "{finding}");
    server.stop();
    drop(root);
}

#[test]
fn an_unreadable_directory_row_affects_only_its_account() {
    let root = place();
    let data = root.path().join("data");
    let demo = Server::demo(&data, 10);
    demo.stop();
    let json: Value = serde_json::from_slice(&std::fs::read(data.join("demo.json")).expect("a file")).expect("JSON");
    let token = |at: usize| json["customers"][at]["access_token"].as_str().expect("a token").to_owned();
    let damage = "UPDATE allowed_blocks SET block = 'nowhere' WHERE account_kind = 'customer' AND account_id = 3 AND block LIKE '127%'";
    change(&data, damage);
    let server = Server::serve(&data, &[]);
    assert_eq!(server.verdict(&token(2)), "internal_error");
    assert_eq!(server.verdict(&token(0)), "ok");
    let check = operate(&data, "check");
    let text = String::from_utf8_lossy(&check.stdout);
    assert!(check.status.code() == Some(1) && text.contains("table allowed_blocks"), "{text}");
    server.stop();
}
