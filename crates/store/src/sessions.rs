//! Sessions: what a login made, by the hash of its token, until it expires or is ended.

use ringbook_book::id::UserId;

use super::rows::{column, id};
use super::session::{Line, Session, cells};
use super::{Noun, Store, StoreFault, directory, statements};

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
            let values = cells![token_hash, column(user), session.expires_at];
            connection.execute(statements::ADD_SESSION, &values).map(drop)
        })
        .await
    }

    /// The session with this hash, expired ones included until they are purged.
    pub async fn session(&self, token_hash: String) -> Result<Option<SessionRow>, StoreFault> {
        self.glance(move |connection| {
            let found = connection.first(statements::SESSION, &cells![token_hash], |line| Ok(session(line)))?;
            found.transpose().map_err(|cause| StoreFault::unreadable("sessions", "token_hash (not shown)", cause))
        })
        .await
    }

    /// Ends a session; ending one that is over is no fault. Answers the sessions' new revision.
    pub async fn remove_session(&self, token_hash: String) -> Result<i64, StoreFault> {
        self.write(move |connection| {
            let revision = moved(connection)?;
            connection.execute(statements::REMOVE_SESSION, &cells![token_hash])?;
            Ok(revision)
        })
        .await
    }

    /// Forgets the sessions that are over at this moment, in Unix seconds; answers how many.
    pub async fn purge_sessions(&self, now: i64) -> Result<usize, StoreFault> {
        let purge = move |connection: &dyn Session| {
            if !connection.finds(statements::SESSION_PAST, &cells![now])? {
                return Ok(0);
            }
            directory::hold(connection)?;
            connection.execute(statements::PURGE_SESSIONS, &cells![now])
        };
        let count = self.write(purge).await?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

/// Tells the nodes that a session ends before its time; answers the sessions' new revision. Done before any session is
/// touched, and after the directory was moved if it is: so nobody waits in a circle.
pub(super) fn moved(connection: &dyn Session) -> Result<i64, StoreFault> {
    let revision = connection.one(statements::BUMP_REVISION, &cells!["sessions_revision"], |line| line.number(0))?;
    connection.tell_directory()?;
    Ok(revision)
}

fn session(line: &dyn Line) -> Result<SessionRow, String> {
    Ok(SessionRow { user: id(line.number(0)?, UserId::new)?, expires_at: line.number(1)? })
}
