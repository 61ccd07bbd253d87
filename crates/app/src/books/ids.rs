//! Ids at hand: taken from the store in blocks, so that a change need not wait for the disk twice.
//!
//! Blocks belong to one book and grow while they are used up, from what the first change needs to thousands; what
//! is left of them when the server stops stays unused for ever. Within a book ids only ascend.

use std::collections::VecDeque;
use std::ops::Range;

use ringbook_book::book::decide::{IdKind, IdSource};
use ringbook_book::command::Command;

use ringbook_store::{self, Store, StoreError};

/// The second block of a kind.
const BLOCK_IDS_MIN: u64 = 16;
/// The largest block, unless one change needs more.
const BLOCK_IDS_MAX: u64 = 65_536;

/// The kinds of ids, in the order of their stocks.
const KINDS: [IdKind; 6] = [
    IdKind::Contact,
    IdKind::Organization,
    IdKind::Group,
    IdKind::Employee,
    IdKind::EmployeePhone,
    IdKind::BlacklistNumber,
];

/// The ids at hand for one book.
#[derive(Debug, Default)]
pub(super) struct Ids([Stock; KINDS.len()]);

#[derive(Debug, Default)]
struct Stock {
    ranges: VecDeque<Range<u64>>,
    /// The size of the last block.
    block: u64,
}

impl Stock {
    fn left(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// How many to take from the store when so many are missing.
    fn next_block(&self, missing: u64) -> u64 {
        let grown = if self.block == 0 { 0 } else { (self.block * 2).clamp(BLOCK_IDS_MIN, BLOCK_IDS_MAX) };
        grown.max(missing)
    }
}

impl Ids {
    /// Makes sure that there are enough for this command. Waits for the store when there are not.
    pub(super) async fn provide(&mut self, store: &Store, command: &Command) -> Result<(), StoreError> {
        for (kind, needed) in command.ids_needed() {
            let stock = &mut self.0[place(kind)];
            let missing = needed.saturating_sub(stock.left());
            if missing > 0 {
                let block = stock.next_block(missing);
                let first = store.reserve_ids(stored(kind), block).await?;
                stock.ranges.push_back(first..first + block);
                stock.block = block;
            }
        }
        Ok(())
    }
}

impl IdSource for Ids {
    fn next(&mut self, kind: IdKind) -> u64 {
        let ranges = &mut self.0[place(kind)].ranges;
        loop {
            let range = ranges.front_mut().expect("as many as the commands need were provided");
            match range.next() {
                Some(id) => return id,
                None => ranges.pop_front(),
            };
        }
    }
}

fn place(kind: IdKind) -> usize {
    KINDS.iter().position(|known| *known == kind).expect("all kinds are listed")
}

fn stored(kind: IdKind) -> ringbook_store::IdKind {
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
        let mut stock = Stock::default();
        let mut sizes = Vec::new();
        for _ in 0..16 {
            stock.block = stock.next_block(1);
            sizes.push(stock.block);
        }
        assert_eq!(sizes[..4], [1, 16, 32, 64]);
        assert_eq!(sizes[15], BLOCK_IDS_MAX);
        assert_eq!(stock.next_block(1_000_000), 1_000_000);
    }
}
