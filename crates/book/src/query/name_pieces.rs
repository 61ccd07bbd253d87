//! Matches full names with a pattern by the distinct parts that they are made of: a part that many contacts have is read
//! once for each state of the pattern's automaton that it is reached in.
//!
//! The last names are read from the start of the name, the first names from the states after last names, the patronymics
//! from all states so far. Nothing is assumed of the pattern or of spaces inside parts. What the automaton leaves out of a
//! pattern, such as look-around, is not judged here.

use pg_regex::{PieceMatcher, PieceOutcome, TextState};

use super::budget::Budget;
use super::filter::Comparison;
use super::predicate::TextPredicate;
use super::query_error::QueryError;
use crate::book::name_index::rank_set::RankSet;
use crate::book::name_index::{NameColumn, NameIndex};

/// Maximum number of states after a part that are told apart.
const STATES_MAX: usize = 32;
/// The number of a contact of whom nothing is left to read.
const SETTLED: u8 = 0;
/// The number of a text that matches; other numbers are those of states.
const MATCHES: u8 = u8::MAX;
/// Bytes of parts that are read before they are charged.
const CHARGED_BYTES: usize = 64 << 10;

/// A search for the contacts whose names match.
pub(super) struct PieceSearch<'s, 'r> {
    pub(super) index: &'s NameIndex,
    pub(super) matcher: PieceMatcher,
    pub(super) budget: &'s mut Budget<'r>,
    pub(super) comparison: &'s Comparison,
    pub(super) predicate: &'s TextPredicate,
    /// Bytes of parts that may still be read, each time that one is read.
    pub(super) bytes_left: usize,
    /// The number of parts that were read.
    pub(super) parts: u64,
}

/// The states after parts, by number less one.
#[derive(Default)]
struct States(Vec<TextState>);

impl States {
    /// The number of a state; `None` if there are too many.
    fn number(&mut self, state: TextState) -> Option<u8> {
        let known = self.0.iter().position(|known| *known == state);
        let at = known.unwrap_or(self.0.len());
        if at == self.0.len() {
            if at == STATES_MAX {
                return None;
            }
            self.0.push(state);
        }
        Some(at as u8 + 1)
    }
}

/// What becomes of a text with each number at a part.
type Transitions = [u8; STATES_MAX + 1];

