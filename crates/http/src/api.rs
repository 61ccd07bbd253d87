//! The paths and verbs of the API, and what HTTP puts around a body.
//!
//! Every call that could be read is answered with 200, whatever its body says; a status of its own is only for
//! what never became a call ([`TransportError`]). Headers of a request are not judged, beyond what is needed
//! to unpack its body, to pack the answer, and to know the caller behind a proxy.

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use tokio::time::timeout;

use super::compression::{self, Compressor};
use super::connection::{ConnInfo, Handler};
use super::segments::Segments;
use super::{API_PATH, Call, ECHO_CHARS_MAX, HEALTH_PATH, HttpSettings, Reply, Service, TransportError, body, peer};

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=UTF-8");
const POST: HeaderValue = HeaderValue::from_static("POST");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
const GZIP_OR_PLAIN: HeaderValue = HeaderValue::from_static("gzip, identity");
const BY_ENCODING: HeaderValue = HeaderValue::from_static("Accept-Encoding");

pub(super) struct Api<S> {
    settings: Arc<HttpSettings>,
    service: Arc<S>,
    compressor: Arc<Compressor>,
}

/// What a path and a verb ask for.
enum Route {
    Call,
    Health,
    Wrong(TransportError),
}

impl<S: Service> Handler for Api<S> {
    async fn handle(&self, request: Request<Incoming>, conn: &ConnInfo) -> Response<Segments> {
        match route(&request) {
            Route::Call => self.call(request, conn).await,
            Route::Health => self.health(conn).await,
            Route::Wrong(refusal) => {
                body::discard(request.into_body(), &self.settings, &conn.watch).await;
                self.refuse(&refusal, conn)
            }
        }
    }
}

impl<S: Service> Api<S> {
    pub(super) fn new(settings: Arc<HttpSettings>, service: Arc<S>) -> Self {
        Api { settings, service, compressor: Arc::new(Compressor::new()) }
    }

    async fn call(&self, request: Request<Incoming>, conn: &ConnInfo) -> Response<Segments> {
        let (head, body) = request.into_parts();
        match body::read(&head.headers, body, &self.settings, &conn.watch).await {
            Ok(body) => {
                let peer = peer::caller(conn.peer, &head.headers, &self.settings.trusted_proxies);
                let reply = self.service.answer(Call { body, peer }).await;
                self.deliver(reply, &head.headers, conn).await
            }
            Err(refusal) => self.refuse(&refusal, conn),
        }
    }

    /// Sends an answer, packed if it is worth it and the client agrees.
    async fn deliver(&self, reply: Reply, asked: &HeaderMap, conn: &ConnInfo) -> Response<Segments> {
        if reply.bytes() < self.settings.compress_bytes_min {
            return respond(StatusCode::OK, reply, conn);
        }
        let packed =
            if compression::allowed(asked) { self.compressor.pack(reply.segments.clone()).await } else { None };
        let is_packed = packed.is_some();
        let mut response = respond(StatusCode::OK, packed.unwrap_or(reply), conn);
        response.headers_mut().insert(VARY, BY_ENCODING);
        if is_packed {
            response.headers_mut().insert(CONTENT_ENCODING, GZIP);
        }
        response
    }

    fn refuse(&self, refusal: &TransportError, conn: &ConnInfo) -> Response<Segments> {
        let status = status(refusal);
        // Not the refusal itself: it repeats what the client said, and that may be a secret.
        tracing::debug!(peer = %conn.peer, %status, "request refused");
        let reply = self.service.refuse(refusal);
        let mut response = respond(status, reply, conn);
        if let Some((name, value)) = remark(refusal) {
            response.headers_mut().insert(name, value);
        }
        if leaves_rest_unread(refusal) {
            response.headers_mut().insert(CONNECTION, CLOSE);
        }
        response
    }

    async fn health(&self, conn: &ConnInfo) -> Response<Segments> {
        let well = timeout(self.settings.health_time_max, self.service.healthy()).await;
        let (status, word) = match well {
            Ok(true) => (StatusCode::OK, "ok\n"),
            Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n"),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store takes too long\n"),
        };
        let word = Reply::from(Bytes::from_static(word.as_bytes()));
        let mut response = respond(status, word, conn);
        response.headers_mut().insert(CONTENT_TYPE, TEXT);
        response
    }
}

fn route(request: &Request<Incoming>) -> Route {
    let (path, verb) = (request.uri().path(), request.method());
    if path.strip_suffix('/').unwrap_or(path) == API_PATH {
        return match *verb {
            Method::POST => Route::Call,
            _ => Route::Wrong(TransportError::WrongVerb { verb: cut(verb.as_str()) }),
        };
    }
    match *verb {
        Method::GET | Method::HEAD if path == HEALTH_PATH => Route::Health,
        _ => Route::Wrong(TransportError::WrongPath { path: cut(path) }),
    }
}

/// A status and a body of known length; JSON unless changed later.
pub(super) fn respond(status: StatusCode, reply: Reply, conn: &ConnInfo) -> Response<Segments> {
    let body = Segments::new(reply, Arc::clone(&conn.watch));
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

fn status(refusal: &TransportError) -> StatusCode {
    match refusal {
        TransportError::WrongPath { .. } => StatusCode::NOT_FOUND,
        TransportError::WrongVerb { .. } => StatusCode::METHOD_NOT_ALLOWED,
        TransportError::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        TransportError::BodyTimeout { .. } => StatusCode::REQUEST_TIMEOUT,
        TransportError::UnknownEncoding { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        TransportError::BadGzip | TransportError::BodyCutOff => StatusCode::BAD_REQUEST,
    }
}

/// The header that tells a client what would have been right.
fn remark(refusal: &TransportError) -> Option<(hyper::header::HeaderName, HeaderValue)> {
    match refusal {
        TransportError::WrongVerb { .. } => Some((ALLOW, POST)),
        TransportError::UnknownEncoding { .. } => Some((ACCEPT_ENCODING, GZIP_OR_PLAIN)),
        TransportError::WrongPath { .. }
        | TransportError::BodyTooLarge { .. }
        | TransportError::BodyTimeout { .. }
        | TransportError::BadGzip
        | TransportError::BodyCutOff => None,
    }
}

/// Whether bytes of the request may still be on their way, so that the next request cannot be told apart.
fn leaves_rest_unread(refusal: &TransportError) -> bool {
    match refusal {
        TransportError::BodyTooLarge { .. }
        | TransportError::BodyTimeout { .. }
        | TransportError::UnknownEncoding { .. }
        | TransportError::BodyCutOff => true,
        TransportError::WrongPath { .. } | TransportError::WrongVerb { .. } | TransportError::BadGzip => false,
    }
}

/// What is repeated of a client's words.
pub(super) fn cut(words: &str) -> String {
    words.chars().take(ECHO_CHARS_MAX).collect()
}
