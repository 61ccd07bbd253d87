//! Borrowed values of the fields of records, as the evaluator and writers of replies read them.

/// A value of one field of one record.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Absent.
    Null,
    /// A whole number.
    Number(i64),
    /// True or false.
    Boolean(bool),
    /// A timestamp: seconds since 1970-01-01 00:00:00 UTC.
    DateTime(i64),
    /// A duration in microseconds.
    Seconds(i64),
    /// A text.
    Text(&'a str),
    /// A list of texts.
    Texts(&'a [Box<str>]),
    /// A list of objects.
    Objects(&'a dyn Objects),
    /// One object: the only element of such a list.
    Object(&'a dyn Objects),
    /// A member that is always empty.
    Empty(super::field::EmptyValue),
}

/// A list of objects with the same scalar members.
pub trait Objects: Sync {
    /// The number of objects.
    fn len(&self) -> usize;
    /// Whether the list is empty.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Names of the members, in the order of replies.
    fn members(&self) -> &'static [&'static str];
    /// The value of a member of an object, by their indexes; never a list.
    fn value(&self, object: usize, member: usize) -> Value<'_>;
    /// The id of an object, by its index.
    fn id(&self, object: usize) -> u64;
}

/// A record of a small table, read by field.
pub trait Record {
    /// The value of the field with this index in the field table of the record.
    fn value(&self, field: usize) -> Value<'_>;
    /// Orders records that are equal in every sort key, ascending.
    fn id(&self) -> u64;
}
