//! The metrics page, for a listener of its own that the world does not see.

use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use hyper::header::HeaderValue;

use super::{Frontend, METRICS_PATH, Mount, Request, Response, TransportError};
use hyper::StatusCode;
use ringbook_telemetry::Metrics;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

struct MetricsPage {
    metrics: Arc<Metrics>,
}

/// Answers `GET` and `HEAD` of [`METRICS_PATH`].
pub fn metrics_page(metrics: Arc<Metrics>) -> Mount {
    Mount::new(Arc::new(MetricsPage { metrics }), [Method::GET, Method::HEAD])
        .at(METRICS_PATH)
        .body_bytes_max(0)
        .hidden_from_other_verbs()
        .uncompressed()
        .for_any_peer()
}

impl Frontend for MetricsPage {
    async fn handle(&self, _request: Request) -> Response {
        let page = Bytes::from(self.metrics.page());
        Response::new(StatusCode::OK, vec![page]).with_content_type(TEXT)
    }

    fn refuse(&self, _error: &TransportError) -> Response {
        let hint = Bytes::from_static(b"GET /metrics\n");
        Response::new(StatusCode::NOT_FOUND, vec![hint]).with_content_type(TEXT)
    }
}
