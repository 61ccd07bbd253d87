//! The store in a database that several servers may share: PostgreSQL 15 or newer.
//!
//! Every job is one transaction on a connection of its own, on a blocking thread. Changes of a book are ordered by its row
//! in `books`, which every change updates first; changes of the directory by its counter in `meta`. A commit whose reply is
//! lost is reported as an error and never repeated here, because it may have taken effect.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::notifications::Notifications;
use super::sql::{Session, Snapshot};
use super::store_error::panicked;
use super::{Commits, FaultInjector, Role, StoreError};

mod address;
mod dialing;
mod error_map;
mod integrity;
mod listener;
pub(super) mod migrations;
mod multi_row;
mod phase;
mod pipeline;
mod pool;
mod schema_check;
mod session;
mod statement_error;
mod tls;
mod waiting;

#[cfg(test)]
mod tests;

pub use address::Address;

use dialing::{Dialer, Purpose};
use pool::{Lease, Pool};
pub(super) use session::PgSession;
use session::TransactionMode;
use waiting::{NetRuntime, WaitTimedOut, wait};

/// How long a migration may take: it may rewrite a table, or wait for another program that does.
const MIGRATION_TIME_MAX: Duration = Duration::from_secs(86_400);

/// An open database.
pub(super) struct Postgres {
    pool: Arc<Pool>,
    faults: FaultInjector,
    commits: Commits,
    notifications: Arc<Notifications>,
}

impl Postgres {
    /// Connects, and creates or migrates the tables. A server begins to send and receive notifications. Blocks.
    pub(super) fn open(address: &Address, role: Role, faults: FaultInjector) -> Result<Self, StoreError> {
        let (runtime, dialer) = start_network(address)?;
        let migrate = async |client: &Client| migrations::migrate(client, address).await;
        on_own_connection(&dialer, migrate, MIGRATION_TIME_MAX)
            .map_err(|_| StoreError::unavailable("a migration took too long: check what the database waits for"))??;
        let notifications = Arc::new(Notifications::default());
        if role == Role::Server {
            runtime.handle().spawn(listener::run(Arc::clone(&dialer), Arc::clone(&notifications)));
        }
        Ok(Self { pool: Arc::new(Pool::new(dialer, runtime)?), faults, commits: Commits::default(), notifications })
    }

    /// Whether the tables exist. Blocks.
    pub(super) fn exists(address: &Address) -> Result<bool, StoreError> {
        let (_runtime, dialer) = start_network(address)?;
        let look = async |client: &Client| migrations::exists(client, address).await;
        let exists = on_own_connection(&dialer, look, address.statement_time_max);
        exists.map_err(|_| StoreError::unavailable("the database has not answered in time"))?
    }

    pub(super) fn commits(&self) -> &Commits {
        &self.commits
    }

    pub(super) fn notifications(&self) -> &Arc<Notifications> {
        &self.notifications
    }

    /// Runs a job in a transaction of its own.
    pub(super) async fn write<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.on_blocking_thread(move |engine, lease| engine.write_here(lease, TransactionMode::Write, job)).await
    }

    /// The same for a change of a book, whose statements are small: a database that sends nothing for some seconds is
    /// given up, because further changes of the book wait.
    pub(super) async fn change<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.on_blocking_thread(move |engine, lease| engine.write_here(lease, TransactionMode::Change, job)).await
    }

    /// The same in a session that has begun already.
    pub(super) async fn change_in<T, F>(self: &Arc<Self>, session: PgSession, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        let engine = Arc::clone(self);
        let work = move || engine.write_on(session, job);
        tokio::task::spawn_blocking(work).await.map_err(StoreError::unavailable)?
    }

    /// After this time the database ends a transaction that is idle.
    pub(super) fn idle_in_transaction_max(&self) -> Duration {
        self.pool.idle_in_transaction_max()
    }

    /// A session for a change of a book, if a connection is free now. Blocks.
    pub(super) fn spare_change_session(&self) -> Result<Option<PgSession>, StoreError> {
        let lease = self.pool.spare_lease()?;
        Ok(lease.map(|lease| PgSession::new(lease, TransactionMode::Change)))
    }

    /// Runs a read so short that a connection on which it takes seconds is given up.
    pub(super) async fn read_short<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.on_blocking_thread(move |engine, lease| engine.read_here(lease, TransactionMode::ShortRead, job)).await
    }

    /// Runs a read, each statement by itself.
    pub(super) async fn read<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.on_blocking_thread(move |engine, lease| engine.read_here(lease, TransactionMode::Autocommit, job)).await
    }

    /// Runs a read whose statements see one snapshot.
    pub(super) async fn read_snapshot<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.on_blocking_thread(move |engine, lease| engine.read_here(lease, TransactionMode::Snapshot, job)).await
    }

    /// A session that sees one snapshot. Blocks.
    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.snapshot_in(self.pool.lease_blocking()?)
    }

    /// The same if a connection is free now.
    pub(super) fn spare_snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        self.pool.spare_lease()?.map(|lease| self.snapshot_in(lease)).transpose()
    }

    fn snapshot_in(&self, lease: Lease) -> Result<Snapshot, StoreError> {
        self.faults.check()?;
        Ok(Snapshot::new(PgSession::new(lease, TransactionMode::Snapshot)))
    }

    async fn on_blocking_thread<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Self, Lease) -> Result<T, StoreError> + Send + 'static,
    {
        let began = Instant::now();
        let lease = self.pool.lease().await?;
        self.commits.metrics().waited_for_connection(began.elapsed());
        let engine = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&engine, lease)).await.map_err(StoreError::unavailable)?
    }

    fn read_here<T>(
        &self,
        lease: Lease,
        mode: TransactionMode,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.faults.check()?;
        job(&PgSession::new(lease, mode))
    }

    fn write_here<T>(
        &self,
        lease: Lease,
        mode: TransactionMode,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_on(PgSession::new(lease, mode), job)
    }

    fn write_on<T>(
        &self,
        session: PgSession,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let outcome = self.transact(session, job);
        match &outcome {
            Ok(_) => self.commits.committed(1, began.elapsed()),
            Err(
                fault @ (StoreError::Unavailable { .. } | StoreError::DiskFull { .. } | StoreError::Damaged { .. }),
            ) => self.commits.failed(fault),
            // A refusal is no failure.
            Err(_) => {}
        }
        outcome
    }

    fn transact<T>(
        &self,
        session: PgSession,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.faults.check()?;
        let work = || self.faults.check().and_then(|()| job(&session));
        let value = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)))?;
        self.faults.check()?;
        session.commit()?;
        Ok(value)
    }
}

/// The runtime of the sockets, and what makes connections on it.
fn start_network(address: &Address) -> Result<(NetRuntime, Arc<Dialer>), StoreError> {
    let (tls, runtime) = (tls::connector(address)?, NetRuntime::start()?);
    let dialer = Arc::new(Dialer::new(address.clone(), tls, runtime.handle().clone()));
    Ok((runtime, dialer))
}

/// Works on a connection that is used for nothing else. Blocks.
fn on_own_connection<T>(
    dialer: &Arc<Dialer>,
    work: impl AsyncFnOnce(&Client) -> Result<T, StoreError>,
    silence_max: Duration,
) -> Result<Result<T, StoreError>, WaitTimedOut> {
    let made = match wait(dialer.connect(Purpose::Work), dialer.connect_time_max() * 2)? {
        Ok(made) => made,
        Err(error) => return Ok(Err(error)),
    };
    dialer.runtime().spawn(made.socket);
    wait(work(&made.client), silence_max)
}
