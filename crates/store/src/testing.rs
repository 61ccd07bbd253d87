//! Where tests keep their data: on every engine, each in a place of its own that is gone after the test.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::{Address, Place};

/// Names the database server that tests may use, in the notation of libpq.
const SERVER: &str = "RINGBOOK_TEST_POSTGRES";

/// A place for data.
pub struct Ground {
    place: Place,
    kept: Kept,
}

/// What goes when the test is over.
enum Kept {
    Directory(#[expect(dead_code, reason = "it is removed when dropped")] TempDir),
    Database { server: String, name: String },
}

impl Ground {
    /// A directory.
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { place: Place::from(directory.path()), kept: Kept::Directory(directory) }
    }

    /// A database, where there is a server for tests.
    pub fn postgres() -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(SERVER) else {
            eprintln!("not run: {SERVER} names no database server, `cargo xtask test` starts one");
            return None;
        };
        let name = format!("ringbook_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        psql(&server, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"));
        let address = Address::parse(&within(&server, &name)).expect("an address");
        Some(Self { place: Place::Database(address), kept: Kept::Database { server, name } })
    }

    /// What opens the data.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What opens the same database with one more setting in its address, like `connections=1`; `None` for a directory.
    pub fn place_with(&self, setting: &str) -> Option<Place> {
        let Kept::Database { server, name } = &self.kept else { return None };
        let address = Address::parse(&format!("{} {setting}", within(server, name)));
        Some(Place::Database(address.expect("an address")))
    }

    /// What keeps the data.
    pub fn engine(&self) -> &'static str {
        match &self.place {
            Place::Directory(_) => "SQLite",
            Place::Database(_) => "PostgreSQL",
        }
    }

    /// Statements by a hand that is not the store's.
    pub fn execute(&self, statements: &str) {
        match (&self.place, &self.kept) {
            (Place::Directory(directory), _) => {
                let database = rusqlite::Connection::open(directory.join("ringbook.db")).expect("the database");
                database.execute_batch(statements).expect("a foreign hand");
            }
            (Place::Database(_), Kept::Database { server, name }) => {
                psql(&within(server, name), &format!("SET search_path = ringbook; {statements}"));
            }
            (Place::Database(_), Kept::Directory(_)) => unreachable!("a database is kept as one"),
        }
    }
}

impl Drop for Ground {
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
            $(#[tokio::test] async fn $name() { super::$name($crate::testing::Ground::sqlite()).await; })*
        }
        mod on_postgres {
            $(#[tokio::test] async fn $name() {
                if let Some(ground) = $crate::testing::Ground::postgres() {
                    super::$name(ground).await;
                }
            })*
        }
    };
}
pub use on_both_engines;
