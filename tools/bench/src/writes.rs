//! The rows about changes: 8 (many small ones), 9 (a bulk upload), and the part of 12 that compares changes of a small and
//! of a large book.
//!
//! The floor is the `sqlite3` shell on the same disk, with the same schema and the same settings.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use ringbook_testbed::api_client::{self, ApiClient, by_phone};
use ringbook_testbed::server::RunningServer;

use crate::Options;
use crate::figures::{self, Comparison, Goal, Line};
use crate::load::{Load, Measured};
use crate::setup::{Setup, Survey, survey};

/// Rows measured here.
pub const ROWS: [u32; 3] = [8, 9, 12];

const WRITERS: usize = 64;
/// Number of changes by the shell, one transaction each.
const SHELL_CHANGES: usize = 2_000;
/// Number of sequential changes for the cost of one.
const SINGLE_CHANGES: usize = 1_500;
/// Number of contacts of the small book.
const SMALL_CONTACTS: u64 = 1_000;
/// Connections of the upload: one body is read while the rows of another are written.
const UPLOADERS: usize = 2;
/// Maximum size of an upload's body, below the limit of the server.
const UPLOAD_BYTES_MAX: usize = 1_000_000;

/// Measures the requested rows.
///
/// # Errors
/// `sqlite3` is missing, or a server does not answer as it should.
pub fn measure(setup: &Setup, options: &Options) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    if !options.asks_for(&ROWS) {
        return Ok(lines);
    }
    let there = Command::new("sqlite3").arg("--version").stdout(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        return Err("sqlite3 is missing; apt-get install sqlite3 brings it".to_owned());
    }
    if options.asks_for(&[8]) {
        lines.push(small_changes(setup, options)?);
    }
    if options.asks_for(&[9]) {
        lines.push(upload(setup, options)?);
    }
    if options.asks_for(&[12]) {
        lines.extend(growth(setup, options)?);
    }
    Ok(lines)
}

/// A separate data directory, removed after the measurement.
pub struct BookCopy {
    data: PathBuf,
    /// The key of the customer with the book.
    pub token: String,
}

impl BookCopy {
    /// A demo with this number of contacts.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn demo(setup: &Setup, name: &str, contacts: u64) -> Result<Self, String> {
        let data = setup.scratch.join(name);
        let _ = fs::remove_dir_all(&data);
        let mut demo = Command::new(&setup.ringbook);
        demo.arg("demo").arg("--data").arg(&data).args(["--contacts", &contacts.to_string()]);
        drop(RunningServer::start(demo.args(["--listen", "127.0.0.1:0"]))?);
        Self::unbounded(setup, data)
    }

    /// A copy of the large book.
    fn copy(setup: &Setup) -> Result<Self, String> {
        let data = setup.scratch.join("copy");
        let _ = fs::remove_dir_all(&data);
        ringbook_testbed::quietly(Command::new("cp").arg("-a").arg(&setup.data).arg(&data))?;
        Self::unbounded(setup, data)
    }

    fn unbounded(setup: &Setup, data: PathBuf) -> Result<Self, String> {
        let mut set = Command::new(&setup.ringbook);
        set.args(["customer", "set", "1", "--day-limit", "none", "--minute-limit", "none", "--data"]);
        ringbook_testbed::quietly(set.arg(&data))?;
        let token = ringbook_testbed::demo::token(&data)?;
        Ok(BookCopy { data, token })
    }

    /// The access token of another customer, by its position; the first is at 0.
    ///
    /// # Errors
    /// There is no such customer.
    pub fn token_of(&self, at: usize) -> Result<String, String> {
        ringbook_testbed::demo::token_of(&self.data, at)
    }

    /// Starts a server and loads the book.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn serve(&self, setup: &Setup) -> Result<RunningServer, String> {
        let mut serve = Command::new(&setup.ringbook);
        serve.arg("serve").arg("--data").arg(&self.data).args(["--listen", "127.0.0.1:0", "--log", "warn"]);
        let server = RunningServer::start(&mut serve)?;
        ApiClient::connect(&server.address, &self.token)?.contacts(r#","limit":1"#)?;
        Ok(server)
    }

    fn database(&self) -> PathBuf {
        self.data.join("ringbook.db")
    }
}

impl Drop for BookCopy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.data);
    }
}

/// A new contact, as members of a record.
pub fn contact(at: usize) -> String {
    const LAST: [&str; 8] = ["Иванова", "Smith", "Петров-Водкин", "O'Neil", "García", "Müller", "Кузнецова", "Nguyễn"];
    const FIRST: [&str; 8] = ["Анна", "John", "Сергей", "Mary", "José", "Jürgen", "Ольга", "Thị Mai"];
    let (last, first) = (LAST[at % 8], FIRST[at / 8 % 8]);
    format!(
        r#""last_name":"{last} {}","first_name":"{first}","phone_numbers":["7{:010}"],"emails":["a{at}@mail.example"]"#,
        at % 5_003,
        at as u64 * 7_919 % 10_000_000_000,
    )
}

