//! Folding: writing bulk changes into the rows of the contacts, in the background and in short transactions.
//!
//! After a deletion of many contacts, and after deletions were forgotten, obsolete rows remain; they are deleted at once.
//! Memberships are folded when a book has many of them ([`MEMBERSHIPS_MAX`]): one pass writes the groups of all contacts
//! concerned. A pass may be interrupted anywhere, be continued after a restart, or run on several servers at a time,
//! because a row that contains an entry is skipped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use ringbook_book::change::{Change, Effect};
use ringbook_book::id::{CustomerId, Revision};
use tokio::sync::Notify;

use super::bulk::{BulkEntry, BulkKind, Overlay, entries_since};
use super::lists;
use super::loading;
use super::rows::column;
use super::sql::{BoundStatement, Session, values};
use super::staging::visible_until;
use super::statements as sql;
use super::step_size::StepSize;
use super::{Engine, Store, StoreError};

/// A book is folded when its rows lack more memberships than this. Loading a book takes about 0.1 µs longer for each.
const MEMBERSHIPS_MAX: u64 = 500_000;
/// A change of memberships waits for a running pass while the rows of the book lack more memberships than this.
const MEMBERSHIPS_FOR_CHANGES_MAX: u64 = 4 * MEMBERSHIPS_MAX;
/// Maximum number of contacts in the entries that are deleted in one transaction, unless a single entry has more.
const STEP_ENTRY_CONTACTS_MAX: usize = 10_000;

/// The state of folding by book; shared by the handles of a store.
#[derive(Debug, Default)]
pub(super) struct Folding {
    books: Mutex<HashMap<CustomerId, Backlog>>,
    /// Notified when a pass has ended.
    ended: Notify,
    /// The same, for threads.
    ended_for_threads: Condvar,
    /// Set when the store is to be closed: no pass goes on.
    is_closing: AtomicBool,
}

/// What is to be folded in a book, as far as this process knows.
#[derive(Debug, Default)]
struct Backlog {
    /// Memberships that were committed since the last pass, and those that were found when the book was loaded.
    memberships: u64,
    is_running: bool,
    /// Whether obsolete rows may exist that the running pass did not see.
    is_wanted: bool,
    /// Whether staged rows of a failed change may exist.
    has_staged_in_vain: bool,
}

impl Folding {
    fn books(&self) -> MutexGuard<'_, HashMap<CustomerId, Backlog>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends running passes after their present step, so that they do not keep the store open. Blocks until then.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        let is_any_running =
            |books: &mut HashMap<CustomerId, Backlog>| books.values().any(|backlog| backlog.is_running);
        drop(self.ended_for_threads.wait_while(self.books(), is_any_running));
    }

    /// Ends the passes of a book, unless another one is wanted after a success. Returns whether they have ended.
    fn ended(&self, customer: CustomerId, has_failed: bool) -> bool {
        if let Some(backlog) = self.books().get_mut(&customer) {
            if backlog.is_wanted && !has_failed && !self.is_closing.load(Ordering::SeqCst) {
                return false;
            }
            backlog.is_running = false;
            // The next bulk change or load tries again.
            backlog.is_wanted |= has_failed;
        }
        self.ended.notify_waiters();
        self.ended_for_threads.notify_all();
        true
    }
}

/// The passes of one task. If the task ends early, because its runtime does, they end with it.
struct Passes {
    folding: Arc<Folding>,
    customer: CustomerId,
    have_ended: bool,
}

impl Drop for Passes {
    fn drop(&mut self) {
        if !self.have_ended {
            self.folding.ended(self.customer, true);
        }
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
        if self.folding.is_closing.load(Ordering::SeqCst) {
            return None;
        }
        let engine = match &self.engine {
            WeakEngine::Sqlite(engine) => Engine::Sqlite(engine.upgrade()?),
            WeakEngine::Postgres(engine) => Engine::Postgres(engine.upgrade()?),
        };
        Some(Store(engine, Arc::clone(&self.folding)))
    }
}

impl Store {
    /// Counts the memberships that these changes add, and waits while the rows of the book lack too many.
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

