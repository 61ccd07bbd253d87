//! Requests in XML: which properties of which resources are asked for.
//!
//! They are read event by event and never held as a tree, because one request may name every contact of a book. A document
//! type is refused, so that there are no entities to expand.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use ringbook_book::id::ContactId;

use crate::resource::card_of_href;
use crate::vcard::Version;

/// Most properties that a request names.
pub const PROPERTIES_MAX: usize = 100;
/// Most contacts that a request names.
pub const HREFS_MAX: usize = 200_000;
/// Most conditions of a query.
pub const CONDITIONS_MAX: usize = 64;
/// Deepest nesting of elements.
const DEPTH_MAX: usize = 32;
/// Longest text of an element that is kept, in bytes.
const TEXT_BYTES_MAX: usize = 4 << 10;

/// Namespaces whose names are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// `DAV:`
    Dav,
    /// `urn:ietf:params:xml:ns:carddav`
    CardDav,
    /// `http://calendarserver.org/ns/`
    CalendarServer,
    /// Any other.
    Other,
}

impl Namespace {
    /// Its prefix in answers.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Dav => "d",
            Self::CardDav => "c",
            Self::CalendarServer => "s",
            Self::Other => "x",
        }
    }
}

/// The name of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyName {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its address, for namespaces that are not known.
    pub address: String,
    /// Its name there.
    pub name: String,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wanted {
    /// All properties that clients usually want.
    #[default]
    All,
    /// The names of the properties.
    Names,
    /// These.
    These(Vec<PropertyName>),
}

/// How a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchType {
    /// It contains the text.
    Contains,
    /// It is the text.
    Equals,
    /// It begins with the text.
    StartsWith,
    /// It ends with the text.
    EndsWith,
}

/// A condition of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyFilter {
    /// The property of the vCard, in capitals.
    pub name: String,
    /// Whether it must be missing.
    pub is_not_defined: bool,
    /// Texts that it is compared with: how, what, and whether the opposite is meant.
    pub texts: Vec<(MatchType, String, bool)>,
    /// Whether all of them must match.
    pub needs_all: bool,
}

/// The kind of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// `propfind`, and a body that is empty.
    #[default]
    PropFind,
    /// `addressbook-multiget`
    MultiGet,
    /// `addressbook-query`
    Query,
    /// `sync-collection`
    Sync,
    /// Anything else.
    Unknown,
}

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestXml {
    /// Its kind.
    pub kind: Kind,
    /// Which properties.
    pub wanted: Wanted,
    /// The contacts that it names, each as it was written and as it is read.
    pub hrefs: Vec<(String, Option<ContactId>)>,
    /// The version of vCards.
    pub version: Version,
    /// The conditions of a query.
    pub filters: Vec<PropertyFilter>,
    /// Whether all of them must match.
    pub needs_all: bool,
    /// Most contacts of the answer.
    pub limit: Option<usize>,
    /// Where the client stands.
    pub sync_token: String,
}

/// A request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestXmlError {
    /// It is no well-formed XML, or has a document type.
    Malformed,
    /// A bound is exceeded.
    TooMuch,
}

/// A request while it is read.
#[derive(Default)]
struct Builder {
    request: RequestXml,
    /// The names of the elements that are open.
    open: Vec<String>,
    text: String,
    match_type: Option<(MatchType, bool)>,
    has_root: bool,
}

