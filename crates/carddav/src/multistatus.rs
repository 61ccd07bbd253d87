//! Answers of status 207: what was found of each resource.

use ringbook_app::access::Device;
use ringbook_app::cursor;
use ringbook_book::Book;
use ringbook_book::book::history::Cursor;
use ringbook_book::id::ID_MAX;
use ringbook_directory_view::entry::Entry;
use ringbook_directory_view::xml::Xml;

use crate::request_xml::{Namespace, PropertyName, Wanted};
use crate::resource::{ROOT, Resource};
use crate::vcard::Version;
use crate::{BODY_BYTES_MAX, SYNC_TOKEN_PREFIX, vcard};

/// Largest answer, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 << 20;
const OK: &str = "HTTP/1.1 200 OK";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found";
const INSUFFICIENT_STORAGE: &str = "HTTP/1.1 507 Insufficient Storage";
/// What a client gets that asks for all properties.
const USUAL: [(Namespace, &str); 5] = [
    (Namespace::Dav, "resourcetype"),
    (Namespace::Dav, "displayname"),
    (Namespace::Dav, "current-user-principal"),
    (Namespace::Dav, "getetag"),
    (Namespace::Dav, "getcontenttype"),
];

/// An answer is larger than [`ANSWER_BYTES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerTooLarge;

/// What answers are made from.
#[derive(Debug, Clone)]
pub struct Answerer {
    /// The label of the device key.
    pub device: String,
    /// The name of its book.
    pub book_name: String,
    /// The customer.
    pub customer: u64,
    /// What changes with the book and with the settings of the key.
    pub tag: String,
    /// Where a client stands that has seen everything.
    pub sync_token: String,
    /// The properties that are wanted.
    pub wanted: Wanted,
    /// The version of vCards.
    pub version: Version,
    /// Whether properties that are missing need not be named.
    pub is_minimal: bool,
}

/// What tells the present book, as a device sees it, from others.
pub fn tag(device: &Device, book: &Book) -> String {
    let groups: Vec<String> = device.groups.iter().map(ToString::to_string).collect();
    let (form, order, charset) = (device.dial_form.text(), device.name_order.text(), device.charset.text());
    format!("{}-{form}{}-{order}-{charset}-{}", book.revision().0, device.outside_prefix, groups.join("."))
}

/// Where a client stands that has seen everything of a book.
pub fn present(device: &Device, book: &Book) -> String {
    let revision = book.revision().0;
    token(device, Cursor { began: revision, revision, id: ID_MAX })
}

/// A place in the order of change, as clients keep it.
pub fn token(device: &Device, place: Cursor) -> String {
    format!("{SYNC_TOKEN_PREFIX}{}", cursor::write(place, device.customer))
}

/// What a response is about.
#[derive(Debug, Clone, Copy)]
pub enum Target<'e> {
    /// A resource that is no contact.
    Resource(Resource),
    /// A contact.
    Card(&'e Entry),
}

/// An answer while it is written.
pub struct MultiStatus<'a> {
    answerer: &'a Answerer,
    xml: Xml,
}

impl<'a> MultiStatus<'a> {
    /// An answer without responses.
    pub fn new(answerer: &'a Answerer) -> Self {
        let mut xml = Xml::document();
        let names = [
            ("xmlns:d", "DAV:"),
            ("xmlns:c", "urn:ietf:params:xml:ns:carddav"),
            ("xmlns:s", "http://calendarserver.org/ns/"),
        ];
        xml.open_with("d:multistatus", &names);
        xml.line();
        Self { answerer, xml }
    }

    /// A response about something that there is.
    ///
    /// # Errors
    /// The answer becomes too large.
    pub fn found(&mut self, href: &str, target: Target<'_>) -> Result<(), AnswerTooLarge> {
        let usual = || {
            let name = |(namespace, name): &(Namespace, &str)| PropertyName {
                namespace: *namespace,
                address: String::new(),
                name: (*name).to_owned(),
            };
            USUAL.iter().map(name).collect::<Vec<_>>()
        };
        let (names, only_names) = match &self.answerer.wanted {
            Wanted::These(names) => (names.clone(), false),
            Wanted::All => (usual(), false),
            Wanted::Names => (usual(), true),
        };
        let is_asked = matches!(self.answerer.wanted, Wanted::These(_)) && !self.answerer.is_minimal;
        let (mut found, mut missing) = (Xml::fragment(), Xml::fragment());
        for name in &names {
            let mut value = Xml::fragment();
            if self.answerer.property(&mut value, name, target) {
                if only_names {
                    found.empty(&qualified(name), &[]);
                } else {
                    found.append(value);
                }
            } else if is_asked {
                name_of_missing(&mut missing, name);
            }
        }
        self.xml.open("d:response");
        self.xml.text("d:href", href);
        if !found.is_empty() || missing.is_empty() {
            self.properties(found, OK);
        }
        if !missing.is_empty() {
            self.properties(missing, NOT_FOUND);
        }
        self.xml.close("d:response");
        if self.xml.written_bytes() > ANSWER_BYTES_MAX { Err(AnswerTooLarge) } else { Ok(()) }
    }

    /// A response about something that there is not.
    pub fn missing(&mut self, href: &str) {
        self.status(href, NOT_FOUND);
    }

    /// A response that says that there is more than was answered.
    pub fn more(&mut self) {
        let href = Resource::Book.path(&self.answerer.device);
        self.xml.open("d:response");
        self.xml.text("d:href", &href);
        self.xml.text("d:status", INSUFFICIENT_STORAGE);
        self.xml.open("d:error");
        self.xml.empty("d:number-of-matches-within-limits", &[]);
        self.xml.close("d:error");
        self.xml.close("d:response");
    }

