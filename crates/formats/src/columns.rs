//! What the columns of a CSV file mean: by their names, or as `--map` says.
//!
//! One table knows the columns of all programs at once, so there is no guessing which program wrote a file: a name
//! means the same wherever it stands. What is not in the table is left unread.

use std::fmt;

use crate::draft::Draft;
use crate::values;

/// The most columns.
pub const COLUMNS_MAX: usize = 1_000;

/// What a cell is of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What tells the rows of a file apart; the book gives ids of its own.
    Id,
    /// Last name.
    LastName,
    /// First name.
    FirstName,
    /// Patronymic or other middle name.
    Patronymic,
    /// The whole name in one cell.
    FullName,
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// A number that comes after the others.
    Fax,
    /// Full name of the personal manager.
    Manager,
    /// Id of the personal manager.
    ManagerId,
    /// Name of the organization.
    Organization,
    /// Id of the organization.
    OrganizationId,
    /// Names of groups, parted in the way of the program that wrote them.
    Groups(Parting),
    /// Known, and of no use.
    Nothing,
}

/// How several names stand in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// A line each: no name can hold a line break.
    Lines,
    /// Between three colons.
    Colons,
    /// Between semicolons.
    Semicolons,
}

use Part::{
    Email, Fax, FirstName, FullName, Groups, Id, LastName, Manager, ManagerId, Nothing, Organization, OrganizationId,
    Patronymic, Phone,
};

/// The members of the API's record: what a column can be mapped to, and the columns of our own files.
pub const MEMBERS: [(&str, Part); 12] = [
    ("id", Id),
    ("last_name", LastName),
    ("first_name", FirstName),
    ("patronymic", Patronymic),
    ("full_name", FullName),
    ("emails", Email),
    ("phone_numbers", Phone),
    ("personal_manager_id", ManagerId),
    ("personal_manager_full_name", Manager),
    ("organization_id", OrganizationId),
    ("organization_name", Organization),
    ("groups", Groups(Parting::Lines)),
];

/// What a column is mapped to so that it is left unread.
const IGNORED: &str = "ignore";

