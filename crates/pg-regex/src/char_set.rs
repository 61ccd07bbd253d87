//! Sets of characters: sorted, disjoint ranges of code points.
//!
//! Everything that a pattern can say about one character (a literal, a bracket expression, a class) becomes a set, so
//! that matching is independent of syntax and letter case. Escapes can denote code points above Unicode; they are kept
//! while parsing and match nothing.

/// The last code point of Unicode.
const LAST: u32 = 0x10_FFFF;

/// A set of characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct CharSet {
    ranges: Vec<(u32, u32)>,
}

impl CharSet {
    /// Bytes of memory on the heap.
    pub(crate) fn bytes(&self) -> usize {
        self.ranges.capacity() * size_of::<(u32, u32)>()
    }

    /// The set of these ranges (both ends included), in any order, overlapping or not.
    pub(crate) fn of(mut ranges: Vec<(u32, u32)>) -> CharSet {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        CharSet { ranges: merged }
    }

    /// Every character.
    pub(crate) fn any() -> CharSet {
        CharSet::of(vec![(0, LAST)])
    }

    /// The set of one character.
    pub(crate) fn one(point: u32) -> CharSet {
        CharSet::of(vec![(point, point)])
    }

    /// The ranges, ascending, with gaps between them.
    pub(crate) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// The union of both sets.
    pub(crate) fn union(&self, other: &CharSet) -> CharSet {
        CharSet::of([self.ranges.as_slice(), other.ranges.as_slice()].concat())
    }

    /// Every character that is not in the set.
    pub(crate) fn complement(&self) -> CharSet {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for &(first, last) in &self.ranges {
            if first > next {
                ranges.push((next, first - 1));
            }
            next = last.saturating_add(1);
        }
        if next <= LAST {
            ranges.push((next, LAST));
        }
        CharSet { ranges }
    }

    /// The set without one character.
    pub(crate) fn without(&self, point: u32) -> CharSet {
        self.complement().union(&CharSet::one(point)).complement()
    }

    /// Whether the character is in the set.
    pub(crate) fn contains(&self, point: u32) -> bool {
        let after = self.ranges.partition_point(|&(first, _)| first <= point);
        after > 0 && self.ranges[after - 1].1 >= point
    }

    /// Whether the other set contains all characters of this one.
    pub(crate) fn is_within(&self, other: &CharSet) -> bool {
        self.union(other) == *other
    }

    /// The only character of the set, where it has just one and that one is a Unicode character.
    pub(crate) fn single(&self) -> Option<char> {
        match self.ranges.as_slice() {
            [(first, last)] if first == last => char::from_u32(*first),
            _ => None,
        }
    }
}
