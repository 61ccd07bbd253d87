//! Reads a phone book entry by entry.

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::elements;
use crate::columns::{Part, own_group};
use crate::draft::Draft;
use crate::lines::RECORD_BYTES_MAX;
use crate::remark::Remark;
use crate::source::{FileError, Source, encoding_reason};
use crate::survey::Memberships;

/// How deep elements may be in each other.
const DEPTH_MAX: usize = 32;
/// How much is read at once.
const PIECE_BYTES: usize = 64 << 10;
/// The most values of an entry that are kept.
const VALUES_MAX: usize = 200;

/// Why a phone book cannot be read.
#[derive(Debug)]
pub(super) enum PhonebookError {
    /// It is not in the encoding that was tried.
    Encoding,
    /// The file cannot be opened.
    File(FileError),
    /// Anything else.
    Other(String),
}

impl PhonebookError {
    pub(super) fn of(self, source: &Source) -> FileError {
        match self {
            Self::Encoding => source.fault(encoding_reason(1).replacen("line 1", "the text", 1)),
            Self::File(fault) => fault,
            Self::Other(reason) => source.fault(reason),
        }
    }
}

/// What a phone book has.
#[derive(Debug)]
pub(super) enum Item {
    /// A group with the number that entries name it by.
    Group {
        /// The number.
        id: String,
        /// The name.
        name: String,
    },
    /// A contact.
    Entry(PhonebookEntry),
}

/// An entry: names of elements and attributes in lower case, and their texts.
#[derive(Debug, Default)]
pub(super) struct PhonebookEntry {
    values: Vec<(String, String, bool)>,
    is_too_long: bool,
}

impl PhonebookEntry {
    fn add(&mut self, name: &str, text: &str, is_fax: bool) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if self.values.len() < VALUES_MAX {
            self.values.push((name.to_owned(), text.to_owned(), is_fax));
        } else {
            self.is_too_long = true;
        }
    }

    /// The names of what it has, and the members that they are read as.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        let names = self.values.iter().map(|(name, ..)| (name.as_str(), elements::part(name).map(Part::member)));
        names.filter(|(name, part)| part.is_some() || !elements::is_about_entry(name))
    }

    /// The entry as a contact.
    pub(super) fn draft(&self, memberships: &Memberships) -> Result<Draft, Remark> {
        if self.is_too_long {
            return Err(Remark::whole(format!("has more than {VALUES_MAX} elements")));
        }
        let mut draft = Draft::default();
        // Books of Gigaset have a first name where others have a full name.
        let has_surname = self.values.iter().any(|(name, ..)| name == "surname");
        for (name, text, is_fax) in &self.values {
            match elements::part(name) {
                Some(Part::FullName) if has_surname => draft.put_single(Part::FirstName, text),
                Some(
                    part @ (Part::LastName | Part::FirstName | Part::FullName | Part::Patronymic | Part::Organization),
                ) => {
                    draft.put_single(part, text);
                }
                Some(Part::Email) => draft.emails.push(text.clone()),
                Some(Part::Fax) => draft.faxes.push(text.clone()),
                Some(Part::Phone) if *is_fax => draft.faxes.push(text.clone()),
                Some(Part::Phone) => draft.phones.push(text.clone()),
                Some(Part::Groups(_)) => {
                    let named: Vec<&str> = memberships.of(text).collect();
                    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
                    if named.is_empty() && !is_number {
                        draft.groups.extend(own_group(text).map(str::to_owned));
                    } else {
                        draft.groups.extend(named.into_iter().filter_map(own_group).map(str::to_owned));
                    }
                }
                Some(Part::Id | Part::Nickname | Part::Manager | Part::ManagerId | Part::OrganizationId) | None => {}
            }
        }
        Ok(draft)
    }
}

/// A text of which no more may be read than there is room for, so that no element can fill the memory.
struct Bounded<R> {
    inner: R,
    room: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.room.get() == 0 {
            let reason = format!("an element has more than {RECORD_BYTES_MAX} bytes: is it a phone book?");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
        }
        let bytes = self.inner.read(into)?;
        self.room.set(self.room.get().saturating_sub(bytes));
        Ok(bytes)
    }
}

/// Whether a document type is a name only.
fn is_name(document_type: &str) -> bool {
    let name = document_type.trim();
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte))
}

/// An element that is open.
struct Open {
    name: String,
    text: String,
    /// Whether its text is a number that comes after the others.
    is_fax: bool,
}

/// The entries and groups of a phone book.
pub(super) struct Reader<R: Read> {
    xml: quick_xml::Reader<BufReader<Bounded<R>>>,
    room: Rc<Cell<usize>>,
    buffer: Vec<u8>,
    open: Vec<Open>,
    /// The entry that is open, and how deep it is.
    entry: Option<(PhonebookEntry, usize)>,
    /// The group that is open: its number and its name.
    group: Option<(String, String)>,
    /// The group around the entries.
    menu: Option<String>,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(text: R) -> Self {
        let room = Rc::new(Cell::new(0));
        let bounded = Bounded { inner: text, room: Rc::clone(&room) };
        let mut xml = quick_xml::Reader::from_reader(BufReader::with_capacity(PIECE_BYTES, bounded));
        // Many writers forget to escape it.
        xml.config_mut().allow_dangling_amp = true;
        Self { xml, room, buffer: Vec::new(), open: Vec::new(), entry: None, group: None, menu: None }
    }

