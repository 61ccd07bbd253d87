//! Reads the value of a simple filter as what its operator and field need, and says what the comparison is.
//!
//! Null follows SQL: whatever is compared with null is false; only `= null`, `!= null` and the two operators
//! for absence ask about it. What holds for a list of texts holds when any element does, its negation when
//! none does.

use std::collections::HashSet;

use jsquery::JsQuery;
use pg_regex::{Case, Like, PATTERN_CHARS_MAX, Regex, SizeBudget, StepBudget, StepLimitError};

use super::ask::Literal;
use super::fault::Wrong;
use super::field::Kind;
use super::number::Decimal;
use super::operator::Operator;
use super::plan::LIST_VALUES_MAX;
use crate::moment;
use crate::text::Phone;

/// What a field's value must be for a simple filter to hold.
#[derive(Debug)]
pub enum Test {
    /// It never holds: a comparison with null.
    Never,
    /// Absent; for a list: empty.
    IsNull,
    /// There; for a list: not empty.
    IsNotNull,
    /// A number or a moment.
    Number(NumberTest),
    /// A boolean of this value.
    Boolean(bool),
    /// A text.
    Text(TextTest),
    /// Elements of a list of texts.
    Texts(Quantifier, TextTest),
    /// Packed phone numbers, ascending, of which a list has one or none.
    Phones(Quantifier, Vec<u64>),
    /// Ids, ascending, of which a list of objects has one or none.
    Ids(Quantifier, Vec<u64>),
    /// A question about a list as a JSON value.
    JsQuery(JsQuery),
}

/// How many elements of a list must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Not one.
    None,
}

/// What a number must be.
#[derive(Debug)]
pub enum NumberTest {
    /// Equal to it.
    Equal(Decimal),
    /// Not equal to it.
    NotEqual(Decimal),
    /// Below it.
    Less(Decimal),
    /// Above it.
    Greater(Decimal),
    /// Not above it.
    AtMost(Decimal),
    /// Not below it.
    AtLeast(Decimal),
    /// One of these, ascending.
    OneOf(Vec<i64>),
    /// None of these, ascending.
    NoneOf(Vec<i64>),
}

impl NumberTest {
    /// Whether a number passes.
    pub fn holds(&self, number: i64) -> bool {
        match self {
            Self::Equal(than) => than.compare_to(number).is_eq(),
            Self::NotEqual(than) => than.compare_to(number).is_ne(),
            Self::Less(than) => than.compare_to(number).is_lt(),
            Self::Greater(than) => than.compare_to(number).is_gt(),
            Self::AtMost(than) => than.compare_to(number).is_le(),
            Self::AtLeast(than) => than.compare_to(number).is_ge(),
            Self::OneOf(list) => list.binary_search(&number).is_ok(),
            Self::NoneOf(list) => list.binary_search(&number).is_err(),
        }
    }
}

/// What a text must be.
#[derive(Debug)]
pub enum TextTest {
    /// Equal to it.
    Equal(Box<str>),
    /// Not equal to it.
    NotEqual(Box<str>),
    /// One of these.
    OneOf(HashSet<Box<str>>),
    /// None of these.
    NoneOf(HashSet<Box<str>>),
    /// Like it.
    Like(Box<Like>),
    /// Not like it.
    NotLike(Box<Like>),
    /// Holding a match of it.
    Regexp(Box<Regex>),
}

impl TextTest {
    /// Whether a text passes; `steps` is what patterns may still cost.
    pub fn holds(&self, text: &str, steps: &mut StepBudget) -> Result<bool, StepLimitError> {
        Ok(match self {
            Self::Equal(other) => text == &**other,
            Self::NotEqual(other) => text != &**other,
            Self::OneOf(list) => list.contains(text),
            Self::NoneOf(list) => !list.contains(text),
            Self::Like(pattern) => pattern.is_match(text),
            Self::NotLike(pattern) => !pattern.is_match(text),
            Self::Regexp(pattern) => pattern.is_match(text, steps)?,
        })
    }
}

