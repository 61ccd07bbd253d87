//! Several servers on one store: how a book comes to know what others have made of it.
//!
//! Before a book is shown, the store is asked which revision it is at; all calls that wait at a moment share one such
//! question, and a call that comes while a question is on its way waits for the next one, because the answer might be
//! older than the call. If the book is behind, it catches up with what has changed, or is read anew. So no answer is
//! older than its call, whichever server gives it. With [`Reads::Local`] the question is left out ([`super::follower`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ringbook_book::id::{CustomerId, Revision};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{BookError, Books, LoadedBook};
use ringbook_store::{CatchUp, Store, StoreError};

/// How long a read waits to hear which revision its book is at.
const QUESTION_TIME_MAX: Duration = Duration::from_secs(10);

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
type Asked = Result<Arc<Revisions>, StoreError>;

/// The question which revisions books are at, shared by all who ask at a moment.
#[derive(Default)]
pub(super) struct RevisionCheck(Mutex<State>);

type Waiting = (CustomerId, oneshot::Sender<Asked>);

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    is_asking: bool,
}

impl RevisionCheck {
    /// The revision of a book in the store, not older than this call; `None` when there is no such book.
    pub(super) async fn ask(
        self: &Arc<Self>,
        store: &Store,
        customer: CustomerId,
    ) -> Result<Option<Revision>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let must_ask = {
            let mut state = self.state();
            state.waiting.push((customer, reply));
            !std::mem::replace(&mut state.is_asking, true)
        };
        if must_ask {
            let asking = Asking { question: Arc::clone(self), is_over: false };
            tokio::spawn(asking.ask_for_all(store.clone()));
        }
        let lost = |_| Err(StoreError::unavailable("the question for a book's revision was broken off"));
        let answer = timeout(QUESTION_TIME_MAX, answer).await;
        let answer =
            answer.map_err(|_| StoreError::unavailable("the store does not say which revision a book is at"))?;
        let revisions = answer.unwrap_or_else(lost)?;
        Ok(revisions.get(&customer).copied())
    }

    /// Those who wait; when there are none, the next one has to ask.
    fn waiting(&self) -> Vec<Waiting> {
        let mut state = self.state();
        state.is_asking = !state.waiting.is_empty();
        std::mem::take(&mut state.waiting)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that asks. However it ends, somebody else can ask afterwards.
struct Asking {
    question: Arc<RevisionCheck>,
    /// Whether it has ended because nobody waited.
    is_over: bool,
}

impl Asking {
    /// Asks until nobody waits.
    async fn ask_for_all(mut self, store: Store) {
        loop {
            let waiting = self.question.waiting();
            if waiting.is_empty() {
                self.is_over = true;
                return;
            }
            let mut customers: Vec<CustomerId> = waiting.iter().map(|(customer, _)| *customer).collect();
            customers.sort_unstable();
            customers.dedup();
            let found = store.book_revisions(customers).await;
            let found: Asked = found.map(|found| Arc::new(found.into_iter().collect()));
            for (_, reply) in waiting {
                let _ = reply.send(found.clone());
            }
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if !self.is_over {
            // Whoever waits is told that the question was broken off.
            *self.question.state() = State::default();
        }
    }
}

/// Waits while changes of this server's own are on their way, which most often are what the store is ahead by; whether
/// readers see this revision then.
async fn settled(volume: &LoadedBook, revision: Revision) -> bool {
    loop {
        let settled = volume.settled.notified();
        if !volume.ahead.lock().await.is_in_flight() {
            return volume.present().revision() >= revision;
        }
        settled.await;
    }
}

impl Books {
    /// Makes sure that the book is not older than this call.
    pub(super) async fn make_recent(&self, customer: CustomerId, volume: &Arc<LoadedBook>) -> Result<(), BookError> {
        if !self.0.store.is_shared() || self.0.bounds.reads == Reads::Local {
            return Ok(());
        }
        let revision = self.0.question.ask(&self.0.store, customer).await?;
        match revision {
            Some(revision) if volume.present().revision() >= revision => Ok(()),
            // A customer that is gone is found out when its book is read.
            Some(revision) if !settled(volume, revision).await => self.catch_up(customer, volume).await,
            Some(_) => Ok(()),
            None => self.catch_up(customer, volume).await,
        }
    }

    /// Brings a book to what the store holds now.
    pub(super) async fn catch_up(&self, customer: CustomerId, volume: &Arc<LoadedBook>) -> Result<(), BookError> {
        // Kept, so that no two do it at once, and nothing is decided meanwhile.
        let mut ahead = Arc::clone(&volume.ahead).lock_owned().await;
        let (store, of_volume, books) = (self.0.store.clone(), Arc::clone(volume), self.clone());
        let work = move || {
            let present = of_volume.present();
            let (steps, to) = match store.changes_since(customer, &present)? {
                CatchUp::Steps(steps, to) => (steps, to),
                CatchUp::Reload => {
                    // Nothing is decided on the old state meanwhile, nor afterwards.
                    drop(ahead.idle_desk());
                    return Ok(Some(ahead));
                }
            };
            if to > present.revision() {
                let mut desk = ahead.idle_desk().unwrap_or_else(|| books.desk_of(&present));
                desk.catch_up(&steps, to);
                of_volume.publish(desk.snapshot());
                ahead.keep_idle(desk);
            }
            Ok::<_, StoreError>(None)
        };
        let reloading = tokio::task::spawn_blocking(work).await.map_err(StoreError::unavailable)??;
        if let Some(_ahead) = reloading {
            let book = self.load(customer).await?;
            volume.replace(Arc::new(book));
        }
        Ok(())
    }
}