impl RequestXml {
    /// Reads a request; an empty one asks for all properties.
    ///
    /// # Errors
    /// It is malformed, or exceeds a bound.
    pub fn read(body: &[u8]) -> Result<Self, RequestXmlError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let text = std::str::from_utf8(body).map_err(|_| RequestXmlError::Malformed)?;
        let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut builder = Builder::default();
        loop {
            match reader.read_event().map_err(|_| RequestXmlError::Malformed)? {
                Event::Start(start) => builder.start(&reader, &start)?,
                Event::Empty(start) => {
                    builder.start(&reader, &start)?;
                    builder.end()?;
                }
                Event::End(_) => builder.end()?,
                Event::Text(text) => builder.append(&text)?,
                Event::CData(text) => builder.append(&text)?,
                Event::GeneralRef(reference) => builder.append(&resolved(&reference)?)?,
                Event::DocType(_) => return Err(RequestXmlError::Malformed),
                Event::Eof => break,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
        }
        if builder.has_root && builder.open.is_empty() { Ok(builder.request) } else { Err(RequestXmlError::Malformed) }
    }
}

/// A reference to a character; no other entities are declared.
fn resolved(reference: &BytesRef<'_>) -> Result<String, RequestXmlError> {
    if let Some(letter) = reference.resolve_char_ref().map_err(|_| RequestXmlError::Malformed)? {
        return Ok(letter.to_string());
    }
    let known = resolve_predefined_entity(reference).map(str::to_owned);
    known.ok_or(RequestXmlError::Malformed)
}

