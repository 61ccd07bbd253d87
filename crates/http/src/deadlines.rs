//! How long a connection may stay in its state, with one lazily armed timer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use super::HttpSettings;
use super::conn_state::{ConnState, Phase};

/// Since when the connection is in its state.
pub(super) struct Deadlines<'a> {
    settings: &'a HttpSettings,
    seen: ConnState,
    phase_since: Instant,
    stall_since: Instant,
    end: Option<Instant>,
}

impl<'a> Deadlines<'a> {
    pub(super) fn new(settings: &'a HttpSettings) -> Self {
        let now = Instant::now();
        Deadlines { settings, seen: ConnState::default(), phase_since: now, stall_since: now, end: None }
    }

    /// Bounds what is left of the connection.
    pub(super) fn end(&mut self) {
        self.end = Some(Instant::now() + self.settings.shutdown_time_max);
    }

    /// Whether that bound has passed.
    pub(super) fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// When the connection has been in its state for too long; never while the front end is at work.
    pub(super) fn deadline(&mut self, state: ConnState) -> Option<Instant> {
        self.notice(state);
        let settings = self.settings;
        let bound = match state.phase {
            Phase::Idle => Some(settings.idle_time_max),
            Phase::Head => Some(settings.header_read_time_max),
            Phase::Body => Some(settings.body_read_time_max),
            Phase::Answer => None,
            Phase::Reply => Some(settings.reply_time_max),
            Phase::Linger => Some(settings.linger_time_max),
        };
        let phase = bound.map(|bound| self.phase_since + bound);
        let stall = state.is_stalled.then(|| self.stall_since + settings.write_stall_time_max);
        [phase, stall, self.end].into_iter().flatten().min()
    }

    fn notice(&mut self, state: ConnState) {
        let has_moved = state.phase_changes != self.seen.phase_changes;
        let has_stalled = state.stall_changes != self.seen.stall_changes;
        if has_moved || has_stalled {
            let now = Instant::now();
            self.phase_since = if has_moved { now } else { self.phase_since };
            self.stall_since = if has_stalled { now } else { self.stall_since };
            self.seen = state;
        }
    }
}

/// A timer that is only touched when it must fire earlier than it would.
pub(super) struct Timer {
    sleep: Pin<Box<Sleep>>,
}

impl Timer {
    pub(super) fn new(first: Option<Instant>) -> Self {
        let first = first.unwrap_or_else(Instant::now);
        Timer { sleep: Box::pin(sleep_until(first)) }
    }

    /// Ready when the deadline has passed.
    pub(super) fn poll(mut self: Pin<&mut Self>, deadline: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
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
