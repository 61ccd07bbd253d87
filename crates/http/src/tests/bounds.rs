//! Sizes and time-outs.

use tokio::io::AsyncWriteExt;

use super::client::{BRIEF, Running, post, post_with, until};
use crate::HttpSettings;

#[tokio::test]
async fn a_body_at_the_limit_passes_and_one_beyond_does_not() {
    let server = Running::start(HttpSettings::default()).await;
    let body = "x".repeat(1 << 20);
    assert_eq!(server.request(post(&body)).await.status, 200);
    let answer = server.request(post(&(body + "x"))).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_client_that_sends_all_before_it_reads_gets_the_refusal() {
    let server = Running::start(HttpSettings::default()).await;
    let mut client = server.connect().await;
    client.send(post(&"x".repeat(20 << 20))).await;
    let answer = client.read_response().await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.text(), "refused: BodyTooLarge { body_bytes_max: 1048576 }");
    client.expect_closed().await;
}

#[tokio::test]
async fn an_endless_chunked_body_gets_the_refusal() {
    let server = Running::start(HttpSettings::default()).await;
    let mut client = server.connect().await;
    client.send("POST /v2.0 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..64 {
        client.send(&chunk).await;
    }
    assert_eq!(client.read_response().await.status, 413);
    client.expect_closed().await;
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_asked_for() {
    let server = Running::start(HttpSettings::default()).await;
    let mut client = server.connect().await;
    client.send("POST /v2.0 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9999999999\r\n\r\n").await;
    assert_eq!(client.read_response().await.status, 413);
    client.expect_closed().await;
}

#[tokio::test]
async fn an_unwanted_body_does_not_eat_the_refusal() {
    let server = Running::start(HttpSettings::default()).await;
    let mut client = server.connect().await;
    let request = post(&"x".repeat(5 << 20)).replacen("/v2.0", "/v2", 1);
    client.send(request).await;
    assert_eq!(client.read_response().await.status, 404);
}

#[tokio::test]
async fn a_slow_body_is_refused() {
    let settings = HttpSettings { body_read_time_max: BRIEF, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let mut client = server.connect().await;
    client.send("POST /v2.0 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe").await;
    let answer = client.read_response().await;
    assert_eq!(answer.status, 408);
    assert_eq!(answer.text(), "refused: BodyTimeout { body_read_time_max: 50ms }");
    client.expect_closed().await;
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_refused() {
    let server = Running::start(HttpSettings::default()).await;
    for request in [
        "POST /v2.0 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe",
        "POST /v2.0 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
        "POST /v2.0 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhe",
    ] {
        let mut client = server.connect().await;
        client.send(request).await;
        client.io.shutdown().await.unwrap();
        let answer = client.read_response().await;
        assert_eq!((answer.status, answer.text()), (400, "refused: BodyCutOff"));
        client.expect_closed().await;
    }
    assert_eq!(server.request(post("x")).await.status, 200);
}

#[tokio::test]
async fn a_slow_head_closes_though_resting_would_not() {
    let settings = HttpSettings { header_read_time_max: BRIEF, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let mut slow = server.connect().await;
    slow.send("POST /v2.0 HT").await;
    slow.expect_closed().await;
    let mut second = server.connect().await;
    second.send(post("x") + "POST").await;
    assert_eq!(second.read_response().await.status, 200);
    second.send(" /v2.0").await;
    second.expect_closed().await;
}

#[tokio::test]
async fn resting_closes_though_working_does_not() {
    let settings = HttpSettings { idle_time_max: BRIEF, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let mut working = server.connect().await;
    working.send(post("wait")).await;
    server.echo.entered.notified().await;
    // Two connections run into the bound while the call is at work.
    server.connect().await.expect_closed().await;
    let mut resting = server.connect().await;
    resting.send(post("x")).await;
    resting.read_response().await;
    resting.expect_closed().await;
    server.echo.release.notify_one();
    assert_eq!(working.read_response().await.text(), "127.0.0.1:wait");
    working.expect_closed().await;
}

#[tokio::test]
async fn a_head_too_large_is_refused() {
    let server = Running::start(HttpSettings::default()).await;
    let mut client = server.connect().await;
    let line = format!("X-Long: {}\r\n", "x".repeat(100 << 10));
    client.send(format!("POST /v2.0 HTTP/1.1\r\n{line}")).await;
    assert_eq!(client.read_response().await.status, 431);
    client.expect_closed().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go() {
    let settings = HttpSettings { write_stall_time_max: BRIEF, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let mut client = server.connect().await;
    client.send(post("x")).await;
    client.read_response().await;
    let open = || server.metrics.connections().open_now();
    assert_eq!(open(), 1);
    // More than the buffers of both sockets hold, and nothing of it is read.
    client.send(post("big").repeat(100)).await;
    while open() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_counted() {
    let settings = HttpSettings { connections_max: 2, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    for client in [&mut first, &mut second] {
        client.send(post("x")).await;
        client.read_response().await;
    }
    server.connect().await.expect_closed().await;
    assert_eq!(server.metrics.connections().rejected_so_far(), 1);
    first.send(post("still")).await;
    assert_eq!(first.read_response().await.text(), "127.0.0.1:still");
}

#[tokio::test]
async fn one_address_has_a_part_of_the_connections() {
    let settings = HttpSettings { connections_max: 4, connections_per_address_max: 2, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let (mut first, second) = (server.connect().await, server.connect().await);
    first.send(post("x")).await;
    first.read_response().await;
    server.connect().await.expect_closed().await;
    assert_eq!(server.metrics.connections().rejected_so_far(), 1);
    // A connection that ends makes room for another one of the address.
    drop(second);
    until(|| server.metrics.connections().open_now() == 1).await;
    assert_eq!(server.request(post("y")).await.status, 200);
}

#[tokio::test]
async fn connections_of_a_trusted_proxy_are_those_of_many() {
    let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let settings = HttpSettings { connections_per_address_max: 1, trusted_proxies, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let mut clients = vec![server.connect().await, server.connect().await, server.connect().await];
    for client in &mut clients {
        client.send(post_with("X-Forwarded-For: 203.0.113.9\r\n", "x")).await;
        assert_eq!(client.read_response().await.status, 200);
    }
}

#[tokio::test]
async fn a_thousand_resting_connections_do_no_harm() {
    let server = Running::start(HttpSettings::default()).await;
    let mut resting = Vec::new();
    for _ in 0..1000 {
        resting.push(server.connect().await);
    }
    assert_eq!(server.request(post("x")).await.status, 200);
    assert!(server.metrics.connections().open_now() >= 1000);
}
