//! Chooses the access path of a query over contacts: which index or range of ids yields the candidates, and which
//! parts of the filter remain to be evaluated on them.

use jsquery::JsQuery;
use pg_regex::{Case, Like};

use super::field::contact as field;
use super::filter::{Comparison, Filter};
use super::json::JsonValue;
use super::number_patterns::{PossibleNumbers, possible_numbers};
use super::predicate::{NumberPredicate, Predicate, Quantifier, TextPredicate};
use super::scan::{CompiledFilter, ContactGroups, LinkColumn};
use crate::book::member_lists::MembersOf;
use crate::book::{Book, GroupSet};
use crate::text::{Phone, PhoneSuffix};

/// Maximum number of keys that are looked up one by one; for more keys a scan is faster.
const LOOK_UPS_MAX: usize = 2_000;
/// Maximum number of conjuncts that indexes are asked about, which takes some tenths of a millisecond each on the thread that
/// serves the connection; further ones are evaluated on the candidates.
const INDEXED_CONJUNCTS_MAX: usize = 16;
/// Contacts whose numbers match a pattern are looked up if there is at most one such number for this many contacts, or at
/// most [`LOOK_UPS_MAX`]; otherwise a scan is faster.
const NUMBERS_DIVISOR: usize = 128;
/// Members of organizations are read through the index if they are at most 1/64 of the contacts; otherwise a scan of
/// the column is faster.
const MEMBERS_DIVISOR: usize = 64;
/// A jsquery is asked of each group if this takes no more time, in nanoseconds, on the thread that serves the connection.
const GROUPS_ASKED_NANOS_MAX: usize = 50_000;
/// Estimated time of asking a jsquery of one group, in nanoseconds, besides four for each byte of the query.
const GROUP_ASKED_NANOS: usize = 60;
/// Up to this number members of organizations are always read through the index.
const MEMBERS_MIN: usize = 256;

/// Where the candidates come from.
#[derive(Debug)]
pub(super) enum Candidates {
    /// The contacts with these ids.
    Contacts(Vec<u64>),
    /// The contacts with one of these packed phone numbers, by the index.
    Phones(Vec<u64>),
    /// The same; the numbers were found by their last digits.
    PhonesBySuffix(Vec<u64>),
    /// All contacts in the range of ids, by a scan.
    Range,
}

impl Candidates {
    /// The number of contacts or phone numbers that are looked up; as many as can be for a scan.
    pub(super) fn look_ups(&self) -> usize {
        match self {
            Self::Contacts(keys) | Self::Phones(keys) | Self::PhonesBySuffix(keys) => keys.len(),
            Self::Range => usize::MAX,
        }
    }
}

/// An access path.
#[derive(Debug)]
pub(super) struct AccessPath {
    pub(super) candidates: Candidates,
    /// The smallest id that can match.
    pub(super) from: u64,
    /// The largest id that can match.
    pub(super) to: u64,
    /// Indexes in [`Filter::conjuncts`] of the parts that the path does not cover.
    pub(super) rest: Vec<usize>,
}

impl AccessPath {
    /// The access path for the filter with these conjuncts: the fewest candidates that an index finds for one of them.
    pub(super) fn choose(conjuncts: &[&Filter], book: &Book) -> Self {
        let mut path = Self { candidates: Candidates::Range, from: 0, to: u64::MAX, rest: Vec::new() };
        // The conjunct that the candidates are of, if they are exactly the contacts that fulfil it.
        let mut covered = None;
        let mut asked = 0;
        for (index, conjunct) in conjuncts.iter().enumerate() {
            if let Filter::Comparison(comparison) = conjunct
                && let (field::ID, Predicate::Number(predicate)) = (comparison.field, &comparison.predicate)
                && path.use_id_range(predicate)
            {
                continue;
            }
            path.rest.push(index);
            if !has_index(conjunct) || asked == INDEXED_CONJUNCTS_MAX {
                continue;
            }
            asked += 1;
            let found = find(conjunct, book, path.candidates.look_ups());
            if let Some(found) = found.filter(|found| found.candidates.look_ups() < path.candidates.look_ups()) {
                path.candidates = found.candidates;
                covered = found.is_exact.then_some(index);
            }
        }
        path.rest.retain(|index| Some(*index) != covered);
        path
    }

