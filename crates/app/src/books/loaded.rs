//! A book in memory: the published state for readers, and the mailbox of the task that writes it.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use ringbook_book::Book;
use ringbook_book::command::{Command, CommandError, CommandErrorKind, CommandSubject};
use ringbook_book::id::{CustomerId, Revision};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::mailbox::{CatchUp, Message, Published};
use super::pending::{self, Answer, PENDING_ELEMENTS_MAX, PendingCommand};
use super::task::BookTask;
use super::{BookError, Inner, interrupted};

/// The size of a book is measured again after commands with so many elements.
const MEASURED_ELEMENTS: usize = 1_000;

/// A book in memory. Its task begins with the first message, so that a book that is only read has none, and ends when
/// this is dropped.
pub(super) struct LoadedBook {
    customer: CustomerId,
    books: Weak<Inner>,
    deletions_kept: usize,
    published: Arc<Published>,
    /// Bounded by `capacity` for commands, and by the callers, one each, for the rest. Empty before the first message.
    mailbox: OnceLock<mpsc::UnboundedSender<Message>>,
    /// One permit for each element of a pending command.
    capacity: Arc<Semaphore>,
    size: LastSize,
}

/// The size of a book when it was last measured. Measuring takes tens of microseconds per million contacts.
#[derive(Default)]
struct LastSize {
    /// 0 if it was never measured.
    bytes: AtomicU64,
    /// Elements of the commands since then.
    elements: AtomicUsize,
}

impl fmt::Debug for LoadedBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoadedBook at {:?}", self.book().revision())
    }
}

impl LoadedBook {
    /// Takes in a book that was just read.
    pub(super) fn new(customer: CustomerId, book: Book, books: Weak<Inner>, deletions_kept: usize) -> Self {
        let published = Arc::new(Published::new(book));
        let capacity = Arc::new(Semaphore::new(PENDING_ELEMENTS_MAX));
        let (mailbox, size) = (OnceLock::new(), LastSize::default());
        Self { customer, books, deletions_kept, published, mailbox, capacity, size }
    }

    /// Hands a message to the task, which is started for the first one.
    fn send(&self, message: Message) -> Result<(), BookError> {
        let mailbox = self.mailbox.get_or_init(|| {
            let (mailbox, messages) = mpsc::unbounded_channel();
            let (books, published) = (Weak::clone(&self.books), Arc::clone(&self.published));
            tokio::spawn(BookTask::new(self.customer, books, published, messages, self.deletions_kept).run());
            mailbox
        });
        mailbox.send(message).map_err(|_| interrupted())
    }

    /// The last committed state that this server knows.
    pub(super) fn book(&self) -> Arc<Book> {
        self.published.book()
    }

    /// Whether the task has ended by a panic; the book must be loaded again.
    pub(super) fn is_abandoned(&self) -> bool {
        self.mailbox.get().is_some_and(mpsc::UnboundedSender::is_closed)
    }

    /// Refuses a command that may add to a book of at least `bytes_max` bytes. The size is measured at times, so that the
    /// book can grow beyond by what [`MEASURED_ELEMENTS`] elements and the commands on their way add.
    pub(super) fn ensure_room(&self, command: &Command, bytes_max: u64) -> Result<(), BookError> {
        if command.only_deletes() || bytes_max == u64::MAX {
            return Ok(());
        }
        let LastSize { bytes, elements } = &self.size;
        let more = pending::elements(command, &command.ids_needed()).max(1);
        let mut size = bytes.load(Ordering::Relaxed);
        let is_due = elements.fetch_add(more, Ordering::Relaxed) >= MEASURED_ELEMENTS;
        // A full book is measured each time: deletions may have made room.
        if is_due || size == 0 || size >= bytes_max {
            size = self.book().bytes() as u64;
            bytes.store(size, Ordering::Relaxed);
            elements.store(0, Ordering::Relaxed);
        }
        if size < bytes_max {
            return Ok(());
        }
        let kind = CommandErrorKind::BytesReached(bytes_max);
        Err(BookError::Rejected(CommandError { index: 0, subject: CommandSubject::Count, kind }))
    }

    /// Has a command decided and committed. Once it is in the mailbox it is finished even if this future is dropped.
    pub(super) async fn change(&self, command: Command) -> Answer {
        let (pending, answer) = PendingCommand::admitted(command, &self.capacity).await;
        self.send(Message::Command(Box::new(pending)))?;
        answer.await.unwrap_or_else(|_| Err(interrupted()))
    }

    /// Brings the book to at least this revision.
    pub(super) async fn catch_up(&self, to: Option<Revision>) -> Result<(), BookError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::CatchUp(CatchUp { to, reply }))?;
        answer.await.unwrap_or_else(|_| Err(interrupted()))
    }
}
