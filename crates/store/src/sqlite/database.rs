//! What only SQLite needs: its settings, its schema files and how it is brought forward.
//!
//! The schema's number is SQLite's `user_version`; `application_id` tells a ringbook database from any other.
//! Migrations are numbered, forward only, and each runs in one transaction with its number.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::StoreError;

/// How long a statement waits for another process that writes.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Automatic checkpoints of operator commands run when the log has this many pages, of 4 KiB each. A server runs its
/// checkpoints beside the writing thread ([`super::checkpoint`]).
const WAL_PAGES_MAX: i64 = 16_384;
/// The log is cut back to this size when it is restarted. Cutting takes long and happens within a commit, so that this is more than
/// a server's log usually has ([`super::checkpoint`]).
const WAL_BYTES_KEPT: i64 = 256 << 20;
/// Marks the file as ringbook's: the letters `RgBk`.
const APPLICATION_ID: i32 = 0x5267_426b;

/// The schema's steps: the n-th brings a database from schema n − 1 to n.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../schema/sqlite/0001.sql"),
    include_str!("../schema/sqlite/0002.sql"),
    include_str!("../schema/sqlite/0003.sql"),
    include_str!("../schema/sqlite/0004.sql"),
    include_str!("../schema/sqlite/0005.sql"),
    include_str!("../schema/sqlite/0006.sql"),
    include_str!("../schema/sqlite/0007.sql"),
];

/// A connection that may write. Only the writer thread and the opening have one.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    let foreign = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => not_a_database(path),
        _ => error.into(),
    };
    connection.pragma_update(None, "journal_mode", "wal").map_err(foreign)?;
    connection.pragma_update(None, "synchronous", "full").map_err(foreign)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT).map_err(foreign)?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES_MAX).map_err(foreign)?;
    Ok(connection)
}

/// The connection of a server for checkpoints.
pub(super) fn checkpointer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    Ok(connection)
}

/// What every connection has in common.
fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// Brings the schema to the newest number. Programs that start together wait for each other.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = u32::try_from(MIGRATIONS.len()).expect("there are few migrations");
    loop {
        let found = schema(connection, path)?;
        if found > known {
            return Err(StoreError::SchemaTooNew { found, known });
        }
        if found == known {
            return Ok(());
        }
        step(connection, path)?;
    }
}

/// Fails if the database is not ringbook's.
pub(super) fn verify_ownership(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    schema(connection, path).map(drop)
}

/// One migration, unless another program has done it meanwhile.
fn step(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = schema(&transaction, path)?;
    if let Some(sql) = MIGRATIONS.get(found as usize) {
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", found + 1)?;
    }
    transaction.commit()?;
    Ok(())
}

/// The schema's number: 0 for an empty file. Somebody else's database is refused, never touched.
fn schema(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let tables: i64 = connection.query_row("SELECT COUNT(*) FROM sqlite_master", [], |row| row.get(0))?;
    match (number("application_id")?, u32::try_from(number("user_version")?)) {
        (APPLICATION_ID, Ok(found)) => Ok(found),
        (0, Ok(0)) if tables == 0 => Ok(0),
        _ => Err(not_a_database(path)),
    }
}

fn not_a_database(path: &Path) -> StoreError {
    StoreError::NotADatabase { path: path.display().to_string().into() }
}

/// What SQLite finds wrong with the file: damaged pages and rows that refer to nothing. At most `findings_max` texts
/// of each kind.
pub(super) fn integrity(connection: &Connection, findings_max: usize) -> Result<Vec<String>, StoreError> {
    let mut findings = pages(connection, findings_max).or_else(as_finding)?;
    findings.extend(orphans(connection, findings_max).or_else(as_finding)?);
    Ok(findings)
}

/// A question that fails because the file is damaged has found that out.
fn as_finding(error: rusqlite::Error) -> Result<Vec<String>, StoreError> {
    match error.into() {
        StoreError::Damaged { cause } => Ok(vec![cause.to_string()]),
        fault => Err(fault),
    }
}

/// What is wrong with the pages; SQLite may put several lines into one row, below a heading.
fn pages(connection: &Connection, findings_max: usize) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({findings_max})"))?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut findings = Vec::new();
    for text in rows {
        let text = text?;
        let lines = text.lines().filter(|row| *row != "ok" && !row.starts_with("***"));
        findings.extend(lines.map(str::to_owned));
    }
    findings.truncate(findings_max);
    Ok(findings)
}

fn orphans(connection: &Connection, findings_max: usize) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare("SELECT \"table\", \"parent\", COUNT(*) FROM pragma_foreign_key_check GROUP BY 1, 2")?;
    let rows = statement.query_map([], |row| {
        let (table, parent, count): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("table {table}: {count} row(s) refer to {parent} that are not there"))
    })?;
    rows.take(findings_max).collect()
}
