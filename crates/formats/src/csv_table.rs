//! Tables: CSV as RFC 4180 has it, and as programs write it, with semicolons or tabs.
//!
//! Our own tables have a column for each member of the API's record; what there are several of stands one to a line
//! inside of the cell, because no value can hold a line break.

use std::fs::File;
use std::io::{Chain, Cursor, Read, Write};

use serde_json::Value;

use crate::columns::{Columns, MEMBERS};
use crate::decoding::{Decoded, Position};
use crate::draft::Remark;
use crate::record::Record;
use crate::source::{FileError, Row, Source};

/// How much of a file is looked at for its delimiter.
const HEAD_BYTES: u64 = 64 << 10;
/// What parts cells, the likeliest first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// What some programs put on top to say what parts cells.
const DELIMITER_MARK: &[u8] = b"sep=";

/// The text of a table, and what parts its cells.
pub struct CsvTable {
    /// The text from the header on.
    pub text: Chain<Cursor<Vec<u8>>, Decoded<File>>,
    /// The byte between two cells.
    pub delimiter: u8,
}

impl CsvTable {
    /// Opens the table and guesses the delimiter.
    pub fn open(source: &Source) -> Result<Self, FileError> {
        Self::open_at(source, Position::default())
    }

    fn open_at(source: &Source, position: Position) -> Result<Self, FileError> {
        let mut text = source.text(position)?;
        let mut head = Vec::new();
        // A wrong byte in the head is found again, with its line, by whoever reads on.
        let _ = text.by_ref().take(HEAD_BYTES).read_to_end(&mut head);
        let (delimiter, start) = delimiter(&head);
        Ok(Self { text: Cursor::new(head.split_off(start)).chain(text), delimiter })
    }
}

/// What parts cells, and where the header starts: what the first line says, or what stands in the header most often.
fn delimiter(head: &[u8]) -> (u8, usize) {
    let first = head.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    if let Some([sign]) = first.strip_prefix(DELIMITER_MARK).map(<[u8]>::trim_ascii_end) {
        return (*sign, first.len());
    }
    let mut is_quoted = false;
    let mut counts = [0usize; DELIMITERS.len()];
    for &byte in head {
        is_quoted ^= byte == b'"';
        if !is_quoted && byte == b'\n' {
            break;
        }
        if let Some(place) = DELIMITERS.iter().position(|sign| *sign == byte).filter(|_| !is_quoted) {
            counts[place] += 1;
        }
    }
    // The first of the largest.
    let best = (0..DELIMITERS.len()).rev().max_by_key(|place| counts[*place]).unwrap_or(0);
    (DELIMITERS[best], 0)
}

/// The rows of a table under its header.
pub fn rows(
    source: &Source,
    position: &Position,
) -> Result<impl Iterator<Item = Result<Row, FileError>> + use<>, FileError> {
    let sheet = CsvTable::open_at(source, Position::clone(position))?;
    let mut reader =
        csv::ReaderBuilder::new().delimiter(sheet.delimiter).has_headers(false).flexible(true).from_reader(sheet.text);
    let mut cells = csv::StringRecord::new();
    reader.read_record(&mut cells).map_err(|cause| source.fault(cause))?;
    let columns = Columns::read(cells.iter(), source.map()).map_err(|fault| source.fault(fault))?;
    let source = source.clone();
    let mut number = 1;
    Ok(std::iter::from_fn(move || {
        loop {
            match reader.read_record(&mut cells) {
                Ok(false) => return None,
                Ok(true) => number += 1,
                Err(cause) => return Some(Err(source.fault(cause))),
            }
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Some(Ok(Row { number, draft: draft(&columns, &cells) }));
            }
        }
    }))
}

fn draft(columns: &Columns, cells: &csv::StringRecord) -> Result<super::draft::Draft, Remark> {
    if cells.iter().skip(columns.count()).any(|cell| !cell.trim().is_empty()) {
        let (cells, columns) = (cells.len(), columns.count());
        return Err(Remark::whole(format!(
            "has {cells} cells where the header has {columns}: a cell that holds the delimiter must be in quotation marks"
        )));
    }
    Ok(columns.draft(cells.iter()))
}

/// Writes records as a table.
pub struct SheetWriter<W: Write>(csv::Writer<W>);

impl<W: Write> SheetWriter<W> {
    /// Writes the header.
    pub fn new(file: W) -> std::io::Result<Self> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
        writer.write_record(MEMBERS.map(|(name, _)| name))?;
        Ok(Self(writer))
    }

    /// Writes a contact as a row.
    pub fn write(&mut self, record: &Record) -> std::io::Result<()> {
        self.0.write_record(MEMBERS.map(|(name, _)| cell(record.member(name))))?;
        Ok(())
    }

    /// Flushes the rows and returns the writer below.
    pub fn finish(self) -> std::io::Result<W> {
        self.0.into_inner().map_err(|cause| cause.into_error())
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join("\n"),
        Value::Object(group) => group.get("group_name").map(cell).unwrap_or_default(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_says_what_parts_cells() {
        for (head, found) in [
            ("a,b;c,d\n1;2;3;4;5", (b',', 0)),
            ("\"a,b,c\";d\n", (b';', 0)),
            ("a\tb\r\n", (b'\t', 0)),
            ("alone", (b',', 0)),
            ("sep=;\r\na,b,c\r\n", (b';', 7)),
            ("", (b',', 0)),
        ] {
            assert_eq!(delimiter(head.as_bytes()), found, "{head:?}");
        }
    }
}
