//! Finds the lines of a long text that a pattern can match.
//!
//! Two filters are applied: a substring search for a literal that every match contains, then a lazily built DFA over
//! bytes. The DFA ignores what it cannot express (word boundaries inside a match, look-around, back-references); if the
//! pattern has any of these, a line that it finds is a candidate that the caller must verify. The size of the DFA and of its cache are
//! limited; beyond the limits every line is a candidate.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memchr::memmem::Finder;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

use crate::ast::{Alternation, Anchor, Atom, Piece, Repeat, UNBOUNDED};
use crate::budget::SizeBudget;
use crate::char_set::CharSet;
use crate::classes::Class as CharClass;
use crate::piecewise::PieceMatcher;

/// Maximum size of the compiled automaton, and of the cache of one thread, in bytes.
const AUTOMATON_BYTES_MAX: usize = 1 << 20;
const STEPS_BYTES_MAX: usize = 2 << 20;
/// The DFA gives up after its cache was cleared this often while it read fewer bytes per state than
/// [`BYTES_PER_STATE_MIN`].
const EMPTIED_MAX: usize = 4;
const BYTES_PER_STATE_MIN: usize = 10;

/// A line that matches or may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineHit {
    /// The line that contains this position (a newline belongs to the line that it ends) matches.
    Match(usize),
    /// The line that starts at this position may match.
    Candidate(usize),
}

/// The filters of one pattern.
#[derive(Debug)]
pub(crate) struct LineScanner {
    /// A literal that every match contains. A newline at its start or end requires it to be at that end of the line.
    literal: Option<Finder<'static>>,
    automaton: Option<ScanDfa>,
    exactness: Exactness,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exactness {
    /// A line matches if and only if it contains the literal.
    Literal,
    /// What the DFA finds is a match.
    ScanDfa,
    /// Candidates must be verified.
    Candidates,
}

#[derive(Debug)]
struct ScanDfa {
    dfa: Arc<DFA>,
    /// Every match begins at the start of the line.
    is_anchored: bool,
    /// Caches that no thread uses at the moment.
    caches: Mutex<Vec<Cache>>,
    /// Whether the DFA turned out to be useless for these texts.
    gave_up: AtomicBool,
}

/// What the DFA finds in a range of the text.
enum DfaResult {
    At(usize),
    Nothing,
    GaveUp,
}

impl LineScanner {
    /// Prepares the filters for a pattern.
    pub(crate) fn new(tree: &Alternation, size: SizeBudget) -> LineScanner {
        let mut runs = LiteralExtractor::default();
        let alone = runs.tree(tree);
        runs.cut();
        let literal = runs.best;
        if alone && literal.iter().any(|byte| *byte != b'\n') {
            let literal = Some(Finder::new(&literal).into_owned());
            return LineScanner { literal, automaton: None, exactness: Exactness::Literal };
        }
        let literal = (literal.len() > 2).then(|| Finder::new(&literal).into_owned());
        let mut translation = HirBuilder { exact: true };
        let hir = translation.pattern(tree);
        let automaton = ScanDfa::of(&hir, literal.is_some(), size);
        let exact = translation.exact && automaton.is_some();
        let exactness = if exact { Exactness::ScanDfa } else { Exactness::Candidates };
        LineScanner { literal, automaton, exactness }
    }

    /// The same filters, which have not seen a text; what was compiled is shared.
    pub(crate) fn fresh(&self) -> LineScanner {
        let automaton = self.automaton.as_ref().map(|automaton| automaton.fresh());
        LineScanner { literal: self.literal.clone(), automaton, exactness: self.exactness }
    }

    /// Bytes of memory of what was compiled.
    pub(crate) fn bytes(&self) -> usize {
        let literal = self.literal.as_ref().map_or(0, |literal| literal.needle().len());
        let nfa = |automaton: &ScanDfa| automaton.dfa.get_nfa().memory_usage() + automaton.dfa.memory_usage();
        literal + self.automaton.as_ref().map_or(0, |automaton| size_of::<DFA>() + nfa(automaton))
    }

    /// Whether every hit is a match, as long as the DFA does not give up.
    pub(crate) fn is_exact(&self) -> bool {
        self.exactness != Exactness::Candidates
    }

    /// A matcher for lines that are given in pieces; `None` if the automaton is too large.
    pub(crate) fn piece_matcher(&self, size: SizeBudget) -> Option<PieceMatcher> {
        let is_plain = |literal: &&Finder<'static>| !literal.needle().contains(&b'\n');
        let literal = self.literal.as_ref().filter(is_plain).cloned();
        if let Some(automaton) = &self.automaton {
            let nfa = automaton.dfa.get_nfa().clone();
            let matcher = PieceMatcher::new(nfa, automaton.is_anchored, self.is_exact(), size)?;
            return Some(match literal {
                Some(literal) => matcher.with_literal(literal, false),
                None => matcher,
            });
        }
        let needle = self.literal.as_ref().filter(|_| self.exactness == Exactness::Literal)?.needle();
        let (opened, needle) = needle.strip_prefix(b"\n").map_or((false, needle), |rest| (true, rest));
        let (closed, needle) = needle.strip_suffix(b"\n").map_or((false, needle), |rest| (true, rest));
        let look = |is_there: bool, look: Look| is_there.then(|| Hir::look(look));
        let parts = [look(opened, Look::StartLF), Some(Hir::literal(needle)), look(closed, Look::EndLF)];
        let hir = Hir::concat(parts.into_iter().flatten().collect());
        let matcher = PieceMatcher::new(nfa(&hir, size)?, opened, true, size)?;
        Some(match literal {
            Some(literal) => matcher.with_literal(literal, true),
            None => matcher,
        })
    }

