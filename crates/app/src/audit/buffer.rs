//! The buffer of the report: what calls leave, by account, in the words in which it will be stored.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::RangeInclusive;

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

/// What waits to be written, by account. The segments of an account are written by one writer at a time, in their order.
#[derive(Default)]
pub(super) struct Buffer {
    accounts: HashMap<AccountId, Waiting>,
    /// Bytes of all that is not in the store yet, what is being written included.
    bytes: usize,
}

/// What waits of one account.
#[derive(Default)]
struct Waiting {
    /// Takes further requests.
    open: Option<Segment>,
    /// Take no further request; oldest first, all before the open one.
    closed: Vec<Segment>,
    /// The bytes of these.
    bytes: usize,
    /// The first and the last moment of the segments that a writer has taken and not [finished](Buffer::finish) with.
    being_written: Option<(i64, i64)>,
}

/// What became of a request that was offered to the buffer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Added {
    /// Bytes that are not in the store yet.
    pub bytes: usize,
    /// Requests that were dropped to make room, or this one.
    pub dropped: u64,
}

/// What a writer gets of an account.
#[derive(Debug)]
pub(super) struct AccountSegments {
    pub account: AccountId,
    /// Oldest first; at least one.
    pub segments: Vec<Segment>,
    /// Their bytes.
    pub bytes: usize,
}

/// What a writer gets that asks for the segments of one account.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TakenSegments {
    /// All that waits, at least one segment. The writer calls [`Buffer::finish`].
    Segments(Vec<Segment>),
    /// Another writer has segments of the account.
    BeingWritten,
    /// Nothing waits.
    Nothing,
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
        let waiting = self.accounts.entry(account).or_default();
        let segment = waiting.open.get_or_insert_with(|| begun(account, moment));
        let (from, till) = (segment.from.min(moment), segment.till.max(moment));
        if segment.requests.len() >= SEGMENT_BYTES || till - from > SEGMENT_SECONDS_MAX {
            // An account that fills segments fills the next one, too: it need not grow step by step.
            let is_full = segment.requests.len() >= SEGMENT_BYTES;
            let mut next = begun(account, moment);
            next.requests.reserve_exact(if is_full { SEGMENT_BYTES + words.len() + 1 } else { 0 });
            waiting.closed.push(std::mem::replace(segment, next));
        }
        segment.from = segment.from.min(moment);
        segment.till = segment.till.max(moment);
        if segment.count > 0 {
            segment.requests.push(b',');
        }
        segment.requests.extend_from_slice(words);
        segment.count += 1;
        waiting.bytes += words.len() + 1;
        self.bytes += words.len() + 1;
        Added { bytes: self.bytes, dropped }
    }

    /// Everything of all accounts that are `wanted` and not being written, to be written: first the accounts that have
    /// little, which then do not wait for those that have much. The writer calls [`finish`](Self::finish).
    pub(super) fn take_all(&mut self, wanted: impl Fn(AccountId) -> bool) -> Vec<AccountSegments> {
        let taken = self.accounts.iter_mut().filter(|(account, waiting)| waiting.may_be_taken() && wanted(**account));
        let mut taken: Vec<AccountSegments> = taken.map(|(account, waiting)| waiting.take(*account)).collect();
        taken.sort_by_key(|of_account| of_account.bytes);
        taken
    }

    /// Whether a request of this account may be of this time and is not in the store.
    pub(super) fn may_have(&self, account: AccountId, time: &RangeInclusive<i64>) -> bool {
        let Some(waiting) = self.accounts.get(&account) else { return false };
        let mut spans = waiting.span().into_iter().chain(waiting.being_written);
        spans.any(|(from, till)| from <= *time.end() && *time.start() <= till)
    }

    /// Everything of one account, to be written.
    pub(super) fn take_of(&mut self, account: AccountId) -> TakenSegments {
        match self.accounts.get_mut(&account) {
            Some(waiting) if waiting.being_written.is_some() => TakenSegments::BeingWritten,
            Some(waiting) if waiting.may_be_taken() => TakenSegments::Segments(waiting.take(account).segments),
            Some(_) | None => TakenSegments::Nothing,
        }
    }

    /// A writer has nothing more of this account to write: `kept`, which it could not write, waits again, before
    /// everything else.
    pub(super) fn finish(&mut self, account: AccountId, kept: Vec<Segment>) {
        let waiting = self.accounts.entry(account).or_default();
        waiting.being_written = None;
        waiting.bytes += kept.iter().map(bytes_of).sum::<usize>();
        waiting.closed.splice(0..0, kept);
        if waiting.is_empty() {
            self.accounts.remove(&account);
        }
    }

    /// These segments are in the store.
    pub(super) fn written(&mut self, segments: &[Segment]) {
        let bytes = segments.iter().map(bytes_of).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// The requests that are not in the store.
    pub(super) fn count(&self) -> u64 {
        let segments = self.accounts.values().flat_map(|waiting| waiting.closed.iter().chain(&waiting.open));
        segments.map(|segment| segment.count).sum()
    }

    /// Drops the newest segment of the account that has the most waiting, unless that is this account. Returns how
    /// many requests it held.
    fn drop_of_largest(&mut self, than: AccountId) -> Option<u64> {
        let own = self.accounts.get(&than).map_or(0, |waiting| waiting.bytes);
        let largest = self.accounts.values_mut().max_by_key(|waiting| waiting.bytes)?;
        if largest.bytes == 0 || own >= largest.bytes {
            return None;
        }
        let newest = largest.open.take().or_else(|| largest.closed.pop())?;
        let freed = bytes_of(&newest);
        largest.bytes = largest.bytes.saturating_sub(freed);
        self.bytes = self.bytes.saturating_sub(freed);
        Some(newest.count)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.open.is_none() && self.closed.is_empty()
    }

    /// The first and the last moment of the segments that wait.
    fn span(&self) -> Option<(i64, i64)> {
        let spans = self.closed.iter().chain(&self.open).map(|segment| (segment.from, segment.till));
        spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }

    fn may_be_taken(&self) -> bool {
        self.being_written.is_none() && !self.is_empty()
    }

    /// All that waits.
    fn take(&mut self, account: AccountId) -> AccountSegments {
        self.being_written = self.span();
        let mut segments = std::mem::take(&mut self.closed);
        segments.extend(self.open.take());
        AccountSegments { account, segments, bytes: std::mem::take(&mut self.bytes) }
    }
}

/// The bytes that a segment counts for: its requests, and one more for each segment that was begun.
fn bytes_of(segment: &Segment) -> usize {
    segment.requests.len() + 1
}

fn begun(account: AccountId, moment: i64) -> Segment {
    Segment { account, from: moment, till: moment, count: 0, requests: Vec::new() }
}
