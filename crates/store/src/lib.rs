//! Where everything lasts: the directory of accounts, the sessions, the counters and the books.
//!
//! The store never decides: it keeps rows and hands them back. It knows no question, no right, no rule of an
//! address book; what it refuses, it refuses because a row is there or is not. Every method is one transaction.
//!
//! Two engines keep the rows: SQLite in a directory of its own ([`sqlite`]), and PostgreSQL, which several servers
//! may share ([`postgres`]). What is said to them is written once, against [`sql`]. [`Store`] is a handle: a copy is
//! the same store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringbook_book::Book;
use ringbook_book::id::{CustomerId, Revision};

mod accounts;
mod audit;
mod book_lock;
mod books;
mod bulk;
mod catch_up;
mod devices;
mod directory;
mod directory_revision;
mod fault_injector;
mod folding;
mod ids;
mod lists;
mod loading;
mod logins;
mod metrics;
mod moving;
mod notifications;
mod points;
mod postgres;
mod put_rows;
mod rows;
mod sequences;
mod sql;
mod sqlite;
mod staging;
pub(crate) mod statements;
mod step_size;
mod store_error;
mod users;
mod verify;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
pub(crate) mod tests;

pub use accounts::{CustomerEdit, NewCustomer};
pub use audit::RequestReader;
pub use audit::{Bodies, Request, RequestRow, SEGMENT_SECONDS_MAX, Segment, Sent};
pub use book_lock::BookLock;
pub use books::CommitError;
pub use catch_up::CatchUp;
pub use devices::{DeviceEdit, DeviceRow, DeviceSettings, DeviceUse, NewDevice};
pub use directory::{
    AgentRow, BlockRow, CustomerRow, Dialing, Directory, DirectoryChanges, KeyRow, Revisions, UserRow,
};
pub use ids::{AgentId, DeviceId, KeyId, UserId};
pub use logins::SessionRow;
pub use metrics::Commits;
pub use moving::{MoveError, MovePhase, MoveStep, Transfer, move_store};
pub use notifications::{ChangedBooks, Notifications};
pub use points::{PointsRow, PointsUse};
pub use postgres::Address;
pub use rows::AccountId;
pub use sequences::IdKind;
pub use sqlite::reserve::RESERVE_BYTES;
pub use store_error::{EntityKind, StoreError};
pub use users::{NewKey, NewUser, UserEdit};
pub use verify::FINDINGS_MAX;

#[cfg(not(any(test, feature = "testing")))]
use fault_injector::FaultInjector;
#[cfg(any(test, feature = "testing"))]
pub use fault_injector::FaultInjector;
use folding::Folding;
use postgres::Postgres;
use sql::{Session, Snapshot};
use sqlite::Sqlite;
pub use sqlite::backup::{BackupError, BackupProgress, Existing, backup};

/// What names the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A database that several servers may share.
    Database(Address),
}

impl From<&Path> for Location {
    fn from(directory: &Path) -> Self {
        Self::Directory(directory.to_owned())
    }
}

impl From<&PathBuf> for Location {
    fn from(directory: &PathBuf) -> Self {
        Self::Directory(directory.clone())
    }
}

impl From<&Location> for Location {
    fn from(place: &Location) -> Self {
        place.clone()
    }
}

/// Who opens the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A server: there is at most one on a directory, and any number on a database.
    Server,
    /// An operator's command: works beside a running server.
    Operator,
}

