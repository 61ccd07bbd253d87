//! Keeps cached books close to the store when reads do not check it: with [`Reads::Local`], and where there is one server.
//!
//! Beside the only server of a store just operator commands change books, and the directory moves whenever they do.
//!
//! Other servers notify of their changes ([`Notifications`](ringbook_store::Notifications)). Notifications may be lost, so all books are
//! compared with the store as well, twice a second. Books catch up independently: a long one delays no other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ringbook_book::id::{CustomerId, Revision};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::{Books, Inner, Reads};
use ringbook_store::ChangedBooks;

/// How often books are compared with the store when no notification comes.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// The books that are catching up.
#[derive(Default)]
struct CatchUps {
    running: JoinSet<(CustomerId, bool)>,
    /// The revision that each of them is to reach.
    wanted: HashMap<CustomerId, Revision>,
}

impl Books {
    /// Follows the changes of other servers and of operator commands for as long as the books exist. Does nothing where
    /// reads check the store.
    pub fn follow_others(&self) {
        if !self.0.store.is_shared() {
            return self.follow_operator();
        }
        if self.0.bounds.reads != Reads::Local {
            return;
        }
        let (books, notifications) = (Arc::downgrade(&self.0), self.0.store.notifications());
        tokio::spawn(async move {
            let mut catch_ups = CatchUps::default();
            let mut looks = interval(LOOK_INTERVAL);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                let moved = tokio::select! {
                    Some(ended) = catch_ups.running.join_next() => catch_ups.ended(ended),
                    moved = notifications.changed_books() => moved,
                    _ = looks.tick() => ChangedBooks::All,
                };
                let Some(inner) = Weak::<Inner>::upgrade(&books) else { return };
                catch_ups.begin(&Books(inner), moved).await;
            }
        });
    }

    /// Compares the books with the store whenever the directory has moved.
    fn follow_operator(&self) {
        let books = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut catch_ups = CatchUps::default();
            let mut looks = interval(LOOK_INTERVAL);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut known = None;
            loop {
                let moved = tokio::select! {
                    Some(ended) = catch_ups.running.join_next() => catch_ups.ended(ended),
                    _ = looks.tick() => ChangedBooks::default(),
                };
                let Some(inner) = Weak::<Inner>::upgrade(&books) else { return };
                let books = Books(inner);
                // A store that does not answer is asked again soon.
                let Ok(now) = books.0.store.revisions().await else { continue };
                let is_first = known.replace(now.directory).is_none_or(|known| known == now.directory);
                catch_ups.begin(&books, if is_first { moved } else { ChangedBooks::All }).await;
            }
        });
    }
}

impl CatchUps {
    async fn begin(&mut self, books: &Books, moved: ChangedBooks) {
        let changed = match moved {
            ChangedBooks::Books(changed) => changed,
            ChangedBooks::All => match books.0.store.book_revisions(books.loaded_customers()).await {
                Ok(revisions) => revisions.into_iter().collect(),
                // Reads go on meanwhile.
                Err(_) => return self.look_at_each(books),
            },
        };
        for (customer, revision) in changed {
            self.want(books, customer, revision);
        }
    }

    /// Compares each book with the store by itself: the store may reply for some of them.
    fn look_at_each(&mut self, books: &Books) {
        for customer in books.loaded_customers() {
            let Some(loaded) = books.book_in_memory(customer) else { continue };
            let Entry::Vacant(wanted) = self.wanted.entry(customer) else { continue };
            wanted.insert(Revision(0));
            let books = Arc::downgrade(&books.0);
            self.running.spawn(async move {
                let Some(inner) = Weak::<Inner>::upgrade(&books) else { return (customer, false) };
                (customer, Books(inner).catch_up_now(customer, &loaded).await.is_ok())
            });
        }
    }

    /// Begins to bring a book to a revision, unless it is there, on its way, or not in memory.
    fn want(&mut self, books: &Books, customer: CustomerId, revision: Revision) {
        if let Some(wanted) = self.wanted.get_mut(&customer) {
            *wanted = revision.max(*wanted);
            return;
        }
        let Some(loaded) = books.book_in_memory(customer) else { return };
        if loaded.book().revision() >= revision {
            return;
        }
        self.wanted.insert(customer, revision);
        self.running.spawn(async move {
            let outcome = loaded.catch_up(Some(revision)).await;
            if let Err(fault) = &outcome {
                tracing::warn!(customer = customer.number(), "a book could not catch up: {fault}");
            }
            (customer, outcome.is_ok())
        });
    }

    /// What is still to be done for a book that has caught up: later notifications may have come meanwhile.
    fn ended(&mut self, ended: Result<(CustomerId, bool), JoinError>) -> ChangedBooks {
        let Ok((customer, has_caught_up)) = ended else {
            // It is not known which one it was; at worst some catch up twice.
            self.wanted.clear();
            return ChangedBooks::default();
        };
        let wanted = self.wanted.remove(&customer);
        // A failed one is tried again with the next comparison.
        ChangedBooks::Books(wanted.filter(|_| has_caught_up).map(|revision| (customer, revision)).into_iter().collect())
    }
}
