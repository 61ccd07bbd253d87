//! How much of the store the request report takes, by account, and what is to be deleted of it.
//!
//! An account that has more than its bound loses its oldest requests. When all accounts together have too much, the account
//! that has the most loses its oldest, so that a flood costs the requests of the account that caused it.

use std::collections::HashMap;

use ringbook_store::AccountId;

/// Bounds of the request report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBounds {
    /// Days that requests are kept.
    pub days: u32,
    /// Maximum size of the report of one account, in bytes.
    pub account_bytes: u64,
    /// Maximum size of the reports of all accounts, in bytes.
    pub total_bytes: u64,
}

impl Default for ReportBounds {
    fn default() -> Self {
        Self { days: 31, account_bytes: 1 << 30, total_bytes: 10 << 30 }
    }
}

/// The bytes that accounts have in the store.
#[derive(Debug, Default)]
pub(super) struct ReportRoom {
    bytes: HashMap<AccountId, u64>,
    total: u64,
}

impl ReportRoom {
    /// The room that these accounts take.
    pub(super) fn of(totals: Vec<(AccountId, u64)>) -> Self {
        let mut room = Self::default();
        room.added(totals);
        room
    }

    /// Notes how much these accounts have now.
    pub(super) fn added(&mut self, totals: Vec<(AccountId, u64)>) {
        for (account, bytes) in totals {
            let before = self.bytes.insert(account, bytes).unwrap_or(0);
            self.total = self.total.saturating_sub(before).saturating_add(bytes);
        }
    }

    /// Notes that so much of an account was deleted.
    pub(super) fn trimmed(&mut self, account: AccountId, bytes: u64) {
        if let Some(left) = self.bytes.get_mut(&account) {
            let freed = bytes.min(*left);
            *left -= freed;
            self.total = self.total.saturating_sub(freed);
        }
    }

    /// The account that has the most, and how many bytes of it are to be deleted, if a bound is exceeded. Nothing can be
    /// deleted of accounts for which `is_away` holds.
    pub(super) fn excess(
        &self,
        bounds: &ReportBounds,
        is_away: impl Fn(AccountId) -> bool,
    ) -> Option<(AccountId, u64)> {
        let there = self.bytes.iter().filter(|(account, _)| !is_away(**account));
        let (account, bytes) = there.max_by_key(|(_, bytes)| **bytes)?;
        let excess = bytes.saturating_sub(bounds.account_bytes).max(self.total.saturating_sub(bounds.total_bytes));
        (excess > 0 && *bytes > 0).then_some((*account, excess))
    }
}

#[cfg(test)]
mod tests {
    use ringbook_book::id::CustomerId;

    use super::*;

    #[test]
    fn the_account_that_has_the_most_loses_the_excess() {
        let [small, large] = [1, 2].map(|id| AccountId::Customer(CustomerId::new(id).expect("an id")));
        let bounds = ReportBounds { days: 1, account_bytes: 100, total_bytes: 150 };
        let mut room = ReportRoom::of(vec![(small, 40), (large, 100)]);
        assert_eq!(room.excess(&bounds, |_| false), None);
        room.added(vec![(large, 130)]);
        assert_eq!(room.excess(&bounds, |_| false), Some((large, 30)));
        room.trimmed(large, 25);
        assert_eq!(room.excess(&bounds, |_| false), Some((large, 5)));
        room.trimmed(large, 7);
        assert_eq!(room.excess(&bounds, |_| false), None);
        assert_eq!(
            room.excess(&ReportBounds { account_bytes: 10, ..bounds }, |account| account == large),
            Some((small, 30))
        );
        room.added(vec![(small, 60)]);
        assert_eq!(room.excess(&bounds, |_| false), Some((large, 8)), "all together have too much");
        room.trimmed(large, u64::MAX);
        assert_eq!(room.excess(&bounds, |_| false), None);
    }
}
