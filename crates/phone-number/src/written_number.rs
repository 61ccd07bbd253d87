//! The digits of a number in a text, whatever separates them.

use std::fmt;

use crate::digits::{DIALLED_DIGITS_MAX, Digits};
use crate::signs;

/// Numbers of at most so many digits are internal numbers and are kept as they are.
pub const INTERNAL_DIGITS_MAX: usize = 6;
/// The longest text that is read, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;
/// Schemes of links to numbers.
const SCHEMES: [&str; 4] = ["tel:", "sip:", "sips:", "callto:"];
/// Fewest digits after `00` for it to be the prefix of calls to other countries: with fewer it is an internal number.
const PREFIXED_DIGITS_MIN: usize = INTERNAL_DIGITS_MAX - 1;

/// Why a text is no phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// Something in it is neither a digit nor a separator, or it has an extension.
    NotANumber,
    /// It has so many digits: too few or too many.
    DigitCount(usize),
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => f.write_str("holds something that is neither a digit nor a separator"),
            Self::DigitCount(count) => write!(f, "has {count} digits"),
        }
    }
}

/// The digits of a number as they are written, and whether a plus sign precedes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenNumber {
    digits: Digits,
    /// Digits before the first separator that stands between digits; all digits if there is none.
    first_group: u8,
    is_international: bool,
}

impl WrittenNumber {
    /// Reads a text of digits of any script, at most one plus sign before them, and separators: blanks, hyphens and
    /// dashes of every kind, dots, slashes, parentheses, marks of direction. `tel:` and `sip:` links are read without
    /// their host and parameters. A leading `00` is read as a plus sign, because no country code begins with 0; a short
    /// number keeps it.
    ///
    /// # Errors
    /// When something else is in the text, or more than [`DIALLED_DIGITS_MAX`] digits.
    pub fn read(text: &str) -> Result<Self, NumberError> {
        let written = match Self::plain(text.as_bytes()) {
            Err(NumberError::NotANumber) if text.len() <= TEXT_BYTES_MAX && !text.contains('\0') => {
                let text = signs::ascii_signs(text);
                Self::plain(unlinked(text.trim())?.as_bytes())?
            }
            outcome => outcome?,
        };
        Ok(written)
    }

    /// Reads a text of ASCII digits and separators.
    fn plain(text: &[u8]) -> Result<Self, NumberError> {
        let mut written = Self { digits: Digits::default(), first_group: 0, is_international: false };
        let mut count = 0;
        for byte in text {
            match byte {
                b'0'..=b'9' => {
                    count += 1;
                    written.digits.push(*byte);
                }
                b' ' | b'-' | b'.' | b'(' | b')' | b'/' => {
                    if written.first_group == 0 {
                        written.first_group = written.digits.len() as u8;
                    }
                }
                b'+' if count == 0 && !written.is_international => written.is_international = true,
                _ => return Err(NumberError::NotANumber),
            }
        }
        if count > DIALLED_DIGITS_MAX {
            return Err(NumberError::DigitCount(count));
        }
        if written.first_group == 0 {
            written.first_group = count as u8;
        }
        Ok(written)
    }

    /// The digits as written.
    pub fn digits(&self) -> &str {
        self.digits.as_str()
    }

    /// Whether a plus sign precedes the digits.
    pub fn is_international(&self) -> bool {
        self.is_international
    }

    /// The digits before the first separator.
    pub fn first_group(&self) -> &str {
        &self.digits()[..usize::from(self.first_group)]
    }

    /// The digits after a leading `00`, which stands for a plus sign.
    pub fn after_double_zero(&self) -> Option<&str> {
        let rest = self.digits().strip_prefix("00")?;
        (rest.len() >= PREFIXED_DIGITS_MIN && !rest.starts_with('0')).then_some(rest)
    }
}

/// The number of a link, without scheme, host and parameters; any other text as it is.
fn unlinked(text: &str) -> Result<String, NumberError> {
    let scheme =
        SCHEMES.iter().find(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let Some(scheme) = scheme else { return Ok(text.to_owned()) };
    let rest = text[scheme.len()..].trim_start_matches('/');
    let (number, parameters) = rest.split_at(rest.find([';', '?']).unwrap_or(rest.len()));
    if parameters.to_ascii_lowercase().contains(";ext=") {
        return Err(NumberError::NotANumber);
    }
    let user = number.split('@').next().unwrap_or_default();
    Ok(user.replace("%20", " ").replace("%2B", "+").replace("%2b", "+"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, bool)> {
        WrittenNumber::read(text).ok().map(|written| (written.digits().to_owned(), written.is_international()))
    }

    #[test]
    fn separators_of_every_kind_are_dropped() {
        for text in [
            "+7\u{a0}916\u{2009}555\u{2011}44\u{2212}33",
            "\u{202a}+7 (916) 555.44.33\u{202c}",
            "+7/916/555-44-33",
            "tel:+7-916-555-44-33;phone-context=example.com",
            "TEL:%2B79165554433",
            "sip:+79165554433@pbx.example:5060;user=phone",
            "\u{ff0b}\u{ff17}\u{ff19}\u{ff11}\u{ff16}\u{ff15}\u{ff15}\u{ff15}\u{ff14}\u{ff14}\u{ff13}\u{ff13}",
            "+\u{667}\u{669}\u{661}\u{666} \u{665}\u{665}\u{665} \u{664}\u{664} \u{663}\u{663}",
            "(+7) 916\t555\u{3000}4433",
        ] {
            assert_eq!(read(text), Some(("79165554433".to_owned(), true)), "{text}");
        }
        assert_eq!(read("sip:104@pbx.example"), Some(("104".to_owned(), false)));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["++123", "12+3", "1-800-FLOWERS", "*98", "tel:+4930123456;ext=7", "anonymous", "12\u{0}3"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(WrittenNumber::read(&"1".repeat(25)), Err(NumberError::DigitCount(25)));
        assert_eq!(WrittenNumber::read(&"\u{a0}".repeat(2_000)), Err(NumberError::NotANumber));
    }

    #[test]
    fn the_first_group_ends_at_the_first_separator_between_digits() {
        let group = |text| WrittenNumber::read(text).expect("a number").first_group().to_owned();
        assert_eq!(group("(495) 123-45-67"), "495");
        assert_eq!(group("9 8 916 1234567"), "9");
        assert_eq!(group("84951234567"), "84951234567");
    }
}
