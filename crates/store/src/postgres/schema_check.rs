//! Whether the tables are those that the statements need, and whether they may be used; asked once, when a program
//! begins.
//!
//! Another program, or a hand on the tables, may have changed them. That is better told at the start than by the first
//! account that needs what is missing. The database itself judges every statement; what the rows hold is not looked at.

use futures_util::future::try_join_all;
use tokio_postgres::Client;

use super::address::Address;
use super::error_map;
use crate::StoreError;
use crate::statements::{ALL, EMPTY_BOOK};

/// A table that the user may not use in every way that the store does.
const FORBIDDEN_TABLE: &str = "SELECT relname::text FROM pg_catalog.pg_class \
    WHERE relnamespace = 'ringbook'::regnamespace AND relkind IN ('r', 'p') AND NOT ( \
    has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT') \
    AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')) ORDER BY relname LIMIT 1";

/// Fails unless every statement has what it needs.
pub(super) async fn must_fit(client: &Client, address: &Address) -> Result<(), StoreError> {
    let forbidden = client.query_opt(FORBIDDEN_TABLE, &[]).await.map_err(|error| error_map::of_statement(&error))?;
    if let Some(row) = forbidden {
        let table: String = row.try_get(0).map_err(|error| error_map::of_statement(&error))?;
        return Err(error_map::of_forbidden(address, &table));
    }
    let statements = ALL.iter().map(|(_, sql)| *sql).chain(EMPTY_BOOK.iter().copied());
    let prepared = try_join_all(statements.map(|sql| client.prepare(sql))).await;
    prepared.map(drop).map_err(|error| error_map::of_misfit(&error, address))
}
