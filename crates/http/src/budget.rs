//! Budgets of bytes in flight, in all, per address and per account.
//!
//! A charge is taken before the bytes exist: the share of the account if it is known, the share of the address, then the
//! total, each in the order of arrival. A charge may grow while its bytes are made, but only by what is free at that
//! moment ([`Charge::try_grow`]): nothing that holds a charge waits for more of the same budget, so no two can wait for
//! each other. What fits into the room of a connection ([`FREE_BYTES`]) is not charged: ordinary calls touch no budget.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringbook_telemetry::{BudgetKind, Connections};
use ringbook_workers::Owner;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// Bytes of a body, and of a response, that belong to the connection itself: not charged.
pub const FREE_BYTES: usize = 16 << 10;

/// Bytes are counted in units of this many.
const UNIT_BYTES: usize = 1 << 10;
/// How often somebody who waits for the total says so to those that hold parts of it.
const PRESSURE_INTERVAL: Duration = Duration::from_secs(1);
/// This many owners are remembered before those without a charge are forgotten.
const OWNERS_SWEPT: usize = 1024;

/// Who is charged: always an address, and an account once it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Payers {
    pub(super) address: Owner,
    pub(super) account: Option<Owner>,
}

impl From<Owner> for Payers {
    fn from(address: Owner) -> Self {
        Payers { address, account: None }
    }
}

/// A budget of bytes.
#[derive(Debug)]
pub(super) struct Budget {
    kind: BudgetKind,
    total: Arc<Semaphore>,
    share_units: u32,
    owners: Mutex<Owners>,
    /// Somebody waits for the total.
    pressure: Notify,
    counts: Arc<Connections>,
}

#[derive(Debug)]
struct Owners {
    shares: HashMap<Owner, Arc<Semaphore>>,
    swept_at: usize,
}

/// The permits of a charge, equally many of each semaphore.
#[derive(Debug)]
struct Permits {
    address: OwnedSemaphorePermit,
    account: Option<OwnedSemaphorePermit>,
    total: OwnedSemaphorePermit,
}

impl Permits {
    fn units(&self) -> usize {
        self.total.num_permits()
    }

    /// Takes this many units out; as many as there are at most.
    fn split(&mut self, units: usize) -> Option<Permits> {
        let units = units.min(self.units());
        let account = match &mut self.account {
            Some(account) => Some(account.split(units)?),
            None => None,
        };
        Some(Permits { address: self.address.split(units)?, account, total: self.total.split(units)? })
    }

    fn merge(&mut self, more: Permits) {
        self.address.merge(more.address);
        if let (Some(account), Some(more)) = (&mut self.account, more.account) {
            account.merge(more);
        }
        self.total.merge(more.total);
    }
}

/// A part of a budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Charge {
    budget: Arc<Budget>,
    payers: Payers,
    permits: Permits,
}

impl Budget {
    /// A budget of this many bytes in all and of one owner.
    pub(super) fn new(kind: BudgetKind, total_bytes: usize, share_bytes: usize, counts: Arc<Connections>) -> Self {
        let total_units = units(total_bytes);
        Budget {
            kind,
            total: Arc::new(Semaphore::new(total_units as usize)),
            share_units: units(share_bytes).min(total_units),
            owners: Mutex::new(Owners { shares: HashMap::new(), swept_at: OWNERS_SWEPT }),
            pressure: Notify::new(),
            counts,
        }
    }

    /// Charges an address and an account, and waits until there is room. More than one owner may have at all counts as
    /// all of it.
    pub(super) async fn charge(self: &Arc<Self>, payers: Payers, bytes: usize) -> Charge {
        let units = units(bytes).min(self.share_units);
        if let Some(permits) = self.try_permits(payers, units) {
            return self.charged(payers, permits);
        }
        let _waiting = self.counts.waiting(self.kind);
        let began = Instant::now();
        let closed = "the semaphores of a budget are never closed";
        // The account first: who waits for its own account holds up nobody else at the same address.
        let account = match payers.account {
            Some(account) => Some(self.share(account).acquire_many_owned(units).await.expect(closed)),
            None => None,
        };
        let address = self.share(payers.address).acquire_many_owned(units).await.expect(closed);
        let mut total = pin!(Arc::clone(&self.total).acquire_many_owned(units));
        let total = loop {
            match timeout(PRESSURE_INTERVAL, total.as_mut()).await {
                Ok(total) => break total.expect(closed),
                Err(_) => self.pressure.notify_waiters(),
            }
        };
        self.counts.waited(self.kind, began.elapsed());
        self.charged(payers, Permits { address, account, total })
    }

