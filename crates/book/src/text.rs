//! Validated text types: a value is checked once, when it is parsed, and is valid from then on.
//!
//! A [`Name`] is trimmed, in composed form and free of control characters, a [`Phone`] consists of digits, an [`Email`] is an address,
//! an [`AtMost`] is a short list without duplicates. Invalid input is rejected with a [`TextError`] or [`ListError`].

use std::borrow::Cow;
use std::fmt;

use jsquery::PackedDigits;
use pg_regex::Like;
pub use phone_number::{Country, NumberError, NumberRule, RuleError};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Maximum number of characters in a name, after trimming.
pub const NAME_CHARS_MAX: usize = 255;
/// Minimum number of digits in a phone number.
pub const PHONE_DIGITS_MIN: usize = phone_number::DIGITS_MIN;
/// Maximum number of digits in a phone number (E.164).
pub const PHONE_DIGITS_MAX: usize = phone_number::DIGITS_MAX;
/// Maximum number of bytes in an e-mail address (RFC 5321, section 4.5.3.1.3, less the angle brackets).
pub const EMAIL_BYTES_MAX: usize = 254;
/// Maximum number of phone numbers, and of e-mail addresses, of one contact.
pub const PER_CONTACT_MAX: usize = 10;

/// The reason why a text is rejected; displayed as a clause that follows the name of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextError {
    /// Empty after trimming.
    Empty,
    /// Longer than this number of characters or bytes.
    TooLong(usize),
    /// A NUL or another control character.
    Control,
    /// Characters other than digits and separators.
    NotAPhone,
    /// This number of digits is below the minimum or above the maximum.
    PhoneDigits(usize),
    /// Not an e-mail address.
    NotAnEmail,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong(max) => write!(f, "longer than {max}"),
            Self::Control => f.write_str("holds a control character"),
            Self::NotAPhone => f.write_str("holds something that is neither a digit nor a separator"),
            Self::PhoneDigits(count) => {
                write!(f, "has {count} digits where {PHONE_DIGITS_MIN} to {PHONE_DIGITS_MAX} are allowed")
            }
            Self::NotAnEmail => f.write_str("is not an e-mail address"),
        }
    }
}

impl From<NumberError> for TextError {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::NotANumber => Self::NotAPhone,
            NumberError::DigitCount(count) => Self::PhoneDigits(count),
        }
    }
}

/// The text in composed form (NFC): `ü` and `u` with a diaeresis are one and the same.
pub fn nfc(text: &str) -> Cow<'_, str> {
    // Below U+0300 and from U+0400 to U+047F all characters are composed; most texts have no others.
    let is_simple = text.bytes().fold(true, |is_simple, byte| is_simple & (byte < 0xcc || matches!(byte, 0xd0 | 0xd1)));
    if is_simple || is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// A valid name in composed form. Versions that did not compose names have stored them as they were sent; a text that is
/// too long for a name when it is composed stays as it is.
pub fn stored_name(text: &str) -> Cow<'_, str> {
    match nfc(text) {
        Cow::Owned(composed) if composed.chars().count() > NAME_CHARS_MAX => Cow::Borrowed(text),
        composed => composed,
    }
}

/// A name of 1 to [`NAME_CHARS_MAX`] characters in composed form (NFC) without control characters or outer white space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

