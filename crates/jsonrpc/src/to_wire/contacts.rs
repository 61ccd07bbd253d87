//! Contacts, straight from the columns of the book: the hot loop of the server.
//!
//! Every member begins with its comma and its name in one piece; the comma of a record's first member is
//! then overwritten by the opening brace, so that no member has to ask whether it is the first. What many
//! contacts have in common (manager, organization, groups) is written once per page and copied from then
//! on ([`super::memo`]).

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use ringbook_book::Book;
use ringbook_book::book::history::Changed;
use ringbook_book::book::view::ContactView;
use ringbook_book::query::contact_page::ContactPage;
use ringbook_book::query::field::{CONTACT, contact as place};
use ringbook_book::query::plan::FieldSet;
use ringbook_book::runner::Runner;

use super::chunk_cache::{ChunkCache, Rendered, Text};
use super::memo::Memo;
use super::{Output, digits, is_plain, number, raw, text, text_contents, text_or_null};

/// Room for a record of ordinary size.
const USUAL_RECORD_BYTES: usize = 1 << 10;
/// From this many records on it pays to remember what they have in common.
const RECORDS_TO_REMEMBER_MIN: usize = 100;

/// From this many records on, with all their members, a page is made of whole chunks where it can be.
const RECORDS_OF_CHUNKS_MIN: usize = 256;

/// Fewer neighbours than this are written one by one.
const NEIGHBOURS_MIN: usize = 16;

/// The most that the text of a chunk may have to be kept; larger chunks are written record by record.
pub(super) const CHUNK_BYTES_MAX: usize = 4 << 20;

/// Appends the array of a page's contacts, each with the members in `fields` in the documented order; stops where the
/// output or the runner says so. What is written of whole chunks is kept in `rendered`, and taken from there.
pub fn contacts(output: &mut Output, fields: FieldSet, page: &ContactPage, rendered: &ChunkCache, runner: &dyn Runner) {
    let book = page.book();
    let mut shared = (page.len() >= RECORDS_TO_REMEMBER_MIN).then(Shared::default);
    let by_chunks = page.len() >= RECORDS_OF_CHUNKS_MIN && fields == FieldSet::all(CONTACT.len());
    output.open.push(b'[');
    let mut written = 0;
    for (chunk, places) in page.row_ranges() {
        let in_one = by_chunks && places.len() >= NEIGHBOURS_MIN;
        let bytes_max = output.room.bytes_max().saturating_sub(output.bytes());
        let text =
            if in_one { of_chunk(book, chunk, places.len(), bytes_max, shared.as_mut(), rendered) } else { None };
        let goes_on = match text {
            Some(text) => {
                output.append(slice(&text, &places, written == 0));
                output.go_on(runner) && runner.should_continue()
            }
            None => {
                let views = book.views(chunk, places.clone());
                records(output, fields, views, written == 0, shared.as_mut(), runner)
            }
        };
        if !goes_on {
            return;
        }
        written += places.len();
    }
    output.open.push(b']');
}

/// Appends the array of what has changed in a book; contacts with all their members. Says how many things are in it: it
/// ends where the next one has no room.
pub fn changes(output: &mut Output, changed: &[Changed<'_>], runner: &dyn Runner) -> usize {
    let mut shared = (changed.len() >= RECORDS_TO_REMEMBER_MIN).then(Shared::default);
    output.open.push(b'[');
    for (at, changed) in changed.iter().enumerate() {
        let before = output.open.len();
        output.open.reserve(USUAL_RECORD_BYTES);
        raw(&mut output.open, if at == 0 { r#"{"id":"# } else { r#",{"id":"# });
        change(&mut output.open, changed, shared.as_mut());
        output.open.push(b'}');
        // A page of nothing would lead nowhere: then the answer is refused.
        if at > 0 && output.bytes() >= output.room.bytes_max() {
            output.open.truncate(before);
            output.open.push(b']');
            return at;
        }
        if !output.go_on(runner) {
            return at;
        }
    }
    output.open.push(b']');
    changed.len()
}

fn change(open: &mut Vec<u8>, changed: &Changed<'_>, shared: Option<&mut Shared>) {
    match changed {
        Changed::Present(view) => {
            number(open, view.id().number());
            raw(open, r#","deleted":false,"contact":"#);
            contact(open, FieldSet::all(CONTACT.len()), *view, shared);
        }
        Changed::Deleted(id) => {
            number(open, id.number());
            raw(open, r#","deleted":true,"contact":null"#);
        }
    }
}

/// Appends records, each with a comma before it, but none before the first of a page; says whether to go on.
fn records<'b>(
    output: &mut Output,
    fields: FieldSet,
    views: impl Iterator<Item = ContactView<'b>>,
    mut is_first: bool,
    mut shared: Option<&mut Shared>,
    runner: &dyn Runner,
) -> bool {
    for view in views {
        if !is_first {
            output.open.push(b',');
        }
        is_first = false;
        output.open.reserve(USUAL_RECORD_BYTES);
        contact(&mut output.open, fields, view, shared.as_deref_mut());
        if !output.go_on(runner) {
            return false;
        }
    }
    true
}

/// The text of a whole chunk: what is kept of it, or, where a page shows at least half of it, written now and kept. None
/// if it is too large to be kept, or than the `bytes_max` that the answer still takes.
fn of_chunk(
    book: &Book,
    at: usize,
    shown: usize,
    bytes_max: usize,
    mut shared: Option<&mut Shared>,
    rendered: &ChunkCache,
) -> Option<Text> {
    let count = book.chunk(at).len();
    match rendered.find(book, at) {
        Some(Rendered::Text(text)) => return Some(text),
        Some(Rendered::TooLarge) => return None,
        None if shown * 2 < count => return None,
        None => {}
    }
    let mut open = Vec::with_capacity(count * USUAL_RECORD_BYTES / 2);
    let mut ends = Vec::with_capacity(count);
    for view in book.views(at, 0..count) {
        open.push(b',');
        contact(&mut open, FieldSet::all(CONTACT.len()), view, shared.as_deref_mut());
        if open.len() > CHUNK_BYTES_MAX {
            rendered.keep(book, at, Rendered::TooLarge);
            return None;
        }
        if open.len() > bytes_max {
            return None;
        }
        ends.push(u32::try_from(open.len()).ok()?);
    }
    let text = Text { bytes: Bytes::from(open.into_boxed_slice()), ends: Arc::from(ends) };
    rendered.keep(book, at, Rendered::Text(text.clone()));
    Some(text)
}

/// The records at these places, each with a comma before it; the first of a page has none.
fn slice(text: &Text, places: &Range<usize>, is_first: bool) -> Bytes {
    let start = if places.start == 0 { 0 } else { text.ends[places.start - 1] as usize };
    let end = text.ends[places.end - 1] as usize;
    text.bytes.slice(start + usize::from(is_first)..end)
}

/// What the records of a page have in common, as written for the members of this page.
#[derive(Default)]
struct Shared {
    managers: Memo,
    organizations: Memo,
    groups: Memo,
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
            managers.append(open, view.manager_slot(), |open| manager(open, fields, view));
            organizations.append(open, view.organization_slot(), |open| organization(open, fields, view));
            shared.groups.append(open, view.group_set_slot(), |open| groups(open, fields, view));
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
        false => text_contents,
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
            text_contents(open, email);
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
