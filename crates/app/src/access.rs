//! Who calls, on whose behalf, from where, how often, with which right.
//!
//! A call goes through in stages, in the order in which a client learns of a refusal: [`Access::identify`] knows the
//! token, [`Access::admit`] judges the user acted for, the account, the address, the points and the right, and
//! yields a [`Caller`]. Only this module can make one, and everything below the envelope demands it: a question that
//! was not admitted cannot be asked.
//!
//! Nothing here waits for the store on the way of an ordinary call: the directory is held in memory and follows the
//! store ([`Access::follow`]). No JSON and no mnemonic is known here; the floor above has those.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use ringbook_book::id::CustomerId;
use ringbook_store::UserId;
use tokio::sync::{Mutex, Semaphore};

pub mod administration;
mod allowlist;
mod browser;
mod device;
mod device_caller;
mod device_uses;
mod follow;
mod login;
mod login_throttle;
mod passwords;
mod quota;
mod rights;
mod secret;
mod sessions;
mod shard_map;
mod snapshot;

#[cfg(test)]
mod tests;

pub use allowlist::{Block, ParseBlockError};
pub use browser::{
    Acting, BROWSER_IDLE_SECONDS, BROWSER_SECONDS_MAX, BrowserSession, BrowserSessionError, browser_session_end,
};
pub use device::{
    Charset, DEVICE_BLOCKS_MAX, DEVICE_GROUPS_MAX, DEVICE_KEY_CHARS, DEVICE_MINUTE_LIMIT, Device, DialForm, NameOrder,
    OUTSIDE_PREFIX_CHARS_MAX, device_key_hash, fresh_device_key,
};
pub use device_caller::{DeviceCaller, DeviceIdentity};
pub use login::{LoginAttempt, LoginError, SESSION_SECONDS, SESSIONS_PER_USER_MAX, Session};
pub use login_throttle::{FAILURES_PER_ADDRESS_MAX, FAILURES_PER_LOGIN_MAX, FAILURES_PER_NETWORK_MAX};
pub use passwords::{PASSWORD_BYTES_MAX, PasswordError, hash_password};
pub use quota::{LimitKind, Limits, LimitsView};
pub use rights::{ParseRightError, Right, Rights};
pub use secret::{RngUnavailable, Secret, TOKEN_BYTES_MAX, TokenHash, fresh_token};
pub use snapshot::{Account, Key, User, number_rule, unreadable};

use quota::Point;
use ringbook_clock::{Clock, Moment};
use ringbook_store::{AccountId, Revisions, SessionRow, Store, StoreError};
use sessions::Generation;
use snapshot::Snapshot;

/// How many unknown tokens are looked for in the store at once; the others wait. So a flood of wrong tokens leaves
/// the store's readers to the rest.
const LOOKUPS_AT_ONCE_MAX: usize = 2;

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessError {
    /// The token is nobody's, or its session is over.
    TokenInvalid,
    /// The key is past its time.
    TokenExpired,
    /// The operator has blocked the key.
    TokenBlocked,
    /// An agent does not say on whose behalf it calls.
    UserIdMissing,
    /// The caller may not act for this user.
    UserIdForeign,
    /// The account is switched off.
    AccountInactive,
    /// The list of the account does not have this address.
    AddressNotAllowed {
        /// The address.
        address: IpAddr,
    },
    /// All points are used.
    LimitExceeded {
        /// Of which window.
        per: LimitKind,
        /// The limit.
        max: u64,
    },
    /// The user acted for does not hold this right.
    RightMissing(Right),
    /// The method is for agents only, or for customers only.
    WrongSide,
    /// There is no such login, or the password is another one.
    LoginWrong,
    /// More logins of the address, or of all, wait than may.
    TooManyLogins,
    /// Too many logins from the address, or from its network, have failed within this minute.
    TooManyFailedLogins,
    /// The client has left.
    Interrupted,
    /// The store cannot tell.
    Unavailable(StoreError),
}

/// On whose behalf a method is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A customer's user, or an agent that names one.
    CustomerMethod,
    /// Customers' users only.
    CustomerOnly,
    /// Agents' users only.
    AgentOnly,
    /// Every caller with a token.
    AnySide,
}

/// What an operation asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// On whose behalf it is called.
    pub scope: Scope,
    /// What the user acted for must be allowed to do.
    pub right: Option<Right>,
}

/// A refused admission.
#[derive(Debug)]
pub struct Denied {
    /// Why.
    pub error: AccessError,
    /// The user acted for, if the caller may act for that one.
    pub effective_user: Option<Arc<User>>,
}

/// What a token is.
#[derive(Debug, Clone)]
enum Credential {
    Key(Arc<Key>),
    Session(TokenHash),
}

/// Who a token belongs to. The directory is as it was when the call came, until the call is answered.
#[derive(Clone)]
pub struct Identity {
    directory: Arc<Snapshot>,
    user: Arc<User>,
    account: Arc<Account>,
    badge: Credential,
}

