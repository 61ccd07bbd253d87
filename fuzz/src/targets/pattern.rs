//! A regular expression or `like` pattern and texts to match.
//!
//! Results are not compared with PostgreSQL here (`crates/pg-regex/tests/postgres.rs` does that). A scan over texts laid
//! end to end must find what matching each of them finds, and a pattern that was used before must answer like a new one.

use pg_regex::{Case, Like, MATCH_STEPS_DEFAULT, Regex, StepBudget, StepLimitError};
use ringbook_testbed::random::{Choices, Rng};

use super::{joined, texts};
use crate::{Outcome, grammar};

pub const DICTIONARY: &[&str] = &[
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

/// Texts that every pattern is matched with, besides those of the input.
const TEXTS: [&str; 8] =
    ["", "a", "Иванов Иван", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "ß ſ İ Σ", "74950237547", "a.b-c_d x", "中文 😀"];

pub fn generate(rng: &mut Rng) -> Vec<u8> {
    let pattern = if rng.one_in(4) { grammar::like(rng) } else { grammar::regexp(rng) };
    let mut parts = vec![pattern];
    parts.extend((0..rng.below(6)).map(|_| grammar::text(rng)));
    joined(parts)
}

pub fn run(input: &[u8]) -> Outcome {
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

/// Compares the ways to match, unless the step budget is exhausted.
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
        assert_eq!(alone[last], again, "{source:?} answers differently after use on {lines:?}");
    }
    // A single text may contain line feeds.
    let _ = regexp.is_match(&lines.join("\n"), &mut steps);
}

/// The lines that a scan finds.
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
        let Some(position) = next(&text, from)? else { break };
        assert!(position >= from, "a match at {position}, before {from}");
        // The line feed after a line belongs to it, or to the next line if the match is empty.
        let line = ends.iter().position(|end| position <= *end).expect("a position in the text");
        found[line] = true;
        from = ends[line] + 1;
    }
    Ok(found)
}
