//! The numbers of the store: commits as they happen, and waits for a connection.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::page::Page;
use super::tally::{Histograms, Tally};

/// Buckets of durations: 1 µs to 16.8 s by powers of two, and beyond.
const DURATION_BUCKETS: usize = 26;
/// A transaction should not take longer, because the changes of others wait for it: a bound of the histogram of commits, which
/// lies between two powers of two.
const COMMIT_MICROS_WANTED: u64 = 50_000;
/// The power of two below it, in microseconds.
const POWER_BELOW: u64 = 1 << COMMIT_MICROS_WANTED.ilog2();
/// Buckets of batch sizes: 1 to 4096 by powers of two, and beyond.
const BATCH_BUCKETS: usize = 14;

/// What the thread that writes to SQLite spends its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitStage {
    /// Waiting for the turn of an operator command.
    Turn,
    /// Beginning the transaction, which waits for the lock of SQLite.
    Begin,
    /// Executing the statements of the changes.
    Execute,
    /// Writing the pages to the log, and waiting until the disk has them.
    Commit,
    /// Copying the rest of the log into the database after a checkpoint.
    Checkpoint,
}

impl CommitStage {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Turn, Self::Begin, Self::Execute, Self::Commit, Self::Checkpoint];

    /// Its label on the metrics page.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Begin => "begin",
            Self::Execute => "execute",
            Self::Commit => "commit",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// Counters of the store, recorded where transactions are committed.
#[derive(Debug)]
pub struct StoreMetrics {
    durations: Histograms<DURATION_BUCKETS>,
    stages: Histograms<DURATION_BUCKETS>,
    checkpoints: Histograms<DURATION_BUCKETS>,
    /// Pages of SQLite's write-ahead log.
    log_pages: AtomicU64,
    /// Commits between [`POWER_BELOW`] and [`COMMIT_MICROS_WANTED`].
    above_power: Tally,
    sizes: Histograms<BATCH_BUCKETS>,
    failed: Tally,
    connection_waits: Histograms<DURATION_BUCKETS>,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        StoreMetrics {
            durations: Histograms::new(1),
            stages: Histograms::new(CommitStage::ALL.len()),
            checkpoints: Histograms::new(1),
            log_pages: AtomicU64::new(0),
            above_power: Tally::new(1),
            sizes: Histograms::new(1),
            failed: Tally::new(1),
            connection_waits: Histograms::new(1),
        }
    }
}

impl StoreMetrics {
    /// Files a transaction of this many changes that was committed, and the time from its begin to its commit.
    pub fn committed(&self, changes: usize, took: Duration) {
        self.durations.record_time(0, took);
        let micros = took.as_nanos().div_ceil(1000);
        if micros > u128::from(POWER_BELOW) && micros <= u128::from(COMMIT_MICROS_WANTED) {
            self.above_power.add(0, 1);
        }
        self.sizes.record(0, changes as u64, changes as u64);
    }

    /// Files the time that the writing thread has spent on a stage of a transaction.
    pub fn stage(&self, stage: CommitStage, took: Duration) {
        self.stages.record_time(stage as usize, took);
    }

    /// Files the time of a checkpoint beside the writing thread.
    pub fn checkpointed(&self, took: Duration) {
        self.checkpoints.record_time(0, took);
    }

    /// Says how many pages the write-ahead log has.
    pub fn log_pages(&self, pages: u64) {
        self.log_pages.store(pages, Relaxed);
    }

    /// Counts a transaction that was not committed for a reason of the store's.
    pub fn commit_failed(&self) {
        self.failed.add(0, 1);
    }

    /// Files how long a job has waited for a connection to the database.
    pub fn waited_for_connection(&self, took: Duration) {
        self.connection_waits.record_time(0, took);
    }

    pub(super) fn write(&self, page: &mut Page) {
        // Read first: what is counted meanwhile must not exceed the bucket above.
        let above_power = self.above_power.sum(0);
        let durations = self.durations.read(0).with_bound(COMMIT_MICROS_WANTED, above_power);
        let sizes = self.sizes.read(0);
        page.single("ringbook_commits_total", "counter", "Transactions committed.", sizes.values());
        let failed = self.failed.sum(0);
        page.single(
            "ringbook_commits_failed_total",
            "counter",
            "Transactions that the store failed to commit.",
            failed,
        );
        let name = "ringbook_commit_seconds";
        page.family(name, "histogram", "Time from the begin of a transaction to its commit.");
        page.durations(name, "", &durations);
        let name = "ringbook_commit_stage_seconds";
        page.family(
            name,
            "histogram",
            "Time that the thread that writes to SQLite spends on the stages of transactions.",
        );
        for stage in CommitStage::ALL {
            page.durations(name, &format!("stage=\"{}\"", stage.name()), &self.stages.read(stage as usize));
        }
        let name = "ringbook_checkpoint_seconds";
        page.family(name, "histogram", "Time of checkpoints of SQLite beside the thread that writes.");
        page.durations(name, "", &self.checkpoints.read(0));
        let help = "Pages of the write-ahead log of SQLite, of 4 KiB each.";
        page.single("ringbook_log_pages", "gauge", help, self.log_pages.load(Relaxed));
        let name = "ringbook_commit_changes";
        page.family(name, "histogram", "Changes gathered into one transaction.");
        page.sizes(name, "", &sizes);
        let name = "ringbook_store_connection_wait_seconds";
        page.family(name, "histogram", "Time that jobs wait for a connection to the database.");
        page.durations(name, "", &self.connection_waits.read(0));
    }
}
