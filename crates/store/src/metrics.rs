//! What the store has written so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ringbook_telemetry::StoreMetrics;

/// What the store has written since it was opened.
#[derive(Debug, Default)]
pub struct Commits {
    /// Transactions that reached the disk.
    pub count: AtomicU64,
    /// Transactions that did not.
    pub failed: AtomicU64,
    /// The largest batch, in jobs.
    pub batch_jobs_max: AtomicU64,
    metrics: Arc<StoreMetrics>,
}

impl Commits {
    /// The same for the metrics page, each commit with its time and size.
    pub const fn metrics(&self) -> &Arc<StoreMetrics> {
        &self.metrics
    }

    pub(super) fn committed(&self, jobs: usize, began: Instant) {
        self.metrics.committed(jobs, began.elapsed());
        self.count.fetch_add(1, Ordering::Relaxed);
        self.batch_jobs_max.fetch_max(jobs as u64, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.metrics.commit_failed();
        self.failed.fetch_add(1, Ordering::Relaxed);
    }
}
