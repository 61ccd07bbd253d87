//! What a record holds in a field, as the evaluator and the reply writer see it: borrowed, never copied.

/// A value of one field of one record.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Absent.
    Null,
    /// A whole number.
    Number(i64),
    /// True or false.
    Boolean(bool),
    /// A moment: seconds since 1970-01-01 00:00:00 UTC.
    DateTime(i64),
    /// A length of time, in microseconds.
    Seconds(i64),
    /// A text.
    Text(&'a str),
    /// A list of texts.
    Texts(&'a [Box<str>]),
    /// A list of objects of one shape.
    Objects(&'a dyn Objects),
    /// One object: the first of such a list, which has no other.
    Object(&'a dyn Objects),
    /// The empty list or object of a member that belongs to another part of a telephone system.
    AlwaysEmpty(super::field::AlwaysEmpty),
}

/// A list of objects of one shape; its members are scalars.
pub trait Objects: Sync {
    /// How many objects.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Names of the members, in the order in which they are answered.
    fn members(&self) -> &'static [&'static str];
    /// Value of member `member` of object `object`; never a list.
    fn value(&self, object: usize, member: usize) -> Value<'_>;
    /// The number that identifies object `object`.
    fn id(&self, object: usize) -> u64;
}

/// A record of a small table: users, employees, groups, organizations, a report.
pub trait Record {
    /// The value of the field at place `field` of the record's field table.
    fn value(&self, field: usize) -> Value<'_>;
    /// What orders records that are equal in every sort key, ascending.
    fn id(&self) -> u64;
}