impl std::fmt::Debug for Identity {
    /// Without the directory.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("user", &self.user).field("badge", &self.badge).finish_non_exhaustive()
    }
}

impl Identity {
    /// The user that the token belongs to.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The account that the token belongs to: its limits are those that count.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The key that the token is of; `None` for a session.
    pub fn key(&self) -> Option<&Key> {
        match &self.badge {
            Credential::Key(key) => Some(key),
            Credential::Session(_) => None,
        }
    }

    /// Whether the token belongs to an agent.
    pub fn is_agent(&self) -> bool {
        self.account.customer().is_none()
    }

    /// The user that a call acts for, and its account.
    fn resolve_user(&self, user_id: Option<u64>, scope: Scope) -> Result<(Arc<User>, Arc<Account>), AccessError> {
        match (self.account.id, scope) {
            (AccountId::Agent(agent), Scope::CustomerMethod) => {
                let id = user_id.ok_or(AccessError::UserIdMissing)?;
                let user = UserId::new(id)
                    .ok()
                    .and_then(|id| self.directory.users.get(&id))
                    .ok_or(AccessError::UserIdForeign)?;
                let (user, account) = self.directory.user_and_account(user).map_err(AccessError::Unavailable)?;
                if account.agent == Some(agent) { Ok((user, account)) } else { Err(AccessError::UserIdForeign) }
            }
            (AccountId::Customer(_), _) if user_id.is_some_and(|id| id != self.user.id.number()) => {
                Err(AccessError::UserIdForeign)
            }
            (AccountId::Agent(_) | AccountId::Customer(_), _) => {
                Ok((Arc::clone(&self.user), Arc::clone(&self.account)))
            }
        }
    }

    fn is_on_side(&self, scope: Scope) -> bool {
        match scope {
            Scope::CustomerMethod | Scope::AnySide => true,
            Scope::CustomerOnly => !self.is_agent(),
            Scope::AgentOnly => self.is_agent(),
        }
    }
}

/// A call that may be answered. Its point is given back when this is dropped, unless it has succeeded.
#[derive(Debug)]
pub struct Caller {
    identity: Identity,
    user: Arc<User>,
    account: Arc<Account>,
    rights: Rights,
    point: Point,
}

impl Caller {
    /// The user acted for: its rights decide.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The same, shared.
    pub const fn shared_user(&self) -> &Arc<User> {
        &self.user
    }

    /// The account acted for.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The same, shared.
    pub const fn shared_account(&self) -> &Arc<Account> {
        &self.account
    }

    /// The customer acted for, whose book it is; `None` when an agent calls for itself.
    pub fn customer(&self) -> Option<CustomerId> {
        self.account.customer()
    }

    /// Who the token belongs to.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether the user acted for holds another right.
    pub const fn holds(&self, right: Right) -> bool {
        self.rights.holds(right)
    }

    /// The users of all the agent's customers, by id; none when a customer calls.
    pub fn customer_users(&self) -> &[Arc<User>] {
        match self.identity.account.id {
            AccountId::Agent(agent) => self.identity.directory.users_of_agent(agent),
            AccountId::Customer(_) => &[],
        }
    }

    /// The call has succeeded: its point is charged.
    pub fn succeed(mut self) {
        self.point.keep();
    }
}

/// The gate. One for a server, shared by all calls.
pub struct Access {
    store: Store,
    clock: Clock,
    directory: RwLock<Arc<Snapshot>>,
    sessions: sessions::Sessions,
    failures: Arc<login_throttle::LoginThrottle>,
    passwords: passwords::Passwords,
    lookups: Semaphore,
    device_uses: device_uses::DeviceUses,
    /// Limits the lines about tokens and device keys that came where the other belongs.
    misused_keys: device_uses::OncePerMinute,
    misused_devices: device_uses::OncePerMinute,
    /// The revisions seen last; the holder is the only one that catches up.
    followed: Mutex<Revisions>,
}

impl Access {
    /// Loads the directory and the points. Fails if the store fails or the random source of the operating system is unavailable.
    pub async fn open(store: Store, clock: Clock) -> Result<Self, StoreError> {
        let passwords = tokio::task::spawn_blocking(passwords::Passwords::new).await;
        let passwords = passwords.map_err(StoreError::unavailable)?.map_err(StoreError::unavailable)?;
        let followed = store.revisions().await?;
        let snapshot = Snapshot::build(store.directory().await?, &follow::counters(&store).await?);
        for fault in &snapshot.unreadable {
            tracing::error!(%fault, "the directory has a row that cannot be read back");
        }
        store.note_followed(snapshot.revision);
        Ok(Self {
            store,
            clock,
            directory: RwLock::new(Arc::new(snapshot)),
            sessions: sessions::Sessions::default(),
            failures: Arc::default(),
            passwords,
            lookups: Semaphore::new(LOOKUPS_AT_ONCE_MAX),
            device_uses: device_uses::DeviceUses::default(),
            misused_keys: device_uses::OncePerMinute::default(),
            misused_devices: device_uses::OncePerMinute::default(),
            followed: Mutex::new(followed),
        })
    }

