//! Address books as files: CSV, XLSX, vCards, LDIF, XML phone books and NDJSON, read and written.
//!
//! A file streams: [`source`] looks through it once and then reads it record by record in constant memory (all but
//! workbooks, which are unpacked within a bound), and [`draft`] checks each record. Where the records go is the caller's
//! business: this crate opens files and knows no server.

pub mod columns;
pub mod csv_table;
pub mod decoding;
pub mod draft;
pub mod format;
pub mod ldif;
pub mod lines;
pub mod ndjson;
pub mod phonebook;
mod reading;
pub mod record;
pub mod remark;
mod scan;
pub mod source;
pub mod survey;
mod table_layout;
pub mod values;
pub mod vcard;
mod xlsx;
