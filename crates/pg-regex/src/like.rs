//! `LIKE` and `ILIKE` patterns.
//!
//! `%` matches any sequence of characters, `_` any single character, and a backslash escapes the next character. A
//! pattern is split at each `%` into segments that must occur in order. Each is matched at its first occurrence, so
//! there is no backtracking between segments, and [`crate::segment`] bounds the search for one. `ILIKE` compares the
//! lower case of both sides.

use std::sync::Arc;

use regex_syntax::hir::{Hir, Look};

use crate::PATTERN_CHARS_MAX;
use crate::ast::{Alternation, Atom, Piece, Preference, Repeat, UNBOUNDED};
use crate::budget::SizeBudget;
use crate::case;
use crate::char_set::CharSet;
use crate::line_scan::{self, LineHit, LineScanner, line_around};
use crate::pattern_error::PatternError;
use crate::piecewise::PieceMatcher;
use crate::required::Required;
use crate::segment::{Effort, Segment};

/// Estimated time of the search for one segment, besides the text that it reads, in nanoseconds.
const SEGMENT_NANOS: u64 = 40;
/// Estimated time of reading a byte in a search for literals, in nanoseconds.
const LITERAL_BYTE_NANOS: u64 = 1;
/// Estimated time of converting a byte to lower case, in nanoseconds.
const FOLD_BYTE_NANOS: u64 = 3;
/// Estimated time of a byte in a search for a segment with `_` that becomes bit-parallel, in nanoseconds, besides one
/// for each word of its state.
const WILDCARD_BYTE_NANOS: u64 = 14;

/// Whether a comparison is case-sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `LIKE`: characters are compared as they are.
    Sensitive,
    /// `ILIKE`: characters are compared in lower case.
    Insensitive,
}

/// One token of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LikeToken {
    AnySequence,
    AnyChar,
    Literal(char),
}

/// A compiled `LIKE` or `ILIKE` pattern.
#[derive(Debug)]
pub struct Like {
    /// The segments between the `%`: the text starts with the first and ends with the last. A single segment is the
    /// whole text.
    segments: Arc<[Segment]>,
    case: Case,
    scanner: LineScanner,
    /// The pattern is `%literal%`: finding the literal is enough.
    contains: bool,
    /// Minimum number of bytes of a text that matches, in lower case if case is ignored.
    bytes_min: usize,
    required: Arc<Required>,
}

impl Like {
    /// Compiles a pattern of at most [`PATTERN_CHARS_MAX`] characters.
    ///
    /// # Errors
    /// It is too long, or ends with a backslash that escapes nothing.
    pub fn new(pattern: &str, case: Case) -> Result<Like, PatternError> {
        let tokens = tokenize(pattern, case)?;
        let mut segments = vec![Segment::default()];
        for token in &tokens {
            match token {
                LikeToken::AnySequence => segments.push(Segment::default()),
                LikeToken::AnyChar => segments.last_mut().into_iter().for_each(Segment::skip),
                LikeToken::Literal(one) => segments.last_mut().into_iter().for_each(|it| it.push(*one)),
            }
        }
        let last = segments.len() - 1;
        let mut at = 0;
        segments.retain(|segment| {
            at += 1;
            at == 1 || at > last || !segment.is_empty()
        });
        let literal = longest_literal(&tokens);
        let scanner = LineScanner::new(&tree_of(literal, case), SizeBudget::default());
        let contains = is_contains(&tokens, literal);
        let bytes_min = segments.iter().map(Segment::bytes_min).sum();
        let required = Arc::new(required(&tokens));
        Ok(Like { segments: segments.into(), case, scanner, contains, bytes_min, required })
    }

    /// The same pattern with nothing remembered of the texts that it was matched with. What was compiled is shared, so this
    /// takes no time.
    #[must_use]
    pub fn fresh(&self) -> Like {
        Like {
            segments: Arc::clone(&self.segments),
            case: self.case,
            scanner: self.scanner.fresh(),
            contains: self.contains,
            bytes_min: self.bytes_min,
            required: Arc::clone(&self.required),
        }
    }

