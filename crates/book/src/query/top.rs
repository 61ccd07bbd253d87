//! The first so many of a stream of records, in the order of a sort.
//!
//! Room for twice as many as are wanted is filled, then the better half is kept; from then on a record that
//! sorts behind all of those costs one comparison of keys.

use std::cmp::Ordering;

use super::order::SortKey;

/// Candidates are collected at least so many at a time, so that small windows are not sifted too often.
const SPARE_ENTRIES: usize = 1024;

/// Orders items whose keys are equal.
pub trait Tie<T> {
    /// Never says that two different items are equal.
    fn compare(&self, left: T, right: T) -> Ordering;
}

impl<T, F: Fn(T, T) -> Ordering> Tie<T> for F {
    fn compare(&self, left: T, right: T) -> Ordering {
        self(left, right)
    }
}

/// A collector of the first `keep` items.
pub struct Top<T, F> {
    keep: usize,
    entries: Vec<(SortKey, T)>,
    /// No key above this one can be among the first.
    bound: Option<SortKey>,
    tie: F,
}

impl<T: Copy, F: Tie<T>> Top<T, F> {
    /// Collects `keep` items.
    pub fn new(keep: usize, tie: F) -> Self {
        Self { keep, entries: Vec::new(), bound: None, tie }
    }

    /// Offers an item.
    #[inline]
    pub fn push(&mut self, key: SortKey, item: T) {
        if self.bound.is_some_and(|bound| key > bound) {
            return;
        }
        self.entries.push((key, item));
        if self.entries.len() >= self.keep * 2 + SPARE_ENTRIES {
            self.sift();
        }
    }

    /// Takes over what another collector has kept.
    pub fn absorb(&mut self, other: Self) {
        for (key, item) in other.entries {
            self.push(key, item);
        }
    }

    /// The first items, in order, less the first `skip`.
    pub fn finish(mut self, skip: usize) -> Vec<T> {
        if self.entries.len() > self.keep {
            self.sift();
        }
        let tie = &self.tie;
        self.entries.sort_unstable_by(|left, right| compare(left, right, tie));
        self.entries.into_iter().skip(skip).map(|(_, item)| item).collect()
    }

    fn sift(&mut self) {
        if self.keep == 0 {
            self.entries.clear();
            return;
        }
        let tie = &self.tie;
        let (_, last, _) = self.entries.select_nth_unstable_by(self.keep - 1, |left, right| compare(left, right, tie));
        self.bound = Some(last.0);
        self.entries.truncate(self.keep);
    }
}

fn compare<T: Copy>(left: &(SortKey, T), right: &(SortKey, T), tie: &impl Tie<T>) -> Ordering {
    left.0.cmp(&right.0).then_with(|| tie.compare(left.1, right.1))
}

#[cfg(test)]
mod tests {
    use super::super::order::number_key;
    use super::*;

    #[test]
    fn it_keeps_what_sorting_everything_would_put_first() {
        let numbers: Vec<i64> = (0..20_000).map(|n| (n * 7919) % 499).collect();
        for (keep, skip) in [(0, 0), (1, 0), (700, 650), (30_000, 5)] {
            let mut top = Top::new(keep, |left: usize, right: usize| left.cmp(&right));
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
