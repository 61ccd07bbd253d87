//! Methods that read beside `get.contacts`, and replication by `get.contact_changes`.

use std::collections::BTreeMap;

use ringbook_testbed::http_client::{connect, post};
use serde_json::{Value, json};

use super::harness::{Demo, outcome};

/// A call by a customer's user.
fn ask(demo: &Demo, who: &str, method: &str, mut params: Value) -> Value {
    params["access_token"] = demo.token(who).into();
    demo.server.call(method, params)
}

/// The data of a reply that must be a success.
fn data(answer: &Value) -> &Vec<Value> {
    answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}"))
}

fn rows(demo: &Demo, method: &str, params: Value) -> Vec<Value> {
    data(&ask(demo, "demo", method, params)).clone()
}

fn ids(rows: &[Value]) -> Vec<u64> {
    rows.iter().filter_map(|row| row["id"].as_u64()).collect()
}

fn made(demo: &Demo, method: &str, params: Value) -> u64 {
    let answer = ask(demo, "demo", method, params);
    answer["result"]["id"].as_u64().unwrap_or_else(|| panic!("{answer}"))
}

fn simple(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({"filter": {"field": field, "operator": operator, "value": value.into()}, "fields": ["id"]})
}

/// Members of each group according to the contacts.
fn members_by_contacts(demo: &Demo) -> BTreeMap<u64, Vec<Value>> {
    let mut groups: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for contact in rows(demo, "get.contacts", json!({"limit": 10_000})) {
        for group in contact["groups"].as_array().expect("a list") {
            let member = json!({"contact_id": contact["id"], "contact_full_name": contact["full_name"]});
            groups.entry(group["group_id"].as_u64().expect("an id")).or_default().push(member);
        }
    }
    groups
}

#[test]
fn groups_and_contacts_agree() {
    let demo = Demo::start(1000);
    let told = members_by_contacts(&demo);
    let groups = rows(&demo, "get.group_contacts", json!({}));
    assert!(groups.len() > 5);
    for group in &groups {
        let members = told.get(&group["id"].as_u64().expect("an id")).cloned().unwrap_or_default();
        assert_eq!(group["members"], json!(members), "{}", group["name"]);
        assert!(group.as_object().expect("an object").keys().eq(["id", "name", "is_system", "members"]));
    }
    let system: Vec<&Value> = groups.iter().filter(|group| group["is_system"] == true).collect();
    assert!(system.len() == 1 && system[0]["name"] == "Blacklist");
    let (largest, members) = told.iter().max_by_key(|(_, members)| members.len()).expect("a group");
    let somebody = &members[members.len() / 2]["contact_id"];
    let holding = rows(&demo, "get.group_contacts", simple("members", "=", somebody.clone()));
    assert!(ids(&holding).contains(largest));
    let text = format!("#.contact_id = {somebody}");
    assert_eq!(rows(&demo, "get.group_contacts", simple("members", "jsquery", text)), holding);
    let others = rows(&demo, "get.group_contacts", simple("members", "not_in", json!([somebody])));
    assert_eq!(holding.len() + others.len(), groups.len());
}

#[test]
fn an_empty_group_is_found_by_its_member_count() {
    let demo = Demo::start(30);
    let group = made(&demo, "create.group_contacts", json!({"name": "Пустая"}));
    let empty = ids(&rows(&demo, "get.group_contacts", simple("members", "is_null", Value::Null)));
    assert!(empty.contains(&group));
    let contact = ids(&rows(&demo, "get.contacts", json!({"limit": 1, "fields": ["id"]})))[0];
    ask(&demo, "demo", "update.group_contacts", json!({"id": group, "members": [contact]}));
    assert!(!ids(&rows(&demo, "get.group_contacts", simple("members", "=", Value::Null))).contains(&group));
    let held = rows(&demo, "get.group_contacts", simple("members", "in", json!([contact.to_string()])));
    assert!(ids(&held).contains(&group));
}

