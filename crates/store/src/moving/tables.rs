//! Every table that holds data, described once: what its columns hold and what its key is.
//!
//! The statements of a move are made from the descriptions; a test compares these with the schemas of both engines, so
//! that no table and no column can be forgotten. Keys are numbers, or texts that both engines compare byte by byte, so
//! that rows come out in the same order everywhere.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::LazyLock;

use super::RowValues;
use crate::sql::{Row, SqlValue};

/// How many rows one statement puts.
pub(super) const PUT_ROWS: usize = 64;
/// The table that also holds the mark of a move that has not come to its end.
pub(super) const META: &str = "meta";
/// The letters of a key's text that are shown.
const KEY_TEXT_CHARS_MAX: usize = 24;

/// A column: what it holds, and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnDescription {
    Number(&'static str),
    Text(&'static str),
}

impl ColumnDescription {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Number(name) | Self::Text(name) => name,
        }
    }
}

/// How rows that are not as they should be are made so when a move goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
    /// Wrong ones are deleted and written again.
    Rows,
    /// All of them: other rows refer to them, or they to others.
    Table,
}

/// How a change of the table is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// By looking at it: it is small, or it tells of the others.
    Itself,
    /// Something in a table that is looked at moves with it.
    Elsewhere,
}

/// A table, without what is made from it.
#[derive(Debug)]
struct Description {
    name: &'static str,
    /// In the order in which they are read and put; those of the key come first.
    columns: &'static [ColumnDescription],
    key: usize,
    renewal: Renewal,
    notice: Notice,
}

const fn table(name: &'static str, columns: &'static [ColumnDescription], key: usize) -> Description {
    Description { name, columns, key, renewal: Renewal::Rows, notice: Notice::Elsewhere }
}

impl Description {
    const fn referring(self) -> Self {
        Self { renewal: Renewal::Table, ..self }
    }

    const fn noticed(self) -> Self {
        Self { notice: Notice::Itself, ..self }
    }
}

use ColumnDescription::{Number, Text};

/// In the order in which rows are put: the books first and those who may call last, so that nobody gets to see half a
/// book; what is referred to before what refers to it; the counters that servers follow at the very end.
const DESCRIPTIONS: [Description; 23] = [
    table("sequences", &[Text("kind"), Number("next")], 1).noticed(),
    table("books", &[Number("customer_id"), Number("revision"), Number("contacts"), Number("forgotten")], 1).noticed(),
    table("organizations", &[Number("customer_id"), Number("id"), Number("revision"), Text("name")], 2),
    table("groups", &[Number("customer_id"), Number("id"), Number("revision"), Text("name"), Number("is_system")], 2),
    table(
        "employees",
        &[
            Number("customer_id"),
            Number("id"),
            Number("revision"),
            Text("last_name"),
            Text("first_name"),
            Text("patronymic"),
            Text("email"),
            Text("phone_numbers"),
        ],
        2,
    ),
    table(
        "contacts",
        &[
            Number("customer_id"),
            Number("id"),
            Number("revision"),
            Text("last_name"),
            Text("first_name"),
            Text("patronymic"),
            Text("phone_numbers"),
            Text("emails"),
            Number("personal_manager_id"),
            Number("organization_id"),
            Text("group_ids"),
        ],
        2,
    ),
    table(
        "bulk_changes",
        &[
            Number("customer_id"),
            Number("revision"),
            Number("position"),
            Text("kind"),
            Number("group_id"),
            Text("contact_ids"),
        ],
        3,
    ),
    table("staged_rows", &[Number("customer_id"), Number("revision"), Text("table_name"), Number("first_id")], 3),
    table("deleted_contacts", &[Number("customer_id"), Number("revision"), Number("id")], 3),
    table(
        "blacklist",
        &[
            Number("customer_id"),
            Number("id"),
            Number("revision"),
            Text("phone_number"),
            Text("added_by"),
            Text("comment"),
            Number("added_at"),
        ],
        2,
    ),
    table(
        "api_request_segments",
        &[
            Number("first_id"),
            Text("account_kind"),
            Number("account_id"),
            Number("from_moment"),
            Number("till_moment"),
            Text("requests"),
        ],
        1,
    ),
    table("api_request_totals", &[Text("account_kind"), Number("account_id"), Number("bytes")], 2),
    table("directory_changes", &[Text("account_kind"), Number("account_id"), Number("revision")], 2),
    table("removed_accounts", &[Text("account_kind"), Number("account_id")], 2),
    table("agents", &[Number("id"), Text("name")], 1).referring(),
    table(
        "customers",
        &[
            Number("id"),
            Number("agent_id"),
            Text("name"),
            Text("timezone"),
            Number("active"),
            Number("day_limit"),
            Number("minute_limit"),
            Text("country"),
            Text("area_code"),
            Text("outside_prefix"),
        ],
        1,
    )
    .referring(),
    table(
        "users",
        &[
            Number("id"),
            Number("customer_id"),
            Number("agent_id"),
            Text("login"),
            Text("password_hash"),
            Text("name"),
            Text("description"),
            Text("rights"),
        ],
        1,
    )
    .referring(),
    table(
        "keys",
        &[Number("id"), Number("user_id"), Text("name"), Text("token_hash"), Number("expires_at"), Number("blocked")],
        1,
    )
    .referring(),
    table(
        "devices",
        &[
            Number("id"),
            Number("customer_id"),
            Text("name"),
            Text("key_hash"),
            Number("expires_at"),
            Number("blocked"),
            Number("minute_limit"),
            Text("group_ids"),
            Text("address_blocks"),
            Text("dial_form"),
            Text("outside_prefix"),
            Text("name_order"),
            Text("charset"),
            Number("used_at"),
            Text("used_from"),
            Text("used_by"),
        ],
        1,
    )
    .referring()
    .noticed(),
    table("allowed_blocks", &[Text("account_kind"), Number("account_id"), Text("block")], 3),
    table("sessions", &[Text("token_hash"), Number("user_id"), Number("expires_at")], 1).referring().noticed(),
    table(
        "points",
        &[
            Text("account_kind"),
            Number("account_id"),
            Number("day"),
            Number("day_used"),
            Number("minute"),
            Number("minute_used"),
        ],
        2,
    )
    .noticed(),
    table(META, &[Text("name"), Number("value")], 1).noticed(),
];

