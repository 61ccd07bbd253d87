//! What the phone numbers of a book become when they are read again by another number rule.
//!
//! Nothing is changed here: [`Book::reread`] yields the effects, which a store commits like those of any command.

use std::collections::{BTreeMap, BTreeSet};

use super::Book;
use crate::blacklist::BlacklistNumber;
use crate::change::Effect;
use crate::id::{BlacklistId, ContactId};
use crate::text::{NumberRule, Phone, Phones};

/// Who has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NumberHolder {
    /// A contact.
    Contact(ContactId),
    /// An entry of the blacklist.
    Blacklist(BlacklistId),
}

/// A number that is read otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberChange {
    /// Who has it.
    pub holder: NumberHolder,
    /// As it is stored.
    pub before: Phone,
    /// As the rule reads it.
    pub after: Phone,
    /// Whether it is dropped, because the holder, or for the blacklist another entry, has the number already.
    pub is_dropped: bool,
}

/// What becomes of a book.
#[derive(Debug, Default)]
pub struct Reread {
    /// The new state of every contact and every entry of the blacklist with a number that changes.
    pub effects: Vec<Effect>,
    /// The numbers that change, contacts first, ascending by id.
    pub changes: Vec<NumberChange>,
    /// Numbers that several contacts have then, though they were written differently before, with these contacts.
    pub shared: BTreeMap<Phone, BTreeSet<ContactId>>,
}

impl Reread {
    /// Contacts with a number that changes.
    pub fn contacts(&self) -> usize {
        self.effects.iter().filter(|effect| effect.is_of_contact()).count()
    }
}

impl Book {
    /// What the phone numbers of contacts and of the blacklist become by this rule. A number that the rule does not read
    /// stays. Numbers of employees are texts of their own and stay, too.
    pub fn reread(&self, rule: &NumberRule) -> Reread {
        let mut reread = Reread::default();
        for view in self.iter() {
            let holder = NumberHolder::Contact(view.id());
            let mut phones: Vec<Phone> = Vec::new();
            let first_change = reread.changes.len();
            for before in view.phone_numbers() {
                let after = again(before, rule);
                let is_dropped = phones.contains(&after);
                if after != before || is_dropped {
                    reread.changes.push(NumberChange { holder, before, after, is_dropped });
                }
                if !is_dropped {
                    phones.push(after);
                }
            }
            if reread.changes.len() > first_change {
                let mut contact = view.to_contact();
                // A shorter list without duplicates.
                contact.draft.phones = Phones::new(phones, |phone| *phone).unwrap_or(contact.draft.phones);
                reread.effects.push(Effect::PutContact(contact));
            }
        }
        self.find_shared(&mut reread);
        self.reread_blacklist(rule, &mut reread);
        reread
    }

    /// Finds the numbers that contacts share only after the change.
    fn find_shared(&self, reread: &mut Reread) {
        for change in &reread.changes {
            if let NumberHolder::Contact(id) = change.holder {
                reread.shared.entry(change.after).or_default().insert(id);
            }
        }
        for (after, contacts) in &mut reread.shared {
            contacts.extend(self.phones.find(after.packed()).filter_map(|id| ContactId::new(id).ok()));
        }
        let wrote_alike = |contacts: &BTreeSet<ContactId>, after: &Phone| {
            // All wrote it in one and the same other way.
            let before = |id: &ContactId| {
                let of = |change: &&NumberChange| change.holder == NumberHolder::Contact(*id) && change.after == *after;
                let at = reread.changes.partition_point(|change| change.holder < NumberHolder::Contact(*id));
                reread.changes[at..].iter().take(crate::text::PER_CONTACT_MAX).find(of).map(|change| change.before)
            };
            let mut spellings = contacts.iter().map(before);
            let first = spellings.next();
            spellings.all(|spelling| Some(spelling) == first)
        };
        let shared = std::mem::take(&mut reread.shared);
        reread.shared = shared
            .into_iter()
            .filter(|(after, contacts)| contacts.len() > 1 && !wrote_alike(contacts, after))
            .collect();
    }

    /// Of entries that become the same number the first one stays.
    fn reread_blacklist(&self, rule: &NumberRule, reread: &mut Reread) {
        let mut entries: Vec<&BlacklistNumber> = self.blacklist.iter().map(|(_, number)| number).collect();
        entries.sort_unstable_by_key(|number| number.id);
        let mut taken: BTreeSet<Phone> = BTreeSet::new();
        // Entries go before others take their numbers, which are unique.
        let (mut dropped, mut changed) = (Vec::new(), Vec::new());
        for number in entries {
            let (before, after) = (number.entry.phone, again(number.entry.phone, rule));
            let is_dropped = !taken.insert(after);
            if is_dropped {
                dropped.push(Effect::DropBlacklistNumber(number.id));
            } else if after != before {
                let mut number = number.clone();
                number.entry.phone = after;
                changed.push(Effect::PutBlacklistNumber(number));
            }
            if is_dropped || after != before {
                let holder = NumberHolder::Blacklist(number.id);
                reread.changes.push(NumberChange { holder, before, after, is_dropped });
            }
        }
        reread.effects.append(&mut dropped);
        reread.effects.append(&mut changed);
    }
}

/// The number as the rule reads its digits.
fn again(stored: Phone, rule: &NumberRule) -> Phone {
    Phone::read(&stored.to_string(), rule).unwrap_or(stored)
}
