//! Staging: writing a large change to SQLite in several short transactions, of which only the last makes it visible.
//!
//! SQLite has one writer, so that a change that adds thousands of rows in one transaction would delay the changes of all
//! accounts. Its rows are written before its own transaction, in steps between the changes of others, with the revision
//! that the book will have. Readers ignore rows whose revision the book has not reached. The transaction of the change
//! only moves the revision of the book, which makes all rows visible at once. Until then the table `staged_rows` says what
//! was begun, so that the rows are deleted when the change fails, or when a server starts after a crash.
//!
//! Only added rows are staged: a command that adds many rows to a table changes no other row of that table. Lists of ids
//! ([`super::bulk`]) are staged in the same way; readers ignore those of later revisions while anything is staged.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use ringbook_book::change::{Change, Effect};
use ringbook_book::id::{CustomerId, Revision};

use super::bulk;
use super::put_rows::put;
use super::rows::{self, column};
use super::sql::{BoundStatement, Row, Session, SqlValue, values};
use super::statements as sql;
use super::step_size::{STEP_ROWS_MAX, StepSize};
use super::{Store, StoreError};

/// Rows of a table are staged if a change adds at least this many to it.
pub(super) const STAGED_ROWS_MIN: usize = 256;
/// Lists of ids are staged if a change has at least this many ids in them.
const STAGED_CONTACTS_MIN: usize = 1_000;
/// Maximum number of lists that are deleted in one step.
const STEP_LISTS_MAX: i64 = 2;
/// Maximum number of bytes of texts in one step, unless a single row has more.
pub(super) const STEP_BYTES_MAX: usize = 256 << 10;

/// No row has a later revision.
pub(super) const REVISION_MAX: Revision = Revision(i64::MAX.cast_unsigned());

/// The tables whose rows can be staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum StagedTable {
    Contacts,
    Organizations,
    Groups,
    Employees,
}

impl StagedTable {
    const ALL: [Self; 4] = [Self::Contacts, Self::Organizations, Self::Groups, Self::Employees];

    const fn name(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Organizations => "organizations",
            Self::Groups => "groups",
            Self::Employees => "employees",
        }
    }

    const fn drop_statement(self) -> &'static str {
        match self {
            Self::Contacts => sql::DROP_STAGED_CONTACTS,
            Self::Organizations => sql::DROP_STAGED_ORGANIZATIONS,
            Self::Groups => sql::DROP_STAGED_GROUPS,
            Self::Employees => sql::DROP_STAGED_EMPLOYEES,
        }
    }

    /// The table that an effect puts a row into, and the id of the row.
    fn of(effect: &Effect) -> Option<(Self, u64)> {
        match effect {
            Effect::PutContact(contact) => Some((Self::Contacts, contact.id.number())),
            Effect::PutOrganization(organization) => Some((Self::Organizations, organization.id.number())),
            Effect::PutGroup(group) => Some((Self::Groups, group.id.number())),
            Effect::PutEmployee(employee) => Some((Self::Employees, employee.id.number())),
            _ => None,
        }
    }
}

/// What of a change is staged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Staged {
    /// The tables with staged rows, each with the smallest id of these rows.
    tables: HashMap<&'static str, u64>,
    /// Whether the lists of ids of the change are staged ([`super::bulk`]).
    has_lists: bool,
}

