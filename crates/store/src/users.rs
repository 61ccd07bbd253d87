//! Users and their keys: what the operator adds, sets and removes.

use crate::ids::{KeyId, UserId};

use super::directory::{self, UserRow};
use super::directory_revision::{Touched, moved};
use super::rows::{account_must_exist, column, must_exist};
use super::sequences::take_ids;
use super::sql::{Session, SqlValue, values};
use super::{AccountId, EntityKind, IdKind, Store, StoreError, logins, statements};

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
    pub async fn add_user(&self, user: NewUser) -> Result<UserId, StoreError> {
        self.write(move |session| add_user(session, &user)).await
    }

    /// Changes a user. Fails when the new login belongs to another one.
    pub async fn set_user(&self, user: UserId, edit: UserEdit) -> Result<(), StoreError> {
        self.write(move |session| set_user(session, user, edit)).await
    }

    /// Removes a user with its keys and sessions.
    pub async fn remove_user(&self, user: UserId) -> Result<(), StoreError> {
        self.write(move |session| {
            moved(session, Touched::UserOf(user.number()))?;
            must_exist(session, statements::USER_EXISTS, user.number(), EntityKind::User)?;
            remove(session, column(user.number()))
        })
        .await
    }

    /// Adds a key.
    pub async fn add_key(&self, key: NewKey) -> Result<KeyId, StoreError> {
        self.write(move |session| {
            moved(session, Touched::UserOf(key.user.number()))?;
            must_exist(session, statements::USER_EXISTS, key.user.number(), EntityKind::User)?;
            let number = take_ids(session, IdKind::Key, 1)?;
            let values = values![column(number), column(key.user.number()), key.name, key.token_hash, key.expires_at];
            session.execute(statements::ADD_KEY, &values)?;
            KeyId::new(number).map_err(|_| StoreError::IdsSpent)
        })
        .await
    }

    /// Blocks a key; blocking it twice is the same as once.
    pub async fn block_key(&self, key: KeyId) -> Result<(), StoreError> {
        self.write(move |session| change_key(session, key, statements::BLOCK_KEY, &values![1, column(key.number())]))
            .await
    }

    /// Unblocks a key.
    pub async fn unblock_key(&self, key: KeyId) -> Result<(), StoreError> {
        self.write(move |session| change_key(session, key, statements::BLOCK_KEY, &values![0, column(key.number())]))
            .await
    }

    /// Removes a key.
    pub async fn remove_key(&self, key: KeyId) -> Result<(), StoreError> {
        self.write(move |session| change_key(session, key, statements::REMOVE_KEY, &values![column(key.number())]))
            .await
    }
}

fn change_key(session: &dyn Session, key: KeyId, sql: &'static str, values: &[SqlValue<'_>]) -> Result<(), StoreError> {
    moved(session, Touched::KeyOf(key.number()))?;
    if session.execute(sql, values)? == 0 { Err(StoreError::NotFound { what: EntityKind::Key }) } else { Ok(()) }
}

fn add_user(session: &dyn Session, user: &NewUser) -> Result<UserId, StoreError> {
    moved(session, Touched::Account(user.account))?;
    account_must_exist(session, user.account)?;
    let number = take_ids(session, IdKind::User, 1)?;
    let (customer, agent) = match user.account {
        AccountId::Customer(id) => (Some(column(id.number())), None),
        AccountId::Agent(id) => (None, Some(column(id.number()))),
    };
    let values = values![
        column(number),
        customer,
        agent,
        &user.login,
        &user.password_hash,
        &user.name,
        &user.description,
        &user.rights,
    ];
    if session.execute(statements::ADD_USER, &values)? == 0 {
        return Err(StoreError::LoginTaken);
    }
    UserId::new(number).map_err(|_| StoreError::IdsSpent)
}

fn set_user(session: &dyn Session, user: UserId, edit: UserEdit) -> Result<(), StoreError> {
    let id = column(user.number());
    moved(session, Touched::UserOf(user.number()))?;
    let found = session.first(statements::USER, &values![id], |row| Ok(directory::user(row)))?;
    let row = found.ok_or(StoreError::NotFound { what: EntityKind::User })?;
    let row = row.map_err(|cause| StoreError::unreadable("users", format_args!("id {id}"), cause))?;
    if edit.password_hash.is_some() {
        logins::moved(session)?;
        session.execute(statements::REMOVE_USER_SESSIONS, &values![id])?;
    }
    let row = edit.apply(row);
    login_must_be_free(session, &row.login, id)?;
    let values = values![row.login, row.password_hash, row.name, row.description, row.rights, id];
    session.execute(statements::SET_USER, &values).map(drop)
}

fn login_must_be_free(session: &dyn Session, login: &str, user: i64) -> Result<(), StoreError> {
    let owner = session.first(statements::USER_OF_LOGIN, &values![login], |row| row.number(0))?;
    if owner.is_some_and(|owner| owner != user) { Err(StoreError::LoginTaken) } else { Ok(()) }
}

/// A user goes, with keys and sessions; part of a larger transaction.
pub(super) fn remove(session: &dyn Session, user: i64) -> Result<(), StoreError> {
    logins::moved(session)?;
    for sql in [statements::REMOVE_USER_KEYS, statements::REMOVE_USER_SESSIONS, statements::REMOVE_USER] {
        session.execute(sql, &values![user])?;
    }
    Ok(())
}
