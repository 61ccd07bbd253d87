//! Tables: CSV as RFC 4180 has it, and as programs write it, with semicolons, tabs or bars.
//!
//! Our own tables have a column for each member of the API's record; what there are several of stands one to a line
//! inside of the cell, because no value can hold a line break. A workbook is read as such a table, too.

use std::io::{Cursor, Read, Write};
use std::sync::Arc;

use serde_json::Value;

use crate::columns::{COLUMNS_MAX, ColumnError, Columns, MEMBERS, Mapped, guarded, kept};
use crate::decoding::{Charset, Guess, Position};
use crate::draft::Draft;
use crate::lines::Lines;
use crate::record::Record;
use crate::remark::Remark;
use crate::scan::{self, ScanError};
use crate::source::{FileError, Row, Rows, Source, encoding_use};
use crate::survey::{Plan, Survey};
use crate::table_layout::{TableLayout, TableText};
use crate::values::with_plus;

/// How much of a file is looked at for its delimiter, and for the cells of a sample.
const HEAD_BYTES: u64 = 256 << 10;
/// How many rows under the header are looked at for what columns hold.
const SAMPLE_ROWS: usize = 1_000;
/// How many of the first rows may stand above the header.
const HEADER_ROW_MAX: usize = 10;
/// How many rows under a header are looked at for what separates cells.
const DELIMITER_ROWS: usize = 100;
/// What separates cells, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// What some programs put on top to say what separates cells.
const DELIMITER_MARK: &[u8] = b"sep=";

