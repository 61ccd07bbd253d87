//! JSON views of the lists of a record, for the operator `jsquery`. No JSON is built.

use jsquery::{JsonKind, JsonView, PackedDigits};

use super::value::{Objects, Value};

/// A JSON value inside a record.
#[derive(Clone, Copy)]
pub enum JsonValue<'a> {
    /// Null, and all values that a list cannot contain.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(&'a str),
    /// A list of texts.
    Texts(&'a [Box<str>]),
    /// A list of texts, each terminated by a line feed.
    Lines(&'a str),
    /// A list of objects.
    Objects(&'a dyn Objects),
    /// One object of a list.
    Object(&'a dyn Objects, usize),
}

impl<'a> JsonValue<'a> {
    fn scalar(value: Value<'a>) -> Self {
        match value {
            Value::Number(number) | Value::DateTime(number) | Value::Seconds(number) => Self::Number(number),
            Value::Boolean(boolean) => Self::Boolean(boolean),
            Value::Text(text) => Self::Text(text),
            Value::Texts(texts) => Self::Texts(texts),
            Value::Objects(objects) => Self::Objects(objects),
            Value::Object(object) => Self::Object(object, 0),
            Value::Null | Value::Empty(_) => Self::Null,
        }
    }
}

impl JsonView for JsonValue<'_> {
    fn kind(&self) -> JsonKind<'_> {
        match self {
            Self::Null => JsonKind::Null,
            Self::Boolean(boolean) => JsonKind::Bool(*boolean),
            Self::Number(number) => JsonKind::Number(*number),
            Self::Text(text) => JsonKind::String(text),
            Self::Texts(_) | Self::Lines(_) | Self::Objects(_) => JsonKind::Array,
            Self::Object(..) => JsonKind::Object,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Lines(lines) => lines.split_terminator('\n').count(),
            Self::Objects(objects) => objects.len(),
            Self::Object(objects, _) => objects.members().len(),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::Text(_) => 0,
        }
    }

    fn item(&self, index: usize) -> Self {
        match self {
            Self::Texts(texts) => Self::Text(&texts[index]),
            Self::Lines(lines) => lines.split_terminator('\n').nth(index).map_or(Self::Null, Self::Text),
            Self::Objects(objects) => Self::Object(*objects, index),
            Self::Object(objects, object) => Self::scalar(objects.value(*object, index)),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::Text(_) => Self::Null,
        }
    }

    fn find(&self, key: &str) -> Option<Self> {
        let Self::Object(objects, object) = self else {
            return None;
        };
        let member = objects.members().iter().position(|name| *name == key)?;
        Some(Self::scalar(objects.value(*object, member)))
    }
}

/// The phone numbers of a contact as a list of texts, or one of them.
#[derive(Clone, Copy)]
pub enum PhoneList<'a> {
    /// Packed numbers.
    All(&'a [u64]),
    /// A packed number.
    One(u64),
}

impl JsonView for PhoneList<'_> {
    #[inline]
    fn kind(&self) -> JsonKind<'_> {
        match self {
            Self::All(_) => JsonKind::Array,
            Self::One(packed) => JsonKind::Digits(PackedDigits::from_word(*packed)),
        }
    }

    #[inline]
    fn size(&self) -> usize {
        match self {
            Self::All(list) => list.len(),
            Self::One(_) => 0,
        }
    }

    #[inline]
    fn item(&self, index: usize) -> Self {
        match self {
            Self::All(list) => Self::One(list[index]),
            Self::One(_) => *self,
        }
    }

    fn find(&self, _key: &str) -> Option<Self> {
        None
    }
}
