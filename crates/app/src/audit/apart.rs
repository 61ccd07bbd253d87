//! The accounts whose requests are written in transactions of their own.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ringbook_store::AccountId;

/// How long an account waits after the store did not take its requests.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// Accounts that were in a transaction that failed while the store replied. Each leaves when its requests are written.
#[derive(Debug, Default)]
pub(super) struct Apart {
    /// When the store did not take the requests of the account alone; `None` while that has not been tried.
    accounts: HashMap<AccountId, Option<Instant>>,
}

impl Apart {
    /// Whether the account is written by itself.
    pub(super) fn has(&self, account: AccountId) -> bool {
        self.accounts.contains_key(&account)
    }

    /// One of these accounts made a transaction fail, or all did.
    pub(super) fn add(&mut self, accounts: impl IntoIterator<Item = AccountId>) {
        for account in accounts {
            self.accounts.entry(account).or_default();
        }
    }

    /// The store did not take the requests of this account alone. Returns whether it took them before.
    pub(super) fn failed(&mut self, account: AccountId, now: Instant) -> bool {
        self.accounts.insert(account, Some(now)).flatten().is_none()
    }

    /// The requests of the account are written.
    pub(super) fn remove(&mut self, account: AccountId) {
        self.accounts.remove(&account);
    }

    /// Whether the account is not to be tried at this moment.
    pub(super) fn waits(&self, account: AccountId, now: Instant) -> bool {
        self.accounts.get(&account).is_some_and(|failed| !is_due(*failed, now))
    }

    /// The accounts to be tried at this moment.
    pub(super) fn due(&self, now: Instant) -> Vec<AccountId> {
        self.accounts.iter().filter(|(_, failed)| is_due(**failed, now)).map(|(account, _)| *account).collect()
    }

    /// Every account is to be tried, whenever it failed.
    pub(super) fn try_all_now(&mut self) {
        self.accounts.values_mut().for_each(|failed| *failed = None);
    }
}

fn is_due(failed: Option<Instant>, now: Instant) -> bool {
    failed.is_none_or(|failed| now.saturating_duration_since(failed) >= RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use ringbook_book::id::CustomerId;

    use super::*;

    #[test]
    fn an_account_that_failed_by_itself_waits() {
        let [one, other] = [1, 2].map(|id| AccountId::Customer(CustomerId::new(id).expect("an id")));
        let (mut apart, now) = (Apart::default(), Instant::now());
        apart.add([one, other]);
        assert!(apart.has(one) && !apart.waits(one, now) && apart.due(now).len() == 2);
        assert!(apart.failed(one, now), "it is told of once");
        assert!(!apart.failed(one, now));
        apart.remove(other);
        assert!(!apart.has(other) && apart.waits(one, now) && apart.due(now).is_empty());
        // What failed in a transaction with others is not tried earlier for that.
        apart.add([one]);
        assert!(apart.waits(one, now));
        assert_eq!(apart.due(now + RETRY_AFTER), [one]);
        apart.try_all_now();
        assert_eq!(apart.due(now), [one]);
    }
}
