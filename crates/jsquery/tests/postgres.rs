//! Random queries and values: the same answers and the same rejections as the PostgreSQL extension.
//!
//! The database is named by `RINGBOOK_TEST_POSTGRES`; `cargo xtask test` starts one. A failed round is repeated with
//! `RINGBOOK_TEST_SEED` and `RINGBOOK_TEST_ROUNDS=1`.

use jsquery::{JsQuery, JsQueryErrorKind};
use ringbook_testbed::queries;
use ringbook_testbed::random::{Choices, Rng, repeat_with, seeds};
use ringbook_testbed::reference::{Reference, quoted};
use serde_json::{Map, Value, json};

const QUERIES_PER_ROUND: usize = 100;
const DOCUMENTS: usize = 5;

/// A list of strings or of objects, as queries expect it, or any document.
fn document(rng: &mut Rng, texts: &[String], numbers: &[String]) -> Value {
    let number = |rng: &mut Rng| rng.pick(numbers).parse::<i64>().expect("an integer");
    let count = rng.below(4);
    match rng.below(3) {
        0 => (0..count).map(|_| json!(rng.pick(texts))).collect(),
        1 => (0..count).map(|_| json!({"group_id": number(rng), "group_name": rng.pick(texts)})).collect(),
        _ => any(rng, texts, 3),
    }
}

fn any(rng: &mut Rng, texts: &[String], levels: usize) -> Value {
    match rng.below(if levels == 0 { 4 } else { 8 }) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(-3..12)),
        3 => json!(rng.pick(texts)),
        4 | 5 => {
            const KEYS: &[&str] = &["a", "b c", "group_id", "group_name", "in"];
            let members = (0..rng.below(4)).map(|_| (rng.pick(KEYS).to_owned(), any(rng, texts, levels - 1)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        _ => (0..rng.below(4)).map(|_| any(rng, texts, levels - 1)).collect(),
    }
}

fn matches(reference: &mut Reference, query: &str, documents: &[Value]) -> Option<Result<Vec<bool>, String>> {
    let list: Vec<String> = documents.iter().map(|document| quoted(&document.to_string())).collect();
    let statement = format!(
        "SELECT document::jsonb @@ {}::jsquery \
         FROM unnest(ARRAY[{}]::text[]) WITH ORDINALITY AS d (document, at) ORDER BY at",
        quoted(query),
        list.join(",")
    );
    reference.booleans(&statement)
}

/// Whether the query is rejected for a reason that the extension does not have.
fn is_own_limit(error: &JsQueryErrorKind) -> bool {
    use JsQueryErrorKind::{NothingToCheck, TooDeep, TooLong, TooManyDescents};
    matches!(error, TooLong | TooDeep | TooManyDescents | NothingToCheck(_))
}

#[test]
fn queries_match_as_in_postgresql() {
    let mut reference = Reference::connect();
    let mut compared = 0;
    for seed in seeds(30) {
        let mut rng = Rng::with_seed(seed);
        for _ in 0..QUERIES_PER_ROUND {
            let texts: Vec<String> = (0..3).map(|_| queries::text(&mut rng)).collect();
            let numbers: Vec<String> = (0..3).map(|_| rng.i64(-2..10).to_string()).collect();
            let objects = rng.bool();
            let source = queries::jsquery(&mut rng, objects, &texts, &numbers);
            let documents: Vec<Value> = (0..DOCUMENTS).map(|_| document(&mut rng, &texts, &numbers)).collect();
            let query = JsQuery::parse(&source);
            if query.as_ref().is_err_and(|error| is_own_limit(error.kind())) {
                continue;
            }
            let Some(expected) = matches(&mut reference, &source, &documents) else { continue };
            compared += 1;
            match (query, expected) {
                (Ok(query), Ok(expected)) => {
                    for (document, expected) in documents.iter().zip(expected) {
                        let answer = query.matches(document);
                        assert_eq!(answer, expected, "{source} on {document}; {}", repeat_with(seed));
                        check_required_strings(&query, document, answer);
                    }
                }
                (Err(_), Err(_)) => {}
                (query, expected) => panic!("{source}: {query:?}, PostgreSQL {expected:?}; {}", repeat_with(seed)),
            }
        }
    }
    assert!(compared > 0);
}

/// What the query says of the strings that it requires, on an array of strings.
fn check_required_strings(query: &JsQuery, document: &Value, matches: bool) {
    let Some(items) = document.as_array() else { return };
    let strings: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    let (Some(strings), Some(required)) = (strings, query.required_strings()) else { return };
    let contains = required.iter().any(|one| strings.contains(&one.as_str()));
    assert!(contains || !matches, "{document} matches without any of {required:?}");
    assert!(!contains || matches || !query.is_membership(), "{document} contains one of {required:?}");
}
