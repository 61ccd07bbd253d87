//! Lines of a file, whatever ends them: LF, CR LF, or CR alone as on old Macs.

use std::io::{self, BufRead, BufReader, Read};

/// The most bytes of one row, one card or one line.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// How much is read at once.
const PIECE_BYTES: usize = 64 << 10;

/// A line without its end, whose bytes past the bound are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The bytes up to [`RECORD_BYTES_MAX`].
    pub bytes: Vec<u8>,
    /// Whether nothing was dropped.
    pub is_whole: bool,
}

/// The lines of a text.
pub struct Lines<R> {
    text: BufReader<R>,
    /// What ends a line; `None` before the first.
    end: Option<u8>,
}

impl<R: Read> Lines<R> {
    /// The lines of this text.
    pub fn new(text: R) -> Self {
        Self { text: BufReader::with_capacity(PIECE_BYTES, text), end: None }
    }

    /// The next line; `None` after the last.
    ///
    /// # Errors
    /// When the text cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        let end = self.end()?;
        let mut bytes = Vec::new();
        let bound = RECORD_BYTES_MAX as u64 + 2;
        let read = self.text.by_ref().take(bound).read_until(end, &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        let is_ended = bytes.last() == Some(&end);
        if !is_ended && read as u64 == bound {
            self.text.skip_until(end)?;
        }
        while bytes.last().is_some_and(|last| [b'\n', b'\r'].contains(last)) {
            bytes.pop();
        }
        let is_whole = bytes.len() <= RECORD_BYTES_MAX;
        bytes.truncate(RECORD_BYTES_MAX);
        Ok(Some(Line { bytes, is_whole }))
    }

    /// CR ends lines only in a text whose beginning has no LF.
    fn end(&mut self) -> io::Result<u8> {
        if let Some(end) = self.end {
            return Ok(end);
        }
        let head = self.text.fill_buf()?;
        let end = if memchr::memchr(b'\n', head).is_none() && head.contains(&b'\r') { b'\r' } else { b'\n' };
        self.end = Some(end);
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<(Vec<u8>, bool)> {
        let mut lines = Lines::new(text);
        std::iter::from_fn(|| lines.next_line().expect("memory reads"))
            .map(|line| (line.bytes, line.is_whole))
            .collect()
    }

    #[test]
    fn every_line_end_ends_a_line() {
        let wanted: Vec<(Vec<u8>, bool)> = [&b"a"[..], b"", b"b"].map(|line| (line.to_vec(), true)).into();
        for text in ["a\n\nb", "a\r\n\r\nb\r\n", "a\r\rb\r"] {
            assert_eq!(all(text.as_bytes()), wanted, "{text:?}");
        }
        // A stray CR in a text with LF is no end.
        assert_eq!(all(b"a\rb\nc"), [(b"a\rb".to_vec(), true), (b"c".to_vec(), true)]);
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_past_the_bound_is_cut() {
        let long = "x".repeat(RECORD_BYTES_MAX + 10);
        for end in ["\n", "\r\n"] {
            let found = all(format!("{long}{end}next").as_bytes());
            assert_eq!((found[0].0.len(), found[0].1, found[1].0.as_slice()), (RECORD_BYTES_MAX, false, &b"next"[..]));
        }
        let just = "x".repeat(RECORD_BYTES_MAX);
        assert!(all(format!("{just}\r\nn").as_bytes())[0].1);
    }
}