    /// Bytes of memory of what was compiled, within a few per cent: what patterns made by [`Like::fresh`] share.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let segments: usize = self.segments.iter().map(|segment| size_of::<Segment>() + segment.bytes()).sum();
        size_of::<Self>() + segments + self.scanner.bytes() + self.required.bytes()
    }

    /// The estimated time of matching a text of this length in the worst case, in nanoseconds.
    #[must_use]
    pub fn cost(&self, bytes: usize) -> u64 {
        let fold = if self.case == Case::Insensitive { FOLD_BYTE_NANOS } else { 0 };
        let words = self.segments.iter().map(Segment::state_words).max().unwrap_or(0) as u64;
        let wildcards = if words > 0 { WILDCARD_BYTE_NANOS + words } else { 0 };
        let searches = self.segments.len().min(bytes + 1) as u64 * SEGMENT_NANOS;
        searches + (bytes as u64).saturating_mul(LITERAL_BYTE_NANOS + fold + wildcards)
    }

    /// Whether every match is a literal without spaces, at the start of the text, at its end, or anywhere. So whether a
    /// text matches can be said of its words, each with the spaces beside it.
    #[must_use]
    pub fn matches_within_words(&self) -> bool {
        let mut segments = self.segments.iter().filter(|segment| !segment.is_empty());
        segments.next().is_some_and(|only| only.is_word()) && segments.next().is_none()
    }

    /// The end of a text that matches, if the pattern is `%literal`: exactly the texts that end with it match, after they
    /// are put into lower case if case is ignored.
    #[must_use]
    pub fn suffix(&self) -> Option<(&str, Case)> {
        match &*self.segments {
            [first, last] if first.is_empty() => Some((last.literal()?, self.case)),
            _ => None,
        }
    }

    /// What every text that matches contains, in lower case.
    #[must_use]
    pub fn required(&self) -> &Required {
        &self.required
    }

    /// A matcher for texts without line feeds that are given in pieces. `None` if its automaton is too large.
    #[must_use]
    pub fn piece_matcher(&self) -> Option<PieceMatcher> {
        if self.contains {
            return self.scanner.piece_matcher(SizeBudget::default());
        }
        let literal = |text: &str| match self.case {
            Case::Sensitive => Hir::literal(text.as_bytes()),
            Case::Insensitive => {
                let lowered = text.chars().map(|character| line_scan::class(&case::lowering_to(character.into())));
                Hir::concat(lowered.collect())
            }
        };
        let mut parts = Vec::with_capacity(2 * self.segments.len() + 1);
        let last = self.segments.len() - 1;
        for (at, segment) in self.segments.iter().enumerate() {
            parts.push(match at {
                0 if last > 0 && segment.is_empty() => Hir::empty(),
                0 => Hir::look(Look::StartLF),
                // Whatever follows the end of a match.
                _ if at == last && segment.is_empty() => break,
                _ if at == 1 && self.segments[0].is_empty() => Hir::empty(),
                _ => line_scan::repetition(line_scan::class(&CharSet::any()), 0, UNBOUNDED),
            });
            parts.push(segment.hir(literal));
            if at == last {
                parts.push(Hir::look(Look::EndLF));
            }
        }
        let (hir, size) = (Hir::concat(parts), SizeBudget::default());
        PieceMatcher::new(line_scan::nfa(&hir, size)?, line_scan::is_anchored(&hir), true, size)
    }

    /// Whether a text matches, as `text LIKE pattern` in PostgreSQL. Takes time linear in the text; a segment of `_` and
    /// other characters takes a step for each 64 of them and each character, in the worst case.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match self.case {
            Case::Sensitive => self.matches_folded(text),
            Case::Insensitive => self.matches_folded(&lower_case(text)),
        }
    }

    /// Finds the next matching line of many texts that are joined by line feeds, each matched as if it were alone.
    ///
    /// `from` must be the start of a line, or past the end. The result is a byte offset inside the matching line,
    /// where the line feed at its end counts as part of it; callers continue with the line after that.
    #[must_use]
    pub fn find_in_lines(&self, lines: &str, mut from: usize) -> Option<usize> {
        while from <= lines.len() {
            let start = match self.scanner.next(lines, from)? {
                LineHit::Match(place) if self.contains => return Some(place),
                LineHit::Match(place) => line_around(lines, place).0,
                LineHit::Candidate(start) => start,
            };
            let (_, end) = line_around(lines, start);
            if self.is_match(&lines[start..end]) {
                return Some(end);
            }
            from = end + 1;
        }
        None
    }

    /// Whether a text, in lower case if case is ignored, matches.
    fn matches_folded(&self, text: &str) -> bool {
        if text.len() < self.bytes_min {
            return false;
        }
        let (first, rest) = self.segments.split_first().expect("a pattern has at least one segment");
        let Some(mut at) = first.end_at(text, 0) else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return at == text.len();
        };
        let mut effort = Effort::for_text(text.len());
        for segment in middle {
            match segment.find(text, at, &mut effort) {
                Some(end) => at = end,
                None => return false,
            }
        }
        last.start_before_end(text).is_some_and(|start| start >= at)
    }
}

