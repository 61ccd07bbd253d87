//! How a demo contact is reached: phone numbers after national patterns and plausible e-mail
//! addresses under domains reserved for examples.

use super::dice::Dice;
use crate::demo::names::trade;

/// Phones of one contact.
const PHONES_MAX: usize = 10;
/// E-mails of one contact.
const EMAILS_MAX: usize = 10;

/// How many phones: mostly one or two, about 1.8 on average, with a tail to the bound.
pub fn phone_count(dice: &mut Dice) -> usize {
    match dice.below(1000) {
        0..530 => 1,
        530..830 => 2,
        830..930 => 3,
        930..965 => 4,
        965..983 => 5,
        _ => 6 + dice.index(PHONES_MAX - 5),
    }
}

/// How many e-mails: often none, about 0.9 on average.
pub fn email_count(dice: &mut Dice) -> usize {
    match dice.below(1000) {
        0..420 => 0,
        420..800 => 1,
        800..930 => 2,
        930..970 => 3,
        970..988 => 4,
        _ => 5 + dice.index(EMAILS_MAX - 4),
    }
}

/// A number after `pattern`: `#` any digit, `N` one of 2…9, the rest as it stands.
pub fn phone(dice: &mut Dice, pattern: &str) -> String {
    let mut spare = dice.next();
    let mut digit = |from: u64| {
        let drawn = from + spare % (10 - from);
        spare /= 10;
        char::from(b'0' + u8::try_from(drawn).expect("a decimal digit"))
    };
    let drawn = pattern.chars().map(|place| match place {
        '#' => digit(0),
        'N' => digit(2),
        fixed => fixed,
    });
    drawn.collect()
}

/// An extension inside a company's own exchange.
pub fn extension(dice: &mut Dice) -> String {
    let pattern = *dice.one(&["N##", "N###", "N####"]);
    phone(dice, pattern)
}

/// Adds `count` phones that the list does not hold yet.
pub fn add_phones(dice: &mut Dice, patterns: &[&str], count: usize, list: &mut Vec<String>) {
    let wanted = (list.len() + count).min(PHONES_MAX);
    while list.len() < wanted {
        let pattern = *dice.one(patterns);
        let fresh = phone(dice, pattern);
        if !list.contains(&fresh) {
            list.push(fresh);
        }
    }
}

/// What an address is made from; any of the two names may be empty.
#[derive(Debug, Clone, Copy)]
pub struct Mailbox<'a> {
    pub first: &'a str,
    pub last: &'a str,
    /// The domain of the contact's organization.
    pub work: Option<&'a str>,
}

impl Mailbox<'_> {
    /// `count` addresses, none twice even when case is ignored.
    pub fn addresses(self, dice: &mut Dice, count: usize) -> Vec<String> {
        let wanted = count.min(EMAILS_MAX);
        let mut list: Vec<String> = Vec::with_capacity(wanted);
        while list.len() < wanted {
            let fresh = self.address(dice);
            if !list.iter().any(|known| known.eq_ignore_ascii_case(&fresh)) {
                list.push(fresh);
            }
        }
        list
    }

    fn address(self, dice: &mut Dice) -> String {
        let mut address = self.local(dice);
        address.push('@');
        match self.work {
            Some(work) if dice.chance(550) => address.push_str(work),
            _ => address.push_str(dice.one::<&str>(&trade::MAIL_DOMAINS)),
        }
        address
    }

    fn local(self, dice: &mut Dice) -> String {
        let Self { first, last, .. } = self;
        let mut local = String::with_capacity(40);
        if last.is_empty() {
            local.push_str(if first.is_empty() { dice.one::<&str>(&trade::DESKS) } else { first });
        } else if first.is_empty() {
            local.push_str(last);
        } else {
            full(dice, first, last, &mut local);
        }
        ending(dice, &mut local);
        local
    }
}

fn full(dice: &mut Dice, first: &str, last: &str, local: &mut String) {
    let (parts, between) = match dice.below(20) {
        0..8 => ([first, last], "."),
        8..11 => ([last, first], "."),
        11..15 => ([&first[..1], last], *dice.one(&["", "."])),
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

fn ending(dice: &mut Dice, local: &mut String) {
    match dice.below(100) {
        0..22 => local.push_str(&(1955 + dice.below(55)).to_string()),
        22..34 => local.push_str(&(1 + dice.below(99)).to_string()),
        34..36 => local.push_str("+work"),
        _ => {}
    }
}
