//! Logging in and out.
//!
//! Passwords are compared on the pool of workers, in turn for the addresses that log in: a flood from one address waits
//! for itself.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::login_throttle::Origin;
use super::quota::Point;
use super::secret::{Secret, TokenHash, fresh_token};
use super::{Access, AccessError, Credential, Identity, admissible};
use ringbook_clock::Moment;
use ringbook_store::{AccountId, SessionRow, StoreError};
use ringbook_telemetry::LoginRefusal;
use ringbook_workers::{Client, Job, Kind, Workers, WorkersError};

/// Sessions of a user that live at the same time, those of browsers included. A further one ends those that would be over
/// first.
pub const SESSIONS_PER_USER_MAX: u32 = 1_000;
/// How long a session lives.
pub const SESSION_SECONDS: i64 = 3600;

/// A session just begun. Its point is charged.
#[derive(Debug)]
pub struct Session {
    /// The token, shown only here.
    pub token: Secret<String>,
    /// When it is over.
    pub expires_at: Moment,
    /// Whose user has logged in: its number is `app_id`.
    pub account: AccountId,
    /// Who is known by the token.
    pub identity: Identity,
}

/// A login and the password that is to be checked.
#[derive(Debug)]
pub struct LoginAttempt<'a> {
    /// The login.
    pub login: &'a str,
    /// The password.
    pub password: Secret<String>,
    /// The address that it comes from.
    pub peer: IpAddr,
    /// When it came.
    pub now: Moment,
}

/// Why nobody was logged in, and, once the password was right, who it was.
#[derive(Debug)]
pub struct LoginError {
    /// Why.
    pub refused: AccessError,
    /// Who; for the limits in the answer.
    pub identity: Option<Identity>,
    /// The bound because of which the password was not checked.
    pub unchecked: Option<LoginRefusal>,
}

impl From<AccessError> for LoginError {
    fn from(refused: AccessError) -> Self {
        Self { refused, identity: None, unchecked: None }
    }
}

impl From<LoginRefusal> for LoginError {
    fn from(refusal: LoginRefusal) -> Self {
        let refused = match refusal {
            // Not told apart from a wrong password.
            LoginRefusal::Login => AccessError::LoginWrong,
            LoginRefusal::Address | LoginRefusal::Network => AccessError::TooManyFailedLogins,
            LoginRefusal::Queue => AccessError::TooManyLogins,
        };
        Self { refused, identity: None, unchecked: Some(refusal) }
    }
}

impl Access {
    /// Begins a session for who knows a password. The password is judged first, then the account, the address and
    /// the points; an unknown login and a wrong password are the same in answer and in time.
    ///
    /// # Errors
    /// Those, or the password was not checked: too many logins have failed, or wait.
    pub async fn login(
        &self,
        attempt: LoginAttempt<'_>,
        workers: &Workers,
        client: &Client,
    ) -> Result<Session, LoginError> {
        let (token, hash) = token()?;
        let LoginAttempt { peer, now, .. } = attempt;
        let expires_at = now.plus(SESSION_SECONDS);
        let identity = self.recognise(attempt, hash, workers, client).await?;
        match self.begin(&identity, hash, expires_at, peer, now).await {
            Ok(()) => Ok(Session { token, expires_at, account: identity.account.id, identity }),
            Err(refused) => Err(LoginError { refused, identity: Some(identity), unchecked: None }),
        }
    }

    /// Whether the password is that of the identity's user, who is known already; counted and delayed like a login.
    ///
    /// # Errors
    /// It is another one, or it was not checked: too many logins have failed, or wait.
    pub async fn confirm(
        &self,
        identity: &Identity,
        attempt: LoginAttempt<'_>,
        workers: &Workers,
        client: &Client,
    ) -> Result<(), LoginError> {
        let (_, hash) = token()?;
        let confirmed = self.recognise(attempt, hash, workers, client).await?;
        if confirmed.user.id == identity.user.id { Ok(()) } else { Err(AccessError::LoginWrong.into()) }
    }

