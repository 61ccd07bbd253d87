//! Tests of the program as a process, over sockets and with signals.
//!
//! No test sleeps for a fixed time. Tests wait for events, or for a condition (`harness::eventually`) with a bound.

#![expect(clippy::panic, reason = "a panic of a test is its failure")]

mod backup;
mod changing;
mod client_area;
mod crashes;
mod devices;
mod disk;
mod divided;
mod documents;
mod files;
mod fleet;
mod harness;
mod history;
mod isolation;
mod load;
mod metrics;
mod migrating;
mod mnemonics;
mod neighbours;
mod nodes;
mod numbers;
mod operator;
mod outages;
mod proxy;
mod reading;
mod report;
mod restarts;
mod stopping;
mod stores;
mod sweep;
mod tables;
mod tls;
mod transcripts;
mod transport;
mod writing;
