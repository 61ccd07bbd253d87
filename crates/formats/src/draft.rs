//! A contact as a file has it, and the same checked by the rules of the server.
//!
//! A [`Draft`] holds texts, whatever they say; an [`Entry`] holds values that the server takes. Checking happens before
//! anything is sent, so that a dry run tells what an import would do. One bad value costs that value; a contact is
//! refused only if it has no phone number that can be used, because the server keeps none without.

use ringbook_book::text::{Email, Name, PER_CONTACT_MAX};
use serde_json::{Map, Value};

use crate::columns::Part;
use crate::remark::Remark;
use crate::values::{self, Cut, Parsed, PhoneNumber, ValueNote, missing_parts};

/// Most groups that are read of one contact.
pub const GROUPS_MAX: usize = 1_000;

/// Why a second value was left out.
const ANOTHER: &str = "was left out: the contact has another one, and has one only";

/// A contact as texts; empty means absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// What tells it apart from the others in the file.
    pub id: String,
    /// Last name.
    pub last_name: String,
    /// First name.
    pub first_name: String,
    /// Patronymic or other middle name.
    pub patronymic: String,
    /// The whole name; used only if there is neither a last nor a first name.
    pub full_name: String,
    /// A nickname; used only if there is no other name.
    pub nickname: String,
    /// E-mail addresses, as written.
    pub emails: Vec<String>,
    /// Phone numbers, as written.
    pub phones: Vec<String>,
    /// Numbers that come after the others: fax, pager.
    pub faxes: Vec<String>,
    /// Full name of the personal manager.
    pub manager: String,
    /// The id of a manager, which is of use only together with a name.
    pub manager_id: String,
    /// Name of the organization.
    pub organization: String,
    /// The id of an organization, likewise.
    pub organization_id: String,
    /// Names of groups.
    pub groups: Vec<String>,
    /// What the reader of the file left out already.
    pub remarks: Vec<Remark>,
}

/// A contact that the server takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Last name.
    pub last_name: Name,
    /// First name.
    pub first_name: Option<Name>,
    /// Patronymic.
    pub patronymic: Option<Name>,
    /// E-mail addresses, each once, at most [`PER_CONTACT_MAX`].
    pub emails: Vec<Email>,
    /// Phone numbers, each once, 1 to [`PER_CONTACT_MAX`].
    pub phones: Vec<PhoneNumber>,
    /// The full name of an employee.
    pub manager: Option<Name>,
    /// Name of the organization.
    pub organization: Option<Name>,
    /// Names of groups.
    pub groups: Vec<Name>,
}

impl Entry {
    /// Last name, first name and patronymic, as the server joins them.
    pub fn full_name(&self) -> String {
        let parts = [Some(&self.last_name), self.first_name.as_ref(), self.patronymic.as_ref()];
        parts.into_iter().flatten().map(Name::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The contact as an upload has it, without the manager, who is uploaded by id; what is empty is not in it.
    pub fn upload_record(&self) -> Map<String, Value> {
        let mut record = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                record.insert(name.to_owned(), value);
            }
        };
        put("last_name", Some(self.last_name.as_str().into()));
        put("first_name", self.first_name.as_ref().map(|name| name.as_str().into()));
        put("patronymic", self.patronymic.as_ref().map(|name| name.as_str().into()));
        let emails: Vec<&str> = self.emails.iter().map(Email::as_str).collect();
        put("emails", (!emails.is_empty()).then(|| emails.into()));
        let phones: Vec<Value> = self.phones.iter().map(|number| number.as_sent().into()).collect();
        put("phone_numbers", Some(phones.into()));
        put("organization_name", self.organization.as_ref().map(|name| name.as_str().into()));
        let groups: Vec<&str> = self.groups.iter().map(Name::as_str).collect();
        put("group_names", (!groups.is_empty()).then(|| groups.into()));
        record
    }
}

