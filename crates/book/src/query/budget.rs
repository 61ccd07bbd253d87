//! What the patterns of one question may cost, whatever is asked.
//!
//! Filters and patterns are bounded one by one, but a thousand patterns over a large book multiply. So every match
//! is paid for before it is made, from two purses: the steps of patterns that do more than pass over a text, and the
//! work of passing over texts. The work grows with the book, so that a question of a dozen patterns is never refused.
//! Comparisons without a pattern are free: they are quick, and every one that is allowed is answered. No clock is
//! looked at, so a busy machine refuses no more than an idle one.

use pg_regex::StepBudget;

use super::fault::QueryError;
use super::matching::too_slow;
use super::plan::Leaf;
use super::reading::{Test, TextTest};
use super::runner::Runner;

/// The work that any question may do; a unit takes about a nanosecond.
const WORK_MAX: u64 = 1_000_000_000;
/// The work that it may do on top for each contact of the book.
const CONTACT_WORK_MAX: u64 = 2_000;

/// What may be spent.
#[derive(Debug, Clone)]
pub struct Allowance {
    steps: StepBudget,
    work: u64,
}

impl Allowance {
    /// What a question to a book with so many contacts may spend.
    pub fn for_contacts(contacts: usize) -> Self {
        let work = WORK_MAX.saturating_add(CONTACT_WORK_MAX.saturating_mul(contacts as u64));
        Self { steps: StepBudget::default(), work }
    }

    /// What each of so many workers may spend on its part of the question: together no more than one may alone, or a
    /// question would be answered while processors are idle and refused when they are not.
    pub fn among(&self, workers: usize) -> Self {
        let workers = workers.max(1) as u64;
        Self { steps: self.steps.divided_by(workers), work: self.work / workers }
    }
}

/// What is left to a question, or to the part of it that one thread runs.
#[derive(Clone)]
pub struct Budget<'r> {
    /// Steps of patterns.
    pub steps: StepBudget,
    work: u64,
    runner: &'r dyn Runner,
}

impl<'r> Budget<'r> {
    /// A budget of so much, for what this runner runs.
    pub fn new(allowance: Allowance, runner: &'r dyn Runner) -> Self {
        let Allowance { steps, work } = allowance;
        Self { steps, work, runner }
    }

    /// The budget of a question to a book with so many contacts.
    pub fn for_contacts(contacts: usize, runner: &'r dyn Runner) -> Self {
        Self::new(Allowance::for_contacts(contacts), runner)
    }

    /// What is left.
    pub fn left(&self) -> Allowance {
        Allowance { steps: self.steps, work: self.work }
    }

    /// Whether the runner goes on.
    pub fn goes_on(&self) -> bool {
        self.runner.goes_on()
    }

    /// Allows what one more contact may cost.
    pub fn for_one_more(&mut self) {
        self.work = self.work.saturating_add(CONTACT_WORK_MAX);
    }

    /// Pays for one comparison with so many values, and asks the runner whether to go on.
    ///
    /// # Errors
    ///
    /// Too little is left, or the runner does not go on.
    pub fn pay(&mut self, leaf: &Leaf, values: usize) -> Result<(), QueryError> {
        let work = cost(&leaf.test).saturating_mul(values as u64);
        if !self.goes_on() {
            return Err(too_slow(leaf));
        }
        self.work = self.work.checked_sub(work).ok_or_else(|| too_slow(leaf))?;
        Ok(())
    }
}

/// About how many nanoseconds a match with one value takes.
fn cost(test: &Test) -> u64 {
    match test {
        Test::Text(test) => cost_of_text(test),
        Test::Texts(_, test) => 2 * cost_of_text(test),
        // Each step into the depth asks the rest of the query of everything within.
        Test::JsQuery(query) => (60 + 4 * query.source_bytes() as u64) * (1 + query.descents() as u64),
        Test::Never
        | Test::IsNull
        | Test::IsNotNull
        | Test::Boolean(_)
        | Test::Number(_)
        | Test::Phones(..)
        | Test::Ids(..) => 0,
    }
}

fn cost_of_text(test: &TextTest) -> u64 {
    match test {
        TextTest::Equal(_) | TextTest::NotEqual(_) | TextTest::OneOf(_) | TextTest::NoneOf(_) => 0,
        TextTest::Like(pattern) | TextTest::NotLike(pattern) => 80 + pattern.complexity() as u64,
        TextTest::Regexp(_) => 60,
    }
}

#[cfg(test)]
mod tests {
    use pg_regex::Regex;

    use super::super::reading::Quantifier;
    use super::super::runner::INLINE;
    use super::*;

    fn leaf(test: Test) -> Leaf {
        Leaf { field: 0, test, at: Vec::new() }
    }

    fn regexp() -> Leaf {
        let pattern = Regex::new("[xq]1[zw]").expect("a pattern");
        leaf(Test::Texts(Quantifier::Any, TextTest::Regexp(Box::new(pattern))))
    }

    #[test]
    fn a_dozen_patterns_are_never_refused_and_a_thousand_may_be() {
        for contacts in [1, 1_000, 1_000_000, 100_000_000] {
            let (mut budget, leaf) = (Budget::for_contacts(contacts, &INLINE), regexp());
            for _ in 0..12 {
                assert!(budget.pay(&leaf, contacts).is_ok(), "{contacts}");
            }
        }
        let (mut budget, leaf) = (Budget::for_contacts(1_000_000, &INLINE), regexp());
        assert!((0..1_000).any(|_| budget.pay(&leaf, 1_000_000).is_err()));
    }

    #[test]
    fn who_shares_the_work_may_spend_no_more_than_who_does_it_alone() {
        let whole = Allowance::for_contacts(100_000);
        for workers in 1..=64 {
            let part = whole.among(workers);
            assert!(
                part.steps.remaining() * workers as u64 <= whole.steps.remaining()
                    && part.work * workers as u64 <= whole.work
            );
            assert!(part.steps.remaining() > 0 && part.work > 0);
        }
    }

    #[test]
    fn any_number_of_comparisons_without_a_pattern_is_answered() {
        let leaf = leaf(Test::Text(TextTest::Equal("x".into())));
        let mut budget = Budget::for_contacts(1_000_000, &INLINE);
        assert!((0..1_000).all(|_| budget.pay(&leaf, 1_000_000).is_ok()));
    }
}
