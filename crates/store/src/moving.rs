//! Moves everything that one store holds into another one, of whatever engine, and compares the two row for row.
//!
//! Nothing is known here of what the rows mean: the tables are described once ([`tables`]), and both stores are read
//! side by side in the order of the keys ([`merge`]). First what the target has and should not have goes, then what it
//! lacks comes, then everything is read again and compared. A move that was cut off is continued by the same steps: what
//! is there already is found equal. The target carries a mark until the end ([`target`]), and is of no use to anybody
//! while it has it.
//!
//! The source is read as it was at one moment and never written to. Whether it has changed since is asked at the end.

use std::fmt;

use super::sql::SqlValue;
use super::{FaultInjector, Location, Role, Store, StoreError};

mod merge;
mod tables;
mod target;

#[cfg(test)]
mod tests;

use merge::{Merge, Origin, Pair, ended};
use tables::{Notice, Renewal, TABLES, Table};
use target::Target;

/// The name of the mark in `meta`.
const MARK: &str = "move_unfinished";
/// Between two reports of how far a move is.
const REPORT_ROWS: u64 = 1_000;

/// A row of whatever table.
type RowValues = Vec<SqlValue<'static>>;

/// Why a move did not come to its end. `FROM` and `TO` are what the command row calls the two stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveError {
    /// The store that is moved failed or was refused.
    Source(StoreError),
    /// The store that is moved into failed or was refused.
    Target(StoreError),
    /// There is nothing to be moved.
    Nothing,
    /// The source is itself a copy that was not finished.
    Unfinished,
    /// The target has data of its own.
    Occupied {
        /// How many agents.
        agents: i64,
        /// How many customers.
        customers: i64,
        /// A table with rows.
        table: &'static str,
    },
    /// A text cannot be kept by the target's engine.
    LoadError {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
    },
    /// The source is no longer what it was when the move began.
    Changed {
        /// Where that was seen.
        table: &'static str,
    },
    /// A row of the target is not the source's after all.
    Different {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
    },
}

/// What a move is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovePhase {
    /// Taking away what an earlier move left wrong.
    Clearing,
    /// Copying what is missing.
    Copying,
    /// Comparing.
    Verifying,
}

/// How far a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoveStep {
    /// What it is at.
    pub phase: MovePhase,
    /// The table.
    pub table: &'static str,
    /// Rows that were looked at, those to be copied and those to be compared each once.
    pub done: u64,
    /// How many there are.
    pub all: u64,
}

/// What a move has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The tables, each with how many rows both stores have of it.
    pub tables: Vec<(&'static str, u64)>,
    /// How many rows were copied; the others were there already.
    pub copied: u64,
    /// How many rows of an earlier move were taken away.
    pub removed: u64,
}

/// Makes `to` hold what `from` holds, and nothing else. Tells `watch` how far it is.
///
/// Both are opened as a server opens them, so that none runs on a directory meanwhile. Needs a runtime with threads that
/// may block. After a fault the target can be used by nobody; the same move again goes on where this one stopped.
pub async fn move_store(
    from: &Location,
    to: &Location,
    watch: &mut dyn FnMut(MoveStep),
) -> Result<Transfer, MoveError> {
    move_with(from, to, FaultInjector::none(), watch).await
}

/// Like [`move_store`], with operations on the target that a test makes fail.
async fn move_with(
    from: &Location,
    to: &Location,
    faults: FaultInjector,
    watch: &mut dyn FnMut(MoveStep),
) -> Result<Transfer, MoveError> {
    let source = open_source(from)?;
    let moment = Origin::moment(source.snapshot().map_err(MoveError::Source)?);
    let counts = count(&moment).await?;
    let target = Target::claim(to, faults).await?;
    let all = 2 * counts.iter().sum::<u64>();
    let mut moving = Moving { source: moment, target, watch, done: 0, all, copied: 0, removed: 0 };
    moving.clear().await?;
    moving.copy().await?;
    let tables = moving.verify().await?;
    let Moving { source: moment, target, copied, removed, .. } = moving;
    // The connection may be the only one.
    drop(moment);
    must_be_unchanged(&source, &target).await?;
    target.release().await?;
    Ok(Transfer { tables, copied, removed })
}

fn open_source(place: &Location) -> Result<Store, MoveError> {
    if !Store::exists(place).map_err(MoveError::Source)? {
        return Err(MoveError::Nothing);
    }
    Store::open(place, Role::Server).map_err(|fault| match fault {
        StoreError::Unfinished => MoveError::Unfinished,
        fault => MoveError::Source(fault),
    })
}

/// How many rows each table has.
async fn count(origin: &Origin) -> Result<Vec<u64>, MoveError> {
    let mut counts = Vec::with_capacity(TABLES.len());
    for table in TABLES.iter() {
        let counting = origin.read(|session| session.one(&table.count, &[], |row| row.number(0)));
        let count = ended(counting).await.map_err(MoveError::Source)?;
        counts.push(count.unsigned_abs());
    }
    Ok(counts)
}

