//! The people of a demo address book: a [`Cast`] of organizations, groups and employees, and any
//! number of contacts that look as if a busy office had typed them in over the years.
//!
//! Everything follows from the seed and the number of contacts; nothing depends on platform or
//! release. One contact at a time, so that a million need no memory. Nothing is stored here.

mod cameos;
mod cast;
mod dice;
mod reach;
mod spelling;
#[cfg(test)]
mod tests;

pub use cast::{Cast, EmployeeDraft, cast};

use super::names::{Doubling, Lexicon, Pair, Script, TONGUES, Word, spelled, trade};
use dice::{Dice, Weighted};
use reach::Mailbox;

/// Letters of an organization's name in its mail domain.
const DOMAIN_CHARS_MAX: usize = 30;

/// Letters of a double surname in an e-mail's local part, which with a first name stays under 64.
const SURNAME_ASCII_CHARS_MAX: usize = 32;

/// The first contacts share nothing, so that a tiny book shows as many scripts as it can.
const NEIGHBOURS_FROM: u64 = 20;

/// A contact as the API takes it. The numbers are indices of the [`Cast`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactDraft {
    /// Last name.
    pub last_name: String,
    /// First name.
    pub first_name: Option<String>,
    /// Patronymic.
    pub patronymic: Option<String>,
    /// 0…10, none twice.
    pub emails: Vec<String>,
    /// 1…10 of 3…15 digits, none twice.
    pub phone_numbers: Vec<String>,
    /// Place in [`Cast::organizations`].
    pub organization: Option<usize>,
    /// Place in [`Cast::employees`].
    pub manager: Option<usize>,
    /// Ascending.
    pub groups: Vec<usize>,
    /// Whether it belongs to the group of unwanted callers.
    pub blacklisted: bool,
}

/// The contacts of one book, in the order of their creation.
#[derive(Debug)]
pub struct People {
    dice: Dice,
    contacts: u64,
    at: u64,
    lexicons: Vec<Lexicon>,
    shares: Vec<u64>,
    spin: u64,
    employers: Employers,
    managers: Weighted,
    groups: Weighted,
    neighbour: Option<Neighbour>,
}

/// The contacts of a book of `contacts` contacts with that `cast`; the same for the same arguments.
pub fn people(seed: u64, contacts: u64, cast: &Cast) -> People {
    let mut dice = Dice::new(seed.rotate_left(17) ^ contacts);
    let share = |sum: &mut u64, &(share, _): &(u64, _)| {
        *sum += share;
        Some(*sum)
    };
    let weight =
        |name: &String| trade::GROUPS.iter().find(|(known, _)| known == name).map_or(100, |&(_, weight)| weight);
    People {
        spin: dice.next(),
        dice,
        contacts,
        at: 0,
        lexicons: TONGUES.iter().map(|&(_, tongue)| Lexicon::of(tongue)).collect(),
        shares: TONGUES.iter().scan(0, share).collect(),
        employers: Employers::of(&cast.organizations),
        managers: Weighted::by_rank(cast.employees.len()),
        groups: Weighted::new(cast.groups.iter().map(weight)),
        neighbour: None,
    }
}

impl Iterator for People {
    type Item = ContactDraft;

    fn next(&mut self) -> Option<ContactDraft> {
        if self.at >= self.contacts {
            return None;
        }
        let mut draft = self.contact();
        if let Some(cameo) = self.cameo() {
            cameos::put(cameo, &mut draft);
        }
        self.at += 1;
        Some(draft)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.contacts - self.at).ok();
        (left.unwrap_or(usize::MAX), left)
    }
}

/// The contact before, of whose household or office this one may be.
#[derive(Debug)]
struct Neighbour {
    language: usize,
    surname: usize,
    phone: String,
    organization: Option<usize>,
}

/// What kind of entry a contact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person,
    /// A surname, perhaps with a title, and nothing else.
    SurnameOnly,
    /// A duty or a place: "Reception".
    Role,
    Cheerful,
    Tricky,
}

impl Kind {
    fn draw(dice: &mut Dice) -> Self {
        match dice.below(10_000) {
            0..9_300 => Self::Person,
            9_300..9_560 => Self::SurnameOnly,
            9_560..9_965 => Self::Role,
            9_965..9_995 => Self::Cheerful,
            _ => Self::Tricky,
        }
    }
}

