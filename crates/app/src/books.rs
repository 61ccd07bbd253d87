//! The running books: each account's address book is loaded when it is first asked for and kept in memory.
//!
//! A reader takes the published snapshot and waits for no writer. Each book has one task that decides and commits its
//! changes, one after another ([`task`]). A change is finished even when its caller leaves.
//!
//! This module knows no JSON and no mnemonics, and not which engine the store runs on.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ringbook_book::Book;
use ringbook_book::book::writer::DELETIONS_KEPT;
use ringbook_book::command::{Command, CommandError, Outcome};
use ringbook_book::id::CustomerId;
use ringbook_book::query::contact_page::ContactPage;
use ringbook_book::query::pattern_cache::{PatternCache, PatternCount};
use ringbook_book::query::plan::Plan;
use ringbook_book::query::query_error::QueryError;
use tokio::sync::OnceCell;

use ringbook_store::{Store, StoreError};
use ringbook_telemetry::Metrics;
use ringbook_workers::{Client, Job, Kind, Owner, Workers, WorkersError};

mod catching_up;
mod failing;
mod follower;
mod freshness;
mod ids;
mod indexing;
mod loaded;
mod mailbox;
mod pending;
mod renumbering;
mod revision_check;
mod run_to_end;
mod task;
mod uncommitted;

#[cfg(test)]
mod tests;

use crate::work::OnJob;
use indexing::Indexing;
use loaded::LoadedBook;
use revision_check::RevisionCheck;
use run_to_end::run_to_end;

pub use freshness::Reads;
pub use pending::{LONG_ELEMENTS_MIN, PENDING_ELEMENTS_MAX};

/// How often at most changes look for books to evict.
const EVICTION_INTERVAL: Duration = Duration::from_secs(5);

/// What the books of a server may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Books beyond this many bytes make room, the least recently used first; one is kept even if it is larger.
    pub books_bytes: u64,
    /// A book of at least so many bytes accepts only deletions, so that one account cannot push the books of others out.
    pub book_bytes: u64,
    /// How many deletions a book remembers for those who keep a mirror.
    pub deletions_kept: usize,
    /// Whether a read asks the store first, where several servers share one.
    pub reads: Reads,
    /// Jobs that compute at once; `None`: as many as there are processors.
    pub workers: Option<NonZeroUsize>,
}

impl Bounds {
    /// All the room there is, and the usual number of deletions.
    pub const WIDE: Self = Self {
        books_bytes: u64::MAX,
        book_bytes: u64::MAX,
        deletions_kept: DELETIONS_KEPT,
        reads: Reads::Linearizable,
        workers: None,
    };
}

/// Why a book cannot be had or changed.
#[derive(Debug, Clone)]
pub enum BookError {
    /// The store failed; a later call may succeed.
    Store(StoreError),
    /// What the store holds of this account cannot be read back; this was logged when it was found.
    Unreadable,
    /// A rule of the book forbids the command.
    Rejected(CommandError),
    /// Too many long commands wait for a processor.
    Workers(WorkersError),
}

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(fault) => fault.fmt(f),
            Self::Unreadable => f.write_str("the account's book cannot be read back: run `ringbook check`"),
            Self::Rejected(error) => write!(f, "the command was rejected: {error:?}"),
            Self::Workers(error) => error.fmt(f),
        }
    }
}

impl From<WorkersError> for BookError {
    fn from(error: WorkersError) -> Self {
        Self::Workers(error)
    }
}

impl From<StoreError> for BookError {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

/// The error of a command whose task was lost.
fn interrupted() -> BookError {
    BookError::Store(StoreError::unavailable("the change was interrupted; its outcome is unknown"))
}

/// A book's slot in the cache.
#[derive(Default)]
struct CacheSlot {
    /// Empty until the book is loaded; never filled again once it proved unreadable.
    book: OnceCell<Result<Arc<LoadedBook>, BookError>>,
    /// The number of the last look-up that used it.
    used: AtomicU64,
}

impl CacheSlot {
    fn loaded(&self) -> Option<&Arc<LoadedBook>> {
        self.book.get()?.as_ref().ok()
    }
}

/// The books of a server.
#[derive(Clone)]
pub struct Books(Arc<Inner>);

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Books")
    }
}

struct Inner {
    store: Store,
    slots: Mutex<HashMap<CustomerId, Arc<CacheSlot>>>,
    /// Counts the look-ups.
    look_ups: AtomicU64,
    bounds: Bounds,
    revision_check: Arc<RevisionCheck>,
    started: Instant,
    /// When changes last looked for books to evict, in seconds after the start.
    evicted_seconds: AtomicU64,
    indexing: Indexing,
    patterns: Arc<PatternCache>,
    workers: Workers,
    metrics: Arc<Metrics>,
    /// Called before each decision, with its command.
    #[cfg(test)]
    before_decision: Mutex<Option<tests::contention::BeforeDecision>>,
}

