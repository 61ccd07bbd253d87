//! What the phone numbers of a book become when they are read again by another number rule.
//!
//! Nothing is changed here. [`Book::preview_reread`] says what would change; [`Book::reread`] yields the effects, which a store
//! commits like those of any command. Neither takes more memory than some dozens of bytes for each number that changes.

use std::collections::BTreeSet;

use super::Book;
use super::view::ContactView;
use crate::blacklist::BlacklistNumber;
use crate::change::Effect;
use crate::id::{BlacklistId, ContactId};
use crate::runner::Runner;
use crate::text::{NumberRule, Phone, Phones};

/// Contacts that are read before the runner is asked whether to go on: some hundred microseconds.
const CONTACTS_AT_ONCE: usize = 256;

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

/// A number that several contacts have after a change, though they were written differently before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedNumber {
    /// The number.
    pub number: Phone,
    /// The contacts.
    pub contacts: BTreeSet<ContactId>,
}

/// What the numbers of a book would become.
#[derive(Debug, Default)]
pub struct RereadPreview {
    /// Phone numbers of contacts.
    pub numbers: usize,
    /// Contacts with a number that changes.
    pub contacts: usize,
    /// Numbers of contacts that change.
    pub changed: usize,
    /// Numbers on the blacklist that change.
    pub changed_on_blacklist: usize,
    /// The first of the numbers that change, contacts before the blacklist, ascending by id.
    pub changes: Vec<NumberChange>,
    /// How many numbers several contacts have then, though they were written differently before.
    pub shared_count: usize,
    /// The first of these, ascending.
    pub shared: Vec<SharedNumber>,
}

/// What changes the numbers of a book.
#[derive(Debug, Default)]
pub struct Reread {
    /// The new state of contacts and of entries of the blacklist with a number that changes.
    pub effects: Vec<Effect>,
    /// Whether there are more than were asked for.
    pub has_more: bool,
}

/// A number of a contact that changes: what it becomes, whose it is, what it was.
type ChangedNumber = (Phone, ContactId, Phone);

impl Book {
    /// What the phone numbers of contacts and of the blacklist would become by this rule, with at most `listed_max` examples of
    /// each kind. A number that the rule does not read stays. Numbers of employees are texts of their own and stay, too.
    /// `None` when the runner says to stop.
    pub fn preview_reread(&self, rule: &NumberRule, listed_max: usize, runner: &dyn Runner) -> Option<RereadPreview> {
        let mut preview = RereadPreview::default();
        let mut changed: Vec<ChangedNumber> = Vec::new();
        for (at, view) in self.iter().enumerate() {
            if at.is_multiple_of(CONTACTS_AT_ONCE) && !runner.should_continue() {
                return None;
            }
            let before = preview.changed;
            preview.numbers += view.packed_phones().len();
            let (id, holder) = (view.id(), NumberHolder::Contact(view.id()));
            reread_contact(view, rule, |before, after, is_dropped| {
                preview.changed += 1;
                changed.push((after, id, before));
                if preview.changes.len() < listed_max {
                    preview.changes.push(NumberChange { holder, before, after, is_dropped });
                }
            });
            preview.contacts += usize::from(preview.changed > before);
        }
        self.find_shared(changed, listed_max, &mut preview);
        for change in self.reread_blacklist(rule) {
            preview.changed_on_blacklist += 1;
            if preview.changes.len() < listed_max {
                preview.changes.push(change.number);
            }
        }
        Some(preview)
    }

