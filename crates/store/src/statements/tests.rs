//! What holds for every statement.

use super::{ALL, EMPTY_BOOK};

/// The tables of the schema for PostgreSQL, each with its columns.
fn tables() -> Vec<(String, String)> {
    let schema = crate::postgres::migrations::MIGRATIONS.concat();
    let tables = schema.split("CREATE TABLE ").skip(1).map(|text| text.split(';').next().unwrap_or(text));
    tables.filter_map(|text| Some((text.split_whitespace().next()?.to_owned(), text.to_owned()))).collect()
}

fn is_of_a_book(columns: &str) -> bool {
    let is_directory = columns.contains("REFERENCES customers");
    !is_directory && columns.contains("customer_id BIGINT NOT NULL")
        || columns.contains("customer_id BIGINT PRIMARY KEY")
}

/// The tables that hold what belongs to one customer.
pub(crate) fn books() -> Vec<String> {
    tables().into_iter().filter(|(_, columns)| is_of_a_book(columns)).map(|(name, _)| name).collect()
}

/// The table of the request report, which may be divided by account.
pub(crate) const REPORT: &str = "api_request_segments";

/// The tables that are the same for all.
pub(crate) fn directory() -> Vec<String> {
    let others = tables().into_iter().filter(|(name, columns)| !is_of_a_book(columns) && name != REPORT);
    others.map(|(name, _)| name).collect()
}

/// Whether a statement names a table.
pub(crate) fn names(sql: &str, table: &str) -> bool {
    let mut words = sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.any(|word| word == table)
}

/// The tables of the books may be divided between machines by customer, with the directory on one of them.
#[test]
fn a_statement_names_one_customer_or_only_the_directory() {
    let (books, directory) = (books(), directory());
    assert!(books.len() == EMPTY_BOOK.len() + 1 && directory.len() > 5, "{books:?} {directory:?}");
    let all = ALL.iter().copied().chain(EMPTY_BOOK.iter().map(|sql| ("EMPTY_BOOK", *sql)));
    for (name, sql) in all.filter(|(_, sql)| books.iter().any(|table| names(sql, table))) {
        assert!(!directory.iter().any(|table| names(sql, table)), "{name} joins a book with the directory");
        let names_customer = match sql.split(' ').next() {
            Some("INSERT") => sql.contains("(customer_id, ") && sql.contains("VALUES ($1"),
            _ => sql.contains("customer_id = $"),
        };
        // Where books are divided it is replaced by questions for single books; only a directory stages rows.
        let is_shared = ["BOOK_REVISIONS", "STAGED_ROWS"].contains(&name);
        assert!(names_customer || is_shared, "{name}: {sql}");
    }
}

/// The report may be divided between machines by account.
#[test]
fn a_statement_on_the_report_names_one_account_and_no_other_table() {
    let others: Vec<String> = books().into_iter().chain(directory()).collect();
    let of_report: Vec<_> = ALL.iter().filter(|(_, sql)| names(sql, REPORT)).collect();
    assert!(of_report.len() > 5, "{of_report:?}");
    for (name, sql) in of_report {
        assert!(!others.iter().any(|table| names(sql, table)), "{name} joins the report with another table");
        let names_account = match sql.split(' ').next() {
            Some("INSERT") => sql.contains("(first_id, account_kind, account_id, "),
            _ => {
                let mut selects = sql.split("FROM api_request_segments ").skip(1);
                selects.all(|text| text.starts_with("WHERE account_kind = $1 AND account_id = $2"))
            }
        };
        // Which accounts have something to be deleted; while a machine is away, nothing is deleted.
        assert!(names_account || *name == "REQUESTS_PAST", "{name}: {sql}");
    }
}

/// The numbers of the parameters in the order in which they first appear.
fn parameters(sql: &str) -> Vec<u32> {
    let mut seen = Vec::new();
    for part in sql.split('$').skip(1) {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let number = digits.parse().expect("a number follows the sign");
        if !seen.contains(&number) {
            seen.push(number);
        }
    }
    seen
}

#[test]
fn parameters_first_appear_in_their_order() {
    for (name, sql) in ALL {
        let seen = parameters(sql);
        assert!(seen.iter().copied().eq(1..=seen.len() as u32), "{name}: {seen:?}");
    }
}

#[test]
fn a_removed_customer_leaves_no_row_behind() {
    let schema = crate::sqlite::database::MIGRATIONS.concat();
    let tables = schema.split("CREATE TABLE ").skip(1).map(|text| text.split(';').next().unwrap_or(text));
    for table in tables.filter(|text| text.contains("customer_id INTEGER NOT NULL")) {
        let name = table.split_whitespace().next().expect("a table has a name");
        let removes = |sql: &&str| sql.starts_with(&format!("DELETE FROM {name} "));
        assert!(EMPTY_BOOK.iter().chain([&super::REMOVE_BOOK, &super::REMOVE_DEVICES]).any(removes), "{name}");
    }
}