    /// Waits until somebody else has waited for the total for a while, [`PRESSURE_INTERVAL`] at least.
    pub(super) async fn pressed(&self) {
        self.pressure.notified().await;
    }

    /// Charges what is free at this moment, or nothing.
    pub(super) fn try_charge(self: &Arc<Self>, payers: Payers, bytes: usize) -> Option<Charge> {
        let permits = self.try_permits(payers, units(bytes).min(self.share_units))?;
        Some(self.charged(payers, permits))
    }

    fn try_permits(&self, payers: Payers, units: u32) -> Option<Permits> {
        let account = match payers.account {
            Some(account) => Some(self.share(account).try_acquire_many_owned(units).ok()?),
            None => None,
        };
        let address = self.share(payers.address).try_acquire_many_owned(units).ok()?;
        let total = Arc::clone(&self.total).try_acquire_many_owned(units).ok()?;
        Some(Permits { address, account, total })
    }

    fn charged(self: &Arc<Self>, payers: Payers, permits: Permits) -> Charge {
        self.counts.charged(self.kind, bytes(permits.units()));
        Charge { budget: Arc::clone(self), payers, permits }
    }

    fn share(&self, owner: Owner) -> Arc<Semaphore> {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        if owners.shares.len() >= owners.swept_at {
            // A charge, granted or waiting, holds a reference to the semaphore.
            owners.shares.retain(|_, share| Arc::strong_count(share) > 1);
            owners.swept_at = OWNERS_SWEPT.max(2 * owners.shares.len());
        }
        let fresh = || Arc::new(Semaphore::new(self.share_units as usize));
        Arc::clone(owners.shares.entry(owner).or_insert_with(fresh))
    }
}

impl Charge {
    /// Who is charged for processor time that the bytes cost.
    pub(super) fn owner(&self) -> Owner {
        self.payers.account.unwrap_or(self.payers.address)
    }

    /// Gives back what goes beyond this many bytes.
    pub(super) fn shrink(&mut self, bytes: usize) {
        let rest = self.permits.units().saturating_sub(units(bytes) as usize);
        drop(self.split(rest));
    }

    /// Grows the charge to this number of bytes if the difference is free now; returns whether it was. A full share needs no
    /// more.
    pub(super) fn try_grow(&mut self, bytes: usize) -> bool {
        let wanted = units(bytes).min(self.budget.share_units);
        let Some(more) = wanted.checked_sub(self.permits.units() as u32).filter(|more| *more > 0) else {
            return true;
        };
        let Some(permits) = self.budget.try_permits(self.payers, more) else {
            return false;
        };
        self.budget.counts.charged(self.budget.kind, self::bytes(permits.units()));
        self.permits.merge(permits);
        true
    }

    /// Takes this many units out; as many as there are at most.
    fn split(&mut self, units: usize) -> Option<Charge> {
        let permits = self.permits.split(units)?;
        Some(Charge { budget: Arc::clone(&self.budget), payers: self.payers, permits })
    }

    /// Divides the charge among segments, so that each gives its part back when it is dropped.
    pub(super) fn divide(mut self, segments: &[usize]) -> Vec<Option<Charge>> {
        let mut sent = 0;
        let mut part = |segment: &usize| {
            let before = units(sent);
            sent += segment;
            self.split((units(sent) - before) as usize)
        };
        segments.iter().map(&mut part).collect()
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.counts.released(self.budget.kind, bytes(self.permits.units()));
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).min((Semaphore::MAX_PERMITS >> 1) as u32)
}

