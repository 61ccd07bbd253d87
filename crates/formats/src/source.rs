//! A file with contacts: which format it is in, whether it can be read at all, and its rows one after the other.
//!
//! A file is looked through once before anything is sent ([`Source::survey`]): what cannot be trusted as a whole, a
//! wrong encoding or a quotation mark that is never closed, is found while nothing has happened yet.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::columns::Mapped;
use crate::decoding::{Charset, Decoded, Position};
use crate::draft::{Draft, Remark};
use crate::{csv_table, ndjson, scan, vcard};

/// The most bytes of one row, one card or one line.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// How contacts stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180), or semicolons, or tabs.
    Csv,
    /// vCards 2.1, 3.0 and 4.0.
    Vcf,
    /// One record of the API per line.
    Ndjson,
}

impl Format {
    /// By its name.
    ///
    /// # Errors
    /// When there is no such format; the text says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Ok(Self::Csv),
            "vcf" | "vcard" => Ok(Self::Vcf),
            "ndjson" | "jsonl" => Ok(Self::Ndjson),
            _ => Err("is no format: give csv, vcf or ndjson".to_owned()),
        }
    }

    /// By the extension of a file's name.
    ///
    /// # Errors
    /// When the name has none of them.
    pub fn of(path: &Path) -> Result<Self, FileError> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        Self::parse(extension).map_err(|_| {
            FileError::new(
                path,
                "the name does not say what the file is: let it end in .csv, .vcf or .ndjson, or add --format",
            )
        })
    }
}

/// Why a file cannot be used, with its name and the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    path: PathBuf,
    reason: String,
}

impl FileError {
    /// An error of the file at this path.
    pub fn new(path: &Path, reason: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for FileError {}

/// A row: its number as a person counts, and what it holds.
///
/// Rows of a table count from 1 with the header, cards and lines from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The row as a person counts.
    pub number: u64,
    /// The contact, or why there is none.
    pub draft: Result<Draft, Remark>,
}

/// Rows in the order of the file. An error ends them: what follows it cannot be trusted.
pub type Rows = Box<dyn Iterator<Item = Result<Row, FileError>>>;

/// A file to import.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    format: Format,
    charset: Option<Charset>,
    map: Vec<Mapped>,
    bytes: u64,
}

impl Source {
    /// A regular file that can be opened. `format` and `charset` go before what the file itself says; `map` says what
    /// columns mean.
    ///
    /// # Errors
    /// When there is no such file, it is no regular one, it is empty, or nothing says what is in it.
    pub fn open(
        path: &Path,
        format: Option<Format>,
        charset: Option<Charset>,
        map: Vec<Mapped>,
    ) -> Result<Self, FileError> {
        let fault = |reason: &dyn fmt::Display| FileError::new(path, reason);
        let about = std::fs::metadata(path).map_err(|cause| fault(&cause))?;
        if about.is_dir() {
            return Err(fault(&"is a directory: name the file in it"));
        }
        if !about.is_file() {
            return Err(fault(&"is no regular file, and it has to be read twice: save its contents to a file first"));
        }
        if about.len() == 0 {
            return Err(fault(&"is empty"));
        }
        let format = format.map_or_else(|| Format::of(path), Ok)?;
        Ok(Self { path: path.to_owned(), format, charset, map, bytes: about.len() })
    }

    /// How long the file is.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The format that it is read in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What its columns are said to mean.
    pub fn map(&self) -> &[Mapped] {
        &self.map
    }

    /// Looks through the whole file.
    ///
    /// # Errors
    /// When it is not in the encoding that it should be in, when a table's quotation marks do not close or its columns
    /// mean nothing, when it holds no text or is something else than its format.
    pub fn survey(&self) -> Result<(), FileError> {
        match self.format {
            Format::Csv => {
                let sheet = csv_table::CsvTable::open(self)?;
                scan::table(sheet.text, sheet.delimiter)
            }
            Format::Vcf => scan::cards(self.text(Position::default())?),
            Format::Ndjson => scan::lines(self.text(Position::default())?),
        }
        .map_err(|reason| self.fault(reason))
    }

    /// Its rows; `position` follows how far the file has been read.
    pub fn rows(&self, position: &Position) -> Result<Rows, FileError> {
        Ok(match self.format {
            Format::Csv => Box::new(csv_table::rows(self, position)?),
            Format::Vcf => Box::new(vcard::rows(self, BufReader::new(self.text(Position::clone(position))?))),
            Format::Ndjson => Box::new(ndjson::rows(self, BufReader::new(self.text(Position::clone(position))?))),
        })
    }

    /// Its text in UTF-8 from the beginning.
    pub fn text(&self, position: Position) -> Result<Decoded<File>, FileError> {
        let file = File::open(&self.path).map_err(|cause| self.fault(cause))?;
        Decoded::new(file, self.charset, position).map_err(|cause| self.fault(cause))
    }

    /// An error of this file.
    pub fn fault(&self, reason: impl fmt::Display) -> FileError {
        FileError::new(&self.path, reason)
    }
}

/// A line without its end, whose bytes past the bound are dropped.
pub struct Line {
    /// The bytes up to the bound.
    pub bytes: Vec<u8>,
    /// Whether nothing was dropped.
    pub is_whole: bool,
}

/// Reads a line of at most [`RECORD_BYTES_MAX`] bytes; the rest of a longer one is passed over.
pub fn line(text: &mut BufReader<impl Read>) -> io::Result<Option<Line>> {
    use std::io::BufRead;
    let mut bytes = Vec::new();
    let read = text.by_ref().take(RECORD_BYTES_MAX as u64 + 1).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(None);
    }
    let is_whole = bytes.last() == Some(&b'\n') || read <= RECORD_BYTES_MAX;
    while bytes.last().is_some_and(|last| [b'\n', b'\r'].contains(last)) {
        bytes.pop();
    }
    if !is_whole {
        text.skip_until(b'\n')?;
    }
    Ok(Some(Line { bytes, is_whole }))
}
