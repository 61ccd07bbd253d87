//! Compiles syntax trees to the programs of the automata.
//!
//! A program is a nondeterministic automaton as a list of instructions. Repetitions are unrolled, so a bound multiplies
//! the size of its operand. The total size of all programs of a pattern is limited; PostgreSQL rejects patterns of
//! about the same size.

use std::collections::HashMap;

use crate::ast::{Alternation, Anchor, Atom, Demand, LookAround, Piece, Repeat, Side, UNBOUNDED};
use crate::budget::SizeBudget;
use crate::char_set::CharSet;
use crate::classes::Class;
use crate::pattern_error::PatternError;

/// Maximum number of instructions of one program, and of all programs of a pattern.
const INSTRUCTIONS_MAX: usize = 50_000;
const ALL_INSTRUCTIONS_MAX: usize = 120_000;

/// One instruction; the last number is the instruction that follows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instruction {
    /// Consume a character of the set with this number.
    Set(u32, u32),
    Split(u32, u32),
    /// Continue if the assertion with this number holds.
    Assert(u32, u32),
    Match,
}

/// A condition on a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assertion {
    Anchor(Anchor),
    /// The next (or previous) character is in the set, or is not.
    Adjacent(Side, Demand, u32),
    /// The program matches ahead (or behind), or does not.
    LookAround(Side, Demand, u32),
}

/// A compiled automaton.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) start: u32,
    /// A match may start anywhere after the start position.
    pub(crate) floating: bool,
    /// Some assertion depends on the character before.
    pub(crate) looks_back: bool,
}

/// All programs of a pattern, and the sets and assertions that they share.
#[derive(Debug, Default)]
pub(crate) struct ProgramSet {
    pub(crate) programs: Vec<Program>,
    pub(crate) assertions: Vec<Assertion>,
    pub(crate) sets: Vec<CharSet>,
    numbers: HashMap<CharSet, u32>,
    /// The numbers of sets and of conditions' programs, by address in the syntax tree, so that unrolled repetitions
    /// share them.
    numbers_by_address: HashMap<usize, u32>,
    instructions: usize,
    instructions_max: usize,
}

impl ProgramSet {
    /// Bytes of memory on the heap, within a few per cent.
    pub(crate) fn bytes(&self) -> usize {
        let of_program = |it: &Program| size_of::<Program>() + it.instructions.capacity() * size_of::<Instruction>();
        let programs: usize = self.programs.iter().map(of_program).sum();
        let sets: usize = self.sets.iter().map(|set| size_of::<CharSet>() + set.bytes()).sum();
        // The sets are also the keys of `numbers`.
        let numbers = self.numbers_by_address.capacity() * size_of::<(usize, u64)>();
        programs + 2 * sets + numbers + self.assertions.capacity() * size_of::<Assertion>()
    }
}

/// The numbers of the sets of word characters and of newlines, which every pattern has.
pub(crate) const WORD_SET: usize = 0;
pub(crate) const NEWLINE_SET: usize = 1;

/// Whether assertions are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AssertMode {
    Keep,
    /// Treat them as true: a back-reference repeats a text, whatever surrounds it.
    Ignore,
}

