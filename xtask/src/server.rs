//! Servers that chores start and ask: the program while it runs, and a client of its API.

pub mod client;
pub mod demo;
pub mod process;
