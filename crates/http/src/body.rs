//! Reads the body of a request: bounded in size, in time, in what gzip may blow it up to, and by the budget of bodies
//! in flight.
//!
//! The common body arrives in one piece and is passed on as it is. The limit holds for the decompressed size;
//! compressed bytes get a little more, since gzip makes incompressible bodies larger.
//!
//! Pieces are collected here rather than with `http-body-util`: that keeps all pieces and joins them at the end, so
//! that a body takes twice its size; here the room is made once, of the length that the client has announced.

use std::future::{Future, poll_fn};
use std::io::Read;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use hyper::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_ENCODING;

use ringbook_workers::{Client, Job, Kind, Workers, WorkersError};
use tokio::time::Instant;

use super::budget::{Budget, Charge, FREE_BYTES};
use super::conn_state::{ConnCell, Event};
use super::transport_error::cut;
use super::{HttpSettings, TransportError};

/// Bodies are unpacked in place as long as they take at most this many bytes unpacked; the others are unpacked on the pool
/// of workers. Unpacking this many takes a tenth of a millisecond.
const GUNZIP_IN_PLACE_BYTES_MAX: usize = 64 << 10;
/// Bytes that are unpacked between two looks at whether the work is still wanted.
const GUNZIP_STEP_BYTES: usize = 256 << 10;

/// A body that holds room while others wait for it arrives at least so fast, in bytes per second, on the average and
/// after [`SLOW_TIME_MAX`].
const BODY_BYTES_PER_SECOND_MIN: f64 = 65_536.0;
/// How long a body may be slower.
const SLOW_TIME_MAX: Duration = Duration::from_secs(1);

/// What bounds a body.
pub(super) struct BodyBounds<'a> {
    pub(super) bytes_max: usize,
    pub(super) settings: &'a HttpSettings,
    pub(super) budget: &'a Arc<Budget>,
    /// Who is charged, before it is known whose token the body holds: the address.
    pub(super) client: &'a Client,
    pub(super) workers: &'a Workers,
}

/// A body, with its part of the budget, to be held as long as the body is.
#[derive(Debug, Default)]
pub(super) struct ReadBody {
    pub(super) bytes: Bytes,
    pub(super) charge: Option<Charge>,
}

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
    bounds: &BodyBounds<'_>,
    state: &ConnCell,
) -> Result<ReadBody, TransportError> {
    if bounds.bytes_max == 0 {
        state.note(Event::BodyEnded);
        return Ok(ReadBody::default());
    }
    let packing = packing(headers)?;
    let mut body = gather(body, packing, bounds, state).await?;
    state.note(Event::BodyEnded);
    if packing == Packing::Gzip {
        body.bytes = unpack(body.bytes, bounds).await?;
    }
    if body.bytes.len() <= FREE_BYTES {
        body.charge = None;
    } else if let Some(charge) = &mut body.charge {
        charge.shrink(body.bytes.len());
    }
    Ok(body)
}

/// Reads a body that nobody wants, within the same bounds, so that the connection can be used further. Keeps nothing
/// of it.
pub(super) async fn discard(mut body: Incoming, bytes_max: usize, state: &ConnCell) {
    let mut left = bytes_max;
    // Whatever fails closes the connection; it is no answer to a wrong path.
    while !body.is_end_stream()
        && let Ok(Some(piece)) = piece(&mut body, state).await
        && let Some(rest) = left.checked_sub(piece.len())
    {
        left = rest;
    }
    state.note(Event::BodyEnded);
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
    TransportError::UnknownEncoding { encoding: cut(encoding) }
}

async fn gather(
    mut body: Incoming,
    packing: Packing,
    bounds: &BodyBounds<'_>,
    state: &ConnCell,
) -> Result<ReadBody, TransportError> {
    let too_large = || TransportError::BodyTooLarge { body_bytes_max: bounds.bytes_max };
    let in_words = |why| match why {
        PieceError::TimedOut => TransportError::BodyTimeout { body_read_time_max: bounds.settings.body_read_time_max },
        PieceError::CutOff => TransportError::BodyCutOff,
        PieceError::TooSlow => TransportError::BodyTooSlow,
    };
    let bytes_max = received_bytes_max(packing, bounds.bytes_max);
    // Said beforehand to be too large: not even asked for, if the client waits to be asked.
    let announced = body.size_hint().lower();
    if announced > bytes_max as u64 {
        return Err(too_large());
    }
    let charge = match charged_bytes(packing, body.size_hint().exact(), bounds.bytes_max) {
        0..=FREE_BYTES => None,
        bytes => {
            let charge = bounds.budget.charge(bounds.client.owner.into(), bytes);
            Some(in_time(charge, state).await.map_err(in_words)?)
        }
    };
    let mut whole = Gathered::new(announced as usize);
    let pace = charge.as_ref().map(|_| Pace { budget: bounds.budget, began: Instant::now() });
    while !body.is_end_stream() {
        let next = match &pace {
            Some(pace) => pace.next(&mut body, whole.bytes(), state).await,
            None => piece(&mut body, state).await,
        };
        let Some(piece) = next.map_err(in_words)? else {
            break;
        };
        if whole.bytes() + piece.len() > bytes_max {
            return Err(too_large());
        }
        whole.push(piece);
    }
    Ok(ReadBody { bytes: whole.joined(), charge })
}

fn received_bytes_max(packing: Packing, body_bytes_max: usize) -> usize {
    match packing {
        Packing::Plain => body_bytes_max,
        Packing::Gzip => body_bytes_max + body_bytes_max / 64 + 1024,
    }
}

