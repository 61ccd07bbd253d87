//! Why a pattern cannot be compiled.

use std::fmt;

use crate::PATTERN_CHARS_MAX;

/// A pattern that is invalid, or that exceeds a limit. `Display` gives the reason in one clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// More than [`PATTERN_CHARS_MAX`] characters.
    TooLong,
    /// The compiled pattern would exceed its [`SizeBudget`](crate::SizeBudget).
    TooComplex,
    /// A `LIKE` pattern ends with a backslash that escapes nothing.
    TrailingBackslash,
    /// Invalid syntax of a regular expression.
    Syntax {
        /// What is wrong.
        kind: SyntaxErrorKind,
        /// The number of characters read before the error was found.
        position: usize,
    },
}

/// What is wrong with the syntax of a regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The pattern starts with `***` but not with `***=` or `***:`.
    Prefix,
    /// Invalid embedded options at the start, `(?xyz)`.
    Option,
    /// Invalid escape sequence.
    Escape,
    /// A quantifier without an operand.
    NothingToRepeat,
    /// Invalid numbers in a bound, `{m,n}`.
    Bound,
    /// Unbalanced braces.
    OpenBound,
    /// Unbalanced brackets.
    OpenBracket,
    /// Unbalanced parentheses.
    Parenthesis,
    /// Invalid character range, `[b-a]`.
    Range,
    /// Unknown collating element, `[.name.]` or `[=name=]`.
    CharacterName,
    /// Unknown character class, `[:name:]`.
    ClassName,
    /// A back-reference to a group that does not exist or is not closed.
    Reference,
}

impl SyntaxErrorKind {
    fn message(self) -> &'static str {
        match self {
            SyntaxErrorKind::Prefix => "a leading *** must be followed by = or :",
            SyntaxErrorKind::Option => "invalid embedded options",
            SyntaxErrorKind::Escape => "invalid escape sequence",
            SyntaxErrorKind::NothingToRepeat => "quantifier operand invalid",
            SyntaxErrorKind::Bound => "invalid repetition count: expected 0 to 255, in ascending order",
            SyntaxErrorKind::OpenBound => "unbalanced braces",
            SyntaxErrorKind::OpenBracket => "unbalanced brackets",
            SyntaxErrorKind::Parenthesis => "unbalanced parentheses",
            SyntaxErrorKind::Range => "invalid character range",
            SyntaxErrorKind::CharacterName => "unknown collating element",
            SyntaxErrorKind::ClassName => "unknown character class",
            SyntaxErrorKind::Reference => "invalid back-reference: no closed group has this number",
        }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternError::TooLong => {
                write!(out, "the pattern is longer than {PATTERN_CHARS_MAX} characters")
            }
            PatternError::TooComplex => out.write_str("the pattern is too complex: its repetitions multiply"),
            PatternError::TrailingBackslash => out.write_str("the pattern ends with an unfinished escape"),
            PatternError::Syntax { kind, position } => {
                write!(out, "{} (near character {position})", kind.message())
            }
        }
    }
}

impl std::error::Error for PatternError {}
