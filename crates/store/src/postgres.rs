//! The store in a database that several servers may share: PostgreSQL 15 or newer.
//!
//! Every job is one transaction on a connection of its own, on a thread that may block. What orders the changes of a
//! book is its row in `books`, which every change moves first; what orders those of the directory is its counter in
//! `meta`. A commit whose answer is lost is told as a failure and never tried again here: nobody knows what became of it.

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
mod pool;
mod schema_check;
mod session;
mod tls;
mod waiting;

#[cfg(test)]
mod tests;

pub use address::Address;

use dialing::{Dialer, Purpose};
use pool::{Lease, Pool};
use session::{Talk, TransactionMode};
use waiting::{Driver, Silence, wait};

/// How long a step of the schema may take: it may rewrite a table, or wait for another program that does.
const STEP_TIME_MAX: Duration = Duration::from_secs(86_400);

/// An open database.
pub(super) struct Postgres {
    pool: Arc<Pool>,
    faults: FaultInjector,
    commits: Commits,
    notifications: Arc<Notifications>,
}

impl Postgres {
    /// Connects, and makes or migrates the tables. A server begins to tell and to hear what moves. Blocks.
    pub(super) fn open(address: &Address, role: Role, faults: FaultInjector) -> Result<Self, StoreError> {
        let (driver, dialer) = ground(address)?;
        let migrated = alone(&dialer, async |client| migrations::migrate(client, address).await, STEP_TIME_MAX);
        migrated
            .map_err(|_| StoreError::unavailable("a migration took too long: see what the database waits for"))??;
        let notifications = Arc::new(Notifications::default());
        if role == Role::Server {
            driver.handle().spawn(listener::run(Arc::clone(&dialer), Arc::clone(&notifications)));
        }
        Ok(Self { pool: Arc::new(Pool::new(dialer, driver)?), faults, commits: Commits::default(), notifications })
    }

    /// Whether the tables are there. Blocks.
    pub(super) fn exists(address: &Address) -> Result<bool, StoreError> {
        let (_driver, dialer) = ground(address)?;
        let looking = async |client: &Client| migrations::exists(client, address).await;
        let exists = alone(&dialer, looking, address.statement_time_max);
        exists.map_err(|_| StoreError::unavailable("the database has not answered in time"))?
    }

    pub(super) fn commits(&self) -> &Commits {
        &self.commits
    }

    pub(super) fn notifications(&self) -> &Arc<Notifications> {
        &self.notifications
    }

    /// Does a job in a transaction of its own.
    pub(super) async fn write<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.off_the_async_threads(move |engine, lease| engine.write_here(lease, job)).await
    }

    /// Does a read so short that a connection on which it takes seconds is given up.
    pub(super) async fn read_short<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.off_the_async_threads(move |engine, lease| engine.read_here(lease, TransactionMode::ShortRead, job)).await
    }

    /// Does a read; each statement by itself.
    pub(super) async fn read<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.off_the_async_threads(move |engine, lease| engine.read_here(lease, TransactionMode::Autocommit, job)).await
    }

    /// The same, all of one moment.
    pub(super) async fn read_snapshot<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.off_the_async_threads(move |engine, lease| engine.read_here(lease, TransactionMode::Snapshot, job)).await
    }

    /// A session of one's own that sees one moment. Blocks.
    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.snapshot_in(self.pool.lease_here()?)
    }

    /// Another one, if a connection is free.
    pub(super) fn spare_snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        self.pool.spare_lease()?.map(|lease| self.snapshot_in(lease)).transpose()
    }

    fn snapshot_in(&self, lease: Lease) -> Result<Snapshot, StoreError> {
        self.faults.check()?;
        Ok(Snapshot::new(Talk::new(lease, TransactionMode::Snapshot)))
    }

    async fn off_the_async_threads<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
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
        job(&Talk::new(lease, mode))
    }

    fn write_here<T>(
        &self,
        lease: Lease,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let outcome = self.transact(lease, job);
        match &outcome {
            Ok(_) => self.commits.committed(1, began),
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
        lease: Lease,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.faults.check()?;
        let talk = Talk::new(lease, TransactionMode::Write);
        let work = || self.faults.check().and_then(|()| job(&talk));
        let value = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)))?;
        self.faults.check()?;
        talk.commit()?;
        Ok(value)
    }
}

/// What connections are made on, and what makes them.
fn ground(address: &Address) -> Result<(Driver, Arc<Dialer>), StoreError> {
    let (tls, driver) = (tls::connector(address)?, Driver::start()?);
    let dialer = Arc::new(Dialer::new(address.clone(), tls, driver.handle().clone()));
    Ok((driver, dialer))
}

/// Works on a connection that is used for nothing else. Blocks.
fn alone<T>(
    dialer: &Arc<Dialer>,
    work: impl AsyncFnOnce(&Client) -> Result<T, StoreError>,
    patience: Duration,
) -> Result<Result<T, StoreError>, Silence> {
    let (client, wire) = match wait(dialer.connect(Purpose::Work), dialer.patience() * 2)? {
        Ok(made) => made,
        Err(fault) => return Ok(Err(fault)),
    };
    dialer.driver().spawn(wire);
    wait(work(&client), patience)
}
