//! Sessions of browsers: begun with a password, named by a cookie, extended while they are used.
//!
//! A session lives [`BROWSER_IDLE_SECONDS`] without use and [`BROWSER_SECONDS_MAX`] in all. Its token has the form
//! `b1.START.NETWORK.RANDOM`: when it was begun, from which network, and 256 random bits. The store keeps the hash of the
//! whole text, so that no part of it can be changed. A token that comes from another network is refused. These tokens
//! are no access tokens of the API, and access tokens are none of these.

use std::net::IpAddr;
use std::sync::Arc;

use ringbook_clock::Moment;
use ringbook_store::{SessionRow, StoreError};
use ringbook_workers::{Client, Workers};

use super::secret::{Secret, TokenHash, fresh_token, looks_like_a_token};
use super::snapshot::{Account, User};
use super::{
    Access, AccessError, Credential, Identity, LoginAttempt, LoginError, Rights, Scope, account_is_open, identity,
};

/// How long a session lives without use.
pub const BROWSER_IDLE_SECONDS: i64 = 30 * 60;
/// How long a session lives at most.
pub const BROWSER_SECONDS_MAX: i64 = 12 * 3600;

/// A session is extended when it was last extended so long ago; in between, use is not written.
const EXTEND_EVERY_SECONDS: i64 = 60;
/// Hexadecimal digits of a network: an IPv4 address, or the first 64 bits of an IPv6 address.
const NETWORK_DIGITS_MAX: usize = 16;

/// A session just begun.
#[derive(Debug)]
pub struct BrowserSession {
    /// The token, shown only here.
    pub token: Secret<String>,
    /// Who is known by it.
    pub identity: Identity,
}

/// Why a request with a session's token is refused.
#[derive(Debug)]
pub enum BrowserSessionError {
    /// The session is over, or there never was one.
    Over,
    /// The session was begun from another network.
    OtherNetwork,
    /// The store cannot tell.
    Unavailable(StoreError),
}

impl From<AccessError> for BrowserSessionError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Unavailable(fault) => Self::Unavailable(fault),
            _ => Self::Over,
        }
    }
}

impl From<BrowserSessionError> for AccessError {
    fn from(error: BrowserSessionError) -> Self {
        match error {
            BrowserSessionError::Over | BrowserSessionError::OtherNetwork => Self::TokenInvalid,
            BrowserSessionError::Unavailable(fault) => Self::Unavailable(fault),
        }
    }
}

/// A user, what it may do, and its account.
#[derive(Debug, Clone)]
pub struct Acting {
    /// The user.
    pub user: Arc<User>,
    /// Its account.
    pub account: Arc<Account>,
    /// What the user may do.
    pub rights: Rights,
}

/// When the session with this token ends at the latest, in Unix seconds; `None` for a text that is no token.
pub fn browser_session_end(token: &Secret<String>) -> Option<i64> {
    let parts = Parts::read(token.expose(), IpAddr::from([0, 0, 0, 0]))?;
    Some(parts.begun_at.saturating_add(BROWSER_SECONDS_MAX))
}

/// The parts of a token that can be read.
struct Parts {
    begun_at: i64,
    is_of_network: bool,
}

impl Access {
    /// Begins a session of a browser for who knows a password; refuses like [`Access::login`].
    ///
    /// # Errors
    /// Those of [`Access::login`].
    pub async fn sign_in(
        &self,
        attempt: LoginAttempt<'_>,
        workers: &Workers,
        client: &Client,
    ) -> Result<BrowserSession, LoginError> {
        let LoginAttempt { peer, now, .. } = attempt;
        let random = fresh_token().map_err(|fault| AccessError::Unavailable(StoreError::unavailable(fault)))?;
        let token = format!("b1.{:x}.{}.{}", now.unix(), network(peer), random.expose());
        let hash = TokenHash::of(&token);
        let identity = self.recognise(attempt, hash, workers, client).await?;
        let expires_at = now.plus(BROWSER_IDLE_SECONDS);
        match self.begin(&identity, hash, expires_at, peer, now).await {
            Ok(()) => Ok(BrowserSession { token: Secret::new(token), identity }),
            Err(refused) => Err(LoginError { refused, identity: Some(identity), unchecked: None }),
        }
    }

