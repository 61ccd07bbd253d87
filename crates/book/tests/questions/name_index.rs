//! The index of names gives the answers that scanning gives: on random books, for random questions, while names change.

use fastrand::Rng;
use ringbook_book::book::NameIndexUse;
use ringbook_book::runner::INLINE;
use ringbook_testbed::random::{Choices, seeds};

use crate::comparison::{against_oracle, check_contents};
use crate::engine::uses_name_index;
use crate::random_book::Sample;
use crate::random_questions::ask_about_names;
use crate::shrinking::check;

/// Contacts of a book that has several chunks.
const MANY: usize = 2_500;

/// Asks random questions of a book that has an index and changes; returns how many used it.
fn rounds(seed: u64, contacts: usize, changes: usize, questions: usize) -> usize {
    let mut rng = Rng::with_seed(seed ^ 0x1d);
    let mut sample = Sample::new(&mut rng, contacts);
    let mut used = 0;
    for change in 0..changes {
        if change == 0 || rng.percent(15) {
            sample.book.index_names(NameIndexUse::Always, &INLINE);
        } else {
            sample.change(&mut rng);
            check_contents(seed, &sample);
        }
        for _ in 0..questions {
            let ask = ask_about_names(&mut rng, &sample.people);
            used += usize::from(uses_name_index(&sample.book, &ask));
            check(seed, &ask, |ask| against_oracle(&sample, ask));
        }
    }
    used
}

#[test]
fn questions_about_names_of_small_books_are_answered_as_the_plain_evaluation_answers_them() {
    let used: usize = seeds(25).map(|seed| rounds(seed, 1 + (seed as usize * 37) % 250, 8, 12)).sum();
    assert!(used > 0, "no question used the index");
}

#[test]
fn questions_about_names_of_large_books_are_answered_as_the_plain_evaluation_answers_them() {
    let used: usize = seeds(2).map(|seed| rounds(seed, MANY, 4, 20)).sum();
    assert!(used > 0, "no question used the index");
}

#[test]
fn an_index_is_made_for_large_books_and_again_after_many_changes() {
    let mut rng = Rng::with_seed(3);
    let mut sample = Sample::new(&mut rng, 60);
    assert!(!sample.book.is_name_index_due(), "60 contacts are scanned at once");
    sample.book.index_names(NameIndexUse::Always, &INLINE);
    let bytes = sample.book.bytes();
    sample.change(&mut rng);
    sample.book.drop_name_index();
    assert!(sample.book.bytes() < bytes + 4_096, "the memory of the index is counted");
    let ask = ask_about_names(&mut rng, &sample.people);
    assert!(!uses_name_index(&sample.book, &ask));
}
