//! vCards: 4.0 (RFC 6350), 3.0 as phones and clouds export it, and 2.1 as far as its parser goes.
//!
//! A file is cut into cards here, so that it streams and a broken card hurts no other; what is inside of a card is the
//! parser's business. Pictures and sounds are passed over while reading.

use std::io::{self, BufReader, Read, Write};

use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardProperty, VCardValue};
use calcard::{Entry, Parser};

use crate::draft::{Draft, Remark};
use crate::record::Record;
use crate::source::{FileError, RECORD_BYTES_MAX, Row, Source, line};

/// Properties that hold no text and may be large.
const PICTURES: [&str; 4] = ["PHOTO", "LOGO", "SOUND", "KEY"];
/// Where the personal manager stands; no standard has a property for it.
const MANAGER: &str = "X-RINGBOOK-PERSONAL-MANAGER";
/// The longest line, in bytes without its end (RFC 6350, section 3.2).
const LINE_BYTES_MAX: usize = 75;

/// The cards of a text.
pub fn rows<R: Read + 'static>(
    source: &Source,
    text: BufReader<R>,
) -> impl Iterator<Item = Result<Row, FileError>> + use<R> {
    let source = source.clone();
    let mut cards = Cards { text, has_begun: false };
    let mut number = 0;
    std::iter::from_fn(move || match cards.next() {
        Ok(card) => {
            number += 1;
            Some(Ok(Row { number, draft: card?.and_then(|text| draft(&text)) }))
        }
        Err(cause) => Some(Err(source.fault(cause))),
    })
}

/// Cuts a text into cards.
struct Cards<R> {
    text: BufReader<R>,
    /// The line that begins a card has been read.
    has_begun: bool,
}

/// A card while it is gathered.
#[derive(Default)]
struct Gathered {
    text: Vec<u8>,
    is_too_long: bool,
    /// The line before belongs to a picture.
    in_picture: bool,
}

impl<R: Read> Cards<R> {
    /// The next card's text, or why it is none.
    fn next(&mut self) -> io::Result<Option<Result<String, Remark>>> {
        let mut card = std::mem::take(&mut self.has_begun).then(Gathered::default);
        while let Some(line) = line(&mut self.text)? {
            let is = |mark: &[u8]| line.bytes.trim_ascii().eq_ignore_ascii_case(mark);
            match &mut card {
                None if is(b"BEGIN:VCARD") => card = Some(Gathered::default()),
                None => {}
                Some(_) if is(b"BEGIN:VCARD") => {
                    self.has_begun = true;
                    return Ok(Some(Err(half("another card begins before its END:VCARD"))));
                }
                Some(card) if is(b"END:VCARD") => return Ok(Some(card.whole())),
                Some(card) => card.take(&line.bytes, line.is_whole),
            }
        }
        Ok(card.map(|_| Err(half("the file ends before its END:VCARD"))))
    }
}

fn half(why: &str) -> Remark {
    Remark::whole(format!("is half a card: {why}"))
}

impl Gathered {
    fn take(&mut self, line: &[u8], is_whole: bool) {
        let is_continued = line.first().is_some_and(|byte| [b' ', b'\t'].contains(byte));
        if !is_continued {
            self.in_picture = is_picture(line);
        }
        if self.in_picture {
            return;
        }
        self.is_too_long |= !is_whole || self.text.len() + line.len() > RECORD_BYTES_MAX;
        if !self.is_too_long {
            self.text.extend_from_slice(line);
            self.text.extend_from_slice(b"\r\n");
        }
    }

    fn whole(&self) -> Result<String, Remark> {
        if self.is_too_long {
            return Err(Remark::whole(format!("is longer than {RECORD_BYTES_MAX} bytes, pictures not counted")));
        }
        let text = String::from_utf8_lossy(&self.text);
        Ok(format!("BEGIN:VCARD\r\n{text}END:VCARD\r\n"))
    }
}

