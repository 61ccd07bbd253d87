//! A regular expression or `like` pattern and texts to match.
//!
//! Which texts match is for PostgreSQL to say, elsewhere; here the scan over texts laid end to end must find what
//! looking at each of them finds, and a pattern that has seen many texts must answer like a fresh one.

use pg_regex::{Case, Like, MATCH_STEPS_DEFAULT, Regex, StepBudget, StepLimitError};

use super::{joined, texts};
use crate::dice::Dice;
use crate::{Outcome, grammar};

pub const WORDS: &[&str] = &[
    "(",
    ")",
    "(?:",
    "(?=",
    "(?!",
    "(?<=",
    "(?<!",
    "[",
    "]",
    "[^",
    "[:alpha:]",
    "[[:<:]]",
    "[.a.]",
    "{1,255}",
    "{0,}",
    "*",
    "+?",
    "|",
    "^",
    "$",
    "\\m",
    "\\M",
    "\\y",
    "\\A",
    "\\Z",
    "\\1",
    "\\2",
    "\\d",
    "\\w",
    "\\u0430",
    "\\x{41}",
    "(?i)",
    "(?x)",
    "(?n)",
    "***=",
    "***:",
    "%",
    "_",
    "\\%",
    ".*",
    "(.*)*",
    "(a+)+",
    "\\",
    "#",
    "ё",
    "İ",
];

/// What every pattern is put on, besides the texts of its own.
const TEXTS: [&str; 8] =
    ["", "a", "Иванов Иван", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "ß ſ İ Σ", "74950237547", "a.b-c_d x", "中文 😀"];

pub fn grow(dice: &mut Dice) -> Vec<u8> {
    let pattern = if dice.chance(4) { grammar::like(dice) } else { grammar::regexp(dice) };
    let mut parts = vec![pattern];
    parts.extend((0..dice.below(6)).map(|_| grammar::text(dice)));
    joined(parts)
}

pub fn attempt(input: &[u8]) -> Outcome {
    let parts = texts(input);
    let (source, own) = parts.split_first().expect("a split yields a first part");
    let own = own.iter().flat_map(|text| text.split('\n'));
    let lines: Vec<&str> = TEXTS.into_iter().chain(own).collect();
    let mut outcome = Outcome::Refused;
    for case in [Case::Sensitive, Case::Insensitive] {
        if let Ok(like) = Like::new(source, case) {
            let alone: Vec<bool> = lines.iter().map(|line| like.is_match(line)).collect();
            let together = scanned(&lines, |text, from| Ok(like.find_in_lines(text, from)));
            assert_eq!(Ok(alone), together, "{source:?} like ({case:?}) over {lines:?}");
            outcome = Outcome::Accepted;
        }
    }
    match Regex::new(source) {
        Ok(regexp) => compare(source, &regexp, &lines),
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error without a message");
            return outcome;
        }
    }
    Outcome::Accepted
}

/// Compares the ways to match; a pattern whose steps are spent says nothing.
fn compare(source: &str, regexp: &Regex, lines: &[&str]) {
    let mut steps = StepBudget::new(MATCH_STEPS_DEFAULT / 20);
    let together = scanned(lines, |text, from| regexp.find_in_lines(text, from, &mut steps));
    let alone: Result<Vec<bool>, StepLimitError> = lines.iter().map(|line| regexp.is_match(line, &mut steps)).collect();
    if let (Ok(together), Ok(alone)) = (&together, &alone) {
        assert_eq!(together, alone, "{source:?} over {lines:?}");
    }
    let fresh = Regex::new(source).expect("it compiled before");
    let last = lines.len() - 1;
    if let (Ok(alone), Ok(again)) = (alone, fresh.is_match(lines[last], &mut steps)) {
        assert_eq!(alone[last], again, "{source:?} has grown old over {lines:?}");
    }
    // Texts that come alone may hold line feeds.
    let _ = regexp.is_match(&lines.join("\n"), &mut steps);
}

/// Which lines a scan finds.
fn scanned(
    lines: &[&str],
    mut next: impl FnMut(&str, usize) -> Result<Option<usize>, StepLimitError>,
) -> Result<Vec<bool>, StepLimitError> {
    let text = lines.join("\n");
    let mut ends = Vec::new();
    for line in lines {
        ends.push(ends.last().map_or(0, |end| end + 1) + line.len());
    }
    let mut found = vec![false; lines.len()];
    let mut from = 0;
    while from <= text.len() {
        let Some(place) = next(&text, from)? else { break };
        assert!(place >= from, "a match at {place}, before {from}");
        // The line feed behind a line belongs to it, or to the next where a match may be empty.
        let line = ends.iter().position(|end| place <= *end).expect("a place in the text");
        found[line] = true;
        from = ends[line] + 1;
    }
    Ok(found)
}
