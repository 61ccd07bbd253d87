//! Measures questions about names with the index of names, without it, and against a substring search over the same
//! names: `cargo run --release -p ringbook-book --example name_index [CONTACTS] [PATTERN]`. One thread, shortest of several runs.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use memchr::memmem;
use ringbook_book::Book;
use ringbook_book::book::NameIndexUse;
use ringbook_book::book::load::{IndexedTables, LoadBatch, SmallTables, StoredContact, assemble};
use ringbook_book::id::Revision;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Direction, Literal};
use ringbook_book::query::field::CONTACT;
use ringbook_book::query::plan::{Plan, plan};
use ringbook_book::runner::INLINE;
use ringbook_book::text::Phone;

const CONTACTS: u64 = 1_000_000;
const ROUNDS: usize = 9;
/// The distinct last names, first names and patronymics of a book of common names.
const COMMON: [usize; 3] = [40_000, 4_000, 250];

const SYLLABLES: [&str; 24] = [
    "ва", "но", "ри", "се", "ан", "ков", "ми", "ле", "то", "ди", "ир", "ол", "mar", "smi", "th", "jo", "ha", "li",
    "ве", "пе", "тр", "ова", "ний", "ич",
];

/// Field, operator and value; the substring that the peer searches for.
const QUESTIONS: [(&str, &str, &str, &str); 25] = [
    ("full_name", "like", "%ван%", "ван"),
    ("full_name", "like", "%ковсе%", "ковсе"),
    ("full_name", "like", "%xyzq%", "xyzq"),
    ("full_name", "like", "%а%", "а"),
    ("full_name", "like", "Иван%", "Иван"),
    ("full_name", "ilike", "%ВАН%", "ван"),
    ("full_name", "regexp", "[Сс]ера[нк]", "сера"),
    ("full_name", "regexp", "ван|ков|mar", "ван"),
    ("full_name", "regexp", "\\mMar", "mar"),
    ("full_name", "regexp", "^[^ ]+ова? Ан", "ова"),
    ("full_name", "regexp", "[[:alpha:]]ков[[:alpha:]]+ .*ич$", "ич"),
    ("full_name", "like", "%ван% Ма%", "ван"),
    ("full_name", "like", "%ов Ан%", "ов Ан"),
    ("full_name", "ilike", "%ми %_ан%", "ан"),
    ("full_name", "not_like", "%ва% %ва%", "ва"),
    ("full_name", "regexp", "^[^ ]+ [^ ]+ [^ ]+$", "ов"),
    ("full_name", "regexp", "(.)\\1 (.)\\2", "ов"),
    ("full_name", "regexp", "(?i)smith", "smith"),
    ("full_name", "regexp", "ван", "ван"),
    ("full_name", "regexp", "^.{9} .{3}и", "ов"),
    ("full_name", "=", "Ванори Сера", "Ванори"),
    ("full_name", "!=", "Ванори Сера", "Ванори"),
    ("full_name", "like", "%ов%", "ов"),
    ("last_name", "like", "%ван%", "ван"),
    ("last_name", "=", "Ванори", "Ванори"),
];

fn word(rng: &mut Rng) -> String {
    let syllables: String = (0..rng.usize(2..5)).map(|_| SYLLABLES[rng.usize(..SYLLABLES.len())]).collect();
    let mut chars = syllables.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}

/// A book whose names are common, or mostly distinct.
fn book(contacts: u64, is_diverse: bool) -> Book {
    let mut rng = Rng::with_seed(7);
    let words = COMMON.map(|count| (0..count).map(|_| word(&mut rng)).collect::<Vec<_>>());
    let any = |column: usize, rng: &mut Rng| {
        // Some names are far more frequent than others.
        let at = (rng.f64().powi(3) * words[column].len() as f64) as usize;
        words[column][at].clone()
    };
    let tables = IndexedTables::new(SmallTables::default());
    let mut batch = LoadBatch::new(&tables);
    for id in 1..=contacts {
        let is_rare = is_diverse && rng.usize(..10) < 7;
        let last = if is_rare { word(&mut rng) + &word(&mut rng) } else { any(0, &mut rng) };
        let first = (rng.usize(..10) < 9).then(|| any(1, &mut rng));
        let patronymic = (first.is_some() && rng.usize(..10) < 4).then(|| any(2, &mut rng));
        let phone = Phone::parse(&format!("7{:010}", id)).expect("eleven digits");
        let stored = StoredContact {
            id,
            last_name: &last,
            first_name: first.as_deref(),
            patronymic: patronymic.as_deref(),
            phones: &[phone],
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

fn asked(field: &str, operator: &str, value: &str) -> Arc<Plan> {
    let filter = AskFilter::Simple {
        field: field.to_owned(),
        operator: operator.to_owned(),
        value: Literal::Text(value.to_owned()),
    };
    let sort = vec![AskSort { field: "last_name".to_owned(), direction: Direction::Ascending }];
    let ask = Ask { filter, sort, limit: Some(50), ..Ask::default() };
    Arc::new(plan(&CONTACT, &ask).expect("a valid question"))
}

/// The shortest of several runs, and what they return.
fn shortest<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut time = || {
        let began = Instant::now();
        let result = run();
        (began.elapsed(), result)
    };
    let mut best = time();
    for _ in 1..ROUNDS {
        let next = time();
        best.0 = best.0.min(next.0);
    }
    best
}

fn main() {
    let contacts = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(CONTACTS);
    for is_diverse in [false, true] {
        let book = book(contacts, is_diverse);
        book.warm_sort_keys(&INLINE);
        let without = Arc::new(book.without_name_index());
        let before = book.bytes();
        let (built, ()) = shortest(|| book.index_names(NameIndexUse::WhereFaster, &INLINE));
        let bytes = book.bytes() - before;
        let book = Arc::new(book);
        let names: String = book.iter().map(|contact| contact.full_name().to_owned() + "\n").collect();
        println!(
            "\n{} names, {}: {:.1} MB; index {:.1} bytes a contact, made in {built:.0?}\n",
            contacts,
            if is_diverse { "mostly distinct" } else { "common" },
            names.len() as f64 / 1e6,
            bytes as f64 / contacts as f64
        );
        println!("| question | total | index | scan | `memmem` | index / `memmem` |\n|---|---|---|---|---|---|");
        let only = std::env::args().nth(2);
        let wanted = |value: &str| only.as_ref().is_none_or(|only| only == value);
        for (field, operator, value, literal) in QUESTIONS.into_iter().filter(|(_, _, value, _)| wanted(value)) {
            let plan = asked(field, operator, value);
            let run = |book: &Arc<Book>| book.search(&plan).run(&INLINE).expect("within the budget").total;
            let uses = book.search(&plan).uses_name_index();
            let ((with, total), (scan, expected)) = (shortest(|| run(&book)), shortest(|| run(&without)));
            assert_eq!(total, expected, "{field} {operator} {value}");
            let (search, _) = shortest(|| memmem::find_iter(names.as_bytes(), literal).count());
            println!(
                "| `{field} {operator} {value}` | {total} | {with:.1?}{} | {scan:.1?} | {search:.1?} | {:.2} |",
                if uses { "" } else { " (not used)" },
                with.as_secs_f64() / search.as_secs_f64()
            );
        }
    }
}