/// The most that a body can take, packed and unpacked together.
fn charged_bytes(packing: Packing, announced: Option<u64>, body_bytes_max: usize) -> usize {
    let received = announced.map_or(received_bytes_max(packing, body_bytes_max), |bytes| bytes as usize);
    match packing {
        Packing::Plain => received,
        Packing::Gzip => received + body_bytes_max,
    }
}

/// Why there is no next piece.
enum PieceError {
    TimedOut,
    CutOff,
    TooSlow,
}

/// How fast a body arrives that holds a part of a budget.
struct Pace<'a> {
    budget: &'a Budget,
    began: Instant,
}

impl Pace<'_> {
    /// The next piece of a body of which this many bytes are there.
    async fn next(&self, body: &mut Incoming, received: usize, state: &ConnCell) -> Result<Option<Bytes>, PieceError> {
        let mut next = pin!(piece(body, state));
        loop {
            tokio::select! {
                biased;
                next = next.as_mut() => return next,
                () = self.budget.pressed() => {}
            }
            let seconds = self.began.elapsed().saturating_sub(SLOW_TIME_MAX).as_secs_f64();
            if (received as f64) < seconds * BODY_BYTES_PER_SECOND_MIN {
                return Err(PieceError::TooSlow);
            }
        }
    }
}

/// Waits as long as a body may take.
async fn in_time<F: Future>(waited_for: F, state: &ConnCell) -> Result<F::Output, PieceError> {
    let mut waited_for = pin!(waited_for);
    poll_fn(|cx| {
        if state.get().is_body_expired {
            return Poll::Ready(Err(PieceError::TimedOut));
        }
        waited_for.as_mut().poll(cx).map(Ok)
    })
    .await
}

/// The next piece of a body, or none at its end. Trailers count as an empty piece.
async fn piece(body: &mut Incoming, state: &ConnCell) -> Result<Option<Bytes>, PieceError> {
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
    match in_time(frame, state).await? {
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
        Some(Err(_)) => Err(PieceError::CutOff),
        None => Ok(None),
    }
}

/// Pieces of a body; a single one is kept as it is.
struct Gathered {
    announced: usize,
    first: Bytes,
    joined: BytesMut,
}

impl Gathered {
    fn new(announced: usize) -> Self {
        Gathered { announced, first: Bytes::new(), joined: BytesMut::new() }
    }

    fn bytes(&self) -> usize {
        self.first.len().max(self.joined.len())
    }

    fn push(&mut self, piece: Bytes) {
        if self.bytes() == 0 {
            self.first = piece;
            return;
        }
        if self.joined.is_empty() {
            self.joined.reserve(self.announced.max(self.first.len() + piece.len()));
            self.joined.extend_from_slice(&self.first);
            self.first = Bytes::new();
        }
        self.joined.extend_from_slice(&piece);
    }

    fn joined(self) -> Bytes {
        if self.joined.is_empty() { self.first } else { self.joined.freeze() }
    }
}

/// Unpacks a body in place, or on the pool if it turns out to be large.
async fn unpack(packed: Bytes, bounds: &BodyBounds<'_>) -> Result<Bytes, TransportError> {
    let body_bytes_max = bounds.bytes_max;
    match gunzip(&packed, body_bytes_max.min(GUNZIP_IN_PLACE_BYTES_MAX), &Job::inline()) {
        Err(TransportError::BodyTooLarge { body_bytes_max: tried }) if tried < body_bytes_max => {}
        small => return small,
    }
    let work = move |job: &Job| gunzip(&packed, body_bytes_max, job);
    match bounds.workers.run(bounds.client, Kind::Decompress, Duration::MAX, work).await {
        Ok(unpacked) => unpacked,
        Err(WorkersError::Interrupted) => Err(TransportError::BodyCutOff),
        Err(WorkersError::OwnerQueueFull { .. } | WorkersError::QueueFull { .. }) => Err(TransportError::TooBusy),
    }
}

fn gunzip(packed: &[u8], body_bytes_max: usize, job: &Job) -> Result<Bytes, TransportError> {
    let mut plain = Vec::new();
    // One byte more than allowed, so that a body at the limit is read to its checksum.
    let mut unpacking = MultiGzDecoder::new(packed).take(body_bytes_max as u64 + 1);
    loop {
        job.pass().map_err(|_| TransportError::BodyCutOff)?;
        let step = unpacking.by_ref().take(GUNZIP_STEP_BYTES as u64).read_to_end(&mut plain);
        if plain.len() > body_bytes_max {
            return Err(TransportError::BodyTooLarge { body_bytes_max });
        }
        if step.map_err(|_| TransportError::BadGzip)? == 0 {
            return Ok(Bytes::from(plain));
        }
    }
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
        assert_eq!(gunzip(&packed, 1000, &Job::inline()).unwrap().len(), 1000);
        let refusal = gunzip(&packed, 999, &Job::inline()).unwrap_err();
        let body_bytes_max = 999;
        assert_eq!(refusal, TransportError::BodyTooLarge { body_bytes_max });
    }

    #[test]
    fn damaged_gzip_is_refused() {
        let mut packed = gzip(b"{\"id\":1}");
        let end = packed.len() - 6;
        packed[end] ^= 1; // a bit of the checksum
        assert_eq!(gunzip(&packed, 1000, &Job::inline()), Err(TransportError::BadGzip));
        assert_eq!(gunzip(b"{}", 1000, &Job::inline()), Err(TransportError::BadGzip));
        assert_eq!(gunzip(b"", 1000, &Job::inline()), Err(TransportError::BadGzip));
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
