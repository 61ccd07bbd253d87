//! Statements that are sent without waiting for each other's replies: over a network the round trips are what costs.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tokio_postgres::{Error, Statement};

use super::multi_row::{self, ROWS_MIN, Run};
use super::pool::PooledConnection;
use super::statement_error::StatementError;
use crate::StoreError;
use crate::sql::SqlValue;

/// Most statements of one row that are sent and not answered.
const PIPELINE_STATEMENTS_MAX: usize = 256;
/// The same for statements of many rows.
const PIPELINE_RUNS_MAX: usize = 4;

/// The reply to a statement that was sent: the number of rows it changed.
pub(super) type PendingReply<'c> = Pin<Box<dyn Future<Output = Result<u64, Error>> + 'c>>;

/// Sends a statement: its first poll puts it into the queue of the connection.
pub(super) async fn send<'c>(statement: impl Future<Output = Result<u64, Error>> + 'c) -> PendingReply<'c> {
    let mut reply: PendingReply<'c> = Box::pin(statement);
    match poll_fn(|context| Poll::Ready(reply.as_mut().poll(context))).await {
        // A reply at once comes from a closed connection; the error is found where the reply is awaited.
        Poll::Ready(outcome) => Box::pin(std::future::ready(outcome)),
        Poll::Pending => reply,
    }
}

/// Carries out a prepared statement without rows in its result.
pub(super) async fn execute(
    connection: &PooledConnection,
    statement: Statement,
    values: &[SqlValue<'_>],
) -> Result<u64, Error> {
    connection.client.execute_raw(&statement, values).await
}

/// Statements that were sent and are not answered, in their order.
pub(super) struct Pipeline<'c> {
    connection: &'c PooledConnection,
    sent: VecDeque<PendingReply<'c>>,
}

impl<'c> Pipeline<'c> {
    /// A pipeline that begins with this reply.
    pub(super) fn new(connection: &'c PooledConnection, first: Option<PendingReply<'c>>) -> Self {
        Self { connection, sent: first.into_iter().collect() }
    }

    /// Sends rows: in one statement if there are many, one by one if there are few.
    pub(super) async fn send_run(&mut self, run: Run<'c>) -> Result<(), StatementError> {
        let connection = self.connection;
        if run.rows.len() >= ROWS_MIN
            && let Some(statement) = connection.prepared_of_many(run.sql).await?
        {
            let columns = multi_row::columns(run.rows, statement.params());
            let columns =
                columns.ok_or_else(|| StatementError::Caller(StoreError::unavailable("a value has the wrong type")))?;
            self.sent.push_back(send(async move { connection.client.execute_raw(&statement, &columns).await }).await);
            return self.await_replies(PIPELINE_RUNS_MAX).await;
        }
        for values in run.rows {
            let statement = connection.prepared(run.sql).await?;
            self.sent.push_back(send(async move { execute(connection, statement, &values).await }).await);
            self.await_replies(PIPELINE_STATEMENTS_MAX).await?;
        }
        Ok(())
    }

    /// Waits until at most `left_max` statements are not answered.
    pub(super) async fn await_replies(&mut self, left_max: usize) -> Result<(), StatementError> {
        while self.sent.len() > left_max
            && let Some(first) = self.sent.pop_front()
        {
            first.await?;
        }
        Ok(())
    }
}
