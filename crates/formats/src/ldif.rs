//! LDIF (RFC 2849): entries of a directory, as Thunderbird, LDAP servers and Active Directory export them.
//!
//! Only entries are read, no changes of a directory. A value that is given by a URL is left out and the URL is never
//! followed: it could name any file of this machine.

mod attributes;
mod entries;
mod writer;

pub use writer::write;

use attributes::{NEEDED, part};
use entries::{Entries, LdifEntry, Value};

use crate::columns::{Part, own_group};
use crate::decoding::{Charset, Counted, Guess, Position};
use crate::draft::Draft;
use crate::remark::Remark;
use crate::source::{FileError, Row, Rows, Source, encoding_use};
use crate::survey::{Memberships, NameCounts, Plan, Survey, too_many_members};

/// What the names of classes of persons contain, in lower case.
const PERSONS: [&str; 5] = ["person", "user", "contact", "account", "abperson"];
/// Classes of groups, in lower case.
const GROUPS: [&str; 3] = ["groupofnames", "groupofuniquenames", "group"];
/// A class of machines, which are persons to Active Directory.
const MACHINE: &str = "computer";
const MEMBER_OF: &str = "memberof";

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Contact,
    Group,
    /// A change of a directory.
    Change,
    /// Something else of a directory: a domain, an organizational unit.
    Other,
}

fn kind(entry: &LdifEntry) -> Kind {
    let classes: Vec<String> = entry.texts("objectclass", None).map(|class| class.to_lowercase()).collect();
    let changes = entry.texts("changetype", None).any(|change| !change.eq_ignore_ascii_case("add"));
    let has_phone = entry.values().any(|(name, _)| matches!(part(name), Some(Part::Phone | Part::Fax)));
    let is_person = classes.iter().any(|class| PERSONS.iter().any(|person| class.contains(person)));
    if changes {
        Kind::Change
    } else if classes.iter().any(|class| class == MACHINE) && !has_phone {
        Kind::Other
    } else if classes.iter().any(|class| GROUPS.contains(&class.as_str())) && !is_person {
        Kind::Group
    } else if is_person || has_phone || (classes.is_empty() && entry.values().any(|(name, _)| part(name).is_some())) {
        Kind::Contact
    } else {
        Kind::Other
    }
}

/// Looks through a directory: which attributes there are, which groups have which members.
pub(crate) fn survey(source: &Source) -> Result<Survey, FileError> {
    let mut entries = Entries::new(bytes(source, Position::default())?);
    let mut counts = NameCounts::default();
    let mut guess = Guess::default();
    let mut memberships = Memberships::default();
    let (mut rows, mut groups, mut others) = (0, 0, 0);
    while let Some(entry) = entries.next_entry().map_err(|cause| source.fault(cause))? {
        entry.feed(&mut guess);
        match kind(&entry) {
            Kind::Change => rows += 1,
            Kind::Other => others += 1,
            Kind::Group => {
                groups += 1;
                let charset = source.declared_charset();
                let name =
                    entry.texts("cn", charset).chain(entry.texts("displayname", charset)).next().unwrap_or_default();
                let members = entry.texts("member", charset).chain(entry.texts("uniquemember", charset));
                let members: Vec<String> = members.map(|member| dn_key(&member)).collect();
                if own_group(&name).is_some_and(|name| !memberships.add(name, members)) {
                    return Err(source.fault(too_many_members()));
                }
            }
            Kind::Contact => {
                rows += 1;
                for name in entry.names() {
                    if name == MEMBER_OF {
                        counts.add(name, Some("groups"));
                    } else if !NEEDED.contains(&name) || name == "ou" {
                        counts.add(name, part(name).map(Part::member));
                    }
                }
            }
        }
    }
    if rows == 0 && groups == 0 && others == 0 {
        return Err(source.fault("holds no entry of a directory: each begins with a line dn: …"));
    }
    let declared = source.declared_charset();
    let (charset, guessed_by) = match (declared, guess.is_needed()) {
        (None, true) => {
            let (charset, sample) = guess.charset();
            (Some(charset), Some(sample))
        }
        (declared, _) => (declared, None),
    };
    let mut notes = Vec::new();
    if groups > 0 {
        notes.push(format!("{groups} groups of the directory: their members are put into groups of these names"));
    }
    if others > 0 {
        notes.push(format!("{others} entries are neither persons nor groups and are not read"));
    }
    let encoding = encoding_use(charset, guessed_by);
    Ok(Survey { encoding, rows, columns: counts.into_uses(), notes, plan: Plan::Records { charset, memberships } })
}

