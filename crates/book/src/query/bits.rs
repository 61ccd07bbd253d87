//! Which contacts of a chunk: one bit each.

use crate::book::chunk::CHUNK_CONTACTS_MAX;

const WORDS: usize = CHUNK_CONTACTS_MAX / 64;

/// A set of places in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bits([u64; WORDS]);

impl Bits {
    /// No place.
    pub const NONE: Self = Self([0; WORDS]);

    /// The places `from..to`.
    pub fn range(from: usize, to: usize) -> Self {
        let mut bits = Self::NONE;
        for (at, word) in bits.0.iter_mut().enumerate() {
            let (low, high) = (from.clamp(at * 64, at * 64 + 64) - at * 64, to.clamp(at * 64, at * 64 + 64) - at * 64);
            if low < high {
                *word = (u64::MAX >> (64 - (high - low))) << low;
            }
        }
        bits
    }

    /// Adds a place.
    #[inline]
    pub fn set(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    /// Whether the place is in the set.
    #[inline]
    pub fn has(&self, place: usize) -> bool {
        self.0[place / 64] >> (place % 64) & 1 == 1
    }

    /// How many places.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }

    /// What is in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & !other.0[at]))
    }

    /// The places, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0;
        words.into_iter().enumerate().flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                let place = word.trailing_zeros() as usize;
                (word != 0).then(|| {
                    word &= word - 1;
                    at * 64 + place
                })
            })
        })
    }

    /// The places that pass.
    #[inline]
    pub fn filter(&self, mut passes: impl FnMut(usize) -> bool) -> Self {
        let mut kept = Self::NONE;
        for (at, word) in self.0.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                kept.0[at] |= u64::from(passes(at * 64 + bit)) << bit;
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_just_its_places() {
        for (from, to) in [(0, 0), (0, 1024), (5, 5), (63, 65), (64, 128), (1, 1023)] {
            let bits = Bits::range(from, to);
            assert_eq!(bits.iter().collect::<Vec<_>>(), (from..to).collect::<Vec<_>>(), "{from}..{to}");
            assert_eq!(bits.count(), to - from);
        }
        assert_eq!(Bits::range(0, 100).filter(|place| place % 7 == 0).iter().nth(2), Some(14));
    }
}
