//! Notices that a client has left while its answer is being made.
//!
//! hyper does not read while a front end is at work, so the stream under it does ([`super::watched_stream`]): what the
//! client sends meanwhile is kept for hyper, and an error means that the client has left. The end of the input alone
//! says less: the client may have closed the whole connection, or only its sending side while it waits for the answer.
//! A write tells them apart, because a system that has no socket for it any more answers with a reset. So the client is
//! sent an interim response, `100 Continue`, which clients of HTTP/1.1 pass over, and from time to time another one,
//! until the answer is there or a write fails. Clients of HTTP/1.0 do not know interim responses; one that has closed
//! its sending side counts as present until its answer is written.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ringbook_workers::CancellationToken;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Bytes that are read ahead of hyper at most. A client that sends more before it has its answer is not watched further.
const READ_AHEAD_BYTES_MAX: usize = 4 << 10;
/// The interim response that a client gets whose input has ended.
const PROBE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// From the end of the input to the first probe, and from that to the second, which fails if the client has left.
const PROBE_INTERVAL_MIN: Duration = Duration::from_millis(10);
/// Each interval is twice as long as the one before it, up to this one.
const PROBE_INTERVAL_MAX: Duration = Duration::from_secs(1);

/// What the stream and the requests of a connection share.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// Cancelled when the client has left.
    pub(super) left: CancellationToken,
    /// Whether the client knows interim responses.
    may_probe: AtomicBool,
}

impl Presence {
    /// A request begins, in HTTP/1.1 or in an older version.
    pub(super) fn begin_request(&self, is_http_1_1: bool) {
        self.may_probe.store(is_http_1_1, Relaxed);
    }
}

/// What is known of the client's side.
enum ClientState {
    Open,
    /// The input has ended.
    HalfClosed(Prober),
    Left,
}

/// When the next probe is due.
struct Prober {
    due: Pin<Box<Sleep>>,
    interval: Duration,
}

/// Watches the client of one connection.
pub(super) struct ClientWatch {
    presence: Arc<Presence>,
    state: ClientState,
    /// Read, and not yet taken by hyper.
    ahead: Vec<u8>,
    /// What is left of a probe that was written in part.
    rest_of_probe: &'static [u8],
}

/// What a look at the client has observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// Bytes that were read.
    pub(super) received: usize,
    /// Bytes of probes that were written.
    pub(super) sent: usize,
    /// The input has ended, or is broken.
    pub(super) has_ended: bool,
}

impl ClientWatch {
    pub(super) fn new(presence: Arc<Presence>) -> Self {
        ClientWatch { presence, state: ClientState::Open, ahead: Vec::new(), rest_of_probe: &[] }
    }

    /// Looks after the client while its answer is being made, and has the task woken when there is more to see.
    pub(super) fn look<IO: AsyncRead + AsyncWrite + Unpin>(&mut self, io: &mut IO, cx: &mut Context<'_>) -> Observed {
        let mut observed = Observed::default();
        while let ClientState::Open = self.state
            && self.ahead.len() < READ_AHEAD_BYTES_MAX
        {
            let mut room = [0; READ_AHEAD_BYTES_MAX];
            let mut buf = ReadBuf::new(&mut room[self.ahead.len()..]);
            match Pin::new(&mut *io).poll_read(cx, &mut buf) {
                Poll::Pending => return observed,
                Poll::Ready(Err(_)) => {
                    observed.has_ended = true;
                    self.leave();
                }
                Poll::Ready(Ok(())) if buf.filled().is_empty() => {
                    observed.has_ended = true;
                    self.state = ClientState::HalfClosed(Prober::new());
                }
                Poll::Ready(Ok(())) => {
                    observed.received += buf.filled().len();
                    self.ahead.extend_from_slice(buf.filled());
                }
            }
        }
        if self.presence.may_probe.load(Relaxed)
            && let ClientState::HalfClosed(prober) = &mut self.state
        {
            match prober.probe(io, cx, &mut self.rest_of_probe) {
                Ok(sent) => observed.sent = sent,
                Err(_) => self.leave(),
            }
        }
        observed
    }

    fn leave(&mut self) {
        self.state = ClientState::Left;
        self.presence.left.cancel();
    }

    /// Hands over what was read ahead; how many bytes.
    pub(super) fn take_ahead(&mut self, buf: &mut ReadBuf<'_>) -> usize {
        let bytes = self.ahead.len().min(buf.remaining());
        buf.put_slice(&self.ahead[..bytes]);
        self.ahead.drain(..bytes);
        bytes
    }

    /// Whether a probe was written in part.
    pub(super) fn is_probe_unfinished(&self) -> bool {
        !self.rest_of_probe.is_empty()
    }

    /// Completes a probe that was written in part, before anything else is written; how many bytes that took.
    pub(super) fn finish_probe<IO: AsyncWrite + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut sent = 0;
        while !self.rest_of_probe.is_empty() {
            let written = ready!(Pin::new(&mut *io).poll_write(cx, self.rest_of_probe))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.rest_of_probe = &self.rest_of_probe[written..];
            sent += written;
        }
        Poll::Ready(Ok(sent))
    }
}

impl Prober {
    fn new() -> Self {
        Prober { due: Box::pin(sleep(PROBE_INTERVAL_MIN)), interval: PROBE_INTERVAL_MIN }
    }

    /// Writes the probes that are due; how many bytes that were. Has the task woken for the next one.
    fn probe<IO: AsyncWrite + Unpin>(
        &mut self,
        io: &mut IO,
        cx: &mut Context<'_>,
        rest: &mut &'static [u8],
    ) -> io::Result<usize> {
        let mut sent = 0;
        while self.due.as_mut().poll(cx).is_ready() {
            if rest.is_empty() {
                *rest = PROBE;
            }
            match Pin::new(&mut *io).poll_write(cx, rest) {
                Poll::Ready(Ok(written)) => {
                    *rest = &rest[written..];
                    sent += written;
                }
                Poll::Ready(Err(error)) => return Err(error),
                // The buffers are full: the client takes nothing for now.
                Poll::Pending => {}
            }
            self.due = Box::pin(sleep(self.interval));
            self.interval = PROBE_INTERVAL_MAX.min(self.interval * 2);
        }
        Ok(sent)
    }
}
