//! The names of columns that are known, read from `vocabulary.txt`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::part::{MEMBERS, Part, Separator};

/// The sections of the vocabulary, each as a text of names separated by bars.
const TEXT: &str = include_str!("vocabulary.txt");

/// What a name says of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It holds this.
    Known(Part),
    /// It holds this if no other column does.
    IfNone(Part),
    /// It holds a full name, or a last name beside first names.
    Name,
    /// Its cells tell whether it holds numbers or addresses.
    ByContent,
    /// The same, where internal numbers are no numbers.
    WholeByContent,
}

/// The vocabulary, prepared for look-ups.
pub(super) struct Vocabulary {
    names: HashMap<String, Meaning>,
    /// The names in lower case, with their diacritics.
    spelt: HashSet<String>,
    /// Words that make a column one of phone numbers, faxes, e-mail addresses if its cells are.
    words: Vec<(String, Part)>,
    foreign: Vec<String>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// The vocabulary of this program.
pub(super) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::read(TEXT));

impl Vocabulary {
    fn read(text: &str) -> Self {
        let mut all = Self {
            names: HashMap::new(),
            spelt: HashSet::new(),
            words: Vec::new(),
            foreign: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
        };
        for (name, part) in MEMBERS {
            all.names.insert(folded(name), Meaning::Known(part));
        }
        let mut section = "";
        for line in
            text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "#" && !line.starts_with("# "))
        {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(name) => section = name,
                None => line.split('|').map(str::trim).for_each(|name| all.add(section, name)),
            }
        }
        all
    }

    fn add(&mut self, section: &str, name: &str) {
        match section {
            "phone words" => self.words.push((folded(name), Part::Phone)),
            "fax words" => self.words.push((folded(name), Part::Fax)),
            "email words" => self.words.push((folded(name), Part::Email)),
            "foreign words" => self.foreign.push(folded(name)),
            "prefixes" => self.prefixes.push(folded(name)),
            "suffixes" => self.suffixes.push(folded(name)),
            _ => {
                if let Some(meaning) = meaning(section) {
                    // The member names of the API go before other programs' names.
                    self.names.entry(folded(name)).or_insert(meaning);
                    self.spelt.insert(name.to_lowercase());
                }
            }
        }
    }

    /// What the name of a column says. Prefixes such as `Person - ` and suffixes such as `(contact)` are left out if
    /// the name is not known with them.
    pub(super) fn meaning(&self, name: &str) -> Option<Meaning> {
        let folded = folded(name);
        let shorter = |name: &str| {
            let unprefixed = self.prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str()));
            let unsuffixed = self.suffixes.iter().find_map(|suffix| name.strip_suffix(suffix.as_str()));
            unprefixed.or(unsuffixed).map(str::to_owned)
        };
        self.exact(&folded).or_else(|| self.exact(&shorter(&folded)?))
    }

    fn exact(&self, folded: &str) -> Option<Meaning> {
        let unnumbered = folded.trim_end_matches('#');
        [folded, unnumbered].iter().find_map(|name| self.names.get(*name)).copied()
    }

    /// Whether the name of a column is known with its diacritics, which tell one encoding from another.
    pub(super) fn is_spelt(&self, name: &str) -> bool {
        self.spelt.contains(&name.trim().to_lowercase())
    }

    /// What the words in a name say that its column may hold.
    pub(super) fn by_words(&self, name: &str) -> Option<Part> {
        let folded = folded(name);
        let has = |word: &String| folded.contains(word.as_str());
        if self.foreign.iter().any(has) {
            return None;
        }
        // A fax is a phone, too: `Fax phone number`.
        let found = |wanted: Part| self.words.iter().any(|(word, part)| *part == wanted && has(word));
        [Part::Email, Part::Fax, Part::Phone].into_iter().find(|part| found(*part))
    }

    /// The names that are known and their meaning.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, Meaning)> {
        self.names.iter().map(|(name, meaning)| (name.as_str(), *meaning))
    }
}

fn meaning(section: &str) -> Option<Meaning> {
    Some(match section {
        "last_name" => Meaning::Known(Part::LastName),
        "first_name" => Meaning::Known(Part::FirstName),
        "patronymic" => Meaning::Known(Part::Patronymic),
        "full_name" => Meaning::Known(Part::FullName),
        "nickname" => Meaning::Known(Part::Nickname),
        "emails" => Meaning::Known(Part::Email),
        "phone_numbers" => Meaning::Known(Part::Phone),
        "fax" => Meaning::Known(Part::Fax),
        "personal_manager_full_name" => Meaning::Known(Part::Manager),
        "organization_name" => Meaning::Known(Part::Organization),
        "groups lines" => Meaning::Known(Part::Groups(Separator::Lines)),
        "groups colons" => Meaning::Known(Part::Groups(Separator::Colons)),
        "groups semicolons" => Meaning::Known(Part::Groups(Separator::Semicolons)),
        "groups commas" => Meaning::Known(Part::Groups(Separator::Commas)),
        "organization_name if none" => Meaning::IfNone(Part::Organization),
        "last_name if none" => Meaning::IfNone(Part::LastName),
        "name" => Meaning::Name,
        "by content" => Meaning::ByContent,
        "whole numbers by content" => Meaning::WholeByContent,
        _ => return None,
    })
}

/// What makes two names of columns the same: letters in lower case and without diacritics, `#` for every number,
/// nothing else.
pub(super) fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    let lower = name.to_lowercase();
    for letter in lower.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            '0'..='9' | '#' if folded.ends_with('#') => {}
            '0'..='9' | '#' => folded.push('#'),
            'ß' => folded.push_str("ss"),
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            // An apostrophe that counts as a letter.
            'ʼ' | 'ʹ' => {}
            letter if letter.is_alphanumeric() => folded.push(letter),
            _ => {}
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_known_and_no_name_is_in_two() {
        let special = ["phone words", "fax words", "email words", "foreign words", "prefixes", "suffixes"];
        let mut section = "";
        let mut seen: HashMap<String, &str> = HashMap::new();
        for line in TEXT.lines().filter(|line| !line.is_empty() && *line != "#" && !line.starts_with("# ")) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                assert!(special.contains(&name) || meaning(name).is_some(), "{name}");
                section = name;
                continue;
            }
            for name in line.split('|').map(folded).filter(|_| !special.contains(&section)) {
                assert!(!name.is_empty(), "{line}");
                let before = seen.insert(name.clone(), section);
                assert!(before.is_none_or(|before| before == section), "{name} is in {before:?} and {section}");
            }
        }
        assert!(seen.len() > 400, "{}", seen.len());
    }

    #[test]
    fn names_are_compared_without_case_blanks_punctuation_and_diacritics() {
        for (one, other) in [
            ("E-Mail 2: Adresse", "email 7 ADRESSE"),
            ("Téléphone (bureau)", "telephone bureau"),
            ("İş Telefonu", "is telefonu"),
            ("Імʼя", "Ім'я"),
            ("Straße", "strasse"),
        ] {
            assert_eq!(folded(one), folded(other));
        }
    }
}
