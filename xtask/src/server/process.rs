//! Servers that run until they are no longer needed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A server that was told to end has ended after this, or hangs.
const END_TIME_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);

use ringbook_testbed::output;

/// A server that runs until dropped.
pub struct Running {
    child: Child,
    /// Where it listens: host and port.
    pub address: String,
}

impl Running {
    /// Starts a server that says `listening on http://HOST:PORT` when it is ready.
    ///
    /// # Errors
    /// It cannot be started, or ends before it says so.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let program = format!("{command:?}");
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|why| format!("{program} cannot be run: {why}"))?;
        let stdout = child.stdout.take().expect("it was piped");
        // Dropped, and so stopped, on every way out.
        let mut running = Running { child, address: String::new() };
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("listening on http://") {
                running.address = address.to_owned();
                return Ok(running);
            }
        }
        Err(format!("{program} ended before it listened"))
    }

    /// Starts a server that is known to listen at `address` once it accepts a connection there.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_at(command: &mut Command, address: &str) -> Result<Self, String> {
        let program = format!("{command:?}");
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = spawned.map_err(|why| format!("{program} cannot be run: {why}"))?;
        Ok(Running { child, address: address.to_owned() })
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and waits until it is gone.
    ///
    /// # Errors
    /// It was gone already.
    pub fn kill(mut self) -> Result<(), String> {
        if let Ok(Some(status)) = self.child.try_wait() {
            return Err(format!("the server had ended before it was killed: {status}"));
        }
        let killed = self.child.kill().and_then(|()| self.child.wait());
        killed.map(drop).map_err(|why| format!("the server cannot be killed: {why}"))
    }

    /// SIGTERM, and waits for its end.
    ///
    /// # Errors
    /// It does not end.
    pub fn stop(mut self) -> Result<ExitStatus, String> {
        self.terminate();
        let begin = Instant::now();
        while begin.elapsed() < END_TIME_MAX {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Ok(status);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        // Not waited for again when it is dropped.
        let _ = self.child.kill();
        Err(format!("the server does not end within {END_TIME_MAX:?}"))
    }

    /// Nothing can be done where that fails.
    fn terminate(&self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
    }

    /// Seconds of processor time that it has used so far.
    pub fn processor_seconds(&self) -> f64 {
        processor_seconds(self.child.id(), Buried::Apart)
    }

    /// Bytes of a line of its status, such as `VmRSS`.
    pub fn memory(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kibibytes.unwrap_or(f64::NAN) * 1024.0
    }

    /// How many files and connections it has open.
    pub fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0, Iterator::count)
    }

    /// Makes `VmHWM` count from now on.
    pub fn forget_peak(&self) {
        const PEAK: &str = "5";
        // Where that is not allowed the peak is one of all the time, and so no smaller.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), PEAK);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGTERM, so that a server gets to close its data.
        if let Ok(None) = self.child.try_wait() {
            self.terminate();
            let _ = self.child.wait();
        }
    }
}

/// Whether the time of a process includes that of children that have ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Buried {
    /// It does.
    Counted,
    /// It does not.
    Apart,
}

/// Seconds of processor time that a process has used so far; none if there is no such process.
pub fn processor_seconds(process: u32, buried: Buried) -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    /// Its own time is in two figures, then come those of its children.
    const BEFORE: usize = 11;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold anything.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let figures = if buried == Buried::Counted { 4 } else { 2 };
    let ticks = rest.split_whitespace().skip(BEFORE).take(figures).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

/// The children of a process that live.
pub fn children(parent: u32) -> Vec<u32> {
    let listed = output(Command::new("ps").args(["-A", "-o", "pid=,ppid="])).unwrap_or_default();
    let pairs = listed.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    let mine = pairs.filter(|(_, of)| of.trim().parse() == Ok(parent));
    mine.filter_map(|(process, _)| process.parse().ok()).collect()
}
