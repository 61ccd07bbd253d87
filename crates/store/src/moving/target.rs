//! The store that is moved into: claimed, written in transactions of a bounded size, released at the end.
//!
//! The claim is a number in `meta`. It is set before the first row and goes after the last one was verified; while it is
//! there nobody else opens the store. A move that is continued takes the next number, and every transaction asks for its
//! own: of two programs that move into one store the earlier one stops.

use tokio::task::JoinHandle;

use super::merge::{Origin, ended, texts_bytes};
use super::tables::{META, PUT_ROWS, TABLES, Table};
use super::{MoveError, RowValues};
use crate::sql::{BoundStatement, Session, SqlValue, values};
use crate::{FaultInjector, Location, Role, Store, StoreError, statements};

/// How many rows one transaction puts or drops.
const BATCH_ROWS_MAX: usize = 8_192;
/// How many bytes of texts, after which a transaction ends before that.
const BATCH_BYTES_MAX: usize = 8 << 20;

/// What a claim finds.
enum Claim {
    /// The store is ours, under this number.
    Ours(i64),
    /// It has data that no move has brought: this many agents, customers, and rows of this table.
    Taken { agents: i64, customers: i64, table: &'static str },
}

/// The store that is moved into.
pub(super) struct Target {
    store: Store,
    claim: i64,
    batch: Batch,
    /// The transaction that is on its way.
    writing: Option<JoinHandle<Result<(), StoreError>>>,
}

impl Target {
    /// Opens a store and claims it; fails when it has data of its own, and alters nothing then.
    pub(super) async fn claim(place: &Location, faults: FaultInjector) -> Result<Self, MoveError> {
        let store = Store::open_even_unfinished(place, Role::Server, faults).map_err(MoveError::Target)?;
        match store.write(claim).await.map_err(MoveError::Target)? {
            Claim::Ours(claim) => Ok(Self { store, claim, batch: Batch::default(), writing: None }),
            Claim::Taken { agents, customers, table } => Err(MoveError::Occupied { agents, customers, table }),
        }
    }

    /// To read what is there.
    pub(super) fn origin(&self) -> Origin {
        Origin::Store(self.store.clone())
    }

    /// Puts a row, sooner or later.
    pub(super) async fn put(&mut self, table: &'static Table, row: RowValues) -> Result<(), MoveError> {
        if self.store.is_shared() && row.iter().any(has_nul) {
            return Err(MoveError::LoadError { table: table.name, key: table.key_text(&row) });
        }
        self.add(Work::Put, table, row).await
    }

    /// Drops the row with the key of this one, sooner or later.
    pub(super) async fn drop(&mut self, table: &'static Table, row: RowValues) -> Result<(), MoveError> {
        self.add(Work::Drop, table, row).await
    }

    async fn add(&mut self, work: Work, table: &'static Table, row: RowValues) -> Result<(), MoveError> {
        if !self.batch.takes(work, table) {
            self.send().await?;
        }
        self.batch.bytes += texts_bytes(&row);
        self.batch.of = Some((work, table));
        self.batch.rows.push(row);
        if self.batch.is_full() { self.send().await } else { Ok(()) }
    }

    /// Sends what has gathered, after what was sent before is on disk.
    async fn send(&mut self) -> Result<(), MoveError> {
        self.written().await?;
        let Batch { of, rows, .. } = std::mem::take(&mut self.batch);
        let Some((work, table)) = of else { return Ok(()) };
        let (store, claim) = (self.store.clone(), self.claim);
        let job = move |session: &dyn Session| {
            hold(session, claim)?;
            match work {
                Work::Put => put(session, table, &rows),
                Work::Drop => drop_all(session, table, &rows),
            }
        };
        self.writing = Some(tokio::spawn(async move { store.write(job).await }));
        Ok(())
    }

    async fn written(&mut self) -> Result<(), MoveError> {
        match self.writing.take() {
            Some(writing) => ended(writing).await.map_err(MoveError::Target),
            None => Ok(()),
        }
    }

    /// Waits until everything that was put and dropped is on disk.
    pub(super) async fn settle(&mut self) -> Result<(), MoveError> {
        self.send().await?;
        self.written().await
    }

    /// Takes the mark away: from now on the store may be used. Images that somebody left there go.
    pub(super) async fn release(self) -> Result<(), MoveError> {
        let claim = self.claim;
        let release = move |session: &dyn Session| {
            hold(session, claim)?;
            session.execute(statements::END_MOVE, &values![claim]).map(drop)
        };
        self.store.write(release).await.map_err(MoveError::Target)?;
        self.store.close(&[]);
        Ok(())
    }
}

/// What is done with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Put,
    Drop,
}

/// Rows of one table that go into one transaction.
#[derive(Default)]
struct Batch {
    of: Option<(Work, &'static Table)>,
    rows: Vec<RowValues>,
    bytes: usize,
}

impl Batch {
    fn takes(&self, work: Work, table: &'static Table) -> bool {
        self.of.is_none_or(|(ours, of)| ours == work && of.name == table.name)
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS_MAX || self.bytes >= BATCH_BYTES_MAX
    }
}

fn claim(session: &dyn Session) -> Result<Claim, StoreError> {
    if !session.finds(statements::UNFINISHED_MOVE, &[])? {
        // Ids that were given out and belong to nothing any more are no data.
        let data = TABLES.iter().filter(|table| ![META, "sequences"].contains(&table.name));
        for table in data {
            if session.finds(&table.first, &values![1])? {
                let count = |name| match TABLES.iter().find(|table| table.name == name) {
                    Some(table) => session.one(&table.count, &[], |row| row.number(0)),
                    None => Ok(0),
                };
                return Ok(Claim::Taken {
                    agents: count("agents")?,
                    customers: count("customers")?,
                    table: table.name,
                });
            }
        }
    }
    session.one(statements::BEGIN_MOVE, &[], |row| row.number(0)).map(Claim::Ours)
}

/// Fails when another program has claimed the store since.
fn hold(session: &dyn Session, claim: i64) -> Result<(), StoreError> {
    match session.execute(statements::HOLD_MOVE, &values![claim])? {
        0 => Err(StoreError::unavailable(
            "another `ringbook migrate-store` has taken it over: leave it to that one, or stop that one and run this again",
        )),
        _ => Ok(()),
    }
}

fn put(session: &dyn Session, table: &'static Table, rows: &[RowValues]) -> Result<(), StoreError> {
    let many = rows.chunks_exact(PUT_ROWS);
    let left = many.remainder().chunks(1).map(|rows| (&table.put, rows));
    let orders = many.map(|rows| (&table.put_many, rows)).chain(left);
    session.execute_all(
        &mut orders.map(|(sql, rows)| BoundStatement { sql, values: rows.iter().flatten().map(lent).collect() }),
    )
}

fn drop_all(session: &dyn Session, table: &'static Table, rows: &[RowValues]) -> Result<(), StoreError> {
    let order = |row| BoundStatement { sql: &table.drop, values: table.key(row).iter().map(lent).collect() };
    session.execute_all(&mut rows.iter().map(order))
}

fn lent<'c>(cell: &'c SqlValue<'_>) -> SqlValue<'c> {
    match cell {
        SqlValue::Null => SqlValue::Null,
        SqlValue::Number(number) => SqlValue::Number(*number),
        SqlValue::Text(text) => SqlValue::from(text.as_ref()),
    }
}

/// PostgreSQL keeps no text with this character.
fn has_nul(cell: &SqlValue<'_>) -> bool {
    matches!(cell, SqlValue::Text(text) if text.contains('\0'))
}
