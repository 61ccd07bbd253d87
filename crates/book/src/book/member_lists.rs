//! Members of organizations, managers, groups and mail domains, and contacts by the last digits of their numbers, in the order in which they were asked for.
//!
//! A question such as "the contacts of this organization by last name, the first fifty, and how many there are" is
//! asked again and again. Its answer is kept as a list of all members in that order, so that a page costs what the page
//! costs and the total nothing. All states of a book share the lists. A list belongs to the revision of the state that it
//! was made from and is used for that revision only; for a later one it is brought up to date with the contacts that have
//! changed since ([`ChangedContacts`]), or made again if those are not known.
//!
//! A list is made when its question has been asked several times, more often for a longer one, because sorting all
//! members takes longer than finding a page. The lists of a book take at most [`BYTES_PER_CONTACT`]; those
//! that were used least recently are dropped.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::recent_changes::RecentChanges;
use crate::id::Revision;
use crate::text::PhoneSuffix;

/// Minimum number of members of which a list is kept; fewer are sorted at once.
const MEMBERS_MIN: usize = 64;
/// A list is made at the second question, and one question later for each of so many members.
const MEMBERS_PER_QUESTION: usize = 4_096;
/// Maximum number of bytes of all lists of a book, for each of its contacts.
pub(crate) const BYTES_PER_CONTACT: usize = 8;
/// The part of the lists that is dropped when they take more: one in this number.
const DROPPED_DIVISOR: usize = 8;
/// Maximum number of bytes of all lists of a small book.
const BYTES_MIN: usize = 65_536;
/// Maximum number of keys that questions are counted for.
const COUNTED_KEYS_MAX: usize = 1_024;
/// Estimated bytes of an entry besides its members.
const ENTRY_BYTES: usize = 256;
/// Maximum number of changes that are remembered: with more since a list was made, it is made again.
const CHANGES_MAX: usize = 4_096;

/// Whose members a list has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum MembersOf {
    /// Contacts of the organization with this id.
    Organization(u64),
    /// Contacts whose personal manager is the employee with this id.
    Manager(u64),
    /// Contacts in the group with this id.
    Group(u64),
    /// Contacts with an e-mail address that ends with this: `@` and a domain.
    MailDomain(Box<str>),
    /// Contacts with a phone number that ends with these digits.
    PhoneSuffix(PhoneSuffix),
}

/// A list of members in an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct MemberListKey {
    /// Whose members.
    pub(crate) of: MembersOf,
    /// Fields that they are sorted by, each with whether it is descending; then by id.
    pub(crate) sort: Box<[(usize, bool)]>,
}

/// The ids of all members in order.
#[derive(Debug)]
pub(crate) struct MemberList {
    /// The revision of the book that it is of.
    pub(crate) revision: Revision,
    first_id: u64,
    /// Ids less `first_id`.
    offsets: Vec<u32>,
}

impl MemberList {
    /// A list of these ids; none if they are too far from each other.
    pub(crate) fn new(revision: Revision, ids: &[u64]) -> Option<Self> {
        let first_id = ids.iter().copied().min().unwrap_or(0);
        let mut offsets = Vec::with_capacity(ids.len());
        for id in ids {
            offsets.push(u32::try_from(id - first_id).ok()?);
        }
        Some(Self { revision, first_id, offsets })
    }

    /// The number of members.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// The ids at these places.
    pub(crate) fn ids(&self, places: Range<usize>) -> impl ExactSizeIterator<Item = u64> + '_ {
        self.offsets[places].iter().map(|offset| self.first_id + u64::from(*offset))
    }

    fn bytes(&self) -> usize {
        ENTRY_BYTES + self.offsets.capacity() * size_of::<u32>()
    }
}

#[derive(Debug)]
struct Entry {
    list: Arc<MemberList>,
    /// When it was used last, in uses of all lists.
    used: AtomicU64,
}

#[derive(Debug, Default)]
struct Lists {
    by_key: HashMap<MemberListKey, Entry>,
    bytes: usize,
    /// How often lists were asked for that do not exist.
    asked: HashMap<MemberListKey, u32>,
}

