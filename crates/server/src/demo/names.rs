//! The dictionaries of the demo address book: names, places, phone plans and trades by language.
//!
//! A [`Tongue`] is text as a person edits it: entries apart by white space, `_` for a space inside
//! an entry, `male/female` where no rule gives the feminine, `text:ascii` where the letters do not
//! spell themselves. A [`Lexicon`] is the same made ready for drawing. Nothing here is random.

mod cyrillic;
mod eastern;
mod latin;
mod northern;
mod roman;
pub mod trade;

pub use roman::spelled;

/// Letters of an e-mail's local part that one name may give.
const ASCII_CHARS_MAX: usize = 24;

/// Which organizations a contact most likely works for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Cyrillic,
    Latin,
    Arabic,
    Han,
    Other,
}

impl Script {
    /// The script of the first telling letter; Latin when no other is met.
    pub fn of(text: &str) -> Self {
        let telling = |letter: char| match letter {
            'Ѐ'..='ӿ' => Some(Self::Cyrillic),
            '\u{0600}'..='\u{06FF}' => Some(Self::Arabic),
            '\u{3040}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' => Some(Self::Han),
            '\u{0370}'..='\u{03FF}' | '\u{0530}'..='\u{05FF}' | '\u{0900}'..='\u{10FF}' => Some(Self::Other),
            _ => None,
        };
        text.chars().find_map(telling).unwrap_or(Self::Latin)
    }
}

/// How surnames and patronymics follow the bearer's gender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    Same,
    Russian,
    Ukrainian,
    Kazakh,
    Polish,
}

/// How two surnames are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubling {
    Never,
    Hyphen,
    Space,
}

/// One language's dictionary as written down.
#[derive(Debug)]
pub struct Tongue {
    pub script: Script,
    pub agreement: Agreement,
    pub doubling: Doubling,
    /// How many of a hundred contacts with a first name have a patronymic or a middle name.
    pub patronymic_percent: u64,
    pub male: &'static str,
    pub female: &'static str,
    pub surnames: &'static str,
    pub patronymics: &'static str,
    /// One per line: contacts that are a place or a duty rather than a person.
    pub roles: &'static str,
    pub places: &'static str,
    pub honorifics: &'static str,
    /// `#` is any digit, `N` one of 2…9.
    pub phones: &'static str,
}

/// Every language with its share of the contacts, in thousandths; the shares add up to 1000.
pub const TONGUES: [(u64, &Tongue); 23] = [
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
        let ascii = if ascii.is_empty() { spelled(&text, ASCII_CHARS_MAX) } else { ascii.to_owned() };
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

/// One language's dictionary, ready for drawing.
#[derive(Debug)]
pub struct Lexicon {
    pub tongue: &'static Tongue,
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
    /// Every entry of `tongue` parsed and declined.
    pub fn of(tongue: &'static Tongue) -> Self {
        let words = |text: &'static str| text.split_whitespace().map(Word::parse).collect();
        let agreement = tongue.agreement;
        let surname = |entry| Pair::parse(entry, |male| feminine_surname(agreement, male));
        let patronymic = |entry| Pair::parse(entry, |male| feminine_patronymic(agreement, male));
        Self {
            tongue,
            male: words(tongue.male),
            female: words(tongue.female),
            surnames: tongue.surnames.split_whitespace().map(surname).collect(),
            patronymics: tongue.patronymics.split_whitespace().map(patronymic).collect(),
            roles: tongue.roles.lines().map(str::trim).collect(),
            places: words(tongue.places),
            honorifics: tongue.honorifics.split_whitespace().collect(),
            phones: tongue.phones.split_whitespace().collect(),
        }
    }
}

/// `male` with the first ending of `endings` that it has replaced by that ending's partner.
fn reshaped(male: &str, endings: &[(&str, &str)]) -> String {
    let found = endings.iter().find_map(|(from, to)| Some(male.strip_suffix(from)?.to_owned() + to));
    found.unwrap_or_else(|| male.to_owned())
}

fn feminine_surname(agreement: Agreement, male: &str) -> String {
    let possessive = [("ов", "ова"), ("ев", "ева"), ("ёв", "ёва"), ("ин", "ина"), ("ын", "ына")];
    match agreement {
        Agreement::Same => male.to_owned(),
        Agreement::Russian if male.ends_with("ский") => reshaped(male, &[("ский", "ская")]),
        Agreement::Russian => reshaped(male, &possessive),
        Agreement::Ukrainian => reshaped(male, &[("ський", "ська"), ("цький", "цька")]),
        Agreement::Kazakh => reshaped(male, &possessive),
        Agreement::Polish => reshaped(male, &[("ski", "ska"), ("cki", "cka"), ("dzki", "dzka")]),
    }
}

fn feminine_patronymic(agreement: Agreement, male: &str) -> String {
    match agreement {
        Agreement::Same | Agreement::Polish => male.to_owned(),
        Agreement::Russian => reshaped(male, &[("ович", "овна"), ("евич", "евна")]),
        Agreement::Ukrainian => reshaped(male, &[("йович", "ївна"), ("ьович", "івна"), ("ович", "івна")]),
        Agreement::Kazakh => reshaped(male, &[("ұлы", "қызы"), ("ович", "овна"), ("евич", "евна")]),
    }
}
