//! Sessions: what a login made, by the hash of its token, until it expires or is ended.

use ringbook_book::id::UserId;
use rusqlite::{Connection, OptionalExtension};

use super::rows::{cell, column, id};
use super::{Noun, Store, StoreFault, statements};

/// A session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRow {
    /// Whose session it is.
    pub user: UserId,
    /// From this moment on, in Unix seconds, it is over.
    pub expires_at: i64,
}

impl Store {
    /// Adds a session under the hash of its token (SHA-256, in hex). Fails when the user is gone meanwhile.
    pub async fn add_session(&self, token_hash: String, session: SessionRow) -> Result<(), StoreFault> {
        self.write(move |connection| {
            let user = session.user.number();
            super::rows::must_exist(connection, statements::USER_EXISTS, user, Noun::User)?;
            let values = (token_hash, column(user), session.expires_at);
            connection.prepare_cached(statements::ADD_SESSION)?.execute(values)?;
            Ok(())
        })
        .await
    }

    /// The session with this hash, expired ones included until they are purged.
    pub async fn session(&self, token_hash: String) -> Result<Option<SessionRow>, StoreFault> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(statements::SESSION)?;
            let found = statement.query_row([token_hash], |row| Ok(session(row))).optional()?;
            found.transpose().map_err(|cause| StoreFault::unreadable("sessions", "token_hash (not shown)", cause))
        })
        .await
    }

    /// Ends a session; ending one that is over is no fault. Answers the sessions' new revision.
    pub async fn remove_session(&self, token_hash: String) -> Result<i64, StoreFault> {
        self.write(move |connection| {
            connection.prepare_cached(statements::REMOVE_SESSION)?.execute([token_hash])?;
            moved(connection)
        })
        .await
    }

    /// Forgets the sessions that are over at this moment, in Unix seconds; answers how many.
    pub async fn purge_sessions(&self, now: i64) -> Result<usize, StoreFault> {
        self.write(move |connection| Ok(connection.prepare_cached(statements::PURGE_SESSIONS)?.execute([now])?)).await
    }
}

/// Tells the nodes that a session ended before its time; answers the sessions' new revision.
pub(super) fn moved(connection: &Connection) -> Result<i64, StoreFault> {
    Ok(connection.prepare_cached(statements::BUMP_REVISION)?.query_row(["sessions_revision"], |row| row.get(0))?)
}

fn session(row: &rusqlite::Row<'_>) -> Result<SessionRow, String> {
    Ok(SessionRow { user: id(cell(row, 0)?, UserId::new)?, expires_at: cell(row, 1)? })
}
