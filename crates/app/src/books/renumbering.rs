//! Writing the numbers of a loaded book by another rule.

use std::sync::Arc;
use std::time::Duration;

use ringbook_book::id::CustomerId;
use ringbook_book::text::NumberRule;
use ringbook_store::StoreError;
use ringbook_workers::{Client, Job, Kind, Owner};

use super::Books;
use super::loaded::LoadedBook;
use super::run_to_end::run_to_end;
use crate::renumbering::{DecidedNumbers, EFFECTS_PER_REQUEST, Renumbered, RenumberingError, write_numbers};
use crate::work::OnJob;

/// A book in memory. Its task finds that its next batch was overtaken, and decides it again.
struct BookInMemory {
    books: Books,
    customer: CustomerId,
    loaded: Arc<LoadedBook>,
}

impl Renumbered for BookInMemory {
    async fn decide(&self, rule: NumberRule) -> Result<DecidedNumbers, RenumberingError> {
        self.moved().await?;
        let book = self.loaded.book();
        let client = Client::new(Owner::Customer(self.customer.number()));
        let decide = move |job: &Job| DecidedNumbers::of(&book, &rule, EFFECTS_PER_REQUEST, &OnJob(job));
        let decided = self.books.workers().run(&client, Kind::Command, Duration::MAX, decide).await;
        let stopped = || StoreError::unavailable("the server stops").into();
        decided.map_err(super::BookError::from)?.ok_or_else(stopped)
    }

    async fn moved(&self) -> Result<(), RenumberingError> {
        Ok(self.books.catch_up_now(self.customer, &self.loaded).await?)
    }
}

impl Books {
    /// Writes what the numbers of at most [`EFFECTS_PER_REQUEST`] contacts and entries of the blacklist are by the rule that the
    /// customer has now; whether there are more. Once it has begun it runs to its end, even when this future is dropped.
    ///
    /// # Errors
    /// Those of [`write_numbers`].
    pub async fn renumber(&self, customer: CustomerId, rule: NumberRule) -> Result<bool, RenumberingError> {
        let books = self.clone();
        run_to_end(async move {
            let loaded = books.loaded_book(customer).await?;
            let book = BookInMemory { books: books.clone(), customer, loaded };
            write_numbers(&books.0.store, customer, rule, &book).await
        })
        .await
    }
}
