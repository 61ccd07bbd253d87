//! The part of the matching records that an answer shows: a bounded offset and limit.

/// Most records in one answer.
pub const LIMIT_MAX: usize = 10_000;
/// Records in one answer when the question does not say.
pub const LIMIT_DEFAULT: usize = 1_000;
/// Most records that can be passed over; larger books are read by key.
pub const OFFSET_MAX: usize = 100_000;

/// Which bound a wish broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowFault {
    /// The limit is outside 0…[`LIMIT_MAX`].
    Limit,
    /// The offset is outside 0…[`OFFSET_MAX`].
    Offset,
}

/// A judged window: `limit` records after the first `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    offset: usize,
    limit: usize,
}

impl Window {
    /// Judges the wishes; absent ones get their defaults.
    pub fn new(limit: Option<i128>, offset: Option<i128>) -> Result<Self, WindowFault> {
        let limit = bounded(limit, LIMIT_DEFAULT, LIMIT_MAX).ok_or(WindowFault::Limit)?;
        let offset = bounded(offset, 0, OFFSET_MAX).ok_or(WindowFault::Offset)?;
        Ok(Self { offset, limit })
    }

    /// How many matching records are passed over.
    pub fn offset(self) -> usize {
        self.offset
    }

    /// How many records are shown at most.
    pub fn limit(self) -> usize {
        self.limit
    }

    /// One past the last matching record that can be shown.
    pub fn end(self) -> usize {
        self.offset + self.limit
    }
}

fn bounded(wish: Option<i128>, default: usize, max: usize) -> Option<usize> {
    match wish {
        None => Some(default),
        Some(number) => usize::try_from(number).ok().filter(|number| *number <= max),
    }
}
