//! The buffer of the report: what calls leave, by account, in the words in which it will be stored.

use std::cell::RefCell;
use std::collections::HashMap;

use ringbook_store::{AccountId, Request, SEGMENT_SECONDS_MAX, Segment};

/// A segment that has this many bytes takes no further request.
pub(super) const SEGMENT_BYTES: usize = 1 << 20;
/// Most bytes that wait.
pub const WAITING_BYTES_MAX: usize = 64 << 20;
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
    /// Bytes of all that is not in the store yet, what is being written included.
    bytes: usize,
    /// Bytes that wait here, by account, what is being written excluded.
    waiting: HashMap<AccountId, usize>,
}

/// What became of a request that was offered to the buffer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Added {
    /// Bytes that are not in the store yet.
    pub bytes: usize,
    /// Requests that were dropped to make room, or this one.
    pub dropped: u64,
}

impl Buffer {
    /// Takes a request of this account and this moment. While there is no room, requests of the account that has the
    /// most waiting are dropped: this one if that is the same account.
    pub(super) fn add(&mut self, account: AccountId, moment: i64, words: &[u8]) -> Added {
        let mut dropped = 0;
        while self.bytes + words.len() + 1 > WAITING_BYTES_MAX {
            match self.drop_of_largest(account) {
                Some(count) => dropped += count,
                None => return Added { bytes: self.bytes, dropped: dropped + 1 },
            }
        }
        let segment = self.open.entry(account).or_insert_with(|| begun(account, moment));
        let (from, till) = (segment.from.min(moment), segment.till.max(moment));
        if segment.requests.len() >= SEGMENT_BYTES || till - from > SEGMENT_SECONDS_MAX {
            // An account that fills segments fills the next one, too: it need not grow step by step.
            let is_full = segment.requests.len() >= SEGMENT_BYTES;
            let mut next = begun(account, moment);
            next.requests.reserve_exact(if is_full { SEGMENT_BYTES + words.len() + 1 } else { 0 });
            self.closed.push(std::mem::replace(segment, next));
        }
        segment.from = segment.from.min(moment);
        segment.till = segment.till.max(moment);
        if segment.count > 0 {
            segment.requests.push(b',');
        }
        segment.requests.extend_from_slice(words);
        segment.count += 1;
        self.bytes += words.len() + 1;
        *self.waiting.entry(account).or_default() += words.len() + 1;
        Added { bytes: self.bytes, dropped }
    }

    /// Everything, to be written; it counts until it is [written](Self::written).
    pub(super) fn close(&mut self) -> Vec<Segment> {
        let mut closed = std::mem::take(&mut self.closed);
        // The maps are left as large as they are: the same accounts will call again.
        closed.extend(self.open.drain().map(|(_, segment)| segment));
        self.waiting.clear();
        closed
    }

    /// What could not be written waits again, before everything else.
    pub(super) fn put_back(&mut self, segments: impl Iterator<Item = Segment>) {
        let later = std::mem::take(&mut self.closed);
        for segment in segments {
            *self.waiting.entry(segment.account).or_default() += bytes_of(&segment);
            self.closed.push(segment);
        }
        self.closed.extend(later);
    }

    /// These segments are in the store.
    pub(super) fn written(&mut self, segments: &[Segment]) {
        let bytes = segments.iter().map(bytes_of).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Drops the newest segment of the account that has the most waiting, unless that is this account. Returns how
    /// many requests it held.
    fn drop_of_largest(&mut self, than: AccountId) -> Option<u64> {
        let (largest, bytes) = self.waiting.iter().max_by_key(|(_, bytes)| **bytes).map(|(of, bytes)| (*of, *bytes))?;
        let own = self.waiting.get(&than).copied().unwrap_or(0);
        if bytes == 0 || own >= bytes {
            return None;
        }
        let newest = self.open.remove(&largest).or_else(|| {
            let at = self.closed.iter().rposition(|segment| segment.account == largest)?;
            Some(self.closed.remove(at))
        })?;
        let freed = bytes_of(&newest);
        self.bytes = self.bytes.saturating_sub(freed);
        self.waiting.insert(largest, bytes.saturating_sub(freed));
        Some(newest.count)
    }
}

/// The bytes that a segment counts for: its requests, and one more for each segment that was begun.
fn bytes_of(segment: &Segment) -> usize {
    segment.requests.len() + 1
}

fn begun(account: AccountId, moment: i64) -> Segment {
    Segment { account, from: moment, till: moment, count: 0, requests: Vec::new() }
}
