//! Chooses the access path of a query over contacts: which index or range of ids yields the candidates, and which
//! parts of the filter remain to be evaluated on them.

use pg_regex::{Case, Like};

use super::field::contact as field;
use super::filter::{Comparison, Filter};
use super::predicate::{NumberPredicate, Predicate, Quantifier, TextPredicate};
use super::scan::{CompiledFilter, LinkColumn};
use crate::book::Book;
use crate::book::member_lists::MembersOf;
use crate::text::{Phone, PhoneSuffix};

/// Maximum number of keys that are looked up one by one; for more keys a scan is faster.
const LOOK_UPS_MAX: usize = 2_000;
/// Members of organizations are read through the index if they are at most 1/64 of the contacts; otherwise a scan of
/// the column is faster.
const MEMBERS_DIVISOR: usize = 64;
/// Up to this number members of organizations are always read through the index.
const MEMBERS_MIN: usize = 256;

/// Where the candidates come from.
#[derive(Debug)]
pub(super) enum Candidates {
    /// The contacts with these ids.
    Contacts(Vec<u64>),
    /// The contacts with one of these packed phone numbers, by the index.
    Phones(Vec<u64>),
    /// All contacts in the range of ids, by a scan.
    Range,
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
    /// The access path for the filter with these conjuncts.
    pub(super) fn choose(conjuncts: &[&Filter], book: &Book) -> Self {
        let mut path = Self { candidates: Candidates::Range, from: 0, to: u64::MAX, rest: Vec::new() };
        for (index, conjunct) in conjuncts.iter().enumerate() {
            let is_covered = match conjunct {
                Filter::Comparison(comparison) => path.use_comparison(comparison, book),
                Filter::Everything | Filter::All(_) | Filter::Any(_) => false,
            };
            if !is_covered {
                path.rest.push(index);
            }
        }
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
        let slots = matches.iter().enumerate().filter(|(_, matches)| **matches);
        self.use_members(slots.filter_map(|(slot, _)| Some(book.organizations.at(slot)?.id.number())), book)
    }

    /// Uses a comparison for the path, if it can; true if the path covers it.
    fn use_comparison(&mut self, comparison: &Comparison, book: &Book) -> bool {
        match (comparison.field, &comparison.predicate) {
            (field::ID, Predicate::Number(predicate)) => self.use_id(predicate),
            (field::ORGANIZATION_ID, Predicate::Number(predicate)) => self.use_organization(predicate, book),
            (field::ORGANIZATION_NAME, Predicate::Text(TextPredicate::Equal(name))) => {
                let organization = book.organization_named(name).map(|organization| organization.id.number());
                self.use_members(organization.into_iter(), book)
            }
            (field::ORGANIZATION_NAME, Predicate::Text(TextPredicate::OneOf(names))) if names.len() <= LOOK_UPS_MAX => {
                let organizations = names.iter().filter_map(|name| book.organization_named(name));
                self.use_members(organizations.map(|organization| organization.id.number()), book)
            }
            (field::EMAILS, Predicate::Texts(Quantifier::Any, predicate)) => {
                self.use_emails(predicate, book);
                // The index finds hashes.
                false
            }
            (field::PHONE_NUMBERS, Predicate::Phones(Quantifier::Any, phones)) => self.use_phones(phones.clone()),
            (field::PHONE_NUMBERS, Predicate::JsQuery(query)) => {
                let phones =
                    query.required_strings().map(|texts| texts.iter().filter_map(|text| stored(text)).collect());
                phones.is_some_and(|phones| self.use_phones(phones)) && query.is_membership()
            }
            _ => false,
        }
    }

    fn use_phones(&mut self, phones: Vec<u64>) -> bool {
        let is_usable = phones.len() <= LOOK_UPS_MAX && matches!(self.candidates, Candidates::Range);
        if is_usable {
            self.candidates = Candidates::Phones(phones);
        }
        is_usable
    }

    /// Uses the index of e-mail addresses for whole addresses, or for the end of addresses if that is a domain.
    fn use_emails(&mut self, predicate: &TextPredicate, book: &Book) {
        if !matches!(self.candidates, Candidates::Range) {
            return;
        }
        let found = match predicate {
            TextPredicate::Equal(email) => book.mails.find(email).map(|found| few(book, found)),
            TextPredicate::OneOf(emails) if emails.len() <= LOOK_UPS_MAX => {
                let all = emails.iter().map(|email| book.mails.find(email)).collect::<Option<Vec<_>>>();
                all.map(|all| few(book, all.into_iter().flatten()))
            }
            TextPredicate::Like(pattern) => mail_domain(pattern).and_then(|domain| {
                let found = book.mails.find_domain(&pg_regex::lower_case(domain));
                found.map(|found| few(book, found))
            }),
            _ => None,
        };
        if let Some(ids) = found.flatten() {
            self.candidates = Candidates::Contacts(ids);
        }
    }

    fn use_organization(&mut self, predicate: &NumberPredicate, book: &Book) -> bool {
        match predicate {
            // The range is empty for a number with a fraction, which no id equals.
            NumberPredicate::Equal(id) => self.use_members((id.least_from()..=id.most_to()).take(1), book),
            NumberPredicate::OneOf(ids) => self.use_members(ids.iter().map(|id| id.cast_unsigned()), book),
            NumberPredicate::NotEqual(_)
            | NumberPredicate::NoneOf(_)
            | NumberPredicate::Less(_)
            | NumberPredicate::Greater(_)
            | NumberPredicate::AtMost(_)
            | NumberPredicate::AtLeast(_) => false,
        }
    }

    fn use_members(&mut self, organizations: impl Iterator<Item = u64>, book: &Book) -> bool {
        if !matches!(self.candidates, Candidates::Range) {
            return false;
        }
        let members = few(book, organizations.flat_map(|organization| book.members.find(organization)));
        let is_usable = members.is_some();
        self.candidates = members.map_or(Candidates::Range, Candidates::Contacts);
        is_usable
    }

    fn use_id(&mut self, predicate: &NumberPredicate) -> bool {
        if let NumberPredicate::OneOf(ids) = predicate {
            let is_usable = ids.len() <= LOOK_UPS_MAX && matches!(self.candidates, Candidates::Range);
            if is_usable {
                self.candidates = Candidates::Contacts(ids.iter().filter_map(|id| u64::try_from(*id).ok()).collect());
            }
            return is_usable;
        }
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

/// These contacts, unless they are too many for look-ups.
fn few(book: &Book, contacts: impl Iterator<Item = u64>) -> Option<Vec<u64>> {
    let max = (book.contacts_len() / MEMBERS_DIVISOR).max(MEMBERS_MIN);
    let few: Vec<u64> = contacts.take(max + 1).collect();
    (few.len() <= max).then_some(few)
}

/// The packed form of a text that is a phone number as stored, digits only.
fn stored(text: &str) -> Option<u64> {
    Phone::stored(text).map(Phone::packed)
}
