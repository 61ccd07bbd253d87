//! One connection to a server, in the clear or over TLS: a body goes out, a body comes back.
//!
//! What went wrong is told apart by one question, whether the server can have seen the request: a change must not be
//! sent again when it can.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Request;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::address::Address;

/// How long connecting may take.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a call may take.
const CALL_TIME_MAX: Duration = Duration::from_secs(120);
/// How long a connection may have rested to be used again: well below what servers and proxies allow.
const REST_TIME_MAX: Duration = Duration::from_secs(15);
/// The longest answer.
pub(super) const ANSWER_BYTES_MAX: usize = 256 << 20;

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConnectionError {
    /// The server has not seen the request.
    NotSent(String),
    /// It may have.
    Lost(String),
}

/// A connection that is made when it is needed.
pub(super) struct HttpConnection {
    address: Address,
    tls: Option<TlsConnector>,
    open: Option<(SendRequest<Whole>, Instant)>,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl HttpConnection {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// When TLS is wanted and the system has no certificates to trust.
    pub(super) fn new(address: Address) -> Result<Self, String> {
        let tls = if address.is_tls { Some(connector()?) } else { None };
        Ok(Self { address, tls, open: None })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a body and waits for the answer.
    pub(super) async fn post(&mut self, body: Bytes) -> Result<Answer, ConnectionError> {
        let mut sender = self.sender().await?;
        let answer = match timeout(CALL_TIME_MAX, self.exchange(&mut sender, body)).await {
            Ok(answer) => answer?,
            Err(_) => {
                return Err(ConnectionError::Lost(format!("no answer within {} seconds", CALL_TIME_MAX.as_secs())));
            }
        };
        self.open = Some((sender, Instant::now()));
        Ok(answer)
    }

    async fn sender(&mut self) -> Result<SendRequest<Whole>, ConnectionError> {
        if let Some((mut sender, since)) = self.open.take()
            && since.elapsed() < REST_TIME_MAX
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        match timeout(CONNECT_TIME_MAX, self.connect()).await {
            Ok(connected) => connected.map_err(ConnectionError::NotSent),
            Err(_) => {
                Err(ConnectionError::NotSent(format!("no connection within {} seconds", CONNECT_TIME_MAX.as_secs())))
            }
        }
    }

    async fn connect(&self) -> Result<SendRequest<Whole>, String> {
        let stream = TcpStream::connect((self.address.host.as_str(), self.address.port)).await;
        let stream = stream.map_err(|cause| cause.to_string())?;
        stream.set_nodelay(true).map_err(|cause| cause.to_string())?;
        let wire: Box<dyn Wire> = match &self.tls {
            None => Box::new(stream),
            Some(tls) => {
                let name = ServerName::try_from(self.address.host.clone()).map_err(|cause| cause.to_string())?;
                let stream = tls.connect(name, stream).await;
                Box::new(stream.map_err(|cause| tls_reason(&cause))?)
            }
        };
        let (sender, connection) = http1::handshake(TokioIo::new(wire)).await.map_err(|cause| cause.to_string())?;
        // Its end shows in the next request.
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn exchange(&self, sender: &mut SendRequest<Whole>, body: Bytes) -> Result<Answer, ConnectionError> {
        let request = Request::post(self.address.path.as_str())
            .header(HOST, self.address.authority.as_str())
            .header(USER_AGENT, concat!("ringbook/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json; charset=UTF-8")
            .body(Whole(Some(body)))
            .map_err(|cause| ConnectionError::NotSent(cause.to_string()))?;
        let response = sender.try_send_request(request).await.map_err(|mut fault| match fault.take_message() {
            Some(_) => ConnectionError::NotSent(in_words(fault.error())),
            None => ConnectionError::Lost(in_words(fault.error())),
        })?;
        let status = response.status().as_u16();
        let body = gathered(response.into_body()).await.map_err(ConnectionError::Lost)?;
        Ok(Answer { status, body })
    }
}

/// Why TLS did not come about.
fn tls_reason(cause: &std::io::Error) -> String {
    let fault = cause.get_ref().and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>());
    match fault {
        Some(tokio_rustls::rustls::Error::InvalidMessage(_)) => {
            "the server does not speak TLS on this port: write http:// instead of https://".to_owned()
        }
        _ => format!("{cause}; for a certificate that the system does not know, name it in SSL_CERT_FILE"),
    }
}

/// What hyper says, with its cause.
fn in_words(fault: &hyper::Error) -> String {
    if fault.is_parse() {
        return "the answer is not HTTP; if the server speaks TLS on this port, write https:// instead of http://"
            .to_owned();
    }
    match std::error::Error::source(fault) {
        Some(cause) => format!("{fault}: {cause}"),
        None => fault.to_string(),
    }
}

async fn gathered(mut body: Incoming) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|cause| in_words(&cause))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > ANSWER_BYTES_MAX {
                return Err(format!("the answer is longer than {ANSWER_BYTES_MAX} bytes"));
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes)
}

/// TLS that trusts what the system trusts.
fn connector() -> Result<TlsConnector, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (known, _) = roots.add_parsable_certificates(found.certs);
    if known == 0 {
        return Err("the system has no certificates to trust: install ca-certificates, or name a file of them in \
                    SSL_CERT_FILE"
            .to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| cause.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A body in one piece.
struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.get_mut().0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
