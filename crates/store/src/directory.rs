//! Who may call, on whose behalf, from where: the whole directory as rows.
//!
//! It is small and read on every call, so those above hold it in memory and follow `directory_revision`, which
//! every change of the directory moves. A row that cannot be read back is set aside and named, so that the rest is
//! still served.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::ids::{AgentId, KeyId, UserId};
use ringbook_book::id::CustomerId;
use tokio::time::{sleep, timeout};

use super::rows::{self, column, id, optional_id};
use super::sql::{Row, Session, SqlValue, values};
use super::{AccountId, DeviceRow, Engine, Store, StoreError, devices, statements};

/// Maximum number of accounts that are read one by one; with more changes the whole directory is read.
const TOUCHED_ACCOUNTS_MAX: usize = 1_000;
/// How often an operator command looks whether the server follows.
const FOLLOWED_LOOK_EVERY: Duration = Duration::from_millis(10);

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRow {
    /// Its id.
    pub id: AgentId,
    /// Its name.
    pub name: String,
}

/// Where a customer's telephones are, as text; those above know what it means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialing {
    /// Two letters of ISO 3166.
    pub country: Option<String>,
    /// The digits before a local number.
    pub area_code: Option<String>,
    /// The digits before a number that is dialled on an outside line.
    pub outside_prefix: Option<String>,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRow {
    /// Its id; on the wire `app_id`.
    pub id: CustomerId,
    /// The agent that may act for it.
    pub agent: Option<AgentId>,
    /// Its name.
    pub name: String,
    /// The IANA name of its time zone.
    pub timezone: String,
    /// Whether its calls are answered.
    pub active: bool,
    /// Calls per UTC day.
    pub day_limit: Option<u64>,
    /// Calls per UTC minute.
    pub minute_limit: Option<u64>,
    /// Where its telephones are.
    pub dialing: Dialing,
}

/// A user of a customer or of an agent.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Its id.
    pub id: UserId,
    /// Whose user it is.
    pub account: AccountId,
    /// Its login, unique over the server.
    pub login: String,
    /// The hash of its password, in PHC form.
    pub password_hash: String,
    /// Its name.
    pub name: String,
    /// What the operator says about it.
    pub description: String,
    /// Its rights as text; those above know what they mean.
    pub rights: String,
}

impl std::fmt::Debug for UserRow {
    /// Without the password's hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow")
            .field("id", &self.id)
            .field("account", &self.account)
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

/// An access key, without its token, which nobody keeps.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its id.
    pub id: KeyId,
    /// Whose key it is.
    pub user: UserId,
    /// Its name.
    pub name: String,
    /// The SHA-256 of the token, in hex.
    pub token_hash: String,
    /// From this moment on, in Unix seconds, it is expired; `None` is a permanent key.
    pub expires_at: Option<i64>,
    /// Whether the operator has blocked it.
    pub blocked: bool,
}

impl std::fmt::Debug for KeyRow {
    /// Without the token's hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRow").field("id", &self.id).field("user", &self.user).finish_non_exhaustive()
    }
}

/// A block of addresses that an account's calls may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRow {
    /// Whose list it is on.
    pub account: AccountId,
    /// The block in CIDR notation, as text; those above know what it means.
    pub block: String,
}

/// How often what followers hold has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revisions {
    /// ChangedBooks by every change of the directory.
    pub directory: i64,
    /// Moves of the directory that do not tell which account they were for.
    pub directory_untold: i64,
    /// ChangedBooks by every session that ends before its time.
    pub sessions: i64,
}

/// Everything of the directory, as it was at one revision, ordered by id.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// The revision.
    pub revision: i64,
    /// Moves of the directory up to it that do not tell which account they were for.
    pub untold: i64,
    /// All agents.
    pub agents: Vec<AgentRow>,
    /// All customers.
    pub customers: Vec<CustomerRow>,
    /// All users.
    pub users: Vec<UserRow>,
    /// All keys.
    pub keys: Vec<KeyRow>,
    /// All allowed blocks.
    pub blocks: Vec<BlockRow>,
    /// All device keys.
    pub devices: Vec<DeviceRow>,
    /// The rows that could not be read back, each an [`StoreError::Unreadable`].
    pub unreadable: Vec<StoreError>,
}

