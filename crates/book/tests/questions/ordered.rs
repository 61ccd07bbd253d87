//! Names on one side of a bound: what directories ask with `>=` and `<=`, alone and within trees, by the engine and by a
//! plain evaluation.

use fastrand::Rng;
use ringbook_book::book::NameIndexUse;
use ringbook_book::query::ask::{Ask, AskFilter, Condition, Side};
use ringbook_book::runner::INLINE;
use ringbook_testbed::random::{Choices, seeds};

use crate::comparison::against_oracle;
use crate::random_book::Sample;
use crate::random_questions::ask;
use crate::shrinking::check;

const FIELDS: [&str; 5] = ["last_name", "first_name", "full_name", "organization_name", "personal_manager_full_name"];
const SIDES: [Side; 4] = [Side::Below, Side::AtMost, Side::AtLeast, Side::Above];

fn ordered(rng: &mut Rng, sample: &Sample) -> AskFilter {
    let name = |rng: &mut Rng| match sample.people.len() {
        0 => String::new(),
        count => sample.people[rng.below(count)].full(),
    };
    let bound = match rng.below(4) {
        0 => name(rng),
        1 => name(rng).to_uppercase(),
        2 => name(rng).chars().take(rng.below(4)).collect(),
        _ => rng.pick(&["", "a", "Я", "ё", "ß", "ǆ", "\u{10ffff}", "e\u{301}"]).to_owned(),
    };
    AskFilter::Ordered { field: rng.pick(&FIELDS).to_owned(), side: rng.pick(&SIDES), bound }
}

#[test]
fn names_are_ordered_by_the_code_points_of_their_small_letters() {
    for seed in seeds(60) {
        let mut rng = Rng::with_seed(seed);
        let count = if seed % 20 == 0 { 2_100 } else { rng.between(0, 60) };
        let sample = Sample::new(&mut rng, count);
        if rng.percent(50) {
            sample.book.index_names(NameIndexUse::Always, &INLINE);
        }
        for _ in 0..10 {
            let alone = ordered(&mut rng, &sample);
            let other = ask(&mut rng, &sample.people).filter;
            let condition = Some(rng.pick(&[Condition::And, Condition::Or]));
            let within = AskFilter::Tree { filters: vec![alone.clone(), other], condition };
            for filter in [alone, within] {
                let ask = Ask { filter, ..Ask::default() };
                check(seed, &ask, |ask| against_oracle(&sample, ask));
            }
        }
    }
}
