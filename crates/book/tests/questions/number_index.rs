//! The index of the last digits of numbers gives the answers that scanning gives: on random books, for random questions,
//! while numbers change.

use fastrand::Rng;
use ringbook_book::Book;
use ringbook_book::book::load::{IndexedTables, LoadBatch, SmallTables, StoredContact, assemble};
use ringbook_book::id::Revision;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Condition, Direction, Literal};
use ringbook_book::query::contact_page::AccessPathKind;
use ringbook_book::runner::INLINE;
use ringbook_book::text::Phone;
use ringbook_testbed::random::{Choices, seeds};

use crate::comparison::{against_judge, against_oracle, check_contents};
use crate::engine::{access_path, explained, found};
use crate::postgres::PostgresOracle;
use crate::random_book::Sample;
use crate::random_questions::ask_about_numbers;
use crate::shrinking::check;

/// Contacts of a book that has several chunks.
const MANY: usize = 2_500;

/// Asks random questions of a book that has an index and changes; returns how many used it.
fn rounds(
    seed: u64,
    contacts: usize,
    changes: usize,
    questions: usize,
    mut differs: impl FnMut(&Sample, &Ask) -> Option<String>,
) -> usize {
    let mut rng = Rng::with_seed(seed ^ 0x2f);
    let mut sample = Sample::new(&mut rng, contacts);
    let mut used = 0;
    for change in 0..changes {
        if change == 0 || rng.percent(15) {
            sample.book.index_numbers(&INLINE);
        } else {
            sample.change(&mut rng);
            check_contents(seed, &sample);
        }
        for _ in 0..questions {
            let ask = ask_about_numbers(&mut rng, &sample.people);
            used += usize::from(access_path(&sample.book, &ask) == Some(AccessPathKind::PhoneSuffixIndex));
            check(seed, &ask, |ask| differs(&sample, ask));
        }
    }
    used
}

#[test]
fn questions_about_numbers_of_small_books_are_answered_as_the_plain_evaluation_answers_them() {
    let used: usize = seeds(20).map(|seed| rounds(seed, 1 + (seed as usize * 37) % 250, 8, 10, against_oracle)).sum();
    assert!(used > 0, "no question used the index");
}

#[test]
fn questions_about_numbers_of_large_books_are_answered_as_the_plain_evaluation_answers_them() {
    let used: usize = seeds(2).map(|seed| rounds(seed, MANY, 4, 12, against_oracle)).sum();
    assert!(used > 0, "no question used the index");
}

#[test]
fn questions_about_numbers_are_answered_as_postgresql_answers_them() {
    let mut judge = PostgresOracle::new();
    let used: usize = seeds(4)
        .map(|seed| {
            rounds(seed, 120, 6, 12, |sample, ask| {
                judge.seat(&sample.people);
                against_judge(&mut judge, sample, ask)
            })
        })
        .sum();
    assert!(used > 0, "no question used the index");
}

#[test]
fn every_state_of_a_book_gives_what_it_gives_without_the_index_whenever_that_was_made() {
    let mut used = 0;
    for seed in seeds(25) {
        let mut rng = Rng::with_seed(seed ^ 0x53);
        let mut sample = Sample::new(&mut rng, 200);
        let mut states: Vec<Book> = Vec::new();
        for _ in 0..12 {
            sample.change(&mut rng);
            states.push(sample.book.clone());
            match rng.below(10) {
                // Of this state, or of one that has been followed by others meanwhile.
                0..3 => rng.pick(&states).index_numbers(&INLINE),
                3 => sample.book.drop_indexes(),
                _ => {}
            }
            for _ in 0..6 {
                let ask = ask_about_numbers(&mut rng, &sample.people);
                let state = if rng.percent(50) { &sample.book } else { &states[rng.below(states.len())] };
                let expected = found(&state.without_number_index(), &ask);
                assert_eq!(found(state, &ask), expected, "round {seed}: {ask:#?}");
                used += usize::from(access_path(state, &ask) == Some(AccessPathKind::PhoneSuffixIndex));
            }
        }
    }
    assert!(used > 0, "no question used the index");
}

/// Contacts of a book that is large enough for an index.
const CONTACTS: usize = 20_000;

/// The number of a contact: eleven digits, the last six of which no other has.
fn number(at: usize) -> String {
    format!("7495{:07}", (at * 7_919) % 1_000_000)
}

/// A book of these numbers, one a contact.
fn book_of(numbers: impl Iterator<Item = String>) -> Book {
    let tables = IndexedTables::new(SmallTables::default());
    let mut batch = LoadBatch::new(&tables);
    for (at, number) in numbers.enumerate() {
        let last_name = format!("Name {}", at * 31 % 1_000);
        let stored = StoredContact {
            id: at as u64 + 1,
            last_name: &last_name,
            first_name: None,
            patronymic: None,
            phones: &[Phone::stored(&number).expect("a number")],
            emails: &[],
            manager: None,
            organization: None,
            groups: &[],
            revision: Revision(1),
        };
        batch.push(&stored).expect("a valid contact");
    }
    let batch = batch.finish();
    assemble(tables, vec![batch], Revision(1)).expect("contacts in order")
}

