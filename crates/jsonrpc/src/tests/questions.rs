//! Parameters of questions: what is refused, under which path, with which value.

use super::*;

#[tokio::test]
async fn the_form_of_a_filter_is_judged_by_path() {
    let world = world().await;
    let simple = |field: &str| json!({"field": field, "operator": "=", "value": 1});
    let id = || simple("id");
    for (filter, mnemonic, field, value) in [
        (json!("x"), "data_type_error", "filter", json!("x")),
        (json!([1]), "data_type_error", "filter", json!("[1]")),
        (json!({"operator": "="}), "required_parameter_missed", "filter.field", json!(null)),
        (json!({"field": "id"}), "required_parameter_missed", "filter.operator", json!(null)),
        (json!({"field": 1, "operator": "="}), "data_type_error", "filter.field", json!("1")),
        (json!({"condition": "and"}), "required_parameter_missed", "filter.filters", json!(null)),
        (json!({"filters": {}}), "data_type_error", "filter.filters", json!("{}")),
        (json!({"filters": [5]}), "data_type_error", "filter.filters.0", json!("5")),
        (
            json!({"filters": [{}, {"filters": [{"foo": [1, "а"]}]}]}),
            "unexpected_parameters",
            "filter.filters.1.filters.0.foo",
            json!("[1,\"а\"]"),
        ),
        (json!({"filters": [id()], "field": "id"}), "unexpected_parameters", "filter.field", json!("id")),
        (
            json!({"field": "id", "operator": "=", "condition": "or"}),
            "unexpected_parameters",
            "filter.condition",
            json!("or"),
        ),
        (json!({"filters": [id(), id()]}), "required_parameter_missed", "filter.condition", json!(null)),
        (json!({"filters": [id()], "condition": "xor"}), "invalid_parameter_value", "filter.condition", json!("xor")),
        (json!({"filters": [id()], "condition": 1}), "data_type_error", "filter.condition", json!("1")),
        (
            json!({"filters": [id(), simple("foo")], "condition": "or"}),
            "unexpected_parameters",
            "filter.filters.1.field",
            json!("foo"),
        ),
        (simple("patronymic"), "filter_prohibited", "filter.field", json!("patronymic")),
        (
            json!({"field": "id", "operator": "like", "value": "1"}),
            "invalid_parameter_value",
            "filter.operator",
            json!("like"),
        ),
        (
            json!({"field": "id", "operator": "=", "value": {"a": 1}}),
            "data_type_error",
            "filter.value",
            json!("{\"a\":1}"),
        ),
        (
            json!({"field": "id", "operator": "in", "value": [1, [2]]}),
            "data_type_error",
            "filter.value.1",
            json!("[2]"),
        ),
    ] {
        let found = world.refused(json!({"filter": filter})).await;
        assert_eq!((found.0.as_str(), &found.1, &found.2), (mnemonic, &json!(field), &value), "{filter}");
    }
}