/// Whether a line begins a property of a picture, with or without a group before its name.
fn is_picture(line: &[u8]) -> bool {
    let name = line.split(|byte| b";:".contains(byte)).next().unwrap_or_default();
    let name = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    PICTURES.iter().any(|picture| name.eq_ignore_ascii_case(picture.as_bytes()))
}

/// A card as a contact.
fn draft(text: &str) -> Result<Draft, Remark> {
    match Parser::new(text).entry() {
        Entry::VCard(card) => Ok(read(&card)),
        _ => Err(Remark::whole("is no vCard that can be read")),
    }
}

fn read(card: &VCard) -> Draft {
    let mut draft = Draft::default();
    for entry in &card.entries {
        match &entry.name {
            VCardProperty::Uid => first(&mut draft.id, entry),
            VCardProperty::N => names(&mut draft, entry),
            VCardProperty::Fn => first(&mut draft.full_name, entry),
            VCardProperty::Org => first(&mut draft.organization, entry),
            VCardProperty::Tel if is_fax(entry) => draft.faxes.extend(texts(entry)),
            VCardProperty::Tel => draft.phones.extend(texts(entry)),
            VCardProperty::Email => draft.emails.extend(texts(entry)),
            VCardProperty::Categories => draft.groups.extend(texts(entry)),
            VCardProperty::Other(name) if name.eq_ignore_ascii_case(MANAGER) => first(&mut draft.manager, entry),
            _ => {}
        }
    }
    draft
}

/// Last, first and additional names; the first card that has them counts.
fn names(draft: &mut Draft, entry: &VCardEntry) {
    let mut parts = entry.values.iter().map(text);
    for place in [&mut draft.last_name, &mut draft.first_name, &mut draft.patronymic] {
        let part = parts.next().unwrap_or_default();
        if place.is_empty() {
            *place = part;
        }
    }
}

fn first(place: &mut String, entry: &VCardEntry) {
    if place.is_empty() {
        *place = texts(entry).next().unwrap_or_default();
    }
}

fn texts(entry: &VCardEntry) -> impl Iterator<Item = String> {
    entry.values.iter().map(text).filter(|text| !text.is_empty())
}

fn text(value: &VCardValue) -> String {
    match value {
        VCardValue::Component(parts) => {
            parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        }
        other => other.as_text().unwrap_or_default().trim().to_owned(),
    }
}

fn is_fax(entry: &VCardEntry) -> bool {
    let is_type = |name: &VCardParameterName| *name == VCardParameterName::Type;
    let mut types = entry.params.iter().filter(|parameter| is_type(&parameter.name));
    types.any(|parameter| {
        let text = parameter.value.as_text().unwrap_or_default();
        text.eq_ignore_ascii_case("FAX") || text.eq_ignore_ascii_case("PAGER")
    })
}

