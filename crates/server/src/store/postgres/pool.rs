//! The connections: a bounded number of them, made when needed, used by one at a time.
//!
//! A connection on which anything failed is not used again. While the database cannot be reached, one caller at a time
//! tries, the tries grow rarer up to a bound, and those who waited meanwhile are told what it was told.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Door, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_postgres::{Client, Error, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use super::faults;
use super::waiting::{Driver, wait};
use crate::store::StoreFault;

/// How long a caller waits for one of the connections.
const TURN_TIME_MAX: Duration = Duration::from_secs(10);
/// The pause after the first connection that could not be made; it doubles with each further one.
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// The longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// A connection with what it has prepared.
pub(super) struct Link {
    pub(super) client: Client,
    statements: RefCell<HashMap<&'static str, Statement>>,
}

impl Link {
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
}

/// The right to use one of the connections.
pub(super) type Turn = OwnedSemaphorePermit;

/// The connections to a database.
pub(super) struct Pool {
    pub(super) address: Address,
    tls: MakeRustlsConnect,
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Link>>,
    /// How often a connection could not be made.
    failures: AtomicU64,
    outage: Door<Outage>,
    driver: Driver,
}

/// What is known of a database that cannot be reached.
#[derive(Default)]
struct Outage {
    /// Failures without a success between them, and the last of them.
    running: u32,
    last: Option<(Instant, StoreFault)>,
}

impl Outage {
    fn pause(&self) -> Duration {
        PAUSE_MIN.saturating_mul(1 << self.running.min(16)).min(PAUSE_MAX)
    }
}

impl Pool {
    pub(super) fn new(address: Address, tls: MakeRustlsConnect, driver: Driver) -> Self {
        let turns = Arc::new(Semaphore::new(address.connections_max));
        let (idle, failures, outage) = (Mutex::default(), AtomicU64::new(0), Door::default());
        Self { address, tls, turns, idle, failures, outage, driver }
    }

    /// Waits for a turn; without blocking the thread.
    pub(super) async fn turn(&self) -> Result<Turn, StoreFault> {
        let turn = timeout(TURN_TIME_MAX, Arc::clone(&self.turns).acquire_owned()).await;
        turn.map_err(|_| self.busy())?.map_err(StoreFault::unavailable)
    }

    /// The same on a thread that may block.
    pub(super) fn turn_here(&self) -> Result<Turn, StoreFault> {
        let turn = wait(Arc::clone(&self.turns).acquire_owned(), TURN_TIME_MAX);
        turn.map_err(|_| self.busy())?.map_err(StoreFault::unavailable)
    }

    /// A turn if there is one at once.
    pub(super) fn spare_turn(&self) -> Option<Turn> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }

    fn busy(&self) -> StoreFault {
        let (count, seconds) = (self.address.connections_max, TURN_TIME_MAX.as_secs());
        StoreFault::unavailable(format_args!(
            "none of the {count} connections to the database became free within {seconds} s: see what the database \
             waits for, or set connections in --database higher"
        ))
    }

    /// A connection for this turn. Blocks.
    pub(super) fn lease(self: &Arc<Self>, turn: Turn) -> Result<Lease, StoreFault> {
        while let Some(link) = self.idle().pop() {
            if !link.client.is_closed() {
                return Ok(Lease { link: Some(link), pool: Arc::clone(self), _turn: turn });
            }
        }
        let link = Link { client: self.connect()?, statements: RefCell::default() };
        Ok(Lease { link: Some(link), pool: Arc::clone(self), _turn: turn })
    }

    /// Makes a connection, at once as long as that works. Blocks.
    pub(super) fn connect(self: &Arc<Self>) -> Result<Client, StoreFault> {
        let pool = Arc::clone(self);
        let making = self.driver.handle().spawn(async move { pool.connect_in_turn().await });
        let patience = self.address.connect_time_max * 2 + PAUSE_MAX;
        match wait(making, patience) {
            Ok(made) => made.map_err(StoreFault::unavailable)?,
            Err(_) => Err(faults::of_slow_connecting(&self.address)),
        }
    }

    async fn connect_in_turn(&self) -> Result<Client, StoreFault> {
        let failures = self.failures.load(Ordering::Acquire);
        if failures == 0 {
            return match self.dial().await {
                Ok(client) => Ok(client),
                Err(fault) => Err(self.failed(&mut *self.outage.lock().await, fault)),
            };
        }
        let mut outage = self.outage.lock().await;
        if let Some((at, fault)) = &outage.last {
            if self.failures.load(Ordering::Acquire) > failures {
                return Err(fault.clone());
            }
            sleep_until(*at + outage.pause()).await;
        }
        match self.dial().await {
            Ok(client) => {
                *outage = Outage::default();
                self.failures.store(0, Ordering::Release);
                Ok(client)
            }
            Err(fault) => Err(self.failed(&mut outage, fault)),
        }
    }

    fn failed(&self, outage: &mut Outage, fault: StoreFault) -> StoreFault {
        outage.running += 1;
        outage.last = Some((Instant::now(), fault.clone()));
        self.failures.fetch_add(1, Ordering::AcqRel);
        self.idle().clear();
        fault
    }

    async fn dial(&self) -> Result<Client, StoreFault> {
        let made = timeout(self.address.connect_time_max, self.address.config.connect(self.tls.clone())).await;
        let made = made.map_err(|_| faults::of_slow_connecting(&self.address))?;
        let (client, connection) = made.map_err(|error| faults::of_connecting(&error, &self.address))?;
        self.driver.handle().spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        Ok(client)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is in use.
pub(super) struct Lease {
    /// There until it is given back or thrown away.
    link: Option<Link>,
    pool: Arc<Pool>,
    _turn: Turn,
}

impl Lease {
    pub(super) fn link(&self) -> &Link {
        self.link.as_ref().expect("a lease has its connection until it ends")
    }

    /// How long the database may keep quiet.
    pub(super) fn patience(&self) -> Duration {
        self.pool.address.statement_time_max + TURN_TIME_MAX
    }

    /// Something failed on it: nobody will use it again.
    pub(super) fn throw_away(&mut self) {
        self.link = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(link) = self.link.take().filter(|link| !link.client.is_closed()) {
            self.pool.idle().push(link);
        }
    }
}
