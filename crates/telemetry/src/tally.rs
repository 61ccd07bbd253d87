//! Counters and histograms that many threads may touch at once without getting into each other's way.
//!
//! Each is spread over a few shards; a thread adds to its own and a reader adds them up. Histograms have one
//! bucket per power of two, so that finding a bucket is one instruction and takes no table.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

const SHARDS: usize = 8;

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: usize = THREADS.fetch_add(1, Relaxed) % SHARDS;
}

/// A row of counters, each sharded.
#[derive(Debug)]
pub(super) struct Tally {
    /// One allocation per shard, so that shards do not share cache lines.
    shards: [Box<[AtomicU64]>; SHARDS],
}

impl Tally {
    pub(super) fn new(counters: usize) -> Self {
        let row = || (0..counters).map(|_| AtomicU64::new(0)).collect();
        Tally { shards: std::array::from_fn(|_| row()) }
    }

    /// Adds to a counter; one beyond the row is ignored.
    pub(super) fn add(&self, counter: usize, amount: u64) {
        let shard = SHARD.try_with(|shard| *shard).unwrap_or(0);
        debug_assert!(counter < self.shards[shard].len());
        if let Some(cell) = self.shards[shard].get(counter) {
            cell.fetch_add(amount, Relaxed);
        }
    }

    pub(super) fn sum(&self, counter: usize) -> u64 {
        let cells = self.shards.iter().filter_map(|shard| shard.get(counter));
        cells.map(|cell| cell.load(Relaxed)).sum()
    }
}

/// A row of histograms over the powers of `2^BITS`, `1, 2, 4, … 2^(BUCKETS-2)` or `1, 4, 16, …`, and beyond.
#[derive(Debug)]
pub(super) struct Histograms<const BUCKETS: usize, const BITS: u32 = 1> {
    buckets: Tally,
    sums: Tally,
}

/// One histogram, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Upper bound, none for the last; values up to it.
    pub(super) cumulated: Vec<(Option<u64>, u64)>,
    /// Sum of all values, in the unit they were added in.
    pub(super) sum: u64,
}

impl Reading {
    /// The same with a bound between two powers of two, if `beyond` values lie above the lower one and up to this bound.
    pub(super) fn with_bound(mut self, bound: u64, beyond: u64) -> Self {
        let place = self.cumulated.partition_point(|(power, _)| power.is_some_and(|power| power < bound));
        let below = place.checked_sub(1).and_then(|place| self.cumulated.get(place)).map_or(0, |(_, values)| *values);
        self.cumulated.insert(place, (Some(bound), below + beyond));
        self
    }

    /// How many values there are.
    pub(super) fn values(&self) -> u64 {
        self.cumulated.last().map_or(0, |&(_, values)| values)
    }
}

impl<const BUCKETS: usize, const BITS: u32> Histograms<BUCKETS, BITS> {
    pub(super) fn new(histograms: usize) -> Self {
        Histograms { buckets: Tally::new(histograms * BUCKETS), sums: Tally::new(histograms) }
    }

    /// Files a value under `size`, and adds `amount` to the sum (the same value, in a finer unit perhaps).
    pub(super) fn record(&self, histogram: usize, size: u64, amount: u64) {
        let bucket = bucket(size).div_ceil(BITS as usize).min(BUCKETS - 1);
        self.buckets.add(histogram * BUCKETS + bucket, 1);
        self.sums.add(histogram, amount);
    }

    /// Files a duration: by microseconds, summed in nanoseconds.
    pub(super) fn record_time(&self, histogram: usize, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.record(histogram, nanos.div_ceil(1000), nanos);
    }

    pub(super) fn read(&self, histogram: usize) -> Reading {
        let mut values = 0;
        let cumulated = (0..BUCKETS).map(|bucket| {
            values += self.buckets.sum(histogram * BUCKETS + bucket);
            let bound = (bucket + 1 < BUCKETS).then(|| 1 << (bucket * BITS as usize));
            (bound, values)
        });
        Reading { cumulated: cumulated.collect(), sum: self.sums.sum(histogram) }
    }
}

/// The smallest power of two that is not below the size.
fn bucket(size: u64) -> usize {
    match size {
        0 | 1 => 0,
        more => (u64::BITS - (more - 1).leading_zeros()) as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let found = [0, 1, 2, 3, 4, 5, 8, 9, u64::MAX].map(bucket);
        assert_eq!(found, [0, 0, 1, 2, 2, 3, 3, 4, 64]);
    }

    #[test]
    fn readings_are_cumulated_and_end_open() {
        let histograms = Histograms::<4>::new(2);
        for size in [1, 2, 2, 4, 5, 1000] {
            histograms.record(1, size, size);
        }
        let cumulated = vec![(Some(1), 1), (Some(2), 3), (Some(4), 4), (None, 6)];
        let sum = 1014;
        assert_eq!(histograms.read(1), Reading { cumulated, sum });
        assert_eq!(histograms.read(0).sum, 0);
        let coarse = Histograms::<4, 2>::new(1);
        for size in [1, 2, 4, 5, 16, 17] {
            coarse.record(0, size, size);
        }
        assert_eq!(coarse.read(0).cumulated, [(Some(1), 1), (Some(4), 3), (Some(16), 5), (None, 6)]);
    }

    #[test]
    fn a_bound_between_two_powers_is_in_its_place() {
        let histograms = Histograms::<4>::new(1);
        for size in [1, 2, 3, 4, 4, 9] {
            histograms.record(0, size, size);
        }
        let cumulated = vec![(Some(1), 1), (Some(2), 2), (Some(3), 3), (Some(4), 5), (None, 6)];
        assert_eq!(histograms.read(0).with_bound(3, 1).cumulated, cumulated);
    }

    #[test]
    fn threads_add_up() {
        let tally = Tally::new(1);
        std::thread::scope(|scope| {
            for _ in 0..2 * SHARDS {
                scope.spawn(|| (0..1000).for_each(|_| tally.add(0, 1)));
            }
        });
        assert_eq!(tally.sum(0), 2000 * SHARDS as u64);
    }
}
