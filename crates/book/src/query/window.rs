//! The window of matching records that a query returns: a bounded offset and limit.

/// Maximum number of records that a query returns.
pub const LIMIT_MAX: usize = 10_000;
/// Default maximum number of records that a query returns.
pub const LIMIT_DEFAULT: usize = 1_000;
/// Maximum number of records to skip; further records can be read by a filter on the id.
pub const OFFSET_MAX: usize = 100_000;

/// The bound that a window violates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowError {
    /// The limit is outside 0…[`LIMIT_MAX`].
    Limit,
    /// The offset is outside 0…[`OFFSET_MAX`].
    Offset,
}

/// A validated window: `limit` records after the first `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    offset: usize,
    limit: usize,
}

impl Window {
    /// Validates limit and offset; `None` stands for the default.
    ///
    /// # Errors
    ///
    /// A number is negative or above its maximum.
    pub fn new(limit: Option<i128>, offset: Option<i128>) -> Result<Self, WindowError> {
        let limit = bounded(limit, LIMIT_DEFAULT, LIMIT_MAX).ok_or(WindowError::Limit)?;
        let offset = bounded(offset, 0, OFFSET_MAX).ok_or(WindowError::Offset)?;
        Ok(Self { offset, limit })
    }

    /// Number of matching records to skip.
    pub fn offset(self) -> usize {
        self.offset
    }

    /// Maximum number of records to return.
    pub fn limit(self) -> usize {
        self.limit
    }

    /// Number of matching records up to the end of the window.
    pub fn end(self) -> usize {
        self.offset + self.limit
    }
}

fn bounded(number: Option<i128>, default: usize, max: usize) -> Option<usize> {
    match number {
        None => Some(default),
        Some(number) => usize::try_from(number).ok().filter(|number| *number <= max),
    }
}
