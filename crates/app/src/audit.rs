//! The request report: every call whose caller is known, for those who want to know who called what.
//!
//! A call must not wait for its report, so it leaves its record in a buffer ([`buffer`]), in the words in
//! which it will be stored, and goes. Once a second, or when much has gathered, the buffer is written to the store in
//! pieces that hold up nobody else; a crash loses what has not been written. While the store is away the buffer grows
//! to a bound; what does not fit is dropped and counted. Questions ([`query`]) first have the buffer written, so that
//! callers find what they did a moment ago.
//!
//! It judges no right and knows no mnemonic: those above say who may see what.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};

mod buffer;
mod query;
mod report_room;
mod thinning;

#[cfg(test)]
mod tests;

pub use buffer::WAITING_BYTES_MAX;
pub use query::{AuditError, AuditPage, AuditScope};
pub use report_room::ReportBounds;
pub use ringbook_store::{AccountId, Request, Sent};
pub use thinning::WHOLE_MAX;

use buffer::Buffer;
use report_room::ReportRoom;
use ringbook_clock::Clock;
use ringbook_store::{Segment, Store, StoreError};
use ringbook_telemetry::Metrics;
use thinning::{Refusal, Thinning};

/// How often the buffer is written: a crash forgets what came since.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// With this many bytes in it the buffer is written at once.
const FULL_BYTES: usize = 8 << 20;
/// Most bytes of one transaction, so that changes of books need not wait for it.
const WRITE_BYTES_MAX: usize = 2 << 20;
/// How often requests are looked for that have been kept long enough.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// Most segments that are deleted in one transaction.
const PURGE_SEGMENTS_MAX: usize = 16;
const DAY_SECONDS: i64 = 86_400;
/// How long the report of an account waits after the store did not take it, while it took that of others.
const AWAY_FOR: Duration = Duration::from_secs(60);

/// The report. One for a server.
pub struct AuditLog {
    store: Store,
    clock: Clock,
    metrics: Arc<Metrics>,
    bounds: ReportBounds,
    /// The bytes that accounts have in the store.
    room: Mutex<ReportRoom>,
    buffer: Mutex<Buffer>,
    thinning: Mutex<Thinning>,
    full: Notify,
    /// The accounts whose report the store did not take although it replied, and when that was.
    away: Mutex<HashMap<AccountId, Instant>>,
    /// Its holder is the only one that writes.
    writing: tokio::sync::Mutex<()>,
    /// Whether the log knows that the store does not take the report.
    lost: AtomicBool,
    /// Whether the log knows that requests are dropped.
    drops: AtomicBool,
}

impl AuditLog {
    /// A report that goes to this store, within these bounds.
    pub fn new(store: Store, clock: Clock, metrics: Arc<Metrics>, bounds: ReportBounds) -> Arc<Self> {
        Arc::new(Self {
            store,
            clock,
            metrics,
            bounds,
            room: Mutex::default(),
            buffer: Mutex::default(),
            thinning: Mutex::default(),
            away: Mutex::default(),
            full: Notify::new(),
            writing: tokio::sync::Mutex::default(),
            lost: AtomicBool::new(false),
            drops: AtomicBool::new(false),
        })
    }

    /// Takes a request into the report of an account. Costs well under a microsecond, and waits for nothing but others
    /// that do the same. Of many refusals of one kind the first are recorded, the others counted.
    pub fn record(&self, account: AccountId, request: &Request<'_>) {
        if request.failure.is_some() && !self.thinning().is_whole(account, request, Refusal::FirstWhole) {
            return;
        }
        self.add(account, request);
    }

    /// Counts a call that was refused before it was admitted, without recording it: a record per minute and mnemonic says
    /// how many such calls there were.
    pub fn count_refusal(&self, account: AccountId, request: &Request<'_>) {
        self.thinning().is_whole(account, request, Refusal::Counted);
    }

    fn add(&self, account: AccountId, request: &Request<'_>) {
        let added = buffer::in_words(request, |words| self.buffer().add(account, request.started_at, words));
        if added.dropped > 0 {
            self.dropped(added.dropped);
        }
        if added.bytes >= FULL_BYTES {
            self.full.notify_one();
        }
    }

    /// Records the refusals that were only counted.
    fn record_counted(&self, counted: Vec<thinning::ThinnedRefusals>) {
        for refusals in counted {
            refusals.record(|request| self.add(refusals.account, request));
        }
    }

    fn thinning(&self) -> std::sync::MutexGuard<'_, Thinning> {
        self.thinning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what has gathered. Once begun it is finished, even when the caller goes away. What the store does not
    /// take is kept for the next time.
    pub async fn flush(self: &Arc<Self>) -> Result<(), StoreError> {
        let report = Arc::clone(self);
        tokio::spawn(async move { report.write_out().await }).await.map_err(StoreError::unavailable)?
    }

