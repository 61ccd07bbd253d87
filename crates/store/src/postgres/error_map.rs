//! Errors of PostgreSQL and of the connection to it, as store errors that name the next step.
//!
//! No text made here contains a statement, a value of one, or a password.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::address::Address;
use crate::StoreError;

/// An error on a connection that had been made.
pub(super) fn of_statement(error: &Error) -> StoreError {
    match error.as_db_error() {
        Some(reported) => of_database(reported),
        None => StoreError::unavailable(format_args!(
            "the connection to the database broke: check whether it runs and can be reached ({})",
            with_causes(error)
        )),
    }
}

/// Whether the connection is gone, or goes to a server that became a standby, so that others may be as well.
pub(super) fn is_broken_connection(error: &Error) -> bool {
    let codes = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::IDLE_SESSION_TIMEOUT,
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ];
    match error.code() {
        Some(code) => codes.contains(code),
        None => error.is_closed() || error.source().is_some_and(|cause| cause.is::<io::Error>()),
    }
}

/// Why no connection to a host was made; `host` names the database and the host.
pub(super) fn of_connecting(error: &Error, host: &str) -> String {
    if let Some(reported) = error.as_db_error() {
        let (advice, text) = (advice(reported), reported.message());
        return format!("{host}: {advice} ({text})");
    }
    if is_read_only(error) {
        return format!(
            "{host} takes no changes: it is a standby or read-only; name the primary server with --database as well, or \
             read from it with target_session_attrs=any"
        );
    }
    let advice = if with_causes(error).contains("password missing") {
        "asks for a password: write it into the URL of --database, as in postgres://user:password@host:5432/database"
    } else if error.to_string().contains("TLS") {
        "does not speak TLS as wanted: check sslmode and sslrootcert in the URL of --database"
    } else if error.source().is_some_and(|cause| cause.is::<io::Error>()) {
        "cannot be reached: check whether it runs there, and whether --database names the right host and port"
    } else {
        "does not take the connection: check the URL of --database"
    };
    format!("{host} {advice} ({})", with_causes(error))
}

/// Whether the driver skipped the host because it takes no changes. It says so by an I/O error of its own making, which
/// has no number of the operating system.
fn is_read_only(error: &Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::PermissionDenied && cause.raw_os_error().is_none())
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
        Some(reported) => StoreError::unavailable(format_args!("{address}: {MISFIT} ({})", reported.message())),
        None => of_statement(error),
    }
}

const MISFIT: &str = "the tables of the schema ringbook are not as ringbook made them: undo what another program has \
                      changed, or restore a copy";

/// No connection to a host was made in time.
pub(super) fn of_slow_connecting(address: &Address, host: &str) -> String {
    let seconds = address.connect_time_max.as_secs_f64();
    format!(
        "{host} cannot be reached within {seconds} s: check whether it runs there, and whether a firewall is between"
    )
}

fn of_database(reported: &DbError) -> StoreError {
    let code = reported.code();
    if *code == SqlState::UNIQUE_VIOLATION && reported.constraint() == Some("users_login") {
        return StoreError::LoginTaken;
    }
    if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED {
        return StoreError::Damaged { cause: reported.message().into() };
    }
    StoreError::unavailable(format_args!("{} ({}: {})", advice(reported), code.code(), reported.message()))
}

fn advice(reported: &DbError) -> &'static str {
    let code = reported.code();
    let is = |codes: &[SqlState]| codes.contains(code);
    if is(&[SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION]) {
        "the database refuses the login: check user and password in --database, and pg_hba.conf"
    } else if is(&[SqlState::INVALID_CATALOG_NAME]) {
        "there is no such database: make it with CREATE DATABASE, or name another one with --database"
    } else if is(&[SqlState::INSUFFICIENT_PRIVILEGE]) {
        "the user of --database may not do this: GRANT CREATE ON DATABASE to it before the first start; afterwards name \
         the owner of the schema ringbook, or GRANT USAGE on it and ALL on its tables"
    } else if is(&[SqlState::TOO_MANY_CONNECTIONS, SqlState::CONFIGURATION_LIMIT_EXCEEDED]) {
        "the database has no connection left: raise its max_connections, or set connections in --database lower"
    } else if is(&[SqlState::DISK_FULL]) {
        "the disk of the database is full: free some space"
    } else if is(&[SqlState::READ_ONLY_SQL_TRANSACTION]) {
        "the server takes no changes: it became a standby or read-only, and connections to it are given up"
    } else if is(&[SqlState::QUERY_CANCELED]) {
        "a statement ran too long and was stopped: check what the database waits for, or set statement_timeout in \
         --database higher"
    } else if is(&[SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW]) {
        "the database is stopping or starting: it answers again when it runs"
    } else if is(&[SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT]) {
        "a transaction of this program was idle for too long and was rolled back: try again"
    } else if is(&[SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE]) {
        "another transaction conflicted with this one: try again"
    } else if is(&[SqlState::FOREIGN_KEY_VIOLATION]) {
        "another program removed or added what this depends on: try again"
    } else if is(&[SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_COLUMN, SqlState::INVALID_SCHEMA_NAME]) {
        MISFIT
    } else {
        "the database reports an error: check its log"
    }
}

/// An error with its causes.
pub(super) fn with_causes(error: &Error) -> String {
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
