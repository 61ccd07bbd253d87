//! The words of a name, by which a person is known again who is called "Müller, Jörg" in one file and "Jörg Muller" in
//! another one.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Fewest words of a name that may be a part of a longer one: a first name alone is not the same person as everybody
/// who has it.
const COMMON_WORDS_MIN: usize = 2;

/// The words of a name without case, diacritics, punctuation and order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NameWords {
    /// Ascending, each once.
    words: Vec<String>,
}

impl NameWords {
    /// The words of this name.
    pub fn of(name: &str) -> Self {
        let mut words = if name.is_ascii() { ascii_words(name) } else { unicode_words(name) };
        words.sort_unstable();
        words.dedup();
        Self { words }
    }

    /// The words in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Whether two names may be those of one person: they have the same words, or one of them has all words of the other,
    /// which are at least two.
    pub fn is_same_person(&self, other: &Self) -> bool {
        let (short, long) = if self.words.len() <= other.words.len() { (self, other) } else { (other, self) };
        if short.words.len() == long.words.len() {
            return short == long;
        }
        short.words.len() >= COMMON_WORDS_MIN && long.has_all_of(short)
    }

    /// Whether this name has all words of another one.
    pub fn has_all_of(&self, other: &Self) -> bool {
        other.words.iter().all(|word| self.words.binary_search(word).is_ok())
    }
}

fn ascii_words(name: &str) -> Vec<String> {
    let parts = name.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '\''));
    let plain = parts.map(|part| part.replace('\'', "").to_ascii_lowercase());
    plain.filter(|word| !word.is_empty()).collect()
}

fn unicode_words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in name.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        match letter {
            'ß' => word.push_str("ss"),
            'ł' => word.push('l'),
            'ø' => word.push('o'),
            'đ' => word.push('d'),
            'ı' => word.push('i'),
            'æ' => word.push_str("ae"),
            'œ' => word.push_str("oe"),
            '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}' => {}
            letter if letter.is_alphanumeric() => word.push(letter),
            letter if is_combining_mark(letter) => {}
            _ if word.is_empty() => {}
            _ => words.push(std::mem::take(&mut word)),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_is_written_in_many_ways() {
        for (one, other, is_same) in [
            ("Müller Jörg", "Jörg Müller", true),
            ("Müller, Jörg", "muller jorg", true),
            ("Dr. Jörg Müller (Maß AG)", "Müller Jörg", true),
            ("Щукин Пётр Ильич", "Петр Щукин", true),
            ("Öztürk Çağrı İpek", "ÇAĞRI ÖZTÜRK", true),
            ("Żółć Łucja", "lucja zolc", true),
            ("O'Brien Ann", "Ann O’Brien", true),
            ("Müller-Maß Eva", "Eva Müller Maß", true),
            ("Groß Änne", "Anne Gross", true),
            ("Acme", "ACME.", true),
            ("Müller", "Müller Jörg", false),
            ("Müller Jörg", "Müller Eva", false),
            ("Müller Jörg", "Müller Jörg-Peter", true),
            ("", "Müller", false),
            ("한국", "한국 철수", false),
        ] {
            let (one, other) = (NameWords::of(one), NameWords::of(other));
            assert_eq!(
                (one.is_same_person(&other), other.is_same_person(&one)),
                (is_same, is_same),
                "{one:?} {other:?}"
            );
        }
    }
}
