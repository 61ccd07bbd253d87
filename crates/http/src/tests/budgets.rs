//! Budgets of bodies and responses in flight.

use std::sync::Arc;
use std::time::Duration;

use ringbook_telemetry::BudgetKind::{RequestBodies, Responses};

use super::client::{BRIEF, Echo, HUGE_BYTES, Running, post, post_with, until};
use crate::HttpSettings;

const MEGABYTE: usize = 1 << 20;

fn part(announced: usize, sent: usize) -> String {
    format!("POST /v2.0 HTTP/1.1\r\nHost: a\r\nContent-Length: {announced}\r\n\r\n{}", "x".repeat(sent))
}

/// Bodies of 500 connections, 1 MiB each, took 858 MB before any token was looked at.
#[tokio::test]
async fn bodies_beyond_the_budget_are_not_read() {
    let settings = HttpSettings { request_bytes_per_address_max: 4 * MEGABYTE, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let counts = server.metrics.connections();
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = server.connect().await;
        client.send(part(MEGABYTE, 1000)).await;
        clients.push(client);
    }
    until(|| counts.waiting_now(RequestBodies) == 96).await;
    assert_eq!(counts.in_flight(RequestBodies), 4 * MEGABYTE as u64);
    // Ordinary calls are not held up, also from the same address.
    assert_eq!(server.request(post("x")).await.text(), "127.0.0.1:x");
    for mut client in clients {
        client.send("x".repeat(MEGABYTE - 1000)).await;
        assert_eq!(client.read_response().await.status, 200);
    }
    assert_eq!((counts.waiting_now(RequestBodies), counts.in_flight(RequestBodies)), (0, 0));
}

