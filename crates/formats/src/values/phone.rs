//! One phone number, with or without an extension.

use std::borrow::Cow;

use phone_number::{is_valid_international, without_trunk_prefix_abroad};
use ringbook_book::text::{PHONE_DIGITS_MAX, PHONE_DIGITS_MIN, Phone, TextError};

use super::calling_codes;

/// What stands before an extension.
const EXTENSION_WORDS: [&str; 45] = [
    "ext",
    "extn",
    "extension",
    "x",
    "p",
    "w",
    "int",
    "interno",
    "poste",
    "durchwahl",
    "dw",
    "nst",
    "nebenstelle",
    "app",
    "apparat",
    "dahili",
    "wewn",
    "wew",
    "wewnętrzny",
    "interne",
    "extensión",
    "extensão",
    "toest",
    "tst",
    "anknytning",
    "linka",
    "toestel",
    "ramal",
    "r",
    "anexo",
    "доб",
    "добавочный",
    "добав",
    "д",
    "вн",
    "в",
    "внутри",
    "внутр",
    "внутренний",
    "внут",
    "доп",
    "тон",
    "дод",
    "додатковий",
    "внутрішній",
];
/// What does the same as a single sign: pauses, and the sign of a keypad.
const EXTENSION_SIGNS: [char; 3] = [',', ';', '#'];
/// The longest extension.
const EXTENSION_DIGITS_MAX: usize = 8;
/// The most digits of a group in parentheses that is an extension and no area code.
const PARENTHESES_DIGITS_MAX: usize = 6;
/// Fewest digits before a group for the group to be an extension, and before a text for the text to be a comment.
const WHOLE_DIGITS_MIN: usize = 7;
/// Fewest digits written in one run that are a whole number: a short group after them is an extension.
const RUN_DIGITS_MIN: usize = 10;
/// The most digits of such a group.
const SHORT_GROUP_DIGITS_MAX: usize = 5;
/// Fewest digits after `00` for it to be the international prefix.
const PREFIXED_DIGITS_MIN: usize = 7;
/// The longest label before a number, in characters.
pub(super) const LABEL_CHARS_MAX: usize = 24;
/// Fewest digits before a word that stands apart for them to be a whole number, whatever digits follow the word.
const CERTAIN_DIGITS_MIN: usize = 9;
/// The trunk prefix of Russia and Kazakhstan, which some write after the plus sign of the calling code, or twice.
const TRUNK_PREFIX: &str = "8";
/// Their calling code.
const TRUNK_PREFIX_CODE: &str = "7";
/// The prefix of calls to other countries in Russia and its neighbours, written as `8-10`.
const EXIT_PREFIX: &str = "810";
/// The calling code of Italy, where the zero after it is dialled.
const ITALY: &str = "39";

/// A phone number that the server takes: digits, with a plus sign if the file has the country code. The server completes a
/// national number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber {
    text: String,
    /// Digits of the first group.
    first_group: usize,
    phone: Phone,
}

impl PhoneNumber {
    fn new(text: String, first_group: usize) -> Result<Self, TextError> {
        Phone::parse(&text).map(|phone| Self { text, first_group, phone })
    }

    /// Digits, after a plus sign if the number is international.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number as it is sent: a national number keeps the blank after its first group, which may be a prefix or a
    /// country code.
    pub fn as_sent(&self) -> Cow<'_, str> {
        match self.text.split_at_checked(self.first_group) {
            Some((first, rest)) if !(self.is_international() || first.is_empty() || rest.is_empty()) => {
                Cow::Owned(format!("{first} {rest}"))
            }
            _ => Cow::Borrowed(&self.text),
        }
    }

    /// The digits.
    pub fn phone(&self) -> Phone {
        self.phone
    }

    /// Whether the file has it in international form.
    pub fn is_international(&self) -> bool {
        self.text.starts_with('+')
    }

    /// Whether it is written with a trunk prefix (`0…`, or `8` before ten digits): the country code is missing.
    pub fn has_trunk_prefix(&self) -> bool {
        let is_long = self.text.len() >= WHOLE_DIGITS_MIN;
        is_long && (self.text.starts_with('0') || (self.text.starts_with('8') && self.text.len() == 11))
    }
}

