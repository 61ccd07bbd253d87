//! Whom the contacts of a demo book refer to: organizations, groups and employees.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::reach::{self, Mailbox};
use crate::demo::names::{Lexicon, Pair, Script, TONGUES, Word, trade};

/// Organizations of one book.
const ORGANIZATIONS_MAX: u64 = 20_000;
/// Employees of one book.
const EMPLOYEES_MAX: u64 = 300;

/// Everything a book's contacts refer to by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// No two alike even when case is ignored; the first ones employ the most.
    pub organizations: Vec<String>,
    /// No two alike, none called "Blacklist".
    pub groups: Vec<String>,
    /// The staff.
    pub employees: Vec<EmployeeDraft>,
}

/// An employee as the API takes it; phones are digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployeeDraft {
    /// Last name.
    pub last_name: String,
    /// First name.
    pub first_name: Option<String>,
    /// Patronymic.
    pub patronymic: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone numbers, digits.
    pub phone_numbers: Vec<String>,
}

/// The cast of a book of `contacts` contacts; the same for the same arguments, everywhere.
pub fn cast(seed: u64, contacts: u64) -> Cast {
    let mut dice = Dice::new(seed ^ contacts.rotate_left(32) ^ 0xCA57);
    let lexicons: Vec<Lexicon> = TONGUES.iter().map(|&(_, tongue)| Lexicon::of(tongue)).collect();
    Cast {
        organizations: organizations(&mut dice, &lexicons, (contacts / 60).clamp(3, ORGANIZATIONS_MAX)),
        groups: trade::GROUPS[..group_count(contacts)].iter().map(|&(name, _)| name.to_owned()).collect(),
        employees: employees(&mut dice, &lexicons, (5 + contacts.isqrt() * 3 / 10).min(EMPLOYEES_MAX)),
    }
}

/// 6 for ten contacts, 12 for a thousand, 40 for a million.
fn group_count(contacts: u64) -> usize {
    let doublings = contacts.max(1).ilog2() as usize;
    let count = if doublings <= 9 { 3 + doublings } else { 12 + (doublings - 9) * 28 / 10 };
    count.min(trade::GROUPS.len())
}

fn organizations(dice: &mut Dice, lexicons: &[Lexicon], count: u64) -> Vec<String> {
    let count = usize::try_from(count).expect("at most ORGANIZATIONS_MAX");
    let start = dice.index(4);
    let mut known = BTreeSet::new();
    let mut list: Vec<String> = Vec::with_capacity(count);
    let landmarks = (0..trade::LANDMARKS.len()).map(|at| trade::LANDMARKS[(start + at) % trade::LANDMARKS.len()]);
    let mut landmarks = landmarks.map(str::to_owned);
    let register = Register::new(lexicons);
    while list.len() < count {
        let name = landmarks.next().unwrap_or_else(|| register.name(dice));
        if known.insert(name.to_lowercase()) {
            list.push(name);
        }
    }
    list
}

/// What organization names are composed from.
struct Register<'a> {
    owners: Vec<&'a Word>,
    russian: &'a [Pair],
    cyrillic_places: Vec<&'a Word>,
    latin_places: Vec<&'a Word>,
}

impl<'a> Register<'a> {
    fn new(lexicons: &'a [Lexicon]) -> Self {
        let of = |script| lexicons.iter().filter(move |lexicon| lexicon.tongue.script == script);
        Self {
            owners: of(Script::Latin).flat_map(|lexicon| &lexicon.surnames).map(|pair| &pair.male).collect(),
            russian: &lexicons[0].surnames,
            cyrillic_places: of(Script::Cyrillic).flat_map(|lexicon| &lexicon.places).collect(),
            latin_places: of(Script::Latin).flat_map(|lexicon| &lexicon.places).collect(),
        }
    }

    fn name(&self, dice: &mut Dice) -> String {
        match dice.below(100) {
            0..46 => self.cyrillic(dice),
            46..92 => self.latin(dice),
            92..96 => composed(dice, &trade::ARABIC_FORMS, trade::ARABIC_STEMS),
            _ => composed(dice, &trade::HAN_FORMS, trade::HAN_STEMS),
        }
    }

