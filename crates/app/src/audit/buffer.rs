//! The buffer of the report: what calls leave, by account, in the words in which it will be stored.

use std::cell::RefCell;
use std::collections::HashMap;

use ringbook_store::{AccountId, Request, SEGMENT_SECONDS_MAX, Segment};

/// A segment that has so many bytes takes no further request.
pub(super) const SEGMENT_BYTES: usize = 1 << 20;
/// Most bytes that wait.
pub(super) const WAITING_BYTES_MAX: usize = 64 << 20;
/// What a thread keeps for writing requests down.
const WORDS_BYTES_KEPT: usize = 16 << 10;

/// Writes a request down, outside of every lock, and hands the words over.
pub(super) fn in_words<T>(request: &Request<'_>, hand_over: impl FnOnce(&[u8]) -> T) -> T {
    thread_local! {
        static WORDS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    WORDS.with_borrow_mut(|words| {
        words.clear();
        words.shrink_to(WORDS_BYTES_KEPT);
        request.write(words);
        hand_over(words)
    })
}

/// What waits to be written.
#[derive(Default)]
pub(super) struct Buffer {
    open: HashMap<AccountId, Segment>,
    /// Segments that take no further request, oldest first.
    closed: Vec<Segment>,
    /// Of all that is not in the store yet, what is being written included.
    bytes: usize,
}

impl Buffer {
    /// Takes a request of this account and this moment; answers how many bytes wait now, or nothing when there is no
    /// room for it.
    pub(super) fn add(&mut self, account: AccountId, moment: i64, words: &[u8]) -> Option<usize> {
        let room = WAITING_BYTES_MAX.checked_sub(self.bytes + words.len() + 1)?;
        let segment = self.open.entry(account).or_insert_with(|| begun(account, moment));
        let (from, till) = (segment.from.min(moment), segment.till.max(moment));
        if segment.requests.len() >= SEGMENT_BYTES || till - from > SEGMENT_SECONDS_MAX {
            self.closed.push(std::mem::replace(segment, begun(account, moment)));
        }
        segment.from = segment.from.min(moment);
        segment.till = segment.till.max(moment);
        if segment.count > 0 {
            segment.requests.push(b',');
        }
        segment.requests.extend_from_slice(words);
        segment.count += 1;
        let buffer = WAITING_BYTES_MAX - room;
        self.bytes = buffer;
        Some(buffer)
    }

    /// Everything, to be written; it counts as buffer until somebody says that it is [written](Self::written).
    pub(super) fn close(&mut self) -> Vec<Segment> {
        let mut closed = std::mem::take(&mut self.closed);
        // The map is left as large as it is: the same accounts will call again.
        closed.extend(self.open.drain().map(|(_, segment)| segment));
        closed
    }

    /// What could not be written waits again, before everything else.
    pub(super) fn put_back(&mut self, segments: impl Iterator<Item = Segment>) {
        let later = std::mem::take(&mut self.closed);
        self.closed = segments.chain(later).collect();
    }

    /// These segments are in the store.
    pub(super) fn written(&mut self, segments: &[Segment]) {
        let bytes = segments.iter().map(|segment| segment.requests.len() + 1).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

fn begun(account: AccountId, moment: i64) -> Segment {
    Segment { account, from: moment, till: moment, count: 0, requests: Vec::new() }
}
