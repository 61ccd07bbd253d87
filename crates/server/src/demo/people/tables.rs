//! The records that contacts of a demo book refer to: organizations, groups and employees.

use std::collections::BTreeSet;

use super::contact_points::{self, Mailbox};
use super::rng::Rng;
use crate::demo::names::{LANGUAGES, Lexicon, Pair, Script, Word, trade};

/// Maximum number of organizations in a book.
const ORGANIZATIONS_MAX: u64 = 20_000;
/// Maximum number of employees in a book.
const EMPLOYEES_MAX: u64 = 300;

/// The records that contacts refer to by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Names that differ also when case is ignored; the first ones have the most contacts.
    pub organizations: Vec<String>,
    /// Different names, none of them "Blacklist".
    pub groups: Vec<String>,
    /// The employees of the customer.
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

/// The tables of a book with this number of contacts; equal arguments give equal tables.
pub fn tables(seed: u64, contacts: u64) -> Tables {
    let mut rng = Rng::new(seed ^ contacts.rotate_left(32) ^ 0xCA57);
    let lexicons: Vec<Lexicon> = LANGUAGES.iter().map(|&(_, language)| Lexicon::of(language)).collect();
    Tables {
        organizations: organizations(&mut rng, &lexicons, (contacts / 60).clamp(3, ORGANIZATIONS_MAX)),
        groups: trade::GROUPS[..group_count(contacts)].iter().map(|&(name, _)| name.to_owned()).collect(),
        employees: employees(&mut rng, &lexicons, (5 + contacts.isqrt() * 3 / 10).min(EMPLOYEES_MAX)),
    }
}

/// 6 for ten contacts, 12 for a thousand, 40 for a million.
fn group_count(contacts: u64) -> usize {
    let doublings = contacts.max(1).ilog2() as usize;
    let count = if doublings <= 9 { 3 + doublings } else { 12 + (doublings - 9) * 28 / 10 };
    count.min(trade::GROUPS.len())
}

fn organizations(rng: &mut Rng, lexicons: &[Lexicon], count: u64) -> Vec<String> {
    let count = usize::try_from(count).expect("at most ORGANIZATIONS_MAX");
    let start = rng.index(4);
    let mut known = BTreeSet::new();
    let mut list: Vec<String> = Vec::with_capacity(count);
    let first = (0..trade::FIRST_ORGANIZATIONS.len())
        .map(|at| trade::FIRST_ORGANIZATIONS[(start + at) % trade::FIRST_ORGANIZATIONS.len()]);
    let mut first = first.map(str::to_owned);
    let names = OrganizationNames::new(lexicons);
    while list.len() < count {
        let name = first.next().unwrap_or_else(|| names.name(rng));
        if known.insert(name.to_lowercase()) {
            list.push(name);
        }
    }
    list
}

/// Generates names of organizations.
struct OrganizationNames<'a> {
    owners: Vec<&'a Word>,
    russian: &'a [Pair],
    cyrillic_places: Vec<&'a Word>,
    latin_places: Vec<&'a Word>,
}

impl<'a> OrganizationNames<'a> {
    fn new(lexicons: &'a [Lexicon]) -> Self {
        let of = |script| lexicons.iter().filter(move |lexicon| lexicon.language.script == script);
        Self {
            owners: of(Script::Latin).flat_map(|lexicon| &lexicon.surnames).map(|pair| &pair.male).collect(),
            russian: &lexicons[0].surnames,
            cyrillic_places: of(Script::Cyrillic).flat_map(|lexicon| &lexicon.places).collect(),
            latin_places: of(Script::Latin).flat_map(|lexicon| &lexicon.places).collect(),
        }
    }

    fn name(&self, rng: &mut Rng) -> String {
        match rng.below(100) {
            0..46 => self.cyrillic(rng),
            46..92 => self.latin(rng),
            92..96 => composed(rng, &trade::ARABIC_FORMS, trade::ARABIC_STEMS),
            _ => composed(rng, &trade::HAN_FORMS, trade::HAN_STEMS),
        }
    }

