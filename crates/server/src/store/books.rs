//! The books: one change is one transaction, and a whole book is read back at once.
//!
//! A change is accepted only on the revision that it was decided on. Rows say what is, so following a change
//! twice would do no harm, but it never happens: the revision moves with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ringbook_book::Book;
use ringbook_book::blacklist::{BlacklistEntry, BlacklistNumber};
use ringbook_book::book::load::{Frame, Furniture, Ran, Run, StoredContact, assemble};
use ringbook_book::change::{Change, Effect};
use ringbook_book::contact::Contact;
use ringbook_book::employee::Employee;
use ringbook_book::group::{Group, Origin};
use ringbook_book::id::{BlacklistId, ContactId, CustomerId, EmployeeId, GroupId, OrganizationId, Revision};
use ringbook_book::organization::Organization;
use ringbook_book::text::{Email, Name, Phone};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

use super::images;
use super::lists;
use super::rows::{self, cell, column};
use super::statements as sql;
use super::{Noun, Store, StoreFault};

/// How many threads read one book.
const LOADERS_MAX: usize = 4;
/// Books with a smaller range of ids are read by one thread.
const IDS_PER_LOADER_MIN: i64 = 20_000;

/// Why changes are not on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncommitted {
    /// The store did not take them; there may be something wrong with one of them.
    Refused(StoreFault),
    /// The transaction did not begin, or was lost on its way.
    Lost(StoreFault),
}

impl Store {
    /// Makes a change durable. Fails with [`StoreFault::RevisionMoved`] when the book is not at the revision that
    /// the change was decided on; nothing is changed then.
    pub async fn commit(&self, customer: CustomerId, change: Arc<Change>) -> Result<(), StoreFault> {
        self.write(move |connection| follow(connection, customer, &[change])).await
    }

    /// Makes changes durable that are not known before the transaction begins: `gather` is asked for them then, on a
    /// thread that may wait. Each was decided on the state that the one before leaves behind; all are accepted or none.
    pub async fn commit_late(
        &self,
        customer: CustomerId,
        gather: impl FnOnce() -> Vec<Arc<Change>> + Send + 'static,
    ) -> Result<(), Uncommitted> {
        let refused = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&refused);
        let outcome = self.write(move |connection| {
            let outcome = follow(connection, customer, &gather());
            told.store(outcome.is_err(), Ordering::Relaxed);
            outcome
        });
        outcome.await.map_err(|fault| match refused.load(Ordering::Relaxed) {
            true => Uncommitted::Refused(fault),
            false => Uncommitted::Lost(fault),
        })
    }

    /// A whole book, as it is committed now: from its image if there is a good one, else from its rows. Blocks on the
    /// disk, and keeps several threads busy.
    pub fn load_book(&self, customer: CustomerId) -> Result<Book, StoreFault> {
        let image = self.0.found.and_then(|found| images::read(&self.0.path, customer, found));
        if let Some(book) = image
            && head(&self.reader()?, customer)?.is_some_and(|head| head.revision == book.revision())
        {
            return Ok(book);
        }
        self.load_rows(customer)
    }

    /// Reads a whole book from its rows, as they are committed now. Blocks on the disk, and keeps several threads busy.
    pub fn load_rows(&self, customer: CustomerId) -> Result<Book, StoreFault> {
        loop {
            match self.try_load(customer) {
                // Somebody changed the book between two readers' beginnings.
                Err(StoreFault::RevisionMoved) => {}
                outcome => return outcome,
            }
        }
    }

    fn try_load(&self, customer: CustomerId) -> Result<Book, StoreFault> {
        let connection = self.reader()?;
        let snapshot = connection.unchecked_transaction()?;
        let Head { revision, contacts, forgotten } =
            head(&snapshot, customer)?.ok_or(StoreFault::NotFound { what: Noun::Customer })?;
        let frame = Frame::new(Furniture {
            organizations: organizations(&snapshot, customer)?,
            groups: groups(&snapshot, customer)?,
            employees: employees(&snapshot, customer)?,
            blacklist: blacklist(&snapshot, customer)?,
            deleted: deleted(&snapshot, customer)?,
            forgotten,
        });
        let bounds = id_bounds(&snapshot, customer)?;
        let runs = thread::scope(|scope| {
            let read = |(from, to)| {
                let frame = &frame;
                scope.spawn(move || self.load_run(customer, revision, frame, from, to))
            };
            let threads: Vec<_> = bounds.into_iter().map(read).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|_| Err(StoreFault::unavailable("a thread that read contacts panicked")))
            };
            threads.into_iter().map(join).collect::<Result<Vec<Ran>, StoreFault>>()
        })?;
        let unfit = |unfit| StoreFault::unreadable("contacts", format_args!("customer_id {customer}"), unfit);
        let book = assemble(frame, runs, revision).map_err(unfit)?;
        if book.contacts_len() as u64 != contacts {
            let cause = format_args!("{} contacts can be read where {contacts} were written", book.contacts_len());
            return Err(StoreFault::unreadable("books", format_args!("customer_id {customer}"), cause));
        }
        Ok(book)
    }

    fn load_run(
        &self,
        customer: CustomerId,
        wanted: Revision,
        frame: &Frame,
        from: i64,
        to: i64,
    ) -> Result<Ran, StoreFault> {
        let connection = self.reader()?;
        let snapshot = connection.unchecked_transaction()?;
        if head(&snapshot, customer)?.is_none_or(|head| head.revision != wanted) {
            return Err(StoreFault::RevisionMoved);
        }
        let mut run = Run::new(frame);
        let mut statement = snapshot.prepare(sql::CONTACTS)?;
        let mut rows = statement.query(params![column(customer.number()), from, to])?;
        let mut lists = Lists::default();
        while let Some(row) = rows.next().map_err(|error| damaged("contacts", customer, error))? {
            push(&mut run, row, &mut lists).map_err(|cause| broken("contacts", customer, row, cause))?;
        }
        Ok(run.finish())
    }
}