impl Draft {
    /// Sets what a contact has once; of several values the first counts. Another organization, manager or part of a name is
    /// left out with a remark. Lists are not set here.
    pub(crate) fn put_single(&mut self, part: Part, text: &str) {
        let place = match part {
            Part::Id => &mut self.id,
            Part::LastName => &mut self.last_name,
            Part::FirstName => &mut self.first_name,
            Part::Patronymic => &mut self.patronymic,
            Part::FullName => &mut self.full_name,
            Part::Nickname => &mut self.nickname,
            Part::Manager => &mut self.manager,
            Part::ManagerId => &mut self.manager_id,
            Part::Organization => &mut self.organization,
            Part::OrganizationId => &mut self.organization_id,
            Part::Email | Part::Phone | Part::Fax | Part::Groups(_) => return,
        };
        if place.is_empty() {
            text.clone_into(place);
            return;
        }
        let is_named =
            matches!(part, Part::LastName | Part::FirstName | Part::Patronymic | Part::Manager | Part::Organization);
        if is_named && !text.is_empty() && place.trim().to_lowercase() != text.trim().to_lowercase() {
            self.remarks.push(Remark::on(part.member(), text, ANOTHER));
        }
    }

    /// The contact, and what was left out of it; or why it cannot go in.
    ///
    /// # Errors
    /// When it has no phone number that can be used.
    pub fn judge(&self) -> Result<(Entry, Vec<Remark>), Remark> {
        let mut remarks = self.remarks.clone();
        let phones = self.phones(&mut remarks)?;
        let emails = self.emails(&mut remarks);
        let organization = named("organization_name", &self.organization, &mut remarks);
        let [last_name, first_name, patronymic] = self.names(&mut remarks);
        let last_name = last_name.or_else(|| organization.clone()).or_else(|| self.substitute(&emails, &phones));
        let Some(last_name) = last_name else {
            return Err(Remark::missing("last_name", "is missing, and nothing can stand for it"));
        };
        let entry = Entry {
            last_name,
            first_name,
            patronymic,
            emails,
            phones,
            manager: named("personal_manager_full_name", &self.manager, &mut remarks),
            groups: self.groups(&mut remarks),
            organization,
        };
        self.remark_on_ids(&entry, &mut remarks);
        Ok((entry, remarks))
    }

    /// The three names. A full name fills in the parts that are missing beside others. Without a last name the first name is
    /// used in its place, without both the full name.
    fn names(&self, remarks: &mut Vec<Remark>) -> [Option<Name>; 3] {
        let written = [&self.last_name, &self.first_name, &self.patronymic].map(|part| part.trim());
        let [last, first, patronymic] = missing_parts(written, &self.full_name).unwrap_or(written);
        let last = named("last_name", last, remarks);
        let first = named("first_name", first, remarks);
        let patronymic = named("patronymic", patronymic, remarks);
        match (last, first) {
            (Some(last), first) => [Some(last), first, patronymic],
            (None, Some(first)) => [Some(first), None, patronymic],
            (None, None) => [named("full_name", &self.full_name, remarks), None, patronymic],
        }
    }

    /// What is used as a name if there is none: the nickname, an e-mail address, a number.
    fn substitute(&self, emails: &[Email], phones: &[PhoneNumber]) -> Option<Name> {
        let nickname = values::name(&self.nickname).map(|(name, _)| name);
        let text = || emails.first().map(Email::as_str).or_else(|| phones.first().map(PhoneNumber::as_str));
        nickname.or_else(|| Name::parse(text()?).ok())
    }

    /// The numbers in their order, faxes last; one that occurs twice counts once.
    fn phones(&self, remarks: &mut Vec<Remark>) -> Result<Vec<PhoneNumber>, Remark> {
        const FIELD: &str = "phone_numbers";
        let mut phones: Vec<PhoneNumber> = Vec::new();
        let before = remarks.len();
        for text in self.phones.iter().chain(&self.faxes) {
            let Parsed { values, notes } = values::phones(text);
            for number in values {
                if phones.iter().any(|known| known.phone() == number.phone()) {
                    continue;
                }
                if phones.len() == PER_CONTACT_MAX {
                    remarks.push(too_many(FIELD, number.as_str()));
                } else {
                    phones.push(number);
                }
            }
            remarks.extend(notes.into_iter().map(|note| noted(FIELD, note)));
        }
        if phones.is_empty() {
            let first = remarks.drain(before..).next();
            return Err(
                first.unwrap_or_else(|| Remark::missing(FIELD, "is missing: a contact has at least one phone number"))
            );
        }
        Ok(phones)
    }

