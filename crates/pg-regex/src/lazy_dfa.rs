//! Runs the programs of a pattern over a text, as deterministic automata that are built while they run.
//!
//! The text is first translated to letters of the pattern's alphabet. A *state* is the set of instructions that a
//! program can be at, together with the letter before it where some assertion depends on that. Transitions from state
//! to state are cached in a table, so that walking a text costs about one load per character once its states are
//! known. The table is bounded in size and is cleared when it is full.
//!
//! A look-around condition with a program of its own is evaluated when a walk reaches it and remembered per position;
//! transitions that depend on one are not cached. Every walk is charged to the step budget: a cached transition costs
//! 1, a new one as much as the instructions it visits.

use std::collections::HashMap;
use std::sync::Arc;

use crate::alphabet::{Alphabet, Letter};
use crate::ast::{Demand, Side};
use crate::bit_nfa::BitNfa;
use crate::budget::{SizeBudget, StepLimitError};
use crate::compiled::Compiled;
use crate::program::{Assertion, Instruction, ProgramSet};

/// Maximum memory of the transition tables of one pattern and thread, in bytes.
const TABLES_BYTES_MAX: usize = 4 << 20;
/// Steps charged for visiting one instruction; a cached transition costs 1.
const INSTRUCTION_STEPS: u64 = 4;
/// Steps charged for starting a walk, or for computing a transition.
const WALK_STEPS: u64 = 8;
/// Steps charged for adding a state to a table.
const STATE_STEPS: u64 = 40;

/// A transition that is not in the table.
const UNKNOWN: u32 = u32::MAX;
/// A transition that depends on more than the next letter.
const UNCACHEABLE: u32 = u32::MAX - 1;
/// The state without any instruction.
const DEAD: u32 = 0;

/// The transition table of one program.
#[derive(Debug, Clone, Default)]
struct StateTable {
    /// States by content: the letter before, then the instructions.
    numbers: HashMap<Box<[u32]>, u32>,
    contents: Vec<Box<[u32]>>,
    /// The start state after each letter, and at the start of the text.
    starts: Vec<u32>,
    /// A row for each state: the transition for each letter, and for the end of the text.
    transitions: Vec<u32>,
    bytes: usize,
    /// How often the table was cleared.
    age: u32,
}

/// The results of one look-around condition on the current text.
#[derive(Debug, Clone, Default)]
struct LookAroundMemo {
    /// For every position, whether the condition's program matches there, once known.
    known: Vec<Option<bool>>,
    /// For look-behind: the first position that is not known, and the state there.
    frontier: usize,
    state: u32,
}

/// Scratch space for computing one transition.
#[derive(Debug, Clone, Default)]
struct Closure {
    pending: Vec<u32>,
    seen: Vec<bool>,
    next: Vec<u32>,
    /// A look-around condition was evaluated, so the result holds for this position only.
    uncacheable: bool,
    matched: bool,
}

/// The automata of one pattern, and the text that they run on. A clone shares the programs and copies the tables.
#[derive(Debug, Clone)]
pub(crate) struct LazyDfa {
    compiled: Arc<Compiled>,
    /// Number of letters of the alphabet; the end of the text is one more.
    letters: usize,
    tables: Vec<StateTable>,
    memos: Vec<LookAroundMemo>,
    closures: Vec<Closure>,
    /// Maximum memory of one table, in bytes.
    table_bytes_max: usize,
    text: Vec<Letter>,
    /// The steps left.
    pub(crate) steps: u64,
}

impl LazyDfa {
    pub(crate) fn new(programs: Arc<ProgramSet>, size: SizeBudget) -> LazyDfa {
        let alphabet = Alphabet::of(&programs.sets);
        let count = programs.programs.len();
        let mut dfa = LazyDfa {
            letters: alphabet.letters(),
            compiled: Arc::new(Compiled { programs, alphabet }),
            tables: vec![StateTable::default(); count],
            memos: vec![LookAroundMemo::default(); count],
            closures: Vec::new(),
            table_bytes_max: size.share_of(TABLES_BYTES_MAX) / count,
            text: Vec::new(),
            steps: 0,
        };
        for program in 0..count {
            dfa.clear(program);
        }
        dfa
    }

    /// Sets the text to match.
    pub(crate) fn set_text(&mut self, text: &str) {
        self.text.clear();
        let alphabet = &self.compiled.alphabet;
        self.text.extend(text.chars().map(|character| alphabet.letter(character)));
        for memo in &mut self.memos {
            memo.known.clear();
        }
    }

