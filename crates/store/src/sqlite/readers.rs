//! Long reads of the database, and moments without any.
//!
//! SQLite restarts its write-ahead log when all of it is copied and nobody reads from it. Where long reads overlap, there is
//! no such moment: the log grows without a bound, every read of a page takes longer, and the commit that restarts it at last
//! truncates a file of gigabytes. Therefore new long reads wait when the log has become long, until the checkpoint thread
//! ([`super::checkpoint`]) has had such a moment. Short reads do not wait: they are over at once, and do not overlap for long.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Maximum time that a read waits for its begin.
const WAIT_TIME_MAX: Duration = Duration::from_secs(2);

/// The long reads of a database.
#[derive(Debug, Default)]
pub(super) struct Readers {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    reading: usize,
    is_closed: bool,
}

/// A long read; it is over when this is dropped.
#[derive(Debug)]
pub(super) struct Reading(Arc<Readers>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.lock().reading -= 1;
        self.0.changed.notify_all();
    }
}

impl Readers {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a read, after the present moment without readers if there is one. Blocks until then.
    pub(super) fn begin(self: &Arc<Self>) -> Reading {
        let waited = self.changed.wait_timeout_while(self.lock(), WAIT_TIME_MAX, |state| state.is_closed);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.reading += 1;
        Reading(Arc::clone(self))
    }

    /// Begins a read if it need not wait.
    pub(super) fn try_begin(self: &Arc<Self>) -> Option<Reading> {
        let mut state = self.lock();
        if state.is_closed {
            return None;
        }
        state.reading += 1;
        Some(Reading(Arc::clone(self)))
    }

    /// Lets no read begin until [`open`](Self::open), and waits for the end of those that have begun. If that takes longer
    /// than `time_max`, reads may begin again, and the result is false.
    pub(super) fn close(&self, time_max: Duration) -> bool {
        let mut state = self.lock();
        state.is_closed = true;
        let waited = self.changed.wait_timeout_while(state, time_max, |state| state.reading > 0);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_closed = state.reading == 0;
        let is_closed = state.is_closed;
        drop(state);
        if !is_closed {
            self.changed.notify_all();
        }
        is_closed
    }

    /// Whether reads have to wait.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Lets reads begin.
    pub(super) fn open(&self) {
        self.lock().is_closed = false;
        self.changed.notify_all();
    }

    /// Waits until another thread lets reads begin, but not longer than `time_max`; returns whether it did.
    pub(super) fn wait_until_open(&self, time_max: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), time_max, |state| state.is_closed);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.is_closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn reads_wait_for_a_moment_without_readers() {
        let readers = Arc::new(Readers::default());
        let first = readers.begin();
        assert!(!readers.close(Duration::ZERO), "one is reading");
        assert!(readers.try_begin().is_some(), "and others may");
        drop(first);
        assert!(readers.close(LONG) && readers.is_closed() && readers.try_begin().is_none());
        let waiting = std::thread::spawn({
            let readers = Arc::clone(&readers);
            move || drop(readers.begin())
        });
        readers.open();
        assert!(readers.wait_until_open(Duration::ZERO));
        waiting.join().expect("it has begun");
        assert_eq!(readers.lock().reading, 0);
    }
}
