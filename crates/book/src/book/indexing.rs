//! Makes and drops the indexes of a book that are made in the background: of names ([`super::name_index`]) and of the last
//! digits of numbers ([`super::number_index`]).

use super::name_index::{NameIndex, NameIndexUse, NameIndexes};
use super::number_index::NumberIndexes;
use super::state::Book;
use crate::runner::Runner;

impl Book {
    /// Whether [`Book::make_due_indexes`] is worth its time, which is that of reading every name or every number.
    pub fn is_index_due(&self) -> bool {
        self.is_number_index_due() || self.is_name_index_due()
    }

    /// Makes the indexes that are due, for questions about this state and later ones of the book; leaves things as they
    /// are if the runner stops. The state must have been committed.
    pub fn make_due_indexes(&self, runner: &dyn Runner) {
        if self.is_number_index_due() {
            self.index_numbers(runner);
        }
        if self.is_name_index_due() {
            self.index_names(NameIndexUse::WhereFaster, runner);
        }
    }

    /// Whether [`Book::index_names`] is worth its time.
    pub fn is_name_index_due(&self) -> bool {
        self.name_indexes.is_due(self.contacts_len())
    }

    /// Makes an index of the names, as [`Book::make_due_indexes`] does.
    pub fn index_names(&self, usage: NameIndexUse, runner: &dyn Runner) {
        match NameIndex::build(self, runner, usage) {
            Some(index) => self.name_indexes.adopt(index),
            None if runner.should_continue() => self.name_indexes.note_useless(self.contacts_len()),
            None => {}
        }
    }

    /// Whether [`Book::index_numbers`] is worth its time.
    pub fn is_number_index_due(&self) -> bool {
        self.number_indexes.is_due(self.contacts_len())
    }

    /// Makes an index of the numbers by their last digits, as [`Book::make_due_indexes`] does.
    pub fn index_numbers(&self, runner: &dyn Runner) {
        self.number_indexes.make(&self.phones, self.revision, runner);
    }

    /// Drops the indexes of names and of the last digits of numbers.
    pub fn drop_indexes(&self) {
        self.name_indexes.drop_index();
        self.number_indexes.drop_index();
    }

    /// The same state of the book without an index of names, now and later.
    #[must_use]
    pub fn without_name_index(&self) -> Self {
        let name_indexes = NameIndexes::of_loaded(self.revision, self.name_indexes.highest_id());
        Self { name_indexes, ..self.clone() }
    }

    /// The same state of the book without an index of the last digits of numbers, now and later.
    #[must_use]
    pub fn without_number_index(&self) -> Self {
        Self { number_indexes: NumberIndexes::of_loaded(self.revision), ..self.clone() }
    }
}