/// The columns of other programs in lower case; `#` stands for a number.
const KNOWN: [(&str, Part); 104] = [
    // Google Contacts, until 2024 and since.
    ("given name", FirstName),
    ("additional name", Patronymic),
    ("family name", LastName),
    ("e-mail # - value", Email),
    ("phone # - value", Phone),
    ("organization # - name", Organization),
    ("group membership", Groups(Parting::Colons)),
    ("labels", Groups(Parting::Colons)),
    ("organization name", Organization),
    ("first name", FirstName),
    ("middle name", Patronymic),
    ("last name", LastName),
    // Outlook.
    ("company", Organization),
    ("primary phone", Phone),
    ("mobile phone", Phone),
    ("mobile phone #", Phone),
    ("business phone", Phone),
    ("business phone #", Phone),
    ("home phone", Phone),
    ("home phone #", Phone),
    ("other phone", Phone),
    ("company main phone", Phone),
    ("callback", Phone),
    ("car phone", Phone),
    ("radio phone", Phone),
    ("tty/tdd phone", Fax),
    ("isdn", Fax),
    ("business fax", Fax),
    ("home fax", Fax),
    ("other fax", Fax),
    ("pager", Fax),
    ("e-mail address", Email),
    ("e-mail # address", Email),
    ("categories", Groups(Parting::Semicolons)),
    // Outlook in Russian.
    ("имя", FirstName),
    ("отчество", Patronymic),
    ("фамилия", LastName),
    ("организация", Organization),
    ("основной телефон", Phone),
    ("мобильный телефон", Phone),
    ("телефон переносной", Phone),
    ("рабочий телефон", Phone),
    ("рабочий телефон #", Phone),
    ("телефон раб. #", Phone),
    ("домашний телефон", Phone),
    ("домашний телефон #", Phone),
    ("телефон дом. #", Phone),
    ("другой телефон", Phone),
    ("основной телефон организации", Phone),
    ("обратный вызов", Phone),
    ("телефон в машине", Phone),
    ("радиотелефон", Phone),
    ("рабочий факс", Fax),
    ("домашний факс", Fax),
    ("другой факс", Fax),
    ("пейджер", Fax),
    ("адрес эл. почты", Email),
    ("адрес # эл. почты", Email),
    ("адрес электронной почты", Email),
    ("адрес электронной почты #", Email),
    ("категории", Groups(Parting::Semicolons)),
    // Thunderbird.
    ("display name", FullName),
    ("primary email", Email),
    ("secondary email", Email),
    ("work phone", Phone),
    ("mobile number", Phone),
    ("fax number", Fax),
    ("pager number", Fax),
    ("organization", Organization),
    // Made by hand.
    ("name", FullName),
    ("full name", FullName),
    ("contact", FullName),
    ("surname", LastName),
    ("phone", Phone),
    ("phone #", Phone),
    ("phones", Phone),
    ("phone number", Phone),
    ("phone number #", Phone),
    ("phone_number", Phone),
    ("phone numbers", Phone),
    ("telephone", Phone),
    ("tel", Phone),
    ("mobile", Phone),
    ("cell", Phone),
    ("fax", Fax),
    ("email", Email),
    ("email #", Email),
    ("e-mail", Email),
    ("e-mail #", Email),
    ("email address", Email),
    ("organisation", Organization),
    ("group", Groups(Parting::Lines)),
    ("group_names", Groups(Parting::Lines)),
    ("personal manager", Manager),
    ("фио", FullName),
    ("телефон", Phone),
    ("телефон #", Phone),
    ("мобильный", Phone),
    ("факс", Fax),
    ("почта", Email),
    ("эл. почта", Email),
    ("компания", Organization),
    ("группа", Groups(Parting::Lines)),
    ("группы", Groups(Parting::Lines)),
];

/// `Column=member`, as `--map` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    column: String,
    part: Part,
}

impl Mapped {
    /// Reads one pair.
    ///
    /// # Errors
    /// When there is no `=`, no column before it or no member of a contact after it; the text says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (column, member) = text.rsplit_once('=').ok_or("is not Column=member")?;
        let (column, member) = (folded(column), member.trim());
        if column.is_empty() {
            return Err("names no column before the =".to_owned());
        }
        let known = MEMBERS.iter().find(|(name, _)| *name == member).map(|(_, part)| *part);
        match known.or((member == IGNORED).then_some(Nothing)) {
            Some(part) => Ok(Self { column, part }),
            None => Err(format!("names no member of a contact: write Column= and one of {}", member_names())),
        }
    }
}

fn member_names() -> String {
    let names: Vec<&str> = MEMBERS.iter().map(|(name, _)| *name).collect();
    format!("{}, {IGNORED}", names.join(", "))
}

/// Why the columns of a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnError {
    /// `--map` names a column that the file has not.
    NoSuchColumn {
        /// As `--map` has it.
        column: String,
        /// The columns that there are.
        present: String,
    },
    /// No column is a phone number, or none is a name.
    NothingKnown {
        /// What is missing.
        what: &'static str,
        /// The columns that there are.
        present: String,
    },
    /// More than [`COLUMNS_MAX`].
    TooMany(usize),
}

impl fmt::Display for ColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchColumn { column, present } => {
                write!(f, "--map names the column {column:?}, which the file has not; its columns are {present}")
            }
            Self::NothingKnown { what, present } => write!(
                f,
                "no column is known to hold {what}; the columns are {present}. Say what they mean, as in \
                 --map 'Column=last_name,Column=phone_numbers', or put a line of names on top if there is none"
            ),
            Self::TooMany(many) => {
                write!(f, "{many} columns, at most {COLUMNS_MAX} are read: is it a list of contacts?")
            }
        }
    }
}

