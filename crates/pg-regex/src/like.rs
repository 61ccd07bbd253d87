//! `LIKE` and `ILIKE` patterns.
//!
//! `%` matches any sequence of characters, `_` any single character, and a backslash escapes the next character. A
//! pattern is split at each `%` into segments that must occur in order. Each is matched at its first occurrence, so
//! there is no backtracking. `ILIKE` compares the lower case of both sides.

use crate::PATTERN_CHARS_MAX;
use crate::ast::{Alternation, Atom, Piece, Preference, Repeat};
use crate::budget::SizeBudget;
use crate::case;
use crate::char_set::CharSet;
use crate::line_scan::{LineHit, LineScanner, line_around};
use crate::pattern_error::PatternError;

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

/// A part of the pattern between two `%`.
#[derive(Debug, Default)]
struct Segment {
    items: Vec<SegmentItem>,
}

#[derive(Debug)]
enum SegmentItem {
    Text(String),
    /// This number of arbitrary characters.
    Skip(usize),
}

/// A compiled `LIKE` or `ILIKE` pattern.
#[derive(Debug)]
pub struct Like {
    /// The segments between the `%`: the text starts with the first and ends with the last. A single segment is the
    /// whole text.
    segments: Vec<Segment>,
    case: Case,
    scanner: LineScanner,
    /// The pattern is `%literal%`: finding the literal is enough.
    contains: bool,
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
            at == 1 || at > last || !segment.items.is_empty()
        });
        let literal = longest_literal(&tokens);
        let scanner = LineScanner::new(&tree_of(literal, case), SizeBudget::default());
        let contains = is_contains(&tokens, literal);
        Ok(Like { segments, case, scanner, contains })
    }

    /// The number of comparisons that one character of a text can take in the worst case, for estimating costs.
    #[must_use]
    pub fn complexity(&self) -> usize {
        self.segments.iter().map(|segment| segment.items.len()).sum()
    }

    /// Whether a text matches, as `text LIKE pattern` in PostgreSQL. Takes time linear in the text, in the worst case
    /// proportional to text times pattern.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match self.case {
            Case::Sensitive => self.matches_folded(text),
            Case::Insensitive => self.matches_folded(&lowered(text)),
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
        let (first, rest) = self.segments.split_first().expect("a pattern has at least one segment");
        let Some(mut at) = first.end_at(text, 0) else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return at == text.len();
        };
        for segment in middle {
            match segment.find(text, at) {
                Some(end) => at = end,
                None => return false,
            }
        }
        last.start_before_end(text).is_some_and(|start| start >= at)
    }
}

impl Segment {
    fn push(&mut self, character: char) {
        if let Some(SegmentItem::Text(text)) = self.items.last_mut() {
            text.push(character);
        } else {
            self.items.push(SegmentItem::Text(character.into()));
        }
    }

    fn skip(&mut self) {
        if let Some(SegmentItem::Skip(count)) = self.items.last_mut() {
            *count += 1;
        } else {
            self.items.push(SegmentItem::Skip(1));
        }
    }

    /// The end of the segment if it matches at `at`.
    fn end_at(&self, text: &str, mut at: usize) -> Option<usize> {
        for item in &self.items {
            at = match item {
                SegmentItem::Text(wanted) if text[at..].starts_with(wanted.as_str()) => at + wanted.len(),
                SegmentItem::Text(_) => return None,
                SegmentItem::Skip(count) => forward(text, at, *count)?,
            };
        }
        Some(at)
    }

    /// The start of the segment if the text ends with it.
    fn start_before_end(&self, text: &str) -> Option<usize> {
        let mut rest = text;
        for item in self.items.iter().rev() {
            rest = match item {
                SegmentItem::Text(wanted) => rest.strip_suffix(wanted.as_str())?,
                SegmentItem::Skip(count) => {
                    let (at, _) = rest.char_indices().rev().nth(count - 1)?;
                    &rest[..at]
                }
            };
        }
        Some(rest.len())
    }

    /// The end of the first occurrence at or after `from`.
    fn find(&self, text: &str, mut from: usize) -> Option<usize> {
        loop {
            if let Some(SegmentItem::Text(wanted)) = self.items.first() {
                from += memchr::memmem::find(&text.as_bytes()[from..], wanted.as_bytes())?;
            }
            if let Some(end) = self.end_at(text, from) {
                return Some(end);
            }
            from = forward(text, from, 1)?;
        }
    }
}

/// The position `count` characters after `at`, if there are that many.
fn forward(text: &str, at: usize, count: usize) -> Option<usize> {
    let mut places = text[at..].char_indices().map(|(place, _)| at + place).chain([text.len()]);
    places.nth(count).filter(|place| count == 0 || *place > at)
}

fn lowered(text: &str) -> String {
    let small = |c: char| char::from_u32(case::lower(c.into())).unwrap_or(c);
    text.chars().map(small).collect()
}

/// Parses a pattern into tokens.
fn tokenize(pattern: &str, case: Case) -> Result<Vec<LikeToken>, PatternError> {
    if pattern.chars().nth(PATTERN_CHARS_MAX).is_some() {
        return Err(PatternError::TooLong);
    }
    let pattern = match case {
        Case::Sensitive => pattern.to_owned(),
        Case::Insensitive => lowered(pattern),
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
