//! How much long work goes into one step.
//!
//! A change waits for at most one step of long work. While changes are made, steps are therefore small; each has the costs of a
//! transaction, so that they grow while no change is made.

use std::sync::atomic::Ordering;

use super::Commits;

/// Rows of a step while changes are made.
pub(super) const STEP_ROWS_MIN: usize = 32;
/// Maximum number of rows in one step.
pub(super) const STEP_ROWS_MAX: usize = 256;

/// The size of the next step of one piece of long work.
#[derive(Debug)]
pub(super) struct StepSize {
    rows: usize,
    /// Transactions of changes before the last step.
    changes: u64,
}

impl StepSize {
    /// Begins with small steps.
    pub(super) fn new(commits: &Commits) -> Self {
        Self { rows: STEP_ROWS_MIN, changes: commits.changes.load(Ordering::Relaxed) }
    }

    /// Rows of the next step.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// To be called after each step: the next one is small if changes were made meanwhile, else twice as large.
    pub(super) fn after_step(&mut self, commits: &Commits) {
        let changes = commits.changes.load(Ordering::Relaxed);
        self.rows = if changes == self.changes { STEP_ROWS_MAX.min(self.rows * 2) } else { STEP_ROWS_MIN };
        self.changes = changes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_small_while_changes_are_made() {
        let commits = Commits::default();
        let mut size = StepSize::new(&commits);
        let mut sizes = Vec::new();
        for changes in [0, 0, 0, 0, 1, 0, 0] {
            sizes.push(size.rows());
            commits.changes.fetch_add(changes, Ordering::Relaxed);
            size.after_step(&commits);
        }
        assert_eq!(sizes, [32, 64, 128, 256, 256, 32, 64]);
    }
}
