//! Changing the books: each change is one transaction, after its staged rows.
//!
//! A change is accepted only on the revision that it was decided on: the row of the book is moved first, which makes
//! others that change the same book at the same time wait and then lose. Rows say what is, so following a change
//! twice would do no harm, but it never happens: the revision moves with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ringbook_book::blacklist::BlacklistNumber;
use ringbook_book::change::{Change, Effect};
use ringbook_book::id::CustomerId;

use super::book_lock::BookLock;
use super::bulk::{self, BULK_DELETIONS_MIN, BulkKind};
use super::put_rows::put;
use super::rows::column;
use super::sequences::{IdKind, take_ids};
use super::sql::{BoundStatement, Session, values};
use super::staging::{self, Staged};
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
    /// Commits changes of one book. Each was decided on the state that the one before it leaves behind; all are committed
    /// or none. Fails with [`StoreError::RevisionMoved`] when the book is not at the revision that the first was decided
    /// on.
    ///
    /// The same transaction reserves this many ids of these kinds, as [`Store::reserve_ids`] does, and yields the first of
    /// each. They are reserved last, because that holds the counters of all books until the commit.
    ///
    /// On SQLite, rows that a large change adds are staged before the transaction ([`super::staging`]), if it is the only
    /// change: the rows of a staged change must not collide with rows that a change before it is still to remove.
    pub async fn commit(
        &self,
        customer: CustomerId,
        changes: Vec<Arc<Change>>,
        reserve: Vec<(IdKind, u64)>,
    ) -> Result<Vec<u64>, CommitError> {
        self.commit_under(None, customer, changes, reserve).await
    }

    /// The same under the lock of the book, which ends with the commit.
    pub async fn commit_under(
        &self,
        lock: Option<BookLock>,
        customer: CustomerId,
        changes: Vec<Arc<Change>>,
        reserve: Vec<(IdKind, u64)>,
    ) -> Result<Vec<u64>, CommitError> {
        // Folding, which may have to make room, takes the lock itself.
        let lock = lock.filter(|lock| lock.is_usable() && !changes.iter().any(|change| adds_memberships(change)));
        self.make_room_for_bulk_changes(customer, &changes).await.map_err(CommitError::Lost)?;
        self.delete_staged(customer).await.map_err(CommitError::Lost)?;
        let staging = match &changes[..] {
            [change] if !self.is_shared() && !Staged::of(change).is_empty() => Arc::clone(change),
            _ => return self.commit_staged(lock, customer, changes, Staged::default(), reserve).await,
        };
        let outcome = self.stage_and_commit(customer, staging, reserve).await;
        if outcome.is_err() {
            // If this fails, the rows are deleted before the next change or at the next start.
            let _ = self.delete_staged(customer).await;
        }
        outcome
    }

    async fn stage_and_commit(
        &self,
        customer: CustomerId,
        change: Arc<Change>,
        reserve: Vec<(IdKind, u64)>,
    ) -> Result<Vec<u64>, CommitError> {
        self.set_staged_in_vain(customer, true);
        let staged = self.stage(customer, &change).await.map_err(|fault| match fault {
            StoreError::RevisionMoved => CommitError::Refused(fault),
            fault => CommitError::Lost(fault),
        })?;
        let reserved = self.commit_staged(None, customer, vec![change], staged, reserve).await?;
        self.set_staged_in_vain(customer, false);
        Ok(reserved)
    }

    /// Commits changes; these rows of the first are staged.
    async fn commit_staged(
        &self,
        lock: Option<BookLock>,
        customer: CustomerId,
        changes: Vec<Arc<Change>>,
        staged: Staged,
        reserve: Vec<(IdKind, u64)>,
    ) -> Result<Vec<u64>, CommitError> {
        let revision = changes.last().map(|change| change.revision());
        let refused = Arc::new(AtomicBool::new(false));
        let refuses = Arc::clone(&refused);
        let folds = changes.iter().any(|change| is_to_be_folded(change));
        let outcome = self.change(lock, move |session| {
            let outcome = follow(session, customer, &changes, &staged)
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
        if folds {
            self.fold_soon(customer);
        }
        Ok(reserved)
    }

    /// Deletes the staged rows of changes that have failed.
    async fn delete_staged(&self, customer: CustomerId) -> Result<(), StoreError> {
        if self.has_staged_in_vain(customer) {
            self.unstage(customer).await?;
            self.set_staged_in_vain(customer, false);
        }
        Ok(())
    }
}

/// Whether the change leaves obsolete rows.
fn is_to_be_folded(change: &Change) -> bool {
    let forgets = |effect: &Effect| matches!(effect, Effect::ForgetDeletions(_));
    deletions(change) >= BULK_DELETIONS_MIN || change.effects.iter().any(forgets)
}

fn deletions(change: &Change) -> usize {
    change.effects.iter().filter(|effect| matches!(effect, Effect::DropContact(_))).count()
}

/// Whether contacts join or leave groups in bulk.
fn adds_memberships(change: &Change) -> bool {
    change.effects.iter().any(|effect| matches!(effect, Effect::JoinGroup(..) | Effect::LeaveGroup(..)))
}

/// Follows changes that were decided one on the other.
fn follow(
    session: &dyn Session,
    customer: CustomerId,
    changes: &[Arc<Change>],
    staged: &Staged,
) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return Ok(());
    };
    let owner = column(customer.number());
    let moved = values![column(last.revision().0), column(last.contacts), owner, column(first.decided_on.0)];
    if session.execute(sql::MOVE_REVISION, &moved)? != 1 {
        return Err(StoreError::RevisionMoved);
    }
    if !staged.is_empty() {
        staging::unmark(session, customer, last.revision())?;
    }
    for (at, change) in changes.iter().enumerate() {
        let is_staged = |effect: &Effect| at == 0 && staged.has(effect);
        let deleted = bulk::deleted_in_bulk(change);
        let is_bulk = |effect: &Effect| deleted.is_some() && matches!(effect, Effect::DropContact(_));
        let revision = column(change.revision().0);
        let rest = change.effects.iter().enumerate().filter(|(_, effect)| !is_staged(effect) && !is_bulk(effect));
        session
            .execute_all(&mut rest.flat_map(|(position, effect)| statements_of(owner, revision, position, effect)))?;
        if let Some(ids) = deleted.filter(|_| !(at == 0 && staged.has_lists())) {
            let position = change.effects.len();
            session.execute_all(&mut bulk::entries(owner, revision, position, BulkKind::Delete, &ids))?;
        }
    }
    Ok(())
}