impl Staged {
    /// What of this change is to be staged.
    pub(super) fn of(change: &Change) -> Self {
        let mut counts: HashMap<StagedTable, (usize, u64)> = HashMap::new();
        for (table, id) in change.effects.iter().filter_map(StagedTable::of) {
            let (count, first) = counts.entry(table).or_insert((0, id));
            (*count, *first) = (*count + 1, id.min(*first));
        }
        let many = counts.into_iter().filter(|(_, (count, _))| *count >= STAGED_ROWS_MIN);
        let mut tables: HashMap<_, _> = many.map(|(table, (_, first))| (table.name(), first)).collect();
        let has_lists = listed(change) >= STAGED_CONTACTS_MIN;
        if has_lists && tables.is_empty() {
            // A mark says that something is staged: no contact has such an id.
            tables.insert(StagedTable::Contacts.name(), i64::MAX.unsigned_abs());
        }
        Self { tables, has_lists }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Whether the lists of the change are staged.
    pub(super) const fn has_lists(&self) -> bool {
        self.has_lists
    }

    /// Whether the row or the list of the effect is staged.
    pub(super) fn has(&self, effect: &Effect) -> bool {
        match effect {
            Effect::JoinGroup(..) | Effect::LeaveGroup(..) => self.has_lists,
            _ => self.has_row(effect),
        }
    }

    /// Whether the row of the effect is staged.
    fn has_row(&self, effect: &Effect) -> bool {
        let is_staged =
            |(table, id): (StagedTable, u64)| self.tables.get(table.name()).is_some_and(|first| id >= *first);
        !self.is_empty() && StagedTable::of(effect).is_some_and(is_staged)
    }
}

/// How many ids the lists of a change have.
fn listed(change: &Change) -> usize {
    let members = |effect: &Effect| match effect {
        Effect::JoinGroup(_, contacts) | Effect::LeaveGroup(_, contacts) => contacts.len(),
        _ => 0,
    };
    change.effects.iter().map(members).sum::<usize>() + bulk::deleted_in_bulk(change).map_or(0, |ids| ids.len())
}

impl Store {
    /// Stages the rows of a change. Fails with [`StoreError::RevisionMoved`] when the book has reached the revision of the
    /// change, or does not exist.
    pub(super) async fn stage(&self, customer: CustomerId, change: &Arc<Change>) -> Result<Staged, StoreError> {
        let staged = Staged::of(change);
        if staged.is_empty() {
            return Ok(staged);
        }
        let mut marks = Some(staged.clone());
        if staged.has_lists {
            for list in bulk::entries_of_change(column(customer.number()), change) {
                let (revision, marks) = (change.revision(), marks.take());
                let write = move |session: &dyn Session| {
                    begin_step(session, customer, revision, marks.as_ref())?;
                    session.execute(list.sql, &list.values).map(drop)
                };
                self.write_step(write).await?;
            }
        }
        let (mut from, mut size) = (0, StepSize::new(self.commits()));
        while change.effects[from..].iter().any(|effect| staged.has_row(effect)) {
            let step = next_step(customer, change, &staged, from, size.rows());
            from = step.end;
            let (change, staged, marks) = (Arc::clone(change), staged.clone(), marks.take());
            self.write_step(move |session| write_ahead(session, customer, &change, &staged, step, marks)).await?;
            size.after_step(self.commits());
        }
        Ok(staged)
    }

    /// Deletes the staged rows of failed changes of a book.
    pub(super) async fn unstage(&self, customer: CustomerId) -> Result<(), StoreError> {
        while self.write_step(move |session| drop_some(session, customer)).await? {}
        Ok(())
    }
}

/// The effects of a change from this one on that go into one step of at most so many rows.
fn next_step(customer: CustomerId, change: &Change, staged: &Staged, from: usize, rows_max: usize) -> Range<usize> {
    let (owner, revision) = (column(customer.number()), column(change.revision().0));
    let (mut rows, mut bytes) = (0, 0);
    for (at, effect) in change.effects.iter().enumerate().skip(from).filter(|(_, effect)| staged.has_row(effect)) {
        let added = put(owner, revision, effect).map_or(0, |statement| text_bytes(&statement));
        if rows == rows_max || (rows > 0 && bytes + added > STEP_BYTES_MAX) {
            return from..at;
        }
        (rows, bytes) = (rows + 1, bytes + added);
    }
    from..change.effects.len()
}

fn text_bytes(statement: &BoundStatement<'_>) -> usize {
    let bytes = |value: &SqlValue<'_>| match value {
        SqlValue::Text(text) => text.len(),
        SqlValue::Null | SqlValue::Number(_) => 0,
    };
    statement.values.iter().map(bytes).sum()
}

fn write_ahead(
    session: &dyn Session,
    customer: CustomerId,
    change: &Change,
    staged: &Staged,
    step: Range<usize>,
    marks: Option<Staged>,
) -> Result<(), StoreError> {
    begin_step(session, customer, change.revision(), marks.as_ref())?;
    let (owner, revision) = (column(customer.number()), column(change.revision().0));
    let effects = change.effects[step].iter().filter(|effect| staged.has_row(effect));
    session.execute_all(&mut effects.filter_map(|effect| put(owner, revision, effect)))
}