/// Room that is used again for every row.
#[derive(Default)]
struct Lists {
    phones: Vec<ringbook_book::text::Phone>,
    groups: Vec<u64>,
}

fn push(run: &mut Run<'_>, row: &Row<'_>, lists: &mut Lists) -> Result<(), String> {
    lists::read_phones(text(row, 4)?, &mut lists.phones)?;
    lists::read_ids(text(row, 8)?, &mut lists.groups)?;
    let emails = lists::Texts::read(text(row, 5)?)?;
    let id = |index| cell::<Option<i64>>(row, index).map(|id| id.map(i64::cast_unsigned));
    let contact = StoredContact {
        id: cell::<i64>(row, 0)?.cast_unsigned(),
        last_name: text(row, 1)?,
        first_name: optional_text(row, 2)?,
        patronymic: optional_text(row, 3)?,
        phones: &lists.phones,
        emails: &emails.to_vec(),
        manager: id(6)?,
        organization: id(7)?,
        groups: &lists.groups,
        revision: Revision(cell::<i64>(row, 9)?.cast_unsigned()),
    };
    run.push(&contact).map_err(|unfit| unfit.to_string())
}

fn text<'r>(row: &'r Row<'_>, index: usize) -> Result<&'r str, String> {
    optional_text(row, index)?.ok_or_else(|| format!("column {index} is null"))
}

fn optional_text<'r>(row: &'r Row<'_>, index: usize) -> Result<Option<&'r str>, String> {
    let value = row.get_ref(index).map_err(|error| error.to_string())?;
    value.as_str_or_null().map_err(|error| error.to_string())
}

fn broken(table: &'static str, customer: CustomerId, row: &Row<'_>, cause: String) -> StoreFault {
    StoreFault::unreadable(table, format_args!("customer_id {customer}, {}", rows::key(row, "id")), cause)
}

/// A page of the file that cannot be read takes rows along that nobody can name; the rest may be well.
fn damaged(table: &'static str, customer: CustomerId, error: rusqlite::Error) -> StoreFault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => {
            StoreFault::unreadable(table, format_args!("customer_id {customer}"), error)
        }
        _ => error.into(),
    }
}

/// What stands about a book as a whole.
struct Head {
    revision: Revision,
    contacts: u64,
    forgotten: Revision,
}

fn head(connection: &Connection, customer: CustomerId) -> Result<Option<Head>, StoreFault> {
    let mut statement = connection.prepare_cached(sql::BOOK)?;
    let number = |row: &Row<'_>, index: usize| row.get::<_, i64>(index).map(i64::cast_unsigned);
    let head = statement.query_row([column(customer.number())], |row| {
        let (revision, forgotten) = (Revision(number(row, 0)?), Revision(number(row, 2)?));
        Ok(Head { revision, contacts: number(row, 1)?, forgotten })
    });
    Ok(head.optional()?)
}

