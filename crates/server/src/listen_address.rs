//! Taking an address to listen on.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

/// Takes an address to listen on; the error names it and the next step.
pub async fn listen(address: &str) -> io::Result<(TcpListener, SocketAddr)> {
    let explain = |error: io::Error| {
        let text = format!("cannot listen on {address}: {error}; choose another address with --listen");
        io::Error::new(error.kind(), text)
    };
    let listener = TcpListener::bind(address).await.map_err(explain)?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}
