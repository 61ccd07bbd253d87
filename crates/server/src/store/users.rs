//! Users and their keys: what the operator adds, sets and removes.

use ringbook_book::id::{KeyId, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::accounts::account_must_exist;
use super::directory::{self, UserRow, moved};
use super::rows::{column, must_exist};
use super::sequences::take_ids;
use super::{AccountId, IdKind, Noun, Store, StoreFault, sessions, statements};

/// A user to be added.
#[derive(Clone)]
pub struct NewUser {
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
    /// Its rights as text.
    pub rights: String,
}

/// What to change about a user; `None` leaves as it is. A new password ends the user's sessions.
#[derive(Clone, Default)]
pub struct UserEdit {
    /// Another login.
    pub login: Option<String>,
    /// The hash of another password.
    pub password_hash: Option<String>,
    /// Another name.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Other rights.
    pub rights: Option<String>,
}

impl UserEdit {
    fn apply(self, row: UserRow) -> UserRow {
        UserRow {
            id: row.id,
            account: row.account,
            login: self.login.unwrap_or(row.login),
            password_hash: self.password_hash.unwrap_or(row.password_hash),
            name: self.name.unwrap_or(row.name),
            description: self.description.unwrap_or(row.description),
            rights: self.rights.unwrap_or(row.rights),
        }
    }
}

/// A key to be added. It starts unblocked.
#[derive(Clone)]
pub struct NewKey {
    /// Whose key it is.
    pub user: UserId,
    /// Its name.
    pub name: String,
    /// The SHA-256 of the token, in hex.
    pub token_hash: String,
    /// From this moment on, in Unix seconds, it is expired; `None` makes a permanent key.
    pub expires_at: Option<i64>,
}

impl Store {
    /// Adds a user. Fails when its login belongs to another one.
    pub async fn add_user(&self, user: NewUser) -> Result<UserId, StoreFault> {
        self.write(move |connection| add_user(connection, &user)).await
    }

    /// Changes a user. Fails when the new login belongs to another one.
    pub async fn set_user(&self, user: UserId, edit: UserEdit) -> Result<(), StoreFault> {
        self.write(move |connection| set_user(connection, user, edit)).await
    }

    /// Removes a user with its keys and sessions.
    pub async fn remove_user(&self, user: UserId) -> Result<(), StoreFault> {
        self.write(move |connection| {
            must_exist(connection, statements::USER_EXISTS, user.number(), Noun::User)?;
            remove(connection, column(user.number()))?;
            moved(connection)
        })
        .await
    }

    /// Adds a key.
    pub async fn add_key(&self, key: NewKey) -> Result<KeyId, StoreFault> {
        self.write(move |connection| {
            must_exist(connection, statements::USER_EXISTS, key.user.number(), Noun::User)?;
            let number = take_ids(connection, IdKind::Key, 1)?;
            let values = (column(number), column(key.user.number()), key.name, key.token_hash, key.expires_at);
            connection.prepare_cached(statements::ADD_KEY)?.execute(values)?;
            moved(connection)?;
            KeyId::new(number).map_err(|_| StoreFault::IdsSpent)
        })
        .await
    }

    /// Blocks a key; blocking it twice is the same as once.
    pub async fn block_key(&self, key: KeyId) -> Result<(), StoreFault> {
        self.write(move |connection| change_key(connection, statements::BLOCK_KEY, &[1, column(key.number())])).await
    }

    /// Unblocks a key.
    pub async fn unblock_key(&self, key: KeyId) -> Result<(), StoreFault> {
        self.write(move |connection| change_key(connection, statements::BLOCK_KEY, &[0, column(key.number())])).await
    }

    /// Removes a key.
    pub async fn remove_key(&self, key: KeyId) -> Result<(), StoreFault> {
        self.write(move |connection| change_key(connection, statements::REMOVE_KEY, &[column(key.number())])).await
    }
}

fn change_key(connection: &Connection, sql: &str, values: &[i64]) -> Result<(), StoreFault> {
    let changed = connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
    if changed == 0 {
        return Err(StoreFault::NotFound { what: Noun::Key });
    }
    moved(connection)
}

fn add_user(connection: &Connection, user: &NewUser) -> Result<UserId, StoreFault> {
    account_must_exist(connection, user.account)?;
    let number = take_ids(connection, IdKind::User, 1)?;
    let (customer, agent) = match user.account {
        AccountId::Customer(id) => (Some(column(id.number())), None),
        AccountId::Agent(id) => (None, Some(column(id.number()))),
    };
    let added = connection.prepare_cached(statements::ADD_USER)?.execute((
        column(number),
        customer,
        agent,
        &user.login,
        &user.password_hash,
        &user.name,
        &user.description,
        &user.rights,
    ))?;
    if added == 0 {
        return Err(StoreFault::LoginTaken);
    }
    moved(connection)?;
    UserId::new(number).map_err(|_| StoreFault::IdsSpent)
}

fn set_user(connection: &Connection, user: UserId, edit: UserEdit) -> Result<(), StoreFault> {
    let id = column(user.number());
    let mut statement = connection.prepare_cached(statements::USER)?;
    let found = statement.query_row([id], |row| Ok(directory::user(row))).optional()?;
    let row = found.ok_or(StoreFault::NotFound { what: Noun::User })?;
    let row = row.map_err(|cause| StoreFault::unreadable("users", format_args!("id {id}"), cause))?;
    if edit.password_hash.is_some() {
        connection.prepare_cached(statements::REMOVE_USER_SESSIONS)?.execute([id])?;
        sessions::moved(connection)?;
    }
    let row = edit.apply(row);
    login_must_be_free(connection, &row.login, id)?;
    let values = (row.login, row.password_hash, row.name, row.description, row.rights, id);
    connection.prepare_cached(statements::SET_USER)?.execute(values)?;
    moved(connection)
}

fn login_must_be_free(connection: &Connection, login: &str, user: i64) -> Result<(), StoreFault> {
    let mut statement = connection.prepare_cached(statements::USER_OF_LOGIN)?;
    let owner: Option<i64> = statement.query_row([login], |row| row.get(0)).optional()?;
    if owner.is_some_and(|owner| owner != user) { Err(StoreFault::LoginTaken) } else { Ok(()) }
}

/// A user goes, with keys and sessions; part of a larger transaction.
pub(super) fn remove(connection: &Connection, user: i64) -> Result<(), StoreFault> {
    for sql in [statements::REMOVE_USER_KEYS, statements::REMOVE_USER_SESSIONS, statements::REMOVE_USER] {
        connection.prepare_cached(sql)?.execute([user])?;
    }
    sessions::moved(connection)?;
    Ok(())
}
