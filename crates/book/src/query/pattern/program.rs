//! From a tree to the programs of the state machines.
//!
//! A program is a graph: take a character of a set, fork, pass a check, be done. Repetitions are
//! written out, so a bound multiplies what it bounds; the total over all programs of a pattern is
//! bounded, and a pattern that exceeds it is refused, as PostgreSQL refuses it at about the same
//! size.

use std::collections::HashMap;

use super::Room;
use super::classes::Class;
use super::fault::PatternFault;
use super::set::CharSet;
use super::syntax::{Alternation, Anchor, Around, Atom, Demand, Piece, Repeat, Side, UNBOUNDED};

/// The most operations one program may have, and all programs of a pattern together.
const OPERATIONS_MAX: usize = 50_000;
const ALL_OPERATIONS_MAX: usize = 120_000;

/// One operation; a number names another operation of the same program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    /// Consume a character of the set, then go on.
    Take(u32, u32),
    Fork(u32, u32),
    /// Go on if the check holds here.
    Pass(u32, u32),
    Done,
}

/// A condition on a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    Anchor(Anchor),
    /// The next (or previous) character is one of the set, or is not.
    Beside(Side, Demand, u32),
    /// The program matches ahead (or behind), or does not.
    Around(Side, Demand, u32),
}

/// A machine without memory.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) operations: Vec<Operation>,
    pub(super) start: u32,
    /// It may start at any place, not only where it is put.
    pub(super) floating: bool,
    /// Some check of it regards the character before.
    pub(super) looks_back: bool,
}

/// All programs of a pattern, and what they share.
#[derive(Debug, Default)]
pub(super) struct Programs {
    pub(super) programs: Vec<Program>,
    pub(super) checks: Vec<Check>,
    pub(super) sets: Vec<CharSet>,
    numbers: HashMap<CharSet, u32>,
    /// The numbers of sets and the programs of conditions, by the address of either in the tree:
    /// a bound repeats them, and looking at a set of many ranges costs.
    places: HashMap<usize, u32>,
    operations: usize,
    operations_max: usize,
}

/// The number of the set of word characters, of newlines; present from the start.
pub(super) const WORD_SET: usize = 0;
pub(super) const NEWLINE_SET: usize = 1;

/// What to do with the checks of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checks {
    Kept,
    /// Take them all as holding: what a back-reference repeats is text, wherever it stands.
    Dropped,
}

