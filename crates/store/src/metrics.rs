//! What the store has written so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ringbook_telemetry::StoreMetrics;

use super::StoreError;

/// What the store has written since it was opened.
#[derive(Debug, Default)]
pub struct Commits {
    /// Transactions that reached the disk.
    pub count: AtomicU64,
    /// Those of them that were made of changes, in contrast to steps of long work.
    pub(super) changes: AtomicU64,
    /// Transactions that did not.
    pub failed: AtomicU64,
    /// The largest batch, in jobs.
    pub batch_jobs_max: AtomicU64,
    /// Whether the last transaction failed because the disk is full.
    is_disk_full: AtomicBool,
    metrics: Arc<StoreMetrics>,
}

impl Commits {
    /// The same for the metrics page, each commit with its time and size.
    pub const fn metrics(&self) -> &Arc<StoreMetrics> {
        &self.metrics
    }

    pub(super) fn committed(&self, jobs: usize, took: Duration) {
        self.metrics.committed(jobs, took);
        self.count.fetch_add(1, Ordering::Relaxed);
        self.is_disk_full.store(false, Ordering::Relaxed);
        self.batch_jobs_max.fetch_max(jobs as u64, Ordering::Relaxed);
    }

    pub(super) fn is_disk_full(&self) -> bool {
        self.is_disk_full.load(Ordering::Relaxed)
    }

    pub(super) fn failed(&self, fault: &StoreError) {
        self.metrics.commit_failed();
        self.is_disk_full.store(matches!(fault, StoreError::DiskFull { .. }), Ordering::Relaxed);
        self.failed.fetch_add(1, Ordering::Relaxed);
    }
}
