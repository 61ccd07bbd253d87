//! The PostgreSQL that answers are compared with.

#![expect(clippy::panic, reason = "used by tests only: a panic is a failed test")]

use std::time::Duration;

use postgres::error::SqlState;
use postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// The environment variable with the connection string of the database.
pub const DATABASE_ENV: &str = "RINGBOOK_TEST_POSTGRES";

/// A connection to the reference database: PostgreSQL with the locale C.UTF-8 and the extension jsquery.
pub struct Reference(Client);

/// The advisory lock that serialises the creation of the extension by tests that start at the same time.
const EXTENSION_LOCK: u32 = 7_395_001;

/// Why a statement has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceError {
    /// PostgreSQL rejects it, with this message.
    Rejected(String),
    /// It took longer than [`STATEMENT_SECONDS_MAX`].
    TimedOut,
}

/// Maximum time of one statement, in seconds.
pub const STATEMENT_SECONDS_MAX: u32 = 4;

impl Reference {
    /// Connects to the database named by [`DATABASE_ENV`].
    ///
    /// # Panics
    /// The variable is not set, the database cannot be reached, or it has another locale or no extension. The message
    /// says what to do.
    pub fn connect() -> Reference {
        let Ok(address) = std::env::var(DATABASE_ENV) else {
            panic!(
                "{DATABASE_ENV} is not set. This test compares answers with PostgreSQL 15 and its extension jsquery.\n\
                 Run `cargo xtask test`, which starts a private PostgreSQL for all tests, or set the variable to the \
                 connection string of a scratch database with the locale C.UTF-8, for example\n\
                 {DATABASE_ENV}='host=localhost user=postgres dbname=scratch'."
            );
        };
        Reference::open(&address).unwrap_or_else(|why| panic!("{DATABASE_ENV}={address} is of no use: {why}"))
    }

    fn open(address: &str) -> Result<Reference, String> {
        let mut config: Config = address.parse().map_err(|error| format!("not a connection string: {error}"))?;
        config.connect_timeout(Duration::from_secs(10));
        let client = config.connect(NoTls).map_err(|error| format!("cannot connect: {error}"))?;
        let mut reference = Reference(client);
        reference.execute(&format!(
            "SET statement_timeout = '{STATEMENT_SECONDS_MAX}s'; SET jit = off; SET client_min_messages = error; \
             SELECT pg_advisory_lock({EXTENSION_LOCK}); CREATE EXTENSION IF NOT EXISTS jsquery; \
             SELECT pg_advisory_unlock({EXTENSION_LOCK})"
        ))?;
        let locale = "SELECT datctype || ' ' || pg_encoding_to_char(encoding) FROM pg_database \
                      WHERE datname = current_database()";
        let locale = reference.first_column(locale).map_err(|error| format!("{error:?}"))?.concat();
        match locale.to_lowercase().replace("utf-8", "utf8").as_str() {
            "c.utf8 utf8" => Ok(reference),
            _ => Err(format!("its locale and encoding are {locale}, expected C.UTF-8 UTF8")),
        }
    }

    /// Runs statements without a result.
    ///
    /// # Errors
    /// One of them fails.
    pub fn execute(&mut self, statements: &str) -> Result<(), String> {
        self.0.batch_execute(statements).map_err(|error| error.to_string())
    }

    /// The values of the first column of a query, as text; NULL is the empty text.
    ///
    /// # Errors
    /// The statement is rejected or takes too long.
    ///
    /// # Panics
    /// The connection is lost.
    pub fn first_column(&mut self, query: &str) -> Result<Vec<String>, ReferenceError> {
        let messages = self.0.simple_query(query).map_err(|error| match error.as_db_error() {
            Some(error) if *error.code() == SqlState::QUERY_CANCELED => ReferenceError::TimedOut,
            Some(error) => ReferenceError::Rejected(error.message().to_owned()),
            None => panic!("lost the connection to the reference database: {error}"),
        })?;
        let value = |message: SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(value).collect())
    }
}

impl Reference {
    /// The values of the first column of a query, as booleans, or the message of its rejection; `None` if it takes too
    /// long.
    ///
    /// # Panics
    /// The connection is lost.
    pub fn booleans(&mut self, query: &str) -> Option<Result<Vec<bool>, String>> {
        match self.first_column(query) {
            Ok(rows) => Some(Ok(rows.iter().map(|row| row == "t").collect())),
            Err(ReferenceError::Rejected(message)) => Some(Err(message)),
            Err(ReferenceError::TimedOut) => None,
        }
    }
}

/// A text as an SQL literal.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