/// What a program is compiled from.
pub(crate) enum ProgramSource<'a> {
    Tree(&'a Alternation),
    Pieces(&'a [Piece]),
    Atom(&'a Atom),
    /// One after another.
    Chain(Vec<ProgramSource<'a>>),
    Choice(Vec<ProgramSource<'a>>),
    Repeat(Box<ProgramSource<'a>>, u32, u32),
    /// Without its assertions.
    Text(Box<ProgramSource<'a>>),
}

impl ProgramSet {
    pub(crate) fn new(size: SizeBudget) -> ProgramSet {
        let instructions_max = size.share_of(ALL_INSTRUCTIONS_MAX);
        let mut programs = ProgramSet { instructions_max, ..ProgramSet::default() };
        programs.set(&Class::Word.set());
        programs.set(&CharSet::one('\n'.into()));
        programs
    }

    fn set(&mut self, set: &CharSet) -> u32 {
        let fresh = self.sets.len() as u32;
        let number = *self.numbers.entry(set.clone()).or_insert(fresh);
        if number == fresh {
            self.sets.push(set.clone());
        }
        number
    }

    /// The number of a set of the syntax tree.
    fn set_in_tree(&mut self, set: &CharSet) -> u32 {
        let address = std::ptr::from_ref(set).addr();
        if let Some(number) = self.numbers_by_address.get(&address) {
            return *number;
        }
        let number = self.set(set);
        self.numbers_by_address.insert(address, number);
        number
    }

    /// Compiles a program and returns its number.
    ///
    /// # Errors
    /// The pattern is too complex.
    pub(crate) fn add(&mut self, source: &ProgramSource<'_>, floating: bool) -> Result<usize, PatternError> {
        let mut compiler = Compiler { shared: self, instructions: Vec::new(), looks_back: false };
        let done = compiler.push(Instruction::Match)?;
        let start = compiler.source(source, done, AssertMode::Keep)?;
        let Compiler { instructions, looks_back, .. } = compiler;
        self.programs.push(Program { instructions, start, floating, looks_back });
        Ok(self.programs.len() - 1)
    }
}

/// Trees that compile to at most this many instructions, at full size, are known to be accepted.
const SMALL_INSTRUCTIONS_MAX: usize = 10_000;

/// Whether a tree is certain to compile to a single program within the size budget: it is small, and has neither
/// look-around nor back-references.
pub(crate) fn is_small(tree: &Alternation, size: SizeBudget) -> bool {
    instructions(tree).is_some_and(|count| count <= size.share_of(SMALL_INSTRUCTIONS_MAX))
}

/// No fewer than the instructions of a tree; `None` if it has look-around or back-references.
fn instructions(tree: &Alternation) -> Option<usize> {
    tree.branches.iter().flatten().try_fold(tree.branches.len() + 1, |sum, piece| {
        let count = match piece {
            Piece::Anchor(_) => 1,
            Piece::LookAround(_) => return None,
            Piece::Repeat(repeat) => {
                let each = match &repeat.atom {
                    Atom::Set(_) => 1,
                    Atom::Group(_, inner) => instructions(inner)?,
                    Atom::Backref(_) => return None,
                };
                let rounds = if repeat.max == UNBOUNDED { repeat.min.saturating_add(1) } else { repeat.max };
                (rounds as usize).saturating_mul(each.saturating_add(1))
            }
        };
        Some(sum.saturating_add(count))
    })
}

/// Compiles one program from its end to its start; every function gets the instruction that follows its part.
struct Compiler<'a> {
    shared: &'a mut ProgramSet,
    instructions: Vec<Instruction>,
    looks_back: bool,
}

/// The address of the first instruction of what was compiled.
type EntryPoint = Result<u32, PatternError>;

impl Compiler<'_> {
    fn push(&mut self, instruction: Instruction) -> EntryPoint {
        self.shared.instructions += 1;
        if self.instructions.len() >= INSTRUCTIONS_MAX || self.shared.instructions > self.shared.instructions_max {
            return Err(PatternError::TooComplex);
        }
        self.instructions.push(instruction);
        Ok(self.instructions.len() as u32 - 1)
    }

    fn source(&mut self, source: &ProgramSource<'_>, then: u32, mode: AssertMode) -> EntryPoint {
        match source {
            ProgramSource::Tree(tree) => self.tree(tree, then, mode),
            ProgramSource::Pieces(pieces) => self.branch(pieces, then, mode),
            ProgramSource::Atom(atom) => self.atom(atom, then, mode),
            ProgramSource::Chain(parts) => {
                parts.iter().rev().try_fold(then, |then, part| self.source(part, then, mode))
            }
            ProgramSource::Choice(parts) => {
                self.choice(parts, then, |compiler, part, then| compiler.source(part, then, mode))
            }
            ProgramSource::Repeat(part, min, max) => {
                self.repeat(*min, *max, then, |compiler, then| compiler.source(part, then, mode))
            }
            ProgramSource::Text(part) => self.source(part, then, AssertMode::Ignore),
        }
    }

    fn tree(&mut self, tree: &Alternation, then: u32, mode: AssertMode) -> EntryPoint {
        self.choice(&tree.branches, then, |compiler, branch, then| compiler.branch(branch, then, mode))
    }

    /// Alternatives, in order of preference.
    fn choice<T>(&mut self, parts: &[T], then: u32, write: impl Fn(&mut Self, &T, u32) -> EntryPoint) -> EntryPoint {
        let mut start = None;
        for part in parts.iter().rev() {
            let one = write(self, part, then)?;
            start = Some(match start {
                None => one,
                Some(others) => self.push(Instruction::Split(one, others))?,
            });
        }
        Ok(start.unwrap_or(then))
    }

    fn branch(&mut self, pieces: &[Piece], then: u32, mode: AssertMode) -> EntryPoint {
        pieces.iter().rev().try_fold(then, |then, piece| match piece {
            Piece::Repeat(repeat) => self.quantified(repeat, then, mode),
            Piece::Anchor(_) | Piece::LookAround(_) if mode == AssertMode::Ignore => Ok(then),
            Piece::Anchor(anchor) => self.anchor(*anchor, then),
            Piece::LookAround(around) => self.around(around, then),
        })
    }

    fn quantified(&mut self, repeat: &Repeat, then: u32, mode: AssertMode) -> EntryPoint {
        self.repeat(repeat.min, repeat.max, then, |compiler, then| compiler.atom(&repeat.atom, then, mode))
    }

    fn atom(&mut self, atom: &Atom, then: u32, mode: AssertMode) -> EntryPoint {
        match atom {
            Atom::Set(set) => {
                let set = self.shared.set_in_tree(set);
                self.push(Instruction::Set(set, then))
            }
            Atom::Group(_, inner) => self.tree(inner, then, mode),
            // A back-reference has a node of its own; it is never compiled as part of a tree.
            Atom::Backref(_) => Ok(then),
        }
    }

    /// Unrolls a repetition: the required rounds, then the optional ones.
    fn repeat(&mut self, min: u32, max: u32, then: u32, write: impl Fn(&mut Self, u32) -> EntryPoint) -> EntryPoint {
        let mut start = then;
        if max == UNBOUNDED {
            let turn = self.push(Instruction::Split(then, then))?;
            let round = write(self, turn)?;
            self.instructions[turn as usize] = Instruction::Split(round, then);
            start = turn;
        } else {
            for _ in min..max {
                let round = write(self, start)?;
                start = self.push(Instruction::Split(round, then))?;
            }
        }
        for _ in 0..min {
            start = write(self, start)?;
        }
        Ok(start)
    }

    fn assertion(&mut self, assertion: Assertion, then: u32) -> EntryPoint {
        self.looks_back |= looks_back(assertion);
        self.shared.assertions.push(assertion);
        let number = self.shared.assertions.len() as u32 - 1;
        self.push(Instruction::Assert(number, then))
    }

    fn anchor(&mut self, anchor: Anchor, then: u32) -> EntryPoint {
        self.assertion(Assertion::Anchor(anchor), then)
    }

    /// A condition on a single character is an assertion; any other has a program of its own.
    fn around(&mut self, around: &LookAround, then: u32) -> EntryPoint {
        if let Some(set) = one_character(&around.inner) {
            let set = self.shared.set_in_tree(set);
            return self.assertion(Assertion::Adjacent(around.side, around.demand, set), then);
        }
        let program = self.condition(around)?;
        self.assertion(Assertion::LookAround(around.side, around.demand, program), then)
    }
}

impl Compiler<'_> {
    /// The program of a condition, compiled once even if a repetition unrolls it.
    fn condition(&mut self, around: &LookAround) -> EntryPoint {
        let address = std::ptr::from_ref(around).addr();
        if let Some(program) = self.shared.numbers_by_address.get(&address) {
            return Ok(*program);
        }
        let floating = around.side == Side::Behind;
        let program = self.shared.add(&ProgramSource::Tree(&around.inner), floating)? as u32;
        self.shared.numbers_by_address.insert(address, program);
        Ok(program)
    }
}

/// Whether an assertion depends on the character before the position.
fn looks_back(assertion: Assertion) -> bool {
    match assertion {
        Assertion::Anchor(Anchor::TextEnd | Anchor::LineEnd) => false,
        Assertion::Anchor(_) => true,
        Assertion::Adjacent(side, ..) => side == Side::Behind,
        Assertion::LookAround(..) => false,
    }
}

/// The set, if the tree matches exactly one character of a set.
fn one_character(tree: &Alternation) -> Option<&CharSet> {
    match tree.branches.as_slice() {
        [branch] => match branch.as_slice() {
            [Piece::Repeat(repeat)] if repeat.is_once() => match &repeat.atom {
                Atom::Set(set) => Some(set),
                Atom::Group(..) | Atom::Backref(_) => None,
            },
            _ => None,
        },
        _ => None,
    }
}
