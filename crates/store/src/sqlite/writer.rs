//! The one thread that writes.
//!
//! A commit costs a visit to the disk, whatever is in it. So the jobs of everybody that wait at a moment go into
//! one transaction: each inside a savepoint, so that a failing one is taken out without hurting the rest, and each
//! is answered only after the commit is on disk. While that commit runs, the next batch gathers: the busier the
//! server, the larger the batches.
//!
//! Some failures (a full disk, a broken read) make SQLite undo the whole transaction. Then every job that was in it
//! gets the fault, nothing is half-done, and the jobs not yet begun are tried in a transaction of their own.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Instant;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};

use crate::store_error::panicked;
use crate::{Commits, FaultInjector, StoreError};

/// How many jobs may wait; a caller beyond that waits for a place.
const WAITING_JOBS_MAX: usize = 4096;
/// How many jobs go into one transaction.
const BATCH_JOBS_MAX: usize = 1024;
/// How often a transaction is begun anew when another process holds the database, each after SQLite's own wait.
const BEGIN_ATTEMPTS_MAX: u32 = 3;

/// A job with the way to answer it, whatever its answer's type.
trait Job: Send {
    /// Does the work, unless a test's fault strikes; keeps what it yields.
    fn run(&mut self, connection: &Connection, faults: &FaultInjector) -> Result<(), StoreError>;
    /// Answers with what the work yielded, or with the fault that undid it.
    fn answer(self: Box<Self>, undone: Option<StoreError>);
}

struct Waiting<T, F> {
    job: Option<F>,
    yielded: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
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
}

fn stopped() -> StoreError {
    StoreError::unavailable("the store is closed")
}

/// The way to the writing thread; dropping it waits until the thread has finished what it has.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    thread_id: ThreadId,
    pub(super) commits: Arc<Commits>,
}

impl Writer {
    /// Starts the thread on its connection.
    pub(super) fn start(connection: Connection, faults: FaultInjector) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS_MAX);
        let commits = Arc::new(Commits::default());
        let writing = Writing { connection, faults, commits: Arc::clone(&commits) };
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writing.work(waiting))
            .map_err(StoreError::unavailable)?;
        Ok(Self { jobs: Some(jobs), thread_id: thread.thread().id(), thread: Some(thread), commits })
    }

    /// Has the job done in the next transaction; answers after the commit.
    pub(super) async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting { job: Some(job), yielded: None, reply };
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(Box::new(waiting)).await.map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        // The last handle may have travelled inside a job: the thread cannot wait for itself.
        if let Some(thread) = self.thread.take().filter(|_| thread::current().id() != self.thread_id) {
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct Writing {
    connection: Connection,
    faults: FaultInjector,
    commits: Arc<Commits>,
}

impl Writing {
    fn work(self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
        let mut queue = VecDeque::new();
        while let Some(first) = waiting.blocking_recv() {
            queue.push_back(first);
            while !queue.is_empty() {
                while queue.len() < BATCH_JOBS_MAX
                    && let Ok(job) = waiting.try_recv()
                {
                    queue.push_back(job);
                }
                self.batch(&mut queue);
            }
        }
    }

    /// One transaction. Jobs that it did not come to stay in the queue.
    fn batch(&self, queue: &mut VecDeque<Box<dyn Job>>) {
        let began = Instant::now();
        let mut done = Vec::with_capacity(queue.len());
        let outcome = self.begin().and_then(|()| self.run(queue, &mut done)).and_then(|()| self.commit());
        match &outcome {
            Ok(()) => self.commits.committed(done.len(), began),
            Err(_) => self.undo(),
        }
        if done.is_empty() {
            // It did not even begin: nobody is tried again without being told.
            done.extend(queue.drain(..));
        }
        let undone = outcome.err();
        for job in done {
            job.answer(undone.clone());
        }
    }

    /// Waits for other processes that write.
    fn begin(&self) -> Result<(), StoreError> {
        self.faults.check()?;
        let mut attempts = 1;
        loop {
            match self.connection.execute_batch("BEGIN IMMEDIATE") {
                Ok(()) => return Ok(()),
                Err(error)
                    if attempts < BEGIN_ATTEMPTS_MAX && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) =>
                {
                    attempts += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Runs the queue's jobs; fails only when the transaction itself is lost.
    fn run(&self, queue: &mut VecDeque<Box<dyn Job>>, done: &mut Vec<Box<dyn Job>>) -> Result<(), StoreError> {
        while let Some(mut job) = queue.pop_front() {
            let outcome = self.in_savepoint(job.as_mut());
            done.push(job);
            outcome?;
        }
        Ok(())
    }

    fn in_savepoint(&self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.connection.execute_batch("SAVEPOINT job")?;
        match job.run(&self.connection, &self.faults) {
            Ok(()) => self.connection.execute_batch("RELEASE job")?,
            Err(fault) if self.connection.is_autocommit() => return Err(fault),
            Err(_) => self.connection.execute_batch("ROLLBACK TO job; RELEASE job")?,
        }
        Ok(())
    }

    fn commit(&self) -> Result<(), StoreError> {
        self.faults.check()?;
        self.connection.execute_batch("COMMIT")?;
        Ok(())
    }

    fn undo(&self) {
        self.commits.failed();
        if !self.connection.is_autocommit() {
            // When even this fails the next BEGIN says so.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}
