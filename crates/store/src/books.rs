//! Changing the books: one change is one transaction.
//!
//! A change is accepted only on the revision that it was decided on: the row of the book is moved first, which makes
//! whoever changes the same book at the same time wait and then lose. Rows say what is, so following a change
//! twice would do no harm, but it never happens: the revision moves with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ringbook_book::blacklist::BlacklistNumber;
use ringbook_book::change::{Change, Effect};
use ringbook_book::contact::Contact;
use ringbook_book::employee::Employee;
use ringbook_book::group::GroupOwner;
use ringbook_book::id::CustomerId;
use ringbook_book::text::{Email, Name};

use super::lists;
use super::rows::column;
use super::sequences::{IdKind, take_ids};
use super::sql::{BoundStatement, Session, values};
use super::statements as sql;
use super::{Store, StoreError};

/// Why changes were not committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitError {
    /// The store refused the changes; one of them may be the cause.
    Refused(StoreError),
    /// The transaction did not begin, or it failed or was lost for a cause that lies in none of the changes.
    Lost(StoreError),
}

impl Store {
    /// Commits changes of one book in one transaction. Each was decided on the state that the one before it leaves
    /// behind; all are committed or none. Fails with [`StoreError::RevisionMoved`] when the book is not at the revision
    /// that the first was decided on.
    ///
    /// The same transaction reserves so many ids of these kinds, as [`Store::reserve_ids`] does, and yields the first of
    /// each. They are reserved last, because that holds the counters of all books until the commit.
    pub async fn commit(
        &self,
        customer: CustomerId,
        changes: Vec<Arc<Change>>,
        reserve: Vec<(IdKind, u64)>,
    ) -> Result<Vec<u64>, CommitError> {
        let revision = changes.last().map(|change| change.revision());
        let refused = Arc::new(AtomicBool::new(false));
        let refuses = Arc::clone(&refused);
        let outcome = self.change(move |session| {
            let outcome = follow(session, customer, &changes)
                .and_then(|()| reserve.iter().map(|(kind, count)| take_ids(session, *kind, *count)).collect());
            refuses.store(outcome.is_err(), Ordering::Relaxed);
            outcome
        });
        let reserved = outcome.await.map_err(|fault| match refused.load(Ordering::Relaxed) {
            true => CommitError::Refused(fault),
            false => CommitError::Lost(fault),
        })?;
        if let Some(revision) = revision {
            self.notify(customer, revision);
        }
        Ok(reserved)
    }
}

/// Follows changes that were decided one on the other.
fn follow(session: &dyn Session, customer: CustomerId, changes: &[Arc<Change>]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return Ok(());
    };
    let owner = column(customer.number());
    let moved = values![column(last.revision().0), column(last.contacts), owner, column(first.decided_on.0)];
    if session.execute(sql::MOVE_REVISION, &moved)? != 1 {
        return Err(StoreError::RevisionMoved);
    }
    let mut orders = changes.iter().flat_map(|change| {
        let revision = column(change.revision().0);
        change.effects.iter().flat_map(move |effect| orders(owner, revision, effect)).flatten()
    });
    session.execute_all(&mut orders)
}

/// What makes an effect so: one statement or two.
fn orders(owner: i64, revision: i64, effect: &Effect) -> [Option<BoundStatement<'_>>; 2] {
    let one = match effect {
        Effect::PutContact(contact) => put_contact(owner, revision, contact),
        Effect::SetContactGroups(id, groups) => {
            let groups = lists::write_ids(groups.iter().map(|id| id.number()));
            BoundStatement::new(sql::REGROUP, values![groups, revision, owner, column(id.number())])
        }
        Effect::PutOrganization(organization) => {
            let row = values![owner, column(organization.id.number()), revision, organization.name.as_str()];
            BoundStatement::new(sql::PUT_ORGANIZATION, row)
        }
        Effect::PutGroup(group) => {
            let system = i64::from(group.owner == GroupOwner::System);
            BoundStatement::new(
                sql::PUT_GROUP,
                values![owner, column(group.id.number()), revision, group.name.as_str(), system],
            )
        }
        Effect::PutEmployee(employee) => put_employee(owner, revision, employee),
        Effect::PutBlacklistNumber(number) => put_blacklist_number(owner, revision, number),
        Effect::DropContact(id) => {
            let id = column(id.number());
            let remember = BoundStatement::new(sql::REMEMBER_DELETION, values![owner, revision, id]);
            return [Some(BoundStatement::new(sql::DROP_CONTACT, values![owner, id])), Some(remember)];
        }
        Effect::DropOrganization(id) => {
            BoundStatement::new(sql::DROP_ORGANIZATION, values![owner, column(id.number())])
        }
        Effect::DropGroup(id) => BoundStatement::new(sql::DROP_GROUP, values![owner, column(id.number())]),
        Effect::DropEmployee(id) => BoundStatement::new(sql::DROP_EMPLOYEE, values![owner, column(id.number())]),
        Effect::DropBlacklistNumber(id) => {
            BoundStatement::new(sql::DROP_BLACKLIST_NUMBER, values![owner, column(id.number())])
        }
        Effect::ForgetDeletions(until) => {
            let until = column(until.0);
            let remember = BoundStatement::new(sql::SET_FORGOTTEN, values![until, owner]);
            return [Some(BoundStatement::new(sql::FORGET_DELETIONS, values![owner, until])), Some(remember)];
        }
    };
    [Some(one), None]
}

fn put_contact(owner: i64, revision: i64, contact: &Contact) -> BoundStatement<'_> {
    let draft = &contact.draft;
    let row = values![
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
    BoundStatement::new(sql::PUT_CONTACT, row)
}

fn put_employee(owner: i64, revision: i64, employee: &Employee) -> BoundStatement<'_> {
    let row = values![
        owner,
        column(employee.id.number()),
        revision,
        employee.last_name.as_str(),
        employee.first_name.as_ref().map(Name::as_str),
        employee.patronymic.as_ref().map(Name::as_str),
        employee.email.as_ref().map(Email::as_str),
        lists::write_employee_phones(&employee.phones),
    ];
    BoundStatement::new(sql::PUT_EMPLOYEE, row)
}

fn put_blacklist_number(owner: i64, revision: i64, number: &BlacklistNumber) -> BoundStatement<'_> {
    let entry = &number.entry;
    let row = values![
        owner,
        column(number.id.number()),
        revision,
        entry.phone.to_string(),
        &*entry.added_by,
        entry.comment.as_deref(),
        entry.added_at,
    ];
    BoundStatement::new(sql::PUT_BLACKLIST_NUMBER, row)
}
