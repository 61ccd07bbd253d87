//! Idle clients, clients that send a byte at a time, and clients that read a byte at a time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ringbook_testbed::api_client::{ApiClient, by_phone, contacts};
use ringbook_testbed::http_client::post;

/// Time between two bytes of a slow client.
const BYTE_INTERVAL: Duration = Duration::from_millis(100);

/// Connections that are idle after one call each.
///
/// # Errors
/// A connection is refused.
pub fn idle(address: &str, token: &str, phones: &[String], count: usize) -> Result<Vec<ApiClient>, String> {
    let mut clients = Vec::with_capacity(count);
    for phone in phones.iter().cycle().take(count) {
        let mut client = ApiClient::connect(address, token)?;
        client.contacts(&by_phone(phone)).map_err(|why| format!("connection {}: {why}", clients.len() + 1))?;
        clients.push(client);
    }
    Ok(clients)
}

/// A client that sends or reads byte by byte.
pub struct SlowClient {
    stream: TcpStream,
    /// Unsent bytes.
    rest: Vec<u8>,
}

impl SlowClient {
    /// Sends a call byte by byte, all of it or only its body.
    ///
    /// # Errors
    /// The connection is refused.
    pub fn sender(address: &str, token: &str, at: usize) -> Result<Self, String> {
        let bytes = post(contacts(token, r#","limit":1"#));
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |end| end + 4);
        Self::new(address, bytes, if at.is_multiple_of(2) { 0 } else { head })
    }

    /// Sends a query for a large page at once and reads the reply byte by byte.
    ///
    /// # Errors
    /// The connection is refused.
    pub fn reader(address: &str, token: &str) -> Result<Self, String> {
        let bytes = post(contacts(token, r#","limit":10000"#));
        let length = bytes.len();
        Self::new(address, bytes, length)
    }

    /// Sends this many bytes at once, the rest later.
    fn new(address: &str, mut bytes: Vec<u8>, at_once: usize) -> Result<Self, String> {
        let fault = |why: std::io::Error| format!("a slow client cannot connect: {why}");
        let mut stream = TcpStream::connect(address).map_err(fault)?;
        let rest = bytes.split_off(at_once);
        stream.write_all(&bytes).and_then(|()| stream.set_nonblocking(true)).map_err(fault)?;
        Ok(Self { stream, rest })
    }

    /// A byte in each direction, if there is one. Errors are ignored: closed connections are counted on the server.
    fn step(&mut self) {
        if !self.rest.is_empty() {
            let byte = self.rest.remove(0);
            let _ = self.stream.write(&[byte]);
        }
        let _ = self.stream.read(&mut [0]);
    }
}

/// Steps the slow clients until `over` is set.
#[expect(clippy::disallowed_methods, reason = "the slowness of the clients is the fault that is injected")]
pub fn run_until(mut clients: Vec<SlowClient>, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        clients.iter_mut().for_each(SlowClient::step);
        std::thread::sleep(BYTE_INTERVAL);
    }
}
