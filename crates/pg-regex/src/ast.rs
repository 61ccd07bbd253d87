//! The syntax tree of a regular expression.
//!
//! The parser resolves everything that depends on options or on the flavor of the syntax: a character is a set that
//! includes its other case where case is ignored, newline-sensitive matching is expressed in sets and anchors, and
//! bounds are numbers. The tree is never changed.

use crate::char_set::CharSet;

/// No upper bound on repetitions.
pub(crate) const UNBOUNDED: u32 = u32::MAX;

/// Alternatives, at least one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alternation {
    pub(crate) branches: Vec<Vec<Piece>>,
}

/// One item of a branch.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// A condition on the characters next to a position.
    Anchor(Anchor),
    /// A condition that a pattern of its own matches (or does not) ahead or behind.
    LookAround(LookAround),
    /// An atom, repeated.
    Repeat(Repeat),
}

/// A condition on the two characters next to a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordStart,
    WordEnd,
    WordBoundary,
    NotWordBoundary,
}

/// The direction of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Ahead,
    Behind,
}

/// Whether a condition is positive or negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    Match,
    NoMatch,
}

/// Look-ahead or look-behind; its groups do not capture.
#[derive(Clone, Debug)]
pub(crate) struct LookAround {
    pub(crate) side: Side,
    pub(crate) demand: Demand,
    pub(crate) inner: Alternation,
}

/// Which match a quantifier prefers. It makes a difference only to what groups capture, and so to back-references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preference {
    Inherited,
    Longest,
    Shortest,
}

/// An atom and its repetition count: `min` ≤ `max` ≤ 255, or `max` is [`UNBOUNDED`].
#[derive(Clone, Debug)]
pub(crate) struct Repeat {
    pub(crate) atom: Atom,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) preference: Preference,
}

/// What a quantifier applies to.
#[derive(Clone, Debug)]
pub(crate) enum Atom {
    Set(CharSet),
    /// A group, and its number if it captures.
    Group(Option<u32>, Alternation),
    /// A back-reference to a group that is closed before it.
    Backref(u32),
}

impl Alternation {
    /// Bytes of memory on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let of_piece = |piece: &Piece| match piece {
            Piece::Anchor(_) => 0,
            Piece::LookAround(look) => look.inner.bytes(),
            Piece::Repeat(repeat) => match &repeat.atom {
                Atom::Set(set) => set.bytes(),
                Atom::Group(_, inner) => inner.bytes(),
                Atom::Backref(_) => 0,
            },
        };
        let of_branch = |branch: &Vec<Piece>| {
            size_of::<Vec<Piece>>()
                + branch.capacity() * size_of::<Piece>()
                + branch.iter().map(of_piece).sum::<usize>()
        };
        self.branches.iter().map(of_branch).sum()
    }
}

impl Repeat {
    /// Whether the atom is matched exactly once.
    pub(crate) fn is_once(&self) -> bool {
        self.min == 1 && self.max == 1
    }
}