/// The body of a call; `members` are those of `params` behind the key.
pub fn call(method: &str, token: &str, members: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"access_token":"{token}",{members}}}}}"#)
}

/// Row 8: small changes of many clients, compared with one transaction each.
fn small_changes(setup: &Setup, options: &Options) -> Result<Line, String> {
    let place = BookCopy::demo(setup, "changes", 0)?;
    let shell = Shell::beside(&place.database(), "one-by-one.db")?;
    let bodies: Vec<String> = (0..5_000).map(|at| call("create.contacts", &place.token, &contact(at))).collect();
    let server = place.serve(setup)?;
    let url = format!("http://{}{}", server.address, api_client::PATH);
    let load = Load { url, bodies: &bodies, connections: WRITERS, time: options.time };
    let mut pairs = Vec::new();
    for round in 0..options.rounds {
        let measured: Measured = load.run(&setup.scratch)?;
        pairs.push((measured.calls, shell.one_by_one(round)?));
    }
    let floor = "sqlite3, one transaction each".to_owned();
    let subject = format!("create.contacts, {WRITERS} connections");
    Ok(Comparison { row: 8, subject, floor, pairs, shown: figures::calls, goal: Goal::AtLeast(10.0) }.line())
}

/// Row 9: the upload of a book, compared with an import of its rows by the shell.
fn upload(setup: &Setup, options: &Options) -> Result<Line, String> {
    let count = usize::try_from(options.contacts).map_err(|why| why.to_string())?;
    let mut pairs = Vec::new();
    for _ in 0..options.rounds.min(3) {
        let place = BookCopy::demo(setup, "upload", 0)?;
        let shell = Shell::beside(&place.database(), "import.db")?;
        let bodies = uploads(&place.token, count);
        let server = place.serve(setup)?;
        let start = Instant::now();
        post_all(&server, &place.token, &bodies)?;
        let ours = start.elapsed().as_secs_f64();
        drop(server);
        pairs.push((ours, shell.import(&place.database(), &setup.scratch)?));
    }
    let subject = format!("upload.contacts, {count} contacts, {UPLOADERS} connections");
    let floor = "sqlite3 importing the rows from CSV".to_owned();
    Ok(Comparison { row: 9, subject, floor, pairs, shown: figures::time, goal: Goal::AtMost(1.5) }.line())
}

/// Bodies of calls that upload this number of contacts.
fn uploads(token: &str, count: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut records = String::new();
    let close =
        |records: &mut String| call("upload.contacts", token, &format!(r#""contacts":[{}]"#, std::mem::take(records)));
    for at in 0..count {
        let separator = if records.is_empty() { "" } else { "," };
        let _ = write!(records, "{separator}{{{}}}", contact(at));
        if records.len() > UPLOAD_BYTES_MAX {
            bodies.push(close(&mut records));
        }
    }
    if !records.is_empty() {
        bodies.push(close(&mut records));
    }
    bodies
}

fn post_all(server: &RunningServer, token: &str, bodies: &[String]) -> Result<(), String> {
    let next = Mutex::new(bodies.iter());
    std::thread::scope(|scope| {
        let work = || -> Result<(), String> {
            let mut client = ApiClient::connect(&server.address, token)?;
            loop {
                let Some(body) = next.lock().map_err(|why| why.to_string())?.next() else { return Ok(()) };
                client.success(body)?;
            }
        };
        let threads: Vec<_> = (0..UPLOADERS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a client panicked".to_owned())?)
    })
}

/// Row 12: the cost of a change in a small and in the large book, and its effect on readers.
fn growth(setup: &Setup, options: &Options) -> Result<Vec<Line>, String> {
    let (small, large) = (BookCopy::demo(setup, "small", SMALL_CONTACTS)?, BookCopy::copy(setup)?);
    let servers = (small.serve(setup)?, large.serve(setup)?);
    let mut pairs = Vec::new();
    for _ in 0..options.rounds {
        pairs.push((one_change(&servers.1, &large.token)?, one_change(&servers.0, &small.token)?));
    }
    drop(servers.0);
    let subject = format!("one create.contacts, book of {}", options.contacts);
    let floor = format!("book of {SMALL_CONTACTS}");
    let mut lines =
        vec![Comparison { row: 12, subject, floor, pairs, shown: figures::time, goal: Goal::AtMost(1.5) }.line()];
    lines.extend(readers(setup, options, &large, &servers.1)?);
    Ok(lines)
}

/// Seconds per change, sequentially.
fn one_change(server: &RunningServer, token: &str) -> Result<f64, String> {
    let mut client = ApiClient::connect(&server.address, token)?;
    let start = Instant::now();
    for at in 0..SINGLE_CHANGES {
        client.success(&call("create.contacts", token, &contact(at)))?;
    }
    Ok(start.elapsed().as_secs_f64() / SINGLE_CHANGES as f64)
}

/// Look-ups while one client changes the book continuously, compared with look-ups without changes.
fn readers(setup: &Setup, options: &Options, place: &BookCopy, server: &RunningServer) -> Result<Vec<Line>, String> {
    let survey: Survey = survey(&mut ApiClient::connect(&server.address, &place.token)?)?;
    let questions = survey.phones.iter().take(5_000);
    let bodies: Vec<String> = questions.map(|phone| api_client::contacts(&place.token, &by_phone(phone))).collect();
    let url = format!("http://{}{}", server.address, api_client::PATH);
    let load = Load { url, bodies: &bodies, connections: 1, time: options.time };
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        rounds.push((while_changing(server, &place.token, || load.run(&setup.scratch))?, load.run(&setup.scratch)?));
    }
    let line = |what: &str, of: fn(&Measured) -> f64, goal| {
        let pairs = rounds.iter().map(|(changing, idle)| (of(changing), of(idle))).collect();
        let subject = format!("look-up during changes, book of {}: {what}", options.contacts);
        Comparison { row: 12, subject, floor: "the same at rest".to_owned(), pairs, shown: figures::time, goal }.line()
    };
    Ok(vec![
        line("mean", |measured| 1.0 / measured.calls, Goal::AtMost(2.0)),
        line("99th percentile", |measured| measured.p99, Goal::AtMost(2.0)),
    ])
}

fn while_changing<T>(
    server: &RunningServer,
    token: &str,
    work: impl FnOnce() -> Result<T, String>,
) -> Result<T, String> {
    let bodies: Vec<String> = (0..SINGLE_CHANGES).map(|at| call("create.contacts", token, &contact(at))).collect();
    beside(server, token, &bodies, work)
}

/// Runs `work` while one client makes these calls in turn, continuously.
///
/// # Errors
/// A call fails, or the work does.
pub fn beside<T>(
    server: &RunningServer,
    token: &str,
    bodies: &[String],
    work: impl FnOnce() -> Result<T, String>,
) -> Result<T, String> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let calling = scope.spawn(|| -> Result<(), String> {
            let mut client = ApiClient::connect(&server.address, token)?;
            for body in bodies.iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                client.success(body)?;
            }
            Ok(())
        });
        let outcome = work();
        stop.store(true, Ordering::Relaxed);
        calling.join().map_err(|_| "the client beside it panicked".to_owned())??;
        outcome
    })
}

