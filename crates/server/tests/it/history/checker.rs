//! A linearizability checker: is there an order of the operations that explains every reply?
//!
//! The search is that of Wing and Gong: any remaining call that began before the first remaining reply may come next. A
//! combination of remaining calls and state is tried once. A call that changes nothing is taken as soon as its result
//! fits, because later it could only fit less.
//!
//! A change without a reply may have been made at any later time, or never. If its value was read, it was made before
//! that; otherwise it is kept for the next window. Deletions have no value that could be read, so both cases are tried.
//!
//! A history is checked in windows between which nothing runs, which keeps each search small. The possible states after
//! a window are the initial states of the next.

use std::collections::HashSet;

use super::model::{Operation, State};

/// A call with its times on a clock that all clients share, in nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub operation: Operation,
    pub begun: u64,
    /// `None` if it is unknown whether the operation was done.
    pub answered: Option<u64>,
}

/// The knowledge of an account after the windows that were checked.
#[derive(Debug)]
pub struct Checker {
    /// Possible states.
    pub states: HashSet<State>,
    /// Changes without a reply that may still be made.
    pub open: Vec<Call>,
}

/// A call in the search.
struct Step<'c> {
    call: &'c Call,
    /// It was done before this; `u64::MAX` for an operation that may not have been done.
    end: u64,
    is_needed: bool,
}

/// A node of the search: which steps are in the order, and the state after them.
type SearchNode = (Vec<bool>, State);

impl Checker {
    pub fn new(state: State) -> Checker {
        Checker { states: HashSet::from([state]), open: Vec::new() }
    }

    /// Checks all calls of a window; each reply was received within it.
    ///
    /// # Errors
    /// There is no order; the text describes the longest one.
    pub fn check(&mut self, calls: Vec<Call>) -> Result<(), String> {
        let mut calls: Vec<Call> = self.open.drain(..).chain(calls).collect();
        calls.sort_by_key(|call| call.begun);
        let steps: Vec<Step> = calls.iter().filter_map(|call| step(call, &calls)).collect();
        self.states = search(&self.states, &steps)?;
        let was_seen: Vec<bool> =
            calls.iter().map(|call| step(call, &calls).is_some_and(|step| step.is_needed)).collect();
        let rest = calls.into_iter().zip(was_seen).filter(|(_, was_seen)| !was_seen).map(|(call, _)| call);
        let is_possible = |call: &Call| match &call.operation {
            Operation::Delete(batch) => self.states.iter().any(|state| state.batches.contains(batch)),
            _ => true,
        };
        self.open = rest.filter(is_possible).collect();
        Ok(())
    }
}

/// The step for a call; `None` if it has no reply and no visible effect.
fn step<'c>(call: &'c Call, all: &[Call]) -> Option<Step<'c>> {
    if let Some(end) = call.answered {
        return Some(Step { call, end, is_needed: true });
    }
    let witnesses = all.iter().filter(|other| other.operation.shows_effect_of(&call.operation));
    match witnesses.filter_map(|witness| witness.answered).min() {
        Some(end) => Some(Step { call, end, is_needed: true }),
        None if matches!(call.operation, Operation::Delete(_)) => Some(Step { call, end: u64::MAX, is_needed: false }),
        None => None,
    }
}

/// The possible states after all steps.
fn search(before: &HashSet<State>, steps: &[Step]) -> Result<HashSet<State>, String> {
    let mut to_try: Vec<SearchNode> = before.iter().map(|state| (vec![false; steps.len()], state.clone())).collect();
    let mut tried: HashSet<SearchNode> = to_try.iter().cloned().collect();
    let mut after = HashSet::new();
    let mut best: Option<SearchNode> = None;
    let count = |node: &SearchNode| node.0.iter().filter(|done| **done).count();
    while let Some(node) = to_try.pop() {
        if steps.iter().zip(&node.0).all(|(step, done)| *done || !step.is_needed) {
            after.insert(node.1.clone());
        }
        to_try.extend(successors(&node, steps).into_iter().filter(|next| tried.insert(next.clone())));
        if best.as_ref().is_none_or(|best| count(best) < count(&node)) {
            best = Some(node);
        }
    }
    if after.is_empty() { Err(describe(best, steps)) } else { Ok(after) }
}

/// The nodes that follow.
fn successors((done, state): &SearchNode, steps: &[Step]) -> Vec<SearchNode> {
    let next = candidates(done, steps);
    let with = |at: usize, state: State| {
        let mut done = done.clone();
        done[at] = true;
        (done, state)
    };
    if let Some(at) = next.iter().find(|at| state.shows(&steps[**at].call.operation)) {
        return vec![with(*at, state.clone())];
    }
    let changes = next.into_iter().filter(|at| steps[*at].call.operation.changes());
    changes.filter_map(|at| Some(with(at, state.after(&steps[at].call.operation)?))).collect()
}

/// The remaining steps that began before the first end among them.
fn candidates(done: &[bool], steps: &[Step]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut first_end = u64::MAX;
    for (at, step) in steps.iter().enumerate().filter(|(at, _)| !done[*at]) {
        if step.call.begun > first_end {
            break;
        }
        first_end = first_end.min(step.end);
        found.push(at);
    }
    found
}

/// Describes the longest order that was found.
fn describe(best: Option<SearchNode>, steps: &[Step]) -> String {
    let Some((done, state)) = best else { return "there is no initial state".to_owned() };
    let stuck = candidates(&done, steps);
    let lines = stuck.iter().map(|at| {
        let Call { operation, begun, answered } = steps[*at].call;
        format!("  {begun}..{answered:?} {operation:?}")
    });
    let latest: Vec<String> = (0..steps.len())
        .filter(|at| done[*at])
        .rev()
        .take(12)
        .map(|at| format!("  {}..{:?} {:?}", steps[at].call.begun, steps[at].call.answered, steps[at].call.operation))
        .collect();
    let (count, all) = (done.iter().filter(|done| **done).count(), steps.len());
    format!(
        "no order fits: after {count} of {all} calls the account holds {state:?}, and none of these can be next:\n{}\n\
         the latest before:\n{}",
        lines.collect::<Vec<_>>().join("\n"),
        latest.join("\n")
    )
}

#[cfg(test)]
mod tests;
