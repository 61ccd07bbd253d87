//! A connection of SQLite as a session, and what SQLite says as faults.

use std::ops::ControlFlow;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row as EngineRow, ToSql, params_from_iter};

use super::database;
use crate::StoreError;
use crate::sql::{BoundStatement, Row, Session, SqlValue, TakeRow};

impl Session for Connection {
    fn execute(&self, sql: &'static str, values: &[SqlValue<'_>]) -> Result<u64, StoreError> {
        Ok(self.prepare_cached(sql)?.execute(params_from_iter(values))? as u64)
    }

    fn execute_all<'a>(&self, orders: &mut dyn Iterator<Item = BoundStatement<'a>>) -> Result<(), StoreError> {
        for BoundStatement { sql, values } in orders {
            self.prepare_cached(sql)?.execute(params_from_iter(&values))?;
        }
        Ok(())
    }

    fn each(&self, sql: &'static str, values: &[SqlValue<'_>], take: TakeRow<'_>) -> Result<(), StoreError> {
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if let ControlFlow::Break(()) = take(row)? {
                break;
            }
        }
        Ok(())
    }

    /// There is only one server, which needs no notification.
    fn tell_directory(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn integrity(&self, findings_max: usize) -> Result<Vec<String>, StoreError> {
        database::integrity(self, findings_max)
    }
}

impl ToSql for SqlValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl Row for EngineRow<'_> {
    fn optional_number(&self, at: usize) -> Result<Option<i64>, String> {
        let value = self.get_ref(at).map_err(|error| error.to_string())?;
        value.as_i64_or_null().map_err(|error| format!("column {at}: {error}"))
    }

    fn optional_text(&self, at: usize) -> Result<Option<&str>, String> {
        let value = self.get_ref(at).map_err(|error| error.to_string())?;
        value.as_str_or_null().map_err(|error| format!("column {at}: {error}"))
    }

    fn name(&self, at: usize) -> &str {
        self.as_ref().column_name(at).unwrap_or("?")
    }
}

/// What SQLite says, in words that name the next step. The text of a statement never appears in it.
impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let advice = match error.sqlite_error_code() {
            Some(Code::DiskFull) => return Self::disk_full(error),
            Some(Code::ReadOnly) => "the database cannot be written: check the owner, the mode and the mount",
            Some(Code::CannotOpen) => "the database cannot be opened: check the path, the owner and the mode",
            Some(Code::PermissionDenied) => "permission denied: check the owner and the mode",
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
                "another program keeps the database locked: see who has it open"
            }
            Some(Code::SystemIoFailure) => "reading or writing the disk failed: see the system's log",
            Some(Code::DatabaseCorrupt) => return Self::Damaged { cause: error.to_string().into() },
            Some(Code::NotADatabase) => "the file is not a database: restore a copy",
            _ => return Self::unavailable(error),
        };
        Self::unavailable(format_args!("{advice} ({error})"))
    }
}

#[cfg(test)]
mod tests {
    use super::StoreError;

    #[test]
    fn a_full_disk_names_the_next_step() {
        let full = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL), None);
        assert!(StoreError::from(full).to_string().contains("free some space"));
    }
}
