//! The subset of BER that LDAP allows: tags of one byte, definite lengths.

use std::fmt;

/// Bytes of a length that are read: messages are far shorter.
const LENGTH_BYTES_MAX: usize = 4;

/// A message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// It ends before it is whole.
    Truncated,
    /// A length is indefinite or too large.
    Length,
    /// Another element is expected here.
    Tag,
    /// A number is too large or no number.
    Number,
    /// A bound is exceeded: the name of it.
    TooMuch(&'static str),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("an element ends before it is whole"),
            Self::Length => f.write_str("a length is indefinite or too large"),
            Self::Tag => f.write_str("an element has an unexpected tag"),
            Self::Number => f.write_str("a number cannot be read"),
            Self::TooMuch(what) => write!(f, "too many or too large: {what}"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Elements, one after another.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    /// Elements in these bytes.
    pub const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Whether there is no further element.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element: its tag and its contents.
    ///
    /// # Errors
    /// There is none, or its length makes no sense.
    pub fn element(&mut self) -> Result<(u8, &'b [u8]), DecodeError> {
        let (tag, header, length) = header(self.0)?.ok_or(DecodeError::Truncated)?;
        let whole = self.0.get(header..header + length).ok_or(DecodeError::Truncated)?;
        self.0 = &self.0[header + length..];
        Ok((tag, whole))
    }

    /// The contents of the next element, which must have this tag.
    ///
    /// # Errors
    /// Those of [`Reader::element`]; it has another tag.
    pub fn expect(&mut self, tag: u8) -> Result<&'b [u8], DecodeError> {
        let (found, contents) = self.element()?;
        if found == tag { Ok(contents) } else { Err(DecodeError::Tag) }
    }

    /// The elements in the next element, which must have this tag.
    ///
    /// # Errors
    /// Those of [`Reader::expect`].
    pub fn nested(&mut self, tag: u8) -> Result<Self, DecodeError> {
        self.expect(tag).map(Self)
    }

    /// The next element as a whole number, of this tag.
    ///
    /// # Errors
    /// Those of [`Reader::expect`]; it does not fit.
    pub fn number(&mut self, tag: u8) -> Result<i64, DecodeError> {
        number(self.expect(tag)?)
    }

    /// The next element as a text; bytes that are not UTF-8 are replaced.
    ///
    /// # Errors
    /// Those of [`Reader::expect`].
    pub fn text(&mut self, tag: u8) -> Result<String, DecodeError> {
        Ok(String::from_utf8_lossy(self.expect(tag)?).into_owned())
    }
}

/// The number in the contents of an element.
pub(crate) fn number(contents: &[u8]) -> Result<i64, DecodeError> {
    let first = *contents.first().ok_or(DecodeError::Number)?;
    if contents.len() > size_of::<i64>() {
        return Err(DecodeError::Number);
    }
    let sign = if first & 0x80 == 0 { 0 } else { -1 };
    Ok(contents.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte)))
}

/// Tag, length of the header and length of the contents of the element at the beginning of the bytes; `None` if the header
/// is not whole.
pub(crate) fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, DecodeError> {
    let [tag, first, rest @ ..] = bytes else { return Ok(None) };
    // Tags of several bytes are used by nothing here.
    if tag & 0x1f == 0x1f {
        return Err(DecodeError::Tag);
    }
    if first & 0x80 == 0 {
        return Ok(Some((*tag, 2, usize::from(*first))));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > LENGTH_BYTES_MAX {
        return Err(DecodeError::Length);
    }
    let Some(digits) = rest.get(..count) else { return Ok(None) };
    let length = digits.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
    let length = usize::try_from(length).map_err(|_| DecodeError::Length)?;
    Ok(Some((*tag, 2 + count, length)))
}

/// Elements while they are written.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An element of these contents.
    pub fn bytes(&mut self, tag: u8, contents: &[u8]) {
        self.0.push(tag);
        length(&mut self.0, contents.len());
        self.0.extend_from_slice(contents);
    }

    /// An element that holds a text.
    pub fn text(&mut self, tag: u8, text: &str) {
        self.bytes(tag, text.as_bytes());
    }

    /// An element that holds a whole number.
    pub fn number(&mut self, tag: u8, number: i64) {
        let bytes = number.to_be_bytes();
        let sign: u8 = if number < 0 { 0xff } else { 0 };
        let is_needless = |at: usize| bytes[at] == sign && bytes[at + 1] & 0x80 == sign & 0x80;
        let start = (0..bytes.len() - 1).find(|at| !is_needless(*at)).unwrap_or(bytes.len() - 1);
        self.bytes(tag, &bytes[start..]);
    }

    /// An element that holds those that `write` writes.
    pub fn nested(&mut self, tag: u8, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(tag, &inner.0);
    }

    /// The bytes of all elements.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

fn length(out: &mut Vec<u8>, length: usize) {
    if length < 0x80 {
        out.push(length as u8);
        return;
    }
    let bytes = (length as u64).to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    out.push(0x80 | (bytes.len() - start) as u8);
    out.extend_from_slice(&bytes[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_read_back_as_they_were_written() {
        for value in [0, 1, 127, 128, 255, 256, -1, -128, -129, i64::MAX, i64::MIN] {
            let mut writer = Writer::default();
            writer.number(2, value);
            let bytes = writer.into_bytes();
            assert_eq!(Reader::new(&bytes).number(2), Ok(value), "{bytes:?}");
        }
        for length in [0, 1, 127, 128, 255, 256, 65_536] {
            let mut writer = Writer::default();
            writer.nested(0x30, |inner| inner.bytes(4, &vec![b'x'; length]));
            let bytes = writer.into_bytes();
            let mut nested = Reader::new(&bytes).nested(0x30).expect("a sequence");
            assert_eq!(nested.expect(4).map(<[u8]>::len), Ok(length));
            assert!(nested.is_empty());
        }
    }

    #[test]
    fn what_is_not_allowed_is_refused() {
        for (bytes, error) in [
            (&[][..], DecodeError::Truncated),
            (&[4], DecodeError::Truncated),
            (&[4, 2, 1], DecodeError::Truncated),
            (&[4, 0x80, 0, 0], DecodeError::Length),
            (&[4, 0x85, 0, 0, 0, 0, 1, 0], DecodeError::Length),
            (&[4, 0x84, 0xff, 0xff, 0xff, 0xff], DecodeError::Truncated),
            (&[0x1f, 1, 0], DecodeError::Tag),
            (&[5, 0], DecodeError::Tag),
        ] {
            assert_eq!(Reader::new(bytes).expect(4), Err(error), "{bytes:?}");
        }
        assert_eq!(Reader::new(&[2, 0]).number(2), Err(DecodeError::Number));
        assert_eq!(Reader::new(&[2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1]).number(2), Err(DecodeError::Number));
    }
}
