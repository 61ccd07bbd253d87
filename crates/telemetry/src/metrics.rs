//! The numbers of a running server, and the page that shows them (Prometheus text format).
//!
//! Names of methods, outcomes and stages are given once, in order; from then on they are positions, so that
//! counting a call takes no look-up and no lock.

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::pool::{PoolMetrics, PoolReading};
use super::tally::{Histograms, Reading, Tally};

/// Buckets of durations: 1 µs to 16.8 s by powers of two, and beyond.
const DURATION_BUCKETS: usize = 26;
/// Buckets of batch sizes: 1 to 4096 by powers of two, and beyond.
const BATCH_BUCKETS: usize = 14;
const NANOS_PER_SECOND: f64 = 1e9;
const MICROS_PER_SECOND: f64 = 1e6;

/// Counters of connections, shared with the listener that has them.
#[derive(Debug, Default)]
pub struct Connections {
    open: AtomicU64,
    accepted: AtomicU64,
    rejected: AtomicU64,
}

/// Counts as an open connection until dropped.
#[derive(Debug)]
pub struct OpenConnection<'a> {
    connections: &'a Connections,
}

impl Connections {
    /// Counts a connection as accepted, and as open while the guard lives.
    pub fn open(&self) -> OpenConnection<'_> {
        self.accepted.fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
        OpenConnection { connections: self }
    }

    /// Counts a connection that found no place.
    pub fn rejected(&self) {
        self.rejected.fetch_add(1, Relaxed);
    }

    /// Connections that are open now.
    pub fn open_now(&self) -> u64 {
        self.open.load(Relaxed)
    }

    /// Connections that found no place so far.
    pub fn rejected_so_far(&self) -> u64 {
        self.rejected.load(Relaxed)
    }
}

impl Drop for OpenConnection<'_> {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Relaxed);
    }
}

/// All numbers of a server.
#[derive(Debug)]
pub struct Metrics {
    methods: Vec<&'static str>,
    outcomes: Vec<&'static str>,
    stages: Vec<&'static str>,
    calls: Tally,
    durations: Histograms<DURATION_BUCKETS>,
    batches: Histograms<BATCH_BUCKETS>,
    books: AtomicU64,
    book_bytes: AtomicU64,
    requests_reported: AtomicU64,
    requests_dropped: AtomicU64,
    connections: Arc<Connections>,
    pool: OnceLock<Arc<PoolMetrics>>,
}

