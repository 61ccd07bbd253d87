//! The task of a loaded book: the only one that decides commands, commits them and publishes the result.
//!
//! It does two things at a time: one batch is committed by the store while the next commands are decided ([`Work`]).
//! Commands that take long are decided in the pool, with the writer moved there and back. After the commit the
//! new state is published in one step and everybody is answered. The task waits for nobody who could wait for it: the
//! store gets finished batches and never calls back, and catching up is a message like a command.

use std::collections::VecDeque;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use ringbook_book::Book;
use ringbook_book::book::writer::BookWriter;
use ringbook_book::id::CustomerId;
use tokio::sync::mpsc;

use ringbook_store::{BookLock, CommitError, StoreError};
use ringbook_workers::{Client, Job, Kind, Owner};

use super::ids::{IdRange, reserve, stored};
use super::mailbox::{CatchUp, Message, Published};
use super::pending::PendingCommand;
use super::uncommitted::{Batch, DecisionJob, DecisionResult, Uncommitted};
use super::{BookError, Books, Inner};

/// How many short commands are decided before other tasks of the runtime get their turn.
const DECISIONS_AT_ONCE_MAX: usize = 64;
/// Making the writer of a book with more contacts takes too long for an async thread.
const SHORT_WRITER_CONTACTS_MAX: usize = 10_000;

pub(super) type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the writer is occupied with; nothing is decided meanwhile.
pub(super) enum Work {
    /// A long command was decided.
    Decision(Box<DecisionResult>),
    /// Ids for this command were reserved.
    Ids(Box<PendingCommand>, Result<Vec<IdRange>, StoreError>),
    /// The book has caught up with other servers.
    CatchUp(Box<CaughtUp>),
}

/// What became of catching up.
pub(super) struct CaughtUp {
    /// The callers that it was begun for.
    pub(super) waiting: Vec<CatchUp>,
    /// At the state of the book; `None` if it has to be made.
    pub(super) writer: Option<BookWriter>,
    /// The book as it is now, if it is not the published one.
    pub(super) outcome: Result<Option<Arc<Book>>, BookError>,
    /// So that the next batch is not overtaken.
    pub(super) lock: Option<BookLock>,
}

/// A batch that the store is committing.
pub(super) struct Commit {
    batch: Batch,
    reserves_ids: bool,
    outcome: Running<Result<Vec<IdRange>, CommitError>>,
}

enum Event {
    Committed(Result<Vec<IdRange>, CommitError>),
    Worked(Work),
    Message(Message),
    /// There is more to decide.
    Continue,
    /// The book was dropped.
    Closed,
}

/// The task and its state.
pub(super) struct BookTask {
    pub(super) customer: CustomerId,
    /// Weak, so that an idle task does not keep the store open.
    pub(super) books: Weak<Inner>,
    pub(super) published: Arc<Published>,
    mailbox: mpsc::UnboundedReceiver<Message>,
    /// Commands in the order in which they are to be decided.
    pub(super) undecided: VecDeque<PendingCommand>,
    /// Callers that wait for another server's changes.
    pub(super) catch_ups: Vec<CatchUp>,
    pub(super) uncommitted: Uncommitted,
    /// Whether a commit failed because another server moved the book: nothing is decided before catching up.
    pub(super) is_overtaken: bool,
    /// The lock of the book for the next batch, after another server has overtaken one.
    pub(super) lock: Option<BookLock>,
    pub(super) work: Option<Running<Work>>,
    pub(super) commit: Option<Commit>,
}

impl BookTask {
    pub(super) fn new(
        customer: CustomerId,
        books: Weak<Inner>,
        published: Arc<Published>,
        mailbox: mpsc::UnboundedReceiver<Message>,
        deletions_kept: usize,
    ) -> Self {
        Self {
            customer,
            books,
            published,
            mailbox,
            undecided: VecDeque::new(),
            catch_ups: Vec::new(),
            uncommitted: Uncommitted::new(deletions_kept),
            is_overtaken: false,
            lock: None,
            work: None,
            commit: None,
        }
    }

    /// Runs until the book is dropped.
    pub(super) async fn run(mut self) {
        loop {
            if self.begin().is_none() {
                return;
            }
            match self.next().await {
                Event::Committed(outcome) => self.commit_ended(outcome).await,
                Event::Worked(work) => self.work_ended(work),
                Event::Message(message) => self.receive(message),
                Event::Continue => {}
                Event::Closed => return,
            }
        }
    }

    async fn next(&mut self) -> Event {
        if self.work.is_none() && !self.undecided.is_empty() {
            tokio::task::yield_now().await;
            return Event::Continue;
        }
        tokio::select! {
            biased;
            outcome = outcome_of(&mut self.commit) => Event::Committed(outcome),
            work = end_of(&mut self.work) => {
                self.work = None;
                Event::Worked(work)
            }
            message = self.mailbox.recv() => message.map_or(Event::Closed, Event::Message),
        }
    }

