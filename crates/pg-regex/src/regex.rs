//! A compiled regular expression.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ast::{Alternation, Atom, Piece};
use crate::backtrack::Backtracker;
use crate::budget::{SizeBudget, StepBudget, StepLimitError};
use crate::lazy_dfa::LazyDfa;
use crate::line_scan::{LineHit, LineScanner, line_around};
use crate::node::{self, MatchTree};
use crate::parser;
use crate::pattern_error::PatternError;
use crate::program::{ProgramSet, ProgramSource};

/// A compiled regular expression.
///
/// It can be shared between threads; threads that match at the same time do not wait for each other.
#[derive(Debug)]
pub struct Regex {
    scanner: LineScanner,
    plan: MatchPlan,
    /// A matcher without any text, from which others are made.
    blank: Matcher,
    /// Matchers that no thread uses at the moment.
    idle: Mutex<Vec<Matcher>>,
}

/// How one text is matched.
#[derive(Debug)]
enum MatchPlan {
    /// One program decides.
    Program(usize),
    /// The pattern has back-references, so the text is divided among the nodes of a tree.
    Backtrack { tree: MatchTree, groups: u32, ignore_case: bool },
}

/// The mutable state of a match: the text, and the states of the automaton seen so far.
#[derive(Debug, Clone)]
struct Matcher {
    dfa: LazyDfa,
    chars: Vec<char>,
}

impl Regex {
    /// Compiles a regular expression of at most [`PATTERN_CHARS_MAX`](crate::PATTERN_CHARS_MAX) characters.
    ///
    /// # Errors
    /// The pattern is too long, its syntax is invalid, or it is too complex.
    pub fn new(pattern: &str) -> Result<Regex, PatternError> {
        Regex::with_size_budget(pattern, SizeBudget::default())
    }

    /// Compiles a regular expression within a size budget. With less memory a pattern may match more slowly, and
    /// fewer patterns are accepted.
    ///
    /// # Errors
    /// The pattern is too long, its syntax is invalid, or it is too complex.
    pub fn with_size_budget(pattern: &str, size: SizeBudget) -> Result<Regex, PatternError> {
        let parsed = parser::parse(pattern)?;
        let mut programs = ProgramSet::new(size);
        let plan = if has_backref(&parsed.tree) {
            let tree = node::build(&parsed.tree, parsed.groups, &mut programs)?;
            MatchPlan::Backtrack { tree, groups: parsed.groups, ignore_case: parsed.ignore_case }
        } else {
            MatchPlan::Program(programs.add(&ProgramSource::Tree(&parsed.tree), true)?)
        };
        let blank = Matcher { dfa: LazyDfa::new(programs, size), chars: Vec::new() };
        Ok(Regex { scanner: LineScanner::new(&parsed.tree, size), plan, blank, idle: Mutex::default() })
    }

    /// Whether `text` contains a match, as `text ~ pattern` in PostgreSQL. The text may contain line feeds. The steps
    /// taken are subtracted from `budget`.
    ///
    /// # Errors
    /// The budget is exhausted; it is 0 then.
    pub fn is_match(&self, text: &str, budget: &mut StepBudget) -> Result<bool, StepLimitError> {
        if self.scanner.is_exact() && !text.contains('\n') {
            return Ok(self.find_in_lines(text, 0, budget)?.is_some());
        }
        self.verify(text, budget)
    }

    /// Finds the next matching line of many texts that are joined by line feeds, each matched as if it were alone.
    ///
    /// `from` must be the start of a line, or past the end. The result is a byte offset inside the matching line,
    /// where the line feed at its end counts as part of it; callers continue with the line after that.
    ///
    /// # Errors
    /// The budget is exhausted; it is 0 then.
    pub fn find_in_lines(
        &self,
        lines: &str,
        mut from: usize,
        budget: &mut StepBudget,
    ) -> Result<Option<usize>, StepLimitError> {
        while let Some(hit) = self.scanner.next(lines, from) {
            let start = match hit {
                LineHit::Match(place) => return Ok(Some(place)),
                LineHit::Candidate(start) => start,
            };
            let (_, end) = line_around(lines, start);
            if self.verify(&lines[start..end], budget)? {
                return Ok(Some(end));
            }
            from = end + 1;
        }
        Ok(None)
    }

    /// Matches one text with full knowledge of the pattern.
    fn verify(&self, text: &str, budget: &mut StepBudget) -> Result<bool, StepLimitError> {
        let mut matcher = self.take_matcher();
        let result = matcher.run(&self.plan, text, budget);
        self.idle().push(matcher);
        result
    }

    /// A matcher for the calling thread alone.
    fn take_matcher(&self) -> Matcher {
        let idle = self.idle().pop();
        idle.unwrap_or_else(|| self.blank.clone())
    }

    /// Runs `inner` while a matcher is taken, as if another thread were matching.
    #[cfg(test)]
    pub(crate) fn with_matcher<T>(&self, inner: impl FnOnce() -> T) -> T {
        let matcher = self.take_matcher();
        let result = inner();
        self.idle().push(matcher);
        result
    }

    #[cfg(test)]
    pub(crate) fn idle_matchers(&self) -> usize {
        self.idle().len()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Matcher>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Matcher {
    fn run(&mut self, plan: &MatchPlan, text: &str, budget: &mut StepBudget) -> Result<bool, StepLimitError> {
        self.dfa.steps = budget.0;
        self.dfa.set_text(text);
        let result = self.matches(plan, text);
        budget.0 = if result.is_ok() { self.dfa.steps } else { 0 };
        result
    }

    fn matches(&mut self, plan: &MatchPlan, text: &str) -> Result<bool, StepLimitError> {
        let Matcher { dfa, chars } = self;
        match plan {
            MatchPlan::Program(program) => {
                let end = dfa.text_len();
                Ok(dfa.shortest(*program, 0, 0, end)?.is_some())
            }
            MatchPlan::Backtrack { tree, groups, ignore_case } => {
                chars.clear();
                chars.extend(text.chars());
                let captured = vec![None; *groups as usize + 1];
                Backtracker { tree, dfa, chars, captured, ignore_case: *ignore_case }.matches()
            }
        }
    }
}

/// Whether a tree contains a back-reference.
fn has_backref(tree: &Alternation) -> bool {
    tree.branches.iter().flatten().any(|piece| match piece {
        Piece::Anchor(_) | Piece::LookAround(_) => false,
        Piece::Repeat(repeat) => match &repeat.atom {
            Atom::Set(_) => false,
            Atom::Backref(_) => true,
            Atom::Group(_, inner) => has_backref(inner),
        },
    })
}
