//! A contact as a file has it, and the same judged by the rules of the server.
//!
//! A [`Draft`] holds texts, whatever they say; an [`Entry`] holds values that the server takes. Judging happens before
//! anything is sent, so that a row is refused with its number and its field, and a dry run refuses the same rows.

use ringbook_book::text::{Email, Name, PER_CONTACT_MAX, Phone, TextError};

use crate::values;

/// How much of a wrong value is shown.
const VALUE_CHARS_SHOWN: usize = 100;

/// A contact as texts; empty means absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// What tells it apart from the others in the file.
    pub id: String,
    /// Last name.
    pub last_name: String,
    /// First name.
    pub first_name: String,
    /// Patronymic.
    pub patronymic: String,
    /// All of the name; counts only where its parts are missing.
    pub full_name: String,
    /// E-mail addresses, as written.
    pub emails: Vec<String>,
    /// Phone numbers, as written.
    pub phones: Vec<String>,
    /// Numbers that come after the others.
    pub faxes: Vec<String>,
    /// Full name of the personal manager.
    pub manager: String,
    /// An id of a manager, which counts where there is no name, and only to be remarked on.
    pub manager_id: String,
    /// Name of the organization.
    pub organization: String,
    /// Likewise of an organization.
    pub organization_id: String,
    /// Names of groups.
    pub groups: Vec<String>,
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
    /// E-mail addresses, each once.
    pub emails: Vec<Email>,
    /// Phone numbers, each once.
    pub phones: Vec<Phone>,
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
}

/// What is said of a row: why it was refused, or what of it was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The member of the API's record, if it is about one.
    pub field: Option<String>,
    /// What stood there.
    pub value: Option<String>,
    /// Why, in English.
    pub reason: String,
}

impl Remark {
    /// About one member; the value is cut to a readable length.
    pub fn on(field: &str, value: &str, reason: impl Into<String>) -> Self {
        let value = value.chars().take(VALUE_CHARS_SHOWN).collect();
        Self { field: Some(field.to_owned()), value: Some(value), reason: reason.into() }
    }

    /// About the row as a whole.
    pub fn whole(reason: impl Into<String>) -> Self {
        Self { field: None, value: None, reason: reason.into() }
    }

    fn missing(field: &str, reason: &str) -> Self {
        Self { field: Some(field.to_owned()), value: None, reason: reason.to_owned() }
    }
}

impl Draft {
    /// The contact, and what was left out of it; or why it cannot go in.
    pub fn judge(&self) -> Result<(Entry, Vec<Remark>), Remark> {
        let mut remarks = Vec::new();
        let organization = named("organization_name", &self.organization)?;
        let [last_name, first_name, patronymic] = self.names(organization.as_ref())?;
        let last_name = last_name.ok_or_else(|| {
            Remark::missing("last_name", "is missing, and there is no first name or organization to stand for it")
        })?;
        let entry = Entry {
            last_name,
            first_name,
            patronymic,
            emails: self.judge_emails(&mut remarks)?,
            phones: self.judge_phones(&mut remarks)?,
            manager: named("personal_manager_full_name", &self.manager)?,
            groups: self.judge_groups()?,
            organization,
        };
        self.remark_on_ids(&entry, &mut remarks);
        Ok((entry, remarks))
    }

    /// The three names. Without a last name, the first name stands for it, then the full name, then the organization.
    fn names(&self, organization: Option<&Name>) -> Result<[Option<Name>; 3], Remark> {
        let last = named("last_name", &self.last_name)?;
        let first = named("first_name", &self.first_name)?;
        let patronymic = named("patronymic", &self.patronymic)?;
        Ok(match (last, first) {
            (Some(last), first) => [Some(last), first, patronymic],
            (None, Some(first)) => [Some(first), None, patronymic],
            (None, None) => [named("full_name", &self.full_name)?.or_else(|| organization.cloned()), None, patronymic],
        })
    }