/// Writes a record as a card of version 4.0.
pub fn write(file: &mut impl Write, record: &Record) -> io::Result<()> {
    let name = |member| escaped(record.text(member));
    let mut card = String::from("BEGIN:VCARD\r\nVERSION:4.0\r\n");
    if let Some(id) = record.id() {
        put(&mut card, "UID;VALUE=text", &id.to_string());
    }
    put(&mut card, "FN", &name("full_name"));
    put(&mut card, "N", &format!("{};{};{};;", name("last_name"), name("first_name"), name("patronymic")));
    record.texts("phone_numbers").for_each(|phone| put(&mut card, "TEL", phone));
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

/// A line, folded so that no letter is torn.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cards(text: &str) -> Vec<Result<Draft, Remark>> {
        let mut cards = Cards { text: BufReader::new(text.as_bytes()), has_begun: false };
        let mut found = Vec::new();
        while let Some(card) = cards.next().expect("memory reads") {
            found.push(card.and_then(|text| draft(&text)));
        }
        found
    }

    #[test]
    fn a_card_of_a_cloud_is_a_contact() {
        let text = "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//X//EN\r\nN:Стекольщикова;Анна;Пет\r\n ровна;;\r\nFN:Анна\r\n\
            ORG:Acme\\, Ltd;Sales\r\nEMAIL;type=INTERNET;type=WORK;type=pref:a@b.example\r\n\
            TEL;type=WORK;type=FAX:+7 495 1234567\r\nitem1.TEL;type=pref:+7 (495) 023-75-47\r\nitem1.X-ABLabel:_$!<Main>!$_\r\n\
            PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n SkZJRg\r\nCATEGORIES:VIP,A\\,B\r\nEND:VCARD\r\n";
        let drafts = cards(text);
        let draft = drafts[0].as_ref().expect("a card");
        assert_eq!((&*draft.last_name, &*draft.first_name, &*draft.patronymic), ("Стекольщикова", "Анна", "Петровна"));
        assert_eq!((&*draft.organization, draft.emails.len()), ("Acme, Ltd", 1));
        assert_eq!((draft.phones.len(), draft.faxes.len()), (1, 1));
        assert_eq!(draft.groups, ["VIP", "A,B"]);
    }

    #[test]
    fn an_old_card_in_quoted_printable_is_read() {
        let text = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=96=D1=83=\r\n=D0=BA;=D0=90\r\n\
            TEL;CELL:112\r\nEND:VCARD\r\n";
        let drafts = cards(text);
        let draft = drafts[0].as_ref().expect("a card");
        assert_eq!((&*draft.last_name, &*draft.first_name), ("Жук", "А"));
        assert_eq!(draft.phones, ["112"]);
    }

    #[test]
    fn half_a_card_hurts_no_other() {
        let whole = "BEGIN:VCARD\nFN:A\nTEL:112\nEND:VCARD\n";
        let drafts = cards(&format!("\n{whole}BEGIN:VCARD\nFN:B\n{whole}{whole}BEGIN:VCARD\nFN:C\nTE"));
        assert_eq!(drafts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, true, false]);
        assert!(drafts[4].as_ref().expect_err("half").reason.contains("the file ends"));
    }

    #[test]
    fn what_is_written_reads_back() {
        let record = json!({"last_name": "О'Нил; мл., \\ю", "first_name": "Ж".repeat(100), "patronymic": null,
            "full_name": "x", "phone_numbers": ["74950237547", "112"], "emails": ["a,b@c.example"],
            "organization_name": "A;B,C\\n", "groups": [{"group_id": 1, "group_name": "x,y;z"}, {"group_id": 2, "group_name": "😀:"}],
            "personal_manager_full_name": "М, Н"});
        let record = Record::new(record).expect("an object");
        let mut file = Vec::new();
        write(&mut file, &record).expect("memory writes");
        let text = String::from_utf8(file).expect("UTF-8");
        assert!(text.split("\r\n").all(|line| line.len() <= LINE_BYTES_MAX), "{text}");
        let drafts = cards(&text);
        let draft = drafts[0].as_ref().expect("a card");
        assert_eq!(
            (draft.last_name.as_str(), draft.first_name.as_str()),
            (record.text("last_name"), record.text("first_name"))
        );
        assert_eq!((draft.patronymic.as_str(), draft.organization.as_str()), ("", "A;B,C\\n"));
        assert_eq!(
            (draft.phones.join(","), draft.emails.join(" ")),
            ("74950237547,112".into(), "a,b@c.example".into())
        );
        assert_eq!((draft.groups.join("|"), draft.manager.as_str()), ("x,y;z|😀:".into(), "М, Н"));
    }

    #[test]
    fn no_bytes_make_the_parser_fail() {
        let card = "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=KOI8-R;ENCODING=QUOTED-PRINTABLE:=D0;A\nTEL;TYPE=\"a,b\":1;2\nADR:;;x\nBDAY:19\n";
        for at in 0..card.len() {
            for sign in [";", ":", ",", "=", "\"", "\n ", "\\", "ы", "."] {
                let mut text = card.to_owned();
                text.insert_str(at, sign);
                let _ = draft(&format!("{text}END:VCARD\n"));
                let _ = draft(&text[..at]);
            }
        }
    }
}
