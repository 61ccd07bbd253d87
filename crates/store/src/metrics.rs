//! What the store has written so far; for the metrics page.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What the store has written since it was opened.
#[derive(Debug, Default)]
pub struct Commits {
    /// Transactions that reached the disk.
    pub count: AtomicU64,
    /// Transactions that did not.
    pub failed: AtomicU64,
    /// Jobs in the transactions that did.
    pub jobs: AtomicU64,
    /// The largest batch, in jobs.
    pub batch_jobs_max: AtomicU64,
    /// Time from begin to commit, in microseconds, all together.
    pub micros: AtomicU64,
}

impl Commits {
    pub(super) fn committed(&self, jobs: usize, began: Instant) {
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.count.fetch_add(1, Ordering::Relaxed);
        self.jobs.fetch_add(jobs as u64, Ordering::Relaxed);
        self.batch_jobs_max.fetch_max(jobs as u64, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }
}
