//! What can be seen to be wrong from outside: rows that refer to rows that do not exist.
//!
//! The tables of the books have no foreign keys, so that they can be distributed; those of the directory have, but
//! somebody may have disabled them. Pages and indexes are the database's own business.
//!
//! The tables of the books may be on other machines than those of the directory. So no statement names both: customers
//! are counted table by table and compared here.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use crate::StoreError;
use crate::sql::Session;

/// Table and column, table and column that it refers to.
macro_rules! references {
    ($table:literal, $column:literal, $parent:literal) => {
        (
            $table,
            $parent,
            concat!(
                "SELECT COUNT(*) FROM ",
                $table,
                " AS child WHERE child.",
                $column,
                " IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ",
                $parent,
                " AS parent WHERE parent.id = child.",
                $column,
                ")"
            ),
        )
    };
}

/// A table of the directory, the one that its rows refer to, and how many of them refer to no row.
const REFERENCES: &[(&str, &str, &str)] = &[
    references!("customers", "agent_id", "agents"),
    references!("users", "customer_id", "customers"),
    references!("users", "agent_id", "agents"),
    references!("keys", "user_id", "users"),
    references!("sessions", "user_id", "users"),
    references!("devices", "customer_id", "customers"),
];

/// How many rows each customer has in a table.
macro_rules! rows_by_customer {
    ($table:literal) => {
        ($table, concat!("SELECT customer_id, COUNT(*) FROM ", $table, " GROUP BY customer_id"))
    };
}

const CUSTOMERS: &str = "SELECT id, COUNT(*) FROM customers GROUP BY id";
const REMOVED: &str =
    "SELECT account_id, COUNT(*) FROM removed_accounts WHERE account_kind = 'customer' GROUP BY account_id";
const BOOKS: &str = "SELECT customer_id, COUNT(*) FROM books GROUP BY customer_id";

/// The tables whose rows refer to a book.
const OF_BOOKS: &[(&str, &str)] = &[
    rows_by_customer!("organizations"),
    rows_by_customer!("groups"),
    rows_by_customer!("employees"),
    rows_by_customer!("contacts"),
    rows_by_customer!("deleted_contacts"),
    rows_by_customer!("blacklist"),
    rows_by_customer!("bulk_changes"),
    rows_by_customer!("staged_rows"),
];

/// The findings, in words.
pub(super) fn findings(session: &dyn Session, findings_max: usize) -> Result<Vec<String>, StoreError> {
    let mut findings = Vec::new();
    let mut find = |table: &str, parent: &str, count: i64| {
        if count > 0 && findings.len() < findings_max {
            findings.push(format!("table {table}: {count} row(s) refer to {parent} that are not there"));
        }
    };
    for (table, parent, sql) in REFERENCES {
        find(table, parent, session.one(sql, &[], |row| row.number(0))?);
    }
    let (customers, books) = (counts(session, CUSTOMERS)?, counts(session, BOOKS)?);
    let (customer_ids, mut book_ids) =
        (customers.keys().copied().collect(), books.keys().copied().collect::<HashSet<_>>());
    find("books", "customers", outside(&books, &customer_ids));
    find("customers", "books", outside(&customers, &book_ids));
    // Their rows are still being deleted.
    book_ids.extend(counts(session, REMOVED)?.into_keys());
    for (table, sql) in OF_BOOKS {
        find(table, "books", outside(&counts(session, sql)?, &book_ids));
    }
    Ok(findings)
}

/// Rows by customer.
fn counts(session: &dyn Session, sql: &'static str) -> Result<HashMap<i64, i64>, StoreError> {
    let mut counts = HashMap::new();
    session.each(sql, &[], &mut |row| {
        let read = || Ok::<_, String>((row.number(0)?, row.number(1)?));
        counts.extend([read().map_err(StoreError::unavailable)?]);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(counts)
}

/// The number of rows of customers that are not among these.
fn outside(counts: &HashMap<i64, i64>, customers: &HashSet<i64>) -> i64 {
    counts.iter().filter(|(customer, _)| !customers.contains(customer)).map(|(_, count)| count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statements::tests::{books, directory, names};

    #[test]
    fn no_statement_joins_a_book_with_the_directory() {
        let references = REFERENCES.iter().map(|(_, _, sql)| *sql);
        for sql in references.chain(OF_BOOKS.iter().map(|(_, sql)| *sql)).chain([CUSTOMERS, BOOKS, REMOVED]) {
            let of_books = books().iter().filter(|table| names(sql, table)).count();
            let of_directory = directory().iter().filter(|table| names(sql, table)).count();
            assert!(of_books <= 1 && (of_books == 0 || of_directory == 0), "{sql}");
        }
        let compared: HashSet<&str> = OF_BOOKS.iter().map(|(table, _)| *table).chain(["books"]).collect();
        assert!(books().iter().all(|table| compared.contains(table.as_str())));
    }
}
