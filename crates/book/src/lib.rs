//! The address book of one account as a value in memory: its records, the commands that change it, and the query
//! engine over it.
//!
//! A command is *decided* against a book, which yields a change or a [`command::CommandError`]; a change is *applied*,
//! which cannot fail. A query is *asked* (typed, not yet validated), *planned* (names resolved, patterns compiled,
//! bounds checked) and *run* on a snapshot.
//!
//! The crate does no I/O, reads no clock, draws no random numbers and starts no threads except through a
//! [`runner::Runner`]. It knows no server: no users, no keys, no protocol.

pub mod blacklist;
pub mod book;
pub mod change;
pub mod collation;
pub mod command;
pub mod contact;
pub mod employee;
pub mod group;
pub mod id;
pub mod moment;
pub mod organization;
pub mod query;
pub mod runner;
pub mod text;

pub use book::Book;
