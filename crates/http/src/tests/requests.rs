//! Paths, verbs, headers and packing.

use std::io::{Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::{Compression, write::GzEncoder};

use super::client::{Echo, Running, big, post, post_with};
use crate::{HttpSettings, TransportError};

async fn running() -> Running {
    Running::start(HttpSettings::default()).await
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(packed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut decoder = MultiGzDecoder::new(packed);
    decoder.read_to_end(&mut plain).unwrap();
    plain
}

fn post_gzip(packed: &[u8]) -> Vec<u8> {
    let head =
        format!("POST /v2.0 HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
    [head.as_bytes(), packed].concat()
}

#[tokio::test]
async fn a_call_is_answered_whatever_its_headers_say() {
    let server = running().await;
    let mut client = server.connect().await;
    for lines in [
        "",
        "Content-Type: application/json; charset=utf-8\r\n",
        "Content-Type: text/html\r\nAccept: image/png\r\n",
        "Content-Type: \u{e9}\r\n",
        "Content-Encoding: identity\r\n",
    ] {
        client.send(post_with(lines, "hello")).await;
        let answer = client.read_response().await;
        assert_eq!((answer.status, answer.text()), (200, "127.0.0.1:hello"));
        let kind = answer.header("content-type").unwrap();
        assert_eq!(kind, "application/json; charset=UTF-8");
        assert_eq!(answer.header("vary"), None);
    }
}

#[tokio::test]
async fn slash_query_absolute_form_and_old_http_are_allowed() {
    let server = running().await;
    for target in ["/v2.0/", "/v2.0?x=1", "/v2.0/?", "http://a/v2.0"] {
        let request = post("x").replacen("/v2.0", target, 1);
        assert_eq!(server.request(request).await.status, 200, "{target}");
    }
    let old = "POST /v2.0 HTTP/1.0\r\nContent-Length: 1\r\n\r\nx";
    assert_eq!(server.request(old).await.text(), "127.0.0.1:x");
}

#[tokio::test]
async fn other_verbs_are_refused_with_the_right_one() {
    let server = running().await;
    for verb in ["GET", "PUT", "DELETE", "OPTIONS", "FROB"] {
        let answer = server.request(post("x").replacen("POST", verb, 1)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
        let expected = format!("refused: WrongVerb {{ verb: {verb:?} }}");
        assert_eq!(answer.text(), expected);
        let kind = answer.header("content-type").unwrap();
        assert_eq!(kind, "application/json; charset=UTF-8");
    }
}

#[tokio::test]
async fn head_gets_a_head_only() {
    let server = running().await;
    let mut client = server.connect().await;
    client.send("HEAD /v2.0 HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = client.read_head().await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    client.send(post("x")).await;
    assert_eq!(client.read_response().await.text(), "127.0.0.1:x");
}

#[tokio::test]
async fn other_paths_are_refused_and_the_connection_lives_on() {
    let server = running().await;
    let mut client = server.connect().await;
    for path in ["/", "/v2", "/2.0", "/v2.0/contacts", "/v2.0//", "/V2.0", "/metrics"] {
        client.send(post("x").replacen("/v2.0", path, 1)).await;
        let answer = client.read_response().await;
        let expected = format!("refused: WrongPath {{ path: {path:?} }}");
        assert_eq!((answer.status, answer.text()), (404, &*expected));
    }
    client.send(post("x")).await;
    assert_eq!(client.read_response().await.status, 200);
}

#[tokio::test]
async fn health_is_the_stores() {
    let server = running().await;
    let get = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = server.request(get).await;
    assert_eq!((answer.status, answer.text()), (200, "ok\n"));
    let is_unhealthy = Echo { is_unhealthy: true, ..Echo::default() };
    let server = Running::start_with(HttpSettings::default(), is_unhealthy, None).await;
    assert_eq!(server.request(get).await.status, 503);
    let post = post("x").replacen("/v2.0", "/healthz", 1);
    assert_eq!(server.request(post).await.status, 404);
}

#[tokio::test]
async fn pipelined_calls_are_answered_in_order() {
    let server = running().await;
    let mut client = server.connect().await;
    client.send(post("1") + &post("big") + &post("3")).await;
    assert_eq!(client.read_response().await.text(), "127.0.0.1:1");
    assert_eq!(client.read_response().await.body, big().concat());
    assert_eq!(client.read_response().await.text(), "127.0.0.1:3");
}

#[tokio::test]
async fn chunked_and_piecemeal_bodies_are_joined() {
    let server = running().await;
    let mut client = server.connect().await;
    client.send("POST /v2.0 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n").await;
    client.send("2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n").await;
    assert_eq!(client.read_response().await.text(), "127.0.0.1:hello");
    client.send("POST /v2.0 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe").await;
    client.send("llo").await;
    assert_eq!(client.read_response().await.text(), "127.0.0.1:hello");
}

#[tokio::test]
async fn a_client_may_wait_to_be_asked_for_its_body() {
    let server = running().await;
    let mut client = server.connect().await;
    let request = post_with("Expect: 100-continue\r\n", "hello");
    let (head, body) = request.split_at(request.len() - 5);
    client.send(head).await;
    assert_eq!(client.read_head().await.status, 100);
    client.send(body).await;
    assert_eq!(client.read_response().await.text(), "127.0.0.1:hello");
}

#[tokio::test]
async fn a_client_may_close_its_side_after_the_request() {
    let server = running().await;
    let mut client = server.connect().await;
    client.send(post("wait")).await;
    tokio::io::AsyncWriteExt::shutdown(&mut client.io).await.unwrap();
    server.echo.entered.notified().await;
    server.echo.release.notify_one();
    assert_eq!(client.read_response().await.text(), "127.0.0.1:wait");
    client.expect_closed().await;
}

#[tokio::test]
async fn gzip_comes_in_and_damage_is_refused() {
    let server = running().await;
    let mut client = server.connect().await;
    client.send(post_gzip(&gzip(b"hello"))).await;
    assert_eq!(client.read_response().await.text(), "127.0.0.1:hello");
    client.send(post_gzip(b"hello")).await;
    let answer = client.read_response().await;
    assert_eq!((answer.status, answer.text()), (400, "refused: BadGzip"));
    client.send(post_gzip(&gzip(b"again"))).await;
    assert_eq!(client.read_response().await.text(), "127.0.0.1:again");
}

#[tokio::test]
async fn a_gzip_bomb_is_too_large() {
    let server = running().await;
    let at_the_limit = gzip(&vec![b' '; 1 << 20]);
    assert_eq!(server.request(post_gzip(&at_the_limit)).await.status, 200);
    let beyond = gzip(&vec![b' '; 8 << 20]);
    let answer = server.request(post_gzip(&beyond)).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.text(), "refused: BodyTooLarge { body_bytes_max: 1048576 }");
}

#[tokio::test]
async fn an_unknown_encoding_is_refused_with_the_known_ones() {
    let server = running().await;
    let answer = server.request(post_with("Content-Encoding: br\r\n", "x")).await;
    assert_eq!(answer.status, 415);
    assert_eq!(answer.header("accept-encoding"), Some("gzip, identity"));
    assert_eq!(answer.text(), "refused: UnknownEncoding { encoding: \"br\" }");
}

#[tokio::test]
async fn large_answers_are_packed_for_those_who_allow_it() {
    let server = running().await;
    let mut client = server.connect().await;
    client.send(post_with("Accept-Encoding: br, gzip\r\n", "big")).await;
    let answer = client.read_response().await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
    assert_eq!(gunzip(&answer.body), big().concat());
    for lines in ["", "Accept-Encoding: gzip;q=0\r\n"] {
        client.send(post_with(lines, "big")).await;
        let answer = client.read_response().await;
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
        assert_eq!(answer.body, big().concat());
    }
    client.send(post_with("Accept-Encoding: gzip\r\n", "small")).await;
    assert_eq!(client.read_response().await.text(), "127.0.0.1:small");
}

#[tokio::test]
async fn the_border_of_packing_is_exact() {
    let server = running().await;
    let mut client = server.connect().await;
    let overhead = "127.0.0.1:".len();
    for (bytes, encoding) in [(8191, None), (8192, Some("gzip"))] {
        let body = "x".repeat(bytes - overhead);
        client.send(post_with("Accept-Encoding: gzip\r\n", &body)).await;
        assert_eq!(client.read_response().await.header("content-encoding"), encoding);
    }
}

#[tokio::test]
async fn a_trusted_proxy_names_the_caller() {
    let line = "X-Forwarded-For: 6.6.6.6, 8.8.8.8\r\n";
    let server = running().await;
    let answer = server.request(post_with(line, "x")).await;
    assert_eq!(answer.text(), "127.0.0.1:x");
    let settings = HttpSettings { trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()], ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let answer = server.request(post_with(line, "x")).await;
    assert_eq!(answer.text(), "8.8.8.8:x");
    // One that names nobody is not taken for the caller itself.
    let mut client = server.connect().await;
    client.send(post_with("X-Forwarded-For: 8.8.8.8, unknown\r\n", "x")).await;
    let answer = client.read_response().await;
    assert_eq!((answer.status, answer.text()), (403, "refused: UnknownPeer"));
    client.expect_closed().await;
    let health = "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: unknown\r\n\r\n";
    assert_eq!(server.request(health).await.status, 200);
    let unknown = TransportError::REASONS.iter().position(|reason| *reason == "unknown_peer").unwrap();
    assert_eq!(server.metrics.connections().refused_so_far(unknown), 1);
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let server = running().await;
    let mut client = server.connect().await;
    client.send("hello, who is there?\r\n\r\n").await;
    assert_eq!(client.read_response().await.status, 400);
    client.expect_closed().await;
}
