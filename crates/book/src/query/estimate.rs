//! About how long a piece of work takes: the one measure by which callers decide where to do it.
//!
//! Estimates are coarse and err on the long side: they tell a look-up from a scan, and say nothing of the machine.

use std::time::Duration;

use super::ask::{AskFilter, Literal};
use super::operator::Operator;
use super::plan::Plan;

/// A comparison of a value of a record.
const COMPARISON: Duration = Duration::from_nanos(24);
/// A match with a regular expression, which may take much longer than most do.
const MATCH: Duration = Duration::from_nanos(1_560);
/// Writing a record.
const RECORD: Duration = Duration::from_nanos(100);
/// Compiling a pattern, for each byte of it.
const LIKE_BYTE: Duration = Duration::from_nanos(1_000);
/// Compiling a regular expression, of any length: a short one with counted repetitions is as expensive as a long one.
const REGEXP: Duration = Duration::from_millis(1);
/// Reading any other comparison.
const CONDITION: Duration = Duration::from_nanos(50);

fn times(duration: Duration, count: usize) -> Duration {
    duration.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Comparing so many records with the filter of a plan.
pub fn comparisons(records: usize, plan: &Plan) -> Duration {
    let each = if plan.regexps() == 0 { COMPARISON } else { MATCH };
    times(each, records.saturating_mul(plan.comparisons().max(1)))
}

/// Writing so many records.
pub fn records(count: usize) -> Duration {
    times(RECORD, count)
}

/// Planning a question with this filter: compiling its patterns, above all.
pub fn planning(filter: &AskFilter) -> Duration {
    match filter {
        AskFilter::Everything => Duration::ZERO,
        AskFilter::Tree { filters, .. } => {
            filters.iter().map(planning).fold(Duration::ZERO, |sum, each| sum.saturating_add(each))
        }
        AskFilter::Simple { operator, value, .. } => match Operator::read(operator) {
            Some(Operator::Regexp) => REGEXP,
            Some(Operator::Like | Operator::ILike | Operator::NotLike | Operator::NotILike | Operator::JsQuery) => {
                times(LIKE_BYTE, pattern_bytes(value))
            }
            _ => CONDITION,
        },
    }
}

fn pattern_bytes(value: &Literal) -> usize {
    match value {
        Literal::Number(text) | Literal::Text(text) => text.len(),
        Literal::Null | Literal::Boolean(_) | Literal::List(_) | Literal::Object => 0,
    }
}
