//! How books are changed.
//!
//! The commands of one book wait in a line. Whoever serves it takes a round of them: each is decided on the state
//! that those before it leave behind and applied to the desk at once, then all their changes are committed in one
//! go, then the new state is published and everybody answered. Until then no reader sees anything of it.
//!
//! When a change cannot be committed, the desk has gone too far: it is made anew from what is published and what of
//! the round was committed. Commands behind a failed one are decided again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ringbook_book::Book;
use ringbook_book::book::decide::Decision;
use ringbook_book::book::desk::Desk;
use ringbook_book::change::Change;
use ringbook_book::command::{Command, Outcome};
use ringbook_book::id::CustomerId;

use super::ids::Ids;
use super::line::{Served, Waiting};
use super::{Shelf, ShelfFault, Volume};
use crate::store::StoreFault;

/// How often a command is decided anew because somebody else was quicker.
const ATTEMPTS_MAX: usize = 16;
/// Rounds of more elements than this are decided off the async threads; so many take about a millisecond.
const ELEMENTS_HERE_MAX: u64 = 500;
/// How often at most the sizes of books are summed up after changes.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// What the one who serves a book's line needs: the desk, unless it has to be made anew, and ids at hand.
#[derive(Default)]
pub(super) struct Bench {
    desk: Option<Desk>,
    ids: Ids,
    reported: Option<Instant>,
}

/// A command that was decided and applied to the desk, but not yet committed.
struct Applied {
    waiting: Waiting,
    change: Arc<Change>,
    outcome: Outcome,
}

/// A round that was decided.
#[derive(Default)]
struct Decided {
    /// What has to be committed, in order.
    applied: Vec<Applied>,
    /// What changes nothing: commands that are refused, and those that ask for what is there already.
    idle: Vec<(Waiting, Result<Outcome, ShelfFault>)>,
}

impl Shelf {
    /// Changes an account's book. Once this was called it goes on to its end, whether or not anybody waits.
    pub async fn change(&self, customer: CustomerId, command: Command) -> Result<Outcome, ShelfFault> {
        if let Some(volume) = self.volume_in_memory(customer) {
            return self.line_up(customer, volume, command).await;
        }
        let shelf = self.clone();
        // A task of its own: the one who asked may leave while the book is still being loaded.
        let work = tokio::spawn(async move {
            let volume = shelf.volume(customer).await?;
            shelf.line_up(customer, volume, command).await
        });
        work.await.unwrap_or_else(|failed| Err(StoreFault::unavailable(failed).into()))
    }

    async fn line_up(
        &self,
        customer: CustomerId,
        volume: Arc<Volume>,
        command: Command,
    ) -> Result<Outcome, ShelfFault> {
        let (waiting, answer) = Waiting::new(command);
        if volume.line.join(waiting) == Served::ByYou {
            tokio::spawn(self.clone().serve(customer, volume));
        }
        answer.await.unwrap_or_else(|_| Err(StoreFault::unavailable("a change was broken off").into()))
    }

    /// Serves a line until nobody waits.
    async fn serve(self, customer: CustomerId, volume: Arc<Volume>) {
        loop {
            let (shelf, of_volume) = (self.clone(), Arc::clone(&volume));
            let work = tokio::spawn(async move { shelf.serve_rounds(customer, &of_volume).await });
            if work.await.is_ok() {
                break;
            }
            // A round has panicked: whoever was in it is told so, and the next one starts afresh.
            *volume.bench.lock().await = Bench::default();
        }
        self.report_soon(&volume).await;
    }

    async fn serve_rounds(&self, customer: CustomerId, volume: &Volume) {
        let mut bench = volume.bench.lock().await;
        loop {
            // Whoever is about to join comes first, so that more share the commit.
            tokio::task::yield_now().await;
            let Some(round) = volume.line.round() else { return };
            self.carry_out(customer, volume, &mut bench, round).await;
        }
    }

    async fn carry_out(&self, customer: CustomerId, volume: &Volume, bench: &mut Bench, round: Vec<Waiting>) {
        if let Err(fault) = bench.ids.provide(&self.0.store, round.iter().map(|waiting| &waiting.command)).await {
            return round.into_iter().for_each(|waiting| waiting.answer(Err(fault.clone().into())));
        }
        let before = volume.present();
        let desk = bench.desk.take().unwrap_or_else(|| self.desk_of(&before));
        let (desk, ids, decided) = decide_where_it_fits(desk, std::mem::take(&mut bench.ids), round).await;
        bench.ids = ids;
        let Decided { applied, idle } = decided;
        let changes = applied.iter().map(|applied| Arc::clone(&applied.change)).collect();
        let outcomes = self.0.store.commit_all(customer, changes).await;
        let committed = outcomes.iter().take_while(|outcome| outcome.is_ok()).count();
        if committed == applied.len() {
            publish(volume, &desk, &before);
            bench.desk = Some(desk);
            idle.into_iter().for_each(|(waiting, answer)| waiting.answer(answer));
        } else {
            let done = applied[..committed].iter().map(|applied| &*applied.change);
            bench.desk = Some(self.retreat(volume, &before, done));
            // What they were judged by never came to be.
            volume.line.rejoin(idle.into_iter().map(|(waiting, _)| waiting).collect());
        }
        self.answer(customer, volume, bench, applied, outcomes).await;
    }

