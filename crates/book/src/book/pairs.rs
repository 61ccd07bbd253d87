//! Pairs of numbers in order, shared page by page: who has a phone number (number and contact), and what was
//! deleted when (revision and contact).
//!
//! Four levels of sorted pages, each shared by reference count: a change copies one page of each level, whatever the
//! size of the book. A phone number that many contacts share costs no more than one that nobody shares.
//!
//! In a large book a look-up mostly waits for memory. So pages are small and hold their pairs in one piece, and a pair
//! is looked for by counting those below it instead of by halving: the lines of a page are then fetched at once and
//! not one after the other.

use std::sync::Arc;

/// Pairs of a leaf at most: eight lines of memory.
const LEAF_PAIRS_MAX: usize = 32;
/// Pairs of a leaf that was filled in order: the first insertions find room.
const LEAF_PAIRS_FILLED: usize = 28;
/// Parts of a page above the leaves at most, but for the root.
const FORK_PARTS_MAX: usize = 64;
/// Parts of such a page that was filled in order.
const FORK_PARTS_FILLED: usize = 48;

/// What is looked for, and the id of a contact.
pub type Pair = (u64, u64);

/// Not above any pair.
const LEAST: Pair = (0, 0);

/// A sorted page, whole or the top of a tree of them.
trait Page: Clone {
    /// As many pages as these pairs take, each with its first pair.
    fn filled(pairs: &[Pair]) -> impl Iterator<Item = (Pair, Self)>;
    /// The pairs from this one on, ascending.
    fn from(&self, first: Pair) -> impl Iterator<Item = Pair> + '_;
    /// Adds a pair unless it is there; whether it was added, and the upper half of a page that became too full.
    fn insert(&mut self, pair: Pair) -> (bool, Option<(Pair, Self)>);
    /// Takes a pair out; whether it was there.
    fn remove(&mut self, pair: Pair) -> bool;
    /// Whether nothing is left.
    fn is_empty(&self) -> bool;
    /// Bytes of memory.
    fn bytes(&self) -> usize;
}

/// Whether one pair is below another; without a branch.
#[inline]
fn below(one: Pair, other: Pair) -> bool {
    (one.0 < other.0) | ((one.0 == other.0) & (one.1 < other.1))
}

/// How many of these are below the bound; no line of memory is waited for by itself.
#[inline]
fn count_below(pairs: &[Pair], bound: Pair) -> usize {
    pairs.iter().map(|pair| usize::from(below(*pair, bound))).sum()
}

/// How many of these are not above the bound.
#[inline]
fn count_up_to(pairs: &[Pair], bound: Pair) -> usize {
    pairs.iter().map(|pair| usize::from(!below(bound, *pair))).sum()
}

/// The lowest level: pairs in place.
#[derive(Debug, Clone)]
struct Leaf {
    pairs: [Pair; LEAF_PAIRS_MAX],
    len: usize,
}

impl Leaf {
    fn of(pairs: &[Pair]) -> Self {
        let mut leaf = Self { pairs: [LEAST; LEAF_PAIRS_MAX], len: pairs.len() };
        leaf.pairs[..pairs.len()].copy_from_slice(pairs);
        leaf
    }

    #[inline]
    fn pairs(&self) -> &[Pair] {
        &self.pairs[..self.len]
    }

    /// Puts a pair where there is room for it.
    fn put(&mut self, place: usize, pair: Pair) {
        self.pairs.copy_within(place..self.len, place + 1);
        self.pairs[place] = pair;
        self.len += 1;
    }
}

impl Page for Leaf {
    fn filled(pairs: &[Pair]) -> impl Iterator<Item = (Pair, Self)> {
        pairs.chunks(LEAF_PAIRS_FILLED).map(|pairs| (pairs[0], Self::of(pairs)))
    }

    #[inline]
    fn from(&self, first: Pair) -> impl Iterator<Item = Pair> + '_ {
        self.pairs()[count_below(self.pairs(), first)..].iter().copied()
    }

    fn insert(&mut self, pair: Pair) -> (bool, Option<(Pair, Self)>) {
        let place = count_below(self.pairs(), pair);
        if self.pairs().get(place) == Some(&pair) {
            return (false, None);
        }
        if self.len < LEAF_PAIRS_MAX {
            self.put(place, pair);
            return (true, None);
        }
        let middle = LEAF_PAIRS_MAX / 2;
        let mut upper = Self::of(&self.pairs()[middle..]);
        self.len = middle;
        if place > middle {
            upper.put(place - middle, pair);
        } else {
            self.put(place, pair);
        }
        (true, Some((upper.pairs[0], upper)))
    }

    fn remove(&mut self, pair: Pair) -> bool {
        let place = count_below(self.pairs(), pair);
        let found = self.pairs().get(place) == Some(&pair);
        if found {
            self.pairs.copy_within(place + 1..self.len, place);
            self.len -= 1;
        }
        found
    }

    fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + 2 * size_of::<usize>()
    }
}

/// A page of parts, each with a pair that is not above its first and above all of the part before.
#[derive(Debug, Clone)]
struct Fork<T> {
    from: Vec<Pair>,
    parts: Vec<Arc<T>>,
}

impl<T> Default for Fork<T> {
    fn default() -> Self {
        Self { from: Vec::new(), parts: Vec::new() }
    }
}

impl<T: Page> Fork<T> {
    /// The part where the pair stands or would be put.
    #[inline]
    fn find(&self, pair: Pair) -> usize {
        match self.from.get(1..) {
            Some(from) if from.len() <= FORK_PARTS_MAX => count_up_to(from, pair),
            Some(from) => from.partition_point(|from| *from <= pair),
            None => 0,
        }
    }

