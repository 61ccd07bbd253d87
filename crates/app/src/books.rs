//! The running books: each account's address book is loaded when it is first asked for and kept in memory.
//!
//! A reader takes the present snapshot and is never in a writer's way. Writers of one book stand in line
//! ([`writing`]); a change that has begun is finished even when the one who asked for it is gone.
//!
//! It knows no JSON and no mnemonics, and which store runs below is none of its business.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use ringbook_book::Book;
use ringbook_book::book::desk::DELETIONS_KEPT;
use ringbook_book::command::Refusal;
use ringbook_book::id::CustomerId;
use ringbook_book::query::contacts::{Effort, Page};
use ringbook_book::query::fault::QueryFault;
use ringbook_book::query::plan::Plan;
use tokio::sync::{Mutex as Turns, Notify, OnceCell, OwnedSemaphorePermit, Semaphore};

use ringbook_store::{Store, StoreError};
use ringbook_telemetry::Metrics;

mod ahead;
mod follower;
mod freshness;
mod ids;
mod writing;

#[cfg(test)]
mod tests;

use ahead::{Ahead, WAITING_ELEMENTS_MAX};
use freshness::RevisionCheck;
use ids::Ids;

pub use freshness::Reads;

/// What the books of a server may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Books beyond so many bytes make room, the least recently used first; one is kept even if it is larger.
    pub books_bytes: u64,
    /// How many deletions a book remembers for those who keep a mirror.
    pub deletions_kept: usize,
    /// Whether a read asks the store first, where several servers share one.
    pub reads: Reads,
}

impl Bounds {
    /// All the room there is, and the usual number of deletions.
    pub const WIDE: Self = Self { books_bytes: u64::MAX, deletions_kept: DELETIONS_KEPT, reads: Reads::Linearizable };
}

/// Why a book cannot be had or changed.
#[derive(Debug, Clone)]
pub enum BookError {
    /// The store failed; a later call may succeed.
    Store(StoreError),
    /// What the store holds of this account cannot be read back; this was logged when it was found.
    Unreadable,
    /// The command was refused.
    Refused(Refusal),
}

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(fault) => fault.fmt(f),
            Self::Unreadable => f.write_str("the account's book cannot be read back: run `ringbook check`"),
            Self::Refused(refusal) => write!(f, "the command was refused: {refusal:?}"),
        }
    }
}

impl From<StoreError> for BookError {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

/// A book in memory: what readers take, and what writers wait for.
struct LoadedBook {
    present: RwLock<Arc<Book>>,
    /// What was decided and is not on disk yet. Never held while the store is waited for, but by the one who carries.
    ahead: Arc<Turns<Ahead>>,
    /// Told when nothing of this server's own is on its way to the store any more.
    settled: Notify,
    /// Room for commands that wait for the disk.
    room: Arc<Semaphore>,
    /// Taken before the state ahead.
    ids: Arc<Turns<Ids>>,
}

impl fmt::Debug for LoadedBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoadedBook at {:?}", self.present().revision())
    }
}

impl LoadedBook {
    fn new(book: Book) -> Self {
        Self {
            present: RwLock::new(Arc::new(book)),
            ahead: Arc::default(),
            settled: Notify::new(),
            room: Arc::new(Semaphore::new(WAITING_ELEMENTS_MAX)),
            ids: Arc::default(),
        }
    }

    fn present(&self) -> Arc<Book> {
        Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows readers a state whatever they see now.
    fn replace(&self, book: Arc<Book>) {
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = book;
    }

    /// Shows readers a state, unless they see a later one already.
    fn publish(&self, book: Arc<Book>) {
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        if book.revision() >= present.revision() {
            *present = book;
        }
    }
}

/// A book's place on the books.
#[derive(Default)]
struct CacheSlot {
    /// Empty until the book is loaded; never filled again once it proved unreadable.
    volume: OnceCell<Result<Arc<LoadedBook>, BookError>>,
    /// When it was last asked for, in look-ups of the whole books.
    used: AtomicU64,
}

impl CacheSlot {
    fn loaded(&self) -> Option<&Arc<LoadedBook>> {
        self.volume.get()?.as_ref().ok()
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
    places: Mutex<HashMap<CustomerId, Arc<CacheSlot>>>,
    /// Counts the look-ups.
    look_ups: AtomicU64,
    bounds: Bounds,
    /// Which revisions books are at.
    question: Arc<RevisionCheck>,
    /// As many long questions run at once as there are processors.
    long: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

impl Books {
    /// An empty books over a store.
    pub fn new(store: Store, metrics: Arc<Metrics>, bounds: Bounds) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let long = Arc::new(Semaphore::new(processors));
        let (places, look_ups, question) = (Mutex::default(), AtomicU64::new(0), Arc::default());
        Self(Arc::new(Inner { store, places, look_ups, bounds, question, long, metrics }))
    }

    /// The present state of an account's book.
    pub async fn book(&self, customer: CustomerId) -> Result<Arc<Book>, BookError> {
        let volume = self.volume(customer).await?;
        self.make_recent(customer, &volume).await?;
        Ok(volume.present())
    }

    /// Runs a plan for contacts on a snapshot: here if it is short, off the async threads if it is long.
    pub async fn ask(&self, book: Arc<Book>, plan: Plan) -> Result<(Arc<Book>, Page), QueryFault> {
        if book.effort(&plan) == Effort::Short {
            let page = book.contacts(&plan)?;
            return Ok((book, page));
        }
        let own = self.processor().await;
        // Whatever processors are idle help with it. Nobody waits for one while he holds another: that could go on for
        // ever.
        let idle = self.0.long.available_permits() as u32;
        let helping = Arc::clone(&self.0.long).try_acquire_many_owned(idle).ok();
        let workers = helping.as_ref().map_or(1, |permits| permits.num_permits() + 1);
        let work = move || {
            let _helping = helping;
            book.contacts_by(&plan, workers).map(|page| (book, page))
        };
        Self::aside_on(own, work).await
    }

    /// Waits for a processor that long work may keep busy; `None` never comes, for nobody closes the semaphore.
    async fn processor(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.long).acquire_owned().await.ok()
    }

