//! Room for a response, reserved before it is made.
//!
//! A front end that is about to make a large response reserves what it will probably take, and more while it is made;
//! the transport gives back what the response did not need, and the rest segment by segment as it is written. A response
//! without a reservation is charged when it is complete.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringbook_workers::{CancellationToken, Owner};
use tokio::time::timeout;

use super::budget::{Budget, Charge, FREE_BYTES, Payers};

/// No room for a response became free in time, or the client has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyBudgetError;

impl fmt::Display for ReplyBudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("responses in flight take all the room that responses may take")
    }
}

impl std::error::Error for ReplyBudgetError {}

/// The reservation of the request that a connection is at.
#[derive(Debug)]
pub(super) struct ReplySlot {
    budget: Arc<Budget>,
    wait_time_max: Duration,
    /// Cancelled when the client has left: then nothing is waited for.
    left: CancellationToken,
    is_taken: AtomicBool,
    reserved: Mutex<Option<Charge>>,
}

impl ReplySlot {
    pub(super) fn new(budget: Arc<Budget>, wait_time_max: Duration, left: CancellationToken) -> Self {
        ReplySlot { budget, wait_time_max, left, is_taken: AtomicBool::new(false), reserved: Mutex::new(None) }
    }

    /// Takes what was reserved.
    pub(super) fn take(&self) -> Option<Charge> {
        if !self.is_taken.load(Relaxed) {
            return None;
        }
        self.is_taken.store(false, Relaxed);
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) async fn charge(&self, payers: Payers, bytes: usize) -> Result<Charge, ReplyBudgetError> {
        tokio::select! {
            biased;
            charge = timeout(self.wait_time_max, self.budget.charge(payers, bytes)) => charge.map_err(|_| ReplyBudgetError),
            () = self.left.cancelled() => Err(ReplyBudgetError),
        }
    }

    fn reserve(&self, charge: Charge) {
        *self.reserved.lock().unwrap_or_else(PoisonError::into_inner) = Some(charge);
        self.is_taken.store(true, Relaxed);
    }

    fn try_reserve(&self, payers: Payers, bytes: usize) -> bool {
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *reserved {
            Some(charge) => charge.try_grow(bytes),
            None => {
                *reserved = self.budget.try_charge(payers, bytes);
                self.is_taken.store(reserved.is_some(), Relaxed);
                reserved.is_some()
            }
        }
    }
}

/// Where a front end reserves room for its response. [`Default`] has no bound, for tests of front ends.
#[derive(Clone, Debug, Default)]
pub struct ReplyBudget {
    slot: Option<(Arc<ReplySlot>, Payers)>,
}

impl ReplyBudget {
    /// The budget of responses to this address.
    pub(super) fn new(slot: &Arc<ReplySlot>, address: Owner) -> Self {
        ReplyBudget { slot: Some((Arc::clone(slot), address.into())) }
    }

    /// The same budget, charged to this account, too, if there is one.
    #[must_use]
    pub fn charged_to(&self, account: Option<Owner>) -> ReplyBudget {
        let charged = |(slot, payers): &(Arc<ReplySlot>, Payers)| (Arc::clone(slot), Payers { account, ..*payers });
        ReplyBudget { slot: self.slot.as_ref().map(charged) }
    }

    /// Reserves room for a response of so many bytes, and waits for it. The caller holds nothing large meanwhile: an
    /// earlier reservation of the request is given back first.
    ///
    /// # Errors
    /// No room became free within [`super::HttpSettings::reply_wait_time_max`], or the client has left.
    pub async fn reserve(&self, bytes: usize) -> Result<(), ReplyBudgetError> {
        if let Some((slot, payers)) = &self.slot {
            drop(slot.take());
            if bytes > FREE_BYTES {
                slot.reserve(slot.charge(*payers, bytes).await?);
            }
        }
        Ok(())
    }

    /// Makes the reservation at least so many bytes large if they are free at this moment; says whether they are. Does
    /// not wait, so that it may be called while the response is made.
    pub fn try_reserve(&self, bytes: usize) -> bool {
        match &self.slot {
            Some((slot, payers)) if bytes > FREE_BYTES => slot.try_reserve(*payers, bytes),
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