impl Name {
    /// Trims, composes and validates a name.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        if text.chars().any(char::is_control) {
            return Err(TextError::Control);
        }
        let text = &*nfc(text.trim());
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.len() > NAME_CHARS_MAX && text.chars().count() > NAME_CHARS_MAX {
            return Err(TextError::TooLong(NAME_CHARS_MAX));
        }
        Ok(Self(text.into()))
    }

    /// A name as a store has it: see [`stored_name`].
    pub fn stored(text: &str) -> Result<Self, TextError> {
        match Self::parse(text) {
            Err(TextError::TooLong(_)) if text.chars().count() <= NAME_CHARS_MAX => Ok(Self(text.trim().into())),
            outcome => outcome,
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A phone number: 3 to 15 digits, leading zeros kept.
///
/// Packed into one word: the decimal number of the digits with a leading `1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u64);

impl Phone {
    /// Reads a text by the number rule without a country.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        Self::read(text, &NumberRule::NONE)
    }

    /// Reads a text by the number rule of a customer.
    pub fn read(text: &str, rule: &NumberRule) -> Result<Self, TextError> {
        Ok(Self(packed(rule.read(text)?.as_str())))
    }

    /// A number as it is stored and returned: digits only, which no rule changes. `None` for any other text.
    pub fn stored(digits: &str) -> Option<Self> {
        let is_number = (PHONE_DIGITS_MIN..=PHONE_DIGITS_MAX).contains(&digits.len());
        (is_number && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(packed(digits)))
    }

    /// The packed form; equal if and only if the numbers are equal.
    pub fn packed(self) -> u64 {
        self.0
    }

    /// The number whose packed form is `packed`, if there is one.
    pub fn from_packed(packed: u64) -> Option<Self> {
        let digits = packed.checked_ilog10()? as usize;
        let leading = packed / 10u64.pow(digits as u32);
        (leading == 1 && (PHONE_DIGITS_MIN..=PHONE_DIGITS_MAX).contains(&digits)).then_some(Self(packed))
    }

    /// Writes the digits into `buffer` and returns them.
    pub fn digits(self, buffer: &mut [u8; PHONE_DIGITS_MAX + 1]) -> &str {
        unpacked(self.0, buffer)
    }
}

/// At most 15 digits as one word.
fn packed(digits: &str) -> u64 {
    digits.bytes().fold(1, |packed, digit| packed * 10 + u64::from(digit - b'0'))
}

/// The last digits of phone numbers, compared without writing out the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PhoneSuffix {
    /// Ten to the power of the number of digits.
    modulus: u64,
    digits: u64,
}

impl PhoneSuffix {
    /// The digits that a pattern asks for, if it is `%` and at most 15 digits.
    pub(crate) fn of(pattern: &Like) -> Option<Self> {
        Self::of_digits(pattern.suffix()?.0)
    }

    /// The suffix of these digits, 1 to 15.
    pub(crate) fn of_digits(digits: &str) -> Option<Self> {
        let is_suffix = (1..=PHONE_DIGITS_MAX).contains(&digits.len());
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        let modulus = 10_u64.pow(u32::try_from(digits.len()).ok().filter(|_| is_suffix && is_digits)?);
        Some(Self { modulus, digits: digits.parse().ok()? })
    }

    /// The number of digits.
    pub(crate) fn len(self) -> usize {
        self.modulus.ilog10() as usize
    }

    /// The digits, packed as those of a number.
    pub(crate) fn packed(self) -> u64 {
        self.modulus + self.digits
    }

    /// Whether a packed number ends with the digits.
    pub(crate) fn ends(self, packed: u64) -> bool {
        // With the 1 in front, a number of fewer digits is below the modulus.
        packed >= self.modulus && packed % self.modulus == self.digits
    }
}

/// The digits of a packed number, written into `buffer`.
pub(crate) fn unpacked(packed: u64, buffer: &mut [u8; PHONE_DIGITS_MAX + 1]) -> &str {
    PackedDigits::from_word(packed).write_to(buffer)
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.digits(&mut [0; PHONE_DIGITS_MAX + 1]))
    }
}

/// An e-mail address of at most [`EMAIL_BYTES_MAX`] bytes; its case is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Box<str>);

impl Email {
    /// Trims and validates an address.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        if text.chars().any(char::is_control) {
            return Err(TextError::Control);
        }
        let text = text.trim();
        if text.len() > EMAIL_BYTES_MAX {
            return Err(TextError::TooLong(EMAIL_BYTES_MAX));
        }
        if email_address::EmailAddress::is_valid(text) && !text.contains('<') {
            Ok(Self(text.into()))
        } else {
            Err(TextError::NotAnEmail)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address in lower case: addresses that differ only in case are duplicates in one list.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// The reason why a list is rejected; positions count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListError {
    /// More than this number of elements.
    TooMany(usize),
    /// The element at this position equals an earlier one.
    Duplicate(usize),
}

/// A list of at most `MAX` elements without duplicates, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtMost<const MAX: usize, T>(Vec<T>);

impl<const MAX: usize, T> Default for AtMost<MAX, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<const MAX: usize, T> AtMost<MAX, T> {
    /// Checks length and uniqueness; elements with equal `key`s are duplicates.
    pub fn new<K: PartialEq>(items: Vec<T>, key: impl Fn(&T) -> K) -> Result<Self, ListError> {
        if items.len() > MAX {
            return Err(ListError::TooMany(MAX));
        }
        let keys: Vec<K> = items.iter().map(key).collect();
        match (1..keys.len()).find(|&at| keys[..at].contains(&keys[at])) {
            Some(at) => Err(ListError::Duplicate(at)),
            None => Ok(Self(items)),
        }
    }

