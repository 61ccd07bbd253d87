//! Pages are pieces of one list: whatever their size, put together they are the whole.

use fastrand::Rng;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Condition, Direction, Literal};
use ringbook_book::query::window::LIMIT_MAX;
use ringbook_testbed::random::{Choices, seeds};

use crate::engine::{self, Outcome, found};
use crate::random_book::Sample;
use crate::random_questions::ask;

#[test]
fn pages_of_one_of_seven_and_of_the_most_make_the_same_list() {
    for seed in seeds(25) {
        let mut rng = Rng::with_seed(seed);
        let count = rng.between(0, 60);
        let sample = Sample::new(&mut rng, count);
        for sort in sorts() {
            let filter = valid_filter(&mut rng, &sample);
            let ask = Ask { filter, sort, ..Ask::default() };
            let whole = pages(&sample, &ask, LIMIT_MAX);
            for size in [1, 7] {
                assert_eq!(pages(&sample, &ask, size), whole, "round {seed}, pages of {size}: {ask:#?}");
            }
        }
    }
}

#[test]
fn pages_of_a_book_of_several_chunks_make_the_same_list() {
    let mut rng = Rng::with_seed(seeds(1).start);
    let sample = Sample::new(&mut rng, 2_500);
    for sort in sorts() {
        let ask = Ask { sort, ..Ask::default() };
        let whole = pages(&sample, &ask, LIMIT_MAX);
        assert_eq!(whole.len(), sample.people.len());
        assert_eq!(pages(&sample, &ask, 77), whole, "{:?}", ask.sort);
    }
}

#[test]
fn going_on_behind_the_last_id_reads_every_match_once() {
    for seed in seeds(25) {
        let mut rng = Rng::with_seed(seed);
        let count = if seed % 8 == 0 { 2_100 } else { rng.between(0, 60) };
        let sample = Sample::new(&mut rng, count);
        for _ in 0..4 {
            let filter = valid_filter(&mut rng, &sample);
            let whole = pages(&sample, &Ask { filter: filter.clone(), ..Ask::default() }, LIMIT_MAX);
            let size = rng.pick(&[7, 50, LIMIT_MAX]);
            assert_eq!(by_key(&sample, &filter, size), whole, "round {seed}, steps of {size}: {filter:#?}");
        }
    }
}

/// No sort, each field up and down, and some of several keys.
fn sorts() -> Vec<Vec<AskSort>> {
    let by = |field: &str, direction| AskSort { field: field.to_owned(), direction };
    let up = |field| by(field, Direction::Ascending);
    let down = |field| by(field, Direction::Descending);
    vec![
        vec![],
        vec![up("last_name")],
        vec![down("last_name")],
        vec![up("first_name")],
        vec![down("first_name")],
        vec![up("full_name")],
        vec![down("first_name"), up("last_name")],
        vec![up("first_name"), down("full_name"), up("last_name")],
    ]
}

/// A filter that the engine accepts, also one level deeper.
fn valid_filter(rng: &mut Rng, sample: &Sample) -> AskFilter {
    loop {
        let filter = ask(rng, &sample.people).filter;
        let ask = Ask { filter: after(0, &filter), ..Ask::default() };
        if matches!(engine::answer(&sample.book, &ask), Outcome::Found(_)) {
            return filter;
        }
    }
}

/// The filter, for ids greater than `last` only.
fn after(last: u64, filter: &AskFilter) -> AskFilter {
    let id = AskFilter::Simple {
        field: "id".to_owned(),
        operator: ">".to_owned(),
        value: Literal::Number(last.to_string()),
    };
    AskFilter::Tree { filters: vec![id, filter.clone()], condition: Some(Condition::And) }
}

/// Every page of this size, one after the other; each must give the same total.
fn pages(sample: &Sample, ask: &Ask, size: usize) -> Vec<u64> {
    let mut ids = Vec::new();
    loop {
        let page = Ask { limit: Some(size as i128), offset: Some(ids.len() as i128), ..ask.clone() };
        let page = found(&sample.book, &page);
        if page.ids.is_empty() {
            assert_eq!(page.total, ids.len() as u64, "the total past the end");
            return ids;
        }
        assert!(page.ids.len() <= size);
        ids.extend(page.ids);
    }
}

fn by_key(sample: &Sample, filter: &AskFilter, size: usize) -> Vec<u64> {
    let mut ids: Vec<u64> = Vec::new();
    loop {
        let last = ids.last().copied().unwrap_or(0);
        let filter = after(last, filter);
        let page = found(&sample.book, &Ask { filter, limit: Some(size as i128), ..Ask::default() });
        if page.ids.is_empty() {
            return ids;
        }
        ids.extend(page.ids);
    }
}
