//! A persistent B-tree of pairs of numbers: the index of phone numbers (number, contact), of members of organizations
//! (organization, contact) and of deletions (revision, contact).
//!
//! The tree has four levels of sorted pages, each shared by reference count: a change copies one page of each level,
//! whatever the size of the book. Look-ups in a large book are bound by memory latency. Pages are therefore small and
//! contiguous, and are searched by counting the smaller pairs instead of by bisection, so that the cache lines of a page
//! are fetched in parallel.

use std::sync::Arc;

/// Maximum number of pairs in a leaf: with its length and reference counts it takes 504 bytes, and allocators have a size
/// of 512.
const LEAF_PAIRS_MAX: usize = 30;
/// Number of pairs in a leaf that is built from sorted pairs, which leaves room for insertions.
const LEAF_PAIRS_FILLED: usize = 28;
/// Maximum number of children of an inner page; the root has no maximum.
const CHILDREN_MAX: usize = 64;
/// Number of children of an inner page that is built from sorted pairs.
const CHILDREN_FILLED: usize = 48;

/// A key and the id of a contact.
pub type Pair = (u64, u64);

/// The smallest pair.
const LEAST: Pair = (0, 0);

/// A leaf or an inner page of the tree.
trait TreePage: Clone {
    /// The pages that hold these sorted pairs, each with its first pair.
    fn filled(pairs: &[Pair]) -> impl Iterator<Item = (Pair, Self)>;
    /// The pairs from `first` on, ascending.
    fn from(&self, first: Pair) -> impl Iterator<Item = Pair> + '_;
    /// Inserts a pair unless it exists; whether it was inserted, and the upper half if the page was split.
    fn insert(&mut self, pair: Pair) -> (bool, Option<(Pair, Self)>);
    /// Removes a pair; whether it existed.
    fn remove(&mut self, pair: Pair) -> bool;
    /// Whether the page is empty.
    fn is_empty(&self) -> bool;
    /// Bytes of memory.
    fn bytes(&self) -> usize;
}

/// Whether one pair is below another, computed without branches.
#[inline]
fn below(one: Pair, other: Pair) -> bool {
    (one.0 < other.0) | ((one.0 == other.0) & (one.1 < other.1))
}

/// The number of pairs below the bound; all cache lines are fetched in parallel.
#[inline]
fn count_below(pairs: &[Pair], bound: Pair) -> usize {
    pairs.iter().map(|pair| usize::from(below(*pair, bound))).sum()
}

/// The number of pairs not above the bound.
#[inline]
fn count_up_to(pairs: &[Pair], bound: Pair) -> usize {
    pairs.iter().map(|pair| usize::from(!below(bound, *pair))).sum()
}

/// The lowest level: pairs in at.
#[derive(Debug, Clone)]
struct LeafPage {
    pairs: [Pair; LEAF_PAIRS_MAX],
    len: usize,
}

impl LeafPage {
    fn of(pairs: &[Pair]) -> Self {
        let mut leaf = Self { pairs: [LEAST; LEAF_PAIRS_MAX], len: pairs.len() };
        leaf.pairs[..pairs.len()].copy_from_slice(pairs);
        leaf
    }

    #[inline]
    fn pairs(&self) -> &[Pair] {
        &self.pairs[..self.len]
    }

    /// Inserts a pair into a leaf that is not full.
    fn put(&mut self, at: usize, pair: Pair) {
        self.pairs.copy_within(at..self.len, at + 1);
        self.pairs[at] = pair;
        self.len += 1;
    }
}

impl TreePage for LeafPage {
    fn filled(pairs: &[Pair]) -> impl Iterator<Item = (Pair, Self)> {
        pairs.chunks(LEAF_PAIRS_FILLED).map(|pairs| (pairs[0], Self::of(pairs)))
    }

