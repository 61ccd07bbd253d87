//! What became of a row of an import.

/// What became of a row, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Verdict {
    /// It is not known whether it is in the book.
    Uncertain,
    /// It is not in the book.
    Refused,
    /// It is in the book, but for what the remark is about.
    Partly,
    /// The book had it before.
    Skipped,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Partly => "partly",
            Self::Uncertain => "uncertain",
            Self::Skipped => "skipped",
        }
    }
}