/// A number in a common form, read in one pass: digits, blanks, hyphens, dots and parentheses. `None` for anything that
/// has to be looked at more closely, by [`single`].
pub(super) fn common(text: &str) -> Option<PhoneNumber> {
    let bytes = text.as_bytes();
    let is_international = bytes.first() == Some(&b'+');
    let mut number = String::with_capacity(PHONE_DIGITS_MAX + 1);
    if is_international {
        number.push('+');
    }
    let start = number.len();
    let mut first_run = 0;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        let count = number.len() - start;
        match byte {
            b'0'..=b'9' => {
                // A group after a whole number may be an extension.
                if count == PHONE_DIGITS_MAX || (first_run >= RUN_DIGITS_MIN && first_run == count) {
                    return None;
                }
                number.push(char::from(*byte));
                continue;
            }
            b' ' | b'-' | b'.' | b')' => {}
            // The zero of `(0)` and an extension in parentheses are read elsewhere.
            b'(' if count < WHOLE_DIGITS_MIN && bytes.get(at + 1).is_some_and(|next| (b'1'..=b'9').contains(next)) => {}
            _ => return None,
        }
        if first_run == 0 {
            first_run = count;
        }
    }
    let digits = &number[start..];
    let may_have_fixed_length = if is_international {
        calling_codes::has_fixed_length(digits)
    } else {
        first_run == 1 && digits.starts_with(['1', '7', '8'])
    };
    let is_odd = may_have_fixed_length && digits.len() > calling_codes::fixed_length();
    if is_odd || (!is_international && digits.starts_with("00")) {
        return None;
    }
    // A last group may be an extension, and a first one may have the prefix of calls within the country.
    if is_international && first_run > 0 && first_run < digits.len() && !is_valid_international(digits) {
        return None;
    }
    PhoneNumber::new(number, first_run).ok()
}

/// A number and what was cut off after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Single {
    pub(super) number: PhoneNumber,
    pub(super) cut: Option<CutOff>,
}

/// What was cut off after a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CutOff {
    /// The digits of an extension.
    Extension(String),
    /// A text that is no extension.
    Comment(String),
}

/// Why a text is no phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PhoneError {
    /// It has something that is neither a digit nor a separator.
    NotANumber,
    /// Too few or too many digits.
    DigitCount,
    /// More digits than numbers of this country have, and no extension can be told apart.
    TooLongForCode,
}

impl PhoneError {
    /// The reason in English.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::NotANumber => "is not a phone number",
            Self::DigitCount => "has too few or too many digits for a phone number (3 to 15)",
            Self::TooLongForCode => "has more than the 11 digits of numbers under +1 and +7",
        }
    }
}

/// Reads one number. The text has ASCII signs only ([`phone_number::signs::ascii_signs`]) and no scheme before the number.
pub(super) fn single(text: &str) -> Result<Single, PhoneError> {
    let text = without_label(text.trim());
    let end = text.find(|c: char| !is_number_sign(c)).unwrap_or(text.len());
    let (number, tail) = text.split_at(end);
    let groups = Groups::read(number)?;
    let (mut number, mut cut) = groups.number()?;
    let tail = tail.trim();
    if !tail.is_empty() {
        let is_complete = (groups.has_fixed_length() && number.digits.len() == calling_codes::fixed_length())
            || (number.digits.len() >= CERTAIN_DIGITS_MIN
                && number.international().map_or(text[..end].ends_with([' ', '(']), is_valid_international));
        cut = Some(match extension(tail) {
            Some(digits) if number.digits.len() >= PHONE_DIGITS_MIN => CutOff::Extension(digits),
            Some(_) => return Err(PhoneError::NotANumber),
            None if number.digits.len() >= WHOLE_DIGITS_MIN
                && (is_complete || is_in_parentheses(text, end) || !has_digits_of_number(tail)) =>
            {
                CutOff::Comment(tail.trim_matches(['(', ')', ' ']).to_owned())
            }
            None => return Err(PhoneError::NotANumber),
        });
    }
    number.read_prefix();
    let text = if number.is_international { format!("+{}", number.digits) } else { number.digits };
    let number = PhoneNumber::new(text, groups.first_len()).map_err(|fault| match fault {
        TextError::PhoneDigits(_) => PhoneError::DigitCount,
        _ => PhoneError::NotANumber,
    })?;
    Ok(Single { number, cut })
}

pub(super) fn is_number_sign(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '.' | '(' | ')' | '/' | '\'' | '_')
}

/// Whether digits in a text after a number may belong to the number: there are some, and no word for an extension
/// stands before them.
fn has_digits_of_number(tail: &str) -> bool {
    tail.bytes().any(|byte| byte.is_ascii_digit()) && !is_extension_word(tail)
}

/// Whether a word stands before an extension.
pub(super) fn is_extension_word(word: &str) -> bool {
    EXTENSION_WORDS.contains(&first_word(word).as_str())
}

/// The letters that a text begins with, in lower case.
fn first_word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

