//! Lists of members that are kept give the answers that are given without them: on random books, for questions that are
//! asked again while contacts, memberships and names change.

use fastrand::Rng;
use ringbook_book::query::ask::Ask;
use ringbook_testbed::random::{Choices, seeds};

use crate::comparison::{against_judge, against_oracle, check_contents};
use crate::engine::{found, uses_member_list};
use crate::postgres::PostgresOracle;
use crate::random_book::Sample;
use crate::random_questions::ask_about_members;
use crate::shrinking::check;

/// Contacts of a book that has several chunks.
const MANY: usize = 2_500;
/// Questions that are asked again after every change.
const ASKED: usize = 10;

/// Asks the same questions of a book again and again while it changes; returns how many were answered by a list.
fn rounds(
    seed: u64,
    contacts: usize,
    changes: usize,
    mut differs: impl FnMut(&Sample, &Ask) -> Option<String>,
) -> usize {
    let mut rng = Rng::with_seed(seed ^ 0x3e);
    let mut sample = Sample::new(&mut rng, contacts);
    sample.book.set_listed_members_min(0);
    let mut asked: Vec<Ask> = (0..ASKED).map(|_| ask_about_members(&mut rng, &sample.people)).collect();
    let mut used = 0;
    for change in 0..changes {
        for ask in &asked {
            used += usize::from(uses_member_list(&sample.book, ask));
            check(seed, ask, |ask| differs(&sample, ask));
        }
        if change == 0 || rng.percent(80) {
            for _ in 0..rng.pick(&[1, 1, 1, 2, 12]) {
                sample.change(&mut rng);
            }
            check_contents(seed, &sample);
        }
        if rng.percent(10) {
            sample.book.drop_member_lists();
        }
        let other = rng.below(ASKED);
        asked[other] = ask_about_members(&mut rng, &sample.people);
    }
    used
}

#[test]
fn questions_about_members_of_small_books_are_answered_as_the_plain_evaluation_answers_them() {
    let used: usize = seeds(12).map(|seed| rounds(seed, 1 + (seed as usize * 37) % 250, 12, against_oracle)).sum();
    assert!(used > 0, "no list answered a question");
}

#[test]
fn questions_about_members_of_large_books_are_answered_as_the_plain_evaluation_answers_them() {
    let used: usize = seeds(2).map(|seed| rounds(seed, MANY, 10, against_oracle)).sum();
    assert!(used > 0, "no list answered a question");
}

#[test]
fn questions_about_members_are_answered_as_postgresql_answers_them() {
    let mut judge = PostgresOracle::new();
    let used: usize = seeds(4)
        .map(|seed| {
            rounds(seed, 120, 6, |sample, ask| {
                judge.seat(&sample.people);
                against_judge(&mut judge, sample, ask)
            })
        })
        .sum();
    assert!(used > 0, "no list answered a question");
}

#[test]
fn lists_give_what_a_book_without_them_gives() {
    let mut kept = 0;
    for seed in seeds(20) {
        let mut rng = Rng::with_seed(seed ^ 0x71);
        let mut sample = Sample::new(&mut rng, 300);
        sample.book.set_listed_members_min(0);
        let asked: Vec<Ask> = (0..ASKED).map(|_| ask_about_members(&mut rng, &sample.people)).collect();
        for _ in 0..10 {
            for ask in asked.iter().filter(|ask| ask.limit.is_none_or(|limit| limit >= 0)) {
                let plain = sample.book.without_member_lists();
                let (with, without) = (found(&sample.book, ask), found(&plain, ask));
                assert_eq!(with, without, "round {seed}: {ask:#?}");
                assert_eq!(plain.member_lists_len(), 0);
            }
            sample.change(&mut rng);
        }
        // None is kept of ids that are far from each other, or after a change of most contacts.
        let lists = sample.book.member_lists_len();
        let bytes = sample.book.bytes();
        sample.book.drop_member_lists();
        assert!(lists == 0 || sample.book.bytes() < bytes, "the memory of lists is counted");
        kept += lists;
    }
    assert!(kept > 0, "no list is kept");
}
