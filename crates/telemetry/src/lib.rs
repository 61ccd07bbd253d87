//! What the server tells about itself: numbers for a scraper, lines for a reader.
//!
//! [`Metrics`] counts and is cheap enough for every call; [`logging`] sets up `tracing`. Neither knows what is
//! counted or logged: the floors above bring the names.

mod logging;
mod metrics;
mod page;
mod pool;
mod store;
mod tally;
mod traceparent;
mod transport;

pub use logging::{LogError, LogFormat, LogHandle, logging};
pub use metrics::{CallRecord, LoginRefusal, Metrics, QuotaLimit};
pub use pool::{Counted, PoolMetrics, PoolReading};
pub use store::{CommitStage, StoreMetrics};
pub use traceparent::Traceparent;
pub use transport::{BudgetKind, BudgetWait, Connections, OpenConnection};
