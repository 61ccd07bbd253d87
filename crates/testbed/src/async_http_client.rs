//! [`HttpClient`](crate::http_client::HttpClient) for tests that run on tokio. Every method panics if the server does not
//! do what is expected, and every read is bounded by [`WAIT_MAX`].

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::http_client::{Received, Response, WAIT_MAX};

/// A connection.
#[derive(Debug)]
pub struct AsyncHttpClient<IO> {
    /// The socket or TLS stream.
    pub io: IO,
    received: Received,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncHttpClient<IO> {
    /// A client on an open connection.
    pub fn new(io: IO) -> Self {
        AsyncHttpClient { io, received: Received::default() }
    }

    /// Sends bytes.
    ///
    /// # Panics
    /// The connection breaks.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.io.write_all(bytes.as_ref()).await.expect("the server reads");
        self.io.flush().await.expect("the server reads");
    }

    /// Sends a request and reads the response.
    ///
    /// # Panics
    /// The connection breaks, or no valid response comes.
    pub async fn request(&mut self, bytes: impl AsRef<[u8]>) -> Response {
        self.send(bytes).await;
        self.read_response().await
    }

    /// Reads a response.
    ///
    /// # Panics
    /// The connection breaks, or no valid response comes.
    pub async fn read_response(&mut self) -> Response {
        let head = self.read_head().await;
        self.read_body(head).await
    }

    /// Reads a response behind any number of interim ones (100 to 199); returns their number, too.
    ///
    /// # Panics
    /// The connection breaks, or no valid response comes.
    pub async fn read_final_response(&mut self) -> (usize, Response) {
        let mut interim = 0;
        loop {
            let head = self.read_head().await;
            if head.status >= 200 {
                return (interim, self.read_body(head).await);
            }
            interim += 1;
        }
    }

    async fn read_body(&mut self, mut response: Response) -> Response {
        let length = response.content_length().expect("a response with a length");
        loop {
            if let Some(body) = self.received.take(length) {
                response.body = body;
                return response;
            }
            assert_ne!(self.receive().await, 0, "closed within the body: {}", response.head);
        }
    }

    /// Reads the head of a response.
    ///
    /// # Panics
    /// The connection breaks, or no valid head comes.
    pub async fn read_head(&mut self) -> Response {
        loop {
            if let Some(response) = self.received.take_head().expect("a valid head") {
                return response;
            }
            assert_ne!(self.receive().await, 0, "closed without a response");
        }
    }

    /// Waits until the server closes the connection.
    ///
    /// # Panics
    /// It sends anything before that.
    pub async fn expect_closed(&mut self) {
        let received = self.receive().await;
        let unread = String::from_utf8_lossy(&self.received.0);
        assert_eq!((received, &*unread), (0, ""), "unexpected data before the end");
    }

    /// Reads what is there, at least one byte; 0 at the end of the connection.
    async fn receive(&mut self) -> usize {
        let reading = timeout(WAIT_MAX, self.io.read_buf(&mut self.received.0)).await;
        reading.expect("the server does not hang").expect("the connection does not break")
    }
}
