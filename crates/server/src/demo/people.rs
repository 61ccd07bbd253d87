//! The records of a demo address book: [`Tables`] of organizations, groups and employees, and any number of realistic
//! contacts.
//!
//! The seed and the number of contacts determine everything, on every platform and in every release. Contacts are
//! generated one at a time, so memory does not grow with their number. Nothing is stored here.

mod contact_points;
mod edge_cases;
mod rng;
mod spelling;
mod tables;
#[cfg(test)]
mod tests;

pub use tables::{EmployeeDraft, Tables, tables};

use super::names::{Doubling, LANGUAGES, Lexicon, Pair, Script, Word, to_ascii, trade};
use contact_points::Mailbox;
use rng::{Rng, Weighted};

/// Maximum length of the label that an organization's name gives its mail domain, in characters.
const DOMAIN_CHARS_MAX: usize = 30;

/// Maximum length of a double surname in an e-mail address, in characters: the local part may have 64.
const SURNAME_ASCII_CHARS_MAX: usize = 32;

/// The first contacts share nothing with the one before, so that a tiny book has as many scripts as possible.
const SHARED_FROM: u64 = 20;

/// A contact as the API takes it. Numbers are indices into the [`Tables`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactDraft {
    /// Last name.
    pub last_name: String,
    /// First name.
    pub first_name: Option<String>,
    /// Patronymic.
    pub patronymic: Option<String>,
    /// 0 to 10, without duplicates.
    pub emails: Vec<String>,
    /// 1 to 10 of 3 to 15 digits, without duplicates.
    pub phone_numbers: Vec<String>,
    /// Index in [`Tables::organizations`].
    pub organization: Option<usize>,
    /// Index in [`Tables::employees`].
    pub manager: Option<usize>,
    /// Indices in [`Tables::groups`], ascending.
    pub groups: Vec<usize>,
    /// Whether it belongs to the group "Blacklist".
    pub blacklisted: bool,
}

/// The contacts of one book, in the order of their creation.
#[derive(Debug)]
pub struct People {
    rng: Rng,
    contacts: u64,
    at: u64,
    lexicons: Vec<Lexicon>,
    shares: Vec<u64>,
    offset: u64,
    organization_sampler: OrganizationSampler,
    managers: Weighted,
    groups: Weighted,
    previous: Option<Previous>,
}

/// The contacts of a book with this number of contacts and these tables; equal arguments give equal contacts.
pub fn people(seed: u64, contacts: u64, tables: &Tables) -> People {
    let mut rng = Rng::new(seed.rotate_left(17) ^ contacts);
    let share = |sum: &mut u64, &(share, _): &(u64, _)| {
        *sum += share;
        Some(*sum)
    };
    let weight =
        |name: &String| trade::GROUPS.iter().find(|(known, _)| known == name).map_or(100, |&(_, weight)| weight);
    People {
        offset: rng.next(),
        rng,
        contacts,
        at: 0,
        lexicons: LANGUAGES.iter().map(|&(_, language)| Lexicon::of(language)).collect(),
        shares: LANGUAGES.iter().scan(0, share).collect(),
        organization_sampler: OrganizationSampler::of(&tables.organizations),
        managers: Weighted::by_rank(tables.employees.len()),
        groups: Weighted::new(tables.groups.iter().map(weight)),
        previous: None,
    }
}

impl Iterator for People {
    type Item = ContactDraft;

    fn next(&mut self) -> Option<ContactDraft> {
        if self.at >= self.contacts {
            return None;
        }
        let mut draft = self.contact();
        if let Some(edge_case) = self.edge_case() {
            edge_cases::write(edge_case, &mut draft);
        }
        self.at += 1;
        Some(draft)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.contacts - self.at).ok();
        (left.unwrap_or(usize::MAX), left)
    }
}

/// The contact before, which may share its surname, phone number or organization.
#[derive(Debug)]
struct Previous {
    language: usize,
    surname: usize,
    phone: String,
    organization: Option<usize>,
}

/// What kind of entry a contact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ContactKind {
    Person,
    /// A surname, perhaps with a title, and nothing else.
    SurnameOnly,
    /// A role or a place, such as "Reception".
    Role,
    Informal,
    SpecialCharacters,
}

impl ContactKind {
    fn sample(rng: &mut Rng) -> Self {
        match rng.below(10_000) {
            0..9_300 => Self::Person,
            9_300..9_560 => Self::SurnameOnly,
            9_560..9_965 => Self::Role,
            9_965..9_995 => Self::Informal,
            _ => Self::SpecialCharacters,
        }
    }
}

