//! Documents of `serde_json` as values.

use serde_json::Value;

use crate::{JsonKind, JsonView};

/// Numbers that are not 64-bit integers count as null.
impl JsonView for &Value {
    fn kind(&self) -> JsonKind<'_> {
        match self {
            Value::Null => JsonKind::Null,
            Value::Bool(boolean) => JsonKind::Bool(*boolean),
            Value::Number(number) => number.as_i64().map_or(JsonKind::Null, JsonKind::Number),
            Value::String(text) => JsonKind::String(text),
            Value::Array(_) => JsonKind::Array,
            Value::Object(_) => JsonKind::Object,
        }
    }

    fn size(&self) -> usize {
        match self {
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }

    fn item(&self, index: usize) -> Self {
        let item = match self {
            Value::Array(items) => items.get(index),
            Value::Object(members) => members.values().nth(index),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        item.expect("the index is below the size")
    }

    fn find(&self, key: &str) -> Option<Self> {
        self.get(key)
    }
}
