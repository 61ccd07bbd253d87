//! Bytes that many responses have in common, compressed once.
//!
//! A response puts its own bytes before and after them. In gzip those are stored blocks around the blocks that were
//! compressed beforehand: a deflate stream is a sequence of blocks, and what was compressed on its own refers to nothing
//! before it. Checksums of parts are combined. So a response costs no more than copying what is its own.

use std::io::Write;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// The header of a gzip member: deflate, no name, no time, made by an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The most that a stored block holds.
const STORED_BYTES_MAX: usize = u16::MAX as usize;
/// What a stored block takes besides its bytes.
const STORED_HEAD_BYTES: usize = 5;

/// Bytes that are compressed once and sent by reference.
#[derive(Clone, Debug)]
pub struct SharedBytes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plain: Bytes,
    crc: Crc,
    /// Blocks that end on a byte's boundary, none of them the last of a stream.
    deflated: Bytes,
}

impl SharedBytes {
    /// Compresses the bytes; takes some milliseconds for a hundred kilobytes.
    pub fn new(plain: Bytes) -> SharedBytes {
        let memory = "writing into memory does not fail";
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&plain).expect(memory);
        encoder.flush().expect(memory);
        let deflated = Bytes::from(encoder.get_ref().clone());
        let mut crc = Crc::new();
        crc.update(&plain);
        SharedBytes(Arc::new(Inner { plain, crc, deflated }))
    }

    /// The bytes as they are.
    pub fn plain(&self) -> &Bytes {
        &self.0.plain
    }

    /// A gzip member of these bytes between others.
    pub(super) fn gzip_around(&self, before: &[Bytes], after: &[Bytes]) -> Vec<Bytes> {
        let (mut head, mut tail) = (BytesMut::from(&HEADER[..]), BytesMut::new());
        let mut crc = Crc::new();
        before.iter().for_each(|segment| stored(&mut head, segment, &mut crc));
        crc.combine(&self.0.crc);
        after.iter().for_each(|segment| stored(&mut tail, segment, &mut crc));
        stored_block(&mut tail, &[], true);
        tail.put_u32_le(crc.sum());
        tail.put_u32_le(crc.amount());
        vec![head.freeze(), self.0.deflated.clone(), tail.freeze()]
    }
}

fn stored(out: &mut BytesMut, bytes: &[u8], crc: &mut Crc) {
    crc.update(bytes);
    bytes.chunks(STORED_BYTES_MAX).for_each(|block| stored_block(out, block, false));
}

/// Appends a stored block; the output must end on a byte's boundary.
fn stored_block(out: &mut BytesMut, block: &[u8], is_last: bool) {
    let length = u16::try_from(block.len()).expect("blocks are cut at the most that one holds");
    out.reserve(STORED_HEAD_BYTES + block.len());
    out.put_u8(u8::from(is_last));
    out.put_u16_le(length);
    out.put_u16_le(!length);
    out.put_slice(block);
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn a_response_around_shared_bytes_is_one_gzip_member() {
        let shared: String = (0..20_000).map(|n| n.to_string()).collect();
        let shared = SharedBytes::new(Bytes::from(shared));
        let long = Bytes::from(vec![b'x'; 3 * STORED_BYTES_MAX / 2]);
        for (before, after) in [
            (vec![], vec![]),
            (vec![Bytes::from_static(b"{\"id\":1,")], vec![Bytes::from_static(b"}")]),
            (vec![long.clone(), Bytes::new(), long], vec![Bytes::new()]),
        ] {
            let packed = shared.gzip_around(&before, &after);
            assert!(packed[1].len() < shared.plain().len() / 2);
            let (packed, mut plain) = (packed.concat(), Vec::new());
            // Reads one member only, and checks its sums.
            GzDecoder::new(&packed[..]).read_to_end(&mut plain).unwrap();
            assert!(plain == [before.concat(), shared.plain().to_vec(), after.concat()].concat());
        }
    }
}
