//! Runs a program as a bit-parallel nondeterministic automaton.
//!
//! A pattern such as `a.{200}c` has so many sets of instructions that a deterministic automaton meets a new one at
//! almost every character. Here the set is a bit vector over the *positions* of the program, which are its instructions
//! that consume a character, and one character costs a few operations on each 64-bit word of it. Time is therefore linear
//! in the text in every case.
//!
//! Positions are numbered in the order of the pattern, so most transitions lead a short distance ahead. The most frequent
//! distances are shifts of the whole vector; other transitions are followed one by one, or by target where many
//! positions lead to the same one, as in bounded repetitions.
//!
//! Conditions on the characters beside a place (anchors and word boundaries) are conditions of transitions. Look-around
//! that needs a program of its own is not supported.

use std::collections::{HashMap, HashSet};

use crate::alphabet::Letter;
use crate::budget::{SizeBudget, StepLimitError};
use crate::compiled::Compiled;
use crate::program::{Assertion, Instruction};

/// Maximum number of transitions; also bounds the time of building.
const TRANSITIONS_MAX: usize = 400_000;
/// Maximum memory of the tables, in words.
const TABLE_WORDS_MAX: usize = 1 << 18;
/// Maximum number of different conditions.
const CONDITIONS_MAX: usize = 16;
/// Maximum number of distances that are shifts.
const SHIFTS_MAX: usize = 6;
/// A position to which at least this many transitions lead is tested as a whole.
const SOURCES_MIN: usize = 4;
/// Operations on words that are charged as one step.
const OPERATIONS_PER_STEP: u64 = 2;

/// Conditions that must all hold, as bits.
type Conditions = u32;

/// The bit vector of the positions that the last character may have matched, or may match next.
type Positions = Vec<u64>;

/// A transition, or the end of a match, by an index in the automaton.
#[derive(Debug, Clone, Copy)]
struct Transition {
    conditions: Conditions,
    target: u32,
}

/// A program as a bit-parallel automaton.
#[derive(Debug)]
pub(crate) struct BitNfa {
    words: usize,
    assertions: Vec<Assertion>,
    /// For each letter, the positions that match it.
    letters: Vec<u64>,
    /// Distances, and the positions from which a transition leads that far ahead.
    shifts: Vec<(usize, Positions)>,
    /// Positions that are reached from many, and those.
    targets: Vec<(u32, Positions)>,
    /// The positions with other transitions.
    exceptional: Positions,
    /// The other transitions by position: ends of the ranges in `transitions`.
    ends: Vec<u32>,
    transitions: Vec<Transition>,
    /// The positions after which a match ends.
    accepting: Positions,
    /// The same under conditions.
    accepting_if: Vec<(Conditions, Positions)>,
    start: StartSet,
    floating: bool,
}

/// What a match may begin with.
#[derive(Debug)]
struct StartSet {
    /// Positions without condition.
    first: Positions,
    first_if: Vec<Transition>,
    /// The conditions of an empty match.
    empty_if: Vec<Conditions>,
}

impl BitNfa {
    /// The automaton of a program; `None` if it is too large or uses look-around with a program of its own.
    pub(crate) fn new(compiled: &Compiled, program: usize, size: SizeBudget) -> Option<BitNfa> {
        let builder = Builder::new(compiled, program)?;
        let count = builder.instruction_of.len();
        let words = count.div_ceil(64).max(1);
        let words_max = size.share_of(TABLE_WORDS_MAX);
        let letters = builder.letters(words, words_max)?;
        let mut left = size.share_of(TRANSITIONS_MAX);
        let (start, empty_if) = builder.closure(compiled.programs.programs[program].start, &mut left)?;
        let mut nfa = BitNfa {
            words,
            assertions: Vec::new(),
            letters,
            shifts: Vec::new(),
            targets: Vec::new(),
            exceptional: vec![0; words],
            ends: Vec::with_capacity(count),
            transitions: Vec::new(),
            accepting: vec![0; words],
            accepting_if: Vec::new(),
            start: StartSet { first: vec![0; words], first_if: Vec::new(), empty_if },
            floating: compiled.programs.programs[program].floating,
        };
        for transition in start {
            match transition.conditions {
                0 => set(&mut nfa.start.first, transition.target as usize),
                _ => nfa.start.first_if.push(transition),
            }
        }
        let mut outgoing = Vec::with_capacity(count);
        for position in 0..count {
            let (transitions, accepts) = builder.closure(builder.next_of(position), &mut left)?;
            for conditions in accepts {
                nfa.accept(position, conditions);
            }
            outgoing.push(transitions);
        }
        nfa.assertions = builder.assertions;
        nfa.arrange(&outgoing, words_max.checked_sub(nfa.letters.len())?)?;
        Some(nfa)
    }