#[test]
fn every_table_pages_sorts_and_counts() {
    let demo = Demo::start(300);
    ask(&demo, "demo", "create.phone_number_to_blacklist", json!({"phone_number": "+7 (495) 000-00-01"}));
    let comment = json!({"phone_number": "74950000000", "add_comment": "спам"});
    ask(&demo, "demo", "create.phone_number_to_blacklist", comment);
    for (method, key) in [
        ("get.group_contacts", "name"),
        ("get.contact_organizations", "name"),
        ("get.employees", "last_name"),
        ("get.blacklist_phone_numbers", "phone_number"),
    ] {
        for order in ["asc", "desc"] {
            let sort = json!([{"field": key, "order": order}]);
            let all = rows(&demo, method, json!({"sort": sort}));
            assert!(all.len() > 1, "{method}");
            let mut joined = Vec::new();
            for offset in 0..all.len() {
                let page = ask(&demo, "demo", method, json!({"sort": sort, "limit": 1, "offset": offset}));
                assert_eq!(page["result"]["metadata"]["total_items"], all.len(), "{method}");
                joined.extend(data(&page).clone());
            }
            assert_eq!(joined, all, "{method}");
        }
        let chosen = rows(&demo, method, json!({"fields": [key, "id", key]}));
        assert!(chosen.iter().all(|row| row.as_object().expect("an object").len() == 2), "{method}");
        assert_eq!(outcome(&ask(&demo, "demo", method, json!({"fields": ["nobody"]}))), "unexpected_parameters");
        assert_eq!(outcome(&ask(&demo, "demo", method, json!({"limit": 10_001}))), "invalid_parameter_value");
    }
}

#[test]
fn the_blacklist_has_author_time_and_comment() {
    let demo = Demo::start(10);
    let params = json!({"phone_number": "+7 495 000-00-01", "add_comment": "спам"});
    let id = made(&demo, "create.phone_number_to_blacklist", params);
    let row = rows(&demo, "get.blacklist_phone_numbers", json!({})).remove(0);
    let members = ["id", "phone_number", "add_user_name", "add_comment", "add_date_time"];
    assert!(row.as_object().expect("an object").keys().eq(members), "{row}");
    assert_eq!((&row["id"], &row["phone_number"]), (&json!(id), &json!("74950000001")));
    assert_eq!((&row["add_user_name"], &row["add_comment"]), (&json!("Demo"), &json!("спам")));
    let when = row["add_date_time"].as_str().expect("a moment");
    assert_eq!(ids(&rows(&demo, "get.blacklist_phone_numbers", simple("add_date_time", "=", when))), [id]);
    let later = rows(&demo, "get.blacklist_phone_numbers", simple("add_date_time", ">", when));
    assert!(later.is_empty());
    assert!(data(&ask(&demo, "second", "get.blacklist_phone_numbers", json!({}))).is_empty());
}

#[test]
fn an_employee_has_phones_and_all_empty_members() {
    let demo = Demo::start(10);
    let phones = json!([{"phone_number": "74955140578...2345", "channels_count": 3}, {"phone_number": "12", "status": "inactive"}]);
    let id = made(&demo, "create.employees", json!({"last_name": "Ким", "first_name": "Ада", "phone_numbers": phones}));
    let employee =
        rows(&demo, "get.employees", json!({"filter": {"field": "id", "operator": "=", "value": id}})).remove(0);
    let shown = |at: usize, member: &str| employee["phone_numbers"][at][member].clone();
    assert_eq!(
        (shown(0, "channels_count"), shown(0, "dial_time"), shown(0, "status")),
        (json!(3), json!(60), json!("active"))
    );
    assert_eq!((shown(1, "channels_count"), shown(1, "status")), (json!(1), json!("inactive")));
    assert_eq!((&employee["full_name"], &employee["login"]), (&json!("Ким Ада"), &Value::Null));
    assert_eq!((&employee["groups"], &employee["coach"]), (&json!([]), &json!({})));
    let found = |text: String| ids(&rows(&demo, "get.employees", simple("phone_numbers", "jsquery", text)));
    assert_eq!(found("#(status = \"inactive\" AND phone_number = \"12\")".to_owned()), [id]);
    assert_eq!(found(format!("#.phone_id = {}", shown(0, "phone_id"))), [id]);
    let by_id = rows(&demo, "get.employees", simple("phone_numbers", "=", shown(1, "phone_id")));
    assert_eq!(ids(&by_id), [id]);
    assert!(rows(&demo, "get.employees", simple("login", "!=", "x")).is_empty());
    assert!(ids(&rows(&demo, "get.employees", simple("login", "is_null", Value::Null))).contains(&id));
}

