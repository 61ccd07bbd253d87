//! A contact as an entry: the attributes of `inetOrgPerson` that an address book has.

use ldap_wire::Attribute;
use ringbook_directory_view::entry::{Entry, contact_uuid};
use ringbook_directory_view::number_rule::NumberKind;

/// The classes of every entry.
pub const CLASSES: [&str; 4] = ["top", "person", "organizationalPerson", "inetOrgPerson"];

/// Whether an attribute is answered only on request.
pub fn is_operational(name: &str) -> bool {
    name.eq_ignore_ascii_case("entryUUID")
}

/// The attributes of a contact.
pub fn attributes(entry: &Entry, customer: u64) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    let mut add = |name: &str, values: Vec<String>| {
        let values: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
        if !values.is_empty() {
            attributes.push(Attribute { name: name.to_owned(), values });
        }
    };
    let one = |text: &str| vec![text.to_owned()];
    let of_kind = |kind| {
        let numbers = entry.numbers.iter().filter(|number| number.kind == kind);
        numbers.map(|number| number.dialled.clone()).collect::<Vec<_>>()
    };
    let mut work = of_kind(NumberKind::Work);
    if work.is_empty() {
        // Many clients read this attribute alone.
        work.extend(entry.numbers.first().map(|number| number.dialled.clone()));
    }
    add("objectClass", CLASSES.map(str::to_owned).to_vec());
    add("cn", one(&entry.name));
    add("sn", one(&entry.last_name));
    add("givenName", one(&entry.first_name));
    add("initials", one(&entry.patronymic));
    add("displayName", one(&entry.name));
    add("o", one(&entry.organization));
    add("ou", entry.groups.clone());
    add("mail", entry.emails.clone());
    add("telephoneNumber", work);
    add("mobile", of_kind(NumberKind::Mobile));
    add("homePhone", of_kind(NumberKind::Other));
    add("uid", one(&entry.id.to_string()));
    add("entryUUID", one(&contact_uuid(customer, entry.id)));
    attributes
}
