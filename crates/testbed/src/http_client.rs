//! A client of HTTP/1.1 for tests and tools: one connection, requests as bytes, responses as they come.
//!
//! Requests are sent as given, so that a test can send invalid or partial ones. Responses need a `Content-Length`; they
//! are not decompressed. Methods that begin with `try_` return errors; the others panic, for tests whose server must
//! answer.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Maximum time of a read or write, and the bound for waits in tests: longer than anything takes unless it hangs.
pub const WAIT_MAX: Duration = Duration::from_secs(60);

/// The path that calls are posted to.
pub const PATH: &str = "/v2.0";

/// A response.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The status line and the headers, with the empty line that ends them.
    pub head: String,
    /// The body as it was sent; empty if only the head was read.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a header; the case of `name` is ignored.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.trim_start())
    }

    /// The body as text.
    ///
    /// # Panics
    /// It is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// It is not JSON.
    #[cfg(feature = "json")]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a body in JSON")
    }

    /// The length that the head announces for the body.
    pub(crate) fn content_length(&self) -> io::Result<usize> {
        let length = self.header("content-length").and_then(|value| value.parse().ok());
        length.ok_or_else(|| invalid(format!("no content length: {}", self.head)))
    }
}

/// Received bytes that are not part of a returned response.
#[derive(Debug, Default)]
pub(crate) struct Received(pub Vec<u8>);

impl Received {
    /// The head of a response, once it is complete.
    pub fn take_head(&mut self) -> io::Result<Option<Response>> {
        let Some(end) = self.0.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let bytes = self.0.drain(..end + 4).collect();
        let head = String::from_utf8(bytes).map_err(|error| invalid(error.to_string()))?;
        let status = head.get(9..12).and_then(|digits| digits.parse().ok());
        let status = status.ok_or_else(|| invalid(format!("no status: {head}")))?;
        Ok(Some(Response { status, head, body: Vec::new() }))
    }

    /// The first `length` bytes, once they are there.
    pub fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        (self.0.len() >= length).then(|| self.0.drain(..length).collect())
    }
}

pub(crate) fn invalid(message: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, message)
}

/// A blocking connection.
#[derive(Debug)]
pub struct HttpClient<IO> {
    /// The socket or TLS stream.
    pub io: IO,
    received: Received,
}

/// A connection without TLS.
///
/// # Panics
/// The server does not accept it.
#[track_caller]
pub fn connect(address: SocketAddr) -> HttpClient<TcpStream> {
    HttpClient::new(connect_socket(address))
}

/// A socket whose reads and writes fail after [`WAIT_MAX`].
///
/// # Panics
/// The server does not accept it.
#[track_caller]
pub fn connect_socket(address: SocketAddr) -> TcpStream {
    try_connect_socket(address).expect("the server accepts connections")
}

fn try_connect_socket(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(WAIT_MAX))?;
    stream.set_write_timeout(Some(WAIT_MAX))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl HttpClient<TcpStream> {
    /// A connection without TLS.
    ///
    /// # Errors
    /// The server does not accept it.
    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        try_connect_socket(address).map(HttpClient::new)
    }
}

impl<IO: Read + Write> HttpClient<IO> {
    /// A client on an open connection.
    pub fn new(io: IO) -> Self {
        HttpClient { io, received: Received::default() }
    }

    /// Sends bytes.
    ///
    /// # Panics
    /// The connection breaks.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("the server reads");
    }

    /// Sends a request and reads the response.
    ///
    /// # Panics
    /// The connection breaks, or no valid response comes.
    #[track_caller]
    pub fn request(&mut self, bytes: impl AsRef<[u8]>) -> Response {
        self.try_request(bytes).expect("the server responds")
    }

    /// Reads a response.
    ///
    /// # Panics
    /// The connection breaks, or no valid response comes.
    #[track_caller]
    pub fn read_response(&mut self) -> Response {
        self.try_read_response().expect("the server responds")
    }

    /// Reads the head of a response.
    ///
    /// # Panics
    /// The connection breaks, or no valid head comes.
    #[track_caller]
    pub fn read_head(&mut self) -> Response {
        self.try_read_head().expect("the server responds")
    }

    /// Waits until the server closes the connection.
    ///
    /// # Panics
    /// It sends anything before that.
    #[track_caller]
    pub fn expect_closed(&mut self) {
        let received = self.receive().expect("the server closes the connection");
        let unread = String::from_utf8_lossy(&self.received.0);
        assert_eq!((received, &*unread), (0, ""), "unexpected data before the end");
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The connection breaks.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.io.write_all(bytes.as_ref())?;
        self.io.flush()
    }

    /// Sends a request and reads the response.
    ///
    /// # Errors
    /// The connection breaks, or no valid response comes.
    pub fn try_request(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<Response> {
        self.try_send(bytes)?;
        self.try_read_response()
    }

    /// Reads a response.
    ///
    /// # Errors
    /// The connection breaks, or no valid response comes.
    pub fn try_read_response(&mut self) -> io::Result<Response> {
        let mut response = self.try_read_head()?;
        let length = response.content_length()?;
        loop {
            match self.received.take(length) {
                Some(body) => response.body = body,
                None if self.receive()? == 0 => return Err(ErrorKind::UnexpectedEof.into()),
                None => continue,
            }
            return Ok(response);
        }
    }

    fn try_read_head(&mut self) -> io::Result<Response> {
        loop {
            if let Some(response) = self.received.take_head()? {
                return Ok(response);
            }
            if self.receive()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Reads what is there, at least one byte; 0 at the end of the connection.
    fn receive(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 16 << 10];
        let count = self.io.read(&mut buffer)?;
        self.received.0.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

/// A request that posts this body to [`PATH`].
pub fn post(body: impl AsRef<[u8]>) -> Vec<u8> {
    post_with("", body)
}

/// [`post`] with further headers, each ended by CR LF.
pub fn post_with(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// A request that gets this path.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}
