//! What the administrator of an account does: users, keys, the list of addresses, time zone and country of the own account.
//!
//! Passwords are hashed before ([`super::hash_password`]), because that takes a slot of the workers.
//!
//! Everything here takes a [`Caller`] and works on the account acted for, and on nothing else: a user or a key of
//! another account is not found. Who may call it is the business of [`Access::admit`].

use std::net::IpAddr;

use ringbook_clock::{Moment, timezone};
use ringbook_store::{AccountId, CustomerEdit, EntityKind, KeyId, NewKey, NewUser, StoreError, UserEdit, UserId};

use ringbook_book::text::{Country, NumberRule, RuleError};
use ringbook_store::Dialing;

use super::allowlist::Block;
use super::rights::{Right, Rights};
use super::secret::{Secret, TokenHash, fresh_token};
use super::{Access, Caller, number_rule};
use crate::app_error::AppError;
use crate::renumbering::RenumberingError;

/// Most users of an account that are added here.
pub const USERS_MAX: usize = 1_000;
/// Most keys of an account that are added here.
pub const KEYS_MAX: usize = 1_000;
/// Most blocks of addresses of an account that are added here.
pub const BLOCKS_MAX: usize = 1_000;
/// Longest login and longest name, in characters.
pub const NAME_CHARS_MAX: usize = 255;
/// Longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 1_000;

/// Why nothing was changed.
#[derive(Debug)]
pub enum AdministrationError {
    /// A value is not accepted: the parameter, and why.
    Value {
        /// The parameter.
        field: &'static str,
        /// Why, in one word.
        reason: &'static str,
    },
    /// The account has no such user, key or block.
    NotFound {
        /// Which kind of thing.
        what: EntityKind,
    },
    /// The login belongs to another user.
    LoginTaken,
    /// The account has as many of these as are added here.
    TooMany {
        /// How many.
        max: usize,
    },
    /// It would take the administrator's own way in: the own user, the own right, or the address in use.
    OwnAccess,
    /// The address book cannot be had or changed.
    Book(AppError),
    /// Others change the address book too quickly; the settings are the new ones, some of its numbers are as before.
    Overtaken,
    /// The store fails, or the random source of the operating system is unavailable.
    Unavailable(StoreError),
}

impl From<AppError> for AdministrationError {
    fn from(error: AppError) -> Self {
        Self::Book(error)
    }
}

impl From<RenumberingError> for AdministrationError {
    fn from(error: RenumberingError) -> Self {
        match error {
            RenumberingError::Book(error) => Self::Book(error.into()),
            RenumberingError::Overtaken => Self::Overtaken,
        }
    }
}

impl From<StoreError> for AdministrationError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LoginTaken => Self::LoginTaken,
            StoreError::NotFound { what } => Self::NotFound { what },
            error => Self::Unavailable(error),
        }
    }
}

/// What a user is made of, or changed to; `None` leaves as it is.
#[derive(Debug, Default)]
pub struct UserDraft {
    /// The login.
    pub login: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// What is said about the user.
    pub description: Option<String>,
    /// What the user may do.
    pub rights: Option<Rights>,
    /// The hash of the password; a new one ends the user's sessions.
    pub password_hash: Option<Secret<String>>,
}

/// What is to be changed about an account.
#[derive(Debug)]
pub enum AccountChange {
    /// A user is added.
    AddUser(UserDraft),
    /// A user is changed.
    SetUser {
        /// Which.
        user: u64,
        /// To what.
        draft: UserDraft,
    },
    /// A user goes, with its keys and sessions.
    RemoveUser {
        /// Which.
        user: u64,
    },
    /// A key is made.
    AddKey {
        /// Whose.
        user: u64,
        /// Its name.
        name: String,
        /// When it expires; `None` makes a permanent key.
        expires_at: Option<Moment>,
    },
    /// A key is blocked, or can be used again.
    BlockKey {
        /// Which.
        key: u64,
        /// Whether it is blocked from now on.
        is_blocked: bool,
    },
    /// A key goes.
    RemoveKey {
        /// Which.
        key: u64,
    },
    /// Calls from a block of addresses are allowed.
    AddBlock(String),
    /// They are allowed no more.
    RemoveBlock(String),
    /// The time zone is another one, by its IANA name.
    SetTimezone(String),
}

