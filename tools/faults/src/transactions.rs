//! The transactions of a server, as its metrics page tells of them.

use std::fmt;
use std::net::TcpListener;

use ringbook_testbed::api_client::ApiClient;

use crate::scenario_report::grouped;

/// Longest transaction of the thread that writes, in seconds: a bound of the histogram on the metrics page.
const SECONDS_MAX: f64 = 0.05;

/// An address of this machine that nobody listens at, for a metrics page.
///
/// # Errors
/// There is none.
pub fn free_address() -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.map(|address| address.to_string()).map_err(|why| format!("no free port: {why}"))
}

/// The transactions that a server has committed.
pub struct Transactions {
    /// How many.
    pub all: u64,
    /// How many took longer than 50 ms.
    pub long: u64,
    /// No transaction took longer, in seconds; infinite if that is not known.
    pub longest: f64,
}

impl Transactions {
    /// Reads the metrics page at this address.
    ///
    /// # Errors
    /// There is no metrics page, or it has no histogram of transactions with the bound of 50 ms.
    pub fn read(page: &str) -> Result<Self, String> {
        let text = ApiClient::connect(page, "")?.get("/metrics").map_err(|why| format!("no metrics: {why}"))?;
        let counts = text.lines().filter_map(|line| {
            let (bound, count) = line.strip_prefix("ringbook_commit_seconds_bucket{le=\"")?.split_once("\"} ")?;
            let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
            Some((bound, count.parse::<u64>().ok()?))
        });
        let counts: Vec<(f64, u64)> = counts.collect();
        let all = counts.last().map_or(0, |(_, count)| *count);
        let within = counts.iter().find(|(bound, _)| *bound == SECONDS_MAX);
        let (_, within) = within.ok_or("the histogram of transactions has no bound of 50 ms")?;
        let longest = counts.iter().find(|(_, count)| *count == all).map_or(f64::INFINITY, |(bound, _)| *bound);
        Ok(Self { all, long: all.saturating_sub(*within), longest })
    }
}

impl fmt::Display for Transactions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (longest, max) = (self.longest * 1e3, SECONDS_MAX * 1e3);
        let (all, long) = (grouped(self.all), self.long);
        write!(f, "{all} transactions, the longest at most {longest:.0} ms, {long} longer than {max:.0} ms")
    }
}
