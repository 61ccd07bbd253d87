//! The first look at a file, from end to end and in little memory: is it the text that it should be?
//!
//! A table is read by the reader of the `csv` crate later on, which takes any bytes for some table; here the rules of
//! quotation marks are held against it, because one mark too many moves everything after it.

use std::io::{self, Read};

use crate::source::RECORD_BYTES_MAX;

/// How much is looked at at once.
const PIECE_BYTES: usize = 64 << 10;

const NO_TEXT: &str = "is empty";

/// Looks through a table.
///
/// # Errors
/// The reason, with the row and the line of what is wrong.
pub fn table(text: impl Read, delimiter: u8) -> Result<(), String> {
    let mut table = Table { delimiter, row: 1, line: 1, row_bytes: 0, row_line: 1, state: State::Start };
    let lines = looked_through(text, |bytes| table.take(bytes))?;
    table.end()?;
    if lines.has_text { Ok(()) } else { Err(NO_TEXT.to_owned()) }
}

/// Looks through cards.
///
/// # Errors
/// The reason, with the line of what is wrong.
pub fn cards(text: impl Read) -> Result<(), String> {
    let mut start = Vec::new();
    let lines = looked_through(text, |bytes| {
        if start.len() < PIECE_BYTES {
            start.extend_from_slice(bytes);
        }
        Ok(())
    })?;
    let start = start.to_ascii_uppercase();
    match (lines.has_text, start.windows(11).any(|window| window == b"BEGIN:VCARD")) {
        (true, true) => Ok(()),
        (false, _) => Err(NO_TEXT.to_owned()),
        (true, false) => {
            Err("holds no vCard: is it a .vcf file? If not, add --format csv or --format ndjson".to_owned())
        }
    }
}

/// Looks through lines.
///
/// # Errors
/// The reason, with the line of what is wrong.
pub fn lines(text: impl Read) -> Result<(), String> {
    let lines = looked_through(text, |_| Ok(()))?;
    if lines.has_text { Ok(()) } else { Err(NO_TEXT.to_owned()) }
}

/// What any text is looked at for.
struct Lines {
    count: u64,
    has_text: bool,
}

fn looked_through(mut text: impl Read, mut look: impl FnMut(&[u8]) -> Result<(), String>) -> Result<Lines, String> {
    let mut piece = vec![0; PIECE_BYTES];
    let mut lines = Lines { count: 1, has_text: false };
    loop {
        let bytes = match text.read(&mut piece) {
            Ok(0) => return Ok(lines),
            Ok(bytes) => &piece[..bytes],
            Err(cause) => return Err(unreadable(&cause, lines.count)),
        };
        look(bytes)?;
        lines.count += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        lines.has_text |= !bytes.trim_ascii().is_empty();
    }
}

fn unreadable(cause: &io::Error, line: u64) -> String {
    match cause.kind() {
        io::ErrorKind::InvalidData => format!(
            "line {line} is not in the encoding that the file should be in: save the file as UTF-8, or name its \
             encoding, for example --encoding windows-1251 (Cyrillic) or --encoding windows-1252 (Western)"
        ),
        _ => cause.to_string(),
    }
}

/// Where in a table a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Start,
    /// In a cell without marks.
    Plain,
    /// Between the marks of a cell.
    Quoted,
    /// After a mark that is the end of a cell, or the first of two.
    Mark,
}

struct Table {
    delimiter: u8,
    row: u64,
    line: u64,
    row_bytes: usize,
    /// The line that the row begins in.
    row_line: u64,
    state: State,
}

impl Table {
    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        for &byte in bytes {
            self.row_bytes += 1;
            if self.row_bytes > RECORD_BYTES_MAX {
                return Err(self.too_long());
            }
            self.state = self.after(byte)?;
            let is_end = self.state == State::Start && byte != self.delimiter;
            if is_end {
                self.row_bytes = 0;
            }
            if byte == b'\n' {
                self.line += 1;
                if is_end {
                    (self.row, self.row_line) = (self.row + 1, self.line);
                }
            }
        }
        Ok(())
    }

    fn after(&self, byte: u8) -> Result<State, String> {
        let is_end = byte == self.delimiter || byte == b'\n' || byte == b'\r';
        Ok(match self.state {
            State::Start | State::Plain if is_end => State::Start,
            State::Start if byte == b'"' => State::Quoted,
            State::Start | State::Plain => State::Plain,
            State::Quoted if byte == b'"' => State::Mark,
            State::Quoted => State::Quoted,
            State::Mark if is_end => State::Start,
            State::Mark if byte == b'"' => State::Quoted,
            State::Mark => return Err(self.broken("text follows the closing quotation mark of a cell")),
        })
    }

    fn end(&self) -> Result<(), String> {
        match self.state {
            State::Quoted => Err(self.broken("a quotation mark is opened and never closed")),
            State::Start | State::Plain | State::Mark => Ok(()),
        }
    }

    fn too_long(&self) -> String {
        match self.state {
            State::Quoted | State::Mark => self.broken("a quotation mark is not closed within 1 MiB"),
            State::Start | State::Plain => {
                format!("row {} (line {}) is longer than 1 MiB: is it a list of contacts?", self.row, self.row_line)
            }
        }
    }

    fn broken(&self, what: &str) -> String {
        let (row, line) = (self.row, self.row_line);
        format!("row {row} (line {line}): {what}; a mark inside of a quoted cell is written twice (\"\")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_quotation_marks_are_found_with_their_row() {
        let good = "a,b\r\n\"x \"\"y\"\"\nz\",2\r\n12\" screen,3\r\n\"\",\"\"";
        assert_eq!(table(good.as_bytes(), b','), Ok(()));
        let open = "a,b\n\"x\ny\",1\n\"z,2\nrest,3\n";
        assert!(
            table(open.as_bytes(), b',').expect_err("open").starts_with("row 3 (line 4): a quotation mark is opened")
        );
        let torn = "a,b\n1,\"x\"y\n";
        assert!(table(torn.as_bytes(), b',').expect_err("torn").starts_with("row 2 (line 2): text follows"));
        let long = format!("a,b\n\"{}", "x,\n".repeat(RECORD_BYTES_MAX));
        assert!(table(long.as_bytes(), b',').expect_err("long").contains("within 1 MiB"));
    }

    #[test]
    fn a_file_without_text_is_empty() {
        assert_eq!(table(&b" \r\n"[..], b','), Err(NO_TEXT.to_owned()));
        assert_eq!(lines(&b"\n\n"[..]), Err(NO_TEXT.to_owned()));
        assert!(cards(&b"a,b\n"[..]).expect_err("a table").contains("--format csv"));
        assert_eq!(cards(&b"\nbegin:vcard\nend:vcard"[..]), Ok(()));
    }
}
