//! The metrics page, on a listener of its own that the world does not see.

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::connection::{ConnInfo, Handler};
use super::segments::Segments;
use super::{HttpSettings, METRICS_PATH, Reply, api};
use ringbook_telemetry::Metrics;

const CONNECTIONS_MAX: u32 = 100;
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

pub(super) struct MetricsPage {
    metrics: Arc<Metrics>,
}

impl MetricsPage {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        MetricsPage { metrics }
    }
}

/// The bounds of the page: few connections, hardly any body.
pub(super) fn settings() -> HttpSettings {
    HttpSettings { connections_max: CONNECTIONS_MAX, body_bytes_max: 1 << 10, ..HttpSettings::default() }
}

impl Handler for MetricsPage {
    async fn handle(&self, request: Request<Incoming>, conn: &ConnInfo) -> Response<Segments> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if reads && request.uri().path() == METRICS_PATH {
            let page = Reply::from(Bytes::from(self.metrics.page()));
            return text(StatusCode::OK, page, conn);
        }
        let hint = Reply::from(Bytes::from_static(b"GET /metrics\n"));
        text(StatusCode::NOT_FOUND, hint, conn)
    }
}

fn text(status: StatusCode, reply: Reply, conn: &ConnInfo) -> Response<Segments> {
    let mut response = api::respond(status, reply, conn);
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}