impl PieceSearch<'_, '_> {
    /// The contacts whose names the automaton accepts, by their names when the index was made. With `among` these include
    /// all of them. `None` if there are too many states or bytes to read.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub(super) fn run(&mut self, among: Option<&RankSet>) -> Result<Option<RankSet>, QueryError> {
        let mut found = RankSet::new(self.index.len());
        let mut numbers = vec![SETTLED; self.index.len()];
        let mut states = States::default();
        if self.last_names(among, &mut found, &mut numbers, &mut states)?.is_none() {
            return Ok(None);
        }
        let (lasts, mut settled) = (states.0.len(), Vec::new());
        if lasts == 0 {
            return Ok(Some(found));
        }
        let firsts = self.index.lines_of(NameColumn::First);
        let mut unpaid = Unpaid::default();
        for line in firsts.clone() {
            if !self.pay(&mut unpaid, line, lasts)? {
                return Ok(None);
            }
            let Some(transitions) = self.transitions(line, lasts, &mut states) else { return Ok(None) };
            let of_states = &transitions[1..=lasts];
            let (is_followed, matches) = (self.is_followed(line), of_states.contains(&MATCHES));
            if is_followed && !matches && of_states.iter().all(|next| *next == SETTLED) {
                // Read again only if a patronymic matters.
                settled.push(line);
                continue;
            }
            let is_same = of_states.iter().zip(1..).all(|(next, number)| *next == number);
            if !matches && (!is_followed || is_same) {
                continue;
            }
            self.follow(line, &transitions, &mut numbers, &mut found)?;
        }
        let all = states.0.len();
        for line in firsts.end..self.index.lines() {
            if !self.pay(&mut unpaid, line, all)? {
                return Ok(None);
            }
            let Some(transitions) = self.transitions(line, all, &mut states) else { return Ok(None) };
            if transitions.contains(&MATCHES) {
                for line in settled.drain(..) {
                    self.follow(line, &[SETTLED; STATES_MAX + 1], &mut numbers, &mut found)?;
                }
                self.follow(line, &transitions, &mut numbers, &mut found)?;
            }
        }
        self.charge(&mut unpaid)?;
        Ok(Some(found))
    }

    /// Reads last names; those of `among` at least.
    fn last_names(
        &mut self,
        among: Option<&RankSet>,
        found: &mut RankSet,
        numbers: &mut [u8],
        states: &mut States,
    ) -> Result<Option<()>, QueryError> {
        let (index, start) = (self.index, self.matcher.start());
        let mut unpaid = Unpaid::default();
        let mut next = 0;
        while next < index.lines_of(NameColumn::Last).end {
            let mut line = next;
            if let Some(among) = among {
                let Some(rank) = among.at_or_above(index.ranks_of_last(line).start) else { break };
                line = index.last_of(rank, line);
            }
            next = line + 1;
            if !self.pay(&mut unpaid, line, 1)? {
                return Ok(None);
            }
            let number = match self.matcher.read(start, index.line(line)) {
                None => return Ok(None),
                Some(PieceOutcome::Fails) => continue,
                Some(PieceOutcome::Matches) => MATCHES,
                Some(PieceOutcome::Open(state)) if self.is_followed(line) => {
                    let Some(number) = states.number(state) else { return Ok(None) };
                    number
                }
                Some(PieceOutcome::Open(state)) => match self.matcher.ends(state) {
                    None => return Ok(None),
                    Some(false) => continue,
                    Some(true) => MATCHES,
                },
            };
            let ranks = index.ranks_of_last(line);
            if number == MATCHES { found.set_range(ranks) } else { numbers[ranks].fill(number) }
        }
        self.charge(&mut unpaid)?;
        Ok(Some(()))
    }

    /// Whether a space and another part follow the part in this line.
    fn is_followed(&self, line: usize) -> bool {
        self.index.line(line).ends_with(' ')
    }

    /// What becomes of texts with the first `count` numbers at a first name or patronymic. `None` if there are too many
    /// states.
    fn transitions(&mut self, line: usize, count: usize, states: &mut States) -> Option<Transitions> {
        let part = self.index.line(line);
        // The space before it was read with the part before it.
        let part = part.strip_prefix(' ').unwrap_or(part);
        let mut transitions = [SETTLED; STATES_MAX + 1];
        for (number, transition) in transitions.iter_mut().enumerate().skip(1).take(count) {
            *transition = match self.matcher.read(states.0[number - 1], part)? {
                PieceOutcome::Fails => SETTLED,
                PieceOutcome::Matches => MATCHES,
                PieceOutcome::Open(state) if part.ends_with(' ') => states.number(state)?,
                PieceOutcome::Open(state) if self.matcher.ends(state)? => MATCHES,
                PieceOutcome::Open(_) => SETTLED,
            };
        }
        Some(transitions)
    }

    /// Takes those who have a part on.
    fn follow(
        &mut self,
        line: usize,
        transitions: &Transitions,
        numbers: &mut [u8],
        found: &mut RankSet,
    ) -> Result<(), QueryError> {
        let members = self.index.members_of(line);
        for rank in members {
            let number = &mut numbers[*rank as usize];
            let next = transitions[usize::from(*number)];
            if next == MATCHES {
                found.set(*rank as usize);
                *number = SETTLED;
            } else {
                *number = next;
            }
        }
        self.budget.charge(self.comparison, members.len() as u64)
    }

    /// Counts the reading of a line from this number of states, and charges it some lines later; false if that is too
    /// much.
    fn pay(&mut self, unpaid: &mut Unpaid, line: usize, states: usize) -> Result<bool, QueryError> {
        let bytes = self.index.line(line).len() * states;
        self.parts += 1;
        unpaid.lines += states;
        unpaid.bytes += bytes;
        let Some(left) = self.bytes_left.checked_sub(bytes) else { return Ok(false) };
        self.bytes_left = left;
        if unpaid.bytes > CHARGED_BYTES {
            self.charge(unpaid)?;
        }
        Ok(true)
    }

    fn charge(&mut self, unpaid: &mut Unpaid) -> Result<(), QueryError> {
        let Unpaid { lines, bytes } = std::mem::take(unpaid);
        self.budget.charge_lines(self.comparison, self.predicate, lines, bytes)
    }
}

/// Lines that were read and are not charged yet.
#[derive(Default)]
struct Unpaid {
    lines: usize,
    bytes: usize,
}
