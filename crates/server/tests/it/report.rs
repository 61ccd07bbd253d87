//! The request report: its content, who may read it, and what it never contains.

use ringbook_book::moment;
use ringbook_clock::Clock;
use serde_json::{Value, json};

use super::harness::{Demo, Server, added, key, outcome, told};
use super::stores::{Engine, number};

/// The members of a record, in the documented order.
const MEMBERS: [&str; 15] = [
    "api_request_id",
    "api_request_start_date_time",
    "api_request_method",
    "api_request_raw_id",
    "api_request_ip",
    "employee_login",
    "token_name",
    "api_request_version",
    "api_request_body",
    "api_request_status",
    "api_request_error_code",
    "api_request_error_mnemonic",
    "api_request_method_weight",
    "api_request_execution_time",
    "api_request_is_agent",
];

fn now() -> i64 {
    Clock::System.now().unix()
}

/// Parameters that select the last hour, and these.
fn lately(token: &str, more: Value) -> Value {
    let mut params = json!({
        "access_token": token,
        "date_from": moment::write(now() - 3600),
        "date_till": moment::write(now() + 3600),
    });
    for (name, value) in more.as_object().expect("an object") {
        params[name] = value.clone();
    }
    params
}

/// The records and the total.
fn asked(server: &Server, token: &str, more: Value) -> (Vec<Value>, u64) {
    let answer = server.call("get.api_requests", lately(token, more));
    let data = answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    (data, answer["result"]["metadata"]["total_items"].as_u64().expect("a total"))
}

fn texts(records: &[Value], member: &str) -> Vec<String> {
    records.iter().map(|record| record[member].as_str().unwrap_or("null").to_owned()).collect()
}

