//! What became of the rows that did not simply go in: a file for programs and spreadsheets, and reasons counted for
//! the terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::reasons::{Reasons, SHOWN_MAX};
use super::verdict::Verdict;
use crate::private_file::PrivateFile;
use ringbook_formats::columns::guarded;
use ringbook_formats::remark::Remark;
use ringbook_formats::source::FileError;
use ringbook_formats::survey::Survey;

/// The columns of a report.
const COLUMNS: [&str; 5] = ["row", "outcome", "field", "value", "reason"];
/// The beginning of a report in NDJSON.
const NDJSON_START: &str = "{\"row\":";
/// How much of an existing file is looked at to see whether it is a report.
const START_BYTES: u64 = 200;

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// A table with a header.
    Csv,
    /// An object per line.
    Ndjson,
}

enum ReportFile {
    None,
    Csv(Box<csv::Writer<BufWriter<File>>>, PrivateFile),
    Ndjson(BufWriter<File>, PrivateFile),
}

/// Rows that did not simply go in.
pub struct Report {
    output: ReportFile,
    path: PathBuf,
    reasons: Reasons,
}

impl Report {
    /// A report that is only counted.
    pub fn unwritten() -> Self {
        Self { output: ReportFile::None, path: PathBuf::new(), reasons: Reasons::default() }
    }

    /// What a file's name says it is to be written as.
    ///
    /// # Errors
    /// When the name ends in neither `.csv` nor `.ndjson`; the text says so.
    pub fn format_of(path: &Path) -> Result<ReportFormat, String> {
        match path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(ReportFormat::Csv),
            Some("ndjson" | "jsonl") => Ok(ReportFormat::Ndjson),
            _ => Err("does not end in .csv or .ndjson, which says how to write it".to_owned()),
        }
    }

    /// A report in a file, which appears when the import ends. Only an earlier report is replaced.
    ///
    /// # Errors
    /// When the file cannot be made, or there is something else of its name.
    pub fn create(path: &Path, format: ReportFormat) -> Result<Self, FileError> {
        let fault = |cause: io::Error| FileError::new(path, cause);
        if !is_replaceable(path).map_err(fault)? {
            return Err(FileError::new(path, "exists and is not a report of an import: name another file"));
        }
        let (private, file) = PrivateFile::create(path).map_err(fault)?;
        let file = BufWriter::new(file);
        let output = match format {
            ReportFormat::Ndjson => ReportFile::Ndjson(file, private),
            ReportFormat::Csv => {
                let mut writer = csv::Writer::from_writer(file);
                writer.write_record(COLUMNS).map_err(|cause| fault(cause.into()))?;
                ReportFile::Csv(Box::new(writer), private)
            }
        };
        Ok(Self { output, path: path.to_owned(), reasons: Reasons::default() })
    }

    /// Tells which columns are not read.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add_columns(&mut self, survey: &Survey) -> Result<(), FileError> {
        for column in survey.not_read() {
            let reason = format!("the column is not read: {} cells", column.cells);
            self.write(None, "not read", column.looks_like, Some(&column.name), &reason)?;
        }
        Ok(())
    }

    pub(super) fn add(&mut self, verdict: Verdict, row: u64, remark: &Remark) -> Result<(), FileError> {
        self.reasons.add(verdict, row, remark);
        self.write(Some(row), verdict.word(), remark.field.as_deref(), remark.value.as_deref(), &remark.reason)
    }

    fn write(
        &mut self,
        row: Option<u64>,
        outcome: &str,
        field: Option<&str>,
        value: Option<&str>,
        reason: &str,
    ) -> Result<(), FileError> {
        let written = match &mut self.output {
            ReportFile::None => Ok(()),
            ReportFile::Csv(writer, _) => {
                // People open the report in a spreadsheet.
                let value = guarded(value.unwrap_or_default());
                let row = row.map(|row| row.to_string()).unwrap_or_default();
                let cells = [row.as_str(), outcome, field.unwrap_or_default(), &value, reason];
                writer.write_record(cells).map_err(io::Error::from)
            }
            ReportFile::Ndjson(file, _) => {
                let value = json!({"row": row, "outcome": outcome, "field": field, "value": value, "reason": reason});
                writeln!(file, "{value}")
            }
        };
        written.map_err(|cause| FileError::new(&self.path, cause))
    }

    /// Writes out what is kept back and gives the file its name.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(&mut self) -> Result<(), FileError> {
        let kept = match std::mem::replace(&mut self.output, ReportFile::None) {
            ReportFile::None => Ok(()),
            ReportFile::Csv(writer, private) => {
                let file = writer.into_inner().map_err(|cause| cause.into_error());
                file.and_then(|file| file.into_inner().map_err(|cause| cause.into_error()))
                    .and_then(|file| private.keep(&file))
            }
            ReportFile::Ndjson(file, private) => {
                let file = file.into_inner().map_err(|cause| cause.into_error());
                file.and_then(|file| private.keep(&file))
            }
        };
        kept.map_err(|cause| FileError::new(&self.path, cause))
    }

    /// The first reasons, a line each, and how many there are beyond them.
    pub fn lines(&self) -> (Vec<String>, usize) {
        let mut lines = self.reasons.lines();
        let more = lines.len().saturating_sub(SHOWN_MAX);
        lines.truncate(SHOWN_MAX);
        (lines, more)
    }

    /// All reasons with their counts, as JSON.
    pub fn reasons(&self) -> Value {
        self.reasons.json()
    }
}

/// Whether there is nothing of this name, an empty file, or an earlier report.
fn is_replaceable(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(cause) => return Err(cause),
    };
    if !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut start = String::new();
    // What is not UTF-8 is no report.
    if BufReader::new(file.take(START_BYTES)).read_line(&mut start).is_err() {
        return Ok(false);
    }
    Ok(start.is_empty() || start.trim_end() == COLUMNS.join(",") || start.starts_with(NDJSON_START))
}
