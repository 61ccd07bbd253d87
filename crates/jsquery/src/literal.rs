//! The constants of a query and sets of them.

use crate::JsonKind;
use crate::number::Decimal;
use crate::packed_digits::{PACKED_DIGITS_MAX, PackedDigits};

/// A scalar written in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Text),
}

/// A string of a query, and its packed form for comparing it with [`JsonKind::Digits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    text: String,
    digits: Option<PackedDigits>,
}

impl Text {
    pub(crate) fn as_string(&self) -> &String {
        &self.text
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let digits = PackedDigits::pack(&text);
        Self { text, digits }
    }
}

impl Literal {
    /// Whether a value equals the literal. Values of different types are never equal.
    #[inline]
    pub(crate) fn equals(&self, kind: JsonKind<'_>) -> bool {
        match (self, kind) {
            (Literal::Null, JsonKind::Null) => true,
            (Literal::Bool(literal), JsonKind::Bool(value)) => *literal == value,
            (Literal::Number(literal), JsonKind::Number(value)) => literal.order_of(value).is_eq(),
            (Literal::Text(literal), JsonKind::String(value)) => literal.text == value,
            (Literal::Text(literal), JsonKind::Digits(value)) => literal.digits == Some(value),
            _ => false,
        }
    }
}

/// Sets up to this size are searched linearly.
const SCAN_LENGTH_MAX: usize = 8;

/// A set of scalars, sorted, so that a lookup takes logarithmic time.
#[derive(Debug)]
pub(crate) struct LiteralSet {
    null: bool,
    bools: [bool; 2],
    numbers: Box<[i64]>,
    texts: Box<[String]>,
    /// Contains a number that no value can have, such as 1.5.
    unreachable: bool,
}

/// The slots of null and the two booleans.
const SLOT_NULL: usize = 0;
const SLOT_FALSE: usize = 1;
const SLOT_TRUE: usize = 2;
const SLOT_FIRST_NUMBER: usize = 3;

impl LiteralSet {
    pub(crate) fn new(literals: Vec<Literal>) -> LiteralSet {
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

    /// Whether a value is in the set.
    pub(crate) fn has(&self, kind: JsonKind<'_>) -> bool {
        self.slot(kind).is_some()
    }

    /// The slot of a value in the set: a number below [`LiteralSet::slots`], different for each value.
    pub(crate) fn slot(&self, kind: JsonKind<'_>) -> Option<usize> {
        match kind {
            JsonKind::Null => self.null.then_some(SLOT_NULL),
            JsonKind::Bool(false) => self.bools[0].then_some(SLOT_FALSE),
            JsonKind::Bool(true) => self.bools[1].then_some(SLOT_TRUE),
            JsonKind::Number(value) => index_of(&self.numbers, &value).map(|index| SLOT_FIRST_NUMBER + index),
            JsonKind::String(value) => index_of(&self.texts, value).map(|index| self.slots() - 1 - index),
            JsonKind::Digits(value) => {
                let mut buffer = [0; PACKED_DIGITS_MAX + 2];
                self.slot(JsonKind::String(value.write_to(&mut buffer)))
            }
            JsonKind::Array | JsonKind::Object => None,
        }
    }

    /// The number of slots.
    pub(crate) fn slots(&self) -> usize {
        SLOT_FIRST_NUMBER + self.numbers.len() + self.texts.len()
    }

    /// The number of values in the set, apart from unreachable numbers.
    pub(crate) fn size(&self) -> usize {
        let constants = [self.null, self.bools[0], self.bools[1]];
        constants.iter().filter(|&&present| present).count() + self.numbers.len() + self.texts.len()
    }

    /// Whether the set contains a number that no value can have.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.unreachable
    }

    /// Whether the set contains anything but strings.
    pub(crate) fn has_other_than_texts(&self) -> bool {
        self.unreachable || self.size() > self.texts.len()
    }

    /// The strings of the set, sorted.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// Sorts and removes duplicates.
fn distinct<T: Ord>(mut list: Vec<T>) -> Box<[T]> {
    list.sort_unstable();
    list.dedup();
    list.into_boxed_slice()
}

/// The index of `wanted` in a sorted list.
fn index_of<T, Q>(sorted: &[T], wanted: &Q) -> Option<usize>
where
    T: std::borrow::Borrow<Q>,
    Q: Ord + ?Sized,
{
    if sorted.len() <= SCAN_LENGTH_MAX {
        return sorted.iter().position(|item| item.borrow() == wanted);
    }
    sorted.binary_search_by(|item| item.borrow().cmp(wanted)).ok()
}
