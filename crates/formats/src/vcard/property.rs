//! One property of a card: its name, its parameters, and its value as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::decoding::{Charset, Guess};

/// Where the personal manager is; no standard has a property for it.
pub(super) const MANAGER: &str = "X-RINGBOOK-PERSONAL-MANAGER";
/// The properties whose value is found although a semicolon is where a colon should be.
const WITHOUT_COLON: [&str; 2] = ["TEL", "EMAIL"];

/// A property as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    /// In upper case, without a group.
    pub(super) name: String,
    /// What joins it with others of its card, in lower case: `item1` of `item1.TEL`.
    pub(super) group: Option<String>,
    /// Names in upper case; a value without a name has the name `TYPE`.
    parameters: Vec<(String, String)>,
    value: Vec<u8>,
}

/// A value is not in the encoding that it should be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DecodingError;

impl Property {
    /// Reads an unfolded line; `None` if it has no value.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let (head, value) = match colon(line) {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => without_colon(line)?,
        };
        let head = String::from_utf8_lossy(head);
        let mut parts = split(&head, ';').into_iter();
        let name = parts.next()?;
        let group = name.rsplit_once('.').map(|(group, _)| group.trim().to_ascii_lowercase());
        let name = name.rsplit('.').next().unwrap_or_default().trim().to_ascii_uppercase();
        if name.is_empty() {
            return None;
        }
        let mut parameters = Vec::new();
        for part in parts {
            let (key, values) = part.split_once('=').unwrap_or(("TYPE", part));
            for value in values.split(',') {
                parameters.push((key.trim().to_ascii_uppercase(), value.trim_matches(['"', ' ']).to_owned()));
            }
        }
        Some(Self { name, group, parameters, value: value.to_vec() })
    }

    /// The bytes of its value, as it is in the file.
    pub(super) fn value_len(&self) -> usize {
        self.value.len()
    }

    /// Whether it has one of these types.
    pub(super) fn has_type(&self, types: &[&str]) -> bool {
        let mut values = self.parameters.iter().filter(|(key, _)| key == "TYPE").map(|(_, value)| value);
        values.any(|value| types.iter().any(|wanted| value.eq_ignore_ascii_case(wanted)))
    }

    /// Its value as one text.
    pub(super) fn text(&self, fallback: Option<Charset>) -> Result<String, DecodingError> {
        Ok(unescaped(self.decoded(&self.value, fallback)?.trim()))
    }

    /// The parts of its value between semicolons.
    pub(super) fn components(&self, fallback: Option<Charset>) -> Result<Vec<String>, DecodingError> {
        Ok(self.escaped_components(fallback)?.iter().map(|part| unescaped(part.trim())).collect())
    }

    /// The same, where a part may be a list between commas: its elements are joined by blanks.
    pub(super) fn list_components(&self, fallback: Option<Charset>) -> Result<Vec<String>, DecodingError> {
        let joined = |part: &String| {
            let elements = split_escaped(part, ',').into_iter().map(|element| unescaped(element.trim()));
            elements.filter(|element| !element.is_empty()).collect::<Vec<_>>().join(" ")
        };
        Ok(self.escaped_components(fallback)?.iter().map(joined).collect())
    }

    fn escaped_components(&self, fallback: Option<Charset>) -> Result<Vec<String>, DecodingError> {
        if self.is_quoted_printable() {
            // A semicolon of the text is an escape there.
            return split_bytes(&self.value).into_iter().map(|part| self.decoded(part, fallback)).collect();
        }
        let text = self.decoded(&self.value, fallback)?;
        Ok(split_escaped(&text, ';').into_iter().map(str::to_owned).collect())
    }

    /// The parts of its value between commas.
    pub(super) fn list(&self, fallback: Option<Charset>) -> Result<Vec<String>, DecodingError> {
        let text = self.decoded(&self.value, fallback)?;
        Ok(split_escaped(&text, ',').iter().map(|part| unescaped(part.trim())).collect())
    }

    /// The value as it is in the file, for a message.
    pub(super) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }

    /// Feeds what is in no known encoding to a guess.
    pub(super) fn feed(&self, guess: &mut Guess) {
        if let Ok(bytes) = self.unpacked(&self.value)
            && self.charset().is_none()
            && std::str::from_utf8(&bytes).is_err()
        {
            guess.feed(&bytes);
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn charset(&self) -> Option<Charset> {
        Charset::parse(self.parameter("CHARSET")?).ok()
    }

    fn is_quoted_printable(&self) -> bool {
        let is = |value: &str| value.eq_ignore_ascii_case("QUOTED-PRINTABLE") || value.eq_ignore_ascii_case("Q");
        self.parameter("ENCODING").is_some_and(is) || self.has_type(&["QUOTED-PRINTABLE"])
    }

    fn is_base64(&self) -> bool {
        let is = |value: &str| value.eq_ignore_ascii_case("BASE64") || value.eq_ignore_ascii_case("B");
        self.parameter("ENCODING").is_some_and(is) || self.has_type(&["BASE64"])
    }

    /// The bytes of the text, still in their encoding.
    fn unpacked(&self, value: &[u8]) -> Result<Vec<u8>, DecodingError> {
        if self.is_quoted_printable() {
            quoted_printable(value)
        } else if self.is_base64() {
            let packed: Vec<u8> = value.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            STANDARD.decode(packed).map_err(|_| DecodingError)
        } else {
            Ok(value.to_vec())
        }
    }

    fn decoded(&self, value: &[u8], fallback: Option<Charset>) -> Result<String, DecodingError> {
        let bytes = self.unpacked(value)?;
        let declared = self.charset().and_then(|charset| charset.decode(&bytes).map(|text| text.into_owned()));
        if let Some(text) = declared {
            return Ok(text);
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(fault) => {
                let text = fallback.and_then(|charset| charset.decode(fault.as_bytes()).map(|text| text.into_owned()));
                text.ok_or(DecodingError)
            }
        }
    }
}

/// Where the value begins: the first colon that is not in quotation marks, or the first one if marks do not close.
fn colon(line: &[u8]) -> Option<usize> {
    let mut is_quoted = false;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b':' if !is_quoted => return Some(at),
            _ => {}
        }
    }
    memchr::memchr(b':', line)
}

