//! Filters of LDAP as questions of the engine.
//!
//! A filter is true, false or undefined, and only true ones find an entry. Negations are moved down to the comparisons, so
//! that what is undefined, with or without a negation, finds nothing. Every attribute for numbers asks for all numbers of a
//! contact, by the rule that look-ups follow.

use ldap_wire::{Filter, Substrings};
use ringbook_app::access::NameOrder;
use ringbook_book::Book;
use ringbook_book::query::ask::{AskFilter, Literal, Side};
use ringbook_directory_view::entry::{EntryStyle, contact_of_uuid};
use ringbook_directory_view::number_rule::GivenNumber;
use ringbook_directory_view::search::{all, any, compare, literal_pattern};

use crate::entry::CLASSES;

/// Longest assertion that can match anything, in characters.
const VALUE_CHARS_MAX: usize = 800;
/// Most ways in which a name is divided into first and last name.
const DIVISIONS_MAX: usize = 4;
/// Most groups that one comparison may mean.
const GROUPS_MAX: usize = 100;

/// How an equal number is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberMatch {
    /// As it is given, and in the forms that mean the same.
    Whole,
    /// By its last digits.
    Suffix,
}

/// What a filter asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// All entries.
    Everything,
    /// None.
    Nothing,
    /// Those that match.
    Ask(AskFilter),
}

/// A comparison and its opposite.
struct Test {
    holds: AskFilter,
    fails: AskFilter,
}

/// What a comparison is.
enum Item {
    /// True for every entry.
    True,
    /// False for every entry.
    False,
    /// Neither.
    Undefined,
    /// It depends.
    Test(Test),
}

/// Translates filters for a book and a device.
pub struct Translator<'a> {
    /// The book.
    pub book: &'a Book,
    /// The style of the device.
    pub style: &'a EntryStyle,
    /// The customer.
    pub customer: u64,
    /// How an equal number is looked for.
    pub numbers: NumberMatch,
}

/// Whether a filter compares a number as a whole.
pub fn has_whole_number(filter: &Filter) -> bool {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().any(has_whole_number),
        Filter::Equal(name, _) | Filter::Approximately(name, _) => attribute(name) == Some(Kind::Number),
        _ => false,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    LastName,
    FirstName,
    Organization,
    Group,
    Mail,
    Number,
    Id,
    Uuid,
    Class,
}

/// The attribute with this name; names with options are not known.
fn attribute(name: &str) -> Option<Kind> {
    Some(match name.to_ascii_lowercase().as_str() {
        "cn" | "commonname" | "displayname" | "name" => Kind::Name,
        "sn" | "surname" => Kind::LastName,
        "givenname" | "gn" => Kind::FirstName,
        "o" | "organizationname" | "company" => Kind::Organization,
        "ou" | "organizationalunitname" => Kind::Group,
        "mail" | "rfc822mailbox" | "email" => Kind::Mail,
        "telephonenumber"
        | "mobile"
        | "mobiletelephonenumber"
        | "homephone"
        | "hometelephonenumber"
        | "ipphone"
        | "othertelephone"
        | "othermobile"
        | "otherhomephone"
        | "other"
        | "pager"
        | "facsimiletelephonenumber" => Kind::Number,
        "uid" | "userid" => Kind::Id,
        "entryuuid" => Kind::Uuid,
        "objectclass" => Kind::Class,
        _ => return None,
    })
}

impl Test {
    fn new(field: &str, holds: &str, fails: &str, value: Literal) -> Self {
        Self { holds: compare(field, holds, value.clone()), fails: compare(field, fails, value) }
    }

    /// A pattern for a text that may be missing: a missing one fails.
    fn pattern(field: &str, pattern: String, may_be_missing: bool) -> Self {
        let test = Self::new(field, "ilike", "not_ilike", Literal::Text(pattern));
        match may_be_missing {
            true => Self { fails: any(vec![test.fails, compare(field, "is_null", Literal::Null)]), ..test },
            false => test,
        }
    }

    /// An order of a text that may be missing: a missing one fails.
    fn ordered(field: &str, side: Side, bound: &str, may_be_missing: bool) -> Self {
        let on = |side| AskFilter::Ordered { field: field.to_owned(), side, bound: bound.to_owned() };
        let fails = on(side.opposite());
        let fails = if may_be_missing { any(vec![fails, compare(field, "is_null", Literal::Null)]) } else { fails };
        Self { holds: on(side), fails }
    }

