//! Writing a large change in several short transactions, none of which counts before the last.
//!
//! In a directory one transaction at a time writes, so a change that adds thousands of rows would hold up everybody. Its
//! rows are written ahead, in steps between the changes of others, with the revision that the book will have. Readers
//! pass over rows with a revision that the book has not reached. The change's own transaction then only moves the book's
//! revision, which makes all rows count at once. Until then the table `staged_rows` says what was begun, so that it is
//! taken away when the change fails, or when a server starts after a crash.
//!
//! Only rows that a change adds are staged. A change that adds many rows of a kind alters no row of that kind: commands
//! either add many things or alter one.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use ringbook_book::change::{Change, Effect};
use ringbook_book::id::{CustomerId, Revision};

use super::books::put;
use super::rows::{self, column};
use super::sql::{BoundStatement, Row, Session, SqlValue, values};
use super::statements as sql;
use super::{Store, StoreError};

/// A change with fewer rows of a kind to add is written at once.
pub(super) const STAGED_ROWS_MIN: usize = 256;
/// A step ends after so many rows,
pub(super) const STEP_ROWS_MAX: usize = 256;
/// or after so many bytes of texts.
pub(super) const STEP_BYTES_MAX: usize = 256 << 10;

/// The tables with rows that can be staged.
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

    /// The table that an effect adds a row to, and the id of the row.
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

/// What of a change is written ahead of its transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Staged(HashMap<&'static str, u64>);

impl Staged {
    /// What of this change is to be written ahead.
    pub(super) fn of(change: &Change) -> Self {
        let mut counts: HashMap<StagedTable, (usize, u64)> = HashMap::new();
        for (table, id) in change.effects.iter().filter_map(StagedTable::of) {
            let (count, first) = counts.entry(table).or_insert((0, id));
            (*count, *first) = (*count + 1, id.min(*first));
        }
        let many = counts.into_iter().filter(|(_, (count, _))| *count >= STAGED_ROWS_MIN);
        Self(many.map(|(table, (_, first))| (table.name(), first)).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the effect is among it.
    pub(super) fn has(&self, effect: &Effect) -> bool {
        !self.is_empty() && StagedTable::of(effect).is_some_and(|(table, _)| self.0.contains_key(table.name()))
    }
}

impl Store {
    /// Writes ahead what of a change is many rows. Fails with [`StoreError::RevisionMoved`] when the book is not at a
    /// revision before the change's.
    pub(super) async fn stage(&self, customer: CustomerId, change: &Arc<Change>) -> Result<Staged, StoreError> {
        let staged = Staged::of(change);
        if staged.is_empty() {
            return Ok(staged);
        }
        let mut steps = steps(customer, change, &staged).into_iter();
        let mut marks = Some(staged.clone());
        while let Some(step) = steps.next() {
            let (change, staged, marks) = (Arc::clone(change), staged.clone(), marks.take());
            self.write_step(move |session| write_ahead(session, customer, &change, &staged, step, marks)).await?;
        }
        Ok(staged)
    }

    /// Takes away what was written ahead for changes of a book that have failed.
    pub(super) async fn unstage(&self, customer: CustomerId) -> Result<(), StoreError> {
        while self.write_step(move |session| drop_some(session, customer)).await? {}
        Ok(())
    }
}

/// Ranges of the change's effects, each to be written in one step.
fn steps(customer: CustomerId, change: &Change, staged: &Staged) -> Vec<Range<usize>> {
    let (owner, revision) = (column(customer.number()), column(change.revision().0));
    let (mut steps, mut from, mut rows, mut bytes) = (Vec::new(), 0, 0, 0);
    for (at, effect) in change.effects.iter().enumerate().filter(|(_, effect)| staged.has(effect)) {
        let added = put(owner, revision, effect).map_or(0, |statement| text_bytes(&statement));
        if rows == STEP_ROWS_MAX || (rows > 0 && bytes + added > STEP_BYTES_MAX) {
            steps.push(from..at);
            (from, rows, bytes) = (at, 0, 0);
        }
        (rows, bytes) = (rows + 1, bytes + added);
    }
    steps.push(from..change.effects.len());
    steps
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
    let (owner, revision) = (column(customer.number()), column(change.revision().0));
    // The customer may have been removed between two steps.
    let now = session.first(sql::BOOK, &values![owner], |row| row.number(0))?;
    if now.is_none_or(|now| now >= revision) {
        return Err(StoreError::RevisionMoved);
    }
    for (table, first) in marks.iter().flat_map(|marks| &marks.0) {
        session.execute(sql::PUT_STAGED_ROWS, &values![owner, revision, *table, column(*first)])?;
    }
    let effects = change.effects[step].iter().filter(|effect| staged.has(effect));
    session.execute_all(&mut effects.filter_map(|effect| put(owner, revision, effect)))
}

/// What `staged_rows` says.
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

/// Takes away some of what was written ahead for a book; answers whether there may be more.
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

/// Takes away some of the rows of a mark, unless the book has reached their revision after all.
fn drop_rows(session: &dyn Session, mark: &Mark) -> Result<u64, StoreError> {
    let now = session.first(sql::BOOK, &values![mark.owner], |row| row.number(0))?;
    if now.is_some_and(|now| now >= mark.revision) {
        return Ok(0);
    }
    let limit = i64::try_from(STEP_ROWS_MAX).unwrap_or(i64::MAX);
    session.execute(mark.table.drop_statement(), &values![mark.owner, mark.first, mark.revision, limit])
}

/// Takes away everything that was written ahead for changes that never came: what a crash has left.
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

/// The rows that were written ahead of this revision count from now on.
pub(super) fn unmark(session: &dyn Session, customer: CustomerId, revision: Revision) -> Result<(), StoreError> {
    session.execute(sql::DROP_STAGED_ROWS, &values![column(customer.number()), column(revision.0)]).map(drop)
}