/// A text in lower case, character by character, as `ILIKE` compares it.
#[must_use]
pub fn lower_case(text: &str) -> String {
    text.chars().map(case::lower_char).collect()
}

/// Parses a pattern into tokens.
fn tokenize(pattern: &str, case: Case) -> Result<Vec<LikeToken>, PatternError> {
    if pattern.chars().nth(PATTERN_CHARS_MAX).is_some() {
        return Err(PatternError::TooLong);
    }
    let pattern = match case {
        Case::Sensitive => pattern.to_owned(),
        Case::Insensitive => lower_case(pattern),
    };
    let mut tokens = Vec::new();
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        tokens.push(match character {
            '%' => LikeToken::AnySequence,
            '_' => LikeToken::AnyChar,
            '\\' => LikeToken::Literal(rest.next().ok_or(PatternError::TrailingBackslash)?),
            plain => LikeToken::Literal(plain),
        });
    }
    Ok(tokens)
}

/// The longest run of literal characters.
fn longest_literal(tokens: &[LikeToken]) -> &[LikeToken] {
    let is_plain = |token: &LikeToken| matches!(token, LikeToken::Literal(_));
    let runs = tokens.chunk_by(|one, other| is_plain(one) && is_plain(other));
    runs.filter(|run| is_plain(&run[0])).max_by_key(|run| run.len()).unwrap_or(&[])
}

/// Whether the pattern is the literal between `%` on both sides.
fn is_contains(tokens: &[LikeToken], literal: &[LikeToken]) -> bool {
    let others = tokens.iter().filter(|token| !matches!(token, LikeToken::AnySequence)).count();
    let runs_around = tokens.first() == Some(&LikeToken::AnySequence) && tokens.last() == Some(&LikeToken::AnySequence);
    !literal.is_empty() && others == literal.len() && runs_around
}

/// The runs of literal characters, each with the ends of the text that it stands at.
fn required(tokens: &[LikeToken]) -> Required {
    let is_plain = |token: &LikeToken| matches!(token, LikeToken::Literal(_));
    let mut at = 0;
    let mut conditions = Vec::new();
    for run in tokens.chunk_by(|one, other| is_plain(one) && is_plain(other)) {
        let (starts, ends) = (at == 0, at + run.len() == tokens.len());
        at += run.len();
        if is_plain(&run[0]) {
            let characters = run.iter().filter_map(|token| match token {
                LikeToken::Literal(character) => Some(*character),
                LikeToken::AnySequence | LikeToken::AnyChar => None,
            });
            let edge = |stands: bool| stands.then_some('\n');
            conditions.push(Required::literal(edge(starts).into_iter().chain(characters).chain(edge(ends))));
        }
    }
    Required::all_of(conditions)
}

/// A literal as a syntax tree, for the scanner.
fn tree_of(literal: &[LikeToken], case: Case) -> Alternation {
    let piece = |token: &LikeToken| match token {
        LikeToken::AnySequence | LikeToken::AnyChar => None,
        LikeToken::Literal(character) => {
            let point = u32::from(*character);
            let set = match case {
                Case::Sensitive => CharSet::one(point),
                Case::Insensitive => case::lowering_to(point),
            };
            let preference = Preference::Inherited;
            Some(Piece::Repeat(Repeat { atom: Atom::Set(set), min: 1, max: 1, preference }))
        }
    };
    Alternation { branches: vec![literal.iter().filter_map(piece).collect()] }
}
