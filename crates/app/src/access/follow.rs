//! Following the store: what the operator and other nodes change is seen here within a second.
//!
//! Two tasks that do not wait for each other: one looks several times a second whether the directory or a session
//! has moved, and at once when another node tells so; the other saves the points. When the store is away, what is known stays in use and the loss is
//! logged once; the floors that answer from books refuse meanwhile.

use std::collections::HashMap;
use std::future::{Future, pending};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::Access;
use super::quota::Counter;
use super::snapshot::{Account, Counters, Snapshot};
use ringbook_store::{AccountId, PointsUse, Revisions, Store, StoreError};

/// How often the store is asked whether anything moved.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The same where nodes tell each other; what they tell may be lost.
const LOOK_EVERY_TOLD: Duration = Duration::from_millis(500);
/// The shortest time between two looks after notifications, so that a flood of changes costs no more.
const TOLD_PAUSE: Duration = Duration::from_millis(25);
/// How often points are saved: a crash forgets those since.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// How often sessions past their time are forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(60);

impl Access {
    /// Follows the store until `shutdown` is done, then saves the points once more. To be run beside the calls.
    pub async fn follow(&self, shutdown: impl Future<Output = ()>) {
        let (running, stopped) = watch::channel(());
        let stop = async {
            shutdown.await;
            drop(running);
        };
        let notifications = self.store.notifications();
        let told = || async {
            sleep(TOLD_PAUSE).await;
            notifications.directory_changed().await;
        };
        let look_every = if self.store.is_shared() { LOOK_EVERY_TOLD } else { LOOK_EVERY };
        tokio::join!(
            stop,
            repeat(look_every, told, stopped.clone(), || self.catch_up()),
            repeat(SAVE_EVERY, pending, stopped.clone(), || self.save_points()),
            repeat(PURGE_EVERY, pending, stopped, || self.purge()),
        );
        if let Err(fault) = self.save_points().await {
            tracing::error!(%fault, "the last points were not saved");
        }
    }

    /// Reads what has changed in the directory if it has moved, and forgets the sessions if one has ended.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let mut followed = self.followed.lock().await;
        let now = self.store.revisions().await?;
        if now.sessions != followed.sessions {
            self.sessions.forget_all();
            followed.sessions = now.sessions;
        }
        if now.directory != self.directory().revision {
            self.replace().await?;
        }
        Ok(())
    }

    /// Puts a new snapshot in the old one's place. Its counts go on.
    async fn replace(&self) -> Result<(), StoreError> {
        let old = self.directory();
        let since = Revisions { directory: old.revision, directory_untold: old.untold, ..Revisions::default() };
        // A fault may belong to a row of any account, so that it is known to be gone only after all are read.
        let changes = if old.unreadable.is_empty() { self.store.directory_changes(since).await? } else { None };
        let new = match changes {
            Some(changes) => Arc::new(old.after(changes)),
            None => {
                let directory = self.store.directory().await?;
                let counters = old.counters();
                let build = move || Arc::new(Snapshot::build(directory, &counters));
                tokio::task::spawn_blocking(build).await.map_err(StoreError::unavailable)?
            }
        };
        for fault in new.unreadable.iter().filter(|fault| !old.unreadable.contains(fault)) {
            tracing::error!(%fault, "the directory has a row that cannot be read back");
        }
        let revision = new.revision;
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = new;
        self.store.note_followed(revision);
        Ok(())
    }

    /// Tells the store when device keys were used last.
    async fn save_device_uses(&self) -> Result<(), StoreError> {
        let uses = self.device_uses.unsaved();
        if uses.is_empty() {
            return Ok(());
        }
        let devices: Vec<_> = uses.iter().map(|(device, _)| *device).collect();
        let told = self.store.used_devices(uses).await;
        if told.is_err() {
            self.device_uses.not_saved(devices);
        }
        told
    }

    /// Sends what was used to the store, and learns what other nodes have used. Also tells when device keys were used.
    pub async fn save_points(&self) -> Result<(), StoreError> {
        let (points, devices) = (self.save_account_points().await, self.save_device_uses().await);
        points.and(devices)
    }

    async fn save_account_points(&self) -> Result<(), StoreError> {
        let directory = self.directory();
        let unsaved = |account: &Arc<Account>| account.counter.unsaved(account.id);
        let used: Vec<PointsUse> = directory.accounts.values().filter_map(unsaved).collect();
        if used.is_empty() {
            return Ok(());
        }
        let counter = |account| directory.accounts.get(&account).map(|account| &account.counter);
        match self.store.add_points(used.clone()).await {
            Ok(totals) => {
                totals
                    .iter()
                    .filter_map(|row| Some((counter(row.account)?, row)))
                    .for_each(|(counter, row)| counter.saved(row));
                Ok(())
            }
            Err(fault) => {
                used.iter()
                    .filter_map(|row| Some((counter(row.account)?, row)))
                    .for_each(|(counter, row)| counter.not_saved(row));
                Err(fault)
            }
        }
    }

    async fn purge(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.sessions.purge(now);
        self.store.purge_sessions(now.unix()).await.map(|_| ())
    }
}

/// Does the work again and again until stopped, in time or as soon as it is called for; a round that has begun is
/// finished. A loss is logged once.
async fn repeat<C, W>(every: Duration, called: impl Fn() -> C, mut stopped: watch::Receiver<()>, work: impl Fn() -> W)
where
    C: Future<Output = ()>,
    W: Future<Output = Result<(), StoreError>>,
{
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let lost = AtomicBool::new(false);
    loop {
        tokio::select! {
            biased;
            _ = stopped.changed() => return,
            _ = ticks.tick() => {}
            () = called() => ticks.reset(),
        }
        match work().await {
            Ok(()) if lost.swap(false, Ordering::Relaxed) => {
                tracing::info!("the store answers again")
            }
            Ok(()) => {}
            Err(fault) if !lost.swap(true, Ordering::Relaxed) => {
                tracing::error!(%fault, "the store cannot be followed")
            }
            Err(_) => {}
        }
    }
}

/// The counts that the store knows: those of accounts.
pub(super) async fn counters(store: &Store) -> Result<Counters, StoreError> {
    let rows = store.points().await?;
    let accounts: HashMap<AccountId, Arc<Counter>> =
        rows.iter().map(|row| (row.account, Arc::new(Counter::from_row(row)))).collect();
    Ok(Counters { accounts, devices: HashMap::new() })
}
