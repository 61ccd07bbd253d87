//! Where tests keep their data: on every engine, each in a place of its own that is gone after the test.

use tempfile::TempDir;

use super::Place;

/// A place for data.
pub(crate) struct Ground {
    place: Place,
    _directory: TempDir,
}

impl Ground {
    /// A directory.
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { place: Place::from(directory.path()), _directory: directory }
    }

    /// What opens the data.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Statements by a hand that is not the store's.
    pub(crate) fn execute(&self, statements: &str) {
        match &self.place {
            Place::Directory(directory) => {
                let database = rusqlite::Connection::open(directory.join("ringbook.db")).expect("the database");
                database.execute_batch(statements).expect("a foreign hand");
            }
        }
    }
}

/// Makes each of these functions a test on either engine.
macro_rules! on_both_engines {
    ($($name:ident;)*) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $name() { super::$name($crate::store::trial::Ground::sqlite()).await; })*
        }
    };
}
pub(crate) use on_both_engines;
