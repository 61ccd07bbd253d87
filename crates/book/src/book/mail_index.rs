//! The index of e-mail addresses: who has an address, and who has one in a domain.
//!
//! A key is half the hash of the domain, in lower case, followed by half the hash of the whole address: the addresses of
//! a domain are a range of keys. What is found must be compared with the addresses themselves. The index exists in books
//! of more than [`CONTACTS_MIN`] contacts; fewer are scanned.

use std::borrow::Cow;
use std::ops::Range;

use super::pairs::{Pair, PairIndex};
use super::text_hash::text_hash;

/// Number of contacts above which there is an index.
const CONTACTS_MIN: usize = 1_024;
/// Number of bits of each half of a key.
const HALF: u32 = 32;

/// The index of e-mail addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct MailIndex {
    pairs: PairIndex,
    exists: bool,
}

impl MailIndex {
    /// An index of these pairs of a key and the id of a contact, which must be sorted and without duplicates; for a book
    /// of so many contacts.
    pub(crate) fn from_sorted(pairs: &[Pair], contacts: usize) -> Self {
        if contacts > CONTACTS_MIN {
            Self { pairs: PairIndex::from_sorted(pairs), exists: true }
        } else {
            Self::default()
        }
    }

    /// Ids of the contacts that may have this address; none if there is no index.
    pub(crate) fn find(&self, email: &str) -> Option<impl Iterator<Item = u64> + '_> {
        self.exists.then(|| self.pairs.find(key(email)))
    }

    /// Ids of the contacts that may have an address in this domain, which is in lower case; repeated where they have
    /// several. None if there is no index.
    pub(crate) fn find_domain(&self, domain: &str) -> Option<impl Iterator<Item = u64> + '_> {
        let Range { start, end } = keys_of(domain);
        let found = move || self.pairs.from((start, 0)).take_while(move |pair| pair.0 < end || end == 0);
        self.exists.then(|| found().map(|pair| pair.1))
    }

    /// Whether an index is to be made for a book of so many contacts.
    pub(crate) fn is_due(&self, contacts: usize) -> bool {
        !self.exists && contacts > CONTACTS_MIN
    }

    /// The pairs, ascending.
    pub(crate) fn pairs(&self) -> &PairIndex {
        &self.pairs
    }

    pub(crate) fn insert(&mut self, email: &str, id: u64) {
        if self.exists {
            self.pairs.insert((key(email), id));
        }
    }

    /// Inserts a pair of a [`key`] and the id of a contact.
    pub(crate) fn insert_pair(&mut self, pair: Pair) {
        if self.exists {
            self.pairs.insert(pair);
        }
    }

    pub(crate) fn remove(&mut self, email: &str, id: u64) {
        if self.exists {
            self.pairs.remove((key(email), id));
        }
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.pairs.bytes()
    }
}

/// What follows the last `@`; the whole text without one.
fn domain_of(email: &str) -> &str {
    email.rsplit_once('@').map_or(email, |(_, domain)| domain)
}

/// The key of an address.
pub(crate) fn key(email: &str) -> u64 {
    let domain = domain_of(email);
    let is_folded = domain.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    let domain = if is_folded { Cow::Borrowed(domain) } else { Cow::Owned(pg_regex::lower_case(domain)) };
    keys_of(&domain).start | text_hash(email) >> HALF
}

/// The keys of the addresses in a domain; the end is 0 for the last ones.
fn keys_of(domain: &str) -> Range<u64> {
    let start = text_hash(domain) >> HALF << HALF;
    start..start.wrapping_add(1 << HALF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_whole_and_by_domain() {
        let emails = ["a@x.example", "b@X.example", "b@y.example", "\"a@b\"@x.example", "ч@пример.рф", "Ч@ПРИМЕР.РФ"];
        let mut pairs: Vec<Pair> = emails.iter().enumerate().map(|(id, email)| (key(email), id as u64)).collect();
        pairs.sort_unstable();
        let mut index = MailIndex::from_sorted(&pairs, CONTACTS_MIN + 1);
        let domain = |index: &MailIndex, domain: &str| {
            let mut ids: Vec<u64> = index.find_domain(domain).expect("an index").collect();
            ids.sort_unstable();
            ids
        };
        for (id, email) in emails.iter().enumerate() {
            assert_eq!(index.find(email).expect("an index").collect::<Vec<_>>(), [id as u64]);
        }
        assert_eq!(domain(&index, "x.example"), [0, 1, 3]);
        assert_eq!(domain(&index, "пример.рф"), [4, 5]);
        index.remove("b@X.example", 1);
        index.insert("c@x.example", 7);
        assert_eq!(domain(&index, "x.example"), [0, 3, 7]);
        assert!(MailIndex::from_sorted(&pairs, CONTACTS_MIN).find("a@x.example").is_none(), "few contacts are scanned");
    }
}
