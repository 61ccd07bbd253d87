//! Compiled patterns, kept for queries that have the same ones again.
//!
//! Compiling a regular expression or an `ilike` takes longer than most queries. What a pattern compiles to is never changed
//! and is shared; what a match remembers of texts is not kept, so that a query takes the same steps whether its patterns
//! were kept or not.
//!
//! Each customer has a part of its own, of which the patterns used least recently are dropped beyond
//! [`CUSTOMER_PATTERNS_MAX`] and [`CUSTOMER_BYTES_MAX`]. When all parts together take more than the cache may, the customer
//! whose part is the largest loses patterns: a customer with many different patterns displaces its own, and no small
//! part of another. A pattern above [`PATTERN_BYTES_MAX`] is not kept. Parts are spread over locks, and a query that finds its
//! patterns takes one for reading only.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use jsquery::{JsQuery, JsQueryError};
use pg_regex::{Case, Like, PatternError, Regex, SizeBudget};

/// Default for the maximum number of bytes of all patterns that are kept.
pub const CACHE_BYTES_MAX: usize = 64 << 20;
/// Maximum number of patterns that are kept of a customer.
pub const CUSTOMER_PATTERNS_MAX: usize = 128;
/// Maximum number of bytes of the patterns that are kept of a customer.
pub const CUSTOMER_BYTES_MAX: usize = 2 << 20;
/// Maximum number of bytes of one pattern that is kept.
pub const PATTERN_BYTES_MAX: usize = 256 << 10;
/// The number of locks that the customers are spread over.
const SHARDS: usize = 16;
/// Estimated bytes of an entry besides its text and what is compiled.
const ENTRY_BYTES: usize = 192;
/// Estimated bytes of the part of a customer besides its entries.
const PART_BYTES: usize = 256;
/// Maximum number of bytes that a jsquery compiles to for each of its own.
const JSQUERY_BYTE_BYTES: usize = 192;

/// What a text is compiled as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatternKind {
    Like(Case),
    Regexp(SizeBudget),
    JsQuery,
}

/// A compiled pattern.
#[derive(Debug)]
enum CompiledPattern {
    Like(Box<Like>),
    Regexp(Box<Regex>),
    JsQuery(Arc<JsQuery>),
}

impl CompiledPattern {
    /// Bytes of memory, at the most or within a few per cent.
    fn bytes(&self) -> usize {
        match self {
            Self::Like(like) => like.bytes(),
            Self::Regexp(regexp) => regexp.bytes(),
            Self::JsQuery(query) => size_of::<JsQuery>() + query.source_bytes() * JSQUERY_BYTE_BYTES,
        }
    }
}

/// A pattern of a customer.
#[derive(Debug)]
struct KeptPattern {
    kind: PatternKind,
    compiled: CompiledPattern,
    bytes: usize,
    /// When it was used last, in uses of the cache.
    used: AtomicU64,
}

/// The patterns of a customer, by their text.
#[derive(Debug, Default)]
struct CustomerPart {
    by_text: HashMap<Box<str>, Vec<KeptPattern>>,
    patterns: usize,
    bytes: usize,
}

impl CustomerPart {
    fn find(&self, kind: PatternKind, text: &str) -> Option<&KeptPattern> {
        self.by_text.get(text)?.iter().find(|entry| entry.kind == kind)
    }

    /// Drops the pattern that was used least recently; returns its bytes.
    fn drop_least_used(&mut self) -> usize {
        let used = |entry: &KeptPattern| entry.used.load(Ordering::Relaxed);
        let oldest = self.by_text.iter().min_by_key(|(_, entries)| entries.iter().map(used).min());
        let Some(text) = oldest.map(|(text, _)| text.clone()) else { return 0 };
        let Some(entries) = self.by_text.remove(&text) else { return 0 };
        // A text that is compiled in several ways is rare: all of them go.
        let bytes = entries.iter().map(|entry| entry.bytes).sum();
        self.patterns -= entries.len();
        self.bytes -= bytes;
        bytes
    }
}

