//! Makes and drops the index of names of a book ([`super::name_index`]).

use super::name_index::{NameIndex, NameIndexUse, NameIndexes};
use super::state::Book;
use crate::runner::Runner;

impl Book {
    /// Whether [`Book::index_names`] is worth its time, which is that of reading every name.
    pub fn is_name_index_due(&self) -> bool {
        self.name_indexes.is_due(self.contacts_len())
    }

    /// Makes an index of the names, for questions about this state and later ones of the book; leaves things as they are
    /// if the runner stops. The state must have been committed.
    pub fn index_names(&self, usage: NameIndexUse, runner: &dyn Runner) {
        match NameIndex::build(self, runner, usage) {
            Some(index) => self.name_indexes.adopt(index),
            None if runner.should_continue() => self.name_indexes.note_useless(self.contacts_len()),
            None => {}
        }
    }

    /// Drops the index of names.
    pub fn drop_name_index(&self) {
        self.name_indexes.drop_index();
    }

    /// The same state of the book without an index of names, now and later.
    #[must_use]
    pub fn without_name_index(&self) -> Self {
        let name_indexes = NameIndexes::of_loaded(self.revision, self.name_indexes.highest_id());
        Self { name_indexes, ..self.clone() }
    }
}
