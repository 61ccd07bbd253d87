//! Logging in and out.

use std::net::IpAddr;
use std::sync::Arc;

use super::login_throttle::Pair;
use super::quota::Point;
use super::secret::{Secret, TokenHash, fresh_token};
use super::{Access, AccessError, Credential, Identity, admissible};
use ringbook_clock::Moment;
use ringbook_store::{AccountId, SessionRow, StoreError};

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

/// Why nobody was logged in, and, once the password was right, who it was.
#[derive(Debug)]
pub struct LoginError {
    /// Why.
    pub refused: AccessError,
    /// Who; for the limits in the answer.
    pub identity: Option<Identity>,
}

impl From<AccessError> for LoginError {
    fn from(refused: AccessError) -> Self {
        Self { refused, identity: None }
    }
}

impl Access {
    /// Begins a session for who knows a password. The password is judged first, then the account, the address and
    /// the points; an unknown login and a wrong password are the same in answer and in time.
    pub async fn login(
        &self,
        login: &str,
        password: Secret<String>,
        peer: IpAddr,
        now: Moment,
    ) -> Result<Session, LoginError> {
        let (token, hash) = token()?;
        let identity = self.recognise(login, password, hash, peer, now).await?;
        let expires_at = now.plus(SESSION_SECONDS);
        match self.begin(&identity, hash, expires_at, peer, now).await {
            Ok(()) => Ok(Session { token, expires_at, account: identity.account.id, identity }),
            Err(refused) => Err(LoginError { refused, identity: Some(identity) }),
        }
    }

    /// Who has this login and this password.
    pub(super) async fn recognise(
        &self,
        login: &str,
        password: Secret<String>,
        hash: TokenHash,
        peer: IpAddr,
        now: Moment,
    ) -> Result<Identity, AccessError> {
        let pair = Pair::new(login, peer);
        if self.failures.are_spent(pair, now) {
            return Err(AccessError::LoginWrong);
        }
        let turn = self.passwords.turn().await.map_err(|_| AccessError::TooManyLogins)?;
        // Those that waited before may have failed meanwhile.
        if self.failures.are_spent(pair, now) {
            return Err(AccessError::LoginWrong);
        }
        let directory = self.directory();
        let user = directory.user_of_login(login);
        if !self.passwords.matches(turn, password, user.map(|user| user.password_hash.as_str())).await {
            self.failures.count(pair, now);
            return Err(AccessError::LoginWrong);
        }
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
        self.store.add_session(hash.to_hex(), session).await.map_err(|fault| match fault {
            // The user was removed while the password was compared.
            StoreError::NotFound { .. } => AccessError::LoginWrong,
            fault => AccessError::Unavailable(fault),
        })?;
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
        // Our own ending need not make us forget the others, unless somebody else's came between.
        let mut followed = self.followed.lock().await;
        if followed.sessions + 1 == revision {
            followed.sessions = revision;
        }
        Ok(())
    }
}

fn token() -> Result<(Secret<String>, TokenHash), AccessError> {
    let token = fresh_token().map_err(|fault| AccessError::Unavailable(StoreError::unavailable(fault)))?;
    let hash = TokenHash::of(token.expose());
    Ok((token, hash))
}
