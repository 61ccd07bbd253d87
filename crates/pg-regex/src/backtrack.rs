//! Matches patterns with back-references, by backtracking over the tree of [`node`](crate::node).
//!
//! A node gets a range of the text that its automaton accepts, and divides the range among its children in the order of
//! its preference; each child confirms its part. The first division that is confirmed is kept: if a back-reference
//! fails later, the range is changed, but the same range is not divided in another way. PostgreSQL does the same, and
//! it decides which texts match.
//!
//! Recursion is as deep as the pattern, not the text. Every visit is charged to the step budget.

use crate::ast::UNBOUNDED;
use crate::budget::StepLimitError;
use crate::case;
use crate::lazy_dfa::LazyDfa;
use crate::node::{MatchTree, NodeKind};

/// Steps charged for visiting a node.
const CONFIRM_STEPS: u64 = 8;

/// An attempt to match one text.
pub(crate) struct Backtracker<'a> {
    pub(crate) tree: &'a MatchTree,
    pub(crate) dfa: &'a mut LazyDfa,
    pub(crate) chars: &'a [char],
    /// What each group captured: start and end, in characters.
    pub(crate) captured: Vec<Option<(usize, usize)>>,
    pub(crate) ignore_case: bool,
}

type MatchResult = Result<bool, StepLimitError>;

