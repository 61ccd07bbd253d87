//! Makes indexes of names and of the last digits of numbers in the background: one at a time, for at most a tenth of the
//! time, while there is memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ringbook_book::Book;
use ringbook_workers::{Client, Job, Kind};

use super::Books;
use crate::work::OnJob;

/// After an index was made, none is made for this many times as long as that took.
const REST_FACTOR: u32 = 9;

/// When the next index may be made.
#[derive(Debug, Default)]
pub(super) struct Indexing {
    turn: Mutex<Turn>,
    /// The books take more than their bound with their indexes.
    is_memory_short: AtomicBool,
}

#[derive(Debug, Default)]
struct Turn {
    is_busy: bool,
    not_before: Option<Instant>,
}

impl Indexing {
    /// Whether the caller may make an index now; it must call [`Indexing::end`].
    fn begin(&self) -> bool {
        if self.is_memory_short.load(Ordering::Relaxed) {
            return false;
        }
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = !turn.is_busy && turn.not_before.is_none_or(|moment| Instant::now() >= moment);
        turn.is_busy |= is_free;
        is_free
    }

    fn end(&self, took: Duration) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        *turn = Turn { is_busy: false, not_before: Some(Instant::now() + took * REST_FACTOR) };
    }

    /// Says whether there is memory for indexes.
    pub(super) fn set_memory_short(&self, is_short: bool) {
        self.is_memory_short.store(is_short, Ordering::Relaxed);
    }
}

impl Books {
    /// Begins to make the indexes of this state of a book that are due.
    pub(super) fn index_when_due(&self, book: &Arc<Book>) {
        if !book.is_index_due() || !self.0.indexing.begin() {
            return;
        }
        // Held loosely: a server that stops meanwhile closes its store in order.
        let (inner, workers, book) = (Arc::downgrade(&self.0), self.0.workers.clone(), Arc::clone(book));
        tokio::spawn(async move {
            let began = Instant::now();
            let make = move |job: &Job| book.make_due_indexes(&OnJob(job));
            // Only a stop interrupts it.
            let _ = workers.run(&Client::server(), Kind::SortKeys, Duration::MAX, make).await;
            if let Some(inner) = inner.upgrade() {
                inner.indexing.end(began.elapsed());
                Books(inner).evict_idle();
            }
        });
    }
}
