//! Why an admitted request was not carried out, in the terms of the application.
//!
//! Front ends convert every variant by an exhaustive match, so that a new way to fail does not compile until each
//! of them says what its clients are told.

use std::fmt;

use ringbook_book::book::history::CursorError;
use ringbook_book::command::CommandError;
use ringbook_book::query::query_error::QueryError;
use ringbook_store::{EntityKind, StoreError};
use ringbook_workers::WorkersError;

use crate::audit::AuditError;
use crate::books::BookError;

/// Why an admitted request was not carried out.
#[derive(Debug)]
pub enum AppError {
    /// The question is wrong, or takes too much.
    Question(QueryError),
    /// The book does not allow the change.
    Command(CommandError),
    /// The cursor of a mirror leads nowhere.
    Cursor(CursorError),
    /// The end of a time interval is before its beginning.
    IntervalReversed,
    /// A time interval of the audit log is longer than [`crate::admitted::AUDIT_MONTHS_MAX`] months.
    IntervalTooLong,
    /// The account's data cannot be read back; logged when that was found.
    Unreadable,
    /// The account acted for was removed while the call was carried out.
    AccountRemoved,
    /// The store does not answer, or refuses.
    Store(StoreError),
    /// Too much work waits for the processors, or the work was interrupted.
    Workers(WorkersError),
    /// The server contradicts itself; the text is for the log.
    Internal(&'static str),
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Question(error) => write!(f, "the question was refused: {error:?}"),
            Self::Command(error) => write!(f, "the command was rejected: {error:?}"),
            Self::Cursor(stale) => write!(f, "the cursor was refused: {stale:?}"),
            Self::IntervalReversed => f.write_str("the interval ends before it begins"),
            Self::IntervalTooLong => f.write_str("the interval is too long"),
            Self::Unreadable => f.write_str("the account's data cannot be read: run `ringbook check`"),
            Self::AccountRemoved => f.write_str("the account was removed"),
            Self::Store(error) => error.fmt(f),
            Self::Workers(error) => error.fmt(f),
            Self::Internal(cause) => f.write_str(cause),
        }
    }
}

impl std::error::Error for AppError {}

impl From<QueryError> for AppError {
    fn from(error: QueryError) -> Self {
        Self::Question(error)
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreadable { .. } => Self::Unreadable,
            StoreError::NotFound { what: EntityKind::Customer } => Self::AccountRemoved,
            error => Self::Store(error),
        }
    }
}

impl From<WorkersError> for AppError {
    fn from(error: WorkersError) -> Self {
        Self::Workers(error)
    }
}

impl From<BookError> for AppError {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Store(error) => error.into(),
            BookError::Unreadable => Self::Unreadable,
            BookError::Rejected(error) => Self::Command(error),
            BookError::Workers(error) => Self::Workers(error),
        }
    }
}

impl From<AuditError> for AppError {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Store(error) => error.into(),
            AuditError::Question(error) => Self::Question(error),
            AuditError::Workers(error) => Self::Workers(error),
        }
    }
}
