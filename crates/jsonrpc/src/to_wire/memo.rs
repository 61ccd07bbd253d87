//! Pieces of JSON that many records of a page share, written once and copied from then on.
//!
//! A table with one slot per remainder of the place in the book: what has no slot of its own any more is
//! written again, so that memory is bounded whatever the book looks like.

/// Slots of a table; a power of two.
const SLOTS: usize = 256;
/// When this many bytes are remembered, all is forgotten.
const REMEMBERED_BYTES_MAX: usize = 256 << 10;
/// The place of nothing.
const NOWHERE: usize = usize::MAX;

/// A remembered piece: what it is of, and where it stands.
#[derive(Clone, Copy)]
struct Slot {
    place: usize,
    start: usize,
    end: usize,
}

const FREE: Slot = Slot { place: NOWHERE, start: 0, end: 0 };

/// The remembered pieces of one kind.
pub(super) struct Memo {
    slots: Box<[Slot]>,
    bytes: Vec<u8>,
    absent: Slot,
}

impl Default for Memo {
    fn default() -> Self {
        Self { slots: vec![FREE; SLOTS].into(), bytes: Vec::new(), absent: FREE }
    }
}

impl Memo {
    /// Appends what `write` writes for the thing at `place` of its table, or for no thing at all.
    #[inline]
    pub(super) fn append(&mut self, open: &mut Vec<u8>, place: Option<usize>, write: impl FnOnce(&mut Vec<u8>)) {
        let (slot, place) = match place {
            Some(place) => (&mut self.slots[place % SLOTS], place),
            // Any place but the free one's: there is one absence.
            None => (&mut self.absent, 0),
        };
        if slot.place != place {
            let start = self.bytes.len();
            write(&mut self.bytes);
            *slot = Slot { place, start, end: self.bytes.len() };
        }
        open.extend_from_slice(&self.bytes[slot.start..slot.end]);
        if self.bytes.len() > REMEMBERED_BYTES_MAX {
            self.forget();
        }
    }

    #[cold]
    fn forget(&mut self) {
        self.slots.fill(FREE);
        self.absent = FREE;
        self.bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_was_written() {
        let mut fragments = Memo::default();
        let (mut open, mut expected, mut written) = (Vec::new(), Vec::new(), 0);
        // More things than slots, pieces that together exceed what is remembered, and absence in between.
        for round in 0..20_000usize {
            let place = (round % 7 != 0).then_some(round * round % 1_000);
            let piece = place.map_or("none".to_owned(), |place| format!("<{place}{}>", "x".repeat(place % 90)));
            fragments.append(&mut open, place, |open| {
                written += 1;
                open.extend_from_slice(piece.as_bytes());
            });
            expected.extend_from_slice(piece.as_bytes());
            assert!(fragments.bytes.len() <= REMEMBERED_BYTES_MAX);
        }
        assert!(open == expected && written < 20_000);
    }
}
