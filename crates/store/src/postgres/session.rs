//! A connection of PostgreSQL as a session.
//!
//! What begins a transaction travels with its first statement, and many statements travel without waiting for each
//! other's answers: over a network the ways are what costs.

use std::cell::{Cell as Held, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Error, Row as EngineRow, Statement};

use super::multi_row::{ROWS_MIN, Run};
use super::pool::{Lease, Link};
use super::waiting::wait;
use super::{error_map, integrity, listener, multi_row};
use crate::StoreError;
use crate::notifications::DIRECTORY;
use crate::sql::{BoundStatement, Row, Session, SqlValue, TakeRow, values};

/// How many statements are on their way at once.
const PIPELINE_STATEMENTS_MAX: usize = 256;

/// The same for statements that put many rows.
const PIPELINE_RUNS_MAX: usize = 4;
/// Maximum wait for the answer to a short read; a healthy database answers it within a millisecond.
const SHORT_READ_TIME_MAX: Duration = Duration::from_secs(3);

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
}

impl TransactionMode {
    const fn beginning(self) -> Option<&'static str> {
        match self {
            Self::ShortRead | Self::Autocommit => None,
            // A read-only snapshot blocks nobody; the reader may pause between two tables.
            Self::Snapshot => Some(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                 SET LOCAL idle_in_transaction_session_timeout = '10min'",
            ),
            Self::Write => Some("BEGIN ISOLATION LEVEL READ COMMITTED"),
        }
    }
}

/// A session on a leased connection. What is open when it is dropped is undone.
pub(super) struct Talk {
    lease: RefCell<Lease>,
    mode: TransactionMode,
    /// What is to be sent before the first statement.
    beginning: Held<Option<&'static str>>,
    /// Whether all could be said once more on another connection: this one was idle before, and nothing was done on it
    /// or handed out yet.
    is_fresh: Held<bool>,
    /// Whether a transaction was begun and not ended.
    is_open: Held<bool>,
    /// The first failure; nothing is good after it.
    failed: Held<bool>,
    /// Whether rows are being taken: another statement would wait for them for ever.
    is_busy: Held<bool>,
    /// Whether the connection is not to be used again.
    is_lost: Held<bool>,
}

impl Talk {
    pub(super) fn new(lease: Lease, mode: TransactionMode) -> Self {
        let no = || Held::new(false);
        let (is_open, failed, is_busy, is_lost) = (no(), no(), no(), no());
        let (beginning, is_fresh) = (Held::new(mode.beginning()), Held::new(lease.was_idle()));
        Self { lease: RefCell::new(lease), mode, beginning, is_fresh, is_open, failed, is_busy, is_lost }
    }

