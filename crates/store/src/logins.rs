//! Sessions: what a login made, by the hash of its token, until it expires or is ended.

use crate::ids::UserId;

use super::rows::{column, id};
use super::sql::{Row, Session, values};
use super::{EntityKind, Store, StoreError, directory_revision, statements};

/// A session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRow {
    /// Whose session it is.
    pub user: UserId,
    /// From this moment on, in Unix seconds, it is over.
    pub expires_at: i64,
}

impl Store {
    /// Adds a session under the hash of its token (SHA-256, in hex). If the user has `sessions_max` already, those that
    /// would be over first are ended, a tenth of them at once; answers the sessions' new revision if that was so. Fails when
    /// the user is gone meanwhile.
    pub async fn add_session(
        &self,
        token_hash: String,
        session: SessionRow,
        sessions_max: u32,
    ) -> Result<Option<i64>, StoreError> {
        self.write(move |connection| {
            let user = session.user.number();
            super::rows::must_exist(connection, statements::USER_EXISTS, user, EntityKind::User)?;
            let max = i64::from(sessions_max);
            let count = connection.one(statements::COUNT_SESSIONS, &values![column(user)], |row| row.number(0))?;
            let mut revision = None;
            if count >= max {
                directory_revision::hold(connection)?;
                revision = Some(moved(connection)?);
                let excess = count - max + 1 + max / 10;
                connection.execute(statements::END_FIRST_SESSIONS, &values![column(user), excess])?;
            }
            let values = values![token_hash, column(user), session.expires_at];
            connection.execute(statements::ADD_SESSION, &values)?;
            Ok(revision)
        })
        .await
    }

    /// The session with this hash, expired ones included until they are purged.
    pub async fn session(&self, token_hash: String) -> Result<Option<SessionRow>, StoreError> {
        self.read_short(move |connection| {
            let found = connection.first(statements::SESSION, &values![token_hash], |row| Ok(session(row)))?;
            found.transpose().map_err(|cause| StoreError::unreadable("sessions", "token_hash (not shown)", cause))
        })
        .await
    }

    /// Ends a session; ending one that is over is no fault. Answers the sessions' new revision.
    pub async fn remove_session(&self, token_hash: String) -> Result<i64, StoreError> {
        self.write(move |connection| {
            let revision = moved(connection)?;
            connection.execute(statements::REMOVE_SESSION, &values![token_hash])?;
            Ok(revision)
        })
        .await
    }

    /// Sets the moment at which a session is over, in Unix seconds; answers whether there is such a session.
    pub async fn extend_session(&self, token_hash: String, expires_at: i64) -> Result<bool, StoreError> {
        self.write(move |connection| {
            Ok(connection.execute(statements::EXTEND_SESSION, &values![expires_at, token_hash])? > 0)
        })
        .await
    }

    /// Ends all sessions of a user. Answers the sessions' new revision.
    pub async fn remove_sessions_of(&self, user: UserId) -> Result<i64, StoreError> {
        self.write(move |connection| {
            directory_revision::hold(connection)?;
            let revision = moved(connection)?;
            connection.execute(statements::REMOVE_USER_SESSIONS, &values![column(user.number())])?;
            Ok(revision)
        })
        .await
    }

    /// Forgets the sessions that are over at this moment, in Unix seconds; answers how many.
    pub async fn purge_sessions(&self, now: i64) -> Result<usize, StoreError> {
        let purge = move |connection: &dyn Session| {
            if !connection.finds(statements::SESSION_PAST, &values![now])? {
                return Ok(0);
            }
            directory_revision::hold(connection)?;
            connection.execute(statements::PURGE_SESSIONS, &values![now])
        };
        let count = self.write(purge).await?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

/// Tells the nodes that a session ends before its time; answers the sessions' new revision. Done before any session is
/// touched, and after the directory was moved if it is: so nobody waits in a circle.
pub(super) fn moved(connection: &dyn Session) -> Result<i64, StoreError> {
    let revision = connection.one(statements::BUMP_REVISION, &values!["sessions_revision"], |row| row.number(0))?;
    connection.tell_directory()?;
    Ok(revision)
}

fn session(row: &dyn Row) -> Result<SessionRow, String> {
    Ok(SessionRow { user: id(row.number(0)?, UserId::new)?, expires_at: row.number(1)? })
}
