//! The thread that writes.
//!
//! A commit waits for the disk, whatever is in it. Therefore changes of all accounts that wait at the same time share a
//! transaction. Each is in a savepoint, so that a failing one is undone alone, and each is answered when the commit is on
//! the disk. The next batch is collected while that commit runs.
//!
//! Long work comes in steps ([`JobKind::Step`]): transactions of some milliseconds, at most one between two batches of
//! changes. A change waits for at most one step, however many accounts have long work. A batch takes no further change
//! after [`BATCH_TIME_MAX`]; the task of a book submits one commit at a time, so that accounts have equal shares of a
//! batch. Operator commands, which run in other processes, have a turn before each transaction ([`super::turn`]).
//! Checkpoints run beside this thread ([`super::checkpoint`]).
//!
//! Some failures (a full disk, a failed read) make SQLite undo the whole transaction. Then every job that was in it gets
//! the error, and the jobs that have not begun are tried in a transaction of their own.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use ringbook_telemetry::CommitStage;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::mpsc;

use super::checkpoint::Checkpoints;
use super::job::{Job, JobKind, Waiting, stopped};
use super::reserve::Reserve;
use super::stages::{Circumstances, SlowTransactions, Stages};
use super::turn::Turns;
use crate::{Commits, FaultInjector, StoreError};

/// How many jobs may wait; a caller beyond that waits for a place.
const WAITING_JOBS_MAX: usize = 4096;
/// How many changes go into one transaction.
const BATCH_JOBS_MAX: usize = 1024;
/// A transaction takes no further change when it has taken this long.
const BATCH_TIME_MAX: Duration = Duration::from_millis(20);
/// How often a transaction is begun again when another process holds the database, each after SQLite's own wait.
const BEGIN_ATTEMPTS_MAX: u32 = 3;

/// The way to the writing thread; dropping it waits until the thread has finished what it has.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    thread_id: ThreadId,
    pub(super) commits: Arc<Commits>,
}

impl Writer {
    /// Starts the thread on its connection.
    pub(super) fn start(
        connection: Connection,
        checkpoints: Option<Checkpoints>,
        turns: Turns,
        reserve: Reserve,
        faults: FaultInjector,
        commits: Arc<Commits>,
    ) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS_MAX);
        let slow = SlowTransactions::default();
        let writing = Writing { checkpoints, connection, turns, reserve, faults, commits: Arc::clone(&commits), slow };
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writing.work(waiting))
            .map_err(StoreError::unavailable)?;
        Ok(Self { jobs: Some(jobs), thread_id: thread.thread().id(), thread: Some(thread), commits })
    }

    /// Has the job done in one of the next transactions; answers after the commit.
    pub(super) async fn write<T, F>(&self, kind: JobKind, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (waiting, answer) = Waiting::new(kind, job);
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
    /// Declared before the connection: the last connection to close copies the whole log into the database.
    checkpoints: Option<Checkpoints>,
    connection: Connection,
    turns: Turns,
    reserve: Reserve,
    faults: FaultInjector,
    commits: Arc<Commits>,
    slow: SlowTransactions,
}

/// Jobs that wait, in the order of their arrival.
#[derive(Default)]
struct Queue {
    changes: VecDeque<Box<dyn Job>>,
    steps: VecDeque<Box<dyn Job>>,
}

impl Queue {
    fn push(&mut self, job: Box<dyn Job>) {
        match job.kind() {
            JobKind::Change => self.changes.push_back(job),
            JobKind::Step => self.steps.push_back(job),
        }
    }

    fn len(&self) -> usize {
        self.changes.len() + self.steps.len()
    }
}

impl Writing {
    fn work(self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
        let mut queue = Queue::default();
        loop {
            if queue.len() == 0 {
                let Some(first) = waiting.blocking_recv() else { return };
                queue.push(first);
            }
            self.receive(&mut waiting, &mut queue);
            if !queue.changes.is_empty() {
                self.transaction(JobKind::Change, &mut queue.changes);
            }
            let may_step = queue.changes.is_empty() || !self.are_steps_to_wait();
            if let Some(step) = queue.steps.pop_front_if(|_| may_step) {
                self.transaction(JobKind::Step, &mut VecDeque::from([step]));
            }
        }
    }

