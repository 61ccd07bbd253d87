//! What a pattern compiles to, shared by all threads that match it, and what both kinds of automata ask of it.

use std::sync::Arc;

use crate::alphabet::Alphabet;
use crate::ast::{Anchor, Demand, Side};
use crate::program::{Assertion, NEWLINE_SET, ProgramSet, WORD_SET};

/// What all threads that match a pattern share.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) programs: Arc<ProgramSet>,
    pub(crate) alphabet: Alphabet,
}

impl Compiled {
    /// Whether an assertion holds between two letters; unknown for a look-around condition with a program of its own.
    /// The number of letters stands for an end of the text.
    pub(crate) fn holds(&self, assertion: Assertion, before: usize, after: usize) -> Option<bool> {
        Some(match assertion {
            Assertion::Anchor(anchor) => self.anchored(anchor, before, after),
            Assertion::Adjacent(Side::Ahead, demand, set) => {
                self.is_in(set as usize, after) == (demand == Demand::Match)
            }
            Assertion::Adjacent(Side::Behind, demand, set) => {
                self.is_in(set as usize, before) == (demand == Demand::Match)
            }
            Assertion::LookAround(..) => return None,
        })
    }

    /// Whether a set contains a letter; the ends of the text are in no set.
    pub(crate) fn is_in(&self, set: usize, letter: usize) -> bool {
        letter < self.alphabet.letters() && self.alphabet.holds(set, letter)
    }

    fn anchored(&self, anchor: Anchor, before: usize, after: usize) -> bool {
        let outside = self.alphabet.letters();
        let word_before = self.is_in(WORD_SET, before);
        let word_after = self.is_in(WORD_SET, after);
        match anchor {
            Anchor::TextStart => before == outside,
            Anchor::TextEnd => after == outside,
            Anchor::LineStart => before == outside || self.is_in(NEWLINE_SET, before),
            Anchor::LineEnd => after == outside || self.is_in(NEWLINE_SET, after),
            Anchor::WordStart => !word_before && word_after,
            Anchor::WordEnd => word_before && !word_after,
            Anchor::WordBoundary => word_before != word_after,
            Anchor::NotWordBoundary => word_before == word_after,
        }
    }
}
