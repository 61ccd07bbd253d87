//! Patterns of numbering plans as automata over ASCII digits, built when they are first used.

use regex_automata::hybrid::dfa::{Cache as DfaCache, DFA};
use regex_automata::nfa::thompson::pikevm::{Cache as PikeCache, PikeVM};
use regex_automata::util::captures::Captures;
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

type New<T> = Box<dyn Fn() -> T + Send + Sync>;

/// `metadata.txt` is part of the program, and a test builds every pattern of it.
const PROOF: &str = "a test builds every pattern";

fn syntax() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false)
}

/// A pattern that is compared with the beginning of some digits, or with all of them.
pub(crate) struct Automaton {
    dfa: DFA,
    caches: Pool<DfaCache, New<DfaCache>>,
}

impl Automaton {
    /// The automaton of digits that match one of these patterns as a whole.
    pub(crate) fn whole<'p>(patterns: impl Iterator<Item = &'p str>) -> Self {
        let alternatives = patterns.collect::<Vec<_>>().join("|");
        Self::new(&format!(r"(?:{alternatives})\z"))
    }

    /// The automaton of digits that begin with a match.
    pub(crate) fn start(pattern: &str) -> Self {
        Self::new(&format!("(?:{pattern})"))
    }

    fn new(pattern: &str) -> Self {
        let dfa = DFA::builder().syntax(syntax()).build(pattern).expect(PROOF);
        let cached = dfa.clone();
        Self { dfa, caches: Pool::new(Box::new(move || cached.create_cache())) }
    }

    /// Where the match at the beginning ends.
    pub(crate) fn end(&self, digits: &str) -> Option<usize> {
        let input = Input::new(digits).anchored(Anchored::Yes);
        // The search fails for bytes on which the automaton is told to quit; there are none.
        let found = self.dfa.try_search_fwd(&mut self.caches.get(), &input).ok().flatten();
        found.map(|half| half.offset())
    }

    /// Whether the digits match.
    pub(crate) fn is_match(&self, digits: &str) -> bool {
        self.end(digits).is_some()
    }
}

/// A pattern whose groups are needed.
pub(crate) struct Grouped {
    vm: PikeVM,
    caches: Pool<(PikeCache, Captures), New<(PikeCache, Captures)>>,
}

impl Grouped {
    pub(crate) fn new(pattern: &str) -> Self {
        let vm = PikeVM::builder().syntax(syntax()).build(&format!("(?:{pattern})")).expect(PROOF);
        let cached = vm.clone();
        Self { vm, caches: Pool::new(Box::new(move || (cached.create_cache(), cached.create_captures()))) }
    }

    /// The ends of the match at the beginning and of its groups, handed to `read`; `None` without a match.
    pub(crate) fn read<T>(&self, digits: &str, read: impl FnOnce(&Captures) -> Option<T>) -> Option<T> {
        let mut cache = self.caches.get();
        let (cache, captures) = &mut *cache;
        self.vm.captures(cache, Input::new(digits).anchored(Anchored::Yes), captures);
        if captures.is_match() { read(captures) } else { None }
    }
}