#[tokio::test]
async fn other_parameters_are_judged_by_path() {
    let world = world().await;
    for (params, mnemonic, field, value) in [
        (json!({"bogus": null}), "unexpected_parameters", "bogus", json!("null")),
        (json!({"limit": true}), "data_type_error", "limit", json!("true")),
        (json!({"limit": "abc"}), "data_type_error", "limit", json!("abc")),
        (json!({"offset": 1.5}), "data_type_error", "offset", json!("1.5")),
        (json!({"limit": 10_001}), "invalid_parameter_value", "limit", json!("10001")),
        (json!({"limit": -1}), "invalid_parameter_value", "limit", json!("-1")),
        (json!({"offset": "100001"}), "invalid_parameter_value", "offset", json!("100001")),
        (json!({"fields": "id"}), "data_type_error", "fields", json!("id")),
        (json!({"fields": ["id", 5]}), "data_type_error", "fields", json!("5")),
        (json!({"fields": ["id", "group_id"]}), "unexpected_parameters", "fields", json!("group_id")),
        (json!({"sort": {"field": "id"}}), "data_type_error", "sort", json!("{\"field\":\"id\"}")),
        (json!({"sort": ["id"]}), "data_type_error", "sort.0", json!("id")),
        (json!({"sort": [{}]}), "required_parameter_missed", "sort.0.field", json!(null)),
        (json!({"sort": [{"field": "last_name", "x": 1}]}), "unexpected_parameters", "sort.0.x", json!("1")),
        (
            json!({"sort": [{"field": "last_name", "order": "up"}]}),
            "invalid_parameter_value",
            "sort.0.order",
            json!("up"),
        ),
        (json!({"sort": [{"field": "last_name", "order": 1}]}), "data_type_error", "sort.0.order", json!("1")),
        (json!({"sort": [{"field": "last_name"}, {"field": "id"}]}), "sort_prohibited", "sort.1.field", json!("id")),
        (json!({"sort": [{"field": "foo"}]}), "unexpected_parameters", "sort.0.field", json!("foo")),
    ] {
        let found = world.refused(params.clone()).await;
        assert_eq!((found.0.as_str(), &found.1, &found.2), (mnemonic, &json!(field), &value), "{params}");
    }
}

#[tokio::test]
async fn unknown_comes_before_type_and_type_before_value() {
    let world = world().await;
    let bad_order = json!([{"field": "last_name", "order": "up"}]);
    for (params, field) in [
        (json!({"limit": true, "filter": 5, "zzz": 1}), "zzz"),
        (json!({"limit": true, "filter": {"filters": [{"field": 1}, {"foo": 1}]}}), "filter.filters.1.foo"),
        (json!({"limit": true, "sort": bad_order}), "limit"),
        (json!({"limit": -1, "sort": bad_order}), "sort.0.order"),
    ] {
        assert_eq!(world.refused(params.clone()).await.1, json!(field), "{params}");
    }
}

#[tokio::test]
async fn bounds_and_reasons_stand_in_params() {
    let world = world().await;
    let sort = |keys: usize| json!({"sort": vec![json!({"field": "last_name"}); keys]});
    assert_eq!(world.refused(sort(9)).await.3["max"], 8);
    assert_eq!(world.refused(json!({"limit": 10_001})).await.3["max"], 10_000);
    let list = json!({"field": "id", "operator": "in", "value": vec![1; 10_001]});
    assert_eq!(world.refused(json!({"filter": list})).await.3["max"], 10_000);
    let one = json!({"field": "id", "operator": "=", "value": 1});
    let many = json!({"filters": vec![one.clone(); 1_001], "condition": "or"});
    assert_eq!(world.refused(json!({"filter": many})).await.3["max"], 1_000);
    let deep = |depth: usize| (0..depth).fold(one.clone(), |inner, _| json!({"filters": [inner]}));
    assert_eq!(world.refused(json!({"filter": deep(17)})).await.3["max"], 16);
    assert_eq!(world.refused(json!({"filter": deep(16)})).await.0, "none");
    let operator = world.refused(json!({"filter": {"field": "id", "operator": "regexp", "value": "x"}})).await;
    assert!(operator.3["reason"].as_str().is_some_and(|reason| reason.contains("not_in")));
}

#[tokio::test]
async fn absent_wishes_are_spelled_in_many_ways() {
    let world = world().await;
    for params in [
        json!({}),
        json!({"filter": null, "sort": null, "fields": null, "limit": null, "offset": null, "user_id": null}),
        json!({"filter": [], "sort": [], "fields": []}),
        json!({"filter": {}, "sort": {}}),
        json!({"filter": {"filters": []}}),
        json!({"filter": {"filters": [{}, [], {"filters": []}], "condition": "or"}}),
        json!({"filter": {"field": "first_name", "operator": "="}}),
        json!({"filter": {"field": "id", "operator": "=", "value": 1, "filters": null, "condition": null}}),
        json!({"filter": {"filters": [{}], "condition": null, "field": null, "operator": null, "value": null}}),
        json!({"limit": "10", "offset": 10.0}),
        json!({"sort": [{"field": "last_name", "order": null}], "fields": ["id", "id"]}),
    ] {
        assert_eq!(world.refused(params.clone()).await.0, "none", "{params}");
    }
}

