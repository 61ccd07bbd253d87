//! `/client/rpc`: calls of the API with the session of the cookie.

use std::sync::Arc;

use ringbook_app::access::BrowserSessionError;
use ringbook_app::application::{Application, Frontend as Door};
use ringbook_http::{Frontend, Request, Response, StatusCode, TransportError};
use ringbook_jsonrpc::{CallMeta, Rpc};

use super::cookies;
use super::forgery::{Content, Guard};
use super::refusals::{refused, respond_session_error};

pub(crate) struct CallFrontend {
    app: Arc<Application>,
    rpc: Arc<Rpc>,
    guard: Arc<Guard>,
}

impl CallFrontend {
    pub(crate) fn new(app: Arc<Application>, rpc: Arc<Rpc>, guard: Arc<Guard>) -> Self {
        Self { app, rpc, guard }
    }
}

impl Frontend for CallFrontend {
    async fn handle(&self, request: Request) -> Response {
        if !self.guard.admits(&request, Content::Json) {
            return refused(StatusCode::FORBIDDEN, "cross_site", &[]);
        }
        let Some(token) = cookies::token(&request) else {
            return respond_session_error(&BrowserSessionError::Over, request.peer);
        };
        // A session that is over has a status of its own, so that the page can ask for the password.
        let mut call = self.app.begin(Door::ClientArea, request.peer, request.traceparent);
        if let Err(error) = call.authenticate_browser(token.expose()).await {
            return respond_session_error(&error, request.peer);
        }
        drop(call);
        let Request { body, peer, traceparent, requests, replies, left, .. } = request;
        let meta = CallMeta { peer, traceparent, requests, replies, left, browser: Some(token) };
        ringbook_jsonrpc::response(self.rpc.respond(body, meta).await)
    }

    fn refuse(&self, error: &TransportError) -> Response {
        refused(error.status(), "transport", &[])
    }
}
