//! Matches texts that are put together from pieces: a piece that many texts share is read once for each state that it is
//! reached in, not once for each text.
//!
//! The automaton is the one that scans lines ([`crate::line_scan`]). What has been read of a text is a state of it, which
//! the caller keeps. The module does not know which pieces make which text.

use memchr::memmem::Finder;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::NFA;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use crate::budget::SizeBudget;

/// Maximum memory of the states of one matcher, in bytes.
const STATES_BYTES_MAX: usize = 1 << 20;

/// Matches texts piece by piece. No piece may contain a line feed.
#[derive(Debug)]
pub struct PieceMatcher {
    dfa: DFA,
    cache: Cache,
    start: LazyStateID,
    is_exact: bool,
    /// A literal that every match contains.
    literal: Option<Finder<'static>>,
    /// Whether the literal is the whole pattern.
    is_literal: bool,
}

/// What a matcher has read of a text that has not matched yet; valid for that matcher only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextState(LazyStateID);

/// What is known of a text after one of its pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PieceOutcome {
    /// The text matches, whatever follows.
    Matches,
    /// The text does not match, whatever follows.
    Fails,
    /// It depends on what follows.
    Open(TextState),
}

impl PieceMatcher {
    /// A matcher with this automaton. With `is_anchored` every match begins at the start of the text; without `is_exact`
    /// the automaton accepts all texts that match and perhaps others.
    pub(crate) fn new(nfa: NFA, is_anchored: bool, is_exact: bool, size: SizeBudget) -> Option<PieceMatcher> {
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .specialize_start_states(false)
            .cache_capacity(size.share_of(STATES_BYTES_MAX))
            .skip_cache_capacity_check(true)
            // States that the caller keeps would become invalid.
            .minimum_cache_clear_count(Some(0));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let mut cache = dfa.create_cache();
        let anchored = if is_anchored { Anchored::Yes } else { Anchored::No };
        let config = start::Config::new().look_behind(Some(b'\n')).anchored(anchored);
        let start = dfa.start_state(&mut cache, &config).ok()?;
        Some(PieceMatcher { dfa, cache, start, is_exact, literal: None, is_literal: false })
    }

    /// The same matcher, told of a literal that every match contains and that is the whole pattern with `is_literal`.
    pub(crate) fn with_literal(mut self, literal: Finder<'static>, is_literal: bool) -> PieceMatcher {
        (self.literal, self.is_literal) = (Some(literal), is_literal);
        self
    }

    /// Whether a text that the matcher accepts is certain to match; one that it does not accept is certain not to.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// The state at the start of a text.
    #[must_use]
    pub fn start(&self) -> TextState {
        TextState(self.start)
    }

    /// Reads one more piece of a text. `None` if there are too many states: nothing more can be read then.
    pub fn read(&mut self, from: TextState, piece: &str) -> Option<PieceOutcome> {
        let mut state = from.0;
        for byte in piece.bytes() {
            // States that are kept are untagged: a match, a dead state and a quit state end the text, and start states are
            // not told from others.
            let mut next = self.dfa.next_state_untagged(&self.cache, state, byte);
            if next.is_unknown() {
                next = self.dfa.next_state(&mut self.cache, state, byte).ok()?;
            }
            state = next;
            if state.is_tagged() {
                if state.is_match() {
                    return Some(PieceOutcome::Matches);
                }
                if state.is_dead() {
                    return Some(PieceOutcome::Fails);
                }
                if state.is_quit() {
                    return None;
                }
            }
        }
        // The configuration refuses to clear the states; this is what makes those of the caller valid.
        (self.cache.clear_count() == 0).then_some(PieceOutcome::Open(TextState(state)))
    }

    /// Whether a text that is a single piece is accepted. `None` if there are too many states.
    pub fn accepts(&mut self, text: &str) -> Option<bool> {
        if let Some(literal) = &self.literal {
            let is_there = literal.find(text.as_bytes()).is_some();
            if self.is_literal || !is_there {
                return Some(is_there);
            }
        }
        match self.read(self.start(), text)? {
            PieceOutcome::Matches => Some(true),
            PieceOutcome::Fails => Some(false),
            PieceOutcome::Open(state) => self.ends(state),
        }
    }

    /// Whether a text of which this has been read matches if nothing follows. `None` if there are too many states.
    pub fn ends(&mut self, at: TextState) -> Option<bool> {
        let state = self.dfa.next_eoi_state(&mut self.cache, at.0).ok()?;
        (self.cache.clear_count() == 0).then_some(state.is_match())
    }
}