/// The head and the value of a line with a semicolon before its value: `TEL;TYPE=HOME;+1202`.
fn without_colon(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(b';', line)?;
    let (head, value) = (&line[..at], &line[at + 1..]);
    let name = head.split(|byte| *byte == b';').next()?.to_ascii_uppercase();
    let is_known = WITHOUT_COLON.iter().any(|known| name.ends_with(known.as_bytes()));
    let is_value = value.contains(&b'@') || value.iter().filter(|byte| byte.is_ascii_digit()).count() >= 3;
    (is_known && is_value && !value.contains(&b'=')).then_some((head, value))
}

/// The parts between separators that are not in quotation marks.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    let parts = text.split(|letter| {
        is_quoted ^= letter == '"';
        letter == separator && !is_quoted
    });
    parts.collect()
}

/// The parts between separators without a backslash before them.
fn split_escaped(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut is_escaped = false;
    for (at, letter) in text.char_indices() {
        if letter == separator && !is_escaped {
            parts.push(&text[from..at]);
            from = at + letter.len_utf8();
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    parts.push(&text[from..]);
    parts
}

/// The same with bytes and semicolons.
fn split_bytes(text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte == b';' && !text[..at].ends_with(b"\\") {
            parts.push(&text[from..at]);
            from = at + 1;
        }
    }
    parts.push(&text[from..]);
    parts
}

/// A text without backslashes before separators; `\n` is a line break. Other backslashes stay.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some('n' | 'N')) => {
                letters.next();
                plain.push('\n');
            }
            ('\\', Some(';' | ',' | ':' | '\\' | '"')) => plain.extend(letters.next()),
            (letter, _) => plain.push(letter),
        }
    }
    plain
}

/// The bytes of a text in quoted-printable. A `=` at the end is one of a line that does not go on.
fn quoted_printable(text: &[u8]) -> Result<Vec<u8>, DecodingError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut escapes = 0;
    let mut plain_signs = 0;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'=' {
            bytes.push(*byte);
            continue;
        }
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (digit(0), digit(1)) {
            (Some(high), Some(low)) => {
                escapes += 1;
                bytes.push(u8::try_from(high * 16 + low).map_err(|_| DecodingError)?);
                rest = &after[2..];
            }
            _ if after.is_empty() => {}
            _ => {
                plain_signs += 1;
                bytes.push(b'=');
            }
        }
    }
    // A text with no escape at all was not encoded.
    if plain_signs > 0 && escapes > 0 { Err(DecodingError) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> Result<String, DecodingError> {
        Property::parse(line.as_bytes()).expect("a property").text(None)
    }

    #[test]
    fn parameters_and_values_are_told_apart() {
        let property = Property::parse(b"item1.tel;TYPE=\"work,fax\";PREF=1:+1;2").expect("a property");
        assert_eq!(property.name, "TEL");
        assert!(property.has_type(&["FAX"]) && !property.has_type(&["CELL"]));
        assert_eq!(property.components(None), Ok(vec!["+1".to_owned(), "2".to_owned()]));
        assert!(Property::parse(b"TEL;CELL:1").expect("a property").has_type(&["cell"]));
        assert_eq!(text("NOTE;ALTID=\"a:b\":c:d"), Ok("c:d".to_owned()));
        assert_eq!(Property::parse(b"NOTE;no colon"), None);
        assert_eq!(text("TEL;TYPE=\"HOME\";+12025550611"), Ok("+12025550611".to_owned()));
    }

    #[test]
    fn values_are_decoded_or_refused() {
        assert_eq!(text("FN;CHARSET=windows-1251;ENCODING=QUOTED-PRINTABLE:=C6=F3=EA"), Ok("Жук".to_owned()));
        assert_eq!(text("FN;ENCODING=B:0JbRg9C6"), Ok("Жук".to_owned()));
        assert_eq!(text("FN;QUOTED-PRINTABLE:=D0=96=D1=83=D0=BA="), Ok("Жук".to_owned()));
        assert_eq!(text("FN;ENCODING=QUOTED-PRINTABLE:a=b"), Ok("a=b".to_owned()));
        assert_eq!(text("FN;ENCODING=QUOTED-PRINTABLE:=D0=96=D1=8"), Err(DecodingError));
        let latin = Property::parse(b"FN:J\xfcrgen").expect("a property");
        assert_eq!(latin.text(None), Err(DecodingError));
        assert_eq!(latin.text(Charset::parse("windows-1252").ok()), Ok("Jürgen".to_owned()));
        assert_eq!(text("ORG:A\\;B\\, C\\nD\\\\n"), Ok("A;B, C\nD\\n".to_owned()));
    }
}
