//! The charge of the request that a connection is at, shared by the transport and the front end.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringbook_workers::CancellationToken;
use tokio::time::timeout;

use super::budget::{Budget, Charge, Payers};

/// Holds a charge or none. Looking into an empty one takes no lock.
#[derive(Debug)]
pub(super) struct ChargeSlot {
    budget: Arc<Budget>,
    wait_time_max: Duration,
    /// Cancelled when the client has left: then nothing is waited for.
    left: CancellationToken,
    is_taken: AtomicBool,
    charge: Mutex<Option<Charge>>,
}

impl ChargeSlot {
    pub(super) fn new(budget: Arc<Budget>, wait_time_max: Duration, left: CancellationToken) -> Self {
        ChargeSlot { budget, wait_time_max, left, is_taken: AtomicBool::new(false), charge: Mutex::new(None) }
    }

    /// Takes the charge out.
    pub(super) fn take(&self) -> Option<Charge> {
        if !self.is_taken.load(Relaxed) {
            return None;
        }
        self.is_taken.store(false, Relaxed);
        self.charge.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Puts a charge in.
    pub(super) fn put(&self, charge: Charge) {
        *self.charge.lock().unwrap_or_else(PoisonError::into_inner) = Some(charge);
        self.is_taken.store(true, Relaxed);
    }

    /// Charges this many bytes, and waits for them; none if they do not become free in time, or the client has left. What
    /// is in the slot is left alone.
    pub(super) async fn charge(&self, payers: Payers, bytes: usize) -> Option<Charge> {
        tokio::select! {
            biased;
            charge = timeout(self.wait_time_max, self.budget.charge(payers, bytes)) => charge.ok(),
            () = self.left.cancelled() => None,
        }
    }

    /// Makes the charge at least this many bytes large if they are free at this moment; says whether they are.
    pub(super) fn try_grow(&self, payers: Payers, bytes: usize) -> bool {
        let mut charge = self.charge.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *charge {
            Some(charge) => charge.try_grow(bytes),
            None => {
                *charge = self.budget.try_charge(payers, bytes);
                self.is_taken.store(charge.is_some(), Relaxed);
                charge.is_some()
            }
        }
    }
}
