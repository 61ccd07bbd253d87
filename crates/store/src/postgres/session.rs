//! A session on a connection to PostgreSQL: the transaction and its state.
//!
//! `BEGIN` travels with the first statement. A connection that broke while it was idle is replaced at the first
//! statement; after that, a broken connection fails the session.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio_postgres::Row as EngineRow;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::multi_row::Run;
use super::phase::{Cleanup, Event, Phase};
use super::pipeline::{PendingReply, Pipeline, execute, send};
use super::pool::{Lease, PooledConnection};
use super::statement_error::StatementError;
use super::waiting::wait;
use super::{integrity, listener};
use crate::StoreError;
use crate::notifications::DIRECTORY;
use crate::sql::{BoundStatement, Row, Session, SqlValue, TakeRow, values};

/// Maximum wait for the next reply to a short read; a healthy database answers it within a millisecond.
const SHORT_READ_SILENCE_MAX: Duration = Duration::from_secs(3);
/// The same for a change of a book: its statements are small, and others wait for it.
const CHANGE_SILENCE_MAX: Duration = Duration::from_secs(20);

/// How the statements of a session are grouped into transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransactionMode {
    /// Each statement is a transaction of its own, and so short that no answer means a broken connection.
    ShortRead,
    /// Each statement is a transaction of its own.
    Autocommit,
    /// All statements read one snapshot.
    Snapshot,
    /// All statements are committed, or none.
    Write,
    /// The same, for a change of one book.
    Change,
}

impl TransactionMode {
    /// What begins a transaction; `None` where each statement is one.
    const fn begin(self) -> Option<&'static str> {
        match self {
            Self::ShortRead | Self::Autocommit => None,
            // A read-only snapshot blocks nobody; the reader may pause between two tables.
            Self::Snapshot => Some(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                 SET LOCAL idle_in_transaction_session_timeout = '10min'",
            ),
            Self::Write | Self::Change => Some("BEGIN ISOLATION LEVEL READ COMMITTED"),
        }
    }

    /// How long the database may send nothing before the connection is given up.
    fn silence_max(self, lease: &Lease) -> Duration {
        match self {
            Self::ShortRead => SHORT_READ_SILENCE_MAX,
            Self::Change => lease.silence_max().min(CHANGE_SILENCE_MAX),
            Self::Autocommit | Self::Snapshot | Self::Write => lease.silence_max(),
        }
    }
}

/// A session on a leased connection. An open transaction is rolled back when it is dropped.
pub(crate) struct PgSession {
    lease: RefCell<Lease>,
    mode: TransactionMode,
    phase: Cell<Phase>,
}

impl PgSession {
    pub(super) fn new(lease: Lease, mode: TransactionMode) -> Self {
        Self { lease: RefCell::new(lease), mode, phase: Cell::new(Phase::Fresh) }
    }

    /// Commits. After an error here the transaction may be committed or not, unless the database itself refused.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        self.advance(Event::Commit)?;
        if self.phase.get() == Phase::Committed {
            return Ok(());
        }
        let sent = async |connection: &PooledConnection| Ok(connection.client.batch_execute("COMMIT").await?);
        self.attempt(&mut { sent }).map_err(StatementError::into_store_error)?;
        self.advance(Event::Complete)
    }

    fn advance(&self, event: Event) -> Result<(), StoreError> {
        let phase = self.phase.get();
        let next = phase.next(event).ok_or_else(|| StoreError::unavailable(phase.refusal()))?;
        self.phase.set(next);
        Ok(())
    }

    /// Runs a statement to its end. The session moves to the state that the outcome leaves.
    fn run<T>(
        &self,
        mut statement: impl AsyncFnMut(&PooledConnection) -> Result<T, StatementError>,
    ) -> Result<T, StoreError> {
        self.advance(Event::Begin)?;
        let mut outcome = self.attempt(&mut statement);
        if outcome.as_ref().is_err_and(|error| self.may_start_over(error)) {
            self.start_over()?;
            outcome = self.attempt(&mut statement);
        }
        match &outcome {
            Ok(_) => self.advance(Event::Complete)?,
            Err(StatementError::Caller(_)) => self.advance(Event::Refuse)?,
            Err(error) => {
                if error.is_broken_connection() {
                    self.lease.borrow().discard_idle();
                }
                self.advance(Event::Lose)?;
            }
        }
        outcome.map_err(StatementError::into_store_error)
    }

    fn attempt<T>(
        &self,
        statement: &mut impl AsyncFnMut(&PooledConnection) -> Result<T, StatementError>,
    ) -> Result<T, StatementError> {
        let lease = self.lease.borrow();
        let outcome = wait(statement(lease.connection()), self.mode.silence_max(&lease));
        outcome.unwrap_or_else(|_| {
            lease.abort();
            Err(StatementError::TimedOut)
        })
    }

    /// Whether the connection broke while it was idle and the statement can be repeated on another one. The database
    /// rolls back the transaction of a connection that ends.
    fn may_start_over(&self, error: &StatementError) -> bool {
        let timed_out = matches!(error, StatementError::TimedOut) && self.mode == TransactionMode::ShortRead;
        let is_broken = timed_out || error.is_broken_connection();
        is_broken && self.phase.get() == Phase::Starting && self.lease.borrow().was_idle()
    }

    fn start_over(&self) -> Result<(), StoreError> {
        self.advance(Event::Replace)?;
        if let Err(error) = self.lease.borrow_mut().renew() {
            self.advance(Event::Lose)?;
            return Err(error);
        }
        self.advance(Event::Begin)
    }

    /// Sends what begins the transaction if this is its first statement. The reply is awaited after that statement is
    /// sent.
    async fn begin<'c>(&self, connection: &'c PooledConnection) -> Option<PendingReply<'c>> {
        let sql = self.mode.begin().filter(|_| self.phase.get() == Phase::Starting)?;
        Some(send(async move { connection.client.batch_execute(sql).await.map(|()| 0) }).await)
    }
}

