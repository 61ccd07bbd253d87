//! The budget of a query: bounds the cost of its patterns, and asks the runner whether to continue.
//!
//! The number of comparisons and the size of patterns are bounded one by one, but a thousand patterns over a large book
//! multiply. Every match is therefore charged in advance by the length of the text, against two budgets: steps of
//! regular expressions that need more than a linear scan, and work for scanning texts. Both grow with the book, so that
//! a query with a dozen patterns over texts of common length always fits. Comparisons without patterns are fast and not
//! charged. No clock is read: whether a query is rejected does not depend on the load of the machine.
//!
//! Work is also what paces the questions to the runner: they come about every millisecond, whatever the filter.

use pg_regex::{MATCH_STEPS_DEFAULT, StepBudget, StepLimitError};

use super::filter::Comparison;
use super::predicate::{Predicate, TextPredicate};
use super::query_error::QueryError;
use crate::runner::Runner;

/// The work budget of a query in an empty book; a unit is about one nanosecond.
const WORK_MAX: u64 = 500_000_000;
/// The additional work budget per contact of the book.
const CONTACT_WORK_MAX: u64 = 2_200;
/// The additional steps per contact of the book.
const CONTACT_STEPS_MAX: u64 = 300;
/// The most steps that one text may take, some tens of milliseconds: the runner is not asked meanwhile.
const TEXT_STEPS_MAX: u64 = 8_000_000;
/// Work and steps after which the runner is asked whether to continue.
const WORK_BETWEEN_QUESTIONS: u64 = 1_000_000;
/// Work of any comparison that counts only towards the next question to the runner.
const COMPARISON_WORK: u64 = 20;

/// An amount of steps and work.
#[derive(Debug, Clone)]
pub struct Allowance {
    steps: StepBudget,
    work: u64,
}

impl Allowance {
    /// The budget of a query over this number of records.
    pub fn for_contacts(contacts: usize) -> Self {
        let contacts = contacts as u64;
        let work = WORK_MAX.saturating_add(CONTACT_WORK_MAX.saturating_mul(contacts));
        let steps = MATCH_STEPS_DEFAULT.saturating_add(CONTACT_STEPS_MAX.saturating_mul(contacts));
        Self { steps: StepBudget::new(steps).with_text_max(TEXT_STEPS_MAX), work }
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
    steps: StepBudget,
    work: u64,
    /// Work and steps since the runner was asked.
    unasked: u64,
    runner: &'r dyn Runner,
}

impl<'r> Budget<'r> {
    /// A budget of this amount for work on this runner.
    pub fn new(allowance: Allowance, runner: &'r dyn Runner) -> Self {
        let Allowance { steps, work } = allowance;
        Self { steps, work, unasked: 0, runner }
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

    /// Charges work, and asks the runner whether to continue if it was not asked for a while.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub fn charge(&mut self, comparison: &Comparison, work: u64) -> Result<(), QueryError> {
        self.work = self.work.checked_sub(work).ok_or_else(|| comparison.too_slow())?;
        self.pace(comparison, work + COMPARISON_WORK)
    }

    /// Charges the comparison of one value that is not a text.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub fn charge_value(&mut self, comparison: &Comparison, bytes: usize) -> Result<(), QueryError> {
        let work = match &comparison.predicate {
            // Each step into nested values evaluates the rest of the query on all of them.
            Predicate::JsQuery(query) => {
                let nodes = 60 + 4 * query.source_bytes() as u64 + bytes as u64;
                nodes.saturating_mul(1 + query.descents() as u64)
            }
            _ => 0,
        };
        self.charge(comparison, work)
    }

    /// Whether the predicate, which is that of the comparison, holds for a text. Charges the match.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub fn holds(&mut self, comparison: &Comparison, on: &TextPredicate, text: &str) -> Result<bool, QueryError> {
        self.charge(comparison, cost(on, text.len()))?;
        self.with_steps(comparison, |steps| on.holds(text, steps))
    }

    /// Whether the predicate holds for any of the texts. Charges the matches.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub fn any_holds<'t>(
        &mut self,
        comparison: &Comparison,
        on: &TextPredicate,
        texts: impl Iterator<Item = &'t str>,
    ) -> Result<bool, QueryError> {
        for text in texts {
            if self.holds(comparison, on, text)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Charges the matches of a predicate with this number of texts of this length in total, which are stored together.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub fn charge_lines(
        &mut self,
        comparison: &Comparison,
        on: &TextPredicate,
        lines: usize,
        bytes: usize,
    ) -> Result<(), QueryError> {
        self.charge(comparison, cost(on, bytes).saturating_add(LINE_WORK.saturating_mul(lines as u64)))
    }

    /// Matches several texts with no more steps than one text may take; `None` if those do not suffice.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub fn try_lines<T>(
        &mut self,
        comparison: &Comparison,
        matching: impl FnOnce(&mut StepBudget) -> Result<T, StepLimitError>,
    ) -> Result<Option<T>, QueryError> {
        let whole = self.steps.remaining();
        let part = whole.min(TEXT_STEPS_MAX);
        let mut steps = StepBudget::new(part);
        let result = matching(&mut steps);
        let taken = part - steps.remaining();
        self.steps = StepBudget::new(whole - taken).with_text_max(TEXT_STEPS_MAX);
        self.pace(comparison, taken)?;
        match result {
            Ok(found) => Ok(Some(found)),
            Err(_) if whole > part => Ok(None),
            Err(_) => Err(comparison.too_slow()),
        }
    }

    fn with_steps<T>(
        &mut self,
        comparison: &Comparison,
        matching: impl FnOnce(&mut StepBudget) -> Result<T, StepLimitError>,
    ) -> Result<T, QueryError> {
        let before = self.steps.remaining();
        let result = matching(&mut self.steps).map_err(|_| comparison.too_slow())?;
        let taken = before - self.steps.remaining();
        if taken > 0 {
            self.pace(comparison, taken)?;
        }
        Ok(result)
    }

    /// Counts work towards the next question to the runner.
    fn pace(&mut self, comparison: &Comparison, work: u64) -> Result<(), QueryError> {
        self.unasked = self.unasked.saturating_add(work);
        if self.unasked >= WORK_BETWEEN_QUESTIONS {
            self.unasked = 0;
            if !self.should_continue() {
                return Err(comparison.too_slow());
            }
        }
        Ok(())
    }
}

