//! Checks that a reply has the documented form, for any request.

#![expect(clippy::panic, reason = "a panic reports a finding to the fuzzer")]

use std::collections::BTreeMap;

use ringbook_jsonrpc::Mnemonic;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{Outcome, test_server};

/// The members of an error's data, in the documented order.
const ERROR_DATA: [&str; 6] = ["mnemonic", "field", "value", "params", "extended_helper", "metadata"];
/// Maximum length of a value that an error repeats, in characters.
const VALUE_CHARS_MAX: usize = 1_000;

/// Length of the part of a token that no reason may contain.
const TOKEN_PART_CHARS: usize = 16;

/// Panics unless `answer` is a well-formed reply to `body`.
pub fn check(body: &[u8], answer: &[u8]) -> Outcome {
    let text = std::str::from_utf8(answer).expect("a reply in UTF-8");
    let value = without_id(text);
    assert_eq!(value["jsonrpc"], "2.0", "{text}");
    let outcome = match value.get("error") {
        None => check_result(&value, text),
        Some(error) => check_error(error, &value, text),
    };
    let mnemonic = value["error"]["data"]["mnemonic"].as_str();
    check_id(body, answer, mnemonic);
    check_secrecy(body, &value);
    outcome
}

/// The reply as a value. Its id becomes null, because it may be a number that `Value` cannot hold.
fn without_id(text: &str) -> Value {
    let members: Members = serde_json::from_str(text).unwrap_or_else(|why| panic!("no JSON ({why}): {text}"));
    let read = |member: &RawValue| serde_json::from_str(member.get()).unwrap_or_else(|why| panic!("{why}: {text}"));
    let value = |name: &str, member: &RawValue| if name == "id" { Value::Null } else { read(member) };
    members.into_iter().map(|(name, member)| (name.clone(), value(&name, &member))).collect()
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().map(|members| members.keys().map(String::as_str).collect()).unwrap_or_default()
}

fn check_result(value: &Value, text: &str) -> Outcome {
    assert_eq!(sorted(members(value)), ["id", "jsonrpc", "result"], "{text}");
    let result = &value["result"];
    // The description of the methods is the result itself.
    if result.get("openrpc").is_some() {
        assert!(result["methods"].is_array(), "{text}");
        return Outcome::Accepted;
    }
    // The id of a new record stands twice.
    let is_created = result.get("id").is_some();
    assert_eq!(
        sorted(members(result)),
        if is_created { vec!["data", "id", "metadata"] } else { vec!["data", "metadata"] },
        "{text}"
    );
    assert!(!is_created || result["id"] == result["data"]["id"], "{text}");
    let metadata = &result["metadata"];
    assert!(metadata.get("version").is_some_and(Value::is_null) && metadata["limits"].is_object(), "{text}");
    match &result["data"] {
        Value::Array(rows) => {
            let total = metadata["total_items"].as_u64().expect("a total");
            assert!(rows.len() as u64 <= total, "more rows than there are: {text}");
        }
        Value::Object(_) => assert!(metadata.get("total_items").is_none(), "{text}"),
        _ => panic!("neither a list nor an object: {text}"),
    }
    Outcome::Accepted
}

fn check_error(error: &Value, value: &Value, text: &str) -> Outcome {
    assert_eq!(sorted(members(value)), ["error", "id", "jsonrpc"], "{text}");
    assert_eq!(sorted(members(error)), ["code", "data", "message"], "{text}");
    let data = &error["data"];
    assert_eq!(sorted(members(data)), sorted(ERROR_DATA.to_vec()), "{text}");
    let known = Mnemonic::ALL.iter().find(|known| data["mnemonic"] == known.text() && error["code"] == known.code());
    let known = known.unwrap_or_else(|| panic!("no such pair of mnemonic and code: {text}"));
    assert_ne!(*known, Mnemonic::InternalError, "{text}");
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{text}");
    assert!(data["field"].is_null() || data["field"].is_string(), "{text}");
    assert!(data["params"].is_object() && data["metadata"].is_object() && data["extended_helper"].is_null(), "{text}");
    match &data["value"] {
        Value::Null => {}
        Value::String(sent) => assert!(sent.chars().count() <= VALUE_CHARS_MAX, "{text}"),
        _ => panic!("a value that is no text: {text}"),
    }
    Outcome::Refused
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

type Members = BTreeMap<String, Box<RawValue>>;

/// A valid id is returned as it was written.
fn check_id(body: &[u8], answer: &[u8], mnemonic: Option<&str>) {
    let answer: Members = serde_json::from_slice(answer).expect("`without_id` has parsed it");
    let echoed = answer["id"].get();
    let sent = match mnemonic {
        // The server does not read the id of a body that is nested too deeply, or of a batch.
        Some("parse_error" | "batch_operations_not_supported") => None,
        _ => serde_json::from_slice::<Members>(body).ok(),
    };
    let sent = sent.as_ref().and_then(|sent| sent.get("id")).map(|id| id.get());
    let readable =
        sent.filter(|id| id.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit()));
    assert_eq!(echoed, readable.unwrap_or("null"), "{}", String::from_utf8_lossy(body));
}

/// Refusals repeat parameters, but never the token of the call.
fn check_secrecy(body: &[u8], value: &Value) {
    let Ok(sent) = serde_json::from_slice::<Value>(body) else { return };
    let Some(token) = sent["params"]["access_token"].as_str().filter(|token| test_server::is_known(token)) else {
        return;
    };
    let error = value["error"].to_string();
    assert!(!error.contains(token), "the token in an error: {error}");
    // Reasons quote parts of a value.
    let params = value["error"]["data"]["params"].to_string();
    assert!(!params.contains(&token[..TOKEN_PART_CHARS]), "a part of the token in an error: {error}");
}
