//! A PostgreSQL server to measure: settings for data that fits into memory, statements, and load by `pgbench`.
//!
//! Commits are flushed to disk. The cluster is in the directory for temporary files (`TMPDIR` selects another) and is
//! removed afterwards.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ringbook_testbed::server::{ExitedChildren, processor_seconds};
use ringbook_testbed::{Cluster, children, output, quietly};

/// All data fits into `shared_buffers`. JIT compilation takes longer than these queries, and parallel workers would
/// compete with the clients for the processors.
const SETTINGS: [&str; 13] = [
    "fsync=on",
    "synchronous_commit=on",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "shared_buffers=2GB",
    "effective_cache_size=8GB",
    "maintenance_work_mem=512MB",
    "work_mem=64MB",
    "random_page_cost=1.1",
    "jit=off",
    "max_parallel_workers_per_gather=0",
];

/// Maximum attempts of a load in which no transaction ended: a shared disk may stall for seconds.
const TRIES: u32 = 3;

/// A server with databases.
pub struct Database(Cluster);

/// The results of `pgbench`.
pub struct Transactions {
    /// Transactions per second.
    pub calls: f64,
    /// Mean latency, in seconds.
    pub latency: f64,
}

/// A load for `pgbench`.
pub struct Work<'a> {
    /// The database.
    pub database: &'a str,
    /// A script in its language; each run of it is a transaction.
    pub script: &'a str,
    /// Settings of its sessions, each with `-c` before it.
    pub settings: &'a str,
    /// Connections, each with one transaction at a time.
    pub clients: usize,
    /// Duration of the load.
    pub time: Duration,
}

impl Transactions {
    /// Parses the output of `pgbench`; `None` if no transaction ended.
    fn read(printed: &str) -> Option<Self> {
        let figure = |name: &str| {
            let line = printed.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
            line.and_then(|number| number.parse::<f64>().ok())
        };
        let (calls, milliseconds) = (figure("tps = ")?, figure("latency average = ")?);
        (calls > 0.0).then_some(Transactions { calls, latency: milliseconds / 1e3 })
    }
}

impl Database {
    /// Starts a server.
    ///
    /// # Errors
    /// PostgreSQL is missing and cannot be installed, or does not start.
    pub fn start() -> Result<Self, String> {
        eprintln!("── PostgreSQL");
        Cluster::start_with(&SETTINGS).map(Database)
    }

    /// Creates a database.
    ///
    /// # Errors
    /// It exists.
    pub fn create(&self, name: &str) -> Result<(), String> {
        self.run("postgres", &format!("CREATE DATABASE {name}"))
    }

    /// The address of a database for the server and its commands.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.0.port())
    }

    /// Runs statements.
    ///
    /// # Errors
    /// One fails.
    pub fn run(&self, database: &str, statements: &str) -> Result<(), String> {
        quietly(self.psql(database).args(["-c", statements]))
    }

    /// The result of a file of statements: a line per row, columns separated by `|`.
    ///
    /// # Errors
    /// One fails.
    pub fn answers(&self, database: &str, file: &Path) -> Result<String, String> {
        let mut psql = self.psql(database);
        output(psql.args(["-A", "-t", "-f"]).arg(file)).ok_or_else(|| format!("psql fails with {}", file.display()))
    }

    /// Copies rows of an SQLite database into a table.
    ///
    /// # Errors
    /// They cannot be read, or do not fit.
    pub fn copy(&self, database: &str, table: &str, sqlite: &Path, question: &str) -> Result<(), String> {
        // Nothing writes to the file meanwhile, and reading creates no files beside it.
        let file = format!("file:{}?immutable=1", sqlite.display());
        let mut shell = Command::new("sqlite3");
        let shell = shell.args(["-bail", "-csv", &file, question]).stdout(Stdio::piped()).spawn();
        let mut shell = shell.map_err(|why| format!("sqlite3 cannot be run: {why}"))?;
        let rows = shell.stdout.take().expect("it was piped");
        let mut psql = self.psql(database);
        let copied = quietly(psql.args(["-c", &format!("COPY {table} FROM STDIN (FORMAT csv)")]).stdin(rows));
        let read = shell.wait().is_ok_and(|status| status.success());
        copied.and(if read { Ok(()) } else { Err(format!("sqlite3 does not read {}", sqlite.display())) })
    }

    /// Runs `pgbench`; `directory` is for the script.
    ///
    /// # Errors
    /// It is missing, or a transaction fails.
    pub fn load(&self, work: &Work<'_>, directory: &Path) -> Result<Transactions, String> {
        let script: PathBuf = directory.join("pgbench.sql");
        fs::write(&script, work.script).map_err(|why| format!("{}: {why}", script.display()))?;
        let mut pgbench = Command::new(self.0.program("pgbench"));
        // One thread, like the load generator of the other side.
        pgbench.args(["-M", "prepared", "-n", "-j", "1", "-c", &work.clients.to_string()]);
        pgbench.args(["-T", &work.time.as_secs().to_string(), "-f"]).arg(&script);
        pgbench.arg(format!("{} options='{}'", self.connection(work.database), work.settings));
        for _ in 0..TRIES {
            let printed = output(&mut pgbench).ok_or("pgbench failed; apt-get install postgresql-15 brings it")?;
            if let Some(measured) = Transactions::read(&printed) {
                return Ok(measured);
            }
        }
        Err(format!("no transaction of pgbench ended within {} s: is the disk busy?", work.time.as_secs()))
    }

    /// Seconds of processor time of all of its processes so far.
    ///
    /// # Errors
    /// It does not run.
    pub fn processor_seconds(&self) -> Result<f64, String> {
        let first = self.0.process()?;
        // The time of ended processes is included in that of their parent.
        let living: f64 =
            children(first).into_iter().map(|child| processor_seconds(child, ExitedChildren::Excluded)).sum();
        Ok(processor_seconds(first, ExitedChildren::Included) + living)
    }

    fn psql(&self, database: &str) -> Command {
        let mut psql = Command::new(self.0.program("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.connection(database)]);
        psql
    }

    fn connection(&self, database: &str) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname={database}", self.0.port())
    }
}
