//! Allocates the slots of a table: a map from ids to slots, and the slots that can be reused.

use std::collections::HashMap;
use std::hash::Hash;

use super::table::{Table, TableRow};

/// The slots of one table.
#[derive(Debug, Clone)]
pub(super) struct SlotMap<Id> {
    by_id: HashMap<Id, u32>,
    free: Vec<u32>,
    next: u32,
}

impl<Id> Default for SlotMap<Id> {
    fn default() -> Self {
        Self { by_id: HashMap::new(), free: Vec::new(), next: 0 }
    }
}

impl<Id: Hash + Eq> SlotMap<Id> {
    /// The slots of the rows of a table.
    pub(super) fn of<T: TableRow>(table: &Table<T>, id: impl Fn(&T) -> Id) -> Self {
        let by_id = table.iter().map(|(slot, row)| (id(row), slot as u32)).collect();
        let free = (0..table.slots()).filter(|slot| table.at(*slot).is_none());
        Self { by_id, free: free.map(|slot| slot as u32).collect(), next: table.slots() as u32 }
    }

    /// The number of ids with a slot.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The slot of an id.
    pub(super) fn find(&self, id: &Id) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// The slot of an id, allocated if it has none.
    pub(super) fn find_or_allocate(&mut self, id: Id) -> usize {
        let (free, next) = (&mut self.free, &mut self.next);
        let slot = *self.by_id.entry(id).or_insert_with(|| {
            free.pop().unwrap_or_else(|| {
                *next += 1;
                *next - 1
            })
        });
        slot as usize
    }

    /// Frees the slot of an id and returns it.
    pub(super) fn free(&mut self, id: &Id) -> Option<usize> {
        let slot = self.by_id.remove(id)?;
        self.free.push(slot);
        Some(slot as usize)
    }
}