#[derive(Debug)]
struct SharedLists {
    lists: RwLock<Lists>,
    uses: AtomicU64,
    members_min: AtomicUsize,
}

impl Default for SharedLists {
    fn default() -> Self {
        Self { lists: RwLock::default(), uses: AtomicU64::new(0), members_min: AtomicUsize::new(MEMBERS_MIN) }
    }
}

/// What a question finds of the list that it asks for.
#[derive(Debug)]
pub(crate) enum Kept {
    /// The list for the state of the book.
    Present(Arc<MemberList>),
    /// The list of an earlier state, and the ids of the contacts that have changed since, ascending.
    Earlier(Arc<MemberList>, Vec<u64>),
    /// No list that can be used.
    None,
}

/// The lists of members of a book, as seen from one of its states.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemberLists {
    shared: Arc<SharedLists>,
    changes: ChangedContacts,
}

impl MemberLists {
    /// The list with this key for the state of the book at this revision.
    pub(crate) fn find(&self, key: &MemberListKey, revision: Revision) -> Kept {
        let lists = self.shared.lists.read().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = lists.by_key.get(key) else { return Kept::None };
        entry.used.store(self.shared.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let list = Arc::clone(&entry.list);
        drop(lists);
        match list.revision {
            of if of == revision => Kept::Present(list),
            of if of < revision => match self.changes.since(of) {
                Some(changed) => Kept::Earlier(list, changed),
                None => Kept::None,
            },
            _ => Kept::None,
        }
    }

    /// Counts a question about these members that was answered without a list; whether a list is to be made now.
    pub(crate) fn is_due(&self, key: &MemberListKey, revision: Revision, members: usize, contacts: usize) -> bool {
        let bytes = ENTRY_BYTES + members * size_of::<u32>();
        if members < self.shared.members_min.load(Ordering::Relaxed) || bytes > self.bytes_max(contacts) {
            return false;
        }
        let mut lists = self.shared.lists.write().unwrap_or_else(PoisonError::into_inner);
        let known = lists.by_key.get(key).map(|entry| (entry.list.revision, entry.list.bytes()));
        if let Some((of, bytes)) = known {
            if of >= revision {
                // Another question has made it meanwhile.
                return false;
            }
            // It cannot be brought up to date.
            lists.bytes -= bytes;
            lists.by_key.remove(key);
        }
        if lists.asked.len() >= COUNTED_KEYS_MAX {
            lists.asked.clear();
        }
        let asked = lists.asked.entry(key.clone()).or_default();
        *asked = asked.saturating_add(1);
        let is_due = *asked as usize > 1 + members / MEMBERS_PER_QUESTION;
        if is_due {
            lists.asked.remove(key);
        }
        is_due
    }

    /// Keeps a list, unless there is one of a later state.
    pub(crate) fn keep(&self, key: &MemberListKey, list: &Arc<MemberList>, contacts: usize) {
        let mut lists = self.shared.lists.write().unwrap_or_else(PoisonError::into_inner);
        if lists.by_key.get(key).is_some_and(|entry| entry.list.revision > list.revision) {
            return;
        }
        let used = AtomicU64::new(self.shared.uses.fetch_add(1, Ordering::Relaxed));
        lists.bytes += list.bytes();
        if let Some(old) = lists.by_key.insert(key.clone(), Entry { list: Arc::clone(list), used }) {
            lists.bytes -= old.list.bytes();
        }
        if lists.bytes > self.bytes_max(contacts) {
            lists.drop_least_used(self.bytes_max(contacts));
        }
    }

    /// Maximum number of bytes of the lists of a book of so many contacts.
    fn bytes_max(&self, contacts: usize) -> usize {
        (contacts * BYTES_PER_CONTACT).max(BYTES_MIN)
    }

    /// Drops all lists.
    pub(crate) fn drop_all(&self) {
        *self.shared.lists.write().unwrap_or_else(PoisonError::into_inner) = Lists::default();
    }

    /// Sets the minimum number of members of which a list is kept.
    pub(crate) fn set_members_min(&self, members: usize) {
        self.shared.members_min.store(members, Ordering::Relaxed);
    }

    /// The number of lists.
    pub(crate) fn len(&self) -> usize {
        self.shared.lists.read().unwrap_or_else(PoisonError::into_inner).by_key.len()
    }

    /// A contact was added, changed or deleted by a change that leads to this revision.
    pub(crate) fn note_change(&mut self, id: u64, revision: Revision) {
        self.changes.note(id, revision);
    }

    /// Ends a change that leads to this revision.
    pub(crate) fn end_change(&mut self, revision: Revision) {
        let is_needed = {
            let lists = self.shared.lists.read().unwrap_or_else(PoisonError::into_inner);
            // A list that will be made soon is to be brought up to date, too.
            !lists.by_key.is_empty() || !lists.asked.is_empty()
        };
        if self.changes.is_kept || is_needed {
            self.changes.end(revision, is_needed);
        }
    }

    /// Bytes of memory of the lists and the changes.
    pub(crate) fn bytes(&self) -> usize {
        let lists = self.shared.lists.read().unwrap_or_else(PoisonError::into_inner);
        lists.bytes + lists.asked.len() * ENTRY_BYTES + self.changes.changes.bytes()
    }
}

impl Lists {
    fn drop_least_used(&mut self, bytes_max: usize) {
        let mut uses: Vec<u64> = self.by_key.values().map(|entry| entry.used.load(Ordering::Relaxed)).collect();
        uses.sort_unstable();
        let mut at = 0;
        while self.bytes > bytes_max && at < uses.len() {
            at += uses.len().div_ceil(DROPPED_DIVISOR);
            let kept_from = uses.get(at).copied().unwrap_or(u64::MAX);
            self.by_key.retain(|_, entry| entry.used.load(Ordering::Relaxed) >= kept_from);
            self.bytes = self.by_key.values().map(|entry| entry.list.bytes()).sum();
        }
    }
}

/// The contacts that have changed since a revision, as far as they are remembered. They are while there are lists, or
/// questions that a list would answer.
#[derive(Debug, Clone, Default)]
struct ChangedContacts {
    /// Ids of contacts.
    changes: RecentChanges,
    /// Whether changes are remembered.
    is_kept: bool,
}

impl ChangedContacts {
    fn note(&mut self, id: u64, revision: Revision) {
        if self.is_kept {
            self.changes.note(id, revision);
        }
    }