    fn accept(&mut self, position: usize, conditions: Conditions) {
        if conditions == 0 {
            return set(&mut self.accepting, position);
        }
        let known = self.accepting_if.iter().position(|(of, _)| *of == conditions);
        let at = known.unwrap_or_else(|| {
            self.accepting_if.push((conditions, vec![0; self.words]));
            self.accepting_if.len() - 1
        });
        set(&mut self.accepting_if[at].1, position);
    }

    /// Divides transitions among shifts, targets and the others; `None` if that takes more than the words.
    fn arrange(&mut self, outgoing: &[Vec<Transition>], words_max: usize) -> Option<()> {
        let mut distances: HashMap<usize, usize> = HashMap::new();
        for (from, transition) in unconditional(outgoing) {
            if let Some(distance) = (transition.target as usize).checked_sub(from).filter(|distance| *distance > 0) {
                *distances.entry(distance).or_default() += 1;
            }
        }
        let mut frequent: Vec<(usize, usize)> =
            distances.into_iter().map(|(distance, count)| (count, distance)).collect();
        frequent.sort_unstable_by(|one, other| other.cmp(one));
        frequent.retain(|(count, _)| *count >= SOURCES_MIN);
        frequent.truncate(SHIFTS_MAX);
        self.shifts = frequent.iter().map(|(_, distance)| (*distance, vec![0; self.words])).collect();
        let mut sources: HashMap<u32, Vec<usize>> = HashMap::new();
        for (from, transition) in unconditional(outgoing) {
            let distance = (transition.target as usize).wrapping_sub(from);
            match self.shifts.iter_mut().find(|(of, _)| *of == distance) {
                Some((_, positions)) => set(positions, from),
                None => sources.entry(transition.target).or_default().push(from),
            }
        }
        let mut single: Vec<Vec<Transition>> = vec![Vec::new(); outgoing.len()];
        for (target, from) in sources {
            if from.len() < SOURCES_MIN {
                from.iter().for_each(|from| single[*from].push(Transition { conditions: 0, target }));
                continue;
            }
            let mut positions = vec![0; self.words];
            from.into_iter().for_each(|from| set(&mut positions, from));
            self.targets.push((target, positions));
            if self.targets.len() * self.words > words_max {
                return None;
            }
        }
        for (from, transitions) in outgoing.iter().enumerate() {
            single[from].extend(transitions.iter().filter(|transition| transition.conditions != 0));
            if !single[from].is_empty() {
                set(&mut self.exceptional, from);
            }
            self.transitions.append(&mut single[from]);
            self.ends.push(self.transitions.len() as u32);
        }
        Some(())
    }

