//! How books are changed.
//!
//! A command is decided when it comes ([`super::ahead`]). One task per book carries what was decided to the store, as
//! long as there is something: while one transaction is on its way to the disk, the next gathers. After the commit the
//! new state is published and everybody answered; until then no reader sees anything of it.
//!
//! What cannot be committed never was: the state that ran ahead is thrown away, and what was judged by it is decided
//! again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ringbook_book::Book;
use ringbook_book::book::desk::Desk;
use ringbook_book::change::Change;
use ringbook_book::command::{Command, Outcome};
use ringbook_book::id::CustomerId;
use tokio::sync::OwnedMutexGuard;

use super::ahead::{Ahead, Carrier, Entry, Taken, Waiting};
use super::ids::Ids;
use super::{BookError, Books, LoadedBook};
use ringbook_store::{CommitError, StoreError};

/// How long a command is decided anew because somebody else was quicker. Time counts, not tries: a server that is
/// overtaken many times in a moment is only busy.
const OVERTAKEN_TIME_MAX: Duration = Duration::from_secs(10);
/// How often at most the sizes of books are summed up after changes.
const EVICTION_INTERVAL: Duration = Duration::from_secs(5);

impl Books {
    /// Changes an account's book. Once it is decided it goes on to its end, whether or not anybody waits.
    pub async fn change(&self, customer: CustomerId, command: Command) -> Result<Outcome, BookError> {
        let (mut waiting, answer) = Waiting::new(command);
        if let Some(volume) = self.book_in_memory(customer) {
            // What is refused is judged by a state that is not older than the call.
            self.make_recent(customer, &volume).await?;
            waiting.enter(&volume.room).await;
            self.accept(customer, volume, waiting).await;
        } else {
            let books = self.clone();
            // A task of its own: the one who asked may leave while the book is still being loaded.
            let work = async move {
                match books.volume(customer).await {
                    Ok(volume) => {
                        waiting.enter(&volume.room).await;
                        books.accept(customer, volume, waiting).await;
                    }
                    Err(fault) => waiting.answer(Err(fault)),
                }
            };
            tokio::spawn(work).await.map_err(StoreError::unavailable)?;
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::unavailable("a change was broken off").into()))
    }

    /// Decides a command when its turn comes, and sees to it that it is carried to the store.
    async fn accept(&self, customer: CustomerId, volume: Arc<LoadedBook>, waiting: Waiting) {
        // Kept until the command is decided, so that ids only ascend. The state ahead is not touched while the store is
        // waited for: the store's own thread waits for that one.
        let mut ids = Arc::clone(&volume.ids).lock_owned().await;
        if let Err(fault) = ids.provide(&self.0.store, &waiting.command).await {
            return waiting.answer(Err(fault.into()));
        }
        let ahead = Arc::clone(&volume.ahead).lock_owned().await;
        let turn = Turn { books: self.clone(), customer, volume, ids, ahead };
        if !waiting.is_long() {
            return turn.decide(waiting);
        }
        // A panic in there loses the answer, which says so.
        let _ = tokio::task::spawn_blocking(move || turn.decide(waiting)).await;
    }

    /// Carries what was decided to the store until nothing is left.
    async fn carry(self, customer: CustomerId, volume: Arc<LoadedBook>) {
        loop {
            let (books, of_volume) = (self.clone(), Arc::clone(&volume));
            let work = tokio::spawn(async move { books.carry_all(customer, &of_volume).await });
            if work.await.is_ok() {
                return;
            }
            // Whoever was in it is told so by the loss of the answer; the others are decided again.
            let again = volume.ahead.lock().await.void();
            volume.settled.notify_waiters();
            self.accept_again(customer, &volume, again).await;
        }
    }

    async fn carry_all(&self, customer: CustomerId, volume: &Arc<LoadedBook>) {
        loop {
            self.carry_once(customer, volume).await;
            let mut ahead = volume.ahead.lock().await;
            if !ahead.is_waiting() {
                ahead.carrier = Carrier::Idle;
                return self.evict_idle_now_and_then(&mut ahead);
            }
        }
    }

    /// One transaction: it takes what waits when it begins.
    async fn carry_once(&self, customer: CustomerId, volume: &Arc<LoadedBook>) {
        let taken = Arc::new(Mutex::new(None));
        let (took, of_volume) = (Arc::clone(&taken), Arc::clone(volume));
        let outcome = self.0.store.commit_late(customer, move || {
            let now = of_volume.ahead.blocking_lock().take();
            let changes = now.as_ref().map(changes).unwrap_or_default();
            *took.lock().unwrap_or_else(PoisonError::into_inner) = now;
            changes
        });
        let outcome = outcome.await;
        let taken = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        match outcome {
            Ok(()) => self.arrived(volume, taken).await,
            Err(failed) => self.failed(customer, volume, taken, failed).await,
        }
    }

    /// Publishes what is on disk now, and answers.
    async fn arrived(&self, volume: &LoadedBook, taken: Option<Taken>) {
        let Some(Taken { entries, after }) = taken else { return };
        let mut ahead = volume.ahead.lock().await;
        volume.publish(after);
        ahead.arrived();
        drop(ahead);
        volume.settled.notify_waiters();
        entries.into_iter().for_each(|entry| entry.waiting.answer(entry.answer));
    }

    /// Nothing of what was taken is on disk. If the store refused several changes, each is tried alone.
    async fn failed(&self, customer: CustomerId, volume: &Arc<LoadedBook>, taken: Option<Taken>, failed: CommitError) {
        let mut ahead = volume.ahead.lock().await;
        // If the transaction did not even begin, what waits for it shares its fate.
        let entries = taken.or_else(|| ahead.take()).map_or(Vec::new(), |taken| taken.entries);
        let several = entries.iter().filter(|entry| entry.change.is_some()).count() > 1;
        let mut rest = entries.into_iter();
        let mut again = Vec::new();
        let mut is_behind = false;
        match failed {
            CommitError::Refused(StoreError::RevisionMoved) => {
                again.extend(Self::once_more(&mut rest));
                is_behind = true;
            }
            CommitError::Refused(_) if several => self.carry_each(customer, volume, &mut rest).await,
            CommitError::Refused(fault) | CommitError::Lost(fault) => {
                rest.by_ref().for_each(|entry| entry.waiting.answer(Err(fault.clone().into())));
            }
        }
        again.extend(rest.map(|entry| entry.waiting));
        again.extend(ahead.void());
        drop(ahead);
        volume.settled.notify_waiters();
        if is_behind && let Err(fault) = self.catch_up(customer, volume).await {
            return again.into_iter().for_each(|waiting| waiting.answer(Err(fault.clone())));
        }
        self.accept_again(customer, volume, again).await;
    }

    /// Commits changes one by one, up to the first that fails, which is answered with its fault.
    async fn carry_each(&self, customer: CustomerId, volume: &LoadedBook, entries: &mut std::vec::IntoIter<Entry>) {
        let mut desk = self.desk_of(&volume.present());
        for Entry { waiting, change, answer, .. } in entries {
            let Some(change) = change else {
                waiting.answer(answer);
                continue;
            };
            if let Err(fault) = self.0.store.commit(customer, Arc::clone(&change)).await {
                return waiting.answer(Err(fault.into()));
            }
            desk.apply(&change);
            volume.publish(desk.snapshot());
            waiting.answer(answer);
        }
    }

    /// What has been tried for too long is answered; the rest is to be decided again.
    fn once_more(entries: &mut std::vec::IntoIter<Entry>) -> Vec<Waiting> {
        let mut again = Vec::new();
        for mut waiting in entries.map(|entry| entry.waiting) {
            let since = *waiting.overtaken.get_or_insert_with(Instant::now);
            if since.elapsed() > OVERTAKEN_TIME_MAX {
                waiting.answer(Err(StoreError::RevisionMoved.into()));
            } else {
                again.push(waiting);
            }
        }
        again
    }

    async fn accept_again(&self, customer: CustomerId, volume: &Arc<LoadedBook>, again: Vec<Waiting>) {
        for waiting in again {
            self.accept(customer, Arc::clone(volume), waiting).await;
        }
    }

    pub(super) fn desk_of(&self, book: &Book) -> Desk {
        Desk::of(book.clone()).keeping_deletions(self.0.bounds.deletions_kept)
    }

    /// Sees what room the books take, unless that was done a moment ago.
    fn evict_idle_now_and_then(&self, ahead: &mut Ahead) {
        if ahead.reported.is_none_or(|at| at.elapsed() > EVICTION_INTERVAL) {
            ahead.reported = Some(Instant::now());
            self.evict_idle();
        }
    }
}

fn changes(taken: &Taken) -> Vec<Arc<Change>> {
    taken.entries.iter().filter_map(|entry| entry.change.clone()).collect()
}

/// Everything that deciding a command needs, held by the one whose turn it is.
struct Turn {
    books: Books,
    customer: CustomerId,
    volume: Arc<LoadedBook>,
    ids: OwnedMutexGuard<Ids>,
    ahead: OwnedMutexGuard<Ahead>,
}

impl Turn {
    fn decide(mut self, waiting: Waiting) {
        let (books, volume) = (&self.books, &self.volume);
        self.ahead.decide(waiting, &mut self.ids, || books.desk_of(&volume.present()));
        if self.ahead.is_waiting() && self.ahead.carrier == Carrier::Idle {
            self.ahead.carrier = Carrier::AtWork;
            let Turn { books, customer, volume, .. } = self;
            tokio::spawn(books.carry(customer, volume));
        }
    }
}
