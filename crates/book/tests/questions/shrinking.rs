//! Rounds of questions, and the way from a failure to its smallest form.

use ringbook_book::query::ask::{Ask, AskFilter};
use ringbook_testbed::random::repeat_with;

/// Fails with the smallest question for which `differs` still finds a difference, if it finds one at all.
pub fn check(seed: u64, ask: &Ask, mut differs: impl FnMut(&Ask) -> Option<String>) {
    let Some(mut difference) = differs(ask) else { return };
    let mut smallest = ask.clone();
    while let Some((ask, why)) = smaller(&smallest).into_iter().find_map(|ask| differs(&ask).map(|why| (ask, why))) {
        (smallest, difference) = (ask, why);
    }
    panic!("round {seed} ({}):\n{smallest:#?}\n{difference}", repeat_with(seed));
}

/// Questions with one thing less.
fn smaller(ask: &Ask) -> Vec<Ask> {
    let with = |change: &dyn Fn(&mut Ask)| {
        let mut ask = ask.clone();
        change(&mut ask);
        ask
    };
    let mut questions: Vec<Ask> =
        smaller_filters(&ask.filter).into_iter().map(|filter| Ask { filter, ..ask.clone() }).collect();
    questions.extend((0..ask.sort.len()).map(|at| with(&|ask| drop(ask.sort.remove(at)))));
    if ask.limit.is_some() {
        questions.push(with(&|ask| ask.limit = None));
    }
    if ask.offset.is_some() {
        questions.push(with(&|ask| ask.offset = None));
    }
    questions
}

fn smaller_filters(filter: &AskFilter) -> Vec<AskFilter> {
    let AskFilter::Tree { filters, condition } = filter else {
        return if *filter == AskFilter::Everything { Vec::new() } else { vec![AskFilter::Everything] };
    };
    let mut found = filters.clone();
    for (at, filter) in filters.iter().enumerate() {
        let mut fewer = filters.clone();
        fewer.remove(at);
        found.push(AskFilter::Tree { filters: fewer, condition: *condition });
        for simpler in smaller_filters(filter) {
            let mut other = filters.clone();
            other[at] = simpler;
            found.push(AskFilter::Tree { filters: other, condition: *condition });
        }
    }
    found
}
