//! Runs a plan on a small table: users, accounts, whatever is not a contact.

use std::cmp::Ordering;

use super::ask::Direction;
use super::budget::Budget;
use super::fault::QueryError;
use super::matching::satisfies;
use super::order::{self, SortKey};
use super::plan::{Plan, SortBy};
use super::runner::Runner;
use super::top::Top;
use super::value::{Record, Value};

/// What a question finds in a table.
#[derive(Debug)]
pub struct TablePage {
    /// How many records match.
    pub total: u64,
    /// Places of those to be answered, in order.
    pub rows: Vec<usize>,
}

/// Runs `plan`, made for the field table of these records.
///
/// # Errors
///
/// Only that the question used up its budget.
pub fn run<R: Record>(plan: &Plan, records: &[R], runner: &dyn Runner) -> Result<TablePage, QueryError> {
    let mut budget = Budget::for_contacts(records.len(), runner);
    let tie = |left: usize, right: usize| compare(plan.sort(), &records[left], &records[right]);
    let mut top = Top::new(plan.window().end(), tie);
    let mut total = 0;
    for (at, record) in records.iter().enumerate() {
        if satisfies(plan.filter(), record, &mut budget)? {
            total += 1;
            top.push(first_key(plan.sort(), record), at);
        }
    }
    Ok(TablePage { total, rows: top.finish(plan.window().offset()) })
}

pub(super) fn first_key(sort: &[SortBy], record: &impl Record) -> SortKey {
    let Some(first) = sort.first() else {
        return order::number_key(Some(record.id().cast_signed()));
    };
    directed(first.direction, key(record.value(first.field)))
}

fn key(value: Value<'_>) -> SortKey {
    match value {
        Value::Text(text) => order::sort_key(Some(text)),
        Value::Number(number) | Value::DateTime(number) | Value::Seconds(number) => order::number_key(Some(number)),
        Value::Boolean(boolean) => order::number_key(Some(i64::from(boolean))),
        Value::Null | Value::Texts(_) | Value::Objects(_) | Value::Object(_) | Value::AlwaysEmpty(_) => SortKey::NULL,
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
        // Quicker than making keys, which say no more.
        (Value::Text(left), Value::Text(right)) => order::compare(Some(left), Some(right)),
        (left, right) => key(left).cmp(&key(right)),
    }
}
