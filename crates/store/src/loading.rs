//! Reading a whole book back, as it is at one moment.
//!
//! The contacts of a large book are read by several threads, each in a session of its own, from the same revision on.
//! Rows are borrowed from the engine and go straight into the columns of the book.

use std::ops::ControlFlow;
use std::thread;

use ringbook_book::Book;
use ringbook_book::blacklist::{BlacklistEntry, BlacklistNumber};
use ringbook_book::book::load::{IndexedTables, LoadBatch, LoadedBatch, SmallTables, StoredContact, assemble};
use ringbook_book::contact::{Contact, ContactDraft};
use ringbook_book::employee::Employee;
use ringbook_book::group::{Group, GroupOwner};
use ringbook_book::id::{BlacklistId, ContactId, CustomerId, EmployeeId, GroupId, OrganizationId, Revision};
use ringbook_book::organization::Organization;
use ringbook_book::text::{Email, Emails, Name, Phone, Phones};

use super::bulk::{Overlay, entries_since};
use super::lists;
use super::rows::{self, column};
use super::sql::{Row, Session, Snapshot, values};
use super::staging::visible_until;
use super::statements as sql;
use super::{EntityKind, Store, StoreError};

/// How many threads read one book.
const LOADERS_MAX: usize = 4;
/// Books with a smaller range of ids are read by one thread.
const IDS_PER_LOADER_MIN: i64 = 20_000;
/// How often several threads try to begin at the same revision; a book that changes too quickly for that is read by one.
const ATTEMPTS_TOGETHER_MAX: usize = 4;

impl Store {
    /// A whole book, as it is committed now: from its image if there is a good one, else from its rows. Blocks on the
    /// store, and keeps several threads busy.
    pub fn load_book(&self, customer: CustomerId) -> Result<Book, StoreError> {
        if let Some(book) = self.image(customer)
            && head(&*self.snapshot()?, customer)?.is_some_and(|head| head.revision == book.revision())
        {
            self.found_image(customer);
            return Ok(book);
        }
        self.load_rows(customer)
    }

    /// Reads a whole book from its rows, as they are committed now. Blocks on the store, and keeps several threads busy.
    pub fn load_rows(&self, customer: CustomerId) -> Result<Book, StoreError> {
        for _ in 0..ATTEMPTS_TOGETHER_MAX {
            match self.try_load(customer, LOADERS_MAX) {
                // Somebody changed the book between two readers' beginnings.
                Err(StoreError::RevisionMoved) => {}
                outcome => return outcome,
            }
        }
        self.try_load(customer, 1)
    }

    /// The revision of a book, as it is committed now; `None` when there is no such book.
    pub async fn book_revision(&self, customer: CustomerId) -> Result<Option<Revision>, StoreError> {
        let found = self.read_short(move |session| head(session, customer)).await?;
        Ok(found.map(|head| head.revision))
    }

    fn try_load(&self, customer: CustomerId, loaders_max: usize) -> Result<Book, StoreError> {
        let session = self.snapshot()?;
        let Head { revision, contacts, forgotten } =
            head(&*session, customer)?.ok_or(StoreError::NotFound { what: EntityKind::Customer })?;
        let until = visible_until(&*session, customer, revision)?;
        let overlay = Overlay::of(&entries_since(&*session, customer, None, until)?);
        let (deleted, forgets) = deleted(&*session, customer, &overlay, forgotten)?;
        self.found_bulk_changes(customer, &overlay, forgets);
        let tables = IndexedTables::new(SmallTables {
            organizations: organizations(&*session, customer, until)?,
            groups: groups(&*session, customer, until)?,
            employees: employees(&*session, customer, until)?,
            blacklist: blacklist(&*session, customer, until)?,
            deleted,
            forgotten,
        });
        let ids = id_bounds(&*session, customer)?;
        let sessions = self.loaders(session, ids, loaders_max)?;
        let source = RowSource { tables: &tables, overlay: &overlay, customer, revision };
        let runs = load_together(&source, ids, sessions)?;
        let unfit = |unfit| StoreError::unreadable("contacts", format_args!("customer_id {customer}"), unfit);
        let book = assemble(tables, runs, revision).map_err(unfit)?;
        if book.contacts_len() as u64 != contacts {
            let cause = format_args!("{} contacts can be read where {contacts} were written", book.contacts_len());
            return Err(StoreError::unreadable("books", format_args!("customer_id {customer}"), cause));
        }
        Ok(book)
    }

