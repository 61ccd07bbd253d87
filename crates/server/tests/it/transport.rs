//! The transport around a call: paths, methods, sizes, timeouts, incomplete bodies, compression, logs, shutdown.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ringbook_testbed::http_client::{Response, connect, get, post, post_with};
use serde_json::{Value, json};

use super::harness::{Demo, Place, Server, added, operate, outcome, place, program};

/// Maximum size of a body, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// A server without accounts, with these arguments.
fn empty(arguments: &[&str]) -> (Place, Server) {
    let root = place();
    let data = root.path().join("data");
    added(&data, "customer add Nobody");
    let server = Server::serve(&data, arguments);
    (root, server)
}

/// A valid body with an invalid token, which is refused with `access_token_invalid`.
fn unknown_caller() -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "get.account", "params": {"access_token": "x"}}).to_string()
}

fn is_unknown_caller(answer: &Response) {
    let json = answer.json();
    assert_eq!((answer.status, &*outcome(&json)), (200, "access_token_invalid"), "{json}");
}

/// Checks the refusal of a request that is not a call, which names the URL for calls.
fn is_no_call(answer: &Response, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.head);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=UTF-8"));
    let json = answer.json();
    let message = json["error"]["message"].as_str().expect("a message");
    assert!(message.contains("/v2.0") && message.contains("POST"), "{message}");
    assert_eq!((&*outcome(&json), &json["id"], &json["jsonrpc"]), ("invalid_request", &Value::Null, &json!("2.0")));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

