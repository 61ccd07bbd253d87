//! A client of HTTP/1.1 that writes bytes and reads answers, as crude as a test needs it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// So long nothing ever takes, unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("answers are UTF-8")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("answers are JSON")
    }
}

/// One connection, from the client's side.
pub struct Wire<IO> {
    pub io: IO,
    seen: Vec<u8>,
}

/// A connection in the clear.
pub fn connect(address: SocketAddr) -> Wire<TcpStream> {
    Wire::new(socket(address))
}

/// A socket that gives up rather than hang.
pub fn socket(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.set_write_timeout(Some(PATIENCE)).expect("a time-out");
    stream.set_nodelay(true).expect("no delay");
    stream
}

impl<IO: Read + Write> Wire<IO> {
    pub fn new(io: IO) -> Self {
        Wire { io, seen: Vec::new() }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.io.write_all(bytes.as_ref()).expect("the server reads");
        self.io.flush().expect("the server reads");
    }

    /// One call, one answer.
    pub fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Answer {
        self.send(bytes);
        self.answer()
    }

    /// Reads an answer of known length.
    pub fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let length = answer.header("content-length").expect("a length").parse().expect("a number");
        while self.seen.len() < length {
            assert_ne!(self.more(), 0, "cut off: {}", answer.head);
        }
        answer.body = self.seen.drain(..length).collect();
        answer
    }

    /// Reads the head of an answer.
    pub fn head(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = self.seen.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert_ne!(self.more(), 0, "closed without an answer: {:?}", self.seen);
        };
        let head = String::from_utf8(self.seen.drain(..end).collect()).expect("a head is ASCII");
        Answer { status: head[9..12].parse().expect("a status"), head, body: Vec::new() }
    }

    /// Waits for the server to close, and says that nothing more came.
    pub fn closed(&mut self) {
        assert_eq!((self.more(), self.seen.len()), (0, 0), "{:?}", String::from_utf8_lossy(&self.seen));
    }

    fn more(&mut self) -> usize {
        let mut room = [0; 64 << 10];
        let bytes = self.io.read(&mut room).expect("the server neither hangs nor resets");
        self.seen.extend_from_slice(&room[..bytes]);
        bytes
    }
}

/// A call with this body.
pub fn post(body: impl AsRef<[u8]>) -> Vec<u8> {
    post_with("", body)
}

/// A call with further header lines, each ended.
pub fn post_with(lines: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let mut bytes = format!("POST /v2.0 HTTP/1.1\r\nHost: a\r\n{lines}Content-Length: {length}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
