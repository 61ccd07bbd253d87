//! A jsquery and JSON documents to evaluate it on.
//!
//! Results are not compared with PostgreSQL here (`crates/jsquery/tests/postgres.rs` does that). They must be the
//! opposite of those of the negated query, and agree with the strings that the query requires.

use jsquery::JsQuery;
use ringbook_testbed::random::{Choices, Rng};
use serde_json::Value;

use super::{joined, texts};
use crate::{Outcome, grammar};

pub const DICTIONARY: &[&str] = &[
    "*",
    "#",
    "%",
    "$",
    "@#",
    "#:",
    "%:",
    "*:",
    "#1",
    ".",
    "(",
    ")",
    "?(",
    " AND ",
    " OR ",
    "NOT ",
    " IN (1, 2)",
    " IS ARRAY",
    " IS STRING",
    " = *",
    " = 1",
    " = \"x\"",
    " @> [1]",
    " <@ []",
    " && [\"a\", \"b\"]",
    " > 1",
    "/*-- index */",
    "/*-- noindex */",
    "TRUE",
    "FALSE",
    "NULL",
    "group_id",
    "1e10",
    "\"a\"",
    ",",
    "[",
    "]",
];

/// Documents that every query is evaluated on, besides those of the input.
const DOCUMENTS: [&str; 6] = [
    "[]",
    "[\"74950237547\",\"x\"]",
    "[{\"group_id\":1,\"group_name\":\"VIP\"},{\"group_id\":2,\"group_name\":\"x\"}]",
    "{\"a\":[1,2,{\"x\":null}],\"x\":{\"y\":true}}",
    "[[[[1]]]]",
    "1",
];

pub fn generate(rng: &mut Rng) -> Vec<u8> {
    let mut parts = vec![grammar::jsquery(rng)];
    parts.extend((0..rng.below(3)).map(|_| grammar::document(rng)));
    joined(parts)
}

pub fn run(input: &[u8]) -> Outcome {
    let parts = texts(input);
    let (source, documents) = parts.split_first().expect("a split yields a first part");
    let query = match JsQuery::parse(source) {
        Ok(query) => query,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error without a message");
            return Outcome::Refused;
        }
    };
    let negation = JsQuery::parse(&format!("NOT ({source})")).ok();
    for document in DOCUMENTS.into_iter().chain(documents.iter().map(String::as_str)) {
        if let Ok(value) = serde_json::from_str::<Value>(document) {
            compare(&query, negation.as_ref(), &value);
        }
    }
    Outcome::Accepted
}

fn compare(query: &JsQuery, negation: Option<&JsQuery>, value: &Value) {
    let matches = query.matches(value);
    if let Some(negation) = negation {
        assert_ne!(matches, negation.matches(value), "a query and its negation agree on {value}");
    }
    let strings = value.as_array().map(|items| items.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    if let (Some(Some(strings)), Some(required)) = (strings, query.required_strings()) {
        let has = required.iter().any(|one| strings.contains(&one.as_str()));
        assert!(has || !matches, "{value} matches without any of {required:?}");
        assert!(!has || matches || !query.is_membership(), "{value} has one of {required:?} but does not match");
    }
}