    /// Whether the text contains a match; a program that is not floating matches from its start. Subtracts its steps.
    ///
    /// # Errors
    /// There are too few steps.
    pub(crate) fn is_match(
        &self,
        compiled: &Compiled,
        text: &[Letter],
        steps: &mut u64,
    ) -> Result<bool, StepLimitError> {
        let outside = compiled.alphabet.letters();
        let mut now = vec![0; self.words];
        let mut next = vec![0; self.words];
        let each = (self.words * (2 + self.shifts.len() + self.targets.len() + self.accepting_if.len())) as u64;
        let mut operations = 0;
        let mut before = outside;
        for at in 0..=text.len() {
            let after = text.get(at).map_or(outside, |letter| usize::from(*letter));
            let holding = self.conditions(compiled, before, after);
            let starts = self.floating || at == 0;
            if self.accepts(&now, holding, starts) {
                return Ok(true);
            }
            if at == text.len() {
                break;
            }
            operations += each + self.advance(&now, &mut next, holding, starts);
            let letter = &self.letters[after * self.words..(after + 1) * self.words];
            next.iter_mut().zip(letter).for_each(|(word, matching)| *word &= matching);
            std::mem::swap(&mut now, &mut next);
            before = after;
            if operations >= OPERATIONS_PER_STEP {
                let left = steps.checked_sub(operations / OPERATIONS_PER_STEP);
                *steps = left.unwrap_or(0);
                left.ok_or(StepLimitError)?;
                operations %= OPERATIONS_PER_STEP;
            }
        }
        Ok(false)
    }

    /// The conditions that hold between two letters.
    fn conditions(&self, compiled: &Compiled, before: usize, after: usize) -> Conditions {
        let holds = |assertion: &Assertion| compiled.holds(*assertion, before, after).unwrap_or(false);
        self.assertions.iter().enumerate().fold(0, |held, (bit, it)| held | u32::from(holds(it)) << bit)
    }

    /// Whether a match ends here.
    fn accepts(&self, now: &[u64], holding: Conditions, starts: bool) -> bool {
        overlap(now, &self.accepting)
            || self.accepting_if.iter().any(|(conditions, of)| conditions & !holding == 0 && overlap(now, of))
            || starts && self.start.empty_if.iter().any(|conditions| conditions & !holding == 0)
    }

    /// The positions that may match the next letter. Returns the number of transitions that were followed one by one.
    fn advance(&self, now: &[u64], next: &mut [u64], holding: Conditions, starts: bool) -> u64 {
        if starts {
            next.copy_from_slice(&self.start.first);
            for transition in &self.start.first_if {
                if transition.conditions & !holding == 0 {
                    set(next, transition.target as usize);
                }
            }
        } else {
            next.fill(0);
        }
        for (distance, positions) in &self.shifts {
            let (whole, bits) = (distance / 64, distance % 64);
            let mut carry = 0;
            for ((target, from), allowed) in next[whole..].iter_mut().zip(now).zip(positions) {
                let moving = from & allowed;
                *target |= moving << bits | carry;
                // Shifting in two steps yields nothing for whole words.
                carry = moving >> 1 >> (63 - bits);
            }
        }
        for (target, positions) in &self.targets {
            if overlap(now, positions) {
                set(next, *target as usize);
            }
        }
        let mut followed = 0;
        for (at, (word, exceptional)) in now.iter().zip(&self.exceptional).enumerate() {
            let mut exceptional = word & exceptional;
            while exceptional != 0 {
                let position = at * 64 + exceptional.trailing_zeros() as usize;
                exceptional &= exceptional - 1;
                let begin = position.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
                let transitions = &self.transitions[begin..self.ends[position] as usize];
                followed += transitions.len() as u64;
                for transition in transitions {
                    if transition.conditions & !holding == 0 {
                        set(next, transition.target as usize);
                    }
                }
            }
        }
        followed
    }
}

/// The transitions without conditions, each with the position that it leads from.
fn unconditional(outgoing: &[Vec<Transition>]) -> impl Iterator<Item = (usize, Transition)> {
    let from = |(from, transitions): (usize, &Vec<Transition>)| {
        let free: Vec<Transition> = transitions.iter().filter(|it| it.conditions == 0).copied().collect();
        free.into_iter().map(move |transition| (from, transition))
    };
    outgoing.iter().enumerate().flat_map(from)
}

fn set(positions: &mut [u64], position: usize) {
    positions[position / 64] |= 1 << (position % 64);
}

