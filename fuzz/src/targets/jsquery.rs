//! A jsquery and JSON documents to evaluate it on.
//!
//! Results are not compared with PostgreSQL here (`crates/jsquery/tests/postgres.rs` does that). They must be the
//! opposite of those of the negated query, and agree with the strings that the query requires.

use jsquery::{JsQuery, JsonKind, JsonView};
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
    let matches = query.matches(Document(value));
    if let Some(negation) = negation {
        assert_ne!(matches, negation.matches(Document(value)), "a query and its negation agree on {value}");
    }
    let strings = value.as_array().map(|items| items.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    if let (Some(Some(strings)), Some(required)) = (strings, query.required_strings()) {
        let has = required.iter().any(|one| strings.contains(&one.as_str()));
        assert!(has || !matches, "{value} matches without any of {required:?}");
        assert!(!has || matches || !query.is_membership(), "{value} has one of {required:?} but does not match");
    }
}

/// A view of a document. Numbers that are not integers count as null.
#[derive(Debug, Clone, Copy)]
struct Document<'a>(&'a Value);

impl JsonView for Document<'_> {
    fn kind(&self) -> JsonKind<'_> {
        match self.0 {
            Value::Null => JsonKind::Null,
            Value::Bool(boolean) => JsonKind::Bool(*boolean),
            Value::Number(number) => number.as_i64().map_or(JsonKind::Null, JsonKind::Number),
            Value::String(text) => JsonKind::String(text),
            Value::Array(_) => JsonKind::Array,
            Value::Object(_) => JsonKind::Object,
        }
    }

    fn size(&self) -> usize {
        match self.0 {
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }

    fn item(&self, index: usize) -> Self {
        let item = match self.0 {
            Value::Array(items) => items.get(index),
            Value::Object(members) => members.values().nth(index),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        Document(item.expect("an index below the size"))
    }

    fn find(&self, key: &str) -> Option<Self> {
        self.0.get(key).map(Document)
    }
}
