//! A set of ranks, one bit each.

use std::ops::Range;

/// A set of ranks below a fixed number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RankSet {
    words: Vec<u64>,
    len: usize,
}

impl RankSet {
    /// The empty set of ranks below `len`.
    pub(crate) fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// Inserts a rank.
    pub(crate) fn set(&mut self, rank: usize) {
        self.words[rank / 64] |= 1 << (rank % 64);
    }

    /// Inserts a range of ranks.
    pub(crate) fn set_range(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let (first, last) = (range.start / 64, (range.end - 1) / 64);
        let low = u64::MAX << (range.start % 64);
        let high = u64::MAX >> (63 - (range.end - 1) % 64);
        if first == last {
            self.words[first] |= low & high;
            return;
        }
        self.words[first] |= low;
        self.words[first + 1..last].fill(u64::MAX);
        self.words[last] |= high;
    }

    /// Whether a rank is in the set.
    pub(crate) fn has(&self, rank: usize) -> bool {
        self.words[rank / 64] >> (rank % 64) & 1 == 1
    }

    /// Removes a rank.
    pub(crate) fn remove(&mut self, rank: usize) {
        self.words[rank / 64] &= !(1 << (rank % 64));
    }

    /// Bytes of memory on the heap.
    pub(crate) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    /// The number of ranks in the set.
    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Keeps the ranks that the other set has as well.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Adds the ranks that the other set has.
    pub(crate) fn add(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Exchanges the ranks that are in the set with those that are not.
    pub(crate) fn invert(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % 64) {
            *last &= u64::MAX >> (64 - rest);
        }
    }

    /// The ranks, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }

    /// The ranks in a range, ascending.
    pub(crate) fn iter_in(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let mut at = range.start;
        std::iter::from_fn(move || {
            let rank = self.at_or_above(at).filter(|rank| *rank < range.end)?;
            at = rank + 1;
            Some(rank)
        })
    }

    /// Whether the set has a rank in this range; no word beyond it is read.
    pub(crate) fn has_any_in(&self, range: Range<usize>) -> bool {
        let end = range.end.min(self.len);
        if range.start >= end {
            return false;
        }
        let (first, last) = (range.start / 64, (end - 1) / 64);
        let low = u64::MAX << (range.start % 64);
        let high = u64::MAX >> (63 - (end - 1) % 64);
        if first == last {
            return self.words[first] & low & high != 0;
        }
        self.words[first] & low != 0
            || self.words[first + 1..last].iter().any(|word| *word != 0)
            || self.words[last] & high != 0
    }

    /// The lowest rank at or above this one.
    pub(crate) fn at_or_above(&self, rank: usize) -> Option<usize> {
        let mut at = rank / 64;
        let mut word = *self.words.get(at)? & (u64::MAX << (rank % 64));
        while word == 0 {
            at += 1;
            word = *self.words.get(at)?;
        }
        Some(at * 64 + word.trailing_zeros() as usize)
    }

    /// The highest rank below this one.
    pub(crate) fn below(&self, rank: usize) -> Option<usize> {
        let mut at = rank.min(self.len).checked_sub(1)? / 64;
        let last = rank.min(self.len) - 1;
        let mut word = self.words[at] & (u64::MAX >> (63 - last % 64));
        while word == 0 {
            at = at.checked_sub(1)?;
            word = self.words[at];
        }
        Some(at * 64 + 63 - word.leading_zeros() as usize)
    }

    /// Up to 64 numbers from `at` on, as bits; those beyond the end are not in the set.
    pub(crate) fn word_at(&self, at: usize) -> u64 {
        let (word, bit) = (at / 64, at % 64);
        let low = self.words.get(word).copied().unwrap_or(0) >> bit;
        let high = self.words.get(word + 1).copied().unwrap_or(0);
        // Shifting in two steps yields nothing for whole words.
        low | high << 1 << (63 - bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_set() {
        for len in [1, 63, 64, 65, 200] {
            for (start, end) in [(0, 0), (0, 1), (0, len), (len / 3, len), (len / 2, len / 2 + 1), (len - 1, len)] {
                let mut set = RankSet::new(len);
                set.set_range(start..end);
                let expected: Vec<usize> = (start..end).collect();
                assert_eq!(set.iter().collect::<Vec<_>>(), expected, "{start}..{end} of {len}");
                assert_eq!(set.count(), expected.len());
                for rank in 0..len {
                    assert_eq!(set.at_or_above(rank), expected.iter().copied().find(|it| *it >= rank));
                    assert_eq!(set.below(rank), expected.iter().copied().rev().find(|it| *it < rank));
                    assert_eq!(set.word_at(rank) & 1 == 1, expected.contains(&rank));
                    assert_eq!(set.has(rank), expected.contains(&rank));
                }
                assert_eq!(set.below(usize::MAX), expected.last().copied());
                for (from, to) in [(0, len), (len / 4, len / 2), (len / 2, len + 70), (len, len + 1), (5, 5)] {
                    let expected: Vec<usize> = expected.iter().copied().filter(|it| (from..to).contains(it)).collect();
                    assert_eq!(set.has_any_in(from..to), !expected.is_empty(), "{from}..{to} of {len}");
                    assert_eq!(set.iter_in(from..to).collect::<Vec<_>>(), expected);
                }
                set.invert();
                let others: Vec<usize> = (0..len).filter(|rank| !expected.contains(rank)).collect();
                assert_eq!(set.iter().collect::<Vec<_>>(), others);
                let word = (0..64).fold(0, |word, bit| word | u64::from(others.contains(&bit)) << bit);
                assert_eq!(set.word_at(0), word);
            }
        }
    }
}
