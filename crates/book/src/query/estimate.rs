//! Estimates of running times, by which callers decide on which thread to run a query.
//!
//! Estimates are coarse upper bounds: they distinguish a look-up from a scan and do not depend on the machine.

use std::time::Duration;

use pg_regex::Case;

use super::ask::{AskFilter, Literal};
use super::operator::Operator;
use super::pattern_cache::{CustomerPatterns, PatternCompiler, PatternKind};
use super::plan::Plan;

/// One comparison of a value of a record.
const COMPARISON: Duration = Duration::from_nanos(24);
/// One match of a regular expression; most take much less.
const MATCH: Duration = Duration::from_nanos(1_560);
/// Looking up the contacts of one phone number.
const LOOK_UP: Duration = Duration::from_nanos(180);
/// Serializing one record.
const RECORD: Duration = Duration::from_nanos(100);
/// Compiling a `LIKE` pattern or a jsquery, per byte.
const LIKE_BYTE: Duration = Duration::from_nanos(1_000);
/// Compiling a regular expression of any length: a short one with counted repetitions costs as much as a long one.
const REGEXP: Duration = Duration::from_millis(1);
/// Looking up a pattern that is kept, twice.
const KEPT: Duration = Duration::from_nanos(1_000);
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

/// Looking up the contacts of this number of phone numbers.
pub fn look_ups(numbers: usize) -> Duration {
    times(LOOK_UP, numbers)
}

/// By which the use of the index of names is chosen, in nanoseconds.
pub(super) mod names {
    use super::super::predicate::TextPredicate;

    /// Selecting contacts of a book by the index, beside what follows.
    pub const SELECT: u64 = 5_000;
    /// Comparing one part of a name that was looked up, and noting who has it.
    pub const PART: u64 = 60;
    /// Reading the name of one candidate.
    pub const CANDIDATE: u64 = 250;
    /// Reading candidates that have not been counted, at least: more than a thread that serves connections takes over.
    pub const UNKNOWN_MIN: u64 = 150_000;
    /// Reading parts one after another, beside what follows: the automaton is made for every question.
    pub const PIECES: u64 = 60_000;
    /// Reading one byte of a part by the automaton, in tenths.
    pub const PIECE_BYTE_TENTHS: u64 = 20;
    /// The number of states in which a first name or a patronymic is read, as a rule.
    pub const STATES_EXPECTED: u64 = 2;
    /// The number of contacts of whom it is noted in one nanosecond what is left to read.
    pub const CONTACTS_SETTLED: u64 = 2;
    /// Judging one contact whose name has changed since the index was made.
    pub const CHANGED_CONTACT: u64 = 60;

    /// Scanning texts of this length, which are stored together.
    pub fn text(bytes: usize, predicate: &TextPredicate) -> u64 {
        let bytes = bytes as u64;
        match predicate {
            TextPredicate::Regexp(pattern) if pattern.skips_lines() => bytes * 3 / 10,
            TextPredicate::Regexp(_) => bytes * 2,
            _ => bytes / 6,
        }
    }

    /// Comparing one of all parts of a column.
    pub fn column_part(predicate: &TextPredicate) -> u64 {
        name(predicate)
    }

    /// Comparing one name by itself.
    pub fn name(predicate: &TextPredicate) -> u64 {
        match predicate {
            TextPredicate::Equal(_) | TextPredicate::NotEqual(_) => 10,
            TextPredicate::OneOf(_) | TextPredicate::NoneOf(_) => 20,
            TextPredicate::Like(_) | TextPredicate::NotLike(_) => 25,
            TextPredicate::Ordered(..) => 40,
            TextPredicate::Regexp(_) => 60,
        }
    }
}

/// Serializing this number of records.
pub fn records(count: usize) -> Duration {
    times(RECORD, count)
}

/// Planning a query with this filter, which is mostly the compilation of the patterns that are not kept.
pub fn planning(filter: &AskFilter, kept: Option<CustomerPatterns<'_>>) -> Duration {
    of_planning(filter, &PatternCompiler::new(filter.regexps(), kept))
}

fn of_planning(filter: &AskFilter, patterns: &PatternCompiler<'_>) -> Duration {
    match filter {
        AskFilter::Everything => Duration::ZERO,
        AskFilter::Ordered { .. } => CONDITION,
        AskFilter::Tree { filters, .. } => {
            let each = filters.iter().map(|filter| of_planning(filter, patterns));
            each.fold(Duration::ZERO, Duration::saturating_add)
        }
        AskFilter::Simple { operator, value, .. } => {
            let like_bytes = times(LIKE_BYTE, pattern_text(value).len());
            let (kind, compiling) = match Operator::read(operator) {
                Some(Operator::Regexp) => (patterns.regexp_kind(), REGEXP),
                Some(Operator::Like | Operator::NotLike) => (PatternKind::Like(Case::Sensitive), like_bytes),
                Some(Operator::ILike | Operator::NotILike) => (PatternKind::Like(Case::Insensitive), like_bytes),
                Some(Operator::JsQuery) => (PatternKind::JsQuery, like_bytes),
                _ => return CONDITION,
            };
            if patterns.has(kind, pattern_text(value)) { KEPT } else { compiling }
        }
    }
}

fn pattern_text(value: &Literal) -> &str {
    match value {
        Literal::Number(text) | Literal::Text(text) => text,
        Literal::Null | Literal::Boolean(_) | Literal::List(_) | Literal::Object => "",
    }
}
