//! Predicates: converts the operator and value of a comparison to the predicate on the type of its field.
//!
//! Null follows SQL: a comparison with null is false, except `= null`, `!= null`, `is_null` and `is_not_null`. A
//! comparison with a list of texts holds if it holds for any element; its negation, if it holds for none. Names are
//! compared in composed form, and phone numbers as the number rule of the customer reads them.

use std::collections::HashSet;
use std::sync::Arc;

use jsquery::JsQuery;
use pg_regex::{Case, Like, PATTERN_CHARS_MAX, Regex, StepBudget, StepLimitError};

use super::ask::{Literal, Side};
use super::field::FieldType;
use super::number::Decimal;
use super::operator::Operator;
use super::pattern_cache::PatternCompiler;
use super::query_error::QueryErrorKind;
use crate::moment;
use crate::text::{NumberRule, Phone, nfc};

/// Maximum number of values in one list.
pub const LIST_VALUES_MAX: usize = 10_000;

/// The predicate of a comparison on the value of its field.
#[derive(Debug)]
pub enum Predicate {
    /// Never holds: a comparison with null.
    Never,
    /// The value is null; for a list: empty.
    IsNull,
    /// The value is not null; for a list: not empty.
    IsNotNull,
    /// On a number or a timestamp.
    Number(NumberPredicate),
    /// The boolean has this value.
    Boolean(bool),
    /// On a text.
    Text(TextPredicate),
    /// On the elements of a list of texts.
    Texts(Quantifier, TextPredicate),
    /// The list contains one, or none, of these packed phone numbers, which are ascending.
    Phones(Quantifier, Vec<u64>),
    /// The list of objects contains one, or none, of these ids, which are ascending.
    Ids(Quantifier, Vec<u64>),
    /// The list as a JSON value matches the jsquery.
    JsQuery(Arc<JsQuery>),
}

/// For how many elements of a list a predicate must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// For at least one.
    Any,
    /// For none.
    None,
}

/// A predicate on a number.
#[derive(Debug)]
pub enum NumberPredicate {
    /// Equal to it.
    Equal(Decimal),
    /// Not equal to it.
    NotEqual(Decimal),
    /// Less than it.
    Less(Decimal),
    /// Greater than it.
    Greater(Decimal),
    /// Less than or equal to it.
    AtMost(Decimal),
    /// Greater than or equal to it.
    AtLeast(Decimal),
    /// One of these, ascending.
    OneOf(Vec<i64>),
    /// None of these, ascending.
    NoneOf(Vec<i64>),
}

