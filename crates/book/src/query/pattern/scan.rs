//! Finds the lines of a long text that a pattern could match, at the speed of memory.
//!
//! A question over a whole book is one pass over all names laid end to end. Two filters make it
//! fast: a literal that every match must hold is looked for first, and a lazily built automaton
//! over bytes looks at what is left. The automaton ignores what it cannot express (word edges,
//! look-around, references), so a hit of an inexact scan is a candidate that the caller verifies.
//! The automaton is bounded in size when built and in memory when run; past either bound the scan
//! names every line a candidate.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use memchr::memmem::Finder;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

use super::Room;
use super::set::CharSet;
use super::syntax::{Alternation, Anchor, Atom, Piece, Repeat, UNBOUNDED};

/// The most memory the automaton may take when built, and its memory of steps when run, in bytes.
const AUTOMATON_BYTES_MAX: usize = 1 << 20;
const STEPS_BYTES_MAX: usize = 2 << 20;
/// The automaton gives up when its memory of steps was emptied so often to so little use.
const EMPTIED_MAX: usize = 4;
const BYTES_PER_STATE_MIN: usize = 10;

/// A place where a line may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    /// The line that holds this place, its newline included, matches.
    Match(usize),
    /// The line that starts at the place may match.
    Candidate(usize),
}

/// A scan for one pattern.
#[derive(Debug)]
pub(super) struct Scan {
    /// A literal every match holds, the newlines around the line included where it must start or end there.
    literal: Option<Finder<'static>>,
    automaton: Option<Automaton>,
    exactness: Exactness,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exactness {
    /// Holding the literal, at the edges of the line where it says so, is all there is to it.
    Literal,
    /// What the automaton finds is a match.
    Automaton,
    /// What is found must be verified.
    Candidates,
}

#[derive(Debug)]
struct Automaton {
    dfa: DFA,
    /// Remembered steps, one memory for each thread that scans at the moment.
    caches: Mutex<Vec<Cache>>,
    /// Whether the automaton proved to be no help with these texts.
    gave_up: AtomicBool,
}

/// What the automaton says of a stretch of text.
enum Found {
    At(usize),
    Nothing,
    GaveUp,
}

impl Scan {
    /// Prepares a scan.
    pub(super) fn of(tree: &Alternation, room: Room) -> Scan {
        let mut runs = Runs::default();
        let alone = runs.tree(tree);
        runs.cut();
        let literal = runs.best;
        if alone && literal.iter().any(|byte| *byte != b'\n') {
            let literal = Some(Finder::new(&literal).into_owned());
            return Scan { literal, automaton: None, exactness: Exactness::Literal };
        }
        let literal = (literal.len() > 2).then(|| Finder::new(&literal).into_owned());
        let mut translation = Translation { exact: true };
        let hir = translation.tree(tree);
        let automaton = Automaton::of(&hir, literal.is_some(), room);
        let exact = translation.exact && automaton.is_some();
        let exactness = if exact { Exactness::Automaton } else { Exactness::Candidates };
        Scan { literal, automaton, exactness }
    }

    /// Whether every hit is a match as long as the automaton does not give up.
    pub(super) fn is_exact(&self) -> bool {
        self.exactness != Exactness::Candidates
    }

    /// The next line at or after `from`, the start of a line, that matches or may match.
    pub(super) fn next(&self, lines: &str, from: usize) -> Option<Hit> {
        let Some(literal) = &self.literal else {
            return self.next_by_automaton(lines, from);
        };
        let mut memory = Memory::of(self.automaton.as_ref());
        let mut from = from;
        while from <= lines.len() {
            let at = from + find(literal, &lines.as_bytes()[from..])?;
            if self.exactness == Exactness::Literal {
                return Some(Hit::Match(at));
            }
            let (start, end) = line_around(lines, at);
            match self.look(lines, start, end, &mut memory) {
                Found::At(place) if self.is_exact() => return Some(Hit::Match(place)),
                Found::At(_) | Found::GaveUp => return Some(Hit::Candidate(start)),
                Found::Nothing => from = end + 1,
            }
        }
        None
    }

    fn next_by_automaton(&self, lines: &str, from: usize) -> Option<Hit> {
        if from > lines.len() {
            return None;
        }
        match self.look(lines, from, lines.len(), &mut Memory::of(self.automaton.as_ref())) {
            Found::At(place) if self.is_exact() => Some(Hit::Match(place)),
            Found::At(place) => Some(Hit::Candidate(line_around(lines, place).0)),
            Found::Nothing => None,
            Found::GaveUp => Some(Hit::Candidate(from)),
        }
    }

