//! How a cached book picks up changes committed by other servers before it is read.
//!
//! Before a book is shown or a command is decided, the store is asked for the book's revision. All calls that wait at a
//! moment share one query; a call that comes while a query is running waits for the next one, because the answer might
//! be older than the call. A book that is behind catches up first ([`super::catching_up`]). So no answer is older than
//! its call, whichever server gives it. With [`Reads::Local`] the query is left out ([`super::follower`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ringbook_book::id::{CustomerId, Revision};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::loaded::LoadedBook;
use super::{BookError, Books};
use ringbook_store::{Store, StoreError};

/// How long a read waits for the revision of its book.
const REVISION_CHECK_TIME_MAX: Duration = Duration::from_secs(10);

/// Whether a read asks the store first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// It does: no answer is older than its call.
    #[default]
    Linearizable,
    /// It does not: an answer may be older by a second.
    Local,
}

type Revisions = HashMap<CustomerId, Revision>;
type Checked = Result<Arc<Revisions>, StoreError>;

/// Queries the revisions of books, once for all calls that wait at a moment.
#[derive(Default)]
pub(super) struct RevisionCheck(Mutex<CheckState>);

/// A call that waits for the next query.
type WaitingCall = (CustomerId, oneshot::Sender<Checked>);

#[derive(Default)]
struct CheckState {
    waiting: Vec<WaitingCall>,
    /// Whether a [`CheckTask`] runs.
    is_running: bool,
}

impl RevisionCheck {
    /// The revision of a book in the store, not older than this call; `None` if there is no such book.
    pub(super) async fn revision_of(
        self: &Arc<Self>,
        store: &Store,
        customer: CustomerId,
    ) -> Result<Option<Revision>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let was_running = {
            let mut state = self.state();
            state.waiting.push((customer, reply));
            std::mem::replace(&mut state.is_running, true)
        };
        if !was_running {
            let task = CheckTask { check: Arc::clone(self), is_over: false };
            tokio::spawn(task.run(store.clone()));
        }
        let lost = |_| Err(StoreError::unavailable("the query for a book's revision was interrupted"));
        let silent = |_| StoreError::unavailable("the store did not answer the query for a book's revision");
        let answer = timeout(REVISION_CHECK_TIME_MAX, answer).await.map_err(silent)?;
        let revisions = answer.unwrap_or_else(lost)?;
        Ok(revisions.get(&customer).copied())
    }

    /// The waiting calls; if there are none, the next call has to start a task.
    fn take_waiting(&self) -> Vec<WaitingCall> {
        let mut state = self.state();
        state.is_running = !state.waiting.is_empty();
        std::mem::take(&mut state.waiting)
    }

    fn state(&self) -> MutexGuard<'_, CheckState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that queries. However it ends, a later call can start the next one.
struct CheckTask {
    check: Arc<RevisionCheck>,
    /// Whether it has ended because no call waited.
    is_over: bool,
}

impl CheckTask {
    /// Queries until no call waits.
    async fn run(mut self, store: Store) {
        loop {
            let waiting = self.check.take_waiting();
            if waiting.is_empty() {
                self.is_over = true;
                return;
            }
            let mut customers: Vec<CustomerId> = waiting.iter().map(|(customer, _)| *customer).collect();
            customers.sort_unstable();
            customers.dedup();
            let found = store.book_revisions(customers).await;
            let found: Checked = found.map(|found| Arc::new(found.into_iter().collect()));
            for (_, reply) in waiting {
                let _ = reply.send(found.clone());
            }
        }
    }
}

impl Drop for CheckTask {
    fn drop(&mut self) {
        if !self.is_over {
            // The calls that wait see that the query was interrupted.
            *self.check.state() = CheckState::default();
        }
    }
}

impl Books {
    /// Makes sure that the book is not older than this call.
    pub(super) async fn ensure_fresh(&self, customer: CustomerId, loaded: &LoadedBook) -> Result<(), BookError> {
        if !self.0.store.is_shared() || self.0.bounds.reads == Reads::Local {
            return Ok(());
        }
        let revision = self.0.revision_check.revision_of(&self.0.store, customer).await?;
        if revision.is_some_and(|revision| loaded.book().revision() >= revision) {
            return Ok(());
        }
        loaded.catch_up(revision).await
    }
}
