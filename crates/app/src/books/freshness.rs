//! How a cached book picks up changes committed by other servers before it is read.
//!
//! Before a book is shown or a command is decided, the store is asked for the book's revision ([`super::revision_check`]).
//! A book that is behind catches up first ([`super::catching_up`]). So no answer is older than its call, whichever server
//! gives it. With [`Reads::Local`] the query is left out ([`super::follower`]).

use ringbook_book::id::CustomerId;

use super::loaded::LoadedBook;
use super::{BookError, Books};

/// Whether a read asks the store first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// It does: no answer is older than its call.
    #[default]
    Linearizable,
    /// It does not: an answer may be older by a second.
    Local,
}

impl Books {
    /// Makes sure that the book is not older than this call.
    pub(super) async fn ensure_fresh(&self, customer: CustomerId, loaded: &LoadedBook) -> Result<(), BookError> {
        if !self.0.store.is_shared() || self.0.bounds.reads == Reads::Local {
            return Ok(());
        }
        self.catch_up_now(customer, loaded).await
    }

    /// Brings the book to the revision that the store has now, at least.
    pub(super) async fn catch_up_now(&self, customer: CustomerId, loaded: &LoadedBook) -> Result<(), BookError> {
        let revision = self.0.revision_check.revision_of(&self.0.store, customer).await?;
        if revision.is_some_and(|revision| loaded.book().revision() >= revision) {
            return Ok(());
        }
        loaded.catch_up(revision).await
    }
}