    /// Writes the report until `stop` is done, then once more. To be run beside the calls.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut writes = interval(WRITE_EVERY);
        writes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut purges = interval(PURGE_EVERY);
        purges.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                biased;
                () = &mut stop => break,
                _ = purges.tick() => self.purge().await,
                _ = writes.tick() => self.flush().await,
                () = self.full.notified() => self.flush().await,
            };
            self.log(outcome);
        }
        let counted = self.thinning().all();
        self.record_counted(counted);
        // What waits is tried once more.
        self.away().clear();
        match self.flush().await {
            Err(fault) => tracing::error!(%fault, "the last requests were not reported"),
            Ok(()) => {
                let lost: u64 = self.buffer().close().iter().map(|segment| segment.count).sum();
                if lost > 0 {
                    tracing::error!(
                        lost,
                        "requests of accounts whose report the store does not take were not reported"
                    );
                }
            }
        }
    }

    async fn write_out(&self) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        let counted = self.thinning().over(self.clock.now().unix());
        self.record_counted(counted);
        let closed = self.buffer().close();
        // Those of accounts whose machine is away wait for another time, before the others, as they are older.
        let (waiting, closed): (Vec<_>, Vec<_>) = closed.into_iter().partition(|segment| self.is_away(segment.account));
        self.buffer().put_back(waiting.into_iter());
        let mut segments = closed.into_iter();
        loop {
            let piece = Arc::new(piece(&mut segments));
            if piece.is_empty() {
                return Ok(());
            }
            if let Err(fault) = self.write_piece(&piece).await {
                let kept = piece.iter().cloned().chain(segments);
                self.buffer().put_back(kept);
                return Err(fault);
            }
            self.trim().await?;
        }
    }

    /// Writes some segments in one transaction. If that fails and the store replies otherwise, its rows may be divided
    /// between machines by account: they are written one by one, and those that fail wait.
    async fn write_piece(&self, piece: &Arc<Vec<Segment>>) -> Result<(), StoreError> {
        let fault = match self.store.add_requests(Arc::clone(piece)).await {
            Ok(totals) => {
                self.added(piece, totals);
                return Ok(());
            }
            Err(fault) => fault,
        };
        self.store.ping().await.map_err(|_| fault)?;
        let mut failed = Vec::new();
        for segment in piece.iter() {
            if self.is_away(segment.account) {
                failed.push(segment.clone());
                continue;
            }
            let one = Arc::new(vec![segment.clone()]);
            match self.store.add_requests(Arc::clone(&one)).await {
                Ok(totals) => self.added(&one, totals),
                Err(fault) => {
                    if self.away().insert(segment.account, Instant::now()).is_none() {
                        tracing::error!(%fault, account = ?segment.account, "the store replies, but does not take the report of an account: it waits in memory, as far as it fits");
                    }
                    failed.push(segment.clone());
                }
            }
        }
        self.buffer().put_back(failed.into_iter());
        Ok(())
    }

    /// These segments are in the store.
    fn added(&self, segments: &[Segment], totals: Vec<(AccountId, u64)>) {
        for segment in segments {
            self.away().remove(&segment.account);
        }
        self.room().added(totals);
        self.buffer().written(segments);
        self.metrics.requests_reported(segments.iter().map(|segment| segment.count).sum());
    }

    /// Whether the store did not take the report of this account a moment ago.
    fn is_away(&self, account: AccountId) -> bool {
        self.away().get(&account).is_some_and(|since| since.elapsed() < AWAY_FOR)
    }

    fn away(&self) -> std::sync::MutexGuard<'_, HashMap<AccountId, Instant>> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes requests that have been kept long enough and rows of removed accounts, in short transactions.
    async fn purge(&self) -> Result<(), StoreError> {
        let before = self.clock.now().plus(-i64::from(self.bounds.days) * DAY_SECONDS);
        while self.store.purge_requests(before.unix(), PURGE_SEGMENTS_MAX).await? > 0 {}
        self.store.empty_removed_accounts().await?;
        let totals = self.store.request_bytes().await?;
        *self.room() = ReportRoom::of(totals);
        self.trim().await
    }

    /// Deletes the oldest requests of accounts that have too much, in short transactions.
    async fn trim(&self) -> Result<(), StoreError> {
        loop {
            let Some((account, excess)) = self.room().excess(&self.bounds) else { return Ok(()) };
            let (segments, bytes) = self.store.trim_requests(account, excess).await?;
            self.room().trimmed(account, bytes);
            if segments == 0 {
                // Another server has trimmed it; the next look at the totals tells what is left.
                self.room().trimmed(account, u64::MAX);
            }
        }
    }

    fn room(&self) -> std::sync::MutexGuard<'_, ReportRoom> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A loss is logged once, and that it is over.
    fn log(&self, outcome: Result<(), StoreError>) {
        match outcome {
            Ok(()) if self.lost.swap(false, Relaxed) => {
                self.drops.store(false, Relaxed);
                tracing::info!("the store takes the request report again");
            }
            Ok(()) => {}
            Err(fault) if !self.lost.swap(true, Relaxed) => {
                tracing::error!(%fault, "the request report cannot be written: it waits in memory, as far as it fits");
            }
            Err(_) => {}
        }
    }

    #[cold]
    fn dropped(&self, count: u64) {
        self.metrics.requests_dropped(count);
        if !self.drops.swap(true, Relaxed) {
            tracing::error!("the request report has gaps: too much of it waits for the store");
        }
    }

    fn buffer(&self) -> std::sync::MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next segments, as many as one transaction takes; one at least if there is one.
fn piece(segments: &mut std::vec::IntoIter<Segment>) -> Vec<Segment> {
    let mut piece = Vec::new();
    let mut bytes = 0;
    while let Some(next) = segments.as_slice().first() {
        bytes += next.requests.len();
        if bytes > WRITE_BYTES_MAX && !piece.is_empty() {
            break;
        }
        piece.extend(segments.next());
    }
    piece
}
