//! Evaluates filters and predicates value by value, for all kinds of records.
//!
//! For contacts, most predicates are evaluated faster by [`super::scan`], with the same results.

use super::budget::Budget;
use super::filter::{Comparison, Filter};
use super::json::JsonValue;
use super::predicate::{Predicate, Quantifier};
use super::query_error::QueryError;
use super::value::{Record, Value};

/// A node of a JSON value costs a jsquery as much as this number of bytes.
pub const JSON_NODE_BYTES: usize = 32;

/// Whether the record matches the filter. Comparisons are charged against the budget.
///
/// # Errors
///
/// The budget is exhausted, or the runner stops.
pub fn matches(filter: &Filter, record: &impl Record, budget: &mut Budget<'_>) -> Result<bool, QueryError> {
    match filter {
        Filter::Everything => Ok(true),
        Filter::All(filters) => {
            for filter in filters {
                if !matches(filter, record, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Filter::Any(filters) => {
            for filter in filters {
                if matches(filter, record, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Filter::Comparison(comparison) => holds(comparison, record.value(comparison.field), budget),
    }
}

/// Whether a comparison holds for a value. It is charged against the budget.
///
/// # Errors
///
/// The budget is exhausted, or the runner stops.
pub fn holds(comparison: &Comparison, value: Value<'_>, budget: &mut Budget<'_>) -> Result<bool, QueryError> {
    let is_jsquery = matches!(comparison.predicate, Predicate::JsQuery(_));
    budget.charge_value(comparison, if is_jsquery { bytes(value) } else { 0 })?;
    Ok(match (&comparison.predicate, value) {
        (Predicate::IsNull, value) => is_absent(value),
        (Predicate::IsNotNull, value) => !is_absent(value),
        (Predicate::Number(predicate), Value::Number(number) | Value::DateTime(number) | Value::Seconds(number)) => {
            predicate.holds(number)
        }
        (Predicate::Boolean(wanted), Value::Boolean(boolean)) => *wanted == boolean,
        (Predicate::Text(predicate), Value::Text(text)) => budget.holds(comparison, predicate, text)?,
        (Predicate::Texts(quantifier, predicate), Value::Texts(texts)) => {
            quantified(*quantifier, budget.any_holds(comparison, predicate, texts.iter().map(|text| &**text))?)
        }
        (Predicate::Ids(quantifier, ids), Value::Objects(objects)) => {
            let has = |object| ids.binary_search(&objects.id(object)).is_ok();
            quantified(*quantifier, (0..objects.len()).any(has))
        }
        (Predicate::JsQuery(query), Value::Texts(texts)) => query.matches(JsonValue::Texts(texts)),
        (Predicate::JsQuery(query), Value::Objects(objects)) => query.matches(JsonValue::Objects(objects)),
        // No comparison holds for null; a plan creates no other pairs.
        (
            Predicate::Never
            | Predicate::Number(_)
            | Predicate::Boolean(_)
            | Predicate::Text(_)
            | Predicate::Texts(..)
            | Predicate::Phones(..)
            | Predicate::Ids(..)
            | Predicate::JsQuery(_),
            _,
        ) => false,
    })
}

/// The bytes that a jsquery may read of a value; of objects, an estimate.
fn bytes(value: Value<'_>) -> usize {
    match value {
        Value::Texts(texts) => texts.iter().map(|text| JSON_NODE_BYTES + text.len()).sum(),
        Value::Objects(objects) => objects.len() * objects.members().len() * JSON_NODE_BYTES,
        Value::Null
        | Value::Number(_)
        | Value::Boolean(_)
        | Value::DateTime(_)
        | Value::Seconds(_)
        | Value::Text(_)
        | Value::Object(_)
        | Value::Empty(_) => 0,
    }
}

/// The result for a list, given whether the predicate holds for any of its elements.
pub fn quantified(quantifier: Quantifier, any: bool) -> bool {
    match quantifier {
        Quantifier::Any => any,
        Quantifier::None => !any,
    }
}

fn is_absent(value: Value<'_>) -> bool {
    match value {
        Value::Null | Value::Empty(_) => true,
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