/// What has changed in the directory.
#[derive(Debug, Clone, Default)]
pub struct DirectoryChanges {
    /// The accounts that were added, changed or removed, or whose users, keys, device keys or blocks were.
    pub accounts: Vec<AccountId>,
    /// Everything that belongs to these accounts now, as it was at one revision.
    pub rows: Directory,
}

impl Store {
    /// What has changed in the directory since a state of it; none if that cannot be told, or is too much: then the whole
    /// directory must be read.
    pub async fn directory_changes(&self, since: Revisions) -> Result<Option<DirectoryChanges>, StoreError> {
        self.read_snapshot(move |session| changes(session, since)).await
    }

    /// The whole directory, as it is at one moment.
    pub async fn directory(&self) -> Result<Directory, StoreError> {
        self.read_snapshot(load).await
    }

    /// Notes that this server follows the directory up to a revision, for [`Store::wait_until_followed`].
    pub fn note_followed(&self, revision: i64) {
        if let Engine::Sqlite(engine) = &self.0 {
            engine.note_followed(revision);
        }
    }

    /// Waits until the server of a data directory follows the directory up to a revision, but no longer than `most`.
    /// Returns at once where no server runs. Servers on PostgreSQL are told by the database and are not waited for.
    pub async fn wait_until_followed(&self, revision: i64, most: Duration) {
        let Engine::Sqlite(engine) = &self.0 else { return };
        let follows = async {
            while engine.followed().is_some_and(|followed| followed < revision) {
                sleep(FOLLOWED_LOOK_EVERY).await;
            }
        };
        // After a crash nobody follows.
        let _ = timeout(most, follows).await;
    }

    /// How often the directory and the sessions have moved; cheap enough to ask several times a second.
    pub async fn revisions(&self) -> Result<Revisions, StoreError> {
        self.read_short(revisions).await
    }
}

