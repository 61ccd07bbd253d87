//! The address book of one account as a value: its records, what may be done to it, and every question that
//! can be asked of it.
//!
//! This crate knows nothing of servers: no sockets, no JSON, no SQL, no clock, no chance. A command is
//! *decided* against a book and gives a change; a change is *applied*, which cannot fail. A question is
//! *asked*, *planned* (every name resolved, every pattern compiled, every bound checked) and *run* on a
//! snapshot.

pub mod blacklist;
pub mod book;
pub mod change;
pub mod command;
pub mod contact;
pub mod employee;
pub mod group;
pub mod id;
pub mod moment;
pub mod organization;
pub mod query;
pub mod text;

pub use book::Book;
