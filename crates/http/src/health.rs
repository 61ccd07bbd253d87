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

struct Health<C> {
    is_well: C,
    time_max: Duration,
}

/// Answers `GET` and `HEAD` of [`HEALTH_PATH`]: 200 when `is_well` yields true within the time, 503 otherwise.
pub fn health<C, F>(is_well: C, time_max: Duration) -> Mount
where
    C: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = bool> + Send + 'static,
{
    Mount::new(Arc::new(Health { is_well, time_max }), [Method::GET, Method::HEAD])
        .at(HEALTH_PATH)
        .body_bytes_max(0)
        .hidden_from_other_verbs()
        .uncompressed()
        .for_any_peer()
}

impl<C, F> Frontend for Health<C>
where
    C: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = bool> + Send + 'static,
{
    async fn handle(&self, _request: Request) -> Response {
        let (status, word) = match timeout(self.time_max, (self.is_well)()).await {
            Ok(true) => (StatusCode::OK, "ok\n"),
            Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n"),
            Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store takes too long\n"),
        };
        Response::new(status, vec![Bytes::from_static(word.as_bytes())]).with_content_type(TEXT)
    }

    fn refuse(&self, error: &TransportError) -> Response {
        Response::new(error.status(), Vec::new())
    }
}
