//! The transport: listeners, sockets, sizes, time-outs, TLS, compression, and the table of front ends.
//!
//! One task per connection, in which hyper reads HTTP/1.1 and one lazily armed timer watches the stage that the
//! connection is in (see [`conn_state`] and [`connection`]); a call of a few hundred bytes touches no timer, no lock and no
//! clock but one. A request goes to the [`Frontend`] that is mounted at its path and verb ([`Mounts`]); a listener may
//! also speak another protocol than HTTP ([`StreamProtocol`]). Everything that a client may send or hold back has a
//! bound in [`HttpSettings`].
//!
//! What it does not do: it knows no method of the API, no JSON and no text that a client reads; front ends write those,
//! also for the requests that never reach them ([`TransportError`]).

use std::time::Duration;

use ipnet::IpNet;

mod body;
mod budget;
mod byte_stream;
mod charge_slot;
mod client_watch;
mod compression;
mod conn_info;
mod conn_state;
mod connection;
pub mod credentials;
mod deadlines;
mod dispatch;
mod frontend;
mod health;
mod listener;
mod metrics_page;
mod mounts;
mod peer;
mod protocol;
mod reply_body;
mod reply_budget;
mod request_budget;
mod shared_bytes;
mod shutdown;
mod tls;
mod transport_error;
mod watched_stream;

#[cfg(test)]
mod tests;

pub use budget::FREE_BYTES;
pub use frontend::{Frontend, Request, Response};
pub use health::{Health, health};
// What a front end needs of HTTP.
pub use byte_stream::ByteStream;
pub use hyper::{HeaderMap, Method, StatusCode, Uri, header};
pub use listener::{Drain, Listener, run};
pub use metrics_page::metrics_page;
pub use mounts::{Mount, Mounts};
pub use protocol::{Client, Protocol, StreamHandler, StreamProtocol};
pub use reply_budget::{ReplyBudget, ReplyBudgetError};
pub use request_budget::RequestBudget;
pub use shared_bytes::SharedBytes;
pub use shutdown::Shutdown;
pub use tls::{TlsError, TlsFiles};
pub use transport_error::{ECHO_CHARS_MAX, TransportError};

/// The path that says whether the server and its store are well.
pub const HEALTH_PATH: &str = "/healthz";

/// The path of the metrics page, on its own listener.
pub const METRICS_PATH: &str = "/metrics";

/// Connections that a listener for the metrics page should have at most.
pub const METRICS_CONNECTIONS_MAX: u32 = 100;

/// The bounds of the transport. [`Default`] gives what a public server should run with.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Largest request body after decompression, for mounts without a bound of their own.
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
    /// How long running calls may take after the signal to stop; their connections are closed then.
    pub shutdown_time_max: Duration,
    /// Open connections of a listener, or fewer where the system's limit of open files is lower; one more is closed at
    /// once and counted as rejected.
    pub connections_max: u32,
    /// The same, of one address (an IPv4 address or an IPv6 network of 64 bits) that is not in [`Self::trusted_proxies`].
    pub connections_per_address_max: u32,
    /// Answers of this size are compressed when the client allows it.
    pub compress_bytes_min: usize,
    /// Bytes of request bodies in flight, in all, and of one address (an IPv4 address or an IPv6 network of 64 bits). A
    /// body that has no room is not read until it has, or until `body_read_time_max` has passed. Bodies of at most
    /// [`FREE_BYTES`] are not counted.
    pub request_bytes_max: usize,
    /// The same, of one address.
    pub request_bytes_per_address_max: usize,
    /// Bytes of responses in flight, in all: from when they are reserved or made until they are in the socket's buffer.
    /// Responses of at most [`FREE_BYTES`] are not counted.
    pub reply_bytes_max: usize,
    /// The same, of one address, and of one account.
    pub reply_bytes_per_address_max: usize,
    /// How long a response may wait for room; then 503.
    pub reply_wait_time_max: Duration,
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
            shutdown_time_max: Duration::from_secs(7),
            connections_max: 15_000,
            connections_per_address_max: 5_000,
            compress_bytes_min: 8 << 10,
            request_bytes_max: 256 << 20,
            request_bytes_per_address_max: 32 << 20,
            reply_bytes_max: 512 << 20,
            reply_bytes_per_address_max: 128 << 20,
            reply_wait_time_max: Duration::from_secs(30),
            trusted_proxies: Vec::new(),
        }
    }
}
