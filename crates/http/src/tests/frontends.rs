//! A second front end beside the first, and a listener that speaks something else than HTTP.

use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use ringbook_testbed::async_http_client::AsyncHttpClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Echo, Running, mounts, post};
use crate::{
    Client, Drain, Frontend, HttpSettings, Method, Mount, Protocol, Request, Response, StatusCode, StreamProtocol,
    TransportError,
};

const TAG: HeaderValue = HeaderValue::from_static("\"7\"");
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Says what it was asked; knows ETags.
struct Pages;

impl Frontend for Pages {
    async fn handle(&self, request: Request) -> Response {
        let is_known = request.headers.get(IF_NONE_MATCH).is_some_and(|tag| tag == TAG);
        let (path, query) = (request.path(), request.query().unwrap_or("-"));
        let trace = request.traceparent.map_or("-".to_owned(), |trace| trace.to_string());
        let text = format!("{} {path} {query} {} {trace}", request.method, request.body.len());
        let mut response = match is_known {
            true => Response::new(StatusCode::NOT_MODIFIED, Vec::new()),
            false if request.method == "REPORT" => Response::new(StatusCode::MULTI_STATUS, vec![Bytes::from(text)]),
            false => Response::new(StatusCode::OK, vec![Bytes::from(text)]),
        };
        response.headers.insert(ETAG, TAG);
        response
    }

    fn refuse(&self, error: &TransportError) -> Response {
        Response::new(error.status(), vec![Bytes::from(format!("<error>{}</error>", error.status().as_u16()))])
    }
}

/// Repeats lines until the server stops, then says goodbye.
struct Lines;

impl StreamProtocol for Lines {
    async fn accept(&self, mut client: Client) {
        let mut byte = [0];
        loop {
            tokio::select! {
                read = client.stream.read(&mut byte) => match read {
                    Ok(1) => client.stream.write_all(&byte).await.unwrap(),
                    _ => return,
                },
                () = client.shutdown.begun() => {
                    client.stream.write_all(format!("bye {}", client.peer).as_bytes()).await.unwrap();
                    return;
                }
            }
        }
    }
}

fn protocol(echo: &Arc<Echo>) -> Protocol {
    let report = Method::from_bytes(b"REPORT").unwrap();
    let pages = Mount::new(Arc::new(Pages), [Method::GET, Method::HEAD, Method::PUT, report]).below("/pages/");
    Protocol::Http(mounts(echo).with(pages.body_bytes_max(10)))
}

async fn running() -> Running {
    let echo = Arc::new(Echo::default());
    let pages = protocol(&echo);
    Running::start_listeners(HttpSettings::default(), echo, vec![(pages, None)]).await.0
}

fn request(verb: &str, path: &str, lines: &str, body: &str) -> String {
    let length = body.len();
    format!("{verb} {path} HTTP/1.1\r\nHost: a\r\n{lines}Content-Length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn a_front_end_answers_its_paths_and_verbs() {
    let server = running().await;
    let mut client = server.connect().await;
    for (verb, path, body, status, text) in [
        ("GET", "/pages/a%20b?q=1&r", "", 200, "GET /pages/a%20b q=1&r 0 -"),
        ("PUT", "/pages/", "0123456789", 200, "PUT /pages/ - 10 -"),
        ("REPORT", "/pages/x", "1", 207, "REPORT /pages/x - 1 -"),
        ("GET", "/pages", "", 404, "refused: WrongPath { path: \"/pages\" }"),
        ("DELETE", "/pages/x", "", 405, "<error>405</error>"),
        ("POST", "/v2.0", "x", 200, "127.0.0.1:x"),
    ] {
        client.send(request(verb, path, "", body)).await;
        let answer = client.read_response().await;
        assert_eq!((answer.status, answer.text()), (status, text), "{verb} {path}");
        let allow = (status == 405).then_some("GET, HEAD, PUT, REPORT");
        assert_eq!(answer.header("allow"), allow);
    }
}

#[tokio::test]
async fn heads_and_unmodified_pages_have_no_body() {
    let server = running().await;
    let mut client = server.connect().await;
    client.send("HEAD /pages/x HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = client.read_head().await;
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("19")));
    client.send(request("GET", "/pages/x", "If-None-Match: \"7\"\r\n", "")).await;
    let answer = client.read_head().await;
    assert_eq!((answer.status, answer.header("etag"), answer.header("content-length")), (304, Some("\"7\""), None));
    client.send(request("GET", "/pages/x", "", "")).await;
    assert_eq!(client.read_response().await.text(), "GET /pages/x - 0 -");
}

#[tokio::test]
async fn each_mount_has_its_own_bound_for_bodies() {
    let server = running().await;
    let answer = server.request(request("PUT", "/pages/x", "", "01234567890")).await;
    assert_eq!((answer.status, answer.text()), (413, "<error>413</error>"));
    assert_eq!(server.request(post(&"x".repeat(1 << 20))).await.status, 200);
}

#[tokio::test]
async fn the_trace_of_a_request_is_passed_on() {
    let server = running().await;
    for (lines, expected) in [
        (format!("traceparent: {TRACE}\r\n"), TRACE),
        (format!("traceparent: {TRACE}\r\ntraceparent: {TRACE}\r\n"), "-"),
        ("traceparent: anything\r\n".to_owned(), "-"),
    ] {
        let answer = server.request(request("GET", "/pages/x", &lines, "")).await;
        assert_eq!(answer.text(), format!("GET /pages/x - 0 {expected}"));
    }
}

#[tokio::test]
async fn listeners_of_different_protocols_stop_together() {
    let echo = Arc::new(Echo::default());
    let protocols = vec![(protocol(&echo), None), (Protocol::stream(Lines), None)];
    let (server, addresses) = Running::start_listeners(HttpSettings::default(), echo, protocols).await;
    assert_eq!(server.request(post("x")).await.status, 200);
    let mut lines = AsyncHttpClient::new(TcpStream::connect(addresses[1]).await.unwrap());
    lines.send("hello").await;
    let mut back = [0; 5];
    lines.io.read_exact(&mut back).await.unwrap();
    assert_eq!(&back, b"hello");
    let end = server.stop();
    let mut rest = String::new();
    lines.io.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "bye 127.0.0.1");
    assert_eq!(end.await.unwrap(), Drain::Complete);
    assert!(TcpStream::connect(addresses[1]).await.is_err(), "still listening");
}
