//! One request: to its mount, and its response back into HTTP, within the budgets of bytes in flight.
//!
//! Headers of a request are not judged, beyond what is needed to unpack its body, to pack the response, and to know the
//! caller behind a proxy; all else is the front end's.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, ALLOW, CONNECTION, CONTENT_ENCODING, HeaderName, HeaderValue, VARY};
use hyper::{HeaderMap, StatusCode};

use ringbook_telemetry::{BudgetKind, Connections, Traceparent};
use ringbook_workers::{CancellationToken, Client, Owner, Workers};

use super::body::{BodyBounds, ReadBody};
use super::budget::{Budget, Charge, FREE_BYTES};
use super::charge_slot::ChargeSlot;
use super::compression;
use super::conn_info::ConnInfo;
use super::mounts::{Found, Mount, Mounts};
use super::peer::UnknownCaller;
use super::reply_body::ReplyBody;
use super::reply_budget::{ReplyBudget, ReplyBudgetError};
use super::request_budget::RequestBudget;
use super::transport_error::cut;
use super::{HttpSettings, Request, Response, TransportError, body, peer};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
const GZIP_OR_PLAIN: HeaderValue = HeaderValue::from_static("gzip, identity");
const BY_ENCODING: HeaderValue = HeaderValue::from_static("Accept-Encoding");

/// Of this many callers that a proxy does not name one is logged.
const LOGGED_UNKNOWN_PEERS: u64 = 1000;

/// The budgets of bytes in flight, shared by all listeners.
#[derive(Clone)]
pub(super) struct Budgets {
    requests: Arc<Budget>,
    replies: Arc<Budget>,
}

impl Budgets {
    pub(super) fn new(settings: &HttpSettings, counts: &Arc<Connections>) -> Self {
        let budget = |kind, total, address| Arc::new(Budget::new(kind, total, address, Arc::clone(counts)));
        let (requests, replies) = (BudgetKind::RequestBodies, BudgetKind::Responses);
        Budgets {
            requests: budget(requests, settings.request_bytes_max, settings.request_bytes_per_address_max),
            replies: budget(replies, settings.reply_bytes_max, settings.reply_bytes_per_address_max),
        }
    }
}

/// What answers the requests of a listener.
pub(super) struct Dispatcher {
    settings: Arc<HttpSettings>,
    mounts: Mounts,
    budgets: Budgets,
    counts: Arc<Connections>,
    workers: Workers,
    unknown_peers: AtomicU64,
}

impl Dispatcher {
    pub(super) fn new(
        settings: Arc<HttpSettings>,
        mounts: Mounts,
        budgets: Budgets,
        workers: Workers,
        counts: Arc<Connections>,
    ) -> Self {
        Dispatcher { settings, mounts, budgets, counts, workers, unknown_peers: AtomicU64::new(0) }
    }

    /// Where the charges of a connection's requests and responses are kept.
    pub(super) fn charge_slots(&self, left: &CancellationToken) -> [ChargeSlot; 2] {
        [&self.budgets.requests, &self.budgets.replies]
            .map(|budget| ChargeSlot::new(Arc::clone(budget), self.settings.reply_wait_time_max, left.clone()))
    }

    pub(super) async fn answer(
        &self,
        request: hyper::Request<Incoming>,
        conn: &ConnInfo,
    ) -> hyper::Response<ReplyBody> {
        let (path, verb) = (request.uri().path(), request.method());
        let (mount, error) = match self.mounts.find(path, verb) {
            Found::Mount(mount) => return self.pass_on(mount, request, conn).await,
            Found::WrongVerb(mount) => (mount, TransportError::WrongVerb { verb: cut(verb.as_str()) }),
            Found::Nothing(mount) => (mount, TransportError::WrongPath { path: cut(path) }),
        };
        let body_bytes_max = mount.body_bound(self.settings.body_bytes_max);
        body::discard(request.into_body(), body_bytes_max, &conn.state).await;
        self.refuse(mount, &error, conn)
    }

    async fn pass_on(
        &self,
        mount: &Mount,
        request: hyper::Request<Incoming>,
        conn: &ConnInfo,
    ) -> hyper::Response<ReplyBody> {
        let packs = mount.compresses() && compression::allowed(request.headers());
        // What was reserved by a request that got no answer.
        drop((conn.requests.take(), conn.replies.take()));
        let request = match self.read(mount, request, conn).await {
            Ok(request) => request,
            Err(error) => return self.refuse(mount, &error, conn),
        };
        let address = Owner::address(request.peer);
        let response = mount.frontend().handle(request).await;
        drop(conn.requests.take());
        if response.own_bytes() <= FREE_BYTES && response.shared.is_some() {
            return respond_shared(mount, response, packs, conn);
        }
        let bytes = response.body_bytes();
        if bytes < self.settings.compress_bytes_min && bytes <= FREE_BYTES {
            return respond(response, None, conn);
        }
        match self.charge_reply(bytes, address, conn).await {
            Ok(charge) => {
                let owner = charge.as_ref().map_or(address, Charge::owner);
                let response = self.pack(mount, response, packs, owner, conn).await;
                respond(response, charge, conn)
            }
            Err(ReplyBudgetError) => self.refuse(mount, &TransportError::NoRoomForReply, conn),
        }
    }

