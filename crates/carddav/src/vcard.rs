//! A contact as a vCard, of version 3.0 or 4.0.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ringbook_directory_view::entry::{Entry, contact_uuid};
use ringbook_directory_view::number_rule::NumberKind;

/// Longest line, in bytes, without its end.
const LINE_BYTES_MAX: usize = 75;
/// Bytes of a usual card.
const CARD_BYTES: usize = 512;

/// A version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// RFC 2426, which every client reads.
    #[default]
    V3,
    /// RFC 6350.
    V4,
}

/// The vCard of a contact.
pub fn write(entry: &Entry, customer: u64, version: Version) -> String {
    let mut card = Card(String::with_capacity(CARD_BYTES));
    card.line("BEGIN:VCARD");
    card.line(if version == Version::V3 { "VERSION:3.0" } else { "VERSION:4.0" });
    card.line("PRODID:-//ringbook//CardDAV//EN");
    card.line(&format!("UID:urn:uuid:{}", contact_uuid(customer, entry.id)));
    card.line(&format!("FN:{}", escaped(&entry.name)));
    let parts = [&entry.last_name, &entry.first_name, &entry.patronymic].map(|part| escaped(part));
    card.line(&format!("N:{};{};{};;", parts[0], parts[1], parts[2]));
    if !entry.organization.is_empty() {
        card.line(&format!("ORG:{}", escaped(&entry.organization)));
    }
    for number in &entry.numbers {
        let kind = match (number.kind, version) {
            (NumberKind::Work, Version::V3) => "WORK,VOICE",
            (NumberKind::Mobile, Version::V3) => "CELL,VOICE",
            (NumberKind::Other, Version::V3) => "VOICE",
            (NumberKind::Work, Version::V4) => "work",
            (NumberKind::Mobile, Version::V4) => "cell",
            (NumberKind::Other, Version::V4) => "voice",
        };
        card.line(&format!("TEL;TYPE={kind}:{}", escaped(&number.dialled)));
    }
    for email in &entry.emails {
        let name = if version == Version::V3 { "EMAIL;TYPE=INTERNET" } else { "EMAIL" };
        card.line(&format!("{name}:{}", escaped(email)));
    }
    if !entry.groups.is_empty() {
        let groups: Vec<Cow<'_, str>> = entry.groups.iter().map(|group| escaped(group)).collect();
        card.line(&format!("CATEGORIES:{}", groups.join(",")));
    }
    card.line("END:VCARD");
    card.0
}

/// Counts the ways in which [`write()`] has written cards, so that clients fetch all of them again when it changes.
const FORMAT: u32 = 1;

/// The validator of a contact: it changes with everything that its vCard shows.
pub fn etag(entry: &Entry, customer: u64) -> String {
    let mut hasher = DefaultHasher::new();
    (FORMAT, entry, customer).hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

struct Card(String);

impl Card {
    /// Appends a line, folded between characters.
    fn line(&mut self, line: &str) {
        let mut rest = line;
        let mut room = LINE_BYTES_MAX;
        while rest.len() > room {
            let (now, later) = rest.split_at(rest.floor_char_boundary(room));
            self.0.push_str(now);
            self.0.push_str("\r\n ");
            rest = later;
            room = LINE_BYTES_MAX - 1;
        }
        self.0.push_str(rest);
        self.0.push_str("\r\n");
    }
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', ',', ';', '\r', '\n']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ',' | ';' => {
                out.push('\\');
                out.push(letter);
            }
            '\r' => {}
            '\n' => out.push_str("\\n"),
            letter => out.push(letter),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use ringbook_directory_view::entry::EntryNumber;

    use super::*;

    #[test]
    fn cards_are_escaped_and_folded() {
        let number = |dialled: &str, kind| EntryNumber { dialled: dialled.into(), digits: dialled.into(), kind };
        let entry = Entry {
            id: 7,
            name: "Ж".repeat(60),
            last_name: "a;b,c\\d".into(),
            first_name: "x\ny".into(),
            patronymic: String::new(),
            organization: "Acme".into(),
            groups: vec!["A,B".into(), "C".into()],
            emails: vec!["a@b.example".into()],
            numbers: vec![number("+491", NumberKind::Work), number("+492", NumberKind::Mobile)],
        };
        let card = write(&entry, 1, Version::V3);
        assert!(card.lines().all(|line| line.len() <= LINE_BYTES_MAX), "{card}");
        let unfolded = card.replace("\r\n ", "");
        assert!(unfolded.contains(&format!("FN:{}\r\n", entry.name)), "{unfolded}");
        assert!(unfolded.contains("N:a\\;b\\,c\\\\d;x\\ny;;;\r\n") && unfolded.contains("CATEGORIES:A\\,B,C\r\n"));
        assert!(unfolded.contains("TEL;TYPE=CELL,VOICE:+492\r\n"));
        assert!(write(&entry, 1, Version::V4).contains("TEL;TYPE=cell:+492\r\n"));
        let changed = Entry { groups: Vec::new(), ..entry.clone() };
        assert_ne!(etag(&entry, 1), etag(&changed, 1));
    }
}
