//! What an admitted device can have done: questions about the contacts of its groups, and nothing else.

use std::future::Future as _;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ringbook_book::Book;
use ringbook_book::query::ask::{Ask, AskFilter, Condition, Literal};
use ringbook_book::query::contact_page::ContactPage;
use ringbook_book::query::estimate;
use ringbook_book::query::field::CONTACT;
use ringbook_book::query::plan::plan_with;
use ringbook_book::runner::Runner;
use ringbook_workers::{Job, Kind};

use crate::access::{AccessError, Device, DeviceCaller};
use crate::app_error::AppError;
use crate::call::Call;
use crate::stopwatch::Stage;
use crate::work::OnJob;

/// A device's admitted call.
pub struct AdmittedDevice<'c, 'a> {
    call: &'c mut Call<'a>,
    caller: DeviceCaller,
}

impl<'a> Call<'a> {
    /// Admits the device and takes one request of its limit. `user_agent` is what it calls itself.
    ///
    /// # Errors
    /// Those of [`crate::access::Access::admit_device`]; [`AccessError::TokenInvalid`] before authentication.
    pub fn admit_device(&mut self, user_agent: &str) -> Result<AdmittedDevice<'_, 'a>, AccessError> {
        let caller = self.admit_device_caller(user_agent)?;
        Ok(AdmittedDevice { call: self, caller })
    }
}

impl AdmittedDevice<'_, '_> {
    /// The device key.
    pub fn device(&self) -> &Arc<Device> {
        self.caller.device()
    }

    /// When the call came, in Unix seconds.
    pub const fn now(&self) -> i64 {
        self.call.now().unix()
    }

    /// Files the time since the last stage under this one.
    pub fn lap(&mut self, stage: Stage) {
        self.call.lap(stage);
    }

    /// The address book. Loads it if it is not in memory.
    ///
    /// # Errors
    /// The book cannot be had.
    pub async fn book(&mut self) -> Result<Arc<Book>, AppError> {
        let book = self.call.app.books.book(self.caller.device().customer).await?;
        self.lap(Stage::Book);
        Ok(book)
    }

    /// The address book, if it can be had within this time; it goes on loading otherwise.
    ///
    /// # Errors
    /// The book cannot be had.
    pub async fn book_within(&mut self, time: Duration) -> Result<Option<Arc<Book>>, AppError> {
        let (books, customer) = (self.call.app.books.clone(), self.caller.device().customer);
        let mut loading = Box::pin(async move { books.book(customer).await });
        // A book in memory is there at once.
        if let Poll::Ready(book) = loading.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            self.lap(Stage::Book);
            return Ok(Some(book?));
        }
        // A task of its own, which goes on when nobody waits for it any more.
        let loaded = tokio::time::timeout(time, tokio::spawn(loading)).await;
        self.lap(Stage::Book);
        match loaded {
            Ok(Ok(book)) => Ok(Some(book?)),
            Ok(Err(_)) => Err(AppError::Internal("the task that loads a book was lost")),
            Err(_) => Ok(None),
        }
    }

    /// The contacts of a book that match, of the device's groups.
    ///
    /// # Errors
    /// The question names what there is not, breaks a bound, has a bad pattern, or takes too many steps.
    pub async fn contacts(&mut self, book: &Arc<Book>, ask: Ask) -> Result<ContactPage, AppError> {
        let numbers = self.device().numbers;
        let ask = self.within_groups(Ask { numbers, ..ask });
        let (patterns, customer) = (Arc::clone(self.call.app.books.patterns()), self.device().customer.number());
        let estimate = estimate::planning(&ask.filter, Some(patterns.of_customer(customer)));
        let make = move |_: &Job| plan_with(&CONTACT, &ask, Some(patterns.of_customer(customer)));
        let plan = self.work(Kind::Compile, estimate, make).await??;
        self.call.app.books.note_patterns(plan.patterns());
        self.lap(Stage::Plan);
        let page = self.call.app.books.search(&self.call.client, book, plan).await??;
        self.lap(Stage::Run);
        Ok(page)
    }

    /// Writes `records` records: here if they are few, otherwise off the threads that serve connections. `work` gets
    /// by its runner whether to go on.
    ///
    /// # Errors
    /// Too much work waits, or the client has left.
    pub async fn write<T: Send + 'static>(
        &self,
        records: usize,
        work: impl FnOnce(&dyn Runner) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        self.work(Kind::Render, estimate::records(records), move |job| work(&OnJob(job))).await
    }

    /// The same question, about the contacts of the device's groups.
    fn within_groups(&self, ask: Ask) -> Ask {
        let groups = &self.caller.device().groups;
        if groups.is_empty() {
            return ask;
        }
        let ids = groups.iter().map(|group| Literal::Number(group.to_string())).collect();
        let member = AskFilter::Simple { field: "groups".into(), operator: "in".into(), value: Literal::List(ids) };
        let filters = vec![ask.filter, member];
        Ask { filter: AskFilter::Tree { filters, condition: Some(Condition::And) }, ..ask }
    }

    async fn work<T: Send + 'static>(
        &self,
        kind: Kind,
        estimate: Duration,
        work: impl FnOnce(&Job) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        Ok(self.call.app.books.workers().run(&self.call.client, kind, estimate, work).await?)
    }
}