/// A handle to the data; copies are the same store. The last one to go closes it, after what was begun is on disk.
#[derive(Clone)]
pub struct Store(Engine, Arc<Folding>);

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl Store {
    /// Opens the data, making and migrating them as needed. Blocks on the store.
    ///
    /// Fails when another server holds the directory ([`StoreError::Locked`], servers only), when the data are of
    /// a newer program or not ringbook's, when they are a copy that was not finished ([`StoreError::Unfinished`]), or
    /// when the disk or the database refuses.
    pub fn open(place: impl Into<Location>, role: Role) -> Result<Self, StoreError> {
        Self::open_finished(place, role, FaultInjector::none())
    }

    /// [`Store::open`] with injected failures.
    ///
    /// # Errors
    /// Those of [`Store::open`], and the injected ones.
    #[cfg(any(test, feature = "testing"))]
    pub fn open_with(place: impl Into<Location>, role: Role, faults: FaultInjector) -> Result<Self, StoreError> {
        Self::open_finished(place, role, faults)
    }

    fn open_finished(place: impl Into<Location>, role: Role, faults: FaultInjector) -> Result<Self, StoreError> {
        let store = Self::open_even_unfinished(place, role, faults)?;
        let unfinished = store.snapshot().and_then(|session| session.finds(statements::UNFINISHED_MOVE, &[]));
        // If the rows cannot be read, the first operation that needs them reports it.
        if unfinished == Ok(true) { Err(StoreError::Unfinished) } else { Ok(store) }
    }

    /// Opens the data even if they are an incomplete copy, in order to complete it.
    fn open_even_unfinished(place: impl Into<Location>, role: Role, faults: FaultInjector) -> Result<Self, StoreError> {
        let engine = match place.into() {
            Location::Directory(directory) => Engine::Sqlite(Arc::new(Sqlite::open(&directory, role, faults)?)),
            Location::Database(address) => Engine::Postgres(Arc::new(Postgres::open(&address, role, faults)?)),
        };
        Ok(Self(engine, Arc::default()))
    }

    /// Whether there are data already. Opening makes them; a command that only looks asks first. Blocks on the store.
    pub fn exists(place: &Location) -> Result<bool, StoreError> {
        match place {
            Location::Directory(directory) => Ok(Sqlite::exists(directory)),
            Location::Database(address) => Postgres::exists(address),
        }
    }

    /// Closes the store after what was begun is on disk, and leaves images of these books, in their last state, for
    /// the next start where the engine has images. Does nothing of that while other handles are about: the last one to
    /// go closes the store then. Blocks on the disk.
    pub fn close(self, books: &[(CustomerId, Arc<Book>)]) {
        self.1.close();
        match self.0 {
            Engine::Sqlite(engine) => match Arc::try_unwrap(engine) {
                Ok(engine) => engine.close(books),
                Err(_) => tracing::warn!("the store is still in use: no images of books are written"),
            },
            Engine::Postgres(_) => {}
        }
    }

    /// Whether other servers may change what is stored.
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Engine::Postgres(_))
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read_short(|session| session.finds(statements::PING, &[]).map(drop)).await
    }

    /// Whether there is space on the disk for changes, as far as that is known: a directory's disk is looked at, that of a
    /// database is known from the last change.
    pub fn has_room(&self) -> bool {
        match &self.0 {
            Engine::Sqlite(engine) => engine.has_room(),
            Engine::Postgres(engine) => !engine.commits().is_disk_full(),
        }
    }

    /// What other servers tell of their changes; where no other server shares the data, nobody ever does.
    pub fn notifications(&self) -> Arc<Notifications> {
        match &self.0 {
            Engine::Sqlite(_) => Arc::default(),
            Engine::Postgres(engine) => Arc::clone(engine.notifications()),
        }
    }

    /// Tells other servers that a book has moved; waits for nothing.
    fn notify(&self, customer: CustomerId, revision: Revision) {
        match &self.0 {
            Engine::Sqlite(_) => {}
            Engine::Postgres(engine) => engine.notifications().send(customer, revision),
        }
    }

    /// What was written so far.
    pub fn commits(&self) -> &Commits {
        match &self.0 {
            Engine::Sqlite(engine) => engine.commits(),
            Engine::Postgres(engine) => engine.commits(),
        }
    }

    /// Does a job in a transaction and answers after the commit is on disk. A job that fails leaves nothing.
    ///
    /// The job runs on a thread that may block: it must not wait for anything but the session. Once sent it is done
    /// even when the caller goes away.
    async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.0 {
            Engine::Sqlite(engine) => engine.write(move |connection| job(connection)).await,
            Engine::Postgres(engine) => engine.write(job).await,
        }
    }

    /// Like [`Store::write`], for a change of a book: a database that stops answering is given up within seconds. It is
    /// made in the transaction that holds the lock of the book, if there is one.
    async fn change<T, F>(&self, lock: Option<BookLock>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        match (&self.0, lock) {
            (Engine::Sqlite(engine), _) => engine.write(move |connection| job(connection)).await,
            (Engine::Postgres(engine), None) => engine.change(job).await,
            (Engine::Postgres(engine), Some(lock)) => engine.change_in(lock.session, job).await,
        }
    }

    /// Does a step of long work in a transaction of its own, so that the changes of others go between the steps. Once
    /// committed it is seen by all; after a crash it is there if any later [`Store::write`] was answered.
    async fn write_step<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.0 {
            Engine::Sqlite(engine) => engine.write_step(move |connection| job(connection)).await,
            Engine::Postgres(engine) => engine.write(job).await,
        }
    }

    /// Like [`Store::write_step`], for steps with small statements that others wait for: a database that stops answering
    /// is given up within seconds.
    async fn short_step<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.0 {
            Engine::Sqlite(engine) => engine.write_step(move |connection| job(connection)).await,
            Engine::Postgres(engine) => engine.change(job).await,
        }
    }

    /// Like [`Store::read`], for reads of a few rows that others wait for: where the way to the store is broken without a
    /// sign of it, that is found out within seconds.
    async fn read_short<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.0 {
            Engine::Sqlite(engine) => engine.read(move |connection| job(connection)).await,
            Engine::Postgres(engine) => engine.read_short(job).await,
        }
    }

    /// Does a short read off the async threads; every statement sees what was committed before it.
    async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.0 {
            Engine::Sqlite(engine) => engine.read(move |connection| job(connection)).await,
            Engine::Postgres(engine) => engine.read(job).await,
        }
    }

    /// Like [`Store::read`], all of one moment.
    async fn read_snapshot<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.0 {
            Engine::Sqlite(engine) => engine.read(move |connection| job(&*connection.unchecked_transaction()?)).await,
            Engine::Postgres(engine) => engine.read_snapshot(job).await,
        }
    }

    /// A session of one's own that sees one moment, for a read that takes long. Blocks on the store.
    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.snapshot(),
            Engine::Postgres(engine) => engine.snapshot(),
        }
    }

    /// Another such session, if there is room for it at once. It may see a later moment.
    fn spare_snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.spare_snapshot(),
            Engine::Postgres(engine) => engine.spare_snapshot(),
        }
    }

    /// The image of a book that the last program left, if there is one that shows what is stored.
    fn image(&self, customer: CustomerId) -> Option<Book> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.image(customer),
            Engine::Postgres(_) => None,
        }
    }
}