    /// Notes what was found when a book was loaded; [`fold_in_background`](Self::fold_in_background) starts the folding.
    pub(super) fn found_bulk_changes(&self, customer: CustomerId, overlay: &Overlay, is_wanted: bool) {
        let mut books = self.1.books();
        let backlog = books.entry(customer).or_default();
        backlog.memberships = overlay.memberships_len() as u64;
        backlog.is_wanted |= is_wanted || !overlay.deleted().is_empty();
    }

    /// Notes that a book was loaded from an image, which does not tell what is to be folded.
    pub(super) fn found_image(&self, customer: CustomerId) {
        self.1.books().entry(customer).or_default().is_wanted = true;
    }

    /// Whether staged rows of a failed change of the book may exist.
    pub(super) fn has_staged_in_vain(&self, customer: CustomerId) -> bool {
        self.1.books().get(&customer).is_some_and(|backlog| backlog.has_staged_in_vain)
    }

    pub(super) fn set_staged_in_vain(&self, customer: CustomerId, has: bool) {
        self.1.books().entry(customer).or_default().has_staged_in_vain = has;
    }

    /// Starts a pass that deletes obsolete rows of a book.
    pub(super) fn fold_soon(&self, customer: CustomerId) {
        self.1.books().entry(customer).or_default().is_wanted = true;
        self.fold_in_background(customer);
    }

    /// Starts to fold a book if that is due and no pass is running. A pass ends early when the store is closed. Must be
    /// called within a Tokio runtime.
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
        let passes = Passes { folding: Arc::clone(&store.folding), customer, have_ended: false };
        tokio::spawn(async move {
            // Moved as a whole, so that it is dropped with the task.
            let mut passes = passes;
            loop {
                let outcome = fold(&store, customer, MEMBERSHIPS_MAX).await;
                if let Err(fault) = &outcome {
                    tracing::warn!(customer = customer.number(), %fault, "bulk changes of a book cannot be folded now");
                }
                if store.folding.ended(customer, outcome.is_err()) {
                    passes.have_ended = true;
                    break;
                }
            }
        });
    }

    /// Writes all bulk changes of a book into its rows, however few they are.
    ///
    /// # Errors
    /// The store fails.
    #[cfg(any(test, feature = "testing"))]
    pub async fn fold_all(&self, customer: CustomerId) -> Result<(), StoreError> {
        fold(&WeakStore::of(self), customer, 0).await
    }

    /// Waits until no pass is running.
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

/// Number of memberships that an effect changes.
fn memberships(effect: &Effect) -> u64 {
    match effect {
        Effect::JoinGroup(_, contacts) | Effect::LeaveGroup(_, contacts) => contacts.len() as u64,
        _ => 0,
    }
}

/// One pass. It ends early when the store is closed or the book is deleted.
async fn fold(store: &WeakStore, customer: CustomerId, memberships_max: u64) -> Result<(), StoreError> {
    {
        let mut books = store.folding.books();
        let backlog = books.entry(customer).or_default();
        (backlog.is_wanted, backlog.memberships) = (false, 0);
    }
    let Some(now) = store.store() else { return Ok(()) };
    let read = move |session: &dyn Session| {
        let Some(head) = loading::head(session, customer)? else { return Ok((None, Vec::new())) };
        let until = visible_until(session, customer, head.revision)?;
        Ok((Some(head), entries_since(session, customer, None, until)?))
    };
    let (head, entries) = now.read_snapshot(read).await?;
    drop(now);
    let memberships = |entry: &BulkEntry| if entry.kind == BulkKind::Delete { 0 } else { entry.contacts.len() as u64 };
    let pending = entries.iter().map(memberships).sum::<u64>();
    let folds_memberships = pending > memberships_max;
    if !folds_memberships && let Some(backlog) = store.folding.books().get_mut(&customer) {
        backlog.memberships += pending;
    }
    let Some(head) = head else { return Ok(()) };
    let forgotten = head.forgotten;
    steps(store, customer, move |session, rows| forget(session, customer, forgotten, rows)).await?;
    for entry in entries.iter().filter(|entry| entry.kind == BulkKind::Delete) {
        delete(store, customer, forgotten, entry).await?;
    }
    if folds_memberships {
        let entries: Vec<BulkEntry> = entries.into_iter().filter(|entry| entry.kind != BulkKind::Delete).collect();
        regroup(store, customer, entries).await?;
    }
    Ok(())
}