/// The `sqlite3` shell on an empty database of the same schema.
struct Shell {
    database: PathBuf,
}

/// Absent numbers become 0: an empty cell would be a text, which a strict table refuses.
const ROWS_TO_IMPORT: &str = "SELECT customer_id, id, revision, last_name, first_name, patronymic, phone_numbers, emails, \
    COALESCE(personal_manager_id, 0), COALESCE(organization_id, 0), group_ids FROM contacts WHERE customer_id = 1";

const SETTINGS: &str = "PRAGMA journal_mode=wal;\nPRAGMA synchronous=full;\n";

impl Shell {
    /// A database with the schema of another one and without contacts.
    fn beside(model: &Path, name: &str) -> Result<Self, String> {
        let database = model.with_file_name(name);
        fs::copy(model, &database).map_err(|why| format!("{}: {why}", model.display()))?;
        Ok(Shell { database })
    }

    fn run(&self, script: &str) -> Result<(), String> {
        let file = self.database.with_extension("sql");
        fs::write(&file, format!("{SETTINGS}{script}")).map_err(|why| format!("{}: {why}", file.display()))?;
        let input = fs::File::open(&file).map_err(|why| format!("{}: {why}", file.display()))?;
        let mut shell = Command::new("sqlite3");
        ringbook_testbed::quietly(shell.arg("-bail").arg(&self.database).stdin(input))
    }

    /// Changes per second, one transaction each.
    fn one_by_one(&self, round: u64) -> Result<f64, String> {
        let mut script = String::new();
        for at in 0..SHELL_CHANGES {
            let id = round as usize * SHELL_CHANGES + at + 1_000_000_000;
            let _ = writeln!(
                script,
                "BEGIN; UPDATE books SET revision = revision + 1 WHERE customer_id = 1; INSERT INTO contacts VALUES \
                 (1, {id}, {id}, 'Иванова {at}', 'Анна', NULL, '[\"7{at:010}\"]', '[\"a{at}@mail.example\"]', NULL, \
                 NULL, '[]'); COMMIT;",
            );
        }
        let start = Instant::now();
        self.run(&script)?;
        Ok(SHELL_CHANGES as f64 / start.elapsed().as_secs_f64())
    }

    /// Seconds that importing the contacts of another database takes.
    fn import(&self, from: &Path, scratch: &Path) -> Result<f64, String> {
        let csv = scratch.join("contacts.csv");
        let _ = fs::remove_file(&csv);
        let mut export = Command::new("sqlite3");
        export.arg("-bail").arg("-csv").arg(from).arg(ROWS_TO_IMPORT);
        let output = fs::File::create(&csv).map_err(|why| format!("{}: {why}", csv.display()))?;
        let done = export.stdout(output).status();
        if !done.is_ok_and(|status| status.success()) {
            return Err("sqlite3 does not export the contacts".to_owned());
        }
        let script = format!(".import --csv {} contacts\n", csv.display());
        let start = Instant::now();
        self.run(&script)?;
        Ok(start.elapsed().as_secs_f64())
    }
}
