//! ringbook: the address book of a telephone system, as a server.
//!
//! The floors, from the top: [`cli`] and [`config`]; [`files`]; [`http`]; [`rpc`]; [`shelf`], [`access`] and [`report`]; [`store`];
//! [`clock`] and [`telemetry`]; and, below all of them, the crate `ringbook_book`. A floor imports only from
//! floors below it. [`serve`] and [`demo`] put them together.
//!
//! This is a library only so that the program's tests, benches and fuzz targets can reach its parts.

pub mod access;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod files;
pub mod http;
pub mod report;
pub mod rpc;
pub mod serve;
pub mod shelf;
pub mod store;
pub mod telemetry;