/// Why a value cannot be used.
#[derive(Debug)]
pub struct BadValue {
    /// What is wrong.
    pub wrong: Wrong,
    /// With which element of a list.
    pub element: Option<usize>,
}

impl From<Wrong> for BadValue {
    fn from(wrong: Wrong) -> Self {
        Self { wrong, element: None }
    }
}

/// The comparison that `operator` makes of a field of this kind with `value`; a regular expression takes no more
/// than this size.
pub fn test(kind: Kind, operator: Operator, value: &Literal, size: SizeBudget) -> Result<Test, BadValue> {
    match (operator, value) {
        (Operator::IsNull, _) | (Operator::Equal, Literal::Null) => return Ok(Test::IsNull),
        (Operator::IsNotNull, _) | (Operator::NotEqual, Literal::Null) => {
            return Ok(Test::IsNotNull);
        }
        (_, Literal::Null) => return Ok(Test::Never),
        (Operator::JsQuery, value) => return js_query(value),
        _ => {}
    }
    match kind {
        Kind::Number => number_test(operator, value, number),
        Kind::Seconds => number_test(operator, value, micros),
        Kind::DateTime => moment(value).map(|moment| comparison(operator, Decimal::from(moment))),
        Kind::Boolean => boolean_test(operator, value),
        Kind::Text => text_test(operator, value, size),
        Kind::Texts => list_test(operator, value, size),
        Kind::Phones => phones_test(operator, value, size),
        Kind::Objects { .. } => ids_test(operator, value),
        Kind::Object | Kind::Empty(_) => Ok(Test::Never),
    }
}

fn comparison(operator: Operator, than: Decimal) -> Test {
    match operator {
        Operator::Equal => Test::Number(NumberTest::Equal(than)),
        Operator::NotEqual => Test::Number(NumberTest::NotEqual(than)),
        Operator::Less => Test::Number(NumberTest::Less(than)),
        Operator::Greater => Test::Number(NumberTest::Greater(than)),
        Operator::AtMost => Test::Number(NumberTest::AtMost(than)),
        Operator::AtLeast => Test::Number(NumberTest::AtLeast(than)),
        Operator::Like
        | Operator::ILike
        | Operator::NotLike
        | Operator::NotILike
        | Operator::Regexp
        | Operator::In
        | Operator::NotIn
        | Operator::Overlap
        | Operator::NotOverlap
        | Operator::JsQuery
        | Operator::IsNull
        | Operator::IsNotNull => Test::Never,
    }
}

fn number_test(
    operator: Operator,
    value: &Literal,
    read: fn(&Literal) -> Result<Decimal, Wrong>,
) -> Result<Test, BadValue> {
    if !matches!(operator, Operator::In | Operator::NotIn) {
        return Ok(comparison(operator, read(value)?));
    }
    let (numbers, has_null) = list(value, "a list of numbers", read)?;
    let mut numbers: Vec<i64> =
        numbers.into_iter().filter_map(Decimal::whole).filter_map(|whole| i64::try_from(whole).ok()).collect();
    numbers.sort_unstable();
    Ok(match (operator, has_null) {
        (Operator::In, _) => Test::Number(NumberTest::OneOf(numbers)),
        // In SQL nothing is known to be outside a list that holds null.
        (_, true) => Test::Never,
        (_, false) => Test::Number(NumberTest::NoneOf(numbers)),
    })
}

fn boolean_test(operator: Operator, value: &Literal) -> Result<Test, BadValue> {
    let Literal::Boolean(value) = value else {
        return Err(Wrong::Type { expected: "true or false" }.into());
    };
    Ok(Test::Boolean(*value == (operator == Operator::Equal)))
}

fn text_test(operator: Operator, value: &Literal, size: SizeBudget) -> Result<Test, BadValue> {
    if matches!(operator, Operator::In | Operator::NotIn) {
        let (texts, has_null) = list(value, "a list of strings", text)?;
        let texts = texts.into_iter().map(Box::from).collect();
        return Ok(match (operator, has_null) {
            (Operator::In, _) => Test::Text(TextTest::OneOf(texts)),
            (_, true) => Test::Never,
            (_, false) => Test::Text(TextTest::NoneOf(texts)),
        });
    }
    let text = text(value)?;
    Ok(Test::Text(match operator {
        Operator::Equal => TextTest::Equal(text.into()),
        Operator::NotEqual => TextTest::NotEqual(text.into()),
        Operator::NotLike => TextTest::NotLike(like(text, Case::Sensitive)?),
        Operator::NotILike => TextTest::NotLike(like(text, Case::Insensitive)?),
        other => pattern(other, text, size)?,
    }))
}

