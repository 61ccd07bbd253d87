//! Answers that are larger than an answer may be.

use super::*;

const BYTES_MAX: usize = 120_000;
const CONTACTS: usize = 120;
const GROUPS: usize = 20;

/// A server with a low bound of answers, and a client whose contacts are all in many groups with long names.
async fn heavy_world() -> World {
    let mut world = world().await;
    let token = world.client.token.clone();
    let names: Vec<String> = (0..GROUPS).map(|group| format!("{group}{}", "😀".repeat(250))).collect();
    let contact = |n| json!({"last_name": format!("Contact {n}"), "phone_numbers": ["100"], "group_names": names});
    for part in 0..3 {
        let contacts: Vec<Value> = (0..CONTACTS / 3).map(|n| contact(part * CONTACTS / 3 + n)).collect();
        assert_eq!(outcome(&world.call(&token, "upload.contacts", json!({"contacts": contacts})).await), "ok");
    }
    world.rpc = world.rpc.answer_bytes_max(BYTES_MAX);
    world
}

/// Mnemonic, field, value and bound of a refusal, and its reason.
fn too_large(answer: &Value) -> (Value, String) {
    let data = &answer["error"]["data"];
    let reason = data["params"]["reason"].as_str().unwrap_or_default().to_owned();
    (json!([data["mnemonic"], data["field"], data["value"], data["params"]["max_bytes"]]), reason)
}

async fn assert_bounded(world: &World, method: &str, params: Value, small: &[Value]) {
    let token = &world.client.token;
    let answer = world.call(token, method, params.clone()).await;
    let (refusal, reason) = too_large(&answer);
    let limit = params.get("limit").map_or(Value::Null, |limit| json!(limit.to_string()));
    assert_eq!(refusal, json!(["invalid_parameter_value", "limit", limit, BYTES_MAX]), "{method} {params}");
    let expected =
        "the answer is larger than 120000 bytes: ask for fewer records with limit, or fewer members with fields";
    assert_eq!(reason, expected);
    for changes in small {
        let mut params = params.clone();
        for (name, value) in changes.as_object().expect("members") {
            params[name] = value.clone();
        }
        assert_eq!(outcome(&world.call(token, method, params).await), "ok", "{method} {changes}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_with_what_helps() {
    let world = heavy_world().await;
    let less = [json!({"limit": 4}), json!({"fields": ["id", "full_name"]})];
    assert_bounded(&world, "get.contacts", json!({"limit": CONTACTS}), &less).await;
    let filter = json!({"field": "last_name", "operator": "like", "value": "Contact%"});
    assert_bounded(&world, "get.contacts", json!({"limit": 1000, "filter": filter}), &less).await;
    // Each group has every contact as a member.
    let less = [json!({"limit": 10}), json!({"fields": ["id", "name"]})];
    assert_bounded(&world, "get.group_contacts", json!({}), &less).await;
    for n in 0..60 {
        let note = json!({"field": "first_name", "operator": "=", "value": "x".repeat(5_000)});
        world.call(&world.client.token, "get.contacts", json!({"offset": n, "filter": note})).await;
    }
    let interval = json!({"date_from": "2023-11-01", "date_till": "2023-11-30"});
    let less = [json!({"limit": 10}), json!({"fields": ["api_request_id"]})];
    assert_bounded(&world, "get.api_requests", interval, &less).await;
}

#[tokio::test]
async fn a_mirror_gets_what_has_room_and_goes_on_from_there() {
    let world = heavy_world().await;
    let (mut since, mut seen, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let params = json!({"since": since, "limit": 10_000});
        let mut body = json!({"jsonrpc": "2.0", "id": 1, "method": "get.contact_changes", "params": params});
        body["params"]["access_token"] = json!(world.client.token);
        let text = world.raw(body.to_string().as_bytes()).await;
        assert!(text.len() <= BYTES_MAX);
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        let result = &answer["result"];
        let page = result["data"].as_array().expect("data");
        assert!(!page.is_empty(), "{text}");
        assert_eq!(result["metadata"]["total_items"], CONTACTS - seen.len());
        seen.extend(page.iter().map(|change| change["id"].as_u64().expect("an id")));
        pages += 1;
        since = result["metadata"]["cursor"].as_str().expect("a cursor").to_owned();
        if result["metadata"]["has_more"] == false {
            break;
        }
    }
    assert!(pages > 5, "{pages}");
    let all: std::collections::BTreeSet<u64> = seen.iter().copied().collect();
    assert_eq!((all.len(), seen.len()), (CONTACTS, CONTACTS), "each once");
}

/// What is uploaded is uploaded: the answer has no value where it has no room for values.
#[tokio::test]
async fn an_upload_is_answered_for_each_record() {
    let mut world = world().await;
    world.rpc = world.rpc.answer_bytes_max(BYTES_MAX);
    let wrong = json!({"last_name": "x".repeat(990), "phone_numbers": ["1"]});
    let mut contacts = vec![wrong; 400];
    contacts.push(json!({"last_name": "Good", "phone_numbers": ["100"]}));
    let params = json!({"contacts": contacts, "on_error": "skip"});
    let answer = world.call(&world.client.token, "upload.contacts", params).await;
    assert_eq!(outcome(&answer), "ok");
    let data = &answer["result"]["data"];
    assert!(data["ids"][400].is_number());
    let errors = data["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 400);
    assert!(errors[0]["value"].is_string() && errors[399]["value"].is_null(), "{}", errors[399]);
    assert!(errors.iter().all(|error| error["field"] == "last_name" && error["mnemonic"] == "invalid_parameter_value"));
}

/// A contact can always be read: its groups are bounded on every way that leads to more of them.
#[tokio::test]
async fn the_groups_of_a_contact_are_bounded() {
    let world = world().await;
    let token = &world.client.token;
    let call = async |method: &str, params: Value| world.call(token, method, params).await;
    let names: Vec<String> = (0..1_000).map(|n| format!("Group {n}")).collect();
    let contact = |groups: Value, names: &[String]| json!({"contacts": [{"last_name": "a", "phone_numbers": ["100"], "groups": groups, "group_names": names}]});
    let made = call("upload.contacts", contact(json!([]), &names)).await;
    let id = made["result"]["data"]["ids"][0].as_u64().expect("an id");
    let listed = call("get.group_contacts", json!({"fields": ["id"], "limit": 1_001})).await;
    let groups: Vec<u64> =
        listed["result"]["data"].as_array().expect("groups").iter().filter_map(|group| group["id"].as_u64()).collect();
    assert_eq!(groups.len(), 1_001, "the system group is there, too");
    let answer = call("upload.contacts", contact(json!(groups[..500]), &names[..501])).await;
    let data = &answer["error"]["data"];
    let told = json!([data["mnemonic"], data["field"], data["params"]["max"]]);
    assert_eq!(told, json!(["invalid_parameter_value", "contacts.0.group_names", 1_000]), "{answer}");
    for (method, params) in [
        ("create.group_contacts", json!({"name": "One more", "members": [id]})),
        ("update.group_contacts", json!({"id": groups[0], "members": [id]})),
    ] {
        let answer = call(method, params).await;
        let data = &answer["error"]["data"];
        let told = json!([data["mnemonic"], data["field"], data["params"]["max"]]);
        assert_eq!(told, json!(["data_limit_exceeded", "members.0", 1_000]), "{method}: {answer}");
    }
    let answer = call("update.group_contacts", json!({"id": groups[1], "members": [id]})).await;
    assert_eq!(outcome(&answer), "ok", "it is in there already: {answer}");
}
