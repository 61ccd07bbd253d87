//! What an admitted caller can have done: the operations of the server, typed.
//!
//! Every operation works on the address book of the account acted for. Work that can take long leaves the threads
//! that serve connections: the engine estimates it, the pool of workers decides.

use std::sync::Arc;
use std::time::Duration;

use ringbook_book::Book;
use ringbook_book::book::history::{Changes, Cursor};
use ringbook_book::command::{Command, Outcome};
use ringbook_book::id::CustomerId;
use ringbook_book::moment;
use ringbook_book::query::ask::Ask;
use ringbook_book::query::contact_page::ContactPage;
use ringbook_book::query::estimate;
use ringbook_book::query::field::{CONTACT, Field};
use ringbook_book::query::plan::{FieldSet, Plan, plan_with};
use ringbook_book::query::records::{Listing, RecordPage};
use ringbook_book::query::value::Record;
use ringbook_book::runner::Runner;
use ringbook_store::Dialing;
use ringbook_workers::{Job, Kind, Owner, WorkersError};

use crate::access::administration::{AccountChange, AccountView, AdministrationError, Made, rule_of};
use crate::access::{
    AccessError, Account, Caller, LimitsView, PasswordError, Requirement, Right, Secret, User, hash_password,
};
use crate::app_error::AppError;
use crate::audit::{AuditPage, AuditScope};
use crate::call::Call;
use crate::fields::API_REQUEST;
use crate::renumbering::NumbersPreview;
use crate::stopwatch::Stage;
use crate::work::OnJob;

/// The longest interval of one question to the audit log, in calendar months.
pub const AUDIT_MONTHS_MAX: u32 = 3;

/// An admitted call. Its point is given back when this is dropped, unless it has succeeded.
pub struct Admitted<'c, 'a> {
    call: &'c mut Call<'a>,
    caller: Caller,
}

/// The contacts that a query returns.
pub struct Contacts {
    /// The page, with the snapshot of the book that was searched.
    pub page: ContactPage,
    /// The members to return.
    pub fields: FieldSet,
    /// How long the stages of the query took, in microseconds: planning, waiting for the book, running.
    pub stages: [(Stage, u64); 3],
}

impl<'a> Call<'a> {
    /// Admits the authenticated caller to an operation and reserves a point. `user_id` is the user that an agent
    /// acts for.
    ///
    /// # Errors
    /// Those of [`crate::access::Access::admit`]; [`AccessError::TokenInvalid`] before authentication.
    pub fn admit(&mut self, needs: Requirement, user_id: Option<u64>) -> Result<Admitted<'_, 'a>, AccessError> {
        let caller = self.admit_caller(needs, user_id)?;
        Ok(Admitted { call: self, caller })
    }
}

impl<'c, 'a> Admitted<'c, 'a> {
    /// The user acted for.
    pub fn user(&self) -> &User {
        self.caller.user()
    }

    /// The account acted for.
    pub fn account(&self) -> &Account {
        self.caller.account()
    }

    /// The same, shared.
    pub const fn shared_account(&self) -> &Arc<Account> {
        self.caller.shared_account()
    }

    /// The users of all the agent's customers, by id; none when a customer calls.
    pub fn customer_users(&self) -> &[Arc<User>] {
        self.caller.customer_users()
    }

    /// The customer acted for.
    ///
    /// # Errors
    /// An agent calls for itself, which has no address book.
    pub fn customer(&self) -> Result<CustomerId, AppError> {
        self.caller.customer().ok_or(AppError::Internal("an operation on an address book without a customer"))
    }

    /// The account that is charged for what the call uses.
    pub fn charged_account(&self) -> Option<Owner> {
        self.call.charged_account()
    }

    /// How the caller's account stands with its limits.
    pub fn limits(&self) -> Option<LimitsView> {
        self.call.limits()
    }

    /// When the call came, in Unix seconds.
    pub const fn now(&self) -> i64 {
        self.call.now().unix()
    }

    /// Files the time since the last stage under this one.
    pub fn lap(&mut self, stage: Stage) {
        self.call.lap(stage);
    }

