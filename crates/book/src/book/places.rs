//! Which place of a table a thing has, by its id; places that were given back are given again.

use std::collections::HashMap;
use std::hash::Hash;

use super::table::Table;

/// The places of one table.
#[derive(Debug, Clone)]
pub(super) struct Places<Id> {
    by_id: HashMap<Id, u32>,
    free: Vec<u32>,
    next: u32,
}

impl<Id> Default for Places<Id> {
    fn default() -> Self {
        Self { by_id: HashMap::new(), free: Vec::new(), next: 0 }
    }
}

impl<Id: Hash + Eq> Places<Id> {
    /// The places of the things that are in a table.
    pub(super) fn of<T: Clone>(table: &Table<T>, id: impl Fn(&T) -> Id) -> Self {
        let by_id = table.iter().map(|(place, thing)| (id(thing), place as u32)).collect();
        let free = (0..table.places()).filter(|place| table.at(*place).is_none());
        Self { by_id, free: free.map(|place| place as u32).collect(), next: table.places() as u32 }
    }

    /// How many things have a place.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Where the thing stands.
    pub(super) fn find(&self, id: &Id) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// Where the thing stands, or is to stand from now on.
    pub(super) fn take(&mut self, id: Id) -> usize {
        let (free, next) = (&mut self.free, &mut self.next);
        let place = *self.by_id.entry(id).or_insert_with(|| {
            free.pop().unwrap_or_else(|| {
                *next += 1;
                *next - 1
            })
        });
        place as usize
    }

    /// Gives the thing's place back.
    pub(super) fn release(&mut self, id: &Id) -> Option<usize> {
        let place = self.by_id.remove(id)?;
        self.free.push(place);
        Some(place as usize)
    }
}
