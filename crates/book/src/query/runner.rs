//! What a question is run by: whether it goes on, and on how many threads.
//!
//! The engine starts no thread and looks at no clock by itself. It asks its [`Runner`] between pieces of work of some
//! hundred microseconds, and offers to divide a long scan.

/// Runs a question, on one thread.
pub trait Runner {
    /// Asked between pieces of work; may block while others run. Once it says no, the run ends with an error, which the
    /// one who stopped it is not to show to anybody.
    fn goes_on(&self) -> bool;

    /// Runs `part` on this thread and on at most `most - 1` others at the same time, each with its share of the work,
    /// and returns when all have ended.
    fn divide(&self, most: usize, part: &(dyn Fn(Share<'_>) + Sync));
}

/// One of the shares that a scan is divided into.
#[derive(Clone, Copy)]
pub struct Share<'r> {
    /// Which it is, from 0.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// Who runs it.
    pub runner: &'r dyn Runner,
}

/// Runs questions to their end on threads of its own, at most so many for each.
#[derive(Debug, Clone, Copy)]
pub struct Threads(pub usize);

/// Runs questions to their end on the thread that asks.
pub const INLINE: Threads = Threads(1);

impl Runner for Threads {
    fn goes_on(&self) -> bool {
        true
    }

    fn divide(&self, most: usize, part: &(dyn Fn(Share<'_>) + Sync)) {
        let of = self.0.min(most).max(1);
        std::thread::scope(|scope| {
            for number in 1..of {
                scope.spawn(move || part(Share { number, of, runner: &INLINE }));
            }
            part(Share { number: 0, of, runner: &INLINE });
        });
    }
}
