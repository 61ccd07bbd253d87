//! Limits on what a pattern may cost: memory when it is compiled, steps when it is matched.

use std::fmt;

/// Default number of steps for one query, over all texts that it matches.
pub const MATCH_STEPS_DEFAULT: u64 = 150_000_000;

/// Number of patterns that get the full size limits; more patterns share them.
const PATTERNS_AT_FULL_SIZE: usize = 16;

/// How much memory one compiled pattern may take, as a fraction of the built-in limits.
///
/// The default is all of it, a few megabytes. A query that holds many patterns should compile each with
/// [`SizeBudget::shared_by`], so that their number does not multiply the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeBudget {
    divisor: usize,
}

impl Default for SizeBudget {
    fn default() -> SizeBudget {
        SizeBudget { divisor: 1 }
    }
}

impl SizeBudget {
    /// The budget of each of `patterns` patterns. Up to 16 patterns get the full size; more of them share the
    /// memory of 16.
    pub fn shared_by(patterns: usize) -> SizeBudget {
        SizeBudget { divisor: patterns.div_ceil(PATTERNS_AT_FULL_SIZE).max(1) }
    }

    pub(crate) fn share_of(self, limit: usize) -> usize {
        limit / self.divisor
    }
}

/// The steps that matching may still take.
///
/// A step is about one character read; entering a state of an automaton for the first time takes many. Every match
/// subtracts what it took, so one budget bounds all matches that it is passed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepBudget {
    left: u64,
    /// The most steps that one text may take.
    text_max: u64,
}

impl Default for StepBudget {
    /// A budget of [`MATCH_STEPS_DEFAULT`] steps.
    fn default() -> StepBudget {
        StepBudget::new(MATCH_STEPS_DEFAULT)
    }
}

impl StepBudget {
    /// A budget of `steps` steps.
    pub fn new(steps: u64) -> StepBudget {
        StepBudget { left: steps, text_max: u64::MAX }
    }

    /// Limits the steps that one text may take, so that a caller that does something between texts is not held up.
    #[must_use]
    pub fn with_text_max(self, steps: u64) -> StepBudget {
        StepBudget { text_max: steps, ..self }
    }

    /// The steps that the next text may take.
    pub(crate) fn for_text(self) -> u64 {
        self.left.min(self.text_max)
    }

    /// Subtracts the steps that a text took; all of them if its match was abandoned.
    pub(crate) fn subtract(&mut self, taken: Result<u64, StepLimitError>) {
        self.left = taken.map_or(0, |taken| self.left.saturating_sub(taken));
    }

    /// The number of steps left; 0 once a match has failed with [`StepLimitError`].
    pub fn remaining(self) -> u64 {
        self.left
    }

    /// The budget of each of `workers` threads that share this one.
    #[must_use]
    pub fn divided_by(self, workers: u64) -> StepBudget {
        StepBudget { left: self.left / workers.max(1), ..self }
    }
}

/// A match was abandoned because its [`StepBudget`] was exhausted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepLimitError;

impl fmt::Display for StepLimitError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("matching the pattern takes too many steps")
    }
}

impl std::error::Error for StepLimitError {}
