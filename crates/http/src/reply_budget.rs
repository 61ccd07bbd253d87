//! Room for a response, reserved before it is made.
//!
//! A front end that is about to make a large response reserves the most that it may take; the transport gives back what
//! the response did not need, and the rest segment by segment as it is written. A response without a reservation is
//! charged when it is complete.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::budget::{Budget, Charge};

/// No room for a response became free in time.
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
    is_taken: AtomicBool,
    reserved: Mutex<Option<Charge>>,
}

impl ReplySlot {
    pub(super) fn new(budget: Arc<Budget>, wait_time_max: Duration) -> Self {
        ReplySlot { budget, wait_time_max, is_taken: AtomicBool::new(false), reserved: Mutex::new(None) }
    }

    /// Takes what was reserved.
    pub(super) fn take(&self) -> Option<Charge> {
        if !self.is_taken.load(Relaxed) {
            return None;
        }
        self.is_taken.store(false, Relaxed);
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) async fn charge(&self, peer: IpAddr, bytes: usize) -> Result<Charge, ReplyBudgetError> {
        timeout(self.wait_time_max, self.budget.charge(peer, bytes)).await.map_err(|_| ReplyBudgetError)
    }

    fn reserve(&self, charge: Charge) {
        *self.reserved.lock().unwrap_or_else(PoisonError::into_inner) = Some(charge);
        self.is_taken.store(true, Relaxed);
    }
}

/// Where a front end reserves room for its response. [`Default`] has no bound, for tests of front ends.
#[derive(Clone, Debug, Default)]
pub struct ReplyBudget {
    slot: Option<(Arc<ReplySlot>, IpAddr)>,
}

impl ReplyBudget {
    pub(super) fn new(slot: &Arc<ReplySlot>, peer: IpAddr) -> Self {
        ReplyBudget { slot: Some((Arc::clone(slot), peer)) }
    }

    /// Reserves room for a response of at most so many bytes, and waits for it; the caller holds nothing large
    /// meanwhile. To be called once, before the response is made: a second call gives back the first reservation.
    ///
    /// # Errors
    /// None became free within [`super::HttpSettings::reply_wait_time_max`].
    pub async fn reserve(&self, bytes: usize) -> Result<(), ReplyBudgetError> {
        if let Some((slot, peer)) = &self.slot {
            drop(slot.take());
            slot.reserve(slot.charge(*peer, bytes).await?);
        }
        Ok(())
    }
}
