//! Runs a plan on a table of records in memory that are not contacts.

use std::cmp::Ordering;

use super::ask::Direction;
use super::budget::Budget;
use super::evaluate::matches;
use super::plan::{Plan, SortBy};
use super::query_error::QueryError;
use super::top_k::TopK;
use super::value::{Record, Value};
use crate::collation::{self, SortKey};
use crate::runner::Runner;

/// The records that a query returns.
#[derive(Debug)]
pub struct TablePage {
    /// The number of records that match.
    pub total: u64,
    /// Indexes of the records to return, in order.
    pub rows: Vec<usize>,
}

/// Runs `plan`, which must have been made for the field table of these records.
///
/// # Errors
///
/// The query exhausted its budget, or the runner stopped it.
pub fn run<R: Record>(plan: &Plan, records: &[R], runner: &dyn Runner) -> Result<TablePage, QueryError> {
    let mut budget = Budget::for_contacts(records.len(), runner);
    let tie_break = |left: usize, right: usize| compare(plan.sort(), &records[left], &records[right]);
    let mut top = TopK::new(plan.window().end(), tie_break);
    let mut total = 0;
    for (at, record) in records.iter().enumerate() {
        if matches(plan.filter(), record, &mut budget)? {
            total += 1;
            top.push(first_key(plan.sort(), record), at);
        }
    }
    Ok(TablePage { total, rows: top.finish(plan.window().offset()) })
}

pub(super) fn first_key(sort: &[SortBy], record: &impl Record) -> SortKey {
    let Some(first) = sort.first() else {
        return collation::number_key(Some(record.id().cast_signed()));
    };
    directed(first.direction, key(record.value(first.field)))
}

fn key(value: Value<'_>) -> SortKey {
    match value {
        Value::Text(text) => collation::sort_key(Some(text)),
        Value::Number(number) | Value::DateTime(number) | Value::Seconds(number) => collation::number_key(Some(number)),
        Value::Boolean(boolean) => collation::number_key(Some(i64::from(boolean))),
        Value::Null | Value::Texts(_) | Value::Objects(_) | Value::Object(_) | Value::Empty(_) => SortKey::NULL,
    }
}

fn directed(direction: Direction, key: SortKey) -> SortKey {
    match direction {
        Direction::Ascending => key,
        Direction::Descending => key.reversed(),
    }
}

pub(super) fn compare(sort: &[SortBy], left: &impl Record, right: &impl Record) -> Ordering {
    for by in sort {
        let order = compare_values(left.value(by.field), right.value(by.field));
        if order.is_ne() {
            return if by.direction == Direction::Ascending { order } else { order.reverse() };
        }
    }
    left.id().cmp(&right.id())
}

fn compare_values(left: Value<'_>, right: Value<'_>) -> Ordering {
    match (left, right) {
        // Faster than computing keys, which are only prefixes.
        (Value::Text(left), Value::Text(right)) => collation::compare(Some(left), Some(right)),
        (left, right) => key(left).cmp(&key(right)),
    }
}
