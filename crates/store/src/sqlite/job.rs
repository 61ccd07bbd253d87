//! Jobs of the writing thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store_error::panicked;
use crate::{FaultInjector, StoreError};

/// How a job is put into transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobKind {
    /// A change that is on the disk when it is answered. Changes that wait at the same time share a transaction.
    Change,
    /// A step of long work, such as some rows of a large upload. It has a transaction of its own, between those of the
    /// changes, and is answered when it is committed, which may be before it is on the disk. A later change is on the disk
    /// only together with all steps before it.
    Step,
}

/// A job and its caller, independent of the type of the answer.
pub(super) trait Job: Send {
    /// Does the work, unless a test's fault strikes; keeps what it yields.
    fn run(&mut self, connection: &Connection, faults: &FaultInjector) -> Result<(), StoreError>;
    /// Answers with what the work yielded, or with the fault that undid it.
    fn answer(self: Box<Self>, undone: Option<StoreError>);
    /// How the job is put into transactions.
    fn kind(&self) -> JobKind;
    /// The name of the function that does the work, for the log.
    fn function(&self) -> &'static str;
}

/// A job that waits for its transaction.
pub(super) struct Waiting<T, F> {
    kind: JobKind,
    job: Option<F>,
    yielded: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Waiting<T, F> {
    pub(super) fn new(kind: JobKind, job: F) -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        (Self { kind, job: Some(job), yielded: None, reply }, answer)
    }
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T, StoreError> + Send> Job for Waiting<T, F> {
    fn run(&mut self, connection: &Connection, faults: &FaultInjector) -> Result<(), StoreError> {
        let Some(job) = self.job.take() else {
            return Err(stopped());
        };
        let work = || faults.check().and_then(|()| job(connection));
        let yielded = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)));
        let outcome = yielded.as_ref().map(|_| ()).map_err(Clone::clone);
        self.yielded = Some(yielded);
        outcome
    }

    fn answer(self: Box<Self>, undone: Option<StoreError>) {
        // A failing job keeps its own fault: it says more than what became of the batch.
        let answer = match (self.yielded, undone) {
            (Some(Err(fault)), _) | (_, Some(fault)) => Err(fault),
            (Some(yielded), None) => yielded,
            (None, None) => Err(stopped()),
        };
        // The caller may have left; its change is committed all the same.
        let _ = self.reply.send(answer);
    }

    fn kind(&self) -> JobKind {
        self.kind
    }

    fn function(&self) -> &'static str {
        std::any::type_name::<F>()
    }
}

pub(super) fn stopped() -> StoreError {
    StoreError::unavailable("the store is closed")
}