    /// Who the token belongs to. Waits for the store only when the token is neither a key nor a session known here.
    pub async fn identify(&self, token: &str, now: Moment) -> Result<Identity, AccessError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(AccessError::TokenInvalid);
        }
        let hash = TokenHash::of(token);
        let directory = self.directory();
        if let Some(key) = directory.keys.get(&hash).map(Arc::clone) {
            key_is_good(&key, now)?;
            return identity(directory, key.user, Credential::Key(key));
        }
        // The sessions of browsers have another form; they are for requests with their cookie only.
        if !secret::looks_like_a_token(token) {
            self.note_device_misuse(token, now);
            return Err(AccessError::TokenInvalid);
        }
        let session = match self.sessions.find(hash) {
            Ok(session) => session,
            Err(asked) => self.look_up(hash, asked).await?,
        };
        if session.expires_at <= now.unix() {
            return Err(AccessError::TokenInvalid);
        }
        identity(directory, session.user, Credential::Session(hash))
    }

    /// Looks for a session that another node, or this one before a restart, has made.
    async fn look_up(&self, hash: TokenHash, asked: Generation) -> Result<SessionRow, AccessError> {
        let _permit = self.lookups.acquire().await.map_err(|_| AccessError::TokenInvalid)?;
        let found = self.store.session(hash.to_hex()).await.map_err(AccessError::Unavailable)?;
        let session = found.ok_or(AccessError::TokenInvalid)?;
        self.sessions.keep(hash, session, asked);
        Ok(session)
    }

    /// How the identity's account stands with its limits; `None` when it has none.
    pub fn limits(&self, identity: &Identity, now: Moment) -> Option<LimitsView> {
        identity.account.counter.view(identity.account.limits, now)
    }

    /// Lets a call through, or says why not: first the user acted for, then its account, the address, the points of
    /// the token's account, and at last the side and the right. A refusal costs no point.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn admit(
        &self,
        identity: &Identity,
        user_id: Option<u64>,
        needs: Requirement,
        peer: IpAddr,
        now: Moment,
    ) -> Result<Caller, Denied> {
        let resolved = identity.resolve_user(user_id, needs.scope);
        let (user, account) = resolved.map_err(|error| Denied { error, effective_user: None })?;
        let admitted = admissible(&account, &identity.account, peer, now).and_then(|point| {
            let rights = rights(identity, &user, needs)?;
            Ok((point, rights))
        });
        match admitted {
            Ok((point, rights)) => Ok(Caller { identity: identity.clone(), user, account, rights, point }),
            Err(error) => Err(Denied { error, effective_user: Some(user) }),
        }
    }

    fn directory(&self) -> Arc<Snapshot> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The rights of the user acted for, if they and the caller's side are what the operation needs.
fn rights(identity: &Identity, user: &User, needs: Requirement) -> Result<Rights, AccessError> {
    if !identity.is_on_side(needs.scope) {
        return Err(AccessError::WrongSide);
    }
    let rights = user.rights.clone().map_err(AccessError::Unavailable)?;
    match needs.right {
        Some(right) if !rights.holds(right) => Err(AccessError::RightMissing(right)),
        _ => Ok(rights),
    }
}

/// A key that is blocked is blocked, whether or not it is also past its time.
fn key_is_good(key: &Key, now: Moment) -> Result<(), AccessError> {
    match key.expires_at {
        _ if key.blocked => Err(AccessError::TokenBlocked),
        Some(at) if at <= now => Err(AccessError::TokenExpired),
        Some(_) | None => Ok(()),
    }
}

/// The identity of a user; a user that is gone has taken its tokens along.
fn identity(directory: Arc<Snapshot>, user: UserId, badge: Credential) -> Result<Identity, AccessError> {
    let user = directory.users.get(&user).ok_or(AccessError::TokenInvalid)?;
    let (user, account) = directory.user_and_account(user).map_err(AccessError::Unavailable)?;
    Ok(Identity { directory, user, account, badge })
}

/// The account acted for is active and has the address on its list, and the token's account has a point left.
fn admissible(effective_user: &Account, charged: &Account, peer: IpAddr, now: Moment) -> Result<Point, AccessError> {
    account_is_open(effective_user, peer.to_canonical())?;
    charged.counter.take(charged.limits, now).map_err(|(per, max)| AccessError::LimitExceeded { per, max })
}

/// The account is active and has the address on its list.
fn account_is_open(account: &Account, address: IpAddr) -> Result<(), AccessError> {
    if let Some(fault) = &account.unreadable {
        return Err(AccessError::Unavailable(fault.clone()));
    }
    if !account.active {
        return Err(AccessError::AccountInactive);
    }
    if !account.blocks.iter().any(|block| block.contains(address)) {
        return Err(AccessError::AddressNotAllowed { address });
    }
    Ok(())
}
