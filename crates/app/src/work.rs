//! Runs work of the query engine as jobs of the pool: implements the engine's [`Runner`] for a [`Job`].

use ringbook_book::runner::{Partition, Runner};
use ringbook_workers::Job;

/// Runs work as a job: in time slices, on idle threads of the pool where it can be partitioned, until it is cancelled.
pub struct OnJob<'j>(pub &'j Job);

impl Runner for OnJob<'_> {
    fn should_continue(&self) -> bool {
        self.0.pass().is_ok()
    }

    fn run_partitioned(&self, max: usize, part: &(dyn Fn(Partition<'_>) + Sync)) {
        self.0.together(max - 1, |index, count, job| part(Partition { index, count, runner: &OnJob(job) }));
    }
}