impl Books {
    /// The books of a store, none of them loaded yet.
    pub fn new(store: Store, metrics: Arc<Metrics>, bounds: Bounds) -> Self {
        let slots = bounds.workers.map_or_else(ringbook_workers::Bounds::default, |workers| {
            ringbook_workers::Bounds::for_processors(workers.get())
        });
        let workers = Workers::new(slots, &metrics);
        Self(Arc::new(Inner {
            store,
            slots: Mutex::default(),
            look_ups: AtomicU64::new(0),
            bounds,
            revision_check: Arc::default(),
            started: Instant::now(),
            evicted_seconds: AtomicU64::new(0),
            indexing: Indexing::default(),
            patterns: Arc::default(),
            workers,
            metrics,
            #[cfg(test)]
            before_decision: Mutex::default(),
        }))
    }

    /// The present state of an account's book. Loads it if it is not in memory.
    pub async fn book(&self, customer: CustomerId) -> Result<Arc<Book>, BookError> {
        let loaded = self.loaded_book(customer).await?;
        self.ensure_fresh(customer, &loaded).await?;
        Ok(loaded.book())
    }

    /// Changes an account's book, and answers when the change is committed and readers see it.
    ///
    /// Once it has begun it runs to its end, even when this future is dropped. Fails with [`BookError::Rejected`] when a
    /// rule of the book forbids the command, judged by a state not older than the call; with [`BookError::Store`] when
    /// the store failed, and then the change may have been committed if the connection to the store was lost.
    pub async fn change(&self, customer: CustomerId, command: Command) -> Result<Outcome, BookError> {
        let books = self.clone();
        run_to_end(async move {
            // Held until the answer, so that the book is not evicted meanwhile.
            let loaded = books.loaded_book(customer).await?;
            books.ensure_fresh(customer, &loaded).await?;
            loaded.ensure_room(&command, books.0.bounds.book_bytes)?;
            let answer = loaded.change(command).await;
            books.evict_idle_now_and_then();
            answer
        })
        .await
    }

    /// Runs a plan for contacts on a snapshot: here if that is short, else as a job of the client.
    ///
    /// # Errors
    ///
    /// Too many jobs wait, or the client has left; or the question itself is refused.
    pub async fn search(
        &self,
        client: &Client,
        book: &Arc<Book>,
        plan: Plan,
    ) -> Result<Result<ContactPage, QueryError>, WorkersError> {
        self.index_when_due(book);
        let search = book.search(&Arc::new(plan));
        let estimate = search.estimate();
        let run = move |job: &Job| search.run(&OnJob(job));
        self.0.workers.run(client, Kind::Question, estimate, run).await
    }

    /// The compiled patterns that are kept of former queries.
    pub fn patterns(&self) -> &Arc<PatternCache> {
        &self.0.patterns
    }

    /// Counts the patterns of a query.
    pub fn note_patterns(&self, count: PatternCount) {
        self.0.metrics.patterns(count.compiled, count.kept);
        if count.compiled > 0 {
            self.0.metrics.pattern_bytes(self.0.patterns.bytes());
        }
    }

    /// The pool that long work runs in.
    pub fn workers(&self) -> &Workers {
        &self.0.workers
    }

    /// The book if it is in memory; that does not count as a use of it.
    fn book_in_memory(&self, customer: CustomerId) -> Option<Arc<LoadedBook>> {
        let slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.get(&customer)?.loaded().map(Arc::clone)
    }

    async fn loaded_book(&self, customer: CustomerId) -> Result<Arc<LoadedBook>, BookError> {
        let slot = self.slot(customer);
        let is_new = AtomicBool::new(false);
        let filled = slot.book.get_or_try_init(|| async {
            match self.load(customer).await {
                Ok(book) => {
                    is_new.store(true, Ordering::Relaxed);
                    let (inner, deletions_kept) = (Arc::downgrade(&self.0), self.0.bounds.deletions_kept);
                    Ok(Ok(Arc::new(LoadedBook::new(customer, book, inner, deletions_kept))))
                }
                Err(BookError::Store(fault @ StoreError::Unreadable { .. })) => {
                    tracing::error!(customer = customer.number(), "refusing an account: {fault}");
                    Ok(Err(BookError::Unreadable))
                }
                // Not kept: the next call tries again.
                Err(fault) => Err(fault),
            }
        });
        let loaded = filled.await?.clone()?;
        // It is in the cache only now, and counts.
        if is_new.into_inner() {
            self.0.store.fold_in_background(customer);
            self.warm(loaded.book());
        }
        Ok(loaded)
    }

    /// The slot of a book; one whose task has panicked is replaced, so that the book is loaded again.
    fn slot(&self, customer: CustomerId) -> Arc<CacheSlot> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(customer).or_default();
        if slot.loaded().is_some_and(|loaded| loaded.is_abandoned()) {
            tracing::error!(customer = customer.number(), "the task of a book has panicked: loading the book again");
            *slot = Arc::default();
        }
        slot.used.store(self.0.look_ups.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Arc::clone(slot)
    }