impl Metrics {
    /// Metrics for these names; calls and stages are recorded by position in them.
    pub fn new(methods: &[&'static str], outcomes: &[&'static str], stages: &[&'static str]) -> Metrics {
        Metrics {
            calls: Tally::new(methods.len() * outcomes.len()),
            durations: Histograms::new(stages.len()),
            batches: Histograms::new(1),
            books: AtomicU64::new(0),
            book_bytes: AtomicU64::new(0),
            requests_reported: AtomicU64::new(0),
            requests_dropped: AtomicU64::new(0),
            connections: Arc::default(),
            pool: OnceLock::new(),
            methods: methods.to_vec(),
            outcomes: outcomes.to_vec(),
            stages: stages.to_vec(),
        }
    }

    /// Counts a call of a method with an outcome, both by position.
    pub fn call(&self, method: usize, outcome: usize) {
        debug_assert!(outcome < self.outcomes.len());
        self.calls.add(method * self.outcomes.len() + outcome, 1);
    }

    /// Files the time that a stage, by position, has taken.
    pub fn stage(&self, stage: usize, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.durations.record(stage, nanos.div_ceil(1000), nanos);
    }

    /// Files a commit of so many changes.
    pub fn commit(&self, changes: usize) {
        let changes = changes as u64;
        self.batches.record(0, changes, changes);
    }

    /// Says how many books are in memory, and how many bytes they take.
    pub fn books_in_memory(&self, books: usize, bytes: usize) {
        self.books.store(books as u64, Relaxed);
        self.book_bytes.store(bytes as u64, Relaxed);
    }

    /// Counts requests that are in the report now.
    pub fn requests_reported(&self, requests: u64) {
        self.requests_reported.fetch_add(requests, Relaxed);
    }

    /// Counts requests that the report has no room for.
    pub fn requests_dropped(&self, requests: u64) {
        self.requests_dropped.fetch_add(requests, Relaxed);
    }

    /// The counters of the API's connections.
    pub fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// Shows the numbers of a pool of workers, if none is shown yet.
    pub fn show_pool(&self, pool: Arc<PoolMetrics>) {
        let _ = self.pool.set(pool);
    }

    /// The metrics page.
    pub fn page(&self) -> String {
        let mut page = Page::default();
        self.write_calls(&mut page);
        self.write_stages(&mut page);
        self.write_commits(&mut page);
        self.write_books(&mut page);
        self.write_report(&mut page);
        self.write_connections(&mut page);
        if let Some(pool) = self.pool.get() {
            write_pool(pool, &mut page);
        }
        page.text
    }

    fn write_calls(&self, page: &mut Page) {
        let name = "ringbook_calls_total";
        page.family(name, "counter", "Calls by method and outcome.");
        for (m, method) in self.methods.iter().enumerate() {
            for (o, outcome) in self.outcomes.iter().enumerate() {
                let calls = self.calls.sum(m * self.outcomes.len() + o);
                if calls > 0 {
                    let labels = format!("{{method=\"{method}\",outcome=\"{outcome}\"}}");
                    page.sample(name, &labels, calls);
                }
            }
        }
    }

    fn write_stages(&self, page: &mut Page) {
        let name = "ringbook_stage_seconds";
        page.family(name, "histogram", "Time that the stages of a call take.");
        for (s, stage) in self.stages.iter().enumerate() {
            let reading = self.durations.read(s);
            let label = format!("stage=\"{stage}\"");
            page.histogram(name, &label, &reading, |bound| bound as f64 / MICROS_PER_SECOND);
            let sum = reading.sum as f64 / NANOS_PER_SECOND;
            page.sample(&format!("{name}_sum"), &format!("{{{label}}}"), sum);
        }
    }

    fn write_commits(&self, page: &mut Page) {
        let reading = self.batches.read(0);
        let name = "ringbook_commits_total";
        page.family(name, "counter", "Transactions committed.");
        page.sample(name, "", values(&reading));
        let name = "ringbook_commit_changes";
        page.family(name, "histogram", "Changes gathered into one transaction.");
        page.histogram(name, "", &reading, |bound| bound as f64);
        page.sample(&format!("{name}_sum"), "", reading.sum);
    }

    fn write_books(&self, page: &mut Page) {
        let books = self.books.load(Relaxed);
        page.single("ringbook_books", "gauge", "Books in memory.", books);
        let bytes = self.book_bytes.load(Relaxed);
        let help = "Bytes that the books in memory take.";
        page.single("ringbook_book_bytes", "gauge", help, bytes);
    }

    fn write_report(&self, page: &mut Page) {
        let reported = self.requests_reported.load(Relaxed);
        page.single("ringbook_requests_reported_total", "counter", "Requests written to the report.", reported);
        let dropped = self.requests_dropped.load(Relaxed);
        let help = "Requests that the report had no room for while the store was away.";
        page.single("ringbook_requests_dropped_total", "counter", help, dropped);
    }

    fn write_connections(&self, page: &mut Page) {
        let connections = &self.connections;
        let open = connections.open_now();
        let help = "Connections open now.";
        page.single("ringbook_connections", "gauge", help, open);
        let accepted = connections.accepted.load(Relaxed);
        let help = "Connections accepted.";
        page.single("ringbook_connections_total", "counter", help, accepted);
        let rejected = connections.rejected_so_far();
        let help = "Connections closed at once because too many were open.";
        page.single("ringbook_connections_rejected_total", "counter", help, rejected);
    }
}

fn write_pool(pool: &PoolMetrics, page: &mut Page) {
    type Count = fn(&PoolReading) -> u64;
    let families: [(&str, &str, &str, Count); 4] = [
        ("ringbook_workers_running", "gauge", "Jobs that workers have begun.", |kind| kind.running),
        ("ringbook_workers_waiting", "gauge", "Jobs that wait for a worker.", |kind| kind.waiting),
        ("ringbook_workers_refused_total", "counter", "Jobs refused because too many waited.", |kind| kind.refused),
        ("ringbook_workers_interrupted_total", "counter", "Jobs interrupted before they were done.", |kind| {
            kind.interrupted
        }),
    ];
    let kinds = pool.read();
    for (name, family, help, count) in families {
        page.family(name, family, help);
        for kind in &kinds {
            page.sample(name, &format!("{{kind=\"{}\"}}", kind.kind), count(kind));
        }
    }
    let name = "ringbook_workers_wait_seconds";
    page.family(name, "histogram", "Time that jobs wait for a worker.");
    for (at, kind) in kinds.iter().enumerate() {
        let (reading, label) = (pool.waits(at), format!("kind=\"{}\"", kind.kind));
        page.histogram(name, &label, &reading, |bound| bound as f64 / MICROS_PER_SECOND);
        page.sample(&format!("{name}_sum"), &format!("{{{label}}}"), reading.sum as f64 / NANOS_PER_SECOND);
    }
}

fn values(reading: &Reading) -> u64 {
    reading.cumulated.last().map_or(0, |&(_, values)| values)
}

/// The text of a page.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        self.line(format_args!("{name}{labels} {value}"));
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.family(name, kind, help);
        self.sample(name, "", value);
    }

    /// The buckets and the count; the sum is the caller's, who knows its unit.
    fn histogram(&mut self, name: &str, label: &str, reading: &Reading, unit: fn(u64) -> f64) {
        let comma = if label.is_empty() { "" } else { "," };
        for &(bound, values) in &reading.cumulated {
            let le = bound.map_or("+Inf".to_owned(), |bound| unit(bound).to_string());
            let labels = format!("{{{label}{comma}le=\"{le}\"}}");
            self.sample(&format!("{name}_bucket"), &labels, values);
        }
        let labels = if label.is_empty() { String::new() } else { format!("{{{label}}}") };
        self.sample(&format!("{name}_count"), &labels, values(reading));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.text, "{line}").expect("writing into a string does not fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_what_was_recorded() {
        let metrics = Metrics::new(&["get.contacts", "login.user"], &["ok", "forbidden"], &["parse"]);
        metrics.call(0, 0);
        metrics.call(0, 0);
        metrics.call(1, 1);
        metrics.stage(0, Duration::from_nanos(1_500));
        metrics.stage(0, Duration::from_secs(100));
        metrics.commit(3);
        metrics.books_in_memory(2, 4096);
        metrics.requests_reported(5);
        metrics.requests_dropped(1);
        let open = metrics.connections().open();
        metrics.connections().rejected();
        let page = metrics.page();
        for line in [
            "# TYPE ringbook_calls_total counter",
            "ringbook_calls_total{method=\"get.contacts\",outcome=\"ok\"} 2",
            "ringbook_calls_total{method=\"login.user\",outcome=\"forbidden\"} 1",
            "# TYPE ringbook_stage_seconds histogram",
            "ringbook_stage_seconds_bucket{stage=\"parse\",le=\"0.000001\"} 0",
            "ringbook_stage_seconds_bucket{stage=\"parse\",le=\"0.000002\"} 1",
            "ringbook_stage_seconds_bucket{stage=\"parse\",le=\"16.777216\"} 1",
            "ringbook_stage_seconds_bucket{stage=\"parse\",le=\"+Inf\"} 2",
            "ringbook_stage_seconds_count{stage=\"parse\"} 2",
            "ringbook_stage_seconds_sum{stage=\"parse\"} 100.0000015",
            "ringbook_commits_total 1",
            "ringbook_commit_changes_bucket{le=\"2\"} 0",
            "ringbook_commit_changes_bucket{le=\"4\"} 1",
            "ringbook_commit_changes_sum 3",
            "ringbook_books 2",
            "ringbook_book_bytes 4096",
            "ringbook_requests_reported_total 5",
            "ringbook_requests_dropped_total 1",
            "ringbook_connections 1",
            "ringbook_connections_rejected_total 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        drop(open);
        assert_eq!(metrics.connections().open_now(), 0);
        assert!(metrics.page().contains("\nringbook_connections_total 1\n"));
    }
}