    fn cyrillic(&self, rng: &mut Rng) -> String {
        let form = rng.choose(&trade::CYRILLIC_FORMS);
        let stem = word(rng, trade::CYRILLIC_STEMS);
        let place = &rng.choose(&self.cyrillic_places).text;
        let trade = word(rng, trade::CYRILLIC_TRADES);
        match rng.below(10) {
            0..3 => form.replace("{}", &format!("{stem}-{place}")),
            3..5 => form.replace("{}", &format!("{stem}{}", word(rng, trade::CYRILLIC_TRADES).to_lowercase())),
            5..7 => form.replace("{}", &format!("{place}{}", trade.to_lowercase())),
            7..9 => form.replace("{}", &format!("{trade}{}", word(rng, trade::CYRILLIC_TRADES).to_lowercase())),
            _ => self.sole_trader(rng),
        }
    }

    fn sole_trader(&self, rng: &mut Rng) -> String {
        const INITIALS: [&str; 16] =
            ["А.", "Б.", "В.", "Г.", "Д.", "Е.", "И.", "К.", "Л.", "М.", "Н.", "О.", "П.", "Р.", "С.", "Т."];
        let surname = rng.choose(self.russian);
        let surname = if rng.chance(500) { &surname.male } else { &surname.female };
        format!("ИП {} {} {}", surname.text, rng.choose(&INITIALS), rng.choose(&INITIALS))
    }

    fn latin(&self, rng: &mut Rng) -> String {
        let form = rng.choose(&trade::LATIN_FORMS);
        let owner = &rng.choose(&self.owners).text;
        let partner = &rng.choose(&self.owners).text;
        let place = &rng.choose(&self.latin_places).text;
        let trade = word(rng, trade::LATIN_TRADES);
        let inner = match rng.below(10) {
            0..4 => format!("{owner} {trade}"),
            4..6 => format!("{owner} & {partner}"),
            6..9 => format!("{place} {trade}"),
            _ => format!("{owner} \"{place}\" {trade}"),
        };
        form.replace("{}", &inner)
    }
}

fn word<'t>(rng: &mut Rng, text: &'t str) -> &'t str {
    let count = text.split_whitespace().count();
    text.split_whitespace().nth(rng.index(count)).unwrap_or_default()
}

fn composed(rng: &mut Rng, forms: &[&str], stems: &str) -> String {
    let (one, two) = (word(rng, stems), word(rng, stems));
    let stem = if one == two || rng.chance(300) { one.to_owned() } else { format!("{one}{two}") };
    rng.choose(forms).replace("{}", &stem)
}

/// The languages of employees, as indices of [`LANGUAGES`]: half Russian, some English, a few more.
const EMPLOYEE_LANGUAGES: [usize; 12] = [0, 0, 0, 0, 0, 0, 3, 3, 1, 2, 4, 9];

fn employees(rng: &mut Rng, lexicons: &[Lexicon], count: u64) -> Vec<EmployeeDraft> {
    let mut known = BTreeSet::new();
    let mut list = Vec::new();
    while (list.len() as u64) < count {
        let language = *rng.choose(&EMPLOYEE_LANGUAGES);
        let draft = employee(rng, &lexicons[language]);
        if known.insert((draft.last_name.clone(), draft.first_name.clone(), draft.patronymic.clone())) {
            list.push(draft);
        }
    }
    list
}

fn employee(rng: &mut Rng, lexicon: &Lexicon) -> EmployeeDraft {
    let female = rng.chance(500);
    let form = |pair: &Pair| {
        if female { pair.female.clone() } else { pair.male.clone() }
    };
    let first = rng.common(if female { &lexicon.female } else { &lexicon.male });
    let last = form(rng.common(&lexicon.surnames));
    let patronymic = rng.chance(lexicon.language.patronymic_percent * 10) && !lexicon.patronymics.is_empty();
    let patronymic = patronymic.then(|| form(rng.common(&lexicon.patronymics)).text);
    let mailbox = Mailbox { first: &first.ascii, last: &last.ascii, work: Some("ringbook.example") };
    let email = rng.chance(850).then(|| mailbox.addresses(rng, 1).remove(0));
    let mut phone_numbers = vec![contact_points::extension(rng)];
    if rng.chance(600) {
        contact_points::add_phones(rng, &lexicon.phones, 1, &mut phone_numbers);
    }
    EmployeeDraft { last_name: last.text, first_name: Some(first.text.clone()), patronymic, email, phone_numbers }
}
