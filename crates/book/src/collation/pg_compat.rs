//! Maps texts so that the collator orders them as PostgreSQL with ICU does.
//!
//! Both use the root collation, but of different versions: in newer data typographic quotation marks are variants of the
//! plain ones (`O’Brien` next to `O'Brien`), in PostgreSQL each is a character of its own; and the collator's data lack
//! the order of Han characters (see [`super::han_radicals`]). Other differences remain: some currency signs, numerals of
//! rare scripts, compatibility forms of Han characters.

use std::borrow::Cow;

use super::han_radicals;

/// Sorts after every other character.
const HIGHEST: char = '\u{ffff}';

/// A mark, and the marks that sort directly after it as distinct characters.
const FAMILIES: [(char, &[char]); 3] = [
    ('\'', &['‘', '’', '‚', '‛']),
    ('"', &['“', '”', '„', '‟', '⹂', '〝', '〞', '〟']),
    ('\u{5c6}', &['\u{5f3}', '\u{5f4}']),
];

/// The text to pass to the collator.
pub(super) fn to_collator_text(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(may_begin_mapped) || !text.chars().any(is_mapped) {
        return Cow::Borrowed(text);
    }
    let mut mapped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match rank_in_family(character) {
            // A mark followed by the highest character sorts after the mark followed by any other character.
            Some((first, rank)) => {
                mapped.push(first);
                mapped.extend(std::iter::repeat_n(HIGHEST, rank));
            }
            None => mapped.push(han_radicals::to_rank(character)),
        }
    }
    Cow::Owned(mapped)
}

/// Whether a mapped character can begin with this byte.
fn may_begin_mapped(byte: u8) -> bool {
    byte == 0xd7 || (0xe2..=0xe9).contains(&byte)
}

fn is_mapped(character: char) -> bool {
    han_radicals::is_in_block(character) || rank_in_family(character).is_some()
}

/// The first mark of the family of the character, and the rank of the character after it.
fn rank_in_family(character: char) -> Option<(char, usize)> {
    FAMILIES.iter().find_map(|(first, others)| {
        let rank = others.iter().position(|other| *other == character)?;
        Some((*first, rank + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_are_unchanged() {
        for text in ["", "Ёлкина O'Brien \"x\" «y»", "한국 たなか – …", "שלום", "\u{fa0e}\u{20000}"]
        {
            assert!(matches!(to_collator_text(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn every_mark_has_a_place_of_its_own() {
        assert_eq!(to_collator_text("O’Brien"), "O'\u{ffff}\u{ffff}Brien");
        assert_eq!(to_collator_text("“"), "\"\u{ffff}");
    }
}
