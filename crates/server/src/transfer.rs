//! Address books as files, into a server and out of it.
//!
//! Everything here is a client of the API: it knows the protocol as any other client does, and never opens a server's
//! data. A file streams: it is read and checked by `ringbook_formats`, compared with the book ([`matching`]) and uploaded
//! in batches ([`import`]), so that its size does not matter. How progress is drawn is the caller's business ([`Watch`]).

mod address;
mod cache;
mod client;
mod connection;
mod contact_record;
mod export;
mod import;
mod matching;
mod names;
mod reasons;
mod report;
mod verdict;

pub use address::Address;
pub use client::{Access, ApiError, CallError, Token};
pub use export::{ExportFormat, ExportOptions, export};
pub use import::{ImportOptions, Outcome, Run, Tally, import};
pub use matching::{Match, OnDuplicate};
pub use report::{Report, ReportFormat};
pub use ringbook_formats::columns::Mapped;
pub use ringbook_formats::csv_table::Readers;
pub use ringbook_formats::decoding::Charset;
pub use ringbook_formats::format::Format;
pub use ringbook_formats::phonebook::PhonebookShape;
pub use ringbook_formats::source::{FileError, Source};
pub use ringbook_formats::survey::Survey;
pub use ringbook_formats::vcard::VcardVersion;

use std::fmt;

/// Receives the progress.
pub trait Watch {
    /// How much there is: bytes of a file, or contacts of a book.
    fn length(&mut self, length: u64);
    /// How much of it is done.
    fn at(&mut self, position: u64);
    /// Something worth a line while it goes on.
    fn note(&mut self, text: &str);
}

/// Why files and a server did not come together.
#[derive(Debug)]
pub enum TransferError {
    /// The file, or the report.
    File(FileError),
    /// A call.
    Call {
        /// The server that was called.
        address: String,
        /// What became of it.
        fault: CallError,
    },
    /// Nothing was tried yet.
    Setup(String),
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(fault) => fault.fmt(f),
            Self::Call { address, fault } => write!(f, "{address}: {fault}"),
            Self::Setup(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for TransferError {}

impl From<FileError> for TransferError {
    fn from(fault: FileError) -> Self {
        Self::File(fault)
    }
}
