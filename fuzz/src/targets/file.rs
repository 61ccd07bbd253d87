//! A file to import: the name of its format in the first line, then its bytes.
//!
//! Rows are as many as the first look counted, and in the order of the file. A contact that is read is written in every
//! format that keeps whole contacts, and read again as the same contact.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use ringbook_book::text::PHONE_DIGITS_MAX;
use ringbook_formats::csv_table::{Readers, TableWriter};
use ringbook_formats::draft::{Draft, Entry};
use ringbook_formats::format::Format;
use ringbook_formats::record::Record;
use ringbook_formats::source::{FileError, Source};
use ringbook_formats::values::PhoneNumber;
use ringbook_formats::vcard::VcardVersion;
use ringbook_formats::{ldif, ndjson, vcard};
use ringbook_testbed::random::{Choices, Rng};
use serde_json::json;

use crate::{Outcome, grammar};

pub const DICTIONARY: &[&str] = &[
    "csv\n",
    "vcf\n",
    "ldif\n",
    "xml\n",
    "ndjson\n",
    "\r",
    ";",
    "\t",
    "|",
    "\"\"",
    " ::: ",
    "Last Name",
    "Phone 1 - Value",
    "Телефон",
    "full_name",
    "BEGIN:VCARD\r\n",
    "END:VCARD\r\n",
    "VERSION:2.1\r\n",
    "\r\n ",
    "=\r\n",
    "TEL;TYPE=cell:",
    "N;CHARSET=windows-1251;ENCODING=QUOTED-PRINTABLE:=C8",
    "FN:",
    "AGENT:",
    "PHOTO;ENCODING=b:",
    "X-ADDRESSBOOKSERVER-KIND:group\r\n",
    "MEMBER:urn:uuid:1\r\n",
    "item1.X-ABLabel:",
    "dn: cn=x\n",
    "cn:: ",
    "mail:< file:///x\n",
    "objectClass: groupOfNames\n",
    "member: cn=x\n",
    "<DirectoryEntry>",
    "</DirectoryEntry>",
    "<Telephone label=\"x\">",
    "<![CDATA[",
    "]]>",
    "<!--",
    "&#x0;",
    "&lt;",
    "<!DOCTYPE x>",
    "+49 30 123456",
    " ext. 7",
    "4.9E+12",
    "=\"+49\"",
    "'+49",
    "n/a",
    "1-800-FLOWERS",
    "tel:+49-30;ext=7",
    "\u{202a}",
    "a@b.example",
];

const HEADERS: &[&str] = &[
    "First Name",
    "Last Name",
    "Name",
    "Phone 1 - Value",
    "Mobile Phone",
    "Home Fax",
    "E-mail Address",
    "Company",
    "Labels",
    "Notes",
    "Фамилия",
    "Rufnummer",
    "last_name",
    "phone_numbers",
    "",
];
const PROPERTIES: &[&str] = &[
    "FN",
    "N",
    "N;CHARSET=windows-1251",
    "N;ENCODING=QUOTED-PRINTABLE",
    "NICKNAME",
    "TEL",
    "item1.TEL;TYPE=FAX",
    "TEL;VALUE=uri",
    "EMAIL",
    "ORG",
    "CATEGORIES",
    "NOTE",
    "UID",
    "KIND",
    "MEMBER",
    "PHOTO;BASE64",
];
const ATTRIBUTES: &[&str] = &[
    "dn",
    "cn",
    "sn",
    "givenName;lang-de",
    "mail",
    "telephoneNumber",
    "mobile",
    "o",
    "ou",
    "objectClass",
    "member",
    "jpegPhoto:",
    "changetype",
    "-",
];
const ELEMENTS: &[&str] = &[
    "YealinkIPPhoneDirectory",
    "DirectoryEntry",
    "Name",
    "Telephone",
    "AddressBook",
    "Contact",
    "LastName",
    "Phone",
    "phonenumber",
    "pbgroup",
    "id",
    "tbook",
    "item",
    "number",
    "phonebooks",
    "phonebook",
    "contact",
    "person",
    "realName",
    "telephony",
    "CiscoIPPhoneDirectory",
];
const VALUES: &[&str] = &[
    "Lem",
    "Лем Анна",
    "Acme, Inc.; \"North\"",
    "+49 30 1234567 ext. 7",
    "(0)30/765-43-21",
    "112; 113",
    "8 (495) 765-43-21 доб. 12",
    "0049 30 1234567",
    "4.93012E+11",
    "1-800-FLOWERS",
    "n/a",
    "-",
    "a@b.example",
    "Anna <anna@b.example>, x",
    "tel:112",
    "=1+1",
    "'+7 (912) 345-67-89",
    "e\u{301}",
    "\u{202a}+7 912 345 67 89\u{202c}",
];

