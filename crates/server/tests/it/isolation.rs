//! Isolation of accounts: no method returns data of another account, for any token and user.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::harness::{Demo, outcome};

const CUSTOMERS: [&str; 3] = ["demo", "second", "other"];
const METHODS: [&str; 3] = ["get.contacts", "get.customer_users", "get.account"];

/// The contacts that each customer's own key returns, by id.
fn books(demo: &Demo) -> BTreeMap<&'static str, BTreeMap<u64, Value>> {
    let book = |who: &'static str| {
        let answer = demo.server.call("get.contacts", json!({"access_token": demo.token(who), "limit": 10_000}));
        let records = answer["result"]["data"].as_array().expect("contacts").clone();
        let by_id = records.into_iter().map(|record| (record["id"].as_u64().expect("an id"), record));
        (who, by_id.collect())
    };
    CUSTOMERS.into_iter().map(book).collect()
}

/// The ids of organizations, groups and managers in a book.
fn references(book: &BTreeMap<u64, Value>) -> BTreeSet<(&'static str, u64)> {
    let mut found = BTreeSet::new();
    for record in book.values() {
        for member in ["organization_id", "personal_manager_id"] {
            found.extend(record[member].as_u64().map(|id| (member, id)));
        }
        let groups = record["groups"].as_array().expect("groups");
        found.extend(groups.iter().filter_map(|group| Some(("group_id", group["group_id"].as_u64()?))));
    }
    found
}

#[test]
fn books_have_nothing_in_common() {
    let demo = Demo::start(200);
    let books = books(&demo);
    assert_eq!(books.values().map(BTreeMap::len).collect::<Vec<_>>(), [200, 10, 10]);
    for (one, other) in [("demo", "second"), ("demo", "other"), ("second", "other")] {
        assert!(books[one].keys().all(|id| !books[other].contains_key(id)), "{one}, {other}");
        assert!(references(&books[one]).is_disjoint(&references(&books[other])), "{one}, {other}");
    }
}

#[test]
fn every_token_reads_its_own_account_only() {
    let demo = Demo::start(50);
    let books = books(&demo);
    let users: Vec<Value> = ["agent", "demo", "second", "other"].map(|who| json!(demo.user(who))).to_vec();
    let strange = [json!(0), json!(99), json!(-1), json!(1.5), json!("2"), json!(true), json!([]), json!({})];
    let named: Vec<Value> = users.iter().cloned().chain(strange).chain([Value::Null]).collect();
    let named: Vec<Option<Value>> = named.into_iter().map(Some).chain([None]).collect();
    for who in ["agent", "demo", "second", "other"] {
        for method in METHODS {
            for user_id in &named {
                let mut params = json!({"access_token": demo.token(who), "limit": 10_000});
                if let Some(user_id) = user_id {
                    params["user_id"] = user_id.clone();
                }
                let answer = demo.server.call(method, params);
                check(&demo, &books, who, method, user_id.as_ref(), &answer);
            }
        }
    }
}

/// Checks that the reply has what this caller may read, and nothing else.
fn check(
    demo: &Demo,
    books: &BTreeMap<&'static str, BTreeMap<u64, Value>>,
    who: &str,
    method: &str,
    user_id: Option<&Value>,
    answer: &Value,
) {
    let case = format!("{who} {method} {user_id:?}");
    let number = user_id.and_then(Value::as_u64);
    let acting = match (who, number) {
        ("agent", None) => None,
        ("agent", Some(id)) => CUSTOMERS.into_iter().find(|customer| *customer != "other" && demo.user(customer) == id),
        (own, None) => CUSTOMERS.into_iter().find(|customer| *customer == own && user_id.is_none_or(Value::is_null)),
        (own, Some(id)) => CUSTOMERS.into_iter().find(|customer| *customer == own && demo.user(own) == id),
    };
    let data = answer["result"]["data"].as_array();
    match (method, data) {
        ("get.contacts", Some(data)) => {
            let book = &books[acting.unwrap_or_else(|| panic!("{case}: {answer}"))];
            assert_eq!(data.len(), book.len(), "{case}");
            assert!(
                data.iter().all(|record| record["id"].as_u64().and_then(|id| book.get(&id)) == Some(record)),
                "{case}"
            );
        }
        ("get.customer_users", Some(data)) => {
            let ids: Vec<u64> = data.iter().filter_map(|user| user["id"].as_u64()).collect();
            assert_eq!((who, ids), ("agent", vec![demo.user("demo"), demo.user("second")]), "{case}");
            assert!(user_id.is_none_or(Value::is_null), "{case}");
        }
        (_, Some(data)) => {
            let own = acting.unwrap_or_else(|| panic!("{case}: {answer}"));
            assert_eq!((data.len(), &data[0]["app_id"]), (1, &demo.entry(own)["id"]), "{case}");
            assert_ne!(who, "agent", "{case}");
        }
        (_, None) => refusal(demo, who, acting, method, user_id, answer),
    }
    let text = answer.to_string();
    let foreign = CUSTOMERS.into_iter().filter(|customer| Some(*customer) != acting && answer["error"].is_object());
    for customer in foreign {
        assert!(
            !books[customer].values().any(|record| text.contains(&record["full_name"].to_string())),
            "{case}: {text}"
        );
    }
}

fn refusal(demo: &Demo, who: &str, acting: Option<&str>, method: &str, user_id: Option<&Value>, answer: &Value) {
    let case = format!("{who} {method} {user_id:?}: {answer}");
    let mnemonic = outcome(answer);
    let on_side = (method == "get.customer_users") == (who == "agent") || (who == "agent" && method == "get.contacts");
    if on_side && method != "get.customer_users" {
        assert!(acting.is_none(), "{case}");
    }
    // The refusal of another account's user equals that of a user who does not exist.
    let is_somebody = user_id.and_then(Value::as_u64).is_some_and(|id| acting.is_none() && id > 0);
    if is_somebody && method == "get.contacts" {
        assert_eq!(mnemonic, "forbidden", "{case}");
        assert_eq!(answer["error"]["data"]["field"], "user_id", "{case}");
    }
    let known = ["forbidden", "data_type_error", "required_parameter_missed", "unexpected_parameters"];
    assert!(known.contains(&&*mnemonic), "{case}");
    assert!(!answer.to_string().contains(demo.token(who)), "{case}");
}

#[test]
fn a_filter_reaches_no_other_book() {
    let demo = Demo::start(50);
    let books = books(&demo);
    for who in CUSTOMERS {
        for foreign in CUSTOMERS.into_iter().filter(|foreign| *foreign != who) {
            let ids: Vec<u64> = books[foreign].keys().copied().collect();
            let phones: Vec<&Value> = books[foreign].values().map(|record| &record["phone_numbers"][0]).collect();
            let own: BTreeSet<String> = books[who].values().map(|record| record["phone_numbers"].to_string()).collect();
            for filter in [
                json!({"field": "id", "operator": "in", "value": ids}),
                json!({"field": "phone_numbers", "operator": "in", "value": phones}),
                json!({"filters": [{"field": "id", "operator": "in", "value": ids}, {"field": "id", "operator": "<", "value": 0}], "condition": "or"}),
            ] {
                let answer =
                    demo.server.call("get.contacts", json!({"access_token": demo.token(who), "filter": filter}));
                let data = answer["result"]["data"].as_array().expect("contacts");
                assert!(
                    data.iter().all(|record| own.contains(&record["phone_numbers"].to_string())),
                    "{who}: {answer}"
                );
                assert_eq!(answer["result"]["metadata"]["total_items"], data.len(), "{who}");
            }
        }
    }
}
