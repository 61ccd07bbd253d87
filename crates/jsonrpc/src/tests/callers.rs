//! Tokens, sides, sessions and limits as clients meet them.

use super::*;

#[tokio::test]
async fn an_agent_names_the_user_it_calls_for() {
    let world = world().await;
    let agent = &world.agent.token;
    let (own, foreign) = (world.client.user.number(), world.other.user.number());
    for (user_id, expected) in [
        (json!(null), "required_parameter_missed"),
        (json!("1"), "data_type_error"),
        (json!(foreign), "forbidden"),
        (json!(1.5), "forbidden"),
        (json!(-1), "forbidden"),
        (json!(own), "ok"),
    ] {
        let answer = world.call(agent, "get.contacts", json!({"user_id": user_id})).await;
        assert_eq!(outcome(&answer), expected, "{user_id}");
        if expected != "ok" {
            assert_eq!(answer["error"]["data"]["field"], "user_id");
            assert_eq!(answer["error"]["data"]["metadata"], json!({"version": null, "limits": {}}));
        }
    }
}

#[tokio::test]
async fn a_customer_may_name_itself_only() {
    let world = world().await;
    for (user_id, expected) in [
        (json!(null), "ok"),
        (json!(world.client.user.number()), "ok"),
        (json!(world.other.user.number()), "forbidden"),
        (json!("x"), "data_type_error"),
    ] {
        let answer = world.call(&world.client.token, "get.contacts", json!({"user_id": user_id})).await;
        assert_eq!(outcome(&answer), expected, "{user_id}");
    }
}

#[tokio::test]
async fn each_side_has_its_own_methods() {
    let world = world().await;
    let users = world.call(&world.agent.token, "get.customer_users", json!({"user_id": null})).await;
    let user = json!({
        "id": world.client.user.number(), "login": "client", "description": "", "name": "client \"the\" user",
        "customer_id": world.client.account.number(),
    });
    assert_eq!(users["result"]["data"], json!([user]));
    assert_eq!(users["result"]["metadata"], json!({"total_items": 1, "version": null, "limits": {}}));
    let named = world.call(&world.agent.token, "get.customer_users", json!({"user_id": 1})).await;
    assert_eq!((outcome(&named), &named["error"]["data"]["field"]), ("unexpected_parameters", &json!("user_id")));
    for (token, method) in [(&world.client.token, "get.customer_users"), (&world.agent.token, "get.account")] {
        let answer = world.call(token, method, json!({})).await;
        assert_eq!((outcome(&answer), &answer["error"]["code"]), ("forbidden", &json!(-32003)), "{method}");
    }
}

#[tokio::test]
async fn a_session_is_begun_used_and_ended() {
    let world = world().await;
    let login =
        json!({"jsonrpc": "2.0", "id": 1, "method": "login.user", "params": {"login": "client", "password": PASSWORD}});
    let answer = world.say(&login.to_string()).await;
    let session = &answer["result"]["data"];
    assert_eq!(session["app_id"], world.client.account.number());
    assert_eq!(session["expire_at"], NOW.unix() + 3600);
    assert_eq!(answer["result"]["metadata"], json!({"version": null, "limits": {}}));
    let token = session["access_token"].as_str().expect("a token");
    assert_eq!(outcome(&world.call(token, "get.account", json!({})).await), "ok");
    let refused = world.call(token, "logout.user", json!({"user_id": 1})).await;
    assert_eq!(outcome(&refused), "unexpected_parameters");
    let ended = world.call(token, "logout.user", json!({})).await;
    assert_eq!(ended["result"], json!({"data": {}, "metadata": {"version": null, "limits": {}}}));
    assert_eq!(outcome(&world.call(token, "get.account", json!({})).await), "access_token_invalid");
}

