//! What an import remembers of itself, in little memory however long the file is: which contacts it made, and, when it
//! makes none because it is a dry run, which it would have made.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// How many keys a dry run remembers of the contacts that it would have made: some fewer than a table of 4 Mi places takes
/// before it doubles, which are 36 MiB.
const KEYS_REMEMBERED_MAX: usize = 3_600_000;

/// Ids of contacts, as runs of neighbours: a server gives them out in order.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// The last id of a run by its first.
    runs: BTreeMap<u64, u64>,
}

impl Made {
    pub(super) fn add(&mut self, id: u64) {
        match self.runs.range_mut(..=id).next_back() {
            Some((_, last)) if *last >= id => {}
            Some((_, last)) if *last + 1 == id => *last = id,
            Some(_) | None => {
                self.runs.insert(id, id);
            }
        }
    }

    pub(super) fn has(&self, id: u64) -> bool {
        self.runs.range(..=id).next_back().is_some_and(|(_, last)| *last >= id)
    }
}

/// The keys of what a dry run would have made, as far as memory goes: then it forgets all and begins again.
#[derive(Debug, Default)]
pub(super) struct Seen {
    keys: HashSet<u64>,
    hasher: RandomState,
}

impl Seen {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn add(&mut self, keys: impl Iterator<Item = String>) {
        if self.keys.len() >= KEYS_REMEMBERED_MAX {
            self.keys.clear();
        }
        self.keys.extend(keys.map(|key| self.hasher.hash_one(key.as_str())));
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains(&self.hasher.hash_one(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_run() {
        let mut made = Made::default();
        [5, 6, 7, 10, 8, 6].into_iter().for_each(|id| made.add(id));
        assert_eq!((1..=11).filter(|id| made.has(*id)).collect::<Vec<_>>(), [5, 6, 7, 8, 10]);
        assert_eq!(made.runs.len(), 2);
    }
}