/// What each column means, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Part>);

impl Columns {
    /// By the first row of a file.
    pub fn read<'a>(header: impl Iterator<Item = &'a str>, map: &[Mapped]) -> Result<Self, ColumnError> {
        let names: Vec<String> = header.map(folded).collect();
        if names.len() > COLUMNS_MAX {
            return Err(ColumnError::TooMany(names.len()));
        }
        if let Some(stray) = map.iter().find(|mapped| !names.contains(&mapped.column)) {
            let (column, present) = (stray.column.clone(), shown(&names));
            return Err(ColumnError::NoSuchColumn { column, present });
        }
        let parts = names.iter().map(|name| {
            let mapped = map.iter().find(|mapped| mapped.column == *name).map(|mapped| mapped.part);
            mapped.or_else(|| known(name)).unwrap_or(Nothing)
        });
        let columns = Self(parts.collect());
        match columns.missing() {
            Some(what) => Err(ColumnError::NothingKnown { what, present: shown(&names) }),
            None => Ok(columns),
        }
    }

    /// How many columns there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    fn missing(&self) -> Option<&'static str> {
        let has = |wanted: &[Part]| self.0.iter().any(|part| wanted.contains(part));
        if !has(&[Phone, Fax]) {
            Some("phone numbers")
        } else if !has(&[LastName, FirstName, FullName, Organization]) {
            Some("names")
        } else {
            None
        }
    }

    /// A row as a contact. Missing cells are empty ones.
    pub fn draft<'a>(&self, cells: impl Iterator<Item = &'a str>) -> Draft {
        let mut draft = Draft::default();
        for (part, cell) in self.0.iter().zip(cells) {
            let cell = cell.trim();
            if !cell.is_empty() {
                put(&mut draft, *part, cell);
            }
        }
        draft
    }
}

fn put(draft: &mut Draft, part: Part, cell: &str) {
    let single = |place: &mut String| {
        if place.is_empty() {
            cell.clone_into(place);
        }
    };
    match part {
        Id => single(&mut draft.id),
        LastName => single(&mut draft.last_name),
        FirstName => single(&mut draft.first_name),
        Patronymic => single(&mut draft.patronymic),
        FullName => single(&mut draft.full_name),
        Manager => single(&mut draft.manager),
        ManagerId => single(&mut draft.manager_id),
        Organization => single(&mut draft.organization),
        OrganizationId => single(&mut draft.organization_id),
        Email => draft.emails.extend(several(cell, |text| values::email(text).is_ok(), |piece| piece.contains('@'))),
        Phone => draft.phones.extend(several(cell, |_| false, is_whole_number)),
        Fax => draft.faxes.extend(several(cell, |_| false, is_whole_number)),
        Groups(parting) => draft.groups.extend(groups(cell, parting)),
        Nothing => {}
    }
}

/// Fewest digits of a piece for a comma before it to part numbers: with less it is an extension.
const WHOLE_NUMBER_DIGITS_MIN: usize = 5;

fn is_whole_number(piece: &str) -> bool {
    piece.bytes().filter(u8::is_ascii_digit).count() >= WHOLE_NUMBER_DIGITS_MIN
}

