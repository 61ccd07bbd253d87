//! An index that is made in the background from one state of a book, never changed, and used for later states of it.
//!
//! All states of a book share one place for the index, so that the task that builds one does not wait for the writer. An
//! index belongs to a revision. Every later state of the book remembers what has changed since, in whatever terms the kind
//! of index needs; an index is used for a state only if that knows all changes since.

use std::sync::{Arc, PoisonError, RwLock};

use super::pairs::Pair;
use super::recent_changes::RecentChanges;
use crate::id::Revision;

/// Maximum number of changes that an index knows of and that are forgotten at one change of the book: forgetting more takes
/// too long for one change.
const FORGOTTEN_AT_ONCE: usize = 1_024;

/// A kind of index.
pub(crate) trait ImmutableIndex {
    /// The revision of the state of the book that it was made from.
    fn revision(&self) -> Revision;
    /// Bytes of memory.
    fn bytes(&self) -> usize;
}

/// What all states of a book share.
#[derive(Debug)]
struct PresentIndex<I> {
    index: Option<Arc<I>>,
    /// The number of contacts when an index was of no use; 0 if it never was.
    useless_at: usize,
}

/// The present index of a kind, as seen from one state of a book.
#[derive(Debug)]
pub(crate) struct BackgroundIndex<I> {
    shared: Arc<RwLock<PresentIndex<I>>>,
    changes: RecentChanges,
}

impl<I> Clone for BackgroundIndex<I> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), changes: self.changes.clone() }
    }
}

impl<I> Default for BackgroundIndex<I> {
    fn default() -> Self {
        let nothing = PresentIndex { index: None, useless_at: 0 };
        Self { shared: Arc::new(RwLock::new(nothing)), changes: RecentChanges::default() }
    }
}

impl<I: ImmutableIndex> BackgroundIndex<I> {
    /// For a book that was loaded or made at this revision.
    pub(crate) fn of_loaded(revision: Revision) -> Self {
        Self { changes: RecentChanges::after(revision), ..Self::default() }
    }

    /// The index, if it can be used for the state of the book at this revision.
    pub(crate) fn at(&self, revision: Revision) -> Option<Arc<I>> {
        let is_usable = |of: Revision| of <= revision && self.changes.has_all_since(of);
        self.present().filter(|index| is_usable(index.revision()))
    }

    /// What has changed since indexes were made.
    pub(crate) fn changes(&self) -> &RecentChanges {
        &self.changes
    }

    /// Remembers a change that leads to this revision.
    pub(crate) fn note(&mut self, number: u64, revision: Revision) {
        self.changes.note(number, revision);
    }

    /// Forgets changes that the index knows of, and returns some of them; or all if they are more than `max`, and then
    /// the index is not used before it has been made again. `revision` is that of the book now.
    pub(crate) fn forget_known(&mut self, revision: Revision, max: impl FnOnce(Option<&I>) -> usize) -> Vec<Pair> {
        let Some(first) = self.changes.first() else { return Vec::new() };
        let index = self.present();
        let known = index.as_ref().map(|index| index.revision()).filter(|known| (first..=revision).contains(known));
        let forgotten = known.map(|known| self.changes.forget(known, FORGOTTEN_AT_ONCE)).unwrap_or_default();
        if self.changes.len() > max(index.as_deref()) {
            self.changes = RecentChanges::after(revision);
        }
        forgotten
    }

    /// Whether there is no index that later states can use, or more than `changes_max` changes that it does not know of.
    pub(crate) fn is_outdated(&self, changes_max: usize) -> bool {
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = &shared.index else { return true };
        let is_unknown = |first: Revision| first > index.revision();
        !self.changes.has_all_since(index.revision())
            || (self.changes.len() > changes_max && self.changes.first().is_some_and(is_unknown))
    }

    /// The number of contacts of which an index was of no use; 0 if it was or has not been tried.
    pub(crate) fn useless_at(&self) -> usize {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).useless_at
    }

    /// Makes an index the present one, unless a newer one is.
    pub(crate) fn adopt(&self, index: I) {
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        if shared.index.as_ref().is_none_or(|present| present.revision() <= index.revision()) {
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

    /// Bytes of memory of the index and the changes.
    pub(crate) fn bytes(&self) -> usize {
        self.changes.bytes() + self.present().map_or(0, |index| index.bytes())
    }

    /// The index of the latest revision, whatever this state of the book knows.
    pub(crate) fn present(&self) -> Option<Arc<I>> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).index.clone()
    }
}
