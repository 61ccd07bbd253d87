//! The state of a book ahead of its last commit: the writer, the decided commands, and the batch in flight.
//!
//! A command is decided on the state that all commands before it leave behind, committed or not. Commands that change
//! nothing (a refusal, a wish that is fulfilled already) take their place in the queue as well: they were judged by
//! changes that are not committed yet.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ringbook_book::Book;
use ringbook_book::book::decision::Decision;
use ringbook_book::book::writer::BookWriter;
use ringbook_book::change::Change;

use super::ids::{IdPool, IdRange};
use super::pending::{Answer, LONG_ELEMENTS_MIN, PendingCommand};
use super::{BookError, interrupted};

/// A decided command.
pub(super) struct Decided {
    pub(super) pending: PendingCommand,
    /// What it changes, if anything.
    pub(super) change: Option<Arc<Change>>,
    /// Its answer once everything up to it is committed.
    pub(super) answer: Answer,
    /// The book after it, if its batch ends with it.
    after: Option<Arc<Book>>,
}

/// What is committed in one transaction.
pub(super) struct Batch {
    pub(super) entries: Vec<Decided>,
    /// The book after all of them.
    pub(super) after: Arc<Book>,
}

impl Batch {
    pub(super) fn changes(&self) -> Vec<Arc<Change>> {
        self.entries.iter().filter_map(|entry| entry.change.clone()).collect()
    }
}

/// Everything that deciding a command takes; it may be done on any thread.
pub(super) struct DecisionJob {
    pending: PendingCommand,
    /// `Err` with the book to make the writer of.
    writer: Result<BookWriter, Arc<Book>>,
    ids: IdPool,
    deletions_kept: usize,
    #[cfg(test)]
    pub(super) hook: Option<super::tests::contention::BeforeDecision>,
}

/// What became of a [`DecisionJob`].
pub(super) struct DecisionResult {
    pending: PendingCommand,
    /// Lost if the decision panicked.
    writer: Option<BookWriter>,
    ids: IdPool,
    /// `None` if the decision panicked.
    decided: Option<(Option<Arc<Change>>, Answer)>,
}

impl DecisionJob {
    /// Decides the command and applies its change to the writer.
    pub(super) fn run(self) -> DecisionResult {
        let Self { pending, writer, mut ids, deletions_kept, .. } = self;
        let command = &pending.command;
        // What is half-changed by a panic is dropped: the writer; ids that were taken stay unused.
        let decision = catch_unwind(AssertUnwindSafe(|| {
            let mut writer = writer.unwrap_or_else(|book| writer_of(&book, deletions_kept));
            #[cfg(test)]
            self.hook.iter().for_each(|hook| hook(command));
            let decided = decide(&mut writer, command, &mut ids);
            (writer, decided)
        }));
        let (writer, decided) = decision.ok().unzip();
        DecisionResult { pending, writer, ids, decided }
    }

    /// Gives back writer and ids with a refusal of the command, which was not decided.
    pub(super) fn refuse(self, error: BookError) -> DecisionResult {
        DecisionResult {
            pending: self.pending,
            writer: self.writer.ok(),
            ids: self.ids,
            decided: Some((None, Err(error))),
        }
    }
}

fn decide(
    writer: &mut BookWriter,
    command: &ringbook_book::command::Command,
    ids: &mut IdPool,
) -> (Option<Arc<Change>>, Answer) {
    match writer.decide(command.clone(), ids) {
        Ok(Decision { change, outcome }) if change.effects.is_empty() => (None, Ok(outcome)),
        Ok(Decision { change, outcome }) => {
            writer.apply(&change);
            (Some(Arc::new(change)), Ok(outcome))
        }
        Err(refusal) => (None, Err(BookError::Rejected(refusal))),
    }
}

/// The writer of a book. Takes time that grows with the book.
pub(super) fn writer_of(book: &Book, deletions_kept: usize) -> BookWriter {
    BookWriter::of(book.clone()).keeping_deletions(deletions_kept)
}

/// What only the task of a book knows: the state ahead of the last commit.
pub(super) struct Uncommitted {
    /// At the state after all decided commands. Made from the published book when it is missing.
    writer: Option<BookWriter>,
    ids: IdPool,
    /// Ids that came with a commit while the pool was with a [`DecisionJob`].
    arrived_ids: Vec<IdRange>,
    /// Whether the writer and the pool are with a [`DecisionJob`].
    is_deciding: bool,
    decided: VecDeque<Decided>,
    /// Effects of the decided commands that are in no ended batch.
    open_effects: usize,
    /// Handed to the store, in order, and not known to be committed.
    in_flight: Vec<Arc<Change>>,
    deletions_kept: usize,
}

impl Uncommitted {
    pub(super) fn new(deletions_kept: usize) -> Self {
        Self {
            writer: None,
            ids: IdPool::default(),
            arrived_ids: Vec::new(),
            is_deciding: false,
            decided: VecDeque::new(),
            open_effects: 0,
            in_flight: Vec::new(),
            deletions_kept,
        }
    }

    pub(super) fn ids(&mut self) -> &mut IdPool {
        &mut self.ids
    }