    /// Runs work that keeps a processor busy where it holds up nobody else.
    pub async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        Self::aside_on(self.processor().await, work).await
    }

    async fn aside_on<T: Send + 'static>(
        processor: Option<OwnedSemaphorePermit>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let outcome = tokio::task::spawn_blocking(move || {
            let _processor = processor;
            work()
        });
        match outcome.await {
            Ok(value) => value,
            // Whoever watches over the call treats a panic in here as one of its own.
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// The volume if it is in memory already.
    fn book_in_memory(&self, customer: CustomerId) -> Option<Arc<LoadedBook>> {
        self.place(customer).loaded().map(Arc::clone)
    }

    /// The same without counting that as a use of it.
    fn loaded_book(&self, customer: CustomerId) -> Option<Arc<LoadedBook>> {
        let places = self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(&customer)?.loaded().map(Arc::clone)
    }

    async fn volume(&self, customer: CustomerId) -> Result<Arc<LoadedBook>, BookError> {
        let place = self.place(customer);
        let is_new = AtomicBool::new(false);
        let filled = place.volume.get_or_try_init(|| async {
            match self.load(customer).await {
                Ok(book) => {
                    is_new.store(true, Ordering::Relaxed);
                    Ok(Ok(Arc::new(LoadedBook::new(book))))
                }
                Err(BookError::Store(fault @ StoreError::Unreadable { .. })) => {
                    tracing::error!(customer = customer.number(), "refusing an account: {fault}");
                    Ok(Err(BookError::Unreadable))
                }
                // Not kept: the next call tries again.
                Err(fault) => Err(fault),
            }
        });
        let volume = filled.await?.clone()?;
        // Only now does it stand on the books and count.
        if is_new.into_inner() {
            self.warm(volume.present());
        }
        Ok(volume)
    }

    fn place(&self, customer: CustomerId) -> Arc<CacheSlot> {
        let mut places = self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Arc::clone(places.entry(customer).or_default());
        place.used.store(self.0.look_ups.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        place
    }

    async fn load(&self, customer: CustomerId) -> Result<Book, BookError> {
        let store = self.0.store.clone();
        let began = Instant::now();
        let loaded = tokio::task::spawn_blocking(move || store.load_book(customer)).await;
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
        tokio::task::spawn_blocking(move || {
            book.warm_sort_keys();
            if let Some(inner) = books.upgrade() {
                Self(inner).evict_idle();
            }
        });
    }

    fn loaded_books(&self) -> Vec<(CustomerId, Arc<LoadedBook>)> {
        let places = self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.iter().filter_map(|(customer, place)| Some((*customer, Arc::clone(place.loaded()?)))).collect()
    }

    /// The books that are in memory, in their present state.
    pub fn loaded(&self) -> Vec<(CustomerId, Arc<Book>)> {
        let places = self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.iter().filter_map(|(customer, place)| Some((*customer, place.loaded()?.present()))).collect()
    }

    /// Drops what was not used for longest while the books take too much room, and says what is left.
    fn evict_idle(&self) {
        let mut places = self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sizes: Vec<(u64, CustomerId, u64)> = Vec::new();
        for (customer, place) in places.iter() {
            if let Some(volume) = place.loaded() {
                sizes.push((place.used.load(Ordering::Relaxed), *customer, volume.present().bytes() as u64));
            }
        }
        sizes.sort_unstable();
        let mut bytes: u64 = sizes.iter().map(|(_, _, size)| size).sum();
        let mut left = sizes.len();
        for (_, customer, size) in sizes {
            if bytes <= self.0.bounds.books_bytes || left == 1 {
                break;
            }
            if places.get(&customer).is_some_and(is_idle) {
                places.remove(&customer);
                (bytes, left) = (bytes - size, left - 1);
            }
        }
        self.0.metrics.books_in_memory(left, usize::try_from(bytes).unwrap_or(usize::MAX));
    }
}

/// Whether nobody but the books holds the place and its volume; under the books's lock nobody can begin to.
///
/// A volume in a writer's hands must stay: were it loaded again beside, readers of the new one would miss the
/// writer's change.
fn is_idle(place: &Arc<CacheSlot>) -> bool {
    Arc::strong_count(place) == 1 && place.loaded().is_some_and(|volume| Arc::strong_count(volume) == 1)
}