pub fn generate(rng: &mut Rng) -> Vec<u8> {
    let (name, text) = match rng.below(5) {
        0 => ("csv", table(rng)),
        1 => ("vcf", cards(rng)),
        2 => ("ldif", entries(rng)),
        3 => ("xml", elements(rng)),
        _ => ("ndjson", (0..rng.length(6)).map(|_| format!("{}\n", record(rng))).collect()),
    };
    format!("{name}\n{text}").into_bytes()
}

fn value(rng: &mut Rng) -> String {
    if rng.one_in(4) { grammar::text(rng) } else { rng.pick(VALUES).to_owned() }
}

fn table(rng: &mut Rng) -> String {
    let delimiter = rng.letter(",;\t|");
    let width = rng.between(1, 6);
    let mut text = String::new();
    for row in 0..=rng.length(20) {
        for column in 0..width {
            let cell = if row == 0 { rng.pick(HEADERS).to_owned() } else { value(rng) };
            if column > 0 {
                text.push(delimiter);
            }
            text.push_str(&if rng.one_in(3) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell });
        }
        text.push_str(rng.pick(&["\n", "\r\n", "\r"]));
    }
    text
}

fn cards(rng: &mut Rng) -> String {
    let mut text = String::new();
    for _ in 0..=rng.length(6) {
        let version = rng.pick(&["2.1", "3.0", "4.0"]);
        let _ = write!(text, "BEGIN:VCARD\r\nVERSION:{version}\r\n");
        for _ in 0..rng.length(12) {
            let _ = write!(text, "{}:{}\r\n", rng.pick(PROPERTIES), value(rng));
        }
        text.push_str("END:VCARD\r\n");
    }
    text
}

fn entries(rng: &mut Rng) -> String {
    let mut text = String::new();
    for number in 0..=rng.length(6) {
        let _ = writeln!(text, "dn: cn=x{number}");
        for _ in 0..rng.length(12) {
            let _ = writeln!(text, "{}: {}", rng.pick(ATTRIBUTES), value(rng));
        }
        text.push('\n');
    }
    text
}

fn elements(rng: &mut Rng) -> String {
    let mut text = "<?xml version=\"1.0\"?>".to_owned();
    let mut open = vec![rng.pick(ELEMENTS)];
    let _ = write!(text, "<{}>", open[0]);
    for _ in 0..rng.length(60) {
        match rng.below(4) {
            0 | 1 if open.len() < 8 => {
                let name = rng.pick(ELEMENTS);
                let _ = write!(text, "<{name}>");
                open.push(name);
            }
            2 => text.push_str(&value(rng).replace(['<', '&'], "")),
            _ if open.len() > 1 => {
                let _ = write!(text, "</{}>", open.pop().unwrap_or_default());
            }
            _ => {}
        }
    }
    while let Some(name) = open.pop() {
        let _ = write!(text, "</{name}>");
    }
    text
}

fn record(rng: &mut Rng) -> serde_json::Value {
    json!({
        "last_name": value(rng), "first_name": value(rng), "phone_numbers": [value(rng), "112"], "emails": [value(rng)],
        "organization_name": value(rng), "groups": [{"group_name": value(rng)}],
    })
}

pub fn run(input: &[u8]) -> Outcome {
    let (name, bytes) = match input.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (&b""[..], input),
    };
    let format = std::str::from_utf8(name).ok().and_then(|name| Format::parse(name).ok());
    let drafts = match read(bytes, format) {
        Ok(drafts) => drafts,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error without a message");
            return Outcome::Refused;
        }
    };
    let entries: Vec<Entry> = drafts.iter().filter_map(|draft| Some(draft.judge().ok()?.0)).collect();
    if !entries.is_empty() {
        write_and_read(&entries);
    }
    Outcome::Accepted
}

/// The contacts of a file, read as an import reads them.
fn read(bytes: &[u8], format: Option<Format>) -> Result<Vec<Draft>, FileError> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.as_file().write_all(bytes).expect("the temporary file is written");
    rows(file.path(), format)
}