    fn cyrillic(&self, dice: &mut Dice) -> String {
        let form = dice.one(&trade::CYRILLIC_FORMS);
        let stem = word(dice, trade::CYRILLIC_STEMS);
        let place = &dice.one(&self.cyrillic_places).text;
        let trade = word(dice, trade::CYRILLIC_TRADES);
        match dice.below(10) {
            0..3 => form.replace("{}", &format!("{stem}-{place}")),
            3..5 => form.replace("{}", &format!("{stem}{}", word(dice, trade::CYRILLIC_TRADES).to_lowercase())),
            5..7 => form.replace("{}", &format!("{place}{}", trade.to_lowercase())),
            7..9 => form.replace("{}", &format!("{trade}{}", word(dice, trade::CYRILLIC_TRADES).to_lowercase())),
            _ => self.sole_trader(dice),
        }
    }

    fn sole_trader(&self, dice: &mut Dice) -> String {
        const INITIALS: [&str; 16] =
            ["А.", "Б.", "В.", "Г.", "Д.", "Е.", "И.", "К.", "Л.", "М.", "Н.", "О.", "П.", "Р.", "С.", "Т."];
        let surname = dice.one(self.russian);
        let surname = if dice.chance(500) { &surname.male } else { &surname.female };
        format!("ИП {} {} {}", surname.text, dice.one(&INITIALS), dice.one(&INITIALS))
    }

    fn latin(&self, dice: &mut Dice) -> String {
        let form = dice.one(&trade::LATIN_FORMS);
        let owner = &dice.one(&self.owners).text;
        let partner = &dice.one(&self.owners).text;
        let place = &dice.one(&self.latin_places).text;
        let trade = word(dice, trade::LATIN_TRADES);
        let inner = match dice.below(10) {
            0..4 => format!("{owner} {trade}"),
            4..6 => format!("{owner} & {partner}"),
            6..9 => format!("{place} {trade}"),
            _ => format!("{owner} \"{place}\" {trade}"),
        };
        form.replace("{}", &inner)
    }
}

fn word<'t>(dice: &mut Dice, text: &'t str) -> &'t str {
    let count = text.split_whitespace().count();
    text.split_whitespace().nth(dice.index(count)).unwrap_or_default()
}

fn composed(dice: &mut Dice, forms: &[&str], stems: &str) -> String {
    let (one, two) = (word(dice, stems), word(dice, stems));
    let stem = if one == two || dice.chance(300) { one.to_owned() } else { format!("{one}{two}") };
    dice.one(forms).replace("{}", &stem)
}

/// The languages of the staff, as places of [`TONGUES`]: half Russian, some English, a few more.
const LANGUAGES: [usize; 12] = [0, 0, 0, 0, 0, 0, 3, 3, 1, 2, 4, 9];

fn employees(dice: &mut Dice, lexicons: &[Lexicon], count: u64) -> Vec<EmployeeDraft> {
    let mut known = BTreeSet::new();
    let mut list = Vec::new();
    while (list.len() as u64) < count {
        let language = *dice.one(&LANGUAGES);
        let draft = employee(dice, &lexicons[language]);
        if known.insert((draft.last_name.clone(), draft.first_name.clone(), draft.patronymic.clone())) {
            list.push(draft);
        }
    }
    list
}

fn employee(dice: &mut Dice, lexicon: &Lexicon) -> EmployeeDraft {
    let female = dice.chance(500);
    let form = |pair: &Pair| {
        if female { pair.female.clone() } else { pair.male.clone() }
    };
    let first = dice.common(if female { &lexicon.female } else { &lexicon.male });
    let last = form(dice.common(&lexicon.surnames));
    let patronymic = dice.chance(lexicon.tongue.patronymic_percent * 10) && !lexicon.patronymics.is_empty();
    let patronymic = patronymic.then(|| form(dice.common(&lexicon.patronymics)).text);
    let mailbox = Mailbox { first: &first.ascii, last: &last.ascii, work: Some("ringbook.example") };
    let email = dice.chance(850).then(|| mailbox.addresses(dice, 1).remove(0));
    let mut phone_numbers = vec![reach::extension(dice)];
    if dice.chance(600) {
        reach::add_phones(dice, &lexicon.phones, 1, &mut phone_numbers);
    }
    EmployeeDraft { last_name: last.text, first_name: Some(first.text.clone()), patronymic, email, phone_numbers }
}
