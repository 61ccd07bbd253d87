//! The elements and attributes of phone books, by what they hold.

use crate::columns::Part;

/// The elements that are one contact each, in lower case: of Yealink, Cisco, Fanvil, Htek and Avaya; of Grandstream,
/// Snom, Fritz!Box, Zoiper and Digium; of old books of Yealink; of old books of Snom and of Polycom; of Gigaset; of VTech.
const ENTRIES: [&str; 6] = ["directoryentry", "contact", "unit", "item", "entry", "dir_entry"];
/// The elements of a group and its id.
pub(super) const GROUPS: [&str; 2] = ["pbgroup", "dir_group"];
/// The element of old books of Yealink around the entries of a group.
pub(super) const MENU: &str = "menu";
/// Attributes and elements that tell the kind of a number.
pub(super) const TYPE: &str = "type";
/// What kinds of numbers that come after the others contain.
const FAX_KINDS: [&str; 2] = ["fax", "pager"];

/// Elements and attributes of entries, in lower case.
const FIELDS: [(&str, Part); 61] = [
    ("lastname", Part::LastName),
    ("last_name", Part::LastName),
    ("surname", Part::LastName),
    ("ln", Part::LastName),
    ("last", Part::LastName),
    ("dir_entry_name_last", Part::LastName),
    ("firstname", Part::FirstName),
    ("first_name", Part::FirstName),
    ("fn", Part::FirstName),
    ("first", Part::FirstName),
    ("dir_entry_name_first", Part::FirstName),
    ("second_name", Part::Patronymic),
    ("middle", Part::Patronymic),
    ("middlename", Part::Patronymic),
    ("name", Part::FullName),
    ("realname", Part::FullName),
    ("display_name", Part::FullName),
    ("displayname", Part::FullName),
    ("display", Part::FullName),
    ("telephone", Part::Phone),
    ("phonenumber", Part::Phone),
    ("phone", Part::Phone),
    ("phone1", Part::Phone),
    ("phone2", Part::Phone),
    ("phone3", Part::Phone),
    ("number", Part::Phone),
    ("no", Part::Phone),
    ("dial", Part::Phone),
    ("ct", Part::Phone),
    ("mobile", Part::Phone),
    ("home", Part::Phone),
    ("office", Part::Phone),
    ("work", Part::Phone),
    ("other", Part::Phone),
    ("extension", Part::Phone),
    ("hm", Part::Phone),
    ("mb", Part::Phone),
    ("of", Part::Phone),
    ("office1", Part::Phone),
    ("office2", Part::Phone),
    ("mobile1", Part::Phone),
    ("mobile2", Part::Phone),
    ("home1", Part::Phone),
    ("home2", Part::Phone),
    ("office_number", Part::Phone),
    ("mobile_number", Part::Phone),
    ("other_number", Part::Phone),
    ("home_number", Part::Phone),
    ("work_number", Part::Phone),
    ("dir_entry_number_work", Part::Phone),
    ("dir_entry_number_mobile", Part::Phone),
    ("dir_entry_number_home", Part::Phone),
    ("dir_entry_number_other", Part::Phone),
    ("fax", Part::Fax),
    ("fax_number", Part::Fax),
    ("email", Part::Email),
    ("mail", Part::Email),
    ("company", Part::Organization),
    ("organization", Part::Organization),
    ("group", Part::Groups(crate::columns::Separator::Lines)),
    ("group_id_name", Part::Groups(crate::columns::Separator::Lines)),
];
/// Further elements of groups.
const GROUP_FIELDS: [&str; 3] = ["groupid", "group_name", "dir_entry_group"];
/// What is about the entry and not about the contact.
const ABOUT_ENTRIES: [&str; 40] = [
    "id",
    "uniqueid",
    "accountindex",
    "frequent",
    "primary",
    "mod_time",
    "index",
    "type",
    "prio",
    "quickdial",
    "vanity",
    "nid",
    "services",
    "telephony",
    "setup",
    "features",
    "category",
    "person",
    "numbers",
    "line",
    "ring",
    "ringtone",
    "default_photo",
    "photo",
    "outgoing_id",
    "fav",
    "vip",
    "blocked",
    "context",
    "active",
    "label",
    "classifier",
    "auto_divert",
    "priority",
    "rt",
    "ad",
    "ar",
    "bw",
    "bb",
    "dir_entry_line_number",
];

/// Whether an element is one contact.
pub(super) fn is_entry(element: &str) -> bool {
    ENTRIES.contains(&element)
}

/// What an element or an attribute of an entry holds.
pub(super) fn part(name: &str) -> Option<Part> {
    let known = FIELDS.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
    known.or_else(|| GROUP_FIELDS.contains(&name).then_some(Part::Groups(crate::columns::Separator::Lines)))
}

/// Whether it matters to nobody that an element or an attribute is not read.
pub(super) fn is_about_entry(name: &str) -> bool {
    ABOUT_ENTRIES.contains(&name)
}

/// Whether a number of this kind comes after the others.
pub(super) fn is_fax(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    FAX_KINDS.iter().any(|fax| kind.contains(fax))
}
