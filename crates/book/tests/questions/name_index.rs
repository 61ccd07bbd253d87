//! The index of names gives the answers that scanning gives: on random books, for random questions, while names change.

use fastrand::Rng;
use ringbook_book::Book;
use ringbook_book::book::NameIndexUse;
use ringbook_book::book::load::{IndexedTables, LoadBatch, SmallTables, StoredContact, assemble};
use ringbook_book::id::Revision;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Condition, Direction, Literal};
use ringbook_book::query::contact_page::AccessPathKind;
use ringbook_book::runner::INLINE;
use ringbook_book::text::Phone;
use ringbook_testbed::random::{Choices, seeds};

use crate::comparison::{against_oracle, check_contents};
use crate::engine::{explained, uses_name_index};
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
    sample.book.drop_indexes();
    assert!(sample.book.bytes() < bytes + 4_096, "the memory of the index is counted");
    let ask = ask_about_names(&mut rng, &sample.people);
    assert!(!uses_name_index(&sample.book, &ask));
}

/// A comparison as it is asked.
fn simple(field: &str, operator: &str, value: Literal) -> AskFilter {
    AskFilter::Simple { field: field.to_owned(), operator: operator.to_owned(), value }
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

/// The first fifty by last name.
fn screen(filter: AskFilter) -> Ask {
    let sort = vec![AskSort { field: "last_name".to_owned(), direction: Direction::Ascending }];
    Ask { filter, sort, limit: Some(50), ..Ask::default() }
}

/// A book of contacts with these last and first names.
fn book_of(names: impl Iterator<Item = (String, Option<String>)>) -> Book {
    book_of_full_names(names.map(|(last, first)| (last, first, None)))
}

/// A book of contacts with these last names, first names and patronymics.
pub fn book_of_full_names(names: impl Iterator<Item = (String, Option<String>, Option<String>)>) -> Book {
    let tables = IndexedTables::new(SmallTables::default());
    let mut batch = LoadBatch::new(&tables);
    for (at, (last, first, patronymic)) in names.enumerate() {
        let stored = StoredContact {
            id: at as u64 + 1,
            last_name: &last,
            first_name: first.as_deref(),
            patronymic: patronymic.as_deref(),
            phones: &[Phone::parse("123").expect("three digits")],
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

/// A name from a number: letters only.
fn spelled(mut number: usize) -> String {
    const LETTERS: [char; 8] = ['а', 'в', 'н', 'о', 'и', 'e', 'r', 's'];
    let mut name = "К".to_owned();
    loop {
        name.push(LETTERS[number % LETTERS.len()]);
        number /= LETTERS.len();
        if number == 0 {
            return name;
        }
    }
}

/// Contacts of a book of common names.
const COMMON: usize = 10_000;

/// A book of common names, with its index.
fn common() -> Book {
    let name = |at: usize| (spelled(at % 700), Some(spelled(at % 90)).filter(|_| !at.is_multiple_of(7)));
    let book = book_of((0..COMMON).map(name));
    book.index_names(NameIndexUse::WhereFaster, &INLINE);
    book
}

const SORTS: [&[&str]; 6] =
    [&["last_name"], &["last_name"], &["last_name", "first_name", "full_name"], &["full_name"], &["first_name"], &[]];

#[test]
fn every_comparison_of_names_that_finds_few_uses_the_index_and_reads_few_contacts() {
    let book = common();
    let without = book.without_name_index();
    let (last, first) = (spelled(345), spelled(345 % 90));
    let full = format!("{last} {first}");
    let list = || Literal::List(vec![text(&full), text("Nobody"), text(&spelled(7))]);
    for filter in [
        simple("full_name", "=", text(&full)),
        simple("full_name", "!=", text(&full)),
        simple("full_name", "in", list()),
        simple("full_name", "not_in", list()),
        simple("full_name", "like", text(&format!("%{last}%"))),
        simple("full_name", "not_like", text(&format!("%{last}%"))),
        simple("full_name", "ilike", text(&last.to_uppercase())),
        simple("full_name", "like", text(&format!("%{} {}%", &last[2..], &first[..4]))),
        simple("full_name", "like", text(&format!("{last}%{}", &first[2..]))),
        simple("full_name", "regexp", text(&format!("^{last} {first}$"))),
        simple("full_name", "regexp", text(&format!("(?i)(^|x){last}"))),
        simple("full_name", "regexp", text(&format!("{}|Nobody", &last[2..]))),
        simple("full_name", "regexp", text("^.* .{2,4}$")),
        simple("full_name", "regexp", text(&format!("\\m{last}"))),
        simple("last_name", "=", text(&last)),
        simple("last_name", "not_in", list()),
        simple("last_name", "regexp", text(&format!("{last}$"))),
        simple("first_name", "=", text(&first)),
        simple("first_name", "!=", text(&first)),
        simple("first_name", "ilike", text(&format!("%{}", first.to_uppercase()))),
        AskFilter::Tree {
            filters: vec![simple("last_name", "=", text(&last)), simple("full_name", "=", text(&spelled(7)))],
            condition: Some(Condition::Or),
        },
    ] {
        for (at, keys) in SORTS.iter().enumerate() {
            let direction = if at.is_multiple_of(2) { Direction::Ascending } else { Direction::Descending };
            let sort = keys.iter().map(|field| AskSort { field: (*field).to_owned(), direction }).collect();
            let offset = [0, 5, 9_000][at % 3];
            let ask = Ask { filter: filter.clone(), sort, limit: Some(50), offset: Some(offset), ..Ask::default() };
            let (answer, explanation) = explained(&book, &ask);
            let (expected, scan) = explained(&without, &ask);
            assert_eq!(answer, expected, "{ask:?}");
            assert_eq!(scan.access_path, AccessPathKind::Scan, "{ask:?}");
            assert_eq!(scan.contacts, COMMON as u64, "{ask:?}");
            assert_eq!(explanation.access_path, AccessPathKind::NameIndex, "{ask:?}");
            assert!(explanation.contacts < 1_000, "{explanation:?} {ask:?}");
        }
    }
}

#[test]
fn the_index_is_not_used_where_a_comparison_says_nothing_about_names_or_is_too_common() {
    let book = common();
    for filter in [
        AskFilter::Everything,
        simple("full_name", "regexp", text("(.)\\1")),
        simple("full_name", "regexp", text(".(?! ).")),
        simple("full_name", "like", text("%_ _%")),
        simple("full_name", "is_not_null", Literal::Null),
        simple("phone_numbers", "!=", text("123")),
    ] {
        let ask = screen(filter);
        let (answer, explanation) = explained(&book, &ask);
        assert_ne!(explanation.access_path, AccessPathKind::NameIndex, "{ask:?}");
        assert_eq!(answer, explained(&book.without_name_index(), &ask).0);
    }
}

/// The last and the first name of the contact with this number.
type Naming = Box<dyn Fn(usize) -> (String, Option<String>)>;

#[test]
fn names_that_defeat_the_index_are_answered_like_others_within_its_memory() {
    const CONTACTS: usize = 1_500;
    let emoji = |at: usize| -> String {
        let one = |place: usize| char::from_u32(0x1f300 + ((at * 31 + place * 7) % 700) as u32).expect("a character");
        (0..255).map(one).collect()
    };
    let spaced = |at: usize| -> String {
        let letters: Vec<String> = spelled(at).chars().cycle().take(60).map(String::from).collect();
        letters.join(" ")
    };
    let books: [(&str, Naming); 6] = [
        ("distinct", Box::new(|at| (spelled(at * 7_919), Some(spelled(at * 104_729))))),
        ("one name", Box::new(|_| ("Иванов".to_owned(), Some("Иван".to_owned())))),
        ("emoji", Box::new(move |at| (emoji(at), None))),
        ("without spaces", Box::new(|at| (spelled(at).repeat(9), None))),
        ("spaces between letters", Box::new(move |at| (spaced(at), Some(spaced(at + 1))))),
        ("one letter", Box::new(|at| (["а", "б", "в"][at % 3].to_owned(), Some("а".to_owned())))),
    ];
    for (kind, name) in books {
        for usage in [NameIndexUse::WhereFaster, NameIndexUse::Always] {
            let book = book_of((0..CONTACTS).map(&name));
            let names: usize = book.iter().map(|contact| contact.full_name().len() + 1).sum();
            let before = book.bytes();
            book.index_names(usage, &INLINE);
            let bytes = book.bytes() - before;
            assert!(bytes <= 6 * names + 100 * CONTACTS + (1 << 20), "{kind}: {bytes} for {names} bytes of names");
            let without = book.without_name_index();
            let (last, first) = name(1_234);
            let piece: String = last.chars().skip(1).take(5).collect();
            for filter in [
                simple("full_name", "like", text(&format!("%{piece}%"))),
                simple("full_name", "like", text("%а%")),
                simple("full_name", "ilike", text("% А%")),
                simple("full_name", "regexp", text("^.{3,}ва? ")),
                simple("full_name", "=", text(&first.map_or(last.clone(), |first| format!("{last} {first}")))),
                simple("last_name", "=", text(&last)),
                simple("first_name", "!=", text("Иван")),
                simple("full_name", "not_like", text(&format!("%{piece}"))),
            ] {
                let ask = screen(filter);
                assert_eq!(explained(&book, &ask).0, explained(&without, &ask).0, "{kind} {usage:?} {ask:?}");
            }
        }
    }
}