/// Checks that the book has not reached the revision; the first step writes the marks.
fn begin_step(
    session: &dyn Session,
    customer: CustomerId,
    revision: Revision,
    marks: Option<&Staged>,
) -> Result<(), StoreError> {
    let (owner, revision) = (column(customer.number()), column(revision.0));
    // The customer may have been removed between two steps.
    let now = session.first(sql::BOOK, &values![owner], |row| row.number(0))?;
    if now.is_none_or(|now| now >= revision) {
        return Err(StoreError::RevisionMoved);
    }
    for (table, first) in marks.iter().flat_map(|marks| &marks.tables) {
        session.execute(sql::PUT_STAGED_ROWS, &values![owner, revision, *table, column(*first)])?;
    }
    Ok(())
}

/// A row of `staged_rows`.
struct Mark {
    owner: i64,
    revision: i64,
    table: StagedTable,
    first: i64,
}

impl Mark {
    fn read(row: &dyn Row) -> Result<Self, StoreError> {
        let read = || {
            let name = row.text(2)?;
            let table = StagedTable::ALL.into_iter().find(|table| table.name() == name);
            let table = table.ok_or_else(|| format!("table {name:?}"))?;
            Ok::<_, String>(Self { owner: row.number(0)?, revision: row.number(1)?, table, first: row.number(3)? })
        };
        read().map_err(|cause| StoreError::unreadable("staged_rows", rows::key(row), cause))
    }
}

/// Deletes some staged rows of a book; returns whether there may be more.
fn drop_some(session: &dyn Session, customer: CustomerId) -> Result<bool, StoreError> {
    let owner = column(customer.number());
    let mut marks = Vec::new();
    session.each(sql::STAGED_ROWS_OF, &values![owner], &mut |row| {
        marks.push(Mark::read(row)?);
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    for mark in &marks {
        if drop_rows(session, mark)? > 0 {
            return Ok(true);
        }
    }
    if let Some(last) = marks.iter().map(|mark| mark.revision).max() {
        session.execute(sql::DROP_STAGED_ROWS, &values![owner, last])?;
    }
    Ok(false)
}

/// Deletes some of the rows of a mark, unless the book has reached their revision. Returns how many.
fn drop_rows(session: &dyn Session, mark: &Mark) -> Result<u64, StoreError> {
    let now = session.first(sql::BOOK, &values![mark.owner], |row| row.number(0))?;
    if now.is_some_and(|now| now >= mark.revision) {
        return Ok(0);
    }
    let lists = session.execute(sql::DROP_STAGED_BULK_CHANGES, &values![mark.owner, mark.revision, STEP_LISTS_MAX])?;
    if lists > 0 {
        return Ok(lists);
    }
    let limit = i64::try_from(STEP_ROWS_MAX).unwrap_or(i64::MAX);
    session.execute(mark.table.drop_statement(), &values![mark.owner, mark.first, mark.revision, limit])
}

/// Up to which revision rows of a book at `revision` are read: all of them, unless rows are staged.
pub(super) fn visible_until(
    session: &dyn Session,
    customer: CustomerId,
    revision: Revision,
) -> Result<Revision, StoreError> {
    let is_staging = session.finds(sql::STAGED_ROWS_OF, &values![column(customer.number())])?;
    Ok(if is_staging { revision } else { REVISION_MAX })
}

/// Deletes all staged rows that a crash has left.
pub(super) fn clean(session: &dyn Session) -> Result<(), StoreError> {
    let mut owners = Vec::new();
    session.each(sql::STAGED_ROWS, &[], &mut |row| {
        owners.push(row.number(0).map_err(StoreError::unavailable)?);
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    owners.dedup();
    for owner in owners {
        let customer = rows::id(owner, CustomerId::new);
        let customer = customer.map_err(|cause| StoreError::unreadable("staged_rows", "customer_id", cause))?;
        while drop_some(session, customer)? {}
    }
    Ok(())
}

/// Deletes the marks of rows up to this revision, which the book has reached.
pub(super) fn unmark(session: &dyn Session, customer: CustomerId, revision: Revision) -> Result<(), StoreError> {
    session.execute(sql::DROP_STAGED_ROWS, &values![column(customer.number()), column(revision.0)]).map(drop)
}
