//! The store in a directory of its own: SQLite.
//!
//! One thread writes and gathers the jobs of everybody into one commit ([`writer`]); reads run on a few connections
//! of their own that see the last committed state. One server holds the directory at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringbook_book::Book;
use ringbook_book::id::CustomerId;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::sql::Snapshot;
use super::{Commits, FaultInjector, Role, StoreError, staging};

pub(super) mod backup;
mod checkpoint;
pub(super) mod database;
mod files;
mod images;
mod job;
mod readers;
pub(super) mod reserve;
mod session;
mod stages;
mod turn;
mod writer;

#[cfg(test)]
mod tests;

/// How many reads run at once.
const READERS_MAX: usize = 4;

/// An open directory.
pub(super) struct Sqlite {
    path: PathBuf,
    /// Declared before the writer: only a connection that may write can fold the log into the database, so the
    /// readers must be gone when it closes.
    idle: Mutex<Vec<Connection>>,
    writer: writer::Writer,
    reading: Arc<Semaphore>,
    readers: Arc<readers::Readers>,
    reserve: reserve::Reserve,
    faults: FaultInjector,
    /// The state that the database file was in before it was opened.
    found: Option<images::Identity>,
    /// Held until the store closes; declared last, so that it is given up last.
    lock: Option<files::ServerLock>,
}

impl Sqlite {
    pub(super) fn open(directory: &Path, role: Role, faults: FaultInjector) -> Result<Self, StoreError> {
        let path = files::database(directory)?;
        let lock = match role {
            Role::Server => {
                files::warn_of_others(directory);
                Some(files::lock(directory)?)
            }
            Role::Operator => None,
        };
        let reserve = reserve::Reserve::of(directory, role);
        reserve.open();
        let found = images::Identity::of(&path);
        let mut connection = database::writer(&path)?;
        database::migrate(&mut connection, &path)?;
        if role == Role::Server {
            staging::clean(&connection)?;
        }
        let commits = Arc::new(Commits::default());
        let readers = Arc::<readers::Readers>::default();
        let checkpoints = match role {
            Role::Server => {
                let metrics = Arc::clone(commits.metrics());
                Some(checkpoint::Checkpoints::start(&mut connection, &path, metrics, Arc::clone(&readers))?)
            }
            Role::Operator => None,
        };
        let turns = turn::Turns::of(directory, role);
        let writer = writer::Writer::start(connection, checkpoints, turns, reserve.clone(), faults.clone(), commits)?;
        let reading = Arc::new(Semaphore::new(READERS_MAX));
        Ok(Self { path, writer, idle: Mutex::default(), reading, readers, reserve, faults, found, lock })
    }

    /// Whether there is a database in a directory.
    pub(super) fn exists(directory: &Path) -> bool {
        files::is_there(directory)
    }

    /// Closes the database after what was begun is on disk, and leaves images of these books.
    pub(super) fn close(self, books: &[(CustomerId, Arc<Book>)]) {
        let Self { path, writer, idle, lock, .. } = self;
        drop(idle);
        drop(writer);
        // The lock is still held: no other server can change the database before its state is noted.
        if let Some(identity) = images::Identity::of(&path).filter(|_| lock.is_some()) {
            images::write_all(&path, identity, books);
        }
    }

    /// The image of a book that was left when the directory was last closed, if it is a good one.
    pub(super) fn image(&self, customer: CustomerId) -> Option<Book> {
        self.found.and_then(|found| images::read(&self.path, customer, found))
    }

    /// Notes for operator commands that this server follows the directory up to a revision.
    pub(super) fn note_followed(&self, revision: i64) {
        if let Some(lock) = &self.lock {
            lock.note_followed(Some(revision));
        }
    }

    /// The revision of the directory that the server follows, if there is one.
    pub(super) fn followed(&self) -> Option<i64> {
        files::followed(&self.path)
    }

    pub(super) fn commits(&self) -> &Commits {
        &self.writer.commits
    }

    /// Whether there is space on the disk for changes.
    pub(super) fn has_room(&self) -> bool {
        self.reserve.has_room()
    }

    /// Does a job in the next transaction, on the writing thread; answers after the commit is on disk.
    pub(super) async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(job::JobKind::Change, job).await
    }

    /// Does a step of long work: in a transaction of its own, between the changes of others. It is answered when it is
    /// committed; it is on the disk when a later [`write`](Self::write) is.
    pub(super) async fn write_step<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(job::JobKind::Step, job).await
    }

    /// Does a short read off the async threads.
    pub(super) async fn read<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        // The permit goes into the job: a caller who leaves does not make room while the job still runs.
        let permit = Arc::clone(&self.reading).acquire_owned().await.map_err(StoreError::unavailable)?;
        let engine = Arc::clone(self);
        let work = move || {
            let _permit = permit;
            engine.read_here(job)
        };
        tokio::task::spawn_blocking(work).await.map_err(StoreError::unavailable)?
    }

    /// A connection of one's own that sees one moment; it ends with the connection.
    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.snapshot_of(self.readers.begin())
    }

    /// Another one beside a snapshot, if it need not wait for the end of that.
    pub(super) fn spare_snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        self.readers.try_begin().map(|reading| self.snapshot_of(reading)).transpose()
    }

    fn snapshot_of(&self, reading: readers::Reading) -> Result<Snapshot, StoreError> {
        self.faults.check()?;
        let connection = database::reader(&self.path)?;
        connection.execute_batch("BEGIN")?;
        Ok(Snapshot::new(connection).until_dropped(reading))
    }

    fn read_here<T>(&self, job: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.faults.check()?;
        let connection = match self.idle().pop() {
            Some(connection) => connection,
            None => database::reader(&self.path)?,
        };
        let answer = job(&connection);
        // A connection that failed is not kept: the next read opens a fresh one.
        if answer.is_ok() {
            self.idle().push(connection);
        }
        answer
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