/// The comparisons with a pattern that are not negations.
fn pattern(operator: Operator, text: &str, size: SizeBudget) -> Result<TextTest, BadValue> {
    Ok(match operator {
        Operator::ILike => TextTest::Like(like(text, Case::Insensitive)?),
        Operator::Regexp => TextTest::Regexp(regexp(text, size)?),
        _ => TextTest::Like(like(text, Case::Sensitive)?),
    })
}

fn list_test(operator: Operator, value: &Literal, size: SizeBudget) -> Result<Test, BadValue> {
    let one_of = |texts: Vec<&str>| TextTest::OneOf(texts.into_iter().map(Box::from).collect());
    Ok(match operator {
        Operator::Equal => Test::Texts(Quantifier::Any, TextTest::Equal(text(value)?.into())),
        Operator::NotEqual => Test::Texts(Quantifier::None, TextTest::Equal(text(value)?.into())),
        Operator::In => Test::Texts(Quantifier::Any, one_of(list(value, "a list of strings", text)?.0)),
        Operator::NotIn => Test::Texts(Quantifier::None, one_of(list(value, "a list of strings", text)?.0)),
        Operator::Overlap => Test::Texts(Quantifier::Any, one_of(one_or_more(value)?)),
        Operator::NotOverlap => Test::Texts(Quantifier::None, one_of(one_or_more(value)?)),
        Operator::NotLike => Test::Texts(Quantifier::None, TextTest::Like(like(text(value)?, Case::Sensitive)?)),
        Operator::NotILike => Test::Texts(Quantifier::None, TextTest::Like(like(text(value)?, Case::Insensitive)?)),
        other => Test::Texts(Quantifier::Any, pattern(other, text(value)?, size)?),
    })
}

fn phones_test(operator: Operator, value: &Literal, size: SizeBudget) -> Result<Test, BadValue> {
    let packed = |texts: Vec<&str>| {
        // What is no phone number equals none.
        let mut packed: Vec<u64> =
            texts.into_iter().filter_map(|text| Phone::parse(text).ok()).map(Phone::packed).collect();
        packed.sort_unstable();
        packed
    };
    Ok(match operator {
        Operator::Equal => Test::Phones(Quantifier::Any, packed(vec![text(value)?])),
        Operator::NotEqual => Test::Phones(Quantifier::None, packed(vec![text(value)?])),
        Operator::In => Test::Phones(Quantifier::Any, packed(list(value, "a list of strings", text)?.0)),
        Operator::NotIn => Test::Phones(Quantifier::None, packed(list(value, "a list of strings", text)?.0)),
        Operator::Overlap => Test::Phones(Quantifier::Any, packed(one_or_more(value)?)),
        Operator::NotOverlap => Test::Phones(Quantifier::None, packed(one_or_more(value)?)),
        other => list_test(other, value, size)?,
    })
}

fn ids_test(operator: Operator, value: &Literal) -> Result<Test, BadValue> {
    let numbers = match operator {
        Operator::In | Operator::NotIn => list(value, "a list of ids", number)?.0,
        _ => vec![number(value)?],
    };
    let mut ids: Vec<u64> =
        numbers.into_iter().filter_map(Decimal::whole).filter_map(|whole| u64::try_from(whole).ok()).collect();
    ids.sort_unstable();
    let quantifier = match operator {
        Operator::Equal | Operator::In => Quantifier::Any,
        _ => Quantifier::None,
    };
    Ok(Test::Ids(quantifier, ids))
}

fn number(value: &Literal) -> Result<Decimal, Wrong> {
    scaled(value, 0)
}

