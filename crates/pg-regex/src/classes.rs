//! Character classes: `[:alpha:]`, `\w` and so on.
//!
//! Names and members are those of PostgreSQL with the locale C.UTF-8. A class is built when a pattern uses it; nothing
//! is cached between patterns.

use crate::char_set::CharSet;
use crate::unicode_tables;

/// A character class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Alnum,
    Alpha,
    Ascii,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Xdigit,
    Word,
}

const NAMES: [(&str, Class); 14] = [
    ("alnum", Class::Alnum),
    ("alpha", Class::Alpha),
    ("ascii", Class::Ascii),
    ("blank", Class::Blank),
    ("cntrl", Class::Cntrl),
    ("digit", Class::Digit),
    ("graph", Class::Graph),
    ("lower", Class::Lower),
    ("print", Class::Print),
    ("punct", Class::Punct),
    ("space", Class::Space),
    ("upper", Class::Upper),
    ("xdigit", Class::Xdigit),
    ("word", Class::Word),
];

const DIGITS: &[(u32, u32)] = &[(0x30, 0x39)];
/// White space; no-break spaces do not belong to it.
const SPACES: &[(u32, u32)] = &[
    (0x09, 0x0D),
    (0x20, 0x20),
    (0x1680, 0x1680),
    (0x2000, 0x2006),
    (0x2008, 0x200A),
    (0x2028, 0x2029),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
];
/// The spaces in `[:print:]`.
const PRINTED_SPACES: &[(u32, u32)] =
    &[(0x20, 0x20), (0x1680, 0x1680), (0x2000, 0x2006), (0x2008, 0x200A), (0x205F, 0x205F), (0x3000, 0x3000)];

impl Class {
    /// The class with this name, as written between `[:` and `:]`.
    pub(crate) fn named(name: &str) -> Option<Class> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class)
    }

    /// The class to use when letter case is ignored.
    pub(crate) fn caseless(self) -> Class {
        match self {
            Class::Lower | Class::Upper => Class::Alpha,
            other => other,
        }
    }

    /// The characters of the class.
    pub(crate) fn set(self) -> CharSet {
        match self {
            Class::Alpha => runs(&unicode_tables::ALPHA),
            Class::Punct => runs(&unicode_tables::PUNCT),
            Class::Alnum => Class::Alpha.set().union(&Class::Digit.set()),
            Class::Word => Class::Alnum.set().union(&CharSet::one(0x5F)),
            Class::Graph => Class::Alnum.set().union(&Class::Punct.set()),
            Class::Print => Class::Graph.set().union(&CharSet::of(PRINTED_SPACES.to_vec())),
            Class::Lower => cased(&unicode_tables::TO_UPPER, &unicode_tables::CASELESS_LOWER),
            Class::Upper => cased(&unicode_tables::TO_LOWER, &unicode_tables::CASELESS_UPPER),
            Class::Digit => CharSet::of(DIGITS.to_vec()),
            Class::Space => CharSet::of(SPACES.to_vec()),
            Class::Ascii => CharSet::of(vec![(0, 0x7F)]),
            Class::Blank => CharSet::of(vec![(0x09, 0x09), (0x20, 0x20)]),
            Class::Cntrl => CharSet::of(vec![(0, 0x1F), (0x7F, 0x9F)]),
            Class::Xdigit => CharSet::of(vec![(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)]),
        }
    }
}

/// Whether a character is white space.
pub(crate) fn is_space(point: u32) -> bool {
    SPACES.iter().any(|range| (range.0..=range.1).contains(&point))
}

/// Unpacks a table of gaps and lengths.
fn runs(table: &[u32]) -> CharSet {
    let mut next = 0;
    let unpack = |pair: &[u32]| {
        let first = next + pair[0];
        next = first + pair[1];
        (first, next - 1)
    };
    CharSet::of(table.chunks_exact(2).map(unpack).collect())
}

/// The characters that a case mapping changes, and the given characters without a mapping.
fn cased(mapping: &[i32], caseless: &[u32]) -> CharSet {
    let mut ranges = runs(caseless).ranges().to_vec();
    for run in mapping.chunks_exact(4) {
        let (first, last) = (run[0] as u32, run[1] as u32);
        ranges.extend((first..=last).step_by(run[2] as usize).map(|point| (point, point)));
    }
    CharSet::of(ranges)
}
