//! The directory in memory: parsed and indexed. When it moves, a new snapshot takes over everything but the accounts that
//! have changed; it is built from all rows where these are not known.
//!
//! What cannot be read back closes only the account or the user that it belongs to: a customer with a damaged
//! address list is refused, the rest is served.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use ringbook_book::id::CustomerId;
use ringbook_book::text::{NumberRule, RuleError};
use ringbook_store::{AgentId, DeviceId, KeyId, UserId};

use super::allowlist::Block;
use super::device::Device;
use super::quota::{Counter, Limits};
use super::rights::Rights;
use super::secret::TokenHash;
use super::shard_map::ShardMap;
use ringbook_clock::Moment;
use ringbook_store::{
    AccountId, AgentRow, BlockRow, CustomerRow, DeviceRow, Dialing, Directory, DirectoryChanges, KeyRow, StoreError,
    UserRow,
};

/// An agent or a customer, as calls see it.
#[derive(Debug)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The IANA name of its time zone; empty for an agent.
    pub timezone: String,
    /// Whether its calls are answered.
    pub active: bool,
    /// The agent that may act for it; `None` for an agent itself.
    pub agent: Option<AgentId>,
    /// How its phone numbers are read.
    pub numbers: NumberRule,
    /// What it may use.
    pub limits: Limits,
    pub(super) blocks: Vec<Block>,
    pub(super) counter: Arc<Counter>,
    /// Why nothing can be answered for it.
    pub(super) unreadable: Option<StoreError>,
}

/// A user, as calls see it.
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose user it is.
    pub account: AccountId,
    /// Its login.
    pub login: String,
    /// Its name.
    pub name: String,
    /// What the operator says about it.
    pub description: String,
    pub(super) password_hash: String,
    pub(super) rights: Result<Rights, StoreError>,
}

impl std::fmt::Debug for User {
    /// Without the password's hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("account", &self.account).finish_non_exhaustive()
    }
}

/// A key, as calls see it.
#[derive(Debug)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its name.
    pub name: String,
    pub(super) user: UserId,
    pub(super) expires_at: Option<Moment>,
    pub(super) blocked: bool,
}

/// The users of all customers of each agent, by id.
type AgentUsers = HashMap<AgentId, Vec<Arc<User>>>;

/// The directory at one revision.
#[derive(Default, Clone)]
pub(super) struct Snapshot {
    pub(super) revision: i64,
    /// Moves of the directory up to it that did not tell which account they were for.
    pub(super) untold: i64,
    pub(super) accounts: ShardMap<AccountId, Arc<Account>>,
    pub(super) users: ShardMap<UserId, Arc<User>>,
    pub(super) keys: ShardMap<TokenHash, Arc<Key>>,
    pub(super) devices: ShardMap<TokenHash, Arc<Device>>,
    pub(super) devices_by_id: ShardMap<DeviceId, Arc<Device>>,
    logins: ShardMap<String, UserId>,
    belongings: ShardMap<AccountId, Arc<Belongings>>,
    /// Made when it is asked for.
    agent_users: Arc<OnceLock<AgentUsers>>,
    /// What could not be read back.
    pub(super) unreadable: Vec<StoreError>,
}

/// What belongs to an account.
#[derive(Debug, Default, Clone)]
pub(super) struct Belongings {
    pub(super) users: Vec<UserId>,
    pub(super) keys: Vec<TokenHash>,
    devices: Vec<TokenHash>,
}

/// The counts that go on from one snapshot to the next.
#[derive(Default)]
pub(super) struct Counters {
    /// Of accounts.
    pub(super) accounts: HashMap<AccountId, Arc<Counter>>,
    /// Of device keys.
    pub(super) devices: HashMap<DeviceId, Arc<Counter>>,
}

impl Snapshot {
    /// Parses and indexes the rows. Counts go on from those handed in.
    pub(super) fn build(directory: Directory, counters: &Counters) -> Self {
        let mut snapshot = Self::default();
        snapshot.add(directory, counters);
        snapshot
    }

    /// The snapshot after these changes; it shares everything else with this one.
    pub(super) fn after(&self, changes: DirectoryChanges) -> Self {
        let mut snapshot = Self { agent_users: Arc::default(), ..self.clone() };
        let mut counters = Counters::default();
        for account in changes.accounts {
            snapshot.take_out(account, &mut counters);
        }
        snapshot.add(changes.rows, &counters);
        snapshot
    }

    /// Takes out an account and everything that belongs to it; its counts are kept.
    fn take_out(&mut self, account: AccountId, counters: &mut Counters) {
        if let Some(account) = self.accounts.remove(&account) {
            counters.accounts.insert(account.id, Arc::clone(&account.counter));
        }
        let Some(belongings) = self.belongings.remove(&account) else { return };
        for id in &belongings.users {
            if let Some(user) = self.users.remove(id) {
                self.logins.remove(&user.login);
            }
        }
        for key in &belongings.keys {
            self.keys.remove(key);
        }
        for hash in &belongings.devices {
            if let Some(device) = self.devices.remove(hash) {
                self.devices_by_id.remove(&device.id);
                counters.devices.insert(device.id, Arc::clone(&device.counter));
            }
        }
    }

