//! Budgets of bytes in flight, in all and per address.
//!
//! A charge is taken as a whole before the bytes exist, the address's share first, and waits in the order of arrival;
//! nothing that holds a charge waits for more of the same budget, so no two can wait for each other. What fits into the
//! room of a connection ([`FREE_BYTES`]) is not charged: ordinary calls touch no budget.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ringbook_telemetry::{BudgetKind, Connections};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Bytes of a body, and of a response, that belong to the connection itself: not charged.
pub const FREE_BYTES: usize = 16 << 10;

/// Bytes are counted in units of so many.
const UNIT_BYTES: usize = 1 << 10;
/// So many addresses are remembered before those without a charge are forgotten.
const ADDRESSES_SWEPT: usize = 1024;

/// Callers that share a part of a budget: an IPv4 address, or the 64 bits of a network that IPv6 gives to a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum AddressBlock {
    V4(u32),
    V6(u64),
}

impl From<IpAddr> for AddressBlock {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => AddressBlock::V4(address.to_bits()),
            IpAddr::V6(address) => AddressBlock::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// A budget of bytes.
#[derive(Debug)]
pub(super) struct Budget {
    kind: BudgetKind,
    total: Arc<Semaphore>,
    address_units: u32,
    addresses: Mutex<Addresses>,
    counts: Arc<Connections>,
}

#[derive(Debug)]
struct Addresses {
    shares: HashMap<AddressBlock, Arc<Semaphore>>,
    swept_at: usize,
}

/// A part of a budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Charge {
    kind: BudgetKind,
    share: OwnedSemaphorePermit,
    total: OwnedSemaphorePermit,
    counts: Arc<Connections>,
}

impl Budget {
    pub(super) fn new(kind: BudgetKind, total_bytes: usize, address_bytes: usize, counts: Arc<Connections>) -> Self {
        let total_units = units(total_bytes);
        let addresses = Addresses { shares: HashMap::new(), swept_at: ADDRESSES_SWEPT };
        Budget {
            kind,
            total: Arc::new(Semaphore::new(total_units as usize)),
            address_units: units(address_bytes).min(total_units),
            addresses: Mutex::new(addresses),
            counts,
        }
    }

    /// Charges an address, and waits until there is room. More than an address may have at all counts as all of it.
    pub(super) async fn charge(&self, peer: IpAddr, bytes: usize) -> Charge {
        let units = units(bytes).min(self.address_units);
        let share = self.share(peer);
        let at_once = (Arc::clone(&share).try_acquire_many_owned(units), Arc::clone(&self.total));
        if let (Ok(share), total) = at_once
            && let Ok(total) = total.try_acquire_many_owned(units)
        {
            return self.charged(share, total);
        }
        let _waiting = self.counts.waiting(self.kind);
        let began = Instant::now();
        let closed = "the semaphores of a budget are never closed";
        let share = share.acquire_many_owned(units).await.expect(closed);
        let total = Arc::clone(&self.total).acquire_many_owned(units).await.expect(closed);
        self.counts.waited(self.kind, began.elapsed());
        self.charged(share, total)
    }

    fn charged(&self, share: OwnedSemaphorePermit, total: OwnedSemaphorePermit) -> Charge {
        self.counts.charged(self.kind, bytes(total.num_permits()));
        Charge { kind: self.kind, share, total, counts: Arc::clone(&self.counts) }
    }

    fn share(&self, peer: IpAddr) -> Arc<Semaphore> {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.shares.len() >= addresses.swept_at {
            // A charge, granted or waiting, holds a reference to the semaphore.
            addresses.shares.retain(|_, share| Arc::strong_count(share) > 1);
            addresses.swept_at = ADDRESSES_SWEPT.max(2 * addresses.shares.len());
        }
        let fresh = || Arc::new(Semaphore::new(self.address_units as usize));
        Arc::clone(addresses.shares.entry(peer.into()).or_insert_with(fresh))
    }
}

impl Charge {
    /// Gives back what goes beyond so many bytes.
    pub(super) fn shrink(&mut self, bytes: usize) {
        let units = units(bytes) as usize;
        let rest = self.total.num_permits().saturating_sub(units);
        drop(self.split(rest));
    }

    /// Takes so many units out; as many as there are at most.
    fn split(&mut self, units: usize) -> Option<Charge> {
        let units = units.min(self.total.num_permits());
        let (share, total) = (self.share.split(units)?, self.total.split(units)?);
        Some(Charge { kind: self.kind, share, total, counts: Arc::clone(&self.counts) })
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
        self.counts.released(self.kind, bytes(self.total.num_permits()));
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
    use std::pin::pin;
    use std::task::{Context, Waker};

    const K: usize = UNIT_BYTES;

    fn budget(total: usize, address: usize) -> Budget {
        Budget::new(BudgetKind::RequestBodies, total * K, address * K, Arc::default())
    }

    fn assert_untouched(budget: &Budget, kibibytes: usize) {
        assert_eq!((budget.total.available_permits(), budget.counts.in_flight(budget.kind)), (kibibytes, 0));
    }

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
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
    async fn whoever_gives_up_waiting_holds_nothing() {
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
        let held = budget.charge(IpAddr::from([1, 1, 1, 1]), 2 * K).await;
        for n in 0..10 * ADDRESSES_SWEPT as u32 {
            drop(budget.charge(IpAddr::from(n.to_be_bytes()), K).await);
        }
        assert!(budget.addresses.lock().unwrap().shares.len() <= 2 * ADDRESSES_SWEPT);
        let mut more = pin!(budget.charge(IpAddr::from([1, 1, 1, 1]), 3 * K));
        assert!(is_pending(more.as_mut()), "the share is still known");
        drop(held);
    }

    #[test]
    fn sites_of_ipv6_are_one_caller() {
        let block = |text: &str| AddressBlock::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(block("2001:db8:1:2::1"), block("2001:db8:1:2:ffff::9"));
        assert_ne!(block("2001:db8:1:2::1"), block("2001:db8:1:3::1"));
        assert_ne!(block("10.0.0.1"), block("10.0.0.2"));
    }
}