    /// The elements.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl Phones {
    /// The `new` numbers, each in the form that it has in this list if that is what it was `written` as.
    #[must_use]
    pub fn kept_in(&self, new: Self, written: &[Option<Phone>]) -> Self {
        let is_kept = |phone: &Phone| self.as_slice().contains(phone);
        let written = written.iter().copied().chain(std::iter::repeat(None));
        let kept = new.as_slice().iter().zip(written).map(|(phone, written)| written.filter(is_kept).unwrap_or(*phone));
        Self::new(kept.collect(), |phone| *phone).unwrap_or(new)
    }
}

/// The phone numbers of a contact.
pub type Phones = AtMost<PER_CONTACT_MAX, Phone>;
/// The e-mail addresses of a contact.
pub type Emails = AtMost<PER_CONTACT_MAX, Email>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_keeps_its_leading_zeros_and_loses_its_separators() {
        let phone = Phone::parse("+00 (7)-4.9").expect("five digits");
        assert_eq!(phone.to_string(), "00749");
        assert_eq!(Phone::from_packed(phone.packed()), Some(phone));
        assert_eq!(Phone::parse("999999999999999").map(|phone| phone.to_string()), Ok("999999999999999".to_owned()));
    }

    #[test]
    fn a_phone_of_the_wrong_length_or_alphabet_is_rejected() {
        assert_eq!(Phone::parse("12"), Err(TextError::PhoneDigits(2)));
        assert_eq!(Phone::parse("1234567890123456"), Err(TextError::PhoneDigits(16)));
        assert_eq!(Phone::parse("++123"), Err(TextError::NotAPhone));
        assert_eq!(Phone::parse("1-800-FLOWERS"), Err(TextError::NotAPhone));
        assert_eq!(Phone::stored("+749"), None);
        assert_eq!(Phone::from_packed(99), None);
        assert_eq!(Phone::from_packed(2345), None);
    }

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(Name::parse("  Анна \u{a0}").map(|name| name.as_str().to_owned()), Ok("Анна".to_owned()));
        assert_eq!(Name::parse(" \u{a0} "), Err(TextError::Empty));
        assert_eq!(Name::parse("a\u{0}b"), Err(TextError::Control));
        assert!(Name::parse(&"ё".repeat(255)).is_ok());
        assert_eq!(Name::parse(&"ё".repeat(256)), Err(TextError::TooLong(255)));
    }

    #[test]
    fn a_name_is_composed() {
        let name = |text| Name::parse(text).map(|name| name.as_str().to_owned());
        assert_eq!(name("Bru\u{308}ckner"), Ok("Br\u{fc}ckner".to_owned()));
        assert_eq!(name("\u{418}\u{306}озеф"), Ok("\u{419}озеф".to_owned()));
        assert_eq!(name("\u{1f1}\u{212b}"), Ok("\u{1f1}\u{c5}".to_owned()));
        let growing = "\u{958}".repeat(255);
        assert_eq!(name(&growing), Err(TextError::TooLong(255)));
        assert_eq!(Name::stored(&growing).map(|name| name.as_str().to_owned()), Ok(growing));
    }

    #[test]
    fn texts_of_simple_characters_are_composed() {
        for c in (0..0x480).filter_map(char::from_u32).filter(|c| c.len_utf8() < 2 || *c < '\u{300}' || *c >= '\u{400}')
        {
            assert!(is_nfc(&format!("a{c}a")), "{c:?}");
        }
    }

    #[test]
    fn emails_are_validated() {
        assert!(Email::parse("o'brien+work@mail.example").is_ok());
        assert_eq!(Email::parse("nobody"), Err(TextError::NotAnEmail));
        assert_eq!(Email::parse("A <a@b.example>"), Err(TextError::NotAnEmail));
    }

    #[test]
    fn a_list_with_a_duplicate_is_rejected() {
        let emails = ["a@b.example", "A@B.example"].map(|text| Email::parse(text).expect("valid"));
        assert_eq!(Emails::new(emails.to_vec(), Email::folded).err(), Some(ListError::Duplicate(1)));
    }
}