/// Applies all changes after a cursor to a replica, in pages of this size.
fn follow(demo: &Demo, replica: &mut BTreeMap<u64, Value>, mut cursor: String, size: u64) -> String {
    loop {
        let answer = ask(demo, "demo", "get.contact_changes", json!({"since": cursor, "limit": size}));
        let metadata = &answer["result"]["metadata"];
        let page = data(&answer);
        let left = metadata["total_items"].as_u64().expect("a total");
        assert_eq!(metadata["has_more"], left > page.len() as u64, "{metadata}");
        for change in page {
            let id = change["id"].as_u64().expect("an id");
            match change["deleted"].as_bool().expect("a boolean") {
                true => assert!(change["contact"].is_null() && replica.remove(&id).is_some(), "{change}"),
                false => drop(replica.insert(id, change["contact"].clone())),
            }
        }
        cursor = metadata["cursor"].as_str().expect("a cursor").to_owned();
        if metadata["has_more"] == false {
            return cursor;
        }
    }
}

#[test]
fn a_replica_receives_every_change() {
    let demo = Demo::start(250);
    let mut replica = BTreeMap::new();
    let whole = || -> BTreeMap<u64, Value> {
        let contacts = rows(&demo, "get.contacts", json!({"limit": 10_000}));
        contacts.into_iter().map(|contact| (contact["id"].as_u64().expect("an id"), contact)).collect()
    };
    let mut cursor = follow(&demo, &mut replica, String::new(), 100);
    assert_eq!(replica, whole());
    let some: Vec<u64> = replica.keys().copied().take(5).collect();
    let grouped = replica.values().find(|contact| contact["groups"][0].is_object()).expect("one of a group").clone();
    let employed = replica.values().find(|contact| contact["organization_id"].is_number()).expect("one").clone();
    let managed = replica.values().find(|contact| contact["personal_manager_id"].is_number()).expect("one").clone();
    for (method, params) in [
        ("create.contacts", json!({"last_name": "Новая", "phone_numbers": ["74950000000"]})),
        ("update.contacts", json!({"id": some[0], "first_name": "Другое"})),
        ("delete.contacts", json!({"ids": [some[1], some[2]]})),
        ("update.group_contacts", json!({"id": grouped["groups"][0]["group_id"], "name": "Иначе"})),
        ("update.contact_organizations", json!({"id": employed["organization_id"], "name": "Иначе"})),
        ("update.employees", json!({"id": managed["personal_manager_id"], "last_name": "Иначе"})),
        ("create.group_contacts", json!({"name": "С членами", "members": [some[3], some[4]]})),
        ("delete.group_contacts", json!({"id": grouped["groups"][0]["group_id"]})),
        (
            "upload.contacts",
            json!({"contacts": [{"last_name": "Ещё", "phone_numbers": ["74950000001"], "group_names": ["Куча"]}]}),
        ),
    ] {
        let answer = ask(&demo, "demo", method, params);
        assert_eq!(outcome(&answer), "ok", "{method}: {answer}");
        cursor = follow(&demo, &mut replica, cursor, 7);
        assert_eq!(replica, whole(), "after {method}");
    }
    let nothing = ask(&demo, "demo", "get.contact_changes", json!({"since": cursor}));
    assert!(data(&nothing).is_empty() && nothing["result"]["metadata"]["cursor"] == cursor, "{nothing}");
}

