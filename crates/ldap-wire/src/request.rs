//! What a client sends.

use crate::ber::{DecodeError, Reader, header};
use crate::filter::{self, Filter};
use crate::oid;

/// Largest message, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 << 10;
/// Most attributes that a search names.
pub const ATTRIBUTES_MAX: usize = 64;
/// Most controls of a message.
pub const CONTROLS_MAX: usize = 16;
/// Most keys of a sort.
const SORT_KEYS_MAX: usize = 8;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The number that its answers have.
    pub id: i32,
    /// What is asked.
    pub request: Request,
    /// What is asked in addition.
    pub controls: Vec<Control>,
}

/// A control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Its name.
    pub oid: String,
    /// Whether the request is to be refused by a server that does not know it.
    pub is_critical: bool,
    /// Its value; empty if it has none.
    pub value: Vec<u8>,
}

/// How a client says who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Authentication {
    /// With a password.
    Simple(Vec<u8>),
    /// By a mechanism of SASL.
    Sasl,
}

impl std::fmt::Debug for Authentication {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Simple(_) => "Simple(***)",
            Self::Sasl => "Sasl",
        })
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// To be known under a name.
    Bind {
        /// The version of the protocol.
        version: i64,
        /// The name.
        name: String,
        /// The proof.
        authentication: Authentication,
    },
    /// To close the connection.
    Unbind,
    /// To find entries.
    Search(SearchRequest),
    /// Whether an entry has a value.
    Compare {
        /// The entry.
        dn: String,
        /// The attribute.
        attribute: String,
        /// The value.
        value: Vec<u8>,
    },
    /// To stop a request.
    Abandon,
    /// Something that is named.
    Extended {
        /// Its name.
        oid: String,
    },
    /// To change something: the tag of the answer.
    Write {
        /// The tag that the answer has.
        response_tag: u8,
    },
}

/// How far from its base a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The base itself.
    Base,
    /// What is directly below it.
    One,
    /// The base and all below it.
    Subtree,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    /// The name of the entry that it begins at.
    pub base: String,
    /// How far it goes.
    pub scope: Scope,
    /// How many entries are wanted at most; 0: all.
    pub size_limit: u64,
    /// How long the client waits, in seconds; 0 for as long as the server likes.
    pub time_limit: u64,
    /// Whether only names of attributes are wanted.
    pub types_only: bool,
    /// Which entries.
    pub filter: Filter,
    /// Which attributes; empty: all.
    pub attributes: Vec<String>,
}

/// The length of the message at the beginning of the bytes; `None` if more of it is needed to know it.
///
/// # Errors
/// It is no message, or a larger one than [`MESSAGE_BYTES_MAX`].
pub fn frame(bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
    if bytes.first().is_some_and(|tag| *tag != 0x30) {
        return Err(DecodeError::Tag);
    }
    let Some((_, header, length)) = header(bytes)? else { return Ok(None) };
    if length > MESSAGE_BYTES_MAX {
        return Err(DecodeError::TooMuch("bytes of a message"));
    }
    Ok(Some(header + length))
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// It is malformed, or exceeds a bound.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes).nested(0x30)?;
        let id = i32::try_from(reader.number(2)?).ok().filter(|id| *id >= 0).ok_or(DecodeError::Number)?;
        let (tag, contents) = reader.element()?;
        let request = request(tag, contents)?;
        let controls = if reader.peek() == Some(0xa0) { controls(&mut reader.nested(0xa0)?)? } else { Vec::new() };
        Ok(Self { id, request, controls })
    }
}

