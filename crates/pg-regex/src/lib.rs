//! PostgreSQL's pattern matching without PostgreSQL: regular expressions as the operator `~` understands them
//! ([`Regex`]), and the patterns of `LIKE` and `ILIKE` ([`Like`]).
//!
//! The reference for syntax, for which texts match and for which patterns are rejected is PostgreSQL 15 with the
//! locale `C.UTF-8`. All of the [documented syntax] is supported: advanced, extended and basic regular expressions,
//! embedded options, look-ahead and look-behind, and back-references with PostgreSQL's rules of what a group captures.
//! The answers are compared with a running PostgreSQL on random patterns and texts (`tests/postgres.rs`).
//!
//! ```
//! use pg_regex::{Case, Like, Regex, StepBudget};
//!
//! let mut budget = StepBudget::default();
//! let double = Regex::new(r"(?i)\m(\w)\w*\1\M")?;
//! assert!(double.is_match("one Bulb", &mut budget)?);
//! assert!(!double.is_match("two lamps", &mut budget)?);
//!
//! let like = Like::new("%bulb_", Case::Insensitive)?;
//! assert!(like.is_match("two bulbs"));
//!
//! assert_eq!(Regex::new("a(b").unwrap_err().to_string(), "unbalanced parentheses (near character 3)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Patterns from strangers
//!
//! Both time and memory are bounded, so a pattern may come from an untrusted source:
//!
//! - a pattern has at most [`PATTERN_CHARS_MAX`] characters;
//! - what it compiles to is bounded by a [`SizeBudget`]; a pattern that exceeds it is rejected as
//!   [`PatternError::TooComplex`];
//! - matching takes its steps from a [`StepBudget`] and fails with [`StepLimitError`] when that is exhausted. Only
//!   look-around, word boundaries and back-references spend steps on ordinary texts; other patterns run in time linear
//!   in the text. Where a deterministic automaton would need too many states, as for `a.{200}c`, a bit-parallel one takes
//!   over, which spends a step for every other operation on 64 of its positions;
//! - a `LIKE` pattern takes time linear in the text: segments with `_` are searched bit-parallel where comparing
//!   candidates would take longer. [`Like::cost`] estimates its time.
//!
//! # Many texts at once
//!
//! [`Regex::find_in_lines`] and [`Like::find_in_lines`] match texts that are stored end to end, separated by line
//! feeds. They skip with a literal search and a lazily built DFA (from the crate [`regex_automata`]) to the lines that
//! can match, which is several times faster than one call per text.
//!
//! [`Regex::piece_matcher`] and [`Like::piece_matcher`] match texts that are put together from few pieces, such as first and
//! last names: [`PieceMatcher`].
//!
//! # What it does not do
//!
//! It reports whether a text matches, not where or what the groups captured. It knows one locale, and does not
//! normalise texts. `SIMILAR TO` is not supported.
//!
//! [documented syntax]: https://www.postgresql.org/docs/15/functions-matching.html#FUNCTIONS-POSIX-REGEXP

mod alphabet;
mod ast;
mod backtrack;
mod bit_nfa;
mod bracket;
mod budget;
mod case;
mod char_set;
mod classes;
mod compiled;
mod escape;
mod lazy_dfa;
mod lexer;
mod like;
mod line_scan;
mod node;
mod parser;
mod pattern_error;
mod piecewise;
mod program;
mod regex;
mod required;
mod segment;
mod shift_and;
#[cfg(test)]
mod tests;
mod unicode_tables;

use std::sync::LazyLock;

pub use budget::{MATCH_STEPS_DEFAULT, SizeBudget, StepBudget, StepLimitError};
use char_set::CharSet;
use classes::Class;
pub use like::{Case, Like, lower_case};
pub use pattern_error::{PatternError, SyntaxErrorKind};
pub use piecewise::{PieceMatcher, PieceOutcome, TextState};
pub use regex::Regex;
pub use required::Required;

/// The lower case of a character by PostgreSQL's simple mappings, or the character itself.
#[must_use]
pub fn lower_char(character: char) -> char {
    case::lower_char(character)
}

/// Whether a character is a word character, as `\w` has them.
#[must_use]
pub fn is_word_char(character: char) -> bool {
    static WORD: LazyLock<CharSet> = LazyLock::new(|| Class::Word.set());
    WORD.contains(character.into())
}

/// The example of the README compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;

/// The most characters a pattern may have.
pub const PATTERN_CHARS_MAX: usize = 1_000;