fn revisions(session: &dyn Session) -> Result<Revisions, StoreError> {
    let mut found = Revisions::default();
    let mut told = 0;
    session.each(statements::REVISIONS, &[], &mut |row| {
        let value = row.number(1).map_err(StoreError::unavailable)?;
        match row.text(0).map_err(StoreError::unavailable)? {
            "directory_revision" => found.directory = value,
            "directory_told" => told = value,
            _ => found.sessions = value,
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(Revisions { directory_untold: found.directory - told, ..found })
}

/// Reads what has changed; the session must be of one moment.
fn changes(session: &dyn Session, since: Revisions) -> Result<Option<DirectoryChanges>, StoreError> {
    let now = revisions(session)?;
    if now.directory < since.directory || now.directory_untold != since.directory_untold {
        return Ok(None);
    }
    let mut accounts = Vec::new();
    let bound = TOUCHED_ACCOUNTS_MAX as i64 + 1;
    session.each(statements::TOUCHED_ACCOUNTS, &values![since.directory, bound], &mut |row| {
        let account = row.text(0).and_then(|kind| AccountId::from_columns(kind, row.number(1)?));
        accounts.push(account.map_err(StoreError::unavailable)?);
        Ok(ControlFlow::Continue(()))
    })?;
    if accounts.len() > TOUCHED_ACCOUNTS_MAX {
        return Ok(None);
    }
    let mut rows = Directory { revision: now.directory, untold: now.directory_untold, ..Directory::default() };
    for account in &accounts {
        read_account(session, *account, &mut rows)?;
    }
    Ok(Some(DirectoryChanges { accounts, rows }))
}

/// Reads what belongs to an account, if it exists.
fn read_account(session: &dyn Session, account: AccountId, rows: &mut Directory) -> Result<(), StoreError> {
    let faults = &mut rows.unreadable;
    let (kind, number) = account.columns();
    let of = &values![number];
    let users = match account {
        AccountId::Agent(_) => {
            rows.agents.extend(table(session, "agents", statements::AGENT, of, faults, agent)?);
            table(session, "users", statements::AGENT_USERS, of, faults, user)?
        }
        AccountId::Customer(_) => {
            rows.customers.extend(table(session, "customers", statements::CUSTOMER, of, faults, customer)?);
            rows.devices.extend(table(session, "devices", statements::CUSTOMER_DEVICES, of, faults, devices::read)?);
            table(session, "users", statements::CUSTOMER_USERS, of, faults, user)?
        }
    };
    for user in users {
        let of = &values![column(user.id.number())];
        rows.keys.extend(table(session, "keys", statements::USER_KEYS, of, faults, key)?);
        rows.users.push(user);
    }
    let of = &values![kind, number];
    rows.blocks.extend(table(session, "allowed_blocks", statements::ACCOUNT_BLOCKS, of, faults, block)?);
    Ok(())
}

/// Reads everything; the session must be of one moment.
pub(super) fn load(session: &dyn Session) -> Result<Directory, StoreError> {
    let mut unreadable = Vec::new();
    let now = revisions(session)?;
    let directory = Directory {
        revision: now.directory,
        untold: now.directory_untold,
        agents: table(session, "agents", statements::AGENTS, &[], &mut unreadable, agent)?,
        customers: table(session, "customers", statements::CUSTOMERS, &[], &mut unreadable, customer)?,
        users: table(session, "users", statements::USERS, &[], &mut unreadable, user)?,
        keys: table(session, "keys", statements::KEYS, &[], &mut unreadable, key)?,
        blocks: table(session, "allowed_blocks", statements::BLOCKS, &[], &mut unreadable, block)?,
        devices: table(session, "devices", statements::DEVICES, &[], &mut unreadable, devices::read)?,
        unreadable: Vec::new(),
    };
    Ok(Directory { unreadable, ..directory })
}

/// The rows of a table; those that cannot be read are set aside.
fn table<T>(
    session: &dyn Session,
    name: &'static str,
    sql: &'static str,
    of: &[SqlValue<'_>],
    unreadable: &mut Vec<StoreError>,
    read: fn(&dyn Row) -> Result<T, String>,
) -> Result<Vec<T>, StoreError> {
    let mut read_back = Vec::new();
    session.each(sql, of, &mut |row| {
        match read(row) {
            Ok(value) => read_back.push(value),
            Err(cause) => unreadable.push(StoreError::unreadable(name, rows::key(row), cause)),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(read_back)
}

fn agent(row: &dyn Row) -> Result<AgentRow, String> {
    Ok(AgentRow { id: id(row.number(0)?, AgentId::new)?, name: row.text(1)?.to_owned() })
}

/// A customer's row, in the order of the statements that read it.
pub(super) fn customer(row: &dyn Row) -> Result<CustomerRow, String> {
    Ok(CustomerRow {
        id: id(row.number(0)?, CustomerId::new)?,
        agent: optional_id(row.optional_number(1)?, AgentId::new)?,
        name: row.text(2)?.to_owned(),
        timezone: row.text(3)?.to_owned(),
        active: row.truth(4)?,
        day_limit: rows::limit(row.optional_number(5)?)?,
        minute_limit: rows::limit(row.optional_number(6)?)?,
        dialing: Dialing {
            country: row.optional_text(7)?.map(str::to_owned),
            area_code: row.optional_text(8)?.map(str::to_owned),
            outside_prefix: row.optional_text(9)?.map(str::to_owned),
        },
    })
}

/// A user's row, in the order of the statements that read it.
pub(super) fn user(row: &dyn Row) -> Result<UserRow, String> {
    let customer = optional_id(row.optional_number(1)?, CustomerId::new)?.map(AccountId::Customer);
    let agent = optional_id(row.optional_number(2)?, AgentId::new)?.map(AccountId::Agent);
    let account = match (customer, agent) {
        (Some(account), None) | (None, Some(account)) => account,
        _ => return Err("a user belongs to one customer or to one agent".to_owned()),
    };
    Ok(UserRow {
        id: id(row.number(0)?, UserId::new)?,
        account,
        login: row.text(3)?.to_owned(),
        password_hash: row.text(4)?.to_owned(),
        name: row.text(5)?.to_owned(),
        description: row.text(6)?.to_owned(),
        rights: row.text(7)?.to_owned(),
    })
}

fn key(row: &dyn Row) -> Result<KeyRow, String> {
    Ok(KeyRow {
        id: id(row.number(0)?, KeyId::new)?,
        user: id(row.number(1)?, UserId::new)?,
        name: row.text(2)?.to_owned(),
        token_hash: row.text(3)?.to_owned(),
        expires_at: row.optional_number(4)?,
        blocked: row.truth(5)?,
    })
}

fn block(row: &dyn Row) -> Result<BlockRow, String> {
    let account = AccountId::from_columns(row.text(0)?, row.number(1)?)?;
    Ok(BlockRow { account, block: row.text(2)?.to_owned() })
}
