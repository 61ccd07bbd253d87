//! Evaluates filters and predicates value by value, for all kinds of records.
//!
//! For contacts, most predicates are evaluated faster by [`super::scan`], with the same results.

use pg_regex::{StepBudget, StepLimitError};

use super::budget::Budget;
use super::filter::Filter;
use super::json::JsonValue;
use super::predicate::{Predicate, Quantifier, TextPredicate};
use super::query_error::QueryError;
use super::value::{Record, Value};

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
        Filter::Comparison(comparison) => {
            let value = record.value(comparison.field);
            budget.charge(comparison, values(value))?;
            holds(&comparison.predicate, value, &mut budget.steps).map_err(|_| comparison.too_slow())
        }
    }
}

/// The number of values that a comparison with this one reads.
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
        | Value::Empty(_) => 1,
    }
}

/// Whether a predicate holds for a value.
pub fn holds(predicate: &Predicate, value: Value<'_>, steps: &mut StepBudget) -> Result<bool, StepLimitError> {
    Ok(match (predicate, value) {
        (Predicate::IsNull, value) => is_absent(value),
        (Predicate::IsNotNull, value) => !is_absent(value),
        (Predicate::Number(predicate), Value::Number(number) | Value::DateTime(number) | Value::Seconds(number)) => {
            predicate.holds(number)
        }
        (Predicate::Boolean(wanted), Value::Boolean(boolean)) => *wanted == boolean,
        (Predicate::Text(predicate), Value::Text(text)) => predicate.holds(text, steps)?,
        (Predicate::Texts(quantifier, predicate), Value::Texts(texts)) => {
            quantified(*quantifier, any_text(predicate, texts.iter().map(|text| &**text), steps)?)
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

/// Whether the predicate holds for any of the texts.
pub fn any_text<'a>(
    predicate: &TextPredicate,
    texts: impl Iterator<Item = &'a str>,
    steps: &mut StepBudget,
) -> Result<bool, StepLimitError> {
    for text in texts {
        if predicate.holds(text, steps)? {
            return Ok(true);
        }
    }
    Ok(false)
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
