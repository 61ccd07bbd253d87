//! Data of tests: in a directory, or, with `RINGBOOK_TEST_STORE=postgres`, in a private database on the server that
//! `RINGBOOK_TEST_POSTGRES` names.
//!
//! A test names its data by a path in both cases; on PostgreSQL the path is mapped to a database. A test that stops or
//! kills PostgreSQL runs its own server ([`map_to_database`]).

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

/// The directory of a test. It is removed when dropped, with the databases that its paths are mapped to.
pub struct Place(TempDir);

impl Place {
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mine: Vec<Database> = {
            let mut known = known();
            let paths: Vec<PathBuf> = known.keys().filter(|path| path.starts_with(self.path())).cloned().collect();
            paths.iter().filter_map(|path| known.remove(path)).flatten().collect()
        };
        for database in mine {
            if let Some(name) = database.made {
                psql(&server(), &format!("DROP DATABASE {name} WITH (FORCE)"));
            }
        }
    }
}

pub fn place() -> Place {
    Place(tempfile::tempdir().expect("a directory"))
}

/// The engine that stores the data of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

thread_local! {
    /// The engine that the test on this thread selected.
    static SELECTED: Cell<Option<Engine>> = const { Cell::new(None) };
}

/// The selection of an engine, until dropped.
pub struct Selected(());

impl Engine {
    /// Selects the engine for paths that this thread uses for the first time, for tests of one engine.
    #[must_use]
    pub fn select(self) -> Selected {
        SELECTED.set(Some(self));
        Selected(())
    }

    /// The selected engine, or the one that `RINGBOOK_TEST_STORE` names.
    fn current() -> Self {
        if let Some(engine) = SELECTED.get() {
            return engine;
        }
        match std::env::var("RINGBOOK_TEST_STORE").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("RINGBOOK_TEST_STORE is {other:?}, neither sqlite nor postgres"),
        }
    }
}

impl Drop for Selected {
    fn drop(&mut self) {
        SELECTED.set(None);
    }
}

/// The arguments that name the data to `serve` and to operator commands.
pub fn named(data: &Path) -> [OsString; 2] {
    match address(data) {
        Some(address) => ["--database".into(), address.into()],
        None => ["--data".into(), data.into()],
    }
}

/// The arguments that name the data to `demo`, which always has a directory.
pub fn named_to_demo(data: &Path) -> Vec<OsString> {
    let directory: [OsString; 2] = ["--data".into(), data.into()];
    match address(data) {
        Some(_) => named(data).into_iter().chain(directory).collect(),
        None => directory.into(),
    }
}

/// Executes SQL outside of the program; returns the number of changed rows.
pub fn change(data: &Path, statement: &str) -> usize {
    match address(data) {
        // The last word of "UPDATE 1".
        Some(address) => {
            let told = psql(&address, &format!("SET search_path = ringbook; {statement}"));
            told.split_whitespace().last().and_then(|word| word.parse().ok()).unwrap_or(0)
        }
        None => files(data).execute(statement, []).expect("changed"),
    }
}

/// The number that an SQL query outside of the program returns; `None` if the table does not exist.
pub fn number(data: &Path, question: &str) -> Option<i64> {
    match address(data) {
        Some(address) => {
            let told = try_psql(&address, &format!("SET search_path = ringbook; {question}")).ok()?;
            told.split_whitespace().last()?.parse().ok()
        }
        None => files(data).query_row(question, [], |row| row.get(0)).ok(),
    }
}

fn files(data: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(data.join("ringbook.db")).expect("the database")
}

/// The database server for tests.
pub fn server() -> String {
    let server = std::env::var("RINGBOOK_TEST_POSTGRES");
    server.expect(
        "this test needs PostgreSQL: set RINGBOOK_TEST_POSTGRES (`cargo xtask postgres`) or run `cargo xtask test`",
    )
}

/// A database, and its name if it was created here and must be dropped.
struct Database {
    address: String,
    made: Option<String>,
}

/// Maps a path to a database that the test created.
pub fn map_to_database(data: &Path, address: String) {
    known().insert(data.to_owned(), Some(Database { address, made: None }));
}

/// The database that a path is mapped to, if any. The first use of a path decides that and creates the database.
fn address(data: &Path) -> Option<String> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let mut known = known();
    let database = known.entry(data.to_owned()).or_insert_with(|| {
        if Engine::current() == Engine::Sqlite {
            return None;
        }
        let next = MADE.fetch_add(1, Ordering::Relaxed);
        let directory = data.parent().and_then(Path::file_name).expect("a directory").to_string_lossy();
        let directory: String = directory.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("it_{}_{}_{next}", std::process::id(), directory.to_lowercase());
        let server = server();
        psql(&server, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"));
        let others: Vec<&str> = server.split_whitespace().filter(|pair| !pair.starts_with("dbname=")).collect();
        Some(Database { address: format!("{} dbname={name}", others.join(" ")), made: Some(name) })
    });
    database.as_ref().map(|database| database.address.clone())
}

type Databases = HashMap<PathBuf, Option<Database>>;

fn known() -> MutexGuard<'static, Databases> {
    static KNOWN: LazyLock<Mutex<Databases>> = LazyLock::new(Mutex::default);
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn psql(address: &str, statements: &str) -> String {
    try_psql(address, statements).unwrap_or_else(|told| panic!("{statements}: {told}"))
}

pub fn try_psql(address: &str, statements: &str) -> Result<String, String> {
    let mut command = Command::new("psql");
    let done = command.args(["-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", statements]).output();
    let done = done.expect("psql runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if done.status.success() { Ok(text(done.stdout)) } else { Err(text(done.stderr)) }
}
