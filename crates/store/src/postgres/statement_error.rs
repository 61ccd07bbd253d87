//! Why a statement on a connection to PostgreSQL failed.

use tokio_postgres::Error;

use super::error_map;
use crate::StoreError;

/// Why a statement failed.
pub(super) enum StatementError {
    /// The database reported an error, or the connection broke.
    Database(Error),
    /// The caller refused a row or gave an unusable value.
    Caller(StoreError),
    /// No reply came in time.
    TimedOut,
}

impl StatementError {
    /// Whether other idle connections may be broken too.
    pub(super) fn is_broken_connection(&self) -> bool {
        matches!(self, Self::Database(error) if error_map::is_broken_connection(error))
    }

    pub(super) fn into_store_error(self) -> StoreError {
        match self {
            Self::Database(error) => error_map::of_statement(&error),
            Self::Caller(error) => error,
            Self::TimedOut => StoreError::unavailable(
                "the database has not answered in time: check what it waits for, and whether it can be reached",
            ),
        }
    }
}

impl From<Error> for StatementError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for StatementError {
    fn from(error: StoreError) -> Self {
        Self::Caller(error)
    }
}