/// The customers of a lock.
#[derive(Debug, Default)]
struct Shard {
    parts: HashMap<u64, CustomerPart>,
    /// Of all parts, [`PART_BYTES`] for each included.
    bytes: usize,
}

/// Compiled patterns of all customers.
#[derive(Debug)]
pub struct PatternCache {
    shards: [RwLock<Shard>; SHARDS],
    uses: AtomicU64,
    bytes_max: usize,
}

impl Default for PatternCache {
    fn default() -> Self {
        Self::new(CACHE_BYTES_MAX)
    }
}

impl PatternCache {
    /// A cache of at most so many bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self { shards: std::array::from_fn(|_| RwLock::default()), uses: AtomicU64::new(0), bytes_max }
    }

    /// The part of a customer.
    pub fn of_customer(&self, customer: u64) -> CustomerPatterns<'_> {
        CustomerPatterns { cache: self, customer }
    }

    /// Bytes of memory of the patterns that are kept.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).bytes).sum()
    }

    /// Drops all patterns.
    pub fn clear(&self) {
        for shard in &self.shards {
            // Dropped when the lock is free again.
            let _dropped = std::mem::take(&mut *shard.write().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn shard(&self, customer: u64) -> &RwLock<Shard> {
        &self.shards[(customer % SHARDS as u64) as usize]
    }

    fn find<T>(
        &self,
        customer: u64,
        kind: PatternKind,
        text: &str,
        copy: impl FnOnce(&CompiledPattern) -> T,
    ) -> Option<T> {
        let shard = self.shard(customer).read().unwrap_or_else(PoisonError::into_inner);
        let entry = shard.parts.get(&customer)?.find(kind, text)?;
        entry.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(copy(&entry.compiled))
    }

    fn keep(&self, customer: u64, kind: PatternKind, text: &str, compiled: CompiledPattern) {
        let bytes = ENTRY_BYTES + text.len() + compiled.bytes();
        let bytes_max = self.bytes_max / SHARDS;
        if bytes > PATTERN_BYTES_MAX.min(bytes_max / 2) {
            return;
        }
        let used = AtomicU64::new(self.uses.fetch_add(1, Ordering::Relaxed));
        let mut guard = self.shard(customer).write().unwrap_or_else(PoisonError::into_inner);
        let shard = &mut *guard;
        let mut added = bytes;
        let part = shard.parts.entry(customer).or_insert_with(|| {
            added += PART_BYTES;
            CustomerPart::default()
        });
        if part.find(kind, text).is_some() {
            // Another query has kept it meanwhile.
            return;
        }
        part.by_text.entry(text.into()).or_default().push(KeptPattern { kind, compiled, bytes, used });
        part.patterns += 1;
        part.bytes += bytes;
        shard.bytes += added;
        while part.patterns > CUSTOMER_PATTERNS_MAX || part.bytes > CUSTOMER_BYTES_MAX {
            shard.bytes -= part.drop_least_used();
        }
        while shard.bytes > bytes_max {
            let largest = shard.parts.iter_mut().max_by_key(|(_, part)| part.bytes);
            let Some((largest, part)) = largest.map(|(customer, part)| (*customer, part)) else { break };
            shard.bytes -= part.drop_least_used();
            if part.patterns == 0 {
                shard.parts.remove(&largest);
                shard.bytes -= PART_BYTES;
            }
        }
    }
}

/// The patterns of a customer.
#[derive(Debug, Clone, Copy)]
pub struct CustomerPatterns<'c> {
    cache: &'c PatternCache,
    customer: u64,
}

/// Compiles the patterns of a query, or takes them from a cache.
#[derive(Debug)]
pub(super) struct PatternCompiler<'c> {
    /// What each regular expression of the query may take.
    size: SizeBudget,
    kept: Option<CustomerPatterns<'c>>,
    pub(super) count: PatternCount,
}

/// How many patterns a query has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PatternCount {
    /// Those that were compiled.
    pub compiled: u64,
    /// Those that were kept of former queries.
    pub kept: u64,
}

