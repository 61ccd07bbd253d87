//! What can be seen to be wrong from outside: rows that refer to rows that are not there.
//!
//! The tables of the books have no foreign keys, so that they can be distributed; those of the directory have, but a
//! hand on the tables may have switched them off. Pages and indexes are the database's own business.

use super::session::PgSession;
use crate::StoreError;
use crate::sql::Session;

/// Table and column, table and column that it refers to.
macro_rules! references {
    ($table:literal, $column:literal, $parent:literal, $key:literal) => {
        (
            $table,
            $parent,
            concat!(
                "SELECT COUNT(*) FROM ",
                $table,
                " AS child WHERE child.",
                $column,
                " IS NOT NULL AND NOT EXISTS ",
                "(SELECT 1 FROM ",
                $parent,
                " AS parent WHERE parent.",
                $key,
                " = child.",
                $column,
                ")"
            ),
        )
    };
}

/// A table, what its rows refer to, and how many of them refer to nothing.
const REFERENCES: &[(&str, &str, &str)] = &[
    references!("customers", "agent_id", "agents", "id"),
    references!("users", "customer_id", "customers", "id"),
    references!("users", "agent_id", "agents", "id"),
    references!("keys", "user_id", "users", "id"),
    references!("sessions", "user_id", "users", "id"),
    references!("books", "customer_id", "customers", "id"),
    references!("customers", "id", "books", "customer_id"),
    references!("organizations", "customer_id", "books", "customer_id"),
    references!("groups", "customer_id", "books", "customer_id"),
    references!("employees", "customer_id", "books", "customer_id"),
    references!("contacts", "customer_id", "books", "customer_id"),
    references!("deleted_contacts", "customer_id", "books", "customer_id"),
    references!("blacklist", "customer_id", "books", "customer_id"),
];

/// The findings, in words.
pub(super) fn findings(session: &PgSession, findings_max: usize) -> Result<Vec<String>, StoreError> {
    let session: &dyn Session = session;
    let mut findings = Vec::new();
    for (table, parent, sql) in REFERENCES {
        let count = session.one(sql, &[], |row| row.number(0))?;
        if count > 0 && findings.len() < findings_max {
            findings.push(format!("table {table}: {count} row(s) refer to {parent} that are not there"));
        }
    }
    Ok(findings)
}