    /// Whether most texts that do not match are skipped without being read byte by byte.
    pub(crate) fn skips(&self) -> bool {
        let has_prefilter = |automaton: &ScanDfa| automaton.dfa.get_config().get_prefilter().is_some();
        self.literal.is_some() || self.automaton.as_ref().is_some_and(has_prefilter)
    }

    /// The next line at or after `from`, which is the start of a line, that matches or may match.
    pub(crate) fn next(&self, lines: &str, from: usize) -> Option<LineHit> {
        let Some(literal) = &self.literal else {
            return self.next_by_automaton(lines, from);
        };
        let mut memory = BorrowedCache::of(self.automaton.as_ref());
        let mut from = from;
        while from <= lines.len() {
            let at = from + find(literal, &lines.as_bytes()[from..])?;
            if self.exactness == Exactness::Literal {
                return Some(LineHit::Match(at));
            }
            let (start, end) = line_around(lines, at);
            match self.closure(lines, start, end, &mut memory) {
                DfaResult::At(place) if self.is_exact() => return Some(LineHit::Match(place)),
                DfaResult::At(_) | DfaResult::GaveUp => return Some(LineHit::Candidate(start)),
                DfaResult::Nothing => from = end + 1,
            }
        }
        None
    }

    fn next_by_automaton(&self, lines: &str, from: usize) -> Option<LineHit> {
        if from > lines.len() {
            return None;
        }
        match self.closure(lines, from, lines.len(), &mut BorrowedCache::of(self.automaton.as_ref())) {
            DfaResult::At(place) if self.is_exact() => Some(LineHit::Match(place)),
            DfaResult::At(place) => Some(LineHit::Candidate(line_around(lines, place).0)),
            DfaResult::Nothing => None,
            DfaResult::GaveUp => Some(LineHit::Candidate(from)),
        }
    }

    fn closure(&self, lines: &str, start: usize, end: usize, memory: &mut BorrowedCache<'_>) -> DfaResult {
        let Some(automaton) = self.automaton.as_ref().filter(|automaton| !automaton.gave_up.load(Ordering::Relaxed))
        else {
            return DfaResult::GaveUp;
        };
        let cache = memory.cache.get_or_insert_with(|| automaton.borrow_cache());
        let input = Input::new(lines).range(start..end).earliest(true);
        match automaton.dfa.try_search_fwd(cache, &input) {
            Ok(half) => half.map_or(DfaResult::Nothing, |half| DfaResult::At(half.offset())),
            Err(_) => {
                automaton.gave_up.store(true, Ordering::Relaxed);
                DfaResult::GaveUp
            }
        }
    }
}

/// A cache taken from the pool, returned when it is dropped.
struct BorrowedCache<'a> {
    automaton: Option<&'a ScanDfa>,
    cache: Option<Cache>,
}

impl<'a> BorrowedCache<'a> {
    /// The cache is taken when it is first used.
    fn of(automaton: Option<&'a ScanDfa>) -> Self {
        Self { automaton, cache: None }
    }
}

impl Drop for BorrowedCache<'_> {
    fn drop(&mut self) {
        if let (Some(automaton), Some(cache)) = (self.automaton, self.cache.take()) {
            automaton.caches().push(cache);
        }
    }
}

/// Finds a literal in lines. A newline at its end also matches the end of the text, and one at its start the start of
/// the text. The result is the position after a leading newline, inside the line.
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

/// The start and the end of the line that contains a position; a newline belongs to the line that it ends.
pub(crate) fn line_around(lines: &str, at: usize) -> (usize, usize) {
    let bytes = lines.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(lines.len(), |newline| at + newline);
    (start, end)
}

impl ScanDfa {
    /// Builds the DFA, unless it is too large. If a literal is searched first, no other prefilter is used.
    fn of(hir: &Hir, has_literal: bool, size: SizeBudget) -> Option<ScanDfa> {
        let nfa = nfa(hir, size)?;
        let prefilter = Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, hir)
            .filter(|prefilter| !has_literal && prefilter.is_fast());
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .specialize_start_states(prefilter.is_some())
            .prefilter(prefilter)
            .cache_capacity(size.share_of(STEPS_BYTES_MAX))
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(EMPTIED_MAX))
            .minimum_bytes_per_state(Some(BYTES_PER_STATE_MIN));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        Some(ScanDfa::new(Arc::new(dfa), is_anchored(hir)))
    }

    /// A DFA that has not seen a text.
    fn new(dfa: Arc<DFA>, is_anchored: bool) -> ScanDfa {
        ScanDfa { dfa, is_anchored, caches: Mutex::default(), gave_up: AtomicBool::new(false) }
    }

    /// The same DFA, which has not seen a text.
    fn fresh(&self) -> ScanDfa {
        ScanDfa::new(Arc::clone(&self.dfa), self.is_anchored)
    }

    fn borrow_cache(&self) -> Cache {
        let idle = self.caches().pop();
        idle.unwrap_or_else(|| self.dfa.create_cache())
    }

    fn caches(&self) -> MutexGuard<'_, Vec<Cache>> {
        self.caches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The automaton of an expression, unless it is too large.
