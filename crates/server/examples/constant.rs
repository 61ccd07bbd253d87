//! A server that answers every call with the same bytes: what the HTTP floor costs by itself.
//!
//! `cargo run --release --example constant -- ADDRESS BYTES`; `cargo xtask bench` measures calls against it.

use std::sync::Arc;

use bytes::Bytes;
use ringbook::serve;
use ringbook_http::{Call, HttpSettings, Reply, Service, TransportError};

struct Constant(Bytes);

impl Service for Constant {
    async fn answer(&self, _call: Call) -> Reply {
        Reply::from(self.0.clone())
    }

    fn refuse(&self, _refusal: &TransportError) -> Reply {
        Reply::from(self.0.clone())
    }

    async fn healthy(&self) -> bool {
        true
    }
}

fn main() -> Result<(), serve::Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(bytes)) = (arguments.next(), arguments.next()) else {
        return Err("usage: constant ADDRESS BYTES".into());
    };
    let service = Arc::new(Constant(Bytes::from(vec![b' '; bytes.parse()?])));
    serve::runtime()?.block_on(async {
        let (listener, bound) = serve::listen(&address).await?;
        println!("listening on http://{bound}");
        let forever = std::future::pending();
        ringbook_http::run(listener, None, HttpSettings::default(), serve::metrics(), service, forever).await;
        Ok(())
    })
}
