//! Accepts connections and, in the end, drains them.
//!
//! One loop per listener. A connection beyond the bound of the listener or of its address is closed at once; a failing `accept` (no more
//! descriptors, say) pauses instead of spinning.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::byte_stream::ByteStream;
use super::connection::drive;
use super::dispatch::{Budgets, Dispatcher};
use super::protocol::{Client, Protocol};
use super::shutdown::Shutdown;
use super::{HttpSettings, TlsFiles};
use ringbook_telemetry::{Connections, Metrics};
use ringbook_workers::{Owner, Workers};

/// The pause after a failing `accept`.
const PAUSE: Duration = Duration::from_millis(100);
/// Every this many failures in a row one is logged.
const LOGGED_FAILURES: u32 = 100;
/// How long the end of connections that were cut short may take.
const CUT_TIME_MAX: Duration = Duration::from_secs(1);
/// Descriptors that the process needs besides its connections.
const OTHER_FILES: u64 = 200;

/// How the last connections ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// All calls were answered.
    Complete,
    /// Time ran out for this many connections.
    CutShort {
        /// How many had not ended.
        connections: u32,
    },
}

/// A socket that clients connect to, and what is spoken there.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    protocol: Protocol,
    tls: Option<Arc<TlsFiles>>,
    /// Whether connections begin in the clear although there is a certificate.
    starts_plain: bool,
    connections_max: Option<u32>,
    per_address_max: Option<u32>,
    is_counted: bool,
}

impl Listener {
    /// A listener in the clear, whose connections are bounded by [`HttpSettings::connections_max`] and counted.
    pub fn new(socket: TcpListener, protocol: Protocol) -> Listener {
        Listener {
            socket,
            protocol,
            tls: None,
            starts_plain: false,
            connections_max: None,
            per_address_max: None,
            is_counted: true,
        }
    }

    /// Expects every connection to speak TLS.
    pub fn with_tls(mut self, tls: Option<Arc<TlsFiles>>) -> Listener {
        self.tls = tls;
        self
    }

    /// Hands the certificate to a protocol whose connections begin in the clear and may be encrypted later.
    pub fn with_start_tls(mut self, tls: Option<Arc<TlsFiles>>) -> Listener {
        self.tls = tls;
        self.starts_plain = true;
        self
    }

    /// A bound of its own for open connections.
    pub fn connections_max(mut self, connections: u32) -> Listener {
        self.connections_max = Some(connections);
        self
    }

    /// A bound of its own for open connections of one address.
    pub fn connections_per_address_max(mut self, connections: u32) -> Listener {
        self.per_address_max = Some(connections);
        self
    }

    /// Leaves its connections out of the metrics.
    pub fn uncounted(mut self) -> Listener {
        self.is_counted = false;
        self
    }
}

/// What serves the accepted connections of a listener.
enum Service {
    Http(Arc<Dispatcher>),
    Stream(super::protocol::StreamHandler),
}

/// A listener while it runs.
struct Running {
    settings: Arc<HttpSettings>,
    tls: Option<Arc<TlsFiles>>,
    starts_plain: bool,
    connections: Arc<Connections>,
    service: Service,
    shutdown: Arc<Shutdown>,
    places: Arc<Semaphore>,
    per_address_max: u32,
    /// Open connections by address; addresses without one are not there.
    by_address: Mutex<HashMap<Owner, u32>>,
}

