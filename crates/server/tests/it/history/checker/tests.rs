use std::collections::BTreeMap;

use super::super::model::{BATCH, Page};
use super::*;

/// A call that began and was answered at these times.
fn call(begun: u64, answered: u64, operation: Operation) -> Call {
    Call { operation, begun, answered: Some(answered) }
}

fn unanswered(begun: u64, operation: Operation) -> Call {
    Call { operation, begun, answered: None }
}

fn write(register: usize, first: u64) -> Operation {
    Operation::Write { register, values: [Some(first), None] }
}

fn read_one(first: u64) -> Operation {
    Operation::ReadOne { register: 0, seen: [first, 0], name: 0 }
}

/// A page with two registers that show these names, and with these batches.
fn page(first: [u64; 2], names: [u64; 2], batches: &[(u64, usize)]) -> Operation {
    let registers = vec![([first[0], 0], names[0]), ([first[1], 0], names[1])];
    Operation::ReadAll(Page { registers, batches: BTreeMap::from_iter(batches.iter().copied()) })
}

fn checked(windows: &[&[Call]]) -> Result<Checker, String> {
    let mut checker = Checker::new(State::new(2));
    windows.iter().try_for_each(|window| checker.check(window.to_vec()))?;
    Ok(checker)
}

fn is_good(calls: &[Call]) -> bool {
    checked(&[calls]).is_ok()
}

#[test]
fn legal_histories_are_accepted() {
    let one_after_the_other =
        [call(0, 1, write(0, 1)), call(2, 3, read_one(1)), call(4, 5, write(0, 2)), call(6, 7, read_one(2))];
    assert!(is_good(&one_after_the_other));
    // While a write runs, both values may be read, the new one not before the old.
    let at_once = [call(0, 9, write(0, 1)), call(1, 2, read_one(0)), call(3, 4, read_one(1)), call(5, 6, read_one(1))];
    assert!(is_good(&at_once));
    // Two writes at once, in the order that the reader says.
    let crossed = [call(0, 5, write(0, 1)), call(1, 6, write(0, 2)), call(7, 8, read_one(1))];
    assert!(is_good(&crossed));
    let whole = [
        call(0, 9, Operation::Rename(7)),
        call(1, 8, Operation::Upload(3)),
        call(2, 3, page([0, 0], [7, 7], &[])),
        call(10, 11, page([0, 0], [7, 7], &[(3, BATCH)])),
        call(12, 13, Operation::Delete(3)),
        call(14, 15, Operation::DeleteMissing(3)),
        call(16, 17, page([0, 0], [7, 7], &[])),
    ];
    assert!(is_good(&whole));
}

#[test]
fn a_read_that_is_older_than_its_call_is_rejected() {
    assert!(!is_good(&[call(0, 1, write(0, 1)), call(2, 3, read_one(0))]));
    // What one has seen while the write ran, nobody may miss later.
    assert!(!is_good(&[call(0, 9, write(0, 1)), call(1, 2, read_one(1)), call(3, 4, read_one(0))]));
}

#[test]
fn a_lost_update_is_rejected() {
    let other = Operation::Write { register: 0, values: [None, Some(2)] };
    let seen = |seen| Operation::ReadOne { register: 0, seen, name: 0 };
    assert!(is_good(&[call(0, 5, write(0, 1)), call(1, 6, other.clone()), call(7, 8, seen([1, 2]))]));
    // The second wrote back what it had read before the first.
    assert!(!is_good(&[call(0, 5, write(0, 1)), call(1, 6, other), call(7, 8, seen([0, 2]))]));
}

#[test]
fn a_torn_page_is_rejected() {
    let during =
        |page| is_good(&[call(0, 9, Operation::Rename(7)), call(0, 9, Operation::Upload(3)), call(1, 2, page)]);
    assert!(during(page([0, 0], [7, 7], &[])) && during(page([0, 0], [0, 0], &[(3, BATCH)])));
    assert!(!during(page([0, 0], [7, 0], &[])), "half renamed");
    assert!(!during(page([0, 0], [0, 0], &[(3, BATCH - 1)])), "half uploaded");
    // Two registers, written one after the other: the second cannot be seen without the first.
    let writes = [call(0, 1, write(0, 1)), call(2, 9, write(1, 2))];
    let seen = |first| is_good(&[&writes[..], &[call(3, 4, page(first, [0, 0], &[]))]].concat());
    assert!(seen([1, 0]) && seen([1, 2]));
    assert!(!seen([0, 2]));
}

#[test]
fn what_was_refused_must_not_be_seen() {
    // Nobody has written 5: the call that wanted to was refused.
    assert!(!is_good(&[call(0, 1, write(0, 1)), call(2, 3, read_one(5))]));
    assert!(!is_good(&[call(0, 1, Operation::Upload(3)), call(2, 3, Operation::DeleteMissing(3))]), "it is there");
    assert!(!is_good(&[
        call(0, 1, Operation::Upload(3)),
        call(2, 3, Operation::Delete(3)),
        call(4, 5, Operation::Delete(3))
    ]));
}

#[test]
fn what_was_not_answered_may_have_been_done_or_not_but_not_undone() {
    assert!(is_good(&[unanswered(0, write(0, 1)), call(2, 3, read_one(0)), call(4, 5, read_one(1))]), "late");
    assert!(is_good(&[unanswered(0, write(0, 1)), call(2, 3, read_one(0))]), "never");
    assert!(!is_good(&[unanswered(0, write(0, 1)), call(2, 3, read_one(1)), call(4, 5, read_one(0))]), "undone");
    assert!(!is_good(&[call(0, 1, read_one(1)), unanswered(2, write(0, 1))]), "before it begun");
    // It was made before the write that everybody saw, which is told by its other member.
    let both = Operation::Write { register: 0, values: [Some(1), Some(2)] };
    let seen = Operation::ReadOne { register: 0, seen: [3, 2], name: 0 };
    assert!(is_good(&[unanswered(0, both.clone()), call(1, 9, write(0, 3)), call(10, 11, seen.clone())]));
    assert!(
        !is_good(&[call(1, 2, write(0, 3)), unanswered(3, both), call(10, 11, seen)]),
        "it would have written both"
    );
}

#[test]
fn windows_carry_over_what_may_be() {
    let first = [
        unanswered(0, write(0, 1)),
        call(1, 2, Operation::Upload(3)),
        unanswered(3, Operation::Delete(3)),
        call(4, 5, read_one(0)),
    ];
    let checker = checked(&[&first]).expect("good");
    assert_eq!(checker.states.len(), 2, "the batch is there or not: {checker:?}");
    assert_eq!(checker.open.len(), 2);
    let seen = [call(10, 11, page([1, 0], [0, 0], &[(3, BATCH)])), call(12, 13, page([1, 0], [0, 0], &[]))];
    let checker = checked(&[&first, &seen]).expect("both were made late");
    assert!(checker.open.is_empty() && checker.states.len() == 1, "{checker:?}");
    let gone = [call(10, 11, page([0, 0], [0, 0], &[])), call(12, 13, page([0, 0], [0, 0], &[(3, BATCH)]))];
    assert!(checked(&[&first, &gone]).is_err(), "what is deleted does not come back");
    let told = checked(&[&first, &[call(20, 21, read_one(9))]]).expect_err("nobody wrote 9");
    assert!(told.contains("ReadOne { register: 0, seen: [9, 0]"), "{told}");
}
