//! Agents, customers and their address lists: what the operator adds, sets and removes.

use std::ops::ControlFlow;

use crate::ids::AgentId;
use ringbook_book::group::SYSTEM_GROUP_NAME;
use ringbook_book::id::CustomerId;

use super::directory::{self, CustomerRow, Dialing};
use super::directory_revision::{self, Touched, moved, touch};
use super::rows::{account_must_exist, column, limit_column};
use super::sequences::take_ids;
use super::sql::{Session, values};
use super::{AccountId, EntityKind, IdKind, Store, StoreError, audit, statements, users};

/// Rows of a removed customer's book that are deleted in one transaction.
const EMPTIED_ROWS_MAX: i64 = 256;

/// A customer to be added. It starts active, with an empty allow-list and a book that holds the system group.
#[derive(Debug, Clone, Default)]
pub struct NewCustomer {
    /// The agent that may act for it.
    pub agent: Option<AgentId>,
    /// Its name.
    pub name: String,
    /// The IANA name of its time zone.
    pub timezone: String,
    /// Calls per UTC day.
    pub day_limit: Option<u64>,
    /// Calls per UTC minute.
    pub minute_limit: Option<u64>,
    /// Where its telephones are.
    pub dialing: Dialing,
}

/// What to change about a customer; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerEdit {
    /// Another agent, or none.
    pub agent: Option<Option<AgentId>>,
    /// Another name.
    pub name: Option<String>,
    /// Another time zone, by its IANA name.
    pub timezone: Option<String>,
    /// Whether its calls are answered.
    pub active: Option<bool>,
    /// Another limit per UTC day, or none.
    pub day_limit: Option<Option<u64>>,
    /// Another limit per UTC minute, or none.
    pub minute_limit: Option<Option<u64>>,
    /// Where its telephones are.
    pub dialing: Option<Dialing>,
}

impl CustomerEdit {
    fn apply(self, row: CustomerRow) -> CustomerRow {
        CustomerRow {
            id: row.id,
            agent: self.agent.unwrap_or(row.agent),
            name: self.name.unwrap_or(row.name),
            timezone: self.timezone.unwrap_or(row.timezone),
            active: self.active.unwrap_or(row.active),
            day_limit: self.day_limit.unwrap_or(row.day_limit),
            minute_limit: self.minute_limit.unwrap_or(row.minute_limit),
            dialing: self.dialing.unwrap_or(row.dialing),
        }
    }
}

impl Store {
    /// Adds an agent.
    pub async fn add_agent(&self, name: String) -> Result<AgentId, StoreError> {
        self.write(move |session| {
            moved(session, Touched::NewAccount)?;
            let number = take_ids(session, IdKind::Agent, 1)?;
            session.execute(statements::ADD_AGENT, &values![column(number), name])?;
            let agent = AgentId::new(number).map_err(|_| StoreError::IdsSpent)?;
            touch(session, AccountId::Agent(agent))?;
            Ok(agent)
        })
        .await
    }

    /// Removes an agent with its users, keys, sessions and list. Fails while it has customers. Its part of the report is
    /// deleted as in [`remove_customer`](Self::remove_customer).
    pub async fn remove_agent(&self, agent: AgentId) -> Result<(), StoreError> {
        self.write(move |session| remove_agent(session, agent)).await?;
        self.empty_after_removal().await;
        Ok(())
    }

    /// Adds a customer, its book and the book's system group.
    pub async fn add_customer(&self, customer: NewCustomer) -> Result<CustomerId, StoreError> {
        self.write(move |session| add_customer(session, &customer)).await
    }

    /// Changes a customer.
    pub async fn set_customer(&self, customer: CustomerId, edit: CustomerEdit) -> Result<(), StoreError> {
        self.write(move |session| set_customer(session, customer, edit)).await
    }

