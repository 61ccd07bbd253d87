//! Single values as people and their programs write them, brought into the form that the server takes.
//!
//! What can be meant in one way only is mended (odd blanks, `tel:`, an extension after a number); everything else is
//! left for the server's own rules to refuse. Whatever is left out of a value is said in a remark.

use ringbook_book::text::{Email, Name, PHONE_DIGITS_MIN, Phone, TextError};

/// What stands before an extension.
const EXTENSION_WORDS: [&str; 11] =
    ["ext", "extn", "extension", "x", "доб", "добавочный", "вн", "внутр", "внутренний", "p", "w"];
/// What does the same as a single sign: pauses, and the sign of a keypad.
const EXTENSION_SIGNS: [char; 3] = [',', ';', '#'];
/// The longest extension.
const EXTENSION_DIGITS_MAX: usize = 8;

/// A value that went in, and what was left out of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Cleaned<T> {
    /// The value.
    pub value: T,
    /// What was left out, in English.
    pub remark: Option<String>,
}

/// A phone number: invisible signs, `tel:`, unusual blanks and hyphens, slashes and the trunk zero in `+44 (0)20` are
/// dropped, and so is an extension, with a remark.
pub fn phone(text: &str) -> Result<Cleaned<Phone>, TextError> {
    let text = plain_signs(without_scheme(text.trim(), "tel:"));
    let (number, extension) = split_extension(text.trim());
    let number = number.trim_start_matches([' ', '(', '-', '.']);
    let number = match number.strip_prefix('+') {
        Some(rest) => rest.replace("(0)", " "),
        None => number.to_owned(),
    };
    let remark = extension.map(|digits| format!("the extension {digits} was left out"));
    Ok(Cleaned { value: Phone::parse(&number)?, remark })
}

/// An e-mail address: `mailto:` and the name around `<address>` are dropped.
pub fn email(text: &str) -> Result<Email, TextError> {
    let text = without_scheme(text.trim(), "mailto:");
    let inside = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')).map(|(_, address)| address);
    Email::parse(inside.unwrap_or(text))
}

/// Whether it is an address inside of a mail server, which nobody outside can write to.
pub fn is_internal_address(text: &str) -> bool {
    let start = text.trim().get(..3).unwrap_or_default();
    start.eq_ignore_ascii_case("/o=") && !text.contains('@')
}

/// A name: line breaks, tabs and other control characters become blanks. `None` when nothing is left.
pub fn name(text: &str) -> Result<Option<Name>, TextError> {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match Name::parse(&text) {
        Ok(name) => Ok(Some(name)),
        Err(TextError::Empty) => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn without_scheme<'a>(text: &'a str, scheme: &str) -> &'a str {
    match text.split_at_checked(scheme.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(scheme) => rest,
        Some(_) | None => text,
    }
}

/// The same with ASCII blanks, hyphens and plus, and without marks of direction and width.
fn plain_signs(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '/' => Some('-'),
        '\u{ff0b}' => Some('+'),
        blank if blank.is_whitespace() => Some(' '),
        other => Some(other),
    };
    text.chars().filter_map(plain).collect()
}

/// A number and the extension after it. Without enough digits before it, it is none.
fn split_extension(text: &str) -> (&str, Option<String>) {
    let begins = |c: char| c.is_alphabetic() || EXTENSION_SIGNS.contains(&c);
    let Some(at) = text.find(begins) else { return (text, None) };
    let (number, rest) = text.split_at(at);
    let is_number = number.bytes().filter(u8::is_ascii_digit).count() >= PHONE_DIGITS_MIN;
    match extension(rest).filter(|_| is_number) {
        Some(digits) => (number, Some(digits)),
        None => (text, None),
    }
}

/// The digits of `ext. 12`, `x12`, `;ext=12`, `,12`, `#12`.
fn extension(text: &str) -> Option<String> {
    let after_sign = text.trim_start_matches(EXTENSION_SIGNS);
    let word: String = after_sign.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
    let is_marked = EXTENSION_WORDS.contains(&word.to_lowercase().as_str());
    let is_signed = word.is_empty() && after_sign.len() < text.len();
    if !is_marked && !is_signed {
        return None;
    }
    let rest = &after_sign.trim_start()[word.len()..];
    let digits = rest.trim_start_matches([' ', '.', ':', '=', '-']).trim_end_matches([' ', ')', '.']);
    let is_number = (1..=EXTENSION_DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Result<(String, bool), TextError> {
        phone(text).map(|mended| (mended.value.to_string(), mended.remark.is_some()))
    }

    #[test]
    fn a_number_that_can_be_meant_in_one_way_goes_in() {
        for (text, number) in [
            ("+7 (495) 023-75-47", "74950237547"),
            ("\u{202a}+1\u{a0}415\u{2011}555\u{2011}0100\u{202c}", "14155550100"),
            ("tel:+1-201-555-0123", "12015550123"),
            ("030/901820", "030901820"),
            ("+44 (0)20 7946 0958", "442079460958"),
            ("(0)20 7946", "0207946"),
            ("(+7) 495 0237547", "74950237547"),
            ("112", "112"),
        ] {
            assert_eq!(digits(text), Ok((number.to_owned(), false)), "{text}");
        }
    }

    #[test]
    fn an_extension_is_left_out_and_said_so() {
        for text in [
            "+1 415 555 0100 ext. 12",
            "14155550100x12",
            "1 (415) 555-0100 (ext 12)",
            "1-415-555-0100,12",
            "14155550100 доб. 12",
            "tel:+1-415-555-0100;ext=12",
            "14155550100#12",
        ] {
            assert_eq!(digits(text), Ok(("14155550100".to_owned(), true)), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["1-800-FLOWERS", "*100#", "call me", "12", "+7 495 023 or 024", "1234567890123456", "ext 12", ""] {
            assert!(phone(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_taken_out_of_what_surrounds_it() {
        for text in ["a@b.example", " mailto:a@b.example", "Anna B <a@b.example>", "<a@b.example>"] {
            assert_eq!(email(text).expect("an address").as_str(), "a@b.example", "{text}");
        }
        assert!(email("a at b").is_err());
        assert!(is_internal_address("/O=EXCHANGELABS/OU=X/CN=anna"));
    }

    #[test]
    fn a_name_in_two_lines_is_one_name() {
        let name_of = |text| name(text).map(|name| name.map(|name| name.as_str().to_owned()));
        assert_eq!(name_of(" Acme\r\nLtd\t"), Ok(Some("Acme  Ltd".to_owned())));
        assert_eq!(name_of(" \n "), Ok(None));
    }
}