impl<'c> PatternCompiler<'c> {
    /// For a query with this number of regular expressions.
    pub(super) fn new(regexps: usize, kept: Option<CustomerPatterns<'c>>) -> Self {
        Self { size: SizeBudget::shared_by(regexps), kept, count: PatternCount::default() }
    }

    /// A pattern of `like`, or of `ilike`.
    pub(super) fn like(&mut self, text: &str, case: Case) -> Result<Box<Like>, PatternError> {
        let copy = |compiled: &CompiledPattern| match compiled {
            CompiledPattern::Like(like) => Some(Box::new(like.fresh())),
            CompiledPattern::Regexp(_) | CompiledPattern::JsQuery(_) => None,
        };
        let compile = || Like::new(text, case);
        self.get(PatternKind::Like(case), text, copy, compile, Box::new, |like: &Like| {
            CompiledPattern::Like(Box::new(like.fresh()))
        })
    }

    /// A regular expression.
    pub(super) fn regexp(&mut self, text: &str) -> Result<Box<Regex>, PatternError> {
        let copy = |compiled: &CompiledPattern| match compiled {
            CompiledPattern::Regexp(regexp) => Some(Box::new(regexp.fresh())),
            CompiledPattern::Like(_) | CompiledPattern::JsQuery(_) => None,
        };
        let size = self.size;
        let compile = || Regex::with_size_budget(text, size);
        let keep = |regexp: &Regex| CompiledPattern::Regexp(Box::new(regexp.fresh()));
        self.get(PatternKind::Regexp(size), text, copy, compile, Box::new, keep)
    }

    /// A jsquery.
    pub(super) fn js_query(&mut self, text: &str) -> Result<Arc<JsQuery>, JsQueryError> {
        let copy = |compiled: &CompiledPattern| match compiled {
            CompiledPattern::JsQuery(query) => Some(Arc::clone(query)),
            CompiledPattern::Like(_) | CompiledPattern::Regexp(_) => None,
        };
        let keep = |query: &Arc<JsQuery>| CompiledPattern::JsQuery(Arc::clone(query));
        self.get(PatternKind::JsQuery, text, copy, || JsQuery::parse(text).map(Arc::new), |query| query, keep)
    }

    fn get<T, P, E>(
        &mut self,
        kind: PatternKind,
        text: &str,
        copy: impl FnOnce(&CompiledPattern) -> Option<P>,
        compile: impl FnOnce() -> Result<T, E>,
        own: impl FnOnce(T) -> P,
        keep: impl FnOnce(&T) -> CompiledPattern,
    ) -> Result<P, E> {
        if let Some(CustomerPatterns { cache, customer }) = self.kept
            && let Some(pattern) = cache.find(customer, kind, text, copy).flatten()
        {
            self.count.kept += 1;
            return Ok(pattern);
        }
        let compiled = compile()?;
        self.count.compiled += 1;
        if let Some(CustomerPatterns { cache, customer }) = self.kept {
            cache.keep(customer, kind, text, keep(&compiled));
        }
        Ok(own(compiled))
    }

    /// Whether a pattern need not be compiled.
    pub(super) fn has(&self, kind: PatternKind, text: &str) -> bool {
        self.kept.is_some_and(|kept| kept.cache.find(kept.customer, kind, text, |_| ()).is_some())
    }

