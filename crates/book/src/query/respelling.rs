//! Spells a text so that the collator's data put it where PostgreSQL's reference puts it.
//!
//! Both follow the root collation, but of different years: since then typographic quotation marks have become
//! variants of the plain ones (`O’Brien` beside `O'Brien`), where the reference keeps each as a character of
//! its own; and the collator's data leave out the order of Han characters (see [`super::han`]). Other
//! differences are left: some currency signs, numerals of scripts that are rarely used, compatibility forms
//! of Han characters.

use std::borrow::Cow;

use super::han;

/// Comes behind every other character.
const HIGHEST: char = '\u{ffff}';

/// A mark, and those that come right behind it, each with a place of its own.
const FAMILIES: [(char, &[char]); 3] = [
    ('\'', &['‘', '’', '‚', '‛']),
    ('"', &['“', '”', '„', '‟', '⹂', '〝', '〞', '〟']),
    ('\u{5c6}', &['\u{5f3}', '\u{5f4}']),
];

/// The text as the collator has to read it.
pub(super) fn respelled(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(may_begin_other) || !text.chars().any(is_other) {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match place_in_family(character) {
            // A mark followed by the highest character stands behind the mark followed by any other.
            Some((first, place)) => {
                spelled.push(first);
                spelled.extend(std::iter::repeat_n(HIGHEST, place));
            }
            None => spelled.push(han::placed(character)),
        }
    }
    Cow::Owned(spelled)
}

/// Whether a character that is spelled otherwise can begin with this byte.
fn may_begin_other(byte: u8) -> bool {
    byte == 0xd7 || (0xe2..=0xe9).contains(&byte)
}

fn is_other(character: char) -> bool {
    han::is_placed(character) || place_in_family(character).is_some()
}

/// The first of the family to which the character belongs, and its place behind it.
fn place_in_family(character: char) -> Option<(char, usize)> {
    FAMILIES.iter().find_map(|(first, others)| {
        let place = others.iter().position(|other| *other == character)?;
        Some((*first, place + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_are_left_as_they_are() {
        for text in ["", "Ёлкина O'Brien \"x\" «y»", "한국 たなか – …", "שלום", "\u{fa0e}\u{20000}"]
        {
            assert!(matches!(respelled(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn every_mark_has_a_place_of_its_own() {
        assert_eq!(respelled("O’Brien"), "O'\u{ffff}\u{ffff}Brien");
        assert_eq!(respelled("“"), "\"\u{ffff}");
    }
}
