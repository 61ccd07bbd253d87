//! Every row of the checks around a call, ids, and the letter of refusals.

use super::*;

#[tokio::test]
async fn the_first_check_that_fails_is_the_answer() {
    let world = world().await;
    for (body, mnemonic, field, value) in [
        (r#"{"jsonrpc":"2.0","#, "parse_error", json!(null), json!(null)),
        ("[1,", "parse_error", json!(null), json!(null)),
        ("[]", "batch_operations_not_supported", json!(null), json!(null)),
        (r#"[{"jsonrpc":"2.0"}]"#, "batch_operations_not_supported", json!(null), json!(null)),
        ("7", "invalid_request", json!(null), json!(null)),
        ("\"x\"", "invalid_request", json!(null), json!(null)),
        ("null", "invalid_request", json!(null), json!(null)),
        ("{}", "invalid_request", json!("jsonrpc"), json!(null)),
        (r#"{"jsonrpc":2.0,"id":1,"method":"x"}"#, "invalid_request", json!("jsonrpc"), json!("2.0")),
        (r#"{"jsonrpc":"1.0","id":1,"method":"x"}"#, "invalid_request", json!("jsonrpc"), json!("1.0")),
        (r#"{"jsonrpc":"2.0","id":1}"#, "invalid_request", json!("method"), json!(null)),
        (r#"{"jsonrpc":"2.0","id":1,"method":[1, 2]}"#, "invalid_request", json!("method"), json!("[1,2]")),
        (r#"{"jsonrpc":"2.0","id":null,"method":"x"}"#, "invalid_request", json!("id"), json!("null")),
        (r#"{"jsonrpc":"2.0","id":{},"method":"x"}"#, "invalid_request", json!("id"), json!("{}")),
        (r#"{"jsonrpc":"2.0","method":"x"}"#, "notifications_not_supported", json!(null), json!(null)),
        (r#"{"jsonrpc":"2.0","id":1,"method":"get.everything"}"#, "method_not_found", json!(null), json!(null)),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"get.contacts","params":null}"#,
            "data_type_error",
            json!("params"),
            json!("null"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"get.contacts","params":["t"]}"#,
            "data_type_error",
            json!("params"),
            json!(null),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"get.contacts"}"#,
            "required_parameter_missed",
            json!("access_token"),
            json!(null),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"get.contacts","params":[]}"#,
            "required_parameter_missed",
            json!("access_token"),
            json!(null),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"get.contacts","params":{"access_token":5}}"#,
            "data_type_error",
            json!("access_token"),
            json!(null),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"get.contacts","params":{"access_token":"?","x":1}}"#,
            "access_token_invalid",
            json!("access_token"),
            json!(null),
        ),
    ] {
        let answer = world.say(body).await;
        let data = &answer["error"]["data"];
        assert_eq!((outcome(&answer), &data["field"], &data["value"]), (mnemonic, &field, &value), "{body}");
        assert_eq!(data["metadata"], json!({}), "{body}");
    }
}

#[tokio::test]
async fn an_id_comes_back_as_it_was_written() {
    let world = world().await;
    for id in ["1", "1.0", "1E5", "-0", "12345678901234567890", r#""1""#, r#""é\u0410\/""#, "\"\""] {
        let calls = [
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"method":"get.contacts","params":{{"access_token":"{}"}}}}"#,
                world.client.token
            ),
            format!(r#"{{"jsonrpc":"2.0","id":true,"method":"nothing","id" : {id} }}"#),
            format!(r#"{{"jsonrpc":"1.0","id":{id}}}"#),
            format!(r#"{{"id":{id},"method":5,"jsonrpc":"2.0"}}"#),
        ];
        for call in calls {
            let answer = world.raw(call.as_bytes()).await;
            assert!(answer.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"#)), "{call} {answer}");
        }
    }
    for call in ["[", "[]", "5", r#"{"jsonrpc":"2.0","id":[1],"method":"x"}"#, r#"{"jsonrpc":"2.0","method":"x"}"#] {
        assert!(world.raw(call.as_bytes()).await.starts_with(r#"{"jsonrpc":"2.0","id":null,"error":"#), "{call}");
    }
}

#[tokio::test]
async fn a_refusal_has_all_its_members_in_order() {
    let world = world().await;
    let answer = world.raw(br#"{"jsonrpc":"2.0","id":"\u0061","method":"get.nothing"}"#).await;
    assert_eq!(
        answer,
        concat!(
            r#"{"jsonrpc":"2.0","id":"\u0061","error":{"code":-32601,"message":"The method does not exist / is not available","#,
            r#""data":{"mnemonic":"method_not_found","field":null,"value":null,"params":{},"extended_helper":null,"metadata":{}}}}"#,
            "\n"
        )
    );
}

#[tokio::test]
async fn members_come_in_any_order_and_strange_ones_are_passed_over() {
    let world = world().await;
    let token = &world.client.token;
    let body = format!(
        " {{ \"params\" : {{\"access_token\":\"{token}\"}}, \"x\":[{{}}], \"m\\u0065thod\":\"get.contacts\", \"id\":3,\"jsonrpc\":\"2.0\",\"method\":\"get.account\"}}\r\n"
    );
    let answer = world.say(&body).await;
    assert_eq!(answer["result"]["data"][0]["timezone"], "Europe/Moscow");
}

#[tokio::test]
async fn hostile_bodies_are_parse_errors() {
    let world = world().await;
    let bodies: [Vec<u8>; 9] = [
        "[".repeat(100_000).into(),
        "{\"a\":".repeat(100_000).into(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"jsonrpc\":\"2.0\",\"id\":\"\xff\"}".to_vec(),
        br#"{"jsonrpc":"2.0","id":"\ud800","method":"x"}"#.to_vec(),
        br#"{"id":NaN}"#.to_vec(),
        br#"{"id":01}"#.to_vec(),
        br#"{"id":1,}"#.to_vec(),
        Vec::new(),
    ];
    for body in bodies {
        let answer: Value = serde_json::from_str(&world.raw(&body).await).expect("JSON");
        assert_eq!((outcome(&answer), &answer["error"]["code"]), ("parse_error", &json!(-32700)));
        assert!(answer["error"]["data"]["params"]["reason"].is_string());
    }
}

#[test]
fn what_never_became_a_call_is_told_how_to_become_one() {
    let answer: Value = serde_json::from_slice(&not_a_call("There is nothing at this path").concat()).expect("JSON");
    assert_eq!((outcome(&answer), &answer["id"]), ("invalid_request", &json!(null)));
    let message = answer["error"]["message"].as_str().expect("a message");
    assert!(message.starts_with(Mnemonic::InvalidRequest.message()));
    assert!(message.contains("POST") && message.contains("/v2.0") && message.contains("params.access_token"));
}

#[test]
fn no_two_outcomes_and_no_two_methods_share_a_place() {
    for names in [outcomes(), methods(), stages()] {
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
    for mnemonic in Mnemonic::ALL {
        assert_eq!(outcomes()[SUCCESS + 1 + mnemonic.index()], mnemonic.text());
    }
    for method in Method::ALL {
        assert_eq!(super::super::methods()[method.index()], method.spec().name);
    }
}

#[tokio::test]
async fn what_is_no_call_does_not_repeat_the_token_it_came_with() {
    let world = world().await;
    let token = &world.client.token;
    let body = json!({"jsonrpc": format!("2.{token}"), "id": 1, "method": "get.account",
        "params": {"access_token": token}});
    let answer = world.raw(body.to_string().as_bytes()).await;
    assert!(answer.contains("invalid_request") && !answer.contains(token.as_str()), "{answer}");
}