/// The entries that are contacts.
pub(crate) fn rows<'a>(
    source: &'a Source,
    charset: Option<Charset>,
    memberships: &'a Memberships,
    position: Position,
) -> Result<Rows<'a>, FileError> {
    let mut entries = Entries::new(bytes(source, position)?);
    let mut number = 0;
    Ok(Box::new(std::iter::from_fn(move || {
        loop {
            let entry = match entries.next_entry() {
                Ok(entry) => entry?,
                Err(cause) => return Some(Err(source.fault(cause))),
            };
            number += 1;
            match kind(&entry) {
                Kind::Group | Kind::Other => {}
                Kind::Change => {
                    let remark = Remark::whole("is a change of a directory, and only entries are read");
                    return Some(Ok(Row { number, draft: Err(remark) }));
                }
                Kind::Contact => return Some(Ok(Row { number, draft: draft(&entry, charset, memberships) })),
            }
        }
    })))
}

fn draft(entry: &LdifEntry, charset: Option<Charset>, memberships: &Memberships) -> Result<Draft, Remark> {
    if entry.is_too_long() {
        return Err(entries::too_long());
    }
    let mut draft = Draft::default();
    for (name, value) in entry.values() {
        let part = part(name);
        if part.is_none() && name != MEMBER_OF {
            continue;
        }
        let text = match value.text(charset) {
            Ok(text) => text,
            Err(reason) => {
                draft.remarks.push(Remark::on(part.map_or("groups", Part::member), &value.shown(), reason));
                continue;
            }
        };
        if text.is_empty() {
            continue;
        }
        match part {
            Some(
                part @ (Part::LastName
                | Part::FirstName
                | Part::Patronymic
                | Part::FullName
                | Part::Nickname
                | Part::Organization),
            ) => draft.put_single(part, &text),
            Some(Part::Email) => draft.emails.push(text),
            Some(Part::Phone) => draft.phones.push(text),
            Some(Part::Fax) => draft.faxes.push(text),
            Some(Part::Groups(_)) => draft.groups.extend(own_group(&text).map(str::to_owned)),
            None => draft.groups.extend(first_value(&text).and_then(|group| own_group(&group).map(str::to_owned))),
            Some(Part::Id | Part::Manager | Part::ManagerId | Part::OrganizationId) => {}
        }
    }
    if let Ok(dn) = entry.dn(charset) {
        draft.groups.extend(memberships.of(&dn_key(&dn)).map(str::to_owned));
    }
    Ok(draft)
}

/// A distinguished name in the form in which two spellings of it are equal: lower case, no blanks around commas.
fn dn_key(dn: &str) -> String {
    dn.to_lowercase().split(',').map(str::trim).collect::<Vec<_>>().join(",")
}

/// The value of the first part of a distinguished name: `Sales` of `CN=Sales,OU=x`.
fn first_value(dn: &str) -> Option<String> {
    let (_, rest) = dn.split_once('=')?;
    let mut value = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ',' | '+' => break,
            '\\' => value.extend(letters.next()),
            letter => value.push(letter),
        }
    }
    Some(value.trim().to_owned())
}

/// The bytes of a file: as they are, or in UTF-8 if they are in UTF-16.
fn bytes(source: &Source, position: Position) -> Result<Box<dyn std::io::Read>, FileError> {
    match source.declared_charset().filter(|charset| charset.is_utf_16()) {
        Some(charset) => Ok(Box::new(source.text(Some(charset), position)?)),
        None => Ok(Box::new(Counted::new(source.file()?, position))),
    }
}

impl Value {
    /// The text, or why there is none.
    fn text(&self, charset: Option<Charset>) -> Result<String, &'static str> {
        match self {
            Self::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.trim().to_owned()),
                Err(_) => {
                    let text = charset.and_then(|charset| charset.decode(bytes));
                    text.map(|text| text.trim().to_owned()).ok_or("cannot be decoded, and was left out")
                }
            },
            Self::Url(_) => Err("is given by a URL, which is not followed, and was left out"),
            Self::Broken(_) => Err("is no base64, and was left out"),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Bytes(bytes) | Self::Url(bytes) | Self::Broken(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
