//! The connections: a bounded number of them, made when needed, used by one at a time.
//!
//! Turns and idle connections are kept by the crate `deadpool`; what a connection is, how it is made and when it is not
//! used again is ours. A connection on which anything failed is thrown away.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool as Places, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult,
    TimeoutType, Timeouts,
};
use tokio::task::AbortHandle;
use tokio_postgres::{Client, Error, Statement};

use super::dialing::{Dialer, Purpose};
use super::multi_row;
use super::waiting::{Driver, wait};
use crate::StoreError;

/// How long a caller waits for one of the connections.
const TURN_TIME_MAX: Duration = Duration::from_secs(10);

/// A connection with what it has prepared.
pub(super) struct Link {
    pub(super) client: Client,
    statements: RefCell<HashMap<&'static str, Statement>>,
    /// The same for many rows at once, where there is such a statement.
    of_many: RefCell<HashMap<&'static str, Option<Statement>>>,
    /// Keeps the connection going.
    carrier: AbortHandle,
}

impl Link {
    async fn make(dialer: &Arc<Dialer>) -> Result<Self, StoreError> {
        let (client, wire) = dialer.connect(Purpose::Work).await?;
        let carrying = dialer.driver().spawn(async move {
            if let Err(error) = wire.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        let (statements, of_many) = (RefCell::default(), RefCell::default());
        Ok(Self { client, statements, of_many, carrier: carrying.abort_handle() })
    }

    /// A statement, known to the database from the second time on.
    pub(super) async fn prepared(&self, sql: &'static str) -> Result<Statement, Error> {
        let known = self.statements.borrow().get(sql).cloned();
        match known {
            Some(statement) => Ok(statement),
            None => {
                let statement = self.client.prepare(sql).await?;
                self.statements.borrow_mut().insert(sql, statement.clone());
                Ok(statement)
            }
        }
    }

    /// A statement that does to many rows what this one does to one, if there is such a statement.
    pub(super) async fn prepared_of_many(&self, sql: &'static str) -> Result<Option<Statement>, Error> {
        let known = self.of_many.borrow().get(sql).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let one = self.prepared(sql).await?;
        let many = match multi_row::of_many(sql, one.params()) {
            Some(text) => Some(self.client.prepare(&text).await?),
            None => None,
        };
        self.of_many.borrow_mut().insert(sql, many.clone());
        Ok(many)
    }
}

/// What the pool needs to know of connections.
struct Links(Arc<Dialer>);

impl Manager for Links {
    type Type = Link;
    type Error = StoreError;

    async fn create(&self) -> Result<Link, StoreError> {
        Link::make(&self.0).await
    }

    async fn recycle(&self, link: &mut Link, _metrics: &Metrics) -> RecycleResult<StoreError> {
        if link.client.is_closed() { Err(RecycleError::message("it was closed meanwhile")) } else { Ok(()) }
    }
}

/// The connections to a database.
pub(super) struct Pool {
    dialer: Arc<Dialer>,
    places: Places<Links>,
    /// Below the connections, which live on it.
    _driver: Driver,
}

impl Pool {
    pub(super) fn new(dialer: Arc<Dialer>, driver: Driver) -> Result<Self, StoreError> {
        let mut config = PoolConfig::new(dialer.address.connections_max);
        // What was used last is least likely to have been closed meanwhile.
        config.queue_mode = QueueMode::Lifo;
        let places = Places::builder(Links(Arc::clone(&dialer))).config(config).runtime(Runtime::Tokio1).build();
        Ok(Self { dialer, places: places.map_err(StoreError::unavailable)?, _driver: driver })
    }

    /// A connection; waits for one without blocking the thread.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, StoreError> {
        self.lease_within(TURN_TIME_MAX).await?.ok_or_else(|| self.busy())
    }

    /// The same on a thread that may block.
    pub(super) fn lease_here(self: &Arc<Self>) -> Result<Lease, StoreError> {
        self.blocking(TURN_TIME_MAX)?.ok_or_else(|| self.busy())
    }

    /// A connection if one is free at once. Blocks while it is made.
    pub(super) fn spare_lease(self: &Arc<Self>) -> Result<Option<Lease>, StoreError> {
        self.blocking(Duration::ZERO)
    }

    fn blocking(self: &Arc<Self>, turn_time: Duration) -> Result<Option<Lease>, StoreError> {
        // The timers are those of the driver, because this thread may have none.
        let _context = self.dialer.driver().enter();
        let patience = TURN_TIME_MAX + self.dialer.patience() * 2;
        wait(self.lease_within(turn_time), patience).map_err(|_| self.busy())?
    }

    /// `None` when no turn came in time.
    async fn lease_within(self: &Arc<Self>, turn_time: Duration) -> Result<Option<Lease>, StoreError> {
        let times = Timeouts { wait: Some(turn_time), create: None, recycle: None };
        match self.places.timeout_get(&times).await {
            Ok(link) => Ok(Some(Lease { link: Some(link), pool: Arc::clone(self) })),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Ok(None),
            Err(PoolError::Backend(fault)) => {
                self.forget_idle();
                Err(fault)
            }
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// What is idle now is not used again: something suggests that it is as broken as another one was.
    fn forget_idle(&self) {
        drop(self.places.retain(|_, _| false));
    }

    fn busy(&self) -> StoreError {
        let (count, seconds) = (self.dialer.address.connections_max, TURN_TIME_MAX.as_secs());
        StoreError::unavailable(format_args!(
            "none of the {count} connections to the database became free within {seconds} s: see what the database \
             waits for, or set connections in --database higher"
        ))
    }
}

/// A connection that is in use.
pub(super) struct Lease {
    /// There until it is given back or thrown away.
    link: Option<Object<Links>>,
    pool: Arc<Pool>,
}

impl Lease {
    pub(super) fn link(&self) -> &Link {
        self.link.as_ref().expect("a lease has its connection until it ends")
    }

    /// How long the database may keep quiet.
    pub(super) fn patience(&self) -> Duration {
        self.pool.dialer.address.statement_time_max + TURN_TIME_MAX
    }

    /// Whether it was idle before, so that it may have broken without anybody noticing.
    pub(super) fn was_idle(&self) -> bool {
        self.link.as_ref().is_some_and(|link| Object::metrics(link).recycle_count > 0)
    }

    /// Something failed on it: nobody will use it again.
    pub(super) fn throw_away(&mut self) {
        drop(self.link.take().map(Object::take));
    }

    /// It keeps quiet: nobody waits for what it may still say.
    pub(super) fn break_off(&self) {
        self.link().carrier.abort();
    }

    /// A fresh connection instead of this one, which broke while it was idle. Blocks.
    pub(super) fn renew(&mut self) -> Result<(), StoreError> {
        self.throw_away();
        self.pool.forget_idle();
        let mut fresh = self.pool.lease_here()?;
        self.link = fresh.link.take();
        Ok(())
    }
}