    /// What a regular expression of the query is compiled as.
    pub(super) fn regexp_kind(&self) -> PatternKind {
        PatternKind::Regexp(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(cache: &PatternCache, customer: u64) -> PatternCompiler<'_> {
        PatternCompiler::new(1, Some(cache.of_customer(customer)))
    }

    fn has(cache: &PatternCache, customer: u64, pattern: &str) -> bool {
        let compiler = compiler(cache, customer);
        compiler.has(compiler.regexp_kind(), pattern)
    }

    fn use_regexp(cache: &PatternCache, customer: u64, pattern: &str) {
        compiler(cache, customer).regexp(pattern).expect("a pattern");
    }

    #[test]
    fn patterns_are_kept_by_customer_kind_and_text() {
        let cache = PatternCache::default();
        let mut first = compiler(&cache, 7);
        first.like("a%", Case::Sensitive).expect("a pattern");
        first.like("a%", Case::Insensitive).expect("a pattern");
        first.regexp("a%").expect("a pattern");
        first.js_query("# = 1").expect("a query");
        assert_eq!(first.count, PatternCount { compiled: 4, kept: 0 });
        let mut again = compiler(&cache, 7);
        assert!(again.like("a%", Case::Sensitive).expect("a pattern").is_match("ab"));
        assert!(!again.like("a%", Case::Sensitive).expect("a pattern").is_match("AB"));
        assert!(again.like("a%", Case::Insensitive).expect("a pattern").is_match("AB"));
        assert!(
            again.regexp("a%").expect("a pattern").is_match("ba%b", &mut pg_regex::StepBudget::default()) == Ok(true)
        );
        again.js_query("# = 1").expect("a query");
        assert_eq!(again.count, PatternCount { compiled: 0, kept: 5 });
        assert!(!has(&cache, 8, "a%") && !has(&cache, 7 + SHARDS as u64, "a%"), "of another customer");
        let many = PatternCompiler::new(1_000, Some(cache.of_customer(7)));
        assert!(!many.has(many.regexp_kind(), "a%"), "compiled with less memory");
        assert!(compiler(&cache, 7).regexp("a(").is_err(), "what is refused is not kept");
        cache.clear();
        assert_eq!(cache.bytes(), 0);
        assert!(!has(&cache, 7, "a%"));
    }

    #[test]
    fn a_customer_with_many_patterns_drops_its_own() {
        let cache = PatternCache::default();
        use_regexp(&cache, 1, "modest");
        let neighbour = 1 + SHARDS as u64;
        for at in 0..10_000 {
            use_regexp(&cache, neighbour, &format!("[a-f]{at}"));
            assert!(has(&cache, neighbour, "[a-f]0") || at >= CUSTOMER_PATTERNS_MAX, "used all the time");
        }
        assert!(has(&cache, neighbour, "[a-f]9999"));
        assert!(has(&cache, 1, "modest"));
        assert!(cache.bytes() < 2 * CUSTOMER_BYTES_MAX, "{}", cache.bytes());
    }

    #[test]
    fn compiled_patterns_take_no_more_than_their_bound_and_the_largest_part_shrinks_first() {
        let bytes_max = 16 << 20;
        let cache = PatternCache::new(bytes_max);
        // All on one lock.
        let customer = |at: u64| 3 + at * SHARDS as u64;
        use_regexp(&cache, customer(0), "modest");
        for at in 0..200 {
            for pattern in 0..20 {
                let regexp = format!("[[:alpha:]]{pattern}x{at}\\w+");
                use_regexp(&cache, customer(1 + at % 9), &regexp);
                assert!(has(&cache, customer(1 + at % 9), &regexp));
                assert!(cache.bytes() <= bytes_max / SHARDS);
            }
        }
        assert!(has(&cache, customer(0), "modest"), "others take more");
        let large = format!("({})", vec!["[[:alpha:]]\\w"; 70].join("|"));
        use_regexp(&cache, customer(0), &large);
        assert!(!has(&cache, customer(0), &large), "too large to be kept");
    }

    #[test]
    fn a_pattern_that_is_kept_takes_the_steps_of_one_that_is_compiled() {
        let cache = PatternCache::default();
        let pattern = r"\m(\w)\w*\1\M";
        let text = "one two lamps and a bulb ".repeat(9);
        let steps = || {
            let mut budget = pg_regex::StepBudget::default();
            let regexp = compiler(&cache, 1).regexp(pattern).expect("a pattern");
            let found: Vec<bool> = (0..3).map(|_| regexp.is_match(&text, &mut budget).expect("few steps")).collect();
            (found, budget.remaining())
        };
        let compiled = steps();
        assert!(has(&cache, 1, pattern));
        assert_eq!(steps(), compiled);
    }
}