    /// Parses and indexes the rows of accounts that are not in the snapshot.
    fn add(&mut self, directory: Directory, counters: &Counters) {
        (self.revision, self.untold) = (directory.revision, directory.untold);
        self.unreadable.extend(directory.unreadable);
        let mut accounts = accounts(&directory.agents, &directory.customers, &counters.accounts, &mut self.unreadable);
        for row in directory.blocks {
            allow(&mut accounts, &row, &mut self.unreadable);
        }
        for (id, account) in accounts {
            self.accounts.insert(id, Arc::new(account));
        }
        let mut belongings: HashMap<AccountId, Belongings> = HashMap::new();
        for row in directory.users {
            belongings.entry(row.account).or_default().users.push(row.id);
            self.add_user(row);
        }
        for row in directory.keys {
            let account = self.users.get(&row.user).map(|user| user.account);
            if let (Some(hash), Some(account)) = (self.add_key(row), account) {
                belongings.entry(account).or_default().keys.push(hash);
            }
        }
        for row in directory.devices {
            let account = AccountId::Customer(row.customer);
            let counter = counters.devices.get(&row.id).map(Arc::clone).unwrap_or_default();
            if let Some(hash) = self.add_device(row, counter) {
                belongings.entry(account).or_default().devices.push(hash);
            }
        }
        for (account, belongings) in belongings {
            self.belongings.insert(account, Arc::new(belongings));
        }
    }

    /// What belongs to an account.
    pub(super) fn belongings(&self, account: AccountId) -> Option<&Belongings> {
        self.belongings.get(&account).map(Arc::as_ref)
    }

    fn add_user(&mut self, row: UserRow) {
        let rights = Rights::parse(&row.rights).map_err(|cause| {
            let fault = StoreError::unreadable("users", format_args!("id {}", row.id), cause);
            self.unreadable.push(fault.clone());
            fault
        });
        let UserRow { id, account, login, password_hash, name, description, rights: _ } = row;
        self.logins.insert(login.clone(), id);
        let user = Arc::new(User { id, account, login, name, description, password_hash, rights });
        self.users.insert(id, user);
    }

    fn add_key(&mut self, row: KeyRow) -> Option<TokenHash> {
        let Some(hash) = TokenHash::from_hex(&row.token_hash) else {
            self.unreadable.push(StoreError::unreadable("keys", format_args!("id {}", row.id), "not a token's hash"));
            return None;
        };
        let expires_at = row.expires_at.map(Moment::from_unix);
        let key = Key { id: row.id, name: row.name, user: row.user, expires_at, blocked: row.blocked };
        self.keys.insert(hash, Arc::new(key));
        Some(hash)
    }

    fn add_device(&mut self, row: DeviceRow, counter: Arc<Counter>) -> Option<TokenHash> {
        let account = self.accounts.get(&AccountId::Customer(row.customer));
        let numbers = account.map(|account| account.numbers).unwrap_or_default();
        match Device::read(row, numbers, counter) {
            Ok((hash, device)) => {
                let device = Arc::new(device);
                self.devices_by_id.insert(device.id, Arc::clone(&device));
                self.devices.insert(hash, device);
                Some(hash)
            }
            Err(fault) => {
                self.unreadable.push(fault);
                None
            }
        }
    }

    /// Everything in it as text, in one order.
    #[cfg(test)]
    pub(super) fn contents(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        lines.extend(self.accounts.values().map(|it| {
            let blocks = it.blocks.iter().map(|block| format!("{block:?}")).collect::<Vec<_>>().join(" ");
            format!("{:?} {} {} {:?} {blocks}", it.id, it.name, it.active, it.agent)
        }));
        lines.extend(self.users.values().map(|user| {
            let by_login = self.user_of_login(&user.login).map(|user| user.id);
            let is_served = self.user_and_account(user).is_ok();
            format!("{user:?} {} {} {by_login:?} {is_served}", user.login, user.name)
        }));
        lines.extend(self.keys.values().map(|key| format!("{key:?}")));
        lines.extend(self.devices.values().map(|device| {
            let is_by_id = self.devices_by_id.get(&device.id).is_some();
            format!("{:?} {is_by_id} {}", device.id, device.name)
        }));
        for account in self.accounts.values() {
            let belongings = self.belongings(account.id).cloned().unwrap_or_default();
            let known = |hashes: &[TokenHash]| hashes.iter().map(|hash| hash.to_hex()).collect::<Vec<_>>();
            let (mut keys, devices) = (known(&belongings.keys), known(&belongings.devices));
            keys.sort();
            lines.push(format!("{:?} has {:?} {keys:?} {devices:?}", account.id, belongings.users));
            if let AccountId::Agent(agent) = account.id {
                let users: Vec<UserId> = self.users_of_agent(agent).iter().map(|user| user.id).collect();
                lines.push(format!("{agent:?} may act for {users:?}"));
            }
        }
        lines.sort();
        lines
    }