    fn look(&self, lines: &str, start: usize, end: usize, memory: &mut Memory<'_>) -> Found {
        let Some(automaton) = self.automaton.as_ref().filter(|automaton| !automaton.gave_up.load(Ordering::Relaxed))
        else {
            return Found::GaveUp;
        };
        let cache = memory.cache.get_or_insert_with(|| automaton.borrow_cache());
        let input = Input::new(lines).range(start..end).earliest(true);
        match automaton.dfa.try_search_fwd(cache, &input) {
            Ok(half) => half.map_or(Found::Nothing, |half| Found::At(half.offset())),
            Err(_) => {
                automaton.gave_up.store(true, Ordering::Relaxed);
                Found::GaveUp
            }
        }
    }
}

/// A memory of steps in the hands of one thread; given back when it is dropped.
struct Memory<'a> {
    automaton: Option<&'a Automaton>,
    cache: Option<Cache>,
}

impl<'a> Memory<'a> {
    /// Borrowed when it is first used.
    fn of(automaton: Option<&'a Automaton>) -> Self {
        Self { automaton, cache: None }
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        if let (Some(automaton), Some(cache)) = (self.automaton, self.cache.take()) {
            automaton.caches().push(cache);
        }
    }
}

/// Finds a literal in lines. A newline at its end stands for the end of the text, too, and one at its beginning
/// for the beginning of the text; what is found starts behind that one, in the line that is meant.
fn find(literal: &Finder<'_>, text: &[u8]) -> Option<usize> {
    let needle = literal.needle();
    let opened = needle.strip_prefix(b"\n");
    let skipped = usize::from(opened.is_some());
    if opened.is_some_and(|rest| text.starts_with(rest) || rest.strip_suffix(b"\n") == Some(text)) {
        return Some(0);
    }
    literal.find(text).map(|at| at + skipped).or_else(|| {
        let stem = needle.strip_suffix(b"\n")?;
        text.ends_with(stem).then(|| text.len() - stem.len() + skipped)
    })
}

/// Where the line that holds a place starts and ends; its newline belongs to it.
pub(super) fn line_around(lines: &str, at: usize) -> (usize, usize) {
    let bytes = lines.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(lines.len(), |newline| at + newline);
    (start, end)
}

impl Automaton {
    /// Builds the automaton, unless it is too large. With a literal to look for first, no other
    /// prefilter is worth having.
    fn of(hir: &Hir, has_literal: bool, room: Room) -> Option<Automaton> {
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .which_captures(WhichCaptures::None)
                    .nfa_size_limit(Some(room.part_of(AUTOMATON_BYTES_MAX))),
            )
            .build_from_hir(hir)
            .ok()?;
        let prefilter = Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, hir)
            .filter(|prefilter| !has_literal && prefilter.is_fast());
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .specialize_start_states(prefilter.is_some())
            .prefilter(prefilter)
            .cache_capacity(room.part_of(STEPS_BYTES_MAX))
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(EMPTIED_MAX))
            .minimum_bytes_per_state(Some(BYTES_PER_STATE_MIN));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        Some(Automaton { dfa, caches: Mutex::default(), gave_up: AtomicBool::new(false) })
    }

    fn borrow_cache(&self) -> Cache {
        let idle = self.caches().pop();
        idle.unwrap_or_else(|| self.dfa.create_cache())
    }

    fn caches(&self) -> MutexGuard<'_, Vec<Cache>> {
        self.caches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a tree in the terms of the automaton, for texts without newlines laid line by line.
struct Translation {
    /// Nothing was left out so far.
    exact: bool,
}

impl Translation {
    fn tree(&mut self, tree: &Alternation) -> Hir {
        Hir::alternation(tree.branches.iter().map(|branch| self.branch(branch)).collect())
    }

    fn branch(&mut self, pieces: &[Piece]) -> Hir {
        Hir::concat(pieces.iter().map(|piece| self.piece(piece)).collect())
    }

