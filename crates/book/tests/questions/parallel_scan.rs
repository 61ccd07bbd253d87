//! A scan that is divided among threads answers what one thread answers.

use std::sync::Arc;

use ringbook_book::Book;
use ringbook_book::book::load::{IndexedTables, LoadBatch, StoredContact, assemble};
use ringbook_book::id::Revision;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Direction, Literal};
use ringbook_book::query::field::CONTACT;
use ringbook_book::query::plan::plan;
use ringbook_book::runner::Threads;
use ringbook_book::text::Phone;

const CONTACTS: u64 = 150_000;
const NAMES: [&str; 7] = ["Иванов", "Smith", "van der Berg", "Ёлкина", "王", "O'Brien", "иванова"];

fn book() -> Arc<Book> {
    let tables = IndexedTables::default();
    let mut run = LoadBatch::new(&tables);
    for id in 1..=CONTACTS {
        let last_name = NAMES[(id * 31 % 7) as usize];
        let first = format!("N{}", id * 7919 % 1000);
        let phone = Phone::parse(&format!("7495{id:07}")).expect("eleven digits");
        let contact = StoredContact {
            id,
            last_name,
            first_name: (!id.is_multiple_of(5)).then_some(first.as_str()),
            patronymic: None,
            phones: &[phone],
            emails: &[],
            manager: None,
            organization: None,
            groups: &[],
            revision: Revision(1),
        };
        run.push(&contact).expect("a good contact");
    }
    let loaded = run.finish();
    Arc::new(assemble(tables, vec![loaded], Revision(1)).expect("one batch"))
}

fn simple(field: &str, operator: &str, value: &str) -> AskFilter {
    AskFilter::Simple { field: field.into(), operator: operator.into(), value: Literal::Text(value.into()) }
}

fn by(field: &str, direction: Direction) -> AskSort {
    AskSort { field: field.into(), direction }
}

#[test]
fn threads_together_find_what_one_finds() {
    let book = book();
    let filters = [
        AskFilter::Everything,
        simple("full_name", "like", "%ван%"),
        simple("full_name", "regexp", "^[А-Я].*7$"),
        simple("full_name", "regexp", "(.)\\1"),
        simple("phone_numbers", "like", "%77"),
        simple("id", ">", "70000"),
    ];
    let sorts = [vec![], vec![by("last_name", Direction::Descending), by("first_name", Direction::Ascending)]];
    for filter in &filters {
        for sort in &sorts {
            for (limit, offset) in [(50, 0), (1_000, 3_333), (0, 0), (10_000, 100_000)] {
                let window = Ask { limit: Some(limit), offset: Some(offset), ..Ask::default() };
                let ask = Ask { filter: filter.clone(), sort: sort.clone(), ..window };
                let plan = Arc::new(plan(&CONTACT, &ask).expect("a good question"));
                let ids = |workers| {
                    let page = book.search(&plan).run(&Threads(workers)).expect("within the steps");
                    (page.total, page.contacts().map(|contact| contact.id()).collect::<Vec<_>>())
                };
                let alone = ids(1);
                assert_eq!(ids(2), alone, "{ask:#?}");
                assert_eq!(ids(4), alone, "{ask:#?}");
            }
        }
    }
}