fn simple(field: &str, operator: &str, value: &str) -> AskFilter {
    let (field, operator) = (field.to_owned(), operator.to_owned());
    AskFilter::Simple { field, operator, value: Literal::Text(value.to_owned()) }
}

fn phones(operator: &str, value: &str) -> AskFilter {
    simple("phone_numbers", operator, value)
}

fn tree(condition: Condition, filters: Vec<AskFilter>) -> AskFilter {
    AskFilter::Tree { filters, condition: Some(condition) }
}

/// The first fifty by last name.
fn screen(filter: AskFilter) -> Ask {
    let sort = vec![AskSort { field: "last_name".to_owned(), direction: Direction::Ascending }];
    Ask { filter, sort, limit: Some(50), ..Ask::default() }
}

#[test]
fn patterns_for_the_end_of_a_number_read_no_more_contacts_than_have_it() {
    let book = book_of((0..CONTACTS).map(number));
    assert!(book.is_number_index_due() && book.is_index_due());
    let before = book.bytes();
    book.index_numbers(&INLINE);
    assert!(!book.is_number_index_due());
    let bytes = book.bytes() - before;
    let without = book.without_number_index();
    let (last_four, last_six) = (&number(77)[7..], &number(78)[5..]);
    let either = format!("({last_six}|{last_four})$");
    let whole = number(5);
    let by_suffix = AccessPathKind::PhoneSuffixIndex;
    for (filter, path) in [
        (phones("like", &format!("%{last_four}")), by_suffix),
        (phones("ilike", &format!("%{last_six}")), by_suffix),
        (phones("like", &format!("%%{last_four}")), by_suffix),
        (phones("like", &format!("%_\\{last_four}")), by_suffix),
        (phones("like", &format!("7%{last_four}")), by_suffix),
        (phones("regexp", &format!("{last_four}$")), by_suffix),
        (phones("regexp", &format!("^7.*{last_four}$")), by_suffix),
        (phones("regexp", &either), by_suffix),
        (phones("like", &format!("{}%", &whole[..9])), AccessPathKind::PhoneIndex),
        (phones("regexp", &format!("^{}", &whole[..9])), AccessPathKind::PhoneIndex),
        (phones("like", "%+123"), AccessPathKind::PhoneIndex),
        (
            tree(Condition::And, vec![simple("last_name", "like", "%1%"), phones("like", &format!("%{last_four}"))]),
            by_suffix,
        ),
        (
            tree(
                Condition::Or,
                vec![
                    phones("like", &format!("%{last_four}")),
                    phones("=", &whole),
                    tree(Condition::And, vec![phones("regexp", &either), simple("last_name", "=", "Name 7")]),
                ],
            ),
            AccessPathKind::ContactList,
        ),
        (
            tree(
                Condition::And,
                vec![phones("like", "%7"), phones("like", "7495%"), phones("like", &format!("%{last_six}"))],
            ),
            by_suffix,
        ),
    ] {
        let asked = screen(filter);
        let unsorted = Ask { sort: Vec::new(), offset: Some(1), ..asked.clone() };
        for ask in [asked, unsorted] {
            let (answer, explanation) = explained(&book, &ask);
            let (expected, _) = explained(&without, &ask);
            assert_eq!(answer, expected, "{ask:?}");
            assert_eq!(explanation.access_path, path, "{ask:?}");
            assert!(explanation.contacts < 250, "{explanation:?} {ask:?}");
        }
    }
    book.drop_indexes();
    assert!(book.bytes() < before + 4_096, "the memory of the index is counted");
    assert!((8 * CONTACTS..11 * CONTACTS).contains(&bytes), "{bytes}");
}

#[test]
fn a_number_that_nobody_has_is_looked_up_without_reading_a_contact() {
    let book = book_of((0..CONTACTS).map(number));
    book.index_numbers(&INLINE);
    for unknown in ["%495999999", "%999999999", "%0000000000000"] {
        let ask = Ask { filter: phones("like", unknown), ..Ask::default() };
        let (answer, explanation) = explained(&book, &ask);
        assert_eq!((answer.total, explanation.contacts), (0, 0));
        assert_eq!(explanation.access_path, AccessPathKind::PhoneSuffixIndex);
    }
    let half = Ask { filter: phones("regexp", "[0-4]$"), ..Ask::default() };
    assert_eq!(access_path(&book, &half), Some(AccessPathKind::Scan), "one contact in two has such a number");
}

/// Each conjunct that an index is asked about takes time before the query has its turn.
#[test]
fn few_conjuncts_of_many_are_looked_up() {
    let book = book_of((0..MANY).map(number));
    book.index_numbers(&INLINE);
    let path = |others: usize| {
        let other = phones("like", "%");
        let mut filters: Vec<AskFilter> = (0..others).map(|_| other.clone()).collect();
        filters.push(phones("=", &number(7)));
        let ask = screen(tree(Condition::And, filters));
        (found(&book, &ask).total, access_path(&book, &ask))
    };
    assert_eq!(path(15), (1, Some(AccessPathKind::PhoneIndex)));
    assert_eq!(path(16), (1, Some(AccessPathKind::Scan)), "its answer is the same");
}