    /// Plans a question about records with these fields.
    ///
    /// # Errors
    /// The question names what there is not, breaks a bound, or has a bad pattern.
    pub async fn plan(&mut self, table: &'static [Field], ask: Ask) -> Result<Plan, AppError> {
        let ask = Ask { numbers: self.account().numbers, ..ask };
        let (patterns, customer) = (Arc::clone(self.call.app.books.patterns()), self.caller.customer());
        let kept = customer.map(|customer| patterns.of_customer(customer.number()));
        let estimate = estimate::planning(&ask.filter, kept);
        let make = move |_: &Job| {
            let kept = customer.map(|customer| patterns.of_customer(customer.number()));
            plan_with(table, &ask, kept)
        };
        let plan = self.work(Kind::Compile, estimate, make).await??;
        self.call.app.books.note_patterns(plan.patterns());
        self.lap(Stage::Plan);
        Ok(plan)
    }

    /// Asks for contacts.
    ///
    /// # Errors
    /// Those of [`Admitted::plan`]; the question takes too many steps; the book cannot be had.
    pub async fn contacts(&mut self, ask: Ask) -> Result<Contacts, AppError> {
        let plan = self.plan(&CONTACT, ask).await?;
        let book = self.book().await?;
        let fields = plan.fields();
        let page = self.call.app.books.search(&self.call.client, &book, plan).await??;
        self.lap(Stage::Run);
        let stages =
            [Stage::Plan, Stage::Book, Stage::Run].map(|stage| (stage, self.call.stopwatch.stage_micros(stage)));
        Ok(Contacts { page, fields, stages })
    }

