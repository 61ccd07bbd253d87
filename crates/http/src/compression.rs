//! Compression of answers: whether a client allows gzip, and gzip itself.
//!
//! Pieces go in as they are and come out as pieces; neither side is ever joined. The work runs on the pool of workers,
//! so that answers without it are not held up.

use std::io::{self, Write};
use std::mem;
use std::time::Duration;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use hyper::HeaderMap;
use hyper::header::ACCEPT_ENCODING;
use ringbook_workers::{Client, Interrupted, Job, Kind, Workers};

/// Level of gzip: beyond the fastest, answers of this kind shrink little more.
const LEVEL: u32 = 1;
const PIECE_BYTES: usize = 64 << 10;
/// What compressing a byte takes.
const NANOS_PER_BYTE: u64 = 5;
/// Weights are counted in thousandths.
const WEIGHT_MAX: u16 = 1000;

/// Whether `Accept-Encoding` allows gzip, and does not prefer the plain form to it.
pub(super) fn allowed(headers: &HeaderMap) -> bool {
    let mut wishes = AcceptEncoding::default();
    for line in headers.get_all(ACCEPT_ENCODING) {
        let line = line.to_str().unwrap_or_default();
        line.split(',').for_each(|wish| wishes.note(wish));
    }
    let gzip = wishes.gzip.or(wishes.any).unwrap_or(0);
    gzip > 0 && gzip >= wishes.identity.unwrap_or(0)
}

/// The weights that a client gives, where it gives them.
#[derive(Default)]
struct AcceptEncoding {
    gzip: Option<u16>,
    identity: Option<u16>,
    any: Option<u16>,
}

impl AcceptEncoding {
    fn note(&mut self, wish: &str) {
        let (coding, parameters) = wish.split_once(';').unwrap_or((wish, ""));
        let weight = Some(weight(parameters));
        let coding = coding.trim();
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            self.gzip = weight;
        } else if coding.eq_ignore_ascii_case("identity") {
            self.identity = weight;
        } else if coding == "*" {
            self.any = weight;
        }
    }
}

/// The weight among the parameters of a wish; full without one, none when it cannot be read.
fn weight(parameters: &str) -> u16 {
    let parameter = parameters.trim();
    if parameter.is_empty() {
        return WEIGHT_MAX;
    }
    let value = parameter
        .split_once('=')
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .and_then(|(_, value)| value.trim().parse::<f32>().ok())
        .filter(|value| (0.0..=1.0).contains(value));
    (value.unwrap_or(0.0) * f32::from(WEIGHT_MAX)) as u16
}

/// Compresses a response on the pool, for this client; none when it cannot be compressed, because too much work
/// waits or the client has left.
pub(super) async fn pack(plain: Vec<Bytes>, workers: &Workers, client: &Client) -> Option<Vec<Bytes>> {
    let bytes = plain.iter().map(Bytes::len).sum();
    let work = move |job: &Job| gzip(&plain, job).ok();
    workers.run(client, Kind::Compress, estimate(bytes), work).await.ok()?
}

/// About how long it takes to compress this many bytes.
fn estimate(bytes: usize) -> Duration {
    Duration::from_nanos((bytes as u64).saturating_mul(NANOS_PER_BYTE))
}

fn gzip(plain: &[Bytes], job: &Job) -> Result<Vec<Bytes>, Interrupted> {
    let memory = "writing into memory does not fail";
    let mut encoder = GzEncoder::new(Pieces::default(), Compression::new(LEVEL));
    for piece in plain.iter().flat_map(|segment| segment.chunks(PIECE_BYTES)) {
        job.pass()?;
        encoder.write_all(piece).expect(memory);
    }
    Ok(encoder.finish().expect(memory).end())
}

/// Collects what is written, in pieces of equal size.
#[derive(Default)]
struct Pieces {
    full: Vec<Bytes>,
    open: Vec<u8>,
}

impl Pieces {
    fn end(mut self) -> Vec<Bytes> {
        self.full.push(Bytes::from(self.open));
        self.full
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.open.len() + bytes.len() > PIECE_BYTES {
            let full = mem::replace(&mut self.open, Vec::with_capacity(PIECE_BYTES));
            self.full.push(Bytes::from(full));
        }
        self.open.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read;

    fn allows(value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, value.parse().unwrap());
        allowed(&headers)
    }

    #[test]
    fn weights_decide() {
        assert!(!allowed(&HeaderMap::new()));
        for yes in [
            "gzip",
            "gzip, deflate, br",
            "br;q=1, GZIP;q=0.1",
            "*",
            "identity;q=0.5, gzip;q=0.5",
            "x-gzip ; q=0.001",
            "*;q=0, gzip",
        ] {
            assert!(allows(yes), "{yes}");
        }
        for no in [
            "",
            "identity",
            "gzip;q=0",
            "gzip;q=0.000, *",
            "*;q=0",
            "br, deflate",
            "gzip;q=0.5, identity;q=1",
            "gzip;q=NaN",
            "gzip;q=2",
        ] {
            assert!(!allows(no), "{no}");
        }
    }

    #[test]
    fn pieces_survive_the_round_trip() {
        let plain: Vec<Bytes> =
            (0..300u32).map(|n| Bytes::from(n.wrapping_mul(2_654_435_761).to_string().repeat(97))).collect();
        let packed = gzip(&plain, &Job::inline()).unwrap().concat();
        let mut back = Vec::new();
        MultiGzDecoder::new(&packed[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, plain.concat());
    }
}