/// Calls of all kinds, with their outcomes.
fn calls(demo: &Demo) {
    let (server, token) = (&demo.server, demo.token("demo"));
    let call = |id: Value, params: Value| {
        let body = json!({"jsonrpc": "2.0", "id": id, "method": "get.contacts", "params": params});
        outcome(&server.post(body.to_string()).json())
    };
    assert_eq!(call(json!("first"), json!({"access_token": token, "limit": 1})), "ok");
    assert_eq!(call(json!(2.5), json!({"access_token": token, "limit": -1})), "invalid_parameter_value");
    assert_eq!(call(json!(3), json!({"access_token": "nobody's"})), "access_token_invalid");
    let agent = json!({"access_token": demo.token("agent"), "user_id": demo.user("demo"), "limit": 1});
    assert_eq!(call(json!(4), agent), "ok");
    assert_eq!(outcome(&server.call("no.such_method", json!({"access_token": token}))), "method_not_found");
    assert_eq!(outcome(&server.call("rpc.discover", json!({}))), "ok");
    let login = |password: &str| server.call("login.user", json!({"login": "demo", "password": password}));
    assert_eq!(outcome(&login("wrong")), "auth_error");
    let session = login(demo.text("demo", "password"));
    let session = session["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    assert_eq!(outcome(&server.call("logout.user", json!({"access_token": session}))), "ok");
}

#[test]
fn every_call_of_a_known_caller_is_reported() {
    let demo = Demo::start(10);
    calls(&demo);
    let (records, total) = asked(&demo.server, demo.token("demo"), json!({}));
    assert_eq!(total, 5);
    assert!(records.iter().all(|record| record.as_object().expect("an object").keys().eq(MEMBERS)));
    let methods = ["logout.user", "login.user", "get.contacts", "get.contacts", "get.contacts"];
    assert_eq!(texts(&records, "api_request_method"), methods);
    assert_eq!(texts(&records, "api_request_raw_id"), ["1", "1", "4", "2.5", "first"]);
    assert_eq!(texts(&records, "employee_login"), ["demo"; 5]);
    let names = texts(&records, "token_name");
    assert!(names[..2] == ["null", "null"] && names[2..].iter().all(|name| name != "null"), "{names:?}");
    let ids: Vec<u64> = records.iter().filter_map(|record| record["api_request_id"].as_u64()).collect();
    assert!(ids.is_sorted_by(|left, right| left > right) && ids.len() == 5, "newest first");
    for (place, record) in records.iter().enumerate() {
        let failed = place == 3;
        let status = if failed { ["Failure", "failure"] } else { ["Success", "success"] };
        assert_eq!(record["api_request_status"], json!({"value": status[0], "value_id": status[1]}));
        assert_eq!(record["api_request_error_code"], if failed { json!(-32602) } else { json!(null) });
        let mnemonic = if failed { json!("invalid_parameter_value") } else { json!(null) };
        assert_eq!(record["api_request_error_mnemonic"], mnemonic);
        let agent = if place == 2 {
            json!({"value": "Yes", "value_id": true})
        } else {
            json!({"value": "No", "value_id": false})
        };
        assert_eq!(record["api_request_is_agent"], agent);
        assert_eq!(record["api_request_ip"], "127.0.0.1");
        assert_eq!((&record["api_request_version"], &record["api_request_method_weight"]), (&json!("2.0"), &json!(1)));
        let time = record["api_request_execution_time"].as_f64().expect("a number");
        assert!(time > 0.0 && time < 60.0);
        let began = moment::read(record["api_request_start_date_time"].as_str().expect("a moment")).expect("a moment");
        assert!((began - now()).abs() < 60);
    }
    assert_eq!(
        records[4]["api_request_body"],
        r#"{"jsonrpc":"2.0","id":"first","method":"get.contacts","params":{"access_token":"***","limit":1}}"#
    );
    // The queries themselves are calls.
    assert_eq!(asked(&demo.server, demo.token("demo"), json!({"limit": 1})).1, 6);
}

#[test]
fn a_user_without_the_right_reads_its_own_requests_and_a_customer_only_its_own() {
    let demo = Demo::start(10);
    let customer = demo.entry("demo")["id"].as_u64().expect("an id");
    let user = added(&demo.data(), &format!("user add clerk --customer {customer} --rights address_book:select"));
    let (_, clerk) = key(&demo.data(), user);
    demo.server.becomes(&clerk, "ok");
    calls(&demo);
    let write = demo.server.call("create.contacts", json!({"access_token": clerk}));
    assert_eq!(outcome(&write), "forbidden");
    let agent = json!({"access_token": demo.token("agent"), "user_id": user});
    assert_eq!(outcome(&demo.server.call("create.contacts", agent)), "forbidden");
    let (own, total) = asked(&demo.server, &clerk, json!({}));
    assert!(total >= 3 && texts(&own, "employee_login").iter().all(|login| login == "clerk"));
    let refused: Vec<&Value> = own.iter().filter(|record| record["api_request_method"] == "create.contacts").collect();
    assert_eq!(refused.len(), 2, "the agent's attempt is the customer's to know");
    assert_eq!(refused[0]["api_request_is_agent"]["value_id"], true);
    assert_eq!(refused[1]["api_request_error_mnemonic"], "forbidden");
    let (all, _) = asked(&demo.server, demo.token("demo"), json!({}));
    let logins = texts(&all, "employee_login");
    assert!(logins.contains(&"clerk".to_owned()) && logins.contains(&"demo".to_owned()));
    for other in ["second", "other"] {
        assert_eq!(asked(&demo.server, demo.token(other), json!({})), (Vec::new(), 0), "{other}");
    }
    // An agent reads what the user for whom it acts may read.
    let (seen, _) = asked(&demo.server, demo.token("agent"), json!({"user_id": user}));
    assert!(texts(&seen, "employee_login").iter().all(|login| login == "clerk"));
    let foreign = lately(demo.token("agent"), json!({"user_id": demo.user("other")}));
    assert_eq!(outcome(&demo.server.call("get.api_requests", foreign)), "forbidden");
}

#[test]
fn no_secret_reaches_the_disk() {
    let _engine = Engine::Sqlite.select();
    let demo = Demo::start(10);
    let token = demo.token("demo").to_owned();
    let password = demo.text("demo", "password").to_owned();
    let escaped: String = token.chars().map(|sign| format!("\\u{:04x}", sign as u32)).collect();
    let session = demo.server.call("login.user", json!({"login": "demo", "password": password}));
    let session = session["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    for token in [&token, &session] {
        let filter = json!({"field": "last_name", "operator": "like", "value": format!("%{token}%")});
        let params = json!({"access_token": token, "filter": filter});
        let body = json!({"jsonrpc": "2.0", "id": format!("<{token}>"), "method": "get.contacts", "params": params});
        assert_eq!(outcome(&demo.server.post(body.to_string()).json()), "ok");
    }
    for body in [
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"get.contacts","params":{{"acces\u0073_token":"{escaped}"}}}}"#),
        format!(
            r#"{{"{token}":1,"jsonrpc":"2.0","id":1,"method":"get.contacts","params":{{"access_token":"{token}"}}}}"#
        ),
    ] {
        assert_eq!(outcome(&demo.server.post(body).json()), "ok");
    }
    let long = json!({"access_token": token, "fields": vec!["x".repeat(4_000), token.clone()]});
    assert_eq!(outcome(&demo.server.call("get.contacts", long)), "unexpected_parameters");
    let (records, _) = asked(&demo.server, &token, json!({}));
    assert_eq!(records.len(), 6);
    assert_eq!(records[4]["api_request_raw_id"], "***");
    assert!(records.iter().all(|record| !record.to_string().contains(&password)));
    // Before the checkpoint of the write-ahead log, and after.
    let secrets = [token.as_str(), &session, &password, &escaped];
    found_nowhere(&demo.data(), &secrets);
    let (_root, data, _) = demo.into_data();
    found_nowhere(&data, &secrets);
}

