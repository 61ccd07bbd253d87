//! The books: one change is one transaction, and a whole book is read back at once.
//!
//! A change is accepted only on the revision that it was decided on. Rows say what is, so following a change
//! twice would do no harm, but it never happens: the revision moves with it.

use std::thread;

use ringbook_book::Book;
use ringbook_book::book::load::{Frame, Ran, Run, StoredContact, assemble};
use ringbook_book::change::{Change, Effect};
use ringbook_book::contact::Contact;
use ringbook_book::employee::Employee;
use ringbook_book::group::{Group, Origin};
use ringbook_book::id::{CustomerId, EmployeeId, GroupId, OrganizationId, Revision};
use ringbook_book::organization::Organization;
use ringbook_book::text::{Email, Name};
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

impl Store {
    /// Makes a change durable. Fails with [`StoreFault::RevisionMoved`] when the book is not at the revision that
    /// the change was decided on; nothing is changed then.
    pub async fn commit(&self, customer: CustomerId, change: Change) -> Result<(), StoreFault> {
        self.write(move |connection| follow(connection, customer, &change)).await
    }

    /// A whole book, as it is committed now: from its image if there is a good one, else from its rows. Blocks on the
    /// disk, and keeps several threads busy.
    pub fn load_book(&self, customer: CustomerId) -> Result<Book, StoreFault> {
        let image = self.0.found.and_then(|found| images::read(&self.0.path, customer, found));
        if let Some(book) = image
            && revision(&self.reader()?, customer)? == Some(book.revision())
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
        let revision = revision(&snapshot, customer)?.ok_or(StoreFault::NotFound { what: Noun::Customer })?;
        let frame = Frame::new(
            organizations(&snapshot, customer)?,
            groups(&snapshot, customer)?,
            employees(&snapshot, customer)?,
        );
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
        assemble(frame, runs, revision).map_err(unfit)
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
        if revision(&snapshot, customer)? != Some(wanted) {
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

fn revision(connection: &Connection, customer: CustomerId) -> Result<Option<Revision>, StoreFault> {
    let mut statement = connection.prepare_cached(sql::BOOK_REVISION)?;
    let found: Option<i64> = statement.query_row([column(customer.number())], |row| row.get(0)).optional()?;
    Ok(found.map(|revision| Revision(revision.cast_unsigned())))
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

fn organizations(connection: &Connection, customer: CustomerId) -> Result<Vec<Organization>, StoreFault> {
    all(connection, sql::ORGANIZATIONS, "organizations", customer, |row| {
        Ok(Organization { id: rows::id(cell(row, 0)?, OrganizationId::new)?, name: name(text(row, 1)?)? })
    })
}

fn groups(connection: &Connection, customer: CustomerId) -> Result<Vec<Group>, StoreFault> {
    all(connection, sql::GROUPS, "groups", customer, |row| {
        let origin = if cell(row, 2)? { Origin::System } else { Origin::User };
        Ok(Group { id: rows::id(cell(row, 0)?, GroupId::new)?, name: name(text(row, 1)?)?, origin })
    })
}

fn employees(connection: &Connection, customer: CustomerId) -> Result<Vec<Employee>, StoreFault> {
    all(connection, sql::EMPLOYEES, "employees", customer, |row| {
        let email = optional_text(row, 4)?.map(Email::parse).transpose();
        Ok(Employee {
            id: rows::id(cell(row, 0)?, EmployeeId::new)?,
            last_name: name(text(row, 1)?)?,
            first_name: optional_text(row, 2)?.map(name).transpose()?,
            patronymic: optional_text(row, 3)?.map(name).transpose()?,
            email: email.map_err(|fault| format!("email {fault}"))?,
            phones: lists::read_employee_phones(text(row, 5)?)?,
        })
    })
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

fn follow(connection: &Connection, customer: CustomerId, change: &Change) -> Result<(), StoreFault> {
    let (owner, revision) = (column(customer.number()), column(change.revision().0));
    let mut statement = connection.prepare_cached(sql::MOVE_REVISION)?;
    if statement.execute(params![revision, owner, column(change.decided_on.0)])? != 1 {
        return Err(StoreFault::RevisionMoved);
    }
    for effect in &change.effects {
        match effect {
            Effect::PutContact(contact) => put_contact(connection, owner, revision, contact)?,
            Effect::PutOrganization(organization) => {
                let row = params![owner, column(organization.id.number()), revision, organization.name.as_str()];
                run(connection, sql::PUT_ORGANIZATION, row)?;
            }
            Effect::PutGroup(group) => {
                let system = group.origin == Origin::System;
                let row = params![owner, column(group.id.number()), revision, group.name.as_str(), i64::from(system)];
                run(connection, sql::PUT_GROUP, row)?;
            }
            Effect::PutEmployee(employee) => put_employee(connection, owner, revision, employee)?,
            Effect::DropContact(id) => run(connection, sql::DROP_CONTACT, params![owner, column(id.number())])?,
            Effect::DropOrganization(id) => {
                run(connection, sql::DROP_ORGANIZATION, params![owner, column(id.number())])?;
            }
            Effect::DropGroup(id) => run(connection, sql::DROP_GROUP, params![owner, column(id.number())])?,
            Effect::DropEmployee(id) => run(connection, sql::DROP_EMPLOYEE, params![owner, column(id.number())])?,
        }
    }
    Ok(())
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
