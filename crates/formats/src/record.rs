//! A record as `get.contacts` answers it, read member by member.

use serde_json::{Map, Value};

use crate::draft::Draft;
use crate::remark::Remark;

/// A record of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Record(Map<String, Value>);

/// What an upload has for `groups`.
const GROUP_NAMES: &str = "group_names";

impl Record {
    /// `None` when it is no object.
    pub fn new(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self(members)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    /// The record as it came.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A member; null when there is none.
    pub fn member(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// The id of the contact, if the record has one.
    pub fn id(&self) -> Option<u64> {
        self.member("id").as_u64()
    }

    /// A text; empty when it is null.
    pub fn text(&self, name: &str) -> &str {
        self.member(name).as_str().unwrap_or_default()
    }

    /// The texts of a list.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.member(name).as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    /// The names of the groups.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        let groups = self.member("groups").as_array().into_iter().flatten();
        groups.filter_map(|group| group.get("group_name").and_then(Value::as_str))
    }

    /// The record as a contact to import. Members of a wrong name or kind are left out with a remark.
    pub fn draft(&self) -> Draft {
        let mut draft = Draft::default();
        for (name, value) in &self.0 {
            if let Err(remark) = put(&mut draft, name, value) {
                draft.remarks.push(remark);
            }
        }
        draft
    }
}

fn put(draft: &mut Draft, name: &str, value: &Value) -> Result<(), Remark> {
    match name {
        "id" => draft.id = number(name, value)?,
        "last_name" => draft.last_name = text(name, value)?,
        "first_name" => draft.first_name = text(name, value)?,
        "patronymic" => draft.patronymic = text(name, value)?,
        "full_name" => draft.full_name = text(name, value)?,
        "personal_manager_full_name" => draft.manager = text(name, value)?,
        "personal_manager_id" => draft.manager_id = number(name, value)?,
        "organization_name" => draft.organization = text(name, value)?,
        "organization_id" => draft.organization_id = number(name, value)?,
        "emails" => draft.emails = texts(name, value, text)?,
        "phone_numbers" => draft.phones = texts(name, value, phone)?,
        "groups" => draft.groups.extend(texts(name, value, group)?),
        GROUP_NAMES => draft.groups.extend(texts(name, value, text)?),
        _ => {
            let reason = "is no member of a contact, and was left out: see `ringbook import --help`";
            return Err(Remark::on(name, &value.to_string(), reason));
        }
    }
    Ok(())
}

fn text(name: &str, value: &Value) -> Result<String, Remark> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(wrong(name, value, "must be a text, and was left out"))
        }
    }
}

/// A phone number, which a program may have written as a number.
fn phone(name: &str, value: &Value) -> Result<String, Remark> {
    match value {
        Value::Number(number) if number.is_u64() => Ok(number.to_string()),
        _ => text(name, value),
    }
}

fn number(name: &str, value: &Value) -> Result<String, Remark> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(wrong(name, value, "must be a number, and was left out"))
        }
    }
}

fn texts(
    name: &str,
    value: &Value,
    read: impl Fn(&str, &Value) -> Result<String, Remark>,
) -> Result<Vec<String>, Remark> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(values) => values.iter().map(|value| read(name, value)).collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Err(wrong(name, value, "must be a list, and was left out"))
        }
    }
}

fn group(name: &str, value: &Value) -> Result<String, Remark> {
    let group_name = value.get("group_name").and_then(Value::as_str).map(str::to_owned);
    group_name.ok_or_else(|| wrong(name, value, "must hold objects with a group_name, and was left out"))
}

fn wrong(name: &str, value: &Value, reason: &str) -> Remark {
    Remark::on(name, &value.to_string(), reason)
}
