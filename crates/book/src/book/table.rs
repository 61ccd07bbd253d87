//! The small tables of a book: things that contacts point to by their place.
//!
//! A place is given once and stays: it is what a contact's columns hold. Pages are shared by reference
//! count, so that a change copies one page. A place whose thing was deleted can be filled again. Beside each thing
//! stands the revision that it was put at.

use std::sync::Arc;

const PAGE_PLACES: usize = 256;

/// A thing at its place, and since when it reads like this.
#[derive(Debug, Clone)]
struct Slot<T> {
    thing: Option<T>,
    revision: u64,
}

/// Things by place.
#[derive(Debug, Clone)]
pub struct Table<T> {
    pages: Vec<Arc<Vec<Slot<T>>>>,
    places: usize,
    things: usize,
    latest: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), places: 0, things: 0, latest: 0 }
    }
}

impl<T: Clone> Table<T> {
    /// How many things there are.
    pub fn len(&self) -> usize {
        self.things
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.things == 0
    }

    /// How many places there are, empty ones included.
    pub fn places(&self) -> usize {
        self.places
    }

    /// The thing at `place`.
    pub fn at(&self, place: usize) -> Option<&T> {
        self.pages.get(place / PAGE_PLACES)?.get(place % PAGE_PLACES)?.thing.as_ref()
    }

    /// The revision that the thing at `place` was put at.
    pub fn revision_at(&self, place: usize) -> u64 {
        let slot = self.pages.get(place / PAGE_PLACES).and_then(|page| page.get(place % PAGE_PLACES));
        slot.map_or(0, |slot| slot.revision)
    }

    /// The latest revision that anything was put at, even if it is gone.
    pub fn latest(&self) -> u64 {
        self.latest
    }

    /// Puts a thing at a place: a present one, or the next new one.
    pub fn put(&mut self, place: usize, thing: T, revision: u64) {
        assert!(place <= self.places, "places are given one after another");
        if place == self.places {
            self.push(None, 0);
        }
        let slot = &mut Arc::make_mut(&mut self.pages[place / PAGE_PLACES])[place % PAGE_PLACES];
        self.things += usize::from(slot.thing.is_none());
        *slot = Slot { thing: Some(thing), revision };
        self.latest = self.latest.max(revision);
    }

    /// Gives the next new place to a thing, or leaves it empty.
    pub fn push(&mut self, thing: Option<T>, revision: u64) {
        if self.places.is_multiple_of(PAGE_PLACES) {
            self.pages.push(Arc::new(Vec::with_capacity(PAGE_PLACES)));
        }
        self.things += usize::from(thing.is_some());
        self.latest = self.latest.max(revision);
        Arc::make_mut(&mut self.pages[self.places / PAGE_PLACES]).push(Slot { thing, revision });
        self.places += 1;
    }

    /// Empties a place.
    pub fn clear(&mut self, place: usize) {
        let slot = &mut Arc::make_mut(&mut self.pages[place / PAGE_PLACES])[place % PAGE_PLACES];
        self.things -= usize::from(slot.thing.is_some());
        slot.thing = None;
    }

    /// Places and things.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let slots = self.pages.iter().flat_map(|page| page.iter());
        slots.enumerate().filter_map(|(place, slot)| slot.thing.as_ref().map(|thing| (place, thing)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_does_not_see_later_changes() {
        let mut table = Table::default();
        for place in 0..600 {
            table.put(place, place, 1);
        }
        let before = table.clone();
        table.put(300, 1_000_000, 2);
        table.clear(0);
        assert_eq!((before.at(300), before.at(0), before.len()), (Some(&300), Some(&0), 600));
        assert_eq!((table.at(300), table.at(0), table.len(), table.places()), (Some(&1_000_000), None, 599, 600));
        assert_eq!(table.iter().next(), Some((1, &1)));
        assert_eq!((before.revision_at(300), table.revision_at(300), table.latest()), (1, 2, 2));
    }
}