    /// Who a session belongs to; extends it.
    ///
    /// # Errors
    /// The session is over or from elsewhere, or the store cannot tell.
    pub async fn identify_browser(
        &self,
        token: &str,
        peer: IpAddr,
        now: Moment,
    ) -> Result<Identity, BrowserSessionError> {
        let parts = Parts::read(token, peer).ok_or(BrowserSessionError::Over)?;
        let ends_at = parts.begun_at.saturating_add(BROWSER_SECONDS_MAX);
        if ends_at <= now.unix() {
            return Err(BrowserSessionError::Over);
        }
        let hash = TokenHash::of(token);
        let session = self.living(hash, now).await?;
        // Only a token that exists is told apart by its network: a guessed one is worth no attention.
        if !parts.is_of_network {
            return Err(BrowserSessionError::OtherNetwork);
        }
        self.extend(hash, session, ends_at, now).await?;
        Ok(identity(self.directory(), session.user, Credential::Session(hash))?)
    }

    /// The session, if it is not over. Another server may have extended it since it was seen here.
    async fn living(&self, hash: TokenHash, now: Moment) -> Result<SessionRow, AccessError> {
        let asked = self.sessions.generation();
        let known = self.sessions.find(hash).ok().filter(|session| session.expires_at > now.unix());
        let session = match known {
            Some(session) => session,
            None => self.look_up(hash, asked).await?,
        };
        if session.expires_at > now.unix() { Ok(session) } else { Err(AccessError::TokenInvalid) }
    }

    async fn extend(
        &self,
        hash: TokenHash,
        session: SessionRow,
        ends_at: i64,
        now: Moment,
    ) -> Result<(), BrowserSessionError> {
        let expires_at = now.plus(BROWSER_IDLE_SECONDS).unix().min(ends_at);
        if expires_at - session.expires_at < EXTEND_EVERY_SECONDS {
            return Ok(());
        }
        let asked = self.sessions.generation();
        let exists = self.store.extend_session(hash.to_hex(), expires_at).await;
        if !exists.map_err(BrowserSessionError::Unavailable)? {
            return Err(BrowserSessionError::Over);
        }
        self.sessions.keep(hash, SessionRow { expires_at, ..session }, asked);
        Ok(())
    }

    /// The user that the identity would act for, if it may from this address. Costs no point.
    ///
    /// # Errors
    /// The user is not one of the identity's, its account is switched off, or does not have the address on its list.
    pub fn acting(&self, identity: &Identity, user_id: Option<u64>, peer: IpAddr) -> Result<Acting, AccessError> {
        let scope = if user_id.is_some() { Scope::CustomerMethod } else { Scope::AnySide };
        let (user, account) = identity.resolve_user(user_id, scope)?;
        account_is_open(&account, peer.to_canonical())?;
        let rights = user.rights.clone().map_err(AccessError::Unavailable)?;
        Ok(Acting { user, account, rights })
    }

    /// Ends all sessions of the identity's user, those of programs included.
    ///
    /// # Errors
    /// The store fails.
    pub async fn sign_out_everywhere(&self, identity: &Identity) -> Result<(), StoreError> {
        let revision = self.store.remove_sessions_of(identity.user.id).await?;
        self.sessions.forget_of(identity.user.id);
        self.followed_own_ending(revision).await;
        Ok(())
    }
}

impl Parts {
    fn read(token: &str, peer: IpAddr) -> Option<Self> {
        let mut parts = token.split('.');
        let (version, begun_at, from, random) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_one = version == "b1" && parts.next().is_none() && looks_like_a_token(random);
        if !is_one || from.len() > NETWORK_DIGITS_MAX {
            return None;
        }
        let begun_at = i64::from_str_radix(begun_at, 16).ok()?;
        Some(Self { begun_at, is_of_network: from == network(peer) })
    }
}

/// The network that a session is bound to: an IPv4 address, or an IPv6 network of 64 bits, whose other half changes
/// while a person works.
fn network(peer: IpAddr) -> String {
    match peer.to_canonical() {
        IpAddr::V4(address) => format!("{:08x}", address.to_bits()),
        IpAddr::V6(address) => format!("{:016x}", address.to_bits() >> 64),
    }
}