/// Whether what stands from `at` on is the inside of one pair of parentheses that closes at the end.
fn is_in_parentheses(text: &str, at: usize) -> bool {
    let inside = text[at..].trim_end().strip_suffix(')');
    text[..at].trim_end().ends_with('(') && inside.is_some_and(|inside| !inside.contains(['(', ')']))
}

/// The text without a label such as `Tel.:` or `mobile` before the number.
fn without_label(text: &str) -> &str {
    let start = text.find(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(')).unwrap_or(0);
    let (label, number) = text.split_at(start);
    let is_label = label.chars().count() <= LABEL_CHARS_MAX
        && label.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | ':' | '-'))
        && number.bytes().filter(u8::is_ascii_digit).count() >= PHONE_DIGITS_MIN
        // A word that runs into the digits, as in `x12` or `FLOWERS1`, is none.
        && (label.is_empty() || label.ends_with([' ', '.', ':', '-']));
    if is_label { number } else { text }
}

/// The runs of digits of a number, and what stands before each.
struct Groups<'t> {
    is_international: bool,
    groups: Vec<(&'t str, &'t str)>,
}

/// The digits of a number.
struct Digits {
    is_international: bool,
    digits: String,
}

impl Digits {
    /// The digits after the plus sign or the international prefix.
    fn international(&self) -> Option<&str> {
        if self.is_international { Some(&self.digits) } else { self.digits.strip_prefix("00") }
    }

    /// Makes a valid number of one that is none: leaves out the trunk prefix after a calling code, and a last group of
    /// digits that is an extension, which is returned. `last` is the length of the last group, of `groups` in all.
    fn repair(&mut self, last: usize, groups: usize) -> Option<CutOff> {
        let Some(digits) = self.international() else {
            // `8 (8495) 555-01-02`
            let doubled = TRUNK_PREFIX.repeat(2);
            let rest = self.digits.strip_prefix(&doubled)?;
            if rest.len() + 1 == calling_codes::fixed_length()
                && is_valid_international(&format!("{TRUNK_PREFIX_CODE}{rest}"))
            {
                self.digits = format!("{TRUNK_PREFIX}{rest}");
            }
            return None;
        };
        if is_valid_international(digits) {
            return None;
        }
        if let Some(abroad) = without_trunk_prefix_abroad(digits) {
            *self = Self { is_international: true, digits: abroad };
            return None;
        }
        // `+8 916 555-01-02`
        if let Some(rest) = digits.strip_prefix(TRUNK_PREFIX)
            && digits.len() == calling_codes::fixed_length()
            && is_valid_international(&format!("{TRUNK_PREFIX_CODE}{rest}"))
        {
            *self = Self { is_international: false, digits: digits.to_owned() };
            return None;
        }
        let (number, extension) = digits.split_at_checked(digits.len().checked_sub(last)?)?;
        let number = match is_valid_international(number) {
            true => number.to_owned(),
            false => without_trunk_prefix_abroad(number)?,
        };
        let extension = extension.to_owned();
        if groups < 2 || last > SHORT_GROUP_DIGITS_MAX {
            return None;
        }
        *self = Self { is_international: true, digits: number };
        Some(CutOff::Extension(extension))
    }

    /// Reads `00` as the international prefix.
    fn read_prefix(&mut self) {
        if !self.is_international
            && let Some(rest) = self.digits.strip_prefix("00")
            && rest.len() >= PREFIXED_DIGITS_MIN
            && !rest.starts_with('0')
        {
            self.digits = rest.to_owned();
            self.is_international = true;
        }
    }
}

