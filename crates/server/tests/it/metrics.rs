//! The metrics page of a running server: its values, and the documents that name them.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use ringbook_testbed::http_client::{connect, get, post, post_with};
use serde_json::{Value, json};

use super::harness::{Server, place};

fn page(at: SocketAddr) -> String {
    connect(at).request(get("/metrics")).text().to_owned()
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("an address")
}

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    std::fs::read_to_string(path).expect("a document")
}

/// The metric families that a text names; the series of a histogram count as its family.
fn named(text: &str, families: &BTreeSet<String>) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let names = text.match_indices("ringbook_").filter(|(at, _)| !text[..*at].ends_with(is_part));
    let names = names.map(|(at, _)| text[at..].split(|letter| !is_part(letter)).next().unwrap_or_default());
    let family = |name: &str| {
        let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|part| name.strip_suffix(part));
        parts.into_iter().find(|family| families.contains(*family)).unwrap_or(name).to_owned()
    };
    names.map(family).collect()
}

/// The metric families of a page.
fn families(page: &str) -> BTreeSet<String> {
    let lines = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    lines.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// A value on the page; 0 if it is absent.
fn value(page: &str, sample: &str) -> f64 {
    let values = page.lines().filter_map(|line| line.strip_prefix(sample)?.trim().parse().ok());
    values.into_iter().next().unwrap_or(0.0)
}

#[test]
fn the_page_counts_what_a_server_does() {
    let root = place();
    let data = root.path().join("data");
    Server::demo(&data, 100).stop();
    let json: Value = serde_json::from_slice(&std::fs::read(data.join("demo.json")).expect("a file")).expect("JSON");
    let token = json["customers"][1]["access_token"].as_str().expect("a token");
    let metrics = free();
    let server = Server::serve(&data, &["--metrics", &metrics.to_string(), "--log-slow-ms", "0"]);
    let call = |id: u32, method: &str, params: Value| {
        let mut params = params;
        params["access_token"] = json!(token);
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
    };
    let mut client = connect(server.address);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let asked = call(1, "get.contacts", json!({"limit": 3}));
    client.request(post_with(&format!("traceparent: {trace}\r\n"), &asked));
    let changed = call(2, "create.group_contacts", json!({"name": "Metrics"}));
    let answer = client.request(post(&changed));
    assert!(answer.json()["result"]["data"]["id"].is_number(), "{}", answer.text());
    client.request(get("/nothing"));
    let page = page(metrics);
    for (sample, expected) in [
        ("ringbook_calls_total{method=\"get.contacts\",outcome=\"ok\"}", 1.0),
        ("ringbook_call_seconds_count{method=\"create.group_contacts\"}", 1.0),
        ("ringbook_stage_seconds_count{method=\"get.contacts\",stage=\"run\"}", 1.0),
        ("ringbook_stage_seconds_count{method=\"create.group_contacts\",stage=\"access\"}", 1.0),
        ("ringbook_call_received_bytes_total{method=\"get.contacts\"}", asked.len() as f64),
        ("ringbook_call_sent_bytes_total{method=\"create.group_contacts\"}", answer.body.len() as f64),
        ("ringbook_requests_refused_total{reason=\"wrong_path\"}", 1.0),
        ("ringbook_connections_total", 1.0),
    ] {
        assert_eq!(value(&page, sample), expected, "{sample}\n{page}");
    }
    let commits = value(&page, "ringbook_commits_total");
    assert!(commits >= 1.0, "{page}");
    assert_eq!(value(&page, "ringbook_commit_seconds_count"), commits);
    assert!(value(&page, "ringbook_received_bytes_total") > (asked.len() + changed.len()) as f64);
    assert!(value(&page, "ringbook_sent_bytes_total") > answer.body.len() as f64);
    let log = server.log();
    server.stop();
    let slow = log.lines().find(|line| line.contains("slow call") && line.contains("get.contacts"));
    assert!(slow.is_some_and(|line| line.contains(trace)), "{log}");
}

#[test]
fn the_documents_name_the_metrics_that_there_are() {
    let metrics = free();
    let root = place();
    let data = root.path().join("data");
    let server = Server::serve(&data, &["--metrics", &metrics.to_string()]);
    let families = families(&page(metrics));
    server.stop();
    let dashboard = document("grafana-dashboard.json");
    assert!(serde_json::from_str::<Value>(&dashboard).is_ok_and(|dashboard| dashboard["panels"].is_array()));
    let shown = named(&dashboard, &families);
    assert!(shown.len() > 10 && shown.is_subset(&families), "{:?}", shown.difference(&families));
    // `ringbook_http` is a module in an example of a log filter, `ringbook_` the start of a package file's name.
    let mut listed = named(&document("operating.md"), &families);
    listed.remove("ringbook_http");
    listed.remove("ringbook_");
    assert_eq!(listed, families);
}
