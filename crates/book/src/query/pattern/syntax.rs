//! What a pattern says, as a tree.
//!
//! The parser builds it with every question of notation settled: letters are sets with their
//! other cases in, newline rules are in the sets and anchors, bounds are numbers. Options and
//! the three flavours of syntax leave no trace. The engines read it; nothing changes it.

use super::set::CharSet;

/// No upper bound on repetitions.
pub(super) const UNBOUNDED: u32 = u32::MAX;

/// Alternatives, at least one.
#[derive(Clone, Debug, Default)]
pub(super) struct Alternation {
    pub(super) branches: Vec<Vec<Piece>>,
}

/// One item of a branch.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// Holds at a place or not, without looking further than one character.
    Anchor(Anchor),
    /// Holds where a pattern of its own matches (or does not) ahead or behind.
    Around(Around),
    /// An atom, repeated.
    Repeat(Repeat),
}

/// A condition on the two characters beside a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordStart,
    WordEnd,
    WordEdge,
    NotWordEdge,
}

/// Which way a condition looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Ahead,
    Behind,
}

/// What a condition asks of its pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    Match,
    NoMatch,
}

/// Look-ahead or look-behind; its groups do not capture.
#[derive(Clone, Debug)]
pub(super) struct Around {
    pub(super) side: Side,
    pub(super) demand: Demand,
    pub(super) inner: Alternation,
}

/// Which match a quantifier prefers. Only back-references can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preference {
    Inherited,
    Longest,
    Shortest,
}

/// An atom and how often it comes: `least` ≤ `most`, both at most 255, or `most` unbounded.
#[derive(Clone, Debug)]
pub(super) struct Repeat {
    pub(super) atom: Atom,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) preference: Preference,
}

/// What a quantifier applies to.
#[derive(Clone, Debug)]
pub(super) enum Atom {
    Set(CharSet),
    /// A group, with its number where it captures.
    Group(Option<u32>, Alternation),
    /// The text that a group captured. The group is whole and precedes.
    Back(u32),
}

impl Repeat {
    /// Whether the atom comes exactly once.
    pub(super) fn is_once(&self) -> bool {
        self.least == 1 && self.most == 1
    }
}
