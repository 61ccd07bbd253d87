//! Ids at hand: reserved from the store in blocks, so that deciding a command does not wait for the store.
//!
//! A pool belongs to the task of one book. At low water the next block is reserved together with a commit, in the same
//! transaction; only a command that needs more ids than there are waits for a reservation of its own. Blocks grow while
//! they are used up, from what the first command needs to thousands; what is left of them when the server stops stays
//! unused for ever. Within a book one server gives out ids in ascending order.

use std::collections::VecDeque;
use std::ops::Range;

use ringbook_book::book::decision::{IdKind, IdSource};

use ringbook_store::{self, Store, StoreError};

/// The second block of a kind.
const BLOCK_IDS_MIN: u64 = 16;
/// The largest block, unless one command needs more.
const BLOCK_IDS_MAX: u64 = 65_536;

/// The kinds of ids, in the order of their pools, and in the order in which a transaction reserves them.
const KINDS: [IdKind; 6] = [
    IdKind::Contact,
    IdKind::Organization,
    IdKind::Group,
    IdKind::Employee,
    IdKind::EmployeePhone,
    IdKind::BlacklistNumber,
];

/// Reserved ids of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IdRange {
    kind: IdKind,
    ids: Range<u64>,
}

impl IdRange {
    pub(super) fn new(kind: IdKind, first: u64, count: u64) -> Self {
        Self { kind, ids: first..first + count }
    }
}

/// How many ids of a kind to reserve.
pub(super) type IdCounts = Vec<(IdKind, u64)>;

/// The ids at hand for one book.
#[derive(Debug, Default)]
pub(super) struct IdPool([KindPool; KINDS.len()]);

#[derive(Debug, Default)]
struct KindPool {
    /// Ascending.
    ranges: VecDeque<Range<u64>>,
    /// The size of the last block; 0 before the first.
    block: u64,
    /// Blocks that a command had to wait for or that were reserved ahead of one.
    blocks: u32,
    /// Ids below this are not given out any more.
    next_min: u64,
}

impl KindPool {
    fn left(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// Whether less than half a block is left of a kind that is in use. One command alone, such as an upload into an
    /// empty book, is no sign of more to come: nothing is reserved ahead after the first block.
    fn is_low(&self) -> bool {
        self.blocks > 1 && self.left() * 2 < self.block
    }

    /// How many to reserve when this many are missing.
    fn next_block(&self, missing: u64) -> u64 {
        let grown = if self.block == 0 { 0 } else { (self.block * 2).clamp(BLOCK_IDS_MIN, BLOCK_IDS_MAX) };
        grown.max(missing)
    }

    fn add(&mut self, ids: Range<u64>) {
        self.block = ids.end - ids.start;
        self.blocks = self.blocks.saturating_add(1);
        // Of two reservations at a time the earlier one may arrive when ids of the later one are in use.
        if ids.start >= self.next_min {
            let at = self.ranges.partition_point(|range| range.start < ids.start);
            self.ranges.insert(at, ids);
        }
    }

    fn next(&mut self) -> u64 {
        loop {
            let range = self.ranges.front_mut().expect("a command is decided when the pool has all ids that it needs");
            match range.next() {
                Some(id) => {
                    self.next_min = id + 1;
                    return id;
                }
                None => self.ranges.pop_front(),
            };
        }
    }
}

impl IdPool {
    /// What has to be reserved before a command that needs these ids can be decided.
    pub(super) fn missing(&self, needed: &IdCounts) -> IdCounts {
        let missing = needed.iter().filter_map(|(kind, needed)| {
            let pool = &self.0[place(*kind)];
            let missing = needed.saturating_sub(pool.left());
            (missing > 0).then(|| (*kind, pool.next_block(missing)))
        });
        missing.collect()
    }