    #[inline]
    fn from(&self, first: Pair) -> impl Iterator<Item = Pair> + '_ {
        self.pairs()[count_below(self.pairs(), first)..].iter().copied()
    }

    fn insert(&mut self, pair: Pair) -> (bool, Option<(Pair, Self)>) {
        let at = count_below(self.pairs(), pair);
        if self.pairs().get(at) == Some(&pair) {
            return (false, None);
        }
        if self.len < LEAF_PAIRS_MAX {
            self.put(at, pair);
            return (true, None);
        }
        let middle = LEAF_PAIRS_MAX / 2;
        let mut upper = Self::of(&self.pairs()[middle..]);
        self.len = middle;
        if at > middle {
            upper.put(at - middle, pair);
        } else {
            self.put(at, pair);
        }
        (true, Some((upper.pairs[0], upper)))
    }

    fn remove(&mut self, pair: Pair) -> bool {
        let at = count_below(self.pairs(), pair);
        let found = self.pairs().get(at) == Some(&pair);
        if found {
            self.pairs.copy_within(at + 1..self.len, at);
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

/// An inner page. Each child has a lower bound: not above its first pair, above all pairs of the child before.
#[derive(Debug, Clone)]
struct InnerPage<T> {
    from: Vec<Pair>,
    children: Vec<Arc<T>>,
}

impl<T> Default for InnerPage<T> {
    fn default() -> Self {
        Self { from: Vec::new(), children: Vec::new() }
    }
}

impl<T: TreePage> InnerPage<T> {
    /// The index of the child that contains the pair or would contain it.
    #[inline]
    fn find(&self, pair: Pair) -> usize {
        match self.from.get(1..) {
            Some(from) if from.len() <= CHILDREN_MAX => count_up_to(from, pair),
            Some(from) => from.partition_point(|from| *from <= pair),
            None => 0,
        }
    }

    fn push(&mut self, from: Pair, child: T) {
        self.from.push(from);
        self.children.push(Arc::new(child));
    }

    /// Inserts a pair without splitting this page.
    fn add(&mut self, pair: Pair) -> bool {
        let at = self.find(pair);
        let (added, upper) = Arc::make_mut(&mut self.children[at]).insert(pair);
        // Only a pair below all others is below the bound of its child.
        self.from[at] = self.from[at].min(pair);
        if let Some((from, upper)) = upper {
            self.from.insert(at + 1, from);
            self.children.insert(at + 1, Arc::new(upper));
        }
        added
    }
}

impl<T: TreePage> TreePage for InnerPage<T> {
    fn filled(pairs: &[Pair]) -> impl Iterator<Item = (Pair, Self)> {
        let mut children = T::filled(pairs).peekable();
        std::iter::from_fn(move || {
            let from = children.peek()?.0;
            let mut fork = Self::default();
            children.by_ref().take(CHILDREN_FILLED).for_each(|(from, child)| fork.push(from, child));
            Some((from, fork))
        })
    }

    #[inline]
    fn from(&self, first: Pair) -> impl Iterator<Item = Pair> + '_ {
        let at = self.find(first);
        let (head, rest) = self.children[at.min(self.children.len())..].split_at(usize::from(at < self.children.len()));
        let head = head.iter().flat_map(move |child| child.from(first));
        head.chain(rest.iter().flat_map(|child| child.from(LEAST)))
    }

    fn insert(&mut self, pair: Pair) -> (bool, Option<(Pair, Self)>) {
        let added = self.add(pair);
        if self.children.len() <= CHILDREN_MAX {
            return (added, None);
        }
        let middle = self.children.len() / 2;
        let upper = Self { from: self.from.split_off(middle), children: self.children.split_off(middle) };
        (added, Some((upper.from[0], upper)))
    }

    fn remove(&mut self, pair: Pair) -> bool {
        let at = self.find(pair);
        // A page is only copied if it changes.
        if self.children.get(at).is_none_or(|child| child.from(pair).next() != Some(pair)) {
            return false;
        }
        let child = Arc::make_mut(&mut self.children[at]);
        let found = child.remove(pair);
        if child.is_empty() {
            self.from.remove(at);
            self.children.remove(at);
        }
        found
    }

    fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    fn bytes(&self) -> usize {
        let children: usize = self.children.iter().map(|child| child.bytes()).sum();
        children + self.from.capacity() * size_of::<Pair>() + (self.children.capacity() + 8) * size_of::<usize>()
    }
}

/// A sorted set of pairs.
#[derive(Debug, Clone, Default)]
pub struct PairIndex {
    /// Its number of children is unbounded.
    root: InnerPage<InnerPage<InnerPage<LeafPage>>>,
    pairs: usize,
}

impl PairIndex {
    /// An index of these pairs, which must be sorted and without duplicates.
    pub fn from_sorted(pairs: &[Pair]) -> Self {
        let mut root = InnerPage::default();
        InnerPage::filled(pairs).for_each(|(from, child)| root.push(from, child));
        Self { root, pairs: pairs.len() }
    }

    /// The number of pairs.
    pub fn len(&self) -> usize {
        self.pairs
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs == 0
    }

    /// Ids of the contacts paired with this key, ascending.
    pub fn find(&self, key: u64) -> impl Iterator<Item = u64> + '_ {
        self.from((key, 0)).take_while(move |pair| pair.0 == key).map(|pair| pair.1)
    }

    /// The pairs from `first` on, ascending.
    pub fn from(&self, first: Pair) -> impl Iterator<Item = Pair> + '_ {
        self.root.from(first)
    }

    /// All pairs, ascending.
    pub fn pairs(&self) -> impl Iterator<Item = Pair> + '_ {
        self.from(LEAST)
    }

    /// Inserts a pair unless it exists.
    pub fn insert(&mut self, pair: Pair) {
        if self.root.is_empty() {
            *self = Self::from_sorted(&[pair]);
        } else if self.root.add(pair) {
            self.pairs += 1;
        }
    }

    /// Removes a pair, if it exists.
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
    fn it_equals_a_plain_set_after_random_changes() {
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
