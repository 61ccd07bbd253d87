//! How large an answer may become, and the memory that it takes while it is written.
//!
//! Nobody knows the size of an answer before it is written. So the first attempt reserves what such answers usually
//! take, and more while it writes, as far as that is free. If it is not, what was written is thrown away, and the second
//! attempt waits for all that an answer may take: nothing waits for memory that holds some. An answer beyond the bound
//! is given up as soon as it has passed it, and refused.

use ringbook_http::{FREE_BYTES, ReplyBudget};

/// Largest answer in bytes, before compression, unless set otherwise.
pub const ANSWER_BYTES_MAX: usize = 64 << 20;

/// What an answer that is being written reserves beyond what it has, each time.
const RESERVED_AHEAD_BYTES: usize = 1 << 20;
/// Room for what stands behind the data of an answer.
const ENVELOPE_BYTES: usize = 1 << 10;

/// The bounds of the answer to a call.
#[derive(Debug, Clone)]
pub struct AnswerLimits {
    /// Most bytes of the answer, before compression.
    pub bytes_max: usize,
    /// Where its memory is reserved.
    pub replies: ReplyBudget,
}

impl Default for AnswerLimits {
    /// [`ANSWER_BYTES_MAX`] and no budget, for tests.
    fn default() -> Self {
        AnswerLimits { bytes_max: ANSWER_BYTES_MAX, replies: ReplyBudget::default() }
    }
}

/// Why an answer is not written further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RenderError {
    /// It would be larger than an answer may be.
    TooLarge,
    /// The memory that it needs is not free at this moment.
    NoRoom,
}

/// The room of one answer.
#[derive(Debug)]
pub(super) struct AnswerRoom {
    bytes_max: usize,
    /// Bytes that need no further look.
    granted: usize,
    replies: ReplyBudget,
}

impl AnswerRoom {
    /// Room for an answer of this many bytes, of which this many are reserved already.
    pub(super) fn new(bytes_max: usize, reserved: usize, replies: ReplyBudget) -> Self {
        let granted = reserved.max(FREE_BYTES).min(bytes_max.saturating_sub(ENVELOPE_BYTES));
        AnswerRoom { bytes_max, granted, replies }
    }

    /// For answers that are small by their nature.
    pub(super) fn unbounded() -> Self {
        AnswerRoom { bytes_max: usize::MAX, granted: usize::MAX, replies: ReplyBudget::default() }
    }

    /// Most bytes of the data, with what stands before it.
    pub(super) fn bytes_max(&self) -> usize {
        self.bytes_max.saturating_sub(ENVELOPE_BYTES)
    }

    /// Whether the answer may have this many bytes; called often.
    #[inline]
    pub(super) fn takes(&mut self, bytes: usize) -> Result<(), RenderError> {
        if bytes <= self.granted { Ok(()) } else { self.grow(bytes) }
    }

    #[cold]
    fn grow(&mut self, bytes: usize) -> Result<(), RenderError> {
        if bytes > self.bytes_max() {
            return Err(RenderError::TooLarge);
        }
        let ahead = (bytes + RESERVED_AHEAD_BYTES).min(self.bytes_max);
        let granted = [ahead, bytes].into_iter().find(|bytes| self.replies.try_reserve(*bytes));
        self.granted = granted.ok_or(RenderError::NoRoom)?.min(self.bytes_max());
        Ok(())
    }
}