    /// Sessions to read this many ids with: this one, and others where that is worth it and there is room for them.
    fn loaders(
        &self,
        first: Snapshot,
        ids: Option<(i64, i64)>,
        loaders_max: usize,
    ) -> Result<Vec<Snapshot>, StoreError> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let worth = ids.map_or(0, |(least, most)| (most - least) / IDS_PER_LOADER_MIN);
        let wanted = usize::try_from(worth).unwrap_or(usize::MAX).min(processors).min(loaders_max);
        let mut sessions = vec![first];
        while sessions.len() < wanted
            && let Some(session) = self.spare_snapshot()?
        {
            sessions.push(session);
        }
        Ok(sessions)
    }
}

/// What the threads that load one book have in common.
#[derive(Clone, Copy)]
struct RowSource<'r> {
    tables: &'r IndexedTables,
    overlay: &'r Overlay,
    customer: CustomerId,
    revision: Revision,
}

/// Reads the contacts, each session a range of ids; the first session is the one that the book was begun with.
fn load_together(
    source: &RowSource<'_>,
    ids: Option<(i64, i64)>,
    sessions: Vec<Snapshot>,
) -> Result<Vec<LoadedBatch>, StoreError> {
    let Some((least, most)) = ids else { return Ok(Vec::new()) };
    let step = (most - least) / sessions.len() as i64 + 1;
    let range = |at: usize| (least + at as i64 * step, (least + (at as i64 + 1) * step - 1).min(most));
    thread::scope(|scope| {
        let mut sessions = sessions.into_iter().enumerate();
        let first = sessions.next();
        let others: Vec<_> = sessions
            .map(|(at, session)| {
                scope.spawn(move || {
                    if head(&*session, source.customer)?.is_none_or(|head| head.revision != source.revision) {
                        return Err(StoreError::RevisionMoved);
                    }
                    load_run(&*session, source, range(at))
                })
            })
            .collect();
        let first = first.map(|(at, session)| load_run(&*session, source, range(at)));
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(StoreError::unavailable("a thread that read contacts panicked")))
        };
        first.into_iter().chain(others.into_iter().map(join)).collect()
    })
}

fn load_run(session: &dyn Session, source: &RowSource<'_>, (from, to): (i64, i64)) -> Result<LoadedBatch, StoreError> {
    let customer = source.customer;
    let mut run = LoadBatch::new(source.tables);
    let mut lists = Lists::default();
    // Asked in this session: staging may have begun since the first session.
    let until = visible_until(session, customer, source.revision)?;
    let asked = values![column(customer.number()), from, to, column(until.0)];
    let read = session.each(sql::CONTACTS, &asked, &mut |row| {
        push(&mut run, row, &mut lists, source.overlay).map_err(|cause| broken("contacts", customer, row, cause))?;
        Ok(ControlFlow::Continue(()))
    });
    read.map_err(|fault| damaged("contacts", customer, fault))?;
    Ok(run.finish())
}

/// Room that is used again for every row.
#[derive(Default)]
struct Lists {
    phones: Vec<Phone>,
    groups: Vec<u64>,
}

fn push(run: &mut LoadBatch<'_>, row: &dyn Row, lists: &mut Lists, overlay: &Overlay) -> Result<(), String> {
    let number = row.number(0)?.cast_unsigned();
    if overlay.is_deleted(number) {
        return Ok(());
    }
    lists::read_phones(row.text(4)?, &mut lists.phones)?;
    lists::read_ids(row.text(8)?, &mut lists.groups)?;
    let revision = overlay.apply(number, Revision(row.number(9)?.cast_unsigned()), &mut lists.groups);
    let emails = lists::Texts::read(row.text(5)?)?;
    let id = |at| row.optional_number(at).map(|id| id.map(i64::cast_unsigned));
    let contact = StoredContact {
        id: number,
        last_name: row.text(1)?,
        first_name: row.optional_text(2)?,
        patronymic: row.optional_text(3)?,
        phones: &lists.phones,
        emails: &emails.to_vec(),
        manager: id(6)?,
        organization: id(7)?,
        groups: &lists.groups,
        revision,
    };
    run.push(&contact).map_err(|unfit| unfit.to_string())
}