    fn present(field: &str) -> Self {
        Self { holds: compare(field, "is_not_null", Literal::Null), fails: compare(field, "is_null", Literal::Null) }
    }

    fn one_of(tests: Vec<Self>) -> Self {
        let (holds, fails) = tests.into_iter().map(|test| (test.holds, test.fails)).unzip();
        Self { holds: any(holds), fails: all(fails) }
    }

    fn all_of(tests: Vec<Self>) -> Self {
        let (holds, fails) = tests.into_iter().map(|test| (test.holds, test.fails)).unzip();
        Self { holds: all(holds), fails: any(fails) }
    }
}

impl Translator<'_> {
    /// The question that a filter asks.
    pub fn question(&self, filter: &Filter) -> Question {
        self.translate(filter, false)
    }

    fn translate(&self, filter: &Filter, is_negated: bool) -> Question {
        match filter {
            Filter::And(filters) if is_negated => self.any(filters, true),
            Filter::And(filters) => self.all(filters, false),
            Filter::Or(filters) if is_negated => self.all(filters, true),
            Filter::Or(filters) => self.any(filters, false),
            Filter::Not(filter) => self.translate(filter, !is_negated),
            item => match (self.item(item), is_negated) {
                (Item::Undefined, _) | (Item::False, false) | (Item::True, true) => Question::Nothing,
                (Item::True, false) | (Item::False, true) => Question::Everything,
                (Item::Test(test), false) => Question::Ask(test.holds),
                (Item::Test(test), true) => Question::Ask(test.fails),
            },
        }
    }

    fn all(&self, filters: &[Filter], is_negated: bool) -> Question {
        let mut asked = Vec::new();
        for filter in filters {
            match self.translate(filter, is_negated) {
                Question::Everything => {}
                Question::Nothing => return Question::Nothing,
                // Attributes for numbers ask the same of all numbers.
                Question::Ask(filter) if asked.contains(&filter) => {}
                Question::Ask(filter) => asked.push(filter),
            }
        }
        if asked.is_empty() { Question::Everything } else { Question::Ask(all(asked)) }
    }

    fn any(&self, filters: &[Filter], is_negated: bool) -> Question {
        let mut asked = Vec::new();
        for filter in filters {
            match self.translate(filter, is_negated) {
                Question::Everything => return Question::Everything,
                Question::Nothing => {}
                // Attributes for numbers ask the same of all numbers.
                Question::Ask(filter) if asked.contains(&filter) => {}
                Question::Ask(filter) => asked.push(filter),
            }
        }
        if asked.is_empty() { Question::Nothing } else { Question::Ask(any(asked)) }
    }

    fn item(&self, item: &Filter) -> Item {
        match item {
            Filter::Present(name) => attribute(name).map_or(Item::Undefined, present),
            Filter::Equal(name, value) | Filter::Approximately(name, value) => match (attribute(name), text(value)) {
                (Some(kind), Some(value)) => self.equal(kind, value),
                _ => Item::Undefined,
            },
            Filter::Substrings(name, parts) => match (attribute(name), Parts::read(parts)) {
                (Some(kind), Some(parts)) => self.substrings(kind, &parts),
                _ => Item::Undefined,
            },
            Filter::AtLeast(name, value) => self.ordered(name, Side::AtLeast, value),
            Filter::AtMost(name, value) => self.ordered(name, Side::AtMost, value),
            Filter::Extensible => Item::Undefined,
            Filter::And(_) | Filter::Or(_) | Filter::Not(_) => Item::Undefined,
        }
    }

    fn equal(&self, kind: Kind, value: &str) -> Item {
        let value = value.trim();
        if value.chars().count() > VALUE_CHARS_MAX {
            return Item::False;
        }
        let pattern = |field, may_be_missing| Item::Test(Test::pattern(field, literal_pattern(value), may_be_missing));
        match kind {
            Kind::Name => self.equal_name(value),
            Kind::LastName => pattern("last_name", false),
            Kind::FirstName => pattern("first_name", true),
            Kind::Organization => pattern("organization_name", true),
            Kind::Mail => pattern("emails", false),
            Kind::Group => self.groups(|name| name == value.to_lowercase()),
            Kind::Number => self.equal_number(value),
            Kind::Id => id(value.parse().ok()),
            Kind::Uuid => id(contact_of_uuid(self.customer, value)),
            Kind::Class if CLASSES.iter().any(|class| class.eq_ignore_ascii_case(value)) => Item::True,
            Kind::Class => Item::False,
        }
    }

    /// Texts on one side of a bound, by caseIgnoreOrderingMatch (RFC 4517, 4.2.12). Attributes without an order, such as
    /// numbers, are neither on it nor off it.
    fn ordered(&self, name: &str, side: Side, value: &[u8]) -> Item {
        let (Some(kind), Some(bound)) = (attribute(name), text(value)) else { return Item::Undefined };
        let bound = bound.trim();
        if bound.chars().count() > VALUE_CHARS_MAX {
            return Item::Undefined;
        }
        match kind {
            Kind::Name if self.style.names.order == NameOrder::FirstLast => Item::Test(ordered_first_last(side, bound)),
            Kind::Name => Item::Test(Test::ordered("full_name", side, bound, false)),
            Kind::LastName => Item::Test(Test::ordered("last_name", side, bound, false)),
            Kind::FirstName => Item::Test(Test::ordered("first_name", side, bound, true)),
            Kind::Organization => Item::Test(Test::ordered("organization_name", side, bound, true)),
            Kind::Group => {
                let bound = bound.to_lowercase();
                self.groups(|name| side.has(name.cmp(bound.as_str())))
            }
            Kind::Mail | Kind::Number | Kind::Id | Kind::Uuid | Kind::Class => Item::Undefined,
        }
    }

    /// A whole name; where first names come first, in that order, too.
    fn equal_name(&self, value: &str) -> Item {
        let whole = Test::pattern("full_name", literal_pattern(value), false);
        if self.style.names.order == NameOrder::LastFirst {
            return Item::Test(whole);
        }
        let divisions = value.match_indices(' ').take(DIVISIONS_MAX).map(|(at, _)| {
            let (first, last) = (literal_pattern(value[..at].trim()), literal_pattern(value[at..].trim()));
            Test::all_of(vec![Test::pattern("first_name", first, true), Test::pattern("last_name", last, false)])
        });
        Item::Test(Test::one_of(std::iter::once(whole).chain(divisions).collect()))
    }

    fn equal_number(&self, value: &str) -> Item {
        let Some(given) = GivenNumber::read(value) else { return Item::False };
        match self.numbers {
            NumberMatch::Whole => {
                let candidates = self.style.numbers.candidates(&given);
                if candidates.is_empty() {
                    return Item::False;
                }
                let phones = candidates.iter().map(|one| Literal::Text(one.phone.to_string())).collect();
                Item::Test(Test::new("phone_numbers", "overlap", "not_overlap", Literal::List(phones)))
            }
            NumberMatch::Suffix => self.style.numbers.suffix(&given).map_or(Item::False, |suffix| {
                Item::Test(Test::new("phone_numbers", "like", "not_like", Literal::Text(format!("%{suffix}"))))
            }),
        }
    }

    fn substrings(&self, kind: Kind, parts: &Parts<'_>) -> Item {
        if parts.chars() > VALUE_CHARS_MAX {
            return Item::False;
        }
        let pattern = |field, may_be_missing| Test::pattern(field, parts.pattern(), may_be_missing);
        match kind {
            Kind::Name => {
                let mut tests = vec![pattern("full_name", false)];
                if self.style.names.order == NameOrder::FirstLast && parts.initial.is_some() {
                    tests.push(pattern("first_name", true));
                }
                Item::Test(Test::one_of(tests))
            }
            Kind::LastName => Item::Test(pattern("last_name", false)),
            Kind::FirstName => Item::Test(pattern("first_name", true)),
            Kind::Organization => Item::Test(pattern("organization_name", true)),
            Kind::Mail => Item::Test(pattern("emails", false)),
            Kind::Group => self.groups(|name| parts.match_folded(name)),
            Kind::Number => number_parts(parts),
            Kind::Id | Kind::Uuid | Kind::Class => Item::Undefined,
        }
    }

    /// Contacts of the groups whose names, in small letters, are meant.
    fn groups(&self, is_meant: impl Fn(&str) -> bool) -> Item {
        let groups = self.book.groups().filter(|group| is_meant(&group.name.as_str().to_lowercase()));
        let ids: Vec<Literal> = groups.take(GROUPS_MAX).map(|group| Literal::Number(group.id.to_string())).collect();
        if ids.is_empty() {
            return Item::False;
        }
        Item::Test(Test::new("groups", "in", "not_in", Literal::List(ids)))
    }
}

