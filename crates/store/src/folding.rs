//! Bringing bulk changes into the rows of the contacts, in short steps beside everybody's changes.
//!
//! After a deletion of many contacts, and after deletions were forgotten, rows are left that count for nothing: they are
//! taken away at once. Memberships wait until many have gathered ([`MEMBERSHIPS_MAX`]): then one pass writes the groups of
//! all contacts concerned. A pass may end anywhere, go on after a restart, or be made by several servers at a time: a row
//! that has an entry in it is passed over by the next one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ringbook_book::change::{Change, Effect};
use ringbook_book::id::{CustomerId, Revision};
use tokio::sync::Notify;

use super::bulk::{BulkEntry, BulkKind, Overlay, entries_since};
use super::lists;
use super::loading;
use super::rows::column;
use super::sql::{BoundStatement, Session, values};
use super::staging::STEP_ROWS_MAX;
use super::statements as sql;
use super::{Engine, Store, StoreError};

/// A book whose rows lack more memberships than this gets them written. Reading the book costs some 0.1 µs for each.
const MEMBERSHIPS_MAX: u64 = 500_000;
/// A change of a book whose rows lack more than this waits until they are written.
const MEMBERSHIPS_FOR_CHANGES_MAX: u64 = 4 * MEMBERSHIPS_MAX;
/// Entries that are taken away in one step.
const STEP_ENTRIES_MAX: usize = 16;

/// What is known of the books' bulk changes; shared by the handles of a store.
#[derive(Debug, Default)]
pub(super) struct Folding {
    books: Mutex<HashMap<CustomerId, Backlog>>,
    /// Told when a pass has ended.
    ended: Notify,
}

/// What of a book is not in its rows, as far as this program knows.
#[derive(Debug, Default)]
struct Backlog {
    /// Memberships that were committed since the last pass, and those that were found when the book was read.
    memberships: u64,
    is_running: bool,
    /// Whether there is something to be taken away that the running pass may not have seen.
    is_wanted: bool,
    /// Whether rows that were written ahead of a failed change may be there.
    has_staged_in_vain: bool,
}

impl Folding {
    fn books(&self) -> MutexGuard<'_, HashMap<CustomerId, Backlog>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle that does not keep the store open.
struct WeakStore {
    engine: WeakEngine,
    folding: Arc<Folding>,
}

enum WeakEngine {
    Sqlite(Weak<super::Sqlite>),
    Postgres(Weak<super::Postgres>),
}

impl WeakStore {
    fn of(store: &Store) -> Self {
        let engine = match &store.0 {
            Engine::Sqlite(engine) => WeakEngine::Sqlite(Arc::downgrade(engine)),
            Engine::Postgres(engine) => WeakEngine::Postgres(Arc::downgrade(engine)),
        };
        Self { engine, folding: Arc::clone(&store.1) }
    }

    /// The store, unless it was closed.
    fn store(&self) -> Option<Store> {
        let engine = match &self.engine {
            WeakEngine::Sqlite(engine) => Engine::Sqlite(engine.upgrade()?),
            WeakEngine::Postgres(engine) => Engine::Postgres(engine.upgrade()?),
        };
        Some(Store(engine, Arc::clone(&self.folding)))
    }
}

impl Store {
    /// Notes what a change that is about to be committed adds, and waits while the book's rows lack too much.
    pub(super) async fn make_room_for_bulk_changes(
        &self,
        customer: CustomerId,
        changes: &[Arc<Change>],
    ) -> Result<(), StoreError> {
        let added = changes.iter().flat_map(|change| &change.effects).map(memberships).sum::<u64>();
        if added == 0 {
            return Ok(());
        }
        let pending = {
            let mut books = self.1.books();
            let backlog = books.entry(customer).or_default();
            backlog.memberships += added;
            backlog.memberships
        };
        if pending > MEMBERSHIPS_MAX {
            self.fold_in_background(customer);
        }
        loop {
            let ended = self.1.ended.notified();
            let is_over = |backlog: &Backlog| backlog.is_running && backlog.memberships > MEMBERSHIPS_FOR_CHANGES_MAX;
            if !self.1.books().get(&customer).is_some_and(is_over) {
                return Ok(());
            }
            ended.await;
        }
    }