impl Drop for PgSession {
    fn drop(&mut self) {
        let lease = self.lease.get_mut();
        match self.phase.get().cleanup() {
            Cleanup::Keep => {}
            Cleanup::RollBack if self.mode.begin().is_none() => {}
            Cleanup::RollBack => {
                // Sent here and not awaited: statements of the next session on this connection come after it.
                let mut rollback = pin!(lease.connection().client.batch_execute("ROLLBACK"));
                let _ = rollback.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            }
            Cleanup::Discard => lease.discard(),
        }
    }
}

impl Session for PgSession {
    fn execute(&self, sql: &'static str, values: &[SqlValue<'_>]) -> Result<u64, StoreError> {
        self.run(async |connection| {
            let statement = connection.prepared(sql).await?;
            let begin = self.begin(connection).await;
            let changed = send(execute(connection, statement, values)).await;
            if let Some(begin) = begin {
                begin.await?;
            }
            Ok(changed.await?)
        })
    }

    fn execute_all<'a>(&self, statements: &mut dyn Iterator<Item = BoundStatement<'a>>) -> Result<(), StoreError> {
        self.run(async |connection| {
            let mut pipeline = Pipeline::new(connection, self.begin(connection).await);
            self.advance(Event::Consume)?;
            let mut run: Option<Run<'_>> = None;
            for statement in &mut *statements {
                let Some(gathered) = &mut run else {
                    run = Some(Run::of(statement));
                    continue;
                };
                if let Err(other) = gathered.push(statement)
                    && let Some(full) = run.replace(Run::of(other))
                {
                    pipeline.send_run(full).await?;
                }
            }
            if let Some(last) = run {
                pipeline.send_run(last).await?;
            }
            pipeline.await_replies(0).await
        })
    }

    fn each(&self, sql: &'static str, values: &[SqlValue<'_>], take: TakeRow<'_>) -> Result<(), StoreError> {
        self.run(async |connection| {
            let statement = connection.prepared(sql).await?;
            let begin = self.begin(connection).await;
            // The query is sent before the reply to `BEGIN` is awaited.
            let mut query = pin!(connection.client.query_raw(&statement, values));
            let sent = poll_fn(|context| Poll::Ready(query.as_mut().poll(context))).await;
            if let Some(begin) = begin {
                begin.await?;
            }
            let rows = match sent {
                Poll::Ready(rows) => rows?,
                Poll::Pending => query.await?,
            };
            let mut rows = pin!(rows);
            while let Some(row) = rows.try_next().await? {
                self.advance(Event::Consume)?;
                if take(&row)?.is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn tell_directory(&self) -> Result<(), StoreError> {
        self.execute(listener::NOTIFY, &values![DIRECTORY]).map(drop)
    }

    fn integrity(&self, findings_max: usize) -> Result<Vec<String>, StoreError> {
        integrity::findings(self, findings_max)
    }
}

impl ToSql for SqlValue<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Number(number) => number.to_sql(kind, out),
            Self::Text(text) => text.as_ref().to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::TEXT].contains(kind)
    }

    to_sql_checked!();
}

impl Row for EngineRow {
    fn optional_number(&self, at: usize) -> Result<Option<i64>, String> {
        self.try_get(at).map_err(|error| format!("column {at}: {error}"))
    }

    fn optional_text(&self, at: usize) -> Result<Option<&str>, String> {
        self.try_get(at).map_err(|error| format!("column {at}: {error}"))
    }

    fn name(&self, at: usize) -> &str {
        self.columns().get(at).map_or("?", |column| column.name())
    }
}