/// The values of a cell: a line each, or between three colons; commas and semicolons part only what `is_whole`.
/// A line that is one value as it stands is not parted.
fn several(cell: &str, is_one: impl Fn(&str) -> bool, is_whole: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<&str> = Vec::new();
    for line in cell.split('\n').map(str::trim) {
        if is_one(line) {
            found.push(line);
            continue;
        }
        for piece in line.split(":::").map(str::trim) {
            let smaller: Vec<&str> = piece.split([',', ';']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
            if smaller.len() > 1 && smaller.iter().all(|piece| is_whole(piece)) {
                found.extend(smaller);
            } else {
                found.push(piece);
            }
        }
    }
    found.into_iter().filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

/// Names of groups. A star before one marks a group that the other program makes for everybody.
fn groups(cell: &str, parting: Parting) -> Vec<String> {
    let pieces: Vec<&str> = match parting {
        Parting::Lines => cell.split('\n').collect(),
        Parting::Colons => cell.split(":::").filter(|piece| !piece.trim().starts_with("* ")).collect(),
        Parting::Semicolons => cell.split(';').collect(),
    };
    pieces.into_iter().map(str::trim).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

fn known(name: &str) -> Option<Part> {
    let own = MEMBERS.iter().find(|(member, _)| *member == name).map(|(_, part)| *part);
    own.or_else(|| {
        let pattern = numbered(name);
        KNOWN.iter().find(|(known, _)| *known == name || *known == pattern).map(|(_, part)| *part)
    })
}

/// The name with a `#` for every number.
fn numbered(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for letter in name.chars() {
        let letter = if letter.is_ascii_digit() { '#' } else { letter };
        if !(letter == '#' && pattern.ends_with('#')) {
            pattern.push(letter);
        }
    }
    pattern
}

/// What makes two names of columns the same: letters in lower case, blanks once.
fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Most columns named in a message.
const COLUMNS_SHOWN: usize = 30;

fn shown(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(COLUMNS_SHOWN).map(|name| format!("{name:?}")).collect();
    if names.len() > COLUMNS_SHOWN {
        shown.push(format!("and {} more", names.len() - COLUMNS_SHOWN));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str, map: &[&str], cells: &str) -> Result<Draft, ColumnError> {
        let map: Vec<Mapped> = map.iter().map(|text| Mapped::parse(text).expect("a pair")).collect();
        Columns::read(header.split('|'), &map).map(|columns| columns.draft(cells.split('|')))
    }

    #[test]
    fn columns_are_known_by_their_names() {
        let draft = read(
            "Family Name|given name| Phone 1 - Value |Phone 2 - Value|Group Membership|Notes|E-mail 1 - Value",
            &[],
            "Лем|Анна|+7 495 1|112 ::: 113|* myContacts ::: VIP ::: A; B|x|a@b.c; d@e.f",
        );
        let draft = draft.expect("known");
        assert_eq!((&*draft.last_name, &*draft.first_name), ("Лем", "Анна"));
        assert_eq!(draft.phones, ["+7 495 1", "112", "113"]);
        assert_eq!(draft.groups, ["VIP", "A; B"]);
        assert_eq!(draft.emails, ["a@b.c", "d@e.f"]);
    }

    #[test]
    fn a_comma_parts_numbers_but_not_an_extension() {
        assert_eq!(several("74950237547, 74950237548", |_| false, is_whole_number).len(), 2);
        assert_eq!(several("74950237547,12", |_| false, is_whole_number), ["74950237547,12"]);
    }

    #[test]
    fn a_map_goes_before_the_names() {
        let draft = read("Who|Phone|Name", &["who=last_name", "Name=ignore"], "Лем|112|x").expect("mapped");
        assert_eq!((&*draft.last_name, &*draft.full_name), ("Лем", ""));
        let fault = read("Who|Phone", &["Whom=last_name"], "").expect_err("no such column");
        assert!(fault.to_string().contains("\"who\", \"phone\""), "{fault}");
        let fault = read("Who|Phone", &[], "").expect_err("no name");
        assert!(matches!(fault, ColumnError::NothingKnown { what: "names", .. }), "{fault}");
        assert!(Mapped::parse("Who=surname").expect_err("no member").contains("last_name"));
        assert!(Mapped::parse("=last_name").is_err() && Mapped::parse("Who").is_err());
    }

    #[test]
    fn no_name_is_known_twice() {
        let mut names: Vec<&str> = KNOWN.iter().chain(&MEMBERS).map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        assert!(KNOWN.iter().all(|(name, _)| folded(name) == *name && numbered(name) == *name));
    }
}
