//! The demo book in PostgreSQL, copied from the server's database file.

use std::path::Path;
use std::time::Instant;

use crate::database::Database;

/// The database with the book.
pub const NAME: &str = "peer";

const SCHEMA: &str = include_str!("schema.sql");
const INDEXES: &str = include_str!("indexes.sql");

/// JSON arrays of a column as PostgreSQL arrays: only the brackets differ, because quotes and escapes are written in the
/// same way.
macro_rules! array {
    ($column:literal) => {
        concat!("'{' || substr(", $column, ", 2, length(", $column, ") - 2) || '}'")
    };
}

macro_rules! full_name {
    () => {
        "last_name || coalesce(' ' || first_name, '') || coalesce(' ' || patronymic, '')"
    };
}

const TABLES: [(&str, &str); 4] = [
    ("organizations", "SELECT id, name FROM organizations WHERE customer_id = 1"),
    ("groups", "SELECT id, name FROM groups WHERE customer_id = 1"),
    ("employees", concat!("SELECT id, ", full_name!(), " FROM employees WHERE customer_id = 1")),
    (
        "brought",
        concat!(
            "SELECT id, personal_manager_id, organization_id, last_name, first_name, patronymic, ",
            full_name!(),
            ", ",
            array!("emails"),
            ", ",
            array!("phone_numbers"),
            ", ",
            array!("group_ids"),
            " FROM contacts WHERE customer_id = 1 ORDER BY id"
        ),
    ),
];

/// Creates the database from a data directory that no server has open.
///
/// # Errors
/// The directory cannot be read, or PostgreSQL refuses.
pub fn fill(database: &Database, data: &Path) -> Result<(), String> {
    let start = Instant::now();
    database.create(NAME)?;
    database.run(NAME, SCHEMA)?;
    for (table, question) in TABLES {
        database.copy(NAME, table, &data.join("ringbook.db"), question)?;
    }
    database.run(NAME, INDEXES)?;
    database.run(NAME, "VACUUM ANALYZE")?;
    // Loads the tables into memory, and writes to disk what would otherwise be written during a measurement.
    database.run(NAME, "CREATE EXTENSION pg_prewarm")?;
    let relations = "SELECT sum(pg_prewarm(oid::regclass)) FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                     AND relkind IN ('r', 'i')";
    database.run(NAME, relations)?;
    database.run(NAME, "CHECKPOINT")?;
    eprintln!("   the book was loaded in {} s", start.elapsed().as_secs());
    Ok(())
}