/// Runs `step` in transactions of its own until it returns false; it gets the number of rows that it may write.
async fn steps<F>(store: &WeakStore, customer: CustomerId, step: F) -> Result<(), StoreError>
where
    F: Fn(&dyn Session, usize) -> Result<bool, StoreError> + Clone + Send + 'static,
{
    let mut size = None;
    loop {
        let Some(now) = store.store() else { return Ok(()) };
        let size = size.get_or_insert_with(|| StepSize::new(now.commits()));
        let (step, rows) = (step.clone(), size.rows());
        let held = move |session: &dyn Session| {
            // Locks the row of the book. The rows of a removed book are deleted with its account.
            let is_there = session.execute(sql::HOLD_BOOK, &values![column(customer.number())])? > 0;
            if is_there { step(session, rows) } else { Ok(false) }
        };
        if !now.write_step(held).await? {
            return Ok(());
        }
        size.after_step(now.commits());
    }
}

fn forget(session: &dyn Session, customer: CustomerId, forgotten: Revision, rows: usize) -> Result<bool, StoreError> {
    let limit = i64::try_from(rows).unwrap_or(i64::MAX);
    let asked = values![column(customer.number()), column(forgotten.0), limit];
    Ok(session.execute(sql::FORGET_DELETIONS, &asked)? >= limit.unsigned_abs())
}

/// Deletes the rows of the contacts of an entry, then the entry.
async fn delete(
    store: &WeakStore,
    customer: CustomerId,
    forgotten: Revision,
    entry: &BulkEntry,
) -> Result<(), StoreError> {
    let (owner, revision, remembers) =
        (column(customer.number()), column(entry.revision.0), entry.revision > forgotten);
    let (ids, dropped, done) =
        (Arc::new(entry.contacts.clone()), entry.dropped(customer), Arc::new(AtomicUsize::new(0)));
    let step = move |session: &dyn Session, rows: usize| {
        let from = done.load(Ordering::Relaxed);
        let some = &ids[from..ids.len().min(from + rows)];
        let drop = some.iter().map(|id| BoundStatement::new(sql::DROP_CONTACT, values![owner, column(*id)]));
        session.execute_all(&mut drop.into_iter())?;
        if remembers {
            let remember =
                |id: &u64| BoundStatement::new(sql::REMEMBER_DELETION, values![owner, revision, column(*id)]);
            session.execute_all(&mut some.iter().map(remember))?;
        }
        let is_last = from + some.len() == ids.len();
        if is_last {
            session.execute(dropped.sql, &dropped.values)?;
        }
        done.store(from + some.len(), Ordering::Relaxed);
        Ok(!is_last)
    };
    steps(store, customer, step).await
}

/// Writes the groups of all contacts that the entries name, then deletes the entries.
async fn regroup(store: &WeakStore, customer: CustomerId, entries: Vec<BulkEntry>) -> Result<(), StoreError> {
    let overlay = Arc::new(Overlay::of(&entries));
    let (contacts, done) = (Arc::new(overlay.regrouped()), Arc::new(AtomicUsize::new(0)));
    let step = move |session: &dyn Session, rows: usize| {
        let from = done.load(Ordering::Relaxed);
        let some = &contacts[from..contacts.len().min(from + rows)];
        some.iter().try_for_each(|id| regroup_one(session, customer, &overlay, *id))?;
        done.store(from + some.len(), Ordering::Relaxed);
        Ok(from + some.len() < contacts.len())
    };
    steps(store, customer, step).await?;
    let (entries, done) = (Arc::new(entries), Arc::new(AtomicUsize::new(0)));
    let step = move |session: &dyn Session, rows: usize| {
        let from = done.load(Ordering::Relaxed);
        let mut contacts = 0;
        let mut some = 0;
        for entry in entries[from..].iter().take(rows) {
            contacts += entry.contacts.len();
            if some > 0 && contacts > STEP_ENTRY_CONTACTS_MAX {
                break;
            }
            let BoundStatement { sql, values } = entry.dropped(customer);
            session.execute(sql, &values)?;
            some += 1;
        }
        done.store(from + some, Ordering::Relaxed);
        Ok(from + some < entries.len())
    };
    steps(store, customer, step).await
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
