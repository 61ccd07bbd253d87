//! A contact as a telephone shows it.

use ringbook_app::access::Device;
use ringbook_book::book::view::ContactView;

use crate::names::NameStyle;
use crate::number_rule::{NumberKind, NumberRule};

/// A number as it is dialled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntryNumber {
    /// What is dialled.
    pub dialled: String,
    /// The digits of the address book.
    pub digits: String,
    /// What kind of telephone it leads to.
    pub kind: NumberKind,
}

/// A contact as a telephone shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The id of the contact.
    pub id: u64,
    /// The name as it is shown.
    pub name: String,
    /// Last name.
    pub last_name: String,
    /// First name, or nothing.
    pub first_name: String,
    /// Patronymic, or nothing.
    pub patronymic: String,
    /// Name of the organization, or nothing.
    pub organization: String,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Numbers, in the order of the contact; never empty.
    pub numbers: Vec<EntryNumber>,
}

/// How a device sees contacts.
#[derive(Debug, Clone)]
pub struct EntryStyle {
    /// How names are written.
    pub names: NameStyle,
    /// How numbers are written.
    pub numbers: NumberRule,
}

impl EntryStyle {
    /// The style of a device.
    pub fn of(device: &Device) -> Self {
        Self { names: NameStyle::of(device), numbers: NumberRule::of(device) }
    }

    /// A contact in this style.
    pub fn entry(&self, contact: ContactView<'_>) -> Entry {
        let text = |text: &str| self.names.text(text);
        Entry {
            id: contact.id().number(),
            name: self.names.name(contact),
            last_name: text(contact.last_name()),
            first_name: text(contact.first_name().unwrap_or_default()),
            patronymic: text(contact.patronymic().unwrap_or_default()),
            organization: self.organization(contact),
            groups: self.groups(contact),
            emails: self.emails(contact),
            numbers: self.numbers(contact),
        }
    }

    /// The name of the organization, or nothing.
    pub fn organization(&self, contact: ContactView<'_>) -> String {
        contact.organization().map_or_else(String::new, |(_, name)| self.names.text(name))
    }

    /// The names of the groups.
    pub fn groups(&self, contact: ContactView<'_>) -> Vec<String> {
        contact.groups().map(|(_, name)| self.names.text(name)).collect()
    }

    /// The e-mail addresses.
    pub fn emails(&self, contact: ContactView<'_>) -> Vec<String> {
        contact.emails().map(|email| self.names.text(email)).collect()
    }

    /// The numbers, in the order of the contact; never empty.
    pub fn numbers(&self, contact: ContactView<'_>) -> Vec<EntryNumber> {
        let number = |phone| EntryNumber {
            dialled: self.numbers.dialled(phone),
            digits: phone.to_string(),
            kind: self.numbers.kind(phone),
        };
        contact.phone_numbers().map(number).collect()
    }
}

/// A UUID of version 8 that is made from the ids.
pub fn contact_uuid(customer: u64, contact: u64) -> String {
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
    contact_uuid(customer, contact).eq_ignore_ascii_case(text).then_some(contact)
}

#[cfg(test)]
mod tests {
    use super::{contact_of_uuid, contact_uuid};

    #[test]
    fn uuids_lead_back_to_their_contacts() {
        for contact in [1, 4_000, (1 << 62) + 5] {
            assert_eq!(contact_of_uuid(7, &contact_uuid(7, contact)), Some(contact));
            assert_eq!(contact_of_uuid(8, &contact_uuid(7, contact)), None);
        }
        for wrong in ["", "x", "00000001-0000-8000-8000", "00000007-0000-4000-8000-000000000001"] {
            assert_eq!(contact_of_uuid(7, wrong), None, "{wrong}");
        }
    }
}