fn present(kind: Kind) -> Item {
    match kind {
        Kind::Name | Kind::LastName | Kind::Number | Kind::Id | Kind::Uuid | Kind::Class => Item::True,
        Kind::FirstName => Item::Test(Test::present("first_name")),
        Kind::Organization => Item::Test(Test::present("organization_id")),
        Kind::Group => Item::Test(Test::present("groups")),
        Kind::Mail => Item::Test(Test::present("emails")),
    }
}

/// The order of names that begin with the first name: by the first word of the bound, then by the rest of it. Exact for first
/// names of one word.
fn ordered_first_last(side: Side, bound: &str) -> Test {
    let (first, last) = bound.split_once(' ').unwrap_or((bound, ""));
    let strict = match side {
        Side::Below | Side::AtMost => Side::Below,
        Side::AtLeast | Side::Above => Side::Above,
    };
    let has_first = || Test::present("first_name");
    let has_none = Test { holds: has_first().fails, fails: has_first().holds };
    let equal = Test::pattern("first_name", literal_pattern(first), true);
    Test::one_of(vec![
        Test::ordered("first_name", strict, first, true),
        Test::all_of(vec![equal, Test::ordered("last_name", side, last.trim(), false)]),
        Test::all_of(vec![has_none, Test::ordered("full_name", side, bound, false)]),
    ])
}

