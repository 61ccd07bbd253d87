//! What tests run against: a private PostgreSQL that a test can stop, kill and start again; and, as features, a
//! connection to a reference PostgreSQL (`reference`) and random choices, patterns and queries (`random`).
//!
//! It is for tests and tools only. Without features it needs no other crate and does everything through programs of the
//! system, so that it works for root and for other users. It knows nothing of the server that is tested.

mod account;
mod cluster;
mod packages;
mod processes;
mod programs;
#[cfg(feature = "random")]
pub mod queries;
#[cfg(feature = "random")]
pub mod random;
#[cfg(feature = "reference")]
pub mod reference;
mod running;

pub use account::is_root;
pub use cluster::{Cluster, Stop};
pub use packages::Packages;
pub use running::{output, quietly};
