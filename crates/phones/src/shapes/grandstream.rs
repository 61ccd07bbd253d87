//! Grandstream: an address book with groups, which the telephone keeps.

use ringbook_directory_view::number_rule::NumberKind;

use super::Content;
use ringbook_directory_view::xml::Xml;

/// `AddressBook`.
pub fn write(content: &Content) -> Vec<u8> {
    let mut groups: Vec<&str> = content.entries().iter().flat_map(|entry| &entry.groups).map(String::as_str).collect();
    groups.sort_unstable();
    groups.dedup();
    let group_id = |name: &str| groups.binary_search(&name).map_or(0, |at| at + 1).to_string();
    let mut xml = Xml::document();
    xml.open("AddressBook");
    xml.text("version", "1");
    xml.line();
    for group in &groups {
        xml.open("pbgroup");
        xml.text("id", &group_id(group));
        xml.text("name", group);
        xml.close("pbgroup");
    }
    for (at, entry) in content.entries().iter().enumerate() {
        let first = match entry.patronymic.as_str() {
            "" => entry.first_name.clone(),
            patronymic => format!("{} {patronymic}", entry.first_name).trim().to_owned(),
        };
        xml.open("Contact");
        xml.text("id", &(at + 1).to_string());
        xml.text("FirstName", &first);
        xml.text("LastName", &entry.last_name);
        xml.text("Frequent", "0");
        for number in &entry.numbers {
            xml.open_with("Phone", &[("type", kind(number.kind))]);
            xml.text("phonenumber", &number.dialled);
            xml.text("accountindex", "0");
            xml.close("Phone");
        }
        for group in &entry.groups {
            xml.text("Group", &group_id(group));
        }
        xml.text("Primary", "0");
        xml.text("Company", &entry.organization);
        xml.close("Contact");
    }
    xml.close("AddressBook");
    xml.into_bytes()
}

const fn kind(kind: NumberKind) -> &'static str {
    match kind {
        NumberKind::Work => "Work",
        NumberKind::Mobile => "Cell",
        NumberKind::Other => "Home",
    }
}
