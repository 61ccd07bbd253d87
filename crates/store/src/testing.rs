//! Where tests keep their data: on every engine, each in a place of its own that is gone after the test.

#![expect(clippy::panic, reason = "used by tests only: a panic is a failed test")]

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::{Address, Location};

/// Names the database server that tests may use, in the notation of libpq.
const SERVER: &str = "RINGBOOK_TEST_POSTGRES";

/// A place for data.
pub struct TestData {
    location: Location,
    kept: Kept,
}

/// What goes when the test is over.
enum Kept {
    Directory(#[expect(dead_code, reason = "it is removed when dropped")] TempDir),
    Database { server: String, name: String },
}

impl TestData {
    /// A directory.
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { location: Location::from(directory.path()), kept: Kept::Directory(directory) }
    }

    /// A database of its own on the server for tests.
    ///
    /// # Panics
    /// There is no server for tests, or it does not answer.
    pub fn postgres() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var(SERVER).unwrap_or_else(|_| {
            panic!("this test needs PostgreSQL: set {SERVER} (`cargo xtask postgres`) or run `cargo xtask test`")
        });
        let name = format!("ringbook_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        psql(&server, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"));
        let address = Address::parse(&within(&server, &name)).expect("an address");
        Self { location: Location::Database(address), kept: Kept::Database { server, name } }
    }

    /// What opens the data.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// What opens the same database with one more setting in its address, like `connections=1`; `None` for a directory.
    pub fn location_with(&self, setting: &str) -> Option<Location> {
        let Kept::Database { server, name } = &self.kept else { return None };
        let address = Address::parse(&format!("{} {setting}", within(server, name)));
        Some(Location::Database(address.expect("an address")))
    }

    /// What keeps the data.
    pub fn engine(&self) -> &'static str {
        match &self.location {
            Location::Directory(_) => "SQLite",
            Location::Database(_) => "PostgreSQL",
        }
    }

    /// Statements by a hand that is not the store's.
    pub fn execute(&self, statements: &str) {
        match (&self.location, &self.kept) {
            (Location::Directory(directory), _) => {
                let database = rusqlite::Connection::open(directory.join("ringbook.db")).expect("the database");
                database.execute_batch(statements).expect("a foreign hand");
            }
            (Location::Database(_), Kept::Database { server, name }) => {
                psql(&within(server, name), &format!("SET search_path = ringbook; {statements}"));
            }
            (Location::Database(_), Kept::Directory(_)) => unreachable!("a database is kept as one"),
        }
    }
}

impl Drop for TestData {
    fn drop(&mut self) {
        if let Kept::Database { server, name } = &self.kept {
            psql(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// The server's address with another database.
fn within(server: &str, name: &str) -> String {
    let others: Vec<&str> = server.split_whitespace().filter(|pair| !pair.starts_with("dbname=")).collect();
    format!("{} dbname={name}", others.join(" "))
}

fn psql(server: &str, statements: &str) {
    let mut command = Command::new("psql");
    let done = command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server, "-c", statements]).output();
    let done = done.expect("psql runs");
    assert!(done.status.success(), "{statements}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Makes each of these functions a test on either engine.
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident;)*) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $name() { super::$name($crate::testing::TestData::sqlite()).await; })*
        }
        mod on_postgres {
            $(#[tokio::test] async fn $name() {
                super::$name($crate::testing::TestData::postgres()).await;
            })*
        }
    };
}
pub use on_both_engines;