    /// The programs and the alphabet.
    pub(crate) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// Runs a bit-parallel automaton of one of the programs on the text.
    pub(crate) fn run_bits(&mut self, bits: &BitNfa) -> Result<bool, StepLimitError> {
        bits.is_match(&self.compiled, &self.text, &mut self.steps)
    }

    /// Length of the text, in characters.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn charge(&mut self, cost: u64) -> Result<(), StepLimitError> {
        match self.steps.checked_sub(cost) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => {
                self.steps = 0;
                Err(StepLimitError)
            }
        }
    }

    /// The smallest end, from `min` to `max`, of a match that starts at `from` (at or after `from` if the program is
    /// floating).
    pub(crate) fn shortest(
        &mut self,
        program: usize,
        from: usize,
        min: usize,
        max: usize,
    ) -> Result<Option<usize>, StepLimitError> {
        self.walk(program, from, max, Some(min))
    }

    /// The largest end, up to `max`, of a match that starts at `from`.
    pub(crate) fn longest(&mut self, program: usize, from: usize, max: usize) -> Result<Option<usize>, StepLimitError> {
        self.walk(program, from, max, None)
    }

    /// Walks from `from` to `max`, or to the first match at or after `min` if that is given. Returns the end of the
    /// last match found.
    fn walk(
        &mut self,
        program: usize,
        from: usize,
        max: usize,
        min: Option<usize>,
    ) -> Result<Option<usize>, StepLimitError> {
        let stop = min.unwrap_or(usize::MAX);
        let mut state = self.start(program, from);
        let mut end = None;
        let mut at = from;
        while at <= max && state != DEAD {
            let (next, matched) = match self.cached_transition(program, state, at) {
                known if known < UNCACHEABLE => (known >> 1, known & 1 == 1),
                _ => self.new_transition(program, state, at)?,
            };
            if matched && at >= stop {
                end = Some(at);
                break;
            }
            if matched && min.is_none() {
                end = Some(at);
            }
            state = next;
            at += 1;
        }
        self.charge((at - from) as u64 + WALK_STEPS)?;
        Ok(end)
    }

    /// The state in which a program starts at a position.
    fn start(&mut self, program: usize, at: usize) -> u32 {
        let before = match at.checked_sub(1) {
            None => self.letters,
            Some(previous) => usize::from(self.text[previous]),
        };
        let it = &self.compiled.programs.programs[program];
        let before = if it.looks_back { before } else { 0 };
        let known = self.tables[program].starts[before];
        if known != UNKNOWN {
            return known;
        }
        let content = [before as u32, it.start];
        let number = self.state_number(program, if it.floating { &content[..1] } else { &content });
        self.tables[program].starts[before] = number;
        number
    }

    /// A transition as the table has it: in the lowest bit whether a match ends before the letter at the position, in
    /// the others the state after that letter.
    fn cached_transition(&self, program: usize, state: u32, at: usize) -> u32 {
        let row = self.letters + 1;
        self.tables[program].transitions[state as usize * row + self.letter_at(at)]
    }

    /// Computes a transition that the table does not have, and adds it if possible.
    fn new_transition(&mut self, program: usize, state: u32, at: usize) -> Result<(u32, bool), StepLimitError> {
        let letter = self.letter_at(at);
        let entry = state as usize * (self.letters + 1) + letter;
        let mut closure = self.closures.pop().unwrap_or_default();
        let outcome = self.close(&mut closure, program, state, at);
        let age = self.tables[program].age;
        let next = self.state_after(program, &mut closure, letter);
        if self.tables[program].age == age {
            let fresh = next << 1 | u32::from(closure.matched);
            self.tables[program].transitions[entry] = if closure.uncacheable { UNCACHEABLE } else { fresh };
        }
        let matched = closure.matched;
        self.closures.push(closure);
        outcome?;
        Ok((next, matched))
    }

    /// The letter at a position; one past the last letter at the end of the text.
    fn letter_at(&self, at: usize) -> usize {
        self.text.get(at).map_or(self.letters, |letter| usize::from(*letter))
    }

    /// The state reached by a closure.
    fn state_after(&mut self, program: usize, closure: &mut Closure, letter: usize) -> u32 {
        let it = &self.compiled.programs.programs[program];
        if closure.next.is_empty() && !it.floating {
            return DEAD;
        }
        closure.next.sort_unstable();
        closure.next.dedup();
        let before = if it.looks_back { letter as u32 } else { 0 };
        closure.next.insert(0, before);
        let content = std::mem::take(&mut closure.next);
        let number = self.state_number(program, &content);
        closure.next = content;
        number
    }

    /// Visits every instruction that a state reaches without consuming a letter.
    fn close(&mut self, closure: &mut Closure, program: usize, state: u32, at: usize) -> Result<(), StepLimitError> {
        let it = &self.compiled.programs.programs[program];
        closure.seen.clear();
        closure.seen.resize(it.instructions.len(), false);
        closure.next.clear();
        closure.pending.clear();
        (closure.uncacheable, closure.matched) = (false, false);
        let content = &self.tables[program].contents[state as usize];
        closure.pending.extend_from_slice(&content[1..]);
        let before = content[0] as usize;
        if it.floating {
            closure.pending.push(it.start);
        }
        let letter = self.letter_at(at);
        let mut visits = WALK_STEPS;
        while let Some(number) = closure.pending.pop() {
            if std::mem::replace(&mut closure.seen[number as usize], true) {
                continue;
            }
            visits += INSTRUCTION_STEPS;
            match self.compiled.programs.programs[program].instructions[number as usize] {
                Instruction::Match => closure.matched = true,
                Instruction::Split(one, other) => closure.pending.extend([other, one]),
                Instruction::Set(set, then) => {
                    if self.compiled.is_in(set as usize, letter) {
                        closure.next.push(then);
                    }
                }
                Instruction::Assert(assertion, then) => {
                    let assertion = self.compiled.programs.assertions[assertion as usize];
                    if self.holds(closure, assertion, before, at)? {
                        closure.pending.push(then);
                    }
                }
            }
        }
        self.charge(visits + (closure.seen.len() / 32 + self.letters / 8) as u64)
    }

    /// Whether an assertion holds at a position, with the given letter before it.
    fn holds(
        &mut self,
        closure: &mut Closure,
        assertion: Assertion,
        before: usize,
        at: usize,
    ) -> Result<bool, StepLimitError> {
        let Assertion::LookAround(side, demand, program) = assertion else {
            return Ok(self.compiled.holds(assertion, before, self.letter_at(at)).unwrap_or(false));
        };
        closure.uncacheable = true;
        let matches = match side {
            Side::Ahead => self.matches_ahead(program as usize, at)?,
            Side::Behind => self.matches_behind(program as usize, at)?,
        };
        Ok(matches == (demand == Demand::Match))
    }

    fn matches_ahead(&mut self, program: usize, at: usize) -> Result<bool, StepLimitError> {
        let end = self.text.len();
        self.memos[program].known.resize(end + 1, None);
        if let Some(known) = self.memos[program].known[at] {
            return Ok(known);
        }
        let matches = self.shortest(program, at, at, end)?.is_some();
        self.memos[program].known[at] = Some(matches);
        Ok(matches)
    }

    /// Continues the walk from the last known position, so that all positions together take one pass.
    fn matches_behind(&mut self, program: usize, position: usize) -> Result<bool, StepLimitError> {
        if self.memos[program].known.is_empty() {
            self.memos[program].frontier = 0;
            self.memos[program].state = self.start(program, 0);
            self.memos[program].known.resize(self.text.len() + 1, None);
        }
        while self.memos[program].frontier <= position {
            let at = self.memos[program].frontier;
            let state = self.memos[program].state;
            let (next, matched) = match self.cached_transition(program, state, at) {
                known if known < UNCACHEABLE => (known >> 1, known & 1 == 1),
                _ => self.new_transition(program, state, at)?,
            };
            let memo = &mut self.memos[program];
            memo.known[at] = Some(matched);
            memo.state = next;
            memo.frontier += 1;
            self.charge(1)?;
        }
        Ok(self.memos[program].known[position] == Some(true))
    }

    /// The number of a state, which is added if it is new.
    fn state_number(&mut self, program: usize, content: &[u32]) -> u32 {
        if let Some(number) = self.tables[program].numbers.get(content) {
            return *number;
        }
        let row = self.letters + 1;
        let bytes = row * 4 + content.len() * 8 + 64;
        if self.tables[program].bytes + bytes > self.table_bytes_max {
            self.clear(program);
        }
        self.steps = self.steps.saturating_sub(STATE_STEPS);
        let table = &mut self.tables[program];
        let number = table.contents.len() as u32;
        table.numbers.insert(content.into(), number);
        table.contents.push(content.into());
        table.transitions.resize(table.transitions.len() + row, UNKNOWN);
        table.bytes += bytes;
        number
    }

    /// Clears a table but for the dead state.
    fn clear(&mut self, program: usize) {
        let row = self.letters + 1;
        let table = &mut self.tables[program];
        table.numbers.clear();
        table.contents.clear();
        table.contents.push(Box::from([0]));
        table.transitions.clear();
        table.transitions.resize(row, DEAD);
        table.starts.clear();
        table.starts.resize(row, UNKNOWN);
        table.bytes = 0;
        table.age += 1;
    }
}
