//! Checkpoints: copying the write-ahead log into the database, beside the writing thread.
//!
//! SQLite's automatic checkpoint runs within a commit, which then takes a tenth of a second. A passive checkpoint on a
//! connection of its own delays no writer and no reader. Pages that are committed while it runs stay in the log, so that
//! the log would never restart under constant load: the writing thread copies that rest itself, which takes milliseconds
//! ([`Checkpoints::committed`]). Nor would it while long reads overlap: these wait for a moment ([`super::readers`]).

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ringbook_telemetry::StoreMetrics;
use rusqlite::Connection;

use super::database;
use super::readers::Readers;
use super::stages::CHECKPOINT_MAX;
use crate::StoreError;

/// A checkpoint starts when the log has this many pages, of 4 KiB each. Pages that many changes touch are copied once.
const LOG_PAGES_MAX: u64 = if cfg!(test) { 64 } else { 16_384 };
/// After a checkpoint that did not restart the log, the next one starts after this many further pages.
const LOG_PAGES_STEP: u64 = LOG_PAGES_MAX / 8;
/// While a checkpoint runs and the log has more pages than this, steps of long work wait, so that the log cannot fill the
/// disk.
const LOG_PAGES_FOR_STEPS_MAX: u64 = 2 * LOG_PAGES_MAX;
/// When the log has this many pages, new long reads wait until it is restarted.
const LOG_PAGES_WITH_READERS_MAX: u64 = 2 * LOG_PAGES_MAX;
/// Maximum time to wait for the end of the long reads that have begun. If they take longer, the next attempt is made after
/// [`LOG_PAGES_MAX`] further pages.
const READS_TIME_MAX: Duration = Duration::from_secs(1);
/// Maximum time to wait for the transactions that copy the rest of the log and restart it.
const RESTART_TIME_MAX: Duration = Duration::from_millis(100);
/// The checkpoint thread goes on while more pages than this were committed meanwhile: the writing thread copies the rest, and
/// changes wait for it.
const REST_PAGES_WANTED: u64 = 64;
/// The writing thread copies a rest of at most this many pages, if they do not become fewer.
const REST_PAGES_MAX: u64 = 1_024;
/// How often the checkpoint thread goes on.
const PASSES_MAX: usize = 8;

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
    readers: Arc<Readers>,
}

impl Checkpoints {
    /// Starts the thread, and turns off the automatic checkpoints of `writer`.
    pub(super) fn start(
        writer: &mut Connection,
        path: &Path,
        metrics: Arc<StoreMetrics>,
        readers: Arc<Readers>,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            seen.log_pages.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let connection = database::checkpointer(path)?;
        let (asks, asked) = mpsc::channel();
        let work = CheckpointThread {
            connection,
            shared: Arc::clone(&shared),
            readers: Arc::clone(&readers),
            metrics,
            closes_at_pages: LOG_PAGES_WITH_READERS_MAX,
        };
        let thread = thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || work.run(&asked))
            .map_err(StoreError::unavailable)?;
        Ok(Self { shared, asks: Some(asks), thread: Some(thread), asked_at_pages: Cell::new(0), readers })
    }

    /// Called by the writing thread after each transaction: requests a checkpoint when the log is long, and copies the rest
    /// after one. Returns whether it has copied something.
    pub(super) fn committed(&self, writer: &Connection) -> bool {
        if self.is_running() {
            return false;
        }
        let (pages, asked_at) = (self.log_pages(), self.asked_at_pages.get());
        if pages < asked_at {
            self.asked_at_pages.set(0);
            self.readers.open();
        }
        // While readers wait, one of the next transactions restarts the log: a short read may have delayed that.
        if self.shared.is_rest_left.swap(false, Ordering::Relaxed) || self.readers.is_closed() {
            // After a failure the next checkpoint tries again.
            let _ = checkpoint(writer);
            return true;
        }
        if pages >= asked_at && pages >= LOG_PAGES_MAX.max(asked_at + LOG_PAGES_STEP) {
            self.asked_at_pages.set(pages);
            self.shared.is_running.store(true, Ordering::Relaxed);
            let _ = self.asks.as_ref().map(|asks| asks.send(()));
        }
        false
    }

    /// Whether a checkpoint is requested or running.
    pub(super) fn is_running(&self) -> bool {
        self.shared.is_running.load(Ordering::Acquire)
    }

    /// Pages of the log after the last commit.
    pub(super) fn log_pages(&self) -> u64 {
        self.shared.log_pages.load(Ordering::Relaxed)
    }

    /// Whether steps of long work have to wait for a running checkpoint.
    pub(super) fn are_steps_to_wait(&self) -> bool {
        self.is_running() && self.log_pages() > LOG_PAGES_FOR_STEPS_MAX
    }
}

/// What the checkpoint thread owns.
struct CheckpointThread {
    connection: Connection,
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    metrics: Arc<StoreMetrics>,
    /// From this many pages on, readers wait until the log is restarted.
    closes_at_pages: u64,
}

impl CheckpointThread {
    fn run(mut self, asked: &mpsc::Receiver<()>) {
        while asked.recv().is_ok() {
            let began = Instant::now();
            let mut rest = copy_nearly_all(&self.connection).unwrap_or(u64::MAX);
            let pages = self.shared.log_pages.load(Ordering::Relaxed);
            let closes = pages >= self.closes_at_pages;
            if closes && self.readers.close(READS_TIME_MAX) {
                // What the readers kept from being copied.
                rest = copy_nearly_all(&self.connection).unwrap_or(u64::MAX);
            }
            let took = began.elapsed();
            self.metrics.checkpointed(took);
            if took > CHECKPOINT_MAX {
                let (seconds, rest) = (took.as_secs_f64(), i64::try_from(rest).ok());
                tracing::warn!(seconds, pages_left = rest, "a checkpoint of the database took long: the disk is slow");
            }
            self.shared.is_rest_left.store(rest <= REST_PAGES_MAX, Ordering::Relaxed);
            self.shared.is_running.store(false, Ordering::Release);
            if closes {
                let is_new = self.readers.is_closed() && self.readers.wait_until_open(RESTART_TIME_MAX);
                self.readers.open();
                self.closes_at_pages =
                    if is_new { LOG_PAGES_WITH_READERS_MAX } else { pages.saturating_add(LOG_PAGES_MAX) };
            }
        }
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

/// Runs passive checkpoints until few pages are left, as long as they become fewer; returns how many.
fn copy_nearly_all(connection: &Connection) -> Result<u64, StoreError> {
    let mut rest = checkpoint(connection)?;
    for _ in 1..PASSES_MAX {
        if rest <= REST_PAGES_WANTED {
            break;
        }
        let now = checkpoint(connection)?;
        let is_fewer = now < rest;
        rest = now;
        if !is_fewer {
            break;
        }
    }
    Ok(rest)
}

/// Runs a passive checkpoint; returns how many pages of the log it did not copy.
fn checkpoint(connection: &Connection) -> Result<u64, StoreError> {
    let (log, copied): (i64, i64) =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(u64::try_from(log - copied).unwrap_or(0))
}
