//! Notifications between servers that share a database: which books have changed, and that the directory has.
//!
//! Notifications are hints: they may be lost, delayed or duplicated, so consumers also poll. What is to be sent waits here
//! until the engine sends it, and what was received until a consumer takes it; both are merged, so that little is kept
//! however much changes. An engine that no other server shares sends and receives nothing.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringbook_book::id::{CustomerId, Revision};
use tokio::sync::Notify;

/// How many books one notification names: its text stays below the 8 000 bytes that PostgreSQL takes.
const BOOKS_SENT_MAX: usize = 180;
/// How many received books wait for the consumer one by one.
const BOOKS_RECEIVED_MAX: usize = 4_096;

/// The text for a change of the directory or the logins.
pub(crate) const DIRECTORY: &str = "directory";
/// The text for changes that are not known one by one.
const ALL: &str = "everything";
/// The first word of the text for books with their revisions.
const BOOKS: &str = "books";

/// Books that have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedBooks {
    /// These, each at least to this revision.
    Books(BTreeMap<CustomerId, Revision>),
    /// Any of them may have.
    All,
}

impl Default for ChangedBooks {
    fn default() -> Self {
        Self::Books(BTreeMap::new())
    }
}

impl ChangedBooks {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Books(books) if books.is_empty())
    }

    /// Adds further books; more than `max` of them become all.
    fn merge(&mut self, more: Self, max: usize) {
        match (&mut *self, more) {
            (Self::All, _) => {}
            (Self::Books(_), Self::All) => *self = Self::All,
            (Self::Books(books), Self::Books(more)) => {
                for (customer, revision) in more {
                    let known = books.entry(customer).or_insert(revision);
                    *known = revision.max(*known);
                }
                if books.len() > max {
                    *self = Self::All;
                }
            }
        }
    }

    /// As text: the kind, then `customer@revision` for each book.
    fn to_text(&self) -> String {
        match self {
            Self::All => ALL.to_owned(),
            Self::Books(books) => {
                let mut text = BOOKS.to_owned();
                for (customer, revision) in books {
                    // Writing to memory cannot fail.
                    let _ = write!(text, " {}@{}", customer.number(), revision.0);
                }
                text
            }
        }
    }

    /// A text that cannot be read may mean anything.
    fn from_text(text: &str) -> Self {
        let book = |pair: &str| {
            let (customer, revision) = pair.split_once('@')?;
            Some((CustomerId::new(customer.parse().ok()?).ok()?, Revision(revision.parse().ok()?)))
        };
        let books = text.strip_prefix(BOOKS).map(|pairs| pairs.split_whitespace().map(book).collect::<Option<_>>());
        books.flatten().map_or(Self::All, Self::Books)
    }
}

/// Notifications that wait to be sent, or to be taken by a consumer. One for a store.
#[derive(Debug, Default)]
pub struct Notifications {
    unsent: Mutex<ChangedBooks>,
    has_unsent: Notify,
    received: Mutex<ChangedBooks>,
    has_received: Notify,
    directory: Notify,
}

impl Notifications {
    /// Waits until another server may have changed the directory or ended a login. For one consumer.
    pub async fn directory_changed(&self) {
        self.directory.notified().await;
    }

    /// Waits until another server has changed books, and answers all that are new. For one consumer.
    pub async fn changed_books(&self) -> ChangedBooks {
        next(&self.received, &self.has_received).await
    }

    /// This server has changed a book.
    pub(super) fn send(&self, customer: CustomerId, revision: Revision) {
        add(&self.unsent, ChangedBooks::Books([(customer, revision)].into()), BOOKS_SENT_MAX);
        self.has_unsent.notify_one();
    }

    /// Waits until there is something to send, and answers its text.
    pub(super) async fn next_to_send(&self) -> String {
        next(&self.unsent, &self.has_unsent).await.to_text()
    }

    /// Another server has sent this.
    pub(super) fn receive(&self, text: &str) {
        if text == DIRECTORY {
            return self.directory.notify_one();
        }
        let changed = ChangedBooks::from_text(text);
        if changed == ChangedBooks::All {
            self.directory.notify_one();
        }
        add(&self.received, changed, BOOKS_RECEIVED_MAX);
        self.has_received.notify_one();
    }

    /// Notifications may have been lost in both directions.
    pub(super) fn all_may_have_changed(&self) {
        self.receive(ALL);
        add(&self.unsent, ChangedBooks::All, BOOKS_SENT_MAX);
        self.has_unsent.notify_one();
    }
}

fn add(waiting: &Mutex<ChangedBooks>, changed: ChangedBooks, max: usize) {
    lock(waiting).merge(changed, max);
}

async fn next(waiting: &Mutex<ChangedBooks>, has_some: &Notify) -> ChangedBooks {
    loop {
        has_some.notified().await;
        let changed = take(&mut *lock(waiting));
        if !changed.is_empty() {
            return changed;
        }
    }
}

fn lock(waiting: &Mutex<ChangedBooks>) -> MutexGuard<'_, ChangedBooks> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(customer: u64) -> CustomerId {
        CustomerId::new(customer).expect("an id")
    }

    #[tokio::test]
    async fn notifications_are_merged_and_received_as_they_were_sent() {
        let (here, there) = (Notifications::default(), Notifications::default());
        for (customer, revision) in [(7, 3), (2, 9), (7, 5), (7, 4)] {
            here.send(book(customer), Revision(revision));
        }
        there.receive(&here.next_to_send().await);
        there.receive("books 2@11");
        let expected = ChangedBooks::Books([(book(2), Revision(11)), (book(7), Revision(5))].into());
        assert_eq!(there.changed_books().await, expected);
        for text in ["everything", "books 1", "books 0@1", "bookstore", "what is this?"] {
            there.receive(text);
            assert_eq!(there.changed_books().await, ChangedBooks::All, "{text}");
            there.directory_changed().await;
        }
    }

    #[tokio::test]
    async fn the_length_of_a_notification_is_bounded() {
        let notifications = Notifications::default();
        for customer in 1..=BOOKS_SENT_MAX as u64 {
            notifications.send(book(u64::from(u32::MAX) + customer), Revision(u64::MAX));
        }
        let text = notifications.next_to_send().await;
        assert!(text.starts_with(BOOKS) && text.len() < 8_000, "{} bytes", text.len());
        for customer in 1..=BOOKS_SENT_MAX as u64 + 1 {
            notifications.send(book(customer), Revision(1));
        }
        assert_eq!(notifications.next_to_send().await, ALL);
    }
}
