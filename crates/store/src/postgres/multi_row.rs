//! Many rows in one statement: an order that puts a row, given again and again, is sent with an array for each parameter.
//!
//! What a statement for one row costs the database beside the row itself is then paid once for hundreds. The text of
//! the statement stays the one that both engines share; what cannot be turned into one for many rows is sent row by row.

use std::borrow::Cow;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::sql::{BoundStatement, SqlValue};

/// How many rows one statement puts at most.
const ROWS_MAX: usize = 256;
/// Fewer rows than these are not worth a statement of their own kind.
pub(super) const ROWS_MIN: usize = 8;

/// Rows that one statement may put, in their order.
pub(super) struct Run<'a> {
    pub(super) sql: &'static str,
    pub(super) rows: Vec<Vec<SqlValue<'a>>>,
}

impl<'a> Run<'a> {
    pub(super) fn of(order: BoundStatement<'a>) -> Self {
        Self { sql: order.sql, rows: vec![order.values] }
    }

    /// Takes another row, or hands it back: what two orders do to one row may not stand in one statement. The tables have
    /// the customer and an id in front, so that rows that differ there are different rows.
    pub(super) fn push(&mut self, order: BoundStatement<'a>) -> Result<(), BoundStatement<'a>> {
        let is_other = |row: &Vec<SqlValue<'_>>| row.get(..2) != order.values.get(..2);
        if self.sql == order.sql && self.rows.len() < ROWS_MAX && self.rows.iter().all(is_other) {
            self.rows.push(order.values);
            return Ok(());
        }
        Err(order)
    }
}

/// The text that puts many rows, made from one that puts a row with these parameters; `None` if it is none of that kind.
pub(super) fn of_many(sql: &str, kinds: &[Type]) -> Option<String> {
    let (head, rest) = sql.split_once(" VALUES (")?;
    let (row, tail) = rest.split_once(')')?;
    let plain: Vec<String> = (1..=kinds.len()).map(|number| format!("${number}")).collect();
    if row != plain.join(", ") || tail.contains('$') {
        return None;
    }
    let arrays: Vec<String> = plain.iter().zip(kinds).map(|(place, kind)| format!("{place}::{kind}[]")).collect();
    Some(format!("{head} SELECT * FROM unnest({}){tail}", arrays.join(", ")))
}

/// One parameter of many rows.
#[derive(Debug)]
pub(super) enum Column<'a> {
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<Cow<'a, str>>>),
}

/// The rows by their columns; `None` if a value is not of its column's kind.
pub(super) fn columns<'a>(rows: Vec<Vec<SqlValue<'a>>>, kinds: &[Type]) -> Option<Vec<Column<'a>>> {
    let empty = |kind: &Type| match *kind {
        Type::INT8_ARRAY => Column::Numbers(Vec::with_capacity(rows.len())),
        _ => Column::Texts(Vec::with_capacity(rows.len())),
    };
    let mut columns: Vec<Column<'a>> = kinds.iter().map(empty).collect();
    for row in rows {
        for (column, cell) in columns.iter_mut().zip(row) {
            column.push(cell)?;
        }
    }
    Some(columns)
}

impl<'a> Column<'a> {
    fn push(&mut self, cell: SqlValue<'a>) -> Option<()> {
        match (self, cell) {
            (Self::Numbers(numbers), SqlValue::Number(number)) => numbers.push(Some(number)),
            (Self::Numbers(numbers), SqlValue::Null) => numbers.push(None),
            (Self::Texts(texts), SqlValue::Text(text)) => texts.push(Some(text)),
            (Self::Texts(texts), SqlValue::Null) => texts.push(None),
            (Self::Numbers(_), SqlValue::Text(_)) | (Self::Texts(_), SqlValue::Number(_)) => return None,
        }
        Some(())
    }
}

impl ToSql for Column<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Numbers(numbers) => numbers.to_sql(kind, out),
            Self::Texts(texts) => texts.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8_ARRAY, Type::TEXT_ARRAY].contains(kind)
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::values;
    use crate::statements as sql;

    #[test]
    fn a_statement_for_a_row_becomes_one_for_many() {
        let many = of_many(sql::PUT_GROUP, &[Type::INT8, Type::INT8, Type::INT8, Type::TEXT, Type::INT8]);
        assert_eq!(
            many.as_deref(),
            Some(
                "INSERT INTO groups (customer_id, id, revision, name, is_system) \
                 SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::text[], $5::int8[]) \
                 ON CONFLICT (customer_id, id) DO UPDATE SET revision = excluded.revision, name = excluded.name"
            )
        );
        assert_eq!(of_many(sql::DROP_CONTACT, &[Type::INT8, Type::INT8]), None);
        assert_eq!(of_many("INSERT INTO t (a) VALUES ($1 + 1)", &[Type::INT8]), None);
    }

    #[test]
    fn a_run_has_each_row_once() {
        let put = |id: i64| BoundStatement::new(sql::PUT_ORGANIZATION, values![1, id, 7, "name"]);
        let mut run = Run::of(put(1));
        assert!(run.push(put(2)).is_ok());
        assert!(run.push(put(1)).is_err());
        assert!(run.push(BoundStatement::new(sql::DROP_CONTACT, values![1, 3])).is_err());
        let kinds = [Type::INT8_ARRAY, Type::INT8_ARRAY, Type::INT8_ARRAY, Type::TEXT_ARRAY];
        let columns = columns(run.rows, &kinds).expect("they are of their kinds");
        assert!(matches!(&columns[1], Column::Numbers(ids) if *ids == [Some(1), Some(2)]));
    }
}
