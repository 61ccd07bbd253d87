//! A contact as an entry: the attributes of `inetOrgPerson` that an address book has.

use ldap_wire::Attribute;
use ringbook_directory_view::entry::Entry;
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
    add("entryUUID", one(&uuid(customer, entry.id)));
    attributes
}

/// A UUID of version 8 that is made from the ids.
fn uuid(customer: u64, contact: u64) -> String {
    let high = contact >> 48;
    format!("{:08x}-{high:04x}-8000-8000-{:012x}", customer & 0xffff_ffff, contact & 0xffff_ffff_ffff)
}

/// The contact with a UUID of this customer.
pub fn contact_of_uuid(customer: u64, text: &str) -> Option<u64> {
    let hex = |part: Option<&str>| u64::from_str_radix(part?, 16).ok();
    let mut parts = text.split('-');
    let (_, high) = (hex(parts.next())?, hex(parts.next())?);
    let low = hex(parts.nth(2))?;
    let contact = high << 48 | low;
    uuid(customer, contact).eq_ignore_ascii_case(text).then_some(contact)
}

#[cfg(test)]
mod tests {
    use super::{contact_of_uuid, uuid};

    #[test]
    fn uuids_lead_back_to_their_contacts() {
        for contact in [1, 4_000, (1 << 62) + 5] {
            assert_eq!(contact_of_uuid(7, &uuid(7, contact)), Some(contact));
            assert_eq!(contact_of_uuid(8, &uuid(7, contact)), None);
        }
        for wrong in ["", "x", "00000001-0000-8000-8000", "00000007-0000-4000-8000-000000000001"] {
            assert_eq!(contact_of_uuid(7, wrong), None, "{wrong}");
        }
    }
}