/// The names of a contact and how they are to_ascii in an e-mail address.
#[derive(Debug, Default)]
struct Naming {
    last: String,
    first: Option<String>,
    patronymic: Option<String>,
    last_ascii: String,
    first_ascii: String,
}

impl People {
    fn contact(&mut self) -> ContactDraft {
        let settled = self.at >= SHARED_FROM;
        let previous = self.previous.take().filter(|_| settled && self.rng.chance(35));
        let language = previous.as_ref().map_or_else(|| self.language(), |previous| previous.language);
        let relative_surname = previous.as_ref().filter(|_| self.rng.chance(500)).map(|previous| previous.surname);
        let surname = relative_surname.unwrap_or_else(|| self.surname(language));
        let kind = if relative_surname.is_some() { ContactKind::Person } else { ContactKind::sample(&mut self.rng) };
        let naming = self.naming(kind, language, surname);
        let organization = match &previous {
            Some(previous) if relative_surname.is_none() => previous.organization,
            _ => self.organization(language),
        };
        let phone_numbers = self.phones(language, previous.map(|previous| previous.phone));
        let phone = phone_numbers[0].clone();
        self.previous = Some(Previous { language, surname, phone, organization });
        self.draft(naming, phone_numbers, organization)
    }

    fn draft(&mut self, naming: Naming, phone_numbers: Vec<String>, organization: Option<usize>) -> ContactDraft {
        let count = contact_points::email_count(&mut self.rng);
        let work = organization.and_then(|at| self.organization_sampler.domain(at));
        let mailbox = Mailbox { first: &naming.first_ascii, last: &naming.last_ascii, work };
        let emails = mailbox.addresses(&mut self.rng, count);
        let manager = if self.rng.chance(550) { self.managers.sample(&mut self.rng) } else { None };
        let groups = self.memberships();
        let blacklisted = self.rng.chance(5);
        let Naming { last: last_name, first: first_name, patronymic, .. } = naming;
        ContactDraft {
            last_name,
            first_name,
            patronymic,
            emails,
            phone_numbers,
            organization,
            manager,
            groups,
            blacklisted,
        }
    }

    /// Steps by the golden ratio, which spreads the languages evenly over even ten contacts.
    fn language(&self) -> usize {
        let turn = self.offset.wrapping_add(self.at.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mark = Rng::scaled(turn, 1000);
        self.shares.partition_point(|&sum| sum <= mark)
    }

    fn surname(&mut self, language: usize) -> usize {
        let rarest = self.rng.index(self.lexicons[language].surnames.len());
        self.rng.index(rarest + 1)
    }

    fn naming(&mut self, kind: ContactKind, language: usize, surname: usize) -> Naming {
        let (rng, lexicon) = (&mut self.rng, &self.lexicons[language]);
        let bare = |last: String| Naming { last, ..Naming::default() };
        match kind {
            ContactKind::Person => person(rng, lexicon, surname),
            ContactKind::SurnameOnly => surname_only(rng, lexicon, surname),
            ContactKind::Role => bare(role(rng, lexicon)),
            ContactKind::Informal => bare((*rng.choose(&trade::INFORMAL)).to_owned()),
            ContactKind::SpecialCharacters => bare((*rng.choose(&trade::SPECIAL_CHARACTERS)).to_owned()),
        }
    }

    fn organization(&mut self, language: usize) -> Option<usize> {
        let script = self.lexicons[language].language.script;
        if self.rng.chance(650) { self.organization_sampler.sample(&mut self.rng, script) } else { None }
    }

    fn phones(&mut self, language: usize, shared: Option<String>) -> Vec<String> {
        let rng = &mut self.rng;
        let count = contact_points::phone_count(rng);
        let mut list = Vec::with_capacity(count);
        list.extend(shared);
        if list.is_empty() && rng.chance(12) {
            list.push(contact_points::extension(rng));
        }
        let missing = count - list.len().min(count);
        contact_points::add_phones(rng, &self.lexicons[language].phones, missing, &mut list);
        list
    }

    fn memberships(&mut self) -> Vec<usize> {
        let mut list = Vec::new();
        let mut more = self.rng.chance(700);
        while more {
            list.extend(self.groups.sample(&mut self.rng));
            more = self.rng.chance(450);
        }
        list.sort_unstable();
        list.dedup();
        list
    }

    /// The edge case at this position: there is one in each of as many equal sections.
    fn edge_case(&self) -> Option<u64> {
        let section = self.contacts.checked_div(edge_cases::count(self.contacts))?;
        let turn = self.at / section;
        let place = Rng::new(self.offset ^ turn).below(section);
        let is_here = turn < edge_cases::count(self.contacts) && self.at % section == place;
        is_here.then(|| turn.wrapping_add(self.offset >> 32))
    }
}

fn person(rng: &mut Rng, lexicon: &Lexicon, surname: usize) -> Naming {
    let female = rng.chance(490);
    let form = |pair: &'_ Pair| {
        if female { pair.female.clone() } else { pair.male.clone() }
    };
    let first: &Word = rng.common(if female { &lexicon.female } else { &lexicon.male });
    let Word { text: mut last, ascii: mut last_ascii } = form(&lexicon.surnames[surname]);
    if let Some(between) = separator(rng, lexicon.language.doubling) {
        let second = form(rng.choose(&lexicon.surnames));
        last = format!("{last}{between}{}", second.text);
        last_ascii = last_ascii + "-" + &second.ascii;
        last_ascii.truncate(SURNAME_ASCII_CHARS_MAX);
        last_ascii.truncate(last_ascii.trim_end_matches('-').len());
    }
    let percent = if lexicon.patronymics.is_empty() { 0 } else { lexicon.language.patronymic_percent };
    let patronymic = rng.chance(percent * 10).then(|| rng.common(&lexicon.patronymics));
    let patronymic = patronymic.map(|pair| form(pair).text);
    let first_text = spelling::with_initial(rng, lexicon.language.script, &first.text);
    let mut naming = Naming { last, first: Some(first_text), patronymic, last_ascii, first_ascii: first.ascii.clone() };
    spelling::vary_spelling(rng, lexicon.language.script, &mut naming.last, &mut naming.first);
    naming
}

