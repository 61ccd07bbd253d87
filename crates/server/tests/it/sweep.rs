//! Every method that the server describes, called with every id of another account's book.
//!
//! Calls are generated from `rpc.discover`, so new methods are included. Each method must succeed at least once with ids
//! of the caller's own account, or the test would prove nothing about it. Every book contains texts (marks) that no other
//! book contains; a mark in a reply to another account, or a changed book of another account, fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use ringbook_testbed::http_client::{connect, post};
use ringbook_testbed::worst_cases::{Scale, WorstCase, worst_cases};
use serde_json::{Map, Value, json};

use super::harness::{Demo, outcome};

const CUSTOMERS: [&str; 3] = ["demo", "second", "other"];
/// Excluded: one takes no token, the other would end the session that it is called with.
const LEFT_OUT: [&str; 2] = ["login.user", "logout.user"];
/// Maximum number of ids of each kind.
const IDS_PER_KIND: usize = 2;

/// The default of `--answer-max`.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A text that only this customer's book contains.
fn mark(who: &str) -> String {
    format!("Mark{who}kraM")
}

/// The OpenRPC document of the server.
struct Description(Value);

impl Description {
    fn of(demo: &Demo) -> Description {
        let answer = demo.server.call("rpc.discover", json!({}));
        Description(answer["result"].clone())
    }

    fn methods(&self) -> impl Iterator<Item = &Value> {
        let methods = self.0["methods"].as_array().expect("methods").iter();
        methods.filter(|method| !LEFT_OUT.contains(&named(method)))
    }

    /// The schema without the alternative null.
    fn resolved<'d>(&'d self, schema: &'d Value) -> &'d Value {
        if let Some(place) = schema["$ref"].as_str() {
            return self.0.pointer(place.trim_start_matches('#')).unwrap_or_else(|| panic!("{place}"));
        }
        match schema["anyOf"].as_array() {
            Some(ways) if schema["description"].is_null() => self.resolved(&ways[0]),
            _ => schema,
        }
    }
}

/// The name of a method or of a parameter.
fn named(described: &Value) -> &str {
    described["name"].as_str().expect("a name")
}

/// Members that a record must have.
const NEEDED_IN_RECORDS: [&str; 2] = ["last_name", "phone_numbers"];

/// Values of this schema that contain the id in one place; none if the schema cannot contain an id.
fn filled(description: &Description, schema: &Value, id: u64) -> Vec<Value> {
    let schema = description.resolved(schema);
    match schema["type"].as_str() {
        Some("integer") => vec![json!(id)],
        Some("array") => filled(description, &schema["items"], id).into_iter().map(|item| json!([item])).collect(),
        Some("object") => records(description, schema, id),
        _ => Vec::new(),
    }
}

fn records(description: &Description, schema: &Value, id: u64) -> Vec<Value> {
    let Some(members) = schema["properties"].as_object() else { return Vec::new() };
    let needed = members.iter().filter(|(member, _)| NEEDED_IN_RECORDS.contains(&member.as_str()));
    let bare: Map<String, Value> =
        needed.map(|(member, schema)| (member.clone(), plain(member, description.resolved(schema)))).collect();
    let mut records = vec![Value::Object(bare.clone())];
    for (member, schema) in members {
        for value in filled(description, schema, id) {
            let mut record = bare.clone();
            record.insert(member.clone(), value);
            records.push(Value::Object(record));
        }
    }
    records
}

/// A value for a required parameter; names are unique.
fn plain(member: &str, schema: &Value) -> Value {
    static NAMES: AtomicU64 = AtomicU64::new(1);
    let text = match member {
        "date_from" => "2026-11-01".to_owned(),
        "date_till" => "2026-11-30".to_owned(),
        "since" => String::new(),
        _ if member.starts_with("phone_number") => "100".to_owned(),
        _ => format!("Own {}", NAMES.fetch_add(1, Ordering::Relaxed)),
    };
    match schema["type"].as_str() {
        Some("array") => json!([text]),
        _ => json!(text),
    }
}

