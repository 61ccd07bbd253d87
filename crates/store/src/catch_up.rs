//! What others have made of a book since a revision: the difference between what a server has in memory and the rows.
//!
//! Contacts tell by their revisions, and by what is remembered of deletions. The small tables are looked at as a whole:
//! only if their count or their latest revision is not what memory has are they read and compared.

use std::collections::HashSet;

use ringbook_book::Book;
use ringbook_book::change::Effect;
use ringbook_book::id::{ContactId, CustomerId, Revision};

use super::bulk;
use super::loading::{self, Head};
use super::rows::{self, column};
use super::sql::{Session, Snapshot, values};
use super::staging::{REVISION_MAX, visible_until};
use super::statements as sql;
use super::{EntityKind, Store, StoreError};

/// How many books one question asks about.
const BOOKS_PER_QUESTION: usize = 16;

/// What a book needs to become what the rows say.
#[derive(Debug)]
pub enum CatchUp {
    /// These steps, in order, each with the revision that it belongs to; then the book is at this revision.
    Steps(Vec<(Revision, Effect)>, Revision),
    /// It has to be read again: what it would have to forget is remembered no more, or the rows are older than it.
    Reload,
}

impl Store {
    /// What the rows say that a book in memory does not. Blocks on the store.
    pub fn changes_since(&self, customer: CustomerId, book: &Book) -> Result<CatchUp, StoreError> {
        self.changes_in(&self.snapshot()?, customer, book)
    }

    /// The same, read in this session.
    pub(super) fn changes_in(
        &self,
        session: &Snapshot,
        customer: CustomerId,
        book: &Book,
    ) -> Result<CatchUp, StoreError> {
        let session = &**session;
        let head = loading::head(session, customer)?.ok_or(StoreError::NotFound { what: EntityKind::Customer })?;
        let since = book.revision();
        if head.revision < since || head.forgotten > since {
            return Ok(CatchUp::Reload);
        }
        let mut steps = Vec::new();
        let mut last = Vec::new();
        // Rows are staged in a directory only.
        let until = if self.is_shared() { REVISION_MAX } else { visible_until(session, customer, head.revision)? };
        small_tables(session, customer, book, head.revision, until, &mut steps, &mut last)?;
        contacts(session, customer, since, until, &mut steps)?;
        bulk_changes(session, customer, since, until, &mut steps)?;
        deletions(session, customer, since, &mut steps)?;
        steps.append(&mut last);
        forgotten(&head, book, &mut steps);
        Ok(CatchUp::Steps(steps, head.revision))
    }

    /// The revisions of these books, as they are committed now; nothing of those that are not there. Fails as a whole if
    /// the rows of one of them cannot be read.
    pub async fn book_revisions(&self, customers: Vec<CustomerId>) -> Result<Vec<(CustomerId, Revision)>, StoreError> {
        self.read_short(move |session| {
            let mut found = Vec::new();
            for some in customers.chunks(BOOKS_PER_QUESTION) {
                // The places that are left have the first customer again, so that no further machine is asked.
                let asked: [_; BOOKS_PER_QUESTION] =
                    std::array::from_fn(|at| column(some.get(at).unwrap_or(&some[0]).number()).into());
                session.each(sql::BOOK_REVISIONS, &asked, &mut |row| {
                    let read = || Ok::<_, String>((rows::id(row.number(0)?, CustomerId::new)?, row.number(1)?));
                    let (customer, revision) = read().map_err(StoreError::unavailable)?;
                    found.push((customer, Revision(revision.cast_unsigned())));
                    Ok(std::ops::ControlFlow::Continue(()))
                })?;
            }
            Ok(found)
        })
        .await
    }
}

type Steps = Vec<(Revision, Effect)>;

