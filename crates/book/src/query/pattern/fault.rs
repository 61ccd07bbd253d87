//! Why a pattern is refused, and why an answer is given up.

use std::fmt;

use super::PATTERN_CHARS_MAX;

/// A pattern that cannot be understood, or that costs too much to prepare. `Display` says why in
/// plain English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternFault {
    /// More than [`PATTERN_CHARS_MAX`] characters.
    TooLong,
    /// Its repetitions multiply into too large a machine.
    TooComplex,
    /// A `like` pattern ends in the middle of an escape.
    LoneBackslash,
    /// It breaks the notation.
    Notation {
        /// How.
        reason: Reason,
        /// How many characters had been read by then.
        at: usize,
    },
}

/// What is wrong with the notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An opening `***` without `=` or `:`.
    Prefix,
    /// Option letters at the start.
    Option,
    /// A backslash escape.
    Escape,
    /// A quantifier without an atom.
    NothingToRepeat,
    /// The numbers in braces.
    Bound,
    /// A brace without its pair.
    OpenBound,
    /// A square bracket without its pair.
    OpenBracket,
    /// A parenthesis without its pair.
    Parenthesis,
    /// The ends of a range of characters.
    Range,
    /// A name between `[.` and `.]`.
    CharacterName,
    /// A name between `[:` and `:]`.
    ClassName,
    /// A back-reference to no finished group.
    Reference,
}

impl Reason {
    fn words(self) -> &'static str {
        match self {
            Reason::Prefix => "only = or : may follow the opening ***",
            Reason::Option => "unknown or unclosed option letters at the start",
            Reason::Escape => "unknown or incomplete backslash escape",
            Reason::NothingToRepeat => "a quantifier has nothing to repeat",
            Reason::Bound => "bounds in braces must be whole numbers up to 255 in rising order",
            Reason::OpenBound => "a brace is not closed",
            Reason::OpenBracket => "a square bracket is not closed",
            Reason::Parenthesis => "parentheses do not pair up",
            Reason::Range => "a range of characters has no proper ends",
            Reason::CharacterName => "no character has the name between [. and .] or [= and =]",
            Reason::ClassName => "no class of characters has the name between [: and :]",
            Reason::Reference => "a back-reference names no finished group",
        }
    }
}

impl fmt::Display for PatternFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternFault::TooLong => {
                write!(out, "pattern is longer than {PATTERN_CHARS_MAX} characters")
            }
            PatternFault::TooComplex => out.write_str("pattern is too complex: its repetitions multiply"),
            PatternFault::LoneBackslash => out.write_str("pattern ends in a lone backslash"),
            PatternFault::Notation { reason, at } => {
                write!(out, "{} (near character {at})", reason.words())
            }
        }
    }
}

impl std::error::Error for PatternFault {}

/// The question used up its budget of matching steps before it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepsSpent;

impl fmt::Display for StepsSpent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("pattern needs too many steps on these texts")
    }
}

impl std::error::Error for StepsSpent {}
