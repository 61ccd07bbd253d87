//! The lock of one book, where several servers change it in one database.
//!
//! Changes are decided without a lock: a commit moves the row of the book from the revision that it was decided on, and
//! fails if another server was faster. A server whose catching up takes longer than the commits of another one would fail
//! again and again. So it takes the lock before it catches up: what it decides then cannot be overtaken, and the other
//! server's next commit waits. The database gives the row to those who wait in the order of their requests.
//!
//! SQLite needs none of this: a directory has one server.

use std::sync::Arc;
use std::time::Instant;

use ringbook_book::Book;
use ringbook_book::id::CustomerId;

use super::postgres::PgSession;
use super::rows::column;
use super::sql::{Session, Snapshot, values};
use super::statements as sql;
use super::{CatchUp, Engine, EntityKind, Store, StoreError};

/// The row of a book is locked until a commit consumes this or it is dropped. It occupies a connection.
pub struct BookLock {
    pub(super) session: PgSession,
    /// Another connection, on which the changes of others are read.
    snapshot: Option<Snapshot>,
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
    /// Waits until no other server commits a change of the book, and keeps it so.
    ///
    /// There is no lock on SQLite, and none if fewer than two connections are free at the moment: one holds the lock, the
    /// other one reads.
    ///
    /// # Errors
    /// The store fails, or the customer is gone.
    pub async fn lock_book(&self, customer: CustomerId) -> Result<Option<BookLock>, StoreError> {
        let Engine::Postgres(engine) = &self.0 else { return Ok(None) };
        let engine = Arc::clone(engine);
        let take = move || {
            let (Some(snapshot), Some(session)) = (engine.spare_snapshot()?, engine.spare_change_session()?) else {
                return Ok(None);
            };
            if session.execute(sql::HOLD_BOOK, &values![column(customer.number())])? != 1 {
                return Err(StoreError::NotFound { what: EntityKind::Customer });
            }
            let unusable_from = Instant::now() + engine.idle_in_transaction_max() / 2;
            Ok(Some(BookLock { session, snapshot: Some(snapshot), unusable_from }))
        };
        tokio::task::spawn_blocking(take).await.map_err(StoreError::unavailable)?
    }

    /// The same as [`Store::changes_since`], under the lock of the book: until the next commit there will be no others.
    /// Blocks on the store.
    ///
    /// # Errors
    /// As [`Store::changes_since`].
    pub fn changes_since_locked(
        &self,
        lock: &mut BookLock,
        customer: CustomerId,
        book: &Book,
    ) -> Result<CatchUp, StoreError> {
        match lock.snapshot.take() {
            // It begins with its first statement, after the last commit of another server.
            Some(snapshot) => self.changes_in(&snapshot, customer, book),
            None => self.changes_since(customer, book),
        }
    }
}
