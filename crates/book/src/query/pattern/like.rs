//! `like` and `ilike`.
//!
//! `%` is any run of characters, `_` any one, a backslash takes the next character as it is. A
//! pattern is cut at its `%` into pieces that must occur in order; each is taken at its first
//! place, so a text is read once and nothing is tried twice. `ilike` is the same over small
//! letters on both sides.

use super::fault::PatternFault;
use super::fold;
use super::scan::{Hit, Scan, line_around};
use super::set::CharSet;
use super::syntax::{Alternation, Atom, Piece, Preference, Repeat};
use super::{PATTERN_CHARS_MAX, Room};

/// Whether letter case matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// `like`: characters are compared as they are.
    Exact,
    /// `ilike`: the small letters of both sides are compared.
    Lower,
}

/// What one place of a pattern asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Run,
    Any,
    This(char),
}

/// A stretch of the pattern without `%`.
#[derive(Debug, Default)]
struct Stretch {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Text(String),
    /// So many characters, whatever they are.
    Skip(usize),
}

/// A compiled `like` or `ilike` pattern.
#[derive(Debug)]
pub struct Like {
    /// The stretches between the `%`: the first starts the text, the last ends it. One alone is
    /// the whole text.
    stretches: Vec<Stretch>,
    fold: Fold,
    scan: Scan,
    /// The pattern asks for the scanned literal anywhere, and for nothing else.
    contains: bool,
}

impl Like {
    /// Compiles a pattern of at most [`PATTERN_CHARS_MAX`] characters.
    ///
    /// # Errors
    /// It is too long, or ends in a lone backslash.
    pub fn compile(source: &str, fold: Fold) -> Result<Like, PatternFault> {
        let marks = read(source, fold)?;
        let mut stretches = vec![Stretch::default()];
        for mark in &marks {
            match mark {
                Mark::Run => stretches.push(Stretch::default()),
                Mark::Any => stretches.last_mut().into_iter().for_each(Stretch::skip),
                Mark::This(one) => stretches.last_mut().into_iter().for_each(|it| it.push(*one)),
            }
        }
        let last = stretches.len() - 1;
        let mut at = 0;
        stretches.retain(|stretch| {
            at += 1;
            at == 1 || at > last || !stretch.steps.is_empty()
        });
        let literal = longest_literal(&marks);
        let scan = Scan::of(&tree_of(literal, fold), Room::shared_by(1));
        let contains = is_contains(&marks, literal);
        Ok(Like { stretches, fold, scan, contains })
    }

    /// How many steps looking at one character can take at worst.
    pub(in crate::query) fn weight(&self) -> usize {
        self.stretches.iter().map(|stretch| stretch.steps.len()).sum()
    }

    /// Whether a text matches. Time grows with the text, and at worst with the text times the
    /// pattern.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match self.fold {
            Fold::Exact => self.fits(text),
            Fold::Lower => self.fits(&lowered(text)),
        }
    }

    /// Scans newline-free texts laid end to end, joined by `\n`: a place in the next line that
    /// matches, its newline included. `from` is the start of a line, or past the end.
    #[must_use]
    pub fn next_match_end(&self, lines: &str, mut from: usize) -> Option<usize> {
        while from <= lines.len() {
            let start = match self.scan.next(lines, from)? {
                Hit::Match(place) if self.contains => return Some(place),
                Hit::Match(place) => line_around(lines, place).0,
                Hit::Candidate(start) => start,
            };
            let (_, end) = line_around(lines, start);
            if self.is_match(&lines[start..end]) {
                return Some(end);
            }
            from = end + 1;
        }
        None
    }

    /// Whether a text, already in small letters where case is ignored, matches.
    fn fits(&self, text: &str) -> bool {
        let (first, rest) = self.stretches.split_first().expect("there is always one stretch");
        let Some(mut at) = first.end_at(text, 0) else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return at == text.len();
        };
        for stretch in middle {
            match stretch.find(text, at) {
                Some(end) => at = end,
                None => return false,
            }
        }
        last.start_before_end(text).is_some_and(|start| start >= at)
    }
}

impl Stretch {
    fn push(&mut self, character: char) {
        if let Some(Step::Text(text)) = self.steps.last_mut() {
            text.push(character);
        } else {
            self.steps.push(Step::Text(character.into()));
        }
    }