impl NumberPredicate {
    /// Whether it holds for a number.
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

/// A predicate on a text.
#[derive(Debug)]
pub enum TextPredicate {
    /// Equal to it.
    Equal(Box<str>),
    /// Not equal to it.
    NotEqual(Box<str>),
    /// One of these.
    OneOf(HashSet<Box<str>>),
    /// None of these.
    NoneOf(HashSet<Box<str>>),
    /// Matches the `LIKE` pattern.
    Like(Box<Like>),
    /// Does not match the `LIKE` pattern.
    NotLike(Box<Like>),
    /// Contains a match of the regular expression.
    Regexp(Box<Regex>),
    /// In small letters, on this side of a bound in small letters, by code points.
    Ordered(Side, Box<str>),
}

impl TextPredicate {
    /// Whether it holds for a text.
    ///
    /// # Errors
    ///
    /// The regular expression needs more than the remaining steps.
    pub fn holds(&self, text: &str, steps: &mut StepBudget) -> Result<bool, StepLimitError> {
        Ok(match self {
            Self::Equal(other) => text == &**other,
            Self::NotEqual(other) => text != &**other,
            Self::OneOf(list) => list.contains(text),
            Self::NoneOf(list) => !list.contains(text),
            Self::Like(pattern) => pattern.is_match(text),
            Self::NotLike(pattern) => !pattern.is_match(text),
            Self::Regexp(pattern) => pattern.is_match(text, steps)?,
            Self::Ordered(side, bound) => side.has(text.chars().flat_map(char::to_lowercase).cmp(bound.chars())),
        })
    }
}

/// The reason why the value of a comparison is rejected.
#[derive(Debug)]
pub struct ValueError {
    /// What is wrong.
    pub kind: QueryErrorKind,
    /// Index of the wrong element of a list.
    pub element: Option<usize>,
}

impl From<QueryErrorKind> for ValueError {
    fn from(kind: QueryErrorKind) -> Self {
        Self { kind, element: None }
    }
}

/// The predicate of a comparison of a field of this type; patterns are had of the compiler, phone numbers are read by the
/// rule.
///
/// # Errors
///
/// The value has the wrong type, breaks a bound or is an invalid pattern.
pub(super) fn predicate(
    kind: FieldType,
    operator: Operator,
    value: &Literal,
    patterns: &mut PatternCompiler<'_>,
    numbers: NumberRule,
) -> Result<Predicate, ValueError> {
    match (operator, value) {
        (Operator::IsNull, _) | (Operator::Equal, Literal::Null) => return Ok(Predicate::IsNull),
        (Operator::IsNotNull, _) | (Operator::NotEqual, Literal::Null) => {
            return Ok(Predicate::IsNotNull);
        }
        (_, Literal::Null) => return Ok(Predicate::Never),
        (Operator::JsQuery, value) => return js_query(value, patterns),
        _ => {}
    }
    match kind {
        FieldType::Number => number_predicate(operator, value, number),
        FieldType::Seconds => number_predicate(operator, value, micros),
        FieldType::DateTime => moment(value).map(|moment| comparison(operator, Decimal::from(moment))),
        FieldType::Boolean => boolean_predicate(operator, value),
        FieldType::Text => text_predicate(operator, value, patterns),
        FieldType::Name if operator == Operator::Regexp => text_predicate(operator, value, patterns),
        FieldType::Name => text_predicate(operator, &with_texts(value, |text| nfc(text).into_owned()), patterns),
        FieldType::Phone if compares_whole(operator) => {
            let digits =
                |text: &str| Phone::read(text, &numbers).map_or_else(|_| text.to_owned(), |phone| phone.to_string());
            text_predicate(operator, &with_texts(value, digits), patterns)
        }
        FieldType::Phone => text_predicate(operator, value, patterns),
        FieldType::Texts => list_predicate(operator, value, patterns),
        FieldType::Phones => phones_predicate(operator, value, patterns, numbers),
        FieldType::Objects { .. } => ids_predicate(operator, value),
        FieldType::Object | FieldType::Empty(_) => Ok(Predicate::Never),
    }
}

/// The predicate of a comparison by order with a bound, for a field of this type; `None` for fields without names.
pub fn ordered(kind: FieldType, side: Side, bound: &str) -> Option<Predicate> {
    let bound: String = nfc(bound).chars().flat_map(char::to_lowercase).collect();
    (kind == FieldType::Name).then(|| Predicate::Text(TextPredicate::Ordered(side, bound.into())))
}

fn comparison(operator: Operator, than: Decimal) -> Predicate {
    match operator {
        Operator::Equal => Predicate::Number(NumberPredicate::Equal(than)),
        Operator::NotEqual => Predicate::Number(NumberPredicate::NotEqual(than)),
        Operator::Less => Predicate::Number(NumberPredicate::Less(than)),
        Operator::Greater => Predicate::Number(NumberPredicate::Greater(than)),
        Operator::AtMost => Predicate::Number(NumberPredicate::AtMost(than)),
        Operator::AtLeast => Predicate::Number(NumberPredicate::AtLeast(than)),
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
        | Operator::IsNotNull => Predicate::Never,
    }
}

fn number_predicate(
    operator: Operator,
    value: &Literal,
    read: fn(&Literal) -> Result<Decimal, QueryErrorKind>,
) -> Result<Predicate, ValueError> {
    if !matches!(operator, Operator::In | Operator::NotIn) {
        return Ok(comparison(operator, read(value)?));
    }
    let (numbers, has_null) = list(value, "a list of numbers", read)?;
    let mut numbers: Vec<i64> =
        numbers.into_iter().filter_map(Decimal::whole).filter_map(|whole| i64::try_from(whole).ok()).collect();
    numbers.sort_unstable();
    Ok(match (operator, has_null) {
        (Operator::In, _) => Predicate::Number(NumberPredicate::OneOf(numbers)),
        // In SQL `NOT IN` a list with null is never true.
        (_, true) => Predicate::Never,
        (_, false) => Predicate::Number(NumberPredicate::NoneOf(numbers)),
    })
}

fn boolean_predicate(operator: Operator, value: &Literal) -> Result<Predicate, ValueError> {
    let Literal::Boolean(value) = value else {
        return Err(QueryErrorKind::Type { expected: "true or false" }.into());
    };
    Ok(Predicate::Boolean(*value == (operator == Operator::Equal)))
}

fn text_predicate(
    operator: Operator,
    value: &Literal,
    patterns: &mut PatternCompiler<'_>,
) -> Result<Predicate, ValueError> {
    if matches!(operator, Operator::In | Operator::NotIn) {
        let (texts, has_null) = list(value, "a list of strings", text)?;
        let texts = texts.into_iter().map(Box::from).collect();
        return Ok(match (operator, has_null) {
            (Operator::In, _) => Predicate::Text(TextPredicate::OneOf(texts)),
            (_, true) => Predicate::Never,
            (_, false) => Predicate::Text(TextPredicate::NoneOf(texts)),
        });
    }
    let text = text(value)?;
    Ok(Predicate::Text(match operator {
        Operator::Equal => TextPredicate::Equal(text.into()),
        Operator::NotEqual => TextPredicate::NotEqual(text.into()),
        Operator::NotLike => TextPredicate::NotLike(like(text, Case::Sensitive, patterns)?),
        Operator::NotILike => TextPredicate::NotLike(like(text, Case::Insensitive, patterns)?),
        other => pattern(other, text, patterns)?,
    }))
}

/// The predicate of an operator with a pattern that is not a negation.
fn pattern(operator: Operator, text: &str, patterns: &mut PatternCompiler<'_>) -> Result<TextPredicate, ValueError> {
    Ok(match operator {
        Operator::ILike => TextPredicate::Like(like(text, Case::Insensitive, patterns)?),
        Operator::Regexp => TextPredicate::Regexp(regexp(text, patterns)?),
        _ => TextPredicate::Like(like(text, Case::Sensitive, patterns)?),
    })
}

fn list_predicate(
    operator: Operator,
    value: &Literal,
    patterns: &mut PatternCompiler<'_>,
) -> Result<Predicate, ValueError> {
    let one_of = |texts: Vec<&str>| TextPredicate::OneOf(texts.into_iter().map(Box::from).collect());
    Ok(match operator {
        Operator::Equal => Predicate::Texts(Quantifier::Any, TextPredicate::Equal(text(value)?.into())),
        Operator::NotEqual => Predicate::Texts(Quantifier::None, TextPredicate::Equal(text(value)?.into())),
        Operator::In => Predicate::Texts(Quantifier::Any, one_of(list(value, "a list of strings", text)?.0)),
        Operator::NotIn => Predicate::Texts(Quantifier::None, one_of(list(value, "a list of strings", text)?.0)),
        Operator::Overlap => Predicate::Texts(Quantifier::Any, one_of(one_or_more(value)?)),
        Operator::NotOverlap => Predicate::Texts(Quantifier::None, one_of(one_or_more(value)?)),
        Operator::NotLike => {
            Predicate::Texts(Quantifier::None, TextPredicate::Like(like(text(value)?, Case::Sensitive, patterns)?))
        }
        Operator::NotILike => {
            Predicate::Texts(Quantifier::None, TextPredicate::Like(like(text(value)?, Case::Insensitive, patterns)?))
        }
        other => Predicate::Texts(Quantifier::Any, pattern(other, text(value)?, patterns)?),
    })
}

/// Whether the operator compares whole values and not patterns.
fn compares_whole(operator: Operator) -> bool {
    matches!(operator, Operator::Equal | Operator::NotEqual | Operator::In | Operator::NotIn)
}

/// The value with this made of its texts; a longer list than is allowed is left to be refused.
fn with_texts(value: &Literal, make: impl Fn(&str) -> String) -> Literal {
    let text = |value: &Literal| match value {
        Literal::Text(text) | Literal::Number(text) => Literal::Text(make(text)),
        other => other.clone(),
    };
    match value {
        Literal::List(elements) if elements.len() <= LIST_VALUES_MAX => {
            Literal::List(elements.iter().map(text).collect())
        }
        single => text(single),
    }
}

fn phones_predicate(
    operator: Operator,
    value: &Literal,
    patterns: &mut PatternCompiler<'_>,
    numbers: NumberRule,
) -> Result<Predicate, ValueError> {
    let packed = |texts: Vec<&str>| {
        // A text that is not a phone number equals no phone number. Digits also stand for themselves: a number that was
        // stored before the rule was set, or that the rule reads otherwise, is found as it was returned.
        let readings = |text| [Phone::read(text, &numbers).ok(), Phone::stored(text)];
        let mut packed: Vec<u64> = texts.into_iter().flat_map(readings).flatten().map(Phone::packed).collect();
        packed.sort_unstable();
        packed.dedup();
        packed
    };
    Ok(match operator {
        Operator::Equal => Predicate::Phones(Quantifier::Any, packed(vec![text(value)?])),
        Operator::NotEqual => Predicate::Phones(Quantifier::None, packed(vec![text(value)?])),
        Operator::In => Predicate::Phones(Quantifier::Any, packed(list(value, "a list of strings", text)?.0)),
        Operator::NotIn => Predicate::Phones(Quantifier::None, packed(list(value, "a list of strings", text)?.0)),
        Operator::Overlap => Predicate::Phones(Quantifier::Any, packed(one_or_more(value)?)),
        Operator::NotOverlap => Predicate::Phones(Quantifier::None, packed(one_or_more(value)?)),
        other => list_predicate(other, value, patterns)?,
    })
}

fn ids_predicate(operator: Operator, value: &Literal) -> Result<Predicate, ValueError> {
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
    Ok(Predicate::Ids(quantifier, ids))
}

fn number(value: &Literal) -> Result<Decimal, QueryErrorKind> {
    scaled(value, 0)
}

/// Seconds as microseconds.
fn micros(value: &Literal) -> Result<Decimal, QueryErrorKind> {
    scaled(value, 6)
}

fn scaled(value: &Literal, places: u8) -> Result<Decimal, QueryErrorKind> {
    let read = match value {
        Literal::Number(text) => Decimal::read_scaled(text, places),
        Literal::Text(text) => Decimal::read_whole_scaled(text, places),
        Literal::Null | Literal::Boolean(_) | Literal::List(_) | Literal::Object => None,
    };
    read.ok_or(QueryErrorKind::Type { expected: "a number, or a string that is a decimal integer" })
}

fn text(value: &Literal) -> Result<&str, QueryErrorKind> {
    match value {
        Literal::Number(text) | Literal::Text(text) => without_nul(text),
        Literal::Null | Literal::Boolean(_) | Literal::List(_) | Literal::Object => {
            Err(QueryErrorKind::Type { expected: "a string" })
        }
    }
}

/// Rejects NUL characters, which no text of a book contains and PostgreSQL does not accept.
fn without_nul(text: &str) -> Result<&str, QueryErrorKind> {
    if text.contains('\0') {
        return Err(QueryErrorKind::Value { reason: "a NUL character stands in it".to_owned() });
    }
    Ok(text)
}

fn moment(value: &Literal) -> Result<i64, ValueError> {
    let Literal::Text(text) = value else {
        return Err(QueryErrorKind::Type { expected: "a string with a date and time" }.into());
    };
    let reason = || format!("not a date and time: write YYYY-MM-DD hh:mm:ss or YYYY-MM-DD, not {text:.40}");
    moment::read(text).ok_or_else(|| QueryErrorKind::Value { reason: reason() }.into())
}

/// Reads a list, and whether it contains null.
fn list<'a, T>(
    value: &'a Literal,
    expected: &'static str,
    read: impl Fn(&'a Literal) -> Result<T, QueryErrorKind>,
) -> Result<(Vec<T>, bool), ValueError> {
    let Literal::List(elements) = value else {
        return Err(QueryErrorKind::Type { expected }.into());
    };
    if elements.len() > LIST_VALUES_MAX {
        return Err(QueryErrorKind::TooMany { what: "values in a list", max: LIST_VALUES_MAX }.into());
    }
    let mut values = Vec::with_capacity(elements.len());
    let mut has_null = false;
    for (at, element) in elements.iter().enumerate() {
        if *element == Literal::Null {
            has_null = true;
        } else {
            values.push(read(element).map_err(|kind| ValueError { kind, element: Some(at) })?);
        }
    }
    Ok((values, has_null))
}

/// The value of `overlap`: a text or a list of texts.
fn one_or_more(value: &Literal) -> Result<Vec<&str>, ValueError> {
    match value {
        Literal::List(_) => Ok(list(value, "a string or a list of strings", text)?.0),
        single => text(single).map(|text| vec![text]).map_err(|kind| match kind {
            QueryErrorKind::Type { .. } => QueryErrorKind::Type { expected: "a string or a list of strings" }.into(),
            other => other.into(),
        }),
    }
}

fn bounded(text: &str) -> Result<&str, ValueError> {
    if text.len() > PATTERN_CHARS_MAX && text.chars().count() > PATTERN_CHARS_MAX {
        return Err(QueryErrorKind::TooMany { what: "characters in a pattern", max: PATTERN_CHARS_MAX }.into());
    }
    Ok(text)
}

fn like(text: &str, case: Case, patterns: &mut PatternCompiler<'_>) -> Result<Box<Like>, ValueError> {
    Ok(patterns.like(bounded(text)?, case).map_err(QueryErrorKind::Pattern)?)
}

fn regexp(text: &str, patterns: &mut PatternCompiler<'_>) -> Result<Box<Regex>, ValueError> {
    Ok(patterns.regexp(bounded(text)?).map_err(QueryErrorKind::Pattern)?)
}

fn js_query(value: &Literal, patterns: &mut PatternCompiler<'_>) -> Result<Predicate, ValueError> {
    let Literal::Text(text) = value else {
        return Err(QueryErrorKind::Type { expected: "a string with a jsquery" }.into());
    };
    let query = patterns.js_query(bounded(without_nul(text)?)?).map_err(QueryErrorKind::JsQuery)?;
    Ok(Predicate::JsQuery(query))
}
