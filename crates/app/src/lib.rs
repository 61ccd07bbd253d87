//! What the server does, whatever protocol asks for it.
//!
//! [`application::Application`] is what front ends use: it authenticates, admits, charges, plans, runs, changes and
//! audits ([`call`], [`admitted`]). Below it are [`access`] (tokens, rights, allow-lists, limits), [`books`] (the loaded
//! address books) and [`audit`] (who called what).
//!
//! It knows no JSON, no HTTP and no SQL: front ends hand it typed requests, and the store keeps rows.

pub mod access;
pub mod admitted;
pub mod admitted_device;
pub mod app_error;
pub mod application;
pub mod audit;
pub mod books;
pub mod call;
pub mod cursor;
pub mod fields;
pub mod renumbering;
pub mod stopwatch;
mod work;
