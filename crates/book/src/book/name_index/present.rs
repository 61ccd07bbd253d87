//! The present index of names of a book, and the changes of names that it does not know of.
//!
//! A question judges the contacts singly whose names have changed since the index was made, and scans those whose ids are
//! above the ones of the index.

use std::sync::Arc;

use super::NameIndex;
use crate::book::background_index::{BackgroundIndex, ImmutableIndex};
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

impl ImmutableIndex for NameIndex {
    fn revision(&self) -> Revision {
        self.revision
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }
}

/// The index of names of a book, as seen from one of its states.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameIndexes {
    /// With the ids of contacts whose names changed, that were deleted, or that were inserted below `highest_id`.
    made: BackgroundIndex<NameIndex>,
    /// The highest id that the book has ever had.
    highest_id: u64,
}

impl NameIndexes {
    /// For a book that was loaded or made at this revision, with this as its highest id.
    pub(crate) fn of_loaded(revision: Revision, highest_id: u64) -> Self {
        Self { made: BackgroundIndex::of_loaded(revision), highest_id }
    }

    /// The index for the state of the book at this revision, and the ids of the contacts up to its last one whose names
    /// it does not know, ascending. `changes_max` says how many changes there may be, or that the index is not wanted.
    pub(crate) fn at(
        &self,
        revision: Revision,
        changes_max: impl FnOnce(&NameIndex) -> Option<usize>,
    ) -> Option<(Arc<NameIndex>, Vec<u64>)> {
        let index = self.made.at(revision)?;
        let mut ids = self.made.changes().since(index.revision, changes_max(&index)?)?;
        ids.truncate(ids.partition_point(|id| *id <= index.last_id));
        Some((index, ids))
    }

    /// A contact got this name, or was deleted. It need not be told of contacts whose names stay as they were.
    pub(crate) fn note_change(&mut self, id: u64, revision: Revision) {
        self.highest_id = self.highest_id.max(id);
        self.made.note(id, revision);
    }

    /// A contact was added behind all others.
    pub(crate) fn note_appended(&mut self, id: u64, revision: Revision) {
        if id <= self.highest_id {
            self.note_change(id, revision);
        }
        self.highest_id = id.max(self.highest_id);
    }

    /// Forgets changes that the index knows of, or all if they are too many or no index is expected; the book has this
    /// revision and number of contacts now.
    pub(crate) fn forget_known(&mut self, revision: Revision, contacts: usize) {
        let is_expected = |index: Option<&NameIndex>| index.is_some() || contacts >= CONTACTS_MIN;
        self.made.forget_known(revision, |index| if is_expected(index) { CHANGES_MAX } else { 0 });
    }

    /// The highest id that the book has ever had.
    pub(crate) fn highest_id(&self) -> u64 {
        self.highest_id
    }

    /// Whether an index is worth making for the state with this number of contacts.
    pub(crate) fn is_due(&self, contacts: usize) -> bool {
        let useless_at = self.made.useless_at();
        if contacts < CONTACTS_MIN || (useless_at > 0 && contacts < useless_at.saturating_mul(GROWTH_BEFORE_RETRY)) {
            return false;
        }
        let Some(index) = self.made.present() else { return true };
        let new = contacts.saturating_sub(index.len());
        new > CONTACTS_MIN.max(contacts / NEW_CONTACTS_DIVISOR) || self.made.is_outdated(CHANGES_BEFORE_REBUILD)
    }

    /// Makes an index the present one, unless a newer one is.
    pub(crate) fn adopt(&self, index: NameIndex) {
        self.made.adopt(index);
    }

    /// Notes that an index is of no use for this number of contacts.
    pub(crate) fn note_useless(&self, contacts: usize) {
        self.made.note_useless(contacts);
    }

    /// Drops the index.
    pub(crate) fn drop_index(&self) {
        self.made.drop_index();
    }

    /// Bytes of memory of the index.
    pub(crate) fn bytes(&self) -> usize {
        self.made.bytes()
    }
}
