//! The storage model: the state of one address book, how it is laid out in memory, changed, loaded and saved.
//!
//! A [`Book`] is immutable to readers: a snapshot costs a reference count. [`writer::BookWriter`] holds the indexes
//! that only a writer needs and derives the next book from the current one, sharing all parts that a change does not
//! touch. Queries over a book are in [`crate::query`], which this module does not depend on.

mod background_index;
pub(crate) mod bulk;
pub mod chunk;
mod contacts;
pub mod decide;
pub mod decision;
pub mod history;
pub mod image;
mod indexing;
pub mod load;
mod mail_index;
pub(crate) mod member_listing;
pub(crate) mod member_lists;
pub(crate) mod name_index;
mod number_index;
mod organization_text;
pub mod pairs;
mod recent_changes;
pub mod reread;
mod slots;
mod state;
pub mod table;
mod text_hash;
pub mod view;
pub mod writer;

#[cfg(test)]
mod tests;

pub use name_index::NameIndexUse;
pub(crate) use state::ChunkList;
pub use state::{Book, EmployeeRow, GroupSet};
