//! Whole chunks of contacts as they go out, kept for the next page that shows them.
//!
//! A page of ten thousand contacts is ten chunks of the book. Writing it takes about as long as sending it, and the
//! next reader of the same contacts would have to wait for the same bytes again. So what was written for whole chunks,
//! all members shown, is kept up to a bound, and goes out again without being copied.
//!
//! What is kept belongs to one chunk in memory and to one version of the names that its contacts show
//! ([`Book::names_version`]). A changed chunk is another chunk, so nothing here has to be told of changes; a chunk that
//! is gone can never be taken for one that came after it, because its place in memory is held until it is forgotten.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use ringbook_book::Book;
use ringbook_book::book::chunk::Chunk;

/// Most bytes that are kept.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// Most chunks that something is kept of. Each holds the room of its chunk in memory, not the texts in it.
const KEPT_CHUNKS_MAX: usize = 4096;

/// The contacts of a chunk, written one after another, each with a comma before it.
#[derive(Debug, Clone)]
pub struct Text {
    /// The bytes.
    pub bytes: Bytes,
    /// Where each contact ends.
    pub ends: Arc<[u32]>,
}

/// What is known of a chunk.
#[derive(Debug, Clone)]
pub enum Rendered {
    /// Its text.
    Text(Text),
    /// Its text is too large to be kept.
    TooLarge,
}

impl Rendered {
    fn bytes(&self) -> usize {
        match self {
            Rendered::Text(text) => text.bytes.len(),
            Rendered::TooLarge => 0,
        }
    }
}

/// What is kept of many chunks.
#[derive(Debug, Default)]
pub struct ChunkCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By the chunk's address.
    texts: HashMap<usize, Entry>,
    /// Addresses, oldest first; one may stand here after its text is gone.
    order: VecDeque<usize>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    /// Keeps the address from being given to another chunk.
    _held: Weak<Chunk>,
    names_version: u64,
    rendered: Rendered,
}

impl ChunkCache {
    /// What is known of the chunk at this place of a snapshot, if it still shows the same.
    pub fn find(&self, book: &Book, at: usize) -> Option<Rendered> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = kept.texts.get(&address(book.chunk(at)))?;
        (entry.names_version == book.names_version()).then(|| entry.rendered.clone())
    }

    /// Keeps what is known of a chunk, and forgets the oldest where it gets too much.
    pub fn keep(&self, book: &Book, at: usize, rendered: Rendered) {
        let chunk = book.chunk(at);
        let bytes = rendered.bytes();
        let entry = Entry { _held: Arc::downgrade(chunk), names_version: book.names_version(), rendered };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += bytes;
        if let Some(old) = kept.texts.insert(address(chunk), entry) {
            kept.bytes -= old.rendered.bytes();
        } else {
            kept.order.push_back(address(chunk));
        }
        while kept.bytes > KEPT_BYTES_MAX || kept.texts.len() > KEPT_CHUNKS_MAX {
            let Some(oldest) = kept.order.pop_front() else { break };
            let gone = kept.texts.remove(&oldest);
            kept.bytes -= gone.map_or(0, |entry| entry.rendered.bytes());
        }
    }
}

fn address(chunk: &Arc<Chunk>) -> usize {
    Arc::as_ptr(chunk).addr()
}
