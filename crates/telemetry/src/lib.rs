//! What the server tells about itself: numbers for a scraper, lines for a reader.
//!
//! [`Metrics`] counts and is cheap enough for every call; [`logging`] sets up `tracing`. Neither knows what is
//! counted or logged: the floors above bring the names.

mod logging;
mod metrics;
mod pool;
mod tally;

pub use logging::{LogError, LogFormat, LogHandle, logging};
pub use metrics::{Connections, Metrics, OpenConnection};
pub use pool::{Counted, PoolMetrics, PoolReading};
