//! Writes records as a phone book that desk telephones fetch.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_xml::escape::escape;

use crate::record::Record;
use crate::values::with_plus;

/// The telephones that a phone book is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhonebookShape {
    /// `YealinkIPPhoneDirectory`; Fanvil, Htek and FlyingVoice read it, too.
    Yealink,
    /// `AddressBook` with groups.
    Grandstream,
    /// `tbook` of version 2.0.
    Snom,
    /// `phonebooks` of a Fritz!Box.
    FritzBox,
    /// `CiscoIPPhoneDirectory`.
    Cisco,
}

impl PhonebookShape {
    /// All shapes and their names.
    pub const ALL: [(&'static str, Self); 5] = [
        ("yealink", Self::Yealink),
        ("grandstream", Self::Grandstream),
        ("snom", Self::Snom),
        ("fritzbox", Self::FritzBox),
        ("cisco", Self::Cisco),
    ];
}

/// What stands before and after the entries.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A phone book while it is written.
pub struct PhonebookWriter<W: Write> {
    file: W,
    shape: PhonebookShape,
    /// Numbers of groups by their names, for books that name groups by numbers.
    groups: HashMap<String, usize>,
}

impl<W: Write> PhonebookWriter<W> {
    /// Begins a book; `groups` are the names of all groups that contacts may be in.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(mut file: W, shape: PhonebookShape, groups: Vec<String>) -> io::Result<Self> {
        file.write_all(DECLARATION.as_bytes())?;
        file.write_all(match shape {
            PhonebookShape::Yealink => b"<YealinkIPPhoneDirectory>\n",
            PhonebookShape::Grandstream => b"<AddressBook>\n<version>1</version>\n",
            PhonebookShape::Snom => b"<tbook e=\"2\" version=\"2.0\" complete=\"true\">\n",
            PhonebookShape::FritzBox => b"<phonebooks>\n<phonebook name=\"ringbook\">\n",
            PhonebookShape::Cisco => b"<CiscoIPPhoneDirectory>\n<Title>ringbook</Title>\n<Prompt>Select</Prompt>\n",
        })?;
        let groups: HashMap<String, usize> = groups.into_iter().zip(1..).collect();
        if shape == PhonebookShape::Grandstream {
            let mut sorted: Vec<(&String, &usize)> = groups.iter().collect();
            sorted.sort_by_key(|(_, number)| **number);
            for (name, number) in sorted {
                writeln!(file, "<pbgroup><id>{number}</id><name>{}</name></pbgroup>", escaped(name))?;
            }
        }
        Ok(Self { file, shape, groups })
    }

    /// Writes a contact.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        let phones: Vec<String> = record.texts("phone_numbers").map(with_plus).collect();
        let entry = match self.shape {
            PhonebookShape::Yealink => directory_entry(record, &phones, "\n"),
            PhonebookShape::Cisco => {
                // One number an entry: the telephone dials the first one only.
                phones.iter().map(|phone| directory_entry(record, std::slice::from_ref(phone), "\n")).collect()
            }
            PhonebookShape::Grandstream => self.grandstream(record, &phones),
            PhonebookShape::Snom => snom(record, &phones),
            PhonebookShape::FritzBox => fritz_box(record, &phones),
        };
        self.file.write_all(entry.as_bytes())
    }

    fn grandstream(&self, record: &Record, phones: &[String]) -> String {
        let mut entry = format!(
            "<Contact><FirstName>{}</FirstName><LastName>{}</LastName>",
            escaped(&first_names(record)),
            escaped(record.text("last_name"))
        );
        for phone in phones {
            entry.push_str(&format!(
                "<Phone type=\"Work\"><phonenumber>{}</phonenumber><accountindex>0</accountindex></Phone>",
                escaped(phone)
            ));
        }
        for number in record.groups().filter_map(|group| self.groups.get(group)) {
            entry.push_str(&format!("<Group>{number}</Group>"));
        }
        put(&mut entry, "Company", record.text("organization_name"));
        entry.push_str("</Contact>\n");
        entry
    }

    /// Ends the book and returns the writer below.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.file.write_all(match self.shape {
            PhonebookShape::Yealink => b"</YealinkIPPhoneDirectory>\n",
            PhonebookShape::Grandstream => b"</AddressBook>\n",
            PhonebookShape::Snom => b"</tbook>\n",
            PhonebookShape::FritzBox => b"</phonebook>\n</phonebooks>\n",
            PhonebookShape::Cisco => b"</CiscoIPPhoneDirectory>\n",
        })?;
        Ok(self.file)
    }
}

fn directory_entry(record: &Record, phones: &[String], end: &str) -> String {
    let mut entry = format!("<DirectoryEntry><Name>{}</Name>", escaped(record.text("full_name")));
    phones.iter().for_each(|phone| put(&mut entry, "Telephone", phone));
    entry.push_str("</DirectoryEntry>");
    entry.push_str(end);
    entry
}

fn snom(record: &Record, phones: &[String]) -> String {
    let mut entry = String::from("<contact fav=\"false\" vip=\"false\" blocked=\"false\">");
    put(&mut entry, "first_name", &first_names(record));
    put(&mut entry, "last_name", record.text("last_name"));
    put(&mut entry, "organization", record.text("organization_name"));
    record.texts("emails").take(1).for_each(|email| put(&mut entry, "email", email));
    record.groups().take(1).for_each(|group| put(&mut entry, "group", group));
    entry.push_str("<numbers>");
    for phone in phones {
        entry.push_str(&format!("<number no=\"{}\" type=\"business\" outgoing_id=\"0\"/>", escaped(phone)));
    }
    entry.push_str("</numbers></contact>\n");
    entry
}

fn fritz_box(record: &Record, phones: &[String]) -> String {
    let name = escaped(record.text("full_name"));
    let mut entry = format!("<contact><category>0</category><person><realName>{name}</realName></person>");
    entry.push_str(&format!("<telephony nid=\"{}\">", phones.len()));
    for (place, phone) in phones.iter().enumerate() {
        let prio = u8::from(place == 0);
        entry.push_str(&format!("<number type=\"work\" prio=\"{prio}\" id=\"{place}\">{}</number>", escaped(phone)));
    }
    entry.push_str("</telephony><services>");
    for (place, email) in record.texts("emails").enumerate() {
        entry.push_str(&format!("<email classifier=\"work\" id=\"{place}\">{}</email>", escaped(email)));
    }
    entry.push_str("</services>");
    if let Some(id) = record.id() {
        put(&mut entry, "uniqueid", &id.to_string());
    }
    entry.push_str("</contact>\n");
    entry
}

/// First name and patronymic, for telephones that know two names.
fn first_names(record: &Record) -> String {
    let names = [record.text("first_name"), record.text("patronymic")];
    names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ")
}

/// An element with a text; nothing for an empty one.
fn put(entry: &mut String, element: &str, text: &str) {
    if !text.is_empty() {
        entry.push_str(&format!("<{element}>{}</{element}>", escaped(text)));
    }
}

/// A text with the five entities of XML, and without what XML 1.0 cannot hold.
fn escaped(text: &str) -> String {
    let is_allowed = |letter: &char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    escape(text.chars().filter(is_allowed).collect::<String>()).into_owned()
}
