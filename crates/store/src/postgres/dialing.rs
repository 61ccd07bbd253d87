//! How connections are made: at once as long as that works, by one caller at a time and ever more rarely while it does
//! not.
//!
//! Tries grow rarer up to a bound, and those who waited while somebody tried are told what that one was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Mutex as Door;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use super::error_map;
use crate::StoreError;

/// The pause after the first connection that could not be made; it doubles with each further one.
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// The longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// What a connection is for; the database shows it as part of the application's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading and writing rows.
    Work,
    /// Hearing what other servers tell, and telling them.
    Notifications,
}

/// The end of a connection that somebody has to keep going.
pub(super) type Wire = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Makes the connections to a database.
pub(super) struct Dialer {
    pub(super) address: Address,
    tls: MakeRustlsConnect,
    /// Where the sockets live.
    driver: Handle,
    /// How often a connection could not be made.
    failures: AtomicU64,
    outage: Door<Outage>,
}

/// What is known of a database that cannot be reached.
#[derive(Default)]
struct Outage {
    /// Failures without a success between them, and the last of them.
    running: u32,
    last: Option<(Instant, StoreError)>,
}

impl Outage {
    fn pause(&self) -> Duration {
        PAUSE_MIN.saturating_mul(1 << self.running.min(16)).min(PAUSE_MAX)
    }
}

impl Dialer {
    pub(super) fn new(address: Address, tls: MakeRustlsConnect, driver: Handle) -> Self {
        Self { address, tls, driver, failures: AtomicU64::new(0), outage: Door::default() }
    }

    pub(super) fn driver(&self) -> &Handle {
        &self.driver
    }

    /// How long [`Dialer::connect`] takes at most: a try of somebody else's, a pause, and one's own.
    pub(super) fn patience(&self) -> Duration {
        self.address.connect_time_max * 2 + PAUSE_MAX
    }

    /// Makes a connection.
    pub(super) async fn connect(self: &Arc<Self>, purpose: Purpose) -> Result<(Client, Wire), StoreError> {
        let (dialer, patience) = (Arc::clone(self), self.patience());
        // What is tried is tried to its end, whether or not anybody waits: others may be told of it.
        let trying = self.driver.spawn(async move { timeout(patience, dialer.connect_in_turn(purpose)).await });
        let tried = trying.await.map_err(StoreError::unavailable)?;
        tried.map_err(|_| error_map::of_slow_connecting(&self.address))?
    }

    async fn connect_in_turn(&self, purpose: Purpose) -> Result<(Client, Wire), StoreError> {
        let failures = self.failures.load(Ordering::Acquire);
        if failures == 0 {
            return match self.dial(purpose).await {
                Ok(made) => Ok(made),
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
        match self.dial(purpose).await {
            Ok(made) => {
                *outage = Outage::default();
                self.failures.store(0, Ordering::Release);
                Ok(made)
            }
            Err(fault) => Err(self.failed(&mut outage, fault)),
        }
    }

    fn failed(&self, outage: &mut Outage, fault: StoreError) -> StoreError {
        outage.running += 1;
        outage.last = Some((Instant::now(), fault.clone()));
        self.failures.fetch_add(1, Ordering::AcqRel);
        fault
    }

    async fn dial(&self, purpose: Purpose) -> Result<(Client, Wire), StoreError> {
        let mut config = self.address.config.clone();
        if purpose == Purpose::Notifications {
            config.application_name(format!("{} news", config.get_application_name().unwrap_or_default()));
        }
        let made = timeout(self.address.connect_time_max, config.connect(self.tls.clone())).await;
        let made = made.map_err(|_| error_map::of_slow_connecting(&self.address))?;
        made.map_err(|error| error_map::of_connecting(&error, &self.address))
    }
}
