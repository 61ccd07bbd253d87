//! The first look at a table, from end to end and in little memory: are its quotation marks right, and which of its
//! cells are not empty?
//!
//! A table is read by the reader of the `csv` crate later on, which takes any bytes for some table; here the rules of
//! quotation marks are held against it, because one mark too many moves everything after it.

use std::io::{self, Read};

use crate::lines::RECORD_BYTES_MAX;
use crate::source::encoding_reason;

/// How much is looked at at once.
const PIECE_BYTES: usize = 64 << 10;

/// Why a table cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanError {
    /// A line is not in the encoding of the file.
    Encoding {
        /// The line, counted from 1.
        line: u64,
    },
    /// The file cannot be read, or its quotation marks are wrong; the text has the row and the line.
    Broken(String),
}

impl ScanError {
    /// The reason in English.
    pub fn reason(self) -> String {
        match self {
            Self::Encoding { line } => encoding_reason(line),
            Self::Broken(reason) => reason,
        }
    }
}

/// What a table has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableCounts {
    /// Rows that are not empty, the header and what stands above it not counted.
    pub rows: u64,
    /// For each column, its cells under the header that are not empty.
    pub cells: Vec<u64>,
}

/// Whether a cell with this byte is not empty: it is no blank, no control character and no quotation mark.
fn fills(byte: u8) -> bool {
    byte > b' ' && byte != b'"'
}

/// Whether a row has a cell that is not empty, by the same rule as the first look.
pub fn is_row_filled<'a>(mut cells: impl Iterator<Item = &'a str>) -> bool {
    cells.any(|cell| cell.bytes().any(fills))
}

/// Looks through a table with this many columns, whose header is the row `header` (counted from 1, empty lines not
/// counted).
///
/// # Errors
/// When it cannot be read, is not in its encoding, or its quotation marks do not close.
pub fn table(mut text: impl Read, delimiter: u8, header: u64, columns: usize) -> Result<TableCounts, ScanError> {
    let mut table = Table {
        delimiter,
        header,
        row: 1,
        line: 1,
        row_bytes: 0,
        row_line: 1,
        state: State::Start,
        column: 0,
        is_filled: false,
        is_row_filled: false,
        counts: TableCounts { rows: 0, cells: vec![0; columns] },
    };
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match text.read(&mut piece) {
            Ok(0) => {
                table.end().map_err(ScanError::Broken)?;
                return Ok(table.counts);
            }
            Ok(bytes) => table.take(&piece[..bytes]).map_err(ScanError::Broken)?,
            Err(cause) if cause.kind() == io::ErrorKind::InvalidData => {
                return Err(ScanError::Encoding { line: table.line });
            }
            Err(cause) => return Err(ScanError::Broken(cause.to_string())),
        }
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
    header: u64,
    row: u64,
    line: u64,
    row_bytes: usize,
    /// The line that the row begins in.
    row_line: u64,
    state: State,
    column: usize,
    /// Whether the cell has something but blanks.
    is_filled: bool,
    is_row_filled: bool,
    counts: TableCounts,
}

impl Table {
    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        for &byte in bytes {
            self.row_bytes += 1;
            if self.row_bytes > RECORD_BYTES_MAX {
                return Err(self.too_long());
            }
            self.state = self.after(byte)?;
            let is_row_end = self.state == State::Start && byte != self.delimiter;
            if self.state == State::Start {
                self.end_cell(is_row_end);
            } else {
                self.is_filled |= fills(byte);
            }
            if byte == b'\n' {
                self.line += 1;
            }
            if is_row_end {
                self.end_row(byte);
            }
        }
        Ok(())
    }

    fn end_cell(&mut self, is_row_end: bool) {
        if self.is_filled {
            self.is_row_filled = true;
            if self.row > self.header
                && let Some(count) = self.counts.cells.get_mut(self.column)
            {
                *count += 1;
            }
        }
        self.is_filled = false;
        self.column = if is_row_end { 0 } else { self.column + 1 };
    }

    fn end_row(&mut self, byte: u8) {
        // The reader of rows passes over lines without a byte, and takes CR LF for one end.
        let is_row = self.row_bytes > 1;
        self.row_bytes = 0;
        if is_row {
            self.counts.rows += u64::from(self.is_row_filled && self.row > self.header);
            self.is_row_filled = false;
            self.row += 1;
        }
        if byte == b'\n' {
            self.row_line = self.line;
        }
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

    fn end(&mut self) -> Result<(), String> {
        match self.state {
            State::Quoted => Err(self.broken("a quotation mark is opened and never closed")),
            State::Start | State::Plain | State::Mark => {
                self.end_cell(true);
                self.row_bytes += 1;
                self.end_row(b'\n');
                Ok(())
            }
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

    fn counts(text: &str, header: u64, columns: usize) -> (u64, Vec<u64>) {
        let found = table(text.as_bytes(), b',', header, columns).expect("a table");
        (found.rows, found.cells)
    }

    fn broken(text: &str) -> String {
        table(text.as_bytes(), b',', 1, 2).expect_err("broken").reason()
    }

    #[test]
    fn broken_quotation_marks_are_found_with_their_row() {
        assert_eq!(counts("a,b\r\n\"x \"\"y\"\"\nz\",2\r\n12\" screen,3\r\n\"\",\"\"", 1, 2), (2, vec![2, 2]));
        assert!(broken("a,b\n\"x\ny\",1\n\"z,2\nrest,3\n").starts_with("row 3 (line 4): a quotation mark is opened"));
        assert!(broken("a,b\n1,\"x\"y\n").starts_with("row 2 (line 2): text follows"));
        assert!(broken(&format!("a,b\n\"{}", "x,\n".repeat(RECORD_BYTES_MAX))).contains("within 1 MiB"));
    }

    #[test]
    fn cells_and_rows_that_are_not_empty_are_counted() {
        assert_eq!(counts("title\n\na,b\n1,\n ,\"\"\n,2,3\n", 2, 2), (2, vec![1, 1]));
        assert_eq!(counts("a,b\r1,2\r3,4", 1, 2), (2, vec![2, 2]));
        assert_eq!(counts("a,b\n", 1, 2), (0, vec![0, 0]));
    }
}
