//! The constants of a query and sets of them.

use super::Kind;
use super::number::Decimal;
use crate::text::{PHONE_DIGITS_MAX, digits_packed, unpack};

/// A scalar written in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Text),
}

/// A string of a query, also as what it is compared with where values are digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    text: String,
    digits: Option<u64>,
}

impl Text {
    pub(super) fn as_string(&self) -> &String {
        &self.text
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let digits = digits_packed(&text);
        Self { text, digits }
    }
}

impl Literal {
    /// Whether a value of this kind is the literal. Values of different types
    /// are never equal.
    #[inline]
    pub(super) fn equals(&self, kind: Kind<'_>) -> bool {
        match (self, kind) {
            (Literal::Null, Kind::Null) => true,
            (Literal::Bool(literal), Kind::Bool(value)) => *literal == value,
            (Literal::Number(literal), Kind::Number(value)) => literal.order_of(value).is_eq(),
            (Literal::Text(literal), Kind::String(value)) => literal.text == value,
            (Literal::Text(literal), Kind::Digits(value)) => literal.digits == Some(value),
            _ => false,
        }
    }
}

/// Sets up to this size are searched from end to end.
const SCAN_LENGTH_MAX: usize = 8;

/// A set of scalars, sorted by type so that a lookup takes logarithmic time.
#[derive(Debug)]
pub(super) struct LiteralSet {
    null: bool,
    bools: [bool; 2],
    numbers: Box<[i64]>,
    texts: Box<[String]>,
    /// Holds a number that no value can have, such as 1.5.
    unreachable: bool,
}

/// The slots of a set that stand for null and the two truth values.
const SLOT_NULL: usize = 0;
const SLOT_FALSE: usize = 1;
const SLOT_TRUE: usize = 2;
const SLOT_FIRST_NUMBER: usize = 3;

impl LiteralSet {
    pub(super) fn new(literals: Vec<Literal>) -> LiteralSet {
        let (mut numbers, mut texts) = (Vec::new(), Vec::new());
        let (mut null, mut bools, mut unreachable) = (false, [false; 2], false);
        for literal in literals {
            match literal {
                Literal::Null => null = true,
                Literal::Bool(value) => bools[usize::from(value)] = true,
                Literal::Number(number) => match number.integer() {
                    Some(integer) => numbers.push(integer),
                    None => unreachable = true,
                },
                Literal::Text(text) => texts.push(text.text),
            }
        }
        let (numbers, texts) = (distinct(numbers), distinct(texts));
        LiteralSet { null, bools, numbers, texts, unreachable }
    }

    /// Whether a value of this kind is in the set.
    pub(super) fn has(&self, kind: Kind<'_>) -> bool {
        self.slot(kind).is_some()
    }

    /// The place of a value in the set, below [`LiteralSet::slots`] and its own.
    pub(super) fn slot(&self, kind: Kind<'_>) -> Option<usize> {
        match kind {
            Kind::Null => self.null.then_some(SLOT_NULL),
            Kind::Bool(false) => self.bools[0].then_some(SLOT_FALSE),
            Kind::Bool(true) => self.bools[1].then_some(SLOT_TRUE),
            Kind::Number(value) => place(&self.numbers, &value).map(|index| SLOT_FIRST_NUMBER + index),
            Kind::String(value) => place(&self.texts, value).map(|index| self.slots() - 1 - index),
            Kind::Digits(value) => {
                let mut room = [0; PHONE_DIGITS_MAX + 1];
                let start = unpack(value, &mut room);
                self.slot(Kind::String(std::str::from_utf8(&room[start..]).unwrap_or_default()))
            }
            Kind::Array | Kind::Object => None,
        }
    }

    /// One more than the greatest slot.
    pub(super) fn slots(&self) -> usize {
        SLOT_FIRST_NUMBER + self.numbers.len() + self.texts.len()
    }

    /// How many slots are taken.
    pub(super) fn size(&self) -> usize {
        let constants = [self.null, self.bools[0], self.bools[1]];
        constants.iter().filter(|&&present| present).count() + self.numbers.len() + self.texts.len()
    }

    /// Whether the set has a member that no value can equal.
    pub(super) fn is_unreachable(&self) -> bool {
        self.unreachable
    }

    /// Whether the set has members other than strings.
    pub(super) fn has_other_than_texts(&self) -> bool {
        self.unreachable || self.size() > self.texts.len()
    }

    /// The strings of the set, sorted.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// Sorts and drops repetitions.
fn distinct<T: Ord>(mut list: Vec<T>) -> Box<[T]> {
    list.sort_unstable();
    list.dedup();
    list.into_boxed_slice()
}

/// Where `wanted` stands in a sorted list.
fn place<T, Q>(sorted: &[T], wanted: &Q) -> Option<usize>
where
    T: std::borrow::Borrow<Q>,
    Q: Ord + ?Sized,
{
    if sorted.len() <= SCAN_LENGTH_MAX {
        return sorted.iter().position(|item| item.borrow() == wanted);
    }
    sorted.binary_search_by(|item| item.borrow().cmp(wanted)).ok()
}
