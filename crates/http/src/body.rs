//! Reads the body of a request: bounded in size, in time, and in what gzip may blow it up to.
//!
//! The common body arrives in one piece and is passed on as it is. The limit holds for the decompressed
//! size; compressed bytes get a little more, since gzip makes incompressible bodies larger.

use std::future::poll_fn;
use std::io::Read;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use hyper::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_ENCODING;

use super::watch::{Phase, Watch};
use super::{HttpSettings, TransportError, api};

/// Up to this many compressed bytes are unpacked in place; more go to a thread for long work.
const GUNZIP_IN_PLACE_BYTES_MAX: usize = 8 << 10;

/// How a request's body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
}

/// Reads and unpacks a body.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Incoming,
    settings: &HttpSettings,
    watch: &Watch,
) -> Result<Bytes, TransportError> {
    let packing = packing(headers)?;
    let bytes = gather(body, packing, settings, watch).await?;
    watch.enter(Phase::Answer);
    match packing {
        Packing::Plain => Ok(bytes),
        Packing::Gzip => unpack(bytes, settings.body_bytes_max).await,
    }
}

/// Reads a body that nobody wants, within the same bounds, so that the connection can be used further.
pub(super) async fn discard(body: Incoming, settings: &HttpSettings, watch: &Watch) {
    // A body that is refused closes the connection; its refusal is no answer to a wrong path.
    let _ = gather(body, Packing::Plain, settings, watch).await;
    watch.enter(Phase::Answer);
}

fn packing(headers: &HeaderMap) -> Result<Packing, TransportError> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let Some(value) = values.next() else {
        return Ok(Packing::Plain);
    };
    let name = String::from_utf8_lossy(value.as_bytes());
    let name = name.trim();
    if values.next().is_some() {
        return Err(unknown(name));
    }
    if name.is_empty() || name.eq_ignore_ascii_case("identity") {
        Ok(Packing::Plain)
    } else if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
        Ok(Packing::Gzip)
    } else {
        Err(unknown(name))
    }
}

fn unknown(encoding: &str) -> TransportError {
    TransportError::UnknownEncoding { encoding: api::cut(encoding) }
}

async fn gather(
    mut body: Incoming,
    packing: Packing,
    settings: &HttpSettings,
    watch: &Watch,
) -> Result<Bytes, TransportError> {
    let too_large = || TransportError::BodyTooLarge { body_bytes_max: settings.body_bytes_max };
    let bytes_max = received_bytes_max(packing, settings.body_bytes_max);
    // Said beforehand to be too large: not even asked for, if the client waits to be asked.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    let mut whole = Gathered::default();
    while !body.is_end_stream() {
        let Some(piece) = piece(&mut body, settings, watch).await? else {
            break;
        };
        if whole.bytes() + piece.len() > bytes_max {
            return Err(too_large());
        }
        whole.push(piece);
    }
    Ok(whole.joined())
}

fn received_bytes_max(packing: Packing, body_bytes_max: usize) -> usize {
    match packing {
        Packing::Plain => body_bytes_max,
        Packing::Gzip => body_bytes_max + body_bytes_max / 64 + 1024,
    }
}

/// The next piece of a body, or none at its end. Trailers count as an empty piece.
async fn piece(body: &mut Incoming, settings: &HttpSettings, watch: &Watch) -> Result<Option<Bytes>, TransportError> {
    poll_fn(|cx| poll_piece(body, settings, watch, cx)).await
}

fn poll_piece(
    body: &mut Incoming,
    settings: &HttpSettings,
    watch: &Watch,
    cx: &mut Context<'_>,
) -> Poll<Result<Option<Bytes>, TransportError>> {
    if watch.body_expired() {
        return Poll::Ready(Err(TransportError::BodyTimeout { body_read_time_max: settings.body_read_time_max }));
    }
    Pin::new(body).poll_frame(cx).map(|frame| match frame {
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
        Some(Err(_)) => Err(TransportError::BodyCutOff),
        None => Ok(None),
    })
}

/// Pieces of a body; a single one is kept as it is.
#[derive(Default)]
struct Gathered {
    first: Bytes,
    joined: BytesMut,
}

impl Gathered {
    fn bytes(&self) -> usize {
        self.first.len().max(self.joined.len())
    }

    fn push(&mut self, piece: Bytes) {
        if self.bytes() == 0 {
            self.first = piece;
            return;
        }
        if self.joined.is_empty() {
            self.joined.extend_from_slice(&self.first);
        }
        self.joined.extend_from_slice(&piece);
    }

    fn joined(self) -> Bytes {
        if self.joined.is_empty() { self.first } else { self.joined.freeze() }
    }
}

async fn unpack(packed: Bytes, body_bytes_max: usize) -> Result<Bytes, TransportError> {
    if packed.len() <= GUNZIP_IN_PLACE_BYTES_MAX {
        return gunzip(&packed, body_bytes_max);
    }
    let unpacking = tokio::task::spawn_blocking(move || gunzip(&packed, body_bytes_max));
    // Only a runtime that is being torn down loses the task.
    unpacking.await.unwrap_or(Err(TransportError::BodyCutOff))
}

fn gunzip(packed: &[u8], body_bytes_max: usize) -> Result<Bytes, TransportError> {
    let mut plain = Vec::new();
    // One byte more than allowed, so that a body at the limit is read to its checksum.
    let bounded = MultiGzDecoder::new(packed).take(body_bytes_max as u64 + 1);
    let outcome = { bounded }.read_to_end(&mut plain);
    if plain.len() > body_bytes_max {
        return Err(TransportError::BodyTooLarge { body_bytes_max });
    }
    outcome.map_err(|_| TransportError::BadGzip)?;
    Ok(Bytes::from(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_limit_holds_for_the_unpacked_size() {
        let packed = gzip(&[b' '; 1000]);
        assert_eq!(gunzip(&packed, 1000).unwrap().len(), 1000);
        let refusal = gunzip(&packed, 999).unwrap_err();
        let body_bytes_max = 999;
        assert_eq!(refusal, TransportError::BodyTooLarge { body_bytes_max });
    }

    #[test]
    fn damaged_gzip_is_refused() {
        let mut packed = gzip(b"{\"id\":1}");
        let end = packed.len() - 6;
        packed[end] ^= 1; // a bit of the checksum
        assert_eq!(gunzip(&packed, 1000), Err(TransportError::BadGzip));
        assert_eq!(gunzip(b"{}", 1000), Err(TransportError::BadGzip));
        assert_eq!(gunzip(b"", 1000), Err(TransportError::BadGzip));
    }

    #[test]
    fn encodings_are_told_apart() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, value.parse().unwrap());
            packing(&headers)
        };
        assert_eq!(packing(&HeaderMap::new()), Ok(Packing::Plain));
        assert_eq!(with("identity"), Ok(Packing::Plain));
        assert_eq!(with("GZip"), Ok(Packing::Gzip));
        assert_eq!(with("x-gzip"), Ok(Packing::Gzip));
        assert_eq!(with("br"), Err(unknown("br")));
        assert_eq!(with("gzip, gzip"), Err(unknown("gzip, gzip")));
    }
}
