//! The numbers of a pool of workers: what runs, what waits and for how long, what was refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::tally::{Histograms, Reading};

/// Buckets of waits: 1 µs to 16.8 s by powers of two, and beyond.
pub(super) const WAIT_BUCKETS: usize = 26;

/// Counters of a pool, by kind of work.
#[derive(Debug)]
pub struct PoolMetrics {
    kinds: Vec<&'static str>,
    counts: Vec<Counts>,
    waits: Histograms<WAIT_BUCKETS>,
}

#[derive(Debug, Default)]
struct Counts {
    running: AtomicU64,
    waiting: AtomicU64,
    refused: AtomicU64,
    interrupted: AtomicU64,
}

/// Counts while it lives.
#[derive(Debug)]
pub struct Counted<'a>(&'a AtomicU64);

impl<'a> Counted<'a> {
    fn begin(count: &'a AtomicU64) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// What is known of one kind of work at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolReading {
    /// The kind.
    pub kind: &'static str,
    /// Jobs that have begun and are not done.
    pub running: u64,
    /// Jobs that wait for their first slot.
    pub waiting: u64,
    /// Jobs that were refused because too many waited.
    pub refused: u64,
    /// Jobs that were interrupted, waiting or running.
    pub interrupted: u64,
}

impl PoolMetrics {
    /// Counters for these kinds; they are counted by position.
    pub fn new(kinds: &[&'static str]) -> Arc<Self> {
        let counts = kinds.iter().map(|_| Counts::default()).collect();
        Arc::new(Self { kinds: kinds.to_vec(), counts, waits: Histograms::new(kinds.len()) })
    }

    /// Counts a job as running while the guard lives.
    pub fn running(&self, kind: usize) -> Counted<'_> {
        Counted::begin(&self.counts[kind].running)
    }

    /// Counts a job as waiting while the guard lives.
    pub fn waiting(&self, kind: usize) -> Counted<'_> {
        Counted::begin(&self.counts[kind].waiting)
    }

    /// Files how long a job has waited for its first slot.
    pub fn waited(&self, kind: usize, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.waits.record(kind, nanos.div_ceil(1000), nanos);
    }

    /// Counts a job that was refused.
    pub fn refused(&self, kind: usize) {
        self.counts[kind].refused.fetch_add(1, Relaxed);
    }

    /// Counts a job that was interrupted.
    pub fn interrupted(&self, kind: usize) {
        self.counts[kind].interrupted.fetch_add(1, Relaxed);
    }

    /// The counters of all kinds, as they are now.
    pub fn read(&self) -> Vec<PoolReading> {
        let read = |(kind, counts): (&&'static str, &Counts)| PoolReading {
            kind,
            running: counts.running.load(Relaxed),
            waiting: counts.waiting.load(Relaxed),
            refused: counts.refused.load(Relaxed),
            interrupted: counts.interrupted.load(Relaxed),
        };
        self.kinds.iter().zip(&self.counts).map(read).collect()
    }

    /// How long jobs of a kind, by position, have waited.
    pub(super) fn waits(&self, kind: usize) -> Reading {
        self.waits.read(kind)
    }
}