    fn piece(&mut self, piece: &Piece) -> Hir {
        match piece {
            Piece::Anchor(Anchor::TextStart | Anchor::LineStart) => Hir::look(Look::StartLF),
            Piece::Anchor(Anchor::TextEnd | Anchor::LineEnd) => Hir::look(Look::EndLF),
            Piece::Anchor(_) | Piece::Around(_) => {
                self.exact = false;
                Hir::empty()
            }
            Piece::Repeat(repeat) => self.repeat(repeat),
        }
    }

    fn repeat(&mut self, repeat: &Repeat) -> Hir {
        let sub = match &repeat.atom {
            Atom::Set(set) => class(set),
            Atom::Group(_, inner) => self.tree(inner),
            Atom::Back(_) => {
                self.exact = false;
                return repetition(class(&CharSet::any()), 0, UNBOUNDED);
            }
        };
        if repeat.is_once() { sub } else { repetition(sub, repeat.least, repeat.most) }
    }
}

fn repetition(sub: Hir, least: u32, most: u32) -> Hir {
    let max = (most != UNBOUNDED).then_some(most);
    Hir::repetition(Repetition { min: least, max, greedy: true, sub: Box::new(sub) })
}

/// The characters of a set that can stand in a line.
fn class(set: &CharSet) -> Hir {
    let set = if set.contains('\n'.into()) { &set.without('\n'.into()) } else { set };
    let mut ranges = Vec::with_capacity(set.ranges().len());
    for &(first, last) in set.ranges() {
        for (low, high) in [(0, 0xD7FF), (0xE000, 0x10_FFFF)] {
            let ends = (char::from_u32(first.max(low)), char::from_u32(last.min(high)));
            if let (Some(start), Some(end)) = ends
                && start <= end
            {
                ranges.push(ClassUnicodeRange::new(start, end));
            }
        }
    }
    Hir::class(Class::Unicode(ClassUnicode::new(ranges)))
}

/// Looks for the longest run of plain characters that every match must hold.
#[derive(Default)]
struct Runs {
    run: Vec<u8>,
    best: Vec<u8>,
    /// The line must end where the pattern is read now.
    closed: bool,
}

impl Runs {
    /// Reads a tree; whether it is one run and nothing else.
    fn tree(&mut self, tree: &Alternation) -> bool {
        let [branch] = tree.branches.as_slice() else {
            self.cut();
            return false;
        };
        let mut alone = true;
        for piece in branch {
            alone &= self.piece(piece);
        }
        alone
    }

    fn piece(&mut self, piece: &Piece) -> bool {
        if self.closed {
            // Whatever stands behind the end of a line, the run is not all there is to it.
            self.closed = false;
            let _ = self.piece(piece);
            return false;
        }
        let repeat = match piece {
            Piece::Repeat(repeat) => repeat,
            Piece::Anchor(Anchor::TextStart | Anchor::LineStart) => {
                let is_first = self.run.is_empty() && self.best.is_empty();
                self.open();
                return is_first;
            }
            Piece::Anchor(Anchor::TextEnd | Anchor::LineEnd) => {
                self.close();
                self.closed = true;
                return true;
            }
            // Takes no room, so the run goes on across it.
            Piece::Anchor(_) | Piece::Around(_) => return false,
        };
        match &repeat.atom {
            Atom::Set(set) => self.character(set, repeat),
            Atom::Group(_, inner) if repeat.is_once() => self.tree(inner),
            Atom::Group(..) | Atom::Back(_) => {
                self.cut();
                false
            }
        }
    }

    fn character(&mut self, set: &CharSet, repeat: &Repeat) -> bool {
        let single = set.single().filter(|character| *character != '\n');
        let Some(character) = single.filter(|_| repeat.least > 0) else {
            self.cut();
            return false;
        };
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        (0..repeat.least).for_each(|_| self.run.extend_from_slice(bytes));
        if repeat.least == repeat.most {
            return true;
        }
        self.cut();
        (0..repeat.least).for_each(|_| self.run.extend_from_slice(bytes));
        false
    }

    /// The line starts here, so the newline before it belongs to the run, which starts here, too.
    fn open(&mut self) {
        self.cut();
        self.run.push(b'\n');
    }

    /// The line ends here, so the newline belongs to the run.
    fn close(&mut self) {
        if self.run.last() != Some(&b'\n') {
            self.run.push(b'\n');
        }
    }

    /// Ends the run.
    fn cut(&mut self) {
        if self.run.len() > self.best.len() {
            std::mem::swap(&mut self.run, &mut self.best);
        }
        self.run.clear();
    }
}
