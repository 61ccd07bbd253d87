//! A table of rows with stable slots, to which the columns of contacts refer.
//!
//! The slot of a row never changes; the slot of a deleted row can be reused. Rows are stored in pages that are shared by
//! reference count, so that a change copies one page. Each row has the revision of its last change.

use std::sync::Arc;

const PAGE_SLOTS: usize = 256;

/// A row that knows what it takes beside its slot.
pub trait TableRow: Clone {
    /// Bytes of memory that the row points to, without its own size.
    fn heap_bytes(&self) -> usize;
}

/// A row, or none, and the revision of its last change.
#[derive(Debug, Clone)]
struct Slot<T> {
    value: Option<T>,
    revision: u64,
}

/// Rows by slot.
#[derive(Debug, Clone)]
pub struct Table<T> {
    pages: Vec<Arc<Vec<Slot<T>>>>,
    slots: usize,
    rows: usize,
    /// Of all rows.
    heap_bytes: usize,
    latest: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), slots: 0, rows: 0, heap_bytes: 0, latest: 0 }
    }
}

impl<T: TableRow> Table<T> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The number of slots, empty ones included.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Bytes of memory that the table takes.
    pub fn bytes(&self) -> usize {
        self.pages.len() * PAGE_SLOTS * size_of::<Slot<T>>() + self.heap_bytes
    }

    /// The row in `slot`.
    pub fn at(&self, slot: usize) -> Option<&T> {
        self.pages.get(slot / PAGE_SLOTS)?.get(slot % PAGE_SLOTS)?.value.as_ref()
    }

    /// The revision of the last change of the row in `slot`.
    pub fn revision_at(&self, slot: usize) -> u64 {
        let slot = self.pages.get(slot / PAGE_SLOTS).and_then(|page| page.get(slot % PAGE_SLOTS));
        slot.map_or(0, |slot| slot.revision)
    }

    /// The latest revision of any row, deleted rows included.
    pub fn latest(&self) -> u64 {
        self.latest
    }

    /// Puts a row into a slot: an existing one, or the next new one.
    ///
    /// # Panics
    ///
    /// The slot is beyond the next new one.
    pub fn put(&mut self, slot: usize, value: T, revision: u64) {
        assert!(slot <= self.slots, "slots are allocated consecutively");
        if slot == self.slots {
            self.push(None, 0);
        }
        let entry = &mut Arc::make_mut(&mut self.pages[slot / PAGE_SLOTS])[slot % PAGE_SLOTS];
        self.rows += usize::from(entry.value.is_none());
        self.heap_bytes += value.heap_bytes();
        self.heap_bytes -= entry.value.as_ref().map_or(0, T::heap_bytes);
        *entry = Slot { value: Some(value), revision };
        self.latest = self.latest.max(revision);
    }

    /// Appends a slot with a row, or an empty one.
    pub fn push(&mut self, value: Option<T>, revision: u64) {
        if self.slots.is_multiple_of(PAGE_SLOTS) {
            // It grows with its rows: most books are small.
            self.pages.push(Arc::new(Vec::new()));
        }
        self.rows += usize::from(value.is_some());
        self.heap_bytes += value.as_ref().map_or(0, T::heap_bytes);
        self.latest = self.latest.max(revision);
        Arc::make_mut(&mut self.pages[self.slots / PAGE_SLOTS]).push(Slot { value, revision });
        self.slots += 1;
    }

    /// Deletes the row in a slot.
    pub fn clear(&mut self, slot: usize) {
        let entry = &mut Arc::make_mut(&mut self.pages[slot / PAGE_SLOTS])[slot % PAGE_SLOTS];
        self.rows -= usize::from(entry.value.is_some());
        self.heap_bytes -= entry.value.as_ref().map_or(0, T::heap_bytes);
        entry.value = None;
    }

    /// Slots and rows, ascending by slot.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let slots = self.pages.iter().flat_map(|page| page.iter());
        slots.enumerate().filter_map(|(slot, entry)| entry.value.as_ref().map(|value| (slot, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that takes as many bytes as its number says.
    impl TableRow for usize {
        fn heap_bytes(&self) -> usize {
            *self
        }
    }

    #[test]
    fn the_bytes_of_rows_come_and_go_with_them() {
        let mut table = Table::default();
        let empty = table.bytes();
        table.put(0, 100_000, 1);
        table.push(Some(1_000), 1);
        table.push(None, 1);
        let page = table.bytes() - 101_000;
        assert!(empty == 0 && page > 0);
        table.put(0, 5, 2);
        assert_eq!(table.bytes(), page + 1_005);
        table.clear(0);
        table.clear(1);
        table.clear(2);
        assert_eq!(table.bytes(), page);
    }

    #[test]
    fn a_snapshot_does_not_see_later_changes() {
        let mut table = Table::default();
        for slot in 0..600 {
            table.put(slot, slot, 1);
        }
        let before = table.clone();
        table.put(300, 1_000_000, 2);
        table.clear(0);
        assert_eq!((before.at(300), before.at(0), before.len()), (Some(&300), Some(&0), 600));
        assert_eq!((table.at(300), table.at(0), table.len(), table.slots()), (Some(&1_000_000), None, 599, 600));
        assert_eq!(table.iter().next(), Some((1, &1)));
        assert_eq!((before.revision_at(300), table.revision_at(300), table.latest()), (1, 2, 2));
    }
}