fn bytes(units: usize) -> u64 {
    (units * UNIT_BYTES) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::net::IpAddr;
    use std::task::{Context, Waker};

    const K: usize = UNIT_BYTES;

    fn budget(total: usize, share: usize) -> Arc<Budget> {
        Arc::new(Budget::new(BudgetKind::RequestBodies, total * K, share * K, Arc::default()))
    }

    fn assert_untouched(budget: &Budget, kibibytes: usize) {
        assert_eq!((budget.total.available_permits(), budget.counts.in_flight(budget.kind)), (kibibytes, 0));
    }

    fn address(bytes: [u8; 4]) -> Payers {
        Owner::address(IpAddr::from(bytes)).into()
    }

    fn peer(last: u8) -> Payers {
        address([10, 0, 0, last])
    }

    fn is_pending<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    #[tokio::test]
    async fn an_address_has_its_share_and_all_have_the_total() {
        let budget = budget(10, 4);
        let first = budget.charge(peer(1), 4 * K).await;
        let mut more = pin!(budget.charge(peer(1), K));
        assert!(is_pending(more.as_mut()));
        let (_second, _third) = (budget.charge(peer(2), 3 * K).await, budget.charge(peer(3), 3 * K).await);
        let mut beyond = pin!(budget.charge(peer(4), K));
        assert!(is_pending(beyond.as_mut()));
        assert_eq!(budget.counts.waiting_now(BudgetKind::RequestBodies), 2);
        assert_eq!(budget.counts.in_flight(BudgetKind::RequestBodies), 10 * K as u64);
        drop(first);
        let (_more, _beyond) = (more.await, beyond.await);
        assert_eq!(budget.counts.waiting_now(BudgetKind::RequestBodies), 0);
    }

    #[tokio::test]
    async fn charges_go_back_in_parts() {
        let budget = budget(100, 100);
        let mut charge = budget.charge(peer(1), 20 * K).await;
        charge.shrink(10 * K + 1);
        assert_eq!(budget.counts.in_flight(BudgetKind::RequestBodies), 11 * K as u64);
        let mut parts = charge.divide(&[1, 5 * K, 0, 5 * K]);
        assert_eq!(budget.counts.in_flight(BudgetKind::RequestBodies), 11 * K as u64);
        parts.remove(1);
        assert_eq!(budget.counts.in_flight(BudgetKind::RequestBodies), 6 * K as u64);
        drop(parts);
        assert_untouched(&budget, 100);
    }

    #[tokio::test]
    async fn more_than_there_is_counts_as_all_of_it() {
        let budget = budget(10, 4);
        let charge = budget.charge(peer(1), 1 << 40).await;
        assert_eq!(budget.counts.in_flight(BudgetKind::RequestBodies), 4 * K as u64);
        drop(charge);
        assert_untouched(&budget, 10);
    }

    #[tokio::test]
    async fn a_caller_that_stops_waiting_holds_nothing() {
        let budget = budget(4, 4);
        let charge = budget.charge(peer(1), 4 * K).await;
        {
            let mut more = pin!(budget.charge(peer(2), K));
            assert!(is_pending(more.as_mut()));
        }
        drop(charge);
        assert_untouched(&budget, 4);
        assert_eq!(budget.counts.waiting_now(BudgetKind::RequestBodies), 0);
    }

    #[tokio::test]
    async fn addresses_without_a_charge_are_forgotten() {
        let budget = budget(4, 4);
        let held = budget.charge(address([1, 1, 1, 1]), 2 * K).await;
        for n in 0..10 * OWNERS_SWEPT as u32 {
            drop(budget.charge(address(n.to_be_bytes()), K).await);
        }
        assert!(budget.owners.lock().unwrap().shares.len() <= 2 * OWNERS_SWEPT);
        let mut more = pin!(budget.charge(address([1, 1, 1, 1]), 3 * K));
        assert!(is_pending(more.as_mut()), "the share is still known");
        drop(held);
    }

    #[tokio::test]
    async fn an_account_has_its_share_from_whatever_addresses_it_calls() {
        let budget = budget(100, 10);
        let from = |last, customer| Payers { account: Some(Owner::Customer(customer)), ..peer(last) };
        let _first = budget.charge(from(1, 7), 6 * K).await;
        let mut second = pin!(budget.charge(from(2, 7), 6 * K));
        assert!(is_pending(second.as_mut()));
        let _other = budget.charge(from(3, 8), 10 * K).await;
    }

    #[tokio::test]
    async fn a_charge_grows_by_what_is_free_and_never_waits() {
        let budget = budget(10, 8);
        let mut charge = budget.charge(peer(1), K).await;
        assert!(charge.try_grow(6 * K));
        let other = budget.charge(peer(2), 4 * K).await;
        assert!(!charge.try_grow(7 * K));
        assert_eq!(budget.counts.in_flight(BudgetKind::RequestBodies), 10 * K as u64);
        drop(other);
        assert!(charge.try_grow(100 * K), "all of a share is enough for anything");
        assert!(charge.try_grow(200 * K));
        assert_eq!(budget.counts.in_flight(BudgetKind::RequestBodies), 8 * K as u64);
        drop(charge);
        assert_untouched(&budget, 10);
    }
}