fn chunked(lines: &str, chunks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("POST /v2.0 HTTP/1.1\r\nHost: a\r\n{lines}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in chunks {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

#[test]
fn refusals_of_wrong_paths_and_methods_name_the_right_ones() {
    let (_root, server) = empty(&[]);
    let mut client = connect(server.address);
    is_no_call(&client.request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"), 404);
    for path in ["/v2", "/2.0", "/v2.0/contacts", "/v2.0//", "/V2.0", "/metrics", "/v2.0%2f"] {
        for verb in ["POST", "GET"] {
            let request = format!("{verb} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{}}");
            is_no_call(&client.request(request), 404);
        }
    }
    for verb in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let answer = client.request(format!("{verb} /v2.0 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{}}"));
        is_no_call(&answer, 405);
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    client.send("HEAD /v2.0 HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = client.read_head();
    assert_eq!((head.status, head.header("allow")), (405, Some("POST")));
    is_no_call(&client.request("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 404);
    // The connection stays usable after all of them.
    is_unknown_caller(&client.request(post(unknown_caller())));
    let body = unknown_caller();
    for path in ["/v2.0/", "/v2.0?a=b", "/v2.0/?"] {
        let request = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        is_unknown_caller(&client.request(request));
    }
}

#[test]
fn other_ways_to_send_a_call() {
    let (_root, server) = empty(&[]);
    let body = unknown_caller();
    let length = body.len();
    let mut client = connect(server.address);
    is_unknown_caller(
        &client.request(format!("POST http://a/v2.0 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}")),
    );
    // A client that waits for `100 Continue`.
    client.send(format!("POST /v2.0 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"));
    assert_eq!(client.read_head().status, 100);
    is_unknown_caller(&client.request(&body));
    is_unknown_caller(&client.request(post_with("Connection: close\r\n", &body)));
    client.expect_closed();
    // A client of HTTP/1.0, without persistent connections.
    let mut client = connect(server.address);
    is_unknown_caller(&client.request(format!("POST /v2.0 HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}")));
    client.expect_closed();
    // A head that is too large.
    let mut client = connect(server.address);
    client.send(post_with(&format!("X-Long: {}\r\n", "x".repeat(1 << 20)), &body));
    assert_eq!(client.read_head().status, 431);
}

#[test]
fn request_content_types_are_ignored_and_replies_have_one() {
    let (_root, server) = empty(&[]);
    let mut client = connect(server.address);
    for lines in [
        "",
        "Content-Type: application/json\r\n",
        "Content-Type: application/json; charset=utf-8\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\nAccept: text/html\r\n",
        "Accept: image/png\r\nAuthorization: Bearer x\r\nX-Anything: \r\n",
    ] {
        let answer = client.request(post_with(lines, unknown_caller()));
        is_unknown_caller(&answer);
        assert_eq!(answer.header("content-type"), Some("application/json; charset=UTF-8"));
        assert!(answer.header("content-encoding").is_none() && answer.header("transfer-encoding").is_none());
    }
    let bearer = json!({"jsonrpc": "2.0", "id": 1, "method": "get.account"}).to_string();
    let answer = client.request(post_with("Authorization: Bearer x\r\n", bearer));
    assert_eq!(outcome(&answer.json()), "required_parameter_missed");
}

#[test]
fn the_size_of_bodies_is_limited() {
    let (_root, server) = empty(&[]);
    let padded = |bytes: usize| {
        let body = unknown_caller();
        body.clone() + &" ".repeat(bytes - body.len())
    };
    let mut client = connect(server.address);
    is_unknown_caller(&client.request(post(padded(BODY_BYTES_MAX))));
    is_unknown_caller(&client.request(chunked("", &[padded(BODY_BYTES_MAX).as_bytes()])));
    is_unknown_caller(
        &client.request(post_with("Content-Encoding: gzip\r\n", gzip(padded(BODY_BYTES_MAX).as_bytes()))),
    );
    let large = padded(4 * BODY_BYTES_MAX);
    for request in [
        post(padded(BODY_BYTES_MAX + 1)),
        post(&large),
        chunked("", &[large.as_bytes()]),
        post_with("Content-Encoding: gzip\r\n", gzip(padded(BODY_BYTES_MAX + 1).as_bytes())),
        post_with("Content-Encoding: gzip\r\n", gzip(&vec![b' '; 256 << 20])),
    ] {
        let mut client = connect(server.address);
        // The reply can be read although the whole body is sent.
        client.send(request);
        is_no_call(&client.read_response(), 413);
        client.expect_closed();
    }
    // A large announced length, without a body.
    let mut client = connect(server.address);
    client.send("POST /v2.0 HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");
    is_no_call(&client.read_response(), 413);
}

#[test]
fn chunked_and_compressed_bodies_are_read() {
    let (_root, server) = empty(&[]);
    let mut client = connect(server.address);
    let body = unknown_caller();
    let (one, two) = body.as_bytes().split_at(7);
    is_unknown_caller(&client.request(chunked("", &[one, two])));
    is_unknown_caller(&client.request(chunked("Content-Encoding: gzip\r\n", &[&gzip(body.as_bytes())])));
    is_unknown_caller(&client.request(post_with("Content-Encoding: gzip\r\n", gzip(body.as_bytes()))));
    is_unknown_caller(&client.request(post_with("Content-Encoding: identity\r\n", &body)));
    is_no_call(&client.request(post_with("Content-Encoding: gzip\r\n", &body)), 400);
    let whole = gzip(body.as_bytes());
    is_no_call(&client.request(post_with("Content-Encoding: gzip\r\n", &whole[..whole.len() - 4])), 400);
    is_unknown_caller(&client.request(post(&body)));
    is_no_call(&client.request(post_with("Content-Encoding: br\r\n", &body)), 415);
    client.expect_closed();
}

#[test]
fn incomplete_bodies_and_wrong_lengths_are_refused() {
    let (_root, server) = empty(&[]);
    for request in [
        "POST /v2.0 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\"",
        "POST /v2.0 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"jso",
        "POST /v2.0 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    ] {
        let mut client = connect(server.address);
        client.send(request);
        client.io.shutdown(Shutdown::Write).expect("half closed");
        is_no_call(&client.read_response(), 400);
        client.expect_closed();
    }
    // A length that is too small: the rest is read as the next request, which is invalid.
    let mut client = connect(server.address);
    client.send(format!("POST /v2.0 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{}", unknown_caller()));
    assert_eq!(outcome(&client.read_response().json()), "parse_error");
    assert_eq!(client.read_head().status, 400);
    // Two contradictory lengths, and one that is not a number.
    for lines in ["Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: x\r\n", "Content-Length: -1\r\n"] {
        let mut client = connect(server.address);
        client.send(format!("POST /v2.0 HTTP/1.1\r\nHost: a\r\n{lines}\r\n"));
        assert_eq!(client.read_head().status, 400, "{lines}");
    }
    for nonsense in
        ["nonsense\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}", "GET\0/ HTTP/1.1\r\n\r\n"]
    {
        let mut client = connect(server.address);
        client.send(nonsense);
        client.io.shutdown(Shutdown::Write).expect("half closed");
        let mut rest = Vec::new();
        client.io.read_to_end(&mut rest).expect("closed");
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&rest));
    }
    is_unknown_caller(&server.post(unknown_caller()));
}

#[test]
fn slow_clients_are_disconnected() {
    let (_root, server) = empty(&["--header-timeout", "0.2", "--body-timeout", "0.2", "--idle-timeout", "0.2"]);
    let mut silent = connect(server.address);
    let mut head = connect(server.address);
    head.send("POST /v2.0 HTTP/1.1\r\nHo");
    let mut body = connect(server.address);
    body.send("POST /v2.0 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{\"j");
    is_no_call(&body.read_response(), 408);
    body.expect_closed();
    let mut rest = Vec::new();
    head.io.read_to_end(&mut rest).expect("closed");
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
    silent.expect_closed();
    let mut resting = connect(server.address);
    is_unknown_caller(&resting.request(post(unknown_caller())));
    resting.expect_closed();
}

#[test]
fn calls_on_one_connection_are_answered_in_order() {
    let (_root, server) = empty(&[]);
    let mut client = connect(server.address);
    let bodies = (0..50).map(|id| match id % 3 {
        0 => json!({"jsonrpc": "2.0", "id": id, "method": "get.nothing"}).to_string(),
        1 => json!({"jsonrpc": "2.0", "id": id, "method": "get.account", "params": {"access_token": "x"}}).to_string(),
        _ => format!(r#"{{"id":{id},"jsonrpc":1}}"#),
    });
    client.send(bodies.flat_map(post).collect::<Vec<u8>>());
    for id in 0..50 {
        let answer = client.read_response();
        assert_eq!((answer.status, &answer.json()["id"]), (200, &json!(id)));
    }
    // The connection stays usable after every kind of refusal.
    for body in ["", "{", "[]", "{}", "[[[[", "\u{0}"] {
        assert_eq!(client.request(post(body)).status, 200, "{body}");
    }
    is_unknown_caller(&client.request(post(unknown_caller())));
}

#[test]
fn deep_nesting_is_a_parse_error() {
    let (_root, server) = empty(&[]);
    let mut client = connect(server.address);
    for depth in [65, 10_000, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            for body in [open.repeat(depth), format!("{}1{}", open.repeat(depth), close.repeat(depth))] {
                assert_eq!(outcome(&client.request(post(body)).json()), "parse_error", "{depth}");
            }
        }
        let params = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"get.account","params":{params}}}"#);
        assert_eq!(outcome(&client.request(post(body)).json()), "parse_error", "{depth}");
    }
    let deep = format!("{}1{}", "[".repeat(64), "]".repeat(64));
    assert_eq!(outcome(&client.request(post(deep)).json()), "batch_operations_not_supported");
    is_unknown_caller(&client.request(post(unknown_caller())));
}

#[test]
fn large_replies_are_compressed_if_the_client_accepts_it() {
    let demo = Demo::start(1000);
    let mut client = connect(demo.server.address);
    let call = |limit: u64| {
        let params = json!({"access_token": demo.token("demo"), "limit": limit, "fields": ["id", "full_name"]});
        json!({"jsonrpc": "2.0", "id": 1, "method": "get.contacts", "params": params}).to_string()
    };
    let plain = client.request(post(call(1000)));
    assert!(plain.body.len() >= 8 << 10 && plain.header("content-encoding").is_none());
    assert_eq!(plain.header("vary"), Some("Accept-Encoding"));
    for lines in ["Accept-Encoding: gzip\r\n", "Accept-Encoding: br;q=1, GZIP;q=0.5\r\n", "Accept-Encoding: *\r\n"] {
        let packed = client.request(post_with(lines, call(1000)));
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{lines}");
        assert!(packed.body.len() < plain.body.len() / 2);
        let mut text = String::new();
        GzDecoder::new(&*packed.body).read_to_string(&mut text).expect("gzip");
        let unpacked: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(unpacked["result"]["data"], plain.json()["result"]["data"]);
    }
    for lines in ["Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: identity\r\n", "Accept-Encoding: br\r\n"] {
        assert!(client.request(post_with(lines, call(1000))).header("content-encoding").is_none(), "{lines}");
    }
    let small = client.request(post_with("Accept-Encoding: gzip\r\n", call(3)));
    assert!(small.header("content-encoding").is_none());
    demo.server.stop();
}

#[test]
fn health_and_metrics() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("an address");
    let (_root, server) = empty(&["--metrics", &free.to_string()]);
    let mut client = connect(server.address);
    let health = client.request(get("/healthz"));
    assert_eq!((health.status, health.text()), (200, "ok\n"));
    client.send("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.read_head().status, 200);
    let said = |url: &str| program(["health", "--url", url]).output().expect("it runs").status.code();
    assert_eq!(said(&format!("http://{}", server.address)), Some(0));
    assert_eq!(said(&format!("http://{}/v2.0", server.address)), Some(0));
    is_unknown_caller(&client.request(post(unknown_caller())));
    is_no_call(&client.request(get("/metrics")), 404);
    let page = connect(free).request(get("/metrics"));
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/plain; version=0.0.4")));
    for line in [
        "ringbook_calls_total{method=\"get.account\",outcome=\"access_token_invalid\"} 1",
        "# TYPE ringbook_stage_seconds histogram",
        "ringbook_books 0",
        "ringbook_connections 1",
    ] {
        assert!(page.text().lines().any(|found| found == line), "{line}: {}", page.text());
    }
    let families: Vec<&str> = page.text().lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    for part in ["calls", "stage_seconds", "books", "book_bytes", "commits", "connections"] {
        assert!(families.iter().any(|family| family.contains(part)), "{part}: {families:?}");
    }
    let address = server.address;
    server.stop();
    assert_eq!(said(&format!("http://{address}")), Some(1));
}

#[test]
fn forwarded_addresses_are_used_from_trusted_proxies_only() {
    let root = place();
    let data = root.path().join("data");
    Server::demo(&data, 10).stop();
    let json: Value = serde_json::from_slice(&std::fs::read(data.join("demo.json")).expect("a file")).expect("JSON");
    let params = json!({"access_token": json["customers"][0]["access_token"]});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "get.account", "params": params}).to_string();
    let ip = |server: &Server, lines: &str| {
        let answer = connect(server.address).request(post_with(lines, &body)).json();
        answer["error"]["data"]["params"]["ip"].as_str().unwrap_or("-").to_owned()
    };
    let server = Server::serve(&data, &[]);
    assert_eq!(ip(&server, "X-Forwarded-For: 203.0.113.9\r\n"), "-");
    server.stop();
    let server = Server::serve(&data, &["--trusted-proxy", "127.0.0.0/8", "--trusted-proxy", "10.0.0.0/8"]);
    for (lines, seen) in [
        ("", "-"),
        ("X-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9"),
        ("X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.1.1.1\r\n", "203.0.113.9"),
        ("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9"),
        ("X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1"),
        ("X-Forwarded-For: 203.0.113.9, 127.0.0.1\r\n", "203.0.113.9"),
    ] {
        assert_eq!(ip(&server, lines), seen, "{lines}");
    }
    // A proxy that names no client: its own address admits nobody.
    for lines in ["X-Forwarded-For: unknown\r\n", "X-Forwarded-For: 203.0.113.9, _hidden\r\n"] {
        let mut client = connect(server.address);
        let answer = client.request(post_with(lines, unknown_caller()));
        let json = answer.json();
        assert_eq!((answer.status, &*outcome(&json)), (403, "ip_not_whitelisted"), "{json}");
        assert_eq!(json["error"]["data"]["params"]["ip"], "unknown");
        client.expect_closed();
    }
    assert_eq!(server.log().matches("names no address").count(), 1);
    server.stop();
}

