//! How a server stops while clients keep it busy in every way.

use std::fs::read_dir;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Instant;

use ringbook_testbed::http_client::{HttpClient, WAIT_MAX, connect, connect_socket};
use serde_json::{Value, json};

use super::harness::{eventually, told};
use super::neighbours::{Neighbourhood, long_question};

/// This many contacts make a book of which a stopping server leaves an image.
const IMAGE_CONTACTS: u64 = 50_000;
/// Connections of each way to keep a server busy.
const CLIENTS: usize = 4;
/// Requests that a client sends without reading an answer: more than the buffers of sockets take.
const UNREAD: usize = 20;
/// A search for the root entry of a directory, which everybody may read.
const LDAP_SEARCH: &[u8] = b"\x30\x25\x02\x01\x01\x63\x20\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\
    \x01\x01\x00\x87\x0bobjectClass\x30\x00";

#[test]
fn a_long_question_does_not_keep_a_server_from_stopping() {
    let world = Neighbourhood::start(IMAGE_CONTACTS, &[]);
    let images = world.root.path().join("data/images");
    let _ = std::fs::remove_dir_all(&images);
    let mut clients: Vec<_> = (0..4)
        .map(|_| {
            let mut client = connect(world.server.address);
            client.send(world.body(0, "get.contacts", long_question()));
            client
        })
        .collect();
    eventually(WAIT_MAX, "the questions", || world.questions_running() >= 1.0);
    let Neighbourhood { mut server, root, .. } = world;
    server.signal("TERM");
    for client in &mut clients {
        let answer = client.read_response().json();
        let told = answer["error"]["data"]["params"]["error_message"].as_str().unwrap_or_default();
        assert!(told.contains("the server is stopping"), "{answer}");
        client.expect_closed();
    }
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    assert!(server.log().contains("INFO") && !server.log().contains("calls still running"), "{}", server.log());
    if root.path().join("data/ringbook.db").exists() {
        assert_eq!(read_dir(&images).expect("images").count(), 1, "the large book has an image");
    }
}

/// A server that clients keep busy in every way.
struct Siege {
    world: Neighbourhood,
    /// Clients that wait, or let the server wait.
    clients: Vec<HttpClient<TcpStream>>,
    /// Clients that send until the server closes the connection.
    floods: Vec<JoinHandle<()>>,
}

impl Siege {
    fn begin() -> Siege {
        let mut world = Neighbourhood::start(IMAGE_CONTACTS, &["--ldap-listen", "127.0.0.1:0"]);
        let line = world.server.line();
        let ldap = line.trim_end().strip_prefix("listening on ldap://").and_then(|place| place.parse().ok());
        let ldap: SocketAddr = ldap.unwrap_or_else(|| panic!("{line}"));
        let _ = std::fs::remove_dir_all(world.root.path().join("data/images"));
        let mut siege = Siege { world, clients: Vec::new(), floods: Vec::new() };
        let contact = |n: usize| json!({"last_name": format!("N{n}"), "phone_numbers": ["100"]});
        let contacts: Vec<Value> = (0..2_000).map(contact).collect();
        let page = siege.world.body(0, "get.contacts", json!({"limit": 10_000}));
        let (question, upload) = (long_question(), json!({"contacts": contacts}));
        let headers = siege.sign_in();
        for _ in 0..CLIENTS {
            // Long questions, of a program and of a browser.
            siege.send(siege.world.body(0, "get.contacts", question.clone()));
            siege.send(siege.of_browser(&headers, "get.contacts", &question));
            // Answers that nobody reads.
            siege.send(page.repeat(UNREAD));
            siege.send(siege.world.body(1, "upload.contacts", upload.clone()));
            // Bodies and heads that do not end, and connections on which nothing comes.
            let upload = siege.world.body(1, "upload.contacts", upload.clone());
            siege.send(&upload[..upload.len() / 2]);
            siege.send("POST /v2.0 HTTP/1.1\r\nHost: ");
            siege.send("");
        }
        for _ in 0..CLIENTS {
            siege.clients.push(HttpClient::new(connect_socket(ldap)));
            siege.floods.push(flood(ldap, LDAP_SEARCH.to_vec()));
            siege
                .floods
                .push(flood(siege.world.server.address, siege.world.body(2, "get.contacts", json!({"limit": 1}))));
        }
        let world = &siege.world;
        eventually(WAIT_MAX, "the questions", || world.questions_running() >= 1.0);
        eventually(WAIT_MAX, "answers that are not read", || {
            world.metric("ringbook_in_flight_bytes{budget=\"responses\"}") > 0.0
        });
        eventually(WAIT_MAX, "bodies that do not end", || {
            world.metric("ringbook_in_flight_bytes{budget=\"request_bodies\"}") > 0.0
        });
        siege
    }

    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let mut client = connect(self.world.server.address);
        client.send(bytes);
        self.clients.push(client);
    }

    /// Begins a session of a browser; returns the headers of its requests.
    fn sign_in(&self) -> String {
        let ours = "X-Ringbook: 1\r\nContent-Type: application/json\r\nSec-Fetch-Site: same-origin\r\n";
        let customer = &self.world.json["customers"][0];
        let body = json!({"login": customer["login"], "password": customer["password"]}).to_string();
        let response = connect(self.world.server.address).request(posted("/client/session", ours, &body));
        let cookie = response.header("set-cookie").expect("a cookie").split(';').next().expect("a cookie");
        format!("{ours}Cookie: {cookie}\r\n")
    }

    fn of_browser(&self, headers: &str, method: &str, params: &Value) -> Vec<u8> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        posted("/client/rpc", headers, &body)
    }
}

fn posted(path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Sends the same bytes again and again and reads nothing.
fn flood(address: SocketAddr, bytes: Vec<u8>) -> JoinHandle<()> {
    let mut socket = connect_socket(address);
    std::thread::spawn(move || while socket.write_all(&bytes).is_ok() {})
}

#[test]
fn a_server_that_clients_keep_busy_stops_in_order() {
    let Siege { world, clients, floods } = Siege::begin();
    let Neighbourhood { mut server, root, .. } = world;
    let data = root.path().join("data");
    let begin = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    eprintln!("stopped after {:?}", begin.elapsed());
    let log = server.log();
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    if data.join("ringbook.db").exists() {
        assert_eq!(read_dir(data.join("images")).expect("images").count(), 1, "the large book has an image: {log}");
    }
    drop(clients);
    floods.into_iter().for_each(|flood| flood.join().expect("it ends"));
    assert_eq!(told(&data, "check")["ok"], true);
}

#[test]
fn a_second_signal_ends_a_busy_server_at_once() {
    let Siege { world, clients, floods } = Siege::begin();
    let Neighbourhood { mut server, root, .. } = world;
    let stops = || server.log().matches("stopping: ").count();
    let before = stops();
    server.signal("TERM");
    eventually(WAIT_MAX, "the first signal", || stops() > before);
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(1), "{}", server.log());
    drop(clients);
    floods.into_iter().for_each(|flood| flood.join().expect("it ends"));
    assert_eq!(told(&root.path().join("data"), "check")["ok"], true);
}
