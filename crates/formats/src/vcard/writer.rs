//! Writes records as cards.

use std::io::{self, Write};

use super::property::MANAGER;
use crate::record::Record;
use crate::values::with_plus;

/// The longest line, in bytes without its end (RFC 6350, section 3.2).
const LINE_BYTES_MAX: usize = 75;

/// The version of cards that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VcardVersion {
    /// 3.0 (RFC 2426), which Outlook and many telephones read.
    V3,
    /// 4.0 (RFC 6350).
    V4,
}

impl VcardVersion {
    /// By its number.
    ///
    /// # Errors
    /// When it is another one; the text says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "3" | "3.0" => Ok(Self::V3),
            "4" | "4.0" => Ok(Self::V4),
            _ => Err("is no version that is written: give 3.0 or 4.0".to_owned()),
        }
    }
}

/// Writes a record as a card.
///
/// # Errors
/// When the file cannot be written.
pub fn write(file: &mut impl Write, record: &Record, version: VcardVersion) -> io::Result<()> {
    let name = |member| escaped(record.text(member));
    let (number, uid) = match version {
        VcardVersion::V3 => ("3.0", "UID"),
        VcardVersion::V4 => ("4.0", "UID;VALUE=text"),
    };
    let mut card = format!("BEGIN:VCARD\r\nVERSION:{number}\r\n");
    if let Some(id) = record.id() {
        put(&mut card, uid, &id.to_string());
    }
    put(&mut card, "FN", &name("full_name"));
    put(&mut card, "N", &format!("{};{};{};;", name("last_name"), name("first_name"), name("patronymic")));
    record.texts("phone_numbers").for_each(|phone| put(&mut card, "TEL", &with_plus(phone)));
    record.texts("emails").for_each(|email| put(&mut card, "EMAIL", &escaped(email)));
    let groups: Vec<String> = record.groups().map(escaped).collect();
    for (property, value) in [
        ("ORG", name("organization_name")),
        ("CATEGORIES", groups.join(",")),
        (MANAGER, name("personal_manager_full_name")),
    ] {
        if !value.is_empty() {
            put(&mut card, property, &value);
        }
    }
    card.push_str("END:VCARD\r\n");
    file.write_all(card.as_bytes())
}

/// A text value: backslash, comma and semicolon get a backslash before them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if ['\\', ',', ';'].contains(&letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A line, folded between characters.
fn put(card: &mut String, property: &str, value: &str) {
    let mut room = LINE_BYTES_MAX;
    for letter in property.chars().chain([':']).chain(value.chars()) {
        if letter.len_utf8() > room {
            card.push_str("\r\n ");
            room = LINE_BYTES_MAX - 1;
        }
        card.push(letter);
        room -= letter.len_utf8();
    }
    card.push_str("\r\n");
}
