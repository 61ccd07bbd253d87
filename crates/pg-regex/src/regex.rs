//! A compiled regular expression.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::ast::{Alternation, Atom, Piece};
use crate::backtrack::Backtracker;
use crate::bit_nfa::BitNfa;
use crate::budget::{SizeBudget, StepBudget, StepLimitError};
use crate::lazy_dfa::LazyDfa;
use crate::line_scan::{LineHit, LineScanner, line_around};
use crate::node::{self, MatchTree};
use crate::parser;
use crate::pattern_error::PatternError;
use crate::piecewise::PieceMatcher;
use crate::program::{self, ProgramSet, ProgramSource};
use crate::required::Required;

/// Steps that the deterministic automaton may take on a text, besides some for each of its characters, before the
/// bit-parallel one matches it. An automaton that knows most of its states takes far less.
const DFA_STEPS: u64 = 100_000;
/// Steps that the deterministic automaton may take for each character of a text.
const DFA_CHAR_STEPS: u64 = 16;
/// The number of texts that the deterministic automaton may give up before it is not asked again.
const DFA_TEXTS_GIVEN_UP_MAX: u8 = 8;

/// A compiled regular expression.
///
/// It can be shared between threads; threads that match at the same time do not wait for each other.
#[derive(Debug)]
pub struct Regex {
    scanner: LineScanner,
    plan: Arc<MatchPlan>,
    size: SizeBudget,
    matches_within_words: bool,
    required: Arc<Required>,
    /// The program as a bit-parallel automaton, if it can be one; built when it is needed.
    bits: OnceLock<Option<BitNfa>>,
    /// What the matcher is made of.
    programs: Programs,
    /// A matcher without any text, from which others are made; made when it is needed, which it is not for patterns that
    /// a scan decides.
    blank: OnceLock<Matcher>,
    /// Matchers that no thread uses at the moment.
    idle: Mutex<Vec<Matcher>>,
}