/// A user as the administrator sees it.
#[derive(Debug)]
pub struct UserView {
    /// The id.
    pub id: u64,
    /// The login.
    pub login: String,
    /// The name.
    pub name: String,
    /// What is said about the user.
    pub description: String,
    /// What the user may do; `None` if that cannot be read back.
    pub rights: Option<Rights>,
}

/// A key as the administrator sees it; its token was shown once.
#[derive(Debug)]
pub struct KeyView {
    /// The id.
    pub id: u64,
    /// Whose key it is.
    pub user: u64,
    /// The name.
    pub name: String,
    /// When it expires; `None` for a permanent key.
    pub expires_at: Option<Moment>,
    /// Whether it is blocked.
    pub is_blocked: bool,
}

/// An account as its administrator sees it.
#[derive(Debug)]
pub struct AccountView {
    /// The users, by id.
    pub users: Vec<UserView>,
    /// Their keys, by id.
    pub keys: Vec<KeyView>,
    /// The blocks of addresses that calls may come from.
    pub blocks: Vec<Block>,
    /// The IANA name of the time zone.
    pub timezone: String,
    /// The country, area code and prefix of the telephones.
    pub dialing: Dialing,
    /// The codes of all countries that there are rules for, ascending.
    pub countries: Vec<&'static str>,
}

/// What a change has made.
#[derive(Debug, Default)]
pub struct Made {
    /// The id of what was added.
    pub id: Option<u64>,
    /// The token of a key, shown only here.
    pub token: Option<Secret<String>>,
}

type Outcome<T> = Result<T, AdministrationError>;

impl Access {
    /// The users, keys and addresses of the account acted for.
    pub fn account_view(&self, caller: &Caller) -> AccountView {
        let directory = self.directory();
        let account = directory.accounts.get(&caller.account.id).unwrap_or(&caller.account);
        let belongings = directory.belongings(account.id);
        let users = belongings.into_iter().flat_map(|belongings| &belongings.users);
        let users = users.filter_map(|id| directory.users.get(id));
        let mut users: Vec<UserView> = users
            .map(|user| UserView {
                id: user.id.number(),
                login: user.login.clone(),
                name: user.name.clone(),
                description: user.description.clone(),
                rights: user.rights.as_ref().ok().copied(),
            })
            .collect();
        users.sort_by_key(|user| user.id);
        let keys = belongings.into_iter().flat_map(|belongings| &belongings.keys);
        let keys = keys.filter_map(|hash| directory.keys.get(hash));
        let mut keys: Vec<KeyView> = keys
            .map(|key| KeyView {
                id: key.id.number(),
                user: key.user.number(),
                name: key.name.clone(),
                expires_at: key.expires_at,
                is_blocked: key.blocked,
            })
            .collect();
        keys.sort_by_key(|key| key.id);
        let rule = &account.numbers;
        let dialing = Dialing {
            country: rule.country().map(|country| country.id().to_owned()),
            area_code: rule.area_code().map(str::to_owned),
            outside_prefix: rule.outside_prefix().map(str::to_owned),
        };
        let mut countries: Vec<&str> = Country::all().map(Country::id).collect();
        countries.sort_unstable();
        AccountView {
            users,
            keys,
            blocks: account.blocks.clone(),
            timezone: account.timezone.clone(),
            dialing,
            countries,
        }
    }