impl Backtracker<'_> {
    /// Whether the pattern matches anywhere in the text.
    pub(crate) fn matches(&mut self) -> MatchResult {
        let end = self.chars.len();
        let mut from = 0;
        loop {
            let found = self.dfa.shortest(self.tree.search, from, from, end)?;
            let Some(close) = found else {
                return Ok(false);
            };
            for begin in from..=close {
                if self.matches_from(begin)? {
                    return Ok(true);
                }
            }
            from = close + 1;
            // As in PostgreSQL, an empty match at the end of the text is not tried here.
            if from >= end {
                return Ok(false);
            }
        }
    }

    /// Tries the ends of matches that start at `begin`.
    fn matches_from(&mut self, begin: usize) -> MatchResult {
        let root = self.tree.root;
        let (mut min, mut max) = (begin, self.chars.len());
        let shortest = self.tree.nodes[root].traits.shortest;
        loop {
            let end = self.measure(root, shortest, begin, min, max)?;
            let Some(end) = end else {
                return Ok(false);
            };
            if self.confirm(root, begin, end)? {
                return Ok(true);
            }
            if end == if shortest { max } else { begin } {
                return Ok(false);
            }
            if shortest { min = end + 1 } else { max = end - 1 }
        }
    }

    /// Where the node could end if it starts at `begin`: the first or the last such position from `min` to `max`.
    fn measure(
        &mut self,
        node: usize,
        shortest: bool,
        begin: usize,
        min: usize,
        max: usize,
    ) -> Result<Option<usize>, StepLimitError> {
        let it = &self.tree.nodes[node];
        if let NodeKind::Backref { group, min: fewest, max: often } = it.kind
            && let Some(text) = self.captured[group as usize]
        {
            return self.measure_backref(text, (fewest, often), shortest, begin, min, max);
        }
        if shortest { self.dfa.shortest(it.program, begin, min, max) } else { self.dfa.longest(it.program, begin, max) }
    }

    /// The same for a back-reference to a captured text: counts how often the text occurs there.
    fn measure_backref(
        &mut self,
        text: (usize, usize),
        (fewest, often): (u32, u32),
        shortest: bool,
        begin: usize,
        min: usize,
        max: usize,
    ) -> Result<Option<usize>, StepLimitError> {
        let size = text.1 - text.0;
        if size == 0 {
            return Ok((begin >= min).then_some(begin));
        }
        let often = if often == UNBOUNDED { usize::MAX } else { often as usize };
        let iterations = often.min((max - begin) / size);
        let enough = (fewest as usize).max(min.saturating_sub(begin).div_ceil(size));
        let mut iteration = 0;
        while iteration < iterations && !(shortest && iteration >= enough) {
            if !self.same(text, begin + iteration * size)? {
                break;
            }
            iteration += 1;
        }
        Ok((iteration >= enough).then_some(begin + iteration * size))
    }

    /// Whether a captured text occurs at a position; the text must be long enough.
    fn same(&mut self, text: (usize, usize), at: usize) -> MatchResult {
        let size = text.1 - text.0;
        self.dfa.charge(size as u64 + CONFIRM_STEPS)?;
        let mut pairs = self.chars[text.0..text.1].iter().zip(&self.chars[at..at + size]);
        let lower = |c: &char| case::lower(u32::from(*c));
        Ok(pairs.all(|(one, other)| one == other || self.ignore_case && lower(one) == lower(other)))
    }

    /// Confirms a range that the automaton of the node accepts, and sets the captures.
    fn confirm(&mut self, node: usize, begin: usize, end: usize) -> MatchResult {
        self.dfa.charge(CONFIRM_STEPS)?;
        let it = &self.tree.nodes[node];
        let confirmed = match &it.kind {
            NodeKind::Leaf => true,
            NodeKind::Backref { group, min, max } => self.confirm_backref(*group, *min, *max, begin, end)?,
            NodeKind::Chain(one, other) => self.confirm_chain(*one, *other, begin, end)?,
            NodeKind::Choice(nodes) => self.confirm_choice(nodes, begin, end)?,
            NodeKind::Repeat { node, min, max } => self.confirm_repeat(*node, *min, *max, begin, end)?,
            NodeKind::Nested(inner) => self.confirm(*inner, begin, end)?,
        };
        if let (Some(group), true) = (it.capture, confirmed) {
            self.captured[group as usize] = Some((begin, end));
        }
        Ok(confirmed)
    }

    /// Clears the captures of a node and its descendants.
    fn clear_captures(&mut self, node: usize) {
        let it = &self.tree.nodes[node];
        if let Some(group) = it.capture {
            self.captured[group as usize] = None;
        }
        match &it.kind {
            NodeKind::Leaf | NodeKind::Backref { .. } => {}
            NodeKind::Nested(inner) | NodeKind::Repeat { node: inner, .. } => self.clear_captures(*inner),
            NodeKind::Chain(one, other) => {
                self.clear_captures(*one);
                self.clear_captures(*other);
            }
            NodeKind::Choice(nodes) => nodes.iter().for_each(|node| self.clear_captures(*node)),
        }
    }

    fn confirm_backref(&mut self, group: u32, min: u32, max: u32, begin: usize, end: usize) -> MatchResult {
        let Some(text) = self.captured[group as usize] else {
            return Ok(false);
        };
        let (size, room) = (text.1 - text.0, end - begin);
        if size == 0 || room == 0 {
            return Ok(room == 0 && (size == 0 || min == 0));
        }
        let iterations = room / size;
        if room % size != 0 || iterations < min as usize || iterations > max as usize {
            return Ok(false);
        }
        for iteration in 0..iterations {
            if !self.same(text, begin + iteration * size)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Divides the range in two at every possible end of the first node.
    fn confirm_chain(&mut self, one: usize, other: usize, begin: usize, end: usize) -> MatchResult {
        let shortest = self.tree.nodes[one].traits.shortest;
        let (mut min, mut max) = (begin, end);
        loop {
            let Some(cut) = self.measure(one, shortest, begin, min, max)? else {
                return Ok(false);
            };
            if self.measure(other, false, cut, cut, end)? == Some(end) && self.confirm(one, begin, cut)? {
                if self.confirm(other, cut, end)? {
                    return Ok(true);
                }
                self.clear_captures(one);
            }
            if cut == if shortest { end } else { begin } {
                return Ok(false);
            }
            if shortest { min = cut + 1 } else { max = cut - 1 }
        }
    }

    fn confirm_choice(&mut self, nodes: &[usize], begin: usize, end: usize) -> MatchResult {
        for node in nodes {
            if self.measure(*node, false, begin, begin, end)? == Some(end) && self.confirm(*node, begin, end)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn confirm_repeat(&mut self, node: usize, min: u32, max: u32, begin: usize, end: usize) -> MatchResult {
        let shortest = self.tree.nodes[node].traits.shortest;
        if shortest && min == 0 && begin == end {
            return Ok(true);
        }
        let fewest = (min as usize).max(1);
        let often = (end - begin).min(max as usize).max(fewest);
        let mut iterations = Iterations { node, begin, end, fewest, often, shortest, ends: vec![begin], verified: 0 };
        if self.confirm_iterations(&mut iterations)? {
            return Ok(true);
        }
        Ok(!shortest && min == 0 && begin == end)
    }
}

/// A range of text divided into the iterations of a repetition.
struct Iterations {
    node: usize,
    begin: usize,
    end: usize,
    /// The minimum and maximum number of iterations.
    fewest: usize,
    often: usize,
    shortest: bool,
    /// The start of the range, then the end of each iteration.
    ends: Vec<usize>,
    /// How many iterations are confirmed.
    verified: usize,
}

impl Iterations {
    /// The number of the current iteration, from 1.
    fn current(&self) -> usize {
        self.ends.len()
    }

    /// Whether an iteration that starts here may be empty: only if the minimum number cannot be reached otherwise.
    fn may_be_empty(&self, iteration: usize, at: usize) -> bool {
        iteration < self.fewest && self.fewest - iteration >= self.end - at
    }
}

impl Backtracker<'_> {
    /// Searches for iterations that the automaton accepts and that are all confirmed.
    fn confirm_iterations(&mut self, iterations: &mut Iterations) -> MatchResult {
        let mut limit = if iterations.shortest { iterations.begin } else { iterations.end };
        loop {
            let found = self.next_end(iterations, limit)?;
            let next = match found {
                Some(at) => {
                    iterations.ends.push(at);
                    self.decide(iterations)?
                }
                None => IterationOutcome::Backtrack,
            };
            match next {
                IterationOutcome::Confirmed => return Ok(true),
                IterationOutcome::Another => {
                    limit =
                        if iterations.shortest { iterations.ends[iterations.current() - 1] } else { iterations.end };
                }
                IterationOutcome::Backtrack => match retreat(iterations) {
                    Some(again) => limit = again,
                    None => return Ok(false),
                },
            }
        }
    }

    /// Where the current iteration could end.
    fn next_end(&mut self, iterations: &Iterations, limit: usize) -> Result<Option<usize>, StepLimitError> {
        let (iteration, start) = (iterations.current(), iterations.ends[iterations.current() - 1]);
        if !iterations.shortest {
            return self.measure(iterations.node, false, start, start, limit);
        }
        let mut min = limit;
        if min == start && min != iterations.end && !iterations.may_be_empty(iteration, min) {
            min += 1;
        }
        if iteration >= iterations.often {
            min = iterations.end;
        }
        self.measure(iterations.node, true, start, min, iterations.end)
    }

    /// Decides how to continue after an iteration was placed.
    fn decide(&mut self, iterations: &mut Iterations) -> Result<IterationOutcome, StepLimitError> {
        let iteration = iterations.current() - 1;
        let at = iterations.ends[iteration];
        iterations.verified = iterations.verified.min(iteration - 1);
        if at != iterations.end {
            if iteration >= iterations.often {
                iterations.ends.pop();
                return Ok(IterationOutcome::Backtrack);
            }
            let empty = at == iterations.ends[iteration - 1];
            if !iterations.shortest && empty && !iterations.may_be_empty(iteration, at) {
                return Ok(IterationOutcome::Backtrack);
            }
            return Ok(IterationOutcome::Another);
        }
        if iteration < iterations.fewest {
            return Ok(IterationOutcome::Backtrack);
        }
        for check in iterations.verified + 1..=iteration {
            self.clear_captures(iterations.node);
            if !self.confirm(iterations.node, iterations.ends[check - 1], iterations.ends[check])? {
                iterations.ends.truncate(check + 1);
                return Ok(IterationOutcome::Backtrack);
            }
            iterations.verified = check;
        }
        Ok(IterationOutcome::Confirmed)
    }
}

/// How to continue after an iteration was placed.
enum IterationOutcome {
    Confirmed,
    Another,
    Backtrack,
}

/// Removes iterations up to the last one that can end elsewhere. Returns the limit for its new end.
fn retreat(iterations: &mut Iterations) -> Option<usize> {
    while let Some(at) = iterations.ends.pop() {
        let iteration = iterations.ends.len();
        let start = *iterations.ends.last()?;
        if iterations.shortest {
            if at < iterations.end {
                return Some(at + 1);
            }
        } else if at > start && (at - 1 > start || iterations.may_be_empty(iteration, start)) {
            return Some(at - 1);
        }
    }
    None
}
