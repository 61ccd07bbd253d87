//! A file with contacts: which format it is in, whether it can be read at all, and its rows one after the other.
//!
//! A file is looked through once before anything is sent ([`Source::survey`]): what cannot be trusted as a whole, a
//! wrong encoding or a quotation mark that is never closed, is found while nothing has happened yet, and the user is
//! told how the file will be read.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::columns::Mapped;
use crate::decoding::{Charset, Decoded, Position};
use crate::draft::Draft;
use crate::format::Format;
use crate::remark::Remark;
use crate::survey::EncodingUse;

/// How much of the beginning of a file tells its kind and its encoding.
const HEAD_BYTES: u64 = 4 << 10;
/// How much of a file is compared with the encoding that the user named.
const CHECKED_BYTES: u64 = 1 << 20;

/// The most bytes that a packed file unpacks to.
pub(crate) const UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// The same of a file that was sent.
const UNPACKED_SENT_BYTES_MAX: u64 = 64 << 20;

/// Why a file cannot be used, with its name and the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    path: PathBuf,
    reason: String,
    columns: Vec<String>,
}

impl FileError {
    /// What is wrong, without the name of the file.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The columns of a table that cannot be read because nothing says which of them hold what is needed; otherwise empty.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The same with the columns of the table.
    #[must_use]
    pub(crate) fn with_columns(self, columns: Vec<String>) -> Self {
        Self { columns, ..self }
    }

    /// An error of the file at this path.
    pub fn new(path: &Path, reason: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string(), columns: Vec::new() }
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
pub type Rows<'a> = Box<dyn Iterator<Item = Result<Row, FileError>> + 'a>;

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
enum Contents {
    /// At its path.
    Disk,
    /// Here: somebody has sent them.
    Memory(Arc<[u8]>),
}

/// A file that was opened, from its beginning.
#[derive(Debug)]
pub(crate) enum OpenFile {
    /// On disk.
    Disk(File),
    /// In memory.
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for OpenFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Disk(file) => file.read(buffer),
            Self::Memory(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for OpenFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Disk(file) => file.seek(to),
            Self::Memory(bytes) => bytes.seek(to),
        }
    }
}

/// A file to import.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path; only a name if its bytes are in memory.
    path: PathBuf,
    contents: Contents,
    format: Format,
    /// As the user named it.
    charset: Option<Charset>,
    map: Vec<Mapped>,
    bytes: u64,
    head: Vec<u8>,
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
        let mut head = Vec::new();
        let read = File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
        read.map_err(|cause| fault(&cause))?;
        let format = match format {
            Some(format) => format,
            None => Format::of(path, &head).map_err(|reason| fault(&reason))?,
        };
        let (path, contents) = (path.to_owned(), Contents::Disk);
        Ok(Self { path, contents, format, charset, map, bytes: about.len(), head })
    }

    /// A file whose bytes were sent, under the name that it had; nothing of this name is opened. The rest is as with
    /// [`Source::open`].
    ///
    /// # Errors
    /// When it is empty, or nothing says what is in it.
    pub fn in_memory(
        name: &str,
        bytes: Arc<[u8]>,
        format: Option<Format>,
        charset: Option<Charset>,
        map: Vec<Mapped>,
    ) -> Result<Self, FileError> {
        let path = PathBuf::from(name);
        if bytes.is_empty() {
            return Err(FileError::new(&path, "is empty"));
        }
        let head: Vec<u8> = bytes.iter().copied().take(HEAD_BYTES as usize).collect();
        let format = match format {
            Some(format) => format,
            None => Format::of(&path, &head).map_err(|reason| FileError::new(&path, reason))?,
        };
        let length = bytes.len() as u64;
        Ok(Self { path, contents: Contents::Memory(bytes), format, charset, map, bytes: length, head })
    }

    /// How long the file is, in bytes.
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

    /// The encoding of a text file: as the user says, as a mark or the file itself says, otherwise `None` for UTF-8.
    pub(crate) fn declared_charset(&self) -> Option<Charset> {
        Charset::of_mark(&self.head).or(self.charset).or_else(|| Charset::unmarked_utf_16(&self.head))
    }

    /// The encoding that the user named, if the file is in UTF-8 and the encoding is another one: text in an encoding of
    /// one byte a letter is no UTF-8 by chance.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn given_against_utf_8(&self) -> Result<Option<Charset>, FileError> {
        let other = self.charset.filter(|charset| *charset != Charset::utf_8() && !charset.is_utf_16());
        let Some(charset) = other.filter(|_| Charset::of_mark(&self.head).is_none()) else { return Ok(None) };
        let mut start = Vec::new();
        self.file()?.take(CHECKED_BYTES).read_to_end(&mut start).map_err(|cause| self.fault(cause))?;
        let text = match std::str::from_utf8(&start) {
            Ok(text) => text,
            // The last letter is cut.
            Err(fault) if fault.error_len().is_none() => {
                std::str::from_utf8(&start[..fault.valid_up_to()]).unwrap_or("")
            }
            Err(_) => return Ok(None),
        };
        Ok((!text.is_ascii()).then_some(charset))
    }

    /// Whether the user named the encoding.
    pub(crate) fn has_given_charset(&self) -> bool {
        self.charset.is_some()
    }

    /// The first bytes of the file.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Its text in UTF-8 from the beginning.
    pub(crate) fn text(&self, charset: Option<Charset>, position: Position) -> Result<Decoded<OpenFile>, FileError> {
        let file = self.file()?;
        Decoded::new(file, charset.or_else(|| self.declared_charset()), position).map_err(|cause| self.fault(cause))
    }

    /// The file from the beginning.
    pub(crate) fn file(&self) -> Result<OpenFile, FileError> {
        match &self.contents {
            Contents::Disk => File::open(&self.path).map(OpenFile::Disk).map_err(|cause| self.fault(cause)),
            Contents::Memory(bytes) => Ok(OpenFile::Memory(Cursor::new(Arc::clone(bytes)))),
        }
    }

    /// How many bytes a packed file may unpack to: less if the file was sent, because somebody else's memory is used.
    pub(crate) fn unpacked_bytes_max(&self) -> u64 {
        match &self.contents {
            Contents::Disk => UNPACKED_BYTES_MAX,
            Contents::Memory(_) => UNPACKED_SENT_BYTES_MAX,
        }
    }

    /// An error of this file.
    pub(crate) fn fault(&self, reason: impl fmt::Display) -> FileError {
        FileError::new(&self.path, reason)
    }

    /// An error while its text is read: of the encoding, with the place, or of the disk.
    pub(crate) fn read_fault(&self, cause: &io::Error, line: u64) -> FileError {
        match cause.kind() {
            io::ErrorKind::InvalidData => self.fault(encoding_reason(line)),
            _ => self.fault(cause),
        }
    }
}

/// That a line is not in the encoding of its file.
pub(crate) fn encoding_reason(line: u64) -> String {
    format!(
        "line {line} is not in the encoding that the file should be in: save the file as UTF-8, or name its encoding, for \
         example --encoding windows-1251 (Cyrillic) or --encoding windows-1252 (Western)"
    )
}

/// The encoding as a survey tells it: nothing if the file is in UTF-8.
pub(crate) fn encoding_use(charset: Option<Charset>, guessed_by: Option<String>) -> Option<EncodingUse> {
    let charset = charset.filter(|charset| *charset != Charset::utf_8())?;
    Some(EncodingUse { name: charset.name(), guessed_by })
}
