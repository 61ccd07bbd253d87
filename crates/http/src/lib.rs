//! The HTTP floor: sockets, sizes, time-outs, TLS and the metrics page.
//!
//! The idea: one task per connection, in which hyper reads HTTP/1.1 and one lazily armed timer watches the
//! stage that the connection is in (see [`watch`] and [`connection`]); a call of a few hundred bytes
//! touches no timer, no lock and no clock but one. Everything that a client may send or hold back has a
//! bound in [`HttpSettings`].
//!
//! What it does not do: it knows no method and no JSON member. The floor below is handed the bytes of a body
//! and the caller's address, and makes every body that goes out, those of refusals included ([`Service`]).

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ipnet::IpNet;
use tokio::net::TcpListener;

use ringbook_telemetry::{Connections, Metrics};

mod accept;
mod api;
mod body;
mod compression;
mod connection;
mod metrics_page;
mod peer;
mod segments;
mod tls;
mod watch;

#[cfg(test)]
mod tests;

pub use accept::Drain;
pub use tls::{TlsError, TlsFiles};

/// The one path that calls are posted to. A trailing slash and a query string are allowed, too.
pub const API_PATH: &str = "/v2.0";

/// The path that says whether the server and its store are well.
pub const HEALTH_PATH: &str = "/healthz";

/// The path of the metrics page, on its own listener.
pub const METRICS_PATH: &str = "/metrics";

/// What a [`TransportError`] repeats of a path or verb, in characters.
pub const ECHO_CHARS_MAX: usize = 200;

/// The bounds of the HTTP floor. [`Default`] gives what a public server should run with.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Largest request body after decompression.
    pub body_bytes_max: usize,
    /// Largest request head; beyond it the answer is 431 and the connection is closed.
    pub header_bytes_max: usize,
    /// From the first byte of a request to the end of its head; then the connection is closed.
    pub header_read_time_max: Duration,
    /// From the end of the head to the end of the body; then 408 and close.
    pub body_read_time_max: Duration,
    /// How long a connection may rest between two requests, and before its first byte.
    pub idle_time_max: Duration,
    /// How long a client may take nothing of an answer that waits for it.
    pub write_stall_time_max: Duration,
    /// How long a client may take for a whole answer.
    pub reply_time_max: Duration,
    /// How long a closed connection still swallows what its client sends, so that the client gets to read
    /// the last answer.
    pub linger_time_max: Duration,
    /// How long a TLS handshake may take.
    pub handshake_time_max: Duration,
    /// How long the store may take to say that it is well.
    pub health_time_max: Duration,
    /// How long running calls may take after the signal to stop.
    pub shutdown_time_max: Duration,
    /// Open connections, or fewer where the system's limit of open files is lower; one more is closed at once
    /// and counted as rejected.
    pub connections_max: u32,
    /// Answers of this size are compressed when the client allows it.
    pub compress_bytes_min: usize,
    /// Blocks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        HttpSettings {
            body_bytes_max: 1 << 20,
            header_bytes_max: 64 << 10,
            header_read_time_max: Duration::from_secs(10),
            body_read_time_max: Duration::from_secs(30),
            idle_time_max: Duration::from_secs(75),
            write_stall_time_max: Duration::from_secs(30),
            reply_time_max: Duration::from_secs(300),
            linger_time_max: Duration::from_secs(5),
            handshake_time_max: Duration::from_secs(10),
            health_time_max: Duration::from_secs(5),
            shutdown_time_max: Duration::from_secs(10),
            connections_max: 15_000,
            compress_bytes_min: 8 << 10,
            trusted_proxies: Vec::new(),
        }
    }
}

/// What the floor below gets to see of a request.
#[derive(Clone, Debug)]
pub struct Call {
    /// The whole body, decompressed.
    pub body: Bytes,
    /// The caller's address; an IPv4 address inside IPv6 is given as IPv4.
    pub peer: IpAddr,
}

/// A body to send, in pieces that are written one after another without being joined.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The pieces; their lengths add up to `Content-Length`.
    pub segments: Vec<Bytes>,
}

impl Reply {
    /// Length of the whole body, in bytes.
    pub fn bytes(&self) -> usize {
        self.segments.iter().map(Bytes::len).sum()
    }
}

impl From<Bytes> for Reply {
    fn from(whole: Bytes) -> Self {
        Reply { segments: vec![whole] }
    }
}

/// Why a request never became a [`Call`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// 404. Not the API path; `path` is cut at [`ECHO_CHARS_MAX`].
    WrongPath {
        /// The path that was asked for.
        path: String,
    },
    /// 405. The API path, but not `POST`; `verb` is cut at [`ECHO_CHARS_MAX`].
    WrongVerb {
        /// The verb that was used.
        verb: String,
    },
    /// 413. More than `body_bytes_max`, before or after decompression.
    BodyTooLarge {
        /// The bound, in bytes.
        body_bytes_max: usize,
    },
    /// 408. The body did not arrive in time.
    BodyTimeout {
        /// The bound.
        body_read_time_max: Duration,
    },
    /// 415. A `Content-Encoding` other than `gzip` and `identity`, cut at [`ECHO_CHARS_MAX`].
    UnknownEncoding {
        /// The encoding that was named.
        encoding: String,
    },
    /// 400. Said to be gzip, but is not, or is damaged.
    BadGzip,
    /// 400. The client closed before the end of the body, or its chunks are malformed.
    BodyCutOff,
}

/// The floor below: turns calls into answers and refusals into bodies.
pub trait Service: Send + Sync + 'static {
    /// Answers a call. Runs to its end even when the client leaves meanwhile, as long as the process lives.
    fn answer(&self, call: Call) -> impl Future<Output = Reply> + Send;

    /// The body that goes with a refusal.
    fn refuse(&self, refusal: &TransportError) -> Reply;

    /// Whether the store answers.
    fn healthy(&self) -> impl Future<Output = bool> + Send;
}

/// Serves the API on a listener until `shutdown` resolves and the drain after it is over: the listener
/// is closed, resting connections are closed at once, running calls get `shutdown_time_max`.
///
/// With `tls`, every connection is expected to speak it.
pub async fn run<S: Service>(
    listener: TcpListener,
    tls: Option<Arc<TlsFiles>>,
    settings: HttpSettings,
    metrics: Arc<Metrics>,
    service: Arc<S>,
    shutdown: impl Future<Output = ()>,
) -> Drain {
    let settings = Arc::new(settings);
    let connections = Arc::clone(metrics.connections());
    let api = api::Api::new(Arc::clone(&settings), service);
    accept::serve(listener, tls, settings, connections, api, shutdown).await
}

/// Serves the metrics page, in the clear, until `shutdown` resolves.
///
/// Its own connections are not counted.
pub async fn run_metrics(listener: TcpListener, metrics: Arc<Metrics>, shutdown: impl Future<Output = ()>) -> Drain {
    let settings = Arc::new(metrics_page::settings());
    let connections = Arc::new(Connections::default());
    let page = metrics_page::MetricsPage::new(metrics);
    accept::serve(listener, None, settings, connections, page, shutdown).await
}