/// A table and what is said to it.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [ColumnDescription],
    key: usize,
    pub(super) renewal: Renewal,
    pub(super) notice: Notice,
    /// How many rows there are.
    pub(super) count: String,
    /// The first $1 rows.
    pub(super) first: String,
    /// Those that follow a key: its columns, then how many at most.
    pub(super) following: String,
    /// A new row.
    pub(super) put: String,
    /// [`PUT_ROWS`] new rows.
    pub(super) put_many: String,
    /// The row with a key goes.
    pub(super) drop: String,
}

/// All of them, in the order in which rows are put.
pub(super) static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| DESCRIPTIONS.iter().map(Table::of).collect());

impl Table {
    fn of(description: &Description) -> Self {
        let Description { name, columns, key, renewal, notice } = *description;
        let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
        let (all, keys) = (names.join(", "), names[..key].join(", "));
        let limit = key + 1;
        let ours: Vec<String> = (1..).zip(&names[..key]).map(|(at, name)| format!("{name} = ${at}")).collect();
        Self {
            name,
            columns,
            key,
            renewal,
            notice,
            count: format!("SELECT COUNT(*) FROM {name}"),
            first: format!("SELECT {all} FROM {name} ORDER BY {keys} LIMIT $1"),
            following: format!(
                "SELECT {all} FROM {name} WHERE ({keys}) > ({}) ORDER BY {keys} LIMIT ${limit}",
                parameters(1, key)
            ),
            put: format!("INSERT INTO {name} ({all}) VALUES {}", rows(columns.len(), 1)),
            put_many: format!("INSERT INTO {name} ({all}) VALUES {}", rows(columns.len(), PUT_ROWS)),
            drop: format!("DELETE FROM {name} WHERE {}", ours.join(" AND ")),
        }
    }

    /// A row as it was read.
    pub(super) fn row(&self, row: &dyn Row) -> Result<RowValues, String> {
        let cell = |(at, column): (usize, &ColumnDescription)| match column {
            Number(_) => Ok(row.optional_number(at)?.into()),
            Text(_) => Ok(row.optional_text(at)?.map(str::to_owned).into()),
        };
        self.columns.iter().enumerate().map(cell).collect()
    }

    /// The key of a row.
    pub(super) fn key<'r>(&self, row: &'r RowValues) -> &'r [SqlValue<'static>] {
        &row[..self.key]
    }

    /// The same for people.
    pub(super) fn key_text(&self, row: &RowValues) -> String {
        let mut text = String::new();
        for (column, cell) in self.columns.iter().zip(self.key(row)) {
            let separator = if text.is_empty() { "" } else { ", " };
            // Writing to a text cannot fail.
            let _ = write!(text, "{separator}{} {}", column.name(), shown(cell));
        }
        text
    }
}

/// A part of a key; long ones are hashes, which nobody needs to see whole.
fn shown(cell: &SqlValue<'_>) -> String {
    match cell {
        SqlValue::Null => "null".to_owned(),
        SqlValue::Number(number) => number.to_string(),
        SqlValue::Text(text) if text.chars().count() > KEY_TEXT_CHARS_MAX => {
            let start: String = text.chars().take(KEY_TEXT_CHARS_MAX).collect();
            format!("{start:?}…")
        }
        SqlValue::Text(text) => format!("{text:?}"),
    }
}

/// Where two keys of a table stand to each other, in either engine.
pub(super) fn order(one: &[SqlValue<'_>], other: &[SqlValue<'_>]) -> Ordering {
    let parts = one.iter().zip(other).map(|(one, other)| match (one, other) {
        (SqlValue::Number(one), SqlValue::Number(other)) => one.cmp(other),
        (SqlValue::Text(one), SqlValue::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
        // No key holds nothing, and a column holds one kind of value.
        (SqlValue::Null | SqlValue::Number(_) | SqlValue::Text(_), _) => Ordering::Equal,
    });
    parts.fold(Ordering::Equal, Ordering::then)
}

/// `$1, $2, …`
fn parameters(from: usize, count: usize) -> String {
    let names: Vec<String> = (from..from + count).map(|at| format!("${at}")).collect();
    names.join(", ")
}

/// `($1, $2), ($3, $4), …`
fn rows(columns: usize, count: usize) -> String {
    let rows: Vec<String> = (0..count).map(|row| format!("({})", parameters(row * columns + 1, columns))).collect();
    rows.join(", ")
}
