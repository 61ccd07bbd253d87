//! A private PostgreSQL server, which runs until dropped.
//!
//! It listens on a free port of this machine and keeps its files in a temporary directory. It may be stopped, or killed
//! with all of its processes, and started again. It is stopped and removed when this program ends, even if it is killed:
//! a shell waits for its end and cleans up.
//!
//! Commits are not flushed to the disk (`fsync=off`) unless the settings say otherwise: they survive every kill, but no
//! power failure.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::account::Account;
use crate::processes::kill_with_children;
use crate::programs::Postgres;
use crate::running::quietly;

/// Waits for the end of its input, then stops the server and removes its files.
const WATCHDOG: &str = r#"trap '' INT TERM HUP; cat >/dev/null
"$@" stop -m immediate >/dev/null 2>&1; rm -rf "$DIRECTORY""#;

/// A way to stop a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Clients are disconnected, what they had begun is undone, and everything is written.
    Fast,
    /// Everything ends at once; the next start recovers.
    Immediate,
}

/// A server and its files.
pub struct Cluster {
    programs: Postgres,
    account: Account,
    directory: PathBuf,
    port: u16,
    /// Each like `fsync=on`.
    settings: Vec<String>,
    watchdog: Child,
}

impl Cluster {
    /// Initialises a cluster of the installed PostgreSQL and starts it.
    ///
    /// # Errors
    /// PostgreSQL is not installed or does not start.
    pub fn start() -> Result<Self, String> {
        Self::start_with(&[])
    }

    /// [`start`](Self::start) with settings of the server, each like `fsync=on`, which override the defaults.
    ///
    /// # Errors
    /// PostgreSQL is not installed or does not start with these settings.
    pub fn start_with(settings: &[&str]) -> Result<Self, String> {
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let cluster = Self::made(Postgres::find()?, settings)?;
        let initdb = &mut cluster.command("initdb");
        quietly(
            initdb
                .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
                .arg(cluster.data()),
        )?;
        cluster.start_again()?;
        Ok(cluster)
    }

    /// Another cluster of the same release, without any files yet.
    pub(crate) fn empty(&self, settings: Vec<String>) -> Result<Self, String> {
        Self::made(self.programs.clone(), settings)
    }

    fn made(programs: Postgres, settings: Vec<String>) -> Result<Self, String> {
        let account = Account::choose()?;
        let directory = directory(&account)?;
        let port = free_port()?;
        let watchdog = watchdog(&programs, &account, &directory)?;
        Ok(Self { programs, account, directory, port, settings, watchdog })
    }

    /// Adds an extension to the database `postgres`.
    ///
    /// # Errors
    /// It is not installed.
    pub fn add_extension(&self, name: &str) -> Result<(), String> {
        let create = format!("CREATE EXTENSION {name}");
        let mut psql = Command::new(self.program("psql"));
        quietly(psql.args(["-X", "-q", "-d", &self.connection(), "-c", &create]))
    }

    /// How to connect, in the notation of libpq.
    #[must_use]
    pub fn connection(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port)
    }

    /// Where it listens, on 127.0.0.1; the same as long as the cluster is kept.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts the server after it was stopped or killed, and waits until it takes connections.
    ///
    /// # Errors
    /// It does not start; the error holds its log.
    pub fn start_again(&self) -> Result<(), String> {
        let mut options = format!(
            "-h 127.0.0.1 -p {} -k '{}' -c fsync=off -c max_connections=400",
            self.port,
            self.directory.display()
        );
        for setting in &self.settings {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        // The server keeps its outputs open: a reader of ours would wait for its end.
        let log = self.directory.join("log");
        let mut start = self.pg_ctl();
        start.arg("-w").arg("-l").arg(&log).args(["-o", &options, "start"]);
        let status = start.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if status.is_ok_and(|status| status.success()) {
            return Ok(());
        }
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        Err(format!("PostgreSQL does not start:\n{text}"))
    }

    /// Stops the server, and waits until it has ended.
    ///
    /// # Errors
    /// It does not run, or does not end.
    pub fn stop(&self, how: Stop) -> Result<(), String> {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        quietly(self.pg_ctl().args(["-w", "-m", mode, "stop"]))
    }

    /// Ends the server and everything that belongs to it with SIGKILL, and waits until nothing of it runs.
    ///
    /// # Errors
    /// It does not run, or does not end.
    pub fn kill(&self) -> Result<(), String> {
        let mark = self.data().join("postmaster.pid");
        kill_with_children(self.process()?)?;
        // The process id exists until the parent has waited for it; the next start would be refused until then.
        for mark in [mark, self.directory.join(format!(".s.PGSQL.{}.lock", self.port))] {
            let _ = std::fs::remove_file(mark);
        }
        Ok(())
    }

    /// A program of the same release, such as `psql`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.path(name)
    }

    /// The number of the server's first process, of which all others are children.
    ///
    /// # Errors
    /// It does not run.
    pub fn process(&self) -> Result<u32, String> {
        let mark = self.data().join("postmaster.pid");
        let text = std::fs::read_to_string(&mark).map_err(|why| format!("PostgreSQL does not run: {why}"))?;
        let process = text.lines().next().and_then(|line| line.trim().parse().ok());
        process.ok_or_else(|| "postmaster.pid holds no number".to_owned())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        self.account.command(&self.programs.path(program), &self.directory)
    }

    pub(crate) fn pg_ctl(&self) -> Command {
        let mut command = self.command("pg_ctl");
        command.arg("-D").arg(self.data());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// An empty directory of the account.
fn directory(account: &Account) -> Result<PathBuf, String> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let name = format!("ringbook-test-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let directory = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&directory).map_err(|why| format!("{}: {why}", directory.display()))?;
    if let Some(name) = account.name() {
        quietly(Command::new("chown").arg(name).arg(&directory))?;
    }
    quietly(Command::new("chmod").arg("700").arg(&directory))?;
    Ok(directory)
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|why| format!("no free port: {why}"))
}

fn watchdog(programs: &Postgres, account: &Account, directory: &Path) -> Result<Child, String> {
    let stop = account.command(&programs.path("pg_ctl"), directory);
    let mut command = Command::new("sh");
    command.args(["-c", WATCHDOG, "watchdog"]).arg(stop.get_program()).args(stop.get_args());
    command.arg("-D").arg(directory.join("data")).current_dir("/").env("DIRECTORY", directory);
    command.stdin(Stdio::piped()).spawn().map_err(|why| format!("sh cannot be run: {why}"))
}
