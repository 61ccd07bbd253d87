//! Answers questions for the members of an organization, a manager, a group or a mail domain from a list of them that is
//! kept in the order of the question ([`crate::book::member_lists`]).

use std::cmp::Ordering;
use std::sync::Arc;

use super::ask::Direction;
use super::contact_page::Hit;
use super::matches::Matches;
use super::plan::{Plan, SortBy};
use super::sort_order::{SortOrder, sort_key_of};
use super::top_k::TieBreak;
use crate::book::Book;
use crate::book::chunk::Chunk;
use crate::book::member_lists::{Kept, MemberList, MemberListKey, MembersOf};
use crate::collation::SortKey;
use crate::runner::{Runner, sort_in_pieces};

/// Maximum number of members of a list. Sorting so many takes a tenth of a second, once for as many questions as
/// [`crate::book::member_lists`] counts first.
const MEMBERS_MAX: usize = 262_144;
/// A list is brought up to date while at most one in this number of its members has changed, and [`CHANGED_MIN`].
const CHANGED_DIVISOR: usize = 8;
/// Number of changed contacts up to which a list is always brought up to date.
const CHANGED_MIN: usize = 16;
/// Members whose sort keys are read before the runner is asked whether to continue.
const READ_AT_ONCE: usize = 1_024;
/// Number of sort keys that are read before members are compared.
const KEYS_READ: usize = 2;

/// The list that a question asks for.
#[derive(Debug)]
pub(super) struct MemberAccess {
    key: MemberListKey,
    kept: Kept,
}

impl MemberAccess {
    /// The list of these members in the order of the plan.
    pub(super) fn choose(book: &Book, of: MembersOf, plan: &Plan) -> Self {
        let mut sort: Vec<(usize, bool)> = Vec::with_capacity(plan.sort().len());
        for by in plan.sort() {
            if sort.iter().all(|(field, _)| *field != by.field) {
                sort.push((by.field, by.direction == Direction::Descending));
            }
        }
        let key = MemberListKey { of, sort: sort.into() };
        let kept = match book.member_lists.find(&key, book.revision) {
            Kept::Earlier(list, changed) if changed.len() > CHANGED_MIN.max(list.len() / CHANGED_DIVISOR) => Kept::None,
            kept => kept,
        };
        Self { key, kept }
    }

    /// Whether the list exists and can be used.
    pub(super) fn is_kept(&self) -> bool {
        !matches!(self.kept, Kept::None)
    }

    /// The number of contacts that have to be looked at besides those of the page, if the list is used.
    pub(super) fn candidates(&self) -> usize {
        match &self.kept {
            Kept::Earlier(list, changed) => list.len() / CHANGED_DIVISOR + changed.len() * CHANGED_DIVISOR,
            Kept::Present(_) | Kept::None => 0,
        }
    }

    /// The answer by the list, which is brought up to date first, if it can be used.
    pub(super) fn answer(&self, book: &Book, plan: &Plan) -> Option<Matches> {
        match &self.kept {
            Kept::Present(list) => Some(page(list, book, plan)),
            Kept::Earlier(list, changed) => {
                let list = Arc::new(updated(list, changed, book, &self.key.of, plan)?);
                book.member_lists.keep(&self.key, &list, book.contacts_len());
                Some(page(&list, book, plan))
            }
            Kept::None => None,
        }
    }

    /// Counts the question, which was answered without a list and has this total; makes the list if it is due.
    pub(super) fn note_total(&self, total: u64, book: &Book, plan: &Plan, runner: &dyn Runner) {
        let members = usize::try_from(total).unwrap_or(usize::MAX);
        if members > MEMBERS_MAX || !book.member_lists.is_due(&self.key, book.revision, members, book.contacts_len()) {
            return;
        }
        let ids = sorted_ids(book, &self.key.of, plan, runner);
        if let Some(list) = ids.and_then(|ids| MemberList::new(book.revision, &ids)) {
            book.member_lists.keep(&self.key, &Arc::new(list), book.contacts_len());
        }
    }
}

/// Whether the contact in this row is one of these members.
fn is_member(of: &MembersOf, book: &Book, chunk: &Chunk, row: usize) -> bool {
    match of {
        MembersOf::Organization(id) => {
            let organization = chunk.organizations[row].slot().and_then(|slot| book.organizations.at(slot));
            organization.is_some_and(|organization| organization.id.number() == *id)
        }
        MembersOf::Manager(id) => {
            let manager = chunk.managers[row].slot().and_then(|slot| book.employees.at(slot));
            manager.is_some_and(|manager| manager.employee.id.number() == *id)
        }
        MembersOf::Group(id) => {
            let set = chunk.groups[row].slot().and_then(|slot| book.group_sets.at(slot));
            let is_group = |slot: &u32| book.groups.at(*slot as usize).is_some_and(|group| group.id.number() == *id);
            set.is_some_and(|set| set.iter().any(is_group))
        }
        MembersOf::PhoneSuffix(suffix) => chunk.phones_of(row).iter().any(|packed| suffix.ends(*packed)),
        MembersOf::MailDomain(domain) => chunk.emails_of(row).any(|email| email.ends_with(&**domain)),
    }
}

