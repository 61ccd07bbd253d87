//! The attempts to write an answer within the memory that is free, and the refusals of those that do not fit.

use ringbook_http::{ReplyBudget, ReplyBudgetError};

use super::Reply;
use super::answer_room::{AnswerLimits, AnswerRoom, RenderError};
use crate::method::LIMIT;
use crate::mnemonic::{Mnemonic, RpcError};
use crate::reader::Reader;

/// The attempts to write one answer: two at most.
#[derive(Debug)]
pub struct AnswerAttempts<'a> {
    id: &'a str,
    limits: AnswerLimits,
    is_last: bool,
}

impl<'a> AnswerAttempts<'a> {
    /// Attempts to write the answer to the call with this `id`, whose memory is reserved in `replies`.
    pub fn new(id: &'a str, limits: &AnswerLimits, replies: ReplyBudget) -> Self {
        AnswerAttempts { id, limits: AnswerLimits { replies, ..limits.clone() }, is_last: false }
    }

    /// Opens the answer for the next attempt, once there is memory for this many bytes of data; the last attempt has
    /// memory for the largest answer.
    ///
    /// # Errors
    /// No memory became free in time.
    pub async fn open(&self, usual_bytes: usize) -> Result<Reply, RpcError> {
        let AnswerLimits { bytes_max, replies } = &self.limits;
        let bytes = if self.is_last { *bytes_max } else { usual_bytes.min(*bytes_max) };
        replies.reserve(bytes).await.map_err(no_room)?;
        Ok(Reply::open_within(self.id, AnswerRoom::new(*bytes_max, bytes, replies.clone())))
    }

    /// Takes a written answer; none if it is to be written again.
    ///
    /// # Errors
    /// It is larger than an answer may be.
    pub fn complete(&mut self, reply: Reply, params: Reader<'_>) -> Result<Option<Reply>, RpcError> {
        let bytes_max = self.limits.bytes_max;
        match reply.stopped() {
            None => return Ok(Some(reply)),
            Some(RenderError::NoRoom) if !self.is_last => {}
            Some(RenderError::NoRoom | RenderError::TooLarge) => {
                self.limits.replies.release();
                return Err(too_large(bytes_max, params));
            }
        }
        self.is_last = true;
        Ok(None)
    }
}

/// The refusal of an answer without memory.
pub fn no_room(_: ReplyBudgetError) -> RpcError {
    let text = "Too many large answers are being sent, try again in a moment";
    RpcError::new(Mnemonic::Error).with("error_message", text)
}

fn too_large(bytes_max: usize, params: Reader<'_>) -> RpcError {
    let less = if params.takes("fields") {
        "fewer records with limit, or fewer members with fields"
    } else {
        "fewer records with limit"
    };
    RpcError::at(Mnemonic::InvalidParameterValue, LIMIT)
        .sent(params.raw(LIMIT))
        .because(format!("the answer is larger than {bytes_max} bytes: ask for {less}"))
        .with("max_bytes", bytes_max as u64)
}
