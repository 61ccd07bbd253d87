//! Contact points of demo contacts: phone numbers of national patterns, and e-mail addresses under domains that are
//! reserved for examples.

use super::rng::Rng;
use crate::demo::names::trade;

/// Maximum number of phone numbers of a contact.
const PHONES_MAX: usize = 10;
/// Maximum number of e-mail addresses of a contact.
const EMAILS_MAX: usize = 10;

/// A number of phone numbers: mostly one or two, about 1.8 on average.
pub fn phone_count(rng: &mut Rng) -> usize {
    match rng.below(1000) {
        0..530 => 1,
        530..830 => 2,
        830..930 => 3,
        930..965 => 4,
        965..983 => 5,
        _ => 6 + rng.index(PHONES_MAX - 5),
    }
}

/// A number of e-mail addresses: often none, about 0.9 on average.
pub fn email_count(rng: &mut Rng) -> usize {
    match rng.below(1000) {
        0..420 => 0,
        420..800 => 1,
        800..930 => 2,
        930..970 => 3,
        970..988 => 4,
        _ => 5 + rng.index(EMAILS_MAX - 4),
    }
}

/// A phone number of a pattern: `#` is any digit, `N` a digit from 2 to 9, others are literal.
pub fn phone(rng: &mut Rng, pattern: &str) -> String {
    let mut spare = rng.next();
    let mut digit = |from: u64| {
        let sampled = from + spare % (10 - from);
        spare /= 10;
        char::from(b'0' + u8::try_from(sampled).expect("a decimal digit"))
    };
    let sampled = pattern.chars().map(|place| match place {
        '#' => digit(0),
        'N' => digit(2),
        fixed => fixed,
    });
    sampled.collect()
}

/// An internal extension number.
pub fn extension(rng: &mut Rng) -> String {
    let pattern = *rng.choose(&["N##", "N###", "N####"]);
    phone(rng, pattern)
}

/// Adds `count` phone numbers that are not in the list.
pub fn add_phones(rng: &mut Rng, patterns: &[&str], count: usize, list: &mut Vec<String>) {
    let wanted = (list.len() + count).min(PHONES_MAX);
    while list.len() < wanted {
        let pattern = *rng.choose(patterns);
        let fresh = phone(rng, pattern);
        if !list.contains(&fresh) {
            list.push(fresh);
        }
    }
}

/// The parts of an e-mail address; either name may be empty.
#[derive(Debug, Clone, Copy)]
pub struct Mailbox<'a> {
    pub first: &'a str,
    pub last: &'a str,
    /// The domain of the contact's organization.
    pub work: Option<&'a str>,
}

impl Mailbox<'_> {
    /// `count` addresses that differ also when case is ignored.
    pub fn addresses(self, rng: &mut Rng, count: usize) -> Vec<String> {
        let wanted = count.min(EMAILS_MAX);
        let mut list: Vec<String> = Vec::with_capacity(wanted);
        while list.len() < wanted {
            let fresh = self.address(rng);
            if !list.iter().any(|known| known.eq_ignore_ascii_case(&fresh)) {
                list.push(fresh);
            }
        }
        list
    }

    fn address(self, rng: &mut Rng) -> String {
        let mut address = self.local(rng);
        address.push('@');
        match self.work {
            Some(work) if rng.chance(550) => address.push_str(work),
            _ => address.push_str(rng.choose::<&str>(&trade::MAIL_DOMAINS)),
        }
        address
    }

    fn local(self, rng: &mut Rng) -> String {
        let Self { first, last, .. } = self;
        let mut local = String::with_capacity(40);
        if last.is_empty() {
            local.push_str(if first.is_empty() { rng.choose::<&str>(&trade::ROLE_MAILBOXES) } else { first });
        } else if first.is_empty() {
            local.push_str(last);
        } else {
            full(rng, first, last, &mut local);
        }
        ending(rng, &mut local);
        local
    }
}

fn full(rng: &mut Rng, first: &str, last: &str, local: &mut String) {
    let (parts, between) = match rng.below(20) {
        0..8 => ([first, last], "."),
        8..11 => ([last, first], "."),
        11..15 => ([&first[..1], last], *rng.choose(&["", "."])),
        15..17 => ([first, last], "_"),
        17 => ([first, last], ""),
        18 => ([last, ""], ""),
        _ => {
            local.push_str(&capital(first));
            local.push('.');
            local.push_str(&capital(last));
            return;
        }
    };
    local.push_str(parts[0]);
    local.push_str(between);
    local.push_str(parts[1]);
}

fn capital(ascii: &str) -> String {
    ascii[..1].to_ascii_uppercase() + &ascii[1..]
}

fn ending(rng: &mut Rng, local: &mut String) {
    match rng.below(100) {
        0..22 => local.push_str(&(1955 + rng.below(55)).to_string()),
        22..34 => local.push_str(&(1 + rng.below(99)).to_string()),
        34..36 => local.push_str("+work"),
        _ => {}
    }
}