    /// Tells servers to look at the directory and at the books in memory, as any change of the directory does.
    pub async fn touch_directory(&self) -> Result<(), StoreError> {
        self.write(directory_revision::moved_for_all).await
    }

    /// Removes a customer with its users, keys, sessions, list, counters, book and report. The first transaction removes
    /// the customer; the rows of the book and of the report are deleted in short transactions after it. What such a
    /// transaction leaves because it fails is deleted by [`empty_removed_accounts`](Self::empty_removed_accounts) later.
    pub async fn remove_customer(&self, customer: CustomerId) -> Result<(), StoreError> {
        self.write(move |session| remove_customer(session, customer)).await?;
        self.empty_after_removal().await;
        Ok(())
    }

    /// The account is removed already, so that a failure is no failure of the removal.
    async fn empty_after_removal(&self) {
        if let Err(fault) = self.empty_removed_accounts().await {
            tracing::warn!(%fault, "rows of a removed account are left: the server deletes them later");
        }
    }

    /// Deletes what is left of the books and reports of removed accounts.
    pub async fn empty_removed_accounts(&self) -> Result<(), StoreError> {
        let removed = self.read(|session| removed_accounts(session)).await?;
        for account in removed {
            while self.write_step(move |session| empty_some(session, account)).await? {}
        }
        Ok(())
    }

    /// Allows calls from a block; allowing it twice is the same as once.
    pub async fn add_block(&self, account: AccountId, block: String) -> Result<(), StoreError> {
        self.write(move |session| {
            moved(session, Touched::Account(account))?;
            account_must_exist(session, account)?;
            let (kind, number) = account.columns();
            session.execute(statements::ADD_BLOCK, &values![kind, number, block]).map(drop)
        })
        .await
    }

    /// Allows calls from a block no more.
    pub async fn remove_block(&self, account: AccountId, block: String) -> Result<(), StoreError> {
        self.write(move |session| {
            moved(session, Touched::Account(account))?;
            let (kind, number) = account.columns();
            let removed = session.execute(statements::REMOVE_BLOCK, &values![kind, number, block])?;
            if removed == 0 { Err(StoreError::NotFound { what: EntityKind::Block }) } else { Ok(()) }
        })
        .await
    }
}

fn agent_must_exist(session: &dyn Session, agent: Option<AgentId>) -> Result<(), StoreError> {
    agent.map_or(Ok(()), |agent| account_must_exist(session, AccountId::Agent(agent)))
}

fn remove_agent(session: &dyn Session, agent: AgentId) -> Result<(), StoreError> {
    moved(session, Touched::Account(AccountId::Agent(agent)))?;
    let id = column(agent.number());
    account_must_exist(session, AccountId::Agent(agent))?;
    let count = session.one(statements::AGENT_CUSTOMERS, &values![id], |row| row.number(0))?;
    if count > 0 {
        return Err(StoreError::StillHasCustomers { count: count.unsigned_abs() });
    }
    remove_belongings(session, AccountId::Agent(agent), statements::AGENT_USER_IDS)?;
    session.execute(statements::REMOVE_AGENT, &values![id]).map(drop)
}

fn add_customer(session: &dyn Session, customer: &NewCustomer) -> Result<CustomerId, StoreError> {
    moved(session, Touched::NewAccount)?;
    agent_must_exist(session, customer.agent)?;
    let number = take_ids(session, IdKind::Customer, 1)?;
    let group = take_ids(session, IdKind::Group, 1)?;
    let id = column(number);
    let values = values![
        id,
        customer.agent.map(|agent| column(agent.number())),
        &customer.name,
        &customer.timezone,
        limit_column(customer.day_limit),
        limit_column(customer.minute_limit),
        customer.dialing.country.as_deref(),
        customer.dialing.area_code.as_deref(),
        customer.dialing.outside_prefix.as_deref(),
    ];
    session.execute(statements::ADD_CUSTOMER, &values)?;
    session.execute(statements::ADD_BOOK, &values![id])?;
    session.execute(statements::ADD_SYSTEM_GROUP, &values![id, column(group), SYSTEM_GROUP_NAME])?;
    let customer = CustomerId::new(number).map_err(|_| StoreError::IdsSpent)?;
    touch(session, AccountId::Customer(customer))?;
    Ok(customer)
}

