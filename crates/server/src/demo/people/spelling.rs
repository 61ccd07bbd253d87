//! Variations of spelling: middle initials, decomposed letters, all lower case or all upper case.

use super::rng::Rng;
use crate::demo::names::Script;

/// Precomposed letters and their decomposed forms.
const DECOMPOSED: [(char, &str); 26] = [
    ('é', "e\u{301}"),
    ('è', "e\u{300}"),
    ('ê', "e\u{302}"),
    ('ë', "e\u{308}"),
    ('á', "a\u{301}"),
    ('ã', "a\u{303}"),
    ('ä', "a\u{308}"),
    ('å', "a\u{30A}"),
    ('í', "i\u{301}"),
    ('ï', "i\u{308}"),
    ('ó', "o\u{301}"),
    ('ö', "o\u{308}"),
    ('ú', "u\u{301}"),
    ('ü', "u\u{308}"),
    ('ñ', "n\u{303}"),
    ('ç', "c\u{327}"),
    ('ş', "s\u{327}"),
    ('ğ', "g\u{306}"),
    ('ń', "n\u{301}"),
    ('ź', "z\u{301}"),
    ('ż', "z\u{307}"),
    ('É', "E\u{301}"),
    ('Á', "A\u{301}"),
    ('й', "и\u{306}"),
    ('ё', "е\u{308}"),
    ('ї', "і\u{308}"),
];

/// Initials that follow a first name.
const INITIALS: [&str; 12] = [" A.", " B.", " C.", " D.", " E.", " J.", " K.", " L.", " M.", " Q.", " R.", " T."];

/// `first`, sometimes with a middle initial if the script is Latin.
pub fn with_initial(rng: &mut Rng, script: Script, first: &str) -> String {
    let initial = if script == Script::Latin && rng.chance(25) { rng.choose(&INITIALS) } else { "" };
    [first, initial].concat()
}

/// Changes a few names: decomposed letters, all lower case or all upper case.
pub fn vary_spelling(rng: &mut Rng, script: Script, last: &mut String, first: &mut Option<String>) {
    let write: fn(&str) -> String = match (rng.below(1000), script) {
        (0..12, _) => decomposed,
        (12..16, Script::Latin | Script::Cyrillic) => str::to_lowercase,
        (16..20, Script::Latin | Script::Cyrillic) => str::to_uppercase,
        (_, Script::Latin | Script::Cyrillic | Script::Arabic | Script::Han | Script::Other) => {
            return;
        }
    };
    *last = write(last);
    *first = first.as_deref().map(write);
}

fn decomposed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match DECOMPOSED.iter().find(|(whole, _)| *whole == letter) {
            Some((_, parts)) => out.push_str(parts),
            None => out.push(letter),
        }
    }
    out
}
