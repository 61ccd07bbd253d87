//! How the task of a book picks up changes committed by other servers.

use std::sync::Arc;
use std::time::Duration;

use ringbook_book::Book;
use ringbook_book::book::writer::BookWriter;
use ringbook_book::id::CustomerId;

use ringbook_store::{BookLock, StoreError};
use ringbook_workers::{Client, Kind, Owner};

use super::Books;
use super::mailbox::CatchUp;
use super::task::{BookTask, CaughtUp, Work};
use super::uncommitted::writer_of;

/// What a thread of the pool has found out.
enum Found {
    Unchanged(Option<BookWriter>),
    Moved(BookWriter),
    Reload,
}

impl BookTask {
    /// Whether the book is to catch up before anything else is decided.
    ///
    /// While a batch is in flight or decided this can wait: once it is committed, the published revision is beyond
    /// anything that the store held when it began, and if it fails because the book moved, that sets `is_overtaken`.
    pub(super) fn is_to_catch_up(&self) -> bool {
        (self.is_overtaken || !self.catch_ups.is_empty()) && self.uncommitted.is_empty()
    }

    /// Answers callers whose revision is published already.
    pub(super) fn answer_catch_ups(&mut self) {
        if self.catch_ups.is_empty() {
            return;
        }
        let revision = self.published.book().revision();
        let reached = |catch_up: &mut CatchUp| catch_up.to.is_some_and(|to| revision >= to);
        for catch_up in self.catch_ups.extract_if(.., reached) {
            let _ = catch_up.reply.send(Ok(()));
        }
    }

    pub(super) fn begin_catch_up(&mut self, books: &Books) {
        let waiting = std::mem::take(&mut self.catch_ups);
        let (books, customer, published) = (books.clone(), self.customer, self.published.book());
        let writer = self.uncommitted.take_idle_writer();
        // What was overtaken once is not overtaken again.
        let locks = self.is_overtaken && !self.undecided.is_empty();
        self.work = Some(Box::pin(async move {
            let (writer, outcome, lock) = match find(&books, customer, published, writer, locks).await {
                Ok((Found::Unchanged(writer), lock)) => (writer, Ok(None), lock),
                Ok((Found::Moved(writer), lock)) => {
                    let book = writer.snapshot();
                    (Some(writer), Ok(Some(book)), lock)
                }
                Ok((Found::Reload, lock)) => {
                    // Reading the whole book takes longer than other servers should wait.
                    drop(lock);
                    (None, books.load(customer).await.map(|book| Some(Arc::new(book))), None)
                }
                Err(fault) => (None, Err(fault.into()), None),
            };
            Work::CatchUp(Box::new(CaughtUp { waiting, writer, outcome, lock }))
        }));
    }

    pub(super) fn caught_up(&mut self, CaughtUp { waiting, writer, outcome, lock }: CaughtUp) {
        self.lock = lock;
        let was_overtaken = std::mem::take(&mut self.is_overtaken);
        self.uncommitted.put_back_writer(writer);
        let outcome = outcome.map(|book| {
            if let Some(book) = book {
                self.published.publish(book);
            }
        });
        // What was overtaken cannot be decided on the state of before.
        if let (Err(fault), true) = (&outcome, was_overtaken) {
            self.undecided.drain(..).for_each(|command| command.answer(Err(fault.clone())));
        }
        for catch_up in waiting {
            let _ = catch_up.reply.send(outcome.clone());
        }
    }
}

/// Asks the store for what is different, and applies it to the writer.
async fn find(
    books: &Books,
    customer: CustomerId,
    published: Arc<Book>,
    writer: Option<BookWriter>,
    locks: bool,
) -> Result<(Found, Option<BookLock>), StoreError> {
    let (store, deletions_kept) = (books.0.store.clone(), books.0.bounds.deletions_kept);
    // Waiting for another server's commit occupies no place in the pool.
    let mut lock = if locks { store.lock_book(customer).await? } else { None };
    let work = move || {
        let changes = match &mut lock {
            Some(lock) => store.changes_since_locked(lock, customer, &published)?,
            None => store.changes_since(customer, &published)?,
        };
        let found = match changes {
            ringbook_store::CatchUp::Steps(steps, to) if to > published.revision() => {
                let mut writer = writer.unwrap_or_else(|| writer_of(&published, deletions_kept));
                writer.catch_up(&steps, to);
                Found::Moved(writer)
            }
            ringbook_store::CatchUp::Steps(..) => Found::Unchanged(writer),
            ringbook_store::CatchUp::Reload => Found::Reload,
        };
        Ok((found, lock))
    };
    let client = Client::new(Owner::Customer(customer.number()));
    let found = books.workers().run(&client, Kind::CatchUp, Duration::MAX, move |_| work()).await;
    found.map_err(StoreError::unavailable)?
}
