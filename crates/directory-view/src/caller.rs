//! Who is calling: the contacts that a number belongs to.

use std::sync::Arc;

use ringbook_app::admitted_device::AdmittedDevice;
use ringbook_app::app_error::AppError;
use ringbook_book::Book;
use ringbook_book::book::view::ContactView;
use ringbook_book::employee::{Employee, PhoneStatus};
use ringbook_book::group::GroupOwner;
use ringbook_book::query::ask::{Ask, AskFilter, Literal};

use crate::entry::{Entry, EntryStyle};
use crate::number_rule::{GivenNumber, MatchKind};
use crate::search::{all, compare};

/// Most contacts that are told of one number; more are counted.
pub const CALLERS_MAX: usize = 20;
/// Longest number of an employee that is an extension, in characters.
const EXTENSION_CHARS_MAX: usize = 6;

/// Who has a number.
#[derive(Debug, Clone)]
pub struct Callers {
    /// The contacts, by id, at most [`CALLERS_MAX`].
    pub contacts: Vec<Caller>,
    /// How many there are.
    pub total: u64,
    /// How they were found.
    pub kind: MatchKind,
    /// Whether calls from the number are to be refused: it is on the blacklist, or a contact is in the group of that name.
    pub is_blocked: bool,
}

/// A contact that has the number.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The contact.
    pub entry: Entry,
    /// Its personal manager.
    pub manager: Option<Manager>,
}

/// A personal manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manager {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its internal number if it has one, otherwise its first number; empty without one.
    pub extension: String,
}

impl Callers {
    /// Nobody has the number.
    pub fn nobody(is_blocked: bool) -> Self {
        Self { contacts: Vec::new(), total: 0, kind: MatchKind::None, is_blocked }
    }

    /// One name for all of them: that of the only contact, or of the organization that all belong to, or the first name with
    /// the number of the others, `(+2)`. `None` for nobody.
    pub fn name(&self) -> Option<String> {
        let first = &self.contacts.first()?.entry;
        let shares = |caller: &Caller| caller.entry.organization == first.organization;
        match self.total {
            0 => None,
            1 => Some(first.name.clone()),
            _ if !first.organization.is_empty()
                && self.total == self.contacts.len() as u64
                && self.contacts.iter().all(shares) =>
            {
                Some(first.organization.clone())
            }
            total => Some(format!("{} (+{})", first.name, total - 1)),
        }
    }
}

/// Finds out who has a number.
///
/// # Errors
/// A question to the book fails.
pub async fn find(
    call: &mut AdmittedDevice<'_, '_>,
    book: &Arc<Book>,
    style: &EntryStyle,
    given: &GivenNumber,
) -> Result<Callers, AppError> {
    let candidates = style.numbers.candidates(given);
    let phones = candidates.iter().map(|candidate| candidate.phone.packed()).collect();
    let on_blacklist = is_on_blacklist(call, book, phones).await?;
    for candidate in &candidates {
        let number = Literal::Text(candidate.phone.to_string());
        let filter = compare("phone_numbers", "overlap", Literal::List(vec![number]));
        let page = call.contacts(book, ask(filter, CALLERS_MAX)).await?;
        if page.total > 0 {
            let contacts: Vec<Caller> = page.contacts().map(|contact| caller(style, contact)).collect();
            let is_blocked = on_blacklist || page.contacts().any(|contact| is_in_system_group(book, contact));
            return Ok(Callers { contacts, total: page.total, kind: candidate.kind, is_blocked });
        }
    }
    let Some(suffix) = style.numbers.suffix(given) else { return Ok(Callers::nobody(on_blacklist)) };
    let ends_so = compare("phone_numbers", "like", Literal::Text(format!("%{suffix}")));
    let page = call.contacts(book, ask(ends_so, 1)).await?;
    if page.total != 1 {
        return Ok(Callers::nobody(on_blacklist));
    }
    let contacts: Vec<Caller> = page.contacts().map(|contact| caller(style, contact)).collect();
    let is_blocked = on_blacklist || page.contacts().any(|contact| is_in_system_group(book, contact));
    Ok(Callers { contacts, total: 1, kind: MatchKind::Suffix, is_blocked })
}

/// The contacts that match, by id.
fn ask(filter: AskFilter, limit: usize) -> Ask {
    Ask { filter: all(vec![filter]), limit: i128::try_from(limit).ok(), ..Ask::default() }
}

async fn is_on_blacklist(call: &AdmittedDevice<'_, '_>, book: &Arc<Book>, phones: Vec<u64>) -> Result<bool, AppError> {
    let book = Arc::clone(book);
    let entries = book.blacklist_len();
    if entries == 0 {
        return Ok(false);
    }
    let find = move |_: &dyn ringbook_book::runner::Runner| {
        book.blacklist().any(|number| phones.contains(&number.entry.phone.packed()))
    };
    call.write(entries, find).await
}

fn is_in_system_group(book: &Book, contact: ContactView<'_>) -> bool {
    let system = book.groups().find(|group| group.owner == GroupOwner::System);
    system.is_some_and(|system| contact.groups().any(|(id, _)| id == system.id))
}

fn caller(style: &EntryStyle, contact: ContactView<'_>) -> Caller {
    let manager = contact.manager_record().map(|employee| Manager {
        id: employee.id.number(),
        name: style.names.text(&employee.full_name()),
        extension: extension(employee),
    });
    Caller { entry: style.entry(contact), manager }
}

/// The number that a switch reaches an employee by.
fn extension(employee: &Employee) -> String {
    let mut active = employee.phones.iter().filter(|phone| phone.status == PhoneStatus::Active);
    let is_internal = |number: &str| number.len() <= EXTENSION_CHARS_MAX && number.bytes().all(|b| b.is_ascii_digit());
    let internal = active.clone().find(|phone| is_internal(&phone.number));
    internal.or_else(|| active.next()).map_or_else(String::new, |phone| phone.number.to_string())
}
