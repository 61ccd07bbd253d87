//! The line in which the changes of one book wait.
//!
//! Whoever joins a line that nobody serves starts serving it; all others only wait for their answer. The one that
//! serves takes everything that waits at a moment, so the busier a book is, the more changes share one commit.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringbook_book::command::{Command, Edit, Outcome};
use tokio::sync::oneshot;

use super::ShelfFault;

/// Most commands that are taken at once.
const ROUND_COMMANDS_MAX: usize = 512;
/// Commands about more things than this together do not go into one round.
const ROUND_ELEMENTS_MAX: u64 = 10_000;

/// A command that waits, with the way to answer it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) command: Command,
    /// How often it was decided on a state that somebody else had changed meanwhile.
    pub(super) attempts: usize,
    reply: oneshot::Sender<Result<Outcome, ShelfFault>>,
}

impl Waiting {
    /// The command, and where its answer will come.
    pub(super) fn new(command: Command) -> (Self, oneshot::Receiver<Result<Outcome, ShelfFault>>) {
        let (reply, answer) = oneshot::channel();
        (Self { command, attempts: 0, reply }, answer)
    }

    /// Answers. The one who asked may have left; what was done is done all the same.
    pub(super) fn answer(self, answer: Result<Outcome, ShelfFault>) {
        let _ = self.reply.send(answer);
    }

    /// How many things it is about, as far as the command says.
    pub(super) fn elements(&self) -> u64 {
        match &self.command {
            Command::DropContacts(contacts) => contacts.len() as u64,
            Command::AddGroup(_, members) | Command::EditGroup(_, _, Edit::Set(members)) => members.len() as u64,
            command => command.ids_needed().iter().map(|(_, count)| count).sum(),
        }
    }
}

/// Who serves a line after somebody has joined it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Served {
    /// Somebody else does.
    Already,
    /// The one who joined has to.
    ByYou,
}

/// What waits, in order.
#[derive(Debug, Default)]
pub(super) struct Line(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    is_served: bool,
}

impl Line {
    /// Joins the end of the line.
    pub(super) fn join(&self, waiting: Waiting) -> Served {
        let mut state = self.state();
        state.waiting.push_back(waiting);
        if std::mem::replace(&mut state.is_served, true) { Served::Already } else { Served::ByYou }
    }

    /// Goes back to the head of the line, in this order.
    pub(super) fn rejoin(&self, waiting: Vec<Waiting>) {
        let mut state = self.state();
        waiting.into_iter().rev().for_each(|waiting| state.waiting.push_front(waiting));
    }

    /// What is to be done next; when nothing waits, the line is served no more.
    pub(super) fn round(&self) -> Option<Vec<Waiting>> {
        let mut state = self.state();
        let mut round: Vec<Waiting> = Vec::new();
        let mut elements = 0;
        while let Some(next) = state.waiting.front() {
            elements += next.elements();
            if !round.is_empty() && (round.len() >= ROUND_COMMANDS_MAX || elements > ROUND_ELEMENTS_MAX) {
                break;
            }
            round.extend(state.waiting.pop_front());
        }
        state.is_served = !round.is_empty();
        (!round.is_empty()).then_some(round)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
