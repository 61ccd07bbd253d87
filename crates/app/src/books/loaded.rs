//! A book in memory: the published state for readers, and the mailbox of the task that writes it.

use std::fmt;
use std::sync::{Arc, Weak};

use ringbook_book::Book;
use ringbook_book::command::Command;
use ringbook_book::id::{CustomerId, Revision};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::mailbox::{CatchUp, Message, Published};
use super::pending::{Answer, PENDING_ELEMENTS_MAX, PendingCommand};
use super::task::BookTask;
use super::{BookError, Inner, interrupted};

/// A book in memory. Its task ends when this is dropped.
pub(super) struct LoadedBook {
    published: Arc<Published>,
    /// Bounded by `capacity` for commands, and by the callers, one each, for the rest.
    mailbox: mpsc::UnboundedSender<Message>,
    /// One permit for each element of a pending command.
    capacity: Arc<Semaphore>,
}

impl fmt::Debug for LoadedBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoadedBook at {:?}", self.book().revision())
    }
}

impl LoadedBook {
    /// Takes in a book that was just read, and starts its task.
    pub(super) fn start(customer: CustomerId, book: Book, books: Weak<Inner>, deletions_kept: usize) -> Self {
        let published = Arc::new(Published::new(book));
        let (mailbox, messages) = mpsc::unbounded_channel();
        let task = BookTask::new(customer, books, Arc::clone(&published), messages, deletions_kept);
        tokio::spawn(task.run());
        Self { published, mailbox, capacity: Arc::new(Semaphore::new(PENDING_ELEMENTS_MAX)) }
    }

    /// The last committed state that this server knows.
    pub(super) fn book(&self) -> Arc<Book> {
        self.published.book()
    }

    /// Whether the task has ended by a panic; the book must be loaded again.
    pub(super) fn is_abandoned(&self) -> bool {
        self.mailbox.is_closed()
    }

    /// Has a command decided and committed. Once it is in the mailbox it is finished even if this future is dropped.
    pub(super) async fn change(&self, command: Command) -> Answer {
        let (pending, answer) = PendingCommand::admitted(command, &self.capacity).await;
        self.mailbox.send(Message::Command(Box::new(pending))).map_err(|_| interrupted())?;
        answer.await.unwrap_or_else(|_| Err(interrupted()))
    }

    /// Brings the book to at least this revision.
    pub(super) async fn catch_up(&self, to: Option<Revision>) -> Result<(), BookError> {
        let (reply, answer) = oneshot::channel();
        self.mailbox.send(Message::CatchUp(CatchUp { to, reply })).map_err(|_| interrupted())?;
        answer.await.unwrap_or_else(|_| Err(interrupted()))
    }
}