/// Ranges of ids that cover a book, one per thread.
fn id_bounds(connection: &Connection, customer: CustomerId) -> Result<Vec<(i64, i64)>, StoreFault> {
    let mut statement = connection.prepare_cached(sql::CONTACT_ID_BOUNDS)?;
    let (least, most): (Option<i64>, Option<i64>) = statement
        .query_row([column(customer.number())], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(|error| damaged("contacts", customer, error))?;
    let (Some(least), Some(most)) = (least, most) else { return Ok(Vec::new()) };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(LOADERS_MAX);
    let ids = most - least;
    let threads = threads.min(usize::try_from(ids / IDS_PER_LOADER_MIN).unwrap_or(LOADERS_MAX)).max(1);
    let step = ids / threads as i64 + 1;
    Ok((0..threads as i64).map(|at| (least + at * step, (least + (at + 1) * step - 1).min(most))).collect())
}

fn organizations(connection: &Connection, customer: CustomerId) -> Result<Vec<(Organization, Revision)>, StoreFault> {
    all(connection, sql::ORGANIZATIONS, "organizations", customer, |row| {
        let organization =
            Organization { id: rows::id(cell(row, 0)?, OrganizationId::new)?, name: name(text(row, 2)?)? };
        Ok((organization, revision(row)?))
    })
}

fn groups(connection: &Connection, customer: CustomerId) -> Result<Vec<(Group, Revision)>, StoreFault> {
    all(connection, sql::GROUPS, "groups", customer, |row| {
        let origin = if cell(row, 3)? { Origin::System } else { Origin::User };
        let group = Group { id: rows::id(cell(row, 0)?, GroupId::new)?, name: name(text(row, 2)?)?, origin };
        Ok((group, revision(row)?))
    })
}

fn employees(connection: &Connection, customer: CustomerId) -> Result<Vec<(Employee, Revision)>, StoreFault> {
    all(connection, sql::EMPLOYEES, "employees", customer, |row| {
        let email = optional_text(row, 5)?.map(Email::parse).transpose();
        let employee = Employee {
            id: rows::id(cell(row, 0)?, EmployeeId::new)?,
            last_name: name(text(row, 2)?)?,
            first_name: optional_text(row, 3)?.map(name).transpose()?,
            patronymic: optional_text(row, 4)?.map(name).transpose()?,
            email: email.map_err(|fault| format!("email {fault}"))?,
            phones: lists::read_employee_phones(text(row, 6)?)?,
        };
        Ok((employee, revision(row)?))
    })
}

fn blacklist(connection: &Connection, customer: CustomerId) -> Result<Vec<(BlacklistNumber, Revision)>, StoreFault> {
    all(connection, sql::BLACKLIST, "blacklist", customer, |row| {
        let entry = BlacklistEntry {
            phone: Phone::parse(text(row, 2)?).map_err(|fault| format!("phone_number {fault}"))?,
            added_by: text(row, 3)?.into(),
            comment: optional_text(row, 4)?.map(Into::into),
            added_at: cell(row, 5)?,
        };
        Ok((BlacklistNumber { id: rows::id(cell(row, 0)?, BlacklistId::new)?, entry }, revision(row)?))
    })
}

fn deleted(connection: &Connection, customer: CustomerId) -> Result<Vec<(Revision, ContactId)>, StoreFault> {
    all(connection, sql::DELETED_CONTACTS, "deleted_contacts", customer, |row| {
        Ok((Revision(cell::<i64>(row, 0)?.cast_unsigned()), rows::id(cell(row, 1)?, ContactId::new)?))
    })
}

/// The revision of a row, its second column.
fn revision(row: &Row<'_>) -> Result<Revision, String> {
    cell::<i64>(row, 1).map(|revision| Revision(revision.cast_unsigned()))
}

fn name(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|fault| format!("a name {fault}"))
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    table: &'static str,
    customer: CustomerId,
    read: impl Fn(&Row<'_>) -> Result<T, String>,
) -> Result<Vec<T>, StoreFault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([column(customer.number())])?;
    let mut things = Vec::new();
    while let Some(row) = rows.next().map_err(|error| damaged(table, customer, error))? {
        things.push(read(row).map_err(|cause| broken(table, customer, row, cause))?);
    }
    Ok(things)
}

