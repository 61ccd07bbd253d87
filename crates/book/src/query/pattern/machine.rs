//! Runs the programs of a pattern over a text, all states at once.
//!
//! A machine walks the text letter by letter and remembers the set of operations it could be at.
//! Such a set, with the letter before it where some check regards it, is a configuration; a table
//! of steps from configuration to configuration is filled as texts ask for it, so a walk is
//! mostly one load per letter. The table is bounded: when full it starts afresh.
//!
//! A check that needs a program of its own is answered when a walk meets it, remembered per
//! place, and never enters the table. Every walk is paid from a budget of steps: a known step
//! costs one, a new one as much as the operations it touches.

use std::collections::HashMap;

use super::Room;
use super::alphabet::{Alphabet, Letter};
use super::fault::StepsSpent;
use super::program::{Check, NEWLINE_SET, Operation, Programs, WORD_SET};
use super::syntax::{Anchor, Demand, Side};

/// The most memory the tables of one pattern may take together, in bytes.
const TABLES_BYTES_MAX: usize = 4 << 20;
/// What looking at one operation costs, where following a known step costs 1.
const OPERATION_STEPS: u64 = 4;
/// What setting out on a walk costs, or on a look at a configuration.
const WALK_STEPS: u64 = 8;
/// What adding a configuration to the table costs.
const CONFIGURATION_STEPS: u64 = 40;

/// A step not taken before.
const UNKNOWN: u32 = u32::MAX;
/// A step that depends on more than the next letter.
const VARYING: u32 = u32::MAX - 1;
/// The configuration that nothing can follow.
const DEAD: u32 = 0;

/// A text as the machines see it.
#[derive(Debug, Default)]
pub(super) struct Text {
    letters: Vec<Letter>,
}

impl Text {
    /// The number of characters.
    pub(super) fn len(&self) -> usize {
        self.letters.len()
    }
}

/// Known steps of one program.
#[derive(Debug, Default)]
struct Table {
    /// Configurations by content: the letter before, then the operations.
    numbers: HashMap<Box<[u32]>, u32>,
    contents: Vec<Box<[u32]>>,
    /// The configuration to start with after each letter, and at the start of the text.
    starts: Vec<u32>,
    /// A row for each configuration: what follows each letter, and the end of the text.
    steps: Vec<u32>,
    bytes: usize,
    /// How often the table was emptied.
    age: u32,
}

/// What is known about one condition on the current text.
#[derive(Debug, Default)]
struct Answers {
    /// For every place, whether the program matches there, once known.
    known: Vec<Option<bool>>,
    /// For a condition that looks behind: the configuration at the first place not known.
    frontier: usize,
    configuration: u32,
}

/// Working space of one look at a configuration.
#[derive(Debug, Default)]
struct Look {
    pending: Vec<u32>,
    seen: Vec<bool>,
    next: Vec<u32>,
    /// A condition was met, so the outcome holds for this place only.
    varying: bool,
    matched: bool,
}

/// The machines of one pattern, with the text they are put on.
#[derive(Debug)]
pub(super) struct Machine {
    programs: Programs,
    alphabet: Alphabet,
    tables: Vec<Table>,
    answers: Vec<Answers>,
    looks: Vec<Look>,
    /// The most memory that one table may take.
    table_bytes_max: usize,
    pub(super) text: Text,
    /// What is left of the budget.
    pub(super) steps: u64,
}

impl Machine {
    pub(super) fn new(programs: Programs, room: Room) -> Machine {
        let alphabet = Alphabet::of(&programs.sets);
        let tables = programs.programs.iter().map(|_| Table::default()).collect();
        let answers = programs.programs.iter().map(|_| Answers::default()).collect();
        let table_bytes_max = room.part_of(TABLES_BYTES_MAX) / programs.programs.len();
        let (looks, text) = (Vec::new(), Text::default());
        let mut machine = Machine { programs, alphabet, tables, answers, looks, table_bytes_max, text, steps: 0 };
        for program in 0..machine.tables.len() {
            machine.clear(program);
        }
        machine
    }

    /// Puts the machines on a text.
    pub(super) fn read(&mut self, text: &str) {
        self.text.letters.clear();
        let alphabet = &self.alphabet;
        self.text.letters.extend(text.chars().map(|character| alphabet.letter(character)));
        for answers in &mut self.answers {
            answers.known.clear();
        }
    }

