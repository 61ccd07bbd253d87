//! The text of a file as UTF-8, whatever it was written in: a stream that never holds more than a piece of it.
//!
//! A mark at the beginning (BOM) says which form of Unicode a file is in; without one it is UTF-8, unless the caller
//! knows better. What is not in that encoding is an error and never a replacement character: a name must not be spoilt
//! in silence.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

/// How much is read at once.
const PIECE_BYTES: usize = 64 << 10;
/// UTF-8 for a piece, whichever encoding it is in.
const TEXT_BYTES: usize = 3 * PIECE_BYTES + 16;
/// The longest mark.
const MARK_BYTES_MAX: usize = 3;

/// The name of an encoding, as the web knows them: `utf-8`, `windows-1251`, `koi8-r`, `utf-16le`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// Reads a name.
    ///
    /// # Errors
    /// When nothing is called so; the text says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let known = Encoding::for_label_no_replacement(text.as_bytes());
        known
            .map(Self)
            .ok_or_else(|| "is no encoding: write one like utf-8, windows-1251, windows-1252 or utf-16le".into())
    }
}

/// How far a file has been read, in bytes of the file.
pub type Position = Rc<Cell<u64>>;

/// A file's text in UTF-8.
pub struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    text: Vec<u8>,
    text_at: usize,
    text_end: usize,
    is_over: bool,
    /// A wrong byte was met: there is nothing behind it.
    is_broken: bool,
    position: Position,
}

impl<R: Read> Decoded<R> {
    /// Looks for a mark; without one the text is in `charset`, or in UTF-8.
    pub fn new(mut inner: R, charset: Option<Charset>, position: Position) -> io::Result<Self> {
        let mut raw = Vec::with_capacity(PIECE_BYTES);
        inner.by_ref().take(MARK_BYTES_MAX as u64).read_to_end(&mut raw)?;
        position.set(raw.len() as u64);
        let (encoding, raw_at) = Encoding::for_bom(&raw).unwrap_or((charset.map_or(UTF_8, |charset| charset.0), 0));
        let decoder = encoding.new_decoder_without_bom_handling();
        let text = vec![0; TEXT_BYTES];
        Ok(Self {
            inner,
            decoder,
            raw,
            raw_at,
            text,
            text_at: 0,
            text_end: 0,
            is_over: false,
            is_broken: false,
            position,
        })
    }

    /// The next piece of text; empty when there is no more.
    fn fill(&mut self) -> io::Result<()> {
        while self.text_at == self.text_end && !self.is_over {
            let mut is_last = false;
            if self.raw_at == self.raw.len() {
                self.raw.clear();
                self.raw_at = 0;
                let bytes = self.inner.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut self.raw)?;
                self.position.set(self.position.get() + bytes as u64);
                is_last = bytes == 0;
            }
            let piece = &self.raw[self.raw_at..];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(piece, &mut self.text, is_last);
            self.raw_at += read;
            (self.text_at, self.text_end) = (0, written);
            match result {
                DecoderResult::InputEmpty => self.is_over = is_last,
                DecoderResult::OutputFull => {}
                // What came before it is handed out first, so that its place can be told.
                DecoderResult::Malformed(_, _) => (self.is_over, self.is_broken) = (true, true),
            }
        }
        match self.text_at == self.text_end && self.is_broken {
            true => Err(io::ErrorKind::InvalidData.into()),
            false => Ok(()),
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let bytes = room.len().min(self.text_end - self.text_at);
        room[..bytes].copy_from_slice(&self.text[self.text_at..self.text_at + bytes]);
        self.text_at += bytes;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], charset: Option<&str>) -> io::Result<String> {
        let charset = charset.map(|name| Charset::parse(name).expect("known"));
        let mut text = String::new();
        Decoded::new(bytes, charset, Position::default())?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn utf_16(text: &str) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_mark_says_what_a_file_is_in() {
        let text = "Жук 😀".repeat(PIECE_BYTES / 7);
        assert_eq!(decoded(&utf_16(&text), None).expect("UTF-16"), text);
        assert_eq!(decoded(format!("\u{feff}{text}").as_bytes(), Some("windows-1251")).expect("UTF-8"), text);
        assert_eq!(decoded(b"", None).expect("nothing"), "");
        assert_eq!(decoded(b"a", None).expect("a letter"), "a");
    }

    #[test]
    fn an_encoding_without_a_mark_is_named() {
        assert_eq!(decoded(b"\xc6\xf3\xea", Some("windows-1251")).expect("Cyrillic"), "Жук");
        assert_eq!(decoded(b"Andr\xe9", None).expect_err("not UTF-8").kind(), io::ErrorKind::InvalidData);
        assert!(decoded("Ж".repeat(PIECE_BYTES).as_bytes().split_last().expect("bytes").1, None).is_err());
        assert!(Charset::parse("cp9999").is_err());
    }

    #[test]
    fn what_stands_before_a_wrong_byte_is_handed_out() {
        let mut decoded = Decoded::new(&b"one\ntwo\xff\n"[..], None, Position::default()).expect("read");
        let mut seen = Vec::new();
        assert!(decoded.read_to_end(&mut seen).is_err());
        assert_eq!(seen, b"one\ntwo");
    }
}
