//! What the store asks of an engine: statements with parameters, rows one by one.
//!
//! A [`Session`] is a transaction, or a series of reads, on one connection; it is used on a thread that may block.
//! Every SQL text and every reader of a row is written against this, once for both engines. It knows two kinds of
//! value, numbers and texts, because the tables hold no other.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::StoreError;

/// A parameter of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SqlValue<'a> {
    /// No value.
    Null,
    /// A number: an id, a moment, a count, a truth.
    Number(i64),
    /// A text.
    Text(Cow<'a, str>),
}

impl From<i64> for SqlValue<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl<'a> From<&'a str> for SqlValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for SqlValue<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for SqlValue<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a, T: Into<SqlValue<'a>>> From<Option<T>> for SqlValue<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Parameters, each by what it is made from.
macro_rules! values {
    ($($value:expr),* $(,)?) => { [$($crate::sql::SqlValue::from($value)),*] };
}
pub(crate) use values;

/// A statement with its parameters.
#[derive(Debug, Clone)]
pub(crate) struct BoundStatement<'a> {
    /// The statement.
    pub sql: &'static str,
    /// Its parameters, `$1` first.
    pub values: Vec<SqlValue<'a>>,
}

impl<'a> BoundStatement<'a> {
    pub(crate) fn new<const N: usize>(sql: &'static str, values: [SqlValue<'a>; N]) -> Self {
        Self { sql, values: values.into() }
    }
}

/// A row; what is read from it is borrowed. The texts of faults name the column by its place.
pub(crate) trait Row {
    /// A column that holds a number or nothing.
    fn optional_number(&self, at: usize) -> Result<Option<i64>, String>;
    /// A column that holds a text or nothing.
    fn optional_text(&self, at: usize) -> Result<Option<&str>, String>;
    /// A column's name.
    fn name(&self, at: usize) -> &str;
}

impl<'l> dyn Row + 'l {
    /// A column that holds a number.
    pub(crate) fn number(&self, at: usize) -> Result<i64, String> {
        self.optional_number(at)?.ok_or_else(|| format!("column {at} is null"))
    }

    /// A column that holds a text.
    pub(crate) fn text(&self, at: usize) -> Result<&str, String> {
        self.optional_text(at)?.ok_or_else(|| format!("column {at} is null"))
    }

    /// A column that holds 0 or 1.
    pub(crate) fn truth(&self, at: usize) -> Result<bool, String> {
        self.number(at).map(|number| number != 0)
    }
}

/// What is done with a row: whether another one is wanted.
pub(crate) type TakeRow<'t> = &'t mut dyn FnMut(&dyn Row) -> Result<ControlFlow<()>, StoreError>;

/// Statements on one connection, one after the other.
pub(crate) trait Session {
    /// Carries out a statement that yields no rows; answers how many rows it changed.
    fn execute(&self, sql: &'static str, values: &[SqlValue<'_>]) -> Result<u64, StoreError>;

    /// Carries out many statements in their order, without a way to the engine and back for each where that costs.
    fn execute_all<'a>(&self, orders: &mut dyn Iterator<Item = BoundStatement<'a>>) -> Result<(), StoreError>;

    /// Hands over the rows of a statement until there are no more, or no more are wanted. The receiver must not
    /// use the session meanwhile.
    fn each(&self, sql: &'static str, values: &[SqlValue<'_>], take: TakeRow<'_>) -> Result<(), StoreError>;

    /// Tells other servers, once the transaction is committed, that the directory or the sessions have moved.
    fn tell_directory(&self) -> Result<(), StoreError>;

    /// What the engine itself finds wrong with the data, in words; at most `findings_max` texts of each kind.
    fn integrity(&self, findings_max: usize) -> Result<Vec<String>, StoreError>;
}

impl<'s> dyn Session + 's {
    /// The first row, read. What cannot be read is a row that the store has just made or keeps for itself.
    pub(crate) fn first<T>(
        &self,
        sql: &'static str,
        values: &[SqlValue<'_>],
        mut read: impl FnMut(&dyn Row) -> Result<T, String>,
    ) -> Result<Option<T>, StoreError> {
        let mut first = None;
        self.each(sql, values, &mut |row| {
            first = Some(read(row).map_err(StoreError::unavailable)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(first)
    }

    /// The one row that the statement always has, read.
    pub(crate) fn one<T>(
        &self,
        sql: &'static str,
        values: &[SqlValue<'_>],
        read: impl FnMut(&dyn Row) -> Result<T, String>,
    ) -> Result<T, StoreError> {
        self.first(sql, values, read)?.ok_or_else(|| StoreError::unavailable("a statement answered no row"))
    }

    /// Whether the statement has a row.
    pub(crate) fn finds(&self, sql: &'static str, values: &[SqlValue<'_>]) -> Result<bool, StoreError> {
        Ok(self.first(sql, values, |_| Ok(()))?.is_some())
    }
}

/// A session of one's own that sees the data of one moment, until it is dropped.
pub(crate) struct Snapshot {
    session: Box<dyn Session + Send>,
    /// Declared after the session: dropped when the session is over.
    _guard: Option<Box<dyn std::any::Any + Send>>,
}

impl Snapshot {
    pub(super) fn new(session: impl Session + Send + 'static) -> Self {
        Self { session: Box::new(session), _guard: None }
    }

    /// The same, which drops this guard after its session.
    pub(super) fn until_dropped(self, guard: impl Send + 'static) -> Self {
        Self { _guard: Some(Box::new(guard)), ..self }
    }
}

impl std::ops::Deref for Snapshot {
    type Target = dyn Session;

    fn deref(&self) -> &Self::Target {
        &*self.session
    }
}