impl<'t> Groups<'t> {
    fn read(number: &'t str) -> Result<Self, PhoneError> {
        let opening = number.trim_start_matches([' ', '-', '.', '/', '(', ')']);
        let is_international = opening.starts_with('+');
        let mut rest = opening.trim_start_matches(['+', ' ']);
        let mut groups = Vec::new();
        // Where the number begins in a parenthesis, the first group is in it.
        let mut separator = if number.len() > opening.len() && number.trim_start().starts_with('(') { "(" } else { "" };
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let (before, digits_on) = rest.split_at(start);
            if before.contains('+') {
                return Err(PhoneError::NotANumber);
            }
            if !groups.is_empty() {
                separator = before;
            }
            let end = digits_on.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits_on.len());
            let (digits, after) = digits_on.split_at(end);
            groups.push((separator, digits));
            rest = after;
        }
        Ok(Self { is_international, groups })
    }

    /// Digits of the first group.
    fn first_len(&self) -> usize {
        self.groups.first().map_or(0, |(_, group)| group.len())
    }

    /// The number, and an extension that is written as a last group of digits.
    fn number(&self) -> Result<(Digits, Option<CutOff>), PhoneError> {
        let mut number = Digits { is_international: self.is_international, digits: String::new() };
        let mut cut = None;
        for (place, (_, group)) in self.groups.iter().enumerate() {
            if self.is_trunk_zero(place, &number) {
                continue;
            }
            if place > 0 && self.is_extension(place, &number) {
                let digits: String = self.groups[place..].iter().map(|(_, group)| *group).collect();
                if digits.len() > EXTENSION_DIGITS_MAX {
                    return Err(self.too_long(&number.digits));
                }
                cut = Some(CutOff::Extension(digits));
                break;
            }
            number.digits.push_str(group);
        }
        if cut.is_none() {
            cut = number.repair(self.groups.last().map_or("", |(_, group)| group).len(), self.groups.len());
        }
        match number.digits.len() {
            0 => Err(PhoneError::NotANumber),
            many if self.has_fixed_length() && many > calling_codes::fixed_length() => Err(PhoneError::TooLongForCode),
            many if many > PHONE_DIGITS_MAX + 2 => Err(PhoneError::DigitCount),
            _ => Ok((number, cut)),
        }
    }

    fn too_long(&self, digits: &str) -> PhoneError {
        if self.has_fixed_length() && digits.len() >= calling_codes::fixed_length() {
            PhoneError::TooLongForCode
        } else {
            PhoneError::DigitCount
        }
    }

    /// The `(0)` of `+44 (0)20`, which is not dialled from abroad but in Italy.
    fn is_trunk_zero(&self, place: usize, number: &Digits) -> bool {
        let (separator, group) = self.groups[place];
        let is_prefixed = self.is_international || number.digits.starts_with("00");
        group == "0"
            && place > 0
            && separator.trim_end().ends_with('(')
            && is_prefixed
            && number.digits.trim_start_matches("00") != ITALY
    }

    /// Whether the groups from this one on are an extension.
    fn is_extension(&self, place: usize, number: &Digits) -> bool {
        let (separator, group) = self.groups[place];
        let count = number.digits.len();
        let is_last = place + 1 == self.groups.len();
        let first_run = self.groups[0].1.len();
        let in_parentheses = separator.trim_end().ends_with('(') && separator.trim_start().len() <= 2;
        let is_after_slash = separator.contains('/');
        (self.has_fixed_length() && count == calling_codes::fixed_length())
            || (is_last && in_parentheses && count >= WHOLE_DIGITS_MIN && group.len() <= PARENTHESES_DIGITS_MAX)
            || (is_last && is_after_slash && count >= WHOLE_DIGITS_MIN && group.len() <= SHORT_GROUP_DIGITS_MAX)
            || (first_run >= RUN_DIGITS_MIN && group.len() <= SHORT_GROUP_DIGITS_MAX && count == first_run)
    }

    /// Whether the number is under a code whose numbers have a fixed length: `+1…`, `+7…`, and `1`, `7` or the trunk
    /// prefix `8` as a group of its own before a number of that length.
    fn has_fixed_length(&self) -> bool {
        let Some((_, first)) = self.groups.first() else { return false };
        if self.is_international {
            return calling_codes::has_fixed_length(first);
        }
        let total: usize = self.groups.iter().map(|(_, group)| group.len()).sum();
        let is_alone = matches!(*first, "1" | "7" | "8") && total >= calling_codes::fixed_length();
        is_alone && !self.has_exit_prefix()
    }
    /// Whether the number begins with the prefix of calls to other countries in Russia and its neighbours.
    fn has_exit_prefix(&self) -> bool {
        let start: String = self.groups.iter().take(EXIT_PREFIX.len()).map(|(_, group)| *group).collect();
        start.starts_with(EXIT_PREFIX)
    }
}

/// The digits of `ext. 12`, `x12`, `;ext=12`, `,,12#`, `#12`, `(доб. 12)`.
fn extension(text: &str) -> Option<String> {
    let text = text.trim_start_matches(['(', ' ', '-', '/']);
    let after_sign = text.trim_start_matches(EXTENSION_SIGNS).trim_start();
    let word: String = after_sign.chars().take_while(|c| c.is_alphabetic()).collect();
    let is_marked = is_extension_word(after_sign);
    let is_signed = word.is_empty() && after_sign.len() < text.len();
    if !is_marked && !is_signed {
        return None;
    }
    let rest = &after_sign[word.len()..];
    let digits = rest.trim_start_matches([' ', '.', ':', '=', '-', '№', '#']).trim_end_matches([' ', ')', '.', '#']);
    let is_number = (1..=EXTENSION_DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.to_owned())
}
