//! One call on its way through the server: who calls, through which front end, what for, how long it takes.
//!
//! The order is the one in which a client learns of a refusal: [`Call::authenticate`], [`Call::admit`], then the
//! operations of [`Admitted`]. The point of an admitted call is charged by [`Admitted::succeed`] and given back when
//! the call is dropped before.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ringbook_clock::Moment;
use ringbook_telemetry::{CallRecord, QuotaLimit, Traceparent};

use ringbook_store::AccountId;
use ringbook_workers::{CancellationToken, Client, Kind, Owner};

use crate::access::{AccessError, Identity, LimitKind, LimitsView, LoginAttempt, Requirement, Secret, Session, User};
use crate::admitted::Admitted;
use crate::app_error::AppError;
use crate::application::{Application, Frontend};
use crate::audit::{Request, Sent};
use crate::stopwatch::{Stage, Stopwatch};

/// What reading a byte of a request takes.
const READ_NANOS_PER_BYTE: u64 = 4;

/// A call that was begun and is not answered yet.
pub struct Call<'a> {
    pub(crate) app: &'a Application,
    frontend: Frontend,
    peer: IpAddr,
    traceparent: Option<Traceparent>,
    now: Moment,
    pub(crate) stopwatch: Stopwatch,
    /// Who pays for the processor time of the call: the address, and the account once it is known.
    pub(crate) client: Client,
    operation: Option<&'static str>,
    identity: Option<Identity>,
    /// The user acted for, once it is known that the caller may.
    effective_user: Option<Arc<User>>,
    /// Whether the call was refused for its address, its limit or an inactive account, which is only counted.
    is_counted_only: bool,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was answered.
    Success,
    /// It was refused, or failed inside the server.
    Failure {
        /// The code that the client was given.
        code: i32,
        /// Why, in one word.
        mnemonic: &'static str,
    },
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        app: &'a Application,
        frontend: Frontend,
        peer: IpAddr,
        traceparent: Option<Traceparent>,
        now: Moment,
    ) -> Self {
        let stopwatch = Stopwatch::start();
        let client = Client::new(Owner::address(peer));
        let (operation, identity, effective_user) = (None, None, None);
        Self {
            app,
            frontend,
            peer,
            traceparent,
            now,
            stopwatch,
            client,
            operation,
            identity,
            effective_user,
            is_counted_only: false,
        }
    }

    /// Lets the call end early when its client leaves: questions are interrupted then, changes are finished. To be said
    /// before anything else.
    pub fn end_with(&mut self, left: CancellationToken) {
        self.client.left = left;
    }

    /// When the call came.
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// Sets the operation's name for the audit log.
    pub fn name(&mut self, operation: &'static str) {
        self.operation = Some(operation);
    }

    /// Files the time since the last stage under this one.
    pub fn lap(&mut self, stage: Stage) {
        self.stopwatch.lap(stage);
    }

    /// Finds out whom a token belongs to.
    ///
    /// # Errors
    /// The token is unknown, expired or blocked, or the store cannot tell.
    pub async fn authenticate(&mut self, token: &str) -> Result<&Identity, AccessError> {
        let identity = self.app.access.identify(token, self.now).await?;
        self.client = self.client.paid_by(match identity.account().id {
            AccountId::Agent(agent) => Owner::Agent(agent.number()),
            AccountId::Customer(customer) => Owner::Customer(customer.number()),
        });
        Ok(self.identity.insert(identity))
    }

    /// Begins a session with login and password.
    ///
    /// # Errors
    /// Login or password is wrong, too many logins have failed or wait, or the account refuses the caller.
    pub async fn log_in(&mut self, login: &str, password: Secret<String>) -> Result<Session, AccessError> {
        let attempt = LoginAttempt { login, password, peer: self.peer, now: self.now };
        match self.app.access.login(attempt, self.app.books.workers(), &self.client).await {
            Ok(session) => {
                self.identity = Some(session.identity.clone());
                Ok(session)
            }
            Err(failed) => {
                if let Some(refusal) = failed.unchecked {
                    self.app.metrics.login_refused(refusal);
                }
                self.identity = failed.identity;
                Err(failed.refused)
            }
        }
    }

    /// Admits the authenticated caller to an operation and reserves a point. `user_id` is the user that an agent
    /// acts for.
    ///
    /// # Errors
    /// Those of [`crate::access::Access::admit`]; [`AccessError::TokenInvalid`] before authentication.
    pub fn admit(&mut self, needs: Requirement, user_id: Option<u64>) -> Result<Admitted<'_, 'a>, AccessError> {
        let identity = self.identity.as_ref().ok_or(AccessError::TokenInvalid)?;
        let admitted = self.app.access.admit(identity, user_id, needs, self.peer, self.now);
        let caller = admitted.map_err(|denied| {
            self.effective_user = denied.effective_user;
            self.is_counted_only = matches!(
                denied.error,
                AccessError::AddressNotAllowed { .. }
                    | AccessError::LimitExceeded { .. }
                    | AccessError::AccountInactive
            );
            if let AccessError::LimitExceeded { per, .. } = &denied.error {
                self.app.metrics.quota_refused(match per {
                    LimitKind::Minute => QuotaLimit::Minute,
                    LimitKind::Day => QuotaLimit::Day,
                });
            }
            denied.error
        })?;
        self.effective_user = Some(Arc::clone(caller.shared_user()));
        self.stopwatch.lap(Stage::Access);
        Ok(Admitted::new(self, caller))
    }

    /// Reads a request of so many bytes with `work`: at once if it is small, otherwise when it is the turn of the caller:
    /// of the address, or of the account once it is known.
    ///
    /// # Errors
    /// Too much work waits, or the client has left.
    pub async fn read<T>(&self, bytes: usize, work: impl FnOnce() -> T) -> Result<T, AppError> {
        let estimate = Duration::from_nanos((bytes as u64).saturating_mul(READ_NANOS_PER_BYTE));
        Ok(self.app.books.workers().run_in_place(&self.client, Kind::Parse, estimate, |_| work()).await?)
    }

    /// The account that is charged for what the call uses, once the caller is known.
    pub fn charged_account(&self) -> Option<Owner> {
        self.is_authenticated().then_some(self.client.owner)
    }

    /// Whether the caller is known.
    pub const fn is_authenticated(&self) -> bool {
        self.identity.is_some()
    }

    /// How the caller's account stands with its limits; `None` while the caller is unknown or has no limits.
    pub fn limits(&self) -> Option<LimitsView> {
        self.app.access.limits(self.identity.as_ref()?, self.now)
    }

    /// Logs that the call failed inside the server. Returns the number that the log line and the answer share.
    pub fn log_internal_error(&self, cause: &str) -> u64 {
        let request = self.app.next_incident();
        let (operation, frontend) = (self.operation.unwrap_or("unknown"), self.frontend.name());
        let traceparent = self.traceparent.as_ref().map(Traceparent::as_str);
        tracing::error!(request, frontend, operation, cause, traceparent, "internal error");
        request
    }

    /// Counts and times the call under a method and an outcome, by their positions in the metrics, and logs it when it
    /// was slow.
    pub fn count(&self, method: usize, outcome: usize, received_bytes: usize, sent_bytes: usize) {
        let took = self.stopwatch.file(&self.app.metrics, method);
        self.app.metrics.call(&CallRecord { method, outcome, took, received_bytes, sent_bytes });
        if self.app.is_slow(took) {
            let (operation, frontend) = (self.operation.unwrap_or("unknown"), self.frontend.name());
            let (traceparent, millis) = (self.traceparent.as_ref().map(Traceparent::as_str), took.as_millis());
            tracing::warn!(frontend, operation, millis, traceparent, "slow call");
        }
    }

    /// Writes the call into the audit log of the account acted for, even when it was refused: what an agent does for
    /// a customer is the customer's to know. Calls of unknown callers are not written. `id` is what the client calls
    /// the call; `body` must not contain secrets.
    pub fn audit(&self, ending: Ending, id: &str, body: Sent<'_>) {
        let (Some(identity), Some(operation)) = (&self.identity, self.operation) else {
            return;
        };
        let user = self.effective_user.as_deref().unwrap_or(identity.user());
        let request = Request {
            started_at: self.now.unix(),
            user: user.id.number(),
            login: &user.login,
            token_name: identity.key().map(|key| key.name.as_str()),
            is_agent: identity.is_agent(),
            method: operation,
            raw_id: id,
            ip: self.peer.to_canonical(),
            micros: self.stopwatch.micros(),
            failure: match ending {
                Ending::Success => None,
                Ending::Failure { code, mnemonic } => Some((code, mnemonic)),
            },
            body,
        };
        if self.is_counted_only {
            self.app.audit.count_refusal(user.account, &request);
        } else {
            self.app.audit.record(user.account, &request);
        }
    }
}