fn broken(table: &'static str, customer: CustomerId, row: &dyn Row, cause: String) -> StoreError {
    StoreError::unreadable(table, format_args!("customer_id {customer}, {}", rows::key(row)), cause)
}

/// A page of the disk that cannot be read takes rows along that nobody can name; the rest may be well.
fn damaged(table: &'static str, customer: CustomerId, fault: StoreError) -> StoreError {
    match fault {
        StoreError::Damaged { cause } => StoreError::unreadable(table, format_args!("customer_id {customer}"), cause),
        other => other,
    }
}

/// What stands about a book as a whole.
pub(super) struct Head {
    pub(super) revision: Revision,
    contacts: u64,
    pub(super) forgotten: Revision,
}

pub(super) fn head(session: &dyn Session, customer: CustomerId) -> Result<Option<Head>, StoreError> {
    session.first(sql::BOOK, &values![column(customer.number())], |row| {
        let number = |at| row.number(at).map(i64::cast_unsigned);
        Ok(Head { revision: Revision(number(0)?), contacts: number(1)?, forgotten: Revision(number(2)?) })
    })
}

/// The smallest and the largest id of a contact.
fn id_bounds(session: &dyn Session, customer: CustomerId) -> Result<Option<(i64, i64)>, StoreError> {
    let bounds = session.one(sql::CONTACT_ID_BOUNDS, &values![column(customer.number())], |row| {
        Ok(row.optional_number(0)?.zip(row.optional_number(1)?))
    });
    bounds.map_err(|fault| damaged("contacts", customer, fault))
}

pub(super) fn organizations(
    session: &dyn Session,
    customer: CustomerId,
    until: Revision,
) -> Result<Vec<(Organization, Revision)>, StoreError> {
    all(session, sql::ORGANIZATIONS, "organizations", customer, until, |row| {
        let organization =
            Organization { id: rows::id(row.number(0)?, OrganizationId::new)?, name: name(row.text(2)?)? };
        Ok((organization, revision(row)?))
    })
}

pub(super) fn groups(
    session: &dyn Session,
    customer: CustomerId,
    until: Revision,
) -> Result<Vec<(Group, Revision)>, StoreError> {
    all(session, sql::GROUPS, "groups", customer, until, |row| {
        let owner = if row.truth(3)? { GroupOwner::System } else { GroupOwner::User };
        let group = Group { id: rows::id(row.number(0)?, GroupId::new)?, name: name(row.text(2)?)?, owner };
        Ok((group, revision(row)?))
    })
}

pub(super) fn employees(
    session: &dyn Session,
    customer: CustomerId,
    until: Revision,
) -> Result<Vec<(Employee, Revision)>, StoreError> {
    all(session, sql::EMPLOYEES, "employees", customer, until, |row| {
        let email = row.optional_text(5)?.map(Email::parse).transpose();
        let employee = Employee {
            id: rows::id(row.number(0)?, EmployeeId::new)?,
            last_name: name(row.text(2)?)?,
            first_name: row.optional_text(3)?.map(name).transpose()?,
            patronymic: row.optional_text(4)?.map(name).transpose()?,
            email: email.map_err(|fault| format!("email {fault}"))?,
            phones: lists::read_employee_phones(row.text(6)?)?,
        };
        Ok((employee, revision(row)?))
    })
}

pub(super) fn blacklist(
    session: &dyn Session,
    customer: CustomerId,
    until: Revision,
) -> Result<Vec<(BlacklistNumber, Revision)>, StoreError> {
    all(session, sql::BLACKLIST, "blacklist", customer, until, |row| {
        let entry = BlacklistEntry {
            phone: Phone::stored(row.text(2)?).ok_or("phone_number is no phone number")?,
            added_by: row.text(3)?.into(),
            comment: row.optional_text(4)?.map(Into::into),
            added_at: row.number(5)?,
        };
        Ok((BlacklistNumber { id: rows::id(row.number(0)?, BlacklistId::new)?, entry }, revision(row)?))
    })
}