/// The statements of an effect; `position` is its place in the change.
fn statements_of(owner: i64, revision: i64, position: usize, effect: &Effect) -> Vec<BoundStatement<'_>> {
    let members = |kind, contacts| bulk::entries(owner, revision, position, kind, contacts).collect();
    let one = match effect {
        Effect::PutContact(_) | Effect::PutOrganization(_) | Effect::PutGroup(_) | Effect::PutEmployee(_) => {
            return put(owner, revision, effect).into_iter().collect();
        }
        Effect::JoinGroup(group, contacts) => return members(BulkKind::Join(*group), contacts),
        Effect::LeaveGroup(group, contacts) => return members(BulkKind::Leave(*group), contacts),
        Effect::PutBlacklistNumber(number) => put_blacklist_number(owner, revision, number),
        Effect::DropContact(id) => {
            let id = column(id.number());
            let remember = BoundStatement::new(sql::REMEMBER_DELETION, values![owner, revision, id]);
            return vec![BoundStatement::new(sql::DROP_CONTACT, values![owner, id]), remember];
        }
        Effect::DropOrganization(id) => {
            BoundStatement::new(sql::DROP_ORGANIZATION, values![owner, column(id.number())])
        }
        Effect::DropGroup(id) => BoundStatement::new(sql::DROP_GROUP, values![owner, column(id.number())]),
        Effect::DropEmployee(id) => BoundStatement::new(sql::DROP_EMPLOYEE, values![owner, column(id.number())]),
        Effect::DropBlacklistNumber(id) => {
            BoundStatement::new(sql::DROP_BLACKLIST_NUMBER, values![owner, column(id.number())])
        }
        // Readers ignore the forgotten rows; they are deleted by folding.
        Effect::ForgetDeletions(until) => BoundStatement::new(sql::SET_FORGOTTEN, values![column(until.0), owner]),
    };
    vec![one]
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
