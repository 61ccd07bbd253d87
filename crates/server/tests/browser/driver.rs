//! A ChromeDriver of its own for each test, and the HTTP client that talks to it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use ringbook_testbed::http_client::HttpClient as Connection;
use thirtyfour::error::{WebDriverError, WebDriverResult};
use thirtyfour::session::http::{Body, HttpClient};

/// Starts of ChromeDriver at most, until one finds a free port.
const STARTS_MAX: usize = 5;
/// What ChromeDriver prints before its port.
const PORT_MARK: &str = "started successfully on port ";

/// A running ChromeDriver; killed when dropped, with its browsers.
pub struct ChromeDriver {
    child: Child,
    pub address: SocketAddr,
}

impl ChromeDriver {
    /// Starts one. It takes a port that is free for IPv4 and ends if another process has it for IPv6, or takes it meanwhile;
    /// then another one is started.
    pub fn start() -> Self {
        let started = (0..STARTS_MAX).find_map(|_| Self::try_start());
        started.expect("ChromeDriver tells its port")
    }

    fn try_start() -> Option<Self> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!("chromedriver cannot be run ({error}): `cargo xtask setup` installs chromium and chromium-driver")
        });
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let port = lines.into_iter().find_map(|line| {
            let port = line.split_once(PORT_MARK)?.1.trim_end_matches('.').to_owned();
            port.parse().ok()
        });
        let Some(port) = port else {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        };
        Some(Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) })
    }
}

impl Drop for ChromeDriver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends each command over a connection of its own.
pub struct DriverClient {
    pub address: SocketAddr,
}

#[async_trait::async_trait]
impl HttpClient for DriverClient {
    async fn send(&self, request: http::Request<Body<'_>>) -> WebDriverResult<http::Response<Bytes>> {
        let body = match request.body() {
            Body::Empty => String::new(),
            Body::Json(value) => value.to_string(),
        };
        let (method, path, address) = (request.method(), request.uri().path(), self.address);
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json");
        let message = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let sent = tokio::task::spawn_blocking(move || Connection::try_connect(address)?.try_request(message)).await;
        let failed = |error: &dyn std::fmt::Display| WebDriverError::HttpError(error.to_string());
        let response = sent.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
        let built = http::Response::builder().status(response.status).body(Bytes::from(response.body));
        built.map_err(|error| failed(&error))
    }

    async fn new(&self) -> Arc<dyn HttpClient> {
        Arc::new(Self { address: self.address })
    }
}
