//! How long the stages of a call take, for the metrics page.

use std::time::{Duration, Instant};

use ringbook_telemetry::Metrics;

/// A stage of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From bytes to a checked envelope.
    Envelope,
    /// Method, token, limits, rights.
    Access,
    /// From parameters to a plan.
    Plan,
    /// Until the book is there.
    Book,
    /// Asking it.
    Run,
    /// Writing the answer.
    Write,
}

impl Stage {
    /// All of them, in the order of a call.
    pub const ALL: [Stage; 6] = [Stage::Envelope, Stage::Access, Stage::Plan, Stage::Book, Stage::Run, Stage::Write];

    /// Its name on the metrics page.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Envelope => "envelope",
            Stage::Access => "access",
            Stage::Plan => "plan",
            Stage::Book => "book",
            Stage::Run => "run",
            Stage::Write => "write",
        }
    }
}

/// Measures one call, stage by stage.
#[derive(Debug)]
pub struct Stopwatch {
    began: Instant,
    since: Instant,
    stages: [Option<Duration>; Stage::ALL.len()],
}

impl Stopwatch {
    /// Starts the first stage.
    pub fn start() -> Self {
        let since = Instant::now();
        Stopwatch { began: since, since, stages: Default::default() }
    }

    /// Microseconds since the start.
    pub fn micros(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Adds the time since the last lap to this stage.
    pub fn lap(&mut self, stage: Stage) {
        let now = Instant::now();
        *self.stages[stage as usize].get_or_insert_default() += now - self.since;
        self.since = now;
    }

    /// The time of a stage so far, in microseconds; 0 if it was not reached.
    pub fn stage_micros(&self, stage: Stage) -> u64 {
        let took = self.stages[stage as usize].unwrap_or_default();
        u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
    }

    /// Files the stages under a method, by position, and yields the time since the start.
    pub fn file(&self, metrics: &Metrics, method: usize) -> Duration {
        for (stage, took) in self.stages.iter().enumerate() {
            if let Some(took) = took {
                metrics.stage(method, stage, *took);
            }
        }
        self.began.elapsed()
    }
}