/// The deletions that are remembered, and whether there are rows of others.
fn deleted(
    session: &dyn Session,
    customer: CustomerId,
    overlay: &Overlay,
    forgotten: Revision,
) -> Result<(Vec<(Revision, ContactId)>, bool), StoreError> {
    let table = "deleted_contacts";
    let (mut found, mut are_others) = (Vec::new(), false);
    let all = session.each(sql::DELETED_CONTACTS, &values![column(customer.number())], &mut |row| {
        let read = || Ok((Revision(row.number(0)?.cast_unsigned()), rows::id(row.number(1)?, ContactId::new)?));
        let (revision, id) = read().map_err(|cause| broken(table, customer, row, cause))?;
        if revision > forgotten {
            found.push((revision, id));
        } else {
            are_others = true;
        }
        Ok(ControlFlow::Continue(()))
    });
    all.map_err(|fault| damaged(table, customer, fault))?;
    if !overlay.deleted().is_empty() {
        let of_overlay = overlay.deleted().iter().filter(|(_, revision)| *revision > forgotten);
        found.extend(of_overlay.filter_map(|(id, revision)| Some((*revision, ContactId::new(*id).ok()?))));
        found.sort_unstable();
        found.dedup();
    }
    Ok((found, are_others))
}

/// The revision of a row, its second column.
fn revision(row: &dyn Row) -> Result<Revision, String> {
    row.number(1).map(|revision| Revision(revision.cast_unsigned()))
}

fn name(text: &str) -> Result<Name, String> {
    Name::stored(text).map_err(|fault| format!("a name {fault}"))
}

fn all<T>(
    session: &dyn Session,
    sql: &'static str,
    table: &'static str,
    customer: CustomerId,
    until: Revision,
    read: impl Fn(&dyn Row) -> Result<T, String>,
) -> Result<Vec<T>, StoreError> {
    let mut things = Vec::new();
    let all = session.each(sql, &values![column(customer.number()), column(until.0)], &mut |row| {
        things.push(read(row).map_err(|cause| broken(table, customer, row, cause))?);
        Ok(ControlFlow::Continue(()))
    });
    all.map_err(|fault| damaged(table, customer, fault))?;
    Ok(things)
}

/// The contacts that were put after a revision, in the order of their revisions.
pub(super) fn contacts_since(
    session: &dyn Session,
    customer: CustomerId,
    since: Revision,
) -> Result<Vec<(Contact, Revision)>, StoreError> {
    let mut contacts = Vec::new();
    let asked = values![column(customer.number()), column(since.0)];
    let all = session.each(sql::CONTACTS_SINCE, &asked, &mut |row| {
        contacts.push(contact(row).map_err(|cause| broken("contacts", customer, row, cause))?);
        Ok(ControlFlow::Continue(()))
    });
    all.map_err(|fault| damaged("contacts", customer, fault))?;
    Ok(contacts)
}

fn contact(row: &dyn Row) -> Result<(Contact, Revision), String> {
    let mut lists = Lists::default();
    lists::read_phones(row.text(4)?, &mut lists.phones)?;
    lists::read_ids(row.text(8)?, &mut lists.groups)?;
    let emails = lists::Texts::read(row.text(5)?)?;
    let emails: Result<Vec<Email>, _> = emails.to_vec().into_iter().map(Email::parse).collect();
    let twice = |_| "has a phone number or an e-mail address twice, or too many".to_owned();
    let groups: Result<Vec<GroupId>, _> = lists.groups.iter().map(|id| GroupId::new(*id)).collect();
    let draft = ContactDraft {
        last_name: name(row.text(1)?)?,
        first_name: row.optional_text(2)?.map(name).transpose()?,
        patronymic: row.optional_text(3)?.map(name).transpose()?,
        phones: Phones::new(lists.phones, |phone| *phone).map_err(twice)?,
        emails: Emails::new(emails.map_err(|fault| format!("an e-mail address {fault}"))?, Email::folded)
            .map_err(twice)?,
        manager: rows::optional_id(row.optional_number(6)?, EmployeeId::new)?,
        organization: rows::optional_id(row.optional_number(7)?, OrganizationId::new)?,
        groups: groups.map_err(|_| "names a group that cannot be".to_owned())?,
    };
    let contact = Contact { id: rows::id(row.number(0)?, ContactId::new)?, draft };
    Ok((contact, Revision(row.number(9)?.cast_unsigned())))
}
