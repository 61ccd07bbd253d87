//! What PostgreSQL and the way to it say, as faults that name the next step.
//!
//! The text of a statement and the values in it never appear in a fault, and no password does.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::address::Address;
use crate::StoreError;

/// What went wrong on a connection that had been made.
pub(super) fn of_work(error: &Error) -> StoreError {
    match error.as_db_error() {
        Some(told) => told_by_database(told),
        None => StoreError::unavailable(format_args!(
            "the connection to the database broke: see whether it runs and can be reached ({})",
            in_words(error)
        )),
    }
}

/// Whether the connection is gone, rather than that the database refuses what was said on it.
pub(super) fn is_broken(error: &Error) -> bool {
    let ended = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::IDLE_SESSION_TIMEOUT];
    match error.code() {
        Some(code) => ended.contains(code),
        None => error.is_closed() || error.source().is_some_and(|cause| cause.is::<io::Error>()),
    }
}

/// What kept a connection from being made.
pub(super) fn of_connecting(error: &Error, address: &Address) -> StoreError {
    if let Some(told) = error.as_db_error() {
        let (advice, text) = (advice(told), told.message());
        return StoreError::unavailable(format_args!("{address}: {advice} ({text})"));
    }
    let advice = if in_words(error).contains("password missing") {
        "asks for a password: write it into the URL of --database, as in postgres://user:password@host:5432/database"
    } else if error.to_string().contains("TLS") {
        "does not speak TLS as wanted: see sslmode and sslrootcert in the URL of --database"
    } else if error.source().is_some_and(|cause| cause.is::<io::Error>()) {
        "cannot be reached: see whether it runs there, and whether --database names the right host and port"
    } else {
        "does not take the connection: see the URL of --database"
    };
    StoreError::unavailable(format_args!("{address} {advice} ({})", in_words(error)))
}

/// A table may not be used as it must be.
pub(super) fn of_forbidden(address: &Address, table: &str) -> StoreError {
    StoreError::unavailable(format_args!(
        "{address}: the user may not read and change the table ringbook.{table}: name the owner of the schema ringbook in \
         --database, or GRANT ALL ON ALL TABLES IN SCHEMA ringbook to this one"
    ))
}

/// A statement does not fit the tables.
pub(super) fn of_misfit(error: &Error, address: &Address) -> StoreError {
    match error.as_db_error() {
        Some(told) => StoreError::unavailable(format_args!("{address}: {MISFIT} ({})", told.message())),
        None => of_work(error),
    }
}

const MISFIT: &str = "the tables of the schema ringbook are not as ringbook made them: undo what another program has \
                      changed, or restore a copy";

/// A connection was not made in time.
pub(super) fn of_slow_connecting(address: &Address) -> StoreError {
    let seconds = address.connect_time_max.as_secs_f64();
    StoreError::unavailable(format_args!(
        "{address} cannot be reached within {seconds} s: see whether it runs there, and whether a firewall is between"
    ))
}

fn told_by_database(told: &DbError) -> StoreError {
    let code = told.code();
    if *code == SqlState::UNIQUE_VIOLATION && told.constraint() == Some("users_login") {
        return StoreError::LoginTaken;
    }
    if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED {
        return StoreError::Damaged { cause: told.message().into() };
    }
    if *code == SqlState::DISK_FULL {
        return StoreError::disk_full(format_args!("the disk of the database, {}: {}", code.code(), told.message()));
    }
    StoreError::unavailable(format_args!("{} ({}: {})", advice(told), code.code(), told.message()))
}

fn advice(told: &DbError) -> &'static str {
    let code = told.code();
    let is = |codes: &[SqlState]| codes.contains(code);
    if is(&[SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION]) {
        "the database refuses the login: see user and password in --database, and pg_hba.conf"
    } else if is(&[SqlState::INVALID_CATALOG_NAME]) {
        "there is no such database: make it with CREATE DATABASE, or name another one with --database"
    } else if is(&[SqlState::INSUFFICIENT_PRIVILEGE]) {
        "the user of --database may not do this: GRANT CREATE ON DATABASE to it before the first start; afterwards name \
         the owner of the schema ringbook, or GRANT USAGE on it and ALL on its tables"
    } else if is(&[SqlState::TOO_MANY_CONNECTIONS, SqlState::CONFIGURATION_LIMIT_EXCEEDED]) {
        "the database has no connection left: raise its max_connections, or set connections in --database lower"
    } else if is(&[SqlState::READ_ONLY_SQL_TRANSACTION]) {
        "the database takes no changes: name the primary server with --database, not a standby"
    } else if is(&[SqlState::QUERY_CANCELED]) {
        "a statement ran too long and was stopped: see what the database waits for, or set statement_timeout in \
         --database higher"
    } else if is(&[SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW]) {
        "the database is going down or coming up: it answers again when it is up"
    } else if is(&[SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT]) {
        "this program stood still in the middle of a transaction, which was undone: try again"
    } else if is(&[SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE]) {
        "another program was in the way: try again"
    } else if is(&[SqlState::FOREIGN_KEY_VIOLATION]) {
        "somebody else removed or added what this depends on: try again"
    } else if is(&[SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_COLUMN, SqlState::INVALID_SCHEMA_NAME]) {
        MISFIT
    } else {
        "the database refuses: see its log"
    }
}

/// An error with its causes.
pub(super) fn in_words(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}
