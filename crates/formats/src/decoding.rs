//! The text of a file as UTF-8, whatever it was written in: a stream that never holds more than a piece of it.
//!
//! A mark at the beginning (BOM) says which form of Unicode a file is in; without one it is UTF-8, unless the caller
//! knows better. What is not in that encoding is an error and never a replacement character: a name must not be spoilt
//! in silence. [`Guess`] finds the encoding of a file that is not in UTF-8.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much is read at once.
const PIECE_BYTES: usize = 64 << 10;
/// UTF-8 for a piece, whichever encoding it is in.
const TEXT_BYTES: usize = 3 * PIECE_BYTES + 16;
/// The longest mark.
const MARK_BYTES_MAX: usize = 3;
/// How much of a text is looked at for its encoding.
const GUESSED_BYTES_MAX: usize = 1 << 20;
/// How much of the beginning of a file is looked at for UTF-16 without a mark.
const HEAD_BYTES: usize = 4 << 10;

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

    /// UTF-8.
    pub const fn utf_8() -> Self {
        Self(UTF_8)
    }

    /// The name of the encoding in the list of the web.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Whether its units are of two bytes, so that lines cannot be found in its bytes.
    pub fn is_utf_16(self) -> bool {
        self.0 == UTF_16LE || self.0 == UTF_16BE
    }

    /// The text of these bytes; `None` if they are not in the encoding.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        self.0.decode_without_bom_handling_and_without_replacement(bytes)
    }

    /// The encoding that a mark at the beginning names.
    pub fn of_mark(head: &[u8]) -> Option<Self> {
        Encoding::for_bom(head).map(|(encoding, _)| Self(encoding))
    }

    /// UTF-16 without a mark, by the zero bytes of Latin letters, digits and blanks.
    pub fn unmarked_utf_16(head: &[u8]) -> Option<Self> {
        let head = &head[..head.len().min(HEAD_BYTES)];
        let zeros = |odd: usize| head.iter().enumerate().filter(|(at, byte)| at % 2 == odd && **byte == 0).count();
        let (even, odd) = (zeros(0), zeros(1));
        let is_most = |count: usize, other: usize| count * 5 > head.len() / 2 && other * 10 < count;
        if is_most(odd, even) {
            Some(Self(UTF_16LE))
        } else if is_most(even, odd) {
            Some(Self(UTF_16BE))
        } else {
            None
        }
    }
}

/// Guesses the encoding of bytes that are not UTF-8.
pub struct Guess {
    detector: EncodingDetector,
    fed: usize,
    /// A piece of text with letters that are not ASCII, to be shown.
    sample: Vec<u8>,
}

impl Default for Guess {
    fn default() -> Self {
        Self { detector: EncodingDetector::new(Iso2022JpDetection::Deny), fed: 0, sample: Vec::new() }
    }
}

impl Guess {
    /// Encodings that a table can be tried in, beside what the bytes look like: of Windows, DOS and old Macs.
    pub const LIKELY: [&'static str; 10] = [
        "windows-1252",
        "windows-1251",
        "windows-1250",
        "windows-1254",
        "windows-1253",
        "windows-1257",
        "koi8-u",
        "ibm866",
        "x-mac-cyrillic",
        "macintosh",
    ];

    /// Looks at a value or a line.
    pub fn feed(&mut self, bytes: &[u8]) {
        if bytes.is_ascii() || self.fed > GUESSED_BYTES_MAX {
            return;
        }
        self.fed += bytes.len();
        self.detector.feed(bytes, false);
        self.detector.feed(b"\n", false);
        if self.sample.is_empty() {
            self.sample = shortest_word(bytes).to_vec();
        }
    }

    /// Whether there was anything to look at.
    pub fn is_needed(&self) -> bool {
        self.fed > 0
    }

    /// What the bytes look like so far. It is never UTF-8.
    pub fn looks_like(&self) -> Charset {
        Charset(self.detector.guess(None, Utf8Detection::Deny))
    }

    /// What the bytes look like. It is never UTF-8.
    pub fn charset(mut self) -> (Charset, String) {
        self.detector.feed(b"", true);
        let charset = Charset(self.detector.guess(None, Utf8Detection::Deny));
        let sample = self.sample_in(charset);
        (charset, sample)
    }

    /// The piece of text to be shown, in an encoding.
    pub fn sample_in(&self, charset: Charset) -> String {
        charset.0.decode_without_bom_handling(&self.sample).0.into_owned()
    }
}

/// Most bytes of a text that is shown as a sample.
const SAMPLE_BYTES_MAX: usize = 60;

/// The cell or word around the first byte that is not ASCII.
fn shortest_word(bytes: &[u8]) -> &[u8] {
    let at = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let is_end = |byte: &u8| b",;\t\"|<>:=\r\n".contains(byte);
    let start = bytes[..at].iter().rposition(is_end).map_or(0, |before| before + 1);
    let end = bytes[at..].iter().position(is_end).map_or(bytes.len(), |after| at + after);
    &bytes[start..end.min(start + SAMPLE_BYTES_MAX)]
}

/// How far a file has been read, in bytes of the file.
pub type Position = Rc<Cell<u64>>;

/// A reader that tells how far it is.
pub struct Counted<R> {
    inner: R,
    position: Position,
}

impl<R> Counted<R> {
    /// Counts what is read from now on.
    pub fn new(inner: R, position: Position) -> Self {
        position.set(0);
        Self { inner, position }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(room)?;
        self.position.set(self.position.get() + bytes as u64);
        Ok(bytes)
    }
}

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
    fn an_encoding_is_guessed_from_letters() {
        for (name, text) in [
            ("windows-1251", "Фамилия;Имя\nСтекольщикова;Анна\nПетров;Кузьма"),
            ("windows-1252", "Müller;Jürgen\nGroß;Käthe\nGärtner"),
            ("windows-1250", "Wiśniewski;Zażółć gęślą jaźń;Łukasz"),
        ] {
            let (bytes, ..) = Charset::parse(name).expect("known").0.encode(text);
            let mut guess = Guess::default();
            bytes.split(|byte| *byte == b'\n').for_each(|line| guess.feed(line));
            let (charset, sample) = guess.charset();
            assert_eq!(charset.name().to_ascii_lowercase(), name);
            assert!(text.contains(&sample) && !sample.is_ascii(), "{sample}");
        }
        assert!(!Guess::default().is_needed());
    }

    #[test]
    fn utf_16_without_a_mark_is_found() {
        let text = "Name,Phone\nЖук,112\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(Charset::unmarked_utf_16(&bytes).map(Charset::name), Some("UTF-16LE"));
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(Charset::unmarked_utf_16(&bytes).map(Charset::name), Some("UTF-16BE"));
        assert_eq!(Charset::unmarked_utf_16(text.as_bytes()), None);
    }

    #[test]
    fn what_stands_before_a_wrong_byte_is_handed_out() {
        let mut decoded = Decoded::new(&b"one\ntwo\xff\n"[..], None, Position::default()).expect("read");
        let mut seen = Vec::new();
        assert!(decoded.read_to_end(&mut seen).is_err());
        assert_eq!(seen, b"one\ntwo");
    }
}
