//! A contact of a file and a record of the API: how one is sent, and whether the other has all of it.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::matching::is_stored_as;
use ringbook_formats::draft::Entry;
use ringbook_formats::record::Record;

/// A contact as an upload has it; what is empty is not in it.
pub(super) fn members(entry: &Entry) -> Map<String, Value> {
    let mut record = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            record.insert(name.to_owned(), value);
        }
    };
    put("last_name", Some(entry.last_name.as_str().into()));
    put("first_name", entry.first_name.as_ref().map(|name| name.as_str().into()));
    put("patronymic", entry.patronymic.as_ref().map(|name| name.as_str().into()));
    let emails: Vec<&str> = entry.emails.iter().map(|email| email.as_str()).collect();
    put("emails", (!emails.is_empty()).then(|| emails.into()));
    let phones: Vec<Value> = entry.phones.iter().map(|number| number.as_sent().into()).collect();
    put("phone_numbers", Some(phones.into()));
    put("organization_name", entry.organization.as_ref().map(|name| name.as_str().into()));
    let groups: Vec<&str> = entry.groups.iter().map(|group| group.as_str()).collect();
    put("group_names", (!groups.is_empty()).then(|| groups.into()));
    record
}

/// Whether a contact of the book has everything that the row has.
pub(super) fn has_all(record: &Record, entry: &Entry, manager_id: Option<u64>) -> bool {
    let groups: HashSet<&str> = record.groups().collect();
    let wanted: HashSet<&str> = entry.groups.iter().map(|group| group.as_str()).collect();
    let mut singles = [
        ("first_name", entry.first_name.as_ref()),
        ("patronymic", entry.patronymic.as_ref()),
        ("organization_name", entry.organization.as_ref()),
    ]
    .into_iter();
    record.text("last_name") == entry.last_name.as_str()
        && singles.all(|(name, wanted)| wanted.is_none_or(|wanted| record.text(name) == wanted.as_str()))
        && record.texts("phone_numbers").count() == entry.phones.len()
        && record.texts("phone_numbers").zip(&entry.phones).all(|(stored, phone)| is_stored_as(phone, stored))
        && (entry.emails.is_empty() || record.texts("emails").eq(entry.emails.iter().map(|email| email.as_str())))
        && (wanted.is_empty() || wanted == groups)
        && manager_id.is_none_or(|id| record.member("personal_manager_id").as_u64() == Some(id))
}
