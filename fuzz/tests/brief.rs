//! A few thousand hostile inputs for every target; `cargo xtask fuzz` tries millions.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use ringbook_fuzz::case;
use ringbook_fuzz::targets::Target;

const SEED: u64 = 20_260_101;

/// Tries the target's seeds as they are, then so many cases.
fn attack(name: &str, cases: u64) {
    let target = Target::named(name).expect("a target");
    assert!(!target.seeds().is_empty(), "{name} has no seeds");
    let seeds = target.seeds().iter().cloned();
    for input in seeds.chain((0..cases).map(|number| case(target, SEED, number))) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.attempt)(&input))) {
            eprintln!("{name} fails on {:?}", String::from_utf8_lossy(&input));
            resume_unwind(panic);
        }
    }
}

#[test]
fn bodies_are_answered_whatever_they_hold() {
    attack("envelope", 2_000);
}

#[test]
fn questions_are_answered_whatever_they_ask() {
    attack("filter", 1_500);
}

#[test]
fn jsqueries_agree_with_their_negation() {
    attack("jsquery", 4_000);
}

#[test]
fn patterns_find_the_same_in_every_way() {
    attack("pattern", 1_200);
}

#[test]
fn a_case_is_the_same_every_time() {
    let target = Target::named("filter").expect("a target");
    assert_eq!(case(target, 7, 42), case(target, 7, 42));
    assert_ne!(case(target, 7, 42), case(target, 8, 42));
}