    /// The numbers in their order; one that stands there twice counts once.
    fn judge_phones(&self, remarks: &mut Vec<Remark>) -> Result<Vec<Phone>, Remark> {
        let mut phones = Vec::new();
        for text in self.phones.iter().chain(&self.faxes).filter(|text| !text.trim().is_empty()) {
            let mended = values::phone(text).map_err(|fault| refused("phone_numbers", text, fault))?;
            remarks.extend(mended.remark.map(|remark| Remark::on("phone_numbers", text, remark)));
            if !phones.contains(&mended.value) {
                phones.push(mended.value);
            }
        }
        match phones.len() {
            0 => Err(Remark::missing("phone_numbers", "is missing: a contact has at least one phone number")),
            many if many > PER_CONTACT_MAX => Err(too_many("phone_numbers", many)),
            _ => Ok(phones),
        }
    }

    fn judge_emails(&self, remarks: &mut Vec<Remark>) -> Result<Vec<Email>, Remark> {
        let mut emails: Vec<Email> = Vec::new();
        for text in self.emails.iter().filter(|text| !text.trim().is_empty()) {
            if values::is_internal_address(text) {
                remarks.push(Remark::on("emails", text, "the address inside of a mail server was left out"));
                continue;
            }
            let email = values::email(text).map_err(|fault| refused("emails", text, fault))?;
            if !emails.iter().any(|known| known.folded() == email.folded()) {
                emails.push(email);
            }
        }
        if emails.len() > PER_CONTACT_MAX { Err(too_many("emails", emails.len())) } else { Ok(emails) }
    }

    fn judge_groups(&self) -> Result<Vec<Name>, Remark> {
        let mut groups = Vec::new();
        for text in &self.groups {
            if let Some(group) = named("groups", text)?.filter(|group| !groups.contains(group)) {
                groups.push(group);
            }
        }
        Ok(groups)
    }

    /// An id without a name cannot be carried from one book to another.
    fn remark_on_ids(&self, entry: &Entry, remarks: &mut Vec<Remark>) {
        let mut remark = |field: &str, id: &str, has_name: bool| {
            if !has_name && !id.trim().is_empty() {
                remarks.push(Remark::on(field, id, "was left out: an id says nothing in another book, give the name"));
            }
        };
        remark("personal_manager_id", &self.manager_id, entry.manager.is_some());
        remark("organization_id", &self.organization_id, entry.organization.is_some());
    }
}

fn named(field: &str, text: &str) -> Result<Option<Name>, Remark> {
    values::name(text).map_err(|fault| refused(field, text, fault))
}

fn refused(field: &str, text: &str, fault: TextError) -> Remark {
    let reason = match fault {
        TextError::TooLong(max) => format!("is longer than {max} characters"),
        TextError::Empty
        | TextError::Control
        | TextError::NotAPhone
        | TextError::PhoneDigits(_)
        | TextError::NotAnEmail => fault.to_string(),
    };
    Remark::on(field, text, reason)
}

fn too_many(field: &str, many: usize) -> Remark {
    Remark::missing(field, &format!("holds {many}, at most {PER_CONTACT_MAX} are kept"))
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
        let full = |draft: Draft| draft.judge().map(|(entry, _)| entry.full_name()).map_err(|remark| remark.field);
        assert_eq!(full(draft("Лем", "Анна", &["112"])), Ok("Лем Анна".to_owned()));
        assert_eq!(full(draft(" ", "Анна", &["112"])), Ok("Анна".to_owned()));
        let organization = Draft { organization: "Acme".into(), ..draft("", "", &["112"]) };
        assert_eq!(full(organization.clone()), Ok("Acme".to_owned()));
        assert_eq!(full(Draft { full_name: "Anna Lem".into(), ..organization }), Ok("Anna Lem".to_owned()));
        assert_eq!(full(draft("", "", &["112"])), Err(Some("last_name".to_owned())));
    }

    #[test]
    fn the_same_number_counts_once_and_no_number_is_refused() {
        let (entry, remarks) = draft("L", "", &["+7 495 0237547", "", "74950237547", "112"]).judge().expect("good");
        assert_eq!(entry.phones.iter().map(ToString::to_string).collect::<Vec<_>>(), ["74950237547", "112"]);
        assert!(remarks.is_empty());
        let missing = draft("L", "", &[" "]).judge().expect_err("no number");
        assert_eq!(missing.field.as_deref(), Some("phone_numbers"));
        let many: Vec<String> = (100..111).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(draft("L", "", &many).judge().expect_err("eleven").reason.contains("11"));
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
