//! What has changed in a book since a revision, as far as it is remembered: for whatever is made from one state of a book
//! and used for later ones.

use super::pairs::{Pair, PairIndex};
use crate::id::Revision;

/// Numbers, such as ids of contacts, each with the revision of the change that it is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecentChanges {
    /// Revisions and numbers.
    pairs: PairIndex,
    /// Changes up to and including this revision are not remembered.
    forgotten: Revision,
}

impl RecentChanges {
    /// No changes after this revision.
    pub(crate) fn after(revision: Revision) -> Self {
        Self { pairs: PairIndex::default(), forgotten: revision }
    }

    /// Remembers a change that leads to this revision.
    pub(crate) fn note(&mut self, number: u64, revision: Revision) {
        self.pairs.insert((revision.0, number));
    }

    /// Whether all changes after this revision are remembered.
    pub(crate) fn has_all_since(&self, revision: Revision) -> bool {
        revision >= self.forgotten
    }

    /// The numbers of the changes after this revision, ascending and each once; none if they are not all remembered, or more
    /// than `max`.
    pub(crate) fn since(&self, revision: Revision, max: usize) -> Option<Vec<u64>> {
        if !self.has_all_since(revision) {
            return None;
        }
        let changes = self.pairs.from((revision.0 + 1, 0)).map(|(_, number)| number);
        let mut numbers: Vec<u64> = changes.take(max.saturating_add(1)).collect();
        if numbers.len() > max {
            return None;
        }
        numbers.sort_unstable();
        numbers.dedup();
        Some(numbers)
    }

    /// The number of changes that are remembered.
    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The revision of the earliest change that is remembered.
    pub(crate) fn first(&self) -> Option<Revision> {
        self.pairs.pairs().next().map(|(revision, _)| Revision(revision))
    }

    /// The revision of the change with so many before it.
    pub(crate) fn nth(&self, before: usize) -> Option<Revision> {
        self.pairs.pairs().nth(before).map(|(revision, _)| Revision(revision))
    }

    /// Forgets the changes up to and including this revision, the earliest ones first and at most `max` of them; returns
    /// them, each as revision and number.
    pub(crate) fn forget(&mut self, revision: Revision, max: usize) -> Vec<Pair> {
        let known = self.pairs.pairs().take_while(|(of, _)| *of <= revision.0);
        let forgotten: Vec<Pair> = known.take(max).collect();
        forgotten.iter().for_each(|pair| self.pairs.remove(*pair));
        // While some of them are left, an earlier state of the book may be asked for more than is remembered.
        let last = if forgotten.len() < max { Some(revision.0) } else { forgotten.last().map(|(of, _)| *of) };
        self.forgotten = self.forgotten.max(Revision(last.unwrap_or(0)));
        forgotten
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.pairs.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_known_since_every_revision_that_is_remembered() {
        let mut changes = RecentChanges::after(Revision(3));
        for (revision, number) in [(4, 9), (5, 2), (5, 9), (7, 1)] {
            changes.note(number, Revision(revision));
        }
        assert_eq!(changes.since(Revision(3), 4), Some(vec![1, 2, 9]));
        assert_eq!(changes.since(Revision(5), 4), Some(vec![1]));
        assert_eq!(changes.since(Revision(7), 0), Some(vec![]));
        assert_eq!(changes.since(Revision(3), 3), None, "more than four changes");
        assert_eq!(changes.since(Revision(2), 4), None, "not remembered");
        assert_eq!(changes.forget(Revision(6), 2), [(4, 9), (5, 2)]);
        assert_eq!(changes.since(Revision(4), 9), None, "a part of revision 5 is forgotten");
        assert_eq!(changes.since(Revision(5), 9), Some(vec![1]));
        assert_eq!(changes.forget(Revision(6), 2), [(5, 9)]);
        assert_eq!((changes.since(Revision(5), 9), changes.since(Revision(6), 9)), (None, Some(vec![1])));
        assert_eq!(changes.first(), Some(Revision(7)));
    }
}
