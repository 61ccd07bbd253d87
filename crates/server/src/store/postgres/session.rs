//! A connection of PostgreSQL as a session.
//!
//! What begins a transaction travels with its first statement, and many statements travel without waiting for each
//! other's answers: over a network the ways are what costs.

use std::cell::Cell as Held;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_util::TryStreamExt;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Error, Row, Statement};

use super::pool::{Lease, Link};
use super::waiting::wait;
use super::{faults, integrity};
use crate::store::StoreFault;
use crate::store::session::{Cell, Line, Order, Session, Take};

/// How many statements are on their way at once.
const PIPELINE_STATEMENTS_MAX: usize = 256;

/// How statements belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bond {
    /// Each is by itself.
    None,
    /// All see one moment.
    Moment,
    /// All are done, or none.
    Transaction,
}

impl Bond {
    const fn beginning(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Moment => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            Self::Transaction => Some("BEGIN ISOLATION LEVEL READ COMMITTED"),
        }
    }
}

/// A session on a leased connection. What is open when it is dropped is undone.
pub(super) struct Talk {
    lease: Lease,
    /// What is to be sent before the first statement.
    beginning: Held<Option<&'static str>>,
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
    pub(super) fn new(lease: Lease, bond: Bond) -> Self {
        let no = || Held::new(false);
        let (is_open, failed, is_busy, is_lost) = (no(), no(), no(), no());
        Self { lease, beginning: Held::new(bond.beginning()), is_open, failed, is_busy, is_lost }
    }

    /// Makes what was done last. After a fault here nobody knows whether it does, unless the database said so.
    pub(super) fn commit(self) -> Result<(), StoreFault> {
        if self.failed.get() {
            // The database would undo it all and call that a success.
            return Err(StoreFault::unavailable("a statement of this transaction failed before"));
        }
        if self.is_open.get() {
            self.work(async |link| {
                self.is_open.set(false);
                Ok(link.client.batch_execute("COMMIT").await?)
            })?;
        }
        Ok(())
    }

    /// Waits for work on the connection, and sees what a failure means for it.
    fn work<T>(&self, work: impl AsyncFnOnce(&Link) -> Result<T, Trouble>) -> Result<T, StoreFault> {
        if self.is_busy.replace(true) {
            return Err(StoreFault::unavailable("a session was used while its rows were being taken"));
        }
        let outcome = wait(work(self.lease.link()), self.lease.patience());
        self.is_busy.set(false);
        let trouble = match outcome {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(trouble)) => trouble,
            Err(_) => {
                self.is_lost.set(true);
                Trouble::Taking(StoreFault::unavailable("the database has not answered in time: see what it waits for"))
            }
        };
        self.failed.set(true);
        match trouble {
            Trouble::Taking(fault) => Err(fault),
            Trouble::Database(error) => {
                // It may be closed, or know statements that no longer fit the tables: a fresh one is good for sure.
                self.is_lost.set(true);
                Err(faults::of_work(&error))
            }
        }
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
        if self.is_lost.get() {
            self.lease.throw_away();
        } else if self.is_open.get() {
            // Whoever uses the connection next stands behind this.
            let link = self.lease.link();
            let mut undoing = pin!(link.client.batch_execute("ROLLBACK"));
            let _ = undoing.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

/// What can happen while statements run.
enum Trouble {
    Database(Error),
    /// Whoever took the rows refused one.
    Taking(StoreFault),
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

async fn execute(link: &Link, statement: Statement, cells: &[Cell<'_>]) -> Result<u64, Error> {
    link.client.execute_raw(&statement, cells).await
}

impl Session for Talk {
    fn execute(&self, sql: &'static str, cells: &[Cell<'_>]) -> Result<u64, StoreFault> {
        self.work(async |link| {
            let statement = link.prepared(sql).await?;
            let begun = self.begin(link).await;
            let changed = send(execute(link, statement, cells)).await;
            if let Some(begun) = begun {
                begun.await?;
            }
            Ok(changed.await?)
        })
    }

    fn execute_all<'a>(&self, orders: &mut dyn Iterator<Item = Order<'a>>) -> Result<(), StoreFault> {
        self.work(async |link| {
            let mut sent = VecDeque::new();
            sent.extend(self.begin(link).await);
            for Order { sql, cells } in orders {
                let statement = link.prepared(sql).await?;
                sent.push_back(send(async move { execute(link, statement, &cells).await }).await);
                if sent.len() >= PIPELINE_STATEMENTS_MAX
                    && let Some(first) = sent.pop_front()
                {
                    first.await?;
                }
            }
            for answer in sent {
                answer.await?;
            }
            Ok(())
        })
    }

    fn each(&self, sql: &'static str, cells: &[Cell<'_>], take: Take<'_>) -> Result<(), StoreFault> {
        self.work(async |link| {
            let statement = link.prepared(sql).await?;
            let begun = self.begin(link).await;
            // The statement goes off before the answer to the beginning is here.
            let mut asking = pin!(link.client.query_raw(&statement, cells));
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
                match take(&row) {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(())) => break,
                    Err(fault) => return Err(Trouble::Taking(fault)),
                }
            }
            Ok(())
        })
    }

    fn integrity(&self, findings_max: usize) -> Result<Vec<String>, StoreFault> {
        integrity::findings(self, findings_max)
    }
}

impl ToSql for Cell<'_> {
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

impl Line for Row {
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
