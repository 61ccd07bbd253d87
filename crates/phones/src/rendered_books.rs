//! Books that were written, kept while they may be asked for again: an office with a hundred telephones asks for the same
//! one a hundred times.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use ringbook_store::DeviceId;

/// Bytes of all books that are kept; the oldest go first.
pub const KEPT_BYTES_MAX: usize = 64 << 20;
/// A smaller document is written again sooner than it is found.
const BYTES_MIN: usize = 4 << 10;

/// The device key that a book was written for, and a hash of what it is made from. No device is given the book of
/// another one, whatever their hashes are.
pub type Identity = (DeviceId, u64);

#[derive(Default)]
struct Kept {
    /// Each with the number of contacts that match, if not all are in it.
    books: HashMap<Identity, (Bytes, Option<u64>)>,
    /// The oldest first.
    order: VecDeque<Identity>,
    bytes: usize,
}

/// Books by what they are made from.
#[derive(Default)]
pub struct RenderedBooks(Mutex<Kept>);

impl RenderedBooks {
    /// The book that is made from this.
    pub fn get(&self, identity: Identity) -> Option<(Bytes, Option<u64>)> {
        self.kept().books.get(&identity).cloned()
    }

    /// Keeps a book.
    pub fn put(&self, identity: Identity, body: &Bytes, truncated: Option<u64>) {
        if !(BYTES_MIN..=KEPT_BYTES_MAX / 4).contains(&body.len()) {
            return;
        }
        let mut kept = self.kept();
        let Kept { books, order, bytes } = &mut *kept;
        if books.insert(identity, (body.clone(), truncated)).is_some() {
            return;
        }
        order.push_back(identity);
        *bytes += body.len();
        while *bytes > KEPT_BYTES_MAX
            && let Some(oldest) = order.pop_front()
        {
            *bytes -= books.remove(&oldest).map_or(0, |(body, _)| body.len());
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_books_make_room() {
        let books = RenderedBooks::default();
        let of = |device, hash| (DeviceId::new(device).expect("an id"), hash);
        let body = Bytes::from(vec![b'x'; KEPT_BYTES_MAX / 4]);
        for identity in 0..5 {
            books.put(of(1, identity), &body, None);
        }
        books.put(of(1, 4), &body, None);
        let kept: Vec<u64> = (0..5).filter(|identity| books.get(of(1, *identity)).is_some()).collect();
        assert_eq!((kept, books.kept().bytes), (vec![1, 2, 3, 4], KEPT_BYTES_MAX));
        books.put(of(1, 9), &Bytes::from_static(b"small"), None);
        assert!(books.get(of(1, 9)).is_none());
        assert!(books.get(of(2, 4)).is_none(), "a book is given to its device only");
    }
}