/// Checks all files for secrets, except `demo.json`, which is to show tokens.
fn found_nowhere(data: &std::path::Path, secrets: &[&str]) {
    let mut bytes_read = 0;
    for entry in std::fs::read_dir(data).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() || path.ends_with("demo.json") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        bytes_read += bytes.len();
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret stands in {}", path.display());
        }
    }
    assert!(bytes_read > 10_000);
}

#[test]
fn it_can_be_filtered_sorted_and_paged() {
    let demo = Demo::start(10);
    let token = demo.token("other");
    for limit in 0..30 {
        let params = json!({"access_token": token, "limit": if limit % 3 == 0 { -1 } else { limit }});
        let body = json!({"jsonrpc": "2.0", "id": limit, "method": "get.contacts", "params": params});
        demo.server.post(body.to_string());
    }
    let simple =
        |field: &str, operator: &str, value: Value| json!({"field": field, "operator": operator, "value": value});
    let total = |filter: Value| asked(&demo.server, token, json!({"filter": filter, "limit": 0})).1;
    let contacts = simple("api_request_method", "=", json!("get.contacts"));
    let both = |filter: Value| json!({"filters": [contacts, filter], "condition": "and"});
    assert_eq!(total(contacts.clone()), 30);
    for (field, operator, value, count) in [
        ("api_request_error_code", "=", json!(-32602), 10),
        ("api_request_error_mnemonic", "is_null", json!(null), 20),
        ("api_request_raw_id", "in", json!(["1", 2, "29", "99"]), 3),
        ("api_request_body", "like", json!("%\"limit\":2_}%"), 8),
        ("api_request_body", "regexp", json!("\"limit\":(4|5)\\M"), 2),
        ("api_request_execution_time", ">", json!(0.0000005), 30),
        ("api_request_execution_time", "<", json!("60"), 30),
        ("api_request_execution_time", "=", json!(59.000001), 0),
        ("api_request_start_date_time", ">=", json!("2020-01-01"), 30),
        ("api_request_ip", "=", json!("127.0.0.1"), 30),
        ("token_name", "is_not_null", json!(null), 30),
        ("api_request_version", "!=", json!("2.0"), 0),
        ("api_request_method_weight", "=", json!(1), 30),
    ] {
        assert_eq!(total(both(simple(field, operator, value.clone()))), count, "{field} {operator} {value}");
    }
    let by_id = json!([{"field": "api_request_id", "order": "asc"}]);
    let fields = json!(["api_request_raw_id", "api_request_body"]);
    let page = json!({"filter": contacts, "sort": by_id, "offset": 5, "limit": 4, "fields": fields});
    let (records, all) = asked(&demo.server, token, page);
    assert_eq!((texts(&records, "api_request_raw_id"), all), (["5", "6", "7", "8"].map(str::to_owned).to_vec(), 30));
    assert!(texts(&records, "api_request_body")[0].contains("\"limit\":5"));
    assert!(records[0].as_object().expect("an object").len() == 2);
    // Newest first across pages, also among equal times.
    let pages = (0..30).step_by(7).flat_map(|offset| {
        let page = json!({"filter": contacts, "offset": offset, "limit": 7});
        texts(&asked(&demo.server, token, page).0, "api_request_raw_id")
    });
    let newest: Vec<String> = (0..30).rev().map(|id| id.to_string()).collect();
    assert_eq!(pages.collect::<Vec<_>>(), newest);
    let by_login = json!({"filter": contacts, "sort": [{"field": "employee_login"}, {"field": "api_request_ip", "order": "desc"}]});
    assert_eq!(texts(&asked(&demo.server, token, by_login).0, "api_request_raw_id"), newest);
    let by_body = json!({"filter": contacts, "sort": [{"field": "api_request_body"}], "fields": ["api_request_body"]});
    let bodies = texts(&asked(&demo.server, token, by_body).0, "api_request_body");
    assert!(bodies.len() == 30 && bodies[0].contains("\"id\":0"));
    for (more, mnemonic) in [
        (json!({"filter": simple("api_request_status", "=", json!("success"))}), "filter_prohibited"),
        (json!({"sort": [{"field": "api_request_is_agent"}]}), "sort_prohibited"),
        (json!({"filter": simple("status", "=", json!(1))}), "unexpected_parameters"),
        (json!({"filter": simple("api_request_execution_time", "=", json!("0.5"))}), "data_type_error"),
        (json!({"limit": 10_001}), "invalid_parameter_value"),
        (json!({"bogus": 1}), "unexpected_parameters"),
    ] {
        assert_eq!(outcome(&demo.server.call("get.api_requests", lately(token, more))), mnemonic);
    }
}