    /// Takes the jobs that have arrived.
    fn receive(&self, waiting: &mut mpsc::Receiver<Box<dyn Job>>, queue: &mut Queue) {
        while queue.len() < WAITING_JOBS_MAX
            && let Ok(job) = waiting.try_recv()
        {
            queue.push(job);
        }
    }

    fn are_steps_to_wait(&self) -> bool {
        self.checkpoints.as_ref().is_some_and(Checkpoints::are_steps_to_wait)
    }

    /// One transaction. Jobs that it did not come to stay in the queue.
    fn transaction(&self, kind: JobKind, queue: &mut VecDeque<Box<dyn Job>>) {
        let mut stages = Stages::begin();
        let turn = self.turns.next();
        stages.end(CommitStage::Turn);
        let mut done = Vec::with_capacity(queue.len().min(BATCH_JOBS_MAX));
        let is_checkpoint_running = self.checkpoints.as_ref().is_some_and(Checkpoints::is_running);
        let outcome = self.carry_out(kind, queue, &mut done, &mut stages);
        match &outcome {
            Ok(()) => {
                self.commits.committed(done.len(), stages.transaction());
                if kind == JobKind::Change {
                    self.commits.changes.fetch_add(1, Ordering::Relaxed);
                }
            }
            Err(fault) => self.undo(fault),
        }
        drop(turn);
        if done.is_empty() {
            // It did not even begin: nobody is tried again without being told.
            done.extend(queue.drain(..));
        }
        let (jobs, undone) = (done.len(), outcome.err());
        for job in done {
            job.answer(undone.clone());
        }
        let mut log_pages = 0;
        if let Some(checkpoints) = &self.checkpoints {
            stages.skip();
            if checkpoints.committed(&self.connection) {
                stages.end(CommitStage::Checkpoint);
            }
            log_pages = checkpoints.log_pages();
            self.commits.metrics().log_pages(log_pages);
        }
        stages.count(self.commits.metrics());
        self.slow.ended(&stages, &Circumstances { kind, jobs, log_pages, is_checkpoint_running });
    }

    fn carry_out(
        &self,
        kind: JobKind,
        queue: &mut VecDeque<Box<dyn Job>>,
        done: &mut Vec<Box<dyn Job>>,
        stages: &mut Stages,
    ) -> Result<(), StoreError> {
        let began = Instant::now();
        let begun = self.begin(kind);
        stages.end(CommitStage::Begin);
        begun?;
        let executed = self.run(queue, done, began, stages);
        stages.end(CommitStage::Execute);
        executed?;
        let committed = self.commit();
        stages.end(CommitStage::Commit);
        committed
    }

    /// Waits for other processes that write.
    fn begin(&self, kind: JobKind) -> Result<(), StoreError> {
        self.faults.check()?;
        self.reserve.prepare()?;
        // There is one log file: a commit that waits for its last page waits for all pages before it.
        self.connection.pragma_update(None, "synchronous", if kind == JobKind::Step { "normal" } else { "full" })?;
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
    fn run(
        &self,
        queue: &mut VecDeque<Box<dyn Job>>,
        done: &mut Vec<Box<dyn Job>>,
        began: Instant,
        stages: &mut Stages,
    ) -> Result<(), StoreError> {
        while done.is_empty() || (done.len() < BATCH_JOBS_MAX && began.elapsed() < BATCH_TIME_MAX) {
            let Some(mut job) = queue.pop_front() else { break };
            let started = Instant::now();
            let outcome = self.in_savepoint(job.as_mut());
            stages.executed(job.function(), started.elapsed());
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

    fn undo(&self, fault: &StoreError) {
        self.commits.failed(fault);
        if !self.connection.is_autocommit() {
            // When even this fails the next BEGIN says so.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}
