//! Random choices for tests, fuzz targets and tools: one generator, and what they need beyond its own methods. Equal
//! seeds give equal choices in one release of fastrand; nothing may depend on the choices of a certain seed.

#![expect(clippy::panic, reason = "used by tests only: a panic is a failed test")]

use std::ops::Range;

pub use fastrand::Rng;

/// The environment variables that repeat a failed round of a random test.
const ROUNDS_ENV: &str = "RINGBOOK_TEST_ROUNDS";
const SEED_ENV: &str = "RINGBOOK_TEST_SEED";

/// The seeds of a random test: as many as the environment says, or `usual`.
///
/// # Panics
/// A variable of the environment is not a number.
pub fn seeds(usual: u64) -> Range<u64> {
    let first = number(SEED_ENV).unwrap_or(1);
    first..first + number(ROUNDS_ENV).unwrap_or(usual)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {text}")))
}

/// How to repeat the round with this seed.
pub fn repeat_with(seed: u64) -> String {
    format!("repeat with {SEED_ENV}={seed} {ROUNDS_ENV}=1")
}

/// What tests need of a generator beyond its own methods.
pub trait Choices {
    /// A number below `end`; 0 if `end` is 0.
    fn below(&mut self, end: usize) -> usize;

    /// True in `percent` of 100 cases.
    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// True in one of `times` cases.
    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// A length from 0 to `max`: at most 5 in four of five cases, at most 40 in most others, rarely more.
    fn length(&mut self, max: usize) -> usize {
        let max = match self.below(20) {
            0 => max,
            1..4 => max.min(40),
            _ => max.min(5),
        };
        self.below(max + 1)
    }

    /// One of the items.
    ///
    /// # Panics
    /// There is none.
    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// One of the characters.
    ///
    /// # Panics
    /// There is none.
    fn letter(&mut self, letters: &str) -> char {
        let at = self.below(letters.chars().count());
        letters.chars().nth(at).expect("the position is below the number of characters")
    }
}

impl Choices for Rng {
    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.usize(..end) }
    }
}
