//! One call on its way through the server: who calls, through which front end, what for, how long it takes.
//!
//! The order is the one in which a client learns of a refusal: [`Call::authenticate`], [`Call::admit`], then the
//! operations of [`crate::admitted::Admitted`]. The point of an admitted call is charged by [`crate::admitted::Admitted::succeed`] and given back when
//! the call is dropped before.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ringbook_clock::Moment;
use ringbook_telemetry::{CallRecord, QuotaLimit, Traceparent};

use ringbook_store::{AccountId, DeviceId, StoreError};
use ringbook_workers::{CancellationToken, Client, Kind, Owner};

use crate::access::{
    AccessError, Acting, BrowserSession, BrowserSessionError, Caller, DeviceCaller, DeviceIdentity, Identity,
    LimitKind, LimitsView, LoginAttempt, LoginError, Requirement, Secret, Session, User,
};
use crate::app_error::AppError;
use crate::application::{Application, Frontend};
use crate::audit::{Request, Sent};
use crate::stopwatch::{Stage, Stopwatch};

/// The user that requests of devices stand under in the audit log; no user has this id.
const DEVICE_USER: u64 = 0;
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
    /// The device that calls, instead of a user.
    device: Option<DeviceIdentity>,
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

impl Application {
    /// Begins a call that came through this front end from this address, as a part of this trace.
    pub fn begin(&self, frontend: Frontend, peer: IpAddr, traceparent: Option<Traceparent>) -> Call<'_> {
        Call::new(self, frontend, peer, traceparent, self.clock.now())
    }
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
        let (operation, identity, device, effective_user) = (None, None, None, None);
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
            device,
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
        Ok(self.known(identity))
    }

    /// The account pays for the processor time from now on.
    fn known(&mut self, identity: Identity) -> &Identity {
        self.client = self.client.paid_by(match identity.account().id {
            AccountId::Agent(agent) => Owner::Agent(agent.number()),
            AccountId::Customer(customer) => Owner::Customer(customer.number()),
        });
        self.identity.insert(identity)
    }

    /// Finds out whom the session of a browser belongs to, and extends it.
    ///
    /// # Errors
    /// The session is over or was begun elsewhere, or the store cannot tell.
    pub async fn authenticate_browser(&mut self, token: &str) -> Result<&Identity, BrowserSessionError> {
        let identity = self.app.access.identify_browser(token, self.peer, self.now).await?;
        Ok(self.known(identity))
    }

    /// Begins the session of a browser with login and password.
    ///
    /// # Errors
    /// Those of [`Call::log_in`].
    pub async fn sign_in(&mut self, login: &str, password: Secret<String>) -> Result<BrowserSession, AccessError> {
        let attempt = LoginAttempt { login, password, peer: self.peer, now: self.now };
        match self.app.access.sign_in(attempt, self.app.books.workers(), &self.client).await {
            Ok(session) => {
                self.identity = Some(session.identity.clone());
                Ok(session)
            }
            Err(failed) => Err(self.login_failed(failed)),
        }
    }

    /// Who the caller is, once that is known.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The user that the caller would act for.
    ///
    /// # Errors
    /// Those of [`crate::access::Access::acting`]; [`AccessError::TokenInvalid`] before authentication.
    pub fn acting(&self, user_id: Option<u64>) -> Result<Acting, AccessError> {
        let identity = self.identity.as_ref().ok_or(AccessError::TokenInvalid)?;
        self.app.access.acting(identity, user_id, self.peer)
    }

    /// Ends the caller's session, or all sessions of the caller's user.
    ///
    /// # Errors
    /// The store fails.
    pub async fn sign_out(&self, everywhere: bool) -> Result<(), StoreError> {
        match &self.identity {
            None => Ok(()),
            Some(identity) if everywhere => self.app.access.sign_out_everywhere(identity).await,
            Some(identity) => self.app.access.logout(identity).await,
        }
    }

    /// Finds out whose device key this is.
    ///
    /// # Errors
    /// It is no device key.
    pub fn authenticate_device(&mut self, key: &str) -> Result<&DeviceIdentity, AccessError> {
        let identity = self.app.access.identify_device(key, self.now)?;
        Ok(self.act_for(identity))
    }

    /// Calls as the device key with this id, where a client is known otherwise than by a secret.
    ///
    /// # Errors
    /// There is no such key.
    pub fn authenticate_device_id(&mut self, id: DeviceId) -> Result<&DeviceIdentity, AccessError> {
        let identity = self.app.access.device(id)?;
        Ok(self.act_for(identity))
    }

    /// What the request report calls the device, once it is known.
    pub fn device_label(&self) -> Option<&str> {
        self.device.as_ref().map(|identity| identity.device.label.as_str())
    }

    fn act_for(&mut self, identity: DeviceIdentity) -> &DeviceIdentity {
        self.client = self.client.paid_by(Owner::Customer(identity.device.customer.number()));
        self.device.insert(identity)
    }

    /// Has the device admitted and one request of its limit taken; see [`Call::admit_device`].
    pub(crate) fn admit_device_caller(&mut self, user_agent: &str) -> Result<DeviceCaller, AccessError> {
        let identity = self.device.as_ref().ok_or(AccessError::TokenInvalid)?;
        let admitted = self.app.access.admit_device(identity, self.peer, user_agent, self.now);
        let caller = admitted.inspect_err(|error| {
            if let AccessError::LimitExceeded { .. } = error {
                self.app.metrics.quota_refused(QuotaLimit::Minute);
            }
        })?;
        self.stopwatch.lap(Stage::Access);
        Ok(caller)
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
            Err(failed) => Err(self.login_failed(failed)),
        }
    }

    /// Checks the password of the person who is signed in once more.
    ///
    /// # Errors
    /// It is another one, or it was not checked; [`AccessError::TokenInvalid`] before authentication.
    pub async fn confirm_password(&mut self, password: Secret<String>) -> Result<(), AccessError> {
        let identity = self.identity.clone().ok_or(AccessError::TokenInvalid)?;
        let login = identity.user().login.clone();
        let attempt = LoginAttempt { login: &login, password, peer: self.peer, now: self.now };
        let confirmed = self.app.access.confirm(&identity, attempt, self.app.books.workers(), &self.client).await;
        confirmed.map_err(|failed| {
            if let Some(refusal) = failed.unchecked {
                self.app.metrics.login_refused(refusal);
            }
            failed.refused
        })
    }

    /// Counts a login that was refused unchecked; why nobody was logged in.
    fn login_failed(&mut self, failed: LoginError) -> AccessError {
        if let Some(refusal) = failed.unchecked {
            self.app.metrics.login_refused(refusal);
        }
        self.identity = failed.identity;
        failed.refused
    }

    /// Has the authenticated caller admitted to an operation and a point reserved; see [`Call::admit`].
    pub(crate) fn admit_caller(&mut self, needs: Requirement, user_id: Option<u64>) -> Result<Caller, AccessError> {
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
        Ok(caller)
    }

    /// Reads a request of this many bytes with `work`: at once if it is small, otherwise when it is the turn of the caller:
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

    /// The caller's address.
    pub const fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Whether the caller is known.
    pub const fn is_authenticated(&self) -> bool {
        self.identity.is_some() || self.device.is_some()
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

    /// [`Call::count`] by the names of method and outcome.
    pub fn count_named(&self, method: &str, outcome: &str, received_bytes: usize, sent_bytes: usize) {
        let metrics = &self.app.metrics;
        self.count(metrics.method(method), metrics.outcome(outcome), received_bytes, sent_bytes);
    }

    /// Writes the call into the audit log of the account acted for, even when it was refused: what an agent does for
    /// a customer is the customer's to know. Calls of unknown callers are not written. `id` is what the client calls
    /// the call; `body` must not contain secrets.
    pub fn audit(&self, ending: Ending, id: &str, body: Sent<'_>) {
        let (Some(who), Some(operation)) = (self.audited(), self.operation) else {
            return;
        };
        let request = Request {
            started_at: self.now.unix(),
            user: who.user,
            login: who.login,
            token_name: who.token_name,
            is_agent: who.is_agent,
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
            self.app.audit.count_refusal(who.account, &request);
        } else {
            self.app.audit.record(who.account, &request);
        }
    }

    /// Whom the audit log names; nobody while the caller is unknown.
    fn audited(&self) -> Option<Audited<'_>> {
        if let Some(DeviceIdentity { device, account }) = &self.device {
            return Some(Audited {
                account: account.id,
                user: DEVICE_USER,
                login: &device.label,
                token_name: Some(&device.name),
                is_agent: false,
            });
        }
        let identity = self.identity.as_ref()?;
        let user = self.effective_user.as_deref().unwrap_or(identity.user());
        Some(Audited {
            account: user.account,
            user: user.id.number(),
            login: &user.login,
            token_name: identity.key().map(|key| key.name.as_str()),
            is_agent: identity.is_agent(),
        })
    }
}

/// Whom the audit log names as the caller.
struct Audited<'c> {
    account: AccountId,
    user: u64,
    login: &'c str,
    token_name: Option<&'c str>,
    is_agent: bool,
}