#[tokio::test]
async fn a_body_waits_as_long_as_it_may_take() {
    let settings =
        HttpSettings { request_bytes_per_address_max: MEGABYTE, body_read_time_max: BRIEF, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let mut first = server.connect().await;
    first.send(post("wait")).await;
    server.echo.entered.notified().await;
    let mut slow = server.connect().await;
    slow.send(part(MEGABYTE, 1000)).await;
    let mut second = server.connect().await;
    second.send(part(MEGABYTE, 1000)).await;
    for client in [&mut slow, &mut second] {
        assert_eq!(client.read_response().await.status, 408);
        client.expect_closed().await;
    }
    server.echo.release.notify_one();
    assert_eq!(first.read_response().await.status, 200);
    assert_eq!(server.metrics.connections().in_flight(RequestBodies), 0);
}

#[tokio::test]
async fn bodies_whose_length_is_not_known_are_charged_for_the_largest() {
    let server = Running::start(HttpSettings::default()).await;
    let counts = server.metrics.connections();
    let mut client = server.connect().await;
    client.send("POST /v2.0 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n").await;
    until(|| counts.in_flight(RequestBodies) == MEGABYTE as u64).await;
    client.send("2\r\nlo\r\n0\r\n\r\n").await;
    assert_eq!(client.read_response().await.text(), "127.0.0.1:hello");
    assert_eq!(counts.in_flight(RequestBodies), 0);
}

#[tokio::test]
async fn a_slow_reader_holds_what_it_has_not_read() {
    // Room for one and a half.
    let settings = HttpSettings {
        reply_bytes_per_address_max: HUGE_BYTES * 3 / 2,
        reply_wait_time_max: BRIEF,
        ..HttpSettings::default()
    };
    let server = Running::start(settings).await;
    let counts = server.metrics.connections();
    let mut slow = server.connect().await;
    slow.send(post("huge")).await;
    until(|| counts.in_flight(Responses) > 0).await;
    let held = counts.in_flight(Responses);
    assert!(held > HUGE_BYTES as u64 / 2, "{held}: the client has read nothing");
    // The next large response of this address finds no room; small ones need none.
    let refused = server.request(post("huge")).await;
    assert_eq!((refused.status, refused.text()), (503, "refused: NoRoomForReply"));
    assert_eq!(server.request(post("x")).await.status, 200);
    // What is read goes back.
    assert_eq!(slow.read_response().await.body.len(), HUGE_BYTES);
    until(|| counts.in_flight(Responses) == 0).await;
    assert_eq!(server.request(post("huge")).await.body.len(), HUGE_BYTES);
}

#[tokio::test]
async fn a_response_waits_for_the_one_before_it() {
    let settings = HttpSettings {
        reply_bytes_per_address_max: HUGE_BYTES * 3 / 2,
        reply_wait_time_max: Duration::from_secs(600),
        ..HttpSettings::default()
    };
    let server = Running::start(settings).await;
    let counts = server.metrics.connections();
    let (mut slow, mut next) = (server.connect().await, server.connect().await);
    slow.send(post("huge")).await;
    until(|| counts.in_flight(Responses) > 0).await;
    next.send(post("huge")).await;
    until(|| counts.waiting_now(Responses) == 1).await;
    assert_eq!(slow.read_response().await.body.len(), HUGE_BYTES);
    assert_eq!(next.read_response().await.body.len(), HUGE_BYTES);
    // A client that leaves gives back what it has not read.
    slow.send(post("huge")).await;
    until(|| counts.in_flight(Responses) > 0).await;
    drop(slow);
    until(|| counts.in_flight(Responses) == 0).await;
}

#[tokio::test]
async fn a_reservation_is_held_until_the_response_is_known() {
    let echo = Arc::new(Echo { reserves: 8 * MEGABYTE, ..Echo::default() });
    let server = Running::start_echo(HttpSettings::default(), echo).await;
    let counts = server.metrics.connections();
    let mut client = server.connect().await;
    client.send(post("wait")).await;
    server.echo.entered.notified().await;
    assert_eq!(counts.in_flight(Responses), 8 * MEGABYTE as u64);
    server.echo.release.notify_one();
    assert_eq!(client.read_response().await.text(), "127.0.0.1:wait");
    client.send(post_with("Accept-Encoding: gzip\r\n", "big")).await;
    assert_eq!(client.read_response().await.header("content-encoding"), Some("gzip"));
    until(|| counts.in_flight(Responses) == 0).await;
}

/// Eight addresses that send next to nothing held all the room for bodies for half a minute.
#[tokio::test]
async fn slow_bodies_give_way_to_those_that_wait() {
    let settings = HttpSettings {
        request_bytes_max: 2 * MEGABYTE,
        trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
        ..HttpSettings::default()
    };
    let server = Running::start(settings).await;
    let counts = server.metrics.connections();
    let from = |address: &str, sent: usize| {
        part(MEGABYTE, sent).replacen("Host: a", &format!("X-Forwarded-For: {address}"), 1)
    };
    let (mut slow, mut other) = (server.connect().await, server.connect().await);
    slow.send(from("10.0.0.1", 1000)).await;
    other.send(from("10.0.0.2", 1000)).await;
    until(|| counts.in_flight(RequestBodies) == 2 * MEGABYTE as u64).await;
    let mut waiting = server.connect().await;
    waiting.send(from("10.0.0.3", MEGABYTE)).await;
    let refused = slow.read_response().await;
    assert_eq!((refused.status, refused.text()), (408, "refused: BodyTooSlow"));
    assert_eq!(waiting.read_response().await.status, 200);
    assert_eq!(other.read_response().await.status, 408);
    until(|| counts.in_flight(RequestBodies) == 0).await;
    // While nobody waits, a body may be as slow as its time allows.
    let mut slow = server.connect().await;
    slow.send(from("10.0.0.1", 1000)).await;
    until(|| counts.in_flight(RequestBodies) > 0).await;
    slow.send("x".repeat(MEGABYTE - 1000)).await;
    assert_eq!(slow.read_response().await.status, 200);
}