    /// Notes what was found when a book was read. What is to be done about it begins with
    /// [`fold_in_background`](Self::fold_in_background).
    pub(super) fn found_bulk_changes(&self, customer: CustomerId, overlay: &Overlay, is_wanted: bool) {
        let mut books = self.1.books();
        let backlog = books.entry(customer).or_default();
        backlog.memberships = overlay.memberships_len() as u64;
        backlog.is_wanted |= is_wanted || !overlay.deleted().is_empty();
    }

    /// Whether rows that were written ahead of a failed change of the book may be there.
    pub(super) fn has_staged_in_vain(&self, customer: CustomerId) -> bool {
        self.1.books().get(&customer).is_some_and(|backlog| backlog.has_staged_in_vain)
    }

    pub(super) fn set_staged_in_vain(&self, customer: CustomerId, has: bool) {
        self.1.books().entry(customer).or_default().has_staged_in_vain = has;
    }

    /// Notes that rows of a book are to be taken away, and begins with it.
    pub(super) fn fold_soon(&self, customer: CustomerId) {
        self.1.books().entry(customer).or_default().is_wanted = true;
        self.fold_in_background(customer);
    }

    /// Begins to bring a book's bulk changes into its rows, if there is a reason to and no pass is on its way. A pass goes
    /// on while the store is open. To be called within a runtime.
    pub fn fold_in_background(&self, customer: CustomerId) {
        {
            let mut books = self.1.books();
            let Some(backlog) = books.get_mut(&customer) else { return };
            let is_needed = backlog.is_wanted || backlog.memberships > MEMBERSHIPS_MAX;
            if backlog.is_running || !is_needed {
                return;
            }
            backlog.is_running = true;
        }
        let store = WeakStore::of(self);
        tokio::spawn(async move {
            loop {
                if let Err(fault) = fold(&store, customer).await {
                    tracing::warn!(customer = customer.number(), %fault, "bulk changes stay beside the rows for now");
                    break;
                }
                if !store.folding.books().get(&customer).is_some_and(|backlog| backlog.is_wanted) {
                    break;
                }
            }
            if let Some(backlog) = store.folding.books().get_mut(&customer) {
                (backlog.is_running, backlog.is_wanted) = (false, false);
            }
            store.folding.ended.notify_waiters();
        });
    }

