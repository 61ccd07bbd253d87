//! Why a query cannot be compiled.

use std::error::Error;
use std::fmt;

use crate::{DESCENT_STEPS_MAX, NESTING_LEVELS_MAX, QUERY_BYTES_MAX};

/// An invalid query: what is wrong, and where. `Display` gives both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsQueryError {
    kind: JsQueryErrorKind,
    position: usize,
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsQueryErrorKind {
    /// Longer than [`QUERY_BYTES_MAX`].
    TooLong,
    /// More than [`NESTING_LEVELS_MAX`] nested brackets.
    TooDeep,
    /// More than [`DESCENT_STEPS_MAX`] steps `*` or `*:` on one path.
    TooManyDescents,
    /// Nothing but white space and comments.
    Empty,
    /// An unexpected token.
    Unexpected {
        /// What was expected.
        expected: &'static str,
        /// The token; empty at the end of the query.
        found: String,
    },
    /// A NUL character.
    ZeroCharacter,
    /// A slash at the start of the query.
    StraySlash,
    /// An unterminated string.
    OpenQuote,
    /// An unterminated comment.
    OpenComment,
    /// An invalid escape sequence.
    BadEscape,
    /// `\u` without four hexadecimal digits.
    BadUnicodeEscape,
    /// `\u0000`, which no string can contain.
    ZeroEscape,
    /// Surrogates that do not form a pair.
    BrokenSurrogatePair,
    /// An array index that does not fit in 31 bits.
    IndexTooLarge,
    /// A number with too many digits before or after the decimal point.
    NumberOutOfRange,
    /// Something other than a comparison after `@#`.
    LengthNotLast,
    /// A path that ends with `@#` or `*:`.
    NothingToCheck(&'static str),
}

impl JsQueryError {
    /// An error at the byte `offset` of `source`.
    pub(crate) fn new(kind: JsQueryErrorKind, source: &str, offset: usize) -> JsQueryError {
        let before = source.get(..offset).unwrap_or(source);
        let position = before.chars().count() + 1;
        JsQueryError { kind, position }
    }

    /// What is wrong.
    pub fn kind(&self) -> &JsQueryErrorKind {
        &self.kind
    }

    /// The position in the query, in characters, from 1.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for JsQueryError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at character {}", self.kind, self.position)
    }
}

impl Error for JsQueryError {}

impl fmt::Display for JsQueryErrorKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use JsQueryErrorKind::{
            BadEscape, BadUnicodeEscape, BrokenSurrogatePair, Empty, IndexTooLarge, LengthNotLast, NothingToCheck,
            NumberOutOfRange, OpenComment, OpenQuote, StraySlash, TooDeep, TooLong, TooManyDescents, Unexpected,
            ZeroCharacter, ZeroEscape,
        };
        out.write_str(match self {
            TooLong => return write!(out, "more than {QUERY_BYTES_MAX} bytes"),
            TooDeep => return write!(out, "more than {NESTING_LEVELS_MAX} nested brackets"),
            TooManyDescents => {
                return write!(out, "more than {DESCENT_STEPS_MAX} steps * or *: on one path");
            }
            Unexpected { expected, found } if found.is_empty() => {
                return write!(out, "expected {expected}, found end of query");
            }
            Unexpected { expected, found } => return write!(out, "expected {expected}, found \"{found}\""),
            NothingToCheck(step) => {
                return write!(out, "a path that ends with {step} must be followed by a comparison");
            }
            Empty => "empty query",
            ZeroCharacter => "NUL characters are not allowed",
            StraySlash => "a query must not begin with a slash",
            OpenQuote => "unterminated string",
            OpenComment => "unterminated comment",
            BadEscape => "invalid escape: a backslash must be followed by one of \" \\ b f n r t u",
            BadUnicodeEscape => "invalid escape: \\u must be followed by four hexadecimal digits",
            ZeroEscape => "\\u0000 is not allowed in a string",
            BrokenSurrogatePair => "invalid surrogate pair",
            IndexTooLarge => "an array index must not exceed 2147483647",
            NumberOutOfRange => "number out of range",
            LengthNotLast => "only a comparison may follow @#",
        })
    }
}