    fn emails(&self, remarks: &mut Vec<Remark>) -> Vec<Email> {
        const FIELD: &str = "emails";
        let mut emails: Vec<Email> = Vec::new();
        for text in &self.emails {
            let Parsed { values, notes } = values::emails(text);
            for email in values {
                if emails.iter().any(|known| known.folded() == email.folded()) {
                    continue;
                }
                if emails.len() == PER_CONTACT_MAX {
                    remarks.push(too_many(FIELD, email.as_str()));
                } else {
                    emails.push(email);
                }
            }
            remarks.extend(notes.into_iter().map(|note| noted(FIELD, note)));
        }
        emails
    }

    fn groups(&self, remarks: &mut Vec<Remark>) -> Vec<Name> {
        const FIELD: &str = "groups";
        let mut groups: Vec<Name> = Vec::new();
        for text in &self.groups {
            let Some((group, cut)) = values::name(text) else { continue };
            if groups.contains(&group) {
                continue;
            }
            if cut == Cut::Shortened {
                remarks.push(Remark::on(FIELD, text, "is too long for the name of a group and was left out"));
            } else if groups.len() == GROUPS_MAX {
                remarks.push(Remark::on(FIELD, text, format!("was left out: at most {GROUPS_MAX} groups are read")));
            } else {
                groups.push(group);
            }
        }
        groups
    }

    /// An id without a name cannot be carried from one book to another.
    fn remark_on_ids(&self, entry: &Entry, remarks: &mut Vec<Remark>) {
        let mut remark = |field: &str, id: &str, has_name: bool| {
            if !has_name && !id.trim().is_empty() {
                remarks.push(Remark::on(field, id, "was left out: ids differ from book to book, give the name"));
            }
        };
        remark("personal_manager_id", &self.manager_id, entry.manager.is_some());
        remark("organization_id", &self.organization_id, entry.organization.is_some());
    }
}

fn named(field: &str, text: &str, remarks: &mut Vec<Remark>) -> Option<Name> {
    let (name, cut) = values::name(text)?;
    if cut == Cut::Shortened {
        remarks.push(
            Remark::on(field, text, format!("was cut to {} characters", name.as_str().chars().count()))
                .of_kind("was cut"),
        );
    }
    if name.as_str().contains(char::REPLACEMENT_CHARACTER) {
        let kind = "has characters that were lost before";
        remarks.push(Remark::on(field, text, format!("{kind}: {}", char::REPLACEMENT_CHARACTER)).of_kind(kind));
    }
    Some(name)
}

fn noted(field: &str, note: ValueNote) -> Remark {
    Remark::on(field, &note.value, note.reason).of_kind(note.kind)
}