    /// A scan of all contacts.
    pub(super) fn scan(conjuncts: &[&Filter]) -> Self {
        let rest = (0..conjuncts.len()).collect();
        Self { candidates: Candidates::Range, from: 0, to: u64::MAX, rest }
    }

    /// The ids in the range of the path, sorted and without duplicates.
    pub(super) fn keep_in_range(&self, ids: impl Iterator<Item = u64>) -> Vec<u64> {
        let mut ids: Vec<u64> = ids.filter(|id| (self.from..=self.to).contains(id)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Uses a compiled part of the filter for the path, if it can; true if the path covers it.
    pub(super) fn use_compiled(&mut self, compiled: &CompiledFilter<'_>, book: &Book) -> bool {
        let CompiledFilter::ByLink(LinkColumn::Organization, matches) = compiled else { return false };
        let [false, matches @ ..] = matches.as_slice() else { return false };
        if !matches!(self.candidates, Candidates::Range) {
            return false;
        }
        let slots = matches.iter().enumerate().filter(|(_, matches)| **matches);
        let organizations = slots.filter_map(|(slot, _)| Some(book.organizations.at(slot)?.id.number()));
        let Some(members) = members(organizations, book, usize::MAX) else { return false };
        self.candidates = Candidates::Contacts(members);
        true
    }

    /// Narrows the range of ids to those that a comparison can hold for, if it bounds them; then the path covers it.
    fn use_id_range(&mut self, predicate: &NumberPredicate) -> bool {
        let (from, to) = match predicate {
            NumberPredicate::Equal(id) => (id.least_from(), id.most_to()),
            NumberPredicate::Greater(id) => (id.least_above(), u64::MAX),
            NumberPredicate::AtLeast(id) => (id.least_from(), u64::MAX),
            NumberPredicate::Less(id) => (0, id.most_below()),
            NumberPredicate::AtMost(id) => (0, id.most_to()),
            NumberPredicate::NotEqual(_) | NumberPredicate::OneOf(_) | NumberPredicate::NoneOf(_) => return false,
        };
        self.from = self.from.max(from);
        self.to = self.to.min(to);
        true
    }
}

/// What indexes find for a part of a filter: all contacts that fulfil it are among them.
struct FoundByIndex {
    candidates: Candidates,
    /// Whether all of them fulfil it.
    is_exact: bool,
}

impl FoundByIndex {
    fn exact(candidates: Candidates) -> Self {
        Self { candidates, is_exact: true }
    }

    fn inexact(candidates: Candidates) -> Self {
        Self { candidates, is_exact: false }
    }
}

/// Whether an index may find something for a filter.
fn has_index(filter: &Filter) -> bool {
    match filter {
        Filter::Everything | Filter::All(_) => false,
        Filter::Any(_) => true,
        Filter::Comparison(comparison) => matches!(
            comparison.field,
            field::ID
                | field::ORGANIZATION_ID
                | field::ORGANIZATION_NAME
                | field::EMAILS
                | field::PHONE_NUMBERS
                | field::GROUPS
        ),
    }
}

/// What indexes find for a filter; `None` if they do not help, or find more than `max` contacts or numbers.
fn find(filter: &Filter, book: &Book, max: usize) -> Option<FoundByIndex> {
    match filter {
        Filter::Comparison(comparison) => find_by_comparison(comparison, book, max),
        Filter::Any(_) => {
            let mut left = few_max(book).min(max);
            let ids = ids_found(filter, book, &mut left)?;
            Some(FoundByIndex::inexact(Candidates::Contacts(ids)))
        }
        Filter::Everything | Filter::All(_) => None,
    }
}

/// The ids of all contacts that fulfil a filter, and perhaps of others, possibly repeated; `None` if indexes do not find
/// them, or look up more than are left.
fn ids_found(filter: &Filter, book: &Book, left: &mut usize) -> Option<Vec<u64>> {
    match filter {
        Filter::Everything => None,
        Filter::Any(filters) => {
            let mut all = Vec::new();
            for filter in filters {
                all.extend(ids_found(filter, book, left)?);
            }
            Some(all)
        }
        Filter::All(filters) => filters.iter().find_map(|filter| ids_found(filter, book, left)),
        Filter::Comparison(comparison) => {
            let candidates = find_by_comparison(comparison, book, *left)?.candidates;
            *left = left.checked_sub(candidates.look_ups())?;
            let (ids, numbers) = match candidates {
                Candidates::Contacts(ids) => return Some(ids),
                Candidates::Phones(numbers) | Candidates::PhonesBySuffix(numbers) => (left, numbers),
                Candidates::Range => return None,
            };
            let found: Vec<u64> = numbers.iter().flat_map(|number| book.phones.find(*number)).take(*ids + 1).collect();
            *ids = ids.checked_sub(found.len())?;
            Some(found)
        }
    }
}

fn find_by_comparison(comparison: &Comparison, book: &Book, max: usize) -> Option<FoundByIndex> {
    let look_ups_max = max.min(LOOK_UPS_MAX);
    let phones = |phones: Vec<u64>| (phones.len() <= look_ups_max).then_some(Candidates::Phones(phones));
    match (comparison.field, &comparison.predicate) {
        (field::ID, Predicate::Number(NumberPredicate::OneOf(ids))) if ids.len() <= look_ups_max => {
            let ids = ids.iter().filter_map(|id| u64::try_from(*id).ok()).collect();
            Some(FoundByIndex::exact(Candidates::Contacts(ids)))
        }
        (field::ORGANIZATION_ID, Predicate::Number(predicate)) => {
            let found = match predicate {
                // The range is empty for a number with a fraction, which no id equals.
                NumberPredicate::Equal(id) => members((id.least_from()..=id.most_to()).take(1), book, max),
                NumberPredicate::OneOf(ids) => members(ids.iter().map(|id| id.cast_unsigned()), book, max),
                NumberPredicate::NotEqual(_)
                | NumberPredicate::NoneOf(_)
                | NumberPredicate::Less(_)
                | NumberPredicate::Greater(_)
                | NumberPredicate::AtMost(_)
                | NumberPredicate::AtLeast(_) => None,
            };
            found.map(Candidates::Contacts).map(FoundByIndex::exact)
        }
        (field::ORGANIZATION_NAME, Predicate::Text(TextPredicate::Equal(name))) => {
            let organization = book.organization_named(name).map(|organization| organization.id.number());
            members(organization.into_iter(), book, max).map(Candidates::Contacts).map(FoundByIndex::exact)
        }
        (field::ORGANIZATION_NAME, Predicate::Text(TextPredicate::OneOf(names))) if names.len() <= LOOK_UPS_MAX => {
            let organizations = names.iter().filter_map(|name| book.organization_named(name));
            let ids = organizations.map(|organization| organization.id.number());
            members(ids, book, max).map(Candidates::Contacts).map(FoundByIndex::exact)
        }
        // The index finds hashes.
        (field::EMAILS, Predicate::Texts(Quantifier::Any, predicate)) => {
            find_by_email(predicate, book, max).map(Candidates::Contacts).map(FoundByIndex::inexact)
        }
        (field::PHONE_NUMBERS, Predicate::Phones(Quantifier::Any, wanted)) => {
            phones(wanted.clone()).map(FoundByIndex::exact)
        }
        (field::PHONE_NUMBERS, Predicate::Texts(Quantifier::Any, predicate)) => find_by_number(predicate, book, max),
        (field::EMAILS, Predicate::JsQuery(query)) => {
            let emails = query.required_strings().filter(|emails| emails.len() <= LOOK_UPS_MAX)?;
            let all = emails.iter().map(|email| book.mails.find(email)).collect::<Option<Vec<_>>>()?;
            few(book, all.into_iter().flatten(), max).map(Candidates::Contacts).map(FoundByIndex::inexact)
        }
        (field::GROUPS, Predicate::JsQuery(query)) => {
            let nobody = groups_asked(query, book)?.is_empty();
            nobody.then(|| FoundByIndex::exact(Candidates::Contacts(Vec::new())))
        }
        (field::PHONE_NUMBERS, Predicate::JsQuery(query)) => {
            let wanted = query.required_strings()?.iter().filter_map(|text| stored(text)).collect();
            let candidates = phones(wanted)?;
            Some(FoundByIndex { candidates, is_exact: query.is_membership() })
        }
        _ => None,
    }
}

/// What the literals at the start or the end of a pattern for phone numbers find.
fn find_by_number(predicate: &TextPredicate, book: &Book, max: usize) -> Option<FoundByIndex> {
    let (required, is_exact) = match predicate {
        TextPredicate::Like(pattern) => (pattern.required(), PhoneSuffix::of(pattern).is_some()),
        TextPredicate::Regexp(pattern) => (pattern.required(), false),
        TextPredicate::Equal(_)
        | TextPredicate::NotEqual(_)
        | TextPredicate::OneOf(_)
        | TextPredicate::NoneOf(_)
        | TextPredicate::NotLike(_)
        | TextPredicate::Ordered(..) => return None,
    };
    let numbers_max = (book.contacts_len() / NUMBERS_DIVISOR).max(LOOK_UPS_MAX).min(max);
    let PossibleNumbers { numbers, is_by_suffix } = possible_numbers(required, book, numbers_max)?;
    let candidates = if is_by_suffix { Candidates::PhonesBySuffix(numbers) } else { Candidates::Phones(numbers) };
    Some(FoundByIndex { candidates, is_exact })
}

/// What the index of e-mail addresses finds for whole addresses, or for the end of addresses if that is a domain.
fn find_by_email(predicate: &TextPredicate, book: &Book, max: usize) -> Option<Vec<u64>> {
    match predicate {
        TextPredicate::Equal(email) => few(book, book.mails.find(email)?, max),
        TextPredicate::OneOf(emails) if emails.len() <= LOOK_UPS_MAX => {
            let all = emails.iter().map(|email| book.mails.find(email)).collect::<Option<Vec<_>>>()?;
            few(book, all.into_iter().flatten(), max)
        }
        TextPredicate::Like(pattern) => {
            let domain = pg_regex::lower_case(mail_domain(pattern)?);
            few(book, book.mails.find_domain(&domain)?, max)
        }
        _ => None,
    }
}

/// The members of these organizations, unless they are too many for look-ups.
fn members(organizations: impl Iterator<Item = u64>, book: &Book, max: usize) -> Option<Vec<u64>> {
    few(book, organizations.flat_map(|organization| book.members.find(organization)), max)
}

/// The members that a filter with these conjuncts asks for, if they are those of one organization, manager or group, or
/// have something in common of which there may be a list.
pub(super) fn members_of(conjuncts: &[&Filter], book: &Book) -> Option<MembersOf> {
    let [Filter::Comparison(comparison)] = conjuncts else { return None };
    let one = |predicate: &NumberPredicate| match predicate {
        NumberPredicate::Equal(id) => u64::try_from(id.whole()?).ok(),
        NumberPredicate::OneOf(ids) => u64::try_from(*single(ids.iter())?).ok(),
        NumberPredicate::NotEqual(_)
        | NumberPredicate::NoneOf(_)
        | NumberPredicate::Less(_)
        | NumberPredicate::Greater(_)
        | NumberPredicate::AtMost(_)
        | NumberPredicate::AtLeast(_) => None,
    };
    match (comparison.field, &comparison.predicate) {
        (field::ORGANIZATION_ID, Predicate::Number(predicate)) => one(predicate).map(MembersOf::Organization),
        (field::MANAGER_ID, Predicate::Number(predicate)) => one(predicate).map(MembersOf::Manager),
        (field::GROUPS, Predicate::Ids(Quantifier::Any, ids)) => single(ids.iter()).map(|id| MembersOf::Group(*id)),
        (field::GROUPS, Predicate::JsQuery(query)) => {
            single(groups_asked(query, book)?.into_iter()).map(MembersOf::Group)
        }
        (field::ORGANIZATION_NAME, Predicate::Text(TextPredicate::Equal(name))) => {
            book.organization_named(name).map(|organization| MembersOf::Organization(organization.id.number()))
        }
        (field::MANAGER_FULL_NAME, Predicate::Text(TextPredicate::Equal(name))) => {
            let managers = book.employees.iter().filter(|(_, row)| *row.full_name == **name);
            single(managers).map(|(_, row)| MembersOf::Manager(row.employee.id.number()))
        }
        (field::EMAILS, Predicate::Texts(Quantifier::Any, TextPredicate::Like(pattern))) => {
            mail_domain(pattern)?;
            let (suffix, case) = pattern.suffix()?;
            (case == Case::Sensitive).then(|| MembersOf::MailDomain(suffix.into()))
        }
        (field::PHONE_NUMBERS, Predicate::Texts(Quantifier::Any, TextPredicate::Like(pattern))) => {
            PhoneSuffix::of(pattern).map(MembersOf::PhoneSuffix)
        }
        _ => None,
    }
}

/// The groups of which a contact must be in one to satisfy a jsquery, which also suffices. `None` if the query is not about
/// one group, or asking it of all groups takes too long.
fn groups_asked(query: &JsQuery, book: &Book) -> Option<Vec<u64>> {
    let nanos = (GROUP_ASKED_NANOS + 4 * query.source_bytes()).saturating_mul(book.groups.len());
    if !query.is_about_an_element() || query.descents() > 0 || nanos > GROUPS_ASKED_NANOS_MAX {
        return None;
    }
    let satisfies = |slot: usize| {
        let slots = GroupSet::from([slot as u32]);
        query.matches(JsonValue::Objects(&ContactGroups { book, slots: &slots }))
    };
    let groups = book.groups.iter().filter(|(slot, _)| satisfies(*slot));
    Some(groups.map(|(_, group)| group.id.number()).collect())
}

/// The only item.
fn single<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next();
    first.filter(|_| items.next().is_none())
}

/// The domain that a pattern for e-mail addresses asks for: `%@domain`.
fn mail_domain(pattern: &Like) -> Option<&str> {
    let (suffix, _) = pattern.suffix()?;
    suffix.strip_prefix('@').filter(|domain| !domain.contains('@'))
}

/// These contacts, unless they are more than `max` or too many for look-ups.
fn few(book: &Book, contacts: impl Iterator<Item = u64>, max: usize) -> Option<Vec<u64>> {
    let max = few_max(book).min(max);
    let few: Vec<u64> = contacts.take(max + 1).collect();
    (few.len() <= max).then_some(few)
}

/// Maximum number of contacts that are looked up; with more a scan is faster.
fn few_max(book: &Book) -> usize {
    (book.contacts_len() / MEMBERS_DIVISOR).max(MEMBERS_MIN)
}

/// The packed form of a text that is a phone number as stored, digits only.
fn stored(text: &str) -> Option<u64> {
    Phone::stored(text).map(Phone::packed)
}
