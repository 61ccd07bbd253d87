//! The least work that could answer a query: scans over the names, laid end to end.

use memchr::memmem::Finder;
use regex::Regex;
use ringbook_book::Book;

/// A pattern in PostgreSQL's dialect and the same in that of the crate `regex`, over lines.
pub struct Pattern {
    pub ours: &'static str,
    pub theirs: &'static str,
    /// Whether a match can hold a space.
    pub can_match_space: bool,
}

const fn same(both: &'static str) -> Pattern {
    word(both, both)
}

/// A pattern whose matches hold no space.
const fn word(ours: &'static str, theirs: &'static str) -> Pattern {
    Pattern { ours, theirs, can_match_space: false }
}

const fn words(ours: &'static str, theirs: &'static str) -> Pattern {
    Pattern { ours, theirs, can_match_space: true }
}

/// From patterns that a prefilter decides to patterns that visit every letter.
pub const PATTERNS: &[Pattern] = &[
    same("ван"),
    same("Иван|Пётр|Анна"),
    same("[Сс]ерге[йя]"),
    word("^Ив", "(?m)^Ив"),
    word("ова$", "(?m)ова$"),
    word("\\mMar", "\\b{start}Mar"),
    word("(?i)smith", "(?i)smith"),
    words("^[^ ]+ова? Ан", "(?m)^[^ \n]+ова? Ан"),
    words("[[:alpha:]]-[[:alpha:]]+ .*ич$", "(?m)\\p{Alphabetic}-\\p{Alphabetic}+ .*ич$"),
];

/// The full names, each ended by a line feed.
pub fn laid_end_to_end(book: &Book) -> String {
    let mut names = String::new();
    for contact in book.iter() {
        names.push_str(contact.full_name());
        names.push('\n');
    }
    names
}

/// Number of occurrences of `needle`.
pub fn memmem(names: &str, needle: &str) -> u64 {
    Finder::new(needle).find_iter(names.as_bytes()).count() as u64
}

/// Number of lines that match.
pub fn regex(names: &str, pattern: &Regex) -> u64 {
    let (mut lines, mut from) = (0, 0);
    while let Some(found) = pattern.find_at(names, from) {
        lines += 1;
        let rest = &names.as_bytes()[found.end()..];
        match memchr::memchr(b'\n', rest) {
            Some(end) => from = found.end() + end + 1,
            None => break,
        }
        if from >= names.len() {
            break;
        }
    }
    lines
}
