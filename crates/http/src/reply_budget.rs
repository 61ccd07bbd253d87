//! Room for a response, reserved before it is made.
//!
//! A front end that is about to make a large response reserves what it will probably take, and more while it is made;
//! the transport gives back what the response did not need, and the rest segment by segment as it is written. A response
//! without a reservation is charged when it is complete.

use std::fmt;
use std::sync::Arc;

use ringbook_workers::Owner;

use super::budget::{FREE_BYTES, Payers};
use super::charge_slot::ChargeSlot;

/// No room for a response became free in time, or the client has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyBudgetError;

impl fmt::Display for ReplyBudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("responses in flight take all the room that responses may take")
    }
}

impl std::error::Error for ReplyBudgetError {}

/// Where a front end reserves room for its response. [`Default`] has no bound, for tests of front ends.
#[derive(Clone, Debug, Default)]
pub struct ReplyBudget {
    slot: Option<(Arc<ChargeSlot>, Payers)>,
}

impl ReplyBudget {
    /// The budget of responses to this address.
    pub(super) fn new(slot: &Arc<ChargeSlot>, address: Owner) -> Self {
        ReplyBudget { slot: Some((Arc::clone(slot), address.into())) }
    }

    /// The same budget, charged to this account, too, if there is one.
    #[must_use]
    pub fn charged_to(&self, account: Option<Owner>) -> ReplyBudget {
        let charged = |(slot, payers): &(Arc<ChargeSlot>, Payers)| (Arc::clone(slot), Payers { account, ..*payers });
        ReplyBudget { slot: self.slot.as_ref().map(charged) }
    }

    /// Reserves room for a response of this many bytes, and waits for it. The caller holds nothing large meanwhile: an
    /// earlier reservation of the request is given back first.
    ///
    /// # Errors
    /// No room became free within [`super::HttpSettings::reply_wait_time_max`], or the client has left.
    pub async fn reserve(&self, bytes: usize) -> Result<(), ReplyBudgetError> {
        if let Some((slot, payers)) = &self.slot {
            drop(slot.take());
            if bytes > FREE_BYTES {
                slot.put(slot.charge(*payers, bytes).await.ok_or(ReplyBudgetError)?);
            }
        }
        Ok(())
    }

    /// Makes the reservation at least this many bytes large if they are free at this moment; says whether they are. Does
    /// not wait, so that it may be called while the response is made.
    pub fn try_reserve(&self, bytes: usize) -> bool {
        match &self.slot {
            Some((slot, payers)) if bytes > FREE_BYTES => slot.try_grow(*payers, bytes),
            _ => true,
        }
    }

    /// Gives back what is reserved.
    pub fn release(&self) {
        if let Some((slot, _)) = &self.slot {
            drop(slot.take());
        }
    }
}
