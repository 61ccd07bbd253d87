//! Failed logins, counted in the current UTC minute: per login and address, per address, and per network.
//!
//! Clients repeat a failed login a few times at once, so the first ten failures of a login from an address are computed;
//! beyond them it is answered as wrong without a hash, until the minute is over. Who varies the logins fails at the bound
//! of the address, who varies the addresses, too, at that of the network. Counts are kept by each server on its own.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringbook_clock::Moment;
use ringbook_telemetry::LoginRefusal;
use ringbook_workers::Owner;

use super::secret::TokenHash;

/// Failures of one login from one address that are computed in a minute.
pub const FAILURES_PER_LOGIN_MAX: u32 = 10;
/// Failures from one address, whatever the logins; an IPv6 network of 64 bits is one address.
pub const FAILURES_PER_ADDRESS_MAX: u32 = 100;
/// Failures from one network: 24 bits of an IPv4 address, 48 of an IPv6 address.
pub const FAILURES_PER_NETWORK_MAX: u32 = 1_000;
/// How many logins, addresses and networks are counted, of each. Each costs a password's hash, and a machine computes
/// fewer than these in a minute.
const COUNTED_MAX: usize = 65_536;

/// Whose failures are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// A login by its hash, so that its length does not matter.
    login: TokenHash,
    address: Owner,
    network: IpAddr,
}

impl Origin {
    pub(super) fn new(login: &str, address: IpAddr) -> Self {
        Self { login: TokenHash::of(login), address: Owner::address(address), network: network(address) }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() >> 8 << 8).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 80 << 80).into()),
    }
}

/// Failures by what they have in common.
#[derive(Debug)]
struct Counts<K>(HashMap<K, u32>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Counts<K> {
    fn has_reached(&self, key: &K, max: u32) -> bool {
        self.0.get(key).is_some_and(|count| *count >= max)
    }

    fn add(&mut self, key: K) {
        if self.0.len() < COUNTED_MAX || self.0.contains_key(&key) {
            *self.0.entry(key).or_default() += 1;
        }
    }
}

#[derive(Debug, Default)]
struct FailureCounts {
    minute: i64,
    logins: Counts<(TokenHash, Owner)>,
    addresses: Counts<Owner>,
    networks: Counts<IpAddr>,
}

/// The failures of the current minute.
#[derive(Debug, Default)]
pub(super) struct LoginThrottle(Mutex<FailureCounts>);

impl LoginThrottle {
    /// Whether a login may be tried once more.
    ///
    /// # Errors
    /// The bound that its failures have reached.
    pub(super) fn check(&self, origin: Origin, now: Moment) -> Result<(), LoginRefusal> {
        let counted = self.counted(now);
        if counted.logins.has_reached(&(origin.login, origin.address), FAILURES_PER_LOGIN_MAX) {
            Err(LoginRefusal::Login)
        } else if counted.addresses.has_reached(&origin.address, FAILURES_PER_ADDRESS_MAX) {
            Err(LoginRefusal::Address)
        } else if counted.networks.has_reached(&origin.network, FAILURES_PER_NETWORK_MAX) {
            Err(LoginRefusal::Network)
        } else {
            Ok(())
        }
    }

    /// It has failed.
    pub(super) fn count(&self, origin: Origin, now: Moment) {
        let mut counted = self.counted(now);
        counted.logins.add((origin.login, origin.address));
        counted.addresses.add(origin.address);
        counted.networks.add(origin.network);
    }

    fn counted(&self, now: Moment) -> MutexGuard<'_, FailureCounts> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.minute != now.minute() {
            *counted = FailureCounts { minute: now.minute(), ..FailureCounts::default() };
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_unix(600);

    fn origin(login: &str, address: &str) -> Origin {
        Origin::new(login, address.parse().expect("an address"))
    }

    fn fail(throttle: &LoginThrottle, times: u32, of: impl Fn(u32) -> Origin) {
        for n in 0..times {
            assert_eq!(throttle.check(of(n), NOW), Ok(()), "failure {n}");
            throttle.count(of(n), NOW);
        }
    }

    #[test]
    fn ten_failures_a_minute_for_each_login_and_address() {
        let throttle = LoginThrottle::default();
        let ann = origin("ann", "10.0.0.1");
        fail(&throttle, 10, |_| ann);
        assert_eq!(throttle.check(ann, NOW), Err(LoginRefusal::Login));
        for other in [origin("bob", "10.0.0.1"), origin("ann", "10.0.0.2")] {
            assert_eq!(throttle.check(other, NOW), Ok(()));
        }
        assert_eq!(throttle.check(ann, NOW.plus(60)), Ok(()));
    }

    /// An office behind one address whose people all mistype five times is not locked out.
    #[test]
    fn a_hundred_failures_of_an_address_whatever_the_logins() {
        let throttle = LoginThrottle::default();
        fail(&throttle, 100, |n| origin(&(n / 5).to_string(), "10.0.0.1"));
        assert_eq!(throttle.check(origin("ann", "10.0.0.1"), NOW), Err(LoginRefusal::Address));
        assert_eq!(throttle.check(origin("ann", "10.0.0.2"), NOW), Ok(()));
        assert_eq!(throttle.check(origin("ann", "::ffff:10.0.0.1"), NOW), Err(LoginRefusal::Address));
    }

    #[test]
    fn a_thousand_failures_of_a_network_whatever_the_addresses() {
        for (network, inside, outside) in
            [("10.0.0.", "10.0.0.255", "10.0.1.1"), ("2001:db8:1:", "2001:db8:1:ffff::1", "2001:db8:2::1")]
        {
            let throttle = LoginThrottle::default();
            let tail = if network.contains(':') { "::1" } else { "" };
            fail(&throttle, 1_000, |n| origin("ann", &format!("{network}{}{tail}", n / 9)));
            assert_eq!(throttle.check(origin("bob", inside), NOW), Err(LoginRefusal::Network));
            assert_eq!(throttle.check(origin("ann", outside), NOW), Ok(()));
        }
    }

    #[test]
    fn a_network_of_64_bits_is_one_address() {
        let throttle = LoginThrottle::default();
        fail(&throttle, 100, |n| origin(&n.to_string(), &format!("2001:db8::{n:x}")));
        assert_eq!(throttle.check(origin("ann", "2001:db8::ffff:1"), NOW), Err(LoginRefusal::Address));
    }
}
