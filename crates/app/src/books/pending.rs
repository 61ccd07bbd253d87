//! Commands on their way through a book's task, with the channel that answers them.

use std::sync::Arc;
use std::time::Instant;

use ringbook_book::Book;
use ringbook_book::command::{Command, Edit, Outcome};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::BookError;
use super::ids::IdCounts;

/// Commands about at least this many elements are decided off the async threads; deciding this many takes about a
/// millisecond. A batch with this many effects takes no further change.
pub const LONG_ELEMENTS_MIN: usize = 500;

/// Maximum number of elements in a book's pending commands. Further commands wait for a permit.
pub const PENDING_ELEMENTS_MAX: usize = 100_000;

/// The answer to a command.
pub(super) type Answer = Result<Outcome, BookError>;

/// A command that is not answered yet.
#[derive(Debug)]
pub(super) struct PendingCommand {
    pub(super) command: Command,
    /// The ids that it uses up at most.
    pub(super) ids_needed: IdCounts,
    /// How many elements it names or makes.
    elements: usize,
    /// When it was first found to be decided on a revision that another server had moved.
    pub(super) overtaken_since: Option<Instant>,
    reply: oneshot::Sender<Answer>,
    /// Its share of the book's capacity; `None` only if the semaphore were closed, which nothing does.
    permit: Option<OwnedSemaphorePermit>,
}

impl PendingCommand {
    /// A command with the channel for its answer. Waits until its elements fit into the book's capacity.
    pub(super) async fn admitted(command: Command, capacity: &Arc<Semaphore>) -> (Self, oneshot::Receiver<Answer>) {
        let ids_needed = command.ids_needed();
        let elements = elements(&command, &ids_needed);
        let share = elements.clamp(1, PENDING_ELEMENTS_MAX);
        let permit = Arc::clone(capacity).acquire_many_owned(u32::try_from(share).unwrap_or(1)).await.ok();
        let (reply, answer) = oneshot::channel();
        (Self { command, ids_needed, elements, overtaken_since: None, reply, permit }, answer)
    }

    /// Answers, and gives back the command's share of the capacity. The caller may be gone.
    pub(super) fn answer(self, answer: Answer) {
        drop(self.permit);
        let _ = self.reply.send(answer);
    }

    /// Whether deciding it on this book takes too long for an async thread.
    pub(super) fn is_long(&self, book: &Book) -> bool {
        match &self.command {
            // The former members count, too, and the command does not say how many they are.
            Command::DropGroup(_) | Command::EditGroup(_, _, Edit::Set(_)) => book.contacts_len() >= LONG_ELEMENTS_MIN,
            _ => self.elements >= LONG_ELEMENTS_MIN,
        }
    }
}

/// How many elements a command names or makes.
pub(super) fn elements(command: &Command, ids_needed: &IdCounts) -> usize {
    match command {
        Command::DropContacts(contacts) => contacts.len(),
        Command::AddGroup(_, members) | Command::EditGroup(_, _, Edit::Set(members)) => members.len(),
        _ => usize::try_from(ids_needed.iter().map(|(_, count)| count).sum::<u64>()).unwrap_or(usize::MAX),
    }
}