    /// Where the client stands after the answer.
    pub fn sync_token(&mut self, token: &str) {
        self.xml.text("d:sync-token", token);
    }

    /// The body.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.xml.close("d:multistatus");
        self.xml.into_bytes()
    }

    fn status(&mut self, href: &str, status: &str) {
        self.xml.open("d:response");
        self.xml.text("d:href", href);
        self.xml.text("d:status", status);
        self.xml.close("d:response");
    }

    fn properties(&mut self, properties: Xml, status: &str) {
        self.xml.open("d:propstat");
        self.xml.open("d:prop");
        self.xml.append(properties);
        self.xml.close("d:prop");
        self.xml.text("d:status", status);
        self.xml.close("d:propstat");
    }
}

fn qualified(name: &PropertyName) -> String {
    format!("{}:{}", name.namespace.prefix(), name.name)
}

/// The name of a property that a resource does not have; names that are no plain words are left out.
fn name_of_missing(xml: &mut Xml, name: &PropertyName) {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let starts_well = name.name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    if !starts_well || !name.name.chars().all(is_plain) {
        return;
    }
    match name.namespace {
        Namespace::Other if name.address.is_empty() => xml.empty(&name.name, &[]),
        Namespace::Other => xml.empty(&qualified(name), &[("xmlns:x", &name.address)]),
        _ => xml.empty(&qualified(name), &[]),
    }
}

impl Answerer {
    /// Writes a property; whether the resource has it.
    fn property(&self, xml: &mut Xml, name: &PropertyName, target: Target<'_>) -> bool {
        let (element, device) = (qualified(name), self.device.as_str());
        let href = |xml: &mut Xml, path: &str| {
            xml.open(&element);
            xml.text("d:href", path);
            xml.close(&element);
        };
        let (is_book, is_card) = (is(target, Resource::Book), matches!(target, Target::Card(_)));
        match (name.namespace, name.name.as_str()) {
            (Namespace::Dav, "resourcetype") => {
                xml.open(&element);
                if !is_card && !is(target, Resource::Principal) {
                    xml.empty("d:collection", &[]);
                }
                if is(target, Resource::Principal) {
                    xml.empty("d:principal", &[]);
                }
                if is_book {
                    xml.empty("c:addressbook", &[]);
                }
                xml.close(&element);
            }
            (Namespace::Dav, "current-user-principal" | "principal-URL" | "owner") => {
                href(xml, &Resource::Principal.path(device));
            }
            (Namespace::Dav, "principal-collection-set") => href(xml, &format!("{ROOT}principals/")),
            (Namespace::CardDav, "addressbook-home-set") if !is_card => href(xml, &Resource::Home.path(device)),
            (Namespace::Dav, "displayname") => match target {
                Target::Card(entry) => xml.text(&element, &entry.name),
                Target::Resource(Resource::Book) => xml.text(&element, &self.book_name),
                Target::Resource(_) => xml.text(&element, device),
            },
            (Namespace::Dav, "current-user-privilege-set") => {
                xml.open(&element);
                for privilege in ["d:read", "d:read-current-user-privilege-set"] {
                    xml.open("d:privilege");
                    xml.empty(privilege, &[]);
                    xml.close("d:privilege");
                }
                xml.close(&element);
            }
            (Namespace::Dav, "supported-report-set") if is_book => {
                xml.open(&element);
                for report in ["c:addressbook-multiget", "c:addressbook-query", "d:sync-collection"] {
                    xml.open("d:supported-report");
                    xml.open("d:report");
                    xml.empty(report, &[]);
                    xml.close("d:report");
                    xml.close("d:supported-report");
                }
                xml.close(&element);
            }
            (Namespace::CardDav, "supported-address-data") if is_book => {
                xml.open(&element);
                for version in ["3.0", "4.0"] {
                    xml.empty("c:address-data-type", &[("content-type", "text/vcard"), ("version", version)]);
                }
                xml.close(&element);
            }
            (Namespace::CardDav, "max-resource-size") if is_book => xml.text(&element, &BODY_BYTES_MAX.to_string()),
            (Namespace::CardDav, "addressbook-description") if is_book => xml.text(&element, &self.book_name),
            (Namespace::CalendarServer, "getctag") if is_book => xml.text(&element, &self.tag),
            (Namespace::Dav, "sync-token") if is_book => xml.text(&element, &self.sync_token),
            (Namespace::Dav, "getcontenttype") if is_card => xml.text(&element, "text/vcard; charset=utf-8"),
            (Namespace::Dav, "getetag") => match target {
                Target::Card(entry) => xml.text(&element, &vcard::etag(entry, self.customer)),
                Target::Resource(Resource::Book) => xml.text(&element, &format!("\"{}\"", self.tag)),
                Target::Resource(_) => return false,
            },
            (Namespace::Dav, "getcontentlength") => match target {
                Target::Card(entry) => {
                    let length = vcard::write(entry, self.customer, self.version).len();
                    xml.text(&element, &length.to_string());
                }
                Target::Resource(_) => return false,
            },
            (Namespace::CardDav, "address-data") => match target {
                Target::Card(entry) => {
                    let card = vcard::write(entry, self.customer, self.version);
                    xml.open(&element);
                    xml.verbatim(&card);
                    xml.close(&element);
                }
                Target::Resource(_) => return false,
            },
            _ => return false,
        }
        true
    }
}

fn is(target: Target<'_>, resource: Resource) -> bool {
    matches!(target, Target::Resource(found) if found == resource)
}
