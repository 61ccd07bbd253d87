//! The environment of a running query: whether it continues, and on how many threads.
//!
//! The engine starts no threads and reads no clock. It asks its [`Runner`] between pieces of work of some hundred
//! microseconds whether to continue, and lets the runner execute a long scan in partitions.

use std::cmp::Ordering;

/// Items that are sorted before the runner is asked whether to continue.
const SORTED_MAX: usize = 1_024;

/// Executes work of the engine.
pub trait Runner {
    /// Whether to continue; asked between pieces of work. May block while other work runs. After the first `false` the
    /// query ends with an error, which the caller that stopped it should discard.
    fn should_continue(&self) -> bool;

    /// Calls `part` on this thread and on at most `max - 1` other threads, each with its own partition of the work, and
    /// returns when all calls have returned.
    fn run_partitioned(&self, max: usize, part: &(dyn Fn(Partition<'_>) + Sync));
}

/// One of the partitions that work is divided into.
#[derive(Clone, Copy)]
pub struct Partition<'r> {
    /// Its index, from 0.
    pub index: usize,
    /// The number of partitions.
    pub count: usize,
    /// The runner of this partition.
    pub runner: &'r dyn Runner,
}

/// Runs queries to their end, each on at most this number of its own threads.
#[derive(Debug, Clone, Copy)]
pub struct Threads(pub usize);

/// Runs queries to their end on the thread of the caller.
pub const INLINE: Threads = Threads(1);

impl Runner for Threads {
    fn should_continue(&self) -> bool {
        true
    }

    fn run_partitioned(&self, max: usize, part: &(dyn Fn(Partition<'_>) + Sync)) {
        let count = self.0.min(max).max(1);
        std::thread::scope(|scope| {
            for index in 1..count {
                scope.spawn(move || part(Partition { index, count, runner: &INLINE }));
            }
            part(Partition { index: 0, count, runner: &INLINE });
        });
    }
}

/// Sorts short pieces, then merges neighbours, and asks the runner between; none if it stops.
pub(crate) fn sort_in_pieces<T>(
    items: &mut [T],
    compare: impl Fn(&T, &T) -> Ordering,
    runner: &dyn Runner,
) -> Option<()> {
    let mut length = SORTED_MAX;
    loop {
        for piece in items.chunks_mut(length) {
            if !runner.should_continue() {
                return None;
            }
            // A stable sort merges two sorted runs in linear time.
            piece.sort_by(&compare);
        }
        if length >= items.len() {
            return Some(());
        }
        length *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_in_pieces_is_sorting() {
        for count in [0, 1, SORTED_MAX, SORTED_MAX + 1, 5 * SORTED_MAX + 7] {
            let mut items: Vec<usize> = (0..count).map(|n| (n * 7_919) % 4_099).collect();
            let mut expected = items.clone();
            expected.sort_unstable();
            assert_eq!(sort_in_pieces(&mut items, usize::cmp, &INLINE), Some(()));
            assert_eq!(items, expected);
        }
    }
}