pub(crate) fn nfa(hir: &Hir, size: SizeBudget) -> Option<NFA> {
    let config = thompson::Config::new()
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(size.share_of(AUTOMATON_BYTES_MAX)));
    thompson::Compiler::new().configure(config).build_from_hir(hir).ok()
}

/// Whether every match of an expression begins at the start of the line.
pub(crate) fn is_anchored(hir: &Hir) -> bool {
    hir.properties().look_set_prefix().contains(Look::StartLF)
}

/// Translates a syntax tree for the DFA, for texts that are single lines.
struct HirBuilder {
    /// Nothing was left out.
    exact: bool,
}

impl HirBuilder {
    /// Translates a whole pattern. Where a word starts with its match, or ends with it, the condition on the character
    /// beside the match becomes a part of the match, which makes no difference to whether there is one.
    fn pattern(&mut self, tree: &Alternation) -> Hir {
        let branch = |pieces: &Vec<Piece>| {
            let (mut inner, mut parts) = (pieces.as_slice(), Vec::new());
            if let [Piece::Anchor(Anchor::WordStart | Anchor::WordBoundary), rest @ ..] = inner
                && rest.first().is_some_and(takes_word_characters)
            {
                (inner, parts) = (rest, vec![outside_word(Look::StartLF)]);
            }
            let end = match inner {
                [rest @ .., Piece::Anchor(Anchor::WordEnd | Anchor::WordBoundary)]
                    if rest.last().is_some_and(takes_word_characters) =>
                {
                    inner = rest;
                    Some(outside_word(Look::EndLF))
                }
                _ => None,
            };
            parts.push(self.branch(inner));
            parts.extend(end);
            Hir::concat(parts)
        };
        Hir::alternation(tree.branches.iter().map(branch).collect())
    }

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
            Piece::Anchor(_) | Piece::LookAround(_) => {
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
            Atom::Backref(_) => {
                self.exact = false;
                return repetition(class(&CharSet::any()), 0, UNBOUNDED);
            }
        };
        if repeat.is_once() { sub } else { repetition(sub, repeat.min, repeat.max) }
    }
}

/// Whether a piece takes at least one character, and word characters only.
fn takes_word_characters(piece: &Piece) -> bool {
    match piece {
        Piece::Repeat(Repeat { atom: Atom::Set(set), min: 1.., .. }) => set.is_within(&CharClass::Word.set()),
        _ => false,
    }
}

/// An end of the line, or a character that is no word character.
fn outside_word(end: Look) -> Hir {
    Hir::alternation(vec![Hir::look(end), class(&CharClass::Word.set().complement())])
}

/// A repetition; `max` may be [`UNBOUNDED`].
pub(crate) fn repetition(sub: Hir, min: u32, max: u32) -> Hir {
    let max = (max != UNBOUNDED).then_some(max);
    Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(sub) })
}

/// The characters of a set that a line can contain.
pub(crate) fn class(set: &CharSet) -> Hir {
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

/// Extracts the longest literal that every match contains.
#[derive(Default)]
struct LiteralExtractor {
    run: Vec<u8>,
    best: Vec<u8>,
    /// The line must end at the current position.
    closed: bool,
}

impl LiteralExtractor {
    /// Visits a tree. Returns whether it is a single literal and nothing else.
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
            // Something follows the end of the line, so the pattern is more than a literal.
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
            // Consumes nothing, so the run continues.
            Piece::Anchor(_) | Piece::LookAround(_) => return false,
        };
        match &repeat.atom {
            Atom::Set(set) => self.character(set, repeat),
            Atom::Group(_, inner) if repeat.is_once() => self.tree(inner),
            Atom::Group(..) | Atom::Backref(_) => {
                self.cut();
                false
            }
        }
    }

    fn character(&mut self, set: &CharSet, repeat: &Repeat) -> bool {
        let single = set.single().filter(|character| *character != '\n');
        let Some(character) = single.filter(|_| repeat.min > 0) else {
            self.cut();
            return false;
        };
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        (0..repeat.min).for_each(|_| self.run.extend_from_slice(bytes));
        if repeat.min == repeat.max {
            return true;
        }
        self.cut();
        (0..repeat.min).for_each(|_| self.run.extend_from_slice(bytes));
        false
    }

    /// The line starts here: the run begins with the newline before it.
    fn open(&mut self) {
        self.cut();
        self.run.push(b'\n');
    }

    /// The line ends here: the run includes the newline.
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