impl Builder {
    fn start(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<(), RequestXmlError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(RequestXmlError::TooMuch);
        }
        let (namespace, local) = reader.resolver().resolve_element(start.name());
        let address = match namespace {
            ResolveResult::Bound(bound) => bound.into_inner().to_owned(),
            ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
        };
        let name = local.into_inner().to_owned();
        let attribute = |name: &str| {
            let found = start.attributes().flatten().find(|attribute| attribute.key.into_inner() == name);
            found.map(|attribute| attribute.value.into_owned())
        };
        let request = &mut self.request;
        match (self.open.len(), name.as_str()) {
            (0, root) => {
                self.has_root = true;
                request.kind = match root {
                    "propfind" => Kind::PropFind,
                    "addressbook-multiget" => Kind::MultiGet,
                    "addressbook-query" => Kind::Query,
                    "sync-collection" => Kind::Sync,
                    _ => Kind::Unknown,
                };
            }
            (1, "propname") => request.wanted = Wanted::Names,
            (1, "prop") => request.wanted = Wanted::These(Vec::new()),
            (1, "filter") => request.needs_all = attribute("test").as_deref() == Some("allof"),
            (2, "prop-filter") => {
                if request.filters.len() >= CONDITIONS_MAX {
                    return Err(RequestXmlError::TooMuch);
                }
                request.filters.push(PropertyFilter {
                    name: attribute("name").unwrap_or_default().to_ascii_uppercase(),
                    is_not_defined: false,
                    texts: Vec::new(),
                    needs_all: attribute("test").as_deref() == Some("allof"),
                });
            }
            (3, "is-not-defined") => {
                if let Some(filter) = request.filters.last_mut() {
                    filter.is_not_defined = true;
                }
            }
            (3, "text-match") => {
                let kind = match attribute("match-type").as_deref() {
                    Some("equals") => MatchType::Equals,
                    Some("starts-with") => MatchType::StartsWith,
                    Some("ends-with") => MatchType::EndsWith,
                    _ => MatchType::Contains,
                };
                self.match_type = Some((kind, attribute("negate-condition").as_deref() == Some("yes")));
            }
            (2, _) if self.open[1] == "prop" => {
                let namespace = match address.as_str() {
                    "DAV:" => Namespace::Dav,
                    "urn:ietf:params:xml:ns:carddav" => Namespace::CardDav,
                    "http://calendarserver.org/ns/" => Namespace::CalendarServer,
                    _ => Namespace::Other,
                };
                if name == "address-data" && attribute("version").as_deref() == Some("4.0") {
                    request.version = Version::V4;
                }
                if let Wanted::These(wanted) = &mut request.wanted {
                    if wanted.len() >= PROPERTIES_MAX {
                        return Err(RequestXmlError::TooMuch);
                    }
                    wanted.push(PropertyName { namespace, address, name: name.clone() });
                }
            }
            _ => {}
        }
        self.text.clear();
        self.open.push(name);
        Ok(())
    }

    fn append(&mut self, text: &str) -> Result<(), RequestXmlError> {
        if self.text.len() + text.len() > TEXT_BYTES_MAX {
            return Err(RequestXmlError::TooMuch);
        }
        self.text.push_str(text);
        Ok(())
    }

    fn end(&mut self) -> Result<(), RequestXmlError> {
        let name = self.open.pop().ok_or(RequestXmlError::Malformed)?;
        let text = std::mem::take(&mut self.text);
        let request = &mut self.request;
        match (self.open.len(), name.as_str()) {
            (1, "href") => {
                if request.hrefs.len() >= HREFS_MAX {
                    return Err(RequestXmlError::TooMuch);
                }
                let contact = card_of_href(&text);
                request.hrefs.push((text.trim().to_owned(), contact));
            }
            (1, "sync-token") => request.sync_token = text.trim().to_owned(),
            (2, "nresults") => request.limit = text.trim().parse().ok(),
            (3, "text-match") => {
                if let (Some((kind, is_negated)), Some(filter)) = (self.match_type.take(), request.filters.last_mut()) {
                    if filter.texts.len() >= CONDITIONS_MAX {
                        return Err(RequestXmlError::TooMuch);
                    }
                    filter.texts.push((kind, text, is_negated));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_clients_are_read() {
        let body = r#"<?xml version="1.0"?><card:addressbook-query xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav">
            <d:prop><d:getetag/><card:address-data content-type="text/vcard" version="4.0"/><x xmlns="urn:y"/></d:prop>
            <card:filter test="allof"><card:prop-filter name="fn"><card:text-match match-type="starts-with"
            negate-condition="yes">A &amp; B&#x21;</card:text-match></card:prop-filter>
            <card:prop-filter name="EMAIL"><card:is-not-defined/></card:prop-filter></card:filter>
            <card:limit><card:nresults>5</card:nresults></card:limit></card:addressbook-query>"#;
        let read = RequestXml::read(body.as_bytes()).expect("a request");
        assert_eq!((read.kind, read.version, read.needs_all, read.limit), (Kind::Query, Version::V4, true, Some(5)));
        assert_eq!(read.filters[0].texts, [(MatchType::StartsWith, "A & B!".to_owned(), true)]);
        assert!(read.filters[1].is_not_defined && read.filters[0].name == "FN");
        let Wanted::These(wanted) = read.wanted else { panic!("properties are named") };
        let names: Vec<_> = wanted.iter().map(|one| (one.namespace, one.name.as_str())).collect();
        let expected = [(Namespace::Dav, "getetag"), (Namespace::CardDav, "address-data"), (Namespace::Other, "x")];
        assert_eq!(names, expected);
        assert_eq!(RequestXml::read(b" \n"), Ok(RequestXml::default()));
    }

    #[test]
    fn hostile_requests_are_refused() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY b "x">]><propfind xmlns="DAV:"><prop/></propfind>"#;
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let wide = format!("<propfind xmlns=\"DAV:\"><prop>{}</prop></propfind>", "<a/>".repeat(1_000));
        let long =
            format!("<sync-collection xmlns=\"DAV:\"><sync-token>{}</sync-token></sync-collection>", "a".repeat(9_999));
        for (body, error) in [
            (bomb, RequestXmlError::Malformed),
            ("<a>", RequestXmlError::Malformed),
            ("<a></b>", RequestXmlError::Malformed),
            ("x", RequestXmlError::Malformed),
            ("<a>&b;</a>", RequestXmlError::Malformed),
            (&deep, RequestXmlError::TooMuch),
            (&wide, RequestXmlError::TooMuch),
            (&long, RequestXmlError::TooMuch),
        ] {
            assert_eq!(RequestXml::read(body.as_bytes()), Err(error), "{}", &body[..body.len().min(80)]);
        }
    }
}
