//! A contact as an entry: the attributes of `inetOrgPerson` that an address book has.

use ldap_wire::{Attribute, chosen_name};
use ringbook_book::book::view::ContactView;
use ringbook_directory_view::entry::{EntryStyle, contact_uuid};
use ringbook_directory_view::number_rule::NumberKind;

/// The classes of every entry.
pub const CLASSES: [&str; 4] = ["top", "person", "organizationalPerson", "inetOrgPerson"];

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Classes,
    Name,
    LastName,
    FirstName,
    Patronymic,
    Organization,
    Groups,
    Emails,
    WorkNumbers,
    NumbersOf(NumberKind),
    Id,
    Uuid,
}

/// The attributes of a contact, in the order in which they are answered.
const ATTRIBUTES: [(&str, Member); 14] = [
    ("objectClass", Member::Classes),
    ("cn", Member::Name),
    ("sn", Member::LastName),
    ("givenName", Member::FirstName),
    ("initials", Member::Patronymic),
    ("displayName", Member::Name),
    ("o", Member::Organization),
    ("ou", Member::Groups),
    ("mail", Member::Emails),
    ("telephoneNumber", Member::WorkNumbers),
    ("mobile", Member::NumbersOf(NumberKind::Mobile)),
    ("homePhone", Member::NumbersOf(NumberKind::Other)),
    ("uid", Member::Id),
    ("entryUUID", Member::Uuid),
];

/// Whether an attribute is answered only on request.
fn is_operational(name: &str) -> bool {
    name.eq_ignore_ascii_case("entryUUID")
}

/// The attributes that a search asks for. Others are not made.
pub struct ChosenAttributes(Vec<(String, Member)>);

impl ChosenAttributes {
    /// Those that a client has chosen, under its names for them; all but the operational ones if it has chosen none.
    pub fn of(chosen: &[String]) -> Self {
        let named = |(name, member): (&str, Member)| Some((chosen_name(name, chosen, is_operational)?, member));
        Self(ATTRIBUTES.into_iter().filter_map(named).collect())
    }

    /// Their values in a contact; those without a value are left out.
    pub fn read(&self, contact: ContactView<'_>, style: &EntryStyle, customer: u64) -> Vec<Attribute> {
        let is_number = |member: &Member| matches!(member, Member::WorkNumbers | Member::NumbersOf(_));
        let has_numbers = self.0.iter().any(|(_, member)| is_number(member));
        let numbers = if has_numbers { style.numbers(contact) } else { Vec::new() };
        let of_kind = |kind| {
            let numbers = numbers.iter().filter(|number| number.kind == kind);
            numbers.map(|number| number.dialled.clone()).collect::<Vec<_>>()
        };
        let text = |text: Option<&str>| vec![style.names.text(text.unwrap_or_default())];
        let values = |member: Member| match member {
            Member::Classes => CLASSES.map(str::to_owned).to_vec(),
            Member::Name => vec![style.names.name(contact)],
            Member::LastName => text(Some(contact.last_name())),
            Member::FirstName => text(contact.first_name()),
            Member::Patronymic => text(contact.patronymic()),
            Member::Organization => vec![style.organization(contact)],
            Member::Groups => style.groups(contact),
            Member::Emails => style.emails(contact),
            Member::WorkNumbers => {
                let mut work = of_kind(NumberKind::Work);
                if work.is_empty() {
                    // Many clients read this attribute alone.
                    work.extend(numbers.first().map(|number| number.dialled.clone()));
                }
                work
            }
            Member::NumbersOf(kind) => of_kind(kind),
            Member::Id => vec![contact.id().number().to_string()],
            Member::Uuid => vec![contact_uuid(customer, contact.id().number())],
        };
        let attribute = |(name, member): &(String, Member)| {
            let mut values = values(*member);
            values.retain(|value| !value.is_empty());
            (!values.is_empty()).then(|| Attribute { name: name.clone(), values })
        };
        self.0.iter().filter_map(attribute).collect()
    }
}