/// The names of a contact and how they are spelled in an e-mail address.
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
        let settled = self.at >= NEIGHBOURS_FROM;
        let neighbour = self.neighbour.take().filter(|_| settled && self.dice.chance(35));
        let language = neighbour.as_ref().map_or_else(|| self.language(), |neighbour| neighbour.language);
        let kin = neighbour.as_ref().filter(|_| self.dice.chance(500)).map(|neighbour| neighbour.surname);
        let surname = kin.unwrap_or_else(|| self.surname(language));
        let kind = if kin.is_some() { Kind::Person } else { Kind::draw(&mut self.dice) };
        let naming = self.naming(kind, language, surname);
        let organization = match &neighbour {
            Some(neighbour) if kin.is_none() => neighbour.organization,
            _ => self.organization(language),
        };
        let phone_numbers = self.phones(language, neighbour.map(|neighbour| neighbour.phone));
        let phone = phone_numbers[0].clone();
        self.neighbour = Some(Neighbour { language, surname, phone, organization });
        self.draft(naming, phone_numbers, organization)
    }

    fn draft(&mut self, naming: Naming, phone_numbers: Vec<String>, organization: Option<usize>) -> ContactDraft {
        let count = reach::email_count(&mut self.dice);
        let work = organization.and_then(|at| self.employers.domain(at));
        let mailbox = Mailbox { first: &naming.first_ascii, last: &naming.last_ascii, work };
        let emails = mailbox.addresses(&mut self.dice, count);
        let manager = if self.dice.chance(550) { self.managers.draw(&mut self.dice) } else { None };
        let groups = self.memberships();
        let blacklisted = self.dice.chance(5);
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

    /// Steps by the golden ratio: even a book of ten gets its share of every script.
    fn language(&self) -> usize {
        let turn = self.spin.wrapping_add(self.at.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mark = Dice::scaled(turn, 1000);
        self.shares.partition_point(|&sum| sum <= mark)
    }

    fn surname(&mut self, language: usize) -> usize {
        let rarest = self.dice.index(self.lexicons[language].surnames.len());
        self.dice.index(rarest + 1)
    }

    fn naming(&mut self, kind: Kind, language: usize, surname: usize) -> Naming {
        let (dice, lexicon) = (&mut self.dice, &self.lexicons[language]);
        let bare = |last: String| Naming { last, ..Naming::default() };
        match kind {
            Kind::Person => person(dice, lexicon, surname),
            Kind::SurnameOnly => surname_only(dice, lexicon, surname),
            Kind::Role => bare(role(dice, lexicon)),
            Kind::Cheerful => bare((*dice.one(&trade::CHEERFUL)).to_owned()),
            Kind::Tricky => bare((*dice.one(&trade::TRICKY)).to_owned()),
        }
    }

    fn organization(&mut self, language: usize) -> Option<usize> {
        let script = self.lexicons[language].tongue.script;
        if self.dice.chance(650) { self.employers.draw(&mut self.dice, script) } else { None }
    }

    fn phones(&mut self, language: usize, shared: Option<String>) -> Vec<String> {
        let dice = &mut self.dice;
        let count = reach::phone_count(dice);
        let mut list = Vec::with_capacity(count);
        list.extend(shared);
        if list.is_empty() && dice.chance(12) {
            list.push(reach::extension(dice));
        }
        let missing = count - list.len().min(count);
        reach::add_phones(dice, &self.lexicons[language].phones, missing, &mut list);
        list
    }

    fn memberships(&mut self) -> Vec<usize> {
        let mut list = Vec::new();
        let mut more = self.dice.chance(700);
        while more {
            list.extend(self.groups.draw(&mut self.dice));
            more = self.dice.chance(450);
        }
        list.sort_unstable();
        list.dedup();
        list
    }

    /// The cameo that plays at this position: one somewhere in each of as many equal stretches.
    fn cameo(&self) -> Option<u64> {
        let stretch = self.contacts.checked_div(cameos::count(self.contacts))?;
        let turn = self.at / stretch;
        let place = Dice::new(self.spin ^ turn).below(stretch);
        let plays = turn < cameos::count(self.contacts) && self.at % stretch == place;
        plays.then(|| turn.wrapping_add(self.spin >> 32))
    }
}

fn person(dice: &mut Dice, lexicon: &Lexicon, surname: usize) -> Naming {
    let female = dice.chance(490);
    let form = |pair: &'_ Pair| {
        if female { pair.female.clone() } else { pair.male.clone() }
    };
    let first: &Word = dice.common(if female { &lexicon.female } else { &lexicon.male });
    let Word { text: mut last, ascii: mut last_ascii } = form(&lexicon.surnames[surname]);
    if let Some(between) = joint(dice, lexicon.tongue.doubling) {
        let second = form(dice.one(&lexicon.surnames));
        last = format!("{last}{between}{}", second.text);
        last_ascii = last_ascii + "-" + &second.ascii;
        last_ascii.truncate(SURNAME_ASCII_CHARS_MAX);
        last_ascii.truncate(last_ascii.trim_end_matches('-').len());
    }
    let percent = if lexicon.patronymics.is_empty() { 0 } else { lexicon.tongue.patronymic_percent };
    let patronymic = dice.chance(percent * 10).then(|| dice.common(&lexicon.patronymics));
    let patronymic = patronymic.map(|pair| form(pair).text);
    let first_text = spelling::with_initial(dice, lexicon.tongue.script, &first.text);
    let mut naming = Naming { last, first: Some(first_text), patronymic, last_ascii, first_ascii: first.ascii.clone() };
    spelling::slip(dice, lexicon.tongue.script, &mut naming.last, &mut naming.first);
    naming
}

