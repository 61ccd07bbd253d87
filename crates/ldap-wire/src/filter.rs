//! Filters of searches.

use crate::ber::{DecodeError, Reader};

/// Most filters inside each other.
pub const FILTER_DEPTH_MAX: usize = 16;
/// Most parts of a filter.
pub const FILTER_NODES_MAX: usize = 64;

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All must match.
    And(Vec<Filter>),
    /// One must match.
    Or(Vec<Filter>),
    /// It must not match.
    Not(Box<Filter>),
    /// A value of the attribute equals the assertion.
    Equal(String, Vec<u8>),
    /// A value of the attribute has these parts.
    Substrings(String, Substrings),
    /// A value of the attribute is the assertion or comes after it.
    AtLeast(String, Vec<u8>),
    /// A value of the attribute is the assertion or comes before it.
    AtMost(String, Vec<u8>),
    /// The attribute has a value.
    Present(String),
    /// A value of the attribute is like the assertion.
    Approximately(String, Vec<u8>),
    /// A matching rule that the client names; it is not read.
    Extensible,
}

/// The parts of a value, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Substrings {
    /// What it begins with.
    pub initial: Option<Vec<u8>>,
    /// What it has then.
    pub any: Vec<Vec<u8>>,
    /// What it ends with.
    pub last: Option<Vec<u8>>,
}

/// Reads a filter.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Filter, DecodeError> {
    read_within(reader, FILTER_DEPTH_MAX, &mut FILTER_NODES_MAX.clone())
}

fn read_within(reader: &mut Reader<'_>, depth: usize, nodes: &mut usize) -> Result<Filter, DecodeError> {
    *nodes = nodes.checked_sub(1).ok_or(DecodeError::TooMuch("parts of a filter"))?;
    let depth = depth.checked_sub(1).ok_or(DecodeError::TooMuch("filters inside each other"))?;
    let (tag, contents) = reader.element()?;
    let mut inner = Reader::new(contents);
    let assertion = |reader: &mut Reader<'_>| Ok((reader.text(4)?, reader.expect(4)?.to_vec()));
    Ok(match tag {
        0xa0 | 0xa1 => {
            let mut filters = Vec::new();
            while !inner.is_empty() {
                filters.push(read_within(&mut inner, depth, nodes)?);
            }
            if tag == 0xa0 { Filter::And(filters) } else { Filter::Or(filters) }
        }
        0xa2 => Filter::Not(Box::new(read_within(&mut inner, depth, nodes)?)),
        0xa3 => assertion(&mut inner).map(|(name, value)| Filter::Equal(name, value))?,
        0xa4 => Filter::Substrings(inner.text(4)?, substrings(&mut inner.nested(0x30)?)?),
        0xa5 => assertion(&mut inner).map(|(name, value)| Filter::AtLeast(name, value))?,
        0xa6 => assertion(&mut inner).map(|(name, value)| Filter::AtMost(name, value))?,
        0x87 => Filter::Present(String::from_utf8_lossy(contents).into_owned()),
        0xa8 => assertion(&mut inner).map(|(name, value)| Filter::Approximately(name, value))?,
        0xa9 => Filter::Extensible,
        _ => return Err(DecodeError::Tag),
    })
}

fn substrings(reader: &mut Reader<'_>) -> Result<Substrings, DecodeError> {
    let mut parts = Substrings::default();
    let mut count = 0;
    while !reader.is_empty() {
        count += 1;
        if count > FILTER_NODES_MAX {
            return Err(DecodeError::TooMuch("parts of a substring"));
        }
        let (tag, contents) = reader.element()?;
        match tag {
            0x80 if count == 1 => parts.initial = Some(contents.to_vec()),
            0x81 if parts.last.is_none() => parts.any.push(contents.to_vec()),
            0x82 if parts.last.is_none() => parts.last = Some(contents.to_vec()),
            _ => return Err(DecodeError::Tag),
        }
    }
    if count == 0 { Err(DecodeError::Truncated) } else { Ok(parts) }
}
