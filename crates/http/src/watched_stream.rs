//! The stream under hyper: its events are noted in the connection's state, it watches the client while an answer is
//! made, and it lingers when it is shut down.
//!
//! A byte read while idle begins a request head, a write that blocks begins a stall, a flush after the last segment of a
//! response ends it. Each is one store; nobody reads a clock here. hyper flushes the stream whenever the connection is
//! polled and nothing waits to be written: while an answer is made, that is the moment to look after the client.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::client_watch::{ClientWatch, Presence};
use super::conn_state::{ConnCell, Event, Phase};
use ringbook_telemetry::Connections;

/// Maximum bytes read and discarded after closing (lingering close).
const LINGER_BYTES_MAX: u64 = 256 << 20;
const LINGER_READ_BYTES: usize = 16 << 10;

/// A stream whose events are noted.
///
/// A socket that is closed with unread bytes answers with a reset, and a reset can take away the last response from a
/// client that is still sending. So, after closing our side, the other side is read to its end.
pub(super) struct WatchedStream<IO> {
    io: IO,
    state: Arc<ConnCell>,
    counts: Arc<Connections>,
    client: ClientWatch,
    discarded: u64,
}

impl<IO> WatchedStream<IO> {
    pub(super) fn new(io: IO, state: Arc<ConnCell>, counts: Arc<Connections>, presence: Arc<Presence>) -> Self {
        WatchedStream { io, state, counts, client: ClientWatch::new(presence), discarded: 0 }
    }

    fn note_write<T>(&self, outcome: &Poll<io::Result<T>>) {
        self.state.note(if outcome.is_pending() { Event::WriteBlocked } else { Event::WriteAccepted });
    }

    fn count_write(&self, outcome: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = outcome {
            self.counts.sent(*bytes);
        }
        self.note_write(outcome);
    }
}

impl<IO: AsyncRead + Unpin> WatchedStream<IO> {
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut room = [0; LINGER_READ_BYTES];
        while self.discarded < LINGER_BYTES_MAX {
            let mut buf = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf))?;
            if buf.filled().is_empty() {
                break;
            }
            self.discarded += buf.filled().len() as u64;
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for WatchedStream<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.client.take_ahead(buf) > 0 {
            self.state.note(Event::Received);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let bytes = buf.filled().len() - before;
        self.counts.received(bytes);
        self.state.note(if bytes == 0 { Event::InputClosed } else { Event::Received });
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> WatchedStream<IO> {
    fn watch_client(&mut self, cx: &mut Context<'_>) {
        let observed = self.client.look(&mut self.io, cx);
        self.counts.received(observed.received);
        self.counts.sent(observed.sent);
        if observed.has_ended {
            self.state.note(Event::InputClosed);
        }
    }

    /// Completes an interim response that was written in part.
    fn poll_finish_probe(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = self.client.finish_probe(&mut self.io, cx);
        self.count_write(&outcome);
        outcome.map_ok(drop)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WatchedStream<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.client.is_probe_unfinished() {
            ready!(self.poll_finish_probe(cx))?;
        }
        let outcome = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.count_write(&outcome);
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.client.is_probe_unfinished() {
            ready!(self.poll_finish_probe(cx))?;
        }
        let outcome = Pin::new(&mut self.io).poll_write_vectored(cx, pieces);
        self.count_write(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.io).poll_flush(cx);
        self.note_write(&outcome);
        ready!(outcome)?;
        self.state.note(Event::Flushed);
        if self.state.get().phase == Phase::Answer {
            self.watch_client(cx);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.state.get().phase != Phase::Linger {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
            self.state.note(Event::OutputClosed);
            if self.state.get().phase != Phase::Linger {
                return Poll::Ready(Ok(()));
            }
        }
        self.poll_discard(cx)
    }
}
