//! What a listener speaks: HTTP with a table of mounts, or a protocol of its own over the accepted stream.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use super::byte_stream::ByteStream;
use super::mounts::Mounts;
use super::shutdown::Shutdown;
use super::tls::TlsFiles;

/// An accepted connection, after the TLS handshake where the listener has TLS.
pub struct Client {
    /// The stream.
    pub stream: Box<dyn ByteStream>,
    /// The socket's other end; an IPv4 address inside IPv6 is given as IPv4.
    pub peer: IpAddr,
    /// Whether the stream is encrypted.
    pub is_encrypted: bool,
    /// The certificate of the transport, for protocols that begin encryption later (StartTLS).
    pub tls: Option<Arc<TlsFiles>>,
    /// Resolves when the server stops: what runs is finished, nothing more is begun. The connection ends with the
    /// process after [`super::HttpSettings::shutdown_time_max`].
    pub shutdown: Arc<Shutdown>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// A protocol other than HTTP. Its time-outs and sizes are its own; connections, TLS, peers and the shutdown are the
/// transport's.
pub trait StreamProtocol: Send + Sync + 'static {
    /// Serves a connection to its end. Dropping the future closes it.
    fn accept(&self, client: Client) -> impl Future<Output = ()> + Send;
}

/// A [`StreamProtocol`] of a type that is not known.
pub(super) trait DynStreamProtocol: Send + Sync + 'static {
    fn accept<'a>(&'a self, client: Client) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

impl<P: StreamProtocol> DynStreamProtocol for P {
    fn accept<'a>(&'a self, client: Client) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(StreamProtocol::accept(self, client))
    }
}

/// What a listener speaks.
#[derive(Clone)]
pub enum Protocol {
    /// HTTP/1.1, answered by these mounts.
    Http(Mounts),
    /// Anything else; made with [`Protocol::stream`].
    Stream(StreamHandler),
}

/// A [`StreamProtocol`], kept.
#[derive(Clone)]
pub struct StreamHandler(pub(super) Arc<dyn DynStreamProtocol>);

impl Protocol {
    /// A protocol other than HTTP.
    pub fn stream(protocol: impl StreamProtocol) -> Protocol {
        Protocol::Stream(StreamHandler(Arc::new(protocol)))
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Protocol::Http(mounts) => f.debug_tuple("Http").field(mounts).finish(),
            Protocol::Stream(_) => f.write_str("Stream"),
        }
    }
}
