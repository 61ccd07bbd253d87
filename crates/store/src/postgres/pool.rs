//! The pool of connections: a bounded number, made when needed, each used by one session at a time.
//!
//! The crate `deadpool` queues the callers and keeps the idle connections. This module decides how a connection is made
//! and when it is not used again: after any error on it, or when connections go to another host now.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool as ObjectPool, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult,
    TimeoutType, Timeouts,
};
use tokio::task::AbortHandle;
use tokio_postgres::{Client, Error, Statement};

use super::dialing::{Dialer, Purpose};
use super::multi_row;
use super::waiting::{NetRuntime, wait};
use crate::StoreError;

/// How long a caller waits for a connection to become free.
const LEASE_WAIT_MAX: Duration = Duration::from_secs(10);

/// A connection and its prepared statements.
pub(super) struct PooledConnection {
    pub(super) client: Client,
    statements: RefCell<HashMap<&'static str, Statement>>,
    /// The statements for many rows; `None` where a statement has no such form.
    of_many: RefCell<HashMap<&'static str, Option<Statement>>>,
    /// The host that it goes to, by its place in the address.
    host: usize,
    /// Ends the task that reads from and writes to the socket.
    socket_task: AbortHandle,
}

impl PooledConnection {
    async fn make(dialer: &Arc<Dialer>) -> Result<Self, StoreError> {
        let made = dialer.connect(Purpose::Work).await?;
        let socket_task = dialer.runtime().spawn(async move {
            if let Err(error) = made.socket.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        let (statements, of_many) = (RefCell::default(), RefCell::default());
        Ok(Self { client: made.client, statements, of_many, host: made.host, socket_task: socket_task.abort_handle() })
    }

    /// A statement, prepared on first use.
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

    /// The statement that does to many rows what this one does to one, if there is such a form.
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

/// Makes and checks the connections of the pool.
struct ConnectionManager(Arc<Dialer>);

impl Manager for ConnectionManager {
    type Type = PooledConnection;
    type Error = StoreError;

    async fn create(&self) -> Result<PooledConnection, StoreError> {
        PooledConnection::make(&self.0).await
    }

    async fn recycle(&self, connection: &mut PooledConnection, _metrics: &Metrics) -> RecycleResult<StoreError> {
        if connection.client.is_closed() {
            return Err(RecycleError::message("the connection is closed"));
        }
        if connection.host != self.0.current_host() {
            return Err(RecycleError::message("connections go to another host now"));
        }
        Ok(())
    }
}

/// The connections to a database.
pub(super) struct Pool {
    dialer: Arc<Dialer>,
    objects: ObjectPool<ConnectionManager>,
    /// Dropped after the connections, whose tasks run on it.
    _runtime: NetRuntime,
}

impl Pool {
    pub(super) fn new(dialer: Arc<Dialer>, runtime: NetRuntime) -> Result<Self, StoreError> {
        let mut config = PoolConfig::new(dialer.address.connections_max);
        // The connection used last is the least likely to be closed.
        config.queue_mode = QueueMode::Lifo;
        let manager = ConnectionManager(Arc::clone(&dialer));
        let objects = ObjectPool::builder(manager).config(config).runtime(Runtime::Tokio1).build();
        Ok(Self { dialer, objects: objects.map_err(StoreError::unavailable)?, _runtime: runtime })
    }

    /// After this time the database ends a transaction that is idle.
    pub(super) fn idle_in_transaction_max(&self) -> Duration {
        self.dialer.address.idle_in_transaction_max()
    }

    /// A connection; waits for one without blocking the thread.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, StoreError> {
        self.lease_within(LEASE_WAIT_MAX).await?.ok_or_else(|| self.exhausted())
    }

    /// The same, blocking the thread.
    pub(super) fn lease_blocking(self: &Arc<Self>) -> Result<Lease, StoreError> {
        self.block_on_lease(LEASE_WAIT_MAX)?.ok_or_else(|| self.exhausted())
    }

    /// A connection if one is free now. Blocks while it is made.
    pub(super) fn spare_lease(self: &Arc<Self>) -> Result<Option<Lease>, StoreError> {
        self.block_on_lease(Duration::ZERO)
    }

    fn block_on_lease(self: &Arc<Self>, wait_max: Duration) -> Result<Option<Lease>, StoreError> {
        // The timers are those of the runtime of the sockets, because this thread may have none.
        let _context = self.dialer.runtime().enter();
        let silence_max = LEASE_WAIT_MAX + self.dialer.connect_time_max() * 2;
        wait(self.lease_within(wait_max), silence_max).map_err(|_| self.exhausted())?
    }

    /// `None` when no connection became free in time.
    async fn lease_within(self: &Arc<Self>, wait_max: Duration) -> Result<Option<Lease>, StoreError> {
        let timeouts = Timeouts { wait: Some(wait_max), create: None, recycle: None };
        match self.objects.timeout_get(&timeouts).await {
            Ok(object) => Ok(Some(Lease { object: Some(object), pool: Arc::clone(self) })),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Ok(None),
            Err(PoolError::Backend(error)) => {
                self.discard_idle();
                Err(error)
            }
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    fn discard_idle(&self) {
        drop(self.objects.retain(|_, _| false));
    }

    fn exhausted(&self) -> StoreError {
        let (count, seconds) = (self.dialer.address.connections_max, LEASE_WAIT_MAX.as_secs());
        StoreError::unavailable(format_args!(
            "none of the {count} connections to the database became free within {seconds} s: check what the database \
             waits for, or set connections in --database higher"
        ))
    }
}

/// A connection in use.
pub(super) struct Lease {
    /// `None` once it is discarded.
    object: Option<Object<ConnectionManager>>,
    pool: Arc<Pool>,
}

impl Lease {
    pub(super) fn connection(&self) -> &PooledConnection {
        self.object.as_ref().expect("a session uses its connection only until it is discarded")
    }

    /// How long the database may send nothing: the time of a statement, and some for the network.
    pub(super) fn silence_max(&self) -> Duration {
        self.pool.dialer.address.statement_time_max + LEASE_WAIT_MAX
    }

    /// Whether it was idle before this lease, so that it may have broken unnoticed.
    pub(super) fn was_idle(&self) -> bool {
        self.object.as_ref().is_some_and(|object| Object::metrics(object).recycle_count > 0)
    }

    /// Closes the connection.
    pub(super) fn discard(&mut self) {
        drop(self.object.take().map(Object::take));
    }

    /// Closes the socket without waiting for replies.
    pub(super) fn abort(&self) {
        self.connection().socket_task.abort();
    }

    /// Closes the idle connections of the pool: this one broke, and they may be broken too.
    pub(super) fn discard_idle(&self) {
        self.pool.discard_idle();
    }

    /// Takes a new connection in place of this one, which broke while it was idle. Blocks.
    pub(super) fn renew(&mut self) -> Result<(), StoreError> {
        self.discard();
        self.pool.discard_idle();
        let mut fresh = self.pool.lease_blocking()?;
        self.object = fresh.object.take();
        Ok(())
    }
}