    /// Whether nothing is ahead of the published book.
    pub(super) fn is_empty(&self) -> bool {
        self.decided.is_empty() && self.in_flight.is_empty()
    }

    pub(super) fn has_writer(&self) -> bool {
        self.writer.is_some()
    }

    /// Hands out writer and ids to decide a command; [`Uncommitted::finish`] takes them back before the next one.
    pub(super) fn start(&mut self, pending: PendingCommand, published: &Arc<Book>) -> DecisionJob {
        let writer = if self.writer.is_none() && self.is_empty() {
            Err(Arc::clone(published))
        } else {
            Ok(self.take_writer(published))
        };
        self.is_deciding = true;
        DecisionJob {
            pending,
            writer,
            ids: std::mem::take(&mut self.ids),
            deletions_kept: self.deletions_kept,
            #[cfg(test)]
            hook: None,
        }
    }

    /// Lets a batch end with the last decided command, so that it can be committed while the writer is away.
    pub(super) fn end_batch(&mut self, published: &Arc<Book>) {
        if self.decided.back().is_some_and(|last| last.after.is_none()) {
            let writer = self.take_writer(published);
            if let Some(last) = self.decided.back_mut() {
                last.after = Some(writer.snapshot());
            }
            self.open_effects = 0;
            self.writer = Some(writer);
        }
    }

    /// Takes back writer and ids, and queues the decided command, or answers it if nothing is left to wait for.
    pub(super) fn finish(&mut self, result: DecisionResult) {
        let DecisionResult { pending, writer, ids, decided } = result;
        (self.writer, self.ids, self.is_deciding) = (writer, ids, false);
        self.arrived_ids.drain(..).for_each(|range| self.ids.add(range));
        match decided {
            None => pending.answer(Err(interrupted())),
            Some((None, answer)) if self.is_empty() => pending.answer(answer),
            Some((change, answer)) => {
                // A long transaction would delay the changes of other accounts.
                self.open_effects += change.as_ref().map_or(0, |change| change.effects.len());
                let ends_batch = self.open_effects >= LONG_ELEMENTS_MIN;
                let after = self.writer.as_ref().filter(|_| ends_batch).map(BookWriter::snapshot);
                if after.is_some() {
                    self.open_effects = 0;
                }
                self.decided.push_back(Decided { pending, change, answer, after });
            }
        }
    }

    /// The next batch: everything that is decided, or all up to a long change. Nothing may be in flight.
    pub(super) fn take_batch(&mut self, published: &Arc<Book>) -> Option<Batch> {
        debug_assert!(self.in_flight.is_empty(), "one batch of a book at a time");
        // What changes nothing is only waited for what was decided before it.
        while let Some(entry) = self.decided.pop_front_if(|entry| entry.change.is_none()) {
            entry.pending.answer(entry.answer);
        }
        let end = self.decided.iter().position(|entry| entry.after.is_some());
        let end = end.map_or(self.decided.len(), |last| last + 1);
        let after = match self.decided.get(end.checked_sub(1)?)?.after.clone() {
            Some(after) => after,
            None => {
                self.open_effects = 0;
                let writer = self.take_writer(published);
                self.writer.insert(writer).snapshot()
            }
        };
        let entries: Vec<Decided> = self.decided.drain(..end).collect();
        self.in_flight = entries.iter().filter_map(|entry| entry.change.clone()).collect();
        Some(Batch { entries, after })
    }

    /// The batch in flight is committed; these ids were reserved with it.
    pub(super) fn committed(&mut self, reserved: Vec<IdRange>) {
        self.in_flight.clear();
        if self.is_deciding {
            self.arrived_ids.extend(reserved);
        } else {
            reserved.into_iter().for_each(|range| self.ids.add(range));
        }
    }

    /// Drops everything ahead of the published book. The commands have to be decided again, in this order.
    pub(super) fn roll_back(&mut self) -> VecDeque<PendingCommand> {
        debug_assert!(!self.is_deciding, "the writer is back before its state is dropped");
        self.in_flight.clear();
        self.open_effects = 0;
        self.writer = None;
        self.decided.drain(..).map(|entry| entry.pending).collect()
    }

    /// Takes out the writer of a book with nothing ahead of it.
    pub(super) fn take_idle_writer(&mut self) -> Option<BookWriter> {
        debug_assert!(self.is_empty(), "the writer is at the published state");
        self.writer.take()
    }

    /// Puts back a writer that is at the published state, or nothing, so that it is made when it is needed.
    pub(super) fn put_back_writer(&mut self, writer: Option<BookWriter>) {
        self.writer = writer;
    }

    /// The writer, made of the published book and everything ahead of it if it is missing.
    fn take_writer(&mut self, published: &Arc<Book>) -> BookWriter {
        self.writer.take().unwrap_or_else(|| {
            let mut writer = writer_of(published, self.deletions_kept);
            let decided = self.decided.iter().filter_map(|entry| entry.change.as_ref());
            self.in_flight.iter().chain(decided).for_each(|change| writer.apply(change));
            writer
        })
    }
}
