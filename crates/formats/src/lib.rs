//! Address books as files: CSV, vCards and NDJSON, read and written.
//!
//! A file streams: [`source`] reads it record by record in constant memory, [`draft`] judges each. Where the records go
//! is the caller's business: this crate opens files and knows no server.

pub mod columns;
pub mod csv_table;
pub mod decoding;
pub mod draft;
pub mod ndjson;
pub mod record;
pub mod scan;
pub mod source;
pub mod values;
pub mod vcard;
