//! A server with an echoing front end, and requests to it.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ringbook_testbed::async_http_client::AsyncHttpClient;
pub use ringbook_testbed::http_client::WAIT_MAX;
use ringbook_testbed::http_client::{self, Response as Received};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::{
    Drain, Frontend, Health, HttpSettings, Listener, Method, Mount, Mounts, Protocol, Request, Response, StatusCode,
    TlsFiles, TransportError, header, health, run,
};
use ringbook_telemetry::Metrics;
use ringbook_workers::{Bounds, Workers};

/// A time limit that tests exceed.
pub const BRIEF: Duration = Duration::from_millis(50);

/// Responds with `PEER:BODY`; to `big` and `huge` with many segments, to `wait` only after [`Echo::release`], and to `stay`
/// then or when its client has left.
#[derive(Default)]
pub struct Echo {
    pub entered: Notify,
    pub release: Notify,
    /// A client has left.
    pub left: Notify,
    pub is_unhealthy: bool,
    /// Bytes reserved for each response.
    pub reserves: usize,
}

pub fn big() -> Vec<Bytes> {
    (0..64u32).map(|n| Bytes::from(n.to_string().repeat(40_000))).collect()
}

/// More than fits into the buffers of two sockets.
pub const HUGE_BYTES: usize = 64 << 20;

fn huge() -> Vec<Bytes> {
    let segment = Bytes::from(vec![b'x'; 256 << 10]);
    vec![segment; HUGE_BYTES / (256 << 10)]
}

fn json(status: StatusCode, body: Vec<Bytes>) -> Response {
    Response::new(status, body).with_content_type(header::HeaderValue::from_static("application/json; charset=UTF-8"))
}

impl Frontend for Echo {
    async fn handle(&self, request: Request) -> Response {
        if self.reserves > 0 {
            let reserved = request.replies.reserve(self.reserves).await;
            assert!(reserved.is_ok() || request.left.is_cancelled());
        }
        if request.body == "big" {
            return json(StatusCode::OK, big());
        }
        if request.body == "huge" {
            return json(StatusCode::OK, huge());
        }
        if request.body == "wait" {
            self.entered.notify_one();
            self.release.notified().await;
        }
        if request.body == "stay" {
            self.entered.notify_one();
            tokio::select! {
                () = self.release.notified() => {}
                () = request.left.cancelled() => self.left.notify_one(),
            }
        }
        let peer = Bytes::from(request.peer.to_string());
        json(StatusCode::OK, vec![peer, Bytes::new(), Bytes::from_static(b":"), request.body])
    }

    fn refuse(&self, error: &TransportError) -> Response {
        json(error.status(), vec![Bytes::from(format!("refused: {error:?}"))])
    }
}

/// The echoing front end and the health page.
pub fn mounts(echo: &Arc<Echo>) -> Mounts {
    let state = if echo.is_unhealthy { Health::StoreFails } else { Health::Good };
    Mounts::new(Mount::new(Arc::clone(echo), [Method::POST]).at("/v2.0").at("/v2.0/"))
        .with(health(move || std::future::ready(state), WAIT_MAX))
}

/// A server on a free port.
pub struct Running {
    pub address: SocketAddr,
    pub echo: Arc<Echo>,
    pub metrics: Arc<Metrics>,
    stop: oneshot::Sender<()>,
    end: JoinHandle<Drain>,
}

impl Running {
    pub async fn start(settings: HttpSettings) -> Running {
        Running::start_with(settings, Echo::default(), None).await
    }

    pub async fn start_with(settings: HttpSettings, echo: Echo, tls: Option<Arc<TlsFiles>>) -> Running {
        let echo = Arc::new(echo);
        let http = Protocol::Http(mounts(&echo));
        Running::start_listeners(settings, echo, vec![(http, tls)]).await.0
    }

    pub async fn start_echo(settings: HttpSettings, echo: Arc<Echo>) -> Running {
        let http = Protocol::Http(mounts(&echo));
        Running::start_listeners(settings, echo, vec![(http, None)]).await.0
    }

    /// A server with a listener for each of these; its address is the first one's, all are returned.
    pub async fn start_listeners(
        settings: HttpSettings,
        echo: Arc<Echo>,
        protocols: Vec<(Protocol, Option<Arc<TlsFiles>>)>,
    ) -> (Running, Vec<SocketAddr>) {
        let (mut listeners, mut addresses) = (Vec::new(), Vec::new());
        for (protocol, tls) in protocols {
            let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.push(socket.local_addr().unwrap());
            listeners.push(Listener::new(socket, protocol).with_tls(tls));
        }
        let metrics = Arc::new(Metrics::new(&[], &[], &[]).with_refusals(&TransportError::REASONS));
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            if stopped.await.is_err() {
                pending().await
            }
        };
        let end = tokio::spawn(run(listeners, settings, workers(&metrics), Arc::clone(&metrics), shutdown));
        (Running { address: addresses[0], echo, metrics, stop, end }, addresses)
    }

    pub async fn connect(&self) -> AsyncHttpClient<TcpStream> {
        AsyncHttpClient::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// A request on a new connection.
    pub async fn request(&self, request: impl AsRef<[u8]>) -> Received {
        self.connect().await.request(request).await
    }

    /// Begins the shutdown; the result is available when it has ended.
    pub fn stop(self) -> JoinHandle<Drain> {
        self.stop.send(()).unwrap();
        self.end
    }
}

/// A pool of workers.
pub fn workers(metrics: &Metrics) -> Workers {
    Workers::new(Bounds::default(), metrics)
}

/// A call with this body.
pub fn post(body: &str) -> String {
    post_with("", body)
}

/// A call with further headers, each ended by CR LF.
pub fn post_with(headers: &str, body: &str) -> String {
    String::from_utf8(http_client::post_with(headers, body)).expect("text stays text")
}

/// Waits for a condition that other tasks bring about.
pub async fn until(mut reached: impl FnMut() -> bool) {
    while !reached() {
        tokio::task::yield_now().await;
    }
}