fn too_many(field: &str, value: &str) -> Remark {
    Remark::on(field, value, format!("was left out: a contact has at most {PER_CONTACT_MAX}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(last: &str, first: &str, phones: &[&str]) -> Draft {
        let phones = phones.iter().map(|&phone| phone.to_owned()).collect();
        Draft { last_name: last.into(), first_name: first.into(), phones, ..Draft::default() }
    }

    #[test]
    fn what_has_no_last_name_gets_one() {
        let full = |draft: &Draft| draft.judge().map(|(entry, _)| entry.full_name()).map_err(|remark| remark.field);
        assert_eq!(full(&draft("Лем", "Анна", &["112"])), Ok("Лем Анна".to_owned()));
        assert_eq!(full(&draft(" ", "Анна", &["112"])), Ok("Анна".to_owned()));
        let mut nameless = draft("", "", &["+49 30 7654321"]);
        assert_eq!(full(&nameless), Ok("+49307654321".to_owned()));
        nameless.emails = vec!["n/a".into(), "a@b.example".into()];
        assert_eq!(full(&nameless), Ok("a@b.example".to_owned()));
        nameless.nickname = "Ann".into();
        assert_eq!(full(&nameless), Ok("Ann".to_owned()));
        nameless.organization = "Acme".into();
        assert_eq!(full(&nameless), Ok("Acme".to_owned()));
        nameless.full_name = "Anna Lem".into();
        assert_eq!(full(&nameless), Ok("Anna Lem".to_owned()));
    }

    #[test]
    fn the_same_number_counts_once_and_no_number_is_refused() {
        let (entry, remarks) = draft("L", "", &["+7 495 0237547", "", "74950237547", "112"]).judge().expect("good");
        assert_eq!(entry.phones.iter().map(PhoneNumber::as_str).collect::<Vec<_>>(), ["+74950237547", "112"]);
        assert!(remarks.is_empty());
        let missing = draft("L", "", &[" "]).judge().expect_err("no number");
        assert_eq!((missing.field.as_deref(), missing.value), (Some("phone_numbers"), None));
        let bad = draft("L", "", &["n/a", "*86"]).judge().expect_err("no number");
        assert_eq!(bad.value.as_deref(), Some("n/a"));
    }

    #[test]
    fn what_is_too_much_is_left_out_and_named() {
        let many: Vec<String> = (100..111).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut draft = draft("L", "", &many);
        draft.faxes = vec!["999".into()];
        let (entry, remarks) = draft.judge().expect("good");
        assert_eq!(entry.phones.len(), 10);
        let left: Vec<&str> = remarks.iter().filter_map(|remark| remark.value.as_deref()).collect();
        assert_eq!(left, ["110", "999"]);
        draft.organization = "o".repeat(300);
        draft.groups = vec!["g".repeat(300), "VIP".into()];
        let (entry, remarks) = draft.judge().expect("good");
        assert_eq!((entry.groups.len(), entry.organization.map(|name| name.as_str().len())), (1, Some(255)));
        assert_eq!(remarks.len(), 4, "{remarks:?}");
    }

    #[test]
    fn one_bad_value_does_not_cost_the_contact() {
        for bad in ["n/a", "-", "*86", "1-800-FLOWERS", "02"] {
            let (entry, remarks) = draft("L", "", &["+12025550302", bad]).judge().expect(bad);
            assert_eq!((entry.phones.len(), remarks.len()), (1, 1), "{bad}");
            assert_eq!(remarks[0].value.as_deref(), Some(bad));
        }
    }

    #[test]
    fn a_second_organization_is_named() {
        let mut two = draft("L", "", &["112"]);
        for name in ["Acme", "acme ", "Beta"] {
            two.put_single(Part::Organization, name);
        }
        let (entry, remarks) = two.judge().expect("good");
        assert_eq!(entry.organization.as_ref().map(Name::as_str), Some("Acme"));
        assert_eq!(remarks.iter().map(|remark| remark.value.as_deref()).collect::<Vec<_>>(), [Some("Beta")]);
    }

    #[test]
    fn a_full_name_fills_in_missing_parts() {
        let names = |last: &str, first: &str, full: &str| {
            let draft = Draft { full_name: full.into(), ..draft(last, first, &["112"]) };
            let (entry, remarks) = draft.judge().expect("good");
            assert_eq!(remarks, []);
            let part = |part: &Option<Name>| part.as_ref().map_or("", Name::as_str).to_owned();
            (entry.last_name.as_str().to_owned(), part(&entry.first_name), part(&entry.patronymic))
        };
        let parts = |last: &str, first: &str, patronymic: &str| (last.into(), first.into(), patronymic.into());
        assert_eq!(names("Lem", "", "Anna Maria Lem"), parts("Lem", "Anna Maria", ""));
        assert_eq!(names("Lem", "", "Lem, Anna"), parts("Lem", "Anna", ""));
        assert_eq!(names("", "Anna", "Anna Lem"), parts("Lem", "Anna", ""));
        assert_eq!(names("Лем", "Анна", "Лем Анна Петровна"), parts("Лем", "Анна", "Петровна"));
        assert_eq!(names("Lem", "Anna", "Anna B. Lem"), parts("Lem", "Anna", "B."));
        for full in ["Lem", "Dr. Lem", "Frau Lem", "Lem (Acme)", "a@b.example", "Salem Anna", "Lem 2", "Reception"] {
            assert_eq!(names("Lem", "", full), parts("Lem", "", ""), "{full}");
        }
        assert_eq!(names("Lem", "Anna", "Dr. Anna Lem Jr."), parts("Lem", "Anna", ""));
    }

    #[test]
    fn an_id_without_a_name_is_left_out_and_said_so() {
        let lone = Draft { manager_id: "7".into(), ..draft("L", "", &["112"]) };
        let (_, remarks) = lone.judge().expect("good");
        assert_eq!(remarks[0].field.as_deref(), Some("personal_manager_id"));
        let named = Draft { manager: "Anna".into(), ..lone };
        assert_eq!(named.judge().expect("good").1, []);
    }
}
