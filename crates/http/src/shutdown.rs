//! The signal that all connections of a transport come to their end.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Says to all connections that the server stops.
#[derive(Debug, Default)]
pub struct Shutdown {
    has_begun: AtomicBool,
    begin: Notify,
}

impl Shutdown {
    pub(super) fn begin(&self) {
        self.has_begun.store(true, Ordering::SeqCst);
        self.begin.notify_waiters();
    }

    /// Waits until the server stops.
    pub async fn begun(&self) {
        let mut begin = pin!(self.begin.notified());
        begin.as_mut().enable();
        if !self.has_begun.load(Ordering::SeqCst) {
            begin.await;
        }
    }
}

/// Notices [`Shutdown`] once, and registers its waker once: the waiters share a lock, which thousands of busy
/// connections must not queue for. That is sound because a connection is polled by one task only, whose waker
/// stays the same.
pub(super) struct ShutdownWatch<'a> {
    shutdown: &'a Shutdown,
    begin: Pin<Box<Notified<'a>>>,
    is_registered: bool,
    is_noticed: bool,
}

impl<'a> ShutdownWatch<'a> {
    pub(super) fn new(shutdown: &'a Shutdown) -> Self {
        ShutdownWatch { shutdown, begin: Box::pin(shutdown.begin.notified()), is_registered: false, is_noticed: false }
    }

    /// Whether the shutdown has begun since the last call.
    pub(super) fn begins(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        if self.is_noticed {
            return false;
        }
        if !self.is_registered {
            self.is_registered = true;
            // The outcome does not matter: the flag is read after the waker is in place.
            let _ = self.begin.as_mut().poll(cx);
        }
        self.is_noticed = self.shutdown.has_begun.load(Ordering::SeqCst);
        self.is_noticed
    }
}
