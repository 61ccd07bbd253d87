//! The numbers of the transport: connections, bytes, refused requests, and the budgets of bytes in flight.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::page::Page;
use super::tally::{Histograms, Tally};

/// Buckets of waits: 1 µs to 16.8 s by powers of four, and beyond.
const WAIT_BUCKETS: usize = 14;

const RECEIVED: usize = 0;
const SENT: usize = 1;

/// A budget of bytes in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetKind {
    /// Bodies of requests, from before they are read until they are answered.
    RequestBodies,
    /// Responses, from when they are made until they are in the socket's buffer.
    Responses,
}

impl BudgetKind {
    const ALL: [BudgetKind; 2] = [BudgetKind::RequestBodies, BudgetKind::Responses];

    fn label(self) -> &'static str {
        match self {
            BudgetKind::RequestBodies => "budget=\"request_bodies\"",
            BudgetKind::Responses => "budget=\"responses\"",
        }
    }
}

/// Counters of the transport, shared by its listeners.
#[derive(Debug)]
pub struct Connections {
    open: AtomicU64,
    accepted: AtomicU64,
    rejected: AtomicU64,
    bytes: Tally,
    refusals: Vec<&'static str>,
    refused: Tally,
    in_flight: [AtomicU64; BudgetKind::ALL.len()],
    waiting: [AtomicU64; BudgetKind::ALL.len()],
    waits: Histograms<WAIT_BUCKETS, 2>,
}

impl Default for Connections {
    fn default() -> Self {
        Connections::new(&[])
    }
}

/// Counts as an open connection until dropped.
#[derive(Debug)]
pub struct OpenConnection<'a> {
    connections: &'a Connections,
}

/// Counts as waiting for a budget until dropped.
#[derive(Debug)]
pub struct BudgetWait<'a>(&'a AtomicU64);

impl Connections {
    /// Counters; requests that are refused before a front end sees them are counted by position in these reasons.
    pub fn new(refusals: &[&'static str]) -> Connections {
        Connections {
            open: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            bytes: Tally::new(2),
            refusals: refusals.to_vec(),
            refused: Tally::new(refusals.len()),
            in_flight: Default::default(),
            waiting: Default::default(),
            waits: Histograms::new(BudgetKind::ALL.len()),
        }
    }

    /// Counts a connection as accepted, and as open while the guard lives.
    pub fn open(&self) -> OpenConnection<'_> {
        self.accepted.fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
        OpenConnection { connections: self }
    }

    /// Counts a connection that was closed at once because too many were open.
    pub fn rejected(&self) {
        self.rejected.fetch_add(1, Relaxed);
    }

    /// Connections that are open now.
    pub fn open_now(&self) -> u64 {
        self.open.load(Relaxed)
    }

    /// Connections closed at once so far.
    pub fn rejected_so_far(&self) -> u64 {
        self.rejected.load(Relaxed)
    }

    /// Counts bytes read from clients, after decryption.
    pub fn received(&self, bytes: usize) {
        self.bytes.add(RECEIVED, bytes as u64);
    }

    /// Counts bytes written to clients, before encryption.
    pub fn sent(&self, bytes: usize) {
        self.bytes.add(SENT, bytes as u64);
    }

    /// Counts a request that was refused, by position of the reason.
    pub fn refused(&self, reason: usize) {
        if reason < self.refusals.len() {
            self.refused.add(reason, 1);
        }
    }

    /// Requests refused so far for a reason, by position.
    pub fn refused_so_far(&self, reason: usize) -> u64 {
        self.refused.sum(reason)
    }

    /// Counts bytes as in flight.
    pub fn charged(&self, budget: BudgetKind, bytes: u64) {
        self.in_flight[budget as usize].fetch_add(bytes, Relaxed);
    }

    /// Counts bytes as in flight no longer.
    pub fn released(&self, budget: BudgetKind, bytes: u64) {
        self.in_flight[budget as usize].fetch_sub(bytes, Relaxed);
    }

    /// Bytes that are in flight now.
    pub fn in_flight(&self, budget: BudgetKind) -> u64 {
        self.in_flight[budget as usize].load(Relaxed)
    }

    /// Counts as waiting while the guard lives.
    pub fn waiting(&self, budget: BudgetKind) -> BudgetWait<'_> {
        let waiting = &self.waiting[budget as usize];
        waiting.fetch_add(1, Relaxed);
        BudgetWait(waiting)
    }

    /// How many wait now.
    pub fn waiting_now(&self, budget: BudgetKind) -> u64 {
        self.waiting[budget as usize].load(Relaxed)
    }

    /// Files how long something has waited for a budget.
    pub fn waited(&self, budget: BudgetKind, took: Duration) {
        self.waits.record_time(budget as usize, took);
    }

    pub(super) fn write(&self, page: &mut Page) {
        page.single("ringbook_connections", "gauge", "Connections open now.", self.open_now());
        let accepted = self.accepted.load(Relaxed);
        page.single("ringbook_connections_total", "counter", "Connections accepted.", accepted);
        let help = "Connections closed at once because too many were open.";
        page.single("ringbook_connections_rejected_total", "counter", help, self.rejected_so_far());
        let received = self.bytes.sum(RECEIVED);
        page.single("ringbook_received_bytes_total", "counter", "Bytes read from clients.", received);
        let sent = self.bytes.sum(SENT);
        page.single("ringbook_sent_bytes_total", "counter", "Bytes written to clients.", sent);
        self.write_refused(page);
        self.write_budgets(page);
    }

    fn write_refused(&self, page: &mut Page) {
        let name = "ringbook_requests_refused_total";
        page.family(name, "counter", "Requests refused before a front end saw them.");
        for (at, reason) in self.refusals.iter().enumerate() {
            page.sample(name, &format!("{{reason=\"{reason}\"}}"), self.refused.sum(at));
        }
    }

    fn write_budgets(&self, page: &mut Page) {
        let labels = BudgetKind::ALL.map(|budget| (budget, budget.label()));
        let name = "ringbook_in_flight_bytes";
        page.family(name, "gauge", "Bytes of large bodies and responses in flight.");
        for (budget, label) in labels {
            page.sample(name, &format!("{{{label}}}"), self.in_flight(budget));
        }
        let name = "ringbook_budget_waiting";
        page.family(name, "gauge", "Bodies and responses that wait for their budget.");
        for (budget, label) in labels {
            page.sample(name, &format!("{{{label}}}"), self.waiting_now(budget));
        }
        let name = "ringbook_budget_wait_seconds";
        page.family(name, "histogram", "Time that bodies and responses have waited for their budget.");
        for (budget, label) in labels {
            page.durations(name, label, &self.waits.read(budget as usize));
        }
    }
}

impl Drop for OpenConnection<'_> {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Relaxed);
    }
}

impl Drop for BudgetWait<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
