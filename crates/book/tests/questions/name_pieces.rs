//! Patterns whose matches can hold spaces are answered part by part as a scan answers them: names whose parts hold spaces
//! themselves, and patterns whose conditions lie at the ends of parts.

use fastrand::Rng;
use ringbook_book::Book;
use ringbook_book::book::NameIndexUse;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Direction, Literal};
use ringbook_book::query::contact_page::AccessPathKind;
use ringbook_book::runner::INLINE;
use ringbook_testbed::random::{Choices, repeat_with, seeds};

use crate::engine::explained;
use crate::name_index::book_of_full_names;

const LASTS: &[&str] = &[
    "Иванов",
    "Иванова",
    "иванов",
    "Анна",
    "van der Vaart",
    "van",
    "Римский-Корсаков",
    "O'Brien",
    "Ан",
    "А Б",
    "Петров Анна",
    "x",
    "- -",
    "李",
];
const FIRSTS: &[&str] = &["Анна", "Ан", "анна", "Иван", "Анна Мария", "Jan der", "x", "А", "-", "明 明", "ова"];
const PATRONYMICS: &[&str] = &["Петрович", "Иванова", "Анна", "x", "ич", "А Б В", "der"];

/// Parts of regular expressions.
const PIECES: &[&str] = &[
    " ",
    " ",
    " ",
    " +",
    " ?",
    ".",
    ".*",
    ".*?",
    ".+",
    ".{2,9}",
    "[^ ]+",
    "[^ ]*",
    "[[:alpha:]]+",
    "\\w+",
    "\\W",
    "\\s",
    "\\S*",
    "( |-)",
    "(?: [^ ]+)?",
    "( [^ ]+){1,2}",
    "^",
    "$",
    "\\m",
    "\\M",
    "\\y",
    "\\Y",
    "(?=А)",
    "(?! )",
    "(?<= )",
    "(?<!а)",
    "(.)\\1",
    "ова?",
    "ов|ова",
    "(ов|ова)",
    "[Аа]н",
    "Ан",
    "Анна",
    "Иван",
    "der",
    "va",
    "ич",
    "x",
    "А",
    "-",
    "明",
];

/// Parts of patterns for `like`.
const LIKE_PIECES: &[&str] =
    &[" ", " ", "%", "%", "_", "Иван", "ов", "Ан", "а", "der", "x", "ич", "-", "明", "А Б", "VA"];

/// A book of contacts with random names of a few parts.
fn book(rng: &mut Rng, contacts: usize) -> Book {
    book_of_full_names((0..contacts).map(|_| {
        let first = rng.percent(70).then(|| rng.pick(FIRSTS).to_owned());
        let patronymic = rng.percent(40).then(|| rng.pick(PATRONYMICS).to_owned());
        (rng.pick(LASTS).to_owned(), first, patronymic)
    }))
}

fn ask(operator: &str, pattern: &str) -> Ask {
    let filter = AskFilter::Simple {
        field: "full_name".to_owned(),
        operator: operator.to_owned(),
        value: Literal::Text(pattern.to_owned()),
    };
    Ask { filter, limit: Some(30), ..Ask::default() }
}

/// Up to three sort keys.
fn sort(rng: &mut Rng) -> Vec<AskSort> {
    let mut key = || AskSort {
        field: rng.pick(&["full_name", "first_name", "last_name"]).to_owned(),
        direction: rng.pick(&[Direction::Ascending, Direction::Descending]),
    };
    let keys = [key(), key(), key()];
    keys.into_iter().take(rng.pick(&[0, 1, 1, 2, 3])).collect()
}

fn pattern(rng: &mut Rng, pieces: &[&str]) -> String {
    (0..rng.between(1, 6)).map(|_| rng.pick(pieces)).collect()
}

#[test]
fn patterns_with_spaces_are_answered_as_a_scan_answers_them() {
    let mut by_parts = 0;
    for seed in seeds(25) {
        let mut rng = Rng::with_seed(seed ^ 0x9d);
        let contacts = rng.between(1, 600);
        let book = book(&mut rng, contacts);
        book.index_names(NameIndexUse::Always, &INLINE);
        let without = book.without_name_index();
        for _ in 0..60 {
            let (operator, pattern) = match rng.below(10) {
                0..6 => ("regexp", pattern(&mut rng, PIECES)),
                6..8 => ("like", pattern(&mut rng, LIKE_PIECES)),
                8 => ("ilike", pattern(&mut rng, LIKE_PIECES)),
                _ => (rng.pick(&["not_like", "not_ilike"]), pattern(&mut rng, LIKE_PIECES)),
            };
            if operator == "regexp" && pg_regex::Regex::new(&pattern).is_err() {
                continue;
            }
            let ask = Ask { sort: sort(&mut rng), ..ask(operator, &pattern) };
            let (answer, explanation) = explained(&book, &ask);
            assert_eq!(answer, explained(&without, &ask).0, "{operator} {pattern:?} ({})", repeat_with(seed));
            by_parts += usize::from(explanation.access_path == AccessPathKind::NameIndex && explanation.contacts == 0);
        }
    }
    assert!(by_parts > 200, "{by_parts} questions were answered by parts alone");
}

#[test]
fn the_first_contacts_in_every_order_are_those_of_a_scan() {
    for seed in seeds(3) {
        let mut rng = Rng::with_seed(seed ^ 0x0d);
        let book = book(&mut rng, 3_000);
        let has_keys = !seed.is_multiple_of(3);
        if has_keys {
            book.warm_sort_keys(&INLINE);
        }
        book.index_names(NameIndexUse::Always, &INLINE);
        let without = book.without_name_index();
        for _ in 0..120 {
            let limit = rng.pick(&[0, 1, 7, 50, 3_000]);
            let offset = rng.percent(40).then(|| rng.below(3_100) as i128);
            let pattern = rng.pick(&["%", "%а%", "%А Б%", "%x", "Иван%", "%ван% %ан%", "van%", "% x%"]);
            let ask = Ask { sort: sort(&mut rng), limit: Some(limit), offset, ..ask("ilike", pattern) };
            assert_eq!(explained(&book, &ask).0, explained(&without, &ask).0, "{ask:?} ({})", repeat_with(seed));
        }
    }
}

#[test]
fn a_pattern_across_parts_reads_no_name() {
    let mut rng = Rng::with_seed(5);
    let book = book(&mut rng, 60_000);
    book.index_names(NameIndexUse::WhereFaster, &INLINE);
    let without = book.without_name_index();
    for (operator, pattern) in [
        ("regexp", "^[^ ]+ова? Ан"),
        ("regexp", "[[:alpha:]]-[[:alpha:]]+ .*ич$"),
        ("regexp", "ов Ан"),
        ("regexp", "^.*а .*а .*а$"),
        ("like", "%ов Ан%"),
        ("like", "Иван% Петр%"),
        ("not_like", "Иван% Петр%"),
        ("ilike", "%А _н%"),
    ] {
        let ask = Ask { sort: sort(&mut rng), ..ask(operator, pattern) };
        let (answer, explanation) = explained(&book, &ask);
        assert_eq!(answer, explained(&without, &ask).0, "{operator} {pattern}");
        assert!(answer.total > 0, "{operator} {pattern}");
        assert_eq!(explanation.access_path, AccessPathKind::NameIndex, "{operator} {pattern}");
        assert_eq!(explanation.contacts, 0, "{operator} {pattern}");
    }
}
