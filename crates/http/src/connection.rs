//! One connection: hyper reads and writes it, one timer bounds it.
//!
//! After each poll of hyper the [`ConnCell`] says what the connection is doing. Only when that has changed is the clock
//! read, and only when the new bound falls before the armed one is the timer touched; a bound that moves away is noticed
//! when the old one fires. So a busy connection never re-arms anything.
//!
//! What it does not do: it takes no look at requests beyond handing them to a [`Dispatcher`].

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::HttpSettings;
use super::client_watch::Presence;
use super::conn_info::ConnInfo;
use super::conn_state::{ConnCell, ConnState, Event, Phase};
use super::deadlines::{Deadlines, Timer};
use super::dispatch::Dispatcher;
use super::reply_body::ReplyBody;
use super::shutdown::{Shutdown, ShutdownWatch};
use super::watched_stream::WatchedStream;
use ringbook_telemetry::Connections;

/// What hyper's buffers hold besides the head of a request.
const BUFFER_BYTES: usize = 8 << 10;

struct ConnHandler {
    dispatcher: Arc<Dispatcher>,
    conn: ConnInfo,
}

impl ConnHandler {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<ReplyBody>, Infallible> {
        self.conn.state.note(Event::RequestBegun);
        self.conn.presence.begin_request(request.version() >= Version::HTTP_11);
        let response = self.dispatcher.answer(request, &self.conn).await;
        self.conn.state.note(Event::ReplyBegun);
        Ok(response)
    }
}

/// Serves a connection to its end. Dropping the future closes it.
pub(super) async fn drive<IO>(
    io: IO,
    (peer, is_encrypted): (IpAddr, bool),
    counts: Arc<Connections>,
    dispatcher: Arc<Dispatcher>,
    settings: &HttpSettings,
    shutdown: &Shutdown,
) where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let state: Arc<ConnCell> = Arc::default();
    let presence: Arc<Presence> = Arc::default();
    let [requests, replies] = dispatcher.charge_slots(&presence.left).map(Arc::new);
    let (at, client) = (Arc::clone(&state), Arc::clone(&presence));
    let conn = ConnInfo { peer, is_encrypted, state: at, requests, replies, presence: client };
    let handler = Arc::new(ConnHandler { dispatcher, conn });
    let service = service_fn(move |request| Arc::clone(&handler).answer(request));
    let io = TokioIo::new(WatchedStream::new(io, Arc::clone(&state), counts, presence));
    let mut connection = pin!(http1(settings).serve_connection(io, service));

    let mut deadlines = Deadlines::new(settings);
    let mut timer = pin!(Timer::new(deadlines.deadline(state.get())));
    let mut shutdown = pin!(ShutdownWatch::new(shutdown));
    poll_fn(|cx| {
        loop {
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            if shutdown.as_mut().begins(cx) {
                deadlines.end();
                state.note(Event::Stopping);
                connection.as_mut().graceful_shutdown();
                continue;
            }
            match timer.as_mut().poll(deadlines.deadline(state.get()), cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) if !deadlines.is_over() && may_still_refuse(state.get()) => {
                    state.note(Event::BodyExpired);
                }
                Poll::Ready(()) => return Poll::Ready(()),
            }
        }
    })
    .await;
}

fn http1(settings: &HttpSettings) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .header_read_timeout(None)
        .max_header_size(settings.header_bytes_max)
        // Buffers grow with the traffic and stay; this much of a body is read ahead of its budget at most.
        .max_buf_size(settings.header_bytes_max + BUFFER_BYTES)
        // A client that closes its sending side after the request still gets its answer; one that leaves is noticed by
        // the stream.
        .half_close(true)
        .writev(true);
    builder
}

/// Whether the time that ran out is that of a body, so that its reader can say so to the client.
fn may_still_refuse(state: ConnState) -> bool {
    state.phase == Phase::Body && !state.is_body_expired
}