    /// Who has this login and this password.
    pub(super) async fn recognise(
        &self,
        attempt: LoginAttempt<'_>,
        hash: TokenHash,
        workers: &Workers,
        client: &Client,
    ) -> Result<Identity, LoginError> {
        let LoginAttempt { login, password, peer, now } = attempt;
        let origin = Origin::new(login, peer);
        self.failures.check(origin, now)?;
        let known = self.directory().user_of_login(login).map(|user| user.password_hash.clone());
        let (failures, passwords, compared) = (Arc::clone(&self.failures), self.passwords.clone(), known.clone());
        let compare = move |_: &Job| {
            // Those that waited before may have failed meanwhile.
            failures.check(origin, now)?;
            let matches = passwords.matches(&password, compared.as_deref());
            if !matches {
                failures.count(origin, now);
            }
            Ok::<bool, LoginRefusal>(matches)
        };
        match workers.run(client, Kind::Password, Duration::MAX, compare).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return Err(AccessError::LoginWrong.into()),
            Ok(Err(refusal)) => return Err(refusal.into()),
            Err(WorkersError::OwnerQueueFull { .. } | WorkersError::QueueFull { .. }) => {
                return Err(LoginRefusal::Queue.into());
            }
            Err(WorkersError::Interrupted) => return Err(AccessError::Interrupted.into()),
        }
        // The user may have got another password, or be gone, while this one was compared.
        let directory = self.directory();
        let user = directory.user_of_login(login).filter(|user| Some(&user.password_hash) == known.as_ref());
        let user = user.ok_or(AccessError::LoginWrong)?;
        let (user, account) = directory.user_and_account(user).map_err(AccessError::Unavailable)?;
        Ok(Identity { directory: Arc::clone(&directory), user, account, badge: Credential::Session(hash) })
    }

    /// Makes the session last, and charges its point when it does.
    pub(super) async fn begin(
        &self,
        identity: &Identity,
        hash: TokenHash,
        expires_at: Moment,
        peer: IpAddr,
        now: Moment,
    ) -> Result<(), AccessError> {
        let mut point: Point = admissible(&identity.account, &identity.account, peer, now)?;
        let session = SessionRow { user: identity.user.id, expires_at: expires_at.unix() };
        let asked = self.sessions.generation();
        let added = self.store.add_session(hash.to_hex(), session, SESSIONS_PER_USER_MAX).await;
        let ended = added.map_err(|fault| match fault {
            // The user was removed while the password was compared.
            StoreError::NotFound { .. } => AccessError::LoginWrong,
            fault => AccessError::Unavailable(fault),
        })?;
        if let Some(revision) = ended {
            tracing::warn!(user = identity.user.id.number(), "a user has too many sessions: the first ones are ended");
            self.sessions.forget_of(identity.user.id);
            self.followed_own_ending(revision).await;
        }
        self.sessions.keep(hash, session, asked);
        point.keep();
        Ok(())
    }

    /// Ends the session that the identity came with, at once; for a key there is nothing to end.
    pub async fn logout(&self, identity: &Identity) -> Result<(), StoreError> {
        let Credential::Session(hash) = &identity.badge else {
            return Ok(());
        };
        let revision = self.store.remove_session(hash.to_hex()).await?;
        self.sessions.forget(*hash);
        self.followed_own_ending(revision).await;
        Ok(())
    }

    /// Takes note that sessions which this server has ended, and forgotten, moved the sessions to this revision: the others
    /// need not be forgotten, unless another server's ending came between.
    pub(super) async fn followed_own_ending(&self, revision: i64) {
        let mut followed = self.followed.lock().await;
        if followed.sessions + 1 == revision {
            followed.sessions = revision;
        }
    }
}

fn token() -> Result<(Secret<String>, TokenHash), AccessError> {
    let token = fresh_token().map_err(|fault| AccessError::Unavailable(StoreError::unavailable(fault)))?;
    let hash = TokenHash::of(token.expose());
    Ok((token, hash))
}