    /// Waits until no pass is on its way.
    #[cfg(any(test, feature = "testing"))]
    pub async fn folded(&self, customer: CustomerId) {
        loop {
            let ended = self.1.ended.notified();
            if !self.1.books().get(&customer).is_some_and(|backlog| backlog.is_running) {
                return;
            }
            ended.await;
        }
    }
}

/// How many memberships an effect changes.
fn memberships(effect: &Effect) -> u64 {
    match effect {
        Effect::JoinGroup(_, contacts) | Effect::LeaveGroup(_, contacts) => contacts.len() as u64,
        _ => 0,
    }
}

/// One pass. Ends early when the store is closed or the book is gone.
async fn fold(store: &WeakStore, customer: CustomerId) -> Result<(), StoreError> {
    let folds_memberships = {
        let mut books = store.folding.books();
        let backlog = books.entry(customer).or_default();
        backlog.is_wanted = false;
        let folds = backlog.memberships > MEMBERSHIPS_MAX;
        if folds {
            backlog.memberships = 0;
        }
        folds
    };
    let Some(now) = store.store() else { return Ok(()) };
    let read = move |session: &dyn Session| {
        let head = loading::head(session, customer)?;
        Ok((head, entries_since(session, customer, None)?))
    };
    let (head, entries) = now.read_snapshot(read).await?;
    drop(now);
    let Some(head) = head else { return Ok(()) };
    let forgotten = head.forgotten;
    steps(store, customer, move |session| forget(session, customer, forgotten)).await?;
    for entry in entries.iter().filter(|entry| entry.kind == BulkKind::Delete) {
        delete(store, customer, forgotten, entry).await?;
    }
    if folds_memberships {
        let entries: Vec<BulkEntry> = entries.into_iter().filter(|entry| entry.kind != BulkKind::Delete).collect();
        regroup(store, customer, entries).await?;
    }
    Ok(())
}

/// Does steps until one says that it was the last.
async fn steps<F>(store: &WeakStore, customer: CustomerId, step: F) -> Result<(), StoreError>
where
    F: Fn(&dyn Session) -> Result<bool, StoreError> + Clone + Send + 'static,
{
    loop {
        let Some(now) = store.store() else { return Ok(()) };
        let step = step.clone();
        let held = move |session: &dyn Session| {
            // Whoever changes the book waits; a book that was removed is emptied by others.
            let is_there = session.execute(sql::HOLD_BOOK, &values![column(customer.number())])? > 0;
            if is_there { step(session) } else { Ok(false) }
        };
        if !now.write_step(held).await? {
            return Ok(());
        }
    }
}

fn forget(session: &dyn Session, customer: CustomerId, forgotten: Revision) -> Result<bool, StoreError> {
    let limit = STEP_ROWS_MAX as i64;
    let asked = values![column(customer.number()), column(forgotten.0), limit];
    Ok(session.execute(sql::FORGET_DELETIONS, &asked)? >= limit.unsigned_abs())
}

/// Deletes the rows of an entry's contacts, then the entry.
async fn delete(
    store: &WeakStore,
    customer: CustomerId,
    forgotten: Revision,
    entry: &BulkEntry,
) -> Result<(), StoreError> {
    let (owner, revision, remembers) = (column(customer.number()), column(entry.revision.0), entry.revision > forgotten);
    let mut some = entry.contacts.chunks(STEP_ROWS_MAX).peekable();
    while let Some(ids) = some.next() {
        let (ids, last) = (ids.to_vec(), some.peek().is_none().then(|| entry.dropped(customer)));
        let step = move |session: &dyn Session| {
            let dropped = ids.iter().map(|id| BoundStatement::new(sql::DROP_CONTACT, values![owner, column(*id)]));
            session.execute_all(&mut dropped.into_iter())?;
            if remembers {
                let remember =
                    |id: &u64| BoundStatement::new(sql::REMEMBER_DELETION, values![owner, revision, column(*id)]);
                session.execute_all(&mut ids.iter().map(remember))?;
            }
            if let Some(BoundStatement { sql, values }) = &last {
                session.execute(sql, values)?;
            }
            Ok(false)
        };
        steps(store, customer, step).await?;
    }
    Ok(())
}

/// Writes the groups of all contacts that entries name, then takes the entries away.
async fn regroup(store: &WeakStore, customer: CustomerId, entries: Vec<BulkEntry>) -> Result<(), StoreError> {
    let overlay = Arc::new(Overlay::of(&entries));
    for ids in overlay.regrouped().chunks(STEP_ROWS_MAX) {
        let (ids, overlay) = (ids.to_vec(), Arc::clone(&overlay));
        let step = move |session: &dyn Session| {
            ids.iter().try_for_each(|id| regroup_one(session, customer, &overlay, *id)).map(|()| false)
        };
        steps(store, customer, step).await?;
    }
    for some in entries.chunks(STEP_ENTRIES_MAX) {
        let dropped: Vec<BoundStatement<'static>> = some.iter().map(|entry| entry.dropped(customer)).collect();
        let step = move |session: &dyn Session| {
            dropped.iter().try_for_each(|drop| session.execute(drop.sql, &drop.values).map(|_| ())).map(|()| false)
        };
        steps(store, customer, step).await?;
    }
    Ok(())
}

fn regroup_one(session: &dyn Session, customer: CustomerId, overlay: &Overlay, id: u64) -> Result<(), StoreError> {
    let (owner, key) = (column(customer.number()), column(id));
    let mut groups = Vec::new();
    let row = session.first(sql::CONTACT_GROUPS, &values![owner, key], |row| {
        lists::read_ids(row.text(0)?, &mut groups)?;
        row.number(1)
    })?;
    let Some(row) = row.map(|revision| Revision(revision.cast_unsigned())) else { return Ok(()) };
    let revision = overlay.apply(id, row, &mut groups);
    if revision == row {
        return Ok(());
    }
    let groups = lists::write_ids(groups.into_iter());
    session.execute(sql::SET_CONTACT_GROUPS, &values![groups, column(revision.0), owner, key]).map(drop)
}
