//! Every question that can be asked of a book: asked, planned, run.
//!
//! [`ask`] holds a question as it came, [`plan`] judges it once and for all, [`contacts`] and [`table`] run
//! it on a snapshot. [`field`] says what can be asked about, [`operator`] what a comparison means.

pub mod ask;
pub mod bits;
pub mod budget;
pub mod contacts;
pub mod estimate;
pub mod fault;
pub mod field;
mod han;
pub mod json;
pub mod matching;
mod merging;
pub mod number;
pub mod operator;
pub mod order;
pub mod plan;
pub mod reading;
pub mod records;
mod respelling;
pub mod runner;
pub mod scan;
pub mod sieve;
pub mod table;
pub mod top;
pub mod value;
pub mod window;
