//! Whether answers fit one order of the changes.
//!
//! The search is Wing and Gong's: of the calls that are left, any that began before the first answer among them may have
//! come next. What was tried with the same calls left and the same state is not tried again. A call that changes nothing
//! is taken as soon as it fits, because taking it later could only be harder.
//!
//! A change without an answer may have been made at any time since, or never. If its value was seen, it was made before
//! that; a change that nobody saw may as well not have been made, and is kept for what comes later. Only deletions leave
//! nothing to be recognized by: both are tried.
//!
//! A history is judged in windows between which nothing runs, so that each search stays small; what the account may hold
//! after one is where the next begins.

use std::collections::HashSet;

use super::model::{Deed, State};

/// A call: what was done, and when, on a clock that all clients share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub deed: Deed,
    pub begun: u64,
    /// `None` if nobody knows whether it was done.
    pub answered: Option<u64>,
}

/// What is known of an account so far.
#[derive(Debug)]
pub struct Judge {
    /// What it may hold.
    pub states: HashSet<State>,
    /// Changes that may still be made.
    pub open: Vec<Call>,
}

/// A call in the search.
struct Step<'c> {
    call: &'c Call,
    /// It was done before this; nothing is known of the end of one that need not have been done.
    end: u64,
    is_needed: bool,
}

/// What is left to be put in order: the calls that are not yet in it, and what the account holds.
type Point = (Vec<bool>, State);

impl Judge {
    pub fn new(state: State) -> Judge {
        Judge { states: HashSet::from([state]), open: Vec::new() }
    }

    /// Takes in all calls of a window; every answered one must have been answered in it.
    ///
    /// # Errors
    /// No order fits; the text shows how far the best one came.
    pub fn take(&mut self, calls: Vec<Call>) -> Result<(), String> {
        let mut calls: Vec<Call> = self.open.drain(..).chain(calls).collect();
        calls.sort_by_key(|call| call.begun);
        let steps: Vec<Step> = calls.iter().filter_map(|call| step(call, &calls)).collect();
        self.states = search(&self.states, &steps)?;
        let was_seen: Vec<bool> =
            calls.iter().map(|call| step(call, &calls).is_some_and(|step| step.is_needed)).collect();
        let rest = calls.into_iter().zip(was_seen).filter(|(_, was_seen)| !was_seen).map(|(call, _)| call);
        let is_possible = |call: &Call| match &call.deed {
            Deed::Delete(batch) => self.states.iter().any(|state| state.batches.contains(batch)),
            _ => true,
        };
        self.open = rest.filter(is_possible).collect();
        Ok(())
    }
}

/// What is to be put in order of a call; nothing if nobody saw whether it was done.
fn step<'c>(call: &'c Call, all: &[Call]) -> Option<Step<'c>> {
    if let Some(end) = call.answered {
        return Some(Step { call, end, is_needed: true });
    }
    let witnesses = all.iter().filter(|other| other.deed.shows_effect_of(&call.deed));
    match witnesses.filter_map(|witness| witness.answered).min() {
        Some(end) => Some(Step { call, end, is_needed: true }),
        None if matches!(call.deed, Deed::Delete(_)) => Some(Step { call, end: u64::MAX, is_needed: false }),
        None => None,
    }
}

/// The states in which an account can be after all steps.
fn search(before: &HashSet<State>, steps: &[Step]) -> Result<HashSet<State>, String> {
    let mut to_try: Vec<Point> = before.iter().map(|state| (vec![false; steps.len()], state.clone())).collect();
    let mut tried: HashSet<Point> = to_try.iter().cloned().collect();
    let mut after = HashSet::new();
    let mut best: Option<Point> = None;
    let count = |point: &Point| point.0.iter().filter(|done| **done).count();
    while let Some(point) = to_try.pop() {
        if steps.iter().zip(&point.0).all(|(step, done)| *done || !step.is_needed) {
            after.insert(point.1.clone());
        }
        let further = further(&point, steps);
        to_try.extend(further.into_iter().filter(|next| tried.insert(next.clone())));
        if best.as_ref().is_none_or(|best| count(best) < count(&point)) {
            best = Some(point);
        }
    }
    if after.is_empty() { Err(story(best, steps)) } else { Ok(after) }
}

/// What may have come next.
fn further((done, state): &Point, steps: &[Step]) -> Vec<Point> {
    let next = candidates(done, steps);
    let with = |at: usize, state: State| {
        let mut done = done.clone();
        done[at] = true;
        (done, state)
    };
    if let Some(at) = next.iter().find(|at| state.shows(&steps[**at].call.deed)) {
        return vec![with(*at, state.clone())];
    }
    let changes = next.into_iter().filter(|at| steps[*at].call.deed.changes());
    changes.filter_map(|at| Some(with(at, state.after(&steps[at].call.deed)?))).collect()
}

/// The steps that are left and began before the first end among them.
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

/// How far an order came, for the one who looks for the mistake.
fn story(best: Option<Point>, steps: &[Step]) -> String {
    let Some((done, state)) = best else { return "there is no state to begin with".to_owned() };
    let stuck = candidates(&done, steps);
    let lines = stuck.iter().map(|at| {
        let Call { deed, begun, answered } = steps[*at].call;
        format!("  {begun}..{answered:?} {deed:?}")
    });
    let latest: Vec<String> = (0..steps.len())
        .filter(|at| done[*at])
        .rev()
        .take(12)
        .map(|at| format!("  {}..{:?} {:?}", steps[at].call.begun, steps[at].call.answered, steps[at].call.deed))
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
