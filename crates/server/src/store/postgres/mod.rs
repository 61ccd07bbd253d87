//! The store in a database that several servers may share: PostgreSQL 15 or newer.
//!
//! Every job is one transaction on a connection of its own, on a thread that may block. What orders the changes of a
//! book is its row in `books`, which every change moves first; what orders those of the directory is its counter in
//! `meta`. A commit whose answer is lost is told as a failure and never tried again here: nobody knows what became of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::fault::panicked;
use super::session::{Session, Snapshot};
use super::{Commits, Faults, StoreFault};

mod address;
mod faults;
mod integrity;
pub(super) mod migrations;
mod pool;
mod session;
mod tls;
mod waiting;

#[cfg(test)]
mod tests;

pub use address::Address;

use pool::{Pool, Turn};
use session::{Bond, Talk};
use waiting::{Driver, wait};

/// How long a step of the schema may take: it may rewrite a table, or wait for another program that does.
const STEP_TIME_MAX: Duration = Duration::from_secs(86_400);

/// An open database.
pub(super) struct Postgres {
    pool: Arc<Pool>,
    faults: Faults,
    commits: Commits,
}

impl Postgres {
    /// Connects, and makes or migrates the tables. Blocks.
    pub(super) fn open(address: &Address, faults: Faults) -> Result<Self, StoreFault> {
        let pool = pool(address)?;
        let client = pool.connect()?;
        let migrated = wait(migrations::migrate(&client, address), STEP_TIME_MAX);
        migrated
            .map_err(|_| StoreFault::unavailable("a migration took too long: see what the database waits for"))??;
        Ok(Self { pool, faults, commits: Commits::default() })
    }

    /// Whether the tables are there. Blocks.
    pub(super) fn exists(address: &Address) -> Result<bool, StoreFault> {
        let pool = pool(address)?;
        let client = pool.connect()?;
        let exists = wait(migrations::exists(&client, address), address.statement_time_max);
        exists.map_err(|_| StoreFault::unavailable("the database has not answered in time"))?
    }

    pub(super) fn commits(&self) -> &Commits {
        &self.commits
    }

    /// Does a job in a transaction of its own.
    pub(super) async fn write<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreFault>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreFault> + Send + 'static,
    {
        self.off_the_async_threads(move |engine, turn| engine.write_here(turn, job)).await
    }

    /// Does a read; all of one moment or each statement by itself.
    pub(super) async fn read<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreFault>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreFault> + Send + 'static,
    {
        self.off_the_async_threads(move |engine, turn| engine.read_here(turn, Bond::None, job)).await
    }

    /// The same, all of one moment.
    pub(super) async fn view<T, F>(self: &Arc<Self>, job: F) -> Result<T, StoreFault>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Session) -> Result<T, StoreFault> + Send + 'static,
    {
        self.off_the_async_threads(move |engine, turn| engine.read_here(turn, Bond::Moment, job)).await
    }

    /// A session of one's own that sees one moment. Blocks.
    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreFault> {
        let turn = self.pool.turn_here()?;
        self.snapshot_in(turn)
    }

    /// Another one, if a connection is free.
    pub(super) fn spare_snapshot(&self) -> Result<Option<Snapshot>, StoreFault> {
        self.pool.spare_turn().map(|turn| self.snapshot_in(turn)).transpose()
    }

    fn snapshot_in(&self, turn: Turn) -> Result<Snapshot, StoreFault> {
        self.faults.strike()?;
        Ok(Snapshot::new(Talk::new(self.pool.lease(turn)?, Bond::Moment)))
    }

    async fn off_the_async_threads<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreFault>
    where
        T: Send + 'static,
        F: FnOnce(&Self, Turn) -> Result<T, StoreFault> + Send + 'static,
    {
        let turn = self.pool.turn().await?;
        let engine = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&engine, turn)).await.map_err(StoreFault::unavailable)?
    }

    fn read_here<T>(
        &self,
        turn: Turn,
        bond: Bond,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        self.faults.strike()?;
        job(&Talk::new(self.pool.lease(turn)?, bond))
    }

    fn write_here<T>(
        &self,
        turn: Turn,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        let began = Instant::now();
        let outcome = self.transact(turn, job);
        match &outcome {
            Ok(_) => self.commits.committed(1, began),
            Err(StoreFault::Unavailable { .. } | StoreFault::Damaged { .. }) => self.commits.failed(),
            // A refusal is no failure.
            Err(_) => {}
        }
        outcome
    }

    fn transact<T>(
        &self,
        turn: Turn,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        self.faults.strike()?;
        let talk = Talk::new(self.pool.lease(turn)?, Bond::Transaction);
        let work = || self.faults.strike().and_then(|()| job(&talk));
        let value = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)))?;
        self.faults.strike()?;
        talk.commit()?;
        Ok(value)
    }
}

fn pool(address: &Address) -> Result<Arc<Pool>, StoreFault> {
    let tls = tls::connector(address)?;
    Ok(Arc::new(Pool::new(address.clone(), tls, Driver::start()?)))
}
