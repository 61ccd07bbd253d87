//! A set of rows of a chunk, as a bitmap.

use crate::book::chunk::CHUNK_CONTACTS_MAX;

const WORDS: usize = CHUNK_CONTACTS_MAX / 64;

/// A set of rows of a chunk, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bitmap([u64; WORDS]);

impl Bitmap {
    /// The empty set.
    pub const NONE: Self = Self([0; WORDS]);

    /// The rows `from..to`.
    pub fn range(from: usize, to: usize) -> Self {
        let mut bitmap = Self::NONE;
        for (at, word) in bitmap.0.iter_mut().enumerate() {
            let (low, high) = (from.clamp(at * 64, at * 64 + 64) - at * 64, to.clamp(at * 64, at * 64 + 64) - at * 64);
            if low < high {
                *word = (u64::MAX >> (64 - (high - low))) << low;
            }
        }
        bitmap
    }

    /// The rows whose bits are set in these words, of which there are sixteen.
    pub fn from_words(word: impl FnMut(usize) -> u64) -> Self {
        Self(std::array::from_fn(word))
    }

    /// Inserts a row.
    #[inline]
    pub fn set(&mut self, row: usize) {
        self.0[row / 64] |= 1 << (row % 64);
    }

    /// Whether the row is in the set.
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }

    /// The number of rows.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The intersection.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }

    /// The union.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// The difference: rows of this set that are not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & !other.0[at]))
    }

    /// The rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0;
        words.into_iter().enumerate().flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                let row = word.trailing_zeros() as usize;
                (word != 0).then(|| {
                    word &= word - 1;
                    at * 64 + row
                })
            })
        })
    }

    /// The rows for which the predicate is true.
    #[inline]
    pub fn filter(&self, mut predicate: impl FnMut(usize) -> bool) -> Self {
        let mut kept = Self::NONE;
        for (at, word) in self.0.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                kept.0[at] |= u64::from(predicate(at * 64 + bit)) << bit;
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_contains_exactly_its_rows() {
        for (from, to) in [(0, 0), (0, 1024), (5, 5), (63, 65), (64, 128), (1, 1023)] {
            let bitmap = Bitmap::range(from, to);
            assert_eq!(bitmap.iter().collect::<Vec<_>>(), (from..to).collect::<Vec<_>>(), "{from}..{to}");
            assert_eq!(bitmap.count(), to - from);
        }
        assert_eq!(Bitmap::range(0, 100).filter(|row| row % 7 == 0).iter().nth(2), Some(14));
    }
}