    /// Takes one message, and those that came with it.
    fn receive(&mut self, first: Message) {
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Command(command) => self.undecided.push_back(*command),
                Message::CatchUp(catch_up) => self.catch_ups.push(catch_up),
            }
            next = self.mailbox.try_recv().ok();
        }
    }

    /// Begins everything that can begin now; `None` if the books are gone.
    fn begin(&mut self) -> Option<()> {
        self.answer_catch_ups();
        if self.undecided.is_empty() && self.uncommitted.is_empty() && self.catch_ups.is_empty() && !self.is_overtaken {
            self.lock = None;
            return Some(());
        }
        // A caller that waits for an answer holds the books.
        let books = self.books.upgrade().map(Books)?;
        for _ in 0..DECISIONS_AT_ONCE_MAX {
            if self.work.is_some() {
                break;
            }
            if self.is_to_catch_up() {
                self.begin_catch_up(&books);
            } else if let Some(command) = self.undecided.pop_front() {
                self.begin_decision(&books, command);
            } else {
                break;
            }
        }
        self.begin_commit(&books);
        Some(())
    }

    /// Decides a short command; begins to decide a long one, or to reserve ids if there are too few.
    fn begin_decision(&mut self, books: &Books, command: PendingCommand) {
        let missing = self.uncommitted.ids().missing(&command.ids_needed);
        if !missing.is_empty() {
            // The lock may occupy the last connection, which the reservation needs.
            self.lock = None;
            let store = books.0.store.clone();
            self.work = Some(Box::pin(async move { Work::Ids(Box::new(command), reserve(&store, missing).await) }));
            return;
        }
        let published = self.published.book();
        let makes_writer = !self.uncommitted.has_writer() && published.contacts_len() > SHORT_WRITER_CONTACTS_MAX;
        let is_long = makes_writer || command.is_long(&published);
        if is_long {
            self.uncommitted.end_batch(&published);
        }
        #[cfg_attr(not(test), expect(unused_mut, reason = "tests set a hook"))]
        let mut job = self.uncommitted.start(command, &published);
        #[cfg(test)]
        books.set_hook(&mut job);
        if !is_long {
            return self.uncommitted.finish(job.run());
        }
        let (workers, client) = (books.workers().clone(), Client::new(Owner::Customer(self.customer.number())));
        self.work = Some(Box::pin(async move {
            // Shared with the pool, because it has to come back when the pool refuses it.
            let job = Arc::new(Mutex::new(Some(job)));
            let taken = Arc::clone(&job);
            let run = move |_: &Job| take(&taken).map(DecisionJob::run);
            match (workers.run(&client, Kind::Command, Duration::MAX, run).await, take(&job)) {
                (Ok(Some(result)), _) => Work::Decision(Box::new(result)),
                (Err(error), Some(job)) => Work::Decision(Box::new(job.refuse(error.into()))),
                // A panic is caught in the job: the runtime is shutting down.
                (_, None) | (Ok(None), _) => pending().await,
            }
        }));
    }

    fn begin_commit(&mut self, books: &Books) {
        if self.commit.is_some() {
            return;
        }
        let Some(batch) = self.uncommitted.take_batch(&self.published.book()) else {
            if self.work.is_none() {
                // Nothing is left to commit: other servers do not wait for it.
                self.lock = None;
            }
            return;
        };
        let lock = self.lock.take();
        let (store, customer, changes) = (books.0.store.clone(), self.customer, batch.changes());
        let ids = self.uncommitted.ids().low();
        let reserves_ids = !ids.is_empty();
        let outcome = Box::pin(async move {
            let kinds = ids.iter().map(|(kind, count)| (stored(*kind), *count)).collect();
            let firsts = store.commit_under(lock, customer, changes, kinds).await?;
            Ok(ids.into_iter().zip(firsts).map(|((kind, count), first)| IdRange::new(kind, first, count)).collect())
        });
        self.commit = Some(Commit { batch, reserves_ids, outcome });
    }

    async fn commit_ended(&mut self, outcome: Result<Vec<IdRange>, CommitError>) {
        // The future goes first: with it goes its handle to the store.
        let Some(Commit { batch, reserves_ids, outcome: ended }) = self.commit.take() else { return };
        drop(ended);
        match outcome {
            Ok(reserved) => {
                self.uncommitted.committed(reserved);
                self.published.publish(batch.after);
                batch.entries.into_iter().for_each(|entry| entry.pending.answer(entry.answer));
            }
            Err(error) => self.commit_failed(batch, error, reserves_ids).await,
        }
    }

    pub(super) fn work_ended(&mut self, work: Work) {
        match work {
            Work::Decision(result) => self.uncommitted.finish(*result),
            Work::Ids(command, Ok(reserved)) => {
                reserved.into_iter().for_each(|range| self.uncommitted.ids().add(range));
                self.undecided.push_front(*command);
            }
            Work::Ids(command, Err(fault)) => command.answer(Err(fault.into())),
            Work::CatchUp(caught_up) => self.caught_up(*caught_up),
        }
    }
}

fn take(job: &Mutex<Option<DecisionJob>>) -> Option<DecisionJob> {
    job.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Never ends while nothing is being committed.
async fn outcome_of(commit: &mut Option<Commit>) -> Result<Vec<IdRange>, CommitError> {
    match commit {
        Some(commit) => commit.outcome.as_mut().await,
        None => pending().await,
    }
}

/// Never ends while the writer is idle.
async fn end_of(work: &mut Option<Running<Work>>) -> Work {
    match work {
        Some(work) => work.as_mut().await,
        None => pending().await,
    }
}
