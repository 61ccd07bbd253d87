//! Two stores read side by side: the rows of a table in the order of their keys, matched.
//!
//! Rows come in chunks of a bounded size, each by a statement of its own, and while one chunk is looked at the next is
//! on its way. What follows a chunk is asked for by the key of its last row, so that rows that are put or dropped before
//! that place are not met again.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use super::tables::{META, Table, order};
use super::{MARK, MoveError, RowValues};
use crate::sql::{Session, Snapshot, SqlValue, values};
use crate::{Store, StoreError};

/// How many rows the first statement on a table reads.
const CHUNK_ROWS: usize = 64;
/// How many rows one statement reads at most.
const CHUNK_ROWS_MAX: usize = 2_000;
/// How many bytes of texts later ones are meant to read; what is asked for and not taken travels for nothing.
const CHUNK_BYTES: usize = 1 << 20;
/// How many bytes of texts, after which a chunk ends whatever was meant.
const CHUNK_BYTES_MAX: usize = 4 << 20;

/// Where rows are read.
#[derive(Clone)]
pub(super) enum Origin {
    /// All of one moment.
    Moment(Arc<Mutex<Snapshot>>),
    /// As they are when they are read.
    Store(Store),
}

impl Origin {
    pub(super) fn moment(snapshot: Snapshot) -> Self {
        Self::Moment(Arc::new(Mutex::new(snapshot)))
    }

    /// Begins a short read.
    pub(super) fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&dyn Session) -> Result<T, StoreError> + Send + 'static,
    ) -> JoinHandle<Result<T, StoreError>> {
        match self.clone() {
            Self::Moment(snapshot) => tokio::task::spawn_blocking(move || {
                let session = snapshot.lock().unwrap_or_else(PoisonError::into_inner);
                job(&**session)
            }),
            Self::Store(store) => tokio::spawn(async move { store.read(job).await }),
        }
    }
}

/// Waits for what was begun.
pub(super) async fn ended<T>(work: JoinHandle<Result<T, StoreError>>) -> Result<T, StoreError> {
    work.await.unwrap_or_else(|panicked| Err(StoreError::unavailable(panicked)))
}

/// Rows that follow each other.
struct Chunk {
    rows: VecDeque<RowValues>,
    /// Where it goes on, if it does.
    next: Option<Start>,
}

/// What is read next.
#[derive(Default)]
struct Start {
    /// The key before it, if it is not the beginning.
    after: Option<Vec<SqlValue<'static>>>,
    /// How many rows were read before, and how many bytes of texts they had.
    rows: usize,
    bytes: usize,
}

impl Start {
    /// As many rows as are likely to be of the wanted size.
    fn limit(&self) -> usize {
        let mean = self.bytes.checked_div(self.rows);
        mean.map_or(CHUNK_ROWS, |bytes| (CHUNK_BYTES / bytes.max(1)).clamp(1, CHUNK_ROWS_MAX))
    }
}

impl Chunk {
    fn read(session: &dyn Session, table: &'static Table, start: &Start) -> Result<Self, StoreError> {
        let limit = start.limit();
        let values = values![limit as i64];
        let (sql, values) = match &start.after {
            None => (&table.first, values.to_vec()),
            Some(key) => (&table.following, key.iter().cloned().chain(values).collect()),
        };
        let mut read = Self { rows: VecDeque::new(), next: None };
        let (mut rows, mut bytes) = (0, 0);
        session.each(sql, &values, &mut |row| {
            let unreadable = |cause| StoreError::unreadable(table.name, crate::rows::key(row), cause);
            let row = table.row(row).map_err(unreadable)?;
            rows += 1;
            bytes += texts_bytes(&row);
            let is_full = rows == limit || bytes >= CHUNK_BYTES_MAX;
            if is_full {
                read.next = Some(Start { after: Some(table.key(&row).to_vec()), rows, bytes });
            }
            if !is_mark(table, &row) {
                read.rows.push_back(row);
            }
            Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(read)
    }
}

/// How many bytes the texts of a row have.
pub(super) fn texts_bytes(row: &RowValues) -> usize {
    let bytes = |cell: &SqlValue<'_>| if let SqlValue::Text(text) = cell { text.len() } else { 0 };
    row.iter().map(bytes).sum()
}

/// Whether it is the one row that is no data.
fn is_mark(table: &Table, row: &RowValues) -> bool {
    table.name == META && row.first() == Some(&SqlValue::from(MARK))
}

/// The rows of a table, one after the other.
struct Rows {
    origin: Origin,
    table: &'static Table,
    here: VecDeque<RowValues>,
    coming: Option<JoinHandle<Result<Chunk, StoreError>>>,
}

impl Rows {
    fn new(origin: &Origin, table: &'static Table) -> Self {
        let coming = Some(origin.read(move |session| Chunk::read(session, table, &Start::default())));
        Self { origin: origin.clone(), table, here: VecDeque::new(), coming }
    }

    /// Makes sure that the next row is here, if there is one.
    async fn fill(&mut self) -> Result<(), StoreError> {
        while self.here.is_empty()
            && let Some(coming) = self.coming.take()
        {
            let Chunk { rows, next } = ended(coming).await?;
            let table = self.table;
            self.here = rows;
            self.coming = next.map(|next| self.origin.read(move |session| Chunk::read(session, table, &next)));
        }
        Ok(())
    }
}

/// What one key has on both sides.
pub(super) enum Pair {
    /// The same row.
    Equal { row: RowValues },
    /// Another row in the target.
    Different { source: RowValues },
    /// Nothing in the target.
    Missing { source: RowValues },
    /// Nothing in the source.
    Surplus { target: RowValues },
}

/// A table of two stores, side by side.
pub(super) struct Merge {
    source: Rows,
    target: Rows,
}

impl Merge {
    pub(super) fn new(source: &Origin, target: &Origin, table: &'static Table) -> Self {
        Self { source: Rows::new(source, table), target: Rows::new(target, table) }
    }

    /// Whether the source has no more rows.
    pub(super) async fn source_ended(&mut self) -> Result<bool, MoveError> {
        self.source.fill().await.map_err(MoveError::Source)?;
        Ok(self.source.here.is_empty())
    }

    /// Whether the target has no more rows.
    pub(super) async fn target_ended(&mut self) -> Result<bool, MoveError> {
        self.target.fill().await.map_err(MoveError::Target)?;
        Ok(self.target.here.is_empty())
    }

    /// The next key that either has.
    pub(super) async fn next(&mut self) -> Result<Option<Pair>, MoveError> {
        self.source.fill().await.map_err(MoveError::Source)?;
        self.target.fill().await.map_err(MoveError::Target)?;
        let (source, target) = (&mut self.source.here, &mut self.target.here);
        let table = self.source.table;
        let order = match (source.front(), target.front()) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(target)) => order(table.key(source), table.key(target)),
        };
        let source = if order.is_le() { source.pop_front() } else { None };
        let target = if order.is_ge() { target.pop_front() } else { None };
        Ok(match (source, target) {
            (Some(source), Some(target)) if source == target => Some(Pair::Equal { row: source }),
            (Some(source), Some(_)) => Some(Pair::Different { source }),
            (Some(source), None) => Some(Pair::Missing { source }),
            (None, Some(target)) => Some(Pair::Surplus { target }),
            (None, None) => None,
        })
    }
}