    /// The ids of the contacts that have changed after this revision, ascending; none if they are not remembered.
    fn since(&self, revision: Revision) -> Option<Vec<u64>> {
        self.changes.since(revision, usize::MAX).filter(|_| self.is_kept)
    }

    /// Ends a change: forgets the oldest ones if they are too many, or all if nobody needs them.
    fn end(&mut self, revision: Revision, is_needed: bool) {
        if !self.is_kept || !is_needed {
            // The changes up to this one were not noted.
            *self = Self { changes: RecentChanges::after(revision), is_kept: is_needed };
            return;
        }
        let surplus = self.changes.len().saturating_sub(CHANGES_MAX);
        if surplus == 0 {
            return;
        }
        // A quarter more, so that this is not done at every change; whole revisions, so that what is left is complete.
        let last = self.changes.nth(surplus + CHANGES_MAX / 4).unwrap_or(revision);
        if last >= revision {
            *self = Self { changes: RecentChanges::after(revision), is_kept: true };
        } else {
            self.changes.forget(last, usize::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(organization: u64) -> MemberListKey {
        MemberListKey { of: MembersOf::Organization(organization), sort: [(1, false)].into() }
    }

    fn list(revision: u64, members: u64) -> Arc<MemberList> {
        let ids: Vec<u64> = (5..5 + members).rev().collect();
        Arc::new(MemberList::new(Revision(revision), &ids).expect("near ids"))
    }

    #[test]
    fn a_list_is_of_its_revision_and_later_ones_are_told_what_has_changed() {
        let mut lists = MemberLists::default();
        lists.keep(&key(1), &list(7, 100), 1_000);
        assert!(matches!(lists.find(&key(1), Revision(7)), Kept::Present(list) if list.len() == 100));
        assert!(matches!(lists.find(&key(1), Revision(6)), Kept::None), "of a later state");
        assert!(matches!(lists.find(&key(1), Revision(8)), Kept::None), "the changes were not noted");
        lists.end_change(Revision(8));
        lists.keep(&key(1), &list(8, 100), 1_000);
        for revision in [9, 10] {
            lists.note_change(11, Revision(revision));
            lists.note_change(3, Revision(revision));
            lists.end_change(Revision(revision));
        }
        assert!(matches!(lists.find(&key(1), Revision(10)), Kept::Earlier(_, changed) if changed == [3, 11]));
        lists.drop_all();
        assert!(matches!(lists.find(&key(1), Revision(10)), Kept::None));
    }

    #[test]
    fn changes_are_forgotten_by_whole_revisions() {
        let mut changes = ChangedContacts { is_kept: true, ..ChangedContacts::default() };
        for revision in 1..=3 * CHANGES_MAX as u64 {
            changes.note(revision % 7, Revision(revision));
            changes.note(8, Revision(revision));
            changes.end(Revision(revision), true);
            assert!(changes.changes.len() <= CHANGES_MAX);
        }
        assert!(changes.since(Revision(1)).is_none());
        assert_eq!(changes.since(Revision(3 * CHANGES_MAX as u64 - 2)).expect("remembered").len(), 3);
        let many = 3 * CHANGES_MAX as u64 + 1;
        (0..2 * CHANGES_MAX as u64).for_each(|id| changes.note(id, Revision(many)));
        changes.end(Revision(many), true);
        assert_eq!(changes.changes.len(), 0);
        assert_eq!(changes.since(Revision(many)), Some(Vec::new()));
        assert_eq!(changes.since(Revision(many - 1)), None);
    }

    #[test]
    fn a_list_is_used_although_a_change_comes_before_every_question() {
        let mut lists = MemberLists::default();
        let mut used = 0;
        for revision in 1..=20 {
            lists.note_change(5, Revision(revision));
            lists.end_change(Revision(revision));
            let is_known = !matches!(lists.find(&key(1), Revision(revision)), Kept::None);
            if is_known || lists.is_due(&key(1), Revision(revision), 100, 1_000) {
                lists.keep(&key(1), &list(revision, 100), 1_000);
            }
            used += usize::from(is_known);
        }
        assert_eq!(used, 18, "made at the second question");
    }

    #[test]
    fn lists_that_were_used_least_recently_are_dropped() {
        let lists = MemberLists::default();
        let contacts = 100_000;
        for organization in 0..2_000 {
            lists.keep(&key(organization), &list(1, 200), contacts);
            assert!(matches!(lists.find(&key(0), Revision(1)), Kept::Present(_)), "used all the time");
            assert!(lists.bytes() <= contacts * BYTES_PER_CONTACT + ENTRY_BYTES);
        }
        assert!(matches!(lists.find(&key(1_999), Revision(1)), Kept::Present(_)));
        assert!(matches!(lists.find(&key(1), Revision(1)), Kept::None));
    }

    #[test]
    fn a_list_is_made_at_the_second_question_and_later_if_it_is_long() {
        let lists = MemberLists::default();
        let questions =
            |members: usize| (1..).find(|_| lists.is_due(&key(members as u64), Revision(1), members, 1_000_000));
        assert_eq!(questions(MEMBERS_MIN), Some(2));
        assert_eq!(questions(40_960), Some(12));
        assert!(!(0..100).any(|_| lists.is_due(&key(1), Revision(1), MEMBERS_MIN - 1, 1_000_000)), "sorted at once");
        assert!(!(0..100_000).any(|_| lists.is_due(&key(1), Revision(1), 30_000, 10_000)), "takes more than all may");
    }
}