#[tokio::test]
async fn a_login_is_refused_without_repeating_its_password() {
    let world = world().await;
    for (params, expected, field) in [
        (json!({"login": "client", "password": "wrong"}), "auth_error", json!(null)),
        (json!({"login": "nobody", "password": PASSWORD}), "auth_error", json!(null)),
        (json!({"login": "client"}), "required_parameter_missed", json!("password")),
        (json!({"login": 5, "password": "hush"}), "data_type_error", json!("login")),
        (json!({"login": "client", "password": ["hush"]}), "data_type_error", json!("password")),
        (json!({"login": "client", "password": "hush", "user": "hush"}), "unexpected_parameters", json!("user")),
        (
            json!({"login": "client", "password": "hush", "u": {"password": "x hush"}}),
            "unexpected_parameters",
            json!("u"),
        ),
    ] {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "login.user", "params": params});
        let answer = world.say(&call.to_string()).await;
        assert_eq!((outcome(&answer), &answer["error"]["data"]["field"]), (expected, &field), "{params}");
        assert!(!answer.to_string().contains("hush"), "{answer}");
    }
}

#[tokio::test]
async fn limits_count_successes_and_stand_in_every_answer() {
    let world = world().await;
    world.edit(&world.client, CustomerEdit { minute_limit: Some(Some(2)), ..CustomerEdit::default() }).await;
    let call = async |params| world.call(&world.client.token, "get.account", params).await;
    let limits = |remaining: u64| {
        json!({"day_limit": null, "day_remaining": null, "day_reset": null,
            "minute_limit": 2, "minute_remaining": remaining, "minute_reset": 40})
    };
    assert_eq!(call(json!({})).await["result"]["metadata"]["limits"], limits(1));
    assert_eq!(call(json!({"x": 1})).await["error"]["data"]["metadata"]["limits"], limits(1));
    assert_eq!(call(json!({})).await["result"]["metadata"]["limits"], limits(0));
    let spent = call(json!({})).await;
    assert_eq!(spent["error"]["message"], "Limit per minute has been exceeded. Value of current limit per minute is 2");
    assert_eq!(spent["error"]["data"]["params"], json!({"limit_type": "minute", "limit_max_value": 2}));
    assert_eq!(spent["error"]["data"]["metadata"], json!({"version": null, "limits": limits(0)}));
}

#[tokio::test]
async fn a_stranger_address_and_a_closed_account_are_named() {
    let world = world().await;
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "get.account", "params": {"access_token": world.client.token}});
    let pieces = world.rpc.answer(body.to_string().as_bytes(), ABROAD).await.concat();
    let answer: Value = serde_json::from_slice(&pieces).expect("JSON");
    assert_eq!(answer["error"]["message"], "Your IP 203.0.113.9 is not whitelisted");
    assert_eq!(answer["error"]["data"]["params"], json!({"ip": "203.0.113.9"}));
    world.edit(&world.client, CustomerEdit { active: Some(false), ..CustomerEdit::default() }).await;
    let closed = world.call(&world.client.token, "get.account", json!({})).await;
    assert_eq!((outcome(&closed), &closed["error"]["code"]), ("account_inactive", &json!(-32009)));
}

#[tokio::test]
async fn a_failing_store_is_an_internal_error_with_a_number_and_no_cause() {
    let world = world().await;
    world.faults.fail_nth(1);
    let answer = world.call(&"0".repeat(64), "get.account", json!({})).await;
    assert_eq!((outcome(&answer), &answer["error"]["code"]), ("internal_error", &json!(-32603)));
    assert_eq!(answer["error"]["data"]["params"], json!({"request": 1}));
    assert!(!answer.to_string().contains("fault"));
}

#[tokio::test]
async fn a_right_that_is_missing_is_forbidden_before_parameters_are_judged() {
    let world = world().await;
    let rights = Rights::none().with(Right::EmployeesSelect).to_string();
    let edit = ringbook_store::UserEdit { rights: Some(rights), ..Default::default() };
    world.store.set_user(world.client.user, edit).await.expect("set");
    world.access.catch_up().await.expect("seen");
    let (mnemonic, _, _, params) = world.refused(json!({"bogus": 1})).await;
    assert_eq!((mnemonic.as_str(), params), ("forbidden", json!({"right": "address_book:select"})));
}