impl TableText {
    fn open(&self, source: &Source, position: Position) -> Result<Box<dyn Read>, FileError> {
        Ok(match self {
            Self::File(charset) => Box::new(source.text(*charset, position)?),
            Self::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }
}

/// Looks through a CSV file.
pub(crate) fn survey(source: &Source) -> Result<Survey, FileError> {
    match survey_text(source, TableText::File(None)) {
        Err(TableError::Encoding(fault)) if source.has_given_charset() => Err(fault),
        Err(TableError::Encoding(_)) => {
            let (charset, sample) = guess(source)?;
            let mut survey = survey_text(source, TableText::File(Some(charset))).map_err(TableError::into_file)?;
            survey.encoding = encoding_use(Some(charset), Some(sample));
            Ok(survey)
        }
        outcome => {
            let mut survey = outcome.map_err(TableError::into_file)?;
            survey.encoding = encoding_use(source.declared_charset(), None);
            Ok(survey)
        }
    }
}

/// Why a table cannot be read.
pub(crate) enum TableError {
    /// It is not in the encoding that was tried.
    Encoding(FileError),
    /// Anything else.
    Other(FileError),
}

impl TableError {
    pub(crate) fn into_file(self) -> FileError {
        match self {
            Self::Encoding(fault) | Self::Other(fault) => fault,
        }
    }
}

impl From<FileError> for TableError {
    fn from(fault: FileError) -> Self {
        Self::Other(fault)
    }
}

/// Looks through the text of a table.
pub(crate) fn survey_text(source: &Source, text: TableText) -> Result<Survey, TableError> {
    let mut head = Vec::new();
    let mut start = text.open(source, Position::default())?.take(HEAD_BYTES);
    // A byte that is not in the encoding is found again, with its line, when all of the text is looked through.
    let has_begun = start.read_to_end(&mut head).is_ok();
    let is_cut = head.len() as u64 == HEAD_BYTES;
    let (delimiter, skipped) = delimiter(&head, source.map());
    let rows = sample(&head[skipped..], delimiter, is_cut);
    // Where the first byte is not in the encoding that is tried, nothing of the text is in the head.
    if source.head().trim_ascii().is_empty() || (has_begun && head.trim_ascii().is_empty()) {
        return Err(source.fault("is empty").into());
    }
    let all = opened(source, &text, skipped as u64, Position::default())?;
    let (header_row, columns) = match header(&rows, source.map()) {
        Ok(found) => found,
        // Wrong letters make a header unreadable; the encoding is the better reason then.
        Err((row, fault)) => match scan::table(all, delimiter, 1, 0) {
            Err(ScanError::Encoding { line }) => {
                return Err(TableError::Encoding(source.fault(ScanError::Encoding { line }.reason())));
            }
            Err(ScanError::Broken(reason)) => return Err(source.fault(reason).into()),
            Ok(_) => {
                let present = match fault {
                    ColumnError::NothingKnown { .. } => rows.get(row).map(names).unwrap_or_default(),
                    ColumnError::NoSuchColumn { .. } | ColumnError::TooMany(_) => Vec::new(),
                };
                return Err(source.fault(fault).with_columns(present).into());
            }
        },
    };
    let counts = scan::table(all, delimiter, header_row, columns.count()).map_err(|fault| match fault {
        ScanError::Encoding { .. } => TableError::Encoding(source.fault(fault.reason())),
        ScanError::Broken(reason) => TableError::Other(source.fault(reason)),
    })?;
    let mut notes = Vec::new();
    if header_row > 1 {
        notes.push(format!("the header is row {header_row}; the rows above it are not read"));
    }
    let uses = columns.uses(&counts.cells);
    let layout = TableLayout { delimiter, skipped_bytes: skipped as u64, header: header_row, columns, text };
    Ok(Survey { encoding: None, rows: counts.rows, columns: uses, notes, plan: Plan::Table(layout) })
}

/// The text of a table without what stands before it.
fn opened(source: &Source, text: &TableText, skipped: u64, position: Position) -> Result<Box<dyn Read>, FileError> {
    let mut text = text.open(source, position)?;
    let passed = std::io::copy(&mut text.by_ref().take(skipped), &mut std::io::sink());
    passed.map_err(|cause| source.read_fault(&cause, 1))?;
    Ok(text)
}

/// The first rows of a text, without the last one if the text is cut.
fn sample(head: &[u8], delimiter: u8, is_cut: bool) -> Vec<csv::StringRecord> {
    let mut rows: Vec<csv::StringRecord> =
        reader(head, delimiter).into_records().map_while(Result::ok).take(HEADER_ROW_MAX + SAMPLE_ROWS).collect();
    if is_cut && rows.len() < HEADER_ROW_MAX + SAMPLE_ROWS && rows.len() > 1 {
        rows.pop();
    }
    rows
}

fn reader<R: Read>(text: R, delimiter: u8) -> csv::Reader<R> {
    csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text)
}

/// The header, counted from 1, and what its columns hold: the first row whose names are known. If there is none, the place
/// of the row whose names are known best, and why they do not suffice.
fn header(rows: &[csv::StringRecord], map: &[Mapped]) -> Result<(u64, Columns), (usize, ColumnError)> {
    let read = |place: usize| {
        let names: Vec<String> = rows.get(place).map(names).unwrap_or_default();
        Columns::read(&names, map, rows.get(place + 1..).unwrap_or_default())
    };
    let certainty = |place: usize| rows.get(place).map_or(0, |row| Columns::certainty(&names(row), map));
    let mut best = match read(0) {
        Ok(columns) => return Ok((1, columns)),
        Err(fault) => (certainty(0), 0, fault),
    };
    for place in 1..rows.len().min(HEADER_ROW_MAX) {
        match read(place) {
            Ok(columns) => return Ok((place as u64 + 1, columns)),
            Err(fault) if certainty(place) > best.0 => best = (certainty(place), place, fault),
            Err(_) => {}
        }
    }
    Err((best.1, best.2))
}

fn names(row: &csv::StringRecord) -> Vec<String> {
    // One more than the bound is enough to refuse it.
    row.iter().take(COLUMNS_MAX + 1).map(|name| name.trim_matches(['\u{feff}', ' ']).to_owned()).collect()
}

/// The encoding of a file that is not in UTF-8: what makes the names of its columns known, or what its letters look
/// like; and a piece of it.
fn guess(source: &Source) -> Result<(Charset, String), FileError> {
    let mut lines = Lines::new(source.file()?);
    let mut guess = Guess::default();
    let mut header = Vec::new();
    while let Some(line) = lines.next_line().map_err(|cause| source.fault(cause))? {
        if header.is_empty() {
            header.clone_from(&line.bytes);
        }
        guess.feed(&line.bytes);
    }
    let sample_in = |charset: Charset| guess.sample_in(charset);
    let by_header = best_for_header(&header, guess.looks_like(), source);
    Ok(match by_header {
        Some(charset) => (charset, sample_in(charset)),
        None => guess.charset(),
    })
}

/// The encoding in which the most names of columns are known, if letters that are not ASCII make the difference; where
/// several are as good, the one that the letters of the file look like.
fn best_for_header(header: &[u8], looks_like: Charset, source: &Source) -> Option<Charset> {
    if header.is_ascii() {
        return None;
    }
    let known = |charset: Charset| -> Option<(usize, usize)> {
        let text = charset.decode(header)?;
        let (delimiter, skipped) = delimiter(text.as_bytes(), source.map());
        let row = sample(&text.as_bytes()[skipped..], delimiter, false).into_iter().next()?;
        let names = names(&row);
        Some((Columns::certainty(&names, source.map()), Columns::spelt(&names)))
    };
    let likely = Guess::LIKELY.iter().filter_map(|name| Charset::parse(name).ok());
    let charsets = std::iter::once(looks_like).chain(likely);
    let ranked: Vec<((usize, usize), Charset)> =
        charsets.filter_map(|charset| Some((known(charset)?, charset))).collect();
    let (fewest, most) = (ranked.iter().map(|(count, _)| *count).min()?, ranked.iter().map(|(count, _)| *count).max()?);
    // The first of the best.
    (most > fewest).then(|| ranked.into_iter().find(|(count, _)| *count == most).map(|(_, charset)| charset))?
}

/// What separates cells, and where the table starts: what the first line says, otherwise what makes one of the first rows
/// a header that can be read, then what makes most of its names known, then what is in it most often.
fn delimiter(head: &[u8], map: &[Mapped]) -> (u8, usize) {
    let first = head.split_inclusive(|byte| b"\n\r".contains(byte)).next().unwrap_or_default();
    if let Some([sign]) = first.strip_prefix(DELIMITER_MARK).map(<[u8]>::trim_ascii_end) {
        return (*sign, first.len());
    }
    let counts = delimiter_counts(head);
    let known = |place: usize| {
        let rows = reader(head, DELIMITERS[place]).into_records().map_while(Result::ok);
        let rows: Vec<csv::StringRecord> = rows.take(HEADER_ROW_MAX + DELIMITER_ROWS).collect();
        // A quotation mark inside of a name, or another delimiter, is a sign of a name that was cut at the wrong place.
        let is_name = |name: &String| !name.contains(['"', ';', '\t', '|']);
        let first = || rows.iter().take(HEADER_ROW_MAX).map(names);
        let certainty =
            first().map(|names| Columns::certainty(&names.into_iter().filter(is_name).collect::<Vec<_>>(), map)).max();
        let is_header = header(&rows, map).is_ok_and(|(row, _)| {
            rows.get(row as usize - 1).is_some_and(|row| !row.iter().any(|name| name.contains('"')))
        });
        (is_header, certainty.unwrap_or(0))
    };
    // The first of the best.
    let best = (0..DELIMITERS.len()).rev().max_by_key(|place| (known(*place), counts[*place])).unwrap_or(0);
    (DELIMITERS[best], 0)
}

/// How often each delimiter is in the first line that has one, not counted what is in quotation marks.
fn delimiter_counts(head: &[u8]) -> [usize; DELIMITERS.len()] {
    let mut is_quoted = false;
    let mut counts = [0usize; DELIMITERS.len()];
    for &byte in head {
        is_quoted ^= byte == b'"';
        let is_any = counts.iter().any(|count| *count > 0);
        if !is_quoted && b"\n\r".contains(&byte) && is_any {
            break;
        }
        if let Some(place) = DELIMITERS.iter().position(|sign| *sign == byte).filter(|_| !is_quoted) {
            counts[place] += 1;
        }
    }
    counts
}

/// The rows of a table under its header.
pub(crate) fn rows<'a>(source: &'a Source, layout: &'a TableLayout, position: Position) -> Result<Rows<'a>, FileError> {
    let text = opened(source, &layout.text, layout.skipped_bytes, position)?;
    let mut reader = reader(text, layout.delimiter);
    let mut cells = csv::StringRecord::new();
    for _ in 0..layout.header {
        reader.read_record(&mut cells).map_err(|cause| source.fault(cause))?;
    }
    let mut number = layout.header;
    Ok(Box::new(std::iter::from_fn(move || {
        loop {
            match reader.read_record(&mut cells) {
                Ok(false) => return None,
                Ok(true) => number += 1,
                Err(cause) => return Some(Err(source.fault(cause))),
            }
            if scan::is_row_filled(cells.iter()) {
                return Some(Ok(Row { number, draft: draft(&layout.columns, &cells) }));
            }
        }
    })))
}

fn draft(columns: &Columns, cells: &csv::StringRecord) -> Result<Draft, Remark> {
    if cells.iter().skip(columns.count()).any(|cell| !cell.trim().is_empty()) {
        let (cells, columns) = (cells.len(), columns.count());
        let kind = "has more cells than the header";
        return Err(Remark::whole(format!(
            "has {cells} cells where the header has {columns}: a cell that holds the delimiter must be in quotation marks"
        ))
        .of_kind(kind));
    }
    Ok(columns.draft(cells.iter()))
}

/// How the cells of a table that is written are meant to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Programs: cells are the values.
    Programs,
    /// A spreadsheet: no cell is a formula, and phone numbers are texts.
    Spreadsheets,
}

