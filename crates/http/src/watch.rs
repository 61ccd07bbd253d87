//! Watches what a connection is doing, so that one timer can bound every part of it.
//!
//! The stream under hyper is wrapped: a byte read while resting begins a request head, a write that blocks
//! begins a stall, a flush after the last piece of a body ends an answer. Each event is a plain store into
//! [`Watch`]; nobody asks the time here. The connection's task compares after each poll (see
//! [`super::connection`]), and that is where clocks are read.
//!
//! All of it happens in the one task that owns the connection. The cells are atomic only because such a
//! task may move between threads, so every access is relaxed.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a closed connection still swallows, at most.
const LINGER_BYTES_MAX: u64 = 256 << 20;
const LINGER_READ_BYTES: usize = 16 << 10;

/// The stage of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Between requests, or before the first.
    Idle,
    /// A request has begun, its head is not complete.
    Head,
    /// The head is read, the body is not complete.
    Body,
    /// The floor below is at work.
    Answer,
    /// The answer is being sent.
    Reply,
    /// Over; what the client still sends is swallowed.
    Linger,
}

const PHASES: [Phase; 6] = [Phase::Idle, Phase::Head, Phase::Body, Phase::Answer, Phase::Reply, Phase::Linger];
const PHASE_BITS: u32 = 3;

/// The stage of one connection, with a number that grows with each change.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Number of changes, above the phase in the lowest bits.
    stage: AtomicU64,
    /// Number of changes between flowing (even) and stalled (odd).
    stall: AtomicU64,
    /// The last piece of the answer is in hyper's hands.
    handed: AtomicBool,
    /// The client has closed its side.
    left: AtomicBool,
    /// The body has taken too long.
    late: AtomicBool,
    /// The server is being stopped: close without lingering.
    hasty: AtomicBool,
}

impl Watch {
    /// Begins a stage.
    pub(super) fn enter(&self, phase: Phase) {
        let changes = self.stage.load(Relaxed) >> PHASE_BITS;
        let stage = ((changes + 1) << PHASE_BITS) | phase as u64;
        self.stage.store(stage, Relaxed);
    }

    /// A request's head is read, so whatever went before is answered.
    pub(super) fn begin_request(&self) {
        self.handed.store(false, Relaxed);
        self.enter(Phase::Body);
    }

    /// A value that differs after each change of stage.
    pub(super) fn stage(&self) -> u64 {
        self.stage.load(Relaxed)
    }

    pub(super) fn phase(&self) -> Phase {
        let number = self.stage() & ((1 << PHASE_BITS) - 1);
        PHASES[number as usize]
    }

    /// A value that differs after each change between flowing and stalled; odd while stalled.
    pub(super) fn stall(&self) -> u64 {
        self.stall.load(Relaxed)
    }

    /// The last piece of an answer has been handed to hyper.
    pub(super) fn hand_over(&self) {
        self.handed.store(true, Relaxed);
    }

    /// Tells the reader of the body that its time is over.
    pub(super) fn expire_body(&self) {
        self.late.store(true, Relaxed);
    }

    pub(super) fn body_expired(&self) -> bool {
        self.late.load(Relaxed)
    }

    /// From now on, closes without waiting for the client to close, too.
    pub(super) fn hurry(&self) {
        self.hasty.store(true, Relaxed);
    }

    fn note_read(&self, bytes: usize) {
        if bytes == 0 {
            self.left.store(true, Relaxed);
        } else if self.phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    fn note_write<T>(&self, outcome: &Poll<io::Result<T>>) {
        let stall = self.stall.load(Relaxed);
        if outcome.is_pending() != is_stalled(stall) {
            self.stall.store(stall + 1, Relaxed);
        }
    }

    fn note_flush(&self) {
        if self.handed.load(Relaxed) && self.phase() == Phase::Reply {
            self.handed.store(false, Relaxed);
            self.enter(Phase::Idle);
        }
    }

    fn lingers(&self) -> bool {
        !self.left.load(Relaxed) && !self.hasty.load(Relaxed)
    }
}

/// Whether a value of [`Watch::stall`] means that a write is blocked.
pub(super) fn is_stalled(stall: u64) -> bool {
    stall & 1 == 1
}

/// A stream whose events are noted in a [`Watch`], and which lingers when it is shut down.
///
/// A socket that is closed with unread bytes answers with a reset, and a reset can take away the last answer
/// from a client that is still sending. So, after closing our side, the other side is read to its end.
pub(super) struct Watched<IO> {
    io: IO,
    watch: Arc<Watch>,
    swallowed: u64,
}

impl<IO> Watched<IO> {
    pub(super) fn new(io: IO, watch: Arc<Watch>) -> Self {
        Watched { io, watch, swallowed: 0 }
    }
}

impl<IO: AsyncRead + Unpin> Watched<IO> {
    fn poll_swallow(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut room = [0; LINGER_READ_BYTES];
        while self.swallowed < LINGER_BYTES_MAX {
            let mut buf = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf))?;
            if buf.filled().is_empty() {
                break;
            }
            self.swallowed += buf.filled().len() as u64;
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Watched<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        self.watch.note_read(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.watch.note_write(&outcome);
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.io).poll_write_vectored(cx, pieces);
        self.watch.note_write(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.io).poll_flush(cx);
        self.watch.note_write(&outcome);
        ready!(outcome)?;
        self.watch.note_flush();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.watch.phase() != Phase::Linger {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
            if !self.watch.lingers() {
                return Poll::Ready(Ok(()));
            }
            self.watch.enter(Phase::Linger);
        }
        self.poll_swallow(cx)
    }
}
