//! What a front end is: it turns requests into responses, and knows nothing of sockets.
//!
//! A front end is mounted at paths and verbs (see [`super::mounts`]). The transport reads the body, bounds everything
//! a client may send or hold back, finds the caller's address, compresses, and writes what the front end answers.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode, Uri};

use super::TransportError;
use super::reply_budget::ReplyBudget;
use super::request_budget::RequestBudget;
use super::shared_bytes::SharedBytes;
use ringbook_telemetry::Traceparent;
use ringbook_workers::CancellationToken;

/// A request, read whole.
#[derive(Clone, Debug)]
pub struct Request {
    /// The verb; one that the mount takes.
    pub method: Method,
    /// Path and query, as the client wrote them (not decoded).
    pub uri: Uri,
    /// The headers, unchanged.
    pub headers: HeaderMap,
    /// The whole body, decompressed; empty where the mount takes none.
    pub body: Bytes,
    /// The caller's address: the socket's or the one a trusted proxy names; an IPv4 address inside IPv6 is given as
    /// IPv4.
    pub peer: IpAddr,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// The trace that the request belongs to, if its header `traceparent` names one.
    pub traceparent: Option<Traceparent>,
    /// Where what is made of a large request is charged.
    pub requests: RequestBudget,
    /// Where room for a large response is reserved before it is made.
    pub replies: ReplyBudget,
    /// Cancelled when the client has left: questions may end early then, changes are to be finished.
    pub left: CancellationToken,
}

impl Request {
    /// The path, not decoded.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query without its question mark, not decoded.
    pub fn query(&self) -> Option<&str> {
        self.uri.query()
    }
}

/// An answer. `Content-Length`, `Content-Encoding`, `Vary` and `Connection` are the transport's.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// Headers of the front end's own.
    pub headers: HeaderMap,
    /// The body, in segments that are written one after another without being joined.
    pub body: Vec<Bytes>,
    /// The segment of the body that all responses of this kind share, if there is one, with its position.
    pub(super) shared: Option<(usize, SharedBytes)>,
}

impl Response {
    /// A response without headers.
    pub fn new(status: StatusCode, body: Vec<Bytes>) -> Response {
        Response { status, headers: HeaderMap::new(), body, shared: None }
    }

    /// A response whose body is these bytes between others. They are not charged, and not
    /// compressed again, unless the others are large.
    pub fn around(status: StatusCode, before: Vec<Bytes>, shared: SharedBytes, after: Vec<Bytes>) -> Response {
        let at = before.len();
        let body = before.into_iter().chain([shared.plain().clone()]).chain(after).collect();
        Response { status, headers: HeaderMap::new(), body, shared: Some((at, shared)) }
    }

    /// Sets `Content-Type`.
    pub fn with_content_type(mut self, content_type: HeaderValue) -> Response {
        self.headers.insert(CONTENT_TYPE, content_type);
        self
    }

    /// Length of the body, in bytes.
    pub fn body_bytes(&self) -> usize {
        self.body.iter().map(Bytes::len).sum()
    }

    /// The same without what other responses share.
    pub(super) fn own_bytes(&self) -> usize {
        self.body_bytes() - self.shared.as_ref().map_or(0, |(_, shared)| shared.plain().len())
    }
}

/// Answers the requests of a mount.
pub trait Frontend: Send + Sync + 'static {
    /// Answers a request. Runs to its end even when the client leaves meanwhile, as long as the process lives;
    /// [`Request::left`] says that the client has.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// What a client reads whose request was refused before [`Frontend::handle`]. The transport adds the headers that
    /// HTTP demands (`Allow`, `Accept-Encoding`, `Connection`).
    fn refuse(&self, error: &TransportError) -> Response;
}

/// A [`Frontend`] of a type that is not known.
pub(super) trait DynFrontend: Send + Sync + 'static {
    fn handle<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

    fn refuse(&self, error: &TransportError) -> Response;
}

impl<F: Frontend> DynFrontend for F {
    fn handle<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + 'a>> {
        Box::pin(Frontend::handle(self, request))
    }

    fn refuse(&self, error: &TransportError) -> Response {
        Frontend::refuse(self, error)
    }
}
