//! Address books as files: CSV, vCards and NDJSON into a server and out of it.
//!
//! Everything here is a client of the API: it knows the protocol as any other client does, and never opens a server's
//! data. A file streams: it is read, judged ([`draft`]), compared with the book ([`matching`]) and uploaded in batches
//! ([`import`]), so that its size does not matter. How progress is drawn is the caller's business ([`Watch`]).

mod address;
mod client;
mod export;
mod import;
mod link;
mod matching;
mod naming;
mod remembered;
mod report;

pub use address::Address;
pub use client::{Access, CallFault, Refusal, Token};
pub use export::export;
pub use import::{Outcome, Run, Tally, Wishes, import};
pub use matching::{Match, OnDuplicate};
pub use report::{Report, ReportFormat};
pub use ringbook_formats::columns::Mapped;
pub use ringbook_formats::decoding::Charset;
pub use ringbook_formats::source::{FileFault, Format, Source};

use std::fmt;

/// Somebody who is told how far it is.
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
pub enum ExchangeFault {
    /// The file, or the report.
    File(FileFault),
    /// A call.
    Call {
        /// The server that was called.
        address: String,
        /// What became of it.
        fault: CallFault,
    },
    /// Nothing was tried yet.
    Setup(String),
}

impl fmt::Display for ExchangeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(fault) => fault.fmt(f),
            Self::Call { address, fault } => write!(f, "{address}: {fault}"),
            Self::Setup(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for ExchangeFault {}

impl From<FileFault> for ExchangeFault {
    fn from(fault: FileFault) -> Self {
        Self::File(fault)
    }
}
