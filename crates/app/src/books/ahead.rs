//! The state of a book that runs ahead of the disk: what was decided, but not yet committed.
//!
//! A command is decided as soon as it comes, on the state that all commands before it leave behind, and its change
//! waits in a queue. When the store begins its next transaction it takes whatever the queue holds at that moment.
//! What changes nothing (a refusal, or a wish that is fulfilled already) waits in the same queue, because it was
//! judged by changes that are not on disk yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use ringbook_book::Book;
use ringbook_book::book::decide::Decision;
use ringbook_book::book::desk::Desk;
use ringbook_book::change::Change;
use ringbook_book::command::{Command, Edit, Outcome};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::BookError;
use super::ids::Ids;

/// Commands about more things than this are decided off the async threads, and end what the store takes at once; so
/// many take about a millisecond.
pub(super) const LONG_ELEMENTS_MIN: u64 = 500;

/// Commands of one book that wait for the disk are about at most so many things together; whoever comes then waits
/// outside, and is forgotten when the client leaves.
pub(super) const WAITING_ELEMENTS_MAX: usize = 100_000;

/// What a command is answered.
pub(super) type Answer = Result<Outcome, BookError>;

/// A command, with the way to answer it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) command: Command,
    /// When it was first found to be decided on a state that somebody else had changed meanwhile.
    pub(super) overtaken: Option<Instant>,
    reply: oneshot::Sender<Answer>,
    /// Its share of what may wait, given back with the answer.
    room: Option<OwnedSemaphorePermit>,
}

impl Waiting {
    /// The command, and where its answer will come.
    pub(super) fn new(command: Command) -> (Self, oneshot::Receiver<Answer>) {
        let (reply, answer) = oneshot::channel();
        (Self { command, overtaken: None, reply, room: None }, answer)
    }

    /// Waits until there is room for it among what is decided and not on disk yet.
    pub(super) async fn enter(&mut self, room: &Arc<Semaphore>) {
        let share = u32::try_from(self.elements().clamp(1, WAITING_ELEMENTS_MAX as u64)).unwrap_or(1);
        // Nobody closes it.
        self.room = Arc::clone(room).acquire_many_owned(share).await.ok();
    }

    /// Answers. The one who asked may have left; what was done is done all the same.
    pub(super) fn answer(self, answer: Answer) {
        let _ = self.reply.send(answer);
    }

    /// Whether deciding it takes long.
    pub(super) fn is_long(&self) -> bool {
        self.elements() >= LONG_ELEMENTS_MIN
    }

    /// How many things it is about, as far as the command says.
    fn elements(&self) -> u64 {
        match &self.command {
            Command::DropContacts(contacts) => contacts.len() as u64,
            Command::AddGroup(_, members) | Command::EditGroup(_, _, Edit::Set(members)) => members.len() as u64,
            command => command.ids_needed().iter().map(|(_, count)| count).sum(),
        }
    }
}

/// A decided command.
pub(super) struct Entry {
    pub(super) waiting: Waiting,
    /// What it changes, if anything.
    pub(super) change: Option<Arc<Change>>,
    /// What it is answered when everything up to it is on disk.
    pub(super) answer: Answer,
    /// The book after a long command, so that the store need not take what follows.
    after: Option<Arc<Book>>,
}

/// What the store takes at once.
pub(super) struct Taken {
    pub(super) entries: Vec<Entry>,
    /// The book after all of them.
    pub(super) after: Arc<Book>,
}

/// Whether somebody carries decided changes to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Carrier {
    /// Nobody has to.
    #[default]
    Idle,
    /// Somebody does.
    AtWork,
}

/// What only the writers of a book need.
#[derive(Default)]
pub(super) struct Ahead {
    /// Made anew when it is missing.
    desk: Option<Desk>,
    queue: VecDeque<Entry>,
    /// Taken by the store, in order, and not yet known to be on disk.
    in_flight: Vec<Arc<Change>>,
    pub(super) carrier: Carrier,
    /// When the sizes of books were summed up last.
    pub(super) reported: Option<Instant>,
}

impl Ahead {
    /// Decides a command on the state that those before it leave behind. `make` makes the desk of what readers see.
    pub(super) fn decide(&mut self, waiting: Waiting, ids: &mut Ids, make: impl FnOnce() -> Desk) {
        // Taken out while it is worked on: should that panic, no half-changed desk is left behind.
        let mut desk = self.desk.take().unwrap_or_else(|| self.replayed(make()));
        let is_long = waiting.is_long();
        let (change, answer) = match desk.decide(waiting.command.clone(), ids) {
            Ok(Decision { change, outcome }) if change.effects.is_empty() => (None, Ok(outcome)),
            Ok(Decision { change, outcome }) => {
                desk.apply(&change);
                (Some(Arc::new(change)), Ok(outcome))
            }
            Err(refusal) => (None, Err(BookError::Refused(refusal))),
        };
        if change.is_none() && self.queue.is_empty() && self.carrier == Carrier::Idle {
            waiting.answer(answer);
        } else {
            let after = is_long.then(|| desk.snapshot());
            self.queue.push_back(Entry { waiting, change, answer, after });
        }
        self.desk = Some(desk);
    }

    /// Whether something waits to be carried to the store.
    pub(super) fn is_waiting(&self) -> bool {
        !self.queue.is_empty()
    }

    /// What the store is to take now: everything, or all up to a long command.
    pub(super) fn take(&mut self) -> Option<Taken> {
        let long = self.queue.iter().position(|entry| entry.after.is_some());
        let entries: Vec<Entry> = self.queue.drain(..long.map_or(self.queue.len(), |long| long + 1)).collect();
        let after = match entries.last()?.after.clone() {
            Some(after) => after,
            None => self.desk.as_ref()?.snapshot(),
        };
        self.in_flight = entries.iter().filter_map(|entry| entry.change.clone()).collect();
        Some(Taken { entries, after })
    }

    /// Whether the store has something that it has not answered yet.
    pub(super) fn is_in_flight(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// What was taken is on disk, and readers see it.
    pub(super) fn arrived(&mut self) {
        self.in_flight.clear();
    }

    /// What was taken is not on disk: all that was decided since is void. Answers what has to be decided again.
    pub(super) fn void(&mut self) -> Vec<Waiting> {
        self.in_flight.clear();
        self.desk = None;
        self.queue.drain(..).map(|entry| entry.waiting).collect()
    }

    /// The desk, if nothing runs ahead of the disk.
    pub(super) fn idle_desk(&mut self) -> Option<Desk> {
        let is_idle = self.queue.is_empty() && self.in_flight.is_empty();
        self.desk.take_if(|_| is_idle)
    }

    /// Keeps a desk that is where readers are, unless something runs ahead.
    pub(super) fn keep_idle(&mut self, desk: Desk) {
        if self.queue.is_empty() && self.in_flight.is_empty() {
            self.desk = Some(desk);
        }
    }

    /// The desk with what is not on disk yet.
    fn replayed(&self, mut desk: Desk) -> Desk {
        let waiting = self.queue.iter().filter_map(|entry| entry.change.as_ref());
        self.in_flight.iter().chain(waiting).for_each(|change| desk.apply(change));
        desk
    }
}