/// Where a program comes from.
pub(super) enum Source<'a> {
    Tree(&'a Alternation),
    Pieces(&'a [Piece]),
    Atom(&'a Atom),
    /// One after another.
    Chain(Vec<Source<'a>>),
    Choice(Vec<Source<'a>>),
    Repeat(Box<Source<'a>>, u32, u32),
    /// Without its checks.
    Text(Box<Source<'a>>),
}

impl Programs {
    pub(super) fn new(room: Room) -> Programs {
        let operations_max = room.part_of(ALL_OPERATIONS_MAX);
        let mut programs = Programs { operations_max, ..Programs::default() };
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

    /// The number of a set of the tree.
    fn set_in_tree(&mut self, set: &CharSet) -> u32 {
        let address = std::ptr::from_ref(set).addr();
        if let Some(number) = self.places.get(&address) {
            return *number;
        }
        let number = self.set(set);
        self.places.insert(address, number);
        number
    }

    /// Adds a program; its number comes back.
    ///
    /// # Errors
    /// The pattern becomes too complex.
    pub(super) fn add(&mut self, source: &Source<'_>, floating: bool) -> Result<usize, PatternFault> {
        let mut writer = Writer { shared: self, operations: Vec::new(), looks_back: false };
        let done = writer.push(Operation::Done)?;
        let start = writer.source(source, done, Checks::Kept)?;
        let Writer { operations, looks_back, .. } = writer;
        self.programs.push(Program { operations, start, floating, looks_back });
        Ok(self.programs.len() - 1)
    }
}

/// Writes one program, from its end to its start: every part is told what follows it.
struct Writer<'a> {
    shared: &'a mut Programs,
    operations: Vec<Operation>,
    looks_back: bool,
}

type Written = Result<u32, PatternFault>;

impl Writer<'_> {
    fn push(&mut self, operation: Operation) -> Written {
        self.shared.operations += 1;
        if self.operations.len() >= OPERATIONS_MAX || self.shared.operations > self.shared.operations_max {
            return Err(PatternFault::TooComplex);
        }
        self.operations.push(operation);
        Ok(self.operations.len() as u32 - 1)
    }

    fn source(&mut self, source: &Source<'_>, then: u32, checks: Checks) -> Written {
        match source {
            Source::Tree(tree) => self.tree(tree, then, checks),
            Source::Pieces(pieces) => self.branch(pieces, then, checks),
            Source::Atom(atom) => self.atom(atom, then, checks),
            Source::Chain(parts) => parts.iter().rev().try_fold(then, |then, part| self.source(part, then, checks)),
            Source::Choice(parts) => self.choice(parts, then, |writer, part, then| writer.source(part, then, checks)),
            Source::Repeat(part, least, most) => {
                self.repeat(*least, *most, then, |writer, then| writer.source(part, then, checks))
            }
            Source::Text(part) => self.source(part, then, Checks::Dropped),
        }
    }

    fn tree(&mut self, tree: &Alternation, then: u32, checks: Checks) -> Written {
        self.choice(&tree.branches, then, |writer, branch, then| writer.branch(branch, then, checks))
    }

    /// Alternatives, the first tried first.
    fn choice<T>(&mut self, parts: &[T], then: u32, write: impl Fn(&mut Self, &T, u32) -> Written) -> Written {
        let mut start = None;
        for part in parts.iter().rev() {
            let one = write(self, part, then)?;
            start = Some(match start {
                None => one,
                Some(others) => self.push(Operation::Fork(one, others))?,
            });
        }
        Ok(start.unwrap_or(then))
    }

    fn branch(&mut self, pieces: &[Piece], then: u32, checks: Checks) -> Written {
        pieces.iter().rev().try_fold(then, |then, piece| match piece {
            Piece::Repeat(repeat) => self.quantified(repeat, then, checks),
            Piece::Anchor(_) | Piece::Around(_) if checks == Checks::Dropped => Ok(then),
            Piece::Anchor(anchor) => self.anchor(*anchor, then),
            Piece::Around(around) => self.around(around, then),
        })
    }

    fn quantified(&mut self, repeat: &Repeat, then: u32, checks: Checks) -> Written {
        self.repeat(repeat.least, repeat.most, then, |writer, then| writer.atom(&repeat.atom, then, checks))
    }

    fn atom(&mut self, atom: &Atom, then: u32, checks: Checks) -> Written {
        match atom {
            Atom::Set(set) => {
                let set = self.shared.set_in_tree(set);
                self.push(Operation::Take(set, then))
            }
            Atom::Group(_, inner) => self.tree(inner, then, checks),
            // A reference stands in a part of its own; a tree that holds one is never written.
            Atom::Back(_) => Ok(then),
        }
    }

    /// Writes out a repetition: the optional rounds last, the required ones before them.
    fn repeat(&mut self, least: u32, most: u32, then: u32, write: impl Fn(&mut Self, u32) -> Written) -> Written {
        let mut start = then;
        if most == UNBOUNDED {
            let turn = self.push(Operation::Fork(then, then))?;
            let round = write(self, turn)?;
            self.operations[turn as usize] = Operation::Fork(round, then);
            start = turn;
        } else {
            for _ in least..most {
                let round = write(self, start)?;
                start = self.push(Operation::Fork(round, then))?;
            }
        }
        for _ in 0..least {
            start = write(self, start)?;
        }
        Ok(start)
    }

    fn check(&mut self, check: Check, then: u32) -> Written {
        self.looks_back |= looks_back(check);
        self.shared.checks.push(check);
        let number = self.shared.checks.len() as u32 - 1;
        self.push(Operation::Pass(number, then))
    }

    fn anchor(&mut self, anchor: Anchor, then: u32) -> Written {
        self.check(Check::Anchor(anchor), then)
    }

    /// A condition on one character is a plain check; any other has a program of its own.
    fn around(&mut self, around: &Around, then: u32) -> Written {
        if let Some(set) = one_character(&around.inner) {
            let set = self.shared.set_in_tree(set);
            return self.check(Check::Beside(around.side, around.demand, set), then);
        }
        let program = self.condition(around)?;
        self.check(Check::Around(around.side, around.demand, program), then)
    }
}

impl Writer<'_> {
    /// The program of a condition, written once however often the condition is repeated.
    fn condition(&mut self, around: &Around) -> Written {
        let address = std::ptr::from_ref(around).addr();
        if let Some(program) = self.shared.places.get(&address) {
            return Ok(*program);
        }
        let floating = around.side == Side::Behind;
        let program = self.shared.add(&Source::Tree(&around.inner), floating)? as u32;
        self.shared.places.insert(address, program);
        Ok(program)
    }
}

/// Whether a check regards the character before its place.
fn looks_back(check: Check) -> bool {
    match check {
        Check::Anchor(Anchor::TextEnd | Anchor::LineEnd) => false,
        Check::Anchor(_) => true,
        Check::Beside(side, ..) => side == Side::Behind,
        Check::Around(..) => false,
    }
}

/// The set, where a tree is just one character of a set.
fn one_character(tree: &Alternation) -> Option<&CharSet> {
    match tree.branches.as_slice() {
        [branch] => match branch.as_slice() {
            [Piece::Repeat(repeat)] if repeat.is_once() => match &repeat.atom {
                Atom::Set(set) => Some(set),
                Atom::Group(..) | Atom::Back(_) => None,
            },
            _ => None,
        },
        _ => None,
    }
}