    /// Changes the account acted for. The change is obeyed here when this returns, elsewhere within a second.
    ///
    /// # Errors
    /// The account has no such thing, a value is not accepted, there are too many, or the caller would lose the own
    /// access.
    pub async fn change_account(
        &self,
        caller: &Caller,
        change: AccountChange,
        peer: IpAddr,
        now: Moment,
    ) -> Outcome<Made> {
        let mut made = Made::default();
        match change {
            AccountChange::AddUser(draft) => made.id = Some(self.add_own_user(caller, draft).await?),
            AccountChange::SetUser { user, draft } => self.set_own_user(caller, user, draft).await?,
            AccountChange::RemoveUser { user } => {
                let user = self.own_user(caller, user)?;
                if user == caller.user.id || user == caller.identity.user.id {
                    return Err(AdministrationError::OwnAccess);
                }
                self.store.remove_user(user).await?;
            }
            AccountChange::AddKey { user, name, expires_at } => {
                if expires_at.is_some_and(|at| at <= now) {
                    return Err(AdministrationError::Value { field: "expires_at", reason: "past" });
                }
                made = self.add_own_key(caller, user, &name, expires_at).await?;
            }
            AccountChange::BlockKey { key, is_blocked: true } => {
                self.store.block_key(self.own_key(caller, key)?).await?;
            }
            AccountChange::BlockKey { key, is_blocked: false } => {
                self.store.unblock_key(self.own_key(caller, key)?).await?;
            }
            AccountChange::RemoveKey { key } => self.store.remove_key(self.own_key(caller, key)?).await?,
            AccountChange::AddBlock(block) => {
                bounded(self.account_view(caller).blocks.len(), BLOCKS_MAX)?;
                self.store.add_block(caller.account.id, parsed(&block)?.to_string()).await?;
            }
            AccountChange::RemoveBlock(block) => self.remove_own_block(caller, &block, peer).await?,
            AccountChange::SetTimezone(zone) => self.set_own_timezone(caller, &zone).await?,
        }
        self.catch_up().await?;
        Ok(made)
    }

    async fn add_own_user(&self, caller: &Caller, draft: UserDraft) -> Outcome<u64> {
        bounded(self.account_view(caller).users.len(), USERS_MAX)?;
        let login = login(draft.login.as_deref().unwrap_or_default())?;
        let name = line("name", draft.name.as_deref().unwrap_or_default(), NAME_CHARS_MAX)?;
        let name = if name.is_empty() { login.clone() } else { name };
        let description = line("description", draft.description.as_deref().unwrap_or_default(), DESCRIPTION_CHARS_MAX)?;
        let missing = AdministrationError::Value { field: "password", reason: "missing" };
        let password_hash = draft.password_hash.ok_or(missing)?.expose().clone();
        let rights = draft.rights.unwrap_or_else(Rights::none).to_string();
        let account = caller.account.id;
        let user = self.store.add_user(NewUser { account, login, password_hash, name, description, rights }).await?;
        Ok(user.number())
    }

    async fn set_own_user(&self, caller: &Caller, user: u64, draft: UserDraft) -> Outcome<()> {
        let user = self.own_user(caller, user)?;
        let loses = draft.rights.is_some_and(|rights| !rights.holds(Right::AccountManage));
        if loses && user == caller.user.id {
            return Err(AdministrationError::OwnAccess);
        }
        let UserDraft { login: new_login, name, description, rights, password_hash } = draft;
        let edit = UserEdit {
            login: new_login.as_deref().map(login).transpose()?,
            password_hash: password_hash.map(|hash| hash.expose().clone()),
            name: name.as_deref().map(|name| line("name", name, NAME_CHARS_MAX)).transpose()?,
            description: description
                .as_deref()
                .map(|text| line("description", text, DESCRIPTION_CHARS_MAX))
                .transpose()?,
            rights: rights.map(|rights| rights.to_string()),
        };
        Ok(self.store.set_user(user, edit).await?)
    }

    async fn add_own_key(&self, caller: &Caller, user: u64, name: &str, expires_at: Option<Moment>) -> Outcome<Made> {
        let user = self.own_user(caller, user)?;
        bounded(self.account_view(caller).keys.len(), KEYS_MAX)?;
        let name = line("name", name, NAME_CHARS_MAX)?;
        let token = fresh_token().map_err(|fault| AdministrationError::Unavailable(StoreError::unavailable(fault)))?;
        let token_hash = TokenHash::of(token.expose()).to_hex();
        let key = NewKey { user, name, token_hash, expires_at: expires_at.map(Moment::unix) };
        Ok(Made { id: Some(self.store.add_key(key).await?.number()), token: Some(token) })
    }

