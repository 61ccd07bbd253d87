//! Patterns over texts: regular expressions as PostgreSQL's `~` knows them, `like` and `ilike`.
//!
//! A regular expression is parsed into a tree of ours (`parse`, `syntax`) and becomes up to three
//! engines: a byte automaton that runs over all names at once (`scan`), state machines over the
//! letters of the pattern that know word edges and look-around (`machine`), and, only where there
//! are back-references, a division of the text among the parts of the pattern (`dissect`).
//!
//! PostgreSQL 15 under C.UTF-8 is the reference for which texts match, for what is a letter, and
//! for what is refused. No pattern may stall: size is bounded when compiling, and whatever is not
//! a plain pass over the text is paid from the question's budget of steps.
//!
//! It does not say where a text matches, and it does not normalise texts.

mod alphabet;
mod bracket;
mod classes;
mod dissect;
mod escape;
mod fault;
mod fold;
mod lex;
mod like;
mod machine;
mod parse;
mod parts;
mod program;
mod scan;
mod set;
mod syntax;
mod tables;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use dissect::Dissection;
pub use fault::{PatternFault, Reason, StepsSpent};
pub use like::{Fold, Like};
use machine::Machine;
use parts::Division;
use program::{Programs, Source};
use scan::{Hit, Scan, line_around};
use syntax::{Alternation, Atom, Piece};

/// The most characters a pattern may have.
pub const PATTERN_CHARS_MAX: usize = 1_000;

/// The most steps one question may spend on matching a pattern, over all its records. A step is
/// one letter read the short way; a fresh look at a set of states costs many.
pub const PATTERN_STEPS_MAX: u64 = 150_000_000;

/// So many patterns of one question are prepared at full size; more of them share that room.
const PATTERNS_AT_FULL_SIZE: usize = 16;

/// The room that a pattern may take once it is prepared: a question may have many.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    parts: usize,
}

impl Room {
    /// The part of one among so many regular expressions.
    pub fn shared_by(patterns: usize) -> Room {
        Room { parts: patterns.div_ceil(PATTERNS_AT_FULL_SIZE).max(1) }
    }

    fn part_of(self, whole: usize) -> usize {
        whole / self.parts
    }
}

/// A compiled regular expression.
#[derive(Debug)]
pub struct Regexp {
    scan: Scan,
    engine: Mutex<Engine>,
}

/// What verifies one text.
#[derive(Debug)]
struct Engine {
    machine: Machine,
    task: Task,
    chars: Vec<char>,
}

#[derive(Debug)]
enum Task {
    /// Run the program of this number.
    Run(usize),
    /// Divide the text among the parts.
    Divide { division: Division, groups: u32, ignore_case: bool },
}

impl Regexp {
    /// Compiles a regular expression of at most [`PATTERN_CHARS_MAX`] characters.
    ///
    /// # Errors
    /// It is too long, breaks the notation, or is too complex.
    pub fn compile(source: &str) -> Result<Regexp, PatternFault> {
        Regexp::compile_within(source, Room::shared_by(1))
    }

    /// The same with less room than a pattern alone would have: it may be slower, and is sooner too complex.
    ///
    /// # Errors
    /// It is too long, breaks the notation, or is too complex.
    pub fn compile_within(source: &str, room: Room) -> Result<Regexp, PatternFault> {
        let parsed = parse::regexp(source)?;
        let mut programs = Programs::new(room);
        let task = if refers(&parsed.tree) {
            let division = parts::divide(&parsed.tree, parsed.groups, &mut programs)?;
            Task::Divide { division, groups: parsed.groups, ignore_case: parsed.ignore_case }
        } else {
            Task::Run(programs.add(&Source::Tree(&parsed.tree), true)?)
        };
        let machine = Machine::new(programs, room);
        let engine = Mutex::new(Engine { machine, task, chars: Vec::new() });
        Ok(Regexp { scan: Scan::of(&parsed.tree, room), engine })
    }

    /// Whether a text, which may hold newlines, matches. `steps` is what is left of the budget of
    /// the question.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn is_match(&self, text: &str, steps: &mut u64) -> Result<bool, StepsSpent> {
        if self.scan.is_exact() && !text.contains('\n') {
            return Ok(self.next_match_end(text, 0, steps)?.is_some());
        }
        self.verify(text, steps)
    }

    /// Scans newline-free texts laid end to end, joined by `\n`, as if each were matched alone: a
    /// place in the next line that matches, its newline included. `from` is the start of a line,
    /// or past the end.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn next_match_end(&self, lines: &str, mut from: usize, steps: &mut u64) -> Result<Option<usize>, StepsSpent> {
        while let Some(hit) = self.scan.next(lines, from) {
            let start = match hit {
                Hit::Match(place) => return Ok(Some(place)),
                Hit::Candidate(start) => start,
            };
            let (_, end) = line_around(lines, start);
            if self.verify(&lines[start..end], steps)? {
                return Ok(Some(end));
            }
            from = end + 1;
        }
        Ok(None)
    }

    /// Matches one text with full knowledge of the pattern.
    fn verify(&self, text: &str, steps: &mut u64) -> Result<bool, StepsSpent> {
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.machine.steps = *steps;
        engine.machine.read(text);
        let answer = engine.matches(text);
        *steps = if answer.is_ok() { engine.machine.steps } else { 0 };
        answer
    }
}

impl Engine {
    fn matches(&mut self, text: &str) -> Result<bool, StepsSpent> {
        let Engine { machine, task, chars } = self;
        match task {
            Task::Run(program) => {
                let end = machine.text.len();
                Ok(machine.shortest(*program, 0, 0, end)?.is_some())
            }
            Task::Divide { division, groups, ignore_case } => {
                chars.clear();
                chars.extend(text.chars());
                let captured = vec![None; *groups as usize + 1];
                let ignore_case = *ignore_case;
                Dissection { division, machine, chars, captured, ignore_case }.matches()
            }
        }
    }
}

/// Whether a tree holds a back-reference.
fn refers(tree: &Alternation) -> bool {
    tree.branches.iter().flatten().any(|piece| match piece {
        Piece::Anchor(_) | Piece::Around(_) => false,
        Piece::Repeat(repeat) => match &repeat.atom {
            Atom::Set(_) => false,
            Atom::Back(_) => true,
            Atom::Group(_, inner) => refers(inner),
        },
    })
}