#[test]
fn cursors_survive_a_restart_and_a_kill() {
    let demo = Demo::start(50);
    let mut replica = BTreeMap::new();
    let cursor = follow(&demo, &mut replica, String::new(), 1000);
    let gone = *replica.keys().next().expect("a contact");
    ask(&demo, "demo", "delete.contacts", json!({"id": gone}));
    let token = demo.token("demo").to_owned();
    let (_root, path) = demo.kill();
    let server = super::harness::Server::serve(&path, &[]);
    let params = json!({"access_token": token, "since": cursor});
    let answer = server.call("get.contact_changes", params.clone());
    assert_eq!(answer["result"]["data"], json!([{"id": gone, "deleted": true, "contact": null}]), "{answer}");
    server.stop();
    let server = super::harness::Server::serve(&path, &[]);
    assert_eq!(server.call("get.contact_changes", params)["result"]["data"], answer["result"]["data"]);
}

#[test]
fn an_invalid_cursor_is_refused_with_the_next_step() {
    let demo = Demo::start(10);
    let since = |who: &str, since: Value| ask(&demo, who, "get.contact_changes", json!({"since": since}));
    let cursor = since("demo", json!(""))["result"]["metadata"]["cursor"].clone();
    let other = since("second", cursor.clone());
    let ahead = since("demo", json!(cursor.as_str().expect("a text").replacen('-', "-f", 2)));
    let garbage = since("demo", json!("yesterday"));
    for (answer, word) in [(other, "another account"), (ahead, "ahead"), (garbage, "not a cursor")] {
        let told = &answer["error"]["data"];
        let reason = told["params"]["reason"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(reason.contains(word) && reason.contains("start over"), "{reason}");
        assert_eq!((&told["mnemonic"], &told["field"]), (&json!("invalid_parameter_value"), &json!("since")));
    }
    assert_eq!(outcome(&ask(&demo, "demo", "get.contact_changes", json!({}))), "required_parameter_missed");
    assert_eq!(outcome(&since("demo", Value::Null)), "data_type_error");
    for limit in [json!(0), json!(10_001), json!(-1)] {
        let answer = ask(&demo, "demo", "get.contact_changes", json!({"since": "", "limit": limit}));
        let told = &answer["error"]["data"];
        assert_eq!((&told["field"], &told["params"]["max"]), (&json!("limit"), &json!(10_000)), "{answer}");
    }
    let all = ask(&demo, "demo", "get.contact_changes", json!({"since": "", "limit": null}));
    assert_eq!(data(&all).len(), 10);
}

#[test]
fn the_description_needs_no_token() {
    let demo = Demo::start(1);
    let mut client = connect(demo.server.address);
    let mut discover = |params: &str| {
        let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.discover\"{params}}}");
        client.request(post(body)).json()
    };
    let answer = discover("");
    assert_eq!(answer["result"]["openrpc"], "1.3.2");
    for harmless in [",\"params\":{}", ",\"params\":[]", ",\"params\":{\"access_token\":\"x\"}"] {
        assert_eq!(discover(harmless), answer, "{harmless}");
    }
    assert_eq!(outcome(&discover(",\"params\":{\"x\":1}")), "unexpected_parameters");
    assert_eq!(outcome(&discover(",\"params\":[1]")), "data_type_error");
    let methods = answer["result"]["methods"].as_array().expect("methods").clone();
    for method in methods.iter().filter_map(|method| method["name"].as_str()) {
        assert_ne!(outcome(&demo.server.call(method, json!({}))), "method_not_found", "{method}");
    }
}