    fn skip(&mut self) {
        if let Some(Step::Skip(count)) = self.steps.last_mut() {
            *count += 1;
        } else {
            self.steps.push(Step::Skip(1));
        }
    }

    /// Where the stretch ends if it stands at `at`.
    fn end_at(&self, text: &str, mut at: usize) -> Option<usize> {
        for step in &self.steps {
            at = match step {
                Step::Text(wanted) if text[at..].starts_with(wanted.as_str()) => at + wanted.len(),
                Step::Text(_) => return None,
                Step::Skip(count) => forward(text, at, *count)?,
            };
        }
        Some(at)
    }

    /// Where the stretch starts if the text ends with it.
    fn start_before_end(&self, text: &str) -> Option<usize> {
        let mut rest = text;
        for step in self.steps.iter().rev() {
            rest = match step {
                Step::Text(wanted) => rest.strip_suffix(wanted.as_str())?,
                Step::Skip(count) => {
                    let (at, _) = rest.char_indices().rev().nth(count - 1)?;
                    &rest[..at]
                }
            };
        }
        Some(rest.len())
    }

    /// Where the first occurrence at or after `from` ends.
    fn find(&self, text: &str, mut from: usize) -> Option<usize> {
        loop {
            if let Some(Step::Text(wanted)) = self.steps.first() {
                from += memchr::memmem::find(&text.as_bytes()[from..], wanted.as_bytes())?;
            }
            if let Some(end) = self.end_at(text, from) {
                return Some(end);
            }
            from = forward(text, from, 1)?;
        }
    }
}

/// The place so many characters further on, if there are so many.
fn forward(text: &str, at: usize, count: usize) -> Option<usize> {
    let mut places = text[at..].char_indices().map(|(place, _)| at + place).chain([text.len()]);
    places.nth(count).filter(|place| count == 0 || *place > at)
}

fn lowered(text: &str) -> String {
    let small = |c: char| char::from_u32(fold::lower(c.into())).unwrap_or(c);
    text.chars().map(small).collect()
}

/// Reads a pattern place by place.
fn read(source: &str, fold: Fold) -> Result<Vec<Mark>, PatternFault> {
    if source.chars().nth(PATTERN_CHARS_MAX).is_some() {
        return Err(PatternFault::TooLong);
    }
    let source = match fold {
        Fold::Exact => source.to_owned(),
        Fold::Lower => lowered(source),
    };
    let mut marks = Vec::new();
    let mut rest = source.chars();
    while let Some(character) = rest.next() {
        marks.push(match character {
            '%' => Mark::Run,
            '_' => Mark::Any,
            '\\' => Mark::This(rest.next().ok_or(PatternFault::LoneBackslash)?),
            plain => Mark::This(plain),
        });
    }
    Ok(marks)
}

/// The longest run of plain characters.
fn longest_literal(marks: &[Mark]) -> &[Mark] {
    let is_plain = |mark: &Mark| matches!(mark, Mark::This(_));
    let runs = marks.chunk_by(|one, other| is_plain(one) && is_plain(other));
    runs.filter(|run| is_plain(&run[0])).max_by_key(|run| run.len()).unwrap_or(&[])
}

/// Whether only `%` surround the literal, on both sides.
fn is_contains(marks: &[Mark], literal: &[Mark]) -> bool {
    let others = marks.iter().filter(|mark| !matches!(mark, Mark::Run)).count();
    let runs_around = marks.first() == Some(&Mark::Run) && marks.last() == Some(&Mark::Run);
    !literal.is_empty() && others == literal.len() && runs_around
}

/// A literal as a tree that the scan understands.
fn tree_of(literal: &[Mark], fold: Fold) -> Alternation {
    let piece = |mark: &Mark| match mark {
        Mark::Run | Mark::Any => None,
        Mark::This(character) => {
            let point = u32::from(*character);
            let set = match fold {
                Fold::Exact => CharSet::one(point),
                Fold::Lower => fold::lowering_to(point),
            };
            let preference = Preference::Inherited;
            Some(Piece::Repeat(Repeat { atom: Atom::Set(set), least: 1, most: 1, preference }))
        }
    };
    Alternation { branches: vec![literal.iter().filter_map(piece).collect()] }
}