/// Parameters of calls of a method that contain this id, this mark, or neither.
fn attempts(description: &Description, method: &Value, id: u64, mark: &str) -> Vec<Value> {
    let mut base = Map::new();
    for parameter in parameters(method).filter(|parameter| parameter["required"] == true) {
        let (member, schema) = (named(parameter), description.resolved(&parameter["schema"]));
        let value = filled(description, schema, id).into_iter().next().unwrap_or_else(|| plain(member, schema));
        base.insert(member.to_owned(), value);
    }
    let base = Value::Object(base);
    let mut attempts = vec![base.clone()];
    let mut with = |member: &str, value: Value| {
        let mut params = base.clone();
        params[member] = value;
        attempts.push(params);
    };
    for parameter in parameters(method) {
        match named(parameter) {
            "access_token" | "user_id" => {}
            "filter" => {
                with("filter", json!({"field": "id", "operator": "in", "value": [id]}));
                let all = json!({"field": "id", "operator": ">", "value": 0});
                for field in ["name", "full_name", "last_name", "comment", "login"] {
                    let like = json!({"field": field, "operator": "like", "value": format!("%{}%", &mark[..6])});
                    with("filter", json!({"filters": [like, all], "condition": "or"}));
                }
            }
            member => filled(description, &parameter["schema"], id).into_iter().for_each(|value| with(member, value)),
        }
    }
    attempts
}

fn parameters(method: &Value) -> impl Iterator<Item = &Value> {
    method["params"].as_array().expect("parameters").iter()
}

fn takes(method: &Value, member: &str) -> bool {
    parameters(method).any(|parameter| parameter["name"] == member)
}

fn call(demo: &Demo, who: &str, method: &str, params: &Value) -> Value {
    let mut params = params.clone();
    params["access_token"] = json!(demo.token(who));
    demo.server.call(method, params)
}

fn made(demo: &Demo, who: &str, method: &str, params: Value) -> u64 {
    let answer = call(demo, who, method, &params);
    answer["result"]["id"].as_u64().or(answer["result"]["data"]["id"].as_u64()).unwrap_or_else(|| panic!("{answer}"))
}

/// Adds a record of each kind to a book, with the mark in every text.
fn fill(demo: &Demo, who: &str) {
    let mark = mark(who);
    let group = made(demo, who, "create.group_contacts", json!({"name": mark}));
    let organization = made(demo, who, "create.contact_organizations", json!({"name": mark}));
    let manager = made(demo, who, "create.employees", json!({"last_name": mark, "email": format!("{mark}@a.example")}));
    let comment = json!({"phone_number": "70000000001", "add_comment": mark});
    made(demo, who, "create.phone_number_to_blacklist", comment);
    let contact = json!({
        "last_name": mark, "first_name": mark, "patronymic": mark, "emails": [format!("{mark}@b.example")],
        "phone_numbers": ["70000000002"], "groups": [group], "organization_id": organization,
        "personal_manager_id": manager,
    });
    made(demo, who, "create.contacts", contact);
}

/// All data that the book's own key can read, by method.
fn shown(demo: &Demo, description: &Description, who: &str) -> BTreeMap<String, Value> {
    let listings = description
        .methods()
        .filter(|method| named(method).starts_with("get.") && takes(method, "user_id") && !takes(method, "date_from"));
    let mut shown = BTreeMap::new();
    for method in listings {
        let mut params = json!({"limit": 10_000});
        if named(method) == "get.contact_changes" {
            params["since"] = json!("");
        }
        let answer = call(demo, who, named(method), &params);
        assert_eq!(outcome(&answer), "ok", "{}: {answer}", named(method));
        let mut data = answer["result"]["data"].clone();
        // The remaining limits change with every call.
        if named(method) == "get.account" {
            data = json!([]);
        }
        shown.insert(named(method).to_owned(), data);
    }
    shown
}

/// Some ids of each kind in this data, and of the users.
fn ids(demo: &Demo, shown: &BTreeMap<String, Value>, who: &str) -> BTreeSet<u64> {
    let mut found = BTreeSet::from([demo.user(who)]);
    for data in shown.values() {
        let records = data.as_array().into_iter().flatten().rev();
        found.extend(records.filter_map(|record| record["id"].as_u64()).take(IDS_PER_KIND));
    }
    found
}

