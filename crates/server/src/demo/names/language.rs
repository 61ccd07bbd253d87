//! What a dictionary says of a language, besides its names.

/// The script of a language or a name. Contacts mostly belong to organizations with names in their own script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Cyrillic,
    Latin,
    Arabic,
    Han,
    Other,
}

impl Script {
    /// The script of the first letter that belongs to one of these scripts; Latin otherwise.
    pub fn of(text: &str) -> Self {
        let script = |letter: char| match letter {
            'Ѐ'..='ӿ' => Some(Self::Cyrillic),
            '\u{0600}'..='\u{06FF}' => Some(Self::Arabic),
            '\u{3040}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' => Some(Self::Han),
            '\u{0370}'..='\u{03FF}' | '\u{0530}'..='\u{05FF}' | '\u{0900}'..='\u{10FF}' => Some(Self::Other),
            _ => None,
        };
        text.chars().find_map(script).unwrap_or(Self::Latin)
    }
}

/// The rule for feminine forms of surnames and patronymics.
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

/// The dictionary of one language, as source text.
#[derive(Debug)]
pub struct Language {
    pub script: Script,
    pub agreement: Agreement,
    pub doubling: Doubling,
    /// Percentage of contacts with a first name that have a patronymic or a middle name.
    pub patronymic_percent: u64,
    pub male: &'static str,
    pub female: &'static str,
    pub surnames: &'static str,
    pub patronymics: &'static str,
    /// One per line: contacts that are a place or a role rather than a person.
    pub roles: &'static str,
    pub places: &'static str,
    pub honorifics: &'static str,
    /// `#` is any digit, `N` one of 2…9.
    pub phones: &'static str,
}
