//! The lock of one book, where several servers change it in one database.
//!
//! Changes are decided without a lock: a commit moves the row of the book from the revision that it was decided on, and
//! fails if another server was faster. A server whose catching up takes longer than the commits of another one would fail
//! again and again. So it takes the lock before it catches up: what it decides then cannot be overtaken, and the other
//! server's next commit waits. The database gives the row to those who wait in the order of their requests.
//!
//! SQLite needs none of this: a directory has one server.

use std::time::Instant;

use ringbook_book::Book;
use ringbook_book::id::CustomerId;

use super::postgres::PgSession;
use super::rows::column;
use super::sql::{Session, values};
use super::statements as sql;
use super::{CatchUp, Engine, EntityKind, Store, StoreError};

/// The row of a book is locked until a commit consumes this or it is dropped. It occupies a connection.
pub struct BookLock {
    pub(super) session: PgSession,
    /// From then on it is not used: the database ends a transaction that is idle for too long
    /// (`idle_in_transaction_session_timeout`), and a commit on it would be lost.
    unusable_from: Instant,
}

impl BookLock {
    /// Whether there is time left for a commit.
    pub fn is_usable(&self) -> bool {
        Instant::now() < self.unusable_from
    }
}

impl Store {
    /// The same as [`Store::changes_since`], with the lock of the book, so that no other server changes it before the
    /// next commit. Blocks on the store.
    ///
    /// There is no lock on SQLite, and none if fewer than two connections are free at the moment: one holds the lock, the
    /// other one reads.
    ///
    /// # Errors
    /// As [`Store::changes_since`].
    pub fn lock_and_find_changes(
        &self,
        customer: CustomerId,
        book: &Book,
    ) -> Result<(CatchUp, Option<BookLock>), StoreError> {
        let Engine::Postgres(engine) = &self.0 else {
            return Ok((self.changes_since(customer, book)?, None));
        };
        let (Some(snapshot), Some(session)) = (engine.spare_snapshot()?, engine.spare_change_session()?) else {
            return Ok((self.changes_since(customer, book)?, None));
        };
        if session.execute(sql::HOLD_BOOK, &values![column(customer.number())])? != 1 {
            return Err(StoreError::NotFound { what: EntityKind::Customer });
        }
        let lock = BookLock { session, unusable_from: Instant::now() + engine.idle_in_transaction_max() / 2 };
        // The snapshot begins with its first statement, after the last commit of another server.
        Ok((self.changes_in(&snapshot, customer, book)?, Some(lock)))
    }
}