/// What a matcher is made of.
#[derive(Debug, Clone)]
enum Programs {
    Compiled(Arc<ProgramSet>),
    /// A tree that is certain to compile to a single program: most patterns are decided by the scan and need none.
    NotCompiled(Arc<Alternation>),
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
    /// The number of texts that the deterministic automaton gave up.
    given_up: u8,
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
        let mut compiled = None;
        let plan = if program::is_small(&parsed.tree, size) {
            MatchPlan::Program(0)
        } else {
            let programs = compiled.insert(ProgramSet::new(size));
            if has_backref(&parsed.tree) {
                let tree = node::build(&parsed.tree, parsed.groups, programs)?;
                MatchPlan::Backtrack { tree, groups: parsed.groups, ignore_case: parsed.ignore_case }
            } else {
                MatchPlan::Program(programs.add(&ProgramSource::Tree(&parsed.tree), true)?)
            }
        };
        let scanner = LineScanner::new(&parsed.tree, size);
        let matches_within_words = is_within_words(&parsed.tree);
        let required = Arc::new(Required::of(&parsed.tree));
        let programs = match compiled {
            Some(programs) => Programs::Compiled(Arc::new(programs)),
            None => Programs::NotCompiled(Arc::new(parsed.tree)),
        };
        Ok(Regex {
            scanner,
            plan: Arc::new(plan),
            size,
            matches_within_words,
            required,
            bits: OnceLock::new(),
            programs,
            blank: OnceLock::new(),
            idle: Mutex::default(),
        })
    }

    /// The same expression without the states that matching has added: it takes the same number of steps as a newly compiled
    /// one. The compiled programs are shared, so that nothing is compiled.
    #[must_use]
    pub fn fresh(&self) -> Regex {
        Regex {
            scanner: self.scanner.fresh(),
            plan: Arc::clone(&self.plan),
            size: self.size,
            matches_within_words: self.matches_within_words,
            required: Arc::clone(&self.required),
            bits: OnceLock::new(),
            programs: self.programs.clone(),
            blank: OnceLock::new(),
            idle: Mutex::default(),
        }
    }

    /// Bytes of memory of what was compiled, within a few per cent: what expressions made by [`Regex::fresh`] share.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let programs = match &self.programs {
            Programs::Compiled(programs) => size_of::<ProgramSet>() + programs.bytes(),
            Programs::NotCompiled(tree) => size_of::<Alternation>() + tree.bytes(),
        };
        let plan = match &*self.plan {
            MatchPlan::Program(_) => 0,
            MatchPlan::Backtrack { tree, .. } => tree.bytes(),
        };
        size_of::<Self>() + size_of::<MatchPlan>() + plan + self.scanner.bytes() + programs + self.required.bytes()
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

    /// Whether every match takes at least one character and no space, and depends on nothing but the characters beside
    /// it. So whether a text matches can be said of its words, each with the spaces beside it.
    #[must_use]
    pub fn matches_within_words(&self) -> bool {
        self.matches_within_words
    }

    /// What every text that contains a match contains, in lower case.
    #[must_use]
    pub fn required(&self) -> &Required {
        &self.required
    }

    /// Whether the pattern is one that the automata for scans decide alone: without look-around and back-references, and without
    /// word boundaries inside a match.
    #[must_use]
    pub fn is_scan_exact(&self) -> bool {
        self.scanner.is_exact()
    }

    /// Whether [`Regex::find_in_lines`] skips most lines that do not match by a substring search, and does not read them byte
    /// by byte.
    #[must_use]
    pub fn skips_lines(&self) -> bool {
        self.scanner.skips()
    }

    /// A matcher for texts without line feeds that are given in pieces; it spends no steps. `None` if its automaton is too
    /// large.
    #[must_use]
    pub fn piece_matcher(&self) -> Option<PieceMatcher> {
        self.scanner.piece_matcher(self.size)
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
        let result = matcher.run(self, text, budget);
        self.idle().push(matcher);
        result
    }

    /// A matcher for the calling thread alone.
    fn take_matcher(&self) -> Matcher {
        let idle = self.idle().pop();
        idle.unwrap_or_else(|| self.blank.get_or_init(|| self.make_matcher()).clone())
    }

    fn make_matcher(&self) -> Matcher {
        let programs = match &self.programs {
            Programs::Compiled(programs) => Arc::clone(programs),
            Programs::NotCompiled(tree) => {
                let mut programs = ProgramSet::new(self.size);
                programs.add(&ProgramSource::Tree(tree), true).expect("a small tree is within every size budget");
                Arc::new(programs)
            }
        };
        Matcher { dfa: LazyDfa::new(programs, self.size), chars: Vec::new(), given_up: 0 }
    }

    /// Runs `inner` while a matcher is taken, as if another thread were matching.
    #[cfg(test)]
    pub(crate) fn with_matcher<T>(&self, inner: impl FnOnce() -> T) -> T {
        let matcher = self.take_matcher();
        let result = inner();
        self.idle().push(matcher);
        result
    }

    /// The answer of the bit-parallel automaton, if there is one.
    #[cfg(test)]
    pub(crate) fn match_bits(&self, text: &str) -> Option<bool> {
        let MatchPlan::Program(program) = *self.plan else { return None };
        let mut matcher = self.take_matcher();
        matcher.dfa.set_text(text);
        matcher.dfa.steps = u64::MAX;
        let bits = BitNfa::new(matcher.dfa.compiled(), program, self.size)?;
        matcher.dfa.run_bits(&bits).ok()
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
    fn run(&mut self, regex: &Regex, text: &str, budget: &mut StepBudget) -> Result<bool, StepLimitError> {
        let steps = budget.for_text();
        self.dfa.steps = steps;
        self.dfa.set_text(text);
        let result = match &*regex.plan {
            MatchPlan::Program(program) => self.run_program(regex, *program),
            MatchPlan::Backtrack { tree, groups, ignore_case } => {
                let Matcher { dfa, chars, .. } = self;
                chars.clear();
                chars.extend(text.chars());
                let captured = vec![None; *groups as usize + 1];
                Backtracker { tree, dfa, chars, captured, ignore_case: *ignore_case }.matches()
            }
        };
        budget.subtract(result.map(|_| steps - self.dfa.steps));
        result
    }

    /// Runs the program that decides: as a deterministic automaton, or as a bit-parallel one if that takes too long.
    fn run_program(&mut self, regex: &Regex, program: usize) -> Result<bool, StepLimitError> {
        let end = self.dfa.text_len();
        let steps = self.dfa.steps;
        let part = steps.min(DFA_STEPS + DFA_CHAR_STEPS * end as u64);
        if self.given_up < DFA_TEXTS_GIVEN_UP_MAX {
            self.dfa.steps = part;
            let result = self.dfa.shortest(program, 0, 0, end);
            self.dfa.steps += steps - part;
            if let Ok(found) = result {
                return Ok(found.is_some());
            }
            self.given_up += 1;
        }
        let bits = regex.bits.get_or_init(|| BitNfa::new(self.dfa.compiled(), program, regex.size));
        match bits {
            Some(bits) => self.dfa.run_bits(bits),
            None => Ok(self.dfa.shortest(program, 0, 0, end)?.is_some()),
        }
    }
}

/// Whether a tree matches at least one character and no space, without look-around and back-references.
fn is_within_words(tree: &Alternation) -> bool {
    has_no_space(tree) && takes_character(tree)
}

fn has_no_space(tree: &Alternation) -> bool {
    tree.branches.iter().flatten().all(|piece| match piece {
        Piece::Anchor(_) => true,
        Piece::LookAround(_) => false,
        Piece::Repeat(repeat) => match &repeat.atom {
            Atom::Set(set) => !set.contains(' '.into()),
            Atom::Backref(_) => false,
            Atom::Group(_, inner) => has_no_space(inner),
        },
    })
}

/// Whether no match is empty.
fn takes_character(tree: &Alternation) -> bool {
    let takes = |piece: &Piece| match piece {
        Piece::Anchor(_) | Piece::LookAround(_) => false,
        Piece::Repeat(repeat) if repeat.min == 0 => false,
        Piece::Repeat(repeat) => match &repeat.atom {
            Atom::Set(_) => true,
            Atom::Backref(_) => false,
            Atom::Group(_, inner) => takes_character(inner),
        },
    };
    tree.branches.iter().all(|branch| branch.iter().any(takes))
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