/// Follows changes that were decided one on the other.
fn follow(connection: &Connection, customer: CustomerId, changes: &[Arc<Change>]) -> Result<(), StoreFault> {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return Ok(());
    };
    let owner = column(customer.number());
    let moved = params![column(last.revision().0), column(last.contacts), owner, column(first.decided_on.0)];
    if connection.prepare_cached(sql::MOVE_REVISION)?.execute(moved)? != 1 {
        return Err(StoreFault::RevisionMoved);
    }
    for change in changes {
        let revision = column(change.revision().0);
        change.effects.iter().try_for_each(|effect| make_so(connection, owner, revision, effect))?;
    }
    Ok(())
}

fn make_so(connection: &Connection, owner: i64, revision: i64, effect: &Effect) -> Result<(), StoreFault> {
    match effect {
        Effect::PutContact(contact) => put_contact(connection, owner, revision, contact),
        Effect::Regroup(id, groups) => {
            let groups = lists::write_ids(groups.iter().map(|id| id.number()));
            run(connection, sql::REGROUP, params![groups, revision, owner, column(id.number())])
        }
        Effect::PutOrganization(organization) => {
            let row = params![owner, column(organization.id.number()), revision, organization.name.as_str()];
            run(connection, sql::PUT_ORGANIZATION, row)
        }
        Effect::PutGroup(group) => {
            let system = group.origin == Origin::System;
            let row = params![owner, column(group.id.number()), revision, group.name.as_str(), i64::from(system)];
            run(connection, sql::PUT_GROUP, row)
        }
        Effect::PutEmployee(employee) => put_employee(connection, owner, revision, employee),
        Effect::PutBlacklistNumber(number) => put_blacklist_number(connection, owner, revision, number),
        Effect::DropContact(id) => {
            run(connection, sql::DROP_CONTACT, params![owner, column(id.number())])?;
            run(connection, sql::REMEMBER_DELETION, params![owner, revision, column(id.number())])
        }
        Effect::DropOrganization(id) => run(connection, sql::DROP_ORGANIZATION, params![owner, column(id.number())]),
        Effect::DropGroup(id) => run(connection, sql::DROP_GROUP, params![owner, column(id.number())]),
        Effect::DropEmployee(id) => run(connection, sql::DROP_EMPLOYEE, params![owner, column(id.number())]),
        Effect::DropBlacklistNumber(id) => {
            run(connection, sql::DROP_BLACKLIST_NUMBER, params![owner, column(id.number())])
        }
        Effect::ForgetDeletions(until) => {
            run(connection, sql::FORGET_DELETIONS, params![owner, column(until.0)])?;
            run(connection, sql::SET_FORGOTTEN, params![column(until.0), owner])
        }
    }
}

fn run(connection: &Connection, sql: &str, row: impl rusqlite::Params) -> Result<(), StoreFault> {
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

fn put_contact(connection: &Connection, owner: i64, revision: i64, contact: &Contact) -> Result<(), StoreFault> {
    let draft = &contact.draft;
    let row = params![
        owner,
        column(contact.id.number()),
        revision,
        draft.last_name.as_str(),
        draft.first_name.as_ref().map(Name::as_str),
        draft.patronymic.as_ref().map(Name::as_str),
        lists::write_phones(draft.phones.as_slice()),
        lists::write_texts(draft.emails.as_slice().iter().map(Email::as_str)),
        draft.manager.map(|id| column(id.number())),
        draft.organization.map(|id| column(id.number())),
        lists::write_ids(draft.groups.iter().map(|id| id.number())),
    ];
    run(connection, sql::PUT_CONTACT, row)
}

fn put_employee(connection: &Connection, owner: i64, revision: i64, employee: &Employee) -> Result<(), StoreFault> {
    let row = params![
        owner,
        column(employee.id.number()),
        revision,
        employee.last_name.as_str(),
        employee.first_name.as_ref().map(Name::as_str),
        employee.patronymic.as_ref().map(Name::as_str),
        employee.email.as_ref().map(Email::as_str),
        lists::write_employee_phones(&employee.phones),
    ];
    run(connection, sql::PUT_EMPLOYEE, row)
}

fn put_blacklist_number(
    connection: &Connection,
    owner: i64,
    revision: i64,
    number: &BlacklistNumber,
) -> Result<(), StoreFault> {
    let entry = &number.entry;
    let row = params![
        owner,
        column(number.id.number()),
        revision,
        entry.phone.to_string(),
        entry.added_by,
        entry.comment,
        entry.added_at,
    ];
    run(connection, sql::PUT_BLACKLIST_NUMBER, row)
}