fn page(list: &MemberList, book: &Book, plan: &Plan) -> Matches {
    let (offset, end) = (plan.window().offset().min(list.len()), plan.window().end().min(list.len()));
    let mut near = 0;
    let hit = |id| {
        let (chunk, row) = book.contacts.find_near(near, id)?;
        near = chunk;
        Some(Hit::new(chunk, row))
    };
    Matches { total: list.len() as u64, hits: list.ids(offset..end).filter_map(hit).collect(), examined: 0 }
}

/// The list for the present state of the book, made from that of an earlier one.
fn updated(list: &MemberList, changed: &[u64], book: &Book, of: &MembersOf, plan: &Plan) -> Option<MemberList> {
    let order = SortOrder { book, sort: plan.sort() };
    let hit = |id: u64| book.contacts.find(id).map(|(chunk, row)| Hit::new(chunk, row));
    let mut ids: Vec<u64> = list.ids(0..list.len()).filter(|id| changed.binary_search(id).is_err()).collect();
    let mut new: Vec<(Hit, u64)> = changed.iter().filter_map(|id| Some((hit(*id)?, *id))).collect();
    new.retain(|(hit, _)| is_member(of, book, book.chunk(hit.chunk as usize), usize::from(hit.row)));
    new.sort_unstable_by(|left, right| order.compare(left.0, right.0));
    // From the last to the first, so that the places before stay valid.
    for (hit_of_new, id) in new.into_iter().rev() {
        let place = ids.partition_point(|id| hit(*id).is_some_and(|old| order.compare(old, hit_of_new).is_lt()));
        ids.insert(place, id);
    }
    MemberList::new(book.revision, &ids)
}

/// The ids of these members in order; none if the runner stops.
fn sorted_ids(book: &Book, of: &MembersOf, plan: &Plan, runner: &dyn Runner) -> Option<Vec<u64>> {
    let mut hits = Vec::new();
    let mut add = |chunk: usize, row: usize| {
        if is_member(of, book, book.chunk(chunk), row) {
            hits.push(Hit::new(chunk, row));
        }
    };
    let indexed: Option<Vec<u64>> = match of {
        MembersOf::Organization(id) => Some(book.members.find(*id).collect()),
        MembersOf::MailDomain(domain) => {
            let domain = pg_regex::lower_case(domain.strip_prefix('@').unwrap_or(domain));
            book.mails.find_domain(&domain).map(Iterator::collect)
        }
        MembersOf::PhoneSuffix(suffix) => {
            let numbers = book.number_indexes.ending_with(*suffix, book.revision, MEMBERS_MAX);
            numbers.map(|numbers| numbers.iter().flat_map(|number| book.phones.find(*number)).collect())
        }
        MembersOf::Manager(_) | MembersOf::Group(_) => None,
    };
    if let Some(mut ids) = indexed {
        ids.sort_unstable();
        ids.dedup();
        let mut near = 0;
        for id in ids {
            if let Some((chunk, row)) = book.contacts.find_near(near, id) {
                near = chunk;
                add(chunk, row);
            }
        }
    } else {
        for (at, chunk) in book.contacts.chunks.iter().enumerate() {
            if !runner.should_continue() {
                return None;
            }
            (0..chunk.len()).for_each(|row| add(at, row));
        }
    }
    let mut members = Vec::with_capacity(hits.len());
    for hits in hits.chunks(READ_AT_ONCE) {
        if !runner.should_continue() {
            return None;
        }
        members.extend(hits.iter().map(|hit| Member::new(book, plan.sort(), *hit)));
    }
    let order = SortOrder { book, sort: plan.sort() };
    sort_in_pieces(&mut members, |left, right| left.compare(right, &order), runner)?;
    Some(members.iter().map(|member| book.chunk(member.hit.chunk as usize).id(usize::from(member.hit.row))).collect())
}

/// A member with its first sort keys.
#[derive(Clone, Copy)]
struct Member {
    keys: [SortKey; KEYS_READ],
    hit: Hit,
}

impl Member {
    fn new(book: &Book, sort: &[SortBy], hit: Hit) -> Self {
        let mut keys = [SortKey::NULL; KEYS_READ];
        for (key, by) in keys.iter_mut().zip(sort) {
            *key = sort_key_of(book.chunk(hit.chunk as usize), by, usize::from(hit.row));
        }
        Self { keys, hit }
    }

    fn compare(&self, other: &Self, order: &SortOrder<'_>) -> Ordering {
        for (at, by) in order.sort.iter().enumerate() {
            if let (Some(left), Some(right)) = (self.keys.get(at), other.keys.get(at)) {
                let by_key = left.cmp(right);
                if by_key.is_ne() {
                    return by_key;
                }
            }
            // Keys are prefixes.
            let by_text = order.compare_by(by, self.hit, other.hit);
            if by_text.is_ne() {
                return by_text;
            }
        }
        self.hit.cmp(&other.hit)
    }
}
