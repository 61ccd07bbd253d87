//! The budget of a query: bounds the cost of its patterns.
//!
//! The number of comparisons and the size of patterns are bounded one by one, but a thousand patterns over a large book
//! multiply. Every match is therefore charged in advance, against two budgets: steps of regular expressions that need
//! more than a linear scan, and work for scanning texts. The work budget grows with the book, so that a query with a
//! dozen patterns always fits. Comparisons without patterns are fast and not charged. No clock is read: whether a query
//! is rejected does not depend on the load of the machine.

use pg_regex::StepBudget;

use super::filter::Comparison;
use super::predicate::{Predicate, TextPredicate};
use super::query_error::QueryError;
use crate::runner::Runner;

/// The work budget of a query in an empty book; a unit is about one nanosecond.
const WORK_MAX: u64 = 1_000_000_000;
/// The additional work budget per contact of the book.
const CONTACT_WORK_MAX: u64 = 2_000;

/// An amount of steps and work.
#[derive(Debug, Clone)]
pub struct Allowance {
    steps: StepBudget,
    work: u64,
}

impl Allowance {
    /// The budget of a query over this number of records.
    pub fn for_contacts(contacts: usize) -> Self {
        let work = WORK_MAX.saturating_add(CONTACT_WORK_MAX.saturating_mul(contacts as u64));
        Self { steps: StepBudget::default(), work }
    }

    /// The share of each of `workers` threads. The shares add up to no more than the whole, so that whether a query is
    /// rejected does not depend on the number of threads.
    pub fn divided_by(&self, workers: usize) -> Self {
        let workers = workers.max(1) as u64;
        Self { steps: self.steps.divided_by(workers), work: self.work / workers }
    }
}

/// The remaining budget of a query, or of the partition that one thread runs.
#[derive(Clone)]
pub struct Budget<'r> {
    /// Remaining steps of regular expressions.
    pub steps: StepBudget,
    work: u64,
    runner: &'r dyn Runner,
}

impl<'r> Budget<'r> {
    /// A budget of this amount for work on this runner.
    pub fn new(allowance: Allowance, runner: &'r dyn Runner) -> Self {
        let Allowance { steps, work } = allowance;
        Self { steps, work, runner }
    }

    /// The budget of a query over this number of records.
    pub fn for_contacts(contacts: usize, runner: &'r dyn Runner) -> Self {
        Self::new(Allowance::for_contacts(contacts), runner)
    }

    /// The remaining amount.
    pub fn left(&self) -> Allowance {
        Allowance { steps: self.steps, work: self.work }
    }

    /// Whether the runner continues.
    pub fn should_continue(&self) -> bool {
        self.runner.should_continue()
    }

    /// Adds the work budget of one more record.
    pub fn for_one_more(&mut self) {
        self.work = self.work.saturating_add(CONTACT_WORK_MAX);
    }

    /// Charges one comparison with this number of values, and asks the runner whether to continue.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub fn charge(&mut self, comparison: &Comparison, values: usize) -> Result<(), QueryError> {
        let work = cost(&comparison.predicate).saturating_mul(values as u64);
        if !self.should_continue() {
            return Err(comparison.too_slow());
        }
        self.work = self.work.checked_sub(work).ok_or_else(|| comparison.too_slow())?;
        Ok(())
    }
}

/// The estimated time of one comparison with one value, in nanoseconds.
fn cost(predicate: &Predicate) -> u64 {
    match predicate {
        Predicate::Text(predicate) => text_cost(predicate),
        Predicate::Texts(_, predicate) => 2 * text_cost(predicate),
        // Each step into nested values evaluates the rest of the query on all of them.
        Predicate::JsQuery(query) => (60 + 4 * query.source_bytes() as u64) * (1 + query.descents() as u64),
        Predicate::Never
        | Predicate::IsNull
        | Predicate::IsNotNull
        | Predicate::Boolean(_)
        | Predicate::Number(_)
        | Predicate::Phones(..)
        | Predicate::Ids(..) => 0,
    }
}

fn text_cost(predicate: &TextPredicate) -> u64 {
    match predicate {
        TextPredicate::Equal(_) | TextPredicate::NotEqual(_) | TextPredicate::OneOf(_) | TextPredicate::NoneOf(_) => 0,
        TextPredicate::Like(pattern) | TextPredicate::NotLike(pattern) => 80 + pattern.complexity() as u64,
        TextPredicate::Regexp(_) => 60,
    }
}

#[cfg(test)]
mod tests {
    use pg_regex::Regex;

    use super::super::predicate::Quantifier;
    use super::*;
    use crate::runner::INLINE;

    fn comparison_of(predicate: Predicate) -> Comparison {
        Comparison { field: 0, predicate, path: Vec::new() }
    }

    fn regexp() -> Comparison {
        let pattern = Regex::new("[xq]1[zw]").expect("a pattern");
        comparison_of(Predicate::Texts(Quantifier::Any, TextPredicate::Regexp(Box::new(pattern))))
    }

    #[test]
    fn a_dozen_patterns_always_fit_and_a_thousand_may_not() {
        for contacts in [1, 1_000, 1_000_000, 100_000_000] {
            let (mut budget, comparison) = (Budget::for_contacts(contacts, &INLINE), regexp());
            for _ in 0..12 {
                assert!(budget.charge(&comparison, contacts).is_ok(), "{contacts}");
            }
        }
        let (mut budget, comparison) = (Budget::for_contacts(1_000_000, &INLINE), regexp());
        assert!((0..1_000).any(|_| budget.charge(&comparison, 1_000_000).is_err()));
    }

    #[test]
    fn the_shares_of_threads_add_up_to_no_more_than_the_whole() {
        let whole = Allowance::for_contacts(100_000);
        for workers in 1..=64 {
            let part = whole.divided_by(workers);
            assert!(
                part.steps.remaining() * workers as u64 <= whole.steps.remaining()
                    && part.work * workers as u64 <= whole.work
            );
            assert!(part.steps.remaining() > 0 && part.work > 0);
        }
    }

    #[test]
    fn comparisons_without_a_pattern_are_not_charged() {
        let comparison = comparison_of(Predicate::Text(TextPredicate::Equal("x".into())));
        let mut budget = Budget::for_contacts(1_000_000, &INLINE);
        assert!((0..1_000).all(|_| budget.charge(&comparison, 1_000_000).is_ok()));
    }
}
