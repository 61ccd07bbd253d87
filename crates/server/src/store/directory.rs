//! Who may call, on whose behalf, from where: the whole directory as rows.
//!
//! It is small and read on every call, so those above hold it in memory and follow `directory_revision`, which
//! every change of the directory moves. A row that cannot be read back is set aside and named, so that the rest is
//! still served.

use ringbook_book::id::{AgentId, CustomerId, KeyId, UserId};
use rusqlite::{Connection, Row};

use super::rows::{self, cell, id, optional_id};
use super::{AccountId, Store, StoreFault, statements};

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRow {
    /// Its id.
    pub id: AgentId,
    /// Its name.
    pub name: String,
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
    /// Moved by every change of the directory.
    pub directory: i64,
    /// Moved by every session that ends before its time.
    pub sessions: i64,
}

/// Everything of the directory, as it was at one revision, ordered by id.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// The revision.
    pub revision: i64,
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
    /// The rows that could not be read back, each an [`StoreFault::Unreadable`].
    pub unreadable: Vec<StoreFault>,
}

impl Store {
    /// The whole directory, as it is at one moment.
    pub async fn directory(&self) -> Result<Directory, StoreFault> {
        self.read(load).await
    }

    /// How often the directory and the sessions have moved; cheap enough to ask several times a second.
    pub async fn revisions(&self) -> Result<Revisions, StoreFault> {
        self.read(revisions).await
    }
}

/// Moves the directory's revision; part of every transaction that changes the directory.
pub(super) fn moved(connection: &Connection) -> Result<(), StoreFault> {
    Ok(connection.prepare_cached(statements::BUMP_REVISION)?.query_row(["directory_revision"], |_| Ok(()))?)
}

fn revisions(connection: &Connection) -> Result<Revisions, StoreFault> {
    let mut found = Revisions::default();
    let mut statement = connection.prepare_cached(statements::REVISIONS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match row.get::<_, String>(0)?.as_str() {
            "directory_revision" => found.directory = row.get(1)?,
            _ => found.sessions = row.get(1)?,
        }
    }
    Ok(found)
}

/// Reads everything in one transaction, so that it is of one moment.
pub(super) fn load(connection: &Connection) -> Result<Directory, StoreFault> {
    let transaction = connection.unchecked_transaction()?;
    let mut unreadable = Vec::new();
    let directory = Directory {
        revision: revisions(&transaction)?.directory,
        agents: table(&transaction, "agents", statements::AGENTS, &mut unreadable, agent)?,
        customers: table(&transaction, "customers", statements::CUSTOMERS, &mut unreadable, customer)?,
        users: table(&transaction, "users", statements::USERS, &mut unreadable, user)?,
        keys: table(&transaction, "keys", statements::KEYS, &mut unreadable, key)?,
        blocks: table(&transaction, "allowed_blocks", statements::BLOCKS, &mut unreadable, block)?,
        unreadable: Vec::new(),
    };
    Ok(Directory { unreadable, ..directory })
}

/// The rows of a table; those that cannot be read are set aside.
fn table<T>(
    connection: &Connection,
    name: &'static str,
    sql: &str,
    unreadable: &mut Vec<StoreFault>,
    read: fn(&Row<'_>) -> Result<T, String>,
) -> Result<Vec<T>, StoreFault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut read_back = Vec::new();
    while let Some(row) = rows.next()? {
        match read(row) {
            Ok(value) => read_back.push(value),
            Err(cause) => {
                unreadable.push(StoreFault::unreadable(name, rows::key(row, row.as_ref().column_name(0)?), cause))
            }
        }
    }
    Ok(read_back)
}

fn agent(row: &Row<'_>) -> Result<AgentRow, String> {
    Ok(AgentRow { id: id(cell(row, 0)?, AgentId::new)?, name: cell(row, 1)? })
}

/// A customer's row, in the order of the statements that read it.
pub(super) fn customer(row: &Row<'_>) -> Result<CustomerRow, String> {
    Ok(CustomerRow {
        id: id(cell(row, 0)?, CustomerId::new)?,
        agent: optional_id(cell(row, 1)?, AgentId::new)?,
        name: cell(row, 2)?,
        timezone: cell(row, 3)?,
        active: cell::<i64>(row, 4)? != 0,
        day_limit: rows::limit(cell(row, 5)?)?,
        minute_limit: rows::limit(cell(row, 6)?)?,
    })
}

/// A user's row, in the order of the statements that read it.
pub(super) fn user(row: &Row<'_>) -> Result<UserRow, String> {
    let customer = optional_id(cell(row, 1)?, CustomerId::new)?.map(AccountId::Customer);
    let agent = optional_id(cell(row, 2)?, AgentId::new)?.map(AccountId::Agent);
    let account = match (customer, agent) {
        (Some(account), None) | (None, Some(account)) => account,
        _ => return Err("a user belongs to one customer or to one agent".to_owned()),
    };
    Ok(UserRow {
        id: id(cell(row, 0)?, UserId::new)?,
        account,
        login: cell(row, 3)?,
        password_hash: cell(row, 4)?,
        name: cell(row, 5)?,
        description: cell(row, 6)?,
        rights: cell(row, 7)?,
    })
}

fn key(row: &Row<'_>) -> Result<KeyRow, String> {
    Ok(KeyRow {
        id: id(cell(row, 0)?, KeyId::new)?,
        user: id(cell(row, 1)?, UserId::new)?,
        name: cell(row, 2)?,
        token_hash: cell(row, 3)?,
        expires_at: cell(row, 4)?,
        blocked: cell::<i64>(row, 5)? != 0,
    })
}

fn block(row: &Row<'_>) -> Result<BlockRow, String> {
    let account = AccountId::from_columns(&cell::<String>(row, 0)?, cell(row, 1)?)?;
    Ok(BlockRow { account, block: cell(row, 2)? })
}
