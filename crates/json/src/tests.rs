//! The reader against a list of hostile texts and, value by value, against another reader.

use ringbook_testbed::random::{Choices, Rng};

use super::*;

fn fault(body: &[u8]) -> JsonError {
    Document::parse(body).map(|_| ()).expect_err("not JSON")
}

#[test]
fn what_rfc_8259_forbids_is_refused() {
    let texts = [
        "",
        " ",
        "{",
        "[",
        "]",
        "}",
        "[1,]",
        "{\"a\":1,}",
        "{,}",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "[1}",
        "{\"a\":1]",
        "1 2",
        "{}x",
        "\u{feff}{}",
        "01",
        "-01",
        "+1",
        ".5",
        "1.",
        "-",
        "1e",
        "1e+",
        "0x10",
        "NaN",
        "Infinity",
        "-Infinity",
        "nul",
        "nulll",
        "True",
        "truefalse",
        "\"a",
        "\"\\\"",
        "\"\\x41\"",
        "\"\\u12g4\"",
        "\"\\u123\"",
        "\"a\nb\"",
        "\"\t\"",
        "\"\u{0}\"",
        "[\"a\",//c\n1]",
        "/**/1",
        "[1]\u{0}",
        "\u{a0}1",
        "\u{c}1",
        "'a'",
        "[\u{2028}]",
        "{\"a\":1}}",
        "\"\\",
        "\"\\u",
        "{\"a\" 1}",
        "--1",
        "1.e1",
        "1E1.5",
    ];
    for text in texts {
        assert!(Document::parse(text.as_bytes()).is_err(), "{text:?}");
    }
}

#[test]
fn broken_text_is_refused_where_it_breaks() {
    assert_eq!(fault(b"[\"\xff\"]").at, 2);
    assert_eq!(fault(b"\"\xed\xa0\x80\"").reason, "not UTF-8");
    assert_eq!(fault(b"\"\xc0\x80\"").reason, "not UTF-8");
    assert_eq!(fault(b"[1,2,]").at, 5);
}