    /// The user with this login.
    pub(super) fn user_of_login(&self, login: &str) -> Option<&Arc<User>> {
        self.logins.get(login).and_then(|id| self.users.get(id))
    }

    /// A user and its account; a user whose account did not read back cannot be served.
    pub(super) fn user_and_account(&self, user: &Arc<User>) -> Result<(Arc<User>, Arc<Account>), StoreError> {
        let account = self.accounts.get(&user.account).ok_or_else(|| {
            StoreError::unreadable("users", format_args!("id {}", user.id), "its account is missing or unreadable")
        })?;
        Ok((Arc::clone(user), Arc::clone(account)))
    }

    /// The users of all customers of an agent, by id.
    pub(super) fn users_of_agent(&self, agent: AgentId) -> &[Arc<User>] {
        let all = self.agent_users.get_or_init(|| {
            let mut by_agent = AgentUsers::new();
            for user in self.users.values() {
                if let Some(agent) = self.accounts.get(&user.account).and_then(|account| account.agent) {
                    by_agent.entry(agent).or_default().push(Arc::clone(user));
                }
            }
            by_agent.values_mut().for_each(|users| users.sort_unstable_by_key(|user| user.id));
            by_agent
        });
        all.get(&agent).map_or(&[], Vec::as_slice)
    }

    /// The counts, to go on in the next snapshot.
    pub(super) fn counters(&self) -> Counters {
        Counters {
            accounts: self.accounts.values().map(|account| (account.id, Arc::clone(&account.counter))).collect(),
            devices: self.devices.values().map(|device| (device.id, Arc::clone(&device.counter))).collect(),
        }
    }
}

fn accounts(
    agents: &[AgentRow],
    customers: &[CustomerRow],
    counters: &HashMap<AccountId, Arc<Counter>>,
    unreadable: &mut Vec<StoreError>,
) -> HashMap<AccountId, Account> {
    let agents = agents.iter().map(|row| (AccountId::Agent(row.id), row.name.clone(), None));
    let customers = customers.iter().map(|row| (AccountId::Customer(row.id), row.name.clone(), Some(row)));
    let mut accounts = HashMap::new();
    for (id, name, row) in agents.chain(customers) {
        let account = account(id, name, row, counters.get(&id));
        unreadable.extend(account.unreadable.clone());
        accounts.insert(id, account);
    }
    accounts
}

/// An account without its list. An agent is always active and has no limit.
fn account(id: AccountId, name: String, row: Option<&CustomerRow>, counter: Option<&Arc<Counter>>) -> Account {
    let numbers = row.map_or(Ok(NumberRule::NONE), |row| number_rule(&row.dialing)).map_err(|cause| {
        let key = format_args!("id {}", id.number());
        StoreError::unreadable("customers", key, format_args!("country, area_code or outside_prefix {cause}"))
    });
    Account {
        id,
        name,
        timezone: row.map(|row| row.timezone.clone()).unwrap_or_default(),
        active: row.is_none_or(|row| row.active),
        agent: row.and_then(|row| row.agent),
        numbers: numbers.clone().unwrap_or_default(),
        limits: row.map(|row| Limits { day: row.day_limit, minute: row.minute_limit }).unwrap_or_default(),
        blocks: Vec::new(),
        counter: counter.map(Arc::clone).unwrap_or_default(),
        unreadable: numbers.err(),
    }
}

/// How the phone numbers of a customer are read.
///
/// # Errors
/// When what is stored is no country, area code or prefix.
pub fn number_rule(dialing: &Dialing) -> Result<NumberRule, RuleError> {
    let Dialing { country, area_code, outside_prefix } = dialing;
    NumberRule::new(country.as_deref(), area_code.as_deref(), outside_prefix.as_deref())
}

/// Puts a block on an account's list; one that does not read back closes the account.
fn allow(accounts: &mut HashMap<AccountId, Account>, row: &BlockRow, unreadable: &mut Vec<StoreError>) {
    let Some(account) = accounts.get_mut(&row.account) else {
        return;
    };
    match Block::parse(&row.block) {
        Ok(block) => account.blocks.push(block),
        Err(cause) => {
            let key = format_args!("account_kind {} account_id {}", row.account.kind(), row.account.number());
            let fault = StoreError::unreadable("allowed_blocks", key, cause);
            account.unreadable = Some(fault.clone());
            unreadable.push(fault);
        }
    }
}

/// What of a directory cannot be read back although its rows can; for `ringbook check`.
pub fn unreadable(directory: Directory) -> Vec<StoreError> {
    Snapshot::build(directory, &Counters::default()).unreadable
}

impl Account {
    /// The customer's id; `None` for an agent.
    pub const fn customer(&self) -> Option<CustomerId> {
        match self.id {
            AccountId::Customer(id) => Some(id),
            AccountId::Agent(_) => None,
        }
    }
}