    /// Asks for groups, organizations, employees or the blacklist by a plan for their fields, and hands what is found to
    /// `write`, with the runner that says whether to go on.
    ///
    /// # Errors
    /// The question takes too many steps; the book cannot be had.
    pub async fn list<L, T>(
        &mut self,
        plan: Arc<Plan>,
        write: impl FnOnce(RecordPage<L::Record<'_>>, &dyn Runner) -> T + Send + 'static,
    ) -> Result<T, AppError>
    where
        L: Listing,
        T: Send + 'static,
    {
        let book = self.book().await?;
        let shown = plan.window().limit().min(L::rows_read(&book, &plan));
        let estimate = L::estimate(&book, &plan) + estimate::records(shown);
        let find = move |job: &Job| L::find(&book, &plan, &OnJob(job)).map(|found| write(found, &OnJob(job)));
        let written = self.work(Kind::Question, estimate, find).await??;
        self.lap(Stage::Run);
        Ok(written)
    }

    /// Asks for some of these records, which are in memory, by a plan for their fields, and hands them to `write`, with
    /// the runner that says whether to go on.
    ///
    /// # Errors
    /// The question takes too many steps.
    pub async fn among<R, T>(
        &mut self,
        plan: Arc<Plan>,
        records: Vec<R>,
        write: impl FnOnce(RecordPage<R>, &dyn Runner) -> T + Send + 'static,
    ) -> Result<T, AppError>
    where
        R: Record + Send + 'static,
        T: Send + 'static,
    {
        let shown = plan.window().limit().min(records.len());
        let estimate = estimate::comparisons(records.len(), &plan) + estimate::records(shown);
        let find =
            move |job: &Job| RecordPage::among(records, &plan, &OnJob(job)).map(|found| write(found, &OnJob(job)));
        let written = self.work(Kind::Question, estimate, find).await??;
        self.lap(Stage::Run);
        Ok(written)
    }

    /// What has changed since a cursor, oldest change first, `None` from the beginning; `write` is handed what is
    /// found, with the runner that says whether to go on.
    ///
    /// # Errors
    /// The cursor is too old or from another history of the book; the book cannot be had.
    pub async fn changes<T: Send + 'static>(
        &mut self,
        since: Option<Cursor>,
        limit: usize,
        write: impl FnOnce(&Changes<'_>, &dyn Runner) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let book = self.book().await?;
        let estimate = if book.changed_much_since(since) { Duration::MAX } else { estimate::records(limit) };
        let read = move |job: &Job| book.changes(since, limit).map(|changes| write(&changes, &OnJob(job)));
        let written = self.work(Kind::Question, estimate, read).await?.map_err(AppError::Cursor)?;
        self.lap(Stage::Run);
        Ok(written)
    }

    /// Changes the address book. The change is on disk when this returns, and is finished even when the caller leaves.
    ///
    /// # Errors
    /// The book does not allow it, or the store fails.
    pub async fn change(&mut self, command: Command) -> Result<Outcome, AppError> {
        let customer = self.customer()?;
        let outcome = self.call.app.books.change(customer, command).await?;
        self.lap(Stage::Run);
        Ok(outcome)
    }

    /// Asks the audit log for the requests of an interval, in Unix seconds: those of the account for users who may
    /// see its users, otherwise the user's own.
    ///
    /// # Errors
    /// Those of [`Admitted::plan`]; the interval is reversed or too long; the store fails.
    pub async fn requests(&mut self, ask: Ask, from: i64, till: i64) -> Result<(FieldSet, AuditPage), AppError> {
        let plan = self.plan(&API_REQUEST, ask).await?;
        if till < from {
            return Err(AppError::IntervalReversed);
        }
        if till > moment::months_later(from, AUDIT_MONTHS_MAX) {
            return Err(AppError::IntervalTooLong);
        }
        let own = (!self.caller.holds(Right::ClientUserSelect)).then(|| self.user().id.number());
        let scope = AuditScope { account: self.account().id, user: own, time: from..=till };
        let fields = plan.fields();
        let page = self.call.app.audit.ask(self.call.app.books.workers(), &self.call.client, scope, plan).await?;
        self.lap(Stage::Run);
        Ok((fields, page))
    }

    /// The users, keys and addresses of the account acted for.
    pub fn account_view(&self) -> AccountView {
        self.call.app.access.account_view(&self.caller)
    }

    /// Changes users, keys or addresses of the account acted for.
    ///
    /// # Errors
    /// Those of [`crate::access::Access::change_account`].
    pub async fn change_account(&mut self, change: AccountChange) -> Result<Made, AdministrationError> {
        let (peer, now) = (self.call.peer(), self.call.now());
        self.call.app.access.change_account(&self.caller, change, peer, now).await
    }

    /// What the phone numbers of the address book would become with this country, area code and prefix. Nothing is changed.
    ///
    /// # Errors
    /// A setting is not accepted; the book cannot be had; too much work waits.
    pub async fn preview_numbers(&mut self, dialing: &Dialing) -> Result<NumbersPreview, AdministrationError> {
        let rule = rule_of(dialing)?;
        let book = self.book().await?;
        let estimate = NumbersPreview::estimate(&book);
        let preview = move |job: &Job| NumbersPreview::of(&book, &rule, &OnJob(job));
        // Without a preview the client has left, or the server stops.
        let preview = self.work(Kind::Question, estimate, preview).await?;
        let preview = preview.ok_or(AppError::Workers(WorkersError::Interrupted))?;
        self.lap(Stage::Run);
        Ok(preview)
    }

    /// Sets country, area code and prefix of the account acted for, and writes what the numbers of at most
    /// [`EFFECTS_PER_REQUEST`](crate::renumbering::EFFECTS_PER_REQUEST) contacts and entries of the blacklist are by them. Returns whether there are more, which
    /// the same call changes when it is made again. What is decided is finished even when the caller leaves.
    ///
    /// # Errors
    /// A setting is not accepted; the book cannot be had, or others change it too quickly; the store fails.
    pub async fn set_dialing(&mut self, dialing: Dialing) -> Result<bool, AdministrationError> {
        let customer = self.customer()?;
        let rule = self.call.app.access.set_own_dialing(&self.caller, dialing).await?;
        let has_more = self.call.app.books.renumber(customer, rule).await?;
        self.lap(Stage::Run);
        Ok(has_more)
    }

    /// The hash of a password that is set, made when it is the turn of the caller.
    ///
    /// # Errors
    /// Too much work waits; then, the password is empty or too long.
    pub async fn hash_password(
        &self,
        password: Secret<String>,
    ) -> Result<Result<Secret<String>, PasswordError>, AppError> {
        self.work(Kind::Password, Duration::MAX, move |_| hash_password(&password).map(Secret::new)).await
    }

    /// Ends the session that the caller came with; a key is left as it is.
    ///
    /// # Errors
    /// The store fails.
    pub async fn log_out(&mut self) -> Result<(), AppError> {
        Ok(self.call.app.access.logout(self.caller.identity()).await?)
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

    /// Reads parameters of a request of this many bytes; see [`Call::read`].
    ///
    /// # Errors
    /// Too much work waits, or the client has left.
    pub async fn read<T>(&self, bytes: usize, work: impl FnOnce() -> T) -> Result<T, AppError> {
        self.call.read(bytes, work).await
    }

    /// The call has succeeded: its point is charged.
    pub fn succeed(self) {
        self.caller.succeed();
    }

    async fn book(&mut self) -> Result<Arc<Book>, AppError> {
        let book = self.call.app.books.book(self.customer()?).await?;
        self.lap(Stage::Book);
        Ok(book)
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
