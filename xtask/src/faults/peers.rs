//! Clients that take their time: those that rest, those that send a byte at a time, those that read one at a time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::server::client::{Client, by_phone, contacts, request};

/// Between two bytes of a slow client.
const BYTE_EVERY: Duration = Duration::from_millis(100);

/// Connections that have made a call each and rest.
///
/// # Errors
/// One is refused.
pub fn resting(address: &str, token: &str, phones: &[String], count: usize) -> Result<Vec<Client>, String> {
    let mut clients = Vec::with_capacity(count);
    for phone in phones.iter().cycle().take(count) {
        let mut client = Client::connect(address, token)?;
        client.contacts(&by_phone(phone)).map_err(|why| format!("connection {}: {why}", clients.len() + 1))?;
        clients.push(client);
    }
    Ok(clients)
}

/// A client that sends or reads byte by byte.
pub struct Slow {
    stream: TcpStream,
    /// What it has not sent yet.
    rest: Vec<u8>,
}

impl Slow {
    /// One that sends a call byte by byte, from its head or from its body on.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn sender(address: &str, token: &str, at: usize) -> Result<Self, String> {
        let bytes = request(&contacts(token, r#","limit":1"#));
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |end| end + 4);
        Self::new(address, bytes, if at.is_multiple_of(2) { 0 } else { head })
    }

    /// One that asks for a large page at once, and reads it byte by byte.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn reader(address: &str, token: &str) -> Result<Self, String> {
        let bytes = request(&contacts(token, r#","limit":10000"#));
        let length = bytes.len();
        Self::new(address, bytes, length)
    }

    /// Sends so many bytes at once; the rest later.
    fn new(address: &str, mut bytes: Vec<u8>, at_once: usize) -> Result<Self, String> {
        let fault = |why: std::io::Error| format!("a slow client cannot connect: {why}");
        let mut stream = TcpStream::connect(address).map_err(fault)?;
        let rest = bytes.split_off(at_once);
        stream.write_all(&bytes).and_then(|()| stream.set_nonblocking(true)).map_err(fault)?;
        Ok(Self { stream, rest })
    }

    /// A byte in each direction, where there is one. A server that has closed is no matter: that is counted on its side.
    fn step(&mut self) {
        if !self.rest.is_empty() {
            let byte = self.rest.remove(0);
            let _ = self.stream.write(&[byte]);
        }
        let _ = self.stream.read(&mut [0]);
    }
}

/// Lets slow clients go on, slowly, until it is over.
pub fn go_on(mut clients: Vec<Slow>, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        clients.iter_mut().for_each(Slow::step);
        std::thread::sleep(BYTE_EVERY);
    }
}