impl Running {
    fn by_address(&self) -> std::sync::MutexGuard<'_, HashMap<Owner, u32>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a connection among all of its listener, and of its address.
struct Place {
    _of_listener: OwnedSemaphorePermit,
    running: Arc<Running>,
    /// `None` for a trusted proxy, whose connections are those of many clients.
    address: Option<Owner>,
}

impl Place {
    /// A place, if there is one.
    fn take(running: &Arc<Running>, peer: IpAddr) -> Option<Place> {
        let of_listener = Arc::clone(&running.places).try_acquire_owned().ok()?;
        let is_proxy = running.settings.trusted_proxies.iter().any(|block| block.contains(&peer));
        let address = (!is_proxy).then(|| Owner::address(peer));
        if let Some(address) = address {
            let mut by_address = running.by_address();
            let open = by_address.entry(address).or_default();
            if *open >= running.per_address_max {
                return None;
            }
            *open += 1;
        }
        Some(Place { _of_listener: of_listener, running: Arc::clone(running), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut by_address = self.running.by_address();
        if let Some(open) = by_address.get_mut(&address) {
            *open -= 1;
            if *open == 0 {
                by_address.remove(&address);
            }
        }
    }
}

/// Serves on all listeners until `shutdown` resolves and the drain after it is over: the listeners are closed, idle
/// connections are closed at once, running calls get `shutdown_time_max`. Connections that are left then are closed, so
/// that none uses the store any more. What takes long is done by the `workers`.
pub async fn run(
    listeners: Vec<Listener>,
    settings: HttpSettings,
    workers: Workers,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()>,
) -> Drain {
    let settings = Arc::new(settings);
    let stop = Arc::new(Shutdown::default());
    let budgets = Budgets::new(&settings, metrics.connections());
    let bounds = affordable(&listeners, &settings);
    let running = listeners.into_iter().zip(bounds).map(|(listener, connections_max)| {
        let connections = if listener.is_counted { Arc::clone(metrics.connections()) } else { Arc::default() };
        let service = match listener.protocol {
            Protocol::Http(mounts) => {
                let (settings, budgets, workers) = (Arc::clone(&settings), budgets.clone(), workers.clone());
                Service::Http(Arc::new(Dispatcher::new(settings, mounts, budgets, workers, Arc::clone(&connections))))
            }
            Protocol::Stream(handler) => Service::Stream(handler),
        };
        let running = Arc::new(Running {
            settings: Arc::clone(&settings),
            tls: listener.tls,
            starts_plain: listener.starts_plain,
            connections,
            service,
            shutdown: Arc::clone(&stop),
            places: Arc::new(Semaphore::new(connections_max as usize)),
            per_address_max: listener.per_address_max.unwrap_or(settings.connections_per_address_max),
            by_address: Mutex::default(),
        });
        tokio::spawn(accept_all(listener.socket, running))
    });
    let running: Vec<_> = running.collect();
    shutdown.await;
    stop.begin();
    let end = tokio::time::Instant::now() + settings.shutdown_time_max;
    let mut left = JoinSet::new();
    for accepting in running {
        // It ends by the same signal, and closes its socket.
        let Ok(mut connections) = accepting.await else { continue };
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout_at(end, ended).await.is_err() {
            left.spawn(async move {
                let count = connections.len() as u32;
                connections.shutdown().await;
                count
            });
        }
    }
    let cut = timeout(CUT_TIME_MAX, left.join_all()).await;
    let connections = cut.map_or(1, |counts| counts.into_iter().sum());
    if connections == 0 { Drain::Complete } else { Drain::CutShort { connections } }
}

/// Accepts connections until the shutdown begins; returns those that are open.
async fn accept_all(socket: TcpListener, running: Arc<Running>) -> JoinSet<()> {
    let mut shutdown = pin!(running.shutdown.begun());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => return connections,
            Some(_) = connections.join_next() => {}
            (stream, address) = accept(&socket) => admit(&running, &mut connections, stream, address),
        }
    }
}

/// The next connection. Dropping the future loses none.
async fn accept(socket: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut failures = 0;
    loop {
        match socket.accept().await {
            Ok(accepted) => return accepted,
            Err(fault) if concerns_one_client(&fault) => {}
            Err(fault) => {
                if failures % LOGGED_FAILURES == 0 {
                    tracing::warn!(%fault, "accept failed, retrying");
                }
                failures += 1;
                sleep(PAUSE).await;
            }
        }
    }
}

fn concerns_one_client(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

fn admit(running: &Arc<Running>, connections: &mut JoinSet<()>, stream: TcpStream, address: SocketAddr) {
    let peer = address.ip().to_canonical();
    match Place::take(running, peer) {
        Some(place) => drop(connections.spawn(serve(Arc::clone(running), stream, peer, place))),
        None => running.connections.rejected(),
    }
}

async fn serve(running: Arc<Running>, stream: TcpStream, peer: IpAddr, place: Place) {
    let _open = running.connections.open();
    // Given back before the connection counts as closed.
    let _place = place;
    // Responses are written whole; waiting to fill a packet would only delay their ends.
    let _ = stream.set_nodelay(true);
    let Some(tls) = running.tls.as_ref().filter(|_| !running.starts_plain) else {
        return speak(&running, stream, peer, false).await;
    };
    let handshake = TlsAcceptor::from(tls.current()).accept(stream);
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(running.settings.handshake_time_max, handshake) => outcome,
        () = running.shutdown.begun() => return,
    };
    match outcome {
        Ok(Ok(stream)) => speak(&running, stream, peer, true).await,
        Ok(Err(fault)) => tracing::debug!(%peer, %fault, "TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
    }
}

async fn speak(running: &Running, stream: impl ByteStream + 'static, peer: IpAddr, is_encrypted: bool) {
    match &running.service {
        Service::Http(dispatcher) => {
            let (counts, dispatcher) = (Arc::clone(&running.connections), Arc::clone(dispatcher));
            drive(stream, (peer, is_encrypted), counts, dispatcher, &running.settings, &running.shutdown).await;
        }
        Service::Stream(handler) => {
            let (tls, shutdown) = (running.tls.clone(), Arc::clone(&running.shutdown));
            handler.0.accept(Client { stream: Box::new(stream), peer, is_encrypted, tls, shutdown }).await;
        }
    }
}

/// Raises the process's own limit of open files as far as the system lets it, and yields how many connections each
/// listener may have: the store must still be able to open its files when all places are taken.
fn affordable(listeners: &[Listener], settings: &HttpSettings) -> Vec<u32> {
    let wanted = listeners.iter().map(|listener| listener.connections_max.unwrap_or(settings.connections_max));
    let wanted: Vec<u32> = wanted.collect();
    let connections: u64 = wanted.iter().map(|connections| u64::from(*connections)).sum();
    let files = connections + OTHER_FILES;
    let allowed = rlimit::increase_nofile_limit(files).unwrap_or(files);
    if allowed >= files {
        return wanted;
    }
    let affordable = allowed.saturating_sub(OTHER_FILES).max(1);
    tracing::warn!(
        wanted = connections,
        affordable,
        "connection limit lowered: not enough file descriptors; raise the limit with ulimit -n"
    );
    let share = |wanted: &u32| ((u64::from(*wanted) * affordable / connections) as u32).max(1);
    wanted.iter().map(share).collect()
}
