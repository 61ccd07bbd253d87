//! How connections are made: which host is tried first, and how often while no connection can be made.
//!
//! While connecting works, any number of callers connect at once. After a failure one caller at a time tries, with
//! growing pauses; the others get the error of that attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::{Address, SessionTarget};
use super::error_map;
use crate::StoreError;

/// The pause after the first failed attempt; it doubles with each further one.
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// The longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading and writing rows.
    Work,
    /// `LISTEN` and `NOTIFY`. The database shows it by its application name.
    Notifications,
}

/// The half of a connection that reads from and writes to the socket while it is polled.
pub(super) type SocketDriver = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// A connection just made.
pub(super) struct NewConnection {
    pub(super) client: Client,
    pub(super) socket: SocketDriver,
    /// The host that it goes to, by its place in the address.
    pub(super) host: usize,
}

/// Makes the connections to a database.
pub(super) struct Dialer {
    pub(super) address: Address,
    tls: MakeRustlsConnect,
    /// Serves the sockets.
    runtime: Handle,
    /// The host of the latest connection, by its place in the address.
    host: watch::Sender<usize>,
    /// Number of failed attempts.
    failures: AtomicU64,
    outage: Mutex<Outage>,
}

/// A time in which no connection can be made.
#[derive(Default)]
struct Outage {
    /// Failures without a success between them.
    failures: u32,
    last: Option<(Instant, StoreError)>,
}

impl Outage {
    fn pause(&self) -> Duration {
        PAUSE_MIN.saturating_mul(1 << self.failures.min(16)).min(PAUSE_MAX)
    }
}

impl Dialer {
    pub(super) fn new(address: Address, tls: MakeRustlsConnect, runtime: Handle) -> Self {
        let (failures, outage) = (AtomicU64::new(0), Mutex::default());
        Self { address, tls, runtime, host: watch::Sender::new(0), failures, outage }
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// The host that connections go to, by its place in the address.
    pub(super) fn current_host(&self) -> usize {
        *self.host.borrow()
    }

    /// Ends when connections go to another host than this one.
    pub(super) async fn host_changed_from(&self, host: usize) {
        // The sender is a field: it lives as long as this borrow.
        let _ = self.host.subscribe().wait_for(|current| *current != host).await;
    }

    /// How long [`Dialer::connect`] takes at most: another caller's attempt, a pause and its own attempt.
    pub(super) fn connect_time_max(&self) -> Duration {
        let hosts = u32::try_from(self.address.hosts.len()).unwrap_or(u32::MAX);
        self.address.connect_time_max.saturating_mul(hosts) * 2 + PAUSE_MAX
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// No host accepts one; the error names each host with the reason.
    pub(super) async fn connect(self: &Arc<Self>, purpose: Purpose) -> Result<NewConnection, StoreError> {
        let (dialer, time_max) = (Arc::clone(self), self.connect_time_max());
        // An attempt runs to its end even if its caller leaves, because other callers wait for its result.
        let attempt = self.runtime.spawn(async move { timeout(time_max, dialer.connect_in_turn(purpose)).await });
        let outcome = attempt.await.map_err(StoreError::unavailable)?;
        outcome.map_err(|_| StoreError::unavailable("other attempts to connect to the database take too long"))?
    }

    async fn connect_in_turn(&self, purpose: Purpose) -> Result<NewConnection, StoreError> {
        let failures = self.failures.load(Ordering::Acquire);
        if failures == 0 {
            return match self.dial(purpose).await {
                Ok(made) => Ok(made),
                Err(error) => Err(self.failed(&mut *self.outage.lock().await, error)),
            };
        }
        let mut outage = self.outage.lock().await;
        if let Some((at, error)) = &outage.last {
            if self.failures.load(Ordering::Acquire) > failures {
                return Err(error.clone());
            }
            sleep_until(*at + outage.pause()).await;
        }
        match self.dial(purpose).await {
            Ok(made) => {
                *outage = Outage::default();
                self.failures.store(0, Ordering::Release);
                Ok(made)
            }
            Err(error) => Err(self.failed(&mut outage, error)),
        }
    }

    fn failed(&self, outage: &mut Outage, error: StoreError) -> StoreError {
        outage.failures += 1;
        outage.last = Some((Instant::now(), error.clone()));
        self.failures.fetch_add(1, Ordering::AcqRel);
        error
    }

    /// Tries the hosts one after the other. Only one host accepts changes: the one that did last is tried first, because
    /// a host that is switched off costs the whole time of an attempt.
    async fn dial(&self, purpose: Purpose) -> Result<NewConnection, StoreError> {
        let current = self.current_host();
        let first = if self.address.target == SessionTarget::ReadWrite { current } else { 0 };
        let others = (0..self.address.hosts.len()).filter(|host| *host != first);
        let mut reasons = Vec::new();
        for host in std::iter::once(first).chain(others) {
            match self.dial_host(host, purpose).await {
                Ok(made) => {
                    if self.host.send_if_modified(|current| std::mem::replace(current, host) != host) {
                        tracing::warn!("connections go to the {} now", self.address.host_text(host));
                    }
                    return Ok(made);
                }
                Err(reason) => reasons.push(reason),
            }
        }
        Err(StoreError::unavailable(reasons.join("; ")))
    }

    /// Tries one host; the error is the reason why it is not used, with its name.
    async fn dial_host(&self, host: usize, purpose: Purpose) -> Result<NewConnection, String> {
        let mut config = self.address.host_config(host);
        if purpose == Purpose::Notifications {
            config.application_name(format!("{} news", config.get_application_name().unwrap_or_default()));
        }
        let text = self.address.host_text(host);
        let connected = timeout(self.address.connect_time_max, config.connect(self.tls.clone())).await;
        let connected = connected.map_err(|_| error_map::of_slow_connecting(&self.address, &text))?;
        let (client, socket) = connected.map_err(|error| error_map::of_connecting(&error, &text))?;
        Ok(NewConnection { client, socket, host })
    }
}