    /// The next entry or group; `None` at the end.
    pub(super) fn next_item(&mut self) -> Result<Option<Item>, PhonebookError> {
        loop {
            self.room.set(RECORD_BYTES_MAX);
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            let event = match self.xml.read_event_into(&mut buffer) {
                Ok(event) => event.into_owned(),
                Err(fault) => return Err(self.fault(fault)),
            };
            self.buffer = buffer;
            match event {
                Event::Eof if self.open.is_empty() => return Ok(None),
                Event::Eof => return Err(self.broken("the file ends inside of an element")),
                // Books of Gigaset have the name of one. With more than a name it could define entities or name a file.
                Event::DocType(name) if is_name(&name) => {}
                Event::DocType(_) => {
                    return Err(self.broken("it has a document type (<!DOCTYPE …>), which is not read: remove it"));
                }
                Event::Start(start) => self.start(&start)?,
                Event::Empty(start) => {
                    self.start(&start)?;
                    if let Some(item) = self.end() {
                        return Ok(Some(item));
                    }
                }
                Event::End(_) => {
                    if let Some(item) = self.end() {
                        return Ok(Some(item));
                    }
                }
                Event::Text(text) => self.text(&text.xml10_content())?,
                Event::CData(text) => self.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let text = match reference.resolve_char_ref() {
                        Ok(Some(letter)) => letter.to_string(),
                        Ok(None) => {
                            let name = reference.into_inner();
                            let known = quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                            known.ok_or_else(|| self.broken(&format!("the entity &{name}; is not one of XML")))?
                        }
                        Err(fault) => return Err(self.fault(fault)),
                    };
                    self.text(&text)?;
                }
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), PhonebookError> {
        if self.open.len() == DEPTH_MAX {
            return Err(self.broken(&format!("its elements are more than {DEPTH_MAX} deep")));
        }
        let name = lower(start.local_name().as_ref());
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|fault| self.broken(&fault.to_string()))?;
            // A value with an ampersand that begins nothing is taken as it is.
            let text = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or_else(|_| attribute.value.clone());
            attributes.push((lower(attribute.key.local_name().as_ref()), text.into_owned()));
        }
        let kind = attributes.iter().find(|(key, _)| key == elements::TYPE).map(|(_, kind)| kind.as_str());
        // What is inside of a number of a kind is of that kind.
        let is_fax = kind.map_or_else(|| self.open.last().is_some_and(|open| open.is_fax), elements::is_fax);
        if name == elements::MENU {
            self.menu = attributes.iter().find(|(key, _)| key == "name").map(|(_, name)| name.clone());
        } else if elements::GROUPS.contains(&name.as_str()) && self.entry.is_none() {
            self.group = Some(Default::default());
        } else if elements::is_entry(&name) && self.entry.is_none() {
            let mut entry = PhonebookEntry::default();
            if let Some(menu) = &self.menu {
                entry.add("group", menu, false);
            }
            self.entry = Some((entry, self.open.len()));
        }
        if let Some((entry, _)) = &mut self.entry {
            attributes.iter().for_each(|(key, text)| entry.add(key, text, is_fax));
        }
        self.open.push(Open { name, text: String::new(), is_fax });
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), PhonebookError> {
        // What stands between entries is not kept: line ends of a million entries would fill the element around them.
        if self.entry.is_none() && self.group.is_none() {
            return Ok(());
        }
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        if open.text.len() + text.len() > RECORD_BYTES_MAX {
            return Err(self.broken(&format!("an element has more than {RECORD_BYTES_MAX} bytes")));
        }
        open.text.push_str(text);
        Ok(())
    }

    /// Ends an element; an item if it is one.
    fn end(&mut self) -> Option<Item> {
        let open = self.open.pop()?;
        if let Some((mut entry, depth)) = self.entry.take() {
            if self.open.len() == depth {
                return Some(Item::Entry(entry));
            }
            entry.add(&open.name, &open.text, open.is_fax);
            self.entry = Some((entry, depth));
            return None;
        }
        if open.name == elements::MENU {
            self.menu = None;
        }
        if elements::GROUPS.contains(&open.name.as_str()) {
            return self.group.take().filter(|(id, _)| !id.is_empty()).map(|(id, name)| Item::Group { id, name });
        }
        if let Some((id, name)) = &mut self.group {
            match open.name.as_str() {
                "id" | "dir_group_id" => *id = open.text.trim().to_owned(),
                "name" | "dir_group_name" => *name = open.text.trim().to_owned(),
                _ => {}
            }
        }
        None
    }

    fn fault(&self, fault: quick_xml::Error) -> PhonebookError {
        match &fault {
            quick_xml::Error::Io(cause) if cause.kind() == io::ErrorKind::InvalidData => PhonebookError::Encoding,
            quick_xml::Error::Io(cause) if cause.kind() == io::ErrorKind::FileTooLarge => {
                PhonebookError::Other(cause.to_string())
            }
            fault => self.broken(&fault.to_string()),
        }
    }

    fn broken(&self, what: &str) -> PhonebookError {
        let at = self.xml.buffer_position();
        PhonebookError::Other(format!("is no XML that is read: {what} (at byte {at})"))
    }
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}
