//! Books that follow the changes of other servers by themselves, for reads that do not ask ([`Reads::Local`]).
//!
//! Others tell of their changes ([`Notifications`](ringbook_store::Notifications)), and because that may be lost, all books are compared with
//! the store now and then. Each book catches up in a task of its own, so that a long one makes no other wait.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use ringbook_book::id::{CustomerId, Revision};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::{Books, Inner, Reads};
use ringbook_store::ChangedBooks;

/// How often books are compared with the store when nothing is told.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// The books that are catching up.
#[derive(Default)]
struct CatchUps {
    running: JoinSet<(CustomerId, bool)>,
    /// The revision that each of them is to reach.
    wanted: HashMap<CustomerId, Revision>,
}

impl Books {
    /// Follows the changes of others as long as the books is there; only where reads do not ask.
    pub fn follow_others(&self) {
        if !self.0.store.is_shared() || self.0.bounds.reads != Reads::Local {
            return;
        }
        let (books, notifications) = (Arc::downgrade(&self.0), self.0.store.notifications());
        tokio::spawn(async move {
            let mut chase = CatchUps::default();
            let mut looks = interval(LOOK_INTERVAL);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                let moved = tokio::select! {
                    Some(ended) = chase.running.join_next() => chase.ended(ended),
                    moved = notifications.changed_books() => moved,
                    _ = looks.tick() => ChangedBooks::All,
                };
                let Some(inner) = Weak::<Inner>::upgrade(&books) else { return };
                chase.begin(&Books(inner), moved).await;
            }
        });
    }

    /// Where the books in memory are in the store.
    async fn stored_revisions(&self) -> BTreeMap<CustomerId, Revision> {
        let customers = self.loaded_books().into_iter().map(|(customer, _)| customer).collect();
        // A store that does not answer is asked again soon; until then reads go on, as they were told to.
        self.0.store.book_revisions(customers).await.unwrap_or_default().into_iter().collect()
    }
}

impl CatchUps {
    async fn begin(&mut self, books: &Books, moved: ChangedBooks) {
        let changed = match moved {
            ChangedBooks::Books(changed) => changed,
            ChangedBooks::All => books.stored_revisions().await,
        };
        for (customer, revision) in changed {
            self.want(books, customer, revision);
        }
    }

    /// Begins to bring a book to a revision, unless it is there, on its way, or not in memory.
    fn want(&mut self, books: &Books, customer: CustomerId, revision: Revision) {
        if let Some(wanted) = self.wanted.get_mut(&customer) {
            *wanted = revision.max(*wanted);
            return;
        }
        let Some(volume) = books.loaded_book(customer) else { return };
        if volume.present().revision() >= revision {
            return;
        }
        self.wanted.insert(customer, revision);
        let books = books.clone();
        self.running.spawn(async move {
            let outcome = books.catch_up(customer, &volume).await;
            if let Err(fault) = &outcome {
                tracing::warn!(customer = customer.number(), "a book could not catch up: {fault}");
            }
            (customer, outcome.is_ok())
        });
    }

    /// What is still to be done for a book that has caught up: more may have been told meanwhile.
    fn ended(&mut self, ended: Result<(CustomerId, bool), JoinError>) -> ChangedBooks {
        let Ok((customer, has_caught_up)) = ended else {
            // Nobody knows which one it was; at worst some are brought forward twice.
            self.wanted.clear();
            return ChangedBooks::default();
        };
        let wanted = self.wanted.remove(&customer);
        // What failed is tried again with the next look.
        ChangedBooks::Books(wanted.filter(|_| has_caught_up).map(|revision| (customer, revision)).into_iter().collect())
    }
}
