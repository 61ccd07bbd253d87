//! What tests run against: a private PostgreSQL that a test may stop, kill and start again.
//!
//! It is for tests and chores only, needs no other crate, and does everything through programs of the system, so that it
//! works for root and for everybody else. It knows nothing of the server that is tested.

mod account;
mod cluster;
mod packages;
mod processes;
mod programs;
mod replication;
mod running;

pub use account::is_root;
pub use cluster::{Cluster, Stop};
pub use packages::Packages;
pub use running::{output, quietly};
