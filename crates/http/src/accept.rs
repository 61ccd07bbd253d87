//! Takes connections in and, in the end, sees them out.
//!
//! One loop per listener. A connection that finds no place is closed at once; a failing `accept` (no more
//! descriptors, say) waits a moment instead of spinning.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::connection::{Closing, Handler, drive};
use super::{HttpSettings, TlsFiles};
use ringbook_telemetry::Connections;

/// The pause after a failing `accept`.
const PAUSE: Duration = Duration::from_millis(100);
/// Every so many failures in a row one is logged.
const LOGGED_FAILURES: u32 = 100;
/// Descriptors that the process needs besides its connections.
const OTHER_FILES: u64 = 200;

/// How the last connections ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// All calls were answered.
    Complete,
    /// Time ran out for so many connections.
    CutShort {
        /// How many had not ended.
        connections: u32,
    },
}

struct Listener<H> {
    settings: Arc<HttpSettings>,
    tls: Option<Arc<TlsFiles>>,
    connections: Arc<Connections>,
    handler: Arc<H>,
    closing: Closing,
    places: Arc<Semaphore>,
}

pub(super) async fn serve<H: Handler>(
    listener: TcpListener,
    tls: Option<Arc<TlsFiles>>,
    settings: Arc<HttpSettings>,
    connections: Arc<Connections>,
    handler: H,
    shutdown: impl Future<Output = ()>,
) -> Drain {
    let connections_max = affordable(settings.connections_max);
    let floor = Arc::new(Listener {
        places: Arc::new(Semaphore::new(connections_max as usize)),
        settings,
        tls,
        connections,
        handler: Arc::new(handler),
        closing: Closing::default(),
    });
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            (stream, address) = accept(&listener) => conn(&floor, stream, address),
        }
    }
    drop(listener);
    floor.closing.begin();
    drain(&floor, connections_max).await
}

/// Waits until every place is free.
async fn drain<H>(floor: &Listener<H>, all: u32) -> Drain {
    let empty = floor.places.acquire_many(all);
    match timeout(floor.settings.shutdown_time_max, empty).await {
        Ok(_) => Drain::Complete,
        Err(_) => Drain::CutShort { connections: all - floor.places.available_permits() as u32 },
    }
}

/// The next connection. Dropping the future loses none.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut failures = 0;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(fault) if concerns_one_client(&fault) => {}
            Err(fault) => {
                if failures % LOGGED_FAILURES == 0 {
                    tracing::warn!(%fault, "cannot accept connections, trying on");
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

fn conn<H: Handler>(floor: &Arc<Listener<H>>, stream: TcpStream, address: SocketAddr) {
    let Ok(place) = Arc::clone(&floor.places).try_acquire_owned() else {
        floor.connections.rejected();
        return;
    };
    let peer = address.ip().to_canonical();
    tokio::spawn(host(Arc::clone(floor), stream, peer, place));
}

async fn host<H: Handler>(floor: Arc<Listener<H>>, stream: TcpStream, peer: IpAddr, _place: OwnedSemaphorePermit) {
    let _open = floor.connections.open();
    // Answers are written whole; waiting to fill a packet would only delay their ends.
    let _ = stream.set_nodelay(true);
    let (settings, closing) = (&*floor.settings, &floor.closing);
    let Some(tls) = &floor.tls else {
        return drive(stream, peer, Arc::clone(&floor.handler), settings, closing).await;
    };
    let handshake = TlsAcceptor::from(tls.current()).accept(stream);
    let outcome = tokio::select! {
        outcome = timeout(settings.handshake_time_max, handshake) => outcome,
        () = closing.begun() => return,
    };
    match outcome {
        Ok(Ok(stream)) => {
            drive(stream, peer, Arc::clone(&floor.handler), settings, closing).await;
        }
        Ok(Err(fault)) => tracing::debug!(%peer, %fault, "TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
    }
}

/// Lifts the process's own limit of open files as far as the system lets it, and says how many connections
/// that is enough for: the store must still be able to open its files when all places are taken.
fn affordable(connections_max: u32) -> u32 {
    let wanted = u64::from(connections_max) + OTHER_FILES;
    let allowed = rlimit::increase_nofile_limit(wanted).unwrap_or(wanted);
    if allowed >= wanted {
        return connections_max;
    }
    let affordable = allowed.saturating_sub(OTHER_FILES).max(1) as u32;
    tracing::warn!(
        wanted = connections_max,
        affordable,
        "fewer connections than set, for want of open files; raise the limit with ulimit -n"
    );
    affordable
}
