//! What the task of a book does about a failed commit.
//!
//! What cannot be committed never was: the state ahead of the published book is dropped, and commands that were decided
//! on it are decided again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringbook_store::{CommitError, StoreError};

use super::pending::PendingCommand;
use super::task::BookTask;
use super::uncommitted::{Batch, Decided, writer_of};
use super::{BookError, Books};

/// How long a command is decided again because other servers move the book first. Time counts, not attempts: a server
/// that is overtaken many times in a moment is only busy.
const OVERTAKEN_TIME_MAX: Duration = Duration::from_secs(10);

impl BookTask {
    /// Nothing of the batch is committed. If the store refused it, each of its changes is tried alone.
    pub(super) async fn commit_failed(&mut self, batch: Batch, error: CommitError, reserves_ids: bool) {
        // A decision that is under way is based on the failed state, and holds the writer.
        if let Some(work) = self.work.take() {
            let ended = work.await;
            self.work_ended(ended);
        }
        let decided_since = self.uncommitted.roll_back();
        let mut again = match error {
            CommitError::Refused(StoreError::RevisionMoved) => {
                self.overtaken(batch.entries.into_iter().map(|entry| entry.pending))
            }
            CommitError::Refused(_) if reserves_ids || batch.changes().len() > 1 => self.commit_each(batch).await,
            CommitError::Refused(fault) | CommitError::Lost(fault) => {
                batch.entries.into_iter().for_each(|entry| entry.pending.answer(Err(fault.clone().into())));
                VecDeque::new()
            }
        };
        again.extend(decided_since);
        again.append(&mut self.undecided);
        self.undecided = again;
    }

    /// Commits changes one by one up to the first that fails, which is answered with its fault. The rest has to be
    /// decided again.
    async fn commit_each(&mut self, batch: Batch) -> VecDeque<PendingCommand> {
        let mut entries = batch.entries.into_iter();
        let Some(Books(inner)) = self.books.upgrade().map(Books) else { return VecDeque::new() };
        let mut writer = writer_of(&self.published.book(), inner.bounds.deletions_kept);
        while let Some(Decided { pending, change, answer, .. }) = entries.next() {
            let Some(change) = change else {
                pending.answer(answer);
                continue;
            };
            match inner.store.commit(self.customer, vec![Arc::clone(&change)], Vec::new()).await {
                Ok(_) => {
                    writer.apply(&change);
                    self.published.publish(writer.snapshot());
                    pending.answer(answer);
                }
                Err(CommitError::Refused(StoreError::RevisionMoved)) => {
                    let rest = entries.map(|entry| entry.pending);
                    return self.overtaken(std::iter::once(pending).chain(rest));
                }
                Err(CommitError::Refused(fault) | CommitError::Lost(fault)) => {
                    pending.answer(Err(fault.into()));
                    break;
                }
            }
        }
        self.uncommitted.put_back_writer(Some(writer));
        entries.map(|entry| entry.pending).collect()
    }

    /// Answers what has been overtaken for too long; the rest is to be decided again after catching up.
    fn overtaken(&mut self, commands: impl Iterator<Item = PendingCommand>) -> VecDeque<PendingCommand> {
        self.is_overtaken = true;
        let mut again = VecDeque::new();
        for mut pending in commands {
            let since = *pending.overtaken_since.get_or_insert_with(Instant::now);
            if since.elapsed() > OVERTAKEN_TIME_MAX {
                pending.answer(Err(BookError::Store(StoreError::RevisionMoved)));
            } else {
                again.push_back(pending);
            }
        }
        again
    }
}