/// Fails when the source, as it is now, is not what was copied. What moves with every change is enough to look at.
async fn must_be_unchanged(source: &Store, target: &Target) -> Result<(), MoveError> {
    let now = Origin::moment(source.snapshot().map_err(MoveError::Source)?);
    for table in TABLES.iter().filter(|table| table.notice == Notice::Itself) {
        let mut merge = Merge::new(&now, &target.origin(), table);
        while let Some(pair) = merge.next().await? {
            match pair {
                Pair::Equal { .. } => {}
                Pair::Different { .. } | Pair::Missing { .. } | Pair::Surplus { .. } => {
                    return Err(MoveError::Changed { table: table.name });
                }
            }
        }
    }
    Ok(())
}

/// A move on its way.
struct Moving<'w> {
    source: Origin,
    target: Target,
    watch: &'w mut dyn FnMut(MoveStep),
    done: u64,
    all: u64,
    copied: u64,
    removed: u64,
}

impl Moving<'_> {
    /// Takes away what the target should not have; what refers goes before what it refers to.
    async fn clear(&mut self) -> Result<(), MoveError> {
        for table in TABLES.iter().rev() {
            self.tell(MovePhase::Clearing, table);
            let mut merge = self.merge(table);
            while !merge.target_ended().await? {
                match merge.next().await? {
                    Some(Pair::Equal { .. }) if table.renewal == Renewal::Rows => {}
                    Some(Pair::Equal { row } | Pair::Different { source: row } | Pair::Surplus { target: row }) => {
                        self.removed += 1;
                        self.target.drop(table, row).await?;
                    }
                    Some(Pair::Missing { .. }) | None => {}
                }
            }
            self.target.settle().await?;
        }
        Ok(())
    }

    /// Puts what the target lacks.
    async fn copy(&mut self) -> Result<(), MoveError> {
        for table in TABLES.iter() {
            self.tell(MovePhase::Copying, table);
            let mut merge = self.merge(table);
            while !merge.source_ended().await? {
                match merge.next().await? {
                    Some(Pair::Missing { source }) => {
                        self.copied += 1;
                        self.target.put(table, source).await?;
                    }
                    // What is wrong was taken away before: somebody else is at work there. The comparison tells it.
                    Some(Pair::Equal { .. } | Pair::Different { .. } | Pair::Surplus { .. }) | None => {}
                }
                self.count(MovePhase::Copying, table);
            }
            self.target.settle().await?;
        }
        Ok(())
    }

    /// Reads everything again and compares it; answers how many rows there are.
    async fn verify(&mut self) -> Result<Vec<(&'static str, u64)>, MoveError> {
        let mut tables = Vec::with_capacity(TABLES.len());
        for table in TABLES.iter() {
            self.tell(MovePhase::Verifying, table);
            let mut merge = self.merge(table);
            let mut rows = 0;
            while let Some(pair) = merge.next().await? {
                match pair {
                    Pair::Equal { .. } => rows += 1,
                    Pair::Different { source: row } | Pair::Missing { source: row } | Pair::Surplus { target: row } => {
                        return Err(MoveError::Different { table: table.name, key: table.key_text(&row) });
                    }
                }
                self.count(MovePhase::Verifying, table);
            }
            tables.push((table.name, rows));
        }
        Ok(tables)
    }

    fn merge(&self, table: &'static Table) -> Merge {
        Merge::new(&self.source, &self.target.origin(), table)
    }

    /// Another row was looked at.
    fn count(&mut self, phase: MovePhase, table: &Table) {
        self.done += 1;
        if self.done.is_multiple_of(REPORT_ROWS) {
            self.tell(phase, table);
        }
    }

    fn tell(&mut self, phase: MovePhase, table: &Table) {
        (self.watch)(MoveStep { phase, table: table.name, done: self.done, all: self.all });
    }
}

impl fmt::Display for MoveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(StoreError::Locked { lock }) => {
                write!(f, "a ringbook server runs on FROM, it holds {lock}: stop it first")
            }
            Self::Target(StoreError::Locked { lock }) => write!(
                f,
                "a ringbook server, or another `ringbook migrate-store`, is at work on TO, it holds {lock}: wait for its \
                 end, or stop it"
            ),
            Self::Source(fault) => write!(f, "FROM: {fault}"),
            Self::Target(fault) => write!(f, "TO: {fault}"),
            Self::Nothing => {
                f.write_str("there are no data in FROM: name the directory or the database that holds them")
            }
            Self::Unfinished => f.write_str(
                "FROM is the unfinished copy of another store: finish that one first, by the command that began it",
            ),
            Self::Occupied { agents: 0, customers: 0, table } => {
                write!(f, "TO has data already, in table {table}: name an empty one; nothing was changed")
            }
            Self::Occupied { agents, customers, .. } => write!(
                f,
                "TO already holds {customers} customer(s) and {agents} agent(s): name an empty one; nothing was changed"
            ),
            Self::LoadError { table, key } => write!(
                f,
                "table {table}, row {key}, has a text with the character U+0000, which PostgreSQL cannot keep: change it \
                 in FROM and run the command again"
            ),
            Self::Changed { table } => write!(
                f,
                "FROM was changed while it was copied, seen in table {table}: stop the servers on it and run the command \
                 again; only what differs is copied then"
            ),
            Self::Different { table, key } => write!(
                f,
                "table {table}, row {key}, is not the same in FROM and TO: see that nobody else works on TO, and run the \
                 command again"
            ),
        }
    }
}

impl std::error::Error for MoveError {}
