//! Clients that leave, or close only their sending side, while their answer is being made.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{Answer, Echo, PATIENCE, Running, Wire, post};
use crate::HttpSettings;

async fn running() -> Running {
    Running::start(HttpSettings::default()).await
}

/// A connection whose call waits for its client to leave, or to be released.
async fn waiting(server: &Running, request: &str) -> Wire<TcpStream> {
    let mut wire = server.connect().await;
    wire.send(request).await;
    server.echo.entered.notified().await;
    wire
}

async fn assert_left(echo: &Echo) {
    timeout(PATIENCE, echo.left.notified()).await.expect("the front end hears of it");
}

/// The answer behind the interim responses, and how many of those there were.
async fn final_answer(wire: &mut Wire<TcpStream>) -> (usize, Answer) {
    let mut interim = 0;
    loop {
        let mut head = wire.head().await;
        if head.status != 100 {
            head.body = wire.body(&head).await;
            return (interim, head);
        }
        interim += 1;
    }
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
    let wire = waiting(&server, &post("stay")).await;
    wire.io.set_zero_linger().unwrap();
    drop(wire);
    assert_left(&server.echo).await;
}

#[tokio::test]
async fn a_client_that_leaves_behind_further_requests_is_noticed() {
    let server = running().await;
    let mut wire = waiting(&server, &post("stay")).await;
    wire.send(post("x")).await;
    drop(wire);
    assert_left(&server.echo).await;
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_gets_its_answer() {
    let server = running().await;
    let mut wire = waiting(&server, &post("stay")).await;
    wire.io.shutdown().await.unwrap();
    // It is asked more than once whether it is there.
    assert_eq!((wire.head().await.status, wire.head().await.status), (100, 100));
    server.echo.release.notify_one();
    let (_, answer) = final_answer(&mut wire).await;
    assert_eq!((answer.status, answer.text()), (200, "127.0.0.1:stay"));
    wire.closed().await;
}

#[tokio::test]
async fn a_half_closed_client_that_then_leaves_is_noticed() {
    let server = running().await;
    let mut wire = waiting(&server, &post("stay")).await;
    wire.io.shutdown().await.unwrap();
    assert_eq!(wire.head().await.status, 100);
    drop(wire);
    assert_left(&server.echo).await;
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_no_interim_response() {
    let server = running().await;
    let mut wire = waiting(&server, "POST /v2.0 HTTP/1.0\r\nContent-Length: 4\r\n\r\nstay").await;
    wire.io.shutdown().await.unwrap();
    // Another client runs into the time of a probe meanwhile.
    let mut newer = waiting(&server, &post("stay")).await;
    newer.io.shutdown().await.unwrap();
    assert_eq!(newer.head().await.status, 100);
    drop(newer);
    assert_left(&server.echo).await;
    server.echo.release.notify_one();
    let (interim, answer) = final_answer(&mut wire).await;
    assert_eq!((interim, answer.text()), (0, "127.0.0.1:stay"));
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_behind_a_long_one() {
    let server = running().await;
    let mut wire = waiting(&server, &post("wait")).await;
    // More than is read ahead while the first one is at work.
    let count = 100;
    wire.send((0..count).map(|n| post(&format!("{n:0100}"))).collect::<String>()).await;
    server.echo.release.notify_one();
    assert_eq!(wire.answer().await.text(), "127.0.0.1:wait");
    for n in 0..count {
        assert_eq!(wire.answer().await.text(), format!("127.0.0.1:{n:0100}"));
    }
}

/// What is reserved for an answer that nobody waits for any more is free again.
#[tokio::test]
async fn whoever_leaves_waits_for_no_room() {
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
