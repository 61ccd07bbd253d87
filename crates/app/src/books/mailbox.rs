//! What the readers of a loaded book, its mailbox and its task share.

use std::sync::{Arc, PoisonError, RwLock};

use ringbook_book::Book;
use ringbook_book::id::Revision;
use tokio::sync::oneshot;

use super::BookError;
use super::pending::PendingCommand;

/// The last committed state of a book. Held for as long as a pointer is copied, by readers and by the book's task.
pub(super) struct Published(RwLock<Arc<Book>>);

impl Published {
    pub(super) fn new(book: Book) -> Self {
        Self(RwLock::new(Arc::new(book)))
    }

    pub(super) fn book(&self) -> Arc<Book> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows this state to readers from now on. Only the task of the book calls this.
    pub(super) fn publish(&self, book: Arc<Book>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = book;
    }
}

/// What the task of a book is asked to do.
pub(super) enum Message {
    /// Decide and commit a command.
    Command(Box<PendingCommand>),
    /// Pick up what other servers have committed.
    CatchUp(CatchUp),
}

/// A caller that waits until the book has caught up.
pub(super) struct CatchUp {
    /// The revision to reach; `None` if the store has no such book.
    pub(super) to: Option<Revision>,
    pub(super) reply: oneshot::Sender<Result<(), BookError>>,
}
