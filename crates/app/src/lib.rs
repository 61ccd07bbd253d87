//! What the server does, whatever protocol asks for it: who may call, the running books, the request report.
//!
//! It knows no JSON, no socket and no SQL: front ends hand it typed requests, and the store below keeps rows.

pub mod access;
pub mod audit;
pub mod books;
