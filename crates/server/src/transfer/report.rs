//! What became of the rows that did not simply go in: a file for programs and spreadsheets, and the first few for eyes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use ringbook_formats::draft::Remark;
use ringbook_formats::source::{FileError, Format};

/// How many rows are kept to be shown.
const ROWS_SHOWN_MAX: usize = 20;
/// How many of them are rows of which only something was left out.
const PARTLY_SHOWN_MAX: usize = 5;
/// The columns of a report.
const COLUMNS: [&str; 5] = ["row", "outcome", "field", "value", "reason"];

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// A table with a header.
    Csv,
    /// An object per line.
    Ndjson,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is not in the book.
    Refused,
    /// It is in the book, but for what the remark is about.
    Partly,
    /// Nobody knows whether it is in the book.
    Uncertain,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Partly => "partly",
            Self::Uncertain => "uncertain",
        }
    }
}

enum Paper {
    None,
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Ndjson(BufWriter<File>),
}

/// Rows that did not simply go in.
pub struct Report {
    paper: Paper,
    path: PathBuf,
    shown: Vec<String>,
    partly_shown: usize,
    rows: u64,
}

impl Report {
    /// A report that is only kept for eyes.
    pub fn unwritten() -> Self {
        Self { paper: Paper::None, path: PathBuf::new(), shown: Vec::new(), partly_shown: 0, rows: 0 }
    }

    /// What a file's name says it is to be written as.
    ///
    /// # Errors
    /// When the name ends in neither `.csv` nor `.ndjson`; the text says so.
    pub fn format_of(path: &Path) -> Result<ReportFormat, String> {
        match Format::of(path) {
            Ok(Format::Csv) => Ok(ReportFormat::Csv),
            Ok(Format::Ndjson) => Ok(ReportFormat::Ndjson),
            Ok(Format::Vcf) | Err(_) => Err("does not end in .csv or .ndjson, which says how to write it".to_owned()),
        }
    }

    /// A report in a file, which is made anew.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path, format: ReportFormat) -> Result<Self, FileError> {
        let begin = || -> io::Result<Paper> {
            let file = BufWriter::new(File::create(path)?);
            Ok(match format {
                ReportFormat::Ndjson => Paper::Ndjson(file),
                ReportFormat::Csv => {
                    let mut writer = csv::Writer::from_writer(file);
                    writer.write_record(COLUMNS)?;
                    Paper::Csv(Box::new(writer))
                }
            })
        };
        let paper = begin().map_err(|cause| FileError::new(path, cause))?;
        Ok(Self { paper, path: path.to_owned(), shown: Vec::new(), partly_shown: 0, rows: 0 })
    }

    pub(super) fn add(&mut self, verdict: Verdict, row: u64, remark: &Remark) -> Result<(), FileError> {
        self.rows += 1;
        let is_partly = verdict == Verdict::Partly;
        let is_tiresome = is_partly && self.partly_shown == PARTLY_SHOWN_MAX;
        if self.shown.len() < ROWS_SHOWN_MAX && !is_tiresome {
            self.partly_shown += usize::from(is_partly);
            self.shown.push(line(verdict, row, remark));
        }
        let word = verdict.word();
        let written = match &mut self.paper {
            Paper::None => Ok(()),
            Paper::Csv(writer) => {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                let cells =
                    [row.to_string(), word.into(), text(&remark.field), text(&remark.value), remark.reason.clone()];
                writer.write_record(cells).map_err(io::Error::from)
            }
            Paper::Ndjson(file) => {
                let value: Value = json!({"row": row, "outcome": word, "field": remark.field, "value": remark.value,
                    "reason": remark.reason});
                writeln!(file, "{value}")
            }
        };
        written.map_err(|cause| FileError::new(&self.path, cause))
    }

    /// Writes out what is kept back.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(&mut self) -> Result<(), FileError> {
        let flushed = match &mut self.paper {
            Paper::None => Ok(()),
            Paper::Csv(writer) => writer.flush(),
            Paper::Ndjson(file) => file.flush(),
        };
        flushed.map_err(|cause| FileError::new(&self.path, cause))
    }

    /// The first rows, a line each.
    pub fn shown(&self) -> &[String] {
        &self.shown
    }

    /// How many remarks there are beyond those shown.
    pub fn more(&self) -> u64 {
        self.rows - self.shown.len() as u64
    }
}

fn line(verdict: Verdict, row: u64, remark: &Remark) -> String {
    let field = remark.field.as_deref().map(|field| format!(" {field}")).unwrap_or_default();
    let value = remark.value.as_deref().map(|value| format!(" {value:?}")).unwrap_or_default();
    format!("row {row} {}:{field}{value} {}", verdict.word(), remark.reason)
}
