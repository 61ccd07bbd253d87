//! Whether a value passes a test: one value at a time, for every kind of record.
//!
//! Contacts, of which there are many, have quicker ways for most tests in [`super::scan`]; this is what both
//! mean.

use pg_regex::{StepBudget, StepLimitError};

use super::budget::Budget;
use super::fault::{Part, QueryError, Wrong};
use super::json::Json;
use super::plan::{Leaf, Node};
use super::reading::{Quantifier, Test, TextTest};
use super::value::{Record, Value};

/// Whether the record satisfies the filter; `budget` is what it may still cost.
pub fn satisfies(node: &Node, record: &impl Record, budget: &mut Budget<'_>) -> Result<bool, QueryError> {
    match node {
        Node::Everything => Ok(true),
        Node::All(nodes) => {
            for node in nodes {
                if !satisfies(node, record, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Node::Any(nodes) => {
            for node in nodes {
                if satisfies(node, record, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Node::Leaf(leaf) => {
            let value = record.value(leaf.field);
            budget.pay(leaf, values(value))?;
            passes(&leaf.test, value, &mut budget.steps).map_err(|_| too_slow(leaf))
        }
    }
}

/// How many values a comparison with this one looks at.
fn values(value: Value<'_>) -> usize {
    match value {
        Value::Texts(texts) => texts.len().max(1),
        Value::Objects(objects) => objects.len().max(1),
        Value::Null
        | Value::Number(_)
        | Value::Boolean(_)
        | Value::DateTime(_)
        | Value::Seconds(_)
        | Value::Text(_)
        | Value::Object(_)
        | Value::AlwaysEmpty(_) => 1,
    }
}

/// The refusal of a question that used up its budget at `leaf`.
pub fn too_slow(leaf: &Leaf) -> QueryError {
    QueryError { part: Part::FilterValue(leaf.at.clone(), None), wrong: Wrong::TooSlow }
}

/// Whether a value passes a test.
pub fn passes(test: &Test, value: Value<'_>, steps: &mut StepBudget) -> Result<bool, StepLimitError> {
    Ok(match (test, value) {
        (Test::IsNull, value) => is_absent(value),
        (Test::IsNotNull, value) => !is_absent(value),
        (Test::Number(test), Value::Number(number) | Value::DateTime(number) | Value::Seconds(number)) => {
            test.holds(number)
        }
        (Test::Boolean(wanted), Value::Boolean(boolean)) => *wanted == boolean,
        (Test::Text(test), Value::Text(text)) => test.holds(text, steps)?,
        (Test::Texts(quantifier, test), Value::Texts(texts)) => {
            quantified(*quantifier, any_text(test, texts.iter().map(|text| &**text), steps)?)
        }
        (Test::Ids(quantifier, ids), Value::Objects(objects)) => {
            let has = |object| ids.binary_search(&objects.id(object)).is_ok();
            quantified(*quantifier, (0..objects.len()).any(has))
        }
        (Test::JsQuery(query), Value::Texts(texts)) => query.matches(Json::Texts(texts)),
        (Test::JsQuery(query), Value::Objects(objects)) => query.matches(Json::Objects(objects)),
        // What is null passes no comparison; what a plan cannot pair does not occur.
        (
            Test::Never
            | Test::Number(_)
            | Test::Boolean(_)
            | Test::Text(_)
            | Test::Texts(..)
            | Test::Phones(..)
            | Test::Ids(..)
            | Test::JsQuery(_),
            _,
        ) => false,
    })
}

/// Whether any of the texts passes.
pub fn any_text<'a>(
    test: &TextTest,
    texts: impl Iterator<Item = &'a str>,
    steps: &mut StepBudget,
) -> Result<bool, StepLimitError> {
    for text in texts {
        if test.holds(text, steps)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What it means for the list that one of its elements passes, or that none does.
pub fn quantified(quantifier: Quantifier, any: bool) -> bool {
    match quantifier {
        Quantifier::Any => any,
        Quantifier::None => !any,
    }
}

fn is_absent(value: Value<'_>) -> bool {
    match value {
        Value::Null | Value::AlwaysEmpty(_) => true,
        Value::Texts(texts) => texts.is_empty(),
        Value::Objects(objects) => objects.is_empty(),
        Value::Number(_)
        | Value::Boolean(_)
        | Value::DateTime(_)
        | Value::Seconds(_)
        | Value::Text(_)
        | Value::Object(_) => false,
    }
}
