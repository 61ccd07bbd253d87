//! Checkpoints: copying the write-ahead log into the database, beside the writing thread.
//!
//! SQLite's automatic checkpoint runs within a commit, which then takes a tenth of a second. A passive checkpoint on a
//! connection of its own delays no writer and no reader. Pages that are committed while it runs stay in the log, so that
//! the log would never restart under constant load: the writing thread copies that rest itself, which takes milliseconds
//! ([`Checkpoints::committed`]).

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::database;
use crate::StoreError;

/// A checkpoint starts when the log has this many pages, of 4 KiB each. Pages that many changes touch are copied once.
const LOG_PAGES_MAX: u64 = 16_384;
/// After a checkpoint that did not restart the log, the next one starts after this many further pages.
const LOG_PAGES_STEP: u64 = LOG_PAGES_MAX / 8;
/// While a checkpoint runs and the log has more pages than this, steps of long work wait, so that the log cannot fill the
/// disk.
const LOG_PAGES_FOR_STEPS_MAX: u64 = 2 * LOG_PAGES_MAX;
/// The writing thread copies a rest of at most this many pages, which takes milliseconds.
const REST_PAGES_MAX: u64 = 1_024;

/// The state that the writing thread and the checkpoint thread share.
#[derive(Debug, Default)]
struct Shared {
    /// Pages of the log after the last commit.
    log_pages: AtomicU64,
    /// Whether a checkpoint is requested or running.
    is_running: AtomicBool,
    /// Whether a checkpoint has copied nearly the whole log, and the writing thread is to copy the rest.
    is_rest_left: AtomicBool,
}

/// The checkpoint thread; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    asks: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Pages of the log at the last request for a checkpoint; 0 after the log has restarted.
    asked_at_pages: Cell<u64>,
}

impl Checkpoints {
    /// Starts the thread, and turns off the automatic checkpoints of `writer`.
    pub(super) fn start(writer: &mut Connection, path: &Path) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            seen.log_pages.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let connection = database::checkpointer(path)?;
        let (asks, asked) = mpsc::channel();
        let state = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || {
                while asked.recv().is_ok() {
                    let rest = checkpoint(&connection).unwrap_or(u64::MAX);
                    state.is_rest_left.store(rest <= REST_PAGES_MAX, Ordering::Relaxed);
                    state.is_running.store(false, Ordering::Release);
                }
            })
            .map_err(StoreError::unavailable)?;
        Ok(Self { shared, asks: Some(asks), thread: Some(thread), asked_at_pages: Cell::new(0) })
    }

    /// Called by the writing thread after each transaction: requests a checkpoint when the log is long, and copies the rest
    /// after one.
    pub(super) fn committed(&self, writer: &Connection) {
        if self.shared.is_running.load(Ordering::Acquire) {
            return;
        }
        if self.shared.is_rest_left.swap(false, Ordering::Relaxed) {
            // After a failure the next checkpoint tries again.
            let _ = checkpoint(writer);
            return;
        }
        let pages = self.shared.log_pages.load(Ordering::Relaxed);
        let asked_at = self.asked_at_pages.get();
        if pages < asked_at {
            self.asked_at_pages.set(0);
        } else if pages >= LOG_PAGES_MAX.max(asked_at + LOG_PAGES_STEP) {
            self.asked_at_pages.set(pages);
            self.shared.is_running.store(true, Ordering::Relaxed);
            let _ = self.asks.as_ref().map(|asks| asks.send(()));
        }
    }

    /// Whether steps of long work have to wait for a running checkpoint.
    pub(super) fn are_steps_to_wait(&self) -> bool {
        self.shared.is_running.load(Ordering::Acquire)
            && self.shared.log_pages.load(Ordering::Relaxed) > LOG_PAGES_FOR_STEPS_MAX
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Runs a passive checkpoint; returns how many pages of the log it did not copy.
fn checkpoint(connection: &Connection) -> Result<u64, StoreError> {
    let (log, copied): (i64, i64) =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(u64::try_from(log - copied).unwrap_or(0))
}
