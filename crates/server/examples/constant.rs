//! A server with a constant reply, on bare hyper or on the transport of the server: it measures the cost of the layers
//! below a call.
//!
//! `cargo run --release --example constant -- bare|transport ADDRESS BYTES`; the benchmark of row 1 measures calls
//! against both. `bare` is hyper on a socket, without a limit, a time-out, a metric or a look at the path.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ringbook::serve;
use ringbook_http::{
    Frontend, HttpSettings, Listener, Method, Mount, Mounts, Protocol, Request, Response, StatusCode, TransportError,
};
use ringbook_workers::{Bounds, Workers};
use tokio::net::TcpListener;

struct Constant(Bytes);

impl Frontend for Constant {
    async fn handle(&self, _request: Request) -> Response {
        Response::new(StatusCode::OK, vec![self.0.clone()])
    }

    fn refuse(&self, error: &TransportError) -> Response {
        Response::new(error.status(), vec![self.0.clone()])
    }
}

/// A body of one segment.
struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, Bytes::len) as u64)
    }
}

/// Reads the body and responds.
async fn answer(mut request: hyper::Request<Incoming>, constant: Bytes) -> Result<hyper::Response<Whole>, Infallible> {
    let body = request.body_mut();
    while std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await.is_some_and(|frame| frame.is_ok()) {}
    Ok(hyper::Response::new(Whole(Some(constant))))
}

async fn serve_bare(socket: TcpListener, constant: Bytes) -> Result<(), serve::Failure> {
    loop {
        let (stream, _) = socket.accept().await?;
        stream.set_nodelay(true)?;
        let constant = constant.clone();
        let service = service_fn(move |request| answer(request, constant.clone()));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn serve_transport(socket: TcpListener, constant: Bytes) -> impl Future<Output = ringbook_http::Drain> {
    let mount = Mount::new(Arc::new(Constant(constant)), [Method::POST]).at("/v2.0");
    let listener = Listener::new(socket, Protocol::Http(Mounts::new(mount)));
    let metrics = serve::metrics();
    let workers = Workers::new(Bounds::default(), &metrics);
    ringbook_http::run(vec![listener], HttpSettings::default(), workers, metrics, std::future::pending())
}

fn main() -> Result<(), serve::Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [layers, address, bytes] = &arguments[..] else {
        return Err("usage: constant bare|transport ADDRESS BYTES".into());
    };
    let constant = Bytes::from(vec![b' '; bytes.parse()?]);
    serve::runtime()?.block_on(async {
        let (socket, bound) = serve::listen(address).await?;
        println!("listening on http://{bound}");
        match layers.as_str() {
            "bare" => serve_bare(socket, constant).await,
            _ => {
                serve_transport(socket, constant).await;
                Ok(())
            }
        }
    })
}