    async fn remove_own_block(&self, caller: &Caller, block: &str, peer: IpAddr) -> Outcome<()> {
        let block = parsed(block)?;
        let mut others = self.account_view(caller).blocks.into_iter().filter(|other| *other != block);
        if !others.any(|other| other.contains(peer)) {
            return Err(AdministrationError::OwnAccess);
        }
        Ok(self.store.remove_block(caller.account.id, block.to_string()).await?)
    }

    async fn set_own_timezone(&self, caller: &Caller, zone: &str) -> Outcome<()> {
        let wrong = AdministrationError::Value { field: "timezone", reason: "unknown" };
        let Some(zone) = timezone(zone) else { return Err(wrong) };
        let AccountId::Customer(customer) = caller.account.id else { return Err(wrong) };
        let edit = CustomerEdit { timezone: Some(zone.to_owned()), ..CustomerEdit::default() };
        Ok(self.store.set_customer(customer, edit).await?)
    }

    /// Sets the country, area code and prefix of the account acted for, where they are others. The rule is obeyed here when this
    /// returns, elsewhere within a second; numbers that are stored stay as they are.
    pub(crate) async fn set_own_dialing(&self, caller: &Caller, dialing: Dialing) -> Outcome<NumberRule> {
        let rule = rule_of(&dialing)?;
        let present = self.directory().accounts.get(&caller.account.id).map(|account| account.numbers);
        if present != Some(rule) {
            let AccountId::Customer(customer) = caller.account.id else {
                return Err(AdministrationError::NotFound { what: EntityKind::Customer });
            };
            let edit = CustomerEdit { dialing: Some(dialing), ..CustomerEdit::default() };
            self.store.set_customer(customer, edit).await?;
            self.catch_up().await?;
        }
        Ok(rule)
    }

    /// A user of the account acted for.
    fn own_user(&self, caller: &Caller, user: u64) -> Outcome<UserId> {
        let directory = self.directory();
        let found = UserId::new(user).ok().and_then(|id| directory.users.get(&id));
        let own = found.filter(|user| user.account == caller.account.id);
        own.map(|user| user.id).ok_or(AdministrationError::NotFound { what: EntityKind::User })
    }

    /// A key of a user of the account acted for.
    fn own_key(&self, caller: &Caller, key: u64) -> Outcome<KeyId> {
        let directory = self.directory();
        let keys = directory.belongings(caller.account.id).into_iter().flat_map(|belongings| &belongings.keys);
        let own = keys.filter_map(|hash| directory.keys.get(hash)).find(|known| known.id.number() == key);
        own.map(|key| key.id).ok_or(AdministrationError::NotFound { what: EntityKind::Key })
    }
}

fn parsed(block: &str) -> Outcome<Block> {
    Block::parse(block).map_err(|_| AdministrationError::Value { field: "block", reason: "no_block" })
}

/// The rule of these settings.
pub(crate) fn rule_of(dialing: &Dialing) -> Outcome<NumberRule> {
    number_rule(dialing).map_err(|error| {
        let (field, reason) = match error {
            RuleError::Country => ("country", "no_country"),
            RuleError::AreaCode => ("area_code", "no_digits"),
            RuleError::OutsidePrefix => ("outside_prefix", "no_digits"),
            RuleError::NoCountry => ("country", "missing"),
        };
        AdministrationError::Value { field, reason }
    })
}

fn login(text: &str) -> Outcome<String> {
    let login = line("login", text, NAME_CHARS_MAX)?;
    match login.chars().any(char::is_whitespace) {
        true => Err(AdministrationError::Value { field: "login", reason: "blank" }),
        false if login.is_empty() => Err(AdministrationError::Value { field: "login", reason: "missing" }),
        false => Ok(login),
    }
}

/// One line of text, without blanks around it.
fn line(field: &'static str, text: &str, chars_max: usize) -> Outcome<String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(AdministrationError::Value { field, reason: "control_characters" });
    }
    match text.chars().count() > chars_max {
        true => Err(AdministrationError::Value { field, reason: "too_long" }),
        false => Ok(text.to_owned()),
    }
}

fn bounded(count: usize, max: usize) -> Outcome<()> {
    if count >= max { Err(AdministrationError::TooMany { max }) } else { Ok(()) }
}