/// The mark by which spreadsheets know UTF-8.
const UTF_8_MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes records as a table.
pub struct TableWriter<W: Write> {
    writer: csv::Writer<W>,
    readers: Readers,
}

impl<W: Write> TableWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(mut file: W, readers: Readers) -> std::io::Result<Self> {
        if readers == Readers::Spreadsheets {
            file.write_all(UTF_8_MARK)?;
        }
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
        writer.write_record(MEMBERS.map(|(name, _)| name))?;
        Ok(Self { writer, readers })
    }

    /// Writes a contact as a row.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, record: &Record) -> std::io::Result<()> {
        match self.readers {
            Readers::Programs => self.writer.write_record(MEMBERS.map(|(name, _)| kept(cell(record.member(name))))),
            Readers::Spreadsheets => self.writer.write_record(MEMBERS.map(|(name, _)| {
                // Ids are numbers, and may be taken for such.
                if name.ends_with("id") { cell(record.member(name)) } else { guarded(&shown(name, record)) }
            })),
        }?;
        Ok(())
    }

    /// Flushes the rows and returns the writer below.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> std::io::Result<W> {
        self.writer.into_inner().map_err(|cause| cause.into_error())
    }
}

/// A cell for eyes: phone numbers as they are dialled.
fn shown(name: &str, record: &Record) -> String {
    if name == "phone_numbers" {
        return record.texts(name).map(with_plus).collect::<Vec<_>>().join("\n");
    }
    cell(record.member(name))
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
    fn the_header_says_what_separates_cells() {
        for (head, found) in [
            ("a,b;c,d\n1;2;3;4;5", (b',', 0)),
            ("\"a,b,c\";d\n", (b';', 0)),
            ("a\tb\r\n", (b'\t', 0)),
            ("a|b|c\n1,2,3,4", (b'|', 0)),
            ("a;b\r1,2,3", (b';', 0)),
            ("alone", (b',', 0)),
            ("A title\na;b\n", (b';', 0)),
            ("sep=;\r\na,b,c\r\n", (b';', 6)),
            ("sep=;\na,b,c\n", (b';', 6)),
            ("", (b',', 0)),
            // The names of columns decide, whatever else is in them and above them.
            ("Name;Tel, privat, 2;Mail\n", (b';', 0)),
            ("Export, 2024-05-01\nName;Phone\n", (b';', 0)),
            ("Nachname\tTel., mobil, privat\n", (b'\t', 0)),
        ] {
            assert_eq!(delimiter(head.as_bytes(), &[]), found, "{head:?}");
        }
    }

    #[test]
    fn a_table_for_spreadsheets_has_no_formula_and_no_number() {
        let record = serde_json::json!({"id": 7, "last_name": "=SUM(1)", "first_name": "@x", "phone_numbers": ["79161234567"],
            "emails": ["-a@b.example"], "groups": [{"group_id": 1, "group_name": "+1"}]});
        let record = Record::new(record).expect("an object");
        let mut writer = TableWriter::new(Vec::new(), Readers::Spreadsheets).expect("memory writes");
        writer.write(&record).expect("memory writes");
        let text = String::from_utf8(writer.finish().expect("memory writes")).expect("UTF-8");
        let row = text.lines().nth(1).expect("a row");
        assert!(text.starts_with('\u{feff}'));
        assert!(row.starts_with("7,'=SUM(1),'@x,"), "{row}");
        for guarded in ["'+79161234567", "'-a@b.example", "'+1"] {
            assert!(row.contains(guarded), "{row}");
        }
    }
}