    /// Makes what was done last. After a fault here nobody knows whether it does, unless the database said so.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        if self.failed.get() {
            // The database would undo it all and call that a success.
            return Err(StoreError::unavailable("a statement of this transaction failed before"));
        }
        if self.is_open.get() {
            self.work(async |link| {
                self.is_open.set(false);
                Ok(link.client.batch_execute("COMMIT").await?)
            })?;
        }
        Ok(())
    }

    /// Waits for work on the connection, and sees what a failure means for it. What is found to be broken before anything
    /// was done on it is replaced, once.
    fn work<T>(&self, mut work: impl AsyncFnMut(&Link) -> Result<T, Trouble>) -> Result<T, StoreError> {
        if self.is_lost.get() {
            return Err(StoreError::unavailable("the connection of this session was lost before"));
        }
        if self.is_busy.replace(true) {
            return Err(StoreError::unavailable("a session was used while its rows were being taken"));
        }
        let mut outcome = self.attempt(&mut work);
        if outcome.as_ref().is_err_and(|trouble| self.may_begin_again(trouble)) {
            outcome = self.begin_again().and_then(|()| self.attempt(&mut work));
        }
        self.is_busy.set(false);
        self.is_fresh.set(false);
        outcome.map_err(|trouble| {
            self.failed.set(true);
            trouble.into_fault()
        })
    }

    fn attempt<T>(&self, work: &mut impl AsyncFnMut(&Link) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let lease = self.lease.borrow();
        let patience = if self.mode == TransactionMode::ShortRead { SHORT_READ_TIME_MAX } else { lease.patience() };
        let outcome = wait(work(lease.link()), patience).unwrap_or(Err(Trouble::Silence));
        match &outcome {
            Ok(_) | Err(Trouble::Taking(_)) => {}
            // It may be closed, or know statements that no longer fit the tables: a fresh one is good for sure.
            Err(Trouble::Database(_)) => self.is_lost.set(true),
            Err(Trouble::Silence) => {
                self.is_lost.set(true);
                lease.break_off();
            }
        }
        outcome
    }

    /// Whether the trouble is that of a connection that broke while nobody looked. A transaction is undone with its
    /// connection, so that its first statement may be said again; what ends one never comes first.
    fn may_begin_again(&self, trouble: &Trouble) -> bool {
        let broke = match trouble {
            Trouble::Database(error) => error_map::is_broken(error),
            Trouble::Silence => self.mode == TransactionMode::ShortRead,
            Trouble::Taking(_) => false,
        };
        broke && self.is_fresh.get()
    }

    fn begin_again(&self) -> Result<(), Trouble> {
        self.beginning.set(self.mode.beginning());
        self.is_open.set(false);
        self.lease.borrow_mut().renew().map_err(Trouble::Taking)?;
        self.is_lost.set(false);
        Ok(())
    }

    /// Sends what begins the transaction, if that is still to be done; answers what is to be awaited for it.
    async fn begin<'l>(&self, link: &'l Link) -> Option<Answer<'l>> {
        let sql = self.beginning.take()?;
        self.is_open.set(true);
        Some(send(async move { link.client.batch_execute(sql).await.map(|()| 0) }).await)
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let lease = self.lease.get_mut();
        if self.is_lost.get() {
            lease.throw_away();
        } else if self.is_open.get() {
            // Whoever uses the connection next stands behind this.
            let link = lease.link();
            let mut undoing = pin!(link.client.batch_execute("ROLLBACK"));
            let _ = undoing.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

/// What can happen while statements run.
enum Trouble {
    Database(Error),
    /// Whoever took the rows refused one, or there is no connection.
    Taking(StoreError),
    /// The database keeps quiet.
    Silence,
}

impl Trouble {
    fn into_fault(self) -> StoreError {
        match self {
            Self::Database(error) => error_map::of_work(&error),
            Self::Taking(fault) => fault,
            Self::Silence => StoreError::unavailable(
                "the database has not answered in time: see what it waits for, and whether it can be reached",
            ),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

/// What is still to come of a statement that was sent.
type Answer<'l> = Pin<Box<dyn Future<Output = Result<u64, Error>> + 'l>>;

/// Sends a statement: its first poll puts it into the queue of the connection. Answers what is still to come.
async fn send<'l>(statement: impl Future<Output = Result<u64, Error>> + 'l) -> Answer<'l> {
    let mut answer: Answer<'l> = Box::pin(statement);
    match poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
        // An answer at once is a connection that is closed; that is found out where it is awaited.
        Poll::Ready(outcome) => Box::pin(std::future::ready(outcome)),
        Poll::Pending => answer,
    }
}

async fn execute(link: &Link, statement: Statement, values: &[SqlValue<'_>]) -> Result<u64, Error> {
    link.client.execute_raw(&statement, values).await
}

/// Statements that are on their way to the database, one behind the other.
struct Way<'l> {
    link: &'l Link,
    sent: VecDeque<Answer<'l>>,
}

impl<'l> Way<'l> {
    fn begun(link: &'l Link, beginning: Option<Answer<'l>>) -> Self {
        Self { link, sent: beginning.into_iter().collect() }
    }

    /// Sends rows: together if there are many, one by one if there are few.
    async fn send_run(&mut self, run: Run<'l>) -> Result<(), Trouble> {
        let link = self.link;
        if run.rows.len() >= ROWS_MIN
            && let Some(statement) = link.prepared_of_many(run.sql).await?
        {
            let columns = multi_row::columns(run.rows, statement.params());
            let columns =
                columns.ok_or_else(|| Trouble::Taking(StoreError::unavailable("a value is of a wrong kind")))?;
            self.sent.push_back(send(async move { link.client.execute_raw(&statement, &columns).await }).await);
            return self.arrive(PIPELINE_RUNS_MAX).await;
        }
        for values in run.rows {
            let statement = link.prepared(run.sql).await?;
            self.sent.push_back(send(async move { execute(link, statement, &values).await }).await);
            self.arrive(PIPELINE_STATEMENTS_MAX).await?;
        }
        Ok(())
    }

    /// Waits until at most so many are on their way.
    async fn arrive(&mut self, left_max: usize) -> Result<(), Trouble> {
        while self.sent.len() > left_max
            && let Some(first) = self.sent.pop_front()
        {
            first.await?;
        }
        Ok(())
    }
}

impl Session for Talk {
    fn execute(&self, sql: &'static str, values: &[SqlValue<'_>]) -> Result<u64, StoreError> {
        self.work(async |link| {
            let statement = link.prepared(sql).await?;
            let begun = self.begin(link).await;
            let changed = send(execute(link, statement, values)).await;
            if let Some(begun) = begun {
                begun.await?;
            }
            Ok(changed.await?)
        })
    }

    fn execute_all<'a>(&self, orders: &mut dyn Iterator<Item = BoundStatement<'a>>) -> Result<(), StoreError> {
        self.work(async |link| {
            // The orders come but once.
            self.is_fresh.set(false);
            let mut way = Way::begun(link, self.begin(link).await);
            let mut run: Option<Run<'_>> = None;
            for order in &mut *orders {
                let Some(gathered) = &mut run else {
                    run = Some(Run::of(order));
                    continue;
                };
                if let Err(other) = gathered.push(order)
                    && let Some(full) = run.replace(Run::of(other))
                {
                    way.send_run(full).await?;
                }
            }
            if let Some(last) = run {
                way.send_run(last).await?;
            }
            way.arrive(0).await
        })
    }

    fn each(&self, sql: &'static str, values: &[SqlValue<'_>], take: TakeRow<'_>) -> Result<(), StoreError> {
        self.work(async |link| {
            let statement = link.prepared(sql).await?;
            let begun = self.begin(link).await;
            // The statement goes off before the answer to the beginning is here.
            let mut asking = pin!(link.client.query_raw(&statement, values));
            let asked = poll_fn(|context| Poll::Ready(asking.as_mut().poll(context))).await;
            if let Some(begun) = begun {
                begun.await?;
            }
            let rows = match asked {
                Poll::Ready(rows) => rows?,
                Poll::Pending => asking.await?,
            };
            let mut rows = pin!(rows);
            while let Some(row) = rows.try_next().await? {
                self.is_fresh.set(false);
                match take(&row) {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(())) => break,
                    Err(fault) => return Err(Trouble::Taking(fault)),
                }
            }
            Ok(())
        })
    }

    fn tell_directory(&self) -> Result<(), StoreError> {
        self.execute(listener::TELL, &values![DIRECTORY]).map(drop)
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
