//! The present index of names of a book, and the changes of names that it does not know of.
//!
//! All states of a book share one place for the index, so that the task that builds one does not wait for the writer. An index
//! belongs to a revision. Every later state of the book knows which names have changed since; a question judges those
//! contacts singly, and scans those whose ids are above the ones of the index.

use std::sync::{Arc, PoisonError, RwLock};

use super::NameIndex;
use crate::book::pairs::PairIndex;
use crate::id::Revision;

/// Minimum number of contacts of a book for which an index is made by itself; scanning fewer takes no time.
const CONTACTS_MIN: usize = 8_192;
/// Maximum number of changed names that are remembered; with more, the index is not used.
const CHANGES_MAX: usize = 16_384;
/// With more changed names than this the index is rebuilt.
const CHANGES_BEFORE_REBUILD: usize = 4_096;
/// The index is rebuilt when more than one contact in this number, and more than [`CONTACTS_MIN`], are new.
const NEW_CONTACTS_DIVISOR: usize = 16;
/// The index is tried again where it was of no use when the book has this many times as many contacts.
const GROWTH_BEFORE_RETRY: usize = 2;

/// What all states of a book share.
#[derive(Debug, Default)]
struct PresentIndex {
    index: Option<Arc<NameIndex>>,
    /// The number of contacts when an index was of no use; 0 if it never was.
    useless_at: usize,
}

/// The index of names of a book, as seen from one of its states.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameIndexes {
    shared: Arc<RwLock<PresentIndex>>,
    /// Revisions and ids of contacts whose names changed, that were deleted, or that were inserted below `highest_id`.
    changes: PairIndex,
    /// Changes up to and including this revision are not remembered.
    forgotten: Revision,
    /// The highest id that the book has ever had.
    highest_id: u64,
}

impl NameIndexes {
    /// For a book that was loaded or made at this revision, with this as its highest id.
    pub(crate) fn of_loaded(revision: Revision, highest_id: u64) -> Self {
        Self { forgotten: revision, highest_id, ..Self::default() }
    }

    /// The index for the state of the book at this revision, and the ids of the contacts up to its last one whose names
    /// it does not know, ascending. `changes_max` says how many of them there may be, or that the index is not wanted.
    pub(crate) fn at(
        &self,
        revision: Revision,
        changes_max: impl FnOnce(&NameIndex) -> Option<usize>,
    ) -> Option<(Arc<NameIndex>, Vec<u64>)> {
        let index = self.present().filter(|index| (self.forgotten..=revision).contains(&index.revision))?;
        if self.changes.len() > changes_max(&index)? {
            return None;
        }
        let changes = self.changes.from((index.revision.0 + 1, 0));
        let mut ids: Vec<u64> = changes.map(|(_, id)| id).filter(|id| *id <= index.last_id).collect();
        ids.sort_unstable();
        ids.dedup();
        Some((index, ids))
    }

    /// A contact got this name, or was deleted. It need not be told of contacts whose names stay as they were.
    pub(crate) fn note_change(&mut self, id: u64, revision: Revision) {
        self.highest_id = self.highest_id.max(id);
        self.changes.insert((revision.0, id));
    }

    /// A contact was added behind all others.
    pub(crate) fn note_appended(&mut self, id: u64, revision: Revision) {
        if id <= self.highest_id {
            self.note_change(id, revision);
        }
        self.highest_id = id.max(self.highest_id);
    }

    /// Forgets changes that the index knows of, or all if they are too many; `revision` is that of the book now.
    pub(crate) fn forget_known(&mut self, revision: Revision) {
        if self.changes.is_empty() {
            return;
        }
        let known = self.present().map(|index| index.revision).filter(|known| *known <= revision);
        if let Some(known) = known.filter(|known| *known > self.forgotten) {
            let old: Vec<_> = self.changes.from((0, 0)).take_while(|(of, _)| *of <= known.0).collect();
            old.into_iter().for_each(|pair| self.changes.remove(pair));
            self.forgotten = known;
        }
        if self.changes.len() > CHANGES_MAX {
            self.changes = PairIndex::default();
            self.forgotten = revision;
        }
    }

    /// The highest id that the book has ever had.
    pub(crate) fn highest_id(&self) -> u64 {
        self.highest_id
    }

    /// Whether an index is worth making for the state with this number of contacts.
    pub(crate) fn is_due(&self, contacts: usize) -> bool {
        let useless_at = self.shared.read().unwrap_or_else(PoisonError::into_inner).useless_at;
        if contacts < CONTACTS_MIN || (useless_at > 0 && contacts < useless_at.saturating_mul(GROWTH_BEFORE_RETRY)) {
            return false;
        }
        let Some(index) = self.present() else { return true };
        let new = contacts.saturating_sub(index.len());
        index.revision < self.forgotten
            || self.changes.len() > CHANGES_BEFORE_REBUILD
            || new > CONTACTS_MIN.max(contacts / NEW_CONTACTS_DIVISOR)
    }

    /// Makes an index the present one, unless a newer one is.
    pub(crate) fn adopt(&self, index: NameIndex) {
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        if shared.index.as_ref().is_none_or(|present| present.revision <= index.revision) {
            *shared = PresentIndex { index: Some(Arc::new(index)), useless_at: 0 };
        }
    }

    /// Notes that an index is of no use for this number of contacts.
    pub(crate) fn note_useless(&self, contacts: usize) {
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        *shared = PresentIndex { index: None, useless_at: contacts.max(1) };
    }

    /// Drops the index.
    pub(crate) fn drop_index(&self) {
        self.shared.write().unwrap_or_else(PoisonError::into_inner).index = None;
    }

    /// Bytes of memory of the index.
    pub(crate) fn bytes(&self) -> usize {
        self.changes.bytes() + self.present().map_or(0, |index| index.bytes())
    }

    fn present(&self) -> Option<Arc<NameIndex>> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).index.clone()
    }
}
