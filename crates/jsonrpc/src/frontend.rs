//! JSON-RPC as a front end of the transport: where it is mounted, and what clients read of requests that never became
//! a call.

use std::sync::Arc;

use bytes::Bytes;
use ringbook_http::header::HeaderValue;
use ringbook_http::{Frontend, Method, Mount, ReplyBudgetError, Request, Response, StatusCode, TransportError};

use super::mnemonic::{Mnemonic, RpcError};
use super::to_wire::{self, Metadata};
use super::{Answer, CallMeta, Rpc, not_a_call};

/// The path that calls are posted to. A trailing slash and a query string are allowed, too.
pub const API_PATH: &str = "/v2.0";

const API_PATH_SLASH: &str = "/v2.0/";
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// The mount of the API: `POST` of [`API_PATH`].
pub fn mount(rpc: Arc<Rpc>) -> Mount {
    Mount::new(Arc::new(JsonRpcFrontend { rpc }), [Method::POST]).at(API_PATH).at(API_PATH_SLASH)
}

struct JsonRpcFrontend {
    rpc: Arc<Rpc>,
}

impl Frontend for JsonRpcFrontend {
    async fn handle(&self, request: Request) -> Response {
        let Request { body, peer, traceparent, requests, replies, left, .. } = request;
        let meta = CallMeta { peer, traceparent, requests, replies, left, browser: None };
        response(self.rpc.respond(body, meta).await)
    }

    fn refuse(&self, error: &TransportError) -> Response {
        json(error.status(), refusal(error))
    }
}

/// An answer as a response of HTTP.
pub fn response(answer: Answer) -> Response {
    let (before, shared) = answer.into_parts();
    match shared {
        Some((shared, after)) => Response::around(StatusCode::OK, before, shared, vec![after]).with_content_type(JSON),
        None => json(StatusCode::OK, before),
    }
}

fn json(status: StatusCode, body: Vec<Bytes>) -> Response {
    Response::new(status, body).with_content_type(JSON)
}

/// The body for a request that never became a call.
fn refusal(error: &TransportError) -> Vec<Bytes> {
    let happened = match error {
        TransportError::UnknownPeer => return unknown_peer(),
        TransportError::NoRoomForReply => return no_room(),
        TransportError::TooBusy => return too_busy(),
        // The path is not repeated: a token may have been put into it.
        TransportError::WrongPath { path: _ } => "There is nothing at this path".to_owned(),
        TransportError::WrongVerb { verb } => format!("The API does not take {verb}"),
        TransportError::BodyTooLarge { body_bytes_max } => format!("The body is larger than {body_bytes_max} bytes"),
        TransportError::BodyTimeout { body_read_time_max } => {
            format!("The body did not arrive within {} s", body_read_time_max.as_secs())
        }
        TransportError::BodyTooSlow => "The body arrived too slowly while many others waited".to_owned(),
        TransportError::UnknownEncoding { encoding } => {
            format!("Content-Encoding {encoding} is not known, only gzip is")
        }
        TransportError::BadGzip => "The body is not the gzip that its Content-Encoding says it is".to_owned(),
        TransportError::BodyCutOff => "The body ended before it was whole".to_owned(),
    };
    not_a_call(&happened)
}

/// An address that is not known is on no list.
fn unknown_peer() -> Vec<Bytes> {
    let mut error = RpcError::new(Mnemonic::IpNotWhitelisted).with("ip", "unknown");
    error.hint = Some("The X-Forwarded-For that the proxy has sent names no address".into());
    to_wire::refusal(None, &error, Metadata::Unknown)
}

fn no_room() -> Vec<Bytes> {
    to_wire::refusal(None, &to_wire::no_room(ReplyBudgetError), Metadata::Unknown)
}

fn too_busy() -> Vec<Bytes> {
    let text = "Too many large requests of this address wait, try again in a moment";
    to_wire::refusal(None, &RpcError::new(Mnemonic::Error).with("error_message", text), Metadata::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Clients match what they read literally.
    #[test]
    fn refusals_read_as_they_always_have() {
        let head = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request The JSON sent is not a valid Request object"#;
        let how = ". Send a JSON-RPC 2.0 call with POST to the path /v2.0, with the access token in params.access_token \
            instead of a header";
        let data = r#"","data":{"mnemonic":"invalid_request","field":null,"value":null,"params":{},"extended_helper":null,"metadata":{}}}}"#;
        for (error, happened) in [
            (TransportError::WrongPath { path: "/secret".into() }, "There is nothing at this path"),
            (TransportError::WrongVerb { verb: "GET".into() }, "The API does not take GET"),
            (TransportError::BodyTooLarge { body_bytes_max: 1024 }, "The body is larger than 1024 bytes"),
            (
                TransportError::BodyTimeout { body_read_time_max: Duration::from_secs(30) },
                "The body did not arrive within 30 s",
            ),
            (
                TransportError::UnknownEncoding { encoding: "br".into() },
                "Content-Encoding br is not known, only gzip is",
            ),
            (TransportError::BadGzip, "The body is not the gzip that its Content-Encoding says it is"),
            (TransportError::BodyCutOff, "The body ended before it was whole"),
        ] {
            let body = String::from_utf8(refusal(&error).concat()).expect("UTF-8");
            let (before, after) = body.split_once(happened).expect(happened);
            assert!(before.starts_with(head) && after == format!("{how}{data}\n"), "{body}");
        }
        for (error, mnemonic) in [
            (TransportError::UnknownPeer, "ip_not_whitelisted"),
            (TransportError::NoRoomForReply, "error"),
            (TransportError::TooBusy, "error"),
        ] {
            let body = String::from_utf8(refusal(&error).concat()).expect("UTF-8");
            assert!(body.contains(&format!("\"mnemonic\":\"{mnemonic}\"")), "{body}");
        }
    }
}