#[test]
fn the_dates_select_a_period() {
    let demo = Demo::start(10);
    let token = demo.token("other");
    let call = |from: Value, till: Value| {
        demo.server.call("get.api_requests", json!({"access_token": token, "date_from": from, "date_till": till}))
    };
    for (from, till, mnemonic, field) in [
        (json!(null), json!("2026-01-01"), "required_parameter_missed", "date_from"),
        (json!("2026-01-01"), json!(null), "required_parameter_missed", "date_till"),
        (json!(20260101), json!("2026-01-01"), "data_type_error", "date_from"),
        (json!("2026-01-01"), json!("2026-02-30"), "invalid_parameter_value", "date_till"),
        (json!("2026-01-01T00:00:00"), json!("2026-02-03"), "invalid_parameter_value", "date_from"),
        (json!("2026-01-02"), json!("2026-01-01 23:59:59"), "invalid_parameters_combination", "date_till"),
        (json!("2026-01-01"), json!("2026-04-01 00:00:01"), "date_interval_limit_reached", "date_till"),
        (json!("2025-11-30"), json!("2026-03-01"), "date_interval_limit_reached", "date_till"),
    ] {
        let answer = call(from.clone(), till.clone());
        assert_eq!(outcome(&answer), mnemonic, "{from} {till}");
        assert_eq!(answer["error"]["data"]["field"], field);
    }
    for (from, till) in
        [("2026-01-01", "2026-04-01 00:00:00"), ("2025-11-30", "2026-02-28"), ("2026-01-01", "2026-01-01")]
    {
        assert_eq!(outcome(&call(json!(from), json!(till))), "ok", "{from} {till}");
    }
    // Both ends are included.
    let (records, total) = asked(&demo.server, token, json!({}));
    let exactly = |moment: &str| call(json!(moment), json!(moment))["result"]["metadata"]["total_items"].clone();
    let moment = records[0]["api_request_start_date_time"].as_str().expect("a moment");
    assert!(total >= 11 && exactly(moment).as_u64().is_some_and(|found| found >= 1));
    let before = moment::write(now() - 7200);
    assert_eq!(call(json!("2026-01-01"), json!("2026-01-02"))["result"]["data"], json!([]));
    assert_eq!(exactly(&before), 0);
}

#[test]
fn long_bodies_are_cut_and_the_report_survives_a_restart() {
    let demo = Demo::start(10);
    let token = demo.token("other").to_owned();
    let long =
        json!({"access_token": token, "filter": {"field": "last_name", "operator": "=", "value": "ж".repeat(5_000)}});
    assert_eq!(outcome(&demo.server.call("get.contacts", long)), "ok");
    let (_root, data, _) = demo.into_data();
    let server = Server::serve(&data, &["--report-days", "1"]);
    let (records, total) = asked(&server, &token, json!({}));
    assert_eq!(total, 1);
    let body = records[0]["api_request_body"].as_str().expect("a text");
    assert!((4_093..=4_096).contains(&body.len()) && body.ends_with('ж') && body.starts_with(r#"{"jsonrpc":"2.0","#));
    assert_eq!(asked(&server, &token, json!({})).1, 2);
    assert_eq!(told(&data, "check")["ok"], true);
    server.stop();
    let by_hand = "SELECT COUNT(DISTINCT id) FROM api_requests WHERE account_kind = 'customer' AND login = 'other'";
    assert_eq!(number(&data, by_hand), Some(3));
}
