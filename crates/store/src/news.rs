//! What servers tell each other: which books have moved, and that the directory has.
//!
//! News only make others look sooner. They may be lost, late or double, so that whoever needs to know also looks by
//! himself now and then. What is told waits here until the engine sends it, and what is heard until a follower takes it;
//! both are gathered, so that however much moves, little is kept. An engine that no other server shares tells and hears
//! nothing.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringbook_book::id::{CustomerId, Revision};
use tokio::sync::Notify;

/// How many books are told one by one: their text stays below the 8 000 bytes that PostgreSQL takes.
const BOOKS_TOLD_MAX: usize = 180;
/// How many heard books wait for the follower one by one.
const BOOKS_HEARD_MAX: usize = 4_096;

/// That the directory or the sessions have moved, as text.
pub(crate) const DIRECTORY: &str = "directory";
/// That nobody knows what has moved.
const EVERYTHING: &str = "everything";
/// What stands before books and their revisions.
const BOOKS: &str = "books";

/// Books that have moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// These, each at least to this revision.
    Books(BTreeMap<CustomerId, Revision>),
    /// Any of them may have.
    Everything,
}

impl Default for Moved {
    fn default() -> Self {
        Self::Books(BTreeMap::new())
    }
}

impl Moved {
    fn is_nothing(&self) -> bool {
        matches!(self, Self::Books(books) if books.is_empty())
    }

    /// Adds what else has moved; more books than `max` are everything.
    fn gather(&mut self, more: Self, max: usize) {
        match (&mut *self, more) {
            (Self::Everything, _) => {}
            (Self::Books(_), Self::Everything) => *self = Self::Everything,
            (Self::Books(books), Self::Books(more)) => {
                for (customer, revision) in more {
                    let known = books.entry(customer).or_insert(revision);
                    *known = revision.max(*known);
                }
                if books.len() > max {
                    *self = Self::Everything;
                }
            }
        }
    }

    /// As text: what it is, then `customer@revision` for each book.
    fn text(&self) -> String {
        match self {
            Self::Everything => EVERYTHING.to_owned(),
            Self::Books(books) => {
                let mut text = BOOKS.to_owned();
                for (customer, revision) in books {
                    // What goes to memory cannot fail.
                    let _ = write!(text, " {}@{}", customer.number(), revision.0);
                }
                text
            }
        }
    }

    /// What cannot be read may mean anything.
    fn read(text: &str) -> Self {
        let book = |pair: &str| {
            let (customer, revision) = pair.split_once('@')?;
            Some((CustomerId::new(customer.parse().ok()?).ok()?, Revision(revision.parse().ok()?)))
        };
        let books = text.strip_prefix(BOOKS).map(|pairs| pairs.split_whitespace().map(book).collect::<Option<_>>());
        books.flatten().map_or(Self::Everything, Self::Books)
    }
}

/// What waits to be told and to be heard. One for a store.
#[derive(Debug, Default)]
pub struct News {
    untold: Mutex<Moved>,
    told: Notify,
    unheard: Mutex<Moved>,
    heard: Notify,
    directory: Notify,
}

impl News {
    /// Waits until another server may have changed the directory or ended a session. For one follower.
    pub async fn directory(&self) {
        self.directory.notified().await;
    }

    /// Waits until another server has changed books, and answers all that are new. For one follower.
    pub async fn books(&self) -> Moved {
        some(&self.unheard, &self.heard).await
    }

    /// A book has moved here.
    pub(super) fn tell(&self, customer: CustomerId, revision: Revision) {
        gather(&self.untold, Moved::Books([(customer, revision)].into()), BOOKS_TOLD_MAX);
        self.told.notify_one();
    }

    /// Something was not told.
    pub(super) fn tell_everything(&self) {
        gather(&self.untold, Moved::Everything, BOOKS_TOLD_MAX);
        self.told.notify_one();
    }

    /// Waits until there is something to tell, and answers its text.
    pub(super) async fn untold(&self) -> String {
        some(&self.untold, &self.told).await.text()
    }

    /// Another server says this.
    pub(super) fn hear(&self, text: &str) {
        if text == DIRECTORY {
            return self.directory.notify_one();
        }
        let moved = Moved::read(text);
        if moved == Moved::Everything {
            self.directory.notify_one();
        }
        gather(&self.unheard, moved, BOOKS_HEARD_MAX);
        self.heard.notify_one();
    }

    /// Something may have been said that nobody heard.
    pub(super) fn hear_everything(&self) {
        self.hear(EVERYTHING);
    }
}

fn gather(kept: &Mutex<Moved>, moved: Moved, max: usize) {
    lock(kept).gather(moved, max);
}

async fn some(kept: &Mutex<Moved>, called: &Notify) -> Moved {
    loop {
        called.notified().await;
        let moved = take(&mut *lock(kept));
        if !moved.is_nothing() {
            return moved;
        }
    }
}

fn lock(kept: &Mutex<Moved>) -> MutexGuard<'_, Moved> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(customer: u64) -> CustomerId {
        CustomerId::new(customer).expect("an id")
    }

    #[tokio::test]
    async fn what_is_told_is_gathered_and_heard_as_it_was() {
        let (here, there) = (News::default(), News::default());
        for (customer, revision) in [(7, 3), (2, 9), (7, 5), (7, 4)] {
            here.tell(book(customer), Revision(revision));
        }
        there.hear(&here.untold().await);
        there.hear("books 2@11");
        assert_eq!(there.books().await, Moved::Books([(book(2), Revision(11)), (book(7), Revision(5))].into()));
        for text in ["everything", "books 1", "books 0@1", "bookstore", "what is this?"] {
            there.hear(text);
            assert_eq!(there.books().await, Moved::Everything, "{text}");
            there.directory().await;
        }
    }

    #[tokio::test]
    async fn what_is_told_at_once_is_bounded() {
        let news = News::default();
        for customer in 1..=BOOKS_TOLD_MAX as u64 {
            news.tell(book(u64::from(u32::MAX) + customer), Revision(u64::MAX));
        }
        let text = news.untold().await;
        assert!(text.starts_with(BOOKS) && text.len() < 8_000, "{} bytes", text.len());
        for customer in 1..=BOOKS_TOLD_MAX as u64 + 1 {
            news.tell(book(customer), Revision(1));
        }
        assert_eq!(news.untold().await, EVERYTHING);
    }
}