fn request(tag: u8, contents: &[u8]) -> Result<Request, DecodeError> {
    let mut reader = Reader::new(contents);
    Ok(match tag {
        0x60 => {
            let (version, name) = (reader.number(2)?, reader.text(4)?);
            let (tag, proof) = reader.element()?;
            let authentication = match tag {
                0x80 => Authentication::Simple(proof.to_vec()),
                _ => Authentication::Sasl,
            };
            Request::Bind { version, name, authentication }
        }
        0x42 => Request::Unbind,
        0x63 => Request::Search(search(&mut reader)?),
        0x6e => {
            let dn = reader.text(4)?;
            let mut assertion = reader.nested(0x30)?;
            Request::Compare { dn, attribute: assertion.text(4)?, value: assertion.expect(4)?.to_vec() }
        }
        0x50 => Request::Abandon,
        0x77 => Request::Extended { oid: reader.text(0x80)? },
        // Modify, add, delete, modify DN: their answers have the next tag.
        0x66 => Request::Write { response_tag: 0x67 },
        0x68 => Request::Write { response_tag: 0x69 },
        0x4a => Request::Write { response_tag: 0x6b },
        0x6c => Request::Write { response_tag: 0x6d },
        _ => return Err(DecodeError::Tag),
    })
}

fn search(reader: &mut Reader<'_>) -> Result<SearchRequest, DecodeError> {
    let base = reader.text(4)?;
    let scope = match reader.number(10)? {
        0 => Scope::Base,
        1 => Scope::One,
        2 => Scope::Subtree,
        _ => return Err(DecodeError::Number),
    };
    let _aliases = reader.number(10)?;
    let size_limit = u64::try_from(reader.number(2)?).map_err(|_| DecodeError::Number)?;
    let time_limit = u64::try_from(reader.number(2)?).map_err(|_| DecodeError::Number)?;
    let types_only = reader.expect(1)?.iter().any(|byte| *byte != 0);
    let filter = filter::read(reader)?;
    let mut names = reader.nested(0x30)?;
    let mut attributes = Vec::new();
    while !names.is_empty() {
        if attributes.len() >= ATTRIBUTES_MAX {
            return Err(DecodeError::TooMuch("attributes of a search"));
        }
        attributes.push(names.text(4)?);
    }
    Ok(SearchRequest { base, scope, size_limit, time_limit, types_only, filter, attributes })
}

fn controls(reader: &mut Reader<'_>) -> Result<Vec<Control>, DecodeError> {
    let mut controls = Vec::new();
    while !reader.is_empty() {
        if controls.len() >= CONTROLS_MAX {
            return Err(DecodeError::TooMuch("controls of a message"));
        }
        let mut control = reader.nested(0x30)?;
        let oid = control.text(4)?;
        let is_critical = control.peek() == Some(1) && control.expect(1)?.iter().any(|byte| *byte != 0);
        let value = if control.is_empty() { Vec::new() } else { control.expect(4)?.to_vec() };
        controls.push(Control { oid, is_critical, value });
    }
    Ok(controls)
}

/// What the control for paged results says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagedResults {
    /// How many entries the client wants.
    pub size: u64,
    /// Where the last page ended; empty for the first.
    pub cookie: Vec<u8>,
}

impl PagedResults {
    /// Reads the value of the control, if it is among these.
    ///
    /// # Errors
    /// Its value is malformed.
    pub fn find(controls: &[Control]) -> Result<Option<Self>, DecodeError> {
        let Some(control) = controls.iter().find(|control| control.oid == oid::PAGED_RESULTS) else { return Ok(None) };
        let mut reader = Reader::new(&control.value).nested(0x30)?;
        let size = u64::try_from(reader.number(2)?).map_err(|_| DecodeError::Number)?;
        Ok(Some(Self { size, cookie: reader.expect(4)?.to_vec() }))
    }
}

/// A key of a sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// The attribute.
    pub attribute: String,
    /// Whether the largest comes first.
    pub is_reversed: bool,
}

