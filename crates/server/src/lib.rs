//! ringbook: the address book of a telephone system, as a server.
//!
//! This crate is the program: [`cli`] and [`config`]; [`transfer`], a client of the API that moves address books in and
//! out; [`serve`] and [`demo`], which put the crates below together; [`resources`], the table of what calls use.
//!
//! This is a library only so that the program's tests, benches and fuzz targets can reach its parts.

pub mod cli;
pub mod config;
pub mod demo;
pub mod device_access;
mod listen_address;
mod private_file;
pub mod resources;
pub mod serve;
pub mod transfer;
