//! What tests and tools run against: a private PostgreSQL that a test may stop, kill and start again; server processes and
//! a client of the API; the workspace; and, as features, a connection to a reference PostgreSQL (`reference`), random
//! choices, patterns and queries (`random`), and the most expensive calls of every method (`json`).
//!
//! For tests and tools only. It does everything through programs of the system, so that it works for root and for
//! other users, and it does not link the server.

pub mod api_client;
#[cfg(feature = "async")]
pub mod async_http_client;
pub mod demo;
pub mod http_client;
pub mod server;
pub mod workspace;
#[cfg(feature = "json")]
pub mod worst_cases;

mod account;
mod cluster;
mod processes;
mod programs;
#[cfg(feature = "random")]
pub mod queries;
#[cfg(feature = "random")]
pub mod random;
#[cfg(feature = "reference")]
pub mod reference;
mod replication;
mod running;
pub mod wait;

pub use account::is_root;
pub use cluster::{Cluster, Stop};
pub use processes::children;
pub use programs::Postgres;
pub use running::{output, quietly};
