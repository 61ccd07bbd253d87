//! The schema `ringbook`: how it is made, brought forward and told from somebody else's.
//!
//! Steps are numbered, forward only, and each runs in one transaction with its number, under an advisory lock: of
//! programs that start together one does the work, and the others find it done.

use tokio_postgres::{Client, Error};

use super::address::Address;
use super::{error_map, schema_check};
use crate::StoreError;

/// The oldest release that will do.
const RELEASE_MIN: i32 = 15;
/// Whom the lock belongs to: the letters `RgBk`.
const LOCK: i64 = 0x5267_426b;

/// The schema's steps: the n-th brings a database from schema n − 1 to n.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../schema/postgres/0001.sql"),
    include_str!("../schema/postgres/0002.sql"),
    include_str!("../schema/postgres/0003.sql"),
    include_str!("../schema/postgres/0004.sql"),
    include_str!("../schema/postgres/0005.sql"),
    include_str!("../schema/postgres/0006.sql"),
];

/// Brings the schema to the newest number. The connection is good for nothing else afterwards.
pub(super) async fn migrate(client: &Client, address: &Address) -> Result<(), StoreError> {
    must_serve(client, address).await?;
    let known = u32::try_from(MIGRATIONS.len()).expect("there are few migrations");
    if schema(client, address).await? != known {
        // A step may take long, and so may waiting for another program's.
        run(client, "SET statement_timeout = 0").await?;
        run(client, &format!("SELECT pg_advisory_lock({LOCK})")).await?;
    }
    loop {
        let found = schema(client, address).await?;
        if found > known {
            return Err(StoreError::SchemaTooNew { found, known });
        }
        if found == known {
            return schema_check::must_fit(client, address).await;
        }
        step(client, found).await?;
    }
}

/// Whether there is a schema of ours, of whatever number.
pub(super) async fn exists(client: &Client, address: &Address) -> Result<bool, StoreError> {
    schema(client, address).await.map(|found| found > 0)
}

async fn step(client: &Client, found: u32) -> Result<(), StoreError> {
    let Some(sql) = MIGRATIONS.get(found as usize) else { return Ok(()) };
    run(client, "BEGIN").await?;
    if found == 0 {
        make_schema(client).await?;
    }
    run(client, sql).await?;
    run(client, &format!("INSERT INTO migrations (number) VALUES ({})", found + 1)).await?;
    run(client, "COMMIT").await
}

/// Who may not make schemas may be given one.
async fn make_schema(client: &Client) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'ringbook'";
    match client.query_opt(sql, &[]).await.map_err(fault)? {
        Some(_) => Ok(()),
        None => run(client, "CREATE SCHEMA ringbook").await,
    }
}

/// Fails unless the database is one that will do.
async fn must_serve(client: &Client, address: &Address) -> Result<(), StoreError> {
    let number = shown(client, "SELECT current_setting('server_version_num')").await?;
    let release = number.parse::<i32>().map_or(0, |number| number / 10_000);
    if release < RELEASE_MIN {
        return Err(StoreError::unavailable(format_args!(
            "{address} is PostgreSQL {release}: ringbook needs {RELEASE_MIN} or newer"
        )));
    }
    let encoding = shown(client, "SELECT current_setting('server_encoding')").await?;
    if encoding != "UTF8" {
        return Err(StoreError::unavailable(format_args!(
            "{address} keeps texts in {encoding}: make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )));
    }
    Ok(())
}

pub(super) async fn shown(client: &Client, sql: &str) -> Result<String, StoreError> {
    let row = client.query_one(sql, &[]).await.map_err(fault)?;
    row.try_get(0).map_err(fault)
}

/// The schema's number: 0 where there is none. Somebody else's tables are refused, never touched.
async fn schema(client: &Client, address: &Address) -> Result<u32, StoreError> {
    let relations = "SELECT COUNT(*), COUNT(*) FILTER (WHERE relname = 'migrations') FROM pg_catalog.pg_class \
        WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'ringbook')";
    let row = client.query_one(relations, &[]).await.map_err(fault)?;
    let (all, ours): (i64, i64) = (row.try_get(0).map_err(fault)?, row.try_get(1).map_err(fault)?);
    match (all, ours) {
        (0, _) => Ok(0),
        (_, 0) => Err(StoreError::NotADatabase { path: format!("the schema ringbook of {address}").into() }),
        _ => {
            let row = client
                .query_one("SELECT COALESCE(MAX(number), 0) FROM ringbook.migrations", &[])
                .await
                .map_err(fault)?;
            let number: i64 = row.try_get(0).map_err(fault)?;
            u32::try_from(number).map_err(StoreError::unavailable)
        }
    }
}

async fn run(client: &Client, sql: &str) -> Result<(), StoreError> {
    client.batch_execute(sql).await.map_err(fault)
}

fn fault(error: Error) -> StoreError {
    error_map::of_statement(&error)
}
