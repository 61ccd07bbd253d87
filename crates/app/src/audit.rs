//! The request report: every call whose caller is known, for those who want to know who called what.
//!
//! A call must not wait for its report, so it leaves its record in a buffer ([`buffer`]), in the words in
//! which it will be stored, and goes. Once a second, or when much has gathered, the buffer is written to the store in
//! pieces that hold up nobody else; a crash loses what has not been written. While the store is away the buffer grows
//! to a bound; what does not fit is dropped and counted. Questions ([`query`]) first have the requests of their account
//! written, and of no other, so that callers find what they did a moment ago and do not wait for what others did.
//!
//! The rows may be divided between machines by account. An account whose requests the store did not take, although it
//! replies, is *apart* ([`apart`]): it is written in transactions of its own, beside those of the others, until that
//! succeeds.
//!
//! It judges no right and knows no mnemonic: those above say who may see what.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

mod apart;
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

use apart::Apart;
use buffer::{Buffer, TakenSegments};
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
/// Accounts apart that are written at the same time, so that they do not take all connections to the store.
const APART_WRITERS: usize = 2;
/// How long a server that stops waits until the last requests are written.
const LAST_WRITE_TIME_MAX: Duration = Duration::from_secs(2);

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
    /// The accounts that are written by themselves.
    apart: Mutex<Apart>,
    /// Its holder is the only one that writes for all accounts.
    writing: tokio::sync::Mutex<()>,
    /// Its holder is the only one that goes through the accounts apart.
    writing_apart: tokio::sync::Mutex<()>,
    /// A writer has finished with an account.
    finished: Notify,
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
            apart: Mutex::default(),
            full: Notify::new(),
            writing: tokio::sync::Mutex::default(),
            writing_apart: tokio::sync::Mutex::default(),
            finished: Notify::new(),
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

    /// Writes what has gathered of this account if some of it may be of this time (Unix seconds), without waiting for what
    /// has gathered of others. Once begun it is finished, even when the caller goes away. What the store does not take is
    /// kept for the next time.
    ///
    /// # Errors
    /// The store does not reply. That it does not take the requests of this account alone is no error.
    pub async fn flush_account(
        self: &Arc<Self>,
        account: AccountId,
        time: &RangeInclusive<i64>,
    ) -> Result<(), StoreError> {
        self.record_over();
        let has_some = self.buffer().may_have(account, time);
        let waits = self.apart().waits(account, Instant::now());
        if !has_some || waits {
            return Ok(());
        }
        let report = Arc::clone(self);
        tokio::spawn(async move { report.write_account(account).await }).await.map_err(StoreError::unavailable)?
    }

    /// Writes what has gathered of all accounts. Once begun it is finished, even when the caller goes away. What the
    /// store does not take is kept for the next time.
    ///
    /// # Errors
    /// The store does not reply.
    pub async fn flush(self: &Arc<Self>) -> Result<(), StoreError> {
        let report = Arc::clone(self);
        let write = async move {
            report.write_all().await?;
            let _turn = report.writing_apart.lock().await;
            report.write_apart().await;
            Ok(())
        };
        tokio::spawn(write).await.map_err(StoreError::unavailable)?
    }

    /// Writes the report until `stop` is done, then once more. To be run beside the calls.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.write_regularly() => {}
            () = self.purge_regularly() => {}
        }
        let counted = self.thinning().all();
        self.record_counted(counted);
        // What waits is tried once more.
        self.apart().try_all_now();
        match tokio::time::timeout(LAST_WRITE_TIME_MAX, self.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => tracing::error!(%fault, "the last requests were not reported"),
            Err(_) => tracing::error!("the store took too long: the last requests may not have been reported"),
        }
        let lost = self.buffer().count();
        if lost > 0 {
            tracing::error!(lost, "requests of accounts whose report the store does not take were not reported");
        }
    }

    /// Never ends.
    async fn write_regularly(self: &Arc<Self>) {
        let mut writes = interval(WRITE_EVERY);
        writes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = writes.tick() => {}
                () = self.full.notified() => {}
            }
            let report = Arc::clone(self);
            let written = tokio::spawn(async move { report.write_all().await }).await;
            self.log(written.unwrap_or_else(|fault| Err(StoreError::unavailable(fault))));
            // The others do not wait for those apart.
            let report = Arc::clone(self);
            tokio::spawn(async move {
                if let Ok(_turn) = report.writing_apart.try_lock() {
                    report.write_apart().await;
                }
            });
        }
    }

    /// Never ends.
    async fn purge_regularly(&self) {
        let mut purges = interval(PURGE_EVERY);
        purges.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            purges.tick().await;
            if let Err(fault) = self.purge().await {
                tracing::warn!(%fault, "old requests of the report were not deleted");
            }
        }
    }

    /// Records what was counted in a minute that is over.
    fn record_over(&self) {
        let counted = self.thinning().over(self.clock.now().unix());
        self.record_counted(counted);
    }

    /// Writes everything but what is apart, as many accounts in a transaction as it takes.
    async fn write_all(&self) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        self.record_over();
        let mut taken = {
            let apart = self.apart();
            self.buffer().take_all(|account| !apart.has(account)).into_iter().peekable()
        };
        while let Some(first) = taken.next() {
            let (mut accounts, mut segments) = (vec![first.account], first.segments);
            let mut room = WRITE_BYTES_MAX.saturating_sub(first.bytes);
            while let Some(next) = taken.next_if(|next| next.bytes <= room) {
                room -= next.bytes;
                accounts.push(next.account);
                segments.extend(next.segments);
            }
            let Err((fault, kept)) = self.write(segments).await else {
                accounts.into_iter().for_each(|account| self.finish(account, Vec::new()));
                continue;
            };
            let mut kept = kept.into_iter().peekable();
            for account in &accounts {
                let of_account = std::iter::from_fn(|| kept.next_if(|segment| segment.account == *account)).collect();
                self.finish(*account, of_account);
            }
            if self.store.ping().await.is_err() {
                taken.for_each(|left| self.finish(left.account, left.segments));
                return Err(fault);
            }
            // The rows of one of them may be on a machine that does not reply.
            self.apart().add(accounts);
        }
        self.trim().await
    }

    /// Writes the accounts that are apart and to be tried.
    async fn write_apart(self: &Arc<Self>) {
        let (mut due, mut writers) = (self.apart().due(Instant::now()).into_iter(), JoinSet::new());
        loop {
            while writers.len() < APART_WRITERS
                && let Some(account) = due.next()
            {
                let report = Arc::clone(self);
                writers.spawn(async move { report.write_account(account).await });
            }
            match writers.join_next().await {
                Some(Ok(Ok(()))) => {}
                // The store does not reply: the others wait for the next time.
                Some(_) => due = Vec::new().into_iter(),
                None => return,
            }
        }
    }

    /// Writes what waits of one account, after what another writer has of it.
    async fn write_account(&self, account: AccountId) -> Result<(), StoreError> {
        let segments = loop {
            let mut finished = pin!(self.finished.notified());
            finished.as_mut().enable();
            let taken = self.buffer().take_of(account);
            match taken {
                TakenSegments::Segments(segments) => break segments,
                TakenSegments::BeingWritten => finished.await,
                TakenSegments::Nothing => {
                    self.apart().remove(account);
                    return Ok(());
                }
            }
        };
        match self.write(segments).await {
            Ok(()) => {
                self.apart().remove(account);
                self.finish(account, Vec::new());
            }
            Err((fault, kept)) => {
                self.finish(account, kept);
                if self.store.ping().await.is_err() {
                    return Err(fault);
                }
                self.failed(account, &fault);
            }
        }
        Ok(())
    }

    /// Writes segments, in several transactions where they are many. Returns those that the store did not take.
    async fn write(&self, segments: Vec<Segment>) -> Result<(), (StoreError, Vec<Segment>)> {
        let mut left = segments.into_iter();
        loop {
            let piece = Arc::new(piece(&mut left));
            if piece.is_empty() {
                return Ok(());
            }
            match self.store.add_requests(Arc::clone(&piece)).await {
                Ok(totals) => {
                    self.room().added(totals);
                    self.buffer().written(&piece);
                    self.metrics.requests_reported(piece.iter().map(|segment| segment.count).sum());
                }
                Err(fault) => return Err((fault, piece.iter().cloned().chain(left).collect())),
            }
        }
    }

    /// A writer has finished with an account; `kept` waits for the next time.
    fn finish(&self, account: AccountId, kept: Vec<Segment>) {
        self.buffer().finish(account, kept);
        self.finished.notify_waiters();
    }

    /// The store replies, but does not take or delete requests of this account.
    fn failed(&self, account: AccountId, fault: &StoreError) {
        if self.apart().failed(account, Instant::now()) {
            tracing::error!(%fault, ?account, "the store replies, but does not take the report of an account: it waits in memory, as far as it fits");
        }
    }

    fn apart(&self) -> std::sync::MutexGuard<'_, Apart> {
        self.apart.lock().unwrap_or_else(PoisonError::into_inner)
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
            let apart = |account| self.apart().has(account);
            let Some((account, excess)) = self.room().excess(&self.bounds, apart) else { return Ok(()) };
            let (segments, bytes) = match self.store.trim_requests(account, excess).await {
                Ok(trimmed) => trimmed,
                Err(fault) => {
                    self.store.ping().await.map_err(|_| fault.clone())?;
                    self.failed(account, &fault);
                    continue;
                }
            };
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