fn joint(dice: &mut Dice, doubling: Doubling) -> Option<&'static str> {
    match doubling {
        Doubling::Never => None,
        Doubling::Hyphen => dice.chance(35).then_some("-"),
        Doubling::Space => dice.chance(400).then_some(" "),
    }
}

fn surname_only(dice: &mut Dice, lexicon: &Lexicon, surname: usize) -> Naming {
    let Word { text, ascii } = lexicon.surnames[surname].male.clone();
    let titled = dice.chance(400) && !lexicon.honorifics.is_empty();
    let last = if titled { format!("{} {text}", dice.one(&lexicon.honorifics)) } else { text };
    Naming { last, last_ascii: ascii, ..Naming::default() }
}

fn role(dice: &mut Dice, lexicon: &Lexicon) -> String {
    let role = *dice.one(&lexicon.roles);
    let place = &dice.one(&lexicon.places).text;
    match dice.below(10) {
        0..5 => role.to_owned(),
        5..8 => format!("{role} {place}"),
        8 => format!("{role} ({place})"),
        _ => format!("{place}: {role}"),
    }
}

/// The organizations by script, each with its share of the staff and its mail domain.
#[derive(Debug)]
struct Employers {
    domains: Vec<Option<String>>,
    everyone: Weighted,
    /// Indices of the organizations of one script, and their shares; in the order of [`Script`].
    at_home: [(Vec<usize>, Weighted); 5],
}

impl Employers {
    fn of(organizations: &[String]) -> Self {
        let at_home = [Script::Cyrillic, Script::Latin, Script::Arabic, Script::Han, Script::Other].map(|script| {
            let members = organizations.iter().enumerate().filter(|(_, name)| Script::of(name) == script);
            let members: Vec<usize> = members.map(|(at, _)| at).collect();
            let shares = Weighted::by_rank(members.len());
            (members, shares)
        });
        let domains = organizations.iter().map(|name| domain(name)).collect();
        Self { domains, everyone: Weighted::by_rank(organizations.len()), at_home }
    }

    /// Mostly one where the contact's own script is written.
    fn draw(&self, dice: &mut Dice, script: Script) -> Option<usize> {
        let abroad = dice.chance(150);
        let (members, shares) = &self.at_home[script as usize];
        match shares.draw(dice) {
            Some(drawn) if !abroad => Some(members[drawn]),
            _ => self.everyone.draw(dice),
        }
    }

    fn domain(&self, at: usize) -> Option<&str> {
        self.domains.get(at)?.as_deref()
    }
}

fn domain(organization: &str) -> Option<String> {
    let label = spelled(&organization.replace(' ', "-"), DOMAIN_CHARS_MAX);
    (label.len() >= 3).then(|| label + ".example")
}
