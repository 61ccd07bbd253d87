//! Names as telephones show them: in the order and the characters that a device is set to, without anything that a
//! display or a dial plan could take for an instruction.

use ringbook_app::access::{Charset, Device, NameOrder};
use ringbook_book::book::view::ContactView;

use crate::ascii;

/// How names are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameStyle {
    /// The part that comes first.
    pub order: NameOrder,
    /// The characters.
    pub charset: Charset,
    /// Whether the organization follows in brackets.
    pub with_organization: bool,
}

impl NameStyle {
    /// The style of a device.
    pub fn of(device: &Device) -> Self {
        Self { order: device.name_order, charset: device.charset, with_organization: false }
    }

    /// The name of a contact.
    pub fn name(self, contact: ContactView<'_>) -> String {
        let mut name = match (self.order, contact.first_name()) {
            (NameOrder::LastFirst, _) | (_, None) => contact.full_name().to_owned(),
            (NameOrder::FirstLast, Some(first)) => format!("{first} {}", contact.last_name()),
        };
        if self.with_organization
            && let Some((_, organization)) = contact.organization()
        {
            name = format!("{name} ({organization})");
        }
        self.text(&name)
    }

    /// Any text in the characters of the device.
    pub fn text(self, text: &str) -> String {
        let shown = if text.bytes().any(may_begin_unshown) {
            text.chars().filter_map(shown).collect()
        } else {
            text.to_owned()
        };
        match self.charset {
            Charset::Utf8 => shown,
            Charset::Ascii => ascii(&shown),
        }
    }
}

/// Whether a character that is not shown as it is may begin with this byte of UTF-8.
const fn may_begin_unshown(byte: u8) -> bool {
    // Control characters of one byte and of two, U+2000 to U+2FFF, U+F000 to U+FFFF.
    matches!(byte, 0..=0x1f | 0x7f | 0xc2 | 0xe2 | 0xef)
}

/// A character as displays may show it: no control characters, and none that turn the direction of others.
fn shown(letter: char) -> Option<char> {
    match letter {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
        '\u{fffe}' | '\u{ffff}' => None,
        letter if letter.is_control() => Some(' '),
        letter => Some(letter),
    }
}

/// The first characters of a text, without blanks at the end.
pub fn cut(text: &str, chars_max: usize) -> &str {
    let end = text.char_indices().nth(chars_max).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end()
}

/// The beginning of a text, of at most so many bytes in whole characters.
pub fn cut_bytes(text: &str, bytes_max: usize) -> &str {
    text[..text.floor_char_boundary(bytes_max)].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_fit_for_displays() {
        let style = |charset| NameStyle { order: NameOrder::LastFirst, charset, with_organization: false };
        let text = "Ж\u{202e}у\u{1b}к 😀";
        assert_eq!(style(Charset::Utf8).text(text), "Жу к 😀");
        assert_eq!(style(Charset::Ascii).text(text), "Zhu k ?");
    }

    #[test]
    fn no_unshown_character_is_overlooked() {
        for letter in '\0'..=char::MAX {
            let first = letter.encode_utf8(&mut [0; 4]).as_bytes()[0];
            assert!(shown(letter) == Some(letter) || may_begin_unshown(first), "{letter:?}");
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!((cut("Жук Анна", 4), cut("Жук", 9), cut("", 3)), ("Жук", "Жук", ""));
        assert_eq!((cut_bytes("Жук", 3), cut_bytes("Жук", 40)), ("Ж", "Жук"));
    }
}