#[test]
fn running_calls_finish_before_shutdown() {
    let (_root, mut server) = empty(&[]);
    // Checking a password takes long.
    let mut clients: Vec<_> = (0..6)
        .map(|at| {
            let mut client = connect(server.address);
            let params = json!({"login": format!("l{at}"), "password": "wrong"});
            let call = json!({"jsonrpc": "2.0", "id": at, "method": "login.user", "params": params});
            client.send(post(call.to_string()));
            client
        })
        .collect();
    let mut resting = connect(server.address);
    is_unknown_caller(&resting.request(post(unknown_caller())));
    server.signal("TERM");
    for client in &mut clients {
        assert_eq!(outcome(&client.read_response().json()), "auth_error");
    }
    resting.expect_closed();
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    assert!(std::net::TcpStream::connect(server.address).is_err());
    let (_root, mut server) = empty(&[]);
    server.signal("INT");
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn nothing_secret_is_logged() {
    let root = place();
    let data = root.path().join("data");
    Server::demo(&data, 300).stop();
    let json: Value = serde_json::from_slice(&std::fs::read(data.join("demo.json")).expect("a file")).expect("JSON");
    let (demo, other) = (&json["customers"][0], &json["customers"][2]);
    let server = Server::serve(&data, &["--log", "trace", "--log-format", "json"]);
    let begin = server.log().find('{').expect("lines of JSON");
    let token = demo["access_token"].as_str().expect("a token");
    let password = demo["password"].as_str().expect("a password");
    server.call(
        "get.contacts",
        json!({"access_token": token, "filter": {"field": "last_name", "operator": "=", "value": "O'Brien"}}),
    );
    server.call(
        "get.contacts",
        json!({"access_token": token, "filter": {"field": "Fergusson", "operator": "=", "value": "x"}}),
    );
    server.call("get.account", json!({"access_token": format!("{token}0")}));
    let session = server.call("login.user", json!({"login": demo["login"], "password": password}));
    let session = session["result"]["data"]["access_token"].as_str().expect("a session").to_owned();
    server.call("login.user", json!({"login": other["login"], "password": format!("{password}!")}));
    server.call("logout.user", json!({"access_token": session}));
    connect(server.address)
        .request(format!("GET /v2.0/{token} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n"));
    connect(server.address).request(post_with(&format!("Content-Encoding: {token}\r\n"), "x"));
    added(&data, "customer add Late");
    let made = operate(&data, "key add --user 2 --json");
    let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let made = made["token"].as_str().expect("a token");
    server.becomes(made, "ok");
    let log = server.log().split_off(begin);
    server.stop();
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|event| event.is_object())), "{log}");
    for secret in [token, password, &session, made, "O'Brien", "Fergusson", "447700900123", "Bearer"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