fn overlap(one: &[u64], other: &[u64]) -> bool {
    one.iter().zip(other).any(|(one, other)| one & other != 0)
}

/// Finds the transitions of a program.
struct Builder<'a> {
    compiled: &'a Compiled,
    instructions: &'a [Instruction],
    /// The instruction of each position.
    instruction_of: Vec<u32>,
    /// The position of each instruction that is one.
    position_of: Vec<u32>,
    /// The different conditions.
    assertions: Vec<Assertion>,
}

impl<'a> Builder<'a> {
    fn new(compiled: &'a Compiled, program: usize) -> Option<Builder<'a>> {
        let instructions = &compiled.programs.programs[program].instructions;
        let mut builder = Builder {
            compiled,
            instructions,
            instruction_of: Vec::new(),
            position_of: vec![0; instructions.len()],
            assertions: Vec::new(),
        };
        // Programs are compiled from their end.
        for (number, instruction) in instructions.iter().enumerate().rev() {
            match instruction {
                Instruction::Set(..) => {
                    builder.position_of[number] = builder.instruction_of.len() as u32;
                    builder.instruction_of.push(number as u32);
                }
                Instruction::Assert(assertion, _) => builder.add_condition(*assertion)?,
                Instruction::Split(..) | Instruction::Match => {}
            }
        }
        Some(builder)
    }

    fn add_condition(&mut self, number: u32) -> Option<()> {
        let assertion = self.compiled.programs.assertions[number as usize];
        if matches!(assertion, Assertion::LookAround(..)) {
            return None;
        }
        if !self.assertions.contains(&assertion) {
            self.assertions.push(assertion);
        }
        (self.assertions.len() <= CONDITIONS_MAX).then_some(())
    }

    /// For each letter, the positions that match it.
    fn letters(&self, words: usize, words_max: usize) -> Option<Vec<u64>> {
        let letters = self.compiled.alphabet.letters();
        let mut table = (letters * words <= words_max).then(|| vec![0; letters * words])?;
        for (position, number) in self.instruction_of.iter().enumerate() {
            if let Instruction::Set(set_number, _) = self.instructions[*number as usize] {
                for letter in (0..letters).filter(|it| self.compiled.alphabet.holds(set_number as usize, *it)) {
                    set(&mut table[letter * words..], position);
                }
            }
        }
        Some(table)
    }

    /// The instruction after a position.
    fn next_of(&self, position: usize) -> u32 {
        match self.instructions[self.instruction_of[position] as usize] {
            Instruction::Set(_, then) | Instruction::Assert(_, then) | Instruction::Split(_, then) => then,
            Instruction::Match => 0,
        }
    }

    /// The positions reached from an instruction without consuming a character, and the conditions under which the
    /// match is reached. Every visit is subtracted from `left`; `None` if it is exhausted.
    fn closure(&self, from: u32, left: &mut usize) -> Option<(Vec<Transition>, Vec<Conditions>)> {
        let (mut positions, mut accepts) = (Vec::new(), Vec::new());
        let mut seen: HashSet<(u32, Conditions)> = HashSet::new();
        let mut pending = vec![(from, 0)];
        while let Some((number, conditions)) = pending.pop() {
            // What is reached without a condition needs no other way.
            if seen.contains(&(number, 0)) || !seen.insert((number, conditions)) {
                continue;
            }
            *left = left.checked_sub(1)?;
            match self.instructions[number as usize] {
                Instruction::Match => accepts.push(conditions),
                Instruction::Set(..) => {
                    positions.push(Transition { conditions, target: self.position_of[number as usize] });
                }
                Instruction::Split(one, other) => pending.extend([(other, conditions), (one, conditions)]),
                Instruction::Assert(number, then) => {
                    let assertion = self.compiled.programs.assertions[number as usize];
                    let bit = self.assertions.iter().position(|known| *known == assertion)?;
                    pending.push((then, conditions | 1 << bit));
                }
            }
        }
        Some((positions, accepts))
    }
}
