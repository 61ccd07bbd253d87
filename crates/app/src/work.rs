//! Questions as work of the pool: the engine's [`Runner`] on a [`Job`].

use ringbook_book::query::runner::{Runner, Share};
use ringbook_workers::Job;

/// Runs a question on a job of the pool: in slices, with idle workers as helpers, until it is interrupted.
pub struct OnJob<'j>(pub &'j Job);

impl Runner for OnJob<'_> {
    fn goes_on(&self) -> bool {
        self.0.pass().is_ok()
    }

    fn divide(&self, most: usize, part: &(dyn Fn(Share<'_>) + Sync)) {
        self.0.together(most - 1, |number, of, job| part(Share { number, of, runner: &OnJob(job) }));
    }
}
