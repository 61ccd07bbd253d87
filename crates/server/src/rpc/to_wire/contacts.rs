//! Contacts, straight from the columns of the book: the hot loop of the server.
//!
//! Every member begins with its comma and its name in one piece; the comma of a record's first member is
//! then overwritten by the opening brace, so that no member has to ask whether it is the first. What many
//! contacts have in common (manager, organization, groups) is written once per page and copied from then
//! on ([`super::fragments`]).

use ringbook_book::book::view::ContactView;
use ringbook_book::query::field::contact as place;
use ringbook_book::query::plan::FieldSet;

use super::fragments::Fragments;
use super::{Output, digits, inner, is_plain, number, raw, text, text_or_null};

/// Room for a record of ordinary size.
const USUAL_RECORD_BYTES: usize = 1 << 10;
/// From so many records on it pays to remember what they have in common.
const RECORDS_TO_REMEMBER_MIN: usize = 100;

/// Appends the array of these contacts, each with the members in `fields` in the documented order.
pub fn contacts<'b>(output: &mut Output, fields: FieldSet, views: impl Iterator<Item = ContactView<'b>>) {
    let mut shared = (views.size_hint().0 >= RECORDS_TO_REMEMBER_MIN).then(Shared::default);
    output.open.push(b'[');
    for (place, view) in views.enumerate() {
        if place > 0 {
            output.open.push(b',');
        }
        output.open.reserve(USUAL_RECORD_BYTES);
        contact(&mut output.open, fields, view, shared.as_mut());
        output.turn();
    }
    output.open.push(b']');
}

/// What the records of a page have in common, as written for the members of this page.
#[derive(Default)]
struct Shared {
    managers: Fragments,
    organizations: Fragments,
    groups: Fragments,
}

fn contact(open: &mut Vec<u8>, fields: FieldSet, view: ContactView<'_>, shared: Option<&mut Shared>) {
    let start = open.len();
    if fields.has(place::ID) {
        raw(open, r#","id":"#);
        number(open, view.id().number());
    }
    names(open, fields, view);
    lists(open, fields, view);
    match shared {
        None => {
            manager(open, fields, view);
            organization(open, fields, view);
            groups(open, fields, view);
        }
        Some(shared) => {
            let (managers, organizations) = (&mut shared.managers, &mut shared.organizations);
            managers.append(open, view.manager_place(), |open| manager(open, fields, view));
            organizations.append(open, view.organization_place(), |open| organization(open, fields, view));
            shared.groups.append(open, view.group_set_place(), |open| groups(open, fields, view));
        }
    }
    open[start] = b'{';
    open.push(b'}');
}

/// The parts of a name are parts of the full name, so that one look at this one tells whether any of them
/// needs escapes.
fn names(open: &mut Vec<u8>, fields: FieldSet, view: ContactView<'_>) {
    let write = match is_plain(view.full_name().as_bytes()) {
        true => raw,
        false => inner,
    };
    if fields.has(place::LAST_NAME) {
        raw(open, r#","last_name":""#);
        write(open, view.last_name());
        raw(open, "\"");
    }
    if fields.has(place::FIRST_NAME) {
        optional(open, r#","first_name":""#, view.first_name(), write);
    }
    if fields.has(place::PATRONYMIC) {
        optional(open, r#","patronymic":""#, view.patronymic(), write);
    }
    if fields.has(place::FULL_NAME) {
        raw(open, r#","full_name":""#);
        write(open, view.full_name());
        raw(open, "\"");
    }
}

/// Appends a member that can be null; `name` ends with the quote of the value.
#[inline]
fn optional(open: &mut Vec<u8>, name: &str, value: Option<&str>, write: fn(&mut Vec<u8>, &str)) {
    match value {
        Some(value) => {
            raw(open, name);
            write(open, value);
            raw(open, "\"");
        }
        None => {
            raw(open, &name[..name.len() - 1]);
            raw(open, "null");
        }
    }
}

fn lists(open: &mut Vec<u8>, fields: FieldSet, view: ContactView<'_>) {
    if fields.has(place::EMAILS) {
        raw(open, r#","emails":["#);
        for (place, email) in view.emails().enumerate() {
            raw(open, if place == 0 { "\"" } else { ",\"" });
            inner(open, email);
            raw(open, "\"");
        }
        raw(open, "]");
    }
    if fields.has(place::PHONE_NUMBERS) {
        raw(open, r#","phone_numbers":["#);
        for (place, phone) in view.packed_phones().iter().enumerate() {
            raw(open, if place == 0 { "\"" } else { ",\"" });
            // The packed form is the digits behind a 1.
            open.extend_from_slice(&digits(*phone, &mut [0; 20])[1..]);
            raw(open, "\"");
        }
        raw(open, "]");
    }
}

fn manager(open: &mut Vec<u8>, fields: FieldSet, view: ContactView<'_>) {
    let manager = view.manager();
    if fields.has(place::MANAGER_ID) {
        raw(open, r#","personal_manager_id":"#);
        match manager {
            Some((id, _)) => number(open, id.number()),
            None => raw(open, "null"),
        }
    }
    if fields.has(place::MANAGER_FULL_NAME) {
        raw(open, r#","personal_manager_full_name":"#);
        text_or_null(open, manager.map(|(_, name)| name));
    }
}

fn organization(open: &mut Vec<u8>, fields: FieldSet, view: ContactView<'_>) {
    let organization = view.organization();
    if fields.has(place::ORGANIZATION_ID) {
        raw(open, r#","organization_id":"#);
        match organization {
            Some((id, _)) => number(open, id.number()),
            None => raw(open, "null"),
        }
    }
    if fields.has(place::ORGANIZATION_NAME) {
        raw(open, r#","organization_name":"#);
        text_or_null(open, organization.map(|(_, name)| name));
    }
}

fn groups(open: &mut Vec<u8>, fields: FieldSet, view: ContactView<'_>) {
    if !fields.has(place::GROUPS) {
        return;
    }
    raw(open, r#","groups":["#);
    for (place, (id, name)) in view.groups().enumerate() {
        raw(open, if place == 0 { r#"{"group_id":"# } else { r#",{"group_id":"# });
        number(open, id.number());
        raw(open, r#","group_name":"#);
        text(open, name);
        raw(open, "}");
    }
    raw(open, "]");
}