#[test]
fn half_a_surrogate_pair_is_refused() {
    for text in
        [r#""\ud800""#, r#""\udc00""#, r#""\ud800a""#, r#""\ud800\ud800""#, r#""\ud800\n""#, r#""\udc00\ud800""#]
    {
        assert!(fault(text.as_bytes()).reason.contains("surrogate"), "{text}");
    }
    let document = Document::parse(br#""\ud83d\ude00\u0410\/\b\f\n\r\t\"\\""#).expect("whole pairs");
    assert_eq!(document.root().text().as_deref(), Some("\u{1f600}А/\u{8}\u{c}\n\r\t\"\\"));
}

#[test]
fn depth_is_bounded_however_deep_the_text_is() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Document::parse(nested(DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(fault(nested(DEPTH_MAX + 1).as_bytes()).at, DEPTH_MAX);
    assert_eq!(fault("[".repeat(100_000).as_bytes()).at, DEPTH_MAX);
    assert_eq!(fault("{\"a\":".repeat(100_000).as_bytes()).reason, "nested deeper than 64");
}

#[test]
fn the_last_of_equal_names_answers() {
    let document = Document::parse(br#"{"a":1,"b":{"a":2},"\u0061":[3]}"#).expect("JSON");
    let last = document.root().member("a").expect("there");
    assert_eq!((last.kind(), last.excerpt()), (Kind::List, Some("[3]".to_owned())));
    assert!(document.root().member("c").is_none());
}

#[test]
fn numbers_and_ids_keep_their_spelling() {
    for text in ["1", "1.0", "1E5", "-0", "12345678901234567890", "1e+400", "0.10", "\"\\u0031\"", "\"\"", "\"é\""] {
        let document = Document::parse(text.as_bytes()).expect("JSON");
        assert_eq!(document.root().verbatim(), Some(text));
    }
    assert_eq!(Document::parse(b"true").expect("JSON").root().verbatim(), None);
}

#[test]
fn an_excerpt_is_compact_short_and_without_secrets() {
    let excerpt = |text: &str| {
        let mut document = Document::parse(text.as_bytes()).expect("JSON");
        document.conceal(|name| ["access_token", "password"].contains(&name), &["params"]);
        document.root().excerpt().unwrap_or_default()
    };
    assert_eq!(excerpt(r#" "a\"\u0410" "#), "a\"А");
    assert_eq!(excerpt("{ \"a\" : [ 1.0 , null , \"\\u0410\\n\" ] }"), "{\"a\":[1.0,null,\"А\\n\"]}");
    assert_eq!(
        excerpt(r#"{"password":"x","b":{"access_token":[1]}}"#),
        r#"{"password":"***","b":{"access_token":"***"}}"#
    );
    assert_eq!(excerpt(&format!("\"{}\"", "я".repeat(2_000))), "я".repeat(EXCERPT_CHARS_MAX));
    assert_eq!(excerpt(&format!("[{}1]", "1,".repeat(500_000))).len(), EXCERPT_CHARS_MAX);
}

#[test]
fn a_value_that_shows_a_secret_is_not_repeated() {
    let token = "0123456789abcdef\"0123456789abcdef";
    let member = |value: serde_json::Value| {
        let body = serde_json::json!({"params": {"token": token, "value": value}}).to_string();
        let mut document = Document::parse(body.as_bytes()).expect("JSON");
        document.conceal(|name| name == "token", &["params"]);
        let value = document.root().member("params").and_then(|params| params.member("value")).expect("there");
        (value.excerpt(), value.members().next().map(|(name, _)| name.path_segment()))
    };
    let hidden = (None, None);
    assert_eq!(member(token.into()), hidden);
    assert_eq!(member(format!("Bearer {token}").into()), hidden);
    assert_eq!(member(serde_json::json!([1, [token]])), hidden);
    // Cut in the middle of the secret.
    assert_eq!(member(format!("{}{token}", "x".repeat(EXCERPT_CHARS_MAX - 20)).into()), hidden);
    assert_eq!(member(serde_json::json!({token: 1})), (None, Some(STARS.to_owned())));
    assert_eq!(member(serde_json::json!({"a": 1})), (Some("{\"a\":1}".to_owned()), Some("a".to_owned())));
}

/// Another reader's view of the same value.
fn other(value: Json<'_>) -> serde_json::Value {
    match value.kind() {
        Kind::Null => serde_json::Value::Null,
        Kind::Boolean => value.boolean().into(),
        Kind::Number => value.number().and_then(|number| number.parse::<f64>().ok()).into(),
        Kind::Text => value.text().as_deref().into(),
        Kind::List => value.elements().map(other).collect(),
        Kind::Object => {
            value.members().filter_map(|(name, value)| Some((name.text()?.into_owned(), other(value)))).collect()
        }
    }
}

/// The same, with every number as a float.
fn floats(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(number) => number.as_f64().into(),
        serde_json::Value::Array(list) => list.into_iter().map(floats).collect(),
        serde_json::Value::Object(object) => object.into_iter().map(|(name, value)| (name, floats(value))).collect(),
        scalar => scalar,
    }
}

#[test]
fn mutated_texts_are_judged_and_read_as_by_another_reader() {
    let seed = br#" {"jsonrpc":"2.0","id":-1.5e3,"m":"\u0410\ud83d\ude00\n","p":{"f":[{"x":null},[],{},true,false,"a/b"],"f":[0,1]}} "#;
    let alphabet = b"{}[]\",:\\u0d8e-+.1tn \xd0\x00";
    let mut rng = Rng::with_seed(1);
    let mut valid = 0;
    for _ in 0..40_000 {
        let mut body = seed.to_vec();
        for _ in 0..rng.below(3) {
            let at = rng.below(body.len());
            match rng.below(3) {
                0 => body[at] = rng.pick(alphabet),
                1 => drop(body.remove(at)),
                _ => body.insert(at, rng.pick(alphabet)),
            }
        }
        let (ours, theirs) = (Document::parse(&body), serde_json::from_slice::<serde_json::Value>(&body));
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}", String::from_utf8_lossy(&body));
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            assert_eq!(other(ours.root()), floats(theirs));
            valid += 1;
        }
    }
    assert!(valid > 10_000);
}
