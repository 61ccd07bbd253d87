//! Server processes that run until they are stopped or dropped, and what the kernel reports about them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::processes::signal;
use crate::wait::wait_for;

/// Longest time from SIGTERM to the end of the process.
const STOP_TIME_MAX: Duration = Duration::from_secs(60);

/// A server process; stopped with SIGTERM when dropped.
pub struct RunningServer {
    child: Child,
    /// Where it listens, as `HOST:PORT`.
    pub address: String,
}

impl RunningServer {
    /// Starts a server and waits until it prints `listening on http://HOST:PORT`.
    ///
    /// # Errors
    /// The program cannot be started, or ends before it listens.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let program = format!("{command:?}");
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| format!("cannot run {program}: {error}"))?;
        let stdout = child.stdout.take().ok_or("standard output is not piped")?;
        // From here on every way out drops the value, which stops the process.
        let mut server = Self { child, address: String::new() };
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("listening on http://") {
                server.address = address.to_owned();
                return Ok(server);
            }
        }
        Err(format!("{program} ended before it listened"))
    }

    /// Starts a server that listens at `address`, which it does not print. Does not wait until it listens.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start_at(command: &mut Command, address: &str) -> Result<Self, String> {
        let program = format!("{command:?}");
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = spawned.map_err(|error| format!("cannot run {program}: {error}"))?;
        Ok(Self { child, address: address.to_owned() })
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGKILL and waits for the end.
    ///
    /// # Errors
    /// The process had ended before.
    pub fn kill(mut self) -> Result<(), String> {
        if let Ok(Some(status)) = self.child.try_wait() {
            return Err(format!("the server had ended before it was killed: {status}"));
        }
        let killed = self.child.kill().and_then(|()| self.child.wait());
        killed.map(drop).map_err(|error| format!("cannot kill the server: {error}"))
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Errors
    /// The process does not end within a minute; it is killed then.
    pub fn stop(mut self) -> Result<ExitStatus, String> {
        signal("TERM", &[self.child.id()]);
        let status = wait_for(STOP_TIME_MAX, || self.child.try_wait().ok().flatten());
        status.ok_or_else(|| {
            let _ = self.child.kill();
            format!("the server did not end within {STOP_TIME_MAX:?} of SIGTERM")
        })
    }

    /// Processor time used so far, in seconds.
    #[must_use]
    pub fn processor_seconds(&self) -> f64 {
        processor_seconds(self.child.id(), ExitedChildren::Excluded)
    }

    /// Bytes in a line of `/proc/PID/status`, such as `VmRSS`; NaN if there is no such line.
    #[must_use]
    pub fn memory(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kibibytes.unwrap_or(f64::NAN) * 1024.0
    }

    /// Number of open file descriptors.
    #[must_use]
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0, Iterator::count)
    }

    /// Resets the peak that `VmHWM` reports.
    pub fn reset_peak_memory(&self) {
        const PEAK: &str = "5";
        // Where this is not permitted, the peak covers the whole life of the process and is never too small.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), PEAK);
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            signal("TERM", &[self.child.id()]);
            let _ = self.child.wait();
        }
    }
}

/// Whether the processor time of a process includes that of its children that have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitedChildren {
    /// It does.
    Included,
    /// It does not.
    Excluded,
}

/// Processor time that a process has used so far, in seconds; 0 if there is no such process.
#[must_use]
pub fn processor_seconds(process: u32, exited: ExitedChildren) -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    /// Fields of `/proc/PID/stat` between the name and the times: two of the process, then two of its ended children.
    const FIELDS_BEFORE: usize = 11;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in parentheses, may contain anything.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let count = if exited == ExitedChildren::Included { 4 } else { 2 };
    let ticks = fields.split_whitespace().skip(FIELDS_BEFORE).take(count);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
}
