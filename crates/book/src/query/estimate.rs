//! Estimates of running times, by which callers decide on which thread to run a query.
//!
//! Estimates are coarse upper bounds: they distinguish a look-up from a scan and do not depend on the machine.

use std::time::Duration;

use super::ask::{AskFilter, Literal};
use super::operator::Operator;
use super::plan::Plan;

/// One comparison of a value of a record.
const COMPARISON: Duration = Duration::from_nanos(24);
/// One match of a regular expression; most take much less.
const MATCH: Duration = Duration::from_nanos(1_560);
/// Scanning 1 024 bytes of many texts that are stored together for a literal.
const SCANNED_BYTES: Duration = Duration::from_nanos(64);
/// The same for a regular expression.
const MATCHED_BYTES: Duration = Duration::from_nanos(256);
/// Serializing one record.
const RECORD: Duration = Duration::from_nanos(100);
/// Compiling a `LIKE` pattern or a jsquery, per byte.
const LIKE_BYTE: Duration = Duration::from_nanos(1_000);
/// Compiling a regular expression of any length: a short one with counted repetitions costs as much as a long one.
const REGEXP: Duration = Duration::from_millis(1);
/// Planning any other comparison.
const CONDITION: Duration = Duration::from_nanos(50);

fn times(duration: Duration, count: usize) -> Duration {
    duration.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Evaluating the filter of a plan on this number of records.
pub fn comparisons(records: usize, plan: &Plan) -> Duration {
    let each = if plan.regexps() == 0 { COMPARISON } else { MATCH };
    times(each, records.saturating_mul(plan.comparisons().max(1)))
}

/// Scanning this number of bytes for the patterns of a plan.
pub fn scanned(bytes: usize, plan: &Plan) -> Duration {
    let each = if plan.regexps() == 0 { SCANNED_BYTES } else { MATCHED_BYTES };
    times(each, (bytes >> 10) * plan.comparisons().max(1))
}

/// Serializing this number of records.
pub fn records(count: usize) -> Duration {
    times(RECORD, count)
}

/// Planning a query with this filter, which is mostly the compilation of its patterns.
pub fn planning(filter: &AskFilter) -> Duration {
    match filter {
        AskFilter::Everything => Duration::ZERO,
        AskFilter::Ordered { .. } => CONDITION,
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