    fn push(&mut self, from: Pair, part: T) {
        self.from.push(from);
        self.parts.push(Arc::new(part));
    }

    /// Adds a pair without regard to how many parts there are then.
    fn add(&mut self, pair: Pair) -> bool {
        let at = self.find(pair);
        let (added, upper) = Arc::make_mut(&mut self.parts[at]).insert(pair);
        // Only a pair below all others is below where its page begins.
        self.from[at] = self.from[at].min(pair);
        if let Some((from, upper)) = upper {
            self.from.insert(at + 1, from);
            self.parts.insert(at + 1, Arc::new(upper));
        }
        added
    }
}

impl<T: Page> Page for Fork<T> {
    fn filled(pairs: &[Pair]) -> impl Iterator<Item = (Pair, Self)> {
        let mut parts = T::filled(pairs).peekable();
        std::iter::from_fn(move || {
            let from = parts.peek()?.0;
            let mut fork = Self::default();
            parts.by_ref().take(FORK_PARTS_FILLED).for_each(|(from, part)| fork.push(from, part));
            Some((from, fork))
        })
    }

    #[inline]
    fn from(&self, first: Pair) -> impl Iterator<Item = Pair> + '_ {
        let at = self.find(first);
        let (head, rest) = self.parts[at.min(self.parts.len())..].split_at(usize::from(at < self.parts.len()));
        let head = head.iter().flat_map(move |part| part.from(first));
        head.chain(rest.iter().flat_map(|part| part.from(LEAST)))
    }

    fn insert(&mut self, pair: Pair) -> (bool, Option<(Pair, Self)>) {
        let added = self.add(pair);
        if self.parts.len() <= FORK_PARTS_MAX {
            return (added, None);
        }
        let middle = self.parts.len() / 2;
        let upper = Self { from: self.from.split_off(middle), parts: self.parts.split_off(middle) };
        (added, Some((upper.from[0], upper)))
    }

    fn remove(&mut self, pair: Pair) -> bool {
        let at = self.find(pair);
        // A page that is not changed is not copied.
        if self.parts.get(at).is_none_or(|part| part.from(pair).next() != Some(pair)) {
            return false;
        }
        let part = Arc::make_mut(&mut self.parts[at]);
        let found = part.remove(pair);
        if part.is_empty() {
            self.from.remove(at);
            self.parts.remove(at);
        }
        found
    }

    fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    fn bytes(&self) -> usize {
        let parts: usize = self.parts.iter().map(|part| part.bytes()).sum();
        parts + self.from.capacity() * size_of::<Pair>() + (self.parts.capacity() + 8) * size_of::<usize>()
    }
}

/// Pairs, ascending, none twice.
#[derive(Debug, Clone, Default)]
pub struct PairIndex {
    /// Grows without bound; the pages below do not.
    root: Fork<Fork<Fork<Leaf>>>,
    pairs: usize,
}

impl PairIndex {
    /// An index of these pairs, which must be sorted and without repetition.
    pub fn from_sorted(pairs: &[Pair]) -> Self {
        let mut root = Fork::default();
        Fork::filled(pairs).for_each(|(from, part)| root.push(from, part));
        Self { root, pairs: pairs.len() }
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.pairs
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs == 0
    }

    /// Ids of the contacts that stand beside this number, ascending.
    pub fn find(&self, number: u64) -> impl Iterator<Item = u64> + '_ {
        self.from((number, 0)).take_while(move |pair| pair.0 == number).map(|pair| pair.1)
    }

    /// The pairs from this one on, ascending.
    pub fn from(&self, first: Pair) -> impl Iterator<Item = Pair> + '_ {
        self.root.from(first)
    }

    /// All pairs, ascending.
    pub fn pairs(&self) -> impl Iterator<Item = Pair> + '_ {
        self.from(LEAST)
    }

    /// Adds a pair; one that is there already stays as it is.
    pub fn insert(&mut self, pair: Pair) {
        if self.root.is_empty() {
            *self = Self::from_sorted(&[pair]);
        } else if self.root.add(pair) {
            self.pairs += 1;
        }
    }

    /// Takes a pair out.
    pub fn remove(&mut self, pair: Pair) {
        if self.root.remove(pair) {
            self.pairs -= 1;
        }
    }

    /// Bytes of memory that the index takes.
    pub fn bytes(&self) -> usize {
        self.root.bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fastrand::Rng;

    use super::*;

    #[test]
    fn it_answers_like_a_plain_set_through_any_history() {
        let mut rng = Rng::with_seed(1);
        let start: BTreeSet<Pair> = (0..5000).map(|_| (rng.u64(..700), rng.u64(..100_000))).collect();
        let mut index = PairIndex::from_sorted(&start.iter().copied().collect::<Vec<_>>());
        let mut naive = start;
        for _ in 0..40_000 {
            let pair = (rng.u64(..700), rng.u64(..100_000));
            if rng.bool() {
                index.insert(pair);
                naive.insert(pair);
            } else if let Some(&pair) = naive.range(pair..).next() {
                index.remove(pair);
                naive.remove(&pair);
            }
        }
        for phone in 0..701 {
            let expected: Vec<u64> = naive.range((phone, 0)..=(phone, u64::MAX)).map(|pair| pair.1).collect();
            assert_eq!(index.find(phone).collect::<Vec<_>>(), expected, "contacts of {phone}");
        }
        assert_eq!(index.pairs, naive.len());
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        let mut index = PairIndex::from_sorted(&[]);
        assert_eq!(index.find(7).count(), 0);
        index.insert((7, 1));
        index.remove((7, 1));
        assert_eq!(index.find(7).count(), 0);
    }
}