fn separator(rng: &mut Rng, doubling: Doubling) -> Option<&'static str> {
    match doubling {
        Doubling::Never => None,
        Doubling::Hyphen => rng.chance(35).then_some("-"),
        Doubling::Space => rng.chance(400).then_some(" "),
    }
}

fn surname_only(rng: &mut Rng, lexicon: &Lexicon, surname: usize) -> Naming {
    let Word { text, ascii } = lexicon.surnames[surname].male.clone();
    let titled = rng.chance(400) && !lexicon.honorifics.is_empty();
    let last = if titled { format!("{} {text}", rng.choose(&lexicon.honorifics)) } else { text };
    Naming { last, last_ascii: ascii, ..Naming::default() }
}

fn role(rng: &mut Rng, lexicon: &Lexicon) -> String {
    let role = *rng.choose(&lexicon.roles);
    let place = &rng.choose(&lexicon.places).text;
    match rng.below(10) {
        0..5 => role.to_owned(),
        5..8 => format!("{role} {place}"),
        8 => format!("{role} ({place})"),
        _ => format!("{place}: {role}"),
    }
}

/// The organizations by script, each with its weight and its mail domain.
#[derive(Debug)]
struct OrganizationSampler {
    domains: Vec<Option<String>>,
    all: Weighted,
    /// Indices of the organizations of one script, and their shares; in the order of [`Script`].
    by_script: [(Vec<usize>, Weighted); 5],
}

impl OrganizationSampler {
    fn of(organizations: &[String]) -> Self {
        let by_script = [Script::Cyrillic, Script::Latin, Script::Arabic, Script::Han, Script::Other].map(|script| {
            let members = organizations.iter().enumerate().filter(|(_, name)| Script::of(name) == script);
            let members: Vec<usize> = members.map(|(at, _)| at).collect();
            let shares = Weighted::by_rank(members.len());
            (members, shares)
        });
        let domains = organizations.iter().map(|name| domain(name)).collect();
        Self { domains, all: Weighted::by_rank(organizations.len()), by_script }
    }

    /// An organization, mostly one whose name is in the script of the contact.
    fn sample(&self, rng: &mut Rng, script: Script) -> Option<usize> {
        let other_script = rng.chance(150);
        let (members, shares) = &self.by_script[script as usize];
        match shares.sample(rng) {
            Some(sampled) if !other_script => Some(members[sampled]),
            _ => self.all.sample(rng),
        }
    }

    fn domain(&self, at: usize) -> Option<&str> {
        self.domains.get(at)?.as_deref()
    }
}

fn domain(organization: &str) -> Option<String> {
    let label = to_ascii(&organization.replace(' ', "-"), DOMAIN_CHARS_MAX);
    (label.len() >= 3).then(|| label + ".example")
}
