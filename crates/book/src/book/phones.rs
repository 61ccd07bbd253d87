//! Who has a phone number: pairs of number and contact, in order, shared page by page.
//!
//! Three levels of sorted pages (root, branches, leaves), each page shared by reference count: a change
//! copies one leaf, one branch and the root, whatever the size of the book. A number that many contacts
//! share costs no more than one that nobody shares.

use std::sync::Arc;

const LEAF_PAIRS_MAX: usize = 256;
const BRANCH_LEAVES_MAX: usize = 128;

/// A packed phone number and the id of a contact that has it.
type Pair = (u64, u64);
type Leaf = Vec<Pair>;
type Branch = Vec<Arc<Leaf>>;

/// Pairs of packed phone number and contact id, ascending.
#[derive(Debug, Clone, Default)]
pub struct PhoneIndex {
    root: Vec<Arc<Branch>>,
    pairs: usize,
}

impl PhoneIndex {
    /// An index of these pairs, which must be sorted and without repetition.
    pub fn from_sorted(pairs: &[Pair]) -> Self {
        // Leaves are not filled to the brim, so that the first insertions do not split all of them.
        let leaves: Vec<Arc<Leaf>> = pairs.chunks(LEAF_PAIRS_MAX * 3 / 4).map(|leaf| Arc::new(leaf.to_vec())).collect();
        let root = leaves.chunks(BRANCH_LEAVES_MAX * 3 / 4).map(|branch| Arc::new(branch.to_vec())).collect();
        Self { root, pairs: pairs.len() }
    }

    /// Ids of the contacts that have this number, ascending.
    pub fn find(&self, phone: u64) -> impl Iterator<Item = u64> + '_ {
        let (branch, leaf, pair) = self.locate((phone, 0));
        let pairs = self.root[branch..].iter().enumerate().flat_map(move |(step, page)| {
            let leaves = if step == 0 { &page[leaf.min(page.len())..] } else { &page[..] };
            leaves.iter().enumerate().flat_map(move |(leaf_step, leaf_page)| {
                let from = if step == 0 && leaf_step == 0 { pair.min(leaf_page.len()) } else { 0 };
                leaf_page[from..].iter()
            })
        });
        pairs.skip_while(move |pair| pair.0 < phone).take_while(move |pair| pair.0 == phone).map(|pair| pair.1)
    }

    /// All pairs, ascending.
    pub fn pairs(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.root.iter().flat_map(|branch| branch.iter().flat_map(|leaf| leaf.iter().copied()))
    }

    /// Adds a pair; one that is there already stays as it is.
    pub fn insert(&mut self, pair: Pair) {
        if self.root.is_empty() {
            self.root.push(Arc::new(vec![Arc::new(vec![pair])]));
            self.pairs = 1;
            return;
        }
        let (branch_at, leaf_at, _) = self.locate(pair);
        let branch = Arc::make_mut(&mut self.root[branch_at]);
        let leaf = Arc::make_mut(&mut branch[leaf_at]);
        let Err(place) = leaf.binary_search(&pair) else {
            return;
        };
        leaf.insert(place, pair);
        self.pairs += 1;
        if leaf.len() > LEAF_PAIRS_MAX {
            let upper = leaf.split_off(leaf.len() / 2);
            branch.insert(leaf_at + 1, Arc::new(upper));
        }
        if branch.len() > BRANCH_LEAVES_MAX {
            let upper = branch.split_off(branch.len() / 2);
            self.root.insert(branch_at + 1, Arc::new(upper));
        }
    }

    /// Takes a pair out.
    pub fn remove(&mut self, pair: Pair) {
        if self.root.is_empty() {
            return;
        }
        let (branch_at, leaf_at, _) = self.locate(pair);
        let Ok(place) = self.root[branch_at][leaf_at].binary_search(&pair) else {
            return;
        };
        let branch = Arc::make_mut(&mut self.root[branch_at]);
        let leaf = Arc::make_mut(&mut branch[leaf_at]);
        leaf.remove(place);
        self.pairs -= 1;
        if leaf.is_empty() {
            branch.remove(leaf_at);
        }
        if branch.is_empty() {
            self.root.remove(branch_at);
        }
    }

    /// Bytes of memory that the index takes.
    pub fn bytes(&self) -> usize {
        self.pairs * size_of::<Pair>() + self.root.iter().map(|branch| branch.len() * 48).sum::<usize>()
    }

    /// Branch, leaf and place where the pair stands or would be put: in the last page that does not begin above it.
    fn locate(&self, pair: Pair) -> (usize, usize, usize) {
        let first_of_branch = |branch: &Arc<Branch>| branch[0][0];
        let branch_at = self.root.partition_point(|branch| first_of_branch(branch) <= pair).saturating_sub(1);
        let Some(branch) = self.root.get(branch_at) else {
            return (0, 0, 0);
        };
        let leaf_at = branch.partition_point(|leaf| leaf[0] <= pair).saturating_sub(1);
        let place = branch[leaf_at].partition_point(|have| *have < pair);
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
        let mut index = PhoneIndex::from_sorted(&start.iter().copied().collect::<Vec<_>>());
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
        let mut index = PhoneIndex::from_sorted(&[]);
        assert_eq!(index.find(7).count(), 0);
        index.insert((7, 1));
        index.remove((7, 1));
        assert_eq!(index.find(7).count(), 0);
    }
}
