//! The numbers of a running server, and the page that shows them (Prometheus text format).
//!
//! Names of methods, outcomes and stages are given once, in order; from then on they are positions, so that
//! counting a call takes no look-up, no allocation and no lock.
//!
//! Written by hand rather than with `prometheus-client`: there every observation of a histogram takes a lock, and a
//! label set is looked up in a map behind another; here both are one addition to an atomic of the thread's own shard.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::page::Page;
use super::pool::{PoolMetrics, PoolReading};
use super::store::StoreMetrics;
use super::tally::{Histograms, Tally};
use super::transport::Connections;

/// Buckets of whole calls: 1 µs to 16.8 s by powers of two, and beyond.
const CALL_BUCKETS: usize = 26;
/// Buckets of stages: 1 µs to 16.8 s by powers of four, and beyond. There are as many histograms as methods and stages
/// together, so they are coarser.
const STAGE_BUCKETS: usize = 14;

/// Which limit a refused call has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaLimit {
    /// Points per minute.
    Minute,
    /// Points per day.
    Day,
}

impl QuotaLimit {
    const ALL: [(QuotaLimit, &'static str); 2] = [(QuotaLimit::Minute, "minute"), (QuotaLimit::Day, "day")];
}

/// Why the password of a login was not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefusal {
    /// The login has failed too often from this address.
    Login,
    /// Too many logins have failed from this address.
    Address,
    /// Too many logins have failed from this network.
    Network,
    /// Too many logins of this address, or of all, wait.
    Queue,
}

impl LoginRefusal {
    const ALL: [(LoginRefusal, &'static str); 4] = [
        (LoginRefusal::Login, "login"),
        (LoginRefusal::Address, "address"),
        (LoginRefusal::Network, "network"),
        (LoginRefusal::Queue, "queue"),
    ];
}

/// A call that was answered.
#[derive(Clone, Copy, Debug)]
pub struct CallRecord {
    /// Its method, by position.
    pub method: usize,
    /// Its outcome, by position.
    pub outcome: usize,
    /// From the whole body to the whole answer.
    pub took: Duration,
    /// Bytes of its body, decompressed.
    pub received_bytes: usize,
    /// Bytes of its answer, before compression.
    pub sent_bytes: usize,
}

/// All numbers of a server.
#[derive(Debug)]
pub struct Metrics {
    methods: Vec<&'static str>,
    outcomes: Vec<&'static str>,
    stages: Vec<&'static str>,
    calls: Tally,
    received_bytes: Tally,
    sent_bytes: Tally,
    durations: Histograms<CALL_BUCKETS>,
    stage_durations: Histograms<STAGE_BUCKETS, 2>,
    quota_refusals: Tally,
    login_refusals: Tally,
    books: AtomicU64,
    book_bytes: AtomicU64,
    patterns_compiled: AtomicU64,
    patterns_kept: AtomicU64,
    pattern_bytes: AtomicU64,
    requests_reported: AtomicU64,
    requests_dropped: AtomicU64,
    connections: Arc<Connections>,
    store: OnceLock<Arc<StoreMetrics>>,
    pool: OnceLock<Arc<PoolMetrics>>,
}

/// The position of a name in a list; of the last one if it is not there.
fn position(names: &[&'static str], name: &str) -> usize {
    let found = names.iter().position(|known| *known == name);
    debug_assert!(found.is_some(), "{name} is not counted");
    found.unwrap_or(names.len().saturating_sub(1))
}

impl Metrics {
    /// Metrics for these names; calls and stages are recorded by position in them.
    pub fn new(methods: &[&'static str], outcomes: &[&'static str], stages: &[&'static str]) -> Metrics {
        Metrics {
            calls: Tally::new(methods.len() * outcomes.len()),
            received_bytes: Tally::new(methods.len()),
            sent_bytes: Tally::new(methods.len()),
            durations: Histograms::new(methods.len()),
            stage_durations: Histograms::new(methods.len() * stages.len()),
            quota_refusals: Tally::new(QuotaLimit::ALL.len()),
            login_refusals: Tally::new(LoginRefusal::ALL.len()),
            books: AtomicU64::new(0),
            book_bytes: AtomicU64::new(0),
            patterns_compiled: AtomicU64::new(0),
            patterns_kept: AtomicU64::new(0),
            pattern_bytes: AtomicU64::new(0),
            requests_reported: AtomicU64::new(0),
            requests_dropped: AtomicU64::new(0),
            connections: Arc::default(),
            store: OnceLock::new(),
            pool: OnceLock::new(),
            methods: methods.to_vec(),
            outcomes: outcomes.to_vec(),
            stages: stages.to_vec(),
        }
    }

    /// With counters of the transport for these reasons to refuse a request.
    pub fn with_refusals(mut self, reasons: &[&'static str]) -> Metrics {
        self.connections = Arc::new(Connections::new(reasons));
        self
    }

    /// The position of a method, or of the last one for a name that is not known.
    pub fn method(&self, name: &str) -> usize {
        position(&self.methods, name)
    }

    /// The position of an outcome, or of the last one for a name that is not known.
    pub fn outcome(&self, name: &str) -> usize {
        position(&self.outcomes, name)
    }

    /// Counts and times a call that was answered.
    pub fn call(&self, call: &CallRecord) {
        debug_assert!(call.outcome < self.outcomes.len() && call.method < self.methods.len());
        self.calls.add(call.method * self.outcomes.len() + call.outcome, 1);
        self.received_bytes.add(call.method, call.received_bytes as u64);
        self.sent_bytes.add(call.method, call.sent_bytes as u64);
        self.durations.record_time(call.method, call.took);
    }

    /// Files the time that a stage of a call has taken; method and stage by position.
    pub fn stage(&self, method: usize, stage: usize, took: Duration) {
        debug_assert!(stage < self.stages.len() && method < self.methods.len());
        self.stage_durations.record_time(method * self.stages.len() + stage, took);
    }

    /// Counts a call that was refused because a limit was reached.
    pub fn quota_refused(&self, limit: QuotaLimit) {
        self.quota_refusals.add(limit as usize, 1);
    }

    /// Counts a login whose password was not checked.
    pub fn login_refused(&self, refusal: LoginRefusal) {
        self.login_refusals.add(refusal as usize, 1);
    }

    /// Says how many books are in memory, and how many bytes they take.
    pub fn books_in_memory(&self, books: usize, bytes: usize) {
        self.books.store(books as u64, Relaxed);
        self.book_bytes.store(bytes as u64, Relaxed);
    }

    /// Counts patterns of a query: those that were compiled, and those that were kept of former queries.
    pub fn patterns(&self, compiled: u64, kept: u64) {
        if compiled > 0 {
            self.patterns_compiled.fetch_add(compiled, Relaxed);
        }
        if kept > 0 {
            self.patterns_kept.fetch_add(kept, Relaxed);
        }
    }

    /// Says how many bytes the compiled patterns take that are kept.
    pub fn pattern_bytes(&self, bytes: usize) {
        self.pattern_bytes.store(bytes as u64, Relaxed);
    }

    /// Counts requests that are in the report now.
    pub fn requests_reported(&self, requests: u64) {
        self.requests_reported.fetch_add(requests, Relaxed);
    }

    /// Counts requests that the report has no room for.
    pub fn requests_dropped(&self, requests: u64) {
        self.requests_dropped.fetch_add(requests, Relaxed);
    }

    /// The counters of the transport.
    pub fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// Shows the numbers of a store, if none is shown yet.
    pub fn show_store(&self, store: Arc<StoreMetrics>) {
        let _ = self.store.set(store);
    }

    /// Shows the numbers of a pool of workers, if none is shown yet.
    pub fn show_pool(&self, pool: Arc<PoolMetrics>) {
        let _ = self.pool.set(pool);
    }

    /// The metrics page.
    pub fn page(&self) -> String {
        let mut page = Page::default();
        self.write_calls(&mut page);
        self.write_durations(&mut page);
        self.write_quota(&mut page);
        if let Some(store) = self.store.get() {
            store.write(&mut page);
        }
        self.write_books(&mut page);
        self.write_report(&mut page);
        self.connections.write(&mut page);
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
        let received = "ringbook_call_received_bytes_total";
        self.write_bytes(page, received, "Bytes of calls, decompressed, by method.", &self.received_bytes);
        let sent = "ringbook_call_sent_bytes_total";
        self.write_bytes(page, sent, "Bytes of answers before compression, by method.", &self.sent_bytes);
    }

    fn write_bytes(&self, page: &mut Page, name: &str, help: &str, bytes: &Tally) {
        page.family(name, "counter", help);
        for (at, method) in self.methods.iter().enumerate() {
            let bytes = bytes.sum(at);
            if bytes > 0 {
                page.sample(name, &format!("{{method=\"{method}\"}}"), bytes);
            }
        }
    }

    /// Only what was called at all: a page of every method and stage would have thousands of lines.
    fn write_durations(&self, page: &mut Page) {
        let name = "ringbook_call_seconds";
        page.family(name, "histogram", "Time from the whole body of a call to its whole answer.");
        for (at, method) in self.methods.iter().enumerate() {
            let reading = self.durations.read(at);
            if reading.values() > 0 {
                page.durations(name, &format!("method=\"{method}\""), &reading);
            }
        }
        let name = "ringbook_stage_seconds";
        page.family(name, "histogram", "Time that the stages of a call take.");
        for (m, method) in self.methods.iter().enumerate() {
            for (s, stage) in self.stages.iter().enumerate() {
                let reading = self.stage_durations.read(m * self.stages.len() + s);
                if reading.values() > 0 {
                    page.durations(name, &format!("method=\"{method}\",stage=\"{stage}\""), &reading);
                }
            }
        }
    }

    fn write_quota(&self, page: &mut Page) {
        let name = "ringbook_quota_refusals_total";
        page.family(name, "counter", "Calls refused because a limit of points was reached.");
        for (limit, label) in QuotaLimit::ALL {
            page.sample(name, &format!("{{limit=\"{label}\"}}"), self.quota_refusals.sum(limit as usize));
        }
        let name = "ringbook_login_refusals_total";
        page.family(name, "counter", "Logins whose password was not checked because of a bound.");
        for (refusal, label) in LoginRefusal::ALL {
            page.sample(name, &format!("{{reason=\"{label}\"}}"), self.login_refusals.sum(refusal as usize));
        }
    }

    fn write_books(&self, page: &mut Page) {
        let books = self.books.load(Relaxed);
        page.single("ringbook_books", "gauge", "Books in memory.", books);
        let bytes = self.book_bytes.load(Relaxed);
        let help = "Bytes that the books in memory take.";
        page.single("ringbook_book_bytes", "gauge", help, bytes);
        let name = "ringbook_patterns_total";
        page.family(name, "counter", "Patterns of queries: compiled, or kept of former queries.");
        page.sample(name, "{source=\"compiled\"}", self.patterns_compiled.load(Relaxed));
        page.sample(name, "{source=\"kept\"}", self.patterns_kept.load(Relaxed));
        let help = "Bytes that the compiled patterns take that are kept.";
        page.single("ringbook_pattern_bytes", "gauge", help, self.pattern_bytes.load(Relaxed));
    }

    fn write_report(&self, page: &mut Page) {
        let reported = self.requests_reported.load(Relaxed);
        page.single("ringbook_requests_reported_total", "counter", "Requests written to the report.", reported);
        let dropped = self.requests_dropped.load(Relaxed);
        let help = "Requests that the report had no room for while the store was away.";
        page.single("ringbook_requests_dropped_total", "counter", help, dropped);
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
        page.durations(name, &label, &reading);
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::CommitStage;
    use super::super::transport::BudgetKind;
    use super::*;

    fn call(method: usize, outcome: usize) -> CallRecord {
        CallRecord { method, outcome, took: Duration::from_micros(3), received_bytes: 10, sent_bytes: 100 }
    }

    #[test]
    fn the_page_shows_what_was_recorded() {
        let metrics = Metrics::new(&["get.contacts", "login.user"], &["ok", "forbidden"], &["parse"]);
        let metrics = metrics.with_refusals(&["body_too_large"]);
        let store = Arc::new(StoreMetrics::default());
        metrics.show_store(Arc::clone(&store));
        metrics.call(&call(0, 0));
        metrics.call(&call(0, 0));
        metrics.call(&call(1, 1));
        metrics.stage(0, 0, Duration::from_nanos(1_500));
        metrics.stage(0, 0, Duration::from_secs(100));
        metrics.quota_refused(QuotaLimit::Day);
        store.committed(3, Duration::from_micros(5));
        store.stage(CommitStage::Execute, Duration::from_micros(3));
        store.checkpointed(Duration::from_millis(2));
        store.log_pages(17);
        store.commit_failed();
        store.waited_for_connection(Duration::ZERO);
        metrics.books_in_memory(2, 4096);
        metrics.patterns(2, 3);
        metrics.pattern_bytes(512);
        metrics.requests_reported(5);
        metrics.requests_dropped(1);
        let transport = metrics.connections();
        let open = transport.open();
        transport.rejected();
        transport.received(7);
        transport.sent(8);
        transport.refused(0);
        transport.charged(BudgetKind::Responses, 1024);
        let waiting = transport.waiting(BudgetKind::RequestBodies);
        transport.waited(BudgetKind::RequestBodies, Duration::from_micros(4));
        let page = metrics.page();
        for line in [
            "# TYPE ringbook_calls_total counter",
            "ringbook_calls_total{method=\"get.contacts\",outcome=\"ok\"} 2",
            "ringbook_calls_total{method=\"login.user\",outcome=\"forbidden\"} 1",
            "ringbook_call_received_bytes_total{method=\"get.contacts\"} 20",
            "ringbook_call_sent_bytes_total{method=\"login.user\"} 100",
            "# TYPE ringbook_call_seconds histogram",
            "ringbook_call_seconds_bucket{method=\"get.contacts\",le=\"0.000002\"} 0",
            "ringbook_call_seconds_bucket{method=\"get.contacts\",le=\"0.000004\"} 2",
            "ringbook_call_seconds_count{method=\"get.contacts\"} 2",
            "# TYPE ringbook_stage_seconds histogram",
            "ringbook_stage_seconds_bucket{method=\"get.contacts\",stage=\"parse\",le=\"0.000001\"} 0",
            "ringbook_stage_seconds_bucket{method=\"get.contacts\",stage=\"parse\",le=\"0.000004\"} 1",
            "ringbook_stage_seconds_bucket{method=\"get.contacts\",stage=\"parse\",le=\"16.777216\"} 1",
            "ringbook_stage_seconds_bucket{method=\"get.contacts\",stage=\"parse\",le=\"+Inf\"} 2",
            "ringbook_stage_seconds_count{method=\"get.contacts\",stage=\"parse\"} 2",
            "ringbook_stage_seconds_sum{method=\"get.contacts\",stage=\"parse\"} 100.0000015",
            "ringbook_quota_refusals_total{limit=\"minute\"} 0",
            "ringbook_quota_refusals_total{limit=\"day\"} 1",
            "ringbook_commits_total 1",
            "ringbook_commits_failed_total 1",
            "ringbook_commit_seconds_bucket{le=\"0.000008\"} 1",
            "ringbook_commit_seconds_bucket{le=\"0.05\"} 1",
            "ringbook_commit_seconds_sum 0.000005",
            "ringbook_commit_stage_seconds_bucket{stage=\"execute\",le=\"0.000004\"} 1",
            "ringbook_commit_stage_seconds_count{stage=\"turn\"} 0",
            "ringbook_checkpoint_seconds_sum 0.002",
            "ringbook_log_pages 17",
            "ringbook_commit_changes_bucket{le=\"2\"} 0",
            "ringbook_commit_changes_bucket{le=\"4\"} 1",
            "ringbook_commit_changes_sum 3",
            "ringbook_store_connection_wait_seconds_count 1",
            "ringbook_books 2",
            "ringbook_book_bytes 4096",
            "ringbook_patterns_total{source=\"compiled\"} 2",
            "ringbook_patterns_total{source=\"kept\"} 3",
            "ringbook_pattern_bytes 512",
            "ringbook_requests_reported_total 5",
            "ringbook_requests_dropped_total 1",
            "ringbook_connections 1",
            "ringbook_connections_rejected_total 1",
            "ringbook_received_bytes_total 7",
            "ringbook_sent_bytes_total 8",
            "ringbook_requests_refused_total{reason=\"body_too_large\"} 1",
            "ringbook_in_flight_bytes{budget=\"responses\"} 1024",
            "ringbook_budget_waiting{budget=\"request_bodies\"} 1",
            "ringbook_budget_wait_seconds_bucket{budget=\"request_bodies\",le=\"0.000004\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        drop((open, waiting));
        let page = metrics.page();
        assert!(page.contains("\nringbook_connections 0\n") && page.contains("\nringbook_connections_total 1\n"));
        assert!(page.contains("ringbook_budget_waiting{budget=\"request_bodies\"} 0\n"));
    }
}
