//! Stopping, and the metrics page.

use std::sync::Arc;

use ringbook_testbed::async_http_client::AsyncHttpClient;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::client::{BRIEF, Running, post, workers};
use crate::{Drain, HttpSettings, Listener, Mounts, Protocol, metrics_page, run};
use ringbook_telemetry::{CallRecord, Metrics};

#[tokio::test]
async fn resting_connections_close_and_running_calls_finish() {
    let server = Running::start(HttpSettings::default()).await;
    let (address, echo) = (server.address, Arc::clone(&server.echo));
    let mut fresh = server.connect().await;
    let mut resting = server.connect().await;
    resting.send(post("x")).await;
    resting.read_response().await;
    let mut working = server.connect().await;
    working.send(post("wait")).await;
    echo.entered.notified().await;

    let end = server.stop();
    fresh.expect_closed().await;
    resting.expect_closed().await;
    assert!(TcpStream::connect(address).await.is_err(), "still listening");
    echo.release.notify_one();
    let answer = working.read_response().await;
    assert_eq!(answer.text(), "127.0.0.1:wait");
    assert_eq!(answer.header("connection"), Some("close"));
    working.expect_closed().await;
    assert_eq!(end.await.unwrap(), Drain::Complete);
}

#[tokio::test]
async fn a_call_that_does_not_end_is_cut_short() {
    let settings = HttpSettings { shutdown_time_max: BRIEF, ..HttpSettings::default() };
    let server = Running::start(settings).await;
    let echo = Arc::clone(&server.echo);
    let mut working = server.connect().await;
    working.send(post("wait")).await;
    echo.entered.notified().await;
    let end = server.stop();
    working.expect_closed().await;
    end.await.unwrap();
}

#[tokio::test]
async fn the_metrics_page_is_on_its_own_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let metrics = Arc::new(Metrics::new(&["get.contacts"], &["ok"], &["parse"]));
    let took = std::time::Duration::ZERO;
    metrics.call(&CallRecord { method: 0, outcome: 0, took, received_bytes: 0, sent_bytes: 0 });
    let (stop, stopped) = oneshot::channel::<()>();
    let protocol = Protocol::Http(Mounts::new(metrics_page(Arc::clone(&metrics))));
    let listeners = vec![Listener::new(listener, protocol)];
    let page = run(listeners, HttpSettings::default(), workers(&metrics), metrics, async {
        stopped.await.unwrap();
    });
    let page = tokio::spawn(page);
    let mut client = AsyncHttpClient::new(TcpStream::connect(address).await.unwrap());
    client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = client.read_response().await;
    assert_eq!(answer.status, 200);
    let kind = answer.header("content-type").unwrap();
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    let line = "ringbook_calls_total{method=\"get.contacts\",outcome=\"ok\"} 1\n";
    assert!(answer.text().contains(line), "{}", answer.text());
    client.send("GET /v2.0 HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(client.read_response().await.status, 404);
    stop.send(()).unwrap();
    assert_eq!(page.await.unwrap(), Drain::Complete);
}