fn rows(path: &Path, format: Option<Format>) -> Result<Vec<Draft>, FileError> {
    let source = Source::open(path, format, None, Vec::new())?;
    let survey = source.survey()?;
    assert!(survey.lines().iter().all(|line| !line.is_empty()), "an empty line");
    let mut drafts = Vec::new();
    let (mut count, mut last) = (0, 0);
    for row in source.rows(&survey, &Default::default())? {
        let row = row?;
        assert!(row.number > last, "row {} after row {last}", row.number);
        (count, last) = (count + 1, row.number);
        drafts.extend(row.draft.ok());
    }
    assert_eq!(count, survey.rows, "rows that were read and rows that were counted");
    Ok(drafts)
}

/// Writes contacts as an export does, reads the files, and compares.
fn write_and_read(entries: &[Entry]) {
    let records: Vec<Record> = entries.iter().map(exported).collect();
    let table = |readers| {
        let mut writer = TableWriter::new(Vec::new(), readers).expect("memory takes what is written");
        records.iter().try_for_each(|record| writer.write(record)).expect("memory takes what is written");
        writer.finish().expect("memory takes what is written")
    };
    let files = [
        ("a table", Format::Csv, table(Readers::Programs)),
        ("a table for spreadsheets", Format::Csv, table(Readers::Spreadsheets)),
        ("cards 3.0", Format::Vcf, written(&records, |file, record| vcard::write(file, record, VcardVersion::V3))),
        ("cards 4.0", Format::Vcf, written(&records, |file, record| vcard::write(file, record, VcardVersion::V4))),
        ("records", Format::Ndjson, written(&records, ndjson::write)),
        ("a directory", Format::Ldif, written(&records, ldif::write)),
    ];
    for (kind, format, bytes) in files {
        let shown = String::from_utf8_lossy(&bytes);
        let again = read(&bytes, Some(format))
            .map_err(|error| format!("{kind}: {error}: {shown}"))
            .expect("a reader takes what a writer wrote");
        assert_eq!(again.len(), entries.len(), "contacts in {kind}: {shown}");
        for (draft, entry) in again.iter().zip(entries) {
            let (read, remarks) = draft
                .judge()
                .map_err(|remark| format!("{kind}: {remark:?}: {shown}"))
                .expect("a contact that was written");
            assert_eq!(compared(&read), compared(entry), "{kind} ({remarks:?}): {shown}");
        }
    }
}

/// A file of these records.
fn written(records: &[Record], write: impl Fn(&mut Vec<u8>, &Record) -> std::io::Result<()>) -> Vec<u8> {
    let mut file = Vec::new();
    records.iter().try_for_each(|record| write(&mut file, record)).expect("memory takes what is written");
    file
}

/// A contact as the server answers it, if it changes no value.
fn exported(entry: &Entry) -> Record {
    let phones: Vec<String> = entry.phones.iter().map(digits).collect();
    let emails: Vec<&str> = entry.emails.iter().map(|email| email.as_str()).collect();
    let groups: Vec<_> = entry.groups.iter().map(|group| json!({"group_name": group.as_str()})).collect();
    Record::new(json!({
        "last_name": entry.last_name.as_str(),
        "first_name": entry.first_name.as_ref().map(|name| name.as_str()),
        "patronymic": entry.patronymic.as_ref().map(|name| name.as_str()),
        "full_name": entry.full_name(),
        "emails": emails,
        "phone_numbers": phones,
        "organization_name": entry.organization.as_ref().map(|name| name.as_str()),
        "groups": groups,
    }))
    .expect("it is an object")
}

fn digits(number: &PhoneNumber) -> String {
    let mut room = [0; PHONE_DIGITS_MAX + 1];
    number.phone().digits(&mut room).to_owned()
}

/// What every format keeps of a contact.
fn compared(entry: &Entry) -> impl PartialEq + std::fmt::Debug {
    let mut groups: Vec<&str> = entry.groups.iter().map(|group| group.as_str()).collect();
    groups.sort_unstable();
    (
        [Some(&entry.last_name), entry.first_name.as_ref(), entry.patronymic.as_ref(), entry.organization.as_ref()]
            .map(|name| name.map(|name| name.as_str().to_owned())),
        entry.emails.clone(),
        entry.phones.iter().map(|number| number.phone()).collect::<Vec<_>>(),
        groups.into_iter().map(str::to_owned).collect::<Vec<_>>(),
    )
}
