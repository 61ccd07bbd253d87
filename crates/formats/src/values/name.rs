//! Names of people, organizations and groups.

use std::borrow::Cow;

pub use ringbook_book::text::nfc;
use ringbook_book::text::{NAME_CHARS_MAX, Name, TextError};

/// Whether a name was shortened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It is whole.
    Whole,
    /// It was longer than [`NAME_CHARS_MAX`] and its end was left out.
    Shortened,
}

/// Marks of direction and order of bytes, and blanks without width: they are of no use at the ends of a name.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A name in composed form: line breaks and other control characters become blanks, and invisible characters at its
/// ends are dropped. `None` if nothing is left.
pub fn name(text: &str) -> Option<(Name, Cut)> {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) && text.len() <= NAME_CHARS_MAX {
        return Name::parse(text).ok().map(|name| (name, Cut::Whole));
    }
    let text = nfc(text);
    let is_outer = |c: char| c.is_whitespace() || is_mark(c) || c.is_control();
    let text = text.trim_matches(is_outer);
    let spaced: Cow<'_, str> = if text.chars().any(char::is_control) {
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().into()
    } else {
        text.into()
    };
    match Name::parse(&spaced) {
        Ok(name) => Some((name, Cut::Whole)),
        Err(TextError::TooLong(_)) => {
            let cut: String = spaced.chars().take(NAME_CHARS_MAX).collect();
            Name::parse(&cut).ok().map(|name| (name, Cut::Shortened))
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_two_lines_is_one_name() {
        let name_of = |text| name(text).map(|(name, cut)| (name.as_str().to_owned(), cut));
        assert_eq!(name_of(" Acme\r\nLtd\t"), Some(("Acme  Ltd".to_owned(), Cut::Whole)));
        assert_eq!(name_of(" \n\u{feff} "), None);
        assert_eq!(name_of("Mama \u{2764}\u{fe0f}"), Some(("Mama \u{2764}\u{fe0f}".to_owned(), Cut::Whole)));
        assert_eq!(name_of("\u{202a}Lem\u{202c}"), Some(("Lem".to_owned(), Cut::Whole)));
        let long = name_of(&"ж".repeat(300)).expect("a name");
        assert_eq!((long.0.chars().count(), long.1), (NAME_CHARS_MAX, Cut::Shortened));
    }

    #[test]
    fn a_decomposed_name_is_composed() {
        let composed = name("Bru\u{308}ckner").expect("a name").0;
        assert_eq!(composed.as_str(), "Br\u{fc}ckner");
        assert_eq!(name("\u{418}\u{306}").expect("a name").0.as_str(), "\u{419}");
    }
}
