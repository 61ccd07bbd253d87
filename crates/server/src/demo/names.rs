//! The dictionaries of the demo address book: names, places, phone number patterns and trades by language.
//!
//! A [`Language`] is source text: entries are separated by white space, `_` stands for a space inside an entry,
//! `male/female` gives a feminine form that no rule yields, and `text:ascii` an ASCII spelling that the
//! transliteration does not yield. A [`Lexicon`] is its parsed form. Nothing here is random.

mod cyrillic;
mod eastern;
mod language;
mod latin;
mod northern;
pub mod trade;
mod transliteration;

pub use language::{Agreement, Doubling, Language, Script};
pub use transliteration::to_ascii;

/// Maximum length that one name takes in the local part of an e-mail address, in characters.
const ASCII_CHARS_MAX: usize = 24;

/// Every language with its share of the contacts, in thousandths; the shares add up to 1000.
pub const LANGUAGES: [(u64, &Language); 23] = [
    (330, &cyrillic::RUSSIAN),
    (80, &cyrillic::UKRAINIAN),
    (40, &cyrillic::KAZAKH),
    (100, &latin::ENGLISH),
    (55, &latin::GERMAN),
    (40, &latin::FRENCH),
    (45, &latin::SPANISH),
    (30, &latin::PORTUGUESE),
    (20, &latin::ITALIAN),
    (60, &eastern::ARABIC),
    (22, &eastern::CHINESE),
    (16, &eastern::JAPANESE),
    (12, &eastern::KOREAN),
    (8, &eastern::HEBREW),
    (12, &eastern::GREEK),
    (8, &eastern::GEORGIAN),
    (8, &eastern::ARMENIAN),
    (4, &eastern::HINDI),
    (15, &northern::DUTCH),
    (40, &northern::POLISH),
    (25, &northern::TURKISH),
    (20, &northern::SCANDINAVIAN),
    (10, &northern::VIETNAMESE),
];

/// A name and its ASCII spelling (possibly empty).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub ascii: String,
}

impl Word {
    fn parse(entry: &str) -> Self {
        let (text, ascii) = entry.split_once(':').unwrap_or((entry, ""));
        let text = text.replace('_', " ");
        let ascii = if ascii.is_empty() { to_ascii(&text, ASCII_CHARS_MAX) } else { ascii.to_owned() };
        Self { text, ascii }
    }
}

/// A name in its masculine and feminine form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub male: Word,
    pub female: Word,
}

impl Pair {
    fn parse(entry: &str, feminine: impl Fn(&str) -> String) -> Self {
        let (male, female) = match entry.split_once('/') {
            Some((male, female)) => (male.to_owned(), female.to_owned()),
            None => (entry.to_owned(), feminine(entry)),
        };
        Self { male: Word::parse(&male), female: Word::parse(&female) }
    }
}

/// The dictionary of one language, parsed.
#[derive(Debug)]
pub struct Lexicon {
    pub language: &'static Language,
    pub male: Vec<Word>,
    pub female: Vec<Word>,
    pub surnames: Vec<Pair>,
    pub patronymics: Vec<Pair>,
    pub roles: Vec<&'static str>,
    pub places: Vec<Word>,
    pub honorifics: Vec<&'static str>,
    pub phones: Vec<&'static str>,
}

impl Lexicon {
    /// Parses every entry of `language` and adds the feminine forms.
    pub fn of(language: &'static Language) -> Self {
        let words = |text: &'static str| text.split_whitespace().map(Word::parse).collect();
        let agreement = language.agreement;
        let surname = |entry| Pair::parse(entry, |male| feminine_surname(agreement, male));
        let patronymic = |entry| Pair::parse(entry, |male| feminine_patronymic(agreement, male));
        Self {
            language,
            male: words(language.male),
            female: words(language.female),
            surnames: language.surnames.split_whitespace().map(surname).collect(),
            patronymics: language.patronymics.split_whitespace().map(patronymic).collect(),
            roles: language.roles.lines().map(str::trim).collect(),
            places: words(language.places),
            honorifics: language.honorifics.split_whitespace().collect(),
            phones: language.phones.split_whitespace().collect(),
        }
    }
}

/// `male` with the first matching ending of `endings` replaced.
fn with_ending(male: &str, endings: &[(&str, &str)]) -> String {
    let found = endings.iter().find_map(|(from, to)| Some(male.strip_suffix(from)?.to_owned() + to));
    found.unwrap_or_else(|| male.to_owned())
}

fn feminine_surname(agreement: Agreement, male: &str) -> String {
    let possessive = [("ов", "ова"), ("ев", "ева"), ("ёв", "ёва"), ("ин", "ина"), ("ын", "ына")];
    match agreement {
        Agreement::Same => male.to_owned(),
        Agreement::Russian if male.ends_with("ский") => with_ending(male, &[("ский", "ская")]),
        Agreement::Russian => with_ending(male, &possessive),
        Agreement::Ukrainian => with_ending(male, &[("ський", "ська"), ("цький", "цька")]),
        Agreement::Kazakh => with_ending(male, &possessive),
        Agreement::Polish => with_ending(male, &[("ski", "ska"), ("cki", "cka"), ("dzki", "dzka")]),
    }
}

fn feminine_patronymic(agreement: Agreement, male: &str) -> String {
    match agreement {
        Agreement::Same | Agreement::Polish => male.to_owned(),
        Agreement::Russian => with_ending(male, &[("ович", "овна"), ("евич", "евна")]),
        Agreement::Ukrainian => with_ending(male, &[("йович", "ївна"), ("ьович", "івна"), ("ович", "івна")]),
        Agreement::Kazakh => with_ending(male, &[("ұлы", "қызы"), ("ович", "овна"), ("евич", "евна")]),
    }
}
