//! Why a query was refused, and where.

use std::error::Error;
use std::fmt;

use super::{DESCENT_STEPS_MAX, NESTING_LEVELS_MAX, QUERY_BYTES_MAX};

/// A refused query: the reason and the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsQueryFault {
    reason: Reason,
    position: usize,
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The text is longer than [`QUERY_BYTES_MAX`].
    TooLong,
    /// More than [`NESTING_LEVELS_MAX`] brackets are open.
    TooDeep,
    /// More than [`DESCENT_STEPS_MAX`] descents lead to one test.
    TooManyDescents,
    /// There is nothing in the text but blanks and comments.
    Empty,
    /// Something else was needed here.
    Unexpected {
        /// What would have been right.
        expected: &'static str,
        /// What stands there; empty at the end of the text.
        found: String,
    },
    /// A character with code zero.
    ZeroCharacter,
    /// A slash before anything it could belong to.
    StraySlash,
    /// A quoted string is not closed.
    OpenQuote,
    /// A comment is not closed.
    OpenComment,
    /// A backslash followed by something that is no escape.
    BadEscape,
    /// `\u` without four hexadecimal digits.
    BadUnicodeEscape,
    /// `\u0000`, which no string may hold.
    ZeroEscape,
    /// Halves of a surrogate pair that do not belong together.
    BrokenSurrogatePair,
    /// An index of an array that does not fit 31 bits.
    IndexTooLarge,
    /// A number with too many digits before or after the point.
    NumberOutOfRange,
    /// Something other than a comparison of the length after `@#`.
    LengthNotLast,
    /// A path that ends in `@#` or `*:`.
    NothingToCheck(&'static str),
}

impl JsQueryFault {
    /// Places `reason` at the byte `offset` of `source`.
    pub(super) fn new(reason: Reason, source: &str, offset: usize) -> JsQueryFault {
        let before = source.get(..offset).unwrap_or(source);
        let position = before.chars().count() + 1;
        JsQueryFault { reason, position }
    }

    /// What is wrong.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The place in the query, in characters, the first being 1.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for JsQueryFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at character {}", self.reason, self.position)
    }
}

impl Error for JsQueryFault {}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Reason::TooLong => return write!(out, "more than {QUERY_BYTES_MAX} bytes"),
            Reason::TooDeep => return write!(out, "more than {NESTING_LEVELS_MAX} open brackets"),
            Reason::TooManyDescents => {
                return write!(out, "more than {DESCENT_STEPS_MAX} steps * or *: on one path");
            }
            Reason::Unexpected { expected, found } => return unexpected(out, expected, found),
            Reason::NothingToCheck(step) => {
                return write!(out, "a comparison must follow {step} at the end of a path");
            }
            Reason::Empty => "the query is empty",
            Reason::ZeroCharacter => "a character with code zero is not allowed",
            Reason::StraySlash => "a query cannot begin with a slash",
            Reason::OpenQuote => "a quoted string is not closed",
            Reason::OpenComment => "a comment is not closed",
            Reason::BadEscape => "a backslash must be followed by one of \" \\ b f n r t u",
            Reason::BadUnicodeEscape => "\\u must be followed by four hexadecimal digits",
            Reason::ZeroEscape => "\\u0000 is not allowed in a string",
            Reason::BrokenSurrogatePair => "the escaped surrogates do not form a pair",
            Reason::IndexTooLarge => "an array index must not exceed 2147483647",
            Reason::NumberOutOfRange => "the number is too large or has too many digits",
            Reason::LengthNotLast => "only a comparison of the length may follow @#",
        })
    }
}

/// Says what was needed and what was there instead.
fn unexpected(out: &mut fmt::Formatter<'_>, expected: &str, found: &str) -> fmt::Result {
    if found.is_empty() {
        write!(out, "expected {expected}, but the query ends")
    } else {
        write!(out, "expected {expected}, found \"{found}\"")
    }
}
