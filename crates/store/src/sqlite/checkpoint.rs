//! Folding the write-ahead log into the database, beside the writing thread.
//!
//! A commit that does it by itself, as SQLite's default is, holds up everybody for a tenth of a second. A passive
//! checkpoint on a connection of its own holds up no writer and no reader. Pages that are committed while it runs stay in
//! the log, so the log would never be begun anew under constant writing: the writing thread folds that rest itself, which
//! is short ([`Checkpoints::fold_rest`]).

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::database;
use crate::StoreError;

/// The log is folded into the database when it has this many pages, of 4 KiB each: pages that many changes touch are
/// written once for all of them.
const LOG_PAGES_MAX: u64 = 16_384;
/// A log that could not be begun anew is folded again after this many further pages.
const LOG_PAGES_STEP: u64 = LOG_PAGES_MAX / 8;
/// Steps of long work wait while the log has more pages than this and is being folded, so that it cannot outgrow the
/// disk.
const LOG_PAGES_FOR_STEPS_MAX: u64 = 2 * LOG_PAGES_MAX;
/// The writing thread folds a rest of at most this many pages: some milliseconds.
const REST_PAGES_MAX: u64 = 1_024;

/// The state that the writing thread and the checkpointing thread share.
#[derive(Debug, Default)]
struct Shared {
    /// Pages of the log after the last commit.
    log_pages: AtomicU64,
    /// Whether a checkpoint is asked for or runs.
    is_running: AtomicBool,
    /// Whether a checkpoint has folded nearly the whole log, and the writer is to fold the rest.
    is_rest_left: AtomicBool,
}

/// The checkpointing thread; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    asks: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// How many pages the log had when a checkpoint was last asked for; 0 once it was begun anew.
    asked_at_pages: Cell<u64>,
}

impl Checkpoints {
    /// Starts the thread, and takes over from `writer` the decision when to fold.
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
                    let rest = fold(&connection).unwrap_or(u64::MAX);
                    state.is_rest_left.store(rest <= REST_PAGES_MAX, Ordering::Relaxed);
                    state.is_running.store(false, Ordering::Release);
                }
            })
            .map_err(StoreError::unavailable)?;
        Ok(Self { shared, asks: Some(asks), thread: Some(thread), asked_at_pages: Cell::new(0) })
    }

    /// Called by the writing thread after each transaction: asks for a checkpoint when the log is long, and folds the
    /// rest after one.
    pub(super) fn committed(&self, writer: &Connection) {
        if self.shared.is_running.load(Ordering::Acquire) {
            return;
        }
        if self.shared.is_rest_left.swap(false, Ordering::Relaxed) {
            // What fails is tried again when the log is long once more.
            let _ = fold(writer);
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

    /// Whether steps of long work have to wait for the checkpoint that runs.
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

/// Folds what it can without waiting for anybody; answers how many pages of the log are left.
fn fold(connection: &Connection) -> Result<u64, StoreError> {
    let (log, folded): (i64, i64) =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(u64::try_from(log - folded).unwrap_or(0))
}
