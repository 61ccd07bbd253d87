//! A contact of a file and a record of the API: whether the book has everything that the file has.

use std::collections::HashSet;

use super::matching::is_stored_as;
use ringbook_formats::draft::Entry;
use ringbook_formats::record::Record;

/// Whether a contact of the book has everything that the row has; `has_name` if its name is known to be the same.
pub(super) fn has_all(record: &Record, entry: &Entry, has_name: bool, manager_id: Option<u64>) -> bool {
    let groups: HashSet<&str> = record.groups().collect();
    let wanted: HashSet<&str> = entry.groups.iter().map(|group| group.as_str()).collect();
    let mut singles = [
        ("first_name", entry.first_name.as_ref()),
        ("patronymic", entry.patronymic.as_ref()),
        ("organization_name", entry.organization.as_ref()),
    ]
    .into_iter();
    (has_name || record.text("last_name") == entry.last_name.as_str())
        && singles.all(|(name, wanted)| wanted.is_none_or(|wanted| record.text(name) == wanted.as_str()))
        && record.texts("phone_numbers").count() == entry.phones.len()
        && record.texts("phone_numbers").zip(&entry.phones).all(|(stored, phone)| is_stored_as(phone, stored))
        && (entry.emails.is_empty() || record.texts("emails").eq(entry.emails.iter().map(|email| email.as_str())))
        && (wanted.is_empty() || wanted == groups)
        && manager_id.is_none_or(|id| record.member("personal_manager_id").as_u64() == Some(id))
}
