//! Memory of a request beyond its body.

use std::sync::Arc;

use ringbook_workers::Owner;

use super::budget::FREE_BYTES;
use super::charge_slot::ChargeSlot;

/// Where a front end charges what it makes of a request, in the budget of request bodies. [`Default`] has no bound, for
/// tests of front ends.
#[derive(Clone, Debug, Default)]
pub struct RequestBudget {
    slot: Option<(Arc<ChargeSlot>, Owner)>,
}

impl RequestBudget {
    /// The budget of the request that a connection is at.
    pub(super) fn new(slot: &Arc<ChargeSlot>, address: Owner) -> Self {
        RequestBudget { slot: Some((Arc::clone(slot), address)) }
    }

    /// Makes the charge of the request at least this many bytes large, its body included, if they are free at this moment;
    /// says whether they are. Up to [`FREE_BYTES`] are not charged.
    pub fn try_grow(&self, bytes: usize) -> bool {
        match &self.slot {
            Some((slot, address)) if bytes > FREE_BYTES => slot.try_grow((*address).into(), bytes),
            _ => true,
        }
    }
}
