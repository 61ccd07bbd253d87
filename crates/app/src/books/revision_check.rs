//! The revisions that books have in the store, for calls that must not show anything older.
//!
//! All calls that wait at a moment share one query; a call that comes while a query is running waits for the next one,
//! because the answer might be older than the call.
//!
//! The tables of the books may be divided between machines by customer. While one of them does not reply, a query for
//! several books fails as a whole. So when a query fails and the store replies otherwise, books are asked for one by one
//! for some time, each with a queue of its own; books whose last query failed take a few turns only.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ringbook_book::id::{CustomerId, Revision};
use ringbook_store::{Store, StoreError};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout};

/// How long a call waits for the revision of its book.
const REVISION_CHECK_TIME_MAX: Duration = Duration::from_secs(10);
/// How long books are asked for one by one after a query failed.
const SEPARATE_TIME: Duration = Duration::from_secs(60);
/// A query that fails within this time is sent once more before the failure is put down to single books. One that waited
/// for a machine that does not reply took longer.
const QUICK_FAILURE_TIME_MAX: Duration = Duration::from_secs(1);
/// How many books whose last query failed are asked for at once. Each takes a connection, for seconds if the machine of
/// its rows does not reply.
const SUSPECTS_ASKED_MAX: usize = 2;

type Revisions = HashMap<CustomerId, Revision>;
type Checked = Result<Arc<Revisions>, StoreError>;

/// A call that waits for the next query.
type WaitingCall = (CustomerId, oneshot::Sender<Checked>);

/// A queue of calls that share queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Queue {
    /// Calls for any books.
    Shared,
    /// Calls for one book.
    Book(CustomerId),
}

/// Queries the revisions of books.
pub(super) struct RevisionCheck {
    state: Mutex<CheckState>,
    suspects: Semaphore,
}

#[derive(Default)]
struct CheckState {
    /// The waiting calls; a queue that is here has a [`QueryTask`].
    queues: HashMap<Queue, Vec<WaitingCall>>,
    /// Until when books are asked for one by one.
    separate_until: Option<Instant>,
    /// Books whose last query failed.
    suspects: HashSet<CustomerId>,
}

impl Default for RevisionCheck {
    fn default() -> Self {
        Self { state: Mutex::default(), suspects: Semaphore::new(SUSPECTS_ASKED_MAX) }
    }
}

impl RevisionCheck {
    /// The revision of a book in the store, not older than this call; `None` if there is no such book.
    pub(super) async fn revision_of(
        self: &Arc<Self>,
        store: &Store,
        customer: CustomerId,
    ) -> Result<Option<Revision>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.ask(store, (customer, reply));
        let lost = |_| Err(StoreError::unavailable("the query for a book's revision was interrupted"));
        let silent = |_| StoreError::unavailable("the store did not answer the query for a book's revision");
        let answer = timeout(REVISION_CHECK_TIME_MAX, answer).await.map_err(silent)?;
        let revisions = answer.unwrap_or_else(lost)?;
        Ok(revisions.get(&customer).copied())
    }

    /// Puts a call into its queue, and starts the task of the queue if there is none.
    fn ask(self: &Arc<Self>, store: &Store, call: WaitingCall) {
        let mut state = self.state();
        let queue = if state.is_separate() { Queue::Book(call.0) } else { Queue::Shared };
        match state.queues.entry(queue) {
            Entry::Occupied(calls) => calls.into_mut().push(call),
            Entry::Vacant(place) => {
                place.insert(vec![call]);
                let task = QueryTask { check: Arc::clone(self), queue, store: store.clone(), is_over: false };
                tokio::spawn(task.run());
            }
        }
    }

    /// The waiting calls of a queue; `None` if there are none, and then the next call starts a task.
    fn take_waiting(&self, queue: Queue) -> Option<Vec<WaitingCall>> {
        let mut state = self.state();
        let calls = std::mem::take(state.queues.get_mut(&queue)?);
        if calls.is_empty() {
            state.queues.remove(&queue);
            return None;
        }
        Some(calls)
    }

    /// Books are asked for one by one from now on.
    fn separate(&self) {
        let mut state = self.state();
        if !state.is_separate() {
            tracing::warn!("the store replies, but not for every address book: they are asked for one by one");
        }
        state.separate_until = Some(Instant::now() + SEPARATE_TIME);
    }

    /// Notes whether the query for a single book succeeded.
    fn note(&self, customer: CustomerId, has_succeeded: bool) {
        let mut state = self.state();
        if has_succeeded {
            state.suspects.remove(&customer);
        } else if state.is_separate() {
            state.suspects.insert(customer);
            state.separate_until = Some(Instant::now() + SEPARATE_TIME);
        }
    }

    fn state(&self) -> MutexGuard<'_, CheckState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CheckState {
    fn is_separate(&mut self) -> bool {
        let is_separate = self.separate_until.is_some_and(|until| Instant::now() < until);
        if !is_separate {
            self.separate_until = None;
            self.suspects.clear();
        }
        is_separate
    }
}

/// The task of a queue. However it ends, a later call can start the next one.
struct QueryTask {
    check: Arc<RevisionCheck>,
    queue: Queue,
    store: Store,
    /// Whether it has ended because no call waited.
    is_over: bool,
}

impl QueryTask {
    /// Queries until no call waits.
    async fn run(mut self) {
        while let Some(waiting) = self.check.take_waiting(self.queue) {
            self.answer(waiting).await;
        }
        self.is_over = true;
    }

    async fn answer(&self, waiting: Vec<WaitingCall>) {
        let mut customers: Vec<CustomerId> = waiting.iter().map(|(customer, _)| *customer).collect();
        customers.sort_unstable();
        customers.dedup();
        let found = match self.queue {
            Queue::Shared => self.query_all(customers).await,
            Queue::Book(customer) => self.query_one(customer).await,
        };
        if found.is_err() && self.queue == Queue::Shared && self.store.ping().await.is_ok() {
            self.check.separate();
            waiting.into_iter().for_each(|call| self.check.ask(&self.store, call));
            return;
        }
        let found: Checked = found.map(|found| Arc::new(found.into_iter().collect()));
        for (_, reply) in waiting {
            let _ = reply.send(found.clone());
        }
    }

    /// Asks a second time after a failure that came quickly: after a fail-over, connections to the former primary fail at
    /// once, and the next ones work.
    async fn query_all(&self, customers: Vec<CustomerId>) -> Result<Vec<(CustomerId, Revision)>, StoreError> {
        let began = Instant::now();
        let found = self.store.book_revisions(customers.clone()).await;
        if found.is_ok() || began.elapsed() > QUICK_FAILURE_TIME_MAX || self.store.ping().await.is_err() {
            return found;
        }
        self.store.book_revisions(customers).await
    }

    async fn query_one(&self, customer: CustomerId) -> Result<Vec<(CustomerId, Revision)>, StoreError> {
        let is_suspect = self.check.state().suspects.contains(&customer);
        // The semaphore is never closed.
        let _turn = if is_suspect { self.check.suspects.acquire().await.ok() } else { None };
        let found = self.store.book_revision(customer).await;
        self.check.note(customer, found.is_ok());
        Ok(found?.map(|revision| (customer, revision)).into_iter().collect())
    }
}

impl Drop for QueryTask {
    fn drop(&mut self) {
        if !self.is_over {
            // The calls that wait see that the query was interrupted.
            self.check.state().queues.remove(&self.queue);
        }
    }
}
