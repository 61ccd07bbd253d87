//! The health path: whether the server and what it depends on can answer.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{Method, StatusCode};
use tokio::time::timeout;

use super::{Frontend, HEALTH_PATH, Mount, Request, Response, TransportError};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=UTF-8");

/// What the check of the store has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Reads and changes work.
    Good,
    /// Reads work; there is no space for changes.
    DiskFull,
    /// The store does not answer.
    StoreFails,
}

struct HealthFrontend<C> {
    check: C,
    time_max: Duration,
}

/// Answers `GET` and `HEAD` of [`HEALTH_PATH`]: 200 when `check` finds within the time that the store answers, with a full
/// disk in the body, and 503 otherwise.
pub fn health<C, F>(check: C, time_max: Duration) -> Mount
where
    C: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Health> + Send + 'static,
{
    Mount::new(Arc::new(HealthFrontend { check, time_max }), [Method::GET, Method::HEAD])
        .at(HEALTH_PATH)
        .body_bytes_max(0)
        .hidden_from_other_verbs()
        .uncompressed()
        .for_any_peer()
}

impl<C, F> Frontend for HealthFrontend<C>
where
    C: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Health> + Send + 'static,
{
    async fn handle(&self, _request: Request) -> Response {
        let (status, word) = match timeout(self.time_max, (self.check)()).await {
            Ok(Health::Good) => (StatusCode::OK, "ok\n"),
            Ok(Health::DiskFull) => (StatusCode::OK, "the disk is full: changes are refused, look-ups work\n"),
            Ok(Health::StoreFails) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n"),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store takes too long\n"),
        };
        Response::new(status, vec![Bytes::from_static(word.as_bytes())]).with_content_type(TEXT)
    }

    fn refuse(&self, error: &TransportError) -> Response {
        Response::new(error.status(), Vec::new())
    }
}
