//! Failed logins, counted per login and address in the current UTC minute.
//!
//! Clients repeat a failed login a few times at once, so the first ten failures are computed; beyond them the
//! answer comes without a hash, until the minute is over.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::secret::TokenHash;
use ringbook_clock::Moment;

/// So many failures in a minute are computed.
const FAILURES_PER_MINUTE_MAX: u32 = 10;
/// How many pairs are counted. Each costs a password's hash, and a machine computes fewer than these in a minute.
const PAIRS_COUNTED_MAX: usize = 65_536;

#[derive(Debug, Default)]
struct Counted {
    minute: i64,
    failures: HashMap<Pair, u32>,
}

/// A login, by its hash, so that its length does not matter, and an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Pair(TokenHash, IpAddr);

impl Pair {
    pub(super) fn new(login: &str, address: IpAddr) -> Self {
        Self(TokenHash::of(login), address.to_canonical())
    }
}

/// The failures of the current minute.
#[derive(Debug, Default)]
pub(super) struct LoginThrottle(Mutex<Counted>);

impl LoginThrottle {
    /// Whether this login has failed too often from this address.
    pub(super) fn are_spent(&self, pair: Pair, now: Moment) -> bool {
        self.counted(now).failures.get(&pair).is_some_and(|count| *count >= FAILURES_PER_MINUTE_MAX)
    }

    /// It has failed again.
    pub(super) fn count(&self, pair: Pair, now: Moment) {
        let mut counted = self.counted(now);
        if counted.failures.len() < PAIRS_COUNTED_MAX || counted.failures.contains_key(&pair) {
            *counted.failures.entry(pair).or_default() += 1;
        }
    }

    fn counted(&self, now: Moment) -> MutexGuard<'_, Counted> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.minute != now.minute() {
            *counted = Counted { minute: now.minute(), failures: HashMap::new() };
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_a_minute_for_each_pair() {
        let (failures, now) = (LoginThrottle::default(), Moment::from_unix(600));
        let address = IpAddr::from([10, 0, 0, 1]);
        let pair = Pair::new("ann", address);
        for _ in 0..10 {
            assert!(!failures.are_spent(pair, now));
            failures.count(pair, now);
        }
        assert!(failures.are_spent(pair, now));
        assert!(!failures.are_spent(Pair::new("bob", address), now));
        assert!(!failures.are_spent(Pair::new("ann", IpAddr::from([10, 0, 0, 2])), now));
        assert!(!failures.are_spent(pair, now.plus(60)));
    }
}