    /// Reads the whole request; the charge of its body goes into the slot of the connection.
    async fn read(
        &self,
        mount: &Mount,
        request: hyper::Request<Incoming>,
        conn: &ConnInfo,
    ) -> Result<Request, TransportError> {
        let (head, body) = request.into_parts();
        let peer = self.peer(mount, &head.headers, conn)?;
        let left = &conn.presence.left;
        let client = Client { owner: Owner::address(peer), left: left.clone() };
        let bounds = BodyBounds {
            bytes_max: mount.body_bound(self.settings.body_bytes_max),
            settings: &self.settings,
            budget: &self.budgets.requests,
            client: &client,
            workers: &self.workers,
        };
        let ReadBody { bytes, charge } = body::read(&head.headers, body, &bounds, &conn.state).await?;
        if let Some(charge) = charge {
            conn.requests.put(charge);
        }
        Ok(Request {
            method: head.method,
            uri: head.uri,
            traceparent: traceparent(&head.headers),
            headers: head.headers,
            body: bytes,
            peer,
            is_encrypted: conn.is_encrypted,
            requests: RequestBudget::new(&conn.requests, client.owner),
            replies: ReplyBudget::new(&conn.replies, client.owner),
            left: client.left,
        })
    }

    fn peer(&self, mount: &Mount, headers: &HeaderMap, conn: &ConnInfo) -> Result<IpAddr, TransportError> {
        match peer::caller(conn.peer, headers, &self.settings.trusted_proxies) {
            Ok(peer) => Ok(peer),
            Err(UnknownCaller) if !mount.needs_peer() => Ok(conn.peer),
            Err(UnknownCaller) => {
                if self.unknown_peers.fetch_add(1, Relaxed).is_multiple_of(LOGGED_UNKNOWN_PEERS) {
                    tracing::warn!(
                        proxy = %conn.peer,
                        "request refused: X-Forwarded-For of this proxy names no address"
                    );
                }
                Err(TransportError::UnknownPeer)
            }
        }
    }

    /// The charge of a response that is complete: what was reserved for it, or a charge of its own.
    async fn charge_reply(
        &self,
        bytes: usize,
        address: Owner,
        conn: &ConnInfo,
    ) -> Result<Option<Charge>, ReplyBudgetError> {
        let reserved = conn.replies.take();
        if bytes <= FREE_BYTES {
            return Ok(None);
        }
        match reserved {
            Some(mut charge) => {
                charge.shrink(bytes);
                Ok(Some(charge))
            }
            None => Ok(Some(conn.replies.charge(address.into(), bytes).await.ok_or(ReplyBudgetError)?)),
        }
    }

    /// Compresses a response that is worth it, if the client agrees and the front end has not done so.
    async fn pack(
        &self,
        mount: &Mount,
        mut response: Response,
        packs: bool,
        owner: Owner,
        conn: &ConnInfo,
    ) -> Response {
        let is_packable = mount.compresses()
            && response.body_bytes() >= self.settings.compress_bytes_min
            && response.status == StatusCode::OK
            && !response.headers.contains_key(CONTENT_ENCODING);
        if !is_packable {
            return response;
        }
        response.headers.append(VARY, BY_ENCODING);
        let client = Client { owner, left: conn.presence.left.clone() };
        if packs && let Some(packed) = compression::pack(response.body.clone(), &self.workers, &client).await {
            response.body = packed;
            response.headers.insert(CONTENT_ENCODING, GZIP);
        }
        response
    }

    fn refuse(&self, mount: &Mount, error: &TransportError, conn: &ConnInfo) -> hyper::Response<ReplyBody> {
        self.counts.refused(error.reason());
        let mut response = mount.frontend().refuse(error);
        // Not the error itself: it repeats what the client said, and that may be a secret.
        tracing::debug!(peer = %conn.peer, status = %response.status, "request refused");
        match error {
            TransportError::WrongVerb { .. } => {
                response.headers.insert(ALLOW, mount.allow().clone());
            }
            TransportError::UnknownEncoding { .. } => {
                response.headers.insert(ACCEPT_ENCODING, GZIP_OR_PLAIN);
            }
            _ => {}
        }
        if error.leaves_rest_unread() {
            response.headers.insert(CONNECTION, CLOSE);
        }
        respond(response, None, conn)
    }
}

/// The trace that a request belongs to; none when the header is missing, repeated or malformed.
fn traceparent(headers: &HeaderMap) -> Option<Traceparent> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let value = values.next()?;
    match values.next() {
        Some(_) => None,
        None => Traceparent::parse(value.as_bytes()),
    }
}

/// A response around bytes that all such responses share: charged to nobody, compressed beforehand.
fn respond_shared(mount: &Mount, mut response: Response, packs: bool, conn: &ConnInfo) -> hyper::Response<ReplyBody> {
    if mount.compresses()
        && let Some((at, shared)) = response.shared.take()
    {
        response.headers.append(VARY, BY_ENCODING);
        if packs {
            response.body = shared.gzip_around(&response.body[..at], &response.body[at + 1..]);
            response.headers.insert(CONTENT_ENCODING, GZIP);
        }
    }
    respond(response, None, conn)
}

/// A response with its charge, of which it gives back what it does not need.
fn respond(response: Response, mut charge: Option<Charge>, conn: &ConnInfo) -> hyper::Response<ReplyBody> {
    if let Some(charge) = &mut charge {
        charge.shrink(response.body_bytes());
    }
    let body = ReplyBody::new(response.body, charge, Arc::clone(&conn.state));
    let mut sent = hyper::Response::new(body);
    *sent.status_mut() = response.status;
    *sent.headers_mut() = response.headers;
    sent
}