/// Seconds as microseconds.
fn micros(value: &Literal) -> Result<Decimal, Wrong> {
    scaled(value, 6)
}

fn scaled(value: &Literal, places: u8) -> Result<Decimal, Wrong> {
    let read = match value {
        Literal::Number(text) => Decimal::read_scaled(text, places),
        Literal::Text(text) => Decimal::read_whole_scaled(text, places),
        Literal::Null | Literal::Boolean(_) | Literal::List(_) | Literal::Object => None,
    };
    read.ok_or(Wrong::Type { expected: "a number, or a string that is a decimal integer" })
}

fn text(value: &Literal) -> Result<&str, Wrong> {
    match value {
        Literal::Number(text) | Literal::Text(text) => without_nul(text),
        Literal::Null | Literal::Boolean(_) | Literal::List(_) | Literal::Object => {
            Err(Wrong::Type { expected: "a string" })
        }
    }
}

/// No text of a book has a NUL, nor can the reference be asked for one.
fn without_nul(text: &str) -> Result<&str, Wrong> {
    if text.contains('\0') {
        return Err(Wrong::Value { reason: "a NUL character stands in it".to_owned() });
    }
    Ok(text)
}

fn moment(value: &Literal) -> Result<i64, BadValue> {
    let Literal::Text(text) = value else {
        return Err(Wrong::Type { expected: "a string with a date and time" }.into());
    };
    let reason = || format!("not a date and time: write YYYY-MM-DD hh:mm:ss or YYYY-MM-DD, not {text:.40}");
    moment::read(text).ok_or_else(|| Wrong::Value { reason: reason() }.into())
}

/// Reads a list, and whether null stands in it.
fn list<'a, T>(
    value: &'a Literal,
    expected: &'static str,
    read: impl Fn(&'a Literal) -> Result<T, Wrong>,
) -> Result<(Vec<T>, bool), BadValue> {
    let Literal::List(elements) = value else {
        return Err(Wrong::Type { expected }.into());
    };
    if elements.len() > LIST_VALUES_MAX {
        return Err(Wrong::TooMany { what: "values in a list", max: LIST_VALUES_MAX }.into());
    }
    let mut values = Vec::with_capacity(elements.len());
    let mut has_null = false;
    for (at, element) in elements.iter().enumerate() {
        if *element == Literal::Null {
            has_null = true;
        } else {
            values.push(read(element).map_err(|wrong| BadValue { wrong, element: Some(at) })?);
        }
    }
    Ok((values, has_null))
}

/// What `overlap` takes: a text or a list of texts.
fn one_or_more(value: &Literal) -> Result<Vec<&str>, BadValue> {
    match value {
        Literal::List(_) => Ok(list(value, "a string or a list of strings", text)?.0),
        single => text(single).map(|text| vec![text]).map_err(|wrong| match wrong {
            Wrong::Type { .. } => Wrong::Type { expected: "a string or a list of strings" }.into(),
            other => other.into(),
        }),
    }
}

fn bounded(text: &str) -> Result<&str, BadValue> {
    if text.len() > PATTERN_CHARS_MAX && text.chars().count() > PATTERN_CHARS_MAX {
        return Err(Wrong::TooMany { what: "characters in a pattern", max: PATTERN_CHARS_MAX }.into());
    }
    Ok(text)
}

fn like(text: &str, case: Case) -> Result<Box<Like>, BadValue> {
    let like = Like::new(bounded(text)?, case).map_err(Wrong::Pattern)?;
    Ok(Box::new(like))
}

fn regexp(text: &str, size: SizeBudget) -> Result<Box<Regex>, BadValue> {
    let regexp = Regex::with_size_budget(bounded(text)?, size).map_err(Wrong::Pattern)?;
    Ok(Box::new(regexp))
}

fn js_query(value: &Literal) -> Result<Test, BadValue> {
    let Literal::Text(text) = value else {
        return Err(Wrong::Type { expected: "a string with a jsquery" }.into());
    };
    let query = JsQuery::parse(bounded(without_nul(text)?)?).map_err(Wrong::JsQuery)?;
    Ok(Test::JsQuery(query))
}
