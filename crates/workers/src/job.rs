//! A job on a thread of the pool: its slot, its slices, its helpers.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

use crate::granted::Granted;
use crate::{Lane, Pool, SLICE};

/// Work is not wanted any more and should end now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the work is not wanted any more")
    }
}

impl std::error::Error for Interrupted {}

/// A slot on its way to a job; given back when dropped.
pub(crate) struct Slot {
    pool: Arc<Pool>,
    lane: Lane,
    granted: Granted,
    is_held: bool,
}

impl Slot {
    pub(crate) fn new(pool: Arc<Pool>, lane: Lane, granted: Granted) -> Self {
        Self { pool, lane, granted, is_held: true }
    }

    /// What was granted: the slot is the caller's to give back from now on.
    pub(crate) fn take(mut self) -> Granted {
        self.is_held = false;
        self.granted
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.is_held {
            self.pool.change(self.lane, |schedule| schedule.release(self.granted));
        }
    }
}

/// What those that wait for a job know of it.
pub(crate) struct Progress {
    pub(crate) lane: Lane,
    pub(crate) granted: Granted,
    is_cancelled: AtomicBool,
    is_done: AtomicBool,
}

impl Progress {
    pub(crate) fn cancel(&self) {
        self.is_cancelled.store(true, Relaxed);
    }

    pub(crate) fn is_done(&self) -> bool {
        self.is_done.load(Relaxed)
    }
}

/// A job that is running, or one that helps another. It is used on one thread.
pub struct Job(Option<OnSlot>);

/// A job on a slot.
struct OnSlot {
    pool: Arc<Pool>,
    progress: Arc<Progress>,
    /// Whether it is the job itself, and no helper.
    is_first: bool,
    has_slot: Cell<bool>,
    slice_began: Cell<Instant>,
    was_interrupted: Cell<bool>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.0.as_ref().map(|on| on.progress.granted)).finish()
    }
}

impl Job {
    /// Work that is done where it is asked for: it is never interrupted and gets no help.
    pub fn inline() -> Self {
        Self(None)
    }

    pub(crate) fn new(slot: Slot) -> (Self, Arc<Progress>) {
        let (pool, lane) = (Arc::clone(&slot.pool), slot.lane);
        let granted = slot.take();
        let (is_cancelled, is_done) = (AtomicBool::new(false), AtomicBool::new(false));
        let progress = Arc::new(Progress { lane, granted, is_cancelled, is_done });
        (Self(Some(OnSlot::new(pool, Arc::clone(&progress), true))), progress)
    }

    /// To be called every few hundred microseconds: takes a few nanoseconds, but pauses the job when its slice is over
    /// and another job waits whose turn it is.
    ///
    /// # Errors
    ///
    /// The work is not wanted any more. It should end at once; what it returns is not used.
    #[inline]
    pub fn pass(&self) -> Result<(), Interrupted> {
        self.0.as_ref().map_or(Ok(()), OnSlot::pass)
    }

    /// Runs `part` here and, at the same time, on at most `helpers_max` helpers, one for each slot that is idle while
    /// nobody waits. `part` gets its number, from 0, how many there are, and its job. Returns when all have ended. A
    /// panic of a helper goes on here.
    pub fn together(&self, helpers_max: usize, part: impl Fn(usize, usize, &Job) + Sync) {
        let helpers = self.0.as_ref().map_or_else(Vec::new, |on| on.helpers(helpers_max));
        if helpers.is_empty() {
            return part(0, 1, self);
        }
        let (part, of) = (&part, helpers.len() + 1);
        thread::scope(|scope| {
            let run = |(at, helper): (usize, Job)| scope.spawn(move || part(at + 1, of, &helper));
            let threads: Vec<_> = helpers.into_iter().enumerate().map(run).collect();
            part(0, of, self);
            // A helper may be paused: it must not wait for the slot of one who does nothing but wait for it.
            let waits = threads.iter().any(|thread| !thread.is_finished());
            if waits && let Some(on) = &self.0 {
                on.step_aside();
            }
            let ends: Vec<_> = threads.into_iter().map(thread::ScopedJoinHandle::join).collect();
            if waits && let Some(on) = &self.0 {
                on.wait_for_slot();
            }
            for end in ends {
                end.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
    }

    pub(crate) fn was_interrupted(&self) -> bool {
        self.0.as_ref().is_some_and(|on| on.was_interrupted.get())
    }
}

impl OnSlot {
    fn new(pool: Arc<Pool>, progress: Arc<Progress>, is_first: bool) -> Self {
        let (has_slot, slice_began) = (Cell::new(true), Cell::new(Instant::now()));
        Self { pool, progress, is_first, has_slot, slice_began, was_interrupted: Cell::new(false) }
    }

    fn pass(&self) -> Result<(), Interrupted> {
        if self.is_unwanted() {
            self.was_interrupted.set(true);
            return Err(Interrupted);
        }
        if self.pool.lane(self.progress.lane).waiting.load(Relaxed) > 0 && self.slice_began.get().elapsed() >= SLICE {
            return self.pause();
        }
        Ok(())
    }

    fn is_unwanted(&self) -> bool {
        self.progress.is_cancelled.load(Relaxed)
    }

    /// Lets another job go on, if there is one whose turn it is.
    #[cold]
    fn pause(&self) -> Result<(), Interrupted> {
        let Progress { lane, granted, .. } = *self.progress;
        let (turn, slot) = oneshot::channel();
        let has_paused = self.pool.change(lane, |schedule| {
            // Cancellation is recorded before paused jobs are looked up, under the same lock.
            let pauses = !self.is_unwanted() && schedule.should_pause(granted.owner);
            if pauses {
                schedule.pause(granted, turn);
            }
            pauses
        });
        if has_paused {
            self.has_slot.set(false);
            self.resume(slot);
        }
        self.slice_began.set(Instant::now());
        if self.is_unwanted() {
            self.was_interrupted.set(true);
            return Err(Interrupted);
        }
        Ok(())
    }

    /// Gives back the slot while the job waits for its helpers.
    fn step_aside(&self) {
        if self.has_slot.replace(false) {
            self.pool.change(self.progress.lane, |schedule| schedule.lend(self.progress.granted));
        }
    }

    /// Waits for a slot again.
    fn wait_for_slot(&self) {
        let Progress { lane, granted, .. } = *self.progress;
        let (turn, slot) = oneshot::channel();
        let waits = self.pool.change(lane, |schedule| {
            let waits = !self.is_unwanted();
            if waits {
                schedule.wait_again(granted, turn);
            }
            waits
        });
        if waits {
            self.resume(slot);
        }
    }

    /// Blocks until the slot comes, or the job is cancelled.
    fn resume(&self, slot: oneshot::Receiver<Slot>) {
        if let Ok(slot) = slot.blocking_recv() {
            slot.take();
            self.has_slot.set(true);
        }
    }

    fn helpers(&self, most: usize) -> Vec<Job> {
        let count = self.pool.change(self.progress.lane, |schedule| schedule.help(self.progress.granted, most));
        let helper = |_| Job(Some(Self::new(Arc::clone(&self.pool), Arc::clone(&self.progress), false)));
        (0..count).map(helper).collect()
    }
}

impl Drop for OnSlot {
    fn drop(&mut self) {
        if self.is_first {
            self.progress.is_done.store(true, Relaxed);
        }
        let (granted, has_slot) = (self.progress.granted, self.has_slot.get());
        self.pool.change(self.progress.lane, |schedule| {
            if !has_slot {
                schedule.end_without_slot(granted);
            } else {
                schedule.release(granted);
            }
        });
    }
}
