//! What columns hold, by their names and a sample of their cells.

use super::part::Part;
use super::vocabulary::{Meaning, VOCABULARY, folded};
use crate::values::{self, PhoneNumber};

/// How many cells of a column are looked at.
const CELLS_LOOKED_AT: usize = 100;
/// Of ten cells, how many have to be numbers for the column to be one of numbers.
const OF_TEN: usize = 8;
/// What people write where there is nothing, in lower case.
const PLACEHOLDERS: [&str; 12] =
    ["n/a", "na", "none", "null", "nil", "unknown", "нет", "немає", "keine", "brak", "aucun", "geen"];
/// Fewest digits of a cell that looks like a phone number whatever its column is called.
const CERTAIN_DIGITS_MIN: usize = 9;
/// Fewest digits of a number that is no internal number.
const WHOLE_DIGITS_MIN: usize = 7;

/// What the cells of a column look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Likeness {
    cells: usize,
    phones: usize,
    whole_phones: usize,
    certain_phones: usize,
    emails: usize,
}

impl Likeness {
    /// By one cell.
    pub(super) fn of_cell(cell: &str) -> Self {
        Self::of_cells(std::iter::once(cell))
    }

    /// By the cells at one place of some rows.
    pub(super) fn of(place: usize, sample: &[csv::StringRecord]) -> Self {
        Self::of_cells(sample.iter().filter_map(|row| row.get(place)))
    }

    fn of_cells<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let cells = cells.map(super::unguarded);
        let mut likeness = Self::default();
        // Dashes and the like stand for nothing.
        let is_filled = |cell: &&str| cell.chars().any(char::is_alphanumeric) && !is_placeholder(cell);
        for cell in cells.filter(is_filled).take(CELLS_LOOKED_AT) {
            likeness.cells += 1;
            let has_letters = cell.chars().any(char::is_alphabetic);
            if cell.contains('@') {
                likeness.emails += usize::from(!values::emails(cell).values.is_empty());
            } else if !cell.contains(':') || has_letters {
                let numbers = values::phones(cell).values;
                let digits =
                    numbers.iter().map(|number| number.as_str().trim_start_matches('+').len()).max().unwrap_or(0);
                let is_international = numbers.iter().any(PhoneNumber::is_international);
                let is_certain = is_international || (digits >= CERTAIN_DIGITS_MIN && !has_letters);
                likeness.phones += usize::from(!numbers.is_empty());
                likeness.whole_phones += usize::from(is_certain || (digits >= WHOLE_DIGITS_MIN && !has_letters));
                likeness.certain_phones += usize::from(is_certain);
            }
        }
        likeness
    }

    fn is_most(self, count: usize) -> bool {
        self.cells > 0 && count * 10 >= self.cells * OF_TEN
    }

    /// What nearly all cells are, where the name of the column allows for it.
    fn loosely(self) -> Option<Part> {
        if self.is_most(self.emails) {
            Some(Part::Email)
        } else if self.is_most(self.phones) {
            Some(Part::Phone)
        } else {
            None
        }
    }

    /// The same, where internal numbers are no numbers.
    fn whole(self) -> Option<Part> {
        self.loosely().filter(|part| *part == Part::Email || self.is_most(self.whole_phones))
    }

    /// What nearly all cells look like whatever the column is called. Ids are no numbers to call.
    pub(super) fn strictly(self, name: &str) -> Option<Part> {
        let folded = folded(name);
        let mut words = name.split(|letter: char| !letter.is_alphanumeric());
        let is_id = folded.ends_with("id")
            || folded.starts_with("id")
            || words.any(|word| word.eq_ignore_ascii_case("id") || word.eq_ignore_ascii_case("ids"));
        if self.is_most(self.emails) {
            Some(Part::Email)
        } else if self.is_most(self.certain_phones) && !is_id {
            Some(Part::Phone)
        } else {
            None
        }
    }
}

/// Whether a cell says that there is nothing.
fn is_placeholder(cell: &str) -> bool {
    let plain = cell.trim_matches(|letter: char| !letter.is_alphanumeric());
    PLACEHOLDERS.iter().any(|word| plain.to_lowercase() == *word)
}

/// How well the vocabulary knows the name of a column: a word in it may be there by chance.
pub(super) fn certainty(name: &str) -> usize {
    match (VOCABULARY.meaning(name), VOCABULARY.by_words(name)) {
        (Some(_), _) => 3,
        (None, Some(_)) => 1,
        (None, None) => 0,
    }
}

/// Whether the vocabulary knows the name of a column letter by letter.
pub(super) fn is_spelt(name: &str) -> bool {
    VOCABULARY.is_spelt(name)
}

/// What each column holds.
pub(super) fn parts(header: &[String], likenesses: &[Likeness]) -> Vec<Option<Part>> {
    let meanings: Vec<Option<Meaning>> = header.iter().map(|name| VOCABULARY.meaning(name)).collect();
    let mut parts: Vec<Option<Part>> = Vec::with_capacity(header.len());
    for ((name, meaning), likeness) in header.iter().zip(&meanings).zip(likenesses) {
        parts.push(match meaning {
            Some(Meaning::Known(part)) => Some(*part),
            Some(Meaning::ByContent) => likeness.loosely(),
            Some(Meaning::WholeByContent) => likeness.whole(),
            Some(Meaning::Name | Meaning::IfNone(_)) => None,
            None => by_words(name, *likeness),
        });
    }
    resolve_names(&meanings, &mut parts);
    for (place, meaning) in meanings.iter().enumerate() {
        if let Some(Meaning::IfNone(part)) = meaning
            && !parts.contains(&Some(*part))
        {
            parts[place] = Some(*part);
        }
    }
    parts
}

/// By the words in an unknown name, if the cells do not speak against it.
fn by_words(name: &str, likeness: Likeness) -> Option<Part> {
    let part = VOCABULARY.by_words(name)?;
    let count = if part == Part::Email { likeness.emails } else { likeness.phones };
    (likeness.cells == 0 || likeness.is_most(count)).then_some(part)
}

/// A column `Name` holds last names if another one holds first names and none holds last names, and full names
/// otherwise.
fn resolve_names(meanings: &[Option<Meaning>], parts: &mut [Option<Part>]) {
    let has = |parts: &[Option<Part>], wanted: Part| parts.contains(&Some(wanted));
    for (place, _) in meanings.iter().enumerate().filter(|(_, meaning)| **meaning == Some(Meaning::Name)) {
        let is_last = has(parts, Part::FirstName) && !has(parts, Part::LastName);
        parts[place] = Some(if is_last { Part::LastName } else { Part::FullName });
    }
}
