//! A card as a contact, or as a group of contacts.

use super::property::MANAGER;
use super::property::{DecodingError, Property};
use crate::columns::{Part, own_group};
use crate::decoding::Charset;
use crate::draft::Draft;
use crate::remark::Remark;

/// What a card is: of Apple's address book, and of vCard 4.0.
const KINDS: [&str; 2] = ["KIND", "X-ADDRESSBOOKSERVER-KIND"];
/// The members of a group card.
const MEMBERS: [&str; 2] = ["MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"];
/// The property that labels another one of the same group.
const LABEL: &str = "X-ABLABEL";
/// Words in labels of numbers that come after the others, in lower case.
const FAX_LABELS: [&str; 5] = ["fax", "faks", "факс", "pager", "пейджер"];
const URN: &str = "urn:uuid:";
const MAIL: &str = "mailto:";

/// The member of the API's record that a property is read as.
pub(super) fn member(property: &str) -> Option<&'static str> {
    Some(match property {
        "UID" => "id",
        "N" => "last_name, first_name, patronymic",
        "FN" => "full_name",
        "NICKNAME" => "nickname",
        "ORG" => "organization_name",
        "TEL" => "phone_numbers",
        "EMAIL" => "emails",
        "CATEGORIES" => "groups",
        MANAGER => "personal_manager_full_name",
        _ => return None,
    })
}

/// Whether a property says something of a group: its name, or a member.
pub(super) fn is_of_group(property: &Property) -> bool {
    ["FN", "N"].contains(&property.name.as_str()) || MEMBERS.contains(&property.name.as_str())
}

/// Whether a card is a group of other cards.
pub(super) fn is_group(properties: &[Property]) -> bool {
    let mut kinds = properties.iter().filter(|property| KINDS.contains(&property.name.as_str()));
    kinds.any(|kind| kind.text(None).is_ok_and(|kind| kind.eq_ignore_ascii_case("group")))
}

/// The name of a group card and its members; `None` for a group that a program makes for everybody.
pub(super) fn group(properties: &[Property], charset: Option<Charset>) -> Option<(String, Vec<String>)> {
    let named = |wanted: &str| {
        let mut found = properties.iter().filter(|property| property.name == wanted);
        found.find_map(|property| property.text(charset).ok().filter(|text| !text.is_empty()))
    };
    let last_name = || {
        let name = properties.iter().find(|property| property.name == "N")?;
        name.components(charset).ok()?.into_iter().next()
    };
    let name = named("FN").or_else(last_name)?;
    let name = own_group(&name)?.to_owned();
    let members = properties.iter().filter(|property| MEMBERS.contains(&property.name.as_str()));
    Some((name, members.filter_map(|member| Some(key(&member.text(charset).ok()?))).collect()))
}

/// What a card is called among the members of groups: by its id, and by its addresses.
pub(super) fn member_keys(draft: &Draft) -> Vec<String> {
    let id = (!draft.id.is_empty()).then(|| key(&draft.id));
    id.into_iter().chain(draft.emails.iter().map(|email| key(&format!("{MAIL}{email}")))).collect()
}

fn key(text: &str) -> String {
    let text = text.trim().to_lowercase();
    text.strip_prefix(URN).map(str::to_owned).unwrap_or(text)
}

/// A card as a contact. What cannot be decoded is left out with a remark.
pub(super) fn read(properties: &[Property], charset: Option<Charset>) -> Draft {
    let mut draft = Draft::default();
    let labels: Vec<(&str, String)> = properties
        .iter()
        .filter(|property| property.name == LABEL)
        .filter_map(|property| Some((property.group.as_deref()?, property.text(charset).ok()?.to_lowercase())))
        .collect();
    for property in properties {
        let label = labels.iter().find(|(group, _)| Some(*group) == property.group.as_deref());
        let read = add(&mut draft, property, label.map_or("", |(_, label)| label), charset);
        if let (Err(DecodingError), Some(member)) = (read, member(&property.name)) {
            let reason = "cannot be decoded, and was left out";
            draft.remarks.push(Remark::on(member, &property.shown(), reason));
        }
    }
    draft
}

/// Whether a label in lower case is that of numbers that come after the others: `_$!<HomeFAX>!$_`.
fn is_fax(label: &str) -> bool {
    FAX_LABELS.iter().any(|word| label.contains(word))
}

/// What a property has that has no place in a contact: its name for the summary, and whether there is any.
pub(super) fn lost_components(property: &Property) -> Option<&'static str> {
    let (name, from) = match property.name.as_str() {
        "N" => ("N (prefix, suffix)", 3),
        "ORG" => ("ORG (department)", 1),
        _ => return None,
    };
    let components = property.components(None).ok()?;
    components.iter().skip(from).any(|component| !component.is_empty()).then_some(name)
}

/// Adds a property with its label, which is in lower case and empty if there is none.
fn add(draft: &mut Draft, property: &Property, label: &str, charset: Option<Charset>) -> Result<(), DecodingError> {
    match property.name.as_str() {
        "UID" => single(&mut draft.id, property.text(charset)?),
        "N" => names(draft, property.list_components(charset)?),
        "FN" => single(&mut draft.full_name, property.text(charset)?),
        "NICKNAME" => single(&mut draft.nickname, first(property.list(charset)?)),
        "ORG" => draft.put_single(Part::Organization, &first(property.components(charset)?)),
        "TEL" if property.has_type(&["FAX", "PAGER"]) || is_fax(label) => draft.faxes.push(property.text(charset)?),
        "TEL" => draft.phones.push(property.text(charset)?),
        "EMAIL" => draft.emails.push(property.text(charset)?),
        "CATEGORIES" => {
            let groups = property.list(charset)?;
            draft.groups.extend(groups.iter().filter_map(|group| own_group(group)).map(str::to_owned));
        }
        MANAGER => draft.put_single(Part::Manager, &property.text(charset)?),
        _ => {}
    }
    Ok(())
}

fn single(place: &mut String, text: String) {
    if place.is_empty() {
        *place = text;
    }
}

/// The first text that is not empty.
fn first(texts: Vec<String>) -> String {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

/// Last, first and additional names; the first property that has them counts.
fn names(draft: &mut Draft, components: Vec<String>) {
    let mut components = components.into_iter();
    for place in [&mut draft.last_name, &mut draft.first_name, &mut draft.patronymic] {
        single(place, components.next().unwrap_or_default());
    }
}
