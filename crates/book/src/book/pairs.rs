//! Pairs of numbers in order, shared page by page: who has a phone number (number and contact), and what was
//! deleted when (revision and contact).
//!
//! Three levels of sorted pages (root, branches, leaves), each page shared by reference count: a change
//! copies one leaf, one branch and the root, whatever the size of the book. A phone number that many contacts
//! share costs no more than one that nobody shares. Every page above the leaves holds, in one piece of memory,
//! the pairs that its parts begin at: finding a number touches a few lines of memory of three pages.

use std::sync::Arc;

const LEAF_PAIRS_MAX: usize = 256;
const BRANCH_LEAVES_MAX: usize = 128;

/// What is looked for, and the id of a contact.
pub type Pair = (u64, u64);
type Leaf = Vec<Pair>;
type Branch = Fork<Leaf>;

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

impl<T> Fork<T> {
    fn push(&mut self, from: Pair, part: T) {
        self.from.push(from);
        self.parts.push(Arc::new(part));
    }

    /// The part where the pair stands or would be put.
    #[inline]
    fn find(&self, pair: Pair) -> usize {
        self.from.partition_point(|from| *from <= pair).saturating_sub(1)
    }

    fn insert(&mut self, at: usize, from: Pair, part: T) {
        self.from.insert(at, from);
        self.parts.insert(at, Arc::new(part));
    }

    fn remove(&mut self, at: usize) {
        self.from.remove(at);
        self.parts.remove(at);
    }

    /// The upper half of the parts, taken out.
    fn split(&mut self) -> (Pair, Self) {
        let middle = self.parts.len() / 2;
        let upper = Self { from: self.from.split_off(middle), parts: self.parts.split_off(middle) };
        (upper.from[0], upper)
    }
}

/// Pairs, ascending, none twice.
#[derive(Debug, Clone, Default)]
pub struct PairIndex {
    root: Fork<Branch>,
    pairs: usize,
}

impl PairIndex {
    /// An index of these pairs, which must be sorted and without repetition.
    pub fn from_sorted(pairs: &[Pair]) -> Self {
        // Pages are not filled to the brim, so that the first insertions do not split all of them.
        let mut root = Fork::default();
        for pairs in pairs.chunks(LEAF_PAIRS_MAX * 3 / 4 * (BRANCH_LEAVES_MAX * 3 / 4)) {
            let mut branch = Fork::default();
            pairs.chunks(LEAF_PAIRS_MAX * 3 / 4).for_each(|leaf| branch.push(leaf[0], leaf.to_vec()));
            root.push(pairs[0], branch);
        }
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
        let (branch, leaf, pair) = self.locate(first);
        let pairs = self.root.parts[branch..].iter().enumerate().flat_map(move |(step, page)| {
            let leaves = if step == 0 { &page.parts[leaf.min(page.parts.len())..] } else { &page.parts[..] };
            leaves.iter().enumerate().flat_map(move |(leaf_step, leaf_page)| {
                let from = if step == 0 && leaf_step == 0 { pair.min(leaf_page.len()) } else { 0 };
                leaf_page[from..].iter()
            })
        });
        pairs.copied().skip_while(move |pair| *pair < first)
    }

    /// All pairs, ascending.
    pub fn pairs(&self) -> impl Iterator<Item = Pair> + '_ {
        self.root.parts.iter().flat_map(|branch| branch.parts.iter().flat_map(|leaf| leaf.iter().copied()))
    }

    /// Adds a pair; one that is there already stays as it is.
    pub fn insert(&mut self, pair: Pair) {
        if self.root.parts.is_empty() {
            *self = Self::from_sorted(&[pair]);
            return;
        }
        let (branch_at, leaf_at, _) = self.locate(pair);
        let branch = Arc::make_mut(&mut self.root.parts[branch_at]);
        let leaf = Arc::make_mut(&mut branch.parts[leaf_at]);
        let Err(place) = leaf.binary_search(&pair) else {
            return;
        };
        leaf.insert(place, pair);
        self.pairs += 1;
        let upper = (leaf.len() > LEAF_PAIRS_MAX).then(|| leaf.split_off(leaf.len() / 2));
        // Only a pair below all others is below where its page begins.
        branch.from[leaf_at] = branch.from[leaf_at].min(pair);
        self.root.from[branch_at] = self.root.from[branch_at].min(pair);
        if let Some(upper) = upper {
            branch.insert(leaf_at + 1, upper[0], upper);
        }
        if branch.parts.len() > BRANCH_LEAVES_MAX {
            let (from, upper) = branch.split();
            self.root.insert(branch_at + 1, from, upper);
        }
    }

    /// Takes a pair out.
    pub fn remove(&mut self, pair: Pair) {
        if self.root.parts.is_empty() {
            return;
        }
        let (branch_at, leaf_at, _) = self.locate(pair);
        let Ok(place) = self.root.parts[branch_at].parts[leaf_at].binary_search(&pair) else {
            return;
        };
        let branch = Arc::make_mut(&mut self.root.parts[branch_at]);
        let leaf = Arc::make_mut(&mut branch.parts[leaf_at]);
        leaf.remove(place);
        self.pairs -= 1;
        if leaf.is_empty() {
            branch.remove(leaf_at);
        }
        if branch.parts.is_empty() {
            self.root.remove(branch_at);
        }
    }

    /// Bytes of memory that the index takes.
    pub fn bytes(&self) -> usize {
        let leaves: usize = self.root.parts.iter().map(|branch| branch.parts.len()).sum();
        self.pairs * size_of::<Pair>() + leaves * 64
    }

    /// Branch, leaf and place where the pair stands or would be put: in the last page that does not begin above it.
    fn locate(&self, pair: Pair) -> (usize, usize, usize) {
        let branch_at = self.root.find(pair);
        let Some(branch) = self.root.parts.get(branch_at) else {
            return (0, 0, 0);
        };
        let leaf_at = branch.find(pair);
        let place = branch.parts[leaf_at].partition_point(|have| *have < pair);
        (branch_at, leaf_at, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_answers_like_a_plain_set_through_any_history() {
        let mut random = 1u64;
        let mut next = move |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let start: BTreeSet<Pair> = (0..5000).map(|_| (next(700), next(100_000))).collect();
        let mut index = PairIndex::from_sorted(&start.iter().copied().collect::<Vec<_>>());
        let mut naive = start;
        for _ in 0..40_000 {
            let pair = (next(700), next(100_000));
            if next(2) == 0 {
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
