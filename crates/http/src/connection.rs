//! One connection: hyper reads and writes it, one timer bounds it.
//!
//! After each poll of hyper the [`Watch`] says what the connection is doing. Only when that has changed is the
//! clock read, and only when the new bound falls before the armed one is the timer touched; a bound that moves
//! away is noticed when the old one fires. So a busy connection never re-arms anything.
//!
//! What it does not do: it takes no look at requests beyond handing them to a [`Handler`].

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, Sleep, sleep_until};

use super::HttpSettings;
use super::segments::Segments;
use super::watch::{Phase, Watch, Watched, is_stalled};

/// What answers the requests of a listener.
pub(super) trait Handler: Send + Sync + 'static {
    fn handle(&self, request: Request<Incoming>, conn: &ConnInfo) -> impl Future<Output = Response<Segments>> + Send;
}

/// What a handler may know of the connection.
pub(super) struct ConnInfo {
    /// The socket's other end.
    pub(super) peer: IpAddr,
    pub(super) watch: Arc<Watch>,
}

struct ConnHandler<H> {
    handler: Arc<H>,
    conn: ConnInfo,
}

impl<H: Handler> ConnHandler<H> {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Segments>, Infallible> {
        self.conn.watch.begin_request();
        let response = self.handler.handle(request, &self.conn).await;
        self.conn.watch.enter(Phase::Reply);
        Ok(response)
    }
}

/// Tells all connections of a listener to come to their end.
#[derive(Debug, Default)]
pub(super) struct Closing {
    begun: AtomicBool,
    bell: Notify,
}

impl Closing {
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
        self.bell.notify_waiters();
    }

    pub(super) async fn begun(&self) {
        let mut bell = pin!(self.bell.notified());
        bell.as_mut().enable();
        if !self.begun.load(Ordering::SeqCst) {
            bell.await;
        }
    }
}

/// Serves a connection to its end. Dropping the future closes it.
pub(super) async fn drive<IO, H>(io: IO, peer: IpAddr, handler: Arc<H>, settings: &HttpSettings, closing: &Closing)
where
    IO: AsyncRead + AsyncWrite + Unpin,
    H: Handler,
{
    let watch = Arc::new(Watch::default());
    let conn = ConnInfo { peer, watch: Arc::clone(&watch) };
    let place = Arc::new(ConnHandler { handler, conn });
    let service = service_fn(move |request| Arc::clone(&place).answer(request));
    let io = TokioIo::new(Watched::new(io, Arc::clone(&watch)));
    let mut connection = pin!(http1(settings).serve_connection(io, service));

    let mut clocks = Deadlines::new(settings);
    let mut timer = pin!(Timer::new(clocks.deadline(&watch)));
    let mut end = pin!(End::new(closing));
    std::future::poll_fn(|cx| {
        loop {
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            if end.as_mut().comes(cx) {
                clocks.end(settings);
                watch.hurry();
                connection.as_mut().graceful_shutdown();
                continue;
            }
            match timer.as_mut().poll(clocks.deadline(&watch), cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) if !clocks.over() && may_still_refuse(&watch) => {
                    watch.expire_body();
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
        // A client that closes its sending side after the request still gets its answer.
        .half_close(true)
        .writev(true);
    builder
}

/// Whether the time that ran out is that of a body, so that its reader can say so to the client.
fn may_still_refuse(watch: &Watch) -> bool {
    watch.phase() == Phase::Body && !watch.body_expired()
}

/// Since when the connection does what it does.
struct Deadlines<'a> {
    settings: &'a HttpSettings,
    stage: u64,
    stage_since: Instant,
    stall: u64,
    stall_since: Instant,
    end: Option<Instant>,
}

impl<'a> Deadlines<'a> {
    fn new(settings: &'a HttpSettings) -> Self {
        let now = Instant::now();
        Deadlines { settings, stage: 0, stage_since: now, stall: 0, stall_since: now, end: None }
    }

    /// Bounds what is left of the connection.
    fn end(&mut self, settings: &HttpSettings) {
        self.end = Some(Instant::now() + settings.shutdown_time_max);
    }

    fn over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// When the connection has done the same for too long; none while the floor below is at work.
    fn deadline(&mut self, watch: &Watch) -> Option<Instant> {
        self.notice(watch);
        let settings = self.settings;
        let bound = match watch.phase() {
            Phase::Idle => Some(settings.idle_time_max),
            Phase::Head => Some(settings.header_read_time_max),
            Phase::Body => Some(settings.body_read_time_max),
            Phase::Answer => None,
            Phase::Reply => Some(settings.reply_time_max),
            Phase::Linger => Some(settings.linger_time_max),
        };
        let stage = bound.map(|bound| self.stage_since + bound);
        let stall = is_stalled(self.stall).then(|| self.stall_since + settings.write_stall_time_max);
        [stage, stall, self.end].into_iter().flatten().min()
    }

    fn notice(&mut self, watch: &Watch) {
        let (stage, stall) = (watch.stage(), watch.stall());
        if (stage, stall) == (self.stage, self.stall) {
            return;
        }
        let now = Instant::now();
        if stage != self.stage {
            self.stage_since = now;
        }
        if stall != self.stall {
            self.stall_since = now;
        }
        (self.stage, self.stall) = (stage, stall);
    }
}

/// A timer that is only touched when it must fire earlier than it would.
struct Timer {
    sleep: Pin<Box<Sleep>>,
}

impl Timer {
    fn new(first: Option<Instant>) -> Self {
        let first = first.unwrap_or_else(Instant::now);
        Timer { sleep: Box::pin(sleep_until(first)) }
    }

    /// Ready when the deadline has passed.
    fn poll(mut self: Pin<&mut Self>, deadline: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = deadline else {
            return Poll::Pending;
        };
        if deadline < self.sleep.deadline() {
            self.sleep.as_mut().reset(deadline);
        }
        while self.sleep.as_mut().poll(cx).is_ready() {
            if self.sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

/// Notices [`Closing`] once, and asks the bell once: its waiters share a lock, which thousands of busy
/// connections must not queue for. That is sound because a connection is polled by one task only, whose waker
/// stays the same.
struct End<'a> {
    closing: &'a Closing,
    bell: Pin<Box<Notified<'a>>>,
    asked: bool,
    noticed: bool,
}

impl<'a> End<'a> {
    fn new(closing: &'a Closing) -> Self {
        End { closing, bell: Box::pin(closing.bell.notified()), asked: false, noticed: false }
    }

    /// Whether the end has come since the last question.
    fn comes(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        if self.noticed {
            return false;
        }
        if !self.asked {
            self.asked = true;
            // What it says does not matter: the flag is read after the waker is in place.
            let _ = self.bell.as_mut().poll(cx);
        }
        self.noticed = self.closing.begun.load(Ordering::SeqCst);
        self.noticed
    }
}