/// Calls a method with an id of the target; returns the number of calls.
fn attack(demo: &Demo, description: &Description, caller: &str, target: &str, method: &Value, id: u64) -> usize {
    let may_act = caller == "agent" && target != "other";
    let mut calls = 0;
    for params in attempts(description, method, id, &mark(target)) {
        let mut answers = vec![call(demo, caller, named(method), &params)];
        if takes(method, "user_id") && !may_act {
            let mut acting = params.clone();
            acting["user_id"] = json!(demo.user(target));
            let refused = call(demo, caller, named(method), &acting);
            assert_eq!(outcome(&refused), "forbidden", "{caller} as {target}: {} {refused}", named(method));
            answers.push(refused);
        }
        calls += answers.len();
        for answer in answers {
            let case = format!("{caller} in {target}: {} {params} {answer}", named(method));
            let foreign = CUSTOMERS.into_iter().filter(|who| *who != caller);
            foreign.for_each(|who| assert!(!answer.to_string().contains(&mark(who)), "{case}"));
            assert_ne!(outcome(&answer), "internal_error", "{case}");
        }
    }
    calls
}

#[test]
fn no_method_reads_or_changes_another_account() {
    let demo = Demo::start(6);
    let description = Description::of(&demo);
    CUSTOMERS.into_iter().for_each(|who| fill(&demo, who));
    let mut calls = 0;
    for target in CUSTOMERS {
        let before = shown(&demo, &description, target);
        for caller in ["agent", "demo", "second", "other"].into_iter().filter(|caller| *caller != target) {
            for method in description.methods() {
                for id in ids(&demo, &before, target) {
                    calls += attack(&demo, &description, caller, target, method, id);
                }
            }
        }
        assert_eq!(shown(&demo, &description, target), before, "{target}'s book is what it was");
    }
    eprintln!("{calls} calls into foreign books, nothing seen, nothing changed");
    demo.server.stop();
}

#[test]
fn every_method_works_with_ids_of_its_own_account() {
    let demo = Demo::start(6);
    let description = Description::of(&demo);
    fill(&demo, "demo");
    let own = ids(&demo, &shown(&demo, &description, "demo"), "demo");
    let mut wanting: BTreeSet<&str> = description.methods().map(named).collect();
    // Deletions come last, because they remove what others change.
    let (deleting, others): (Vec<_>, Vec<_>) =
        description.methods().partition(|method| named(method).starts_with("delete."));
    for method in others.into_iter().chain(deleting) {
        let callers = ["demo", "agent"];
        for (caller, id) in callers.into_iter().flat_map(|caller| own.iter().rev().map(move |id| (caller, *id))) {
            let attempts = attempts(&description, method, id, &mark("demo"));
            if attempts.iter().any(|params| outcome(&call(&demo, caller, named(method), params)) == "ok") {
                wanting.remove(named(method));
                break;
            }
        }
    }
    assert!(wanting.is_empty(), "the sweep has no call for {wanting:?} that succeeds: teach it what they need");
}

/// Every method with its largest and most expensive parameters: each call is answered or refused by name within the bound
/// of answers, and the server goes on. `cargo xtask faults sweep` does the same with a large book.
#[test]
fn every_method_answers_its_largest_parameters() {
    let demo = Demo::start(50);
    let description = Description::of(&demo);
    fill(&demo, "demo");
    let first = ids(&demo, &shown(&demo, &description, "demo"), "demo").into_iter().next().expect("an id");
    let cases =
        worst_cases(&description.0, first, Scale::SMALL).expect("every method and parameter has a largest value");
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let mut answered_for_agents = 0;
    for WorstCase { method, what, params, is_for_agents } in &cases {
        let caller = if *is_for_agents { "agent" } else { "demo" };
        // Its token would be of no use for the next call.
        let token = if method == "login.user" { json!(null) } else { json!(demo.token(caller)) };
        let mut params = params.clone();
        if !token.is_null() {
            params["access_token"] = token;
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let response = connect(demo.server.address).request(post(&body));
        assert_eq!(response.status, 200, "{method}: {what}: {} bytes: {}", body.len(), response.text());
        assert!(response.body.len() <= ANSWER_BYTES_MAX, "{method}: {what}");
        let outcome = outcome(&response.json());
        assert_ne!(outcome, "internal_error", "{method}: {what}");
        answered_for_agents += usize::from(*is_for_agents && outcome == "ok");
        *outcomes.entry(outcome).or_default() += 1;
    }
    eprintln!("{} calls: {outcomes:?}", cases.len());
    assert!(outcomes["ok"] > cases.len() / 4, "most calls are refused: {outcomes:?}");
    assert!(answered_for_agents > 10, "most calls for agents are refused: {outcomes:?}");
    assert!(!demo.server.log().contains("panicked"), "{}", demo.server.log());
    demo.server.stop();
}