/// What is put goes first, because contacts may point to it; what is dropped goes last, because they may have.
fn small_tables(
    session: &dyn Session,
    customer: CustomerId,
    book: &Book,
    now: Revision,
    until: Revision,
    first: &mut Steps,
    last: &mut Steps,
) -> Result<(), StoreError> {
    let since = book.revision();
    let moved = |sql, have: usize| -> Result<bool, StoreError> {
        let (count, latest) = session.one(sql, &values![column(customer.number())], |row| {
            Ok((row.number(0)?, row.optional_number(1)?.unwrap_or(0)))
        })?;
        Ok(count != have as i64 || latest.cast_unsigned() > since.0)
    };
    if moved(sql::ORGANIZATIONS_STATE, book.organizations().count())? {
        let rows = loading::organizations(session, customer, until)?;
        let there: HashSet<_> = rows.iter().map(|(row, _)| row.id).collect();
        let gone = book.organizations().map(|have| have.id).filter(|id| !there.contains(id));
        last.extend(gone.map(|id| (now, Effect::DropOrganization(id))));
        first.extend(fresh(rows, since, Effect::PutOrganization));
    }
    if moved(sql::GROUPS_STATE, book.groups().count())? {
        let rows = loading::groups(session, customer, until)?;
        let there: HashSet<_> = rows.iter().map(|(row, _)| row.id).collect();
        let gone = book.groups().map(|have| have.id).filter(|id| !there.contains(id));
        last.extend(gone.map(|id| (now, Effect::DropGroup(id))));
        first.extend(fresh(rows, since, Effect::PutGroup));
    }
    if moved(sql::EMPLOYEES_STATE, book.employees().count())? {
        let rows = loading::employees(session, customer, until)?;
        let there: HashSet<_> = rows.iter().map(|(row, _)| row.id).collect();
        let gone = book.employees().map(|have| have.id).filter(|id| !there.contains(id));
        last.extend(gone.map(|id| (now, Effect::DropEmployee(id))));
        first.extend(fresh(rows, since, Effect::PutEmployee));
    }
    if moved(sql::BLACKLIST_STATE, book.blacklist().count())? {
        let rows = loading::blacklist(session, customer, until)?;
        let there: HashSet<_> = rows.iter().map(|(row, _)| row.id).collect();
        let gone = book.blacklist().map(|have| have.id).filter(|id| !there.contains(id));
        first.extend(gone.map(|id| (now, Effect::DropBlacklistNumber(id))));
        first.extend(fresh(rows, since, Effect::PutBlacklistNumber));
    }
    Ok(())
}

fn fresh<T>(
    rows: Vec<(T, Revision)>,
    since: Revision,
    put: impl Fn(T) -> Effect,
) -> impl Iterator<Item = (Revision, Effect)> {
    rows.into_iter().filter(move |(_, revision)| *revision > since).map(move |(row, revision)| (revision, put(row)))
}

fn contacts(
    session: &dyn Session,
    customer: CustomerId,
    since: Revision,
    until: Revision,
    steps: &mut Steps,
) -> Result<(), StoreError> {
    let contacts = loading::contacts_since(session, customer, since)?.into_iter();
    let visible = contacts.filter(|(_, revision)| *revision <= until);
    steps.extend(visible.map(|(contact, revision)| (revision, Effect::PutContact(contact))));
    Ok(())
}

/// Bulk changes go between the contacts in the order of their revisions: a row has what was made up to its revision.
fn bulk_changes(
    session: &dyn Session,
    customer: CustomerId,
    since: Revision,
    until: Revision,
    steps: &mut Steps,
) -> Result<(), StoreError> {
    let entries = bulk::entries_since(session, customer, Some(since), until)?;
    if !entries.is_empty() {
        let from = steps.iter().position(|(_, effect)| matches!(effect, Effect::PutContact(_))).unwrap_or(steps.len());
        steps.extend(bulk::effects(entries)?);
        steps[from..].sort_by_key(|(revision, _)| *revision);
    }
    Ok(())
}

fn deletions(
    session: &dyn Session,
    customer: CustomerId,
    since: Revision,
    steps: &mut Steps,
) -> Result<(), StoreError> {
    let asked = values![column(customer.number()), column(since.0)];
    session.each(sql::DELETED_SINCE, &asked, &mut |row| {
        let read = || Ok::<_, String>((row.number(0)?, rows::id(row.number(1)?, ContactId::new)?));
        let (revision, id) = read().map_err(StoreError::unavailable)?;
        steps.push((Revision(revision.cast_unsigned()), Effect::DropContact(id)));
        Ok(std::ops::ControlFlow::Continue(()))
    })
}

fn forgotten(head: &Head, book: &Book, steps: &mut Steps) {
    if head.forgotten > book.forgotten() {
        steps.push((head.revision, Effect::ForgetDeletions(head.forgotten)));
    }
}