/// Estimated time of a match besides the text that it reads, in nanoseconds.
const MATCH_WORK: u64 = 60;
/// Estimated time for each of many texts that are stored together, in nanoseconds.
const LINE_WORK: u64 = 2;

/// The estimated time of matching a text of this length, in nanoseconds.
fn cost(predicate: &TextPredicate, bytes: usize) -> u64 {
    match predicate {
        TextPredicate::Equal(_) | TextPredicate::NotEqual(_) | TextPredicate::OneOf(_) | TextPredicate::NoneOf(_) => 0,
        // A common beginning is read as far as it goes.
        TextPredicate::Ordered(_, bound) => bytes.min(bound.len()) as u64,
        TextPredicate::Like(pattern) | TextPredicate::NotLike(pattern) => pattern.cost(bytes),
        TextPredicate::Regexp(_) => MATCH_WORK + bytes as u64,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use pg_regex::{Case, Like, Regex};

    use super::*;
    use crate::runner::{INLINE, Partition};

    fn comparison_of(predicate: Predicate) -> Comparison {
        Comparison { field: 0, predicate, path: Vec::new() }
    }

    fn regexp() -> TextPredicate {
        TextPredicate::Regexp(Box::new(Regex::new("[xq]1[zw]").expect("a pattern")))
    }

    #[test]
    fn a_dozen_patterns_always_fit_and_a_thousand_may_not() {
        let regexp = regexp();
        let comparison = comparison_of(Predicate::IsNotNull);
        // Two e-mail addresses each.
        let each = 2 * cost(&regexp, 25);
        for contacts in [1, 1_000, 1_000_000, 100_000_000] {
            let mut budget = Budget::for_contacts(contacts, &INLINE);
            for _ in 0..12 {
                assert!(budget.charge(&comparison, each * contacts as u64).is_ok(), "{contacts}");
            }
        }
        let mut budget = Budget::for_contacts(1_000_000, &INLINE);
        assert!((0..1_000).any(|_| budget.charge(&comparison, each * 1_000_000).is_err()));
    }

    #[test]
    fn long_texts_cost_more() {
        let comparison = comparison_of(Predicate::IsNotNull);
        let allowance = Allowance { work: WORK_MAX / 100, ..Allowance::for_contacts(1) };
        let mut budget = Budget::new(allowance, &INLINE);
        let text = "y".repeat(4_096);
        let pattern = format!("%{}z%", "_y".repeat(400));
        let like = TextPredicate::Like(Box::new(Like::new(&pattern, Case::Insensitive).expect("a pattern")));
        let held = (0..1_000_000).map(|_| budget.holds(&comparison, &like, &text)).take_while(Result::is_ok).count();
        assert!((10..200).contains(&held), "{held} texts of 4 KiB");
    }

    #[test]
    fn the_runner_is_asked_while_a_long_list_is_compared() {
        struct StopsSoon(Cell<u32>);

        impl Runner for StopsSoon {
            fn should_continue(&self) -> bool {
                self.0.set(self.0.get() + 1);
                self.0.get() < 3
            }

            fn run_partitioned(&self, _max: usize, part: &(dyn Fn(Partition<'_>) + Sync)) {
                part(Partition { index: 0, count: 1, runner: self });
            }
        }

        let runner = StopsSoon(Cell::new(0));
        let comparison = comparison_of(Predicate::IsNotNull);
        for predicate in [regexp(), TextPredicate::Equal("x".into())] {
            runner.0.set(0);
            let mut budget = Budget::for_contacts(1_000_000, &runner);
            let texts = std::iter::repeat_n("someone@example.com", 1_000_000);
            assert!(budget.any_holds(&comparison, &predicate, texts).is_err());
            assert_eq!(runner.0.get(), 3);
        }
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
        let equal = TextPredicate::Equal("x".into());
        let comparison = comparison_of(Predicate::IsNotNull);
        let mut budget = Budget::for_contacts(1, &INLINE);
        assert!((0..1_000).all(|_| budget.charge_lines(&comparison, &equal, 0, 1_000_000_000).is_ok()));
    }
}