    fn pay(&mut self, cost: u64) -> Result<(), StepsSpent> {
        match self.steps.checked_sub(cost) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => {
                self.steps = 0;
                Err(StepsSpent)
            }
        }
    }

    /// Where the earliest match that ends between `least` and `most` ends, over all matches that a
    /// walk from `from` finds: a floating program may start anywhere from there on, another just
    /// there.
    pub(super) fn shortest(
        &mut self,
        program: usize,
        from: usize,
        least: usize,
        most: usize,
    ) -> Result<Option<usize>, StepsSpent> {
        self.walk(program, from, most, Some(least))
    }

    /// Where the longest match that starts at `from` and ends by `most` ends.
    pub(super) fn longest(&mut self, program: usize, from: usize, most: usize) -> Result<Option<usize>, StepsSpent> {
        self.walk(program, from, most, None)
    }

    /// Walks from one place to another, or to the first match at or after `least`, if given. The
    /// end of the last match met comes back.
    fn walk(
        &mut self,
        program: usize,
        from: usize,
        most: usize,
        least: Option<usize>,
    ) -> Result<Option<usize>, StepsSpent> {
        let stop = least.unwrap_or(usize::MAX);
        let mut configuration = self.enter(program, from);
        let mut end = None;
        let mut place = from;
        while place <= most && configuration != DEAD {
            let (next, matched) = match self.known_step(program, configuration, place) {
                known if known < VARYING => (known >> 1, known & 1 == 1),
                _ => self.new_step(program, configuration, place)?,
            };
            if matched && place >= stop {
                end = Some(place);
                break;
            }
            if matched && least.is_none() {
                end = Some(place);
            }
            configuration = next;
            place += 1;
        }
        self.pay((place - from) as u64 + WALK_STEPS)?;
        Ok(end)
    }

    /// The configuration of a program put down at a place.
    fn enter(&mut self, program: usize, place: usize) -> u32 {
        let before = match place.checked_sub(1) {
            None => self.alphabet.letters(),
            Some(previous) => usize::from(self.text.letters[previous]),
        };
        let it = &self.programs.programs[program];
        let before = if it.looks_back { before } else { 0 };
        let known = self.tables[program].starts[before];
        if known != UNKNOWN {
            return known;
        }
        let content = [before as u32, it.start];
        let number = self.number(program, if it.floating { &content[..1] } else { &content });
        self.tables[program].starts[before] = number;
        number
    }

    /// A step as the table has it: whether a match ends before the letter at the place in the
    /// lowest bit, the configuration after that letter above.
    fn known_step(&self, program: usize, configuration: u32, place: usize) -> u32 {
        let row = self.alphabet.letters() + 1;
        self.tables[program].steps[configuration as usize * row + self.letter_at(place)]
    }

    /// A step the table does not have.
    fn new_step(&mut self, program: usize, configuration: u32, place: usize) -> Result<(u32, bool), StepsSpent> {
        let letter = self.letter_at(place);
        let slot = configuration as usize * (self.alphabet.letters() + 1) + letter;
        let mut look = self.looks.pop().unwrap_or_default();
        let outcome = self.look(&mut look, program, configuration, place);
        let age = self.tables[program].age;
        let next = self.after(program, &mut look, letter);
        if self.tables[program].age == age {
            let fresh = next << 1 | u32::from(look.matched);
            self.tables[program].steps[slot] = if look.varying { VARYING } else { fresh };
        }
        let matched = look.matched;
        self.looks.push(look);
        outcome?;
        Ok((next, matched))
    }

    /// The letter at a place, or one past the last letter at the end of the text.
    fn letter_at(&self, place: usize) -> usize {
        self.text.letters.get(place).map_or(self.alphabet.letters(), |letter| usize::from(*letter))
    }

    /// The configuration reached by a look.
    fn after(&mut self, program: usize, look: &mut Look, letter: usize) -> u32 {
        let it = &self.programs.programs[program];
        if look.next.is_empty() && !it.floating {
            return DEAD;
        }
        look.next.sort_unstable();
        look.next.dedup();
        let before = if it.looks_back { letter as u32 } else { 0 };
        look.next.insert(0, before);
        let content = std::mem::take(&mut look.next);
        let number = self.number(program, &content);
        look.next = content;
        number
    }

    /// Follows every operation of a configuration that can be reached without taking a letter.
    fn look(&mut self, look: &mut Look, program: usize, configuration: u32, place: usize) -> Result<(), StepsSpent> {
        let it = &self.programs.programs[program];
        look.seen.clear();
        look.seen.resize(it.operations.len(), false);
        look.next.clear();
        look.pending.clear();
        (look.varying, look.matched) = (false, false);
        let content = &self.tables[program].contents[configuration as usize];
        look.pending.extend_from_slice(&content[1..]);
        let before = content[0] as usize;
        if it.floating {
            look.pending.push(it.start);
        }
        let letter = self.letter_at(place);
        let mut visits = WALK_STEPS;
        while let Some(at) = look.pending.pop() {
            if std::mem::replace(&mut look.seen[at as usize], true) {
                continue;
            }
            visits += OPERATION_STEPS;
            match self.programs.programs[program].operations[at as usize] {
                Operation::Done => look.matched = true,
                Operation::Fork(one, other) => look.pending.extend([other, one]),
                Operation::Take(set, then) => {
                    if letter < self.alphabet.letters() && self.alphabet.holds(set as usize, letter) {
                        look.next.push(then);
                    }
                }
                Operation::Pass(check, then) => {
                    if self.holds(look, self.programs.checks[check as usize], before, place)? {
                        look.pending.push(then);
                    }
                }
            }
        }
        self.pay(visits + (look.seen.len() / 32 + self.alphabet.letters() / 8) as u64)
    }

    /// Whether a check holds at a place, with the given letter before it.
    fn holds(&mut self, look: &mut Look, check: Check, before: usize, place: usize) -> Result<bool, StepsSpent> {
        let after = self.letter_at(place);
        Ok(match check {
            Check::Anchor(anchor) => self.anchored(anchor, before, after),
            Check::Beside(Side::Ahead, demand, set) => self.is_in(set as usize, after) == (demand == Demand::Match),
            Check::Beside(Side::Behind, demand, set) => self.is_in(set as usize, before) == (demand == Demand::Match),
            Check::Around(side, demand, program) => {
                look.varying = true;
                let matches = match side {
                    Side::Ahead => self.matches_ahead(program as usize, place)?,
                    Side::Behind => self.matches_behind(program as usize, place)?,
                };
                matches == (demand == Demand::Match)
            }
        })
    }

    /// Whether the set holds the letter; the ends of the text are in no set.
    fn is_in(&self, set: usize, letter: usize) -> bool {
        letter < self.alphabet.letters() && self.alphabet.holds(set, letter)
    }

    fn anchored(&self, anchor: Anchor, before: usize, after: usize) -> bool {
        let outside = self.alphabet.letters();
        let word_before = self.is_in(WORD_SET, before);
        let word_after = self.is_in(WORD_SET, after);
        match anchor {
            Anchor::TextStart => before == outside,
            Anchor::TextEnd => after == outside,
            Anchor::LineStart => before == outside || self.is_in(NEWLINE_SET, before),
            Anchor::LineEnd => after == outside || self.is_in(NEWLINE_SET, after),
            Anchor::WordStart => !word_before && word_after,
            Anchor::WordEnd => word_before && !word_after,
            Anchor::WordEdge => word_before != word_after,
            Anchor::NotWordEdge => word_before == word_after,
        }
    }

    fn matches_ahead(&mut self, program: usize, place: usize) -> Result<bool, StepsSpent> {
        let end = self.text.len();
        self.answers[program].known.resize(end + 1, None);
        if let Some(known) = self.answers[program].known[place] {
            return Ok(known);
        }
        let matches = self.shortest(program, place, place, end)?.is_some();
        self.answers[program].known[place] = Some(matches);
        Ok(matches)
    }

    /// Walks on from the last place known: what ends where is found in one pass.
    fn matches_behind(&mut self, program: usize, place: usize) -> Result<bool, StepsSpent> {
        if self.answers[program].known.is_empty() {
            self.answers[program].frontier = 0;
            self.answers[program].configuration = self.enter(program, 0);
            self.answers[program].known.resize(self.text.len() + 1, None);
        }
        while self.answers[program].frontier <= place {
            let at = self.answers[program].frontier;
            let configuration = self.answers[program].configuration;
            let (next, matched) = match self.known_step(program, configuration, at) {
                known if known < VARYING => (known >> 1, known & 1 == 1),
                _ => self.new_step(program, configuration, at)?,
            };
            let answers = &mut self.answers[program];
            answers.known[at] = Some(matched);
            answers.configuration = next;
            answers.frontier += 1;
            self.pay(1)?;
        }
        Ok(self.answers[program].known[place] == Some(true))
    }

    /// The number of a configuration, new or known.
    fn number(&mut self, program: usize, content: &[u32]) -> u32 {
        if let Some(number) = self.tables[program].numbers.get(content) {
            return *number;
        }
        let row = self.alphabet.letters() + 1;
        let bytes = row * 4 + content.len() * 8 + 64;
        if self.tables[program].bytes + bytes > self.table_bytes_max {
            self.clear(program);
        }
        self.steps = self.steps.saturating_sub(CONFIGURATION_STEPS);
        let table = &mut self.tables[program];
        let number = table.contents.len() as u32;
        table.numbers.insert(content.into(), number);
        table.contents.push(content.into());
        table.steps.resize(table.steps.len() + row, UNKNOWN);
        table.bytes += bytes;
        number
    }

    /// Empties a table; only the dead configuration stays.
    fn clear(&mut self, program: usize) {
        let table = &mut self.tables[program];
        table.numbers.clear();
        table.contents.clear();
        table.contents.push(Box::from([0]));
        table.steps.clear();
        table.steps.resize(self.alphabet.letters() + 1, DEAD);
        table.starts.clear();
        table.starts.resize(self.alphabet.letters() + 1, UNKNOWN);
        table.bytes = 0;
        table.age += 1;
    }
}