    /// The effects that make the phone numbers of contacts and of the blacklist what they are by this rule, at most `effects_max`
    /// of them; see [`Book::preview_reread`]. `None` when the runner says to stop.
    pub fn reread(&self, rule: &NumberRule, effects_max: usize, runner: &dyn Runner) -> Option<Reread> {
        let mut effects = Vec::new();
        for (at, view) in self.iter().enumerate() {
            if at.is_multiple_of(CONTACTS_AT_ONCE) && !runner.should_continue() {
                return None;
            }
            let mut is_changed = false;
            let phones = reread_contact(view, rule, |_, _, _| is_changed = true);
            if !is_changed {
                continue;
            }
            if effects.len() == effects_max {
                return Some(Reread { effects, has_more: true });
            }
            let mut contact = view.to_contact();
            // A shorter list without duplicates.
            contact.draft.phones = Phones::new(phones, |phone| *phone).unwrap_or(contact.draft.phones);
            effects.push(Effect::PutContact(contact));
        }
        // Entries go before others take their numbers, which are unique.
        let (dropped, put): (Vec<_>, Vec<_>) = self.reread_blacklist(rule).partition(|change| change.number.is_dropped);
        effects.extend(dropped.into_iter().chain(put).map(|change| change.effect));
        let has_more = effects.len() > effects_max;
        effects.truncate(effects_max);
        Some(Reread { effects, has_more })
    }

    /// Finds the numbers that contacts share only after the change.
    fn find_shared(&self, mut changed: Vec<ChangedNumber>, listed_max: usize, preview: &mut RereadPreview) {
        changed.sort_unstable();
        for group in changed.chunk_by(|one, other| one.0 == other.0) {
            let [(number, ..), ..] = *group else { continue };
            let unchanged = self.phones.find(number.packed()).filter_map(|id| ContactId::new(id).ok());
            // Who wrote it how.
            let writers: BTreeSet<(ContactId, Phone)> =
                group.iter().map(|(_, id, before)| (*id, *before)).chain(unchanged.map(|id| (id, number))).collect();
            let writers: Vec<(ContactId, Phone)> = writers.into_iter().collect();
            let mut of_contacts = writers.chunk_by(|one, other| one.0 == other.0);
            let first = of_contacts.next().unwrap_or_default();
            let wrote_alike =
                |other: &[(ContactId, Phone)]| other.iter().map(|it| it.1).eq(first.iter().map(|it| it.1));
            if of_contacts.all(wrote_alike) {
                continue;
            }
            preview.shared_count += 1;
            if preview.shared.len() < listed_max {
                let contacts = writers.iter().map(|(id, _)| *id).collect();
                preview.shared.push(SharedNumber { number, contacts });
            }
        }
    }

    /// The entries of the blacklist that change, ascending by id. Of entries that become the same number the first one stays.
    fn reread_blacklist(&self, rule: &NumberRule) -> impl Iterator<Item = BlacklistChange> {
        let mut entries: Vec<&BlacklistNumber> = self.blacklist.iter().map(|(_, number)| number).collect();
        entries.sort_unstable_by_key(|number| number.id);
        let mut taken: BTreeSet<Phone> = BTreeSet::new();
        entries.into_iter().filter_map(move |number| {
            let (before, after) = (number.entry.phone, again(number.entry.phone, rule));
            let is_dropped = !taken.insert(after);
            let effect = if is_dropped {
                Effect::DropBlacklistNumber(number.id)
            } else if after != before {
                let mut number = number.clone();
                number.entry.phone = after;
                Effect::PutBlacklistNumber(number)
            } else {
                return None;
            };
            let holder = NumberHolder::Blacklist(number.id);
            Some(BlacklistChange { number: NumberChange { holder, before, after, is_dropped }, effect })
        })
    }
}

/// An entry of the blacklist that changes.
struct BlacklistChange {
    number: NumberChange,
    effect: Effect,
}

/// The numbers of a contact by the rule, each once; `on_change` is told of those that change: before, after, whether it is dropped.
fn reread_contact(
    view: ContactView<'_>,
    rule: &NumberRule,
    mut on_change: impl FnMut(Phone, Phone, bool),
) -> Vec<Phone> {
    let mut phones: Vec<Phone> = Vec::new();
    for before in view.phone_numbers() {
        let after = again(before, rule);
        let is_dropped = phones.contains(&after);
        if after != before || is_dropped {
            on_change(before, after, is_dropped);
        }
        if !is_dropped {
            phones.push(after);
        }
    }
    phones
}

/// The number as the rule reads its digits.
fn again(stored: Phone, rule: &NumberRule) -> Phone {
    Phone::read(&stored.to_string(), rule).unwrap_or(stored)
}