    fn desk_of(&self, book: &Book) -> Desk {
        Desk::of(book.clone()).keeping_deletions(self.0.bounds.deletions_kept)
    }

    /// The desk of what was committed: what was published before, and these changes.
    fn retreat<'c>(&self, volume: &Volume, before: &Arc<Book>, done: impl Iterator<Item = &'c Change>) -> Desk {
        let mut desk = self.desk_of(before);
        done.for_each(|change| desk.apply(change));
        publish(volume, &desk, before);
        desk
    }

    /// Answers what is settled; what was decided on a state that never came to be goes back into the line.
    async fn answer(
        &self,
        customer: CustomerId,
        volume: &Volume,
        bench: &mut Bench,
        applied: Vec<Applied>,
        outcomes: Vec<Result<(), StoreFault>>,
    ) {
        let mut again = Vec::new();
        let mut failed_before = false;
        for (mut applied, outcome) in applied.into_iter().zip(outcomes) {
            match outcome {
                Ok(()) => applied.waiting.answer(Ok(applied.outcome)),
                Err(StoreFault::RevisionMoved) if applied.waiting.attempts < ATTEMPTS_MAX => {
                    applied.waiting.attempts += usize::from(!failed_before);
                    if !failed_before && let Err(fault) = self.catch_up(customer, volume, bench).await {
                        applied.waiting.answer(Err(fault));
                    } else {
                        again.push(applied.waiting);
                    }
                    failed_before = true;
                }
                Err(fault) => {
                    failed_before = true;
                    applied.waiting.answer(Err(fault.into()));
                }
            }
        }
        volume.line.rejoin(again);
    }

    /// Somebody else has changed the book: reads it again.
    async fn catch_up(&self, customer: CustomerId, volume: &Volume, bench: &mut Bench) -> Result<(), ShelfFault> {
        bench.desk = None;
        let book = self.load(customer).await?;
        volume.publish(Arc::new(book));
        Ok(())
    }

    /// Sees what room the books take, unless that was done a moment ago.
    async fn report_soon(&self, volume: &Volume) {
        let mut bench = volume.bench.lock().await;
        if bench.reported.is_none_or(|at| at.elapsed() > REPORT_INTERVAL) {
            bench.reported = Some(Instant::now());
            drop(bench);
            self.report();
        }
    }
}

/// Decides a round: here if it is short, off the async threads if it is long.
async fn decide_where_it_fits(mut desk: Desk, mut ids: Ids, round: Vec<Waiting>) -> (Desk, Ids, Decided) {
    if round.iter().map(Waiting::elements).sum::<u64>() <= ELEMENTS_HERE_MAX {
        let decided = decide(&mut desk, &mut ids, round);
        return (desk, ids, decided);
    }
    let work = tokio::task::spawn_blocking(move || {
        let decided = decide(&mut desk, &mut ids, round);
        (desk, ids, decided)
    });
    match work.await {
        Ok(all) => all,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => std::future::pending().await,
        },
    }
}

/// Decides a round, each command on the state that those before it leave behind.
fn decide(desk: &mut Desk, ids: &mut Ids, round: Vec<Waiting>) -> Decided {
    let mut decided = Decided::default();
    for waiting in round {
        match desk.decide(waiting.command.clone(), ids) {
            Ok(Decision { change, outcome }) if change.effects.is_empty() => decided.idle.push((waiting, Ok(outcome))),
            Ok(Decision { change, outcome }) => {
                let change = Arc::new(change);
                desk.apply(&change);
                decided.applied.push(Applied { waiting, change, outcome });
            }
            Err(refusal) => decided.idle.push((waiting, Err(ShelfFault::Refused(refusal)))),
        }
    }
    decided
}

/// Shows the desk's state to readers, if it is another one than before.
fn publish(volume: &Volume, desk: &Desk, before: &Book) {
    if desk.book().revision() != before.revision() {
        volume.publish(desk.snapshot());
    }
}