fn id(id: Option<u64>) -> Item {
    id.map_or(Item::False, |id| Item::Test(Test::new("id", "=", "!=", Literal::Number(id.to_string()))))
}

/// A number with these parts: its digits, from the beginning also without the international prefix, at the end also without
/// a leading zero.
fn number_parts(parts: &Parts<'_>) -> Item {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let all_parts = parts.initial.into_iter().chain(parts.any.iter().copied()).chain(parts.last);
    let is_number = |text: &str| text.chars().all(|letter| letter.is_ascii_digit() || " +-./()".contains(letter));
    if all_parts.clone().any(|part| !is_number(part)) || all_parts.map(digits).all(|digits| digits.is_empty()) {
        return Item::False;
    }
    let middle: String = parts.any.iter().map(|part| format!("%{}", digits(part))).collect();
    let variants = |part: Option<&str>, prefix: &str| {
        let whole = part.map(digits).unwrap_or_default();
        let short = whole.strip_prefix(prefix).filter(|rest| !rest.is_empty()).map(str::to_owned);
        std::iter::once(whole).chain(short).collect::<Vec<_>>()
    };
    let mut tests = Vec::new();
    for initial in variants(parts.initial, "00") {
        for last in variants(parts.last, "0") {
            let start = if parts.initial.is_some() { "" } else { "%" };
            let end = if parts.last.is_some() { "" } else { "%" };
            let between =
                if parts.any.is_empty() && (parts.initial.is_none() || parts.last.is_none()) { "" } else { "%" };
            let pattern = format!("{start}{initial}{middle}{between}{last}{end}");
            tests.push(Test::new("phone_numbers", "like", "not_like", Literal::Text(pattern)));
        }
    }
    Item::Test(Test::one_of(tests))
}

/// An assertion as a text; `None` for bytes that are none.
fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

/// The parts of a value, as texts.
struct Parts<'v> {
    initial: Option<&'v str>,
    any: Vec<&'v str>,
    last: Option<&'v str>,
}

impl<'v> Parts<'v> {
    fn read(parts: &'v Substrings) -> Option<Self> {
        let optional = |part: &'v Option<Vec<u8>>| part.as_deref().map(text).map_or(Some(None), |text| text.map(Some));
        Some(Self {
            initial: optional(&parts.initial)?,
            any: parts.any.iter().map(|part| text(part)).collect::<Option<_>>()?,
            last: optional(&parts.last)?,
        })
    }

    fn chars(&self) -> usize {
        let parts = self.initial.into_iter().chain(self.any.iter().copied()).chain(self.last);
        parts.map(|part| part.chars().count()).sum()
    }

    /// As a pattern of the engine.
    fn pattern(&self) -> String {
        let mut pattern = literal_pattern(self.initial.unwrap_or_default());
        pattern.push('%');
        for part in &self.any {
            pattern.push_str(&literal_pattern(part));
            pattern.push('%');
        }
        pattern.push_str(&literal_pattern(self.last.unwrap_or_default()));
        pattern
    }

    /// Whether a text in small letters has the parts.
    fn match_folded(&self, text: &str) -> bool {
        let fold = |part: &str| part.to_lowercase();
        let Some(mut rest) = text.strip_prefix(fold(self.initial.unwrap_or_default()).as_str()) else { return false };
        for part in &self.any {
            let part = fold(part);
            let Some(at) = rest.find(&part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(&fold(self.last.unwrap_or_default()))
    }
}
