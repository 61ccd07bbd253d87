//! How long the stages of a transaction take, for the metrics page and for the log.
//!
//! A transaction of the writing thread delays the changes of all accounts. One that takes longer than [`TRANSACTION_MAX`] is
//! logged with its stages and its longest job, so that an operator can tell a slow disk from a long job.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ringbook_telemetry::{CommitStage, StoreMetrics};

use super::job::JobKind;

/// A transaction that takes longer is logged.
const TRANSACTION_MAX: Duration = Duration::from_millis(50);
/// A checkpoint beside the writing thread that takes longer is logged.
pub(super) const CHECKPOINT_MAX: Duration = Duration::from_secs(10);
/// Between two log lines; what is too long in between is counted.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The stages of one transaction. The turn and the rest of a checkpoint are outside of it, but delay the next one.
#[derive(Debug)]
pub(super) struct Stages {
    last: Instant,
    times: [Duration; CommitStage::ALL.len()],
    /// The job that took longest: its time and its function.
    longest: (Duration, &'static str),
}

impl Stages {
    /// Begins now.
    pub(super) fn begin() -> Self {
        Self { last: Instant::now(), times: Default::default(), longest: (Duration::ZERO, "none") }
    }

    /// The time since the end of the last stage belongs to this one.
    pub(super) fn end(&mut self, stage: CommitStage) {
        let now = Instant::now();
        self.times[stage as usize] += now - self.last;
        self.last = now;
    }

    /// The time since the end of the last stage belongs to none.
    pub(super) fn skip(&mut self) {
        self.last = Instant::now();
    }

    /// Notes the time of a job within the stage of execution.
    pub(super) fn executed(&mut self, function: &'static str, took: Duration) {
        if took > self.longest.0 {
            self.longest = (took, function);
        }
    }

    fn of(&self, stage: CommitStage) -> Duration {
        self.times[stage as usize]
    }

    /// From the begin of the transaction to its end.
    pub(super) fn transaction(&self) -> Duration {
        self.of(CommitStage::Begin) + self.of(CommitStage::Execute) + self.of(CommitStage::Commit)
    }

    /// Files the times on the metrics page; not those of stages that there were not.
    pub(super) fn count(&self, metrics: &StoreMetrics) {
        for stage in CommitStage::ALL.into_iter().filter(|stage| !self.of(*stage).is_zero()) {
            metrics.stage(stage, self.of(stage));
        }
    }
}

/// The log of transactions that take too long; at most one line in [`LOG_INTERVAL`].
#[derive(Debug, Default)]
pub(super) struct SlowTransactions {
    logged: Cell<Option<Instant>>,
    not_logged: Cell<u64>,
}

/// What a log line says beside the stages.
#[derive(Debug)]
pub(super) struct Circumstances {
    pub(super) kind: JobKind,
    pub(super) jobs: usize,
    /// Pages of the write-ahead log.
    pub(super) log_pages: u64,
    /// Whether a checkpoint was running beside the transaction.
    pub(super) is_checkpoint_running: bool,
}

impl SlowTransactions {
    /// Logs a transaction if it has taken too long and the last line is old enough; returns whether it did.
    pub(super) fn ended(&self, stages: &Stages, circumstances: &Circumstances) -> bool {
        let took = stages.transaction() + stages.of(CommitStage::Checkpoint);
        if took <= TRANSACTION_MAX {
            return false;
        }
        if self.logged.get().is_some_and(|last| last.elapsed() < LOG_INTERVAL) {
            self.not_logged.set(self.not_logged.get() + 1);
            return false;
        }
        self.logged.set(Some(Instant::now()));
        // Not within the macro, which evaluates nothing when nobody takes the line.
        let others = self.not_logged.take();
        let millis = |stage| millis(stages.of(stage));
        tracing::warn!(
            begin_ms = millis(CommitStage::Begin),
            execute_ms = millis(CommitStage::Execute),
            commit_ms = millis(CommitStage::Commit),
            checkpoint_ms = millis(CommitStage::Checkpoint),
            kind = ?circumstances.kind,
            jobs = circumstances.jobs,
            longest_job = function_name(stages.longest.1),
            longest_job_ms = self::millis(stages.longest.0),
            log_pages = circumstances.log_pages,
            checkpoint_running = circumstances.is_checkpoint_running,
            others,
            "a transaction took {:.0} ms: the changes of all accounts waited for it",
            took.as_secs_f64() * 1e3,
        );
        true
    }
}

/// Milliseconds, to a tenth.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e4).round() / 10.0
}

/// The name of the function that a closure stands in, from the name of the closure's type, which also has the types of the
/// functions that the closure was handed to.
fn function_name(closure: &str) -> &str {
    let path = closure.split_once("::{{closure}}").map_or(closure, |(path, _)| path);
    path.rsplit_once("::").map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_the_name_of_the_function_that_made_it() {
        fn pass_on<F: FnOnce()>(job: F) -> &'static str {
            let outer = || job();
            std::any::type_name_of_val(&outer)
        }
        assert_eq!(function_name(pass_on(|| {})), "a_job_has_the_name_of_the_function_that_made_it");
        assert_eq!(function_name("none"), "none");
    }

    #[test]
    fn a_slow_transaction_is_logged_once_in_an_interval() {
        let slow = SlowTransactions::default();
        let circumstances =
            Circumstances { kind: JobKind::Change, jobs: 1, log_pages: 0, is_checkpoint_running: false };
        let ended = |millis: u64| {
            let mut stages = Stages::begin();
            stages.times[CommitStage::Execute as usize] = Duration::from_millis(millis);
            stages.times[CommitStage::Turn as usize] = TRANSACTION_MAX;
            slow.ended(&stages, &circumstances)
        };
        assert!(!ended(50), "the turn of others does not count");
        assert!(ended(51) && !ended(70) && !ended(60));
        assert_eq!(slow.not_logged.get(), 2);
        slow.logged.set(None);
        assert!(ended(51));
        assert_eq!(slow.not_logged.get(), 0, "the line told of them");
    }
}