fn set_customer(session: &dyn Session, customer: CustomerId, edit: CustomerEdit) -> Result<(), StoreError> {
    let id = column(customer.number());
    moved(session, Touched::Account(AccountId::Customer(customer)))?;
    let found = session.first(statements::CUSTOMER, &values![id], |row| Ok(directory::customer(row)))?;
    let row = found.ok_or(StoreError::NotFound { what: EntityKind::Customer })?;
    let row = row.map_err(|cause| StoreError::unreadable("customers", format_args!("id {id}"), cause))?;
    let row = edit.apply(row);
    agent_must_exist(session, row.agent)?;
    let values = values![
        row.agent.map(|agent| column(agent.number())),
        row.name,
        row.timezone,
        i64::from(row.active),
        limit_column(row.day_limit),
        limit_column(row.minute_limit),
        row.dialing.country,
        row.dialing.area_code,
        row.dialing.outside_prefix,
        id,
    ];
    session.execute(statements::SET_CUSTOMER, &values).map(drop)
}

fn remove_customer(session: &dyn Session, customer: CustomerId) -> Result<(), StoreError> {
    moved(session, Touched::Account(AccountId::Customer(customer)))?;
    let id = column(customer.number());
    account_must_exist(session, AccountId::Customer(customer))?;
    remove_belongings(session, AccountId::Customer(customer), statements::CUSTOMER_USER_IDS)?;
    session.execute(statements::REMOVE_BOOK, &values![id])?;
    session.execute(statements::REMOVE_DEVICES, &values![id])?;
    session.execute(statements::REMOVE_CUSTOMER, &values![id]).map(drop)
}

fn removed_accounts(session: &dyn Session) -> Result<Vec<AccountId>, StoreError> {
    let mut found = Vec::new();
    session.each(statements::REMOVED_ACCOUNTS, &[], &mut |row| {
        let account = row.text(0).and_then(|kind| AccountId::from_columns(kind, row.number(1)?));
        found.push(account.map_err(StoreError::unavailable)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// Deletes some rows of a removed account; returns whether there may be more.
fn empty_some(session: &dyn Session, account: AccountId) -> Result<bool, StoreError> {
    directory_revision::hold(session)?;
    let (kind, number) = account.columns();
    if let AccountId::Customer(_) = account {
        for sql in statements::EMPTY_BOOK {
            if session.execute(sql, &values![number, EMPTIED_ROWS_MAX])? > 0 {
                return Ok(true);
            }
        }
    }
    let (segments, _) = audit::trim(session, account, u64::MAX)?;
    if segments > 0 {
        return Ok(true);
    }
    session.execute(statements::REMOVE_REQUEST_BYTES, &values![kind, number])?;
    session.execute(statements::DROP_REMOVED_ACCOUNT, &values![kind, number])?;
    Ok(false)
}

/// Deletes the users, list and counters of an account, and notes that its other rows are to be deleted.
fn remove_belongings(session: &dyn Session, account: AccountId, users_of: &'static str) -> Result<(), StoreError> {
    let (kind, number) = account.columns();
    let mut users = Vec::new();
    session.each(users_of, &values![number], &mut |row| {
        users.push(row.number(0).map_err(StoreError::unavailable)?);
        Ok(ControlFlow::Continue(()))
    })?;
    for user in users {
        users::remove(session, user)?;
    }
    for sql in [statements::REMOVE_BLOCKS, statements::REMOVE_POINTS, statements::ADD_REMOVED_ACCOUNT] {
        session.execute(sql, &values![kind, number])?;
    }
    Ok(())
}
