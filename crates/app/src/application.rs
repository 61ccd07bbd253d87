//! The application: one way into everything that the server does, the same for every front end.
//!
//! A front end begins a [`crate::call::Call`], authenticates it, has it admitted, and then asks or changes an address book through
//! [`Admitted`], in typed requests and typed results. Whatever fails is an [`AppError`](crate::app_error::AppError) or
//! an [`AccessError`](crate::access::AccessError); how that is worded is the front end's business. Admission, limits,
//! timing and the audit log are the same for all of them.
//!
//! This module knows no JSON, no HTTP and no SQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ringbook_clock::Clock;
use ringbook_telemetry::Metrics;

use crate::access::Access;
use crate::audit::AuditLog;
use crate::books::Books;

/// Calls that take this long are logged unless set otherwise.
pub const SLOW_CALL: Duration = Duration::from_secs(1);

/// A way in: a protocol that the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frontend {
    /// The API: JSON-RPC 2.0 over HTTP.
    JsonRpc,
    /// The client area: people with a browser.
    ClientArea,
    /// Look-ups of callers and phone books over HTTP.
    Phones,
    /// LDAP.
    Ldap,
    /// CardDAV.
    CardDav,
}

impl Frontend {
    /// Its name in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JsonRpc => "jsonrpc",
            Self::ClientArea => "client-area",
            Self::Phones => "phones",
            Self::Ldap => "ldap",
            Self::CardDav => "carddav",
        }
    }
}

/// What every front end talks to. One for a server.
pub struct Application {
    pub(crate) access: Arc<Access>,
    pub(crate) books: Books,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Clock,
    /// Calls that take this many microseconds are logged.
    slow_micros: AtomicU64,
    /// Counts the calls that failed inside the server; the number is in the log and in the answer.
    incidents: AtomicU64,
}

impl Application {
    /// An application over these parts.
    pub fn new(
        access: Arc<Access>,
        books: Books,
        audit: Arc<AuditLog>,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        let (slow_micros, incidents) = (AtomicU64::new(micros(SLOW_CALL)), AtomicU64::new(0));
        Arc::new(Self { access, books, audit, metrics, clock, slow_micros, incidents })
    }

    /// Logs calls that take at least so long, instead of [`SLOW_CALL`].
    pub fn log_slow(&self, slow: Duration) {
        self.slow_micros.store(micros(slow), Ordering::Relaxed);
    }

    /// Whether calls that take so long are logged.
    pub(crate) fn is_slow(&self, took: Duration) -> bool {
        micros(took) >= self.slow_micros.load(Ordering::Relaxed)
    }

    /// The counters of the server.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The number of the next internal error.
    pub(crate) fn next_incident(&self) -> u64 {
        self.incidents.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