/// The keys of the control for sorting, and whether it is critical; `None` if it is not among these.
///
/// # Errors
/// Its value is malformed.
pub fn sort_keys(controls: &[Control]) -> Result<Option<(Vec<SortKey>, bool)>, DecodeError> {
    let Some(control) = controls.iter().find(|control| control.oid == oid::SORT_REQUEST) else { return Ok(None) };
    let mut list = Reader::new(&control.value).nested(0x30)?;
    let mut keys = Vec::new();
    while !list.is_empty() {
        if keys.len() >= SORT_KEYS_MAX {
            return Err(DecodeError::TooMuch("keys of a sort"));
        }
        let mut key = list.nested(0x30)?;
        let attribute = key.text(4)?;
        if key.peek() == Some(0x80) {
            key.expect(0x80)?;
        }
        let is_reversed = key.peek() == Some(0x81) && key.expect(0x81)?.iter().any(|byte| *byte != 0);
        keys.push(SortKey { attribute, is_reversed });
    }
    Ok(Some((keys, control.is_critical)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ber::Writer;
    use crate::filter::{FILTER_DEPTH_MAX, Substrings};

    fn message(tag: u8, write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.nested(0x30, |message| {
            message.number(2, 7);
            message.nested(tag, write);
        });
        writer.into_bytes()
    }

    fn search_of(filter: impl FnOnce(&mut Writer)) -> Result<Message, DecodeError> {
        Message::read(&message(0x63, |search| {
            search.text(4, "dc=phonebook");
            search.number(10, 2);
            search.number(10, 0);
            search.number(2, 50);
            search.number(2, 5);
            search.bytes(1, &[0]);
            filter(search);
            search.nested(0x30, |names| names.text(4, "cn"));
        }))
    }

    #[test]
    fn a_search_of_a_telephone_is_read() {
        let read = search_of(|search| {
            search.nested(0xa1, |any| {
                any.nested(0xa4, |part| {
                    part.text(4, "cn");
                    part.nested(0x30, |parts| parts.text(0x80, "iv"));
                });
                any.bytes(0x87, b"telephoneNumber");
            });
        });
        let initial = Substrings { initial: Some(b"iv".to_vec()), ..Substrings::default() };
        let filter =
            Filter::Or(vec![Filter::Substrings("cn".into(), initial), Filter::Present("telephoneNumber".into())]);
        let request = SearchRequest {
            base: "dc=phonebook".into(),
            scope: Scope::Subtree,
            size_limit: 50,
            time_limit: 5,
            types_only: false,
            filter,
            attributes: vec!["cn".into()],
        };
        assert_eq!(read, Ok(Message { id: 7, request: Request::Search(request), controls: Vec::new() }));
    }

    #[test]
    fn both_versions_may_bind() {
        for version in [2, 3] {
            let bytes = message(0x60, |bind| {
                bind.number(2, version);
                bind.text(4, "cn=phone, dc=a");
                bind.text(0x80, "secret");
            });
            let read = Message::read(&bytes).expect("a bind");
            assert!(matches!(&read.request, Request::Bind { version: found, .. } if *found == version), "{read:?}");
            assert!(!format!("{read:?}").contains("secret"));
        }
    }

    #[test]
    fn deep_and_wide_filters_are_refused() {
        fn nots(writer: &mut Writer, depth: usize) {
            match depth {
                0 => writer.bytes(0x87, b"cn"),
                depth => writer.nested(0xa2, |inner| nots(inner, depth - 1)),
            }
        }
        assert!(search_of(|search| nots(search, FILTER_DEPTH_MAX - 1)).is_ok());
        let deep = search_of(|search| nots(search, 1_000));
        assert_eq!(deep, Err(DecodeError::TooMuch("filters inside each other")));
        let wide = search_of(|search| {
            search.nested(0xa0, |all| (0..100).for_each(|_| all.bytes(0x87, b"cn")));
        });
        assert_eq!(wide, Err(DecodeError::TooMuch("parts of a filter")));
    }

    #[test]
    fn frames_are_found_and_bounded() {
        let bytes = message(0x42, |_| {});
        assert_eq!(frame(&bytes), Ok(Some(bytes.len())));
        assert_eq!((frame(&[]), frame(&[0x30])), (Ok(None), Ok(None)));
        assert_eq!(frame(&[0x30, 0x83, 0x01, 0x00]), Ok(None));
        assert_eq!(frame(&[0x30, 0x83, 0x02, 0x00, 0x00]), Err(DecodeError::TooMuch("bytes of a message")));
        assert_eq!(frame(b"GET / HTTP/1.1"), Err(DecodeError::Tag));
    }
}
