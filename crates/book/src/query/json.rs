//! Lists of a record seen as JSON values, which is what `jsquery` asks about. No JSON is built.

use super::jsquery::{Kind, View};
use super::value::{Objects, Value};
use crate::text::{PHONE_DIGITS_MAX, Phone};

/// A JSON value inside a record.
#[derive(Clone, Copy)]
pub enum Json<'a> {
    /// Null, and whatever a list cannot hold.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(&'a str),
    /// A phone number, its digits written out at the end of the room.
    Digits {
        /// Room for the digits.
        room: [u8; PHONE_DIGITS_MAX + 1],
        /// Where they start.
        start: u8,
    },
    /// A list of texts.
    Texts(&'a [Box<str>]),
    /// A list of texts, each ended by a line feed.
    Lines(&'a str),
    /// A list of packed phone numbers.
    Phones(&'a [u64]),
    /// A list of objects.
    Objects(&'a dyn Objects),
    /// One object of a list.
    Object(&'a dyn Objects, usize),
}

impl<'a> Json<'a> {
    fn scalar(value: Value<'a>) -> Self {
        match value {
            Value::Number(number) | Value::DateTime(number) => Self::Number(number),
            Value::Boolean(boolean) => Self::Boolean(boolean),
            Value::Text(text) => Self::Text(text),
            Value::Texts(texts) => Self::Texts(texts),
            Value::Objects(objects) => Self::Objects(objects),
            Value::Null | Value::Hollow(_) => Self::Null,
        }
    }

    fn digits(packed: u64) -> Self {
        let mut room = [0; PHONE_DIGITS_MAX + 1];
        let length = Phone::from_packed(packed).map_or(0, |phone| phone.digits(&mut room).len());
        Self::Digits { room, start: (room.len() - length) as u8 }
    }
}

impl View for Json<'_> {
    fn kind(&self) -> Kind<'_> {
        match self {
            Self::Null => Kind::Null,
            Self::Boolean(boolean) => Kind::Bool(*boolean),
            Self::Number(number) => Kind::Number(*number),
            Self::Text(text) => Kind::String(text),
            Self::Digits { room, start } => {
                Kind::String(std::str::from_utf8(&room[usize::from(*start)..]).unwrap_or_default())
            }
            Self::Texts(_) | Self::Lines(_) | Self::Phones(_) | Self::Objects(_) => Kind::Array,
            Self::Object(..) => Kind::Object,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Lines(lines) => lines.split_terminator('\n').count(),
            Self::Phones(phones) => phones.len(),
            Self::Objects(objects) => objects.len(),
            Self::Object(objects, _) => objects.members().len(),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::Text(_) | Self::Digits { .. } => 0,
        }
    }

    fn item(&self, index: usize) -> Self {
        match self {
            Self::Texts(texts) => Self::Text(&texts[index]),
            Self::Lines(lines) => lines.split_terminator('\n').nth(index).map_or(Self::Null, Self::Text),
            Self::Phones(phones) => Self::digits(phones[index]),
            Self::Objects(objects) => Self::Object(*objects, index),
            Self::Object(objects, object) => Self::scalar(objects.value(*object, index)),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::Text(_) | Self::Digits { .. } => Self::Null,
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
