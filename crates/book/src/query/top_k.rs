//! Streaming top-k: collects the first `k` items of a stream in the order of a sort.
//!
//! A buffer of more than `2k` items is filled, then cut to the first `k`. From then on an item that sorts after all of
//! them costs one comparison of keys.

use std::cmp::Ordering;

use crate::collation::SortKey;

/// Minimum number of surplus items before the buffer is cut, so that it is not cut too often for a small `k`.
const SPARE_ENTRIES: usize = 1024;

/// Orders items with equal sort keys.
pub trait TieBreak<T> {
    /// Compares two items; never equal for different items.
    fn compare(&self, left: T, right: T) -> Ordering;
}

impl<T, F: Fn(T, T) -> Ordering> TieBreak<T> for F {
    fn compare(&self, left: T, right: T) -> Ordering {
        self(left, right)
    }
}

/// Collects the first `keep` items.
pub struct TopK<T, F> {
    keep: usize,
    entries: Vec<(SortKey, T)>,
    /// Items with a greater key are not among the first `keep`.
    bound: Option<SortKey>,
    tie_break: F,
}

impl<T: Copy, F: TieBreak<T>> TopK<T, F> {
    /// Collects `keep` items.
    pub fn new(keep: usize, tie_break: F) -> Self {
        Self { keep, entries: Vec::new(), bound: None, tie_break }
    }

    /// Offers an item.
    #[inline]
    pub fn push(&mut self, key: SortKey, item: T) {
        if self.bound.is_some_and(|bound| key > bound) {
            return;
        }
        self.entries.push((key, item));
        if self.entries.len() >= self.keep * 2 + SPARE_ENTRIES {
            self.discard_surplus();
        }
    }

    /// Adds the items of another collector.
    pub fn append(&mut self, other: Self) {
        for (key, item) in other.entries {
            self.push(key, item);
        }
    }

    /// The first `keep` items in order, without the first `skip`.
    pub fn finish(mut self, skip: usize) -> Vec<T> {
        if self.entries.len() > self.keep {
            self.discard_surplus();
        }
        let tie_break = &self.tie_break;
        self.entries.sort_unstable_by(|left, right| compare(left, right, tie_break));
        self.entries.into_iter().skip(skip).map(|(_, item)| item).collect()
    }

    fn discard_surplus(&mut self) {
        if self.keep == 0 {
            self.entries.clear();
            return;
        }
        let tie_break = &self.tie_break;
        let (_, last, _) =
            self.entries.select_nth_unstable_by(self.keep - 1, |left, right| compare(left, right, tie_break));
        self.bound = Some(last.0);
        self.entries.truncate(self.keep);
    }
}

fn compare<T: Copy>(left: &(SortKey, T), right: &(SortKey, T), tie_break: &impl TieBreak<T>) -> Ordering {
    left.0.cmp(&right.0).then_with(|| tie_break.compare(left.1, right.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collation::number_key;

    #[test]
    fn it_equals_sorting_everything() {
        let numbers: Vec<i64> = (0..20_000).map(|n| (n * 7919) % 499).collect();
        for (keep, skip) in [(0, 0), (1, 0), (700, 650), (30_000, 5)] {
            let mut top = TopK::new(keep, |left: usize, right: usize| left.cmp(&right));
            for (at, number) in numbers.iter().enumerate() {
                top.push(number_key(Some(*number)), at);
            }
            let mut all: Vec<usize> = (0..numbers.len()).collect();
            all.sort_by_key(|at| (numbers[*at], *at));
            let expected: Vec<usize> = all.into_iter().take(keep).skip(skip).collect();
            assert_eq!(top.finish(skip), expected, "first {keep} less {skip}");
        }
    }
}
