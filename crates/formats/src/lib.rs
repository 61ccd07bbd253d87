//! Address books as files: CSV, vCards and NDJSON, read and written.
//!
//! A file streams: [`source`] reads it record by record in constant memory, [`draft`] judges each. Where the records go
//! is the caller's business: this crate opens files and knows no server.

pub mod cards;
pub mod columns;
pub mod decoding;
pub mod draft;
pub mod lines;
pub mod record;
pub mod sheet;
pub mod source;
pub mod spelling;
pub mod survey;