    async fn load(&self, customer: CustomerId) -> Result<Book, BookError> {
        let store = self.0.store.clone();
        let began = Instant::now();
        if store.is_shared() {
            // Its rows may be on a machine that does not reply: that is found out without a slot for loads.
            self.0.revision_check.revision_of(&store, customer).await?;
        }
        let client = Client::new(Owner::Customer(customer.number()));
        let loaded = self.0.workers.run(&client, Kind::Load, Duration::MAX, move |_| store.load_book(customer)).await;
        let book = loaded.map_err(StoreError::unavailable)??;
        let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let contacts = book.contacts_len();
        tracing::info!(customer = customer.number(), contacts, milliseconds, "loaded a book");
        Ok(book)
    }

    /// Makes the sort keys of a book that was just loaded, so that the first sorted question need not, and sees what
    /// room the books take.
    fn warm(&self, book: Arc<Book>) {
        // Held loosely: a server that stops meanwhile closes its store in order.
        let books = Arc::downgrade(&self.0);
        let workers = self.0.workers.clone();
        let unindexed = Arc::clone(&book);
        tokio::spawn(async move {
            let warm = move |job: &Job| book.warm_sort_keys(&OnJob(job));
            // Only a stop interrupts it.
            let _ = workers.run(&Client::server(), Kind::SortKeys, Duration::MAX, warm).await;
            if let Some(inner) = books.upgrade() {
                let books = Self(inner);
                books.evict_idle();
                books.index_when_due(&unindexed);
            }
        });
    }

    /// The customers whose books are in memory.
    fn loaded_customers(&self) -> Vec<CustomerId> {
        let slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().filter(|(_, slot)| slot.loaded().is_some()).map(|(customer, _)| *customer).collect()
    }

    /// The books that are in memory, in their present state.
    pub fn loaded(&self) -> Vec<(CustomerId, Arc<Book>)> {
        let slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().filter_map(|(customer, slot)| Some((*customer, slot.loaded()?.book()))).collect()
    }

    /// Evicts idle books, unless a change did so a moment ago.
    fn evict_idle_now_and_then(&self) {
        let now = self.0.started.elapsed().as_secs();
        let last = self.0.evicted_seconds.load(Ordering::Relaxed);
        let is_due = now >= last + EVICTION_INTERVAL.as_secs();
        let evicted = &self.0.evicted_seconds;
        if is_due && evicted.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.evict_idle();
        }
    }

    /// Drops compiled patterns, indexes of names and of last digits, and lists of members, then evicts idle books, least recently used first,
    /// while all take more than their bound, and reports the rest.
    fn evict_idle(&self) {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sizes: Vec<(u64, CustomerId, u64)> = Vec::new();
        for (customer, slot) in slots.iter() {
            if let Some(loaded) = slot.loaded() {
                sizes.push((slot.used.load(Ordering::Relaxed), *customer, loaded.book().bytes() as u64));
            }
        }
        sizes.sort_unstable();
        let mut bytes: u64 = sizes.iter().map(|(_, _, size)| size).sum();
        if bytes + self.0.patterns.bytes() as u64 > self.0.bounds.books_bytes {
            self.0.patterns.clear();
        }
        let mut left = sizes.len();
        let is_short = bytes > self.0.bounds.books_bytes;
        if is_short || bytes < self.0.bounds.books_bytes / 4 * 3 {
            self.0.indexing.set_memory_short(is_short);
        }
        for (_, customer, size) in &mut sizes {
            if bytes <= self.0.bounds.books_bytes {
                break;
            }
            if let Some(book) = slots.get(customer).and_then(|slot| Some(slot.loaded()?.book())) {
                book.drop_indexes();
                book.drop_member_lists();
                let without = (book.bytes() as u64).min(*size);
                bytes -= *size - without;
                *size = without;
            }
        }
        for (_, customer, size) in sizes {
            if bytes <= self.0.bounds.books_bytes || left == 1 {
                break;
            }
            if slots.get(&customer).is_some_and(is_idle) {
                slots.remove(&customer);
                (bytes, left) = (bytes - size, left - 1);
            }
        }
        self.0.metrics.books_in_memory(left, usize::try_from(bytes).unwrap_or(usize::MAX));
    }
}

/// Whether nobody but the cache holds the slot and its book; under the lock of the slots nobody can begin to.
///
/// A book with a pending command must stay: were it loaded again beside, readers of the new one would miss the change.
fn is_idle(slot: &Arc<CacheSlot>) -> bool {
    Arc::strong_count(slot) == 1 && slot.loaded().is_some_and(|loaded| Arc::strong_count(loaded) == 1)
}
