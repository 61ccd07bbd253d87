//! Where everything lasts: the directory of accounts, the sessions, the counters and the books.
//!
//! The store never decides: it keeps rows and hands them back. It knows no question, no right, no rule of an
//! address book; what it refuses, it refuses because a row is there or is not. Every method is one transaction.
//!
//! One thread writes and gathers the jobs of everybody into one commit ([`writer`]); reads run on a few connections
//! of their own that see the last committed state. [`Store`] is a handle: a copy is the same store.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ringbook_book::Book;
use ringbook_book::id::CustomerId;
use rusqlite::Connection;
use tokio::sync::Semaphore;

mod accounts;
mod books;
mod directory;
mod fault;
mod files;
mod images;
mod lists;
mod points;
mod report;
mod rows;
mod sequences;
mod sessions;
mod sqlite;
pub(crate) mod statements;
mod users;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

pub use accounts::{CustomerEdit, NewCustomer};
pub use books::Uncommitted;
pub use directory::{AgentRow, BlockRow, CustomerRow, Directory, KeyRow, Revisions, UserRow};
pub use fault::{Noun, StoreFault};
pub use points::{PointsRow, PointsUse};
pub(crate) use report::Requests;
pub use report::{Bodies, Request, RequestRow, SEGMENT_SECONDS_MAX, Segment, Sent};
pub use rows::AccountId;
pub use sequences::IdKind;
pub use sessions::SessionRow;
pub use users::{NewKey, NewUser, UserEdit};
pub use verify::FINDINGS_MAX;
pub use writer::Commits;

/// How many reads run at once.
const READERS_MAX: usize = 4;

/// Who opens the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A server: there is at most one on a directory.
    Server,
    /// An operator's command: works beside a running server.
    Operator,
}

/// Makes the n-th operation of a store fail, so that tests can walk every path of a failure.
///
/// An operation is a begin, a job, a commit or a read. The counter is shared by the copies, so that a test can set
/// it again on a running store.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<AtomicU64>);

impl Faults {
    /// Every operation is left alone.
    pub fn none() -> Self {
        Self::default()
    }

    /// From now on the `n`-th operation fails, once; 0 leaves all alone.
    pub fn fail_nth(&self, n: u64) {
        self.0.store(n, Ordering::SeqCst);
    }

    /// Counts an operation; fails when it is the one.
    fn strike(&self) -> Result<(), StoreFault> {
        let before = self.0.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before == Ok(1) { Err(StoreFault::unavailable("a fault was asked for")) } else { Ok(()) }
    }
}

/// A handle to the data; copies are the same store. The last one to go closes it, after what was begun is on disk.
#[derive(Clone)]
pub struct Store(Arc<Engine>);

struct Engine {
    path: PathBuf,
    /// Declared before the writer: only a connection that may write can fold the log into the database, so the
    /// readers must be gone when it closes.
    idle: Mutex<Vec<Connection>>,
    writer: writer::Writer,
    reading: Arc<Semaphore>,
    faults: Faults,
    /// The state that the database file was in before it was opened.
    found: Option<images::Identity>,
    /// Held until the store closes; declared last, so that it is given up last.
    _lock: Option<File>,
}

impl Store {
    /// Opens the data in a directory, making and migrating them as needed. Blocks on the disk.
    ///
    /// Fails when another server holds the directory ([`StoreFault::Locked`], servers only), when the data are of
    /// a newer program or not ringbook's, or when the disk refuses.
    pub fn open(directory: &Path, role: Role) -> Result<Self, StoreFault> {
        Self::open_with(directory, role, Faults::none())
    }

    /// Whether a directory holds data already. Opening makes them; a command that only looks asks first.
    pub fn exists(directory: &Path) -> bool {
        files::is_there(directory)
    }

    /// Like [`Store::open`], with operations that a test makes fail.
    pub fn open_with(directory: &Path, role: Role, faults: Faults) -> Result<Self, StoreFault> {
        let path = files::database(directory)?;
        let lock = match role {
            Role::Server => Some(files::lock(directory)?),
            Role::Operator => None,
        };
        let found = images::Identity::of(&path);
        let mut connection = sqlite::writer(&path)?;
        sqlite::migrate(&mut connection, &path)?;
        let writer = writer::Writer::start(connection, faults.clone())?;
        let reading = Arc::new(Semaphore::new(READERS_MAX));
        Ok(Self(Arc::new(Engine { path, writer, idle: Mutex::default(), reading, faults, found, _lock: lock })))
    }

    /// Closes the store after what was begun is on disk, and leaves images of these books, in their last state, for
    /// the next start. Does nothing of that while other handles are about: the last one to go closes the store then.
    /// Blocks on the disk.
    pub fn close(self, books: &[(CustomerId, Arc<Book>)]) {
        let Ok(engine) = Arc::try_unwrap(self.0) else {
            tracing::warn!("the store is still in use: no images of books are written");
            return;
        };
        let Engine { path, writer, idle, _lock, .. } = engine;
        drop(idle);
        drop(writer);
        // The lock is still held: no other server can change the database before its state is noted.
        if let Some(identity) = images::Identity::of(&path).filter(|_| _lock.is_some()) {
            images::write_all(&path, identity, books);
        }
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), StoreFault> {
        self.read(|connection| Ok(connection.prepare_cached(statements::PING)?.query_row([], |_| Ok(()))?)).await
    }

    /// What the writer has done so far.
    pub fn commits(&self) -> &Commits {
        &self.0.writer.commits
    }

    /// Does a job in the next transaction and answers after the commit is on disk. A job that fails leaves nothing.
    ///
    /// The job runs on the writing thread: it must not wait for anything but the database. Once sent it is done
    /// even when the caller goes away.
    pub(crate) async fn write<T, F>(&self, job: F) -> Result<T, StoreFault>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreFault> + Send + 'static,
    {
        self.0.writer.write(job).await
    }

    /// Does a short read off the async threads, on a connection that sees what was committed before.
    pub(crate) async fn read<T, F>(&self, job: F) -> Result<T, StoreFault>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreFault> + Send + 'static,
    {
        // The permit goes into the job: a caller who leaves does not make room while the job still runs.
        let permit = Arc::clone(&self.0.reading).acquire_owned().await.map_err(StoreFault::unavailable)?;
        let engine = Arc::clone(&self.0);
        let work = move || {
            let _permit = permit;
            engine.read(job)
        };
        tokio::task::spawn_blocking(work).await.map_err(StoreFault::unavailable)?
    }

    /// A read-only connection of one's own, for a load that takes long. Blocks on the disk.
    pub(crate) fn reader(&self) -> Result<Connection, StoreFault> {
        self.0.faults.strike()?;
        sqlite::reader(&self.0.path)
    }
}

impl Engine {
    fn read<T>(&self, job: impl FnOnce(&Connection) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        self.faults.strike()?;
        let connection = match self.idle().pop() {
            Some(connection) => connection,
            None => sqlite::reader(&self.path)?,
        };
        let answer = job(&connection);
        // A connection that failed is not kept: the next read opens a fresh one.
        if answer.is_ok() {
            self.idle().push(connection);
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
