//! A few thousand cases for every target; `cargo xtask fuzz` runs millions.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use ringbook_fuzz::case;
use ringbook_fuzz::targets::Target;

const SEED: u64 = 20_260_101;

/// Runs the target on its seeds, then on this number of cases.
fn run(name: &str, cases: u64) {
    let target = Target::named(name).expect("a target");
    assert!(!target.seeds().is_empty(), "{name} has no seeds");
    let seeds = target.seeds().iter().cloned();
    for input in seeds.chain((0..cases).map(|number| case(target, SEED, number))) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(&input))) {
            eprintln!("{name} fails on {:?}", String::from_utf8_lossy(&input));
            resume_unwind(panic);
        }
    }
}

#[test]
fn every_body_gets_a_well_formed_reply() {
    run("envelope", 2_000);
}

#[test]
fn contacts_of_a_file_are_written_and_read_again() {
    run("file", 1_500);
}

#[test]
fn every_query_gets_a_well_formed_reply() {
    run("filter", 1_500);
}

#[test]
fn a_jsquery_and_its_negation_never_agree() {
    run("jsquery", 4_000);
}

#[test]
fn messages_of_ldap_are_read_within_bounds() {
    run("ldap", 4_000);
}

#[test]
fn scans_find_what_single_matches_find() {
    run("pattern", 1_200);
}

#[test]
fn equal_numbers_give_equal_cases() {
    let target = Target::named("filter").expect("a target");
    assert_eq!(case(target, 7, 42), case(target, 7, 42));
    assert_ne!(case(target, 7, 42), case(target, 8, 42));
}
