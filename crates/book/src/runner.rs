//! The environment of a running query: whether it continues, and on how many threads.
//!
//! The engine starts no threads and reads no clock. It asks its [`Runner`] between pieces of work of some hundred
//! microseconds whether to continue, and lets the runner execute a long scan in partitions.

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
