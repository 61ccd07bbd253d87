//! The program as its users meet it: real processes, real sockets, real signals.
//!
//! Nothing here sleeps for a fixed time: what has a bound is looked for until it is there, and the bound is asserted.

mod backup;
mod changing;
mod crashing;
mod files;
mod fleet;
mod harness;
mod history;
mod isolation;
mod lasting;
mod metrics;
mod migrating;
mod mnemonics;
mod neighbours;
mod nodes;
mod operator;
mod outages;
mod proxy;
mod reading;
mod report;
mod stores;
mod storms;
mod sweep;
mod tables;
mod tls;
mod transcripts;
mod transport;
mod wire;
mod writing;
