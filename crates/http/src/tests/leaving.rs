//! Clients that leave, or close only their sending side, while their answer is being made.

use std::sync::Arc;

use ringbook_testbed::async_http_client::AsyncHttpClient;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{Echo, Running, WAIT_MAX, post};
use crate::HttpSettings;

async fn running() -> Running {
    Running::start(HttpSettings::default()).await
}

/// A connection whose call waits for its client to leave, or to be released.
async fn waiting(server: &Running, request: &str) -> AsyncHttpClient<TcpStream> {
    let mut client = server.connect().await;
    client.send(request).await;
    server.echo.entered.notified().await;
    client
}

async fn assert_left(echo: &Echo) {
    timeout(WAIT_MAX, echo.left.notified()).await.expect("the front end hears of it");
}

#[tokio::test]
async fn a_front_end_hears_that_its_client_has_closed_the_connection() {
    let server = running().await;
    drop(waiting(&server, &post("stay")).await);
    assert_left(&server.echo).await;
}

#[tokio::test]
async fn a_front_end_hears_of_a_connection_that_was_reset() {
    let server = running().await;
    let client = waiting(&server, &post("stay")).await;
    client.io.set_zero_linger().unwrap();
    drop(client);
    assert_left(&server.echo).await;
}

#[tokio::test]
async fn a_client_that_leaves_behind_further_requests_is_noticed() {
    let server = running().await;
    let mut client = waiting(&server, &post("stay")).await;
    client.send(post("x")).await;
    drop(client);
    assert_left(&server.echo).await;
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_gets_its_answer() {
    let server = running().await;
    let mut client = waiting(&server, &post("stay")).await;
    client.io.shutdown().await.unwrap();
    // It is asked more than once whether it is there.
    assert_eq!((client.read_head().await.status, client.read_head().await.status), (100, 100));
    server.echo.release.notify_one();
    let (_, answer) = client.read_final_response().await;
    assert_eq!((answer.status, answer.text()), (200, "127.0.0.1:stay"));
    client.expect_closed().await;
}

#[tokio::test]
async fn a_half_closed_client_that_then_leaves_is_noticed() {
    let server = running().await;
    let mut client = waiting(&server, &post("stay")).await;
    client.io.shutdown().await.unwrap();
    assert_eq!(client.read_head().await.status, 100);
    drop(client);
    assert_left(&server.echo).await;
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_no_interim_response() {
    let server = running().await;
    let mut client = waiting(&server, "POST /v2.0 HTTP/1.0\r\nContent-Length: 4\r\n\r\nstay").await;
    client.io.shutdown().await.unwrap();
    // Another client runs into the time of a probe meanwhile.
    let mut newer = waiting(&server, &post("stay")).await;
    newer.io.shutdown().await.unwrap();
    assert_eq!(newer.read_head().await.status, 100);
    drop(newer);
    assert_left(&server.echo).await;
    server.echo.release.notify_one();
    let (interim, answer) = client.read_final_response().await;
    assert_eq!((interim, answer.text()), (0, "127.0.0.1:stay"));
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_behind_a_long_one() {
    let server = running().await;
    let mut client = waiting(&server, &post("wait")).await;
    // More than is read ahead while the first one is at work.
    let count = 100;
    client.send((0..count).map(|n| post(&format!("{n:0100}"))).collect::<String>()).await;
    server.echo.release.notify_one();
    assert_eq!(client.read_response().await.text(), "127.0.0.1:wait");
    for n in 0..count {
        assert_eq!(client.read_response().await.text(), format!("127.0.0.1:{n:0100}"));
    }
}

/// What is reserved for an answer that nobody waits for any more is free again.
#[tokio::test]
async fn a_client_that_has_left_waits_for_no_room() {
    let settings = HttpSettings { reply_bytes_per_address_max: 1 << 20, ..HttpSettings::default() };
    let server = Running::start_echo(settings, Arc::new(Echo { reserves: 1 << 20, ..Echo::default() })).await;
    let first = waiting(&server, &post("stay")).await;
    let counts = server.metrics.connections();
    let mut second = server.connect().await;
    second.send(post("stay")).await;
    let waiting_now = || counts.waiting_now(ringbook_telemetry::BudgetKind::Responses);
    while waiting_now() < 1 {
        tokio::task::yield_now().await;
    }
    drop(second);
    while waiting_now() > 0 {
        tokio::task::yield_now().await;
    }
    drop(first);
    assert_left(&server.echo).await;
}
