//! How the text of a table is read: what the first look at it found, for the second.

use std::sync::Arc;

use crate::columns::Columns;
use crate::decoding::Charset;

/// How a table is read.
#[derive(Debug)]
pub struct TableLayout {
    pub(crate) delimiter: u8,
    /// Bytes of text before the table: the line that names the delimiter.
    pub(crate) skipped_bytes: u64,
    /// Rows up to and including the header.
    pub(crate) header: u64,
    pub(crate) columns: Columns,
    pub(crate) text: TableText,
}

/// Where the text of a table comes from.
#[derive(Debug, Clone)]
pub(crate) enum TableText {
    /// The file, in an encoding, or in what it says or UTF-8.
    File(Option<Charset>),
    /// Memory: a sheet that was unpacked.
    Memory(Arc<[u8]>),
}