    /// What is to be reserved at the next opportunity.
    pub(super) fn low(&self) -> IdCounts {
        let low = KINDS.iter().zip(&self.0).filter(|(_, pool)| pool.is_low());
        low.map(|(kind, pool)| (*kind, pool.next_block(1))).collect()
    }

    pub(super) fn add(&mut self, range: IdRange) {
        self.0[place(range.kind)].add(range.ids);
    }
}

impl IdSource for IdPool {
    fn next(&mut self, kind: IdKind) -> u64 {
        self.0[place(kind)].next()
    }
}

/// Reserves ids in transactions of their own.
pub(super) async fn reserve(store: &Store, counts: IdCounts) -> Result<Vec<IdRange>, StoreError> {
    let mut reserved = Vec::with_capacity(counts.len());
    for (kind, count) in counts {
        let first = store.reserve_ids(stored(kind), count).await?;
        reserved.push(IdRange::new(kind, first, count));
    }
    Ok(reserved)
}

fn place(kind: IdKind) -> usize {
    KINDS.iter().position(|known| *known == kind).expect("all kinds are listed")
}

/// The kind's name in the store.
pub(super) fn stored(kind: IdKind) -> ringbook_store::IdKind {
    match kind {
        IdKind::Contact => ringbook_store::IdKind::Contact,
        IdKind::Organization => ringbook_store::IdKind::Organization,
        IdKind::Group => ringbook_store::IdKind::Group,
        IdKind::Employee => ringbook_store::IdKind::Employee,
        IdKind::EmployeePhone => ringbook_store::IdKind::EmployeePhone,
        IdKind::BlacklistNumber => ringbook_store::IdKind::BlacklistNumber,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_begin_with_what_is_needed_and_grow_to_a_bound() {
        let mut pool = KindPool::default();
        let mut sizes = Vec::new();
        for _ in 0..16 {
            pool.block = pool.next_block(1);
            sizes.push(pool.block);
        }
        assert_eq!(sizes[..4], [1, 16, 32, 64]);
        assert_eq!(sizes[15], BLOCK_IDS_MAX);
        assert_eq!(pool.next_block(1_000_000), 1_000_000);
    }

    #[test]
    fn a_pool_is_low_when_half_of_a_block_is_used() {
        let mut pool = IdPool::default();
        assert_eq!(pool.low(), [], "a kind that is not used");
        pool.add(IdRange::new(IdKind::Group, 10, 1));
        assert_eq!(pool.next(IdKind::Group), 10);
        assert_eq!(pool.low(), [], "one command needed ids so far");
        pool.add(IdRange::new(IdKind::Group, 100, 16));
        (100..108).for_each(|id| assert_eq!(pool.next(IdKind::Group), id));
        assert_eq!(pool.low(), []);
        assert_eq!(pool.next(IdKind::Group), 108);
        assert_eq!(pool.low(), [(IdKind::Group, 32)]);
        assert_eq!(pool.missing(&vec![(IdKind::Group, 7), (IdKind::Contact, 3)]), [(IdKind::Contact, 3)]);
        assert_eq!(pool.missing(&vec![(IdKind::Group, 40)]), [(IdKind::Group, 33)]);
    }

    #[test]
    fn ids_ascend_in_whatever_order_reservations_arrive() {
        let mut pool = IdPool::default();
        let mut next = |range: Option<(u64, u64)>| {
            if let Some((first, count)) = range {
                pool.add(IdRange::new(IdKind::Contact, first, count));
            }
            pool.next(IdKind::Contact)
        };
        assert_eq!(next(Some((20, 2))), 20);
        assert_eq!(next(Some((10, 5))), 21, "what is below the last id is left out");
        assert_eq!(next(Some((40, 1))), 40);
        pool.add(IdRange::new(IdKind::Contact, 60, 1));
        pool.add(IdRange::new(IdKind::Contact, 50, 1));
        assert_eq!([pool.next(IdKind::Contact), pool.next(IdKind::Contact)], [50, 60]);
    }
}