#[tokio::test]
async fn a_token_is_never_repeated() {
    let world = world().await;
    let token = world.client.token.clone();
    for params in [
        json!({"token": token}),
        json!({"limit": token}),
        json!({"filter": {"field": "last_name", "operator": token}}),
        json!({"fields": [format!("x{token}")]}),
        json!({"new_password": "hush"}),
        json!({"limit": [{"Api_Key": "hush"}]}),
        // As a name, where the path would repeat it.
        json!({(token.clone()): 1}),
        json!({(format!("x{token}")): 1}),
        json!({(format!("{}{token}", "x".repeat(980))): 1}),
        json!({"filter": {(token.clone()): 1}}),
        json!({"filter": {"filters": [{(token.clone()): 1}]}}),
        json!({"sort": [{(token.clone()): 1}]}),
        json!({"limit": {(token.clone()): 1}}),
        json!({"limit": format!("{}{token}", "x".repeat(980))}),
        // In a query, which an error quotes.
        json!({"filter": {"field": "groups", "operator": "jsquery", "value": format!("(# = 1 {token})")}}),
        json!({"filter": {"field": "groups", "operator": "jsquery", "value": format!("(# = 1 \"x{token}\")")}}),
    ] {
        let answer = world.call(&token, "get.contacts", params.clone()).await;
        assert_ne!(outcome(&answer), "ok");
        let answer = answer.to_string();
        assert!(!answer.contains(&token[..16]) && !answer.contains("hush"), "{params} {answer}");
    }
}

#[tokio::test]
async fn an_answer_is_letter_by_letter_what_was_promised() {
    let world = world().await;
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"get.contacts","params":{{"access_token":"{}"}}}}"#,
        world.client.token
    );
    assert_eq!(
        world.raw(body.as_bytes()).await,
        concat!(
            r#"{"jsonrpc":"2.0","id":7,"result":{"data":[],"metadata":{"total_items":0,"version":null,"limits":{}}}}"#,
            "\n"
        )
    );
}

#[tokio::test]
async fn explain_tells_how_contacts_were_found() {
    let world = world().await;
    let token = &world.client.token;
    for (filter, path) in [
        (json!({}), "id_range"),
        (json!({"field": "full_name", "operator": "like", "value": "%x%"}), "scan"),
        (json!({"field": "phone_numbers", "operator": "=", "value": "123"}), "phone_index"),
        (json!({"field": "id", "operator": "in", "value": [1, 2]}), "contact_list"),
    ] {
        let answer = world.call(token, "get.contacts", json!({"filter": filter, "explain": true})).await;
        let explain = &answer["result"]["metadata"]["explain"];
        assert_eq!(explain["access_path"], path, "{answer}");
        for count in [&explain["contacts_examined"], &explain["name_parts_examined"]] {
            assert!(count.is_u64(), "{answer}");
        }
        for stage in ["plan", "book", "run"] {
            assert!(explain["microseconds"][stage].is_u64(), "{answer}");
        }
    }
    for quiet in [json!({}), json!({"explain": false}), json!({"explain": null})] {
        let answer = world.call(token, "get.contacts", quiet).await;
        assert!(answer["result"]["metadata"]["explain"].is_null(), "{answer}");
    }
    let refused = world.call(token, "get.contacts", json!({"explain": "yes"})).await;
    assert_eq!(outcome(&refused), "data_type_error");
    assert_eq!(refused["error"]["data"]["field"], "explain");
    let elsewhere = world.call(token, "get.group_contacts", json!({"explain": true})).await;
    assert_eq!(outcome(&elsewhere), "unexpected_parameters");
}
